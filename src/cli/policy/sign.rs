//! `vestry policy sign`: the signature over every file of a bundle or a directory.

use std::path::PathBuf;
use std::process::ExitCode;

use super::super::Usage;
use super::files::{Algorithm, Subject, not_empty, refused, secret, tell, write};
use crate::decide::bundle::sign::{self, Claims, SigningKey};
use crate::decide::bundle::{self, pack};

/// Sign an OPA bundle, or a policy directory
///
/// The key says the algorithm: RSA (2048 to 4096 bits) signs RS256, P-256 ES256, P-384 ES384. A bundle is written
/// again with its .signatures.json in it, a directory gets that file. OPA takes both, a directory by the same path:
/// `opa build` and `opa run` with --bundle, --verification-key and --signing-alg.
///
/// Examples:
///   openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem
///   vestry policy sign --key key.pem policy.tar.gz
///
/// Exit codes: 0, 1 when it cannot be signed, 2 when a file cannot be read or written
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// The bundle (.tar.gz) or the directory
    #[arg(value_name = "BUNDLE|DIR")]
    path: PathBuf,
    /// The private key in PEM, a file or a pipe: --key <(command); with --alg HS256 a file that is the secret
    #[arg(long, alias = "signing-key", value_name = "FILE")]
    key: PathBuf,
    /// Refuse a key of another kind; HS256 (a shared secret) is for tests, and the extension never takes it
    #[arg(long, alias = "signing-alg", value_name = "ALG")]
    alg: Option<Algorithm>,
    /// The claim `scope`, which has to be that of the key where it is verified
    #[arg(long, value_name = "TEXT")]
    scope: Option<String>,
    /// The key's name, for an OPA that has several
    #[arg(long, value_name = "TEXT")]
    key_id: Option<String>,
    /// Where the signed bundle goes, instead of into its own place
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Usage> {
    let key = key(args)?;
    let subject = match Subject::read(&args.path)? {
        Ok(subject) => subject,
        Err(problem) => return Ok(refused(&[problem])),
    };
    let directory = (!subject.packed).then(|| args.path.clone());
    let claims = Claims { scope: args.scope.clone(), key_id: args.key_id.clone(), directory };
    let mut files = subject.files;
    files.retain(|file| file.name != bundle::SIGNATURES);
    let signatures = match sign::sign(&files, &key, &claims) {
        Ok(signatures) => signatures,
        Err(fault) => return Ok(refused(&[bundle::problem(&args.path, &fault)])),
    };
    let count = files.len();
    let (written, to_a_file) = if subject.packed {
        files.push(bundle::File { name: bundle::SIGNATURES.into(), bytes: signatures });
        files.sort_by(|a, b| a.name.cmp(&b.name));
        let output = args.output.as_ref().unwrap_or(&args.path);
        (output.clone(), write(output, &pack::pack(&files))?)
    } else {
        let output = args.output.clone().unwrap_or_else(|| args.path.join(bundle::SIGNATURES));
        let to_a_file = write(&output, &signatures)?;
        (output, to_a_file)
    };
    tell(to_a_file, &format!("{}: {count} files signed, {}", written.display(), key.algorithm()));
    Ok(ExitCode::SUCCESS)
}

fn key(args: &Args) -> Result<SigningKey, Usage> {
    let text = secret(&args.key)?;
    let wrong = |why: String| Usage(format!("the key {}: {why}", args.key.display()));
    if args.alg == Some(Algorithm::Hs256) {
        not_empty(&text).map_err(wrong)?;
        return Ok(SigningKey::from_secret(&text));
    }
    let key = SigningKey::from_pem(&text).map_err(wrong)?;
    match args.alg {
        Some(alg) if alg.name() != key.algorithm() => {
            Err(wrong(format!("it signs {}, not {}", key.algorithm(), alg.name())))
        }
        _ => Ok(key),
    }
}
