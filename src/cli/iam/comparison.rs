//! What a role lacks and has besides, for a person.

use super::super::plain;
use crate::iam::Comparison;
use crate::template::{Makes, OWN_ACCOUNT, OWN_REGION};

const KEYS_UNJUDGED: &str = "whether it may decrypt was not judged: kms:Decrypt is needed where a value is under a key of \
                             your own, which --key ARN names (--no-kms: there is none)";

pub(super) fn text(name: &str, comparison: &Comparison, made: &Makes) -> String {
    let mut text = String::new();
    // Whatever a template has in it, a line is a line.
    let mut line = |what: &str| text.push_str(&format!("{}\n", plain::line(&format!("{name}: {what}"))));
    for missing in &comparison.missing {
        let without = match (missing.action.as_str(), &missing.denied_by) {
            ("secretsmanager:BatchGetSecretValue", _) => {
                " (without it, secrets are fetched one by one)".into()
            }
            (_, Some(source)) => format!(" (denied by {source})"),
            (_, None) if !comparison.unknown.is_empty() => " (unless what is not looked at allows it)".into(),
            _ => String::new(),
        };
        line(&format!("missing: {} on {}{without}", missing.action, shown(&missing.resource, made)));
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
    let fits =
        comparison.missing.is_empty() && comparison.superfluous.is_empty() && comparison.unknown.is_empty();
    match (fits, comparison.keys_unjudged) {
        (true, true) => line(&format!("its role has what INIT needs, and no more; {KEYS_UNJUDGED}")),
        (true, false) => line("its role has what INIT needs, and no more"),
        (false, true) => line(KEYS_UNJUDGED),
        (false, false) => {}
    }
    text
}

/// In CloudFormation's words.
pub(super) fn shown(resource: &str, made: &Makes) -> String {
    made.shown(resource).replace(OWN_REGION, "${AWS::Region}").replace(OWN_ACCOUNT, "${AWS::AccountId}")
}
