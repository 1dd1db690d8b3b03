//! The side that evaluates.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::process::{ExitCode, exit};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, Signal, getrlimit, set_parent_process_death_signal, setrlimit};

use super::super::policy::invalid;
use super::super::question::Input;
use super::super::worker::Work;
use super::message::{self, Answer, Job, Task};
use super::{ARGUMENT, ledger};
use crate::error::Problem;
use crate::process;

/// What the chains and the nesting that a policy may have need, many times. What it takes of it counts as memory.
const STACK_BYTES: u64 = 64 << 20;
/// Policies are read one file after the other.
const OPEN_FILES: u64 = 64;
/// Of standard error, the one file it has.
const FILE_BYTES: u64 = 64 << 10;

/// Whether this process was started to evaluate; asked before anything else in `main`.
pub fn is_asked() -> bool {
    std::env::args_os().nth(1).is_some_and(|argument| argument == OsStr::new(ARGUMENT))
}

/// Evaluates until nobody asks any more.
pub fn serve() -> ExitCode {
    answer().map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}

pub fn answer() -> io::Result<()> {
    process::harden();
    die_with_parent();
    let _ = rustix::thread::set_no_new_privs(true);
    // A panic is an answer, and told as one.
    std::panic::set_hook(Box::new(|_| {}));
    ledger::open()?;
    answer_all(&mut io::stdin().lock(), &mut io::stdout().lock())
}

/// Ends with whoever started it, also in the middle of a rule. Who is gone already closed standard input.
pub fn die_with_parent() {
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
}

fn answer_all(asker: &mut impl io::Read, answers: &mut impl Write) -> io::Result<()> {
    let Some(task) = message::read::<Task>(asker)? else { return Ok(()) };
    let started = Instant::now();
    let loaded = limit(&task).map_err(|problem| vec![problem]).and_then(|()| Work::load(&task));
    let (mut work, loaded) = match loaded {
        Ok((work, loaded)) => (Some(work), Ok(loaded)),
        Err(problems) => (None, Err(problems)),
    };
    message::write(answers, &Answer::Loaded(loaded, started.elapsed()))?;
    while let Some(work) = &mut work
        && let Some(Job { stage, last, input }) = message::read::<Job<Input>>(asker)?
    {
        let outcome = work.judge(stage, &input);
        ledger::doing(format_args!("writing down what vestry.{} decided", stage.as_str()));
        match message::write(answers, &Answer::Judged(stage, outcome)) {
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                message::write(answers, &Answer::Judged(stage, Err(vec![too_much()])))?;
            }
            other => other?,
        }
        if last {
            // Without letting go of anything: it takes as long as another decision.
            exit(0);
        }
        // Whoever asked goes first, where both have the same CPU.
        rustix::thread::sched_yield();
        drop(input);
        work.rest();
    }
    Ok(())
}

fn too_much() -> Problem {
    invalid(&format!("says more than {} MiB", message::MAX_ANSWER_BYTES >> 20))
        .advice("print less, and give its messages less to carry")
}

/// From here on no more memory, time or files than the policy may have.
fn limit(task: &Task) -> Result<(), Problem> {
    let own = own_address_space().map_err(|error| unlimited("memory", &error))?;
    for (what, resource, bound) in [
        ("memory", Resource::As, own + (task.limits.memory_mb << 20)),
        ("CPU time", Resource::Cpu, cpu_seconds(task.limits.time)),
        ("files", Resource::Nofile, OPEN_FILES),
        ("file size", Resource::Fsize, FILE_BYTES),
    ] {
        tighten(resource, bound).map_err(|error| unlimited(what, &error))?;
    }
    // The one that grows: what the system gives at the start is too little, and less than this is no danger.
    let most = getrlimit(Resource::Stack).maximum.unwrap_or(u64::MAX);
    let stack = Rlimit { current: Some(STACK_BYTES.min(most)), maximum: Some(STACK_BYTES.min(most)) };
    setrlimit(Resource::Stack, stack).map_err(|error| unlimited("stack", &error.into()))
}

fn tighten(resource: Resource, bound: u64) -> io::Result<()> {
    let bound = bound.min(getrlimit(resource).maximum.unwrap_or(u64::MAX));
    Ok(setrlimit(resource, Rlimit { current: Some(bound), maximum: Some(bound) })?)
}

/// The asker keeps the time; this is for an asker that does not, or cannot.
fn cpu_seconds(time: Duration) -> u64 {
    time.as_secs() + 2
}

/// In bytes, as `RLIMIT_AS` counts: proc_pid_statm(5), the first number, in pages.
fn own_address_space() -> io::Result<u64> {
    let text = std::fs::read_to_string("/proc/self/statm")?;
    let pages = text.split_whitespace().next().and_then(|pages| pages.parse::<u64>().ok());
    let pages = pages.ok_or(io::ErrorKind::InvalidData)?;
    Ok(pages * rustix::param::page_size() as u64)
}

fn unlimited(what: &str, error: &io::Error) -> Problem {
    invalid(&format!("is not evaluated: its {what} cannot be limited ({error})"))
}
