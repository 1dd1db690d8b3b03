//! What is checked: an environment, or a function of a template.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::PathBuf;

use super::super::Usage;
use super::super::policy::input::env_file;
use super::super::policy::template::{self, Gap};
use super::manifest::{MANIFEST, with};
use super::of_template;
use crate::declare::delivery::{misspelt_wrapper, wrapper_is_ours};
use crate::declare::read_settings::SETTINGS;
use crate::declare::{Delivery, Environment, Host, grammar};
use crate::error::Problem;
use crate::preflight::{Judgement, Size};
use crate::template::{Function, Makes, Place, Template};

#[derive(clap::Args)]
#[group(id = "of_subject")]
pub(in crate::cli) struct Args {
    /// Lines of NAME=VALUE in place of the environment
    #[arg(long, value_name = "FILE", conflicts_with = "template")]
    env_file: Option<PathBuf>,
    #[command(flatten)]
    template: template::Args,
    /// The manifest, as VESTRY_MANIFEST names it [default: vestry.toml, .json, .yaml or .yml here, or in the CodeUri]
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// The manifest's profile (sets VESTRY_PROFILE)
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// What the extension's layer is called in the template, where not vestry
    #[arg(long, value_name = "NAME", requires = "template")]
    layer: Option<String>,
}

/// One function, as far as it is known.
pub(in crate::cli) struct Subject {
    /// Its logical name; none of an environment.
    pub name: Option<String>,
    pub path: Option<String>,
    /// What is known of its environment.
    pub environment: Environment,
    /// The same with a reference in place of each that is not known: whether the rest is sound does not hang on them.
    pub with_stand_ins: Environment,
    pub host: Host,
    /// Besides those that the command line names.
    pub policies: Vec<PathBuf>,
    pub unknown_references: Vec<UnknownReference>,
    /// What the template itself makes; of an environment nothing.
    pub made: Makes,
    pub unknown: Vec<Gap>,
    /// Where a template has each variable, and under the empty name the function itself: `template.yaml:12:5`.
    pub places: BTreeMap<String, String>,
    pub judgement: Judgement,
    /// Names that the template uses for the function and does not have.
    pub misnamed: Vec<Problem>,
    pub size: Option<Size>,
    /// Whether the paths in it are this machine's.
    pub here: bool,
}

impl Subject {
    /// In the template's words, and with the place of the variable.
    pub fn told(&self, problem: &Problem) -> Problem {
        let shown = |text: &String| self.made.shown(text);
        // Of an entry of a list the list has a place.
        let variable = problem.variable.as_deref().unwrap_or_default();
        let variable = variable.split(" entry ").next().unwrap_or_default();
        // A reference that the template does not have is of the manifest.
        let of_function = || self.places.get("").filter(|_| problem.reference.is_none());
        let place = || self.places.get(variable).or_else(of_function).cloned();
        Problem {
            reference: problem.reference.as_ref().map(shown),
            why: shown(&problem.why),
            advice: shown(&problem.advice),
            place: problem.place.clone().or_else(place),
            ..problem.clone()
        }
    }
}

/// A reference that only a deployment tells.
pub(in crate::cli) struct UnknownReference {
    pub variable: String,
    /// How it begins.
    pub begin: String,
    pub why: String,
    pub place: Place,
}

impl Args {
    pub fn subjects(&self, environment: &Environment) -> Result<Vec<Subject>, Usage> {
        let template = self.template(&[])?;
        self.subjects_of(template.as_ref(), environment)
    }

    /// The template, where one is meant; with these values for what it does not tell.
    pub fn template(&self, besides: &[(&str, &str)]) -> Result<Option<Template>, Usage> {
        Ok(self.template.read_with(besides)?.map(Template::with_made))
    }

    pub fn functions(&self, template: &Template) -> Result<Vec<Function>, Usage> {
        self.template.functions(template)
    }

    pub fn subjects_of(
        &self,
        template: Option<&Template>,
        environment: &Environment,
    ) -> Result<Vec<Subject>, Usage> {
        let mut overriding = Environment::default();
        if let Some(path) = &self.manifest {
            // From here on it is looked for below the function's package.
            let path = std::path::absolute(path)?;
            if !path.is_file() {
                return Err(Usage(format!("{} is no file", path.display())));
            }
            overriding.set("VESTRY_MANIFEST", path);
        }
        if let Some(profile) = &self.profile {
            overriding.set("VESTRY_PROFILE", profile);
        }
        if let Some(template) = template {
            let functions = self.template.functions(template)?;
            if functions.is_empty() {
                return Err(Usage(format!("{} has no function", template.path())));
            }
            let layer = self.layer.as_deref();
            return Ok(functions
                .iter()
                .map(|f| of_template::subject(f, template, &overriding, layer))
                .collect());
        }
        let subject = match &self.env_file {
            Some(path) => {
                let variables = env_file(path)?;
                let size = size_of(&variables, |_, _| true);
                Subject {
                    path: Some(path.display().to_string()),
                    ..of_environment(variables, size, &overriding)
                }
            }
            None => {
                let size = size_of(environment, is_of_function);
                let told = |(name, value): &(&OsStr, &OsStr)| {
                    let texts = name.to_str().zip(value.to_str());
                    self.manifest.is_none()
                        || texts.is_some_and(|(n, v)| is_of_function(n, v) || n.starts_with("AWS_"))
                };
                let variables = environment.iter().filter(told);
                let variables = variables.map(|(name, value)| (name.to_os_string(), value.to_os_string()));
                of_environment(variables.collect(), size, &overriding)
            }
        };
        Ok(vec![subject])
    }
}

fn is_of_function(name: &str, value: &str) -> bool {
    SETTINGS.contains(&name) || matches!(grammar::scheme(value), Some(Ok(_)))
}

fn of_environment(environment: Environment, size: Size, overriding: &Environment) -> Subject {
    let environment = with(&environment, overriding, &MANIFEST);
    // Where nothing says how the values travel it is as for `vestry local`: by the socket.
    let said = wrapper_is_ours(&environment)
        || misspelt_wrapper(&environment).is_some()
        || environment.get("VESTRY_DELIVERY").is_some();
    Subject {
        name: None,
        path: None,
        with_stand_ins: environment.clone(),
        environment,
        // The package is what lies here.
        host: Host { task: PathBuf::new(), delivery: (!said).then_some(Delivery::Socket), ..Host::lambda() },
        policies: Vec::new(),
        unknown_references: Vec::new(),
        made: Makes::default(),
        unknown: Vec::new(),
        places: BTreeMap::new(),
        judgement: Judgement::default(),
        misnamed: Vec::new(),
        size: Some(size),
        here: true,
    }
}

fn size_of(environment: &Environment, counts: impl Fn(&str, &str) -> bool) -> Size {
    let variables = environment.iter().filter_map(|(name, value)| Some((name.to_str()?, value.to_str()?)));
    Size::of(variables.filter(|(name, value)| counts(name, value)), false)
}
