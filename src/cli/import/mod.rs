//! `vestry import`: from other tools' references to a manifest.

mod chamber;
mod dotenv;
mod dynamic;
mod found;
mod habits;
mod manifest;
mod plain;
mod task_definition;
#[cfg(test)]
mod tests;
mod tool;
mod translate;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::policy::template;
use super::{Usage, complain, say};
use crate::declare::Environment;
use crate::template::{Setting, Template};
use found::{Found, Text};
use manifest::one_line;
use tool::{Asked, Tool};
use translate::{Line, Rules, Translation};

/// Write a manifest from what another tool has: its references, in a template, a .env or the environment
///
/// Each variable's syntax says whose it is; --from asks some tools only. The manifest goes to standard output, or to
/// FILE with -o. What could not be translated is said on standard error, line by line, with what to do by hand. Values
/// that are no references stay where they are and are never printed; what looks like a secret among them is named.
///
/// Examples:
///   vestry import --template template.yaml --function Orders -o vestry.toml
///   vestry import --from crypteia --env-file .env
///   vestry import --task-definition task.json --container app
///   vestry import --from chamber --service orders --service shared
///
/// Exit codes:
///   0  everything was translated
///   1  something was not, or there was nothing to translate; the manifest has what was
///   2  usage: a file that cannot be read, or is there already
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// Only the references of these tools [default: all of them]
    #[arg(long, value_name = "TOOL", value_delimiter = ',', value_enum)]
    from: Vec<Tool>,
    #[command(flatten)]
    template: template::Args,
    /// A .env file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["template", "task_definition"])]
    env_file: Option<PathBuf>,
    /// A task definition of ECS, JSON or YAML
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
    /// Write the manifest to FILE
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace FILE if it is there
    #[arg(long, requires = "output")]
    force: bool,
}

const ENVIRONMENT: &str = "the environment";
const INCOMPLETE: u8 = 1;
/// More than any of these files has.
const MAX_BYTES: u64 = 2 << 20;

pub(super) fn run(args: &Args, environment: &Environment) -> Result<ExitCode, Usage> {
    if let Some(output) =
        args.output.as_deref().filter(|output| !args.force && output.symlink_metadata().is_ok())
    {
        return Err(Usage(format!("{} is there already; --force replaces it", output.display())));
    }
    let found = found(args, environment)?;
    let rules = Rules { asked: Asked(&args.from), services: &args.service, copy_text: args.copy_text };
    let translation = translate::translate(&found, &rules);
    tell(&found, &translation);
    if translation.manifest.is_empty() {
        complain(&format!("{}: there is nothing that could be translated", one_line(&found.source)));
        return Ok(ExitCode::from(INCOMPLETE));
    }
    let text = translation.manifest.text(&found.source);
    match &args.output {
        Some(output) => write(output, text.as_bytes(), args.force)?,
        None => say(text.trim_end()),
    }
    next_steps(args, &found, &translation);
    let complete = translation.untranslated.is_empty();
    Ok(if complete { ExitCode::SUCCESS } else { ExitCode::from(INCOMPLETE) })
}

fn found(args: &Args, environment: &Environment) -> Result<Found, Usage> {
    if let Some(template) = args.template.read()? {
        return of_template(&template, &args.template);
    }
    if let Some(path) = &args.env_file {
        return Ok(dotenv::read(&path.display().to_string(), &read(path)?));
    }
    if let Some(path) = &args.task_definition {
        return task_definition::read(&path.display().to_string(), &read(path)?, args.container.as_deref());
    }
    let mut found = Found::of(ENVIRONMENT);
    for (name, value) in environment.texts() {
        found.add(name.into(), None, Text::Value(value.into()));
    }
    Ok(found)
}

fn of_template(template: &Template, args: &template::Args) -> Result<Found, Usage> {
    let functions = args.functions(template)?;
    let [function] = functions.as_slice() else {
        let ids: Vec<&str> = functions.iter().map(|function| function.id.as_str()).collect();
        return Err(Usage(match ids.as_slice() {
            [] => format!("{} has no function", template.path()),
            _ => format!(
                "{} has {} functions, and a manifest is of one; choose it with --function: {}",
                template.path(),
                ids.len(),
                ids.join(", ")
            ),
        }));
    };
    let mut found = Found::of(template.path());
    for (name, setting) in &function.variables {
        let line = template.place_of(&function.id, name).map(|place| place.line);
        let text = match setting {
            Setting::Known(value) => Text::Value(value.clone()),
            Setting::Unknown(unknown) => match &unknown.written {
                Some(written) => Text::Value(written.clone()),
                None => Text::Unknown { prefix: unknown.prefix.clone(), why: unknown.why.clone() },
            },
        };
        found.add(name.clone(), line, text);
    }
    if let Some((_, unknown)) = function.unknown.iter().find(|(property, _)| *property == "Environment") {
        let line = Some(unknown.place.line).filter(|line| *line > 0);
        found.unread.push((line, format!("its variables are known to a deployment only: {}", unknown.why)));
    }
    Ok(found)
}

fn read(path: &Path) -> Result<String, Usage> {
    let cannot = |why: String| Usage(format!("cannot read {}: {why}", path.display()));
    let metadata = std::fs::metadata(path).map_err(|e| cannot(e.to_string()))?;
    if !metadata.is_file() {
        return Err(cannot("it is no file".into()));
    }
    if metadata.len() > MAX_BYTES {
        return Err(cannot(format!("it is larger than {MAX_BYTES} bytes")));
    }
    std::fs::read_to_string(path).map_err(|e| cannot(e.to_string()))
}

/// As a whole or not at all, and never over a file that somebody else has put there meanwhile.
fn write(path: &Path, bytes: &[u8], force: bool) -> Result<(), Usage> {
    let cannot = |e: std::io::Error| Usage(format!("cannot write {}: {e}", path.display()));
    let name = path.file_name().ok_or_else(|| Usage(format!("{} is no file name", path.display())))?;
    let beside = path.with_file_name(format!(".{}.{}", name.to_string_lossy(), std::process::id()));
    let written =
        std::fs::File::create_new(&beside).and_then(|mut file| file.write_all(bytes)).and_then(|()| {
            if force { std::fs::rename(&beside, path) } else { std::fs::hard_link(&beside, path) }
        });
    let _ = std::fs::remove_file(&beside);
    written.map_err(cannot)
}

fn tell(found: &Found, translation: &Translation) {
    let place = |line: &Line| {
        let source = one_line(&found.source);
        let source = line.line.map_or(source.clone(), |number| format!("{source}:{number}"));
        match &line.variable {
            Some(variable) => format!("{source}: {}", one_line(variable)),
            None => source,
        }
    };
    for line in &translation.untranslated {
        complain(&format!("{}: {}", place(line), one_line(&line.text)));
    }
    for line in &translation.notes {
        complain(&format!("note: {}: {}", place(line), one_line(&line.text)));
    }
}

fn next_steps(args: &Args, found: &Found, translation: &Translation) {
    let Translation { manifest, untranslated, replaced, left, .. } = translation;
    let written = args.output.as_ref().map_or(String::new(), |output| format!(" to {}", output.display()));
    // What a shell's own environment holds is not the function's.
    let left = match left {
        _ if found.source == ENVIRONMENT => String::new(),
        0 => String::new(),
        1 => "; 1 plain variable stays where it is".into(),
        left => format!("; {left} plain variables stay where they are"),
    };
    complain(&format!("{} translated{written}, {} not{left}", manifest.count(), untranslated.len()));
    if !replaced.is_empty() {
        let names: Vec<String> = replaced.iter().map(|name| one_line(name)).collect();
        complain(&format!(
            "take these out of the function's environment, a name is set once: {}",
            names.join(", ")
        ));
    }
}
