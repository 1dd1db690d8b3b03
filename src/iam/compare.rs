//! What a role lacks, and what it has besides.

use super::needs::SUFFIX;
use super::policy::{Document, Resource};
use super::role::{Granted, Grants};
use crate::template::{OWN_ACCOUNT, OWN_REGION};

/// What is granted and INIT does not ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unneeded {
    pub action: String,
    pub resource: String,
    pub source: String,
    /// It covers what is needed, and more than that.
    pub too_wide: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Action and resource.
    pub missing: Vec<(String, String)>,
    pub superfluous: Vec<Unneeded>,
    /// What could not be looked at.
    pub unknown: Vec<String>,
}

/// Everything else in a role is the function's own affair.
const SERVICES: [&str; 4] = ["ssm", "secretsmanager", "kms", "sts"];

/// `needed` in the words of the stand-ins that the template was read with.
pub fn compare(needed: &Document, grants: &Grants) -> Comparison {
    let needs = needed.statements.iter().flat_map(|statement| {
        statement.resources.iter().map(|resource| (statement.action, written(resource)))
    });
    let needs: Vec<(&str, String)> = needs.collect();
    // Under the keys that AWS manages nothing of the kind is needed, and whose key it is the stores alone know.
    let required = needs.iter().filter(|(action, _)| *action != "kms:Decrypt" && !grants.elsewhere);
    let missing = required.filter(|need| !is_granted(need, &grants.statements));
    let missing = missing.map(|(action, resource)| (action.to_string(), resource.clone())).collect();
    let superfluous = grants.statements.iter().filter(|granted| granted.allow);
    let superfluous = superfluous.flat_map(|granted| unneeded(granted, &needs)).collect();
    Comparison { missing, superfluous, unknown: grants.unknown.clone() }
}

fn written(resource: &Resource) -> String {
    match resource {
        Resource::Arn(arn) => arn.text("aws", OWN_REGION, OWN_ACCOUNT),
        Resource::Written(arn) => arn.clone(),
        Resource::Any => "*".into(),
    }
}

fn is_granted((action, resource): &(&str, String), statements: &[Granted]) -> bool {
    let covers = |granted: &&Granted| {
        granted.actions.iter().any(|pattern| matches(&pattern.to_lowercase(), &action.to_lowercase()))
            && granted.resources.iter().any(|pattern| matches(pattern, resource) || is_it(pattern, resource))
    };
    let denied =
        statements.iter().filter(|granted| !granted.allow && !granted.conditional).any(|g| covers(&g));
    !denied && statements.iter().filter(|granted| granted.allow).any(|g| covers(&g))
}

fn unneeded(granted: &Granted, needs: &[(&str, String)]) -> Vec<Unneeded> {
    let mut found = Vec::new();
    for action in &granted.actions {
        let service = action.split(':').next().unwrap_or_default();
        if action != "*" && !SERVICES.contains(&service) {
            continue;
        }
        for resource in &granted.resources {
            let covered: Vec<_> = needs
                .iter()
                .filter(|(a, r)| matches(&action.to_lowercase(), &a.to_lowercase()) && overlap(resource, r))
                .collect();
            let exact = covered.iter().any(|(_, needed)| needed == resource) && !action.contains('*');
            // A key or secret that is named, a condition, a pattern that is itself needed: no wider than it has to be.
            let narrow = !action.contains('*') && (granted.conditional || !resource.contains('*'));
            if covered.is_empty() || !(exact || narrow) {
                found.push(Unneeded {
                    action: action.clone(),
                    resource: resource.clone(),
                    source: granted.source.clone(),
                    too_wide: !covered.is_empty(),
                });
            }
        }
    }
    found
}

/// A key is known by its ARN on one side and by the wildcard for all on the other.
fn overlap(granted: &str, needed: &str) -> bool {
    matches(granted, needed)
        || is_it(granted, needed)
        || (needed.contains(":key/") && matches(needed, granted))
}

/// A secret granted by its whole ARN, and needed by its name.
fn is_it(granted: &str, needed: &str) -> bool {
    needed.ends_with(SUFFIX) && !granted.contains(['*', '?']) && matches(needed, granted)
}

/// `*` any text, `?` any one character; those of `text` itself match only what covers them.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == text[t] || (*c == '?' && text[t] != '*') => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    p = at + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_what_is_narrower_than_it() {
        for (pattern, text, covers) in [
            ("*", "arn:aws:ssm:r:a:parameter/x", true),
            ("arn:*:parameter/prod/*", "arn:aws:ssm:r:a:parameter/prod/x", true),
            ("arn:*:parameter/prod/*", "arn:aws:ssm:r:a:parameter/prod", false),
            ("secret:db-??????", "secret:db-??????", true),
            ("secret:db-*", "secret:db-??????", true),
            ("secret:db-AbCdEf", "secret:db-??????", false),
            ("a?c", "a*c", false),
            ("ssm:get*", "ssm:getparameters", true),
            ("", "", true),
            ("**", "", true),
        ] {
            assert_eq!(matches(pattern, text), covers, "{pattern} {text}");
        }
    }
}
