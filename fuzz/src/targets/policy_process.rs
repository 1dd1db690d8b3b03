//! The whole way of a policy: a directory of files, read, checked and evaluated in a process with bounds, however hostile
//! its text; what is always denied is denied.

use std::time::Duration;

use vestry::decide::evaluator::Limits;
use vestry::decide::{Gate, Stage};
use vestry::declare::settings::PolicyKey;
use vestry::log::{Level, Log, Sink};

use super::policy_decision::{ALWAYS, input_document, is_denied};
use super::policy_text::{PolicyText, WORDS};
use crate::random::{Random, hash};
use crate::scratch::Scratch;
use crate::seeds;
use crate::target::{Broken, Outcome, Target};

const LIMITS: Limits = Limits { time: Duration::from_millis(500), memory_mb: 64 };

pub struct PolicyProcess {
    directory: Scratch,
    runtime: tokio::runtime::Runtime,
}

/// What a rule may do to last.
const HOSTILE: &[&str] = &[
    "numbers.range(1, 60000000)",
    "[x | some i, j in input.references; x := [i, j]]",
    "bits.lsh(1, 4000000000)",
    "regex.replace(\"aaaaaaaaaaaaaaaaaaaaaaaa\", \"a*\", \"aaaaaaaaaaaaaaaa\")",
    "concat(\"\", [x | x := numbers.range(1, 9999999)[_]])",
    "net.cidr_expand(\"10.0.0.0/8\")",
    "walk(data, [_, x])",
    "strings.replace_n({\"a\": \"aa\"}, \"a\")",
    "json.unmarshal(concat(\"\", [\"[\" | numbers.range(1, 100000)[_]]))",
    "yaml.unmarshal(\"a: &a [*a]\")",
    "sprintf(\"%999999999d\", [1])",
    "time.add_date(0, 2147483647, 2147483647, 2147483647)",
    "format_int(1e300, 2)",
];

impl PolicyProcess {
    pub fn new() -> Self {
        let directory = Scratch::new("process");
        directory.write("always.rego", ALWAYS.as_bytes());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Self { directory, runtime: runtime.expect("a runtime can be made") }
    }
}

impl Target for PolicyProcess {
    fn seeds(&self) -> Vec<Vec<u8>> {
        let hostile = HOSTILE.iter().map(|call| {
            format!("package vestry.declare\n\ndeny contains \"x\" if {{ x := {call}; x == 1 }}\n")
                .into_bytes()
        });
        hostile.chain(seeds::below("tests/policy", ".rego")).collect()
    }

    fn words(&self) -> &'static [&'static str] {
        WORDS
    }

    fn make(&self, random: &mut Random) -> Option<Vec<u8>> {
        if random.once_in(3) {
            let call = random.pick(HOSTILE);
            return Some(format!("package vestry.declare.x\n\ndeny contains {call} if true\n").into_bytes());
        }
        PolicyText.make(random)
    }

    fn longest(&self) -> usize {
        12 << 10
    }

    fn run(&mut self, case: &[u8]) -> Result<Outcome, Broken> {
        self.directory.write("p.rego", case);
        let log = Log { level: Level::Error, sink: Sink::Person(|_, _| None) };
        let input = input_document(&mut Random::new(hash(case)));
        let directory = self.directory.path().to_path_buf();
        let decided = self.runtime.block_on(async {
            let mut gate = Gate::for_trial(vec![directory], PolicyKey::Unchecked, LIMITS, log);
            gate.judge_document(Stage::Declare, input).await
        });
        is_denied(decided.map_err(|refusal| refusal.problems().to_vec()))
    }
}
