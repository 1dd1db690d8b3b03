//! A signature holds for exactly what was signed: one thing altered, and it is refused.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    KeyPair,
};
use serde_json::{Value, json};

use super::*;

/// Signs whatever it is told to, which `vestry policy sign` does not.
struct Signer {
    pair: EcdsaKeyPair,
    alg: &'static str,
    public: String,
}

impl Signer {
    fn new() -> Self {
        Self::on(
            "ES256",
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            "3059301306072a8648ce3d020106082a8648ce3d030107034200",
        )
    }

    /// `before` is what stands before the point in a `SubjectPublicKeyInfo` (RFC 5480).
    fn on(alg: &'static str, curve: &'static EcdsaSigningAlgorithm, before: &str) -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(curve, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(curve, pkcs8.as_ref(), &random).unwrap();
        let before =
            (0..before.len() / 2).map(|i| u8::from_str_radix(&before[2 * i..2 * i + 2], 16).unwrap());
        let info: Vec<u8> = before.chain(pair.public_key().as_ref().iter().copied()).collect();
        let public =
            format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(info));
        Self { pair, alg, public }
    }

    fn key(&self) -> VerificationKey {
        VerificationKey::from_pem(&self.public).unwrap()
    }

    fn token(&self, header: &Value, payload: &Value) -> String {
        let encoded = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encoded(header), encoded(payload));
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }

    /// The files with a signature whose payload was changed before it was signed.
    fn signed(&self, mut files: Vec<File>, change: impl FnOnce(&mut Value)) -> Vec<File> {
        let mut payload = json!({"files": listed(&files)});
        change(&mut payload);
        let token = self.token(&json!({"alg": self.alg}), &payload);
        files.push(file(SIGNATURES, &json!({"signatures": [token]}).to_string()));
        files
    }

    fn opened(&self, files: Vec<File>) -> Result<String, String> {
        opened(files, Some(&self.key()))
    }
}

fn file(name: &str, text: &str) -> File {
    File { name: name.into(), bytes: text.into() }
}

fn files() -> Vec<File> {
    vec![
        file(".manifest", r#"{"revision": "r1", "roots": [""]}"#),
        file("a.rego", "package a\n"),
        file("lib/data.json", r#"{"b": 1.0, "a": [true]}"#),
        file("notes.txt", "read me"),
    ]
}

fn listed(files: &[File]) -> Vec<Value> {
    let entry = |file: &File| {
        let bytes = canonical::canonical(&file.name, &file.bytes).unwrap();
        json!({"name": file.name, "algorithm": "SHA-256", "hash": signature::hash(&ring::digest::SHA256, &bytes)})
    };
    files.iter().map(entry).collect()
}

/// The revision, or what is wrong.
fn opened(files: Vec<File>, key: Option<&VerificationKey>) -> Result<String, String> {
    let trust = key.map_or(Trust::NoKey, |key| Trust::Key(Box::new(key.clone())));
    let said =
        |problems: Vec<Problem>| problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n");
    open(Path::new("/b.tar.gz"), files, &trust).map(|(bundle, _)| bundle.manifest.revision).map_err(said)
}

#[track_caller]
fn refused(result: Result<String, String>, why: &str) {
    let message = result.expect_err("it was to be refused");
    assert!(message.contains(why), "{message}");
}

#[test]
fn what_was_signed_is_taken() {
    let signer = Signer::new();
    assert_eq!(signer.opened(signer.signed(files(), |_| {})).unwrap(), "r1");
    let p384 = Signer::on(
        "ES384",
        &ECDSA_P384_SHA384_FIXED_SIGNING,
        "3076301006072a8648ce3d020106052b81040022036200",
    );
    assert_eq!(p384.opened(p384.signed(files(), |_| {})).unwrap(), "r1");
    for hash in [("SHA-384", &ring::digest::SHA384), ("SHA-512", &ring::digest::SHA512)] {
        let change = |payload: &mut Value| {
            payload["files"][1]["algorithm"] = json!(hash.0);
            payload["files"][1]["hash"] = json!(signature::hash(hash.1, b"package a\n").to_uppercase());
        };
        assert_eq!(signer.opened(signer.signed(files(), change)).unwrap(), "r1");
    }
}

#[test]
fn a_document_may_be_written_otherwise_and_nothing_else() {
    let signer = Signer::new();
    let signed = signer.signed(files(), |_| {});
    let altered = |name: &str, text: &str| {
        let mut files = signed.clone();
        files.iter_mut().find(|file| file.name == name).unwrap().bytes = text.into();
        signer.opened(files)
    };
    assert!(altered("lib/data.json", "{\n\"a\":[ true ],\"b\":1.0}").is_ok());
    for (name, text) in [
        ("lib/data.json", r#"{"b": 1, "a": [true]}"#),
        ("lib/data.json", r#"{"b": 1.0, "a": [false]}"#),
        ("lib/data.json", r#"{"b": 1.0, "a": [true], "c": null}"#),
        ("a.rego", "package a"),
        ("a.rego", "package b\n"),
        ("notes.txt", "read me not"),
        (".manifest", r#"{"revision": "r2", "roots": [""]}"#),
    ] {
        refused(altered(name, text), &format!("holds {name}, which is not what was signed"));
    }
    refused(altered("lib/data.json", "{"), "lib/data.json, which cannot be hashed");
}

#[test]
fn every_file_is_listed_and_every_listed_file_is_there() {
    let signer = Signer::new();
    let signed = signer.signed(files(), |_| {});
    let mut more = signed.clone();
    more.push(file("exception.rego", "package b"));
    more.push(file("also.txt", ""));
    let message = signer.opened(more).unwrap_err();
    assert!(message.contains("holds exception.rego, which its signature does not list"), "{message}");
    assert!(message.contains("holds also.txt, which its signature does not list"), "{message}");
    for at in 0..4 {
        let mut fewer = signed.clone();
        let gone = fewer.remove(at).name;
        refused(signer.opened(fewer), &format!("lacks {gone}, which its signature lists"));
    }
    let mut moved = signed.clone();
    moved[2].name = "data.json".into();
    refused(signer.opened(moved), "lacks lib/data.json");
    let mut swapped = signed;
    let bytes = std::mem::take(&mut swapped[1].bytes);
    swapped[1].bytes = std::mem::replace(&mut swapped[3].bytes, bytes);
    refused(signer.opened(swapped), "holds a.rego, which is not what was signed");
}

#[test]
fn with_a_key_a_signature_has_to_be_there_and_without_one_must_not() {
    let signer = Signer::new();
    refused(signer.opened(files()), "is not signed, and a key is in force");
    refused(opened(signer.signed(files(), |_| {}), None), "there is no key to hold it against");
    assert_eq!(opened(files(), None).unwrap(), "r1");
}

#[test]
fn another_keys_signature_is_none() {
    let (signer, other) = (Signer::new(), Signer::new());
    refused(signer.opened(other.signed(files(), |_| {})), "the signature is not the key's");
    let (mut mine, theirs) = (signer.signed(files(), |_| {}), other.signed(files(), |_| {}));
    mine.pop();
    mine.extend(theirs.into_iter().filter(|file| file.name == SIGNATURES));
    refused(signer.opened(mine), "the signature is not the key's");
}

#[test]
fn the_algorithm_is_the_keys_never_the_tokens() {
    let signer = Signer::new();
    let payload = json!({"files": listed(&files())});
    let with = |token: String| {
        let mut files = files();
        files.push(file(SIGNATURES, &json!({"signatures": [token]}).to_string()));
        signer.opened(files)
    };
    for alg in ["none", "None", "HS256", "RS256", "ES384", "es256", "PS256", ""] {
        refused(with(signer.token(&json!({"alg": alg}), &payload)), "the token's algorithm is");
    }
    let encoded = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    refused(
        with(format!("{}.{}.", encoded(&json!({"alg": "none"})), encoded(&payload))),
        "the token's algorithm is",
    );
    refused(with(format!("{}.{}.", encoded(&json!({"alg": "ES256"})), encoded(&payload))), "not the key's");
    // The public key as the secret of an HMAC: what a verifier that believes the header falls for.
    let secret = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, signer.public.as_bytes());
    for alg in ["HS256", "ES256"] {
        let signed = format!("{}.{}", encoded(&json!({"alg": alg})), encoded(&payload));
        let tag = URL_SAFE_NO_PAD.encode(ring::hmac::sign(&secret, signed.as_bytes()).as_ref());
        assert!(with(format!("{signed}.{tag}")).is_err(), "{alg}");
    }
    refused(
        with(signer.token(&json!({"alg": "ES256", "crit": ["b64"], "b64": false}), &payload)),
        "does not know",
    );
    refused(with(signer.token(&json!({"kid": "x"}), &payload)), "header is not understood");
}

#[test]
fn one_bit_of_the_token_is_enough() {
    let signer = Signer::new();
    let token = signer.token(&json!({"alg": "ES256"}), &json!({"files": listed(&files())}));
    let parts: Vec<&str> = token.split('.').collect();
    for part in 0..3 {
        let mut bytes = URL_SAFE_NO_PAD.decode(parts[part]).unwrap();
        for bit in [0, bytes.len() * 4, bytes.len() * 8 - 1] {
            bytes[bit / 8] ^= 1 << (bit % 8);
            let mut altered: Vec<String> = parts.iter().map(ToString::to_string).collect();
            altered[part] = URL_SAFE_NO_PAD.encode(&bytes);
            let mut files = files();
            files.push(file(SIGNATURES, &json!({"signatures": [altered.join(".")]}).to_string()));
            assert!(signer.opened(files).is_err(), "part {part}, bit {bit}");
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

#[test]
fn exactly_one_token_is_expected() {
    let signer = Signer::new();
    let token = signer.token(&json!({"alg": "ES256"}), &json!({"files": listed(&files())}));
    for (signatures, why) in [
        (json!({"signatures": []}), "holds 0 tokens"),
        (json!({}), "holds 0 tokens"),
        (json!({"signatures": [token, token]}), "holds 2 tokens"),
        (json!({"signatures": [token], "plugin": "mine"}), "asks for a plugin"),
        (json!({"signatures": ["a.b"]}), "is no JWT"),
        (json!({"signatures": ["a.b.c.d"]}), "not"),
        (json!({"signatures": [format!("{token}=")]}), "is not base64url"),
        (json!({"signatures": token}), ".signatures.json"),
        (json!([]), "it is no JSON object"),
        (json!([[token], ""]), "it is no JSON object"),
    ] {
        let mut files = files();
        files.push(file(SIGNATURES, &signatures.to_string()));
        refused(signer.opened(files), why);
    }
}

#[test]
fn the_scope_is_the_keys() {
    let signer = Signer::new();
    refused(
        signer.opened(signer.signed(files(), |payload| payload["scope"] = json!("test"))),
        "its scope is \"test\"",
    );
    let scoped =
        VerificationKey::from_pem(&format!("# of the platform team\nscope: prod\n{}", signer.public))
            .unwrap();
    for (scope, taken) in
        [(json!("prod"), true), (json!("test"), false), (json!(""), false), (json!(null), false)]
    {
        let files = signer.signed(files(), |payload| payload["scope"] = scope.clone());
        assert_eq!(opened(files, Some(&scoped)).is_ok(), taken, "{scope}");
    }
}

#[test]
fn a_list_that_could_be_read_in_two_ways_is_refused() {
    let signer = Signer::new();
    let twice = |payload: &mut Value| {
        let again = payload["files"][0].clone();
        payload["files"].as_array_mut().unwrap().push(again);
    };
    refused(signer.opened(signer.signed(files(), twice)), "has listed it before");
    for (field, value, why) in [
        ("algorithm", "MD5", "not taken"),
        ("algorithm", "SHA-1", "not taken"),
        ("algorithm", "", "not taken"),
        ("name", "../a.rego", "leads through"),
        ("name", "", "does not list"),
        ("hash", "", "is not what was signed"),
    ] {
        let change = |payload: &mut Value| payload["files"][1][field] = json!(value);
        refused(signer.opened(signer.signed(files(), change)), why);
    }
    refused(signer.opened(signer.signed(files(), |payload| *payload = json!({}))), "payload");
}

#[test]
fn a_directorys_names_may_have_its_path_before_them() {
    let signer = Signer::new();
    let prefixed = |prefix: &str, root: Option<&str>| {
        signer.signed(files(), |payload| {
            for file in payload["files"].as_array_mut().unwrap() {
                file["name"] = json!(format!("{prefix}/{}", file["name"].as_str().unwrap()));
            }
            if let Some(root) = root {
                payload["root"] = json!(root);
            }
        })
    };
    let held = |files: Vec<File>, directory: Option<&str>| {
        let signatures = files.iter().find(|file| file.name == SIGNATURES).unwrap();
        let claims = signature::verify(&signatures.bytes, &signer.key()).unwrap();
        claims.hold(&files, directory.map(Path::new)).is_empty()
    };
    for path in ["/opt/policy", "opt/./policy/", "../policy", "policy"] {
        assert!(held(prefixed("policy", None), Some(path)), "{path}");
    }
    assert!(held(prefixed("opt/policy", None), Some("/opt/policy")));
    assert!(held(prefixed("/opt/policy", None), Some("/opt/policy")));
    assert!(!held(prefixed("elsewhere", None), Some("/opt/policy")));
    assert!(!held(prefixed("policy", None), None));
    // With the root signed along, wherever the directory lies.
    assert!(held(prefixed("ci/build/policy", Some("ci/build/policy")), Some("/opt/policy")));
    assert!(held(prefixed("ci/build/policy", Some("ci/build/policy")), None));
    assert!(!held(prefixed("ci/build/policy", Some("ci/build")), Some("/opt/policy")));
    assert!(!held(prefixed("ci/build/policy", Some("other")), Some("/opt/policy")));
}

#[test]
fn what_opa_would_evaluate_and_vestry_would_leave_out_is_refused() {
    for name in ["policy.wasm", "a/policy.wasm", "plan.json", "patch.json", "a.manifest"] {
        let mut files = files();
        files.push(file(name, "{}"));
        refused(opened(files, None), name);
    }
    for (manifest, why) in [
        (r#"{"rego_version": 0}"#, "Rego version 0"),
        (r#"{"rego_version": 1, "file_rego_versions": {"/a.rego": 0}}"#, "Rego version 0"),
        (r#"{"wasm": [{"entrypoint": "a"}]}"#, "WebAssembly"),
        (r#"{"roots": ["a/b", "/a/"]}"#, "overlap"),
        (r#"{"roots": ["", "a"]}"#, "overlap"),
        (r#"{"roots": "a"}"#, ".manifest"),
        (r#"{"revision": 7}"#, ".manifest"),
        ("{\"revision\": \"a\\nb\"}", "plain text"),
        (r#"{"rootz": ["a"]}"#, "did you mean roots?"),
        (r#"{"Roots": ["a"]}"#, "did you mean roots?"),
        (r#"{"Rego_Version": 0}"#, "did you mean rego_version?"),
        (r#"["r", null, 1, {}, []]"#, ".manifest"),
        ("", ".manifest"),
    ] {
        refused(opened(vec![file(".manifest", manifest)], None), why);
    }
    let read = |text: &str| Manifest::parse(text.as_bytes()).unwrap();
    assert_eq!(read(r#"{"revision": "r", "roots": [""], "metadata": {"x": 1}, "new": 1}"#).roots, None);
    assert_eq!(read(r#"{"roots": ["/a/b/", "c"]}"#).roots.unwrap(), [vec!["a", "b"], vec!["c"]]);
    assert!(!read(r#"{"roots": []}"#).permits(&["a".into()]));
}

#[test]
fn keys_that_prove_little_are_refused() {
    let signer = Signer::new();
    let private = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    // 1024 bits, of `openssl genrsa`; its private half was never kept.
    let short = "-----BEGIN RSA PUBLIC KEY-----\nMIGJAoGBAOB7EA9YVDbktGgJvCdZxWNn+DUQr41NPIYbBtabjeHwqg/76KyOqlKe\ncfIFHENxCjHFuVtAcllETNg9Nx34i/Y06ncI4NomiXtlz6HinX5YHItbMyzslGXq\nS89Jd3VUYun7WfTCynZ5KMSaXfP0UhDYM/V9WOjhZABnxccfnv7JAgMBAAE=\n-----END RSA PUBLIC KEY-----\n";
    for (text, why) in [
        (String::new(), "no PEM"),
        ("secret".into(), "no PEM"),
        (private.into(), "private key; only the public key belongs here"),
        (private.replace("PRIVATE", "EC PRIVATE"), "it holds an EC private key; only"),
        (private.replace("PRIVATE", "ENCRYPTED PRIVATE"), "it holds an encrypted private key; only"),
        (private.replace("PRIVATE", "ODD PRIVATE"), "it holds a private key; only"),
        (format!("{}{private}", signer.public), "private key"),
        (signer.public.repeat(2), "more than one key"),
        (signer.public.replace("PUBLIC KEY", "CERTIFICATE"), "certificate"),
        (signer.public.replace("PUBLIC KEY", "SOMETHING"), "no public key"),
        (signer.public.replace("END PUBLIC", "END OTHER"), "END line"),
        (signer.public.replacen("-----\n", "-----\nAAAA", 1), "sound"),
        (signer.public.replacen('M', "!", 1), "not base64"),
        (format!("scope: a\nscope: b\n{}", signer.public), "two scopes"),
        (format!("Scope: a\n{}", signer.public), "not written `scope: NAME`"),
        (format!("scope = a\n{}", signer.public), "not written `scope: NAME`"),
        (format!("{}scope: a\n", signer.public), "above the BEGIN line"),
        (short.into(), "bits; 2048 to 8192 are taken"),
    ] {
        let error = VerificationKey::from_pem(&text).expect_err(why);
        assert!(error.contains(why), "{error}, not {why}");
    }
    let of = |before: &str| VerificationKey::from_pem(&format!("{before}{}", signer.public)).unwrap().scope;
    for (before, scope) in [("\u{feff}scope: a\n", "a"), ("# scope: a\n", ""), ("the scope: a\n", "")] {
        assert_eq!(of(before), scope, "{before:?}");
    }
    // A variable may have lost its line ends.
    assert!(VerificationKey::from_pem(&signer.public.replace('\n', " ")).is_ok());
}

/// Signed by OPA 1.22.2: `opa sign` over a packed directory (RS256), and `opa build --signing-key` (ES256).
#[test]
fn what_opa_signed_is_taken() {
    for (name, revision, read) in [("opa-rs256", "opa-1", 4), ("opa-es256", "opa-2", 2)] {
        let fixture = |suffix: &str| {
            Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("tests/fixtures/bundles")
                .join(format!("{name}.{suffix}"))
        };
        let key = VerificationKey::from_pem(&std::fs::read_to_string(fixture("pub")).unwrap()).unwrap();
        let (bundle, files) = super::read(&fixture("tar.gz"), &Trust::Key(Box::new(key))).unwrap();
        assert_eq!((bundle.manifest.revision.as_str(), files.len()), (revision, read));
    }
}

/// Whatever is done to signatures and keys, an answer comes, and it is yes for the very token and the very key alone.
#[test]
fn whatever_the_bytes_only_the_token_itself_is_taken() {
    let signer = Signer::new();
    let signed = signer.signed(files(), |_| {});
    let token = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).ok().map(|v| v["signatures"].clone());
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut dice = |sides: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % sides as u64) as usize
    };
    let mut alter = |bytes: &mut Vec<u8>| {
        let at = dice(bytes.len());
        match dice(4) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, b" \n.=-\"A\0"[dice(8)]),
            _ => bytes[at] ^= 1 << dice(8),
        }
    };
    for _ in 0..3_000 {
        let mut altered = signed.clone();
        alter(&mut altered[4].bytes);
        let same = token(&altered[4].bytes) == token(&signed[4].bytes);
        assert_eq!(signer.opened(altered).is_ok(), same);
        let mut pem = signer.public.clone().into_bytes();
        alter(&mut pem);
        let key = VerificationKey::from_pem(&String::from_utf8_lossy(&pem));
        assert!(key.is_err() || key.is_ok_and(|key| ["ES256", "ES384"].contains(&key.algorithm)));
    }
}
