//! From what was found to a manifest, and to what is said about the rest.

use super::dynamic::{self, Piece};
use super::found::{Found, Text, Twice, Variable};
use super::manifest::Manifest;
use super::sources::ENVIRONMENT;
use super::tool::{Asked, Tool};
use super::{chamber, habits, plain};
use crate::declare::compat::{self, Foreign};
use crate::declare::grammar::{self, Fault};
use crate::declare::{Reference, Store, names};

/// Of crypteia: what it holds is asked for by other variables.
const TREE: &str = "x-crypteia-ssm-path:";

/// What came of it.
#[derive(Default)]
pub(super) struct Translation {
    pub manifest: Manifest,
    /// What could not be translated.
    pub untranslated: Vec<Line>,
    /// What is worth a thought, though nothing is lost.
    pub notes: Vec<Line>,
    /// Variables that the manifest now has, and the environment may have no more.
    pub replaced: Vec<String>,
    /// How many variables are plain text, or Vestry's own.
    pub left: usize,
}

/// One thing that is said: where, of which variable, what. Never a value.
pub(super) struct Line {
    pub line: Option<usize>,
    pub variable: Option<String>,
    pub text: String,
}

pub(super) struct Rules<'a> {
    pub asked: Asked<'a>,
    /// Services of chamber that a person named.
    pub services: &'a [String],
    /// Whether the text around dynamic references is copied.
    pub copy_text: bool,
}

pub(super) fn translate(found: &Found, rules: &Rules<'_>) -> Translation {
    let tools = rules.asked.at_run_time();
    let foreign = Foreign::new(&tools, found.texts());
    // Its own settings say that the extension is there.
    let with_extension = rules.asked.names(Tool::AwsExtension) || found.names().any(habits::is_setting);
    let done = Translation::default();
    let mut translator = Translator { found, rules, foreign, with_extension, takes_json_apart: None, done };
    for (line, why) in &found.unread {
        translator.done.untranslated.push(Line { line: *line, variable: None, text: why.clone() });
    }
    for Twice { name, first, later } in &found.twice {
        let place = first.map_or(String::new(), |line| format!(" (line {line})"));
        let text = format!("stands there twice; this one counts, and not the one before{place}");
        translator.done.notes.push(Line { line: *later, variable: Some(name.clone()), text });
    }
    for variable in &found.variables {
        translator.variable(variable);
    }
    translator.services();
    translator.json();
    let mut done = translator.done;
    done.untranslated.sort_by_key(|line| line.line);
    done
}

struct Translator<'a> {
    found: &'a Found,
    rules: &'a Rules<'a>,
    foreign: Foreign<'a>,
    with_extension: bool,
    /// A tool that may have made several variables of a secret.
    takes_json_apart: Option<compat::Tool>,
    done: Translation,
}

impl Translator<'_> {
    fn variable(&mut self, variable: &Variable) {
        if variable.name.starts_with("VESTRY_") {
            self.done.left += 1;
            return;
        }
        match &variable.text {
            Text::Value(value) => self.value(variable, value),
            Text::ValueFrom(from) => self.value_from(variable, from),
            Text::Unknown { prefix, why } => self.unknown(variable, prefix, why),
        }
    }

    fn value(&mut self, variable: &Variable, value: &str) {
        if is_ours(value) {
            self.done.left += 1;
        } else if let Some((tool, claim)) = self.claim(variable, value) {
            if claim.is_ok() && tool == compat::Tool::SecretsInit {
                self.note(variable, "read as secrets-init reads it; where the code wants the ARN itself, take it out of the manifest");
            }
            if claim.as_ref().is_ok_and(|reference| reference.source.store == Store::SecretsManager)
                && matches!(tool, compat::Tool::AwsEnv | compat::Tool::SecretsInit)
            {
                self.takes_json_apart = Some(tool);
            }
            self.take(variable, claim);
        } else if self.rules.asked.has(Tool::Cloudformation)
            && let Some(pieces) = dynamic::pieces(value)
        {
            match pieces.and_then(|pieces| self.compose(variable, pieces)) {
                Ok(()) => self.replaced(&variable.name),
                Err(fault) => self.fault(variable, &fault),
            }
        } else if !self.habit(variable, value) {
            self.plain(variable, value);
        }
    }

    /// An ARN in `DB_SECRET_ARN` is what the code asks the AWS extension for, unless a person says otherwise.
    fn claim(&self, variable: &Variable, value: &str) -> Option<(compat::Tool, Result<Reference, Fault>)> {
        let asked = &self.rules.asked;
        let by_habit = asked.has(Tool::AwsExtension)
            && !asked.names(Tool::SecretsInit)
            && habits::of(&variable.name).is_some();
        let claim = self.foreign.claim(&variable.name, value)?;
        (claim.0 != compat::Tool::SecretsInit || !by_habit).then_some(claim)
    }

    /// One reference alone is that reference; with anything beside it, it is composed.
    fn compose(&mut self, variable: &Variable, pieces: Vec<Piece<'_>>) -> Result<(), Fault> {
        if !may_be_named(&variable.name) {
            return Err(no_name());
        }
        if let [Piece::Reference(reference)] = pieces.as_slice() {
            self.done.manifest.variable(&variable.name, reference);
            return Ok(());
        }
        let (mut text, mut parts) = (String::new(), Vec::new());
        for piece in pieces {
            match piece {
                Piece::Text(literal) if !self.rules.copy_text && !is_harmless(literal) => {
                    return Err(Fault {
                        why: "text stands around its references, and may be a secret, so it was not copied".into(),
                        advice: "run again with --copy-text if it is none, or compose it by hand: \"…${name}…\" with \
                                 the names of [references]"
                            .into(),
                    });
                }
                Piece::Text(literal) => text.push_str(&literal.replace("${", "$${")),
                Piece::Reference(_) if text.ends_with('$') => {
                    return Err(Fault {
                        why: "a $ stands before a reference".into(),
                        advice: "compose it by hand".into(),
                    });
                }
                Piece::Reference(reference) => {
                    let part = self.part(&variable.name, &parts);
                    text.push_str(&format!("${{{part}}}"));
                    parts.push((part, reference));
                }
            }
        }
        if grammar::scheme(&text).is_some() {
            return Err(Fault {
                why: "the text before its references begins as a reference of ours does".into(),
                advice: "write the whole name by hand".into(),
            });
        }
        self.done.manifest.composed(&variable.name, text, parts);
        Ok(())
    }

    /// What a part of a composed value is called: as nothing else is.
    fn part(&self, variable: &str, parts: &[(String, Reference)]) -> String {
        let mut name = format!("{}_{}", variable.to_ascii_lowercase(), parts.len() + 1);
        while self.done.manifest.refers_to(&name)
            || self.found.names().any(|there| there == name)
            || parts.iter().any(|(there, _)| *there == name)
        {
            name.push('_');
        }
        name
    }

    /// A task definition's: an ARN, with the suffix of ECS, or a parameter's name.
    fn value_from(&mut self, variable: &Variable, from: &str) {
        if !self.rules.asked.has(Tool::Ecs) {
            self.done.left += 1;
            return;
        }
        let store = match from.starts_with("arn:") && from.split(':').nth(2) == Some("secretsmanager") {
            true => Store::SecretsManager,
            false => Store::Ssm,
        };
        let claim = match from.chars().find(|c| "#?*".contains(*c)) {
            Some(bad) => Err(Fault {
                why: format!("its valueFrom has '{bad}' in it"),
                advice: "it is an ARN, or the name of a parameter".into(),
            }),
            None => grammar::reference(store, from),
        };
        self.take(variable, claim);
    }

    fn unknown(&mut self, variable: &Variable, prefix: &str, why: &str) {
        let is_dynamic = prefix.contains(dynamic::OPEN) && self.rules.asked.has(Tool::Cloudformation);
        // What is known of it is a claim, if a malformed one.
        let is_tree = prefix.starts_with(TREE) && self.rules.asked.has(Tool::Crypteia);
        let is_foreign = is_tree || self.foreign.claim(&variable.name, prefix).is_some();
        let is_habit = self.rules.asked.has(Tool::AwsExtension) && habits::of(&variable.name).is_some();
        if is_dynamic || is_foreign || (is_habit && self.with_extension) {
            let why = format!("only a deployment tells the whole of it: {why}");
            let advice = "write the reference by hand, with the whole name".into();
            self.fault(variable, &Fault { why, advice });
            return;
        }
        self.done.left += 1;
        if is_habit {
            self.note(variable, "only a deployment tells what it names; where the code asks for its value, declare it by hand");
        }
    }

    /// A name for the AWS extension: its value comes to another variable, because the code reads this one as a name.
    fn habit(&mut self, variable: &Variable, value: &str) -> bool {
        if !self.rules.asked.has(Tool::AwsExtension) {
            return false;
        }
        let name = &variable.name;
        if habits::is_setting(name) {
            self.note(variable, "a setting of the AWS extension; take it out with the extension");
            return true;
        }
        let Some(habit) = habits::of(name) else { return false };
        let Some(reference) = habit.reference(value, self.with_extension) else {
            return false;
        };
        let target = &habit.variable;
        if !may_be_named(target) {
            self.fault(variable, &no_name());
        } else if self.found.names().any(|there| there == target) || self.done.manifest.has(target) {
            let why = format!("its value would come to {target}, which is there already");
            let advice = "write it by hand, under another name".into();
            self.fault(variable, &Fault { why, advice });
        } else {
            self.done.manifest.variable(target, &reference);
            let told = format!(
                "the code asks the AWS extension for what it names; have it read the variable {target}"
            );
            self.note(variable, &told);
        }
        true
    }

    fn plain(&mut self, variable: &Variable, value: &str) {
        let name = variable.name.as_str();
        if value == chamber::PLACEHOLDER && self.rules.asked.has(Tool::Chamber) {
            if self.rules.services.is_empty() && self.found.services.is_empty() {
                let why = "chamber is to fill it in, and nothing says from which service".into();
                self.fault(variable, &Fault { why, advice: "name the services: --service NAME".into() });
            } else {
                self.replaced(name);
            }
        } else if name.starts_with("CHAMBER_") && self.rules.asked.has(Tool::Chamber) {
            self.note(variable, "a setting of chamber; take it out with chamber");
        } else if name == "LD_PRELOAD" && value.contains("libcrypteia") {
            self.note(
                variable,
                "crypteia's hook; take it out with crypteia, whatever else it loads may stay",
            );
        } else if value.starts_with(TREE) && self.rules.asked.has(Tool::Crypteia) {
            self.note(
                variable,
                "crypteia's tree: the variables that hold x-crypteia are translated; take this one out",
            );
        } else {
            self.done.left += 1;
            // A process is given its own credentials; in a file somebody wrote them down.
            let is_given = self.found.source == ENVIRONMENT && name.starts_with("AWS_");
            if !is_given && plain::is_likely_secret(name, value) {
                self.note(
                    variable,
                    "looks like a secret in plain text, and is left where it is; store it, and refer to it",
                );
            } else if self.rules.asked.has(Tool::AwsExtension)
                && habits::of(name).is_some_and(|_| !value.is_empty())
            {
                self.note(
                    variable,
                    "may name a secret, or be one; if it is a name, --from aws-extension reads it so",
                );
            }
        }
    }

    fn services(&mut self) {
        if !self.rules.asked.has(Tool::Chamber) {
            return;
        }
        let services: Vec<&String> = self.found.services.iter().chain(self.rules.services).collect();
        if services.is_empty() && self.rules.asked.names(Tool::Chamber) {
            let text =
                "no service of chamber is named; name them as chamber exec does: --service NAME".into();
            self.done.untranslated.push(Line { line: None, variable: None, text });
        }
        for service in &services {
            match chamber::tree(service, self.found) {
                Ok(reference) => self.done.manifest.tree(&reference),
                Err(fault) => {
                    let text = format!("the service {service} of chamber: {}; {}", fault.why, fault.advice);
                    self.done.untranslated.push(Line { line: None, variable: None, text });
                }
            }
        }
        if services.len() > 1 {
            let text = "with chamber the last service wins where two have one name; with Vestry that is an error, and \
                        the tree needs a prefix or a rename"
                .into();
            self.done.notes.push(Line { line: None, variable: None, text });
        }
    }

    fn json(&mut self) {
        let Some(tool) = self.takes_json_apart else { return };
        let text = format!(
            "{} takes a secret that is JSON apart; the manifest has it whole: write #* behind its reference for a variable \
             a key, #key for one of them",
            tool.as_str()
        );
        self.done.notes.push(Line { line: None, variable: None, text });
    }

    fn take(&mut self, variable: &Variable, claim: Result<Reference, Fault>) {
        match claim {
            Ok(_) if !may_be_named(&variable.name) => self.fault(variable, &no_name()),
            Ok(reference) => {
                self.done.manifest.variable(&variable.name, &reference);
                self.replaced(&variable.name);
            }
            Err(fault) => self.fault(variable, &fault),
        }
    }

    fn replaced(&mut self, name: &str) {
        self.done.replaced.push(name.into());
    }

    fn fault(&mut self, variable: &Variable, Fault { why, advice }: &Fault) {
        let text = if advice.is_empty() { why.clone() } else { format!("{why}; {advice}") };
        self.done.untranslated.push(Line {
            line: variable.line,
            variable: Some(variable.name.clone()),
            text,
        });
    }

    fn note(&mut self, variable: &Variable, text: &str) {
        let variable_name = Some(variable.name.clone());
        self.done.notes.push(Line { line: variable.line, variable: variable_name, text: text.into() });
    }
}

/// Whether a manifest takes the name.
fn may_be_named(name: &str) -> bool {
    let is_a_setting = name.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("VESTRY_"));
    names::is_valid(name) && !is_a_setting
}

fn no_name() -> Fault {
    Fault {
        why: "no variable of a manifest can have this name".into(),
        advice: "declare it by hand, under another name".into(),
    }
}

/// A reference that is Vestry's already.
fn is_ours(value: &str) -> bool {
    matches!(grammar::scheme(value), Some(Ok((store, rest))) if grammar::reference(store, rest).is_ok())
}

/// Nothing but what parts values from each other.
fn is_harmless(text: &str) -> bool {
    text.bytes().all(|b| b":/@?&=.,;|- ".contains(&b))
}
