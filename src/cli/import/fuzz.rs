//! Doors for `fuzz/`: what `vestry import` would write and say, without the files and the terminal.

use super::found::Text;
use super::{Asked, Found, Rules, dotenv, sources, task_definition, translate};
use crate::declare::manifest::Format;
use crate::template::Template;

pub struct Imported {
    /// The manifest.
    pub manifest: String,
    /// What could not be translated, and notes.
    pub said: Vec<String>,
    /// How many references were translated.
    pub count: usize,
}

/// Of a `.env`, and further variables.
pub fn env_file(text: &str, further: &[(&str, &str)], copy_text: bool) -> Imported {
    imported(dotenv::read(".env", text), further, copy_text)
}

/// Of a task definition of one container.
pub fn task_definition(text: &str, further: &[(&str, &str)]) -> Result<Imported, String> {
    let found = task_definition::read("task.json", text, None).map_err(|usage| usage.0)?;
    Ok(imported(found, further, false))
}

/// One of each function.
pub fn template(template: &Template, further: &[(&str, &str)]) -> Vec<Imported> {
    let functions = template.functions();
    let found = functions.iter().map(|function| sources::of_function(template, function));
    found.map(|found| imported(found, further, false)).collect()
}

fn imported(mut found: Found, further: &[(&str, &str)], copy_text: bool) -> Imported {
    for (name, value) in further {
        found.add((*name).into(), None, Text::Value((*value).into()));
    }
    let rules = Rules { asked: Asked(&[]), services: &[], copy_text };
    let translation = translate::translate(&found, &rules);
    let lines = translation.untranslated.iter().chain(&translation.notes);
    Imported {
        manifest: translation.manifest.text(&found.source, Format::Toml),
        said: lines.map(|line| line.text.clone()).collect(),
        count: translation.manifest.count(),
    }
}
