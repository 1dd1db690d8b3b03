//! Names that nothing in the template has: CloudFormation refuses to deploy these.

use super::node::{Kind, Node, Place, stands_for_entries};
use crate::declare::suggest::nearest;

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html>
const PSEUDO: [&str; 8] = [
    "AWS::AccountId",
    "AWS::NoValue",
    "AWS::NotificationARNs",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];

/// A name that a function's resource, `Globals` or a condition uses, and that is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misnamed {
    pub place: Place,
    pub name: String,
    /// Of a variable of the environment: which.
    pub variable: Option<String>,
    /// `parameter or resource`, `condition`
    pub kind: &'static str,
    /// What has nearly that name.
    pub near: Option<String>,
}

/// Those of one function. None where anything but SAM may put names into the template before it is deployed.
pub(super) fn of_function(root: &Node, id: &str) -> Vec<Misnamed> {
    if may_be_made_up(root) {
        return Vec::new();
    }
    let Some(resource) = root.get("Resources").and_then(|all| all.get(id)) else { return Vec::new() };
    let is_sam = resource.get("Type").and_then(Node::text) == Some("AWS::Serverless::Function");
    let globals = root.get("Globals").and_then(|globals| globals.get("Function")).filter(|_| is_sam);
    let mut search = Search { root, variable: None, found: Vec::new() };
    if let Some(condition) = resource.get("Condition") {
        search.condition(condition);
    }
    for properties in globals.into_iter().chain(resource.get("Properties")) {
        search.properties(properties);
    }
    for (_, condition) in root.entries("Conditions") {
        search.of_condition(condition);
    }
    search.found
}

/// Whether a macro, a transform or a loop may bring parameters, resources or conditions.
fn may_be_made_up(root: &Node) -> bool {
    let is_sam = |node: &Node| node.text().is_some_and(|name| name.starts_with("AWS::Serverless-"));
    let only_sam = root.get("Transform").is_none_or(|transform| match &transform.kind {
        Kind::Sequence(items) => items.iter().all(is_sam),
        _ => is_sam(transform),
    });
    let sections = ["Parameters", "Resources", "Conditions", "Mappings"];
    let is_open = |section: &Node| match &section.kind {
        Kind::Mapping(entries) => entries.iter().any(|(name, _)| stands_for_entries(name)),
        kind => *kind != Kind::Null,
    };
    let open = sections.iter().filter_map(|name| root.get(name)).any(is_open);
    !only_sam || open || root.get("Fn::Transform").is_some()
}

struct Search<'a> {
    root: &'a Node,
    variable: Option<&'a str>,
    found: Vec<Misnamed>,
}

impl<'a> Search<'a> {
    fn properties(&mut self, properties: &'a Node) {
        let Some(entries) = properties.mapping() else { return self.node(properties) };
        if rewritten(entries) {
            return;
        }
        for (name, node) in entries {
            let variables = node.get("Variables").and_then(Node::mapping).filter(|_| name == "Environment");
            match variables {
                Some(variables) if !rewritten(variables) => {
                    for (name, node) in variables.iter().filter(|(name, _)| !stands_for_entries(name)) {
                        self.variable = Some(name);
                        self.node(node);
                    }
                    self.variable = None;
                }
                _ => self.node(node),
            }
        }
    }

    fn node(&mut self, node: &'a Node) {
        match &node.kind {
            Kind::Null | Kind::Text(_) => {}
            Kind::Sequence(items) => items.iter().for_each(|item| self.node(item)),
            Kind::Mapping(entries) if rewritten(entries) => {}
            Kind::Mapping(entries) => {
                // What a loop makes has names of its own.
                let own = entries.iter().filter(|(name, _)| !stands_for_entries(name));
                own.for_each(|(_, node)| self.node(node));
            }
            Kind::Call(function, argument) => self.call(function, argument, node.place),
        }
    }

    fn call(&mut self, function: &str, argument: &'a Node, place: Place) {
        match (function, &argument.kind) {
            ("Fn::Transform", _) => return,
            ("Ref", Kind::Text(name)) => self.value(name, place),
            ("Fn::GetAtt", Kind::Text(path)) => self.resource(path, place),
            ("Fn::GetAtt", Kind::Sequence(items)) => {
                if let Some(name) = items.first().and_then(Node::text) {
                    self.resource(name, place);
                }
            }
            ("Fn::Sub", Kind::Text(text)) => self.text(text, &[], place),
            ("Fn::Sub", Kind::Sequence(items)) => {
                if let [text, names] = items.as_slice()
                    && let Some((text, names)) = text.text().zip(names.mapping())
                {
                    self.text(text, names, place);
                }
            }
            ("Fn::If", Kind::Sequence(items)) => {
                if let Some(condition) = items.first() {
                    self.condition(condition);
                }
            }
            ("Condition", _) => self.condition(argument),
            _ => {}
        }
        self.node(argument);
    }

    /// In `Conditions`, `{Condition: Name}` is `!Condition Name`.
    fn of_condition(&mut self, node: &'a Node) {
        if let Some(name) = node.get("Condition") {
            return self.condition(name);
        }
        match &node.kind {
            Kind::Call(function, argument)
                if matches!(function.as_str(), "Fn::Not" | "Fn::And" | "Fn::Or") =>
            {
                if let Kind::Sequence(items) = &argument.kind {
                    items.iter().for_each(|item| self.of_condition(item));
                }
            }
            _ => self.node(node),
        }
    }

    fn text(&mut self, text: &str, own: &[(String, Node)], place: Place) {
        for part in text.split("${").skip(1) {
            let Some((name, _)) = part.split_once('}') else { continue };
            let name = name.trim();
            let is_name = |b: u8| b.is_ascii_alphanumeric() || b"_.:".contains(&b);
            if name.is_empty() || !name.bytes().all(is_name) || own.iter().any(|(own, _)| own == name) {
                continue;
            }
            match name.split_once('.') {
                Some((resource, _)) => self.resource(resource, place),
                None => self.value(name, place),
            }
        }
    }

    /// A parameter or a resource, of which SAM makes a version, an alias and the like: `Function.Version`.
    fn value(&mut self, name: &str, place: Place) {
        let head = name.split('.').next().unwrap_or(name);
        if PSEUDO.contains(&name) || self.has("Parameters", name) || self.is_resource(head) {
            return;
        }
        let there = self.names("Parameters").chain(self.names("Resources")).chain(PSEUDO);
        let near = nearest(head, there).map(str::to_string);
        self.tell(head, "parameter or resource", near, place);
    }

    fn resource(&mut self, path: &str, place: Place) {
        let name = path.split('.').next().unwrap_or(path);
        if !self.is_resource(name) {
            let near = nearest(name, self.names("Resources")).map(str::to_string);
            self.tell(name, "resource", near, place);
        }
    }

    fn condition(&mut self, name: &Node) {
        if let Some(text) = name.text().filter(|text| !self.has("Conditions", text)) {
            let near = nearest(text, self.names("Conditions")).map(str::to_string);
            self.tell(text, "condition", near, name.place);
        }
    }

    fn has(&self, section: &'static str, name: &str) -> bool {
        self.names(section).any(|there| there == name)
    }

    fn names(&self, section: &'static str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.root.entries(section).map(|(name, _)| name)
    }

    fn is_resource(&self, name: &str) -> bool {
        self.has("Resources", name) || self.is_of_sam(name)
    }

    /// Whether SAM, or a module, may make a resource of that name of one that is written.
    fn is_of_sam(&self, name: &str) -> bool {
        let of_sam = self.root.get("Transform").is_some();
        let is_made = |(id, resource): (&str, &Node)| {
            let Some(rest) = name.strip_prefix(id) else { return false };
            match resource.get("Type").and_then(Node::text).unwrap_or_default() {
                kind if kind.ends_with("::MODULE") => true,
                "AWS::Serverless::Function" => of_sam && is_made_of_function(rest, resource),
                "AWS::Serverless::LayerVersion" => false,
                kind => of_sam && kind.starts_with("AWS::Serverless::"),
            }
        };
        (of_sam && name.starts_with("Serverless")) || self.root.entries("Resources").any(is_made)
    }

    fn tell(&mut self, name: &str, kind: &'static str, near: Option<String>, place: Place) {
        let variable = self.variable.map(str::to_string);
        let misnamed = Misnamed { place, name: name.into(), variable, kind, near };
        if !self.found.contains(&misnamed) {
            self.found.push(misnamed);
        }
    }
}

/// `FunctionRole`, `FunctionAliaslive`, `FunctionNightly` of its event Nightly:
/// <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources-function.html>
fn is_made_of_function(rest: &str, function: &Node) -> bool {
    const MADE: [&str; 6] = ["Role", "Url", "Version", "Alias", "EventInvokeConfig", "Permission"];
    let properties = function.get("Properties");
    let mut events = properties.into_iter().flat_map(|properties| properties.entries("Events"));
    MADE.iter().any(|made| rest.starts_with(made)) || events.any(|(event, _)| rest.starts_with(event))
}

/// Whether a macro is given these entries, and gives back what it likes.
fn rewritten(entries: &[(String, Node)]) -> bool {
    entries.iter().any(|(name, _)| name == "Fn::Transform")
}
