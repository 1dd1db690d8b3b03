//! What a role lacks and has besides, for a person.

use crate::iam::Comparison;
use crate::template::{Makes, OWN_ACCOUNT, OWN_REGION};

pub(super) fn text(name: &str, comparison: &Comparison, made: &Makes) -> String {
    let mut text = String::new();
    // Whatever a template has in it, a line is a line.
    let mut line =
        |what: &str| text.push_str(&(format!("{name}: {what}").replace(char::is_control, " ") + "\n"));
    for (action, resource) in &comparison.missing {
        let without = match action.as_str() {
            "secretsmanager:BatchGetSecretValue" => " (without it, secrets are fetched one by one)",
            _ if !comparison.unknown.is_empty() => " (unless what is not looked at allows it)",
            _ => "",
        };
        line(&format!("missing: {action} on {}{without}", shown(resource, made)));
    }
    for unneeded in &comparison.superfluous {
        let what = if unneeded.too_wide { "superfluous, wider than INIT needs" } else { "superfluous" };
        line(&format!(
            "{what}: {} on {} ({})",
            unneeded.action,
            shown(&unneeded.resource, made),
            unneeded.source
        ));
    }
    for unknown in &comparison.unknown {
        line(&format!("not looked at: {}", shown(unknown, made)));
    }
    if comparison.missing.is_empty() && comparison.superfluous.is_empty() && comparison.unknown.is_empty() {
        line("its role has what INIT needs, and no more");
    }
    text
}

/// In CloudFormation's words.
pub(super) fn shown(resource: &str, made: &Makes) -> String {
    made.shown(resource).replace(OWN_REGION, "${AWS::Region}").replace(OWN_ACCOUNT, "${AWS::AccountId}")
}
