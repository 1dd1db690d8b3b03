//! A child that is a copy of the extension, and what it does to become nothing but one that evaluates.

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::exit;
use std::time::Duration;

use super::message::{self, Answer};
use super::process::{Ends, command};
use super::{SELF, child, no_process};

/// Evaluates until nobody asks any more, and ends.
pub fn evaluate(mut ends: Ends) -> ! {
    child::die_with_parent();
    let served = match become_evaluator(&ends) {
        Ok(()) => {
            drop(ends);
            child::answer()
        }
        Err(error) => {
            let problem = Err(vec![no_process(&error)]);
            message::write(&mut ends.says, &Answer::Loaded(problem, Duration::ZERO))
        }
    };
    exit(served.is_err().into())
}

fn become_evaluator(ends: &Ends) -> io::Result<()> {
    take(ends)?;
    if forget_environment().is_err() {
        // Where nothing can be taken out of it, it is started anew, and has nothing in it.
        return Err(command(Path::new(SELF)).exec());
    }
    let _ = rustix::thread::set_name(c"vestry-policy");
    Ok(())
}

fn take(ends: &Ends) -> io::Result<()> {
    let nowhere;
    let stderr: BorrowedFd<'_> = match &ends.ledger {
        Some(ledger) => ledger.as_fd(),
        None => {
            nowhere = File::options().write(true).open("/dev/null")?;
            nowhere.as_fd()
        }
    };
    rustix::stdio::dup2_stdin(&ends.told)?;
    rustix::stdio::dup2_stdout(&ends.says)?;
    Ok(rustix::stdio::dup2_stderr(stderr)?)
}

/// Overwrites what `execve` gave this process for an environment, credentials among it. Nothing else was in its memory when
/// it was copied.
fn forget_environment() -> io::Result<()> {
    let (start, end) = environment(&fs::read("/proc/self/stat")?).ok_or(io::ErrorKind::InvalidData)?;
    let memory = File::options().write(true).open("/proc/self/mem")?;
    memory.write_all_at(&vec![0; end - start], start as u64)
}

/// Where it lies: `env_start` and `env_end` of proc_pid_stat(5), the fields 50 and 51; 0 for who may not know.
fn environment(stat: &[u8]) -> Option<(usize, usize)> {
    let stat = String::from_utf8_lossy(stat);
    // The second field is a name in brackets, which may hold anything.
    let (_, third_and_on) = stat.rsplit_once(')')?;
    let mut fields = third_and_on.split_ascii_whitespace().skip(50 - 3).map(|field| field.parse().ok());
    let (start, end) = (fields.next()??, fields.next()??);
    (0 < start && start <= end).then_some((start, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_is_where_the_system_says() {
        let (start, end) = environment(&fs::read("/proc/self/stat").unwrap()).unwrap();
        let mut there = vec![0; end - start];
        File::open("/proc/self/mem").unwrap().read_exact_at(&mut there, start as u64).unwrap();
        assert!(!there.is_empty());
        assert_eq!(there, fs::read("/proc/self/environ").unwrap());
    }

    #[test]
    fn who_may_not_know_it_has_none() {
        let stat = |name: &str, start: &str, end: &str| {
            let before = "0 ".repeat(50 - 3);
            environment(format!("7 ({name}) {before}{start} {end} 0\n").as_bytes())
        };
        assert_eq!(stat("vestry", "4096", "8192"), Some((4096, 8192)));
        assert_eq!(stat("a) R 1 (b", "4096", "4096"), Some((4096, 4096)));
        for (start, end) in [("0", "0"), ("8192", "4096"), ("-1", "1"), ("", "")] {
            assert_eq!(stat("vestry", start, end), None);
        }
        assert_eq!(environment(b""), None);
    }
}
