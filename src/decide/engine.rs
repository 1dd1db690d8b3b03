//! The engine as every policy gets it: parsed files, the functions that Vestry adds, and a time limit.

use std::num::NonZeroU32;
use std::time::Duration;

use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, Source};

use super::explain::engine_error;
use super::{calls, nesting};

/// Takes policies one by one; [`Preparation::finish`] gives the engine once they are all there.
pub(super) struct Preparation {
    engine: Engine,
    strict: bool,
}

impl Preparation {
    /// `strict` makes an error of a function an error of the evaluation; without it the call is undefined.
    pub fn new(limit: Duration, strict: bool) -> Self {
        let mut engine = Engine::new();
        engine.set_strict_builtin_errors(strict);
        engine.set_gather_prints(true);
        engine.set_execution_timer_config(ExecutionTimerConfig {
            limit,
            check_interval: NonZeroU32::new(256).expect("not zero"),
        });
        Self { engine, strict }
    }

    /// Fails with `path:line:col: …`.
    pub fn add_policy(&mut self, path: &str, text: &str) -> Result<(), String> {
        let source = Source::from_contents(path.to_string(), text.to_string())
            .map_err(|e| format!("{path}: {}", engine_error(&e)))?;
        nesting::check(&source)?;
        self.engine.add_policy(path.to_string(), text.to_string()).map(drop).map_err(|e| engine_error(&e))
    }

    /// Fails with every problem, as `file:line:col: …`.
    pub fn finish(mut self) -> Result<Engine, Vec<String>> {
        let problems = calls::unknown(self.engine.get_modules());
        let _ = self.strict;
        if problems.is_empty() { Ok(self.engine) } else { Err(problems) }
    }
}
