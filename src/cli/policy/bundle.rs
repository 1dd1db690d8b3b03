//! `vestry policy bundle`: a directory, packed as OPA packs it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::super::{Usage, complain};
use super::files::{not_read, refused, tell, write};
use crate::decide::bundle::pack::{self, Options, Packed};

/// Pack a policy directory into an OPA bundle
///
/// As with `opa build`, policies are taken as they are and all data becomes one data.json; test files and hidden ones
/// stay behind. The same directory gives the same bytes. What the extension would refuse is not packed.
///
/// Examples:
///   vestry policy bundle policy -o policy.tar.gz --revision "$(git rev-parse HEAD)"
///   vestry policy bundle policy -o policy.tar.gz --revision 7 --root vestry/declare/stage
///
/// Exit codes: 0, 1 when the policy is refused, 2 when a file cannot be read or written
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// The policy directory
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// Where the bundle goes
    #[arg(short, long, value_name = "FILE", default_value = "bundle.tar.gz")]
    output: PathBuf,
    /// What the decision log calls this bundle's content
    #[arg(long, short, value_name = "TEXT")]
    revision: Option<String>,
    /// A part of data that is this bundle's alone, as a/b (again for each; without it, the .manifest's, or all of data)
    #[arg(long = "root", value_name = "PATH")]
    roots: Vec<String>,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Usage> {
    let Args { directory, output, revision, roots } = args;
    if !directory.is_dir() {
        return Err(Usage(format!("{} is no directory", directory.display())));
    }
    let options = Options { revision: revision.clone(), roots: roots.clone() };
    let Packed { files, ignored } = match pack::bundle(directory, &options) {
        Ok(packed) => packed,
        Err(problems) => return Ok(refused(&problems)),
    };
    not_read(&ignored);
    let packed = pack::pack(&files);
    let to_a_file = write(output, &packed)?;
    let told = format!("{}: {} files, {} bytes, not signed", output.display(), files.len(), packed.len());
    tell(to_a_file, &told);
    if lies_in(output, directory) {
        complain(&format!(
            "{} lies in {} and would be read as a part of that policy; move it, or name another place with -o",
            output.display(),
            directory.display()
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// A bundle directly in a policy directory is loaded with it; deeper down it is refused.
fn lies_in(file: &Path, directory: &Path) -> bool {
    match (file.canonicalize(), directory.canonicalize()) {
        (Ok(file), Ok(directory)) => file.starts_with(directory),
        _ => false,
    }
}
