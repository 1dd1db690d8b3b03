//! From answers to the function's variables: keys taken, decoded, named, and held against what a variable can be.
//!
//! Pure: everything that can be wrong here is found in one go, whatever the stores had to say.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::ffi::OsStringExt;
use std::sync::Arc;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use super::answer::{self, Answer, Fetched};
use super::compose;
use super::failure::Failure;
use super::json::{self, Unfit};
use crate::declare::manifest::Piece;
use crate::declare::{Composed, Declaration, Declared, Decode, Form, Key, Origin, Source, names};
use crate::error::{ErrorType, Problem, Refusal};
use crate::resolved::{Record, Resolved, ValueFile, Variable};
use crate::secret::SecretValue;

/// What Linux takes for one variable, with its name, the `=` and the NUL at the end (`MAX_ARG_STRLEN`).
const LARGEST_VARIABLE: usize = 128 * 1024;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Everything that was declared, or every problem with it.
pub fn assemble(
    declared: &Declared,
    answers: &BTreeMap<Arc<Source>, answer::Result>,
) -> Result<Resolved, Refusal> {
    let (resolved, problems) = survey(declared, answers);
    Refusal::unless_empty(problems)?;
    Ok(resolved)
}

/// Everything that is there, and every problem with the rest.
pub fn survey(
    declared: &Declared,
    answers: &BTreeMap<Arc<Source>, answer::Result>,
) -> (Resolved, Vec<Problem>) {
    let mut assembly = Assembly::new(declared);
    for (index, declaration) in declared.declarations.iter().enumerate() {
        match answers.get(&declaration.reference.source) {
            Some(answer) => assembly.take(index, declaration, answer),
            None => assembly.problems.push(Failure::malformed("it was not asked for").problem(declaration)),
        }
    }
    assembly.tell_unrenamed();
    // With a value missing that has to be there, what is composed of it would only be told as well.
    if assembly.problems.is_empty() {
        let mut left = COMPOSED_BYTES;
        for composed in &declared.composed {
            assembly.compose(composed, &mut left);
        }
    }
    (assembly.resolved, assembly.problems)
}

/// Of everything that is composed, together.
const COMPOSED_BYTES: usize = 8 << 20;

struct Assembly<'a> {
    resolved: Resolved,
    problems: Vec<Problem>,
    /// Who has a name already: which declaration, and what below it.
    names: BTreeMap<String, (usize, Option<String>)>,
    /// The values of `[references]`.
    parts: BTreeMap<String, SecretValue>,
    /// From what below a reference, to what name.
    renamed: BTreeSet<(String, String)>,
    /// What ought to be renamed and is not below this one; another entry of its list may have it.
    unrenamed: Vec<((String, String), Problem)>,
    /// What could not be composed, which is told once.
    uncomposed: BTreeSet<String>,
    declared: &'a Declared,
}

/// One value of a declaration, before it has a name.
struct Part<'a> {
    of: &'a Fetched,
    /// Of what expands, what its name is made from: the key, or the path below the tree.
    below: Option<String>,
    key: Option<String>,
    value: SecretValue,
}

impl<'a> Assembly<'a> {
    fn new(declared: &'a Declared) -> Self {
        Self {
            resolved: Resolved::default(),
            problems: Vec::new(),
            names: BTreeMap::new(),
            parts: BTreeMap::new(),
            renamed: BTreeSet::new(),
            unrenamed: Vec::new(),
            uncomposed: BTreeSet::new(),
            declared,
        }
    }

    fn take(&mut self, index: usize, declaration: &Declaration, answer: &answer::Result) {
        let parts = answer.as_ref().map_err(Clone::clone).and_then(|answer| {
            self.learn_account(&declaration.reference.source, answer);
            parts(declaration, answer)
        });
        match parts {
            Ok(parts) => {
                self.rename(declaration, &parts);
                for part in parts {
                    self.found(index, declaration, part);
                }
            }
            Err(failure) if failure.missing => self.missing(index, declaration, &failure),
            Err(failure) => self.problems.push(failure.problem(declaration)),
        }
    }

    /// What is renamed by name has to be there.
    fn rename(&mut self, declaration: &Declaration, parts: &[Part<'_>]) {
        for (from, to) in &declaration.naming.rename {
            let pair = (from.clone(), to.clone());
            if parts.iter().any(|part| part.below.as_ref() == Some(from)) {
                self.renamed.insert(pair);
            } else if !declaration.reference.optional {
                let failure = Failure::missing(format!("it has no {from} to rename"));
                self.unrenamed.push((pair, failure.problem(declaration)));
            }
        }
    }

    fn tell_unrenamed(&mut self) {
        let unrenamed = std::mem::take(&mut self.unrenamed).into_iter();
        let missing = unrenamed.filter(|(pair, _)| !self.renamed.contains(pair));
        self.problems.extend(missing.map(|(_, problem)| problem));
    }

    fn found(&mut self, index: usize, declaration: &Declaration, part: Part<'_>) {
        let Part { of, below, key, value } = part;
        let value = match decode(declaration, value) {
            Ok(value) => value,
            Err(failure) => {
                return self.problems.push(told_with(failure.problem(declaration), below.as_deref()));
            }
        };
        let Some(name) = self.name(index, declaration, below.as_deref()) else { return };
        let record = Record {
            declaration: index,
            variable: name.clone(),
            key,
            found: true,
            name: of.name.clone(),
            arn: of.arn.clone(),
            version: of.version.clone(),
            value_type: of.value_type,
            created: of.created.clone(),
            last_modified: of.last_modified.clone(),
            stages: of.stages.clone(),
            kms_key_id: None,
            size: value.len(),
        };
        self.deliver(declaration, name, value, record);
    }

    fn missing(&mut self, index: usize, declaration: &Declaration, failure: &Failure) {
        let reference = &declaration.reference;
        let record = Record {
            declaration: index,
            variable: declaration.label(),
            key: reference.key.text().map(str::to_string),
            ..Record::default()
        };
        match &reference.default {
            Some(default) if !reference.expands() => {
                let value = SecretValue::from(default.expose().to_vec());
                let record = Record { size: value.len(), ..record };
                if let Some(name) = self.name(index, declaration, None) {
                    self.deliver(declaration, name, value, record);
                }
            }
            _ if reference.optional => {
                if let Some(name) = declaration.name.as_ref().filter(|_| !reference.expands()) {
                    if !self.claim(index, name, None) {
                        return;
                    }
                    self.resolved.absent.push(name.clone());
                }
                self.resolved.records.push(record);
            }
            _ => self.problems.push(failure.problem(declaration)),
        }
    }

    fn deliver(&mut self, declaration: &Declaration, name: String, value: SecretValue, record: Record) {
        let value = match &declaration.form {
            Form::Variable => value,
            Form::Part(part) => {
                self.parts.insert(part.clone(), value);
                return self.resolved.records.push(record);
            }
            Form::File { mode } => self.file(&name, value, *mode),
        };
        if let Err(failure) = fits(&name, &value) {
            let expanded = declaration.reference.expands().then_some(name.as_str());
            return self.problems.push(told_with(failure.problem(declaration), expanded));
        }
        self.resolved.records.push(record);
        self.resolved.variables.push(Variable { name, value });
    }

    /// The path of the file that is to hold a value.
    fn file(&mut self, name: &str, value: SecretValue, mode: u32) -> SecretValue {
        let path = self.declared.value_file(name).into_os_string().into_vec().into();
        self.resolved.files.push(ValueFile { name: name.to_string(), value, mode });
        path
    }

    /// What is composed of values that are all there, or nothing of it; what needs one that failed, fails silently.
    fn compose(&mut self, composed: &Composed, left: &mut usize) {
        let is_uncomposed = |piece: &Piece| match piece {
            Piece::Value { name, .. } => self.uncomposed.contains(name),
            Piece::Text(_) => false,
        };
        let told_before = self.problems.len();
        if !composed.pieces.iter().any(is_uncomposed) {
            self.compose_one(composed, left);
            if self.problems.len() == told_before {
                return;
            }
        }
        self.uncomposed.insert(composed.name.clone());
    }

    fn compose_one(&mut self, composed: &Composed, left: &mut usize) {
        let Composed { name, form, .. } = composed;
        let told = |failure: Failure| failure.problem_of(&composed.origin, name);
        let variables = &self.resolved.variables;
        let value_of = |part: &str| {
            let variable = || variables.iter().find(|v| v.name == part).map(|v| &v.value);
            self.parts.get(part).or_else(variable)
        };
        let value = match compose::compose(&composed.pieces, value_of) {
            Ok(Some(value)) => value,
            Ok(None) if composed.optional => {
                if self.is_free(name, &composed.origin) {
                    self.resolved.absent.push(name.clone());
                }
                return;
            }
            Ok(None) => return self.problems.push(told(Failure::missing("a part of it is missing"))),
            Err(failure) => return self.problems.push(told(failure)),
        };
        let Some(rest) = left.checked_sub(value.expose().len()) else {
            let why = format!("with it, what is composed takes more than {COMPOSED_BYTES} bytes in all");
            return self.problems.push(told(Failure::new(ErrorType::Undeliverable, why, "compose less")));
        };
        *left = rest;
        if !self.is_free(name, &composed.origin) {
            return;
        }
        let value = match form {
            Form::File { mode } => self.file(name, value, *mode),
            Form::Variable | Form::Part(_) => value,
        };
        match fits(name, &value) {
            Ok(()) => self.resolved.variables.push(Variable { name: name.clone(), value }),
            Err(failure) => self.problems.push(told(failure)),
        }
    }

    /// What expands may have brought the name of something composed.
    fn is_free(&mut self, name: &str, origin: &Origin) -> bool {
        let Some((index, below)) = self.names.get(name) else { return true };
        let first = self.claimant(*index, below.as_deref());
        let why = format!("two sources set it: {first} and {origin}");
        self.problems.push(
            Problem::new(ErrorType::InvalidDeclaration, why).variable(name).advice("give one another name"),
        );
        false
    }

    /// The variable's name, where it may have it.
    fn name(&mut self, index: usize, declaration: &Declaration, below: Option<&str>) -> Option<String> {
        if let Form::Part(_) = declaration.form {
            return Some(declaration.label());
        }
        let Some(below) = below else {
            let name = declaration.name.clone().unwrap_or_else(|| declaration.label());
            return self.claim(index, &name, None).then_some(name);
        };
        let naming = &declaration.naming;
        if let Some(name) = naming.renamed(below) {
            return self.claim(index, name, Some(below)).then(|| name.to_string());
        }
        let derived = naming.derive(below);
        let name = match &declaration.name {
            Some(prefix) => format!("{prefix}_{derived}"),
            None => derived,
        };
        let refuse = |why: String, advice: &str| {
            let failure = Failure::new(ErrorType::Undeliverable, why, advice);
            told_with(failure.problem(declaration), Some(below))
        };
        if naming.leaves_nothing(below) || !names::is_valid(&name) {
            let advice = "put a name in front (NAME=…), so that it becomes NAME_KEY, or declare it by itself";
            self.problems.push(refuse(format!("{name:?} is no name that a variable can have"), advice));
            return None;
        }
        if names::steers(&name) {
            let why =
                format!("{name} steers the loader or the runtime, so it is never set from a store's names");
            self.problems.push(refuse(why, "rename it in the store, or put a name in front (NAME=…)"));
            return None;
        }
        self.claim(index, &name, Some(below)).then_some(name)
    }

    /// A name is set once.
    fn claim(&mut self, index: usize, name: &str, below: Option<&str>) -> bool {
        let first = match self.names.get(name) {
            Some((index, below)) => self.claimant(*index, below.as_deref()),
            None if self.declared.variables.iter().any(|plain| plain == name) => {
                format!("the variable {name}")
            }
            None => {
                self.names.insert(name.to_string(), (index, below.map(str::to_string)));
                return true;
            }
        };
        let why = format!("two sources set it: {first} and {}", self.claimant(index, below));
        self.problems.push(
            Problem::new(ErrorType::InvalidDeclaration, why)
                .variable(name)
                .advice("keep one, or give one of them another NAME="),
        );
        false
    }

    fn claimant(&self, index: usize, below: Option<&str>) -> String {
        let declaration = &self.declared.declarations[index];
        let claimant = format!("{} ({})", declaration.origin, declaration.reference);
        below.map_or(claimant.clone(), |below| format!("{claimant}, {below}"))
    }

    /// Nobody else's account answers a plain name.
    fn learn_account(&mut self, source: &Source, answer: &Answer) {
        let first = match answer {
            Answer::One(fetched) => Some(fetched),
            Answer::Tree(all) => all.first(),
        };
        if self.resolved.account.is_none() && source.arn.is_none() && source.role.is_none() {
            let arn = first.and_then(|fetched| fetched.arn.as_deref());
            let account = arn.and_then(|arn| arn.split(':').nth(4)).filter(|account| !account.is_empty());
            self.resolved.account = account.map(str::to_string);
        }
    }
}

/// Which of the many that one reference became it is about.
fn told_with(mut problem: Problem, below: Option<&str>) -> Problem {
    if let Some(below) = below {
        problem.why = format!("{below}: {}", problem.why);
    }
    problem
}

fn parts<'a>(declaration: &Declaration, answer: &'a Answer) -> Result<Vec<Part<'a>>, Failure> {
    let reference = &declaration.reference;
    let parts = match answer {
        Answer::One(fetched) => match &reference.key {
            Key::Every => every_key(fetched)?,
            key => vec![Part {
                of: fetched,
                below: None,
                key: key.text().map(str::to_string),
                value: part_of(fetched, key)?,
            }],
        },
        Answer::Tree(all) => all.iter().map(|fetched| leaf(&reference.source, fetched)).collect(),
    };
    match (parts.is_empty(), answer) {
        (false, _) => Ok(parts),
        (true, Answer::Tree(_)) => Err(Failure::missing(format!("nothing is below {}", reference.source.id))),
        (true, Answer::One(_)) => Err(Failure::missing("the JSON has no key that is not null")),
    }
}

fn leaf<'a>(tree: &Source, fetched: &'a Fetched) -> Part<'a> {
    let name = fetched.name.as_deref().unwrap_or_default();
    let below = name.strip_prefix(tree.id.trim_end_matches('/')).unwrap_or(name);
    Part {
        of: fetched,
        below: Some(below.trim_start_matches('/').to_string()),
        key: None,
        value: copy(&fetched.value),
    }
}

fn every_key(fetched: &Fetched) -> Result<Vec<Part<'_>>, Failure> {
    let document = json::document(fetched.value.expose()).map_err(unfit)?;
    let mut parts = Vec::new();
    for (key, value) in json::members(document).map_err(unfit)? {
        if let Some(value) = json::text(value).map_err(unfit)? {
            parts.push(Part { of: fetched, below: Some(key.clone()), key: Some(key), value });
        }
    }
    Ok(parts)
}

fn part_of(fetched: &Fetched, key: &Key) -> Result<SecretValue, Failure> {
    if *key == Key::Whole {
        return Ok(copy(&fetched.value));
    }
    let document = json::document(fetched.value.expose()).map_err(unfit)?;
    let (found, what) = match key {
        Key::Member(name) => (json::member(document, name).map_err(unfit)?, format!("key {name}")),
        Key::Pointer(pointer) => {
            (json::pointer(document, pointer).map_err(unfit)?, format!("value at {pointer}"))
        }
        Key::Whole | Key::Every => unreachable!("neither is one part"),
    };
    let found = found.ok_or_else(|| Failure::missing(format!("the JSON has no {what}")))?;
    json::text(found).map_err(unfit)?.ok_or_else(|| Failure::missing(format!("the JSON's {what} is null")))
}

fn unfit(unfit: Unfit) -> Failure {
    let (why, advice) = match unfit {
        Unfit::NotJson => {
            ("it is not JSON, so it has no keys", "store JSON, or drop the key from the reference")
        }
        Unfit::NotAnObject => {
            ("its JSON is no object, so it has no such keys", "store an object, or point into it with #/0/…")
        }
    };
    Failure::new(ErrorType::NotFound, why, advice)
}

fn decode(declaration: &Declaration, value: SecretValue) -> Result<SecretValue, Failure> {
    let Some(Decode::Base64) = declaration.reference.decode else { return Ok(value) };
    let mut text = Zeroizing::new(value.expose().trim_ascii().to_vec());
    // Base64 is broken into lines more often than not.
    text.retain(|byte| !byte.is_ascii_whitespace());
    // The decoder's own message quotes the byte that it fails at.
    let decoded = BASE64.decode(&*text).map_err(|_| {
        Failure::new(ErrorType::Undeliverable, "it is not base64", "store base64, or drop decode=base64")
    })?;
    Ok(decoded.into())
}

fn fits(name: &str, value: &SecretValue) -> Result<(), Failure> {
    if value.expose().contains(&0) {
        return Err(Failure::new(
            ErrorType::Undeliverable,
            "the value has a NUL byte in it, which no environment variable can hold",
            "store it as base64, and decode it in the function",
        ));
    }
    let size = name.len() + value.len() + "=\0".len();
    if size > LARGEST_VARIABLE {
        return Err(Failure::new(
            ErrorType::Undeliverable,
            format!("with its name it takes {size} bytes; Linux takes {LARGEST_VARIABLE} for one variable"),
            "take the part that the function needs with #key, or let the function fetch it",
        ));
    }
    Ok(())
}

/// One fetched value may become several variables.
fn copy(value: &SecretValue) -> SecretValue {
    value.expose().to_vec().into()
}
