//! Which template is meant, and the policy input of its functions.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::super::check::manifest;
use super::super::{Usage, complain};
use crate::decide::input;
use crate::declare::compat::{self, Foreign};
use crate::declare::grammar::scheme;
use crate::declare::{self, Declared, Delivery, Environment, Host, Settings, Store};
use crate::error::Refusal;
use crate::preflight::{Layers, code_directory, names_vestry};
use crate::template::{Function, Place, Setting, Template, Unknown};

#[derive(clap::Args)]
#[group(id = "of_template")]
pub(in crate::cli) struct Args {
    /// A SAM or CloudFormation template, YAML or JSON
    #[arg(long, value_name = "FILE")]
    pub template: Option<PathBuf>,
    /// One function of the template: its logical name, or its FunctionName
    #[arg(long, value_name = "NAME", requires = "template")]
    pub function: Option<String>,
    /// What a parameter of the template is, or AWS::Region and the like; may be given several times
    #[arg(long = "parameter", value_name = "NAME=VALUE", requires = "template", value_parser = pair)]
    parameters: Vec<(String, String)>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.into(), value.into()))
}

impl Args {
    pub fn read(&self) -> Result<Option<Template>, Usage> {
        self.read_with(&[])
    }

    /// With these parameters where the command line gives none of that name.
    pub fn read_with(&self, besides: &[(&str, &str)]) -> Result<Option<Template>, Usage> {
        let Some(path) = &self.template else { return Ok(None) };
        let besides = besides.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        let given: BTreeMap<_, _> = besides.chain(self.parameters.iter().cloned()).collect();
        let template = Template::read(path, given)?;
        for (what, place, why) in template.unseen().filter(|_| self.function.is_none()) {
            let said = format!("{}:{place}: {what} is not looked at: {why}", template.path());
            complain(&said.replace(char::is_control, " "));
        }
        Ok(Some(template))
    }

    /// The functions that are meant: the one that is named, or all of them.
    pub fn functions(&self, template: &Template) -> Result<Vec<Function>, Usage> {
        Ok(match &self.function {
            Some(name) => vec![template.function(name)?],
            None => template.functions(),
        })
    }
}

/// The input document of a function that is not deployed yet, and what of it nobody knows.
pub(super) struct Foreseen {
    pub document: Value,
    /// The same without what is not known, as rules may be asked: no real reference is without a name.
    pub known: Value,
    pub unknown: Vec<Gap>,
    pub warnings: Vec<String>,
    /// Why nothing would read the values: the function would not start, whatever a policy says.
    pub unread: Option<Refusal>,
    /// The function's, with something in place of each reference that is not known.
    pub environment: Environment,
    pub host: Host,
    pub settings: Settings,
}

impl Foreseen {
    /// Unless nothing would read the values.
    pub fn that_starts(self) -> Result<Self, Refusal> {
        match self.unread {
            Some(refusal) => Err(refusal),
            None => Ok(self),
        }
    }
}

/// Something only a deployment tells.
pub(in crate::cli) struct Gap {
    /// A variable, or a property of the function.
    pub of: String,
    pub place: Place,
    pub why: String,
    /// Whether what a policy is asked would be another with it.
    pub matters: bool,
}

impl std::fmt::Display for Gap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} is unknown: {}", self.place, self.of, self.why)
    }
}

/// `input` at the stage `vestry.declare`. References that are not known are there with their store, and null for the
/// rest; the document says so under `unknown`, which no deployed function has.
pub(super) fn foresee(function: &Function, template: &Template) -> Result<Foreseen, Refusal> {
    let mut unknown = Vec::new();
    let mut environment = own_variables(function);
    let tools = tools(function);
    let foreign = Foreign::new(&tools, std::iter::empty());
    let mut references = Vec::new();
    for (name, setting) in &function.variables {
        match setting {
            Setting::Known(value) => environment.set(name, value),
            Setting::Unknown(why) => match meant(name, why, &foreign) {
                Meant::Reference(store) => {
                    environment.set(name, stand_in(store));
                    references.push((name, store));
                    unknown.push(gap(name, why, true));
                }
                Meant::Text => environment.set(name, ""),
                Meant::Anything => unknown.push(gap(name, why, true)),
            },
        }
    }
    let layers = Layers::of(function, template);
    let task = code_directory(function, template);
    let manifest =
        manifest::locate(&mut environment, &Environment::default(), function, task.as_deref(), &layers);
    for (property, why) in &function.unknown {
        // Rules ask for the name, and the environment as a whole may hold references.
        unknown.push(gap(property, why, ["Environment", "FunctionName"].contains(property)));
    }
    if function.name.is_none() && !function.unknown.iter().any(|(property, _)| *property == "FunctionName") {
        let why = "the template names none, so CloudFormation does".into();
        unknown.push(Gap { of: "FunctionName".into(), place: function.place, why, matters: false });
    }
    let host = host(function, task);
    let (declared, unread) = declared(&environment, &host)?;
    // That there may be one in a package which is not here changes nothing that is known.
    let unseen = manifest.unknown.filter(|(.., sure)| *sure);
    unknown.extend(unseen.map(|(of, why, matters)| Gap {
        of: of.into(),
        place: function.place,
        why,
        matters,
    }));
    let mut document = json!(input::at_declare(&declared, std::time::SystemTime::now()));
    let mut known = document.clone();
    for (name, store) in references {
        forget(&mut document, name, store);
        if let Some(references) = known["references"].as_array_mut() {
            references.retain(|reference| reference["variable"] != *name);
        }
    }
    if !unknown.is_empty() {
        document["unknown"] = unknown
            .iter()
            .map(|gap| json!({"of": gap.of, "line": gap.place.line, "column": gap.place.column, "why": gap.why}))
            .collect();
    }
    let (warnings, settings) = (declared.warnings, declared.settings);
    Ok(Foreseen { document, known, unknown, warnings, unread, environment, host, settings })
}

/// What is declared, also where it is sound but for the way in which the values travel: what a policy says of it is worth
/// hearing at the same time. It is asked as of one that takes them from the socket.
fn declared(environment: &Environment, host: &Host) -> Result<(Declared, Option<Refusal>), Refusal> {
    let refusal = match declare::read(environment, host) {
        Ok(declared) => return Ok((declared, None)),
        Err(refusal) => refusal,
    };
    let by_socket = Host { delivery: Some(Delivery::Socket), ..host.clone() };
    match declare::read(environment, &by_socket) {
        Ok(declared) => Ok((declared, Some(refusal))),
        Err(_) => Err(refusal),
    }
}

pub(in crate::cli) fn gap(of: &str, unknown: &Unknown, matters: bool) -> Gap {
    Gap { of: of.into(), place: unknown.place, why: unknown.why.clone(), matters }
}

/// The tools whose references are read besides ours.
pub(in crate::cli) fn tools(function: &Function) -> Vec<compat::Tool> {
    let list = function.variables.iter().find_map(|(name, setting)| match setting {
        Setting::Known(list) if name == "VESTRY_COMPAT" => Some(list.as_str()),
        _ => None,
    });
    compat::tools(list.unwrap_or_default()).0
}

/// What a variable is that nobody knows the whole of.
pub(in crate::cli) enum Meant {
    Reference(Store),
    /// Whatever it is, it is none.
    Text,
    Anything,
}

pub(in crate::cli) fn meant(name: &str, unknown: &Unknown, foreign: &Foreign<'_>) -> Meant {
    // Of another tool's reference a beginning is claimed, if as a malformed one.
    if name.starts_with("VESTRY_") || foreign.claim(name, &unknown.prefix).is_some() {
        return Meant::Anything;
    }
    match scheme(&unknown.prefix) {
        Some(Ok((store, _))) => Meant::Reference(store),
        Some(Err(_)) => Meant::Anything,
        // What it stands for may be any text.
        None if unknown.prefix.contains("{{resolve:") => Meant::Anything,
        None if unknown.prefix.contains(':') || unknown.of_resource => Meant::Text,
        None => Meant::Anything,
    }
}

/// Any reference will do: what it says is taken out again.
pub(in crate::cli) fn stand_in(store: Store) -> &'static str {
    match store {
        Store::Ssm => "ssm:/unknown",
        Store::SecretsManager => "secretsmanager:unknown",
    }
}

fn forget(document: &mut Value, variable: &str, store: Store) {
    let references = document["references"].as_array_mut().into_iter().flatten();
    for reference in references.filter(|reference| reference["variable"] == variable) {
        let known = [("variable", json!(variable)), ("store", json!(store.as_str()))];
        if let Some(fields) = reference.as_object_mut() {
            let nothing: Map<_, _> = fields.keys().map(|name| (name.clone(), Value::Null)).collect();
            *fields = nothing;
            fields.extend(known.map(|(name, value)| (name.to_string(), value)));
        }
    }
}

/// What Lambda itself sets, as far as the template tells.
pub(in crate::cli) fn own_variables(function: &Function) -> Environment {
    let memory = function.memory.unwrap_or(128).to_string();
    let own = [
        ("AWS_LAMBDA_FUNCTION_NAME", function.name.clone()),
        ("AWS_LAMBDA_FUNCTION_VERSION", Some("$LATEST".into())),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", Some(memory)),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", Some(function.initialization_type.into())),
        ("AWS_REGION", function.region.clone()),
        ("_HANDLER", function.handler.clone()),
    ];
    own.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// An OS-only runtime with the layer that brings a bootstrap has no variable that says so.
fn host(function: &Function, task: Option<PathBuf>) -> Host {
    let os_only = function.runtime.as_deref().is_some_and(|runtime| runtime.starts_with("provided"));
    let ours = function.layers.iter().any(|layer| names_vestry(layer));
    Host {
        opt: "/nonexistent".into(),
        task: task.unwrap_or_else(|| "/nonexistent".into()),
        delivery: (os_only && ours).then_some(Delivery::Socket),
    }
}
