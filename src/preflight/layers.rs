//! The layers of a template's function, as far as they can be told.

use std::path::{Path, PathBuf};

use crate::template::{Function, Template, Unknown, Value};

/// One layer that is known by an ARN or as a resource of the template.
#[derive(Clone, Debug)]
pub struct Layer {
    /// Its ARN, or its logical name.
    pub shown: String,
    /// What it is made of, where that is a directory of this machine.
    pub directory: Option<PathBuf>,
    /// Empty where it says none: it is for all.
    pub architectures: Vec<String>,
    /// Everything that it is called.
    names: String,
}

#[derive(Clone, Debug, Default)]
pub struct Layers {
    pub known: Vec<Layer>,
    /// There are or may be others, which only a deployment tells.
    pub open: bool,
    /// The first of them, where the template says so much of it.
    pub unknown: Option<Unknown>,
    /// How many are listed.
    pub count: usize,
}

impl Layers {
    pub fn of(function: &Function, template: &Template) -> Self {
        let mut layers = Self::default();
        for value in function.all("Layers") {
            layers.count += 1;
            match known(value, template) {
                Some(layer) => layers.known.push(layer),
                None => {
                    layers.open = true;
                    layers.unknown = layers.unknown.or_else(|| value.unknown().cloned());
                }
            }
        }
        layers
    }

    /// Those that bring the extension: by what is in them, else by name. `called` is what else it may be called.
    pub fn ours(&self, called: Option<&str>) -> impl Iterator<Item = &Layer> {
        self.known.iter().filter(move |layer| layer.is_ours(called))
    }

    /// One that is called like ours, and its directory, which does not hold the extension.
    pub fn unbuilt(&self, called: Option<&str>) -> Option<(&Layer, &Path)> {
        let directories = self.known.iter().filter_map(|layer| Some((layer, layer.directory.as_deref()?)));
        directories.into_iter().find(|(layer, _)| !layer.is_ours(called) && layer.is_called_ours(called))
    }

    /// The policy directories that layers of this machine bring to `/opt/policy`.
    pub fn policies(&self) -> Vec<PathBuf> {
        self.find("policy").into_iter().collect()
    }

    /// A path below `/opt`; of several the last layer's, which is unpacked over the others.
    pub fn find(&self, below: &str) -> Option<PathBuf> {
        let mut paths = self.known.iter().filter_map(|layer| Some(layer.directory.as_ref()?.join(below)));
        paths.rfind(|path| path.exists())
    }
}

impl Layer {
    fn is_ours(&self, called: Option<&str>) -> bool {
        if let Some(directory) = &self.directory {
            return directory.join("extensions/vestry").is_file();
        }
        self.is_called_ours(called)
    }

    fn is_called_ours(&self, called: Option<&str>) -> bool {
        let names = self.names.to_lowercase();
        let called = called.is_some_and(|called| names.contains(&called.to_lowercase()));
        called || (names_vestry(&self.names) && !names.contains("policy"))
    }

    /// Whether it is the bootstrap of an OS-only runtime besides.
    pub fn has_bootstrap(&self) -> bool {
        match &self.directory {
            Some(directory) => directory.join("bootstrap").is_file(),
            None => self.names.to_lowercase().contains("provided"),
        }
    }
}

/// Whether a name or an ARN has a word that begins with our name: `vestry-provided`, `MyVestryLayer`, and not `harvestry`.
pub fn names_vestry(names: &str) -> bool {
    const NAME: &str = "vestry";
    let lower = names.to_ascii_lowercase();
    lower.match_indices(NAME).any(|(at, _)| {
        let before = names[..at].chars().next_back();
        let begins_hump = names[at..].starts_with('V') && before.is_some_and(|c| !c.is_uppercase());
        before.is_none_or(|c| !c.is_alphanumeric()) || begins_hump
    })
}

fn known(value: &Value, template: &Template) -> Option<Layer> {
    if let Some(arn) = value.text() {
        let (shown, names) = (arn.into(), arn.into());
        return Some(Layer { shown, directory: None, architectures: Vec::new(), names });
    }
    let id = value.unknown()?.resource.as_deref()?;
    let resource = template.resource(id)?;
    if !["AWS::Serverless::LayerVersion", "AWS::Lambda::LayerVersion"].contains(&resource.kind.as_str()) {
        return None;
    }
    let text = |name: &str| resource.properties.get(name).and_then(Value::text);
    let content = text("ContentUri");
    let architectures =
        resource.properties.get("CompatibleArchitectures").map(Value::items).unwrap_or_default();
    let architectures: Vec<_> = architectures.iter().map(|value| value.text().map(str::to_string)).collect();
    let names = [Some(id), text("LayerName"), content].into_iter().flatten().collect::<Vec<_>>().join(" ");
    Some(Layer {
        shown: id.into(),
        directory: content.and_then(|content| directory(template, content)),
        // One that is not known may be any.
        architectures: architectures.into_iter().collect::<Option<_>>().unwrap_or_default(),
        names,
    })
}

/// What the function's package is made of, where that is a directory of this machine.
pub fn code_directory(function: &Function, template: &Template) -> Option<PathBuf> {
    directory(template, function.property("CodeUri")?.text()?)
}

fn directory(template: &Template, uri: &str) -> Option<PathBuf> {
    let path = template.directory().join(Path::new(uri));
    (!uri.contains("://") && path.is_dir()).then_some(path)
}
