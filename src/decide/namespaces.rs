//! What a directory claims of the document `data`: two directories may not claim the same.
//!
//! Each directory has an engine of its own, so neither could change the other in any case. But an owner who believes to
//! have loosened a layer's rule, or to have extended its list, should hear that it is not so.

use std::collections::BTreeMap;
use std::path::PathBuf;

use regorus::Value;
use regorus::unstable::Module;

use super::directory::PolicyFile;
use super::mask;
use super::policy::invalid;
use super::rules::{Defined, static_path};
use crate::error::Problem;

type Path = Vec<String>;

/// Paths below `data`, each with a file that claims it.
#[derive(Debug, Default)]
pub(super) struct Namespaces {
    /// Where rules are put: the packages, and what stands before the last part of a rule's head.
    packages: BTreeMap<Path, PathBuf>,
    /// The rules themselves: everything at and below them is theirs.
    rules: BTreeMap<Path, PathBuf>,
    /// Data files: the directory they lie in, or each key of one that lies where the data is shared.
    data: BTreeMap<Path, PathBuf>,
}

impl Namespaces {
    /// `rules`: what the module defines.
    pub fn of_module(&mut self, module: &Module, rules: &[Defined<'_>]) {
        let file = PathBuf::from(module.package.span.source.get_path());
        self.packages.entry(static_path(&module.package.refr).0).or_insert_with(|| file.clone());
        for rule in rules {
            if let Some((_, parent)) = rule.path.split_last()
                && !self.packages.contains_key(parent)
            {
                self.packages.insert(parent.to_vec(), file.clone());
            }
            self.rules.entry(rule.path.clone()).or_insert_with(|| file.clone());
        }
    }

    pub fn of_data(&mut self, file: &PolicyFile, document: &Value) {
        let mut path = Vec::new();
        self.claim_data(file, &mut path, document);
    }

    fn claim_data(&mut self, file: &PolicyFile, path: &mut Path, value: &Value) {
        match value.as_object() {
            Ok(object) if is_shared(path) || file.mount().len() > path.len() => {
                for (key, value) in object.iter() {
                    path.push(key.as_string().map_or_else(|_| key.to_string(), |text| text.to_string()));
                    self.claim_data(file, path, value);
                    path.pop();
                }
            }
            _ => drop(self.data.entry(path.clone()).or_insert_with(|| file.path.clone())),
        }
    }

    /// A file that defines something at this path, above it or below it.
    pub fn touching(&self, path: &[&str]) -> Option<&std::path::Path> {
        let path: Path = path.iter().map(|part| part.to_string()).collect();
        let mut claims = self.rules.iter().chain(&self.data);
        claims.find(|(claimed, _)| overlap(claimed, &path)).map(|(_, file)| file.as_path())
    }

    /// One problem for each namespace that the further directory claims although the layer has it.
    pub fn conflicts(&self, further: &Namespaces) -> Vec<Problem> {
        let mut found: BTreeMap<(PathBuf, PathBuf), Path> = BTreeMap::new();
        let mut claim = |mine: &BTreeMap<Path, PathBuf>, theirs: &BTreeMap<Path, PathBuf>, meet: Meet| {
            for (a, file_a) in mine {
                for (b, file_b) in theirs.iter().filter(|(b, _)| meet(a, b)) {
                    let shorter = if a.len() < b.len() { a } else { b };
                    found.entry((file_a.clone(), file_b.clone())).or_insert_with(|| shorter.clone());
                }
            }
        };
        claim(&self.packages, &further.packages, |a, b| a == b);
        claim(&self.rules, &further.packages, |a, b| b.starts_with(a));
        claim(&self.packages, &further.rules, |a, b| a.starts_with(b));
        claim(&self.rules, &further.rules, overlap);
        claim(&self.data, &further.data, overlap);
        claim(&self.data, &further.rules, overlap);
        claim(&self.rules, &further.data, overlap);
        claim(&self.data, &further.packages, |data, package| data_meets(package, data));
        claim(&self.packages, &further.data, data_meets);
        // It would hide from the log what the layer has to say.
        let mask = further.touching(&mask::PATH).map(|file| {
            invalid(&format!("{} masks the decision log, which is the first policy's alone", file.display()))
                .advice("leave data.system.log.mask to the layer")
        });
        found
            .into_iter()
            .map(|((layer, further), path)| {
                invalid(&format!(
                    "namespace `{}` is defined by both {} and {}",
                    path.join("."),
                    layer.display(),
                    further.display()
                ))
                .advice("give the further policy a package, and its data a name, of its own; it can add rules, never change those of a layer")
            })
            .chain(mask)
            .collect()
    }
}

type Meet = fn(&Path, &Path) -> bool;

/// A package may lie below one that the other directory has; data may only where everybody's packages are.
fn data_meets(package: &Path, data: &Path) -> bool {
    package.starts_with(data) || (data.starts_with(package) && !is_shared(package))
}

/// `data`, `data.vestry`, `data.vestry.declare` and `data.vestry.resolve` belong to nobody: what counts is below.
fn is_shared(path: &[String]) -> bool {
    match path {
        [] => true,
        [root] => root == "vestry",
        [root, stage] => root == "vestry" && (stage == "declare" || stage == "resolve"),
        _ => false,
    }
}

fn overlap(a: &Path, b: &Path) -> bool {
    a.starts_with(b) || b.starts_with(a)
}
