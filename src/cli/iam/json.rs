//! A policy document as IAM takes it.

use serde_json::{Map, Value, json};

use crate::iam::{Condition, Document, Resource, ResourceArn, Statement, Value as Held};

pub(super) fn policy(document: &Document) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": document.statements.iter().map(statement).collect::<Vec<_>>(),
    })
}

/// Whether anything in it is the function's own, without being known.
pub(super) fn has_own(document: &Document) -> bool {
    let own = |arn: &ResourceArn| arn.region.is_none() || arn.account.is_none();
    let mut resources = document.statements.iter().flat_map(|statement| &statement.resources);
    resources.any(|resource| matches!(resource, Resource::Arn(arn) if own(arn)))
}

fn statement(statement: &Statement) -> Value {
    let mut fields = json!({
        "Sid": statement.sid,
        "Effect": "Allow",
        "Action": statement.action,
        "Resource": one_or_all(statement.resources.iter().map(resource).collect()),
    });
    if !statement.conditions.is_empty() {
        fields["Condition"] = conditions(&statement.conditions);
    }
    fields
}

fn conditions(conditions: &[Condition]) -> Value {
    let mut operators: Map<String, Value> = Map::new();
    for condition in conditions {
        let values = condition.values.iter().map(value).collect();
        let keys = operators.entry(condition.operator(false)).or_insert_with(|| json!({}));
        keys[condition.key] = one_or_all(values);
    }
    Value::Object(operators)
}

fn one_or_all(mut texts: Vec<String>) -> Value {
    if texts.len() == 1 { json!(texts.remove(0)) } else { json!(texts) }
}

fn resource(resource: &Resource) -> String {
    match resource {
        Resource::Arn(arn) => text(arn),
        Resource::Written(arn) => arn.clone(),
        Resource::Any => "*".into(),
    }
}

fn value(value: &Held) -> String {
    match value {
        Held::Arn(arn) => text(arn),
        Held::Via { service, region } => {
            format!("{service}.{}.amazonaws.com", region.as_deref().unwrap_or("*"))
        }
    }
}

fn text(arn: &ResourceArn) -> String {
    arn.text("aws", "*", "*")
}
