//! One target's executions, in a process of their own.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::case_file::CaseFile;
use crate::mutate::Mutator;
use crate::random::{Random, hash};
use crate::target::{Broken, Outcome, Target};
use crate::watchdog::Watchdog;

/// Kept cases; one more takes the place of another.
const LARGEST_CORPUS: usize = 4_000;
/// Different things that are broken: enough to begin with.
const MOST_FINDINGS: usize = 10;

pub struct Options {
    pub seed: u64,
    pub until: Until,
    pub case_file: PathBuf,
    pub findings: PathBuf,
}

#[derive(Clone, Copy)]
pub enum Until {
    Executions(u64),
    Time(Duration),
}

/// What the process says at its end.
pub struct Report {
    pub executions: u64,
    pub seconds: f64,
    pub corpus: usize,
    pub findings: Vec<(PathBuf, String)>,
}

impl Report {
    pub fn to_json(&self) -> Value {
        let findings: Vec<_> =
            self.findings.iter().map(|(file, why)| json!({"file": file, "why": why})).collect();
        json!({"executions": self.executions, "seconds": self.seconds, "corpus": self.corpus, "findings": findings})
    }
}

static PANICS: AtomicUsize = AtomicUsize::new(0);
static LAST_PANIC: Mutex<String> = Mutex::new(String::new());

/// Panics are counted, not printed: also those that the library catches itself are findings.
pub fn count_panics() {
    std::panic::set_hook(Box::new(|panic| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        if let Ok(mut last) = LAST_PANIC.lock() {
            *last = panic.to_string();
        }
    }));
}

/// One execution, with every panic in it.
pub fn execute(target: &mut dyn Target, case: &[u8]) -> Result<Outcome, Broken> {
    let before = PANICS.load(Ordering::Relaxed);
    let result = catch_unwind(AssertUnwindSafe(|| target.run(case)));
    if PANICS.load(Ordering::Relaxed) != before {
        let why = LAST_PANIC.lock().map(|last| last.clone()).unwrap_or_default();
        return Err(format!("it panics: {why}"));
    }
    result.unwrap_or_else(|_| Err("it panics".into()))
}

pub fn run(name: &str, target: &mut dyn Target, options: &Options) -> Report {
    let watchdog = Watchdog::start(target.bound());
    let mut cases = CaseFile::create(&options.case_file).expect("the case file can be written");
    let mut random = Random::new(options.seed ^ hash(name.as_bytes()));
    let mutator = Mutator { words: target.words(), longest: target.longest() };
    let mut corpus = Corpus::default();
    let mut findings: Vec<(PathBuf, String)> = Vec::new();
    let mut told = HashSet::new();
    let mut waiting = target.seeds();
    waiting.push(Vec::new());
    let seeds = waiting.len() as u64;
    let started = Instant::now();
    let mut executions = 0;
    loop {
        let case = match waiting.pop() {
            Some(seed) => seed,
            None => next(target, &corpus, &mutator, &mut random),
        };
        cases.write(&case).expect("the case file can be written");
        watchdog.begin();
        let result = execute(target, &case);
        watchdog.end();
        executions += 1;
        match result {
            Ok(outcome) => corpus.take(case, &outcome, executions <= seeds, &mut random),
            Err(why) => {
                // Of a panic, the place.
                let first = why.lines().next().unwrap_or_default();
                if told.insert(hash(crate::target::shape(first).as_bytes())) {
                    let file = options.findings.join(format!("{name}-{:016x}.case", hash(&case)));
                    std::fs::write(&file, &case).expect("a finding can be written");
                    findings.push((file, why));
                }
            }
        }
        let is_over = match options.until {
            Until::Executions(most) => executions >= most,
            Until::Time(time) => executions % 16 == 0 && started.elapsed() >= time,
        };
        if is_over || findings.len() >= MOST_FINDINGS {
            break;
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    Report { executions, seconds, corpus: corpus.cases.len(), findings }
}

fn next(target: &dyn Target, corpus: &Corpus, mutator: &Mutator<'_>, random: &mut Random) -> Vec<u8> {
    let made = if random.once_in(3) { target.make(random) } else { None };
    let mut case = match made {
        Some(made) if random.once_in(2) => return made,
        Some(made) => made,
        None => corpus.pick(random).to_vec(),
    };
    mutator.mutate(&mut case, corpus.pick(random), random);
    case
}

#[derive(Default)]
struct Corpus {
    cases: Vec<Vec<u8>>,
    outcomes: HashSet<u64>,
}

impl Corpus {
    fn take(&mut self, case: Vec<u8>, outcome: &str, is_seed: bool, random: &mut Random) {
        let is_new = self.outcomes.insert(hash(outcome.as_bytes()));
        if !is_new && !is_seed {
            return;
        }
        if self.cases.len() < LARGEST_CORPUS {
            self.cases.push(case);
        } else {
            let at = random.below(LARGEST_CORPUS);
            self.cases[at] = case;
        }
    }

    fn pick(&self, random: &mut Random) -> &[u8] {
        match self.cases.len() {
            0 => &[],
            cases => &self.cases[random.below(cases)],
        }
    }
}
