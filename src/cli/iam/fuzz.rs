//! A door for `fuzz/`: what `vestry check` and `vestry iam` make of a template, without the stores and the terminal.

use clap::Parser as _;
use serde_json::Value;

use super::super::check::judge::declared;
use super::super::check::subject;
use super::{comparison, json, sam, terraform};
use crate::declare::Environment;
use crate::iam::{Home, Keys, compare, document, grants, needs};
use crate::template::{Function, Template};

#[derive(clap::Parser)]
struct Args {
    #[command(flatten)]
    subject: subject::Args,
}

pub struct Foreseen {
    /// Why it would not start, what is not known, and how its role differs.
    pub said: Vec<String>,
    /// The policy document, where its declarations are sound.
    pub policy: Option<Value>,
}

/// One of each function, in their order.
pub fn foresee(template: Template) -> Vec<Foreseen> {
    let args = Args::parse_from(["vestry"]);
    let template = template.with_made();
    let subjects = args.subject.subjects_of(Some(&template), &Environment::default()).unwrap_or_default();
    let functions = template.functions();
    subjects.iter().zip(&functions).map(|(subject, function)| of(subject, function, &template)).collect()
}

fn of(subject: &subject::Subject, function: &Function, template: &Template) -> Foreseen {
    let mut said: Vec<String> = subject.unknown.iter().map(ToString::to_string).collect();
    said.extend(subject.judgement.problems.iter().map(ToString::to_string));
    said.extend(subject.judgement.warnings.iter().cloned());
    let declared = match declared(subject) {
        Ok(declared) => declared,
        Err(refusal) => {
            said.extend(refusal.problems().iter().map(ToString::to_string));
            return Foreseen { said, policy: None };
        }
    };
    let document = document(&needs(&declared, &Home::default(), &subject.made).0, &[], true);
    let compared = compare(&document, &grants(function, template), Keys::Unknown);
    said.push(comparison::text(&function.id, &compared, &subject.made));
    said.push(sam::snippet(Some(&function.id), &document));
    let outside = document.outside().0;
    said.push(terraform::file(&[(Some(&function.id), &outside)]));
    Foreseen { said, policy: Some(json::policy(&outside)) }
}
