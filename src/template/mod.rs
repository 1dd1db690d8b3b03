//! SAM and CloudFormation templates: what is known of each function before anything is deployed.
//!
//! Nothing is guessed. What only a deployment tells (the ARN of a resource, another stack's export) stays [`Unknown`],
//! with the reason, and with as much of its beginning as is written in the template.

mod conditions;
mod function;
mod intrinsics;
mod made;
mod misnamed;
pub(crate) mod node;
#[cfg(test)]
mod tests;
mod text;
mod value;
pub(crate) mod yaml;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

pub use function::{Function, Setting};
pub use made::{Made, Makes};
pub use misnamed::Misnamed;
pub use node::Place;
pub use value::{Unknown, Value};

use conditions::Conditions;
use intrinsics::Known;
use node::Node;

use crate::named_file;

/// What may be given for `AWS::Region` and `AWS::AccountId` where they are not known, so that the text around them is.
/// No condition is decided by them.
pub const OWN_REGION: &str = "own-region-0";
pub const OWN_ACCOUNT: &str = "000000000000";

/// Larger than CloudFormation takes.
const MAX_BYTES: u64 = 2 << 20;

/// What a template cannot be read for.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error("{path} cannot be read: {why}")]
    Unreadable { path: String, why: String },
    /// With line and column, where there are any.
    #[error("{path}:{place}: {why}")]
    Invalid { path: String, place: Place, why: String },
    #[error("{path} has no function {name}{hint}")]
    NoFunction { path: String, name: String, hint: String },
    #[error("{path} has no parameter {name}{hint}")]
    NoParameter { path: String, name: String, hint: String },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Its logical name.
    pub id: String,
    /// `AWS::Serverless::LayerVersion`
    pub kind: String,
    pub properties: Value,
}

/// A template, read, with what is given from outside.
pub struct Template {
    path: String,
    root: Node,
    given: BTreeMap<String, String>,
    made: Makes,
    /// Both worked out once, for every function may ask for all of them.
    resources: OnceLock<Vec<Resource>>,
    functions: OnceLock<Vec<Function>>,
}

impl Template {
    /// Reads YAML or JSON. `given` are the stack's parameters, and pseudo parameters such as `AWS::Region`.
    pub fn read(path: &Path, given: BTreeMap<String, String>) -> Result<Self, TemplateError> {
        let shown = path.display().to_string();
        let unreadable = |why: String| TemplateError::Unreadable { path: shown.clone(), why };
        let text = named_file::text(path, MAX_BYTES).map_err(|e| unreadable(e.to_string()))?;
        Self::parse(shown, &text, given)
    }

    pub fn parse(path: String, text: &str, given: BTreeMap<String, String>) -> Result<Self, TemplateError> {
        let root = yaml::parse(text).map_err(|(place, why)| TemplateError::Invalid {
            path: path.clone(),
            place,
            why,
        })?;
        if root.get("Resources").and_then(Node::mapping).is_none() {
            let why = "there is no mapping `Resources`; is it a template?".into();
            return Err(TemplateError::Invalid { path, place: root.place, why });
        }
        let (resources, functions) = Default::default();
        let template = Self { path, root, given, made: Makes::default(), resources, functions };
        template.parameters_exist()?;
        template.is_bounded()?;
        Ok(template)
    }

    /// With text that stands for the secrets and parameters that the template itself makes ([`Makes`]), so that what is
    /// written around their names is known.
    pub fn with_made(self) -> Self {
        let known = self.known();
        let made = Makes::of(&self.root, &known, &Conditions::of(&self.root, &known));
        Self { made, resources: OnceLock::new(), functions: OnceLock::new(), ..self }
    }

    pub fn made(&self) -> &Makes {
        &self.made
    }

    /// What is given for a parameter of the stack, or for a pseudo parameter.
    pub fn given(&self, name: &str) -> Option<&str> {
        self.given.get(name).map(String::as_str)
    }

    fn known(&self) -> Known<'_> {
        Known::of(&self.root, &self.given, &self.made)
    }

    fn is_bounded(&self) -> Result<(), TemplateError> {
        let known = self.known();
        function::all(&self.root, &known, &Conditions::of(&self.root, &known));
        known.overrun().map_or(Ok(()), |place| {
            let why = format!(
                "what the template says comes to more than {} MiB here, once every name in it is written out",
                intrinsics::MAX_BYTES >> 20
            );
            Err(TemplateError::Invalid { path: self.path.clone(), place, why })
        })
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    /// Every function that may be deployed, in the order of the template.
    pub fn functions(&self) -> Vec<Function> {
        let functions = self.functions.get_or_init(|| {
            let known = self.known();
            function::all(&self.root, &known, &Conditions::of(&self.root, &known))
        });
        functions.clone()
    }

    /// Resources that may be functions, or hold some, and are not looked at: what, where, and why.
    pub fn unseen(&self) -> impl Iterator<Item = (&str, Place, &'static str)> {
        self.root.entries("Resources").filter_map(|(id, resource)| {
            let why = match resource.get("Type").and_then(Node::text) {
                _ if node::stands_for_entries(id) => "what it makes, a deployment tells",
                Some("AWS::CloudFormation::Stack" | "AWS::Serverless::Application") => {
                    "a template of its own, to be looked at by itself"
                }
                Some(kind) if kind.ends_with("::MODULE") => "what the module holds, a deployment tells",
                _ => return None,
            };
            Some((id, resource.place, why))
        })
    }

    /// A resource by its logical name: its type, and its properties as far as they are known.
    pub fn resource(&self, id: &str) -> Option<Resource> {
        self.resources().iter().find(|resource| resource.id == id).cloned()
    }

    /// All resources, in the order of the template.
    pub fn resources(&self) -> &[Resource] {
        self.resources.get_or_init(|| {
            let known = self.known();
            let conditions = Conditions::of(&self.root, &known);
            let resolved = self.root.entries("Resources").filter_map(|(id, resource)| {
                let kind = resource.get("Type")?.text()?.to_string();
                let properties = resource.get("Properties");
                let properties = properties.map_or(Value::Absent, |node| known.resolve(node, &conditions));
                Some(Resource { id: id.into(), kind, properties })
            });
            resolved.collect()
        })
    }

    /// Where the template lies, for the paths in it.
    pub fn directory(&self) -> &Path {
        Path::new(&self.path)
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
            .unwrap_or(Path::new("."))
    }

    /// The function of that logical name, or of that `FunctionName`.
    pub fn function(&self, name: &str) -> Result<Function, TemplateError> {
        let functions = self.functions();
        let ids: Vec<String> = functions.iter().map(|function| function.id.clone()).collect();
        let named = |function: &Function| function.id == name || function.name.as_deref() == Some(name);
        functions.into_iter().find(named).ok_or_else(|| TemplateError::NoFunction {
            path: self.path.clone(),
            name: name.into(),
            hint: if ids.is_empty() {
                "; it has none at all".into()
            } else {
                format!("; it has {}", ids.join(", "))
            },
        })
    }

    /// The names that a function uses, and that nothing in the template has.
    pub fn misnamed(&self, function: &str) -> Vec<Misnamed> {
        misnamed::of_function(&self.root, function)
    }

    /// Where a function's variable is written: in the function itself, else in `Globals`.
    pub fn place_of(&self, function: &str, variable: &str) -> Option<Place> {
        let below = |node: Option<&Node>| {
            node?.get("Environment")?.get("Variables")?.get(variable).map(|node| node.place)
        };
        let own = self.root.get("Resources")?.get(function)?.get("Properties");
        let globals = self.root.get("Globals").and_then(|globals| globals.get("Function"));
        below(own).or_else(|| below(globals)).filter(|place| *place != Place::default())
    }

    /// A misspelt parameter would silently leave the right one unknown.
    fn parameters_exist(&self) -> Result<(), TemplateError> {
        let declared: Vec<&str> = self.root.entries("Parameters").map(|(name, _)| name).collect();
        match self.given.keys().find(|name| !name.starts_with("AWS::") && !declared.contains(&name.as_str()))
        {
            None => Ok(()),
            Some(name) => Err(TemplateError::NoParameter {
                path: self.path.clone(),
                name: name.clone(),
                hint: if declared.is_empty() {
                    String::new()
                } else {
                    format!("; it has {}", declared.join(", "))
                },
            }),
        }
    }
}
