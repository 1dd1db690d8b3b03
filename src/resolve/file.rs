//! Files that settings name.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// Far more than a bundle of certificates or a token takes.
const LARGEST: u64 = 16 << 20;

/// The whole of a regular file. A pipe or a device might keep its reader past any deadline.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    #[test]
    fn a_pipe_that_nobody_writes_to_is_not_waited_for() {
        let path = std::env::temp_dir().join(format!("vestry-pipe-{}", std::process::id()));
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        let error = read(&path).unwrap_err();
        fs::remove_file(&path).unwrap();
        assert_eq!(error.to_string(), "it is no regular file");
        assert!(read(Path::new("/dev/zero")).is_err());
    }
}
