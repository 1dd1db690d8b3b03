//! What the function declares: the only reader of the environment.
//!
//! Pure but for three looks outside: the environment ([`environment`]), the manifest's file ([`manifest::find`]), and
//! what lies there to read the values ([`delivery`]).

pub mod compat;
pub mod delivery;
pub mod environment;
pub mod grammar;
pub mod list;
pub mod manifest;
pub mod names;
pub mod naming;
pub mod partition;
mod read_aws;
pub mod read_settings;
pub mod reference;
pub mod settings;
pub mod suggest;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use delivery::Host;
pub use environment::Environment;
pub use manifest::{Composed, Manifest};
pub use naming::Naming;
pub use reference::{Arn, Declaration, Decode, Form, Key, Origin, Reference, Role, Selector, Source, Store};
pub use settings::{AwsSettings, Credentials, Delivery, FileFormat, Function, Settings};

use crate::error::{ErrorType, Problem, Refusal};
use grammar::Fault;
use read_settings::Reader;

/// Everything that the environment says, understood as a whole.
#[derive(Debug)]
pub struct Declared {
    pub settings: Settings,
    pub aws: AwsSettings,
    pub function: Function,
    pub delivery: Delivery,
    pub declarations: Vec<Declaration>,
    /// What is made of the values of declarations, each behind those that it is made of.
    pub composed: Vec<Composed>,
    /// The names of all variables that are no reference: `input.variables` of the policy.
    pub variables: Vec<String>,
    /// What is not wrong but worth a line in the log.
    pub warnings: Vec<String>,
}

/// The directory in the run directory for the values that have files of their own.
pub const VALUE_FILES: &str = "files";

impl Declared {
    /// The directory of the values that have files of their own. A command that this process becomes keeps them, so
    /// there they are apart from those of every other.
    pub fn value_dir(&self) -> PathBuf {
        match self.delivery {
            Delivery::Exec => self.settings.run_dir.join(format!("{VALUE_FILES}-{}", std::process::id())),
            _ => self.settings.run_dir.join(VALUE_FILES),
        }
    }

    /// The file of one value, which has the name of the variable that holds its path.
    pub fn value_file(&self, variable: &str) -> PathBuf {
        self.value_dir().join(variable)
    }
}

/// Understands the environment and the manifest as a whole, or tells everything that is wrong with them.
pub fn read(environment: &Environment, host: &Host) -> Result<Declared, Refusal> {
    read_with(manifest, |reader| reader.aws(), environment, host)
}

/// The same without what only asking the stores takes: the AWS names, and all of the manifest but whether there is one.
/// The extension reads them, and refuses what is wrong; a second reader would only make `vestry-exec` larger.
pub fn read_beside_extension(environment: &Environment, host: &Host) -> Result<Declared, Refusal> {
    let is_there = |settings: &Settings, host: &Host, any: &mut bool, _: &mut Vec<String>| {
        *any |= manifest::is_there(settings.manifest.as_deref(), &host.task);
        Ok(Manifest::default())
    };
    read_with(is_there, |_| AwsSettings::default(), environment, host)
}

/// The settings alone. What is wrong with them is told by [`read`], after which nothing starts that took these.
pub fn settings(environment: &Environment, host: &Host) -> Settings {
    let (mut settings, _) = Reader::new(environment, &mut Vec::new()).settings();
    settings.policy_key = delivery::policy_key(&settings, host).0;
    settings
}

fn read_with(
    manifest: impl FnOnce(&Settings, &Host, &mut bool, &mut Vec<String>) -> Result<Manifest, Vec<Problem>>,
    aws: impl FnOnce(&mut Reader<'_>) -> AwsSettings,
    environment: &Environment,
    host: &Host,
) -> Result<Declared, Refusal> {
    let mut problems = Vec::new();
    let mut warnings = Vec::new();
    let mut reader = Reader::new(environment, &mut problems);
    let (mut settings, setting) = reader.settings();
    let aws = aws(&mut reader);
    let function = reader.function();

    let foreign = compat::Foreign::new(&settings.compat, environment.texts());
    let Declarations { mut declarations, variables, mut any, unread } =
        Declarations::read(environment, &foreign, &mut problems);
    warnings.extend(unread.iter().map(compat::Unread::warning));
    warnings.extend(foreign.left_over(environment.text("LD_PRELOAD")));
    let Manifest { declarations: more, composed, .. } = manifest(&settings, host, &mut any, &mut warnings)
        .unwrap_or_else(|found| {
            problems.extend(found);
            Manifest::default()
        });
    declarations.extend(more);
    one_source_a_name(&declarations, &composed, &variables, &mut problems);

    let (key, unused) = delivery::policy_key(&settings, host);
    settings.policy_key = key;
    warnings.extend(unused);
    warnings.extend(delivery::misspelt_wrapper(environment));

    let delivery = if any {
        delivery::choose(environment, host, setting, &mut warnings).unwrap_or_else(|problem| {
            problems.push(problem);
            Delivery::None
        })
    } else {
        delivery::without_declarations(environment, &settings, host, setting)
    };
    Refusal::unless_empty(problems)?;
    if delivery == Delivery::File {
        warnings.extend(left_in_place(&declarations));
    }
    Ok(Declared { settings, aws, function, delivery, declarations, composed, variables, warnings })
}

/// Nothing of ours stands between the environment and a function that reads a file, and most readers of such files
/// leave a variable that is there as it is.
fn left_in_place(declarations: &[Declaration]) -> Option<String> {
    let names: Vec<&str> = declarations
        .iter()
        .filter_map(|declaration| match &declaration.origin {
            Origin::Variable(name) => Some(name.as_str()),
            Origin::List { .. } | Origin::Manifest { .. } => None,
        })
        .collect();
    (!names.is_empty()).then(|| {
        format!(
            "with VESTRY_DELIVERY=file the function's own environment keeps the references themselves in {}; declare \
             them in VESTRY_PARAMETERS, VESTRY_SECRETS or a manifest, or have the file override the environment",
            names.join(", ")
        )
    })
}

struct Declarations {
    declarations: Vec<Declaration>,
    variables: Vec<String>,
    /// Whether anything is declared, be it wrongly.
    any: bool,
    /// What looks like another tool's, and stays as it is.
    unread: Vec<compat::Unread>,
}

impl Declarations {
    fn read(environment: &Environment, foreign: &compat::Foreign<'_>, problems: &mut Vec<Problem>) -> Self {
        let mut found =
            Self { declarations: Vec::new(), variables: Vec::new(), any: false, unread: Vec::new() };
        for (raw_name, value) in environment.iter() {
            let name = raw_name.to_string_lossy().into_owned();
            // A value that is not UTF-8 cannot be a reference.
            let text = value.to_str().filter(|_| !name.starts_with("VESTRY_"));
            let Some(Claimed { shown, reference }) = text.and_then(|text| claim(&name, text, foreign)) else {
                let unread = text.and_then(|text| compat::Unread::of(&name, text, foreign));
                found.unread.extend(unread);
                found.variables.push(name);
                continue;
            };
            let declaration = reference.and_then(|reference| {
                if raw_name.to_str().is_none() {
                    // Under the name that can be shown it would be another variable, and the reference would stay.
                    return grammar::fault("the variable's name is not UTF-8", "give it another name");
                }
                let origin = Origin::Variable(name.clone());
                Ok(Declaration::new(origin, Some(name.clone()), reference))
            });
            found.take(name, || shown, declaration, problems);
        }
        for (store, setting) in list::LISTS {
            for (entry, text) in list::entries(environment.text(setting).unwrap_or_default()) {
                let origin = Origin::List { setting, entry };
                let label = origin.to_string();
                let declaration = list::declaration(store, origin, text);
                found.take(label, || grammar::quotable(text), declaration, problems);
            }
        }
        found
    }

    fn take(
        &mut self,
        label: String,
        shown: impl FnOnce() -> Option<String>,
        declaration: Result<Declaration, Fault>,
        problems: &mut Vec<Problem>,
    ) {
        self.any = true;
        match declaration {
            Ok(declaration) => self.declarations.push(declaration),
            Err(Fault { why, advice }) => {
                let mut problem =
                    Problem::new(ErrorType::InvalidDeclaration, why).variable(label).advice(advice);
                problem.reference = shown();
                problems.push(problem);
            }
        }
    }
}

/// A variable's value that is a reference, or nearly one.
struct Claimed {
    /// As it may be quoted; none where it cannot.
    shown: Option<String>,
    reference: Result<Reference, Fault>,
}

/// Other tools are asked first: they claim nothing that is a reference of ours.
fn claim(name: &str, value: &str, foreign: &compat::Foreign<'_>) -> Option<Claimed> {
    if let Some((_, reference)) = foreign.claim(name, value) {
        return Some(Claimed { shown: compat::shown(value), reference });
    }
    Some(match grammar::scheme(value)? {
        Ok((store, rest)) => Claimed {
            shown: Some(format!("{}:{}", store.as_str(), grammar::shown(store, rest))),
            reference: grammar::reference(store, rest).map_err(|fault| compat::hinted(value, fault)),
        },
        Err(fault) => Claimed { shown: None, reference: Err(compat::hinted(value, fault)) },
    })
}

/// The manifest with the profile that is chosen; an empty one where there is none. `any`: whether there is one, be it
/// faulty or empty, which is as much as `vestry-exec` knows.
fn manifest(
    settings: &Settings,
    host: &Host,
    any: &mut bool,
    warnings: &mut Vec<String>,
) -> Result<Manifest, Vec<Problem>> {
    let found = manifest::find(settings.manifest.as_deref(), &host.task).map_err(|problem| {
        *any = true;
        vec![problem]
    })?;
    let Some(found) = found else {
        return match &settings.profile {
            None => Ok(Manifest::default()),
            Some(_) => Err(vec![no_manifest(host)]),
        };
    };
    let profile = settings.profile.as_deref();
    *any = true;
    let manifest = manifest::read(&found.text, &found.path, found.format, profile)?;
    warnings.extend(manifest.warnings.iter().cloned());
    Ok(manifest)
}

fn no_manifest(host: &Host) -> Problem {
    let place = match host.task.as_os_str().is_empty() {
        true => "the current directory".into(),
        false => host.task.to_string_lossy(),
    };
    let why = format!("there is no manifest to choose it from in {place}");
    Problem::new(ErrorType::InvalidDeclaration, why)
        .variable("VESTRY_PROFILE")
        .advice("set VESTRY_MANIFEST to the manifest, or unset VESTRY_PROFILE")
}

/// A name is set once. What expands is held against this when its names are known.
fn one_source_a_name(
    declarations: &[Declaration],
    composed: &[Composed],
    variables: &[String],
    problems: &mut Vec<Problem>,
) {
    let plain = variables.iter().map(|name| (name.as_str(), Setter::Variable(name)));
    let declared = declarations.iter().filter(|declaration| !declaration.reference.expands());
    let declared = declared.filter_map(|d| Some((d.name.as_deref()?, Setter::Declaration(d))));
    let composed = composed.iter().map(|composed| (composed.name.as_str(), Setter::Composed(composed)));
    let mut setters: BTreeMap<&str, Setter<'_>> = BTreeMap::new();
    for (name, setter) in plain.chain(declared).chain(composed) {
        let why = setters.get(name).map(|first| format!("two sources set it: {first} and {setter}"));
        setters.insert(name, setter);
        problems.extend(why.map(|why| {
            Problem::new(ErrorType::InvalidDeclaration, why)
                .variable(name)
                .advice("keep one, or give one of them another NAME=")
        }));
    }
}

/// What sets a variable.
enum Setter<'a> {
    Variable(&'a str),
    Declaration(&'a Declaration),
    Composed(&'a Composed),
}

impl std::fmt::Display for Setter<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "the variable {name}"),
            Self::Declaration(declaration) => {
                write!(f, "{} ({})", declaration.origin, declaration.reference)
            }
            Self::Composed(composed) => write!(f, "{}", composed.origin),
        }
    }
}

#[cfg(test)]
mod canaries;
#[cfg(test)]
mod tests;
