//! Intrinsic functions. What a template is said to set, every deployment sets; what is said to be unknown begins in every
//! deployment as it is said to; and what is said to be no reference is none.
//!
//! The deployments are three that differ in all that a template does not tell: parameters, names and attributes of
//! resources, other stacks' exports, the region.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use serde_json::Value;
use vestry::cli::fuzz::is_no_reference;
use vestry::declare::grammar::scheme;
use vestry::template::{Function, Setting, Template};

use crate::make::intrinsics::{VARIABLES, template, yaml};
use crate::random::{Random, hash};
use crate::target::{Broken, Outcome, Target, shape};

/// A case is a seed.
pub struct Intrinsics;

impl Target for Intrinsics {
    fn seeds(&self) -> Vec<Vec<u8>> {
        (0..20_u8).map(|byte| vec![byte]).collect()
    }

    fn make(&self, random: &mut Random) -> Option<Vec<u8>> {
        Some(random.next().to_le_bytes().to_vec())
    }

    fn longest(&self) -> usize {
        8
    }

    fn bound(&self) -> Duration {
        Duration::from_secs(2)
    }

    fn run(&mut self, case: &[u8]) -> Result<Outcome, Broken> {
        let mut random = Random::new(hash(case));
        let made = template(&mut random);
        let text = if random.once_in(3) { made.to_string() } else { yaml(&made, &mut random) };
        let region = random.once_in(2).then_some("eu-west-1");
        let given = [Some(("Given", "ssm")), region.map(|region| ("AWS::Region", region))];
        let given: BTreeMap<_, _> =
            given.into_iter().flatten().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let read = Template::parse("template.yaml".into(), &text, given)
            .map_err(|error| format!("it is not read: {error}\n{text}"))?;
        let functions = read.functions();
        let mut outcome = String::new();
        for number in 0..3 {
            let stack = Stack { template: &made, number, region };
            holds(&stack, functions.first(), &mut outcome)
                .map_err(|why| format!("{why}, deployment {number}\n{text}"))?;
        }
        Ok(outcome)
    }
}

fn holds(stack: &Stack<'_>, function: Option<&Function>, outcome: &mut String) -> Result<(), Broken> {
    let resource = &stack.template["Resources"]["F"];
    let deployed = match resource["Condition"].as_str() {
        Some(name) => stack.condition(name),
        None => Some(true),
    };
    let Some(function) = function else {
        return if deployed == Some(true) {
            Err("it is deployed, and said not to be".into())
        } else {
            Ok(())
        };
    };
    if deployed != Some(true) {
        return Ok(());
    }
    let globals = &stack.template["Globals"]["Function"];
    for name in VARIABLES {
        let variable = |of: &'_ Value| of["Environment"]["Variables"].get(*name).cloned();
        let Some(written) = variable(&resource["Properties"]).or_else(|| variable(globals)) else {
            if function.variables.iter().any(|(there, _)| there == name) {
                return Err(format!("{name} is set by nobody"));
            }
            continue;
        };
        let said = function.variables.iter().find(|(there, _)| there == name).map(|(_, setting)| setting);
        *outcome += match said {
            None => "-",
            Some(Setting::Known(_)) => "k",
            Some(Setting::Unknown(unknown)) if unknown.prefix.is_empty() => "u",
            Some(Setting::Unknown(_)) => "p",
        };
        // What does not deploy may be said to be anything.
        match (stack.value(&written), said) {
            (Some(Deployed::Text(text)), said) => {
                if let Some(text) = stack.resolved(&text) {
                    is_said(stack, name, &text, said)?;
                }
            }
            (Some(Deployed::Absent), Some(setting)) if !matches!(setting, Setting::Unknown(_)) => {
                return Err(format!("{name} is not set, and said to be {setting:?}"));
            }
            _ => {}
        }
        if let Some(Setting::Unknown(unknown)) = said {
            *outcome += &shape(&unknown.why).chars().take(12).collect::<String>();
        }
    }
    Ok(())
}

fn is_said(stack: &Stack<'_>, name: &str, text: &str, said: Option<&Setting>) -> Result<(), Broken> {
    let holds = match said {
        Some(Setting::Known(known)) => known == text,
        Some(Setting::Unknown(unknown)) => {
            // How a dynamic reference begins is no beginning of its value; nor is what may come to be one.
            let prefix = unknown.prefix.split("{{resolve:").next().unwrap_or_default();
            let half = (1..10).rev().find_map(|length| prefix.strip_suffix(&"{{resolve:"[..length]));
            let prefix = half.unwrap_or(prefix);
            let is_reference = matches!(scheme(text), Some(Ok(_)));
            let is_of_resource =
                |resource: &String| stack.names(resource).iter().any(|own| text.ends_with(own));
            text.starts_with(prefix)
                && !(is_reference && is_no_reference(name, unknown))
                && unknown.resource.as_ref().is_none_or(is_of_resource)
        }
        None => false,
    };
    if holds { Ok(()) } else { Err(format!("{name} is {text:?}, and said to be {said:?}")) }
}

/// What comes of an expression.
#[derive(Clone, Debug, PartialEq)]
enum Deployed {
    Absent,
    Text(String),
    List(Vec<String>),
}

/// One deployment.
struct Stack<'a> {
    template: &'a Value,
    number: usize,
    region: Option<&'static str>,
}

impl Stack<'_> {
    /// `None` where CloudFormation refuses, or does something of its own.
    fn value(&self, expression: &Value) -> Option<Deployed> {
        let (name, argument) = match expression {
            Value::String(text) => return Some(Deployed::Text(text.clone())),
            Value::Array(items) => {
                return items.iter().map(|item| self.text(item)).collect::<Option<_>>().map(Deployed::List);
            }
            Value::Object(entries) => entries.iter().next()?,
            _ => return None,
        };
        let text = match (name.as_str(), argument) {
            ("Ref", Value::String(name)) => return self.reference(name),
            ("Fn::Sub", Value::String(text)) => self.substitute(text, &Value::Null)?,
            ("Fn::Sub", Value::Array(items)) => self.substitute(items[0].as_str()?, &items[1])?,
            ("Fn::Join", Value::Array(items)) => self.list(&items[1])?.join(items[0].as_str()?),
            ("Fn::Select", Value::Array(items)) => {
                self.list(&items[1])?.get(self.text(&items[0])?.parse::<usize>().ok()?)?.clone()
            }
            ("Fn::Split", Value::Array(items)) => {
                let (delimiter, text) =
                    (items[0].as_str().filter(|text| !text.is_empty())?, self.text(&items[1])?);
                return Some(Deployed::List(text.split(delimiter).map(str::to_string).collect()));
            }
            ("Fn::FindInMap", Value::Array(items)) => {
                let found =
                    self.template["Mappings"].get(self.text(&items[0])?)?.get(self.text(&items[1])?)?;
                return self.value(found.get(self.text(&items[2])?)?);
            }
            ("Fn::If", Value::Array(items)) => {
                let holds = self.condition(items[0].as_str()?)?;
                return self.value(&items[if holds { 1 } else { 2 }]);
            }
            ("Fn::GetAtt", Value::Array(path)) => self.attribute(path[0].as_str()?, path[1].as_str()?)?,
            ("Fn::ImportValue", export) => self.text(export).map(|export| self.anybodys(&export))?,
            ("Fn::Base64", text) => base64::prelude::BASE64_STANDARD.encode(self.text(text)?),
            _ => return None,
        };
        Some(Deployed::Text(text))
    }

    fn text(&self, expression: &Value) -> Option<String> {
        match self.value(expression)? {
            Deployed::Text(text) => Some(text),
            Deployed::Absent | Deployed::List(_) => None,
        }
    }

    fn list(&self, expression: &Value) -> Option<Vec<String>> {
        match self.value(expression)? {
            Deployed::List(items) => Some(items),
            Deployed::Absent | Deployed::Text(_) => None,
        }
    }

    /// Some text that nothing is known of.
    fn anybodys(&self, name: &str) -> String {
        match self.number {
            0 => format!("{}-0", name.to_lowercase()),
            1 => format!("ssm:/{name}"),
            _ => String::new(),
        }
    }

    fn region(&self) -> &'static str {
        self.region.unwrap_or(["eu-west-1", "cn-north-1", "us-gov-west-1"][self.number])
    }

    fn reference(&self, name: &str) -> Option<Deployed> {
        let text = match name {
            "AWS::NoValue" => return Some(Deployed::Absent),
            "AWS::Region" => self.region().into(),
            "AWS::Partition" => match self.region() {
                "eu-west-1" => "aws".into(),
                "cn-north-1" => "aws-cn".into(),
                _ => "aws-us-gov".into(),
            },
            "AWS::URLSuffix" if self.region() == "cn-north-1" => "amazonaws.com.cn".into(),
            "AWS::URLSuffix" => "amazonaws.com".into(),
            "AWS::StackName" => format!("stack-{}", self.number),
            "Known" => "prod".into(),
            "Given" => "ssm".into(),
            "Dynamic" => "ssm:{{resolve:ssm:/default}}".into(),
            "Asked" | "Stored" | "Custom" => self.anybodys(name),
            "Names" => return Some(Deployed::List(vec!["x".into(), "ssm:/y".into(), "z".into()])),
            "AskedNames" => return Some(Deployed::List(vec![self.anybodys("one"), self.anybodys("two")])),
            "Param" => "/app/prod".into(),
            "Queue" => format!("https://sqs.{}.amazonaws.com/1/stack-Queue-{}", self.region(), self.number),
            "Nameless" => format!("CFN-Nameless-{}", self.number),
            _ => return None,
        };
        Some(Deployed::Text(text))
    }

    fn attribute(&self, resource: &str, attribute: &str) -> Option<String> {
        match (resource, attribute) {
            ("Queue", "Arn") => Some(format!("arn:aws:sqs:{}:1:stack-Queue-{}", self.region(), self.number)),
            ("Param", "Type") => Some("String".into()),
            ("Param", "Value") | ("Custom", "x") => Some(self.anybodys(attribute)),
            _ => None,
        }
    }

    /// What a resource is called, and all its attributes.
    fn names(&self, resource: &str) -> Vec<String> {
        let attributes =
            ["Arn", "x", "Value", "Type"].into_iter().filter_map(|name| self.attribute(resource, name));
        let own = match self.reference(resource) {
            Some(Deployed::Text(name)) => Some(name),
            _ => None,
        };
        attributes.chain(own).collect()
    }

    fn substitute(&self, text: &str, own: &Value) -> Option<String> {
        let (mut substituted, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}')?;
            substituted += before;
            rest = after;
            substituted += &match (name.strip_prefix('!'), own.get(name), name.split_once('.')) {
                (Some(literal), ..) => format!("${{{literal}}}"),
                (None, Some(expression), _) => self.text(expression)?,
                (None, None, Some((resource, attribute))) => self.attribute(resource, attribute)?,
                (None, None, None) => match self.reference(name)? {
                    Deployed::Text(text) => text,
                    Deployed::Absent | Deployed::List(_) => return None,
                },
            };
        }
        Some(substituted + rest)
    }

    fn condition(&self, name: &str) -> Option<bool> {
        self.holds(&self.template["Conditions"][name])
    }

    fn holds(&self, condition: &Value) -> Option<bool> {
        let (function, argument) = condition.as_object()?.iter().next()?;
        if function == "Condition" {
            return self.condition(argument.as_str()?);
        }
        let items = argument.as_array()?;
        match function.as_str() {
            "Fn::Equals" => {
                let (one, other) = (self.text(&items[0])?, self.text(&items[1])?);
                let dynamic = one.contains("{{resolve:") || other.contains("{{resolve:");
                (!dynamic).then_some(one == other)
            }
            "Fn::Not" => self.holds(&items[0]).map(|holds| !holds),
            "Fn::And" => {
                items.iter().map(|item| self.holds(item)).try_fold(true, |all, one| Some(all & one?))
            }
            "Fn::Or" => {
                items.iter().map(|item| self.holds(item)).try_fold(false, |any, one| Some(any | one?))
            }
            _ => None,
        }
    }

    /// With what stands for its dynamic references, once all else is done.
    fn resolved(&self, text: &str) -> Option<String> {
        let (mut resolved, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once("{{resolve:") {
            let (inside, after) = after.split_once("}}")?;
            resolved += before;
            resolved += &self.anybodys(inside);
            rest = after;
        }
        Some(resolved + rest)
    }
}
