//! Templates out of intrinsic functions, as JSON has them; and the same as YAML with their short forms.

use serde_json::{Map, Value, json};

use crate::random::Random;

const TEXTS: &[&str] = &[
    "",
    "a",
    "ssm",
    ":",
    "/p",
    "ssm:/x",
    "secretsmanager:",
    "a,b",
    "${x}",
    "prod",
    "k",
    "0",
    "1",
    "7",
    "{{",
    "resolve:ssm:/j}}",
    "{{resolve:ssm:/d}}",
    "a-{{resolve:secretsmanager:s:SecretString:k}}-b",
];
/// What a condition may refer to, then what only a resource may.
const NAMES: &[&str] =
    &["Known", "Given", "Asked", "Stored", "Dynamic", "AWS::Region", "AWS::Partition", "AWS::StackName"];
const RESOURCES: &[&str] = &["Queue", "Custom", "Param", "Nameless", "AWS::NoValue"];
const LISTS: &[&str] = &["Names", "AskedNames"];
const SUB: &[&str] = &[
    "ssm:/",
    "a",
    "$",
    "{",
    "}",
    "${Known}",
    "${Given}",
    "${Asked}",
    "${!Literal}",
    "${v}",
    "${w}",
    "${AWS::Region}",
    "${AWS::URLSuffix}",
    "${Names}",
    "${Stored}",
    "{{resolve:ssm:/",
    "}}",
    "${",
];
const SUB_RESOURCES: &[&str] = &["${Queue}", "${Queue.Arn}", "${Custom.x}", "${Param}", "${Param.Value}"];
pub const CONDITIONS: &[&str] = &["Yes", "No", "Open", "Both", "Any", "Never", "Region", "Made"];
pub const VARIABLES: &[&str] = &["A", "B", "C", "SSM_PATH"];

/// One of a function with variables; `made` stands for the condition that is made, too.
pub fn template(random: &mut Random) -> Value {
    let mut resource = json!({
        "Type": "AWS::Serverless::Function",
        "Properties": {"Runtime": "python3.13", "Environment": {"Variables": variables(random)}}
    });
    if random.once_in(3) {
        resource["Condition"] = json!(random.pick(CONDITIONS));
    }
    json!({
        "Parameters": {
            "Known": {"Type": "String", "Default": "prod"},
            "Given": {"Type": "String", "Default": "other"},
            "Asked": {"Type": "String"},
            "Dynamic": {"Type": "String", "Default": "ssm:{{resolve:ssm:/default}}"},
            "Stored": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/stored"},
            "Names": {"Type": "CommaDelimitedList", "Default": "x, ssm:/y,z"},
            "AskedNames": {"Type": "List<String>"},
        },
        "Mappings": {"M": {"prod": {"k": "ssm:/m", "l": ["x", "y"]}, "ssm": {"k": "v", "l": []}}},
        "Conditions": {
            "Yes": {"Fn::Equals": [{"Ref": "Known"}, "prod"]},
            "No": {"Fn::Not": [{"Condition": "Yes"}]},
            "Open": {"Fn::Equals": [{"Ref": "Asked"}, "asked-0"]},
            "Both": {"Fn::And": [{"Condition": "Yes"}, {"Condition": "Open"}]},
            "Any": {"Fn::Or": [{"Condition": "Open"}, {"Condition": "Yes"}]},
            "Never": {"Fn::And": [{"Condition": "Open"}, {"Condition": "No"}]},
            "Region": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]},
            "Made": {"Fn::Equals": [text(random, 2, true), text(random, 2, true)]},
        },
        "Globals": {"Function": {"Environment": {"Variables": variables(random)}}},
        "Resources": {
            "Queue": {"Type": "AWS::SQS::Queue"},
            "Custom": {"Type": "Custom::Thing"},
            "Param": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": {"Fn::Sub": "/app/${Known}"}}},
            "Nameless": {"Type": "AWS::SSM::Parameter", "Properties": {"Value": "ssm:/v"}},
            "F": resource,
        }
    })
}

fn variables(random: &mut Random) -> Value {
    let names = VARIABLES.iter().filter(|_| random.below(2) == 0).collect::<Vec<_>>();
    names.into_iter().map(|name| (name.to_string(), text(random, 4, false))).collect::<Map<_, _>>().into()
}

/// What is meant to give a text. In a condition there are neither resources nor other conditions.
fn text(random: &mut Random, depth: usize, in_condition: bool) -> Value {
    let below = depth.saturating_sub(1);
    let names = if in_condition || random.below(2) == 0 { NAMES } else { RESOURCES };
    match random.below(if depth == 0 { 4 } else { 14 }) {
        0 | 1 => json!(random.pick(TEXTS)),
        2 | 3 => json!({"Ref": random.pick(names)}),
        4 | 5 => {
            let sub: String = (0..random.below(5))
                .map(|_| match random.once_in(3) && !in_condition {
                    true => *random.pick(SUB_RESOURCES),
                    false => *random.pick(SUB),
                })
                .collect();
            match random.below(2) {
                0 => json!({"Fn::Sub": sub}),
                _ => json!({"Fn::Sub": [sub, {"v": text(random, below, in_condition), "Known": "mine"}]}),
            }
        }
        6 | 7 => json!({"Fn::Join": [random.pick(&["", ",", "/", ":"]), list(random, below, in_condition)]}),
        8 => json!({"Fn::Select": [index(random, below, in_condition), list(random, below, in_condition)]}),
        9 => {
            let outer = if random.below(2) == 0 {
                json!({"Ref": "Known"})
            } else {
                text(random, below, in_condition)
            };
            json!({"Fn::FindInMap": ["M", outer, "k"]})
        }
        _ if in_condition => json!(random.pick(TEXTS)),
        10 | 11 => {
            let branches = (text(random, below, false), text(random, below, false));
            json!({"Fn::If": [random.pick(CONDITIONS), branches.0, branches.1]})
        }
        12 => {
            let of = random.pick(&[["Queue", "Arn"], ["Custom", "x"], ["Param", "Value"], ["Param", "Type"]]);
            json!({"Fn::GetAtt": of})
        }
        _ if random.once_in(2) => json!({"Fn::ImportValue": text(random, below, false)}),
        _ => json!({"Fn::Base64": text(random, below, false)}),
    }
}

fn index(random: &mut Random, depth: usize, in_condition: bool) -> Value {
    if random.once_in(4) {
        text(random, depth, in_condition)
    } else {
        json!(random.pick(&["0", "1", "2", "9"]))
    }
}

fn list(random: &mut Random, depth: usize, in_condition: bool) -> Value {
    match random.below(6) {
        0 => json!({"Ref": random.pick(LISTS)}),
        1 => json!({"Fn::Split": [random.pick(&[",", "/", ":", ""]), text(random, depth, in_condition)]}),
        2 => json!({"Fn::FindInMap": ["M", text(random, 0, in_condition), "l"]}),
        3 if !in_condition => {
            let lists = (list(random, depth.saturating_sub(1), false), json!({"Ref": "Names"}));
            json!({"Fn::If": [random.pick(CONDITIONS), lists.0, lists.1]})
        }
        _ => (0..random.below(4)).map(|_| text(random, depth, in_condition)).collect(),
    }
}

/// Flow style, some functions in their short form.
pub fn yaml(value: &Value, random: &mut Random) -> String {
    match value {
        Value::Object(entries) => {
            if let Some((tag, argument)) = short(entries).filter(|_| random.below(2) == 0) {
                return match (tag, argument) {
                    ("GetAtt", Value::Array(path)) if random.below(2) == 0 => {
                        let path: Vec<_> = path.iter().filter_map(Value::as_str).collect();
                        format!("!GetAtt {}", path.join("."))
                    }
                    _ => format!("!{tag} {}", yaml(argument, random)),
                };
            }
            let entries: Vec<_> = entries
                .iter()
                .map(|(name, value)| format!("{}: {}", json!(name), yaml(value, random)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| yaml(item, random)).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}

/// The tag and what it stands before, which has none of its own.
fn short(entries: &Map<String, Value>) -> Option<(&str, &Value)> {
    let (name, argument) = entries.iter().next().filter(|_| entries.len() == 1)?;
    let tag = match name.as_str() {
        "Ref" => name,
        "Condition" if argument.is_string() => name,
        name => name.strip_prefix("Fn::")?,
    };
    (!argument.is_object()).then_some((tag, argument))
}
