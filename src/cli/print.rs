//! What the tool says on standard output and standard error.
//!
//! A reader that has gone away (`vestry iam | head -1`) misses nothing, and changes no exit code.

use std::io::{self, Write};

use super::plain;

pub(super) fn complain(message: &str) {
    complain_lines(&format!("vestry: {message}\n"));
}

/// With its own line ends.
pub(super) fn complain_lines(lines: &str) {
    over(&plain::lines(lines));
}

/// In the place of what stands in the terminal's last line.
pub(super) fn over(text: &str) {
    // Nothing is left to say it on.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// A line of what was asked for.
pub(super) fn say(text: &str) {
    write(format!("{text}\n").as_bytes());
}

/// What was asked for, as it is.
pub(super) fn write(bytes: &[u8]) {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            complain(&format!("cannot write to standard output: {error}"));
        }
        _ => {}
    }
}
