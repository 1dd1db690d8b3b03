//! Has the functions of a start lie side by side in the layer's extension; see docs/cold-start.md.

const ORDER: &str = "benches/start-order.ld";

#[expect(clippy::disallowed_methods, reason = "what cargo tells a build script is in its environment")]
fn main() {
    println!("cargo:rerun-if-changed={ORDER}");
    // Elsewhere it is a program for the people's own machines, and its linker may be any.
    if std::env::var("CARGO_CFG_TARGET_ENV").is_ok_and(|libc| libc == "musl") {
        println!("cargo:rustc-link-arg-bin=vestry-extension=-T{}/{ORDER}", env!("CARGO_MANIFEST_DIR"));
    }
}
