//! The intrinsic functions, as far as a template alone tells what they give.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::conditions::Conditions;
use super::made::Makes;
use super::node::{Kind, Node, Place};
use super::text::{MAX_TEXT, dynamic, join, select, split, too_long};
use super::value::{Unknown, Value};
use crate::declare::partition::{dns_suffix, partition};

/// What the template and its caller say of parameters, mappings and resources.
pub(super) struct Known<'a> {
    given: &'a BTreeMap<String, String>,
    root: &'a Node,
    made: &'a Makes,
    /// How many nodes were resolved: names may stand for each other, in a circle or many times over.
    steps: Cell<usize>,
    depth: Cell<usize>,
    /// How many bytes they came to, and where they became too many.
    bytes: Cell<usize>,
    overrun: Cell<Option<Place>>,
}

const MAX_STEPS: usize = 500_000;
/// Deeper than a template nests by a little, for names that stand for names.
const MAX_DEPTH: usize = 80;
/// Many times what a template holds; a name may stand for a long text, and be named often.
pub(super) const MAX_BYTES: usize = 64 << 20;

impl<'a> Known<'a> {
    pub fn of(root: &'a Node, given: &'a BTreeMap<String, String>, made: &'a Makes) -> Self {
        let (steps, depth, bytes) = (Cell::new(0), Cell::new(0), Cell::new(0));
        Self { given, root, made, steps, depth, bytes, overrun: Cell::new(None) }
    }

    /// Where what the template says became too much to be written out, if it did.
    pub fn overrun(&self) -> Option<Place> {
        self.overrun.get()
    }

    /// A parameter's value, as the caller gives it.
    pub fn given(&self, name: &str) -> Option<&str> {
        self.given.get(name).map(String::as_str)
    }

    /// What a node comes to, all within it included.
    pub fn resolve(&self, node: &Node, conditions: &Conditions) -> Value {
        self.steps.set(self.steps.get() + 1);
        if self.steps.get() > MAX_STEPS || self.depth.get() > MAX_DEPTH {
            return unknown(node.place, "what names that stand for each other come to");
        }
        self.depth.set(self.depth.get() + 1);
        let value = self.resolve_within(node, conditions);
        self.depth.set(self.depth.get() - 1);
        match node.kind {
            // Their items are accounted for.
            Kind::Null | Kind::Sequence(_) | Kind::Mapping(_) => value,
            Kind::Text(_) | Kind::Call(..) => self.accounted(value, node.place),
        }
    }

    fn accounted(&self, value: Value, place: Place) -> Value {
        self.bytes.set(self.bytes.get().saturating_add(value.weight()));
        if self.bytes.get() <= MAX_BYTES {
            return value;
        }
        self.overrun.set(self.overrun.get().or(Some(place)));
        unknown(place, "the template comes to too much text")
    }

    fn resolve_within(&self, node: &Node, conditions: &Conditions) -> Value {
        match &node.kind {
            Kind::Null => Value::Absent,
            Kind::Text(text) => dynamic(text, node.place),
            Kind::Sequence(items) => Value::List(
                items
                    .iter()
                    .map(|item| self.resolve(item, conditions))
                    .filter(|v| *v != Value::Absent)
                    .collect(),
            ),
            Kind::Mapping(entries) => Value::Map(
                entries.iter().map(|(name, node)| (name.clone(), self.resolve(node, conditions))).collect(),
            ),
            Kind::Call(function, argument) => self.call(function, argument, node.place, conditions),
        }
    }

    fn call(&self, function: &str, argument: &Node, place: Place, conditions: &Conditions) -> Value {
        let resolved = |node: &Node| self.resolve(node, conditions);
        let value = match (function, &argument.kind) {
            ("Ref", Kind::Text(name)) => Some(self.reference(name, place, conditions)),
            ("Fn::Sub", Kind::Text(text)) => Some(self.substitute(text, &[], place, conditions)),
            ("Fn::Sub", Kind::Sequence(items)) => match items.as_slice() {
                [text, names] => text.text().zip(names.mapping()).map(|(text, names)| {
                    let names: Vec<_> =
                        names.iter().map(|(name, node)| (name.clone(), resolved(node))).collect();
                    self.substitute(text, &names, place, conditions)
                }),
                _ => None,
            },
            ("Fn::If", Kind::Sequence(items)) => match items.as_slice() {
                [condition, yes, no] => condition.text().map(|name| match conditions.get(name) {
                    Some(true) => resolved(yes),
                    Some(false) => resolved(no),
                    None => either(resolved(yes), resolved(no), name, place),
                }),
                _ => None,
            },
            ("Fn::Join", Kind::Sequence(items)) => match items.as_slice() {
                [delimiter, list] => {
                    delimiter.text().and_then(|delimiter| join(delimiter, resolved(list), place))
                }
                _ => None,
            },
            ("Fn::FindInMap", Kind::Sequence(items)) => self.find_in_map(items, place, conditions),
            ("Fn::Select", Kind::Sequence(items)) => match items.as_slice() {
                [index, list] => select(resolved(index), resolved(list)),
                _ => None,
            },
            ("Fn::Split", Kind::Sequence(items)) => match items.as_slice() {
                [delimiter, text] => split(resolved(delimiter), resolved(text)),
                _ => None,
            },
            ("Fn::GetAtt", _) => Some(self.attribute(argument, place)),
            ("Fn::ImportValue", _) => Some(unknown(place, "what another stack exports")),
            _ => None,
        };
        value.unwrap_or_else(|| unknown(place, format!("what {} gives", short(function))))
    }

    fn reference(&self, name: &str, place: Place, conditions: &Conditions) -> Value {
        if name == "AWS::NoValue" {
            return Value::Absent;
        }
        let parameter = self.root.get("Parameters").and_then(|all| all.get(name));
        if parameter.is_some_and(is_secret) {
            return unknown(
                place,
                format!("the parameter {name}, whose value is NoEcho and is not looked at"),
            );
        }
        if let Some(value) = self.given.get(name) {
            return parameter
                .map_or_else(|| dynamic(value, place), |parameter| typed(value, parameter, place));
        }
        if let Some(pseudo) = name.strip_prefix("AWS::") {
            return match (pseudo, self.given.get("AWS::Region")) {
                ("Partition", Some(region)) => Value::Text(partition(region).into()),
                ("URLSuffix", Some(region)) if let Some(suffix) = dns_suffix(region) => {
                    Value::Text(suffix.into())
                }
                _ => unknown(place, format!("{name}; give it with --parameter {name}=…")),
            };
        }
        if let Some(parameter) = parameter {
            return parameter_value(name, parameter, place);
        }
        match self.root.get("Resources").and_then(|all| all.get(name)) {
            Some(resource) => self.resource(name, resource, place, conditions),
            None => {
                unknown(place, format!("{name}, which is neither a parameter nor a resource of the template"))
            }
        }
    }

    /// `Ref` of a parameter of Parameter Store is the name that the template gives it.
    fn resource(&self, name: &str, resource: &Node, place: Place, conditions: &Conditions) -> Value {
        if let Some(stand_in) = self.made.stand_in(name) {
            return Value::Text(stand_in.into());
        }
        let kind = kind(resource);
        if kind == "AWS::SSM::Parameter"
            && let Some(written) = resource.get("Properties").and_then(|properties| properties.get("Name"))
        {
            return self.resolve(written, conditions);
        }
        // `Ref` of an attachment is the ARN of its secret.
        if kind == "AWS::SecretsManager::SecretTargetAttachment"
            && let Some(secret) = resource.get("Properties").and_then(|properties| properties.get("SecretId"))
            && let Value::Text(arn) = self.resolve(secret, conditions)
            && arn.starts_with("arn:")
        {
            return Value::Text(arn);
        }
        Value::Unknown(Unknown {
            of_resource: names_its_own(kind),
            resource: Some(name.into()),
            ..Unknown::new(place, format!("the resource {name}, which is not made yet"))
        })
    }

    fn attribute(&self, argument: &Node, place: Place) -> Value {
        let path = match &argument.kind {
            Kind::Text(text) => text.clone(),
            Kind::Sequence(items) => items.iter().filter_map(Node::text).collect::<Vec<_>>().join("."),
            _ => String::new(),
        };
        if let Some(stand_in) = self.made.stand_in(&path) {
            return Value::Text(stand_in.into());
        }
        let resource = path.split('.').next().unwrap_or_default();
        let kind = self.root.get("Resources").and_then(|all| all.get(resource)).map_or("", kind);
        // The value of a parameter is anybody's text.
        let own = names_its_own(kind) && !path.ends_with(".Value");
        Value::Unknown(Unknown {
            of_resource: own,
            resource: Some(resource.into()),
            ..Unknown::new(place, format!("{path}, which is not made yet"))
        })
    }

    /// `${Name}`, `${Resource.Attribute}`, and `${!Literal}` for `${Literal}`.
    fn substitute(
        &self,
        text: &str,
        names: &[(String, Value)],
        place: Place,
        conditions: &Conditions,
    ) -> Value {
        let mut parts = Vec::new();
        let (mut rest, mut bytes) = (text, 0);
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, after)) = after.split_once('}') else { break };
            rest = after;
            let part = match (name.strip_prefix('!'), names.iter().find(|(own, _)| own == name)) {
                (Some(literal), _) => Value::Text(format!("${{{literal}}}")),
                (None, Some((_, value))) => value.clone(),
                (None, None) if name.contains('.') => {
                    self.attribute(&Node { place, kind: Kind::Text(name.into()) }, place)
                }
                (None, None) => self.reference(name.trim(), place, conditions),
            };
            bytes += before.len() + part.weight();
            if bytes > MAX_TEXT {
                return too_long(place);
            }
            parts.extend([Value::Text(before.into()), part]);
        }
        parts.push(Value::Text(rest.into()));
        join("", Value::List(parts), place).unwrap_or_else(|| unknown(place, "what !Sub gives"))
    }

    fn find_in_map(&self, items: &[Node], place: Place, conditions: &Conditions) -> Option<Value> {
        let mut at = self.root.get("Mappings")?;
        for item in items.get(..3)? {
            match self.resolve(item, conditions) {
                Value::Text(key) => at = at.get(&key)?,
                // How the key begins says nothing of what stands there.
                Value::Unknown(key) => return Some(unknown(place, key.why)),
                _ => return None,
            }
        }
        Some(self.resolve(at, conditions))
    }
}

/// Both ways alike is known whichever it is.
fn either(yes: Value, no: Value, condition: &str, place: Place) -> Value {
    if yes == no { yes } else { unknown(place, format!("whether the condition {condition} holds")) }
}

/// What CloudFormation shows nobody, nothing here shows either, whoever gives it: `NoEcho`, unless it says no.
fn is_secret(parameter: &Node) -> bool {
    let says_no = |node: &Node| node.text().is_some_and(|text| text.trim().eq_ignore_ascii_case("false"));
    parameter.get("NoEcho").is_some_and(|node| !says_no(node))
}

fn parameter_value(name: &str, parameter: &Node, place: Place) -> Value {
    if kind(parameter).starts_with("AWS::SSM::Parameter::Value") {
        let why = "whose value CloudFormation reads from Parameter Store; give that value with --parameter";
        return unknown(place, format!("the parameter {name}, {why} {name}=…"));
    }
    match parameter.get("Default").and_then(Node::text) {
        Some(text) => typed(text, parameter, place),
        None => unknown(place, format!("the parameter {name}; give it with --parameter {name}=…")),
    }
}

/// A parameter's value is a text, or a list of them.
fn typed(text: &str, parameter: &Node, place: Place) -> Value {
    let kind = kind(parameter);
    if kind == "CommaDelimitedList" || kind.contains("List<") {
        return Value::List(text.split(',').map(|item| dynamic(item.trim(), place)).collect());
    }
    dynamic(text, place)
}

fn kind(resource: &Node) -> &str {
    resource.get("Type").and_then(Node::text).unwrap_or_default()
}

fn unknown(place: Place, why: impl Into<String>) -> Value {
    Value::Unknown(Unknown::new(place, why))
}

/// Whether AWS names its resources: custom ones, nested stacks and macros may give any text.
fn names_its_own(kind: &str) -> bool {
    kind.starts_with("AWS::")
        && !kind.starts_with("AWS::CloudFormation::")
        && kind != "AWS::Serverless::Application"
}

fn short(function: &str) -> String {
    format!("!{}", function.strip_prefix("Fn::").unwrap_or(function))
}
