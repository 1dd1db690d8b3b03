//! `make bench`. See the README's section on cold start for what it measures.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;
use vestry_bench::cell::{Cell, SIZES, Size};
use vestry_bench::extensions_api::ExtensionsApi;
use vestry_bench::report::{HandOverRow, Pair, Report};
use vestry_bench::run::{Bench, Paths, Program, Run};
use vestry_bench::stub::Stub;
use vestry_bench::summary::{Row, Spread};
use vestry_bench::throttle::Throttle;
use vestry_bench::{hand_over, instructions, picture, start_order};

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;
type Requests = Vec<(SocketAddr, Vec<u8>)>;

/// More instructions than recorded, past this, are a regression.
const TOLERANCE: f64 = 1.10;

const USAGE: &str = "\
usage: cold-start [--runs N] [--quick] [--uncounted] [--check FILE | --record FILE | --order FILE --inputs DIR] --layer DIR --certificates DIR --policy DIR
                  --programs DIR --out DIR
  --quick    no policy, whole CPU, only 10+10 and what the limits need
  --uncounted  no instructions
  --check    only count the instructions of 10+10 and hold them against FILE
  --record   only count them, and write FILE
  --order    only write FILE: the functions of a start in their order, for the linker
";

fn main() -> Fallible<ExitCode> {
    let Some(options) = Options::read(std::env::args().skip(1)) else {
        eprint!("{USAGE}");
        return Ok(ExitCode::from(2));
    };
    // Everything that answers is on the second CPU; what is measured is put on the first by `launch`.
    let mut second = CpuSet::new();
    second.set(1)?;
    if sched_setaffinity(Pid::from_raw(0), &second).is_err() {
        eprintln!("note: this machine has one CPU only, which the stub and what is measured share");
    }
    match (&options.check, &options.record, &options.order) {
        (Some(file), ..) => check(options.bench(None), file),
        (_, Some(file), _) => record(options.bench(None), file),
        (.., Some(file)) => order(options.bench(None), file, &options.inputs),
        _ => measure(options),
    }
}

#[derive(Default)]
struct Options {
    runs: usize,
    quick: bool,
    uncounted: bool,
    check: Option<PathBuf>,
    record: Option<PathBuf>,
    order: Option<PathBuf>,
    inputs: PathBuf,
    layer: PathBuf,
    certificates: PathBuf,
    policy: PathBuf,
    programs: PathBuf,
    out: PathBuf,
}

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Option<Self> {
        let mut options = Self { runs: 30, ..Self::default() };
        while let Some(argument) = arguments.next() {
            let place = match argument.as_str() {
                "--quick" => {
                    options.quick = true;
                    continue;
                }
                "--uncounted" => {
                    options.uncounted = true;
                    continue;
                }
                "--runs" => {
                    options.runs = arguments.next()?.parse().ok().filter(|runs| *runs > 0)?;
                    continue;
                }
                "--check" => options.check.insert(PathBuf::new()),
                "--record" => options.record.insert(PathBuf::new()),
                "--order" => options.order.insert(PathBuf::new()),
                "--inputs" => &mut options.inputs,
                "--layer" => &mut options.layer,
                "--certificates" => &mut options.certificates,
                "--policy" => &mut options.policy,
                "--programs" => &mut options.programs,
                "--out" => &mut options.out,
                _ => return None,
            };
            *place = arguments.next()?.into();
        }
        Some(options)
    }

    fn bench(&self, throttle: Option<Throttle>) -> Bench {
        let stub = Stub::start(&self.certificates);
        let paths = Paths {
            layer: self.layer.clone(),
            certificates: self.certificates.clone(),
            policy: self.policy.clone(),
            programs: self.programs.clone(),
            scratch: self.out.clone(),
        };
        Bench { paths, stub, api: ExtensionsApi::start(), throttle }
    }
}

fn measure(options: Options) -> Fallible<ExitCode> {
    let mut notes = Vec::new();
    let throttle = if options.quick { None } else { throttle(&mut notes) };
    let mut cells = Cell::all(throttle.is_some());
    if options.quick {
        cells.retain(|cell| {
            cell.size == SIZES[1] && cell.delay_ms != 5 || cell.delay_ms == 20 && !cell.policy
        });
    }
    let bench = options.bench(throttle);
    let floors: HashMap<Size, Program> =
        SIZES.into_iter().map(|size| Ok((size, floor(&bench, size)?))).collect::<Fallible<_>>()?;

    let mut runs: Vec<[Vec<Run>; 2]> = vec![Default::default(); cells.len()];
    let mut hand_overs = Vec::new();
    for round in 0..options.runs {
        eprint!("\rround {} of {}", round + 1, options.runs);
        for (cell, [of_floor, of_extension]) in cells.iter().zip(&mut runs) {
            // Side by side and by turns, so that whatever else the machine does, it does to both.
            let floor = || bench.run(&floors[&cell.size], *cell);
            let extension = || bench.run(&bench.extension(cell.size, cell.policy), *cell);
            if round % 2 == 0 {
                of_floor.push(floor()?);
                of_extension.push(extension()?);
            } else {
                of_extension.push(extension()?);
                of_floor.push(floor()?);
            }
        }
        hand_overs.push(hand_over::round(&bench, Cell::plain(10, 10, 0))?);
    }
    eprintln!();

    let counts = if options.uncounted {
        HashMap::new()
    } else if instructions::can_be_counted() {
        counts(&bench, &floors, &cells)?
    } else {
        notes.push("no instructions: valgrind is not here".into());
        HashMap::new()
    };
    let size_of = |path: &Path| std::fs::metadata(path).map(|file| file.len());
    let floor_bytes = size_of(&bench.paths.program("floor"))?;
    let extension_bytes = size_of(&bench.paths.extension())?;
    let pair = |(cell, [of_floor, of_extension]): (&Cell, &[Vec<Run>; 2])| Pair {
        cell: *cell,
        floor: Row::of(of_floor, counts.get(&(cell.size, None)).copied(), floor_bytes),
        extension: Row::of(
            of_extension,
            counts.get(&(cell.size, Some(cell.policy))).copied(),
            extension_bytes,
        ),
    };
    let report = Report {
        runs: options.runs,
        pairs: cells.iter().zip(&runs).map(pair).collect(),
        hand_over: hand_over_row(&hand_overs, size_of(&bench.paths.layer.join("vestry-exec"))?),
        notes,
    };
    tell(&report, &options.out)?;
    Ok(ExitCode::SUCCESS)
}

fn throttle(notes: &mut Vec<String>) -> Option<Throttle> {
    Throttle::new()
        .map_err(|error| notes.push(format!("no cells with 1/14 of a CPU: no control group ({error})")))
        .ok()
}

/// The floor for so many references: it sends what the extension is seen to send, which also warms the caches.
fn floor(bench: &Bench, size: Size) -> Fallible<Program> {
    let cell = Cell { size, delay_ms: 0, policy: false, throttled: false };
    let requests: Requests = bench.run(&bench.extension(size, false), cell)?.seen.requests;
    let floor = bench.floor(&requests);
    bench.run(&floor, cell)?;
    bench.run(&bench.extension(size, true), cell.with_policy())?;
    Ok(floor)
}

/// By size, and for the extension without a policy: under valgrind it cannot start itself again to evaluate one.
/// Neither delay nor throttle changes them.
fn counts(
    bench: &Bench,
    floors: &HashMap<Size, Program>,
    cells: &[Cell],
) -> Fallible<HashMap<(Size, Option<bool>), u64>> {
    let mut counts = HashMap::new();
    for cell in cells.iter().filter(|cell| !cell.policy) {
        for (key, program) in [
            ((cell.size, None), &floors[&cell.size]),
            ((cell.size, Some(cell.policy)), &bench.extension(cell.size, cell.policy)),
        ] {
            if let Entry::Vacant(place) = counts.entry(key) {
                eprint!("\rcounting instructions: {}   ", cell.size);
                place.insert(instructions::count(bench, program)?);
            }
        }
    }
    eprintln!();
    Ok(counts)
}

fn hand_over_row(rounds: &[hand_over::Round], binary_bytes: u64) -> HandOverRow {
    use hand_over::{HandOver, Round};
    let median = |of: fn(&Round) -> HandOver, what: fn(HandOver) -> u64| {
        // The next program's own start is in all of them.
        let alone = rounds.iter().map(|round| what(round.alone));
        let times = rounds.iter().map(|round| what(of(round)));
        Spread::of_nanoseconds(times).median - Spread::of_nanoseconds(alone).median
    };
    HandOverRow {
        vestry_exec_cpu_ms: median(|round| round.vestry_exec, |time| time.cpu),
        just_exec_cpu_ms: median(|round| round.just_exec, |time| time.cpu),
        vestry_exec_wall_ms: median(|round| round.vestry_exec, |time| time.wall),
        just_exec_wall_ms: median(|round| round.just_exec, |time| time.wall),
        binary_bytes,
    }
}

fn tell(report: &Report, out: &Path) -> Fallible<()> {
    println!("{}", report.table());
    println!("{}\n", report.hand_over());
    println!("{}", report.limits());
    std::fs::write(out.join("cold-start.json"), format!("{:#}\n", report.json()))?;
    if let Some(pair) = report.pair(Cell::plain(10, 10, 20)) {
        std::fs::write(out.join("cold-start.svg"), picture::svg(pair))?;
    }
    println!("{}", report.last_line().unwrap_or_default());
    Ok(())
}

/// The extension's instructions for 10+10.
fn count_one(bench: &Bench) -> Fallible<u64> {
    let extension = bench.extension(SIZES[1], false);
    // The first run makes the stub's answers.
    bench.run(&extension, Cell::plain(10, 10, 0))?;
    Ok(instructions::count(bench, &extension)?)
}

fn record(bench: Bench, file: &Path) -> Fallible<ExitCode> {
    let count = count_one(&bench)?;
    std::fs::write(file, format!("{count}\n"))?;
    println!("instructions of 10+10: {count}, recorded in {}", file.display());
    Ok(ExitCode::SUCCESS)
}

fn order(bench: Bench, file: &Path, inputs: &Path) -> Fallible<ExitCode> {
    let extension = bench.extension(SIZES[1], false);
    // The first run makes the stub's answers.
    bench.run(&extension, Cell::plain(10, 10, 0))?;
    std::fs::write(file, start_order::script(&bench, &extension, inputs)?)?;
    println!("the order of a start is in {}", file.display());
    Ok(ExitCode::SUCCESS)
}

fn check(bench: Bench, file: &Path) -> Fallible<ExitCode> {
    let Ok(recorded) = std::fs::read_to_string(file) else {
        eprintln!("NOT CHECKED: no instructions were recorded for this architecture ({})", file.display());
        return Ok(ExitCode::SUCCESS);
    };
    let recorded: u64 = recorded.trim().parse()?;
    let count = count_one(&bench)?;
    let ratio = count as f64 / recorded as f64;
    println!("instructions of 10+10: {count}, {ratio:.3} of the {recorded} in {}", file.display());
    if ratio > TOLERANCE {
        println!("that is a regression; find it with callgrind, or record the new figure with its reason");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}
