//! What is written, and what is said about it.

use std::io::Write as _;
use std::path::Path;

use super::super::plain::line as one_line;
use super::super::{Usage, complain};
use super::found::Found;
use super::sources::ENVIRONMENT;
use super::translate::{Line, Translation};
use crate::declare::manifest::Format;

/// What is no manifest by its name would not be read as one.
pub(super) fn format(path: &Path) -> Result<Format, Usage> {
    Format::of(path).ok_or_else(|| {
        Usage(format!(
            "{} is of no format that a manifest has; name it .toml, .json, .yaml or .yml",
            path.display()
        ))
    })
}

/// A file that is there is somebody's.
pub(super) fn is_free(path: &Path, force: bool) -> Result<(), Usage> {
    match force || path.symlink_metadata().is_err() {
        true => Ok(()),
        false => Err(Usage(format!("{} is there already; --force replaces it", path.display()))),
    }
}

/// As a whole or not at all, and never over a file that somebody else has put there meanwhile.
pub(super) fn write(path: &Path, bytes: &[u8], force: bool) -> Result<(), Usage> {
    let cannot = |e: std::io::Error| Usage(format!("cannot write {}: {e}", path.display()));
    let name = path.file_name().ok_or_else(|| Usage(format!("{} is no file name", path.display())))?;
    let beside = path.with_file_name(format!(".{}.{}", name.to_string_lossy(), std::process::id()));
    let written =
        std::fs::File::create_new(&beside).and_then(|mut file| file.write_all(bytes)).and_then(|()| {
            if force { std::fs::rename(&beside, path) } else { std::fs::hard_link(&beside, path) }
        });
    let _ = std::fs::remove_file(&beside);
    written.map_err(cannot)
}

pub(super) fn tell(found: &Found, translation: &Translation) {
    let place = |line: &Line| {
        let source = one_line(&found.source).into_owned();
        let source = line.line.map_or(source.clone(), |number| format!("{source}:{number}"));
        match &line.variable {
            Some(variable) => format!("{source}: {}", one_line(variable)),
            None => source,
        }
    };
    for line in &translation.untranslated {
        complain(&format!("{}: {}", place(line), one_line(&line.text)));
    }
    for line in &translation.notes {
        complain(&format!("note: {}: {}", place(line), one_line(&line.text)));
    }
}

pub(super) fn next_steps(output: Option<&Path>, found: &Found, translation: &Translation) {
    let Translation { manifest, untranslated, replaced, left, .. } = translation;
    let written = output.map_or(String::new(), |output| format!(" to {}", output.display()));
    // What a shell's own environment holds is not the function's.
    let left = match left {
        _ if found.source == ENVIRONMENT => String::new(),
        0 => String::new(),
        1 => "; 1 plain variable stays where it is".into(),
        left => format!("; {left} plain variables stay where they are"),
    };
    complain(&format!("{} translated{written}, {} not{left}", manifest.count(), untranslated.len()));
    if !replaced.is_empty() {
        let names: Vec<_> = replaced.iter().map(|name| one_line(name)).collect();
        complain(&format!(
            "take these out of the function's environment, a name is set once: {}",
            names.join(", ")
        ));
    }
}
