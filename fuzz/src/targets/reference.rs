//! References and lists. Any text is a reference, one fault, or none of ours; what is printed of a reference means the
//! same; the text of a default is told nowhere.

use std::borrow::Cow;

use vestry::declare::{Declaration, Origin, Store, grammar, list};

use crate::seeds;
use crate::target::{Broken, CANARY, Outcome, Target, says_nothing, shape, text};

pub struct Reference;

impl Target for Reference {
    fn seeds(&self) -> Vec<Vec<u8>> {
        seeds::texts(&[
            "ssm:/prod/db/password",
            "ssm:/prod/db:3",
            "ssm:/prod/db:live#key",
            "ssm:/prod/*?optional",
            "ssm:arn:aws:ssm:eu-west-1:123456789012:parameter/prod/db:3#/a/0/b~1c?optional&default=x%20y",
            "secretsmanager:prod/db#password?stage=AWSPREVIOUS&version=2&decode=base64",
            "secretsmanager:arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf:key:AWSCURRENT:v",
            "secretsmanager:prod/stripe#*",
            "secretmanager:prod/stripe",
            "smm:/prod/x",
            "/prod/db/password, /prod/flags/*\nNAME=/prod/x:3#k?default=",
            "prod/stripe, STRIPE_KEY=prod/stripe#key?default=a&optional, KEY=prod/x#/a?decode=base64",
            "https://example.com/?default=x",
        ])
    }

    fn words(&self) -> &'static [&'static str] {
        &[
            "ssm:",
            "secretsmanager:",
            "arn:",
            "arn:aws:ssm:",
            ":parameter/",
            ":secret:",
            "?optional",
            "?default=",
            "&default=",
            "default",
            "stage=",
            "version=",
            "decode=base64",
            "#*",
            "#/",
            "/*",
            ":3",
            ":live",
            "NAME=",
            "~0",
            "~1",
            "%41",
            "%26",
            "%25",
            "stage=a%26b",
            "LD_PRELOAD=",
            "PATH",
            "aws-cn",
            "us-gov-west-1",
            "123456789012",
        ]
    }

    fn run(&mut self, case: &[u8]) -> Result<Outcome, Broken> {
        let case = text(case);
        let text = with_canary(&case);
        let mut outcome = String::new();
        match grammar::scheme(&text) {
            None => outcome.push('-'),
            Some(Err(fault)) => outcome += &told(&fault)?,
            Some(Ok((store, rest))) => outcome += &one(store, rest, grammar::reference(store, rest))?,
        }
        for (store, setting) in list::LISTS {
            says_nothing(&grammar::shown(store, &text))?;
            // Only what stands behind an entry's own `?` is a default.
            for (entry, text) in list::entries(&case) {
                let text = with_canary(text);
                let declared = list::declaration(store, Origin::List { setting, entry }, &text);
                let named = declared.as_ref().ok().and_then(|declaration| declaration.name.clone());
                if named.is_some_and(|name| !vestry::declare::names::is_valid(&name)) {
                    return Err("a name that no variable can have".into());
                }
                let rest = text.split_once('=').filter(|(name, _)| !name.contains(['/', ':', '#', '?']));
                let rest = rest.map_or(text.as_ref(), |(_, rest)| rest);
                outcome += &one(store, rest, declared.map(|Declaration { reference, .. }| reference))?;
            }
        }
        Ok(outcome.chars().take(200).collect())
    }
}

/// The canary as the text of every default.
fn with_canary(text: &str) -> Cow<'_, str> {
    match text.split_once('?') {
        Some((locator, options)) if options.contains("default=") => {
            let options = options.split('&').map(|option| match option.strip_prefix("default=") {
                Some(text) => format!("default={CANARY}{text}"),
                None => option.into(),
            });
            format!("{locator}?{}", options.collect::<Vec<_>>().join("&")).into()
        }
        _ => text.into(),
    }
}

fn told(fault: &grammar::Fault) -> Result<Outcome, Broken> {
    says_nothing(&format!("{} {} {fault:?}", fault.why, fault.advice))?;
    Ok(shape(&fault.why))
}

fn one(
    store: Store,
    text: &str,
    read: Result<vestry::declare::Reference, grammar::Fault>,
) -> Result<Outcome, Broken> {
    let reference = match read {
        Ok(reference) => reference,
        Err(fault) => return told(&fault),
    };
    let shown = reference.to_string();
    says_nothing(&format!("{shown} {reference:?}"))?;
    let outcome = format!(
        "{:?} {:?} {} {} {}",
        store,
        std::mem::discriminant(&reference.key),
        reference.source.tree,
        reference.source.selector.is_none(),
        reference.source.arn.is_some()
    );
    // The text of a default is not printed.
    if reference.default.is_some() {
        return Ok(outcome);
    }
    let Some(Ok((again, rest))) = grammar::scheme(&shown) else {
        return Err(format!("{text:?} is printed as {shown:?}, which is no reference"));
    };
    match grammar::reference(again, rest) {
        Ok(same) if same.source == reference.source && same.key == reference.key && again == store => {
            Ok(outcome)
        }
        Ok(other) => Err(format!("{text:?} is printed as {shown:?}, which means {other:?}")),
        Err(fault) => Err(format!("{text:?} is printed as {shown:?}: {}", fault.why)),
    }
}
