//! The case that is being executed, where it can be found when the process is no more.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// A length (eight bytes, little-endian) and as many bytes.
pub struct CaseFile(File);

const HEADER: u64 = 8;

impl CaseFile {
    pub fn create(path: &Path) -> io::Result<Self> {
        File::create(path).map(Self)
    }

    pub fn write(&mut self, case: &[u8]) -> io::Result<()> {
        let mut message = Vec::with_capacity(case.len() + HEADER as usize);
        message.extend_from_slice(&(case.len() as u64).to_le_bytes());
        message.extend_from_slice(case);
        self.0.write_all_at(&message, 0)
    }
}

pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let mut length = [0; HEADER as usize];
    file.read_exact_at(&mut length, 0)?;
    let mut case = vec![0; u64::from_le_bytes(length) as usize];
    file.read_exact_at(&mut case, HEADER)?;
    Ok(case)
}
