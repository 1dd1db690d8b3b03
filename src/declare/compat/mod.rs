//! Other tools' references, read where `VESTRY_COMPAT` names the tool, and by `vestry import`.
//!
//! Pure, total, and one file a tool. Whatever Vestry's own grammar accepts, no tool claims.

mod aws_env;
mod bref;
mod crypteia;
mod secrets_init;
mod ssm_env;
#[cfg(test)]
mod tests;

use super::grammar::{self, Fault, fault};
use super::reference::{Key, Reference, Store};
use super::suggest::nearest;

/// A tool whose references stand in the values of variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    AwsEnv,
    Bref,
    Crypteia,
    SecretsInit,
    SsmEnv,
}

impl Tool {
    /// As `VESTRY_COMPAT` has them.
    pub const NAMES: [(&'static str, Self); 5] = [
        ("aws-env", Self::AwsEnv),
        ("bref", Self::Bref),
        ("crypteia", Self::Crypteia),
        ("secrets-init", Self::SecretsInit),
        ("ssm-env", Self::SsmEnv),
    ];

    pub fn as_str(self) -> &'static str {
        Self::NAMES.iter().find(|(_, tool)| *tool == self).map_or("", |(name, _)| name)
    }

    /// One entry of `VESTRY_COMPAT`.
    pub fn named(name: &str) -> Result<Self, Fault> {
        if let Some((_, tool)) = Self::NAMES.iter().find(|(known, _)| *known == name) {
            return Ok(*tool);
        }
        if let Some((_, advice)) = NOT_IN_VARIABLES.iter().find(|(known, _)| *known == name) {
            return fault(format!("{name} is not read at run time"), *advice);
        }
        let names = Self::NAMES.map(|(name, _)| name);
        let advice = match nearest(name, names) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("the tools are {}", names.join(", ")),
        };
        fault("it names a tool that Vestry does not read", advice)
    }
}

/// `VESTRY_COMPAT`: tools parted by commas or white space, each once, and what is wrong with the other entries.
pub fn tools(list: &str) -> (Vec<Tool>, Vec<Fault>) {
    let (mut tools, mut faults) = (Vec::new(), Vec::new());
    for entry in list.split(|c: char| c == ',' || c.is_whitespace()).filter(|entry| !entry.is_empty()) {
        match Tool::named(entry) {
            Ok(tool) if tools.contains(&tool) => {}
            Ok(tool) => tools.push(tool),
            Err(fault) => faults.push(fault),
        }
    }
    (tools, faults)
}

/// Tools that leave nothing in a function's variables to be read, and what to do instead.
const NOT_IN_VARIABLES: [(&str, &str); 4] = [
    (
        "aws-extension",
        "its functions ask for the values themselves; vestry import --from aws-extension writes a manifest",
    ),
    ("chamber", "its services stand on a command line; vestry import --from chamber writes a manifest"),
    (
        "cloudformation",
        "its references are resolved at deployment; vestry import --from cloudformation writes a manifest",
    ),
    ("ecs", "its references stand in a task definition; vestry import --from ecs writes a manifest"),
];

/// What a tool says of a variable: not its own, a reference, or its own and wrong.
pub type Claim = Option<Result<Reference, Fault>>;

/// The tools that are asked, with what they have to know of the environment as a whole.
pub struct Foreign<'a> {
    tools: &'a [Tool],
    crypteia: crypteia::Trees<'a>,
}

impl<'a> Foreign<'a> {
    pub fn new(tools: &'a [Tool], variables: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let crypteia = if tools.contains(&Tool::Crypteia) {
            crypteia::Trees::of(variables)
        } else {
            crypteia::Trees::default()
        };
        Self { tools, crypteia }
    }

    /// The first tool, in the order in which they are named, that claims the variable.
    pub fn claim(&self, name: &str, value: &str) -> Option<(Tool, Result<Reference, Fault>)> {
        self.tools.iter().find_map(|tool| {
            let claim = match tool {
                Tool::AwsEnv => aws_env::claim(value),
                Tool::Bref => bref::claim(name, value),
                Tool::Crypteia => self.crypteia.claim(name, value),
                Tool::SecretsInit => secrets_init::claim(value),
                Tool::SsmEnv => ssm_env::claim(value),
            };
            claim.map(|claim| (*tool, claim))
        })
    }
}

/// A variable that is in another tool's syntax beyond doubt, though nobody said that it be read.
#[derive(Debug, PartialEq, Eq)]
pub struct Unread {
    variable: String,
    tool: Tool,
}

impl Unread {
    pub fn of(variable: &str, value: &str, foreign: &Foreign<'_>) -> Option<Self> {
        let tool = unmistakable(value).filter(|tool| !foreign.tools.contains(tool))?;
        Some(Self { variable: variable.into(), tool })
    }

    pub fn warning(&self) -> String {
        let (variable, tool) = (&self.variable, self.tool.as_str());
        format!(
            "{variable} is in the syntax of {tool} and is left as it is; VESTRY_COMPAT={tool} has it read"
        )
    }
}

fn unmistakable(value: &str) -> Option<Tool> {
    if value.starts_with(crypteia::PLACEHOLDER) {
        Some(Tool::Crypteia)
    } else if value.starts_with(bref::PARAMETER) || value.starts_with(bref::SECRET) {
        Some(Tool::Bref)
    } else {
        None
    }
}

/// Where nobody said that another tool's syntax be read, what looks like it is a slip in ours: say both.
pub fn hinted(value: &str, mut fault: Fault) -> Fault {
    let tool = if value.starts_with(ssm_env::SCHEME) {
        "ssm-env (or aws-env)"
    } else if value.starts_with(aws_env::SECRET) {
        "aws-env"
    } else {
        return fault;
    };
    fault.advice.push_str(&format!("; if it is the syntax of {tool}, name the tool in VESTRY_COMPAT"));
    fault
}

/// What may be shown of a value that a tool claims: its scheme, and what [`grammar::shown`] shows of the rest.
pub fn shown(value: &str) -> Option<String> {
    for (scheme, store) in SCHEMES {
        if let Some(rest) = value.strip_prefix(scheme) {
            let rest = store.map_or("…".into(), |store| grammar::shown(store, rest));
            return Some(format!("{scheme}{rest}"));
        }
    }
    grammar::quotable(value)
}

/// Each with the store that its names are of.
const SCHEMES: [(&str, Option<Store>); 7] = [
    (crypteia::PARAMETER, Some(Store::Ssm)),
    (crypteia::TREE, Some(Store::Ssm)),
    (ssm_env::SCHEME, Some(Store::Ssm)),
    (aws_env::SECRET, Some(Store::SecretsManager)),
    // What it carries is no name.
    (aws_env::CIPHER, None),
    (bref::PARAMETER, Some(Store::Ssm)),
    (bref::SECRET, Some(Store::SecretsManager)),
];

/// A name as a tool takes it: nothing in it may come to be a key, an option or a tree of ours.
fn whole(store: Store, scheme: &str, name: &str) -> Result<Reference, Fault> {
    if let Some(bad) = name.chars().find(|c| "#?*".contains(*c)) {
        return fault(
            format!("the name behind {scheme} cannot have '{bad}'"),
            format!("write it in Vestry's own syntax: {}:…", store.as_str()),
        );
    }
    let reference = grammar::reference(store, name).map_err(|fault| in_its_words(store, scheme, fault))?;
    if store == Store::SecretsManager && (reference.key != Key::Whole || !reference.source.selector.is_none())
    {
        return fault(
            format!("{scheme} takes a secret as a whole"),
            "write it in Vestry's own syntax: secretsmanager:… with a key or a version",
        );
    }
    Ok(reference)
}

/// The grammar's advice, in the syntax that the owner writes.
fn in_its_words(store: Store, scheme: &str, mut fault: Fault) -> Fault {
    if scheme != secrets_init::ARN {
        fault.advice = fault.advice.replace(&format!(" {}:", store.as_str()), &format!(" {scheme}"));
    }
    fault
}
