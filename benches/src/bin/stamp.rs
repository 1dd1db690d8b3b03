//! The program that comes after `vestry-exec`: says what the clocks show when it begins, and ends.

use std::io::Write;

use vestry_bench::clock;

fn main() {
    let stamp = format!("{} {}\n", clock::now(), clock::own_cpu());
    std::io::stdout().write_all(stamp.as_bytes()).expect("a pipe");
}
