//! Has the functions of a start lie side by side in the layer's extension; see docs/cold-start.md.

const ORDER: &str = "benches/start-order.ld";

/// Whatever it says, released programs keep their symbols. By the profile they would have other names: the hashes in them
/// differ with it.
const SYMBOLS: &str = "VESTRY_SYMBOLS";

#[expect(clippy::disallowed_methods, reason = "what cargo tells a build script is in its environment")]
fn main() {
    println!("cargo:rerun-if-changed={ORDER}");
    println!("cargo:rerun-if-env-changed={SYMBOLS}");
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|set| set == value);
    if is("PROFILE", "release") && is("CARGO_CFG_TARGET_OS", "linux") && std::env::var_os(SYMBOLS).is_none() {
        println!("cargo:rustc-link-arg-bins=-s");
    }
    // Elsewhere it is a program for the people's own machines, and its linker may be any.
    if is("CARGO_CFG_TARGET_ENV", "musl") {
        println!("cargo:rustc-link-arg-bin=vestry-extension=-T{}/{ORDER}", env!("CARGO_MANIFEST_DIR"));
    }
}
