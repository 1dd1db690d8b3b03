//! One JSON object of strings.

use std::io::{self, Write};

use serde::Serializer as _;

use super::text;
use crate::deliver::changes::Changes;
use crate::error::Problem;

pub fn check(name: &str, value: &[u8]) -> Result<(), Problem> {
    text(name, value, "set VESTRY_FILE_FORMAT=shell, or keep the value in base64").map(|_| ())
}

pub fn write(changes: &Changes<'_>, out: &mut impl Write) -> io::Result<()> {
    let entries =
        changes.set.iter().map(|(name, value)| (name, std::str::from_utf8(value).unwrap_or_default()));
    serde_json::Serializer::new(&mut *out).collect_map(entries)?;
    out.write_all(b"\n")
}
