//! `vestry completions` and `vestry man`: what shells and `man` know of the commands.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap_complete::Shell;

use super::Usage;

/// Print what a shell needs to complete the commands of vestry
///
/// Examples:
///   vestry completions bash > ~/.local/share/bash-completion/completions/vestry
///   vestry completions zsh > ~/.zfunc/_vestry
///   vestry completions fish > ~/.config/fish/completions/vestry.fish
///
/// Exit codes: 0
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct CompletionsArgs {
    shell: Shell,
}

/// Print the manual page of vestry, or write those of all its commands
///
/// Examples:
///   vestry man | man -l -
///   vestry man ~/.local/share/man/man1 && man vestry-import
///
/// Exit codes:
///   0  done
///   2  usage: DIR is no directory, or cannot be made or written
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct ManArgs {
    /// Where the pages go, one for each command; it is made where it is not there
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
}

pub(super) fn completions(args: &CompletionsArgs, mut command: clap::Command) -> Result<ExitCode, Usage> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "vestry", &mut script);
    super::print::write(&script);
    Ok(ExitCode::SUCCESS)
}

pub(super) fn man(args: &ManArgs, command: clap::Command) -> Result<ExitCode, Usage> {
    match &args.directory {
        Some(directory) => write_pages(command, directory)
            .map_err(|e| Usage(format!("cannot write to {}: {e}", directory.display())))?,
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(command).render(&mut page)?;
            super::print::write(&page);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn write_pages(command: clap::Command, directory: &Path) -> io::Result<()> {
    std::fs::create_dir_all(directory)?;
    let program = format!("vestry {}", command.get_version().unwrap_or_default());
    let mut command = command.disable_help_subcommand(true);
    command.build();
    write_page(&command, &program, directory)
}

/// The page of a command, and those of what is below it. All have the program in their last line: a command by itself
/// has neither its name nor its version.
fn write_page(command: &clap::Command, program: &str, directory: &Path) -> io::Result<()> {
    clap_mangen::Man::new(command.clone()).source(program).generate_to(directory)?;
    let mut below = command.get_subcommands().filter(|command| !command.is_hide_set());
    below.try_for_each(|command| write_page(command, program, directory))
}
