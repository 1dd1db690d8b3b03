//! A key pair made for one test, and the commands that use it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};

use crate::policy::Dir;

/// What stands before a point of P-256 in a `SubjectPublicKeyInfo` (RFC 5480).
const P256: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// `key.pem` and `key.pub` in a directory of their own.
pub struct Keys {
    dir: Dir,
    pub public_pem: String,
}

impl Keys {
    pub fn new() -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap();
        let public_pem = pem("PUBLIC KEY", &[&P256, pair.public_key().as_ref()].concat());
        let dir = Dir::new(&[("key.pem", &pem("PRIVATE KEY", pkcs8.as_ref())), ("key.pub", &public_pem)]);
        Self { dir, public_pem }
    }

    pub fn private(&self) -> PathBuf {
        self.dir.path().join("key.pem")
    }

    pub fn public(&self) -> PathBuf {
        self.dir.path().join("key.pub")
    }

    pub fn sign(&self, path: &Path) {
        done(&["sign", "--key", text(&self.private()), text(path)]);
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}

pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// `vestry policy …` in an empty environment.
pub fn vestry_policy(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestry"));
    command.arg("policy").args(arguments).env_clear().output().unwrap()
}

#[track_caller]
pub fn done(arguments: &[&str]) -> String {
    let output = vestry_policy(arguments);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{arguments:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

/// What is said of a refusal.
#[track_caller]
pub fn fails(arguments: &[&str], code: i32) -> String {
    let output = vestry_policy(arguments);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    said
}

/// A directory packed, not signed.
pub fn packed(directory: &Dir, revision: &str, into: &Path) {
    done(&["bundle", text(directory.path()), "-o", text(into), "--revision", revision]);
}
