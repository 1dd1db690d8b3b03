//! What the child is at, and its last words, where the asker finds them when the child is no more.
//!
//! A file in memory, which is the child's standard error. A pipe would have to be emptied, and would wake the asker
//! for every rule; this costs the child one call a rule and the asker nothing.

use std::fmt;
use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::sync::OnceLock;

use rustix::fs::{MemfdFlags, memfd_create};

/// Before it stands what the child is at, one line; behind it what Rust's runtime says of an abort.
const LAST_WORDS: usize = 4096;
/// What a program that is none of ours writes there is not taken for it.
const DOING: &str = "doing ";

/// The asker's end.
pub struct Ledger(File);

impl Ledger {
    pub fn create() -> io::Result<(Self, File)> {
        let file = File::from(memfd_create("vestry-policy", MemfdFlags::CLOEXEC)?);
        let other = file.try_clone()?;
        Ok((Self(file), other))
    }

    /// `evaluating data.vestry.declare.deny of /opt/policy`
    pub fn doing(&self) -> Option<String> {
        let text = self.text(0);
        let (line, _) = text.strip_prefix(DOING)?.split_once('\n')?;
        Some(line.to_string())
    }

    pub fn last_words(&self) -> String {
        self.text(LAST_WORDS as u64)
    }

    fn text(&self, offset: u64) -> String {
        let mut bytes = [0; LAST_WORDS];
        let read = self.0.read_at(&mut bytes, offset).unwrap_or_default();
        String::from_utf8_lossy(&bytes[..read]).into_owned()
    }
}

/// The child's end. It has only one, and whoever evaluates need not be handed it; nobody else has any.
static OWN: OnceLock<File> = OnceLock::new();

/// In the child: from now on [`doing`] is written down.
pub fn open() -> io::Result<()> {
    let mut file = File::from(io::stderr().as_fd().try_clone_to_owned()?);
    // Where the runtime will write. What is no file has no places: a person has started this, and loses nothing.
    let _ = file.seek(SeekFrom::Start(LAST_WORDS as u64));
    let _ = OWN.set(file);
    Ok(())
}

/// Said before anything that may not come back.
pub fn doing(what: fmt::Arguments) {
    let Some(file) = OWN.get() else { return };
    let mut line = format!("{DOING}{what}");
    // Hardly ever, and looking at each character takes longer than all the rest.
    if !line.is_ascii() || line.bytes().any(|byte| byte.is_ascii_control()) {
        line = line.replace(char::is_control, " ");
    }
    line.truncate(line.floor_char_boundary(LAST_WORDS - 1));
    line.push('\n');
    let _ = file.write_all_at(line.as_bytes(), 0);
}
