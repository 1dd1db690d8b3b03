//! What the function declares: the only reader of the environment, pure but for that one read.

pub mod delivery;
pub mod environment;
pub mod grammar;
pub mod list;
pub mod names;
pub mod read_settings;
pub mod reference;
pub mod settings;
pub mod suggest;

use std::collections::BTreeMap;

pub use delivery::Host;
pub use environment::Environment;
pub use reference::{Arn, Declaration, Decode, Key, Origin, Reference, Selector, Source, Store};
pub use settings::{AwsSettings, Credentials, Delivery, FileFormat, Function, Settings};

use crate::error::{ErrorType, Problem, Refusal};
use grammar::Fault;

/// Everything that the environment says, understood as a whole.
#[derive(Debug)]
pub struct Declared {
    pub settings: Settings,
    pub aws: AwsSettings,
    pub function: Function,
    pub delivery: Delivery,
    pub declarations: Vec<Declaration>,
    /// The names of all variables that are no reference: `input.variables` of the policy.
    pub variables: Vec<String>,
    /// What is not wrong but worth a line in the log.
    pub warnings: Vec<String>,
}

/// Understands the environment as a whole, or tells everything that is wrong with it.
pub fn read(environment: &Environment, host: &Host) -> Result<Declared, Refusal> {
    let mut problems = Vec::new();
    let mut warnings = Vec::new();
    let mut reader = read_settings::Reader::new(environment, &mut problems);
    let (mut settings, setting) = reader.settings();
    let aws = reader.aws();
    let function = reader.function();

    let Declarations { declarations, variables, any } = Declarations::read(environment, &mut problems);
    one_source_a_name(&declarations, &variables, &mut problems);

    let (key, unused) = delivery::policy_key(&settings, host);
    settings.policy_key = key;
    warnings.extend(unused);

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
    Ok(Declared { settings, aws, function, delivery, declarations, variables, warnings })
}

/// Nothing of ours stands between the environment and a function that reads a file, and most readers of such files
/// leave a variable that is there as it is.
fn left_in_place(declarations: &[Declaration]) -> Option<String> {
    let names: Vec<&str> = declarations
        .iter()
        .filter_map(|declaration| match &declaration.origin {
            Origin::Variable(name) => Some(name.as_str()),
            Origin::List { .. } => None,
        })
        .collect();
    (!names.is_empty()).then(|| {
        format!(
            "with VESTRY_DELIVERY=file the function's own environment keeps the references themselves in {}; declare \
             them in VESTRY_PARAMETERS or VESTRY_SECRETS, or have the file override the environment",
            names.join(", ")
        )
    })
}

struct Declarations {
    declarations: Vec<Declaration>,
    variables: Vec<String>,
    /// Whether anything is declared, be it wrongly.
    any: bool,
}

impl Declarations {
    fn read(environment: &Environment, problems: &mut Vec<Problem>) -> Self {
        let mut found = Self { declarations: Vec::new(), variables: Vec::new(), any: false };
        for (raw_name, value) in environment.iter() {
            let name = raw_name.to_string_lossy().into_owned();
            // A value that is not UTF-8 cannot be a reference.
            let claimed = value.to_str().filter(|_| !name.starts_with("VESTRY_")).and_then(grammar::scheme);
            let Some(claimed) = claimed else {
                found.variables.push(name);
                continue;
            };
            let origin = Origin::Variable(name.clone());
            let written = claimed.as_ref().ok().copied();
            let shown =
                || written.map(|(store, rest)| format!("{}:{}", store.as_str(), grammar::shown(rest)));
            let declaration = claimed.and_then(|(store, rest)| {
                if raw_name.to_str().is_none() {
                    // Under the name that can be shown it would be another variable, and the reference would stay.
                    return grammar::fault("the variable's name is not UTF-8", "give it another name");
                }
                Ok(Declaration {
                    origin,
                    name: Some(name.clone()),
                    reference: grammar::reference(store, rest)?,
                })
            });
            found.take(name, shown, declaration, problems);
        }
        for (store, setting) in list::LISTS {
            for (entry, text) in list::entries(environment.text(setting).unwrap_or_default()) {
                let origin = Origin::List { setting, entry };
                let label = origin.to_string();
                let declaration = list::declaration(store, origin, text);
                found.take(label, || Some(grammar::shown(text)), declaration, problems);
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

/// A name is set once. What expands is held against this when its names are known.
fn one_source_a_name(declarations: &[Declaration], variables: &[String], problems: &mut Vec<Problem>) {
    let told = |first: Option<&Declaration>, name: &str| match first {
        Some(declaration) => format!("{} ({})", declaration.origin, declaration.reference),
        None => format!("the variable {name}"),
    };
    let mut sources: BTreeMap<&str, Option<&Declaration>> =
        variables.iter().map(|name| (name.as_str(), None)).collect();
    for declaration in declarations.iter().filter(|d| !d.reference.expands()) {
        let Some(name) = declaration.name.as_deref() else { continue };
        if let Some(first) = sources.insert(name, Some(declaration)) {
            let (first, source) = (told(first, name), told(Some(declaration), name));
            problems.push(
                Problem::new(
                    ErrorType::InvalidDeclaration,
                    format!("two sources set it: {first} and {source}"),
                )
                .variable(name)
                .advice("keep one, or give one of them another NAME="),
            );
        }
    }
}

#[cfg(test)]
mod tests;
