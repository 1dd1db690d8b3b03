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
    pub missing: Vec<Missing>,
    pub superfluous: Vec<Unneeded>,
    /// What could not be looked at.
    pub unknown: Vec<String>,
    /// Whether `kms:Decrypt` may be needed, and nothing says on which key.
    pub keys_unjudged: bool,
}

/// What is needed and not granted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Missing {
    pub action: String,
    pub resource: String,
    /// Where a statement denies it, if one does.
    pub denied_by: Option<String>,
}

/// What is known of the keys that the values are encrypted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys<'a> {
    Unknown,
    /// AWS manages them all.
    OfAws,
    /// ARNs.
    Own(&'a [String]),
}

/// Everything else in a role is the function's own affair.
const SERVICES: [&str; 4] = ["ssm", "secretsmanager", "kms", "sts"];

const DECRYPT: &str = "kms:Decrypt";

/// `needed` in the words of the stand-ins that the template was read with.
pub fn compare(needed: &Document, grants: &Grants, keys: Keys<'_>) -> Comparison {
    let needs = needed.statements.iter().flat_map(|statement| {
        statement.resources.iter().map(|resource| (statement.action, written(resource)))
    });
    let mut needs: Vec<(&str, String)> = needs.collect();
    let decrypts = needs.iter().any(|(action, _)| *action == DECRYPT);
    // Of a role from elsewhere nobody knows what it has.
    let missing = if grants.elsewhere { Vec::new() } else { missing(&needs, &grants.statements, keys) };
    if let Keys::Own(keys) = keys
        && decrypts
    {
        needs.extend(keys.iter().map(|key| (DECRYPT, key.clone())));
    }
    let superfluous = grants.statements.iter().filter(|granted| granted.allow);
    let superfluous = superfluous.flat_map(|granted| unneeded(granted, &needs)).collect();
    let keys_unjudged = decrypts && keys == Keys::Unknown && !grants.elsewhere;
    Comparison { missing, superfluous, unknown: grants.unknown.clone(), keys_unjudged }
}

fn missing(needs: &[(&str, String)], statements: &[Granted], keys: Keys<'_>) -> Vec<Missing> {
    let mut missing = Vec::new();
    let mut tell = |action: &str, resource: &str, denied_by: Option<String>| {
        let one = Missing { action: action.into(), resource: resource.into(), denied_by };
        if !missing.contains(&one) {
            missing.push(one);
        }
    };
    for (action, resource) in needs {
        match keys {
            Keys::Own(keys) if *action == DECRYPT => {
                for key in keys {
                    if let Err(denied_by) = is_granted(action, key, statements) {
                        tell(action, key, denied_by);
                    }
                }
            }
            // Under the keys that AWS manages nothing of the kind is needed, and whose key it is the stores alone know;
            // a denial takes away what there is.
            _ if *action == DECRYPT => {
                for (denied, pattern) in denials(statements, resource, keys == Keys::Unknown) {
                    tell(action, pattern, Some(denied.source.clone()));
                }
            }
            _ => {
                if let Err(denied_by) = is_granted(action, resource, statements) {
                    tell(action, resource, denied_by);
                }
            }
        }
    }
    missing
}

/// The statements that deny decryption under some key (`any`), or else under every one.
fn denials<'a>(
    statements: &'a [Granted],
    all_keys: &'a str,
    any: bool,
) -> impl Iterator<Item = (&'a Granted, &'a str)> {
    let denying = statements.iter().filter(|granted| is_denial(granted) && allows_action(granted, DECRYPT));
    denying.flat_map(move |granted| {
        let patterns = granted.resources.iter().map(String::as_str);
        let meant = move |pattern: &&str| covers(pattern, all_keys) || (any && pattern.contains(":kms:"));
        patterns.filter(meant).map(move |pattern| (granted, pattern))
    })
}

fn written(resource: &Resource) -> String {
    match resource {
        Resource::Arn(arn) => arn.text("aws", OWN_REGION, OWN_ACCOUNT),
        Resource::Written(arn) => arn.clone(),
        Resource::Any => "*".into(),
    }
}

/// Else where it is denied, if it is.
fn is_granted(action: &str, resource: &str, statements: &[Granted]) -> Result<(), Option<String>> {
    let is_meant = |granted: &&Granted| {
        allows_action(granted, action) && granted.resources.iter().any(|pattern| covers(pattern, resource))
    };
    if let Some(denied) = statements.iter().filter(|granted| is_denial(granted)).find(is_meant) {
        return Err(Some(denied.source.clone()));
    }
    if statements.iter().filter(|granted| granted.allow).any(|granted| is_meant(&granted)) {
        Ok(())
    } else {
        Err(None)
    }
}

/// What is denied under a condition is denied now and then, of which nothing here is known.
fn is_denial(granted: &Granted) -> bool {
    !granted.allow && !granted.conditional
}

fn allows_action(granted: &Granted, action: &str) -> bool {
    granted.actions.iter().any(|pattern| matches(&pattern.to_lowercase(), &action.to_lowercase()))
}

fn covers(pattern: &str, resource: &str) -> bool {
    matches(pattern, resource) || is_it(pattern, resource) || may_be_key(pattern, resource)
}

/// A key is named by its ARN, which a template has other words for: it may be any in the function's own region, and one
/// that the template makes may be any at all.
fn may_be_key(pattern: &str, key: &str) -> bool {
    let Some((before, id)) = pattern.split_once(":key/").filter(|_| key.contains(":kms:")) else {
        return false;
    };
    let id = if id.starts_with("${") { "*" } else { id };
    let before = before.replace(OWN_REGION, "*").replace(OWN_ACCOUNT, "*");
    matches(&format!("{before}:key/{id}"), key)
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
        || (needed.contains(":key/") && may_be_key(needed, granted))
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

    const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab";
    const OTHER: &str = "arn:aws:kms:eu-west-1:111122223333:key/9999abcd-12ab";

    fn role(statements: &[(bool, &str, &str)]) -> Grants {
        let granted = |(allow, action, resource): &(bool, &str, &str)| Granted {
            allow: *allow,
            actions: vec![action.to_string()],
            resources: vec![resource.to_string()],
            conditional: false,
            source: "P".into(),
        };
        Grants { statements: statements.iter().map(granted).collect(), ..Grants::default() }
    }

    fn needed() -> Document {
        let resources = vec![Resource::Written(format!("arn:aws:kms:{OWN_REGION}:{OWN_ACCOUNT}:key/*"))];
        let statement = |sid: &str| super::super::policy::Statement {
            sid: sid.into(),
            action: DECRYPT,
            resources: resources.clone(),
            conditions: Vec::new(),
        };
        Document { statements: vec![statement("ParameterKeys"), statement("SecretKeys")] }
    }

    /// What is missing: the resource, and whether it is denied.
    fn missing_of(statements: &[(bool, &str, &str)], keys: Keys<'_>) -> Vec<(String, bool)> {
        let missing = compare(&needed(), &role(statements), keys).missing;
        missing.into_iter().map(|missing| (missing.resource, missing.denied_by.is_some())).collect()
    }

    #[test]
    fn of_a_key_that_is_named_the_permission_is_required() {
        let keys = [KEY.to_string()];
        let lacks = |statements| missing_of(statements, Keys::Own(&keys));
        assert_eq!(lacks(&[]), [(KEY.into(), false)]);
        assert_eq!(lacks(&[(true, "kms:Decrypt", OTHER)]), [(KEY.into(), false)]);
        assert_eq!(lacks(&[(true, "kms:*", "*"), (false, "kms:decrypt", KEY)]), [(KEY.into(), true)]);
        let own = format!("arn:aws:kms:{OWN_REGION}:{OWN_ACCOUNT}:key/");
        for resource in [
            "*".into(),
            KEY.into(),
            format!("{own}*"),
            format!("{own}1234abcd-12ab"),
            format!("{own}${{Key}}"),
        ] {
            let role = [(true, "kms:Decrypt", resource.as_str())];
            assert_eq!(missing_of(&role, Keys::Own(&keys)), [], "{resource}");
        }
    }

    #[test]
    fn of_keys_that_nobody_names_a_denial_alone_is_told() {
        let judged = |statements| missing_of(statements, Keys::Unknown);
        assert_eq!(judged(&[]), []);
        assert_eq!(judged(&[(false, "kms:Decrypt", KEY)]), [(KEY.into(), true)]);
        assert_eq!(judged(&[(false, "*", "*")]), [("*".into(), true)]);
        assert_eq!(judged(&[(false, "kms:Encrypt", "*")]), []);
        assert_eq!(missing_of(&[(false, "kms:Decrypt", KEY)], Keys::OfAws), []);
        assert_eq!(missing_of(&[(false, "kms:Decrypt", "*")], Keys::OfAws), [("*".into(), true)]);
        let unjudged = |keys| compare(&needed(), &Grants::default(), keys).keys_unjudged;
        assert!(unjudged(Keys::Unknown) && !unjudged(Keys::OfAws) && !unjudged(Keys::Own(&[KEY.into()])));
    }
}
