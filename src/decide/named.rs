//! What somebody names on a command line: a place, as the extension knows them, or one file of a policy.

use std::path::{Path, PathBuf};

use super::bundle::{self, Trust};
use super::directory::{Directory, PolicyFile};
use super::policy::invalid;
use super::sources;
use crate::error::Problem;

/// Reads it, tests included: what can be read, and what cannot. A file that is named is meant, whatever its name: Rego, or data for the root.
pub(super) fn read(path: &Path, trust: &Trust) -> (Directory, Vec<Problem>) {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let is_policy = extension == "rego";
    if path.is_dir() || !(is_policy || ["json", "yaml", "yml"].contains(&extension)) {
        return sources::read_with_tests(path, trust);
    }
    let mut one = Directory::empty(path);
    let file = match file(path, trust) {
        Ok(file) => file,
        Err(problem) => return (Directory { incomplete: true, ..one }, vec![problem]),
    };
    let to = match path.to_string_lossy().ends_with("_test.rego") {
        true => &mut one.tests,
        false if is_policy => &mut one.policies,
        false => &mut one.data,
    };
    to.push(file);
    (one, Vec::new())
}

fn file(path: &Path, trust: &Trust) -> Result<PolicyFile, Problem> {
    let refuse = |why: &str| invalid(&format!("{} {why}", path.display()));
    if matches!(trust, Trust::Key(_)) {
        return Err(
            refuse("is one file, and no signature is of one").advice("name the signed bundle or directory")
        );
    }
    let bytes =
        bundle::bounded(path, bundle::MAX_FILE_BYTES).map_err(|fault| bundle::problem(path, &fault))?;
    let bytes = bytes.ok_or_else(|| {
        refuse(&format!("is larger than {} bytes", bundle::MAX_FILE_BYTES))
            .advice("spread what it says over several files")
    })?;
    let text = String::from_utf8(bytes).map_err(|_| refuse("is not UTF-8").advice("save it as UTF-8"))?;
    let relative = path.file_name().map(PathBuf::from).unwrap_or_default();
    Ok(PolicyFile { path: path.to_path_buf(), relative, text })
}
