//! `?name=value&name`, values percent-decoded

use percent_encoding::percent_decode_str;

use super::{Fault, fault, parameter};
use crate::declare::reference::{Decode, Source, Store};
use crate::declare::suggest::nearest;

const NAMES: [&str; 5] = ["optional", "default", "stage", "version", "decode"];

#[derive(Default)]
pub struct Options {
    pub optional: bool,
    pub default: Option<Vec<u8>>,
    stage: Option<String>,
    version: Option<String>,
    pub decode: Option<Decode>,
}

impl Options {
    pub fn parse(text: Option<&str>) -> Result<Self, Fault> {
        let mut options = Self::default();
        let Some(text) = text else { return Ok(options) };
        let mut seen = Vec::new();
        for option in text.split('&') {
            let (name, value) = match option.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (option, None),
            };
            if seen.contains(&name) {
                return fault(format!("the option {name} is given twice"), "keep one of them");
            }
            seen.push(name);
            options.take(name, value)?;
        }
        Ok(options)
    }

    fn take(&mut self, name: &str, value: Option<&str>) -> Result<(), Fault> {
        match (name, value) {
            ("optional", None) => self.optional = true,
            ("optional", Some(_)) => return fault("the option optional takes no value", "write ?optional"),
            ("default", Some(text)) => self.default = Some(default_text(text)?),
            ("stage", Some(text)) => self.stage = Some(option_text("stage", text)?),
            ("version", Some(text)) => self.version = Some(option_text("version", text)?),
            ("decode", Some("base64")) => self.decode = Some(Decode::Base64),
            ("decode", _) => return fault("the option decode knows base64 only", "write ?decode=base64"),
            ("", None) => return fault("an option is missing after ? or &", "drop it, or write one"),
            (known, None) if NAMES.contains(&known) => {
                return fault(format!("the option {known} needs a value"), format!("write {known}=..."));
            }
            (unknown, _) => return unknown_option(unknown),
        }
        Ok(())
    }

    pub fn select(&self, source: &mut Source) -> Result<(), Fault> {
        select(source, self.stage.as_ref(), self.version.as_ref())
    }
}

/// What `stage=` and `version=` mean depends on the store.
pub fn select(source: &mut Source, stage: Option<&String>, version: Option<&String>) -> Result<(), Fault> {
    let twice = || fault("it names a version twice", "keep one of them");
    match (source.store, stage, version) {
        (Store::Ssm, Some(_), _) => {
            fault("parameters have no stages", "a label is written after the name: ssm:/path/name:label")
        }
        (Store::Ssm, None, Some(version)) => {
            if !source.selector.is_none() {
                return twice();
            }
            source.selector = parameter::selector(version)?;
            Ok(())
        }
        (Store::Ssm, None, None) => Ok(()),
        (Store::SecretsManager, stage, version) => {
            let selector = &mut source.selector;
            if (stage.is_some() && selector.stage.is_some())
                || (version.is_some() && selector.version.is_some())
            {
                return twice();
            }
            selector.stage = selector.stage.take().or_else(|| stage.cloned());
            selector.version = selector.version.take().or_else(|| version.cloned());
            Ok(())
        }
    }
}

/// A label, which only parameters have.
pub fn select_label(source: &mut Source, label: &str) -> Result<(), Fault> {
    if source.store == Store::SecretsManager {
        return fault("secrets have no labels", "a version of a secret is chosen by its stage");
    }
    if !source.selector.is_none() {
        return fault("it names a version twice", "keep one of them");
    }
    source.selector = parameter::selector(label)?;
    if source.selector.label.is_none() {
        return fault("this is no label but a version", "write it as version");
    }
    Ok(())
}

/// The name of an unknown option may be a piece of a default with an unescaped `&`: it is not quoted.
fn unknown_option(name: &str) -> Result<(), Fault> {
    if let Some((option, _)) = name.split_once('#')
        && NAMES.contains(&option)
    {
        return fault("the key stands after the options", format!("write #key before ?{option}"));
    }
    match nearest(name, NAMES) {
        Some(near) => fault("unknown option", format!("did you mean {near}?")),
        None => fault(
            "unknown option",
            format!("the options are {}; in a default write & as %26", NAMES.join(", ")),
        ),
    }
}

fn default_text(text: &str) -> Result<Vec<u8>, Fault> {
    let bytes = percent_decoded("default", text)?;
    if bytes.contains(&0) {
        return fault("the default has a NUL byte", "no variable can carry one");
    }
    Ok(bytes)
}

fn option_text(name: &str, text: &str) -> Result<String, Fault> {
    let decoded = String::from_utf8(percent_decoded(name, text)?);
    match decoded {
        Ok(text) if (1..=256).contains(&text.chars().count()) => Ok(text),
        _ => fault(
            format!("the option {name} has no usable value"),
            format!("write {name}=... with 1 to 256 characters"),
        ),
    }
}

fn percent_decoded(name: &str, text: &str) -> Result<Vec<u8>, Fault> {
    let broken = text.split('%').skip(1).any(|rest| {
        let hex = rest.as_bytes().get(..2);
        !hex.is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit))
    });
    if broken {
        return fault(format!("the option {name} has a % without two hex digits"), "write % as %25");
    }
    Ok(percent_decode_str(text).collect())
}
