//! A policy as `Policies:` of a function in a SAM template, with CloudFormation's words for its own region and account.

use std::fmt::Write as _;

use crate::declare::Store;
use crate::iam::{Condition, Document, Resource, ResourceArn, Value};
use crate::template::Made;

/// `name`: the function, where several are told apart.
pub(super) fn snippet(name: Option<&str>, document: &Document) -> String {
    let mut text = String::new();
    if let Some(name) = name {
        let _ = writeln!(text, "# {}", name.replace(char::is_control, " "));
    }
    if document.statements.is_empty() {
        return text + "Policies: []\n";
    }
    text.push_str("Policies:\n  - Version: \"2012-10-17\"\n    Statement:\n");
    for statement in &document.statements {
        let _ = writeln!(text, "      - Sid: {}", statement.sid);
        text.push_str("        Effect: Allow\n");
        let _ = writeln!(text, "        Action: {}", statement.action);
        list(&mut text, "        ", "Resource", statement.resources.iter().map(resource).collect());
        conditions(&mut text, &statement.conditions);
    }
    text
}

fn conditions(text: &mut String, conditions: &[Condition]) {
    if conditions.is_empty() {
        return;
    }
    text.push_str("        Condition:\n");
    for operator in ["StringEquals", "StringLike"] {
        let of_operator: Vec<_> = conditions.iter().filter(|c| c.operator(true) == operator).collect();
        if of_operator.is_empty() {
            continue;
        }
        let _ = writeln!(text, "          {operator}:");
        for condition in of_operator {
            list(text, "            ", condition.key, condition.values.iter().map(value).collect());
        }
    }
}

fn list(text: &mut String, indent: &str, name: &str, values: Vec<String>) {
    if let [one] = values.as_slice() {
        let _ = writeln!(text, "{indent}{name}: {one}");
        return;
    }
    let _ = writeln!(text, "{indent}{name}:");
    for value in values {
        let _ = writeln!(text, "{indent}  - {value}");
    }
}

fn resource(resource: &Resource) -> String {
    match resource {
        Resource::Arn(arn) => of_arn(arn),
        Resource::Written(arn) => format!("\"{arn}\""),
        Resource::Any => "\"*\"".into(),
    }
}

fn value(value: &Value) -> String {
    match value {
        Value::Arn(arn) => of_arn(arn),
        Value::Via { service, region: Some(region) } => format!("{service}.{region}.amazonaws.com"),
        Value::Via { service, region: None } => format!("!Sub \"{service}.${{AWS::Region}}.amazonaws.com\""),
    }
}

/// Nothing in the name of a parameter or secret means anything to `!Sub`.
fn of_arn(arn: &ResourceArn) -> String {
    let text = arn.text("${AWS::Partition}", "${AWS::Region}", "${AWS::AccountId}");
    let text = match &arn.made {
        // It is itself the ARN.
        Some(Made { store: Store::SecretsManager, expression, .. }) => {
            let function = if expression.contains('.') { "!GetAtt" } else { "!Ref" };
            return format!("{function} {expression}");
        }
        Some(parameter) => parameter.replaced(&text, &format!("${{{}}}", parameter.expression)),
        None => text,
    };
    if text.contains("${") { format!("!Sub \"{text}\"") } else { format!("\"{text}\"") }
}
