//! `vestry policy verify`: what the extension will say of a signature, said before it ships.

use std::path::PathBuf;
use std::process::ExitCode;

use super::super::{Usage, plain, say};
use super::files::{Algorithm, Subject, not_empty, refused, secret};
use crate::decide::bundle::{self, Trust, VerificationKey};

/// Verify the signature of an OPA bundle, or of a policy directory
///
/// The key says the algorithm, never the token. Every file has to be listed with its hash, and every listed file has
/// to be there.
///
/// Example:
///   openssl pkey -in key.pem -pubout -out policy.pub
///   vestry policy verify --key policy.pub policy.tar.gz
///
/// Exit codes: 0, 1 when it is not what was signed, 2 when a file cannot be read
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// The bundle (.tar.gz) or the directory
    #[arg(value_name = "BUNDLE|DIR")]
    path: PathBuf,
    /// The public key in PEM, as the layer has it; with --alg HS256 a file that is the secret
    #[arg(long, alias = "verification-key", value_name = "FILE")]
    key: PathBuf,
    /// Refuse a key of another kind; HS256 (a shared secret) is for tests, and the extension never takes it
    #[arg(long, alias = "signing-alg", value_name = "ALG")]
    alg: Option<Algorithm>,
    /// The scope that has to be claimed, instead of the one in the key's file
    #[arg(long, value_name = "TEXT")]
    scope: Option<String>,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Usage> {
    let key = key(args)?;
    let subject = match Subject::read(&args.path)? {
        Ok(subject) => subject,
        Err(problem) => return Ok(refused(&[problem])),
    };
    match bundle::open(&args.path, subject.files, &Trust::Key(Box::new(key.clone()))) {
        Ok((bundle, files)) => {
            let revision = match bundle.manifest.revision.as_str() {
                "" => "no revision".into(),
                revision => format!("revision {revision}"),
            };
            say(&format!(
                "{}: verified, {}, {} files, {revision}",
                plain::line(&args.path.to_string_lossy()),
                key.algorithm,
                files.len()
            ));
            Ok(ExitCode::SUCCESS)
        }
        Err(problems) => Ok(refused(&problems)),
    }
}

fn key(args: &Args) -> Result<VerificationKey, Usage> {
    let text = secret(&args.key)?;
    let wrong = |why: String| Usage(format!("the key {}: {why}", args.key.display()));
    let mut key = if args.alg == Some(Algorithm::Hs256) {
        not_empty(&text).map_err(wrong)?;
        VerificationKey::from_secret(&text)
    } else {
        let pem = text.expose_str().ok_or_else(|| wrong("it is not UTF-8".into()))?;
        VerificationKey::from_pem(pem).map_err(wrong)?
    };
    if let Some(alg) = args.alg.filter(|alg| alg.name() != key.algorithm) {
        return Err(wrong(format!("it verifies {}, not {}", key.algorithm, alg.name())));
    }
    if let Some(scope) = &args.scope {
        key.scope.clone_from(scope);
    }
    Ok(key)
}
