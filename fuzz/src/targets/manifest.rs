//! A bundle's `.manifest`, and which part of `data` it claims.

use vestry::decide::bundle::Manifest as Read;

use crate::seeds;
use crate::target::{Broken, Outcome, Target, shape};

pub struct Manifest;

impl Target for Manifest {
    fn seeds(&self) -> Vec<Vec<u8>> {
        seeds::texts(&[
            r#"{"revision":"r1","roots":[""],"rego_version":1}"#,
            r#"{"revision":"","roots":["vestry/declare","lib"],"metadata":{"a":[1]},"wasm":[]}"#,
            r#"{"roots":["a","a/b"],"file_rego_versions":{"/a.rego":1}}"#,
            "{}",
        ])
    }

    fn words(&self) -> &'static [&'static str] {
        &["\"roots\"", "\"revision\"", "\"rego_version\"", "\"wasm\"", "[\"\"]", "\"a/b\"", "\"/a/\"", "null"]
    }

    fn run(&mut self, case: &[u8]) -> Result<Outcome, Broken> {
        let manifest = match Read::parse(case) {
            Ok(manifest) => manifest,
            Err(fault) => return Ok(shape(&fault.to_string())),
        };
        let path = ["vestry".to_string(), "declare".to_string()];
        // A root claims what it permits; none at all permits everything and claims nothing.
        if manifest.claims(&path) && !manifest.permits(&path) {
            return Err("it claims what it does not permit".into());
        }
        if manifest.roots.is_some() && manifest.claims(&path) != manifest.permits(&path) {
            return Err("with roots, what is permitted is not what is claimed".into());
        }
        let claims_something = manifest.roots.as_ref().is_some_and(|roots| !roots.is_empty());
        if manifest.overlap(&manifest).is_some() != claims_something {
            return Err("a bundle overlaps with itself where it has roots, and nowhere else".into());
        }
        Ok(format!("{:?}", manifest.roots.map(|roots| roots.len().min(3))))
    }
}
