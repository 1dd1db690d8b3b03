//! Files that a user names on a command line.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, OFlags, fcntl_setfl, fstat, openat};

/// The whole of a file, or of a pipe, as a shell's `<(command)` is one. A pipe that nobody writes to is empty; a device,
/// which may never end, is refused.
pub fn bytes(path: &Path, largest: u64) -> io::Result<Vec<u8>> {
    // Opening a pipe would wait for somebody to write.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = openat(CWD, path, flags, Mode::empty())?;
    match FileType::from_raw_mode(fstat(&file)?.st_mode) {
        FileType::RegularFile => {}
        FileType::Fifo => fcntl_setfl(&file, OFlags::RDONLY)?,
        _ => return Err(io::Error::other("it is no file")),
    }
    bounded(File::from(file), largest)
}

/// The same of text.
pub fn text(path: &Path, largest: u64) -> io::Result<String> {
    String::from_utf8(bytes(path, largest)?).map_err(|_| io::Error::other("it is not UTF-8"))
}

/// What comes on standard input, where a command takes `-` for it.
pub fn stdin(largest: u64) -> io::Result<Vec<u8>> {
    bounded(io::stdin().lock(), largest)
}

fn bounded(from: impl Read, largest: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(largest + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > largest {
        return Err(io::Error::other(format!("it is larger than {largest} bytes")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;
    use std::path::PathBuf;

    use rustix::fs::mknodat;

    use super::*;

    fn fifo(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("vestry-{name}-{}", std::process::id()));
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        path
    }

    #[test]
    fn nothing_is_waited_for_without_end() {
        let path = fifo("unwritten");
        assert_eq!(text(&path, 8).unwrap(), "");
        fs::remove_file(&path).unwrap();
        for device in ["/dev/zero", "/"] {
            assert_eq!(bytes(Path::new(device), 8).unwrap_err().to_string(), "it is no file");
        }
    }

    #[test]
    fn a_pipe_is_read_to_its_end_and_no_further_than_the_bound() {
        for (largest, expected) in
            [(8, Ok("12345678".to_string())), (7, Err("it is larger than 7 bytes".into()))]
        {
            let path = fifo(&format!("written-{largest}"));
            // Open for both, so that it does not wait for a reader; what is in the pipe stays while a reader has it open.
            let mut writer = File::options().read(true).write(true).open(&path).unwrap();
            writer.write_all(b"12345678").unwrap();
            let reader = {
                let path = path.clone();
                std::thread::spawn(move || text(&path, largest).map_err(|e| e.to_string()))
            };
            // The reader has it open once it has taken what is in it, which a pipe tells by room for more.
            while rustix::io::ioctl_fionread(&writer).unwrap() > 0 {
                std::thread::yield_now();
            }
            drop(writer);
            assert_eq!(reader.join().unwrap(), expected);
            fs::remove_file(&path).unwrap();
        }
    }
}
