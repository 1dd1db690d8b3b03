//! Keys in PEM: public ones to verify with, private ones to sign with, of which nothing is told.

use vestry::decide::bundle::VerificationKey;
use vestry::decide::bundle::sign::SigningKey;
use vestry::secret::SecretValue;

use crate::seeds;
use crate::target::{Broken, CANARY, Outcome, Target, says_nothing, shape, text};

pub struct Key;

impl Target for Key {
    fn seeds(&self) -> Vec<Vec<u8>> {
        let mut seeds = seeds::below("tests/fixtures/bundles", ".pub");
        seeds.extend(seeds::texts(&[
            "scope: write\n-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----\n",
            "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIA==\n-----END EC PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\n-----END PRIVATE KEY-----\n",
        ]));
        seeds
    }

    fn words(&self) -> &'static [&'static str] {
        &[
            "-----BEGIN ",
            "-----END ",
            "-----",
            "PUBLIC KEY",
            "PRIVATE KEY",
            "RSA PRIVATE KEY",
            "RSA PUBLIC KEY",
            "CERTIFICATE",
            "scope: ",
            "MIIB",
            "AAAA",
            "gICA",
            "MIID////",
            "==",
        ]
    }

    fn run(&mut self, case: &[u8]) -> Result<Outcome, Broken> {
        let text = text(case);
        let public = VerificationKey::from_pem(&text);
        if let Ok(key) = &public
            && key.verifies(case, &case[..case.len().min(64)])
        {
            return Err("it verifies anything".into());
        }
        let broken = text.replacen("-----END", &format!("{CANARY}-----END"), 1);
        let mut shapes = String::new();
        for secret in [text.to_string(), broken] {
            match SigningKey::from_pem(&SecretValue::from(secret)) {
                Ok(key) => shapes += key.algorithm(),
                Err(why) => {
                    says_nothing(&why)?;
                    shapes += &shape(&why);
                }
            }
        }
        let dashes = text.matches("-----").count().min(20);
        Ok(format!(
            "{dashes} {} {} {shapes}",
            case.len() / 16,
            public.map_or_else(|why| shape(&why), |key| key.algorithm.into())
        ))
    }
}
