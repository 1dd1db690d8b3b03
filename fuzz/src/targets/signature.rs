//! Signed bundles, altered: what is taken says what was signed, file for file.

use std::path::Path;

use vestry::decide::bundle::sign::{Claims, SigningKey, sign};
use vestry::decide::bundle::{File, Manifest, SIGNATURES, Trust, VerificationKey, open, pack, unpack};
use vestry::decide::fuzz::canonical;
use vestry::secret::SecretValue;

use crate::random::Random;
use crate::seeds;
use crate::target::{Broken, Outcome, Target, shape_of};

/// Which bundle, and the edits: each four bytes, what to do and where.
pub struct Signature {
    bases: Vec<Base>,
}

struct Base {
    archive: Vec<u8>,
    files: Vec<File>,
    trust: Trust,
    /// What is taken of it as it was signed.
    manifest: Manifest,
    signed: Vec<File>,
}

impl Signature {
    pub fn new() -> Self {
        let text = |path: &str| String::from_utf8(seeds::file(path)).expect("it is PEM");
        let of_opa = |name: &str| {
            let key = text(&format!("tests/fixtures/bundles/opa-{name}.pub"));
            let key = VerificationKey::from_pem(&key).expect("it is a public key");
            Base::new(seeds::file(&format!("tests/fixtures/bundles/opa-{name}.tar.gz")), key)
        };
        Self { bases: vec![of_opa("rs256"), of_opa("es256"), Base::by_secret()] }
    }
}

impl Base {
    fn new(archive: Vec<u8>, key: VerificationKey) -> Self {
        let trust = Trust::Key(Box::new(key));
        let files = unpack(&archive).expect("it is sound");
        let (manifest, signed) = opened(&files, &trust).expect("what was signed is taken");
        Self { archive, files, trust, manifest, signed }
    }

    /// Signed alike in every run.
    fn by_secret() -> Self {
        let secret = SecretValue::from("a secret of thirty-two bytes, now".to_string());
        let file = |name: &str, text: &str| File { name: name.into(), bytes: text.into() };
        let mut files = vec![
            file(".manifest", r#"{"revision":"r1","roots":["vestry","lib"]}"#),
            file("declare.rego", "package vestry.declare\n\ndeny contains \"no\" if input.x\n"),
            file("lib/data.json", r#"{"a":[1.0,{"b":null}],"c":"text"}"#),
            file("lib/names/data.yaml", "teams:\n  - a\n  - b\n"),
            file("settings.toml", "mode = \"enforce\"\n"),
        ];
        let claims = Claims::default();
        let signatures = sign(&files, &SigningKey::from_secret(&secret), &claims).expect("it can be signed");
        files.push(File { name: SIGNATURES.into(), bytes: signatures });
        Self::new(pack::pack(&files), VerificationKey::from_secret(&secret))
    }
}

fn opened(files: &[File], trust: &Trust) -> Result<(Manifest, Vec<File>), Vec<vestry::error::Problem>> {
    let (bundle, files) = open(Path::new("/bundle.tar.gz"), files.to_vec(), trust)?;
    Ok((bundle.manifest, files))
}

impl Target for Signature {
    fn seeds(&self) -> Vec<Vec<u8>> {
        (0..3).flat_map(|base| [vec![base], vec![base, 0, 0, 0, 1], vec![base, 1, 1, 0, 1]]).collect()
    }

    fn make(&self, random: &mut Random) -> Option<Vec<u8>> {
        let mut case = vec![random.below(3) as u8];
        for _ in 0..4 * (1 + random.few(4)) {
            case.push(random.next() as u8);
        }
        Some(case)
    }

    fn longest(&self) -> usize {
        65
    }

    fn run(&mut self, case: &[u8]) -> Result<Outcome, Broken> {
        let Some((base, edits)) = case.split_first() else { return Ok("no case".into()) };
        let base = &self.bases[usize::from(*base) % self.bases.len()];
        let (edits, _) = edits.as_chunks::<4>();
        let of_archive = edits.first().is_some_and(|[what, ..]| *what % 4 == 0);
        let files = if of_archive {
            let mut archive = base.archive.clone();
            edits.iter().for_each(|edit| change(&mut archive, *edit));
            match unpack(&archive) {
                Ok(files) => files,
                Err(_) => return Ok("no archive".into()),
            }
        } else {
            let mut files = base.files.clone();
            edits.iter().for_each(|edit| change_files(&mut files, *edit));
            files
        };
        let (manifest, taken) = match opened(&files, &base.trust) {
            Ok(taken) => taken,
            Err(problems) => return Ok(shape_of(&problems)),
        };
        if manifest != base.manifest {
            return Err(format!("its manifest is not what was signed: {manifest:?}"));
        }
        if taken.len() != base.signed.len() {
            return Err(format!("{} files were signed, and {} are taken", base.signed.len(), taken.len()));
        }
        for file in &base.signed {
            let same = taken.iter().any(|taken| taken.name == file.name && says(taken) == says(file));
            if !same {
                return Err(format!("{} is not what was signed", file.name));
            }
        }
        Ok("taken".into())
    }
}

/// What a file is hashed by, before the hash.
fn says(file: &File) -> Option<Vec<u8>> {
    canonical(&file.name, &file.bytes).ok()
}

fn change(bytes: &mut Vec<u8>, [what, high, low, value]: [u8; 4]) {
    if bytes.is_empty() {
        return;
    }
    let at = usize::from(u16::from_be_bytes([high, low])) % bytes.len();
    match what / 4 % 5 {
        0 | 1 => bytes[at] ^= value.max(1),
        2 => bytes.insert(at, value),
        3 => drop(bytes.remove(at)),
        _ => bytes.truncate(at),
    }
}

fn change_files(files: &mut Vec<File>, [what, high, low, value]: [u8; 4]) {
    let Some(most) = files.len().checked_sub(1) else { return };
    let at = usize::from(high) % (most + 1);
    match what % 16 {
        // Most of all the signature itself.
        0..=3 => {
            let at = files.iter().position(|file| file.name == SIGNATURES).unwrap_or(at);
            change(&mut files[at].bytes, [low, value, high, what]);
        }
        4..=7 => change(&mut files[at].bytes, [what, low, value, high | 1]),
        8 => drop(files.remove(at)),
        9 => {
            let file = files[at].clone();
            files.push(file);
        }
        10 => files.swap(at, usize::from(low) % (most + 1)),
        11 => files[at].name = names(low).into(),
        12 => files.push(File { name: names(low).into(), bytes: vec![b'x'; usize::from(value)] }),
        13 => files[at].name.make_ascii_uppercase(),
        14 => {
            let other = files[usize::from(low) % (most + 1)].bytes.clone();
            files[at].bytes = other;
        }
        _ => header(files, value),
    }
}

fn names(which: u8) -> &'static str {
    [
        "extra.rego",
        "data.json",
        "settings.toml",
        ".manifest",
        "lib/data.yaml",
        "x/data.json",
        "../x.rego",
        "lib/names/data.json",
    ][usize::from(which) % 8]
}

/// Another algorithm in the token's header, as of tokens that verify with nothing, or with the public key as a secret.
fn header(files: &mut [File], which: u8) {
    let headers = [
        r#"{"alg":"none"}"#,
        r#"{"alg":"HS256"}"#,
        r#"{"alg":"RS256"}"#,
        r#"{"alg":"ES256","crit":[]}"#,
        "{}",
    ];
    let header = base64::Engine::encode(
        &base64::engine::general_purpose::URL_SAFE_NO_PAD,
        headers[usize::from(which) % headers.len()],
    );
    if let Some(file) = files.iter_mut().find(|file| file.name == SIGNATURES)
        && let Ok(mut signatures) = serde_json::from_slice::<serde_json::Value>(&file.bytes)
        && let Some(token) = signatures["signatures"][0].as_str()
        && let Some((_, rest)) = token.split_once('.')
    {
        signatures["signatures"][0] = format!("{header}.{rest}").into();
        file.bytes = signatures.to_string().into_bytes();
    }
}
