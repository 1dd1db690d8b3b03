//! The functions of a template, with what `Globals` gives all of them.

use super::conditions::Conditions;
use super::intrinsics::{Known, Unknown, Value};
use super::node::{Node, Place, stands_for_entries};

const SAM: &str = "AWS::Serverless::Function";
const CLOUDFORMATION: &str = "AWS::Lambda::Function";

/// One function as it would be deployed. What is not written is none; what is not known is in `unknown`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its logical name.
    pub id: String,
    pub place: Place,
    pub name: Option<String>,
    pub runtime: Option<String>,
    pub handler: Option<String>,
    /// Where the stack is deployed to, where that is given.
    pub region: Option<String>,
    /// Megabytes.
    pub memory: Option<u64>,
    /// Seconds.
    pub timeout: Option<u64>,
    /// As far as they can be told: ARNs, or what stands for them.
    pub layers: Vec<String>,
    /// `on-demand`, `provisioned-concurrency`, `snap-start`.
    pub initialization_type: &'static str,
    /// In the order of the template, those of `Globals` first.
    pub variables: Vec<(String, Setting)>,
    /// Properties that matter here and are not known.
    pub unknown: Vec<(&'static str, Unknown)>,
    /// All properties as written: those of `Globals`, and the function's own.
    pub(super) properties: [Value; 2],
}

impl Function {
    /// A property, where the function's own takes the place of that of `Globals`.
    pub fn property(&self, name: &str) -> Option<&Value> {
        self.each(name).last()
    }

    /// The items of a property that SAM adds to those of `Globals`.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &Value> {
        self.each(name).flat_map(Value::items)
    }

    fn each(&self, name: &str) -> impl Iterator<Item = &Value> {
        each(&self.properties, name)
    }
}

/// A property of `Globals`, then the function's own. SAM merges both before CloudFormation drops what comes to nothing, so
/// such a one of the function takes the other away.
fn each<'a>([globals, own]: &'a [Value; 2], name: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    let own = own.written(name);
    let globals = globals.get(name).filter(|_| own != Some(&Value::Absent));
    globals.into_iter().chain(own).filter(|value| **value != Value::Absent)
}

/// What a variable is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    Known(String),
    Unknown(Unknown),
}

pub(super) fn all(root: &Node, known: &Known<'_>, conditions: &Conditions) -> Vec<Function> {
    let globals = root.get("Globals").and_then(|globals| globals.get("Function"));
    let functions = root.entries("Resources").filter_map(|(id, resource)| {
        let kind = resource.get("Type")?.text()?;
        let globals = if kind == SAM { globals } else { None };
        if kind != SAM && kind != CLOUDFORMATION {
            return None;
        }
        // What a condition leaves out is not deployed.
        let left_out = resource.get("Condition").and_then(Node::text).and_then(|name| conditions.get(name));
        (left_out != Some(false)).then(|| {
            let properties = [globals, resource.get("Properties")];
            let properties =
                properties.map(|node| node.map_or(Value::Absent, |node| known.resolve(node, conditions)));
            let function = Properties(properties).function(id, resource.place);
            Function { region: known.given("AWS::Region").map(str::to_string), ..function }
        })
    });
    functions.collect()
}

/// Those of `Globals`, and the function's own.
struct Properties([Value; 2]);

impl Properties {
    fn function(&self, id: &str, place: Place) -> Function {
        let mut unknown = Vec::new();
        let mut text = |name: &'static str| match self.last(name)? {
            Value::Text(text) => Some(text.clone()),
            Value::Unknown(why) => {
                unknown.push((name, why.clone()));
                None
            }
            _ => None,
        };
        let (name, runtime, handler) = (text("FunctionName"), text("Runtime"), text("Handler"));
        let memory = text("MemorySize").and_then(|memory| memory.parse().ok());
        let timeout = text("Timeout").and_then(|timeout| timeout.parse().ok());
        Function {
            id: id.into(),
            place,
            name,
            runtime,
            handler,
            region: None,
            memory,
            timeout,
            layers: self.layers(&mut unknown),
            initialization_type: self.initialization_type(),
            variables: self.variables(place, &mut unknown),
            unknown,
            properties: self.0.clone(),
        }
    }

    /// The function's own, else that of `Globals`.
    fn last(&self, name: &str) -> Option<&Value> {
        self.each(name).last()
    }

    fn each(&self, name: &str) -> impl Iterator<Item = &Value> {
        each(&self.0, name)
    }

    /// SAM puts those of `Globals` first.
    fn layers(&self, unknown: &mut Vec<(&'static str, Unknown)>) -> Vec<String> {
        let mut layers = Vec::new();
        for value in self.each("Layers") {
            match value {
                Value::List(items) => layers.extend(items.iter().map(|item| match item {
                    Value::Text(text) => text.clone(),
                    Value::Unknown(unknown) => format!("{}({})", unknown.prefix, unknown.why),
                    _ => String::new(),
                })),
                Value::Unknown(why) => unknown.push(("Layers", why.clone())),
                _ => {}
            }
        }
        layers
    }

    fn variables(&self, place: Place, unknown: &mut Vec<(&'static str, Unknown)>) -> Vec<(String, Setting)> {
        let mut found: Vec<(String, Setting)> = Vec::new();
        for environment in self.each("Environment") {
            let variables = match environment {
                Value::Unknown(why) => Some(&Value::Unknown(why.clone())).cloned(),
                environment => environment.written("Variables").cloned(),
            };
            match variables {
                Some(Value::Map(entries)) => {
                    for (name, value) in entries {
                        if stands_for_entries(&name) {
                            let why = format!("which variables {name} makes");
                            unknown.push(("Environment", Unknown::new(place, why)));
                            continue;
                        }
                        found.retain(|(there, _)| *there != name);
                        found.extend(setting(value).map(|setting| (name, setting)));
                    }
                }
                Some(Value::Unknown(why)) => unknown.push(("Environment", why)),
                Some(Value::Absent) => found.clear(),
                _ => {}
            }
        }
        found
    }

    fn initialization_type(&self) -> &'static str {
        let snap_start = self.last("SnapStart").and_then(|snap_start| snap_start.get("ApplyOn"));
        if self.last("ProvisionedConcurrencyConfig").is_some() {
            "provisioned-concurrency"
        } else if snap_start == Some(&Value::Text("PublishedVersions".into())) {
            "snap-start"
        } else {
            "on-demand"
        }
    }
}

fn setting(value: Value) -> Option<Setting> {
    match value {
        Value::Text(text) => Some(Setting::Known(text)),
        Value::Unknown(unknown) => Some(Setting::Unknown(unknown)),
        // Lambda takes text alone: such a template is not deployed at all.
        Value::List(_) | Value::Map(_) | Value::Absent => None,
    }
}
