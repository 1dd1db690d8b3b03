//! A whole policy directory, held against everything that can be known before evaluation.

use std::path::Path;

use regorus::{Engine, Source, Value};

use super::columns;
use super::finding::{Code, Finding};
use super::guard::{Guard, parse_error};
use super::{Mode, imports, later, modules, modules_beside_broken_ones};
use crate::decide::directory::{Directory, PolicyFile};
use crate::decide::escapes::{self, KEPT};
use crate::decide::evaluator::doing;
use crate::decide::explain::engine_error;
use crate::decide::namespaces::Namespaces;
use crate::decide::rules::{Defined, Entry, Kind, defined, entry, static_path};
use crate::decide::{builtins, roots, yaml};
use crate::declare::suggest::nearest;

/// Past 128 the parsers refuse; texts and comments may hold a few more.
const MAX_OPEN_BRACKETS: usize = 500;

/// What loading found besides findings.
#[derive(Default)]
pub(in crate::decide) struct Checked {
    pub findings: Vec<Finding>,
    /// Sorted and each once, however many modules define it.
    pub entries: Vec<Entry>,
    pub namespaces: Namespaces,
    /// An engine without what only the decision on what was resolved needs, where there is such a thing.
    pub declaring: Option<Engine>,
}

/// Parses a directory's files into the engine and checks them. All findings are told, not the first.
pub(in crate::decide) fn load(engine: &mut Engine, directory: &Directory, mode: Mode) -> Checked {
    let blank = engine.clone();
    let (early, late) = later::told_apart(&directory.policies, mode);
    match load_in_order(engine, &blank, directory, mode, &early, &late) {
        Some(checked) => checked,
        None => {
            *engine = blank.clone();
            let all: Vec<_> = directory.policies.iter().collect();
            load_in_order(engine, &blank, directory, mode, &all, &[]).expect("none is late")
        }
    }
}

/// `None` where `late` are to stand in the order of all files.
fn load_in_order(
    engine: &mut Engine,
    blank: &Engine,
    directory: &Directory,
    mode: Mode,
    early: &[&PolicyFile],
    late: &[&PolicyFile],
) -> Option<Checked> {
    let mut checked = Checked::default();
    let mut parsed = !directory.incomplete;
    let mut guard = Guard::default();
    let root = directory.root.display().to_string();
    let overlaps = roots::overlaps(&directory.bundles);
    checked.findings.extend(
        overlaps.into_iter().map(|why| {
            Finding::in_file(Code::Data, root.as_str(), why).advice("give one of them another root")
        }),
    );
    for (i, file) in early.iter().chain(late).copied().chain(&directory.tests).enumerate() {
        if i == early.len() && !late.is_empty() {
            checked.declaring = Some(engine.clone());
        }
        if let Err(finding) = add_policy(engine, &mut guard, file) {
            parsed = false;
            checked.findings.push(finding);
        }
    }
    #[cfg(feature = "tool")]
    let before = checked.findings.len();
    for file in &directory.data {
        checked.findings.extend(add_data(engine, directory, file, &mut checked.namespaces).err());
    }
    #[cfg(feature = "tool")]
    let is_data_whole = checked.findings.len() == before;
    #[cfg(feature = "tool")]
    if mode == Mode::Strict && is_data_whole {
        checked.findings.extend(directory.data.iter().flat_map(super::doubled::check));
    }
    doing(format_args!("checking {root}"));
    let data = engine.get_data();
    for module in engine.get_modules() {
        if is_test(module.package.span.source.get_path()) {
            continue;
        }
        let rules: Vec<Defined<'_>> = defined(module).collect();
        checked.namespaces.of_module(module, &rules);
        let package = &module.package;
        let trespass = roots::trespass(
            &directory.bundles,
            Path::new(package.span.source.get_path()),
            &static_path(&package.refr).0,
        );
        checked.findings.extend(trespass.map(|why| {
            Finding::at(Code::Data, &package.span, why)
                .advice("give the package another name, or the bundle the root")
        }));
        for rule in rules {
            match entry(&rule) {
                Ok(found) => checked.entries.extend(found),
                Err(finding) => checked.findings.push(*finding),
            }
            checked.findings.extend(shadowing_data(&data, &rule));
        }
    }
    // With a file missing, half of what the others say would be found wrong.
    let mut edits = imports::Edits::default();
    if parsed {
        match modules(engine.get_modules(), &data, mode) {
            Ok(sound) => {
                edits = sound.edits;
                if !late.is_empty() {
                    let later = sound.later?;
                    let is_later = |file: &&PolicyFile| later.contains(&file.path.display().to_string());
                    checked.declaring.take_if(|_| !late.iter().all(is_later));
                }
            }
            Err(findings) => checked.findings.extend(findings),
        }
        #[cfg(feature = "tool")]
        if mode == Mode::Strict && is_data_whole {
            checked.findings.extend(super::data_paths::check(engine.get_modules(), &data));
        }
    } else {
        checked.findings.extend(modules_beside_broken_ones(engine.get_modules(), mode));
    }
    checked.entries.sort_by(|a, b| (&a.package, &a.rule).cmp(&(&b.package, &b.rule)));
    checked.entries.dedup();
    if parsed && checked.findings.is_empty() && checked.entries.iter().all(|e| e.kind == Kind::Exception) {
        checked.findings.push(nothing_to_evaluate(&directory.root, engine));
    }
    if mode == Mode::Strict && checked.findings.is_empty() {
        checked.findings.extend(refused_by_engine(engine));
    }
    if !checked.findings.is_empty() {
        let files = directory.policies.iter().chain(&directory.tests);
        let files = files.map(|file| (file.path.display().to_string(), file.text.as_str()));
        columns::as_written(&mut checked.findings, &files.collect(), engine.get_modules());
    }
    if checked.findings.is_empty()
        && let Err(error) = imports::write_out(engine, &mut checked.declaring, blank, edits)
    {
        let why = engine_error(&error);
        checked.findings.push(Finding::in_file(Code::Compile, root, why));
    }
    checked.findings = super::sorted(checked.findings);
    Some(checked)
}

pub(super) fn is_test(file: &str) -> bool {
    file.ends_with("_test.rego")
}

/// What the engine itself would say at the first evaluation, of all modules.
fn refused_by_engine(engine: &mut Engine) -> Option<Finding> {
    builtins::install(engine, "", true);
    let error = engine.eval_query("true".into(), false).err()?;
    let module = engine.get_modules().iter().find(|module| {
        let file = module.package.span.source.get_path();
        engine_error(&error).strip_prefix(file.as_str()).is_some_and(|rest| rest.starts_with(':'))
    });
    Some(match module {
        Some(module) => Finding { code: Code::Compile, ..parse_error(&module.package.span.source, &error) },
        None => Finding::in_file(Code::Compile, "", engine_error(&error)),
    })
}

fn add_policy(engine: &mut Engine, guard: &mut Guard, file: &PolicyFile) -> Result<(), Finding> {
    add_text(engine, guard, file.path.display().to_string(), &file.text)
}

/// Guarded, put into words that the engine knows, and parsed.
pub(in crate::decide) fn add_text(
    engine: &mut Engine,
    guard: &mut Guard,
    name: String,
    text: &str,
) -> Result<(), Finding> {
    doing(format_args!("parsing {name}"));
    if let Some(finding) = byte_order_mark(&name, text) {
        return Err(finding);
    }
    let written = Source::from_contents(name.clone(), text.to_string()).map_err(|e| too_large(&name, &e))?;
    let plain = builtins::interpolated(text).map_err(|(at, why)| {
        let (line, col) = columns::place(text, at);
        let advice = "see that strings and braces are closed; `sprintf` says what a template string does";
        Finding::in_file(Code::Parse, name.as_str(), why).place(line, col).advice(advice)
    })?;
    let source = match plain {
        Some(plain) => Source::from_contents(name.clone(), plain).map_err(|e| too_large(&name, &e))?,
        None => written,
    };
    let own = |finding| columns::as_written_in(finding, text, source.get_contents());
    guard.check(&source).map_err(own)?;
    let parsed = builtins::rewritten(&source).unwrap_or_else(|| source.get_contents().clone());
    engine.add_policy(name, parsed).map(drop).map_err(|e| own(parse_error(&source, &e)))
}

/// The engine names the file itself.
fn too_large(name: &str, error: &anyhow::Error) -> Finding {
    let why = engine_error(error);
    let why = why.strip_prefix(name).map_or(why.as_str(), str::trim_start);
    Finding::in_file(Code::Limit, name, why).advice("make several files of it")
}

fn add_data(
    engine: &mut Engine,
    directory: &Directory,
    file: &PolicyFile,
    namespaces: &mut Namespaces,
) -> Result<(), Finding> {
    let document = data_document(file)?;
    let trespass = roots::trespass_of_data(&directory.bundles, &file.path, &document);
    let advice = "give it another name, or the bundle the root";
    trespass.map_or(Ok(()), |why| Err(in_file(file, why).advice(advice)))?;
    namespaces.of_data(file, &document);
    engine.add_data(document).map_err(|e| {
        let why = format!("says otherwise than a data file before it: {}", engine_error(&e));
        in_file(file, why).advice("keep one of them")
    })
}

/// The file's content at the place that its directory gives it: `lib/names/data.yaml` is `data.lib.names`.
pub(in crate::decide) fn data_document(file: &PolicyFile) -> Result<Value, Finding> {
    doing(format_args!("parsing {}", file.path.display()));
    let name = file.path.display().to_string();
    if let Some(finding) = byte_order_mark(&name, &file.text).or_else(|| too_deep(&name, &file.text)) {
        return Err(finding);
    }
    if let Some(finding) = kept_name(file) {
        return Err(finding);
    }
    let is_json = file.path.extension().is_some_and(|extension| extension == "json");
    let parsed = if is_json { Value::from_json_str(&file.text) } else { Value::from_yaml_str(&file.text) };
    let content = parsed.map_err(|e| not_parsed(file, &engine_error(&e)))?;
    if !is_json && let Some(misread) = yaml::misread(&file.text, &content) {
        let (line, col) = line_and_column(&file.text, misread.at);
        return Err(in_file(file, misread.why).place(line, col).advice(misread.advice));
    }
    if content.as_object().is_err() {
        let (why, what) = match file.text.trim() {
            "" => ("is empty", "take it away, or write `{}`"),
            _ => ("is no object", "write `name: value` at its top"),
        };
        return Err(in_file(file, why).place(1, 1).advice(what));
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
fn shadowing_data(data: &Value, rule: &Defined<'_>) -> Option<Finding> {
    let mut at = data;
    for component in &rule.path {
        // A number or a list on the way leaves no room for the rule either.
        let Ok(object) = at.as_object() else { break };
        at = object.get(&Value::from(component.as_str()))?;
    }
    let why = format!("`{}` is defined by a rule and by a data file", rule.path.join("."));
    Some(Finding::at(Code::Data, rule.span, why).advice("rename one of them"))
}

fn nothing_to_evaluate(root: &Path, engine: &mut Engine) -> Finding {
    let mut packages = Vec::new();
    let mut near = Vec::new();
    for module in engine.get_modules().iter().filter(|m| !is_test(m.package.span.source.get_path())) {
        packages.push(static_path(&module.package.refr).0.join("."));
        near.extend(defined(module).filter_map(|rule| {
            let name = rule.path.last()?;
            let meant = nearest(name, ["deny", "violation", "warn"])?;
            Some(format!("did you mean `{meant}` for `{name}`?"))
        }));
    }
    packages.sort();
    packages.dedup();
    let found = match packages.as_slice() {
        [] if engine.get_modules().is_empty() => "it has no .rego file".to_string(),
        [] => "all of its .rego files are tests".to_string(),
        packages => format!("its packages are {}", packages.join(", ")),
    };
    let advice = near.into_iter().next().unwrap_or_else(|| {
        "define `deny`, `violation` or `warn` in package vestry.declare or vestry.resolve, or below one of them".into()
    });
    let mut finding = Finding::in_file(
        Code::Entry,
        root.display().to_string(),
        format!("holds no rule that Vestry evaluates: {found}"),
    );
    finding.is_whole = true;
    finding.advice(advice)
}

fn byte_order_mark(name: &str, text: &str) -> Option<Finding> {
    let why = "begins with a byte-order mark";
    text.starts_with('\u{feff}')
        .then(|| Finding::in_file(Code::Parse, name, why).place(1, 1).advice("save it as UTF-8 without one"))
}

/// From 1, of an offset.
fn line_and_column(text: &str, at: usize) -> (u32, u32) {
    let before = &text[..at];
    let line = before.matches('\n').count() + 1;
    let col = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (u32::try_from(line).unwrap_or_default(), u32::try_from(col).unwrap_or_default())
}

/// Brackets that are opened and not closed: the parser of YAML takes time with the square of them before it refuses.
fn too_deep(name: &str, text: &str) -> Option<Finding> {
    let mut depth = 0_usize;
    let mut deepest = 0;
    for byte in text.bytes() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    let why = format!("opens more than {MAX_OPEN_BRACKETS} brackets without closing one");
    let advice = "spread what it says over several data files, or over fewer levels";
    (deepest > MAX_OPEN_BRACKETS).then(|| Finding::in_file(Code::Limit, name, why).advice(advice))
}

/// Of an object with one the engine makes a number.
fn kept_name(file: &PolicyFile) -> Option<Finding> {
    escapes::holds(&file.text, KEPT).then(|| {
        let (line, col) = file.text.find(KEPT).map_or((0, 0), |at| line_and_column(&file.text, at));
        let why = escapes::keeps();
        in_file(file, why).place(line, col).advice("give it another name")
    })
}

fn not_parsed(file: &PolicyFile, why: &str) -> Finding {
    let (why, line, col) = placed(why);
    let lines = u32::try_from(file.text.lines().count()).unwrap_or(u32::MAX).max(1);
    // Its end may be told as a line that is not there any more.
    let (line, col) = if line > lines { (lines, 0) } else { (line, col) };
    let what =
        if file.path.extension().is_some_and(|extension| extension == "json") { "JSON" } else { "YAML" };
    let why = why.strip_prefix("Failed to parse YAML: ").unwrap_or(&why);
    let advice = format!("correct it; a data file is one object of names and values in {what}");
    in_file(file, format!("is no {what}: {why}")).place(line, col).advice(advice)
}

/// What a parser says, and the first place that it names (line and column; 0 where it names none).
pub(super) fn placed(why: &str) -> (String, u32, u32) {
    let place = || {
        let (before, rest) = why.split_once(" at line ")?;
        let (line, rest) = rest.split_once(" column ")?;
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let numbers = (line.parse().ok()?, rest[..end].parse().ok()?);
        Some((format!("{before}{}", &rest[end..]), numbers.0, numbers.1))
    };
    place().unwrap_or_else(|| (why.to_string(), 0, 0))
}

fn in_file(file: &PolicyFile, why: impl Into<String>) -> Finding {
    Finding::in_file(Code::Data, file.path.display().to_string(), why)
}
