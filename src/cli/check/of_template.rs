//! A function of a template as what is checked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::super::policy::template::{Gap, Meant, gap, meant, own_variables, stand_in, tools};
use super::manifest::{self, MANIFEST, ManifestOf, with};
use super::subject::{Subject, UnknownReference};
use crate::declare::compat::Foreign;
use crate::declare::delivery::wrapper_is_ours;
use crate::declare::{Delivery, Environment, Host, grammar};
use crate::error::{ErrorType, Problem};
use crate::preflight::{Configuration, Judgement, Layers, Size, code_directory};
use crate::template::{Function, Makes, Misnamed, Place, Setting, Template};

/// `overriding`: what the command line says of the manifest; `called`: what the extension's layer is called, where not by
/// its own name.
pub(super) fn subject(
    function: &Function,
    template: &Template,
    overriding: &Environment,
    called: Option<&str>,
) -> Subject {
    let layers = Layers::of(function, template);
    let task = code_directory(function, template);
    let mut variables = Variables::of(function);
    let manifest = manifest::locate(&mut variables.known, overriding, function, task.as_deref(), &layers);
    variables.take_over_manifest();
    let mut unknown = std::mem::take(&mut variables.unknown);
    unknown.extend(function.unknown.iter().map(|(property, why)| gap(property, why, true)));
    let environment_unknown = function.unknown.iter().any(|(property, _)| *property == "Environment");
    let mut configuration = Configuration {
        function,
        layers: &layers,
        called,
        declares: declares(&variables.with_stand_ins) || manifest.there,
        wrapper: wrapper_is_ours(&variables.known),
        deadline_ms: variables.known.text("VESTRY_DEADLINE_MS").and_then(|text| text.parse().ok()),
        package: task.as_deref(),
        delivery: function.variables.iter().any(|(name, _)| name == "VESTRY_DELIVERY"),
    };
    if !configuration.is_image() {
        unknown.extend(of_package(&configuration, manifest));
    }
    let (judgement, takes) = (configuration.judge(), configuration.has_bootstrap());
    // Whether an OS-only runtime has its bootstrap from a layer that is not known is not known either.
    configuration.wrapper = false;
    let open = configuration.is_os_only() && layers.open && called.is_none();
    let socket = takes || variables.wrapper_unknown || environment_unknown || open || has_told(&judgement);
    Subject {
        name: Some(function.id.clone()),
        path: Some(template.path().into()),
        policies: policies(&layers, &variables.known, function, template),
        host: Host {
            opt: "/nonexistent".into(),
            task: task.unwrap_or_else(|| "/nonexistent".into()),
            delivery: socket.then_some(Delivery::Socket),
        },
        environment: variables.known,
        with_stand_ins: variables.with_stand_ins,
        unknown_references: variables.unknown_references,
        made: template.made().clone(),
        unknown,
        places: places(function, template),
        judgement,
        misnamed: misnamed(function, template),
        size: Some(size(function, template.made(), environment_unknown)),
        here: false,
    }
}

/// What a template says of a function's variables.
struct Variables {
    known: Environment,
    with_stand_ins: Environment,
    unknown_references: Vec<UnknownReference>,
    unknown: Vec<Gap>,
    /// Whether anything takes the values is not known.
    wrapper_unknown: bool,
}

impl Variables {
    fn of(function: &Function) -> Self {
        let known = own_variables(function);
        let mut variables = Self {
            with_stand_ins: known.clone(),
            known,
            unknown_references: Vec::new(),
            unknown: Vec::new(),
            wrapper_unknown: false,
        };
        let tools = tools(function);
        let foreign = Foreign::new(&tools, std::iter::empty());
        for (name, setting) in &function.variables {
            variables.take(name, setting, &foreign);
        }
        variables
    }

    fn take(&mut self, name: &str, setting: &Setting, foreign: &Foreign<'_>) {
        let mut both = |value: &str| {
            self.known.set(name, value);
            self.with_stand_ins.set(name, value);
        };
        let why = match setting {
            Setting::Known(value) => return both(value),
            Setting::Unknown(why) => why,
        };
        match meant(name, why, foreign) {
            Meant::Reference(store) => {
                self.with_stand_ins.set(name, stand_in(store));
                self.unknown_references.push(UnknownReference {
                    variable: name.into(),
                    begin: format!("{}…", why.prefix),
                    why: why.why.clone(),
                    place: why.place,
                });
            }
            Meant::Text => {
                both("");
                self.wrapper_unknown |= name == "AWS_LAMBDA_EXEC_WRAPPER";
            }
            Meant::Anything => {
                self.wrapper_unknown |= name == "AWS_LAMBDA_EXEC_WRAPPER" || name == "VESTRY_DELIVERY";
                self.unknown.push(gap(name, why, true));
            }
        }
    }

    /// What is known of the manifest, and nothing else of it.
    fn take_over_manifest(&mut self) {
        MANIFEST.iter().for_each(|name| self.with_stand_ins.remove(name));
        self.with_stand_ins = with(&self.with_stand_ins, &self.known, &MANIFEST);
    }
}

/// What is not known of the package and the layers of a function that has to do with Vestry.
fn of_package(configuration: &Configuration<'_>, manifest: ManifestOf) -> Vec<Gap> {
    let Configuration { function, layers, called, .. } = configuration;
    let has_ours = layers.ours(*called).next().is_some();
    if !configuration.declares && !configuration.wrapper && !has_ours {
        return Vec::new();
    }
    let manifest =
        manifest.unknown.map(|(of, why, matters)| Gap { of: of.into(), place: function.place, why, matters });
    let layer = layers.unknown.as_ref().filter(|_| !has_ours).map(|unknown| Gap {
        of: "a layer".into(),
        place: unknown.place,
        why: format!("{}, so whether it is Vestry's is not known", unknown.why),
        matters: false,
    });
    manifest.into_iter().chain(layer).collect()
}

fn size(function: &Function, made: &Makes, environment_unknown: bool) -> Size {
    let written = function.variables.iter().map(|(name, setting)| match setting {
        Setting::Known(value) => (name.as_str(), made.before(value)),
        Setting::Unknown(unknown) => (name.as_str(), unknown.prefix.as_str()),
    });
    let is_open = |setting: &Setting| match setting {
        Setting::Known(value) => made.within(value).is_some(),
        Setting::Unknown(_) => true,
    };
    let at_least = environment_unknown || function.variables.iter().any(|(_, setting)| is_open(setting));
    Size::of(written, at_least)
}

fn places(function: &Function, template: &Template) -> BTreeMap<String, String> {
    let variables = function.variables.iter().filter_map(|(name, _)| {
        let place = template.place_of(&function.id, name)?;
        Some((name.clone(), place))
    });
    let known = |(_, place): &(String, Place)| *place != Place::default();
    let all = variables.chain([(String::new(), function.place)]).filter(known);
    all.map(|(name, place)| (name, format!("{}:{place}", template.path()))).collect()
}

fn misnamed(function: &Function, template: &Template) -> Vec<Problem> {
    let problem = |wrong: Misnamed| Problem {
        variable: wrong.variable,
        ..Problem::new(
            ErrorType::InvalidDeclaration,
            format!("the template has no {} {}", wrong.kind, wrong.name),
        )
        .place(format!("{}:{}", template.path(), wrong.place))
        .advice(wrong.near.map_or("correct the name".into(), |near| format!("did you mean {near}?")))
    };
    template.misnamed(&function.id).into_iter().map(problem).collect()
}

/// Where it is said already that nothing takes the values, it need not be said twice.
fn has_told(judgement: &Judgement) -> bool {
    let of_delivery = |problem: &Problem| {
        problem.variable.as_deref().is_some_and(|of| ["AWS_LAMBDA_EXEC_WRAPPER", "CodeUri"].contains(&of))
    };
    judgement.problems.iter().any(of_delivery)
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

fn declares(environment: &Environment) -> bool {
    let text = |name: &str| environment.text(name).is_some();
    let refers = environment.iter().any(|(name, value)| {
        let plain = !name.to_string_lossy().starts_with("VESTRY_");
        plain && value.to_str().and_then(grammar::scheme).is_some()
    });
    refers || text("VESTRY_PARAMETERS") || text("VESTRY_SECRETS")
}
