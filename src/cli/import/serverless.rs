//! `serverless.yml`: the variables of a function, with `${ssm:…}` as what it is, a reference that the deployment resolves.
//!
//! <https://www.serverless.com/framework/docs/providers/aws/guide/variables>: the stage is `${sls:stage}`, `${opt:stage}` or
//! `${self:provider.stage}`; `${self:…}` is another place of the file; a secret is
//! `${ssm:/aws/reference/secretsmanager/NAME}`. Everything else is known to a deployment only.

use std::collections::BTreeMap;

use super::super::Usage;
use super::dynamic;
use super::found::{Found, Text};
use crate::template::node::{Kind, Node};
use crate::template::yaml;

/// How often a value may lead to others: they can lead back to themselves.
const MOST_STEPS: usize = 64;
const LONGEST: usize = 64 << 10;
const SECRETS: &str = "/aws/reference/secretsmanager/";

/// A file of the framework, with the stage that it is read for.
pub(super) struct Serverless<'a> {
    source: &'a str,
    root: Node,
    stage: Option<&'a str>,
}

impl<'a> Serverless<'a> {
    /// None where it is another kind of file, or none that can be read.
    pub fn read(source: &'a str, text: &str, stage: Option<&'a str>) -> Option<Self> {
        let root = yaml::parse(text).ok()?;
        let is_one = root.get("provider").is_some() && root.get("Resources").is_none();
        is_one.then_some(Self { source, root, stage })
    }

    /// The functions by their names, in the order of the file: the one that is named, or all.
    pub fn functions(&self, named: Option<&str>) -> Result<Vec<(String, Found)>, Usage> {
        let there: Vec<(&str, &Node)> = self.root.entries("functions").collect();
        let names: Vec<&str> = there.iter().map(|(name, _)| *name).collect();
        if names.is_empty() {
            let why = "there is no mapping functions; those of other files are imported from there";
            return Err(Usage(format!("{}: {why}", self.source)));
        }
        if let Some(wanted) = named.filter(|wanted| !names.contains(wanted)) {
            let names = names.join(", ");
            return Err(Usage(format!("{} has no function {wanted}; it has {names}", self.source)));
        }
        let meant = there.into_iter().filter(|(name, _)| named.is_none_or(|wanted| wanted == *name));
        Ok(meant.map(|(name, function)| (name.to_string(), self.found(function))).collect())
    }

    /// The function's own variables take the place of the provider's.
    fn found(&self, function: &Node) -> Found {
        let mut found = Found::of(self.source);
        let mut variables: BTreeMap<&str, &Node> = BTreeMap::new();
        for environment in [self.root.get("provider"), Some(function)].map(|of| of?.get("environment")) {
            match environment.map(|node| &node.kind) {
                Some(Kind::Mapping(entries)) => {
                    variables.extend(entries.iter().map(|(name, value)| (name.as_str(), value)));
                }
                None | Some(Kind::Null) => {}
                Some(_) => {
                    let why =
                        "its variables stand elsewhere; import them with --env-file, or write them here";
                    found.unread.push((environment.and_then(line), why.into()));
                }
            }
        }
        let mut variables: Vec<_> = variables.into_iter().collect();
        variables.sort_by_key(|(_, node)| node.place.line);
        for (name, node) in variables {
            if let Some(text) = self.text(node) {
                found.add(name.into(), line(node), text);
            }
        }
        found
    }

    /// None for null, which takes the variable away.
    fn text(&self, node: &Node) -> Option<Text> {
        match &node.kind {
            Kind::Null => None,
            Kind::Text(text) => Some(self.value(text)),
            Kind::Call(..) | Kind::Sequence(_) | Kind::Mapping(_) => {
                let why = "the framework makes it when it deploys".into();
                Some(Text::Unknown { prefix: String::new(), why })
            }
        }
    }

    /// The text with each `${…}` replaced, the innermost first.
    fn value(&self, text: &str) -> Text {
        let mut text = text.to_string();
        for _ in 0..MOST_STEPS {
            // The last that begins has no other in it.
            let Some(start) = text.rfind("${") else { return Text::Value(text) };
            let Some(end) = text[start..].find('}').map(|end| start + end) else { break };
            let inside = &text[start + 2..end];
            match self.variable(inside) {
                Ok(known) if text.len() + known.len() < LONGEST => {
                    text.replace_range(start..=end, &known);
                }
                Ok(_) => break,
                Err(why) => {
                    let begins = if inside.starts_with("ssm") {
                        &text[..start + "${ssm".len()]
                    } else {
                        &text[..start]
                    };
                    return Text::Unknown { prefix: claimed(begins), why };
                }
            }
        }
        Text::Unknown { prefix: claimed(&text), why: "its variables cannot be followed".into() }
    }

    /// What stands between `${` and `}`; why it is not known.
    fn variable(&self, inside: &str) -> Result<String, String> {
        if inside.contains(',') && !is_stage(inside) {
            return Err("a variable has a fallback, which may be a secret and is not copied".into());
        }
        if is_stage(inside) {
            let unknown = || "the stage; give it with --stage".to_string();
            return self.stage.map(str::to_string).ok_or_else(unknown);
        }
        if let Some(rest) = inside.strip_prefix("ssm") {
            return reference(rest);
        }
        let place = inside.strip_prefix("self:").ok_or("a variable that only a deployment knows")?;
        let node = place.split('.').try_fold(&self.root, |node, key| node.get(key));
        let text = node.and_then(Node::text);
        text.map(str::to_string).ok_or_else(|| "what its self: leads to is no text of this file".into())
    }
}

fn is_stage(inside: &str) -> bool {
    let variable = inside.split(',').next().unwrap_or_default().trim();
    matches!(variable, "sls:stage" | "opt:stage" | "self:provider.stage")
}

/// What stands behind `ssm`, as CloudFormation would have it: both are resolved by a deployment.
fn reference(rest: &str) -> Result<String, String> {
    let Some(name) = rest.strip_prefix(':') else {
        return Err("its ssm(…) says a region, which a manifest has in a field of its own".into());
    };
    // The framework's former way to ask for the decrypted value.
    let name = name.strip_suffix("~true").unwrap_or(name);
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || "/._:-".contains(c)) {
        return Err("the name of its parameter has signs that no parameter's has".into());
    }
    let (service, name) = match name.strip_prefix(SECRETS) {
        Some(secret) => ("secretsmanager:", secret),
        None => ("ssm:", name),
    };
    Ok(format!("{}{service}{name}}}}}", dynamic::OPEN))
}

/// The beginning of a value, in which what only begins to be a reference is seen as one.
fn claimed(prefix: &str) -> String {
    prefix.replace("${ssm", &format!("{}ssm", dynamic::OPEN))
}

fn line(node: &Node) -> Option<usize> {
    Some(node.place.line).filter(|line| *line > 0)
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::tool::Asked;
    use super::super::translate::{Rules, translate};
    use super::*;

    const PIECES: [&str; 17] = [
        "${",
        "}",
        "ssm:",
        "ssm(eu-west-1):",
        "/a",
        "~true",
        "self:custom.a",
        "${self:custom.a}",
        "${self:custom.b}",
        "${ssm:/a}",
        "/${sls:stage}",
        ", ",
        "env:X",
        ":",
        "bref-ssm:",
        "\\",
        CANARY,
    ];
    /// No name can have it in it.
    const CANARY: &str = "c4n4ry up3r!";

    /// What is written of a function whose variable is of these pieces.
    fn imported(pieces: [&str; 3]) -> String {
        let value = serde_json::Value::from(pieces.concat());
        let text = format!(
            "provider: {{environment: {{A: {value}}}}}\ncustom: {{a: {value}, b: '${{ssm:/b}}'}}\nfunctions: {{f: {{}}}}\n"
        );
        let file = Serverless::read("serverless.yml", &text, Some("prod")).expect("one");
        let functions = file.functions(None).unwrap_or_else(|_| panic!("no function in {text}"));
        let rules = Rules { asked: Asked(&[]), services: &[], copy_text: false };
        let translation = translate(&functions[0].1, &rules);
        let told = translation.untranslated.iter().chain(&translation.notes).map(|line| line.text.as_str());
        assert!(!told.collect::<String>().contains(CANARY), "{text}");
        translation.manifest.text("serverless.yml", Format::Toml)
    }

    #[test]
    fn whatever_stands_there_it_is_followed_or_told_and_no_secret_is_copied() {
        let mut written = 0;
        for one in PIECES {
            for two in PIECES {
                for three in PIECES {
                    let text = imported([one, two, three]);
                    assert!(!text.contains(CANARY), "{text}");
                    written += usize::from(text.contains("A = "));
                }
            }
        }
        assert!(written > 50, "only {written} were written");
    }
}
