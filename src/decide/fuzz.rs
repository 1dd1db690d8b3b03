//! Doors for `fuzz/`: this room's readers without the files and the processes around them.

use std::path::Path;
use std::time::Duration;

use regorus::Value as Term;
use serde_json::{Map, Value};

use super::bundle::File;
use super::check::Mode;
use super::check::directory::{data_document, load as check_directory};
use super::directory::{Directory, PolicyFile};
use super::evaluate::Outcome;
use super::evaluator::{self, Answer, Job, Limits, Task};
use super::mask::{self, Masks};
use super::policy::{self, Policy};
use super::question::Input;
use super::rules::Stage;
use super::waiver::Waiver;
use super::worker::Work;
use super::{decision_log, settings};
use crate::declare::settings::PolicyKey;
use crate::error::Problem;

pub use super::bundle::canonical;

/// Where the files are said to lie; nothing is read there.
const ROOT: &str = "/policy";

/// A policy directory in memory: names below its root, and texts.
pub type Files<'a> = [(&'a str, &'a str)];

fn directory(files: &Files<'_>) -> Directory {
    let mut directory = Directory::empty(Path::new(ROOT));
    for (name, text) in files {
        let file = File { name: (*name).into(), bytes: text.as_bytes().to_vec() };
        directory.add(Path::new(ROOT), file).expect("a text is UTF-8");
    }
    directory.complete()
}

/// What `vestry policy check` finds, or the extension where it is not `strict`.
pub fn check(files: &Files<'_>, strict: bool, limit: Duration) -> Vec<String> {
    let mode = if strict { Mode::Strict } else { Mode::Load };
    let checked = check_directory(&mut policy::engine(limit), &directory(files), mode);
    checked.findings.iter().map(ToString::to_string).collect()
}

/// A directory that was let through, to be asked.
pub struct Loaded(Policy);

pub fn load(files: &Files<'_>, limit: Duration) -> Result<Loaded, Vec<Problem>> {
    policy::load(&directory(files), limit).map(Loaded)
}

impl Loaded {
    /// The decision, with the masks for its line in the log.
    pub fn judge(&mut self, stage: Stage, input: &Value) -> Result<Outcome, Vec<Problem>> {
        let input: &Input = &serde_json::from_value(input.clone()).map_err(|_| Vec::new())?;
        let mut outcome = Outcome::default();
        outcome.add(&mut self.0, stage, input)?;
        outcome.masks =
            Masks::ask(&mut self.0, stage, || decision_log::maskable(stage, input.document(), &outcome));
        Ok(outcome)
    }
}

/// What the evaluating process does with a directory that lies on the disk, in this process and without its bounds.
pub struct Placed(Work);

impl Placed {
    pub fn load(root: &Path, limit: Duration) -> Result<Self, Vec<Problem>> {
        let directories = vec![root.to_path_buf()];
        let task = Task {
            directories,
            key: Some(PolicyKey::Unchecked),
            limits: Limits { time: limit, memory_mb: 0 },
        };
        Work::load(&task).map(|(work, _)| Self(work))
    }

    pub fn judge(&mut self, stage: Stage, input: &Value) -> Result<Outcome, Vec<Problem>> {
        let input: &Input = &serde_json::from_value(input.clone()).map_err(|_| Vec::new())?;
        self.0.judge(stage, input)
    }
}

/// Whether `settings.toml` softens; what is wrong with it.
pub fn reports(settings_toml: &str) -> Result<bool, Vec<Problem>> {
    let files = [("settings.toml", settings_toml), ("a.rego", "")];
    settings::mode(&directory(&files)).map(|mode| mode == settings::Mode::Report)
}

/// A data file's document, in the engine's words.
pub fn document(name: &str, text: &str) -> Result<Term, String> {
    let (path, relative) = (Path::new(ROOT).join(name), name.into());
    data_document(&PolicyFile { path, relative, text: text.into() }).map_err(|finding| finding.to_string())
}

/// A log line after the masks, where they are some.
pub fn masked(masks: &Value, mut line: Map<String, Value>) -> Result<Map<String, Value>, String> {
    let masks = Masks::Rules(mask::read(masks)?);
    masks.apply(&mut line);
    Ok(line)
}

/// A waiver, and whether it is in force for an input.
pub fn waiver(object: &Map<String, Value>, input: &Value) -> Result<(Waiver, bool), String> {
    let waiver = Waiver::read(object)?;
    let in_force = waiver.in_force(input);
    Ok((waiver, in_force))
}

/// Whether the asking process takes this for an answer of the one that evaluates.
pub fn is_answer(message: &[u8]) -> bool {
    serde_json::from_slice::<Answer>(message).is_ok()
}

/// What the evaluating process reads of the one that asks: a task, then inputs. How many messages it takes.
///
/// Fails where one that is taken is not the same when it is sent and read again.
pub fn questions(mut sent: &[u8]) -> Result<usize, String> {
    let again = |what: &str, message: Vec<u8>, same: bool| match same {
        true => Ok(()),
        false => Err(format!("{what} is read as something else: {}", String::from_utf8_lossy(&message[4..]))),
    };
    let Ok(Some(task)) = evaluator::read::<Task>(&mut sent) else { return Ok(0) };
    let message = evaluator::framed(&task).map_err(|error| error.to_string())?;
    let read = evaluator::read::<Task>(&mut message.as_slice()).ok().flatten();
    let same = read.is_some_and(|read| evaluator::framed(&read).is_ok_and(|framed| framed == message));
    again("the task", message, same)?;
    let mut taken = 1;
    let document = |message: &[u8]| {
        let read = evaluator::read::<Job<Input>>(&mut &*message).ok().flatten();
        read.map(|Job { stage, input }| (stage, input.document().clone()))
    };
    while let Ok(Some(Job { stage, input })) = evaluator::read::<Job<Input>>(&mut sent) {
        // JSON has no integers of any length: those become what it has once.
        let once = evaluator::framed(&Job { stage, input: input.document() }).ok();
        let once = once.and_then(|message| document(&message)).ok_or("an input is not read again")?;
        let message = evaluator::framed(&Job { stage, input: &once.1 }).map_err(|error| error.to_string())?;
        let same = once.0 == stage && document(&message).as_ref() == Some(&once);
        again("the input", message, same)?;
        taken += 1;
    }
    Ok(taken)
}
