//! One directory's policy in an engine of its own: what another directory holds cannot reach its rules or its data.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, Source, Value};

use super::directory::{Directory, PolicyFile};
use super::explain::engine_error;
use super::namespaces::Namespaces;
use super::rules::{Entry, Kind, defined, entry};
use super::settings::{self, Mode};
use super::{builtins, calls, nesting, roots};
use crate::declare::suggest::nearest;
use crate::error::{ErrorType, Problem};

pub(super) struct Policy {
    pub root: PathBuf,
    pub revision: String,
    pub engine: Engine,
    /// Sorted and each once, however many modules define it.
    pub entries: Vec<Entry>,
    pub namespaces: Namespaces,
    pub mode: Mode,
}

/// Parses a directory and holds it against everything that can be known before evaluation. All problems are reported,
/// not the first.
pub(super) fn load(directory: &Directory, limit: Duration) -> Result<Policy, Vec<Problem>> {
    let mut engine = engine(limit);
    let mut problems = Vec::new();
    let mut namespaces = Namespaces::default();
    let mode = settings::mode(directory).unwrap_or_else(|found| {
        problems.extend(found);
        Mode::Enforce
    });
    problems.extend(roots::overlaps(&directory.bundles).iter().map(|why| invalid(why)));
    for file in &directory.policies {
        problems.extend(add_policy(&mut engine, file).err());
    }
    for file in &directory.data {
        match data_document(file).and_then(|document| {
            let trespass = roots::trespass_of_data(&directory.bundles, &file.path, &document);
            trespass.map_or(Ok(()), |why| Err(in_file(file, &why)))?;
            namespaces.of_data(file, &document);
            engine.add_data(document).map_err(|e| in_file(file, &engine_error(&e)))
        }) {
            Ok(()) => {}
            Err(problem) => problems.push(problem),
        }
    }
    let mut entries = Vec::new();
    let data = engine.get_data();
    for module in engine.get_modules() {
        namespaces.of_module(module);
        let file = Path::new(module.package.span.source.get_path());
        let package = super::rules::static_path(&module.package.refr).0;
        problems.extend(
            roots::trespass(&directory.bundles, file, &package)
                .map(|why| invalid(&super::rules::at_span(&module.package.span, &why))),
        );
        for rule in defined(module) {
            match entry(&rule) {
                Ok(found) => entries.extend(found),
                Err(why) => problems.push(invalid(&why)),
            }
            if let Some(file) = shadowing_data(&data, &rule.path) {
                problems.push(invalid(&super::rules::at_span(rule.span, &file)));
            }
        }
    }
    problems.extend(calls::unknown(engine.get_modules()).iter().map(|why| invalid(why)));
    problems.extend(builtins::misread(engine.get_modules(), &[]).iter().map(|why| invalid(why)));
    entries.sort_by_key(|e| (e.package.clone(), e.rule.clone()));
    entries.dedup();
    if problems.is_empty() && entries.iter().all(|e| e.kind == Kind::Exception) {
        problems.push(nothing_to_evaluate(directory, &mut engine));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    builtins::install(&mut engine, "", true);
    let (root, revision) = (directory.root.clone(), directory.revision.clone());
    Ok(Policy { root, revision, engine, entries, namespaces, mode })
}

/// As every policy is evaluated: an error refuses, what is printed is kept, and time is short.
pub(super) fn engine(limit: Duration) -> Engine {
    let mut engine = Engine::new();
    engine.set_strict_builtin_errors(true);
    engine.set_gather_prints(true);
    engine.set_execution_timer_config(ExecutionTimerConfig {
        limit,
        check_interval: NonZeroU32::new(256).expect("not zero"),
    });
    builtins::permit_long_lines(&mut engine);
    engine
}

pub(super) fn add_policy(engine: &mut Engine, file: &PolicyFile) -> Result<(), Problem> {
    let name = file.path.display().to_string();
    let text = builtins::interpolated(&file.text)
        .map_err(|(at, why)| invalid(&format!("{name}:{}: {why}", line_of(&file.text, at))))?;
    let source = Source::from_contents(name.clone(), text.unwrap_or_else(|| file.text.clone()))
        .map_err(|e| in_file(file, &engine_error(&e)))?;
    nesting::check(&source).map_err(|why| invalid(&why))?;
    let text = builtins::rewritten(&source).unwrap_or_else(|| source.get_contents().clone());
    engine.add_policy(name, text).map(drop).map_err(|e| invalid(&engine_error(&e)))
}

fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1
}

/// The file's content at the place that its directory gives it: `lib/names/data.yaml` is `data.lib.names`.
pub(super) fn data_document(file: &PolicyFile) -> Result<Value, Problem> {
    let parsed = match file.path.extension() {
        Some(extension) if extension == "json" => Value::from_json_str(&file.text),
        _ => Value::from_yaml_str(&file.text),
    };
    let content = parsed.map_err(|e| in_file(file, &engine_error(&e)))?;
    if content.as_object().is_err() {
        return Err(in_file(file, "is no object; write `name: value` at its top"));
    }
    let mut document = content;
    for component in file.mount().iter().rev() {
        let mut outer = Value::new_object();
        let object = outer.as_object_mut().expect("made as one");
        object.insert(Value::from(component.as_str()), document);
        document = outer;
    }
    Ok(document)
}

/// Data at the very path of a rule would silently take the rule's place, or the other way round.
fn shadowing_data(data: &Value, path: &[String]) -> Option<String> {
    let mut at = data;
    for component in path {
        // A number or a list on the way leaves no room for the rule either.
        let Ok(object) = at.as_object() else { break };
        at = object.get(&Value::from(component.as_str()))?;
    }
    Some(format!("`{}` is defined by a rule and by a data file; rename one of them", path.join(".")))
}

fn nothing_to_evaluate(directory: &Directory, engine: &mut Engine) -> Problem {
    let mut packages = Vec::new();
    let mut near = Vec::new();
    for module in engine.get_modules() {
        packages.push(super::rules::static_path(&module.package.refr).0.join("."));
        near.extend(defined(module).filter_map(|rule| {
            let name = rule.path.last()?;
            let meant = nearest(name, ["deny", "violation", "warn"])?;
            Some(format!("did you mean `{meant}` for `{name}`?"))
        }));
    }
    packages.sort();
    packages.dedup();
    let found = match packages.as_slice() {
        [] => "it has no .rego file".to_string(),
        packages => format!("its packages are {}", packages.join(", ")),
    };
    let advice = near.into_iter().next().unwrap_or_else(|| {
        "define `deny`, `violation` or `warn` in package vestry.declare or vestry.resolve, or below one of them".into()
    });
    invalid(&format!("{} holds no rule that Vestry evaluates: {found}", directory.root.display()))
        .advice(advice)
}

fn in_file(file: &PolicyFile, why: &str) -> Problem {
    invalid(&format!("{}: {why}", file.path.display()))
}

pub(super) fn invalid(why: &str) -> Problem {
    Problem::new(ErrorType::PolicyInvalid, format!("policy {why}"))
}
