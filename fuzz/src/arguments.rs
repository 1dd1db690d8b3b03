//! What is asked for on the command line.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::run::{self, Options, Until, count_panics, execute};
use crate::{supervise, targets};

/// As the process that evaluates policies has.
const STACK_BYTES: usize = 64 << 20;
const MOST_MEMORY: u64 = 3 << 30;

#[derive(Parser)]
#[command(about = "Bad input for every parser of Vestry; see docs/fuzzing.md")]
pub struct Arguments {
    /// Only these targets
    pub targets: Vec<String>,
    /// All targets together take so long, with as many side by side as there are processors
    #[arg(long, default_value_t = 120, value_name = "SECONDS")]
    pub seconds: u64,
    /// So many executions of each target, however long that takes
    #[arg(long, value_name = "EXECUTIONS")]
    pub runs: Option<u64>,
    /// Another seed makes other cases, the same one the same
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Runs this one case of the one target
    #[arg(long, value_name = "FILE")]
    pub case: Option<PathBuf>,
    /// Where findings are written
    #[arg(long, default_value = "target/fuzz/findings", value_name = "DIR")]
    pub findings: PathBuf,
    /// The names of all targets
    #[arg(long)]
    pub list: bool,
    /// The process of one target
    #[arg(long, hide = true)]
    pub worker: bool,
    #[arg(long, hide = true)]
    pub milliseconds: Option<u64>,
}

pub fn run_arguments(arguments: &Arguments) -> ExitCode {
    if arguments.list {
        targets::ALL.iter().for_each(|(name, _)| println!("{name}"));
        return ExitCode::SUCCESS;
    }
    if let Some(unknown) = arguments.targets.iter().find(|name| targets::find(name).is_none()) {
        eprintln!("there is no target {unknown}; --list names them");
        return ExitCode::from(2);
    }
    if arguments.worker {
        worker(arguments)
    } else if let Some(case) = &arguments.case {
        one_case(arguments, case)
    } else {
        supervise::all(arguments)
    }
}

pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let main = std::thread::Builder::new().stack_size(STACK_BYTES);
    let main = main.spawn(move || run_arguments(&arguments)).expect("a thread can be made");
    main.join().unwrap_or(ExitCode::FAILURE)
}

fn worker(arguments: &Arguments) -> ExitCode {
    let [name] = arguments.targets.as_slice() else { return ExitCode::from(2) };
    let Some((_, make)) = targets::find(name) else { return ExitCode::from(2) };
    let mut target = make();
    // Of a case that would take all of the machine's memory the process dies, and the case is found.
    let most = Rlimit { current: Some(MOST_MEMORY), maximum: Some(MOST_MEMORY) };
    if let Err(error) = setrlimit(Resource::As, most) {
        eprintln!("memory cannot be limited: {error}");
    }
    count_panics();
    let until = match (arguments.runs, arguments.milliseconds) {
        (Some(runs), _) => Until::Executions(runs),
        (None, milliseconds) => Until::Time(Duration::from_millis(milliseconds.unwrap_or(1_000))),
    };
    let options = Options {
        seed: arguments.seed,
        until,
        case_file: supervise::case_file(&arguments.findings, name),
        findings: arguments.findings.clone(),
    };
    println!("{}", run::run(name, &mut *target, &options).to_json());
    ExitCode::SUCCESS
}

fn one_case(arguments: &Arguments, file: &std::path::Path) -> ExitCode {
    let [name] = arguments.targets.as_slice() else {
        eprintln!("--case takes the name of one target");
        return ExitCode::from(2);
    };
    let case = match std::fs::read(file) {
        Ok(case) => case,
        Err(error) => {
            eprintln!("{}: {error}", file.display());
            return ExitCode::from(2);
        }
    };
    let (_, make) = targets::find(name).expect("it is known");
    let mut target = make();
    count_panics();
    let started = std::time::Instant::now();
    let result = execute(&mut *target, &case);
    println!("{result:?} after {:?}", started.elapsed());
    if result.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
