//! `set -a; . FILE` in any POSIX shell.
//!
//! Everything stands in single quotes, in which no shell evaluates anything; a single quote itself is `'\''`.

use std::io::{self, Write};

use super::undeliverable;
use crate::declare::names;
use crate::deliver::changes::Changes;
use crate::error::Problem;

pub fn check(name: &str, _value: &[u8]) -> Result<(), Problem> {
    let why = if !names::is_valid(name) {
        "no shell can have a variable of this name"
    } else if is_kept(name) {
        "shells keep this name for themselves, so that they would not read the value back"
    } else {
        return Ok(());
    };
    Err(undeliverable(name, why, "give it another name, or set VESTRY_FILE_FORMAT=json"))
}

pub fn write(changes: &Changes<'_>, out: &mut impl Write) -> io::Result<()> {
    for name in changes.removed.iter().filter(|name| check(name, b"").is_ok()) {
        writeln!(out, "unset {name}")?;
    }
    for (name, value) in &changes.set {
        write!(out, "{name}='")?;
        for (i, part) in value.split(|byte| *byte == b'\'').enumerate() {
            out.write_all(if i == 0 { b"" } else { br"'\''" })?;
            out.write_all(part)?;
        }
        out.write_all(b"'\n")?;
    }
    Ok(())
}

/// Read-only or special in bash or dash: an assignment ends the shell, is ignored, or means something else.
fn is_kept(name: &str) -> bool {
    name.starts_with("BASH_") || KEPT.contains(&name)
}

const KEPT: &[&str] = &[
    "BASH",
    "BASHOPTS",
    "BASHPID",
    "COMP_WORDBREAKS",
    "DIRSTACK",
    "EPOCHREALTIME",
    "EPOCHSECONDS",
    "EUID",
    "FUNCNAME",
    "GROUPS",
    "HISTCMD",
    "LINENO",
    "OPTIND",
    "PIPESTATUS",
    "PPID",
    "RANDOM",
    "SECONDS",
    "SHELLOPTS",
    "SHLVL",
    "SRANDOM",
    "UID",
    "_",
];
