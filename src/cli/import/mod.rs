//! `vestry import`: from other tools' references to a manifest.

mod chamber;
mod dotenv;
mod dynamic;
mod found;
#[cfg(feature = "fuzz")]
pub mod fuzz;
mod habits;
mod manifest;
mod output;
mod plain;
mod serverless;
mod sources;
mod task_definition;
#[cfg(test)]
mod tests;
mod tool;
mod translate;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::plain::line as one_line;
use super::policy::template;
use super::{Usage, complain, say};
use crate::declare::Environment;
use crate::declare::manifest::Format;
use found::Found;
use serverless::Serverless;
use tool::{Asked, Tool};
use translate::{Rules, Translation};

/// Write a manifest from what another tool has: its references, in a template, a .env or the environment
///
/// Each variable's syntax says whose it is; --from asks some tools only. The manifest goes to standard output as TOML, or
/// to FILE with -o (.toml, .json, .yaml); where FILE is a directory, each function of the template gets one in it. What
/// could not be translated is said on standard error, line by line, with what to do by hand. Values that are no
/// references stay where they are and are never printed; what looks like a secret among them is named.
///
/// Examples:
///   vestry import --template template.yaml --function Orders -o vestry.toml
///   vestry import --template template.yaml -o manifests/
///   vestry import --template serverless.yml --stage prod --function api -o vestry.toml
///   vestry import --from crypteia --env-file .env
///   vestry import --task-definition task.json --container app
///   vestry import --from chamber --service orders --service shared
///
/// Exit codes:
///   0  everything was translated
///   1  something was not, or there was nothing to translate; the manifest has what was
///   2  usage: a file that cannot be read, is there already, or is called as no manifest is
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// Only the references of these tools [default: all of them]
    #[arg(long, value_name = "TOOL", value_delimiter = ',', value_enum)]
    from: Vec<Tool>,
    #[command(flatten)]
    template: template::Args,
    /// Of a serverless.yml, the stage that it is read for
    #[arg(long, value_name = "NAME", requires = "template")]
    stage: Option<String>,
    /// A .env file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["template", "task_definition"])]
    env_file: Option<PathBuf>,
    /// A task definition of ECS, JSON or YAML, or a template that has one
    #[arg(long, value_name = "FILE", conflicts_with = "template")]
    task_definition: Option<PathBuf>,
    /// One container of the task definition
    #[arg(long, value_name = "NAME", requires = "task_definition")]
    container: Option<String>,
    /// A service of chamber, as in `chamber exec NAME`; may be given several times
    #[arg(long, value_name = "NAME")]
    service: Vec<String>,
    /// Copy the text around dynamic references too; it may be a secret
    #[arg(long)]
    copy_text: bool,
    /// Write the manifest to FILE, or one for each function of the template to the directory FILE
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace FILE if it is there
    #[arg(long, requires = "output")]
    force: bool,
}

const INCOMPLETE: u8 = 1;

pub(super) fn run(args: &Args, environment: &Environment) -> Result<ExitCode, Usage> {
    let functions = functions(args)?;
    let complete = match (args.output.as_deref(), functions) {
        (Some(directory), Some(functions)) if is_directory(directory) => {
            every_function(args, directory, &functions)?
        }
        (Some(directory), None) if is_directory(directory) => {
            return Err(Usage(format!(
                "{} is a directory; only the functions of a --template go to one",
                directory.display()
            )));
        }
        (output, functions) => {
            let mut format = Format::Toml;
            if let Some(output) = output {
                format = output::format(output)?;
                output::is_free(output, args.force)?;
            }
            let found = match functions {
                Some(functions) => sources::only_one(&file(args), functions)?,
                None => found(args, environment)?,
            };
            one(args, &found, format)?
        }
    };
    Ok(if complete { ExitCode::SUCCESS } else { ExitCode::from(INCOMPLETE) })
}

/// One that is there, or is called one.
fn is_directory(path: &Path) -> bool {
    path.is_dir() || path.as_os_str().as_encoded_bytes().ends_with(b"/")
}

/// Whether everything was translated.
fn one(args: &Args, found: &Found, format: Format) -> Result<bool, Usage> {
    let translation = translation(args, found);
    output::tell(found, &translation);
    if translation.manifest.is_empty() {
        complain(&format!("{}: there is nothing that could be translated", one_line(&found.source)));
        return Ok(false);
    }
    let text = translation.manifest.text(&found.source, format);
    match &args.output {
        Some(output) => output::write(output, text.as_bytes(), args.force)?,
        None => say(text.trim_end()),
    }
    output::next_steps(args.output.as_deref(), found, &translation);
    Ok(translation.untranslated.is_empty())
}

/// A manifest for each function that has something to translate: `DIRECTORY/FUNCTION.toml`.
fn every_function(args: &Args, directory: &Path, functions: &[(String, Found)]) -> Result<bool, Usage> {
    let path = |id: &str| directory.join(format!("{id}.toml"));
    for (id, _) in functions {
        // Neither CloudFormation nor the Serverless Framework takes other names, and this one becomes a path.
        if !id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
            return Err(Usage(format!(
                "{}: a function's name has letters, digits, - and _ only",
                one_line(id)
            )));
        }
        output::is_free(&path(id), args.force)?;
    }
    std::fs::create_dir_all(directory).map_err(|e| format!("cannot make {}: {e}", directory.display()))?;
    let (mut complete, mut written) = (true, 0);
    for (id, found) in functions {
        let translation = translation(args, found);
        output::tell(found, &translation);
        complete &= translation.untranslated.is_empty();
        if !translation.manifest.is_empty() {
            let path = path(id);
            output::write(
                &path,
                translation.manifest.text(&found.source, Format::Toml).as_bytes(),
                args.force,
            )?;
            output::next_steps(Some(&path), found, &translation);
            written += 1;
        }
    }
    if written == 0 {
        complain(&format!("{}: there is nothing that could be translated", one_line(&file(args))));
    }
    Ok(complete && written > 0)
}

fn translation(args: &Args, found: &Found) -> Translation {
    let rules = Rules { asked: Asked(&args.from), services: &args.service, copy_text: args.copy_text };
    translate::translate(found, &rules)
}

/// The template, as messages call it.
fn file(args: &Args) -> String {
    args.template.template.as_deref().map(|path| path.display().to_string()).unwrap_or_default()
}

/// The functions of the template by their names; none where there is no template.
fn functions(args: &Args) -> Result<Option<Vec<(String, Found)>>, Usage> {
    let Some(path) = &args.template.template else { return Ok(None) };
    let source = file(args);
    let text = sources::read(path).unwrap_or_default();
    if let Some(file) = Serverless::read(&source, &text, args.stage.as_deref()) {
        return file.functions(args.template.function.as_deref()).map(Some);
    }
    if args.stage.is_some() {
        return Err(Usage(format!(
            "{source} is no serverless.yml; --parameter gives what a template asks for"
        )));
    }
    if task_definition::read(&source, &text, args.container.as_deref()).is_ok() && !text.contains("Resources")
    {
        return Err(Usage(format!("{source} is a task definition; --task-definition reads it")));
    }
    let Some(template) = args.template.read()? else { return Ok(None) };
    let functions = args.template.functions(&template)?.into_iter();
    Ok(Some(
        functions.map(|function| (function.id.clone(), sources::of_function(&template, &function))).collect(),
    ))
}

fn found(args: &Args, environment: &Environment) -> Result<Found, Usage> {
    if let Some(path) = &args.env_file {
        return Ok(dotenv::read(&path.display().to_string(), &sources::read(path)?));
    }
    if let Some(path) = &args.task_definition {
        let text = sources::read(path)?;
        return task_definition::read(&path.display().to_string(), &text, args.container.as_deref());
    }
    Ok(sources::of_environment(environment))
}
