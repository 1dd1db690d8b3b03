//! What is checked: an environment, or a function of a template.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::super::Usage;
use super::super::policy::input::env_file;
use super::super::policy::template::{self, Gap, Meant, gap, meant, own_variables, stand_in, tools};
use super::manifest::{self, MANIFEST, with};
use crate::declare::compat::Foreign;
use crate::declare::delivery::wrapper_is_ours;
use crate::declare::read_settings::SETTINGS;
use crate::declare::{Delivery, Environment, Host, grammar};
use crate::error::Problem;
use crate::preflight::{Configuration, Judgement, Layers, Size, code_directory};
use crate::template::{Function, Makes, Place, Setting, Template, Unknown};

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
    pub judgement: Judgement,
    pub size: Option<Size>,
    /// Whether the paths in it are this machine's.
    pub here: bool,
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
            return Ok(functions.iter().map(|f| self.of_function(f, template, &overriding)).collect());
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

    fn of_function(&self, function: &Function, template: &Template, overriding: &Environment) -> Subject {
        let layers = Layers::of(function, template);
        let task = code_directory(function, template);
        let mut known = own_variables(function);
        let mut with_stand_ins = known.clone();
        let (mut unknown, mut unknown_references) = (Vec::new(), Vec::new());
        let mut wrapper_unknown = false;
        let tools = tools(function);
        let foreign = Foreign::new(&tools, std::iter::empty());
        for (name, setting) in &function.variables {
            match setting {
                Setting::Known(value) => {
                    known.set(name, value);
                    with_stand_ins.set(name, value);
                }
                Setting::Unknown(why) => match meant(name, why, &foreign) {
                    Meant::Reference(store) => {
                        with_stand_ins.set(name, stand_in(store));
                        unknown_references.push(UnknownReference {
                            variable: name.clone(),
                            begin: format!("{}…", why.prefix),
                            why: why.why.clone(),
                            place: why.place,
                        });
                    }
                    Meant::Text => {
                        known.set(name, "");
                        with_stand_ins.set(name, "");
                        wrapper_unknown |= name == "AWS_LAMBDA_EXEC_WRAPPER";
                    }
                    Meant::Anything => {
                        wrapper_unknown |= name == "AWS_LAMBDA_EXEC_WRAPPER" || name == "VESTRY_DELIVERY";
                        unknown.push(gap(name, why, true));
                    }
                },
            }
        }
        let manifest = manifest::locate(&mut known, overriding, function, task.as_deref(), &layers);
        for name in MANIFEST {
            with_stand_ins.remove(name);
        }
        with_stand_ins = with(&with_stand_ins, &known, &MANIFEST);
        unknown.extend(function.unknown.iter().map(|(property, why)| gap(property, why, true)));
        let environment_unknown = function.unknown.iter().any(|(property, _)| *property == "Environment");
        let mut configuration = Configuration {
            function,
            layers: &layers,
            called: self.layer.as_deref(),
            declares: declares(&with_stand_ins) || manifest.there,
            wrapper: wrapper_is_ours(&known),
            deadline_ms: known.text("VESTRY_DEADLINE_MS").and_then(|text| text.parse().ok()),
            package: task.as_deref(),
            delivery: function.variables.iter().any(|(name, _)| name == "VESTRY_DELIVERY"),
        };
        let concerned = configuration.declares
            || configuration.wrapper
            || layers.ours(self.layer.as_deref()).next().is_some();
        if concerned && !configuration.is_image() {
            unknown.extend(manifest.unknown.map(|(of, why, matters)| Gap {
                of: of.into(),
                place: function.place,
                why,
                matters,
            }));
        }
        if concerned && !configuration.is_image() && layers.ours(self.layer.as_deref()).next().is_none() {
            let why = |unknown: &Unknown| format!("{}, so whether it is Vestry's is not known", unknown.why);
            let layer = layers.unknown.iter().map(|unknown| Gap {
                of: "a layer".into(),
                place: unknown.place,
                why: why(unknown),
                matters: false,
            });
            unknown.extend(layer);
        }
        let (judgement, takes) = (configuration.judge(), configuration.has_bootstrap());
        // Whether an OS-only runtime has its bootstrap from a layer that is not known is not known either.
        configuration.wrapper = false;
        let open = configuration.is_os_only() && layers.open && self.layer.is_none();
        let socket = takes || wrapper_unknown || environment_unknown || open || has_told(&judgement);
        let made = template.made();
        let variables = function.variables.iter();
        let variables: Vec<_> =
            variables.map(|(name, setting)| (name.as_str(), written(setting, made))).collect();
        let at_least = environment_unknown
            || function.variables.iter().any(|(_, setting)| match setting {
                Setting::Known(value) => made.within(value).is_some(),
                Setting::Unknown(_) => true,
            });
        Subject {
            name: Some(function.id.clone()),
            path: Some(template.path().into()),
            policies: policies(&layers, &known, function, template),
            host: Host {
                opt: "/nonexistent".into(),
                task: task.unwrap_or_else(|| "/nonexistent".into()),
                delivery: socket.then_some(Delivery::Socket),
            },
            environment: known,
            with_stand_ins,
            unknown_references,
            made: made.clone(),
            unknown,
            judgement,
            size: Some(Size::of(variables, at_least)),
            here: false,
        }
    }
}

/// Where it is said already that nothing takes the values, it need not be said twice.
fn has_told(judgement: &Judgement) -> bool {
    let of_delivery = |problem: &Problem| {
        problem.variable.as_deref().is_some_and(|of| ["AWS_LAMBDA_EXEC_WRAPPER", "CodeUri"].contains(&of))
    };
    judgement.problems.iter().any(of_delivery)
}

fn written<'s>(setting: &'s Setting, made: &Makes) -> &'s str {
    match setting {
        Setting::Known(value) => made.before(value),
        Setting::Unknown(unknown) => &unknown.prefix,
    }
}

/// What a layer or the package brings, where that lies on this machine.
fn policies(layers: &Layers, known: &Environment, function: &Function, template: &Template) -> Vec<PathBuf> {
    let further = known.text("VESTRY_POLICY").map(Path::new).and_then(|path| {
        if let Ok(below) = path.strip_prefix("/opt") {
            return layers.find(below.to_str()?);
        }
        let path = code_directory(function, template)?.join(path.strip_prefix("/var/task").ok()?);
        path.exists().then_some(path)
    });
    layers.policies().into_iter().chain(further).collect()
}

fn is_of_function(name: &str, value: &str) -> bool {
    SETTINGS.contains(&name) || matches!(grammar::scheme(value), Some(Ok(_)))
}

fn of_environment(environment: Environment, size: Size, overriding: &Environment) -> Subject {
    let environment = with(&environment, overriding, &MANIFEST);
    // Where nothing says how the values travel it is as for `vestry local`: by the socket.
    let said = wrapper_is_ours(&environment) || environment.get("VESTRY_DELIVERY").is_some();
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
        judgement: Judgement::default(),
        size: Some(size),
        here: true,
    }
}

fn declares(environment: &Environment) -> bool {
    let text = |name: &str| environment.text(name).is_some();
    let refers = environment.iter().any(|(name, value)| {
        let plain = !name.to_string_lossy().starts_with("VESTRY_");
        plain && value.to_str().and_then(grammar::scheme).is_some()
    });
    refers || text("VESTRY_PARAMETERS") || text("VESTRY_SECRETS")
}

fn size_of(environment: &Environment, counts: impl Fn(&str, &str) -> bool) -> Size {
    let variables = environment.iter().filter_map(|(name, value)| Some((name.to_str()?, value.to_str()?)));
    Size::of(variables.filter(|(name, value)| counts(name, value)), false)
}
