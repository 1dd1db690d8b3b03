//! Policies as Terraform's `aws_iam_policy_document`, with data sources for the function's own region and account.

use std::fmt::Write as _;

use crate::iam::{Condition, Document, Resource, ResourceArn, Statement, Value};

const PARTITION: &str = "${data.aws_partition.current.partition}";
const REGION: &str = "${data.aws_region.current.name}";
const ACCOUNT: &str = "${data.aws_caller_identity.current.account_id}";

/// One document for each function, and the data sources that they use, once.
pub(super) fn file(documents: &[(Option<&str>, &Document)]) -> String {
    let bodies: Vec<String> = documents.iter().map(|(name, document)| policy(*name, document)).collect();
    let bodies = bodies.join("\n");
    let mut text = String::new();
    for (used, source) in
        [(PARTITION, "aws_partition"), (REGION, "aws_region"), (ACCOUNT, "aws_caller_identity")]
    {
        if bodies.contains(used) {
            let _ = writeln!(text, "data \"{source}\" \"current\" {{}}\n");
        }
    }
    text + &bodies
}

fn policy(name: Option<&str>, document: &Document) -> String {
    let name = name.map_or_else(|| "vestry".to_string(), |name| format!("vestry_{}", identifier(name)));
    let statements: Vec<String> = document.statements.iter().map(statement).collect();
    format!("data \"aws_iam_policy_document\" \"{name}\" {{\n{}}}\n", statements.join("\n"))
}

/// `OrdersApi` is `orders_api`.
fn identifier(name: &str) -> String {
    let mut text = String::new();
    let mut before = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && before {
            text.push('_');
        }
        before = c.is_ascii_lowercase() || c.is_ascii_digit();
        text.push(if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' });
    }
    text
}

fn statement(statement: &Statement) -> String {
    let mut text = format!("  statement {{\n    sid    = \"{}\"\n    effect = \"Allow\"\n", statement.sid);
    let resources: Vec<_> = statement.resources.iter().map(resource).collect();
    text.push('\n');
    assign(&mut text, "    ", &[("actions", vec![statement.action.to_string()]), ("resources", resources)]);
    for condition in &statement.conditions {
        text.push_str(&of_condition(condition));
    }
    text + "  }\n"
}

fn of_condition(condition: &Condition) -> String {
    let mut text = format!(
        "\n    condition {{\n      test     = \"{}\"\n      variable = \"{}\"\n",
        condition.operator(true),
        condition.key
    );
    let values: Vec<_> = condition.values.iter().map(value).collect();
    match values.as_slice() {
        [one] => text.push_str(&format!("      values   = [\"{one}\"]\n")),
        _ => assign(&mut text, "      ", &[("values", values)]),
    }
    text + "    }\n"
}

/// As `terraform fmt` has it: what takes one line is aligned with its neighbour that does.
fn assign(text: &mut String, indent: &str, lists: &[(&str, Vec<String>)]) {
    let short = lists.iter().all(|(_, values)| values.len() == 1);
    let width = lists.iter().map(|(name, _)| name.len()).max().filter(|_| short).unwrap_or(0);
    for (name, values) in lists {
        if let [one] = values.as_slice() {
            let _ = writeln!(text, "{indent}{name:width$} = [\"{one}\"]");
            continue;
        }
        let _ = writeln!(text, "{indent}{name} = [");
        for value in values {
            let _ = writeln!(text, "{indent}  \"{value}\",");
        }
        let _ = writeln!(text, "{indent}]");
    }
}

fn resource(resource: &Resource) -> String {
    match resource {
        Resource::Arn(arn) => of_arn(arn),
        Resource::Written(arn) => arn.clone(),
        Resource::Any => "*".into(),
    }
}

fn value(value: &Value) -> String {
    match value {
        Value::Arn(arn) => of_arn(arn),
        Value::Via { service, region } => {
            format!("{service}.{}.amazonaws.com", region.as_deref().unwrap_or(REGION))
        }
    }
}

fn of_arn(arn: &ResourceArn) -> String {
    arn.text(PARTITION, REGION, ACCOUNT)
}
