//! The file formats: what their readers read is what was resolved, byte for byte, or nothing is written.

mod dotenv;
mod json;
mod shell;

use std::io::{self, Write};

use zeroize::Zeroizing;

use super::changes::Changes;
use crate::declare::FileFormat;
use crate::error::{ErrorType, Problem, Refusal};

/// The bytes of the file, in a buffer that never grew.
pub fn render(format: FileFormat, changes: &Changes<'_>) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    let check = match format {
        FileFormat::Dotenv => dotenv::check,
        FileFormat::Shell => shell::check,
        FileFormat::Json => json::check,
    };
    let problems = changes.set.iter().filter_map(|(name, value)| check(name, value).err()).collect();
    Refusal::unless_empty(problems)?;

    let mut size = Counter(0);
    write(format, changes, &mut size).expect("counting does not fail");
    let mut bytes = Zeroizing::new(Vec::with_capacity(size.0));
    write(format, changes, &mut *bytes).expect("memory takes every byte");
    Ok(bytes)
}

fn write(format: FileFormat, changes: &Changes<'_>, out: &mut impl Write) -> io::Result<()> {
    match format {
        FileFormat::Dotenv => {
            changes.set.iter().try_for_each(|(name, value)| dotenv::write(name, value, out))
        }
        FileFormat::Shell => shell::write(changes, out),
        FileFormat::Json => json::write(changes, out),
    }
}

struct Counter(usize);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn undeliverable(name: &str, why: &str, advice: &str) -> Problem {
    Problem::new(ErrorType::Undeliverable, why).variable(name).advice(advice)
}

fn text<'a>(name: &str, value: &'a [u8], advice: &str) -> Result<&'a str, Problem> {
    std::str::from_utf8(value).map_err(|_| undeliverable(name, "the value is not UTF-8", advice))
}

#[cfg(test)]
mod tests;
