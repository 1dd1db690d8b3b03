//! Both decisions over bundles, with and without a key.

use std::fs;
use std::path::{Path, PathBuf};

use vestry::declare::settings::PolicyKey;
use vestry::declare::{self, Delivery, Environment, Host, Settings};
use vestry::error::ErrorType;

use crate::key::{Keys, done, packed, text};
use crate::policy::{Dir, NOWHERE, allows, decide_with, denies, patient, quiet, refused};

/// A bundle of one rule, in a directory that goes with the test.
fn bundle_in(dir: &Dir, name: &str, rule: &str) -> PathBuf {
    let path = dir.path().join(name);
    packed(&Dir::new(&[("a.rego", rule)]), "r1", &path);
    path
}

fn layer(path: &Path, key: Option<&Keys>) -> Result<(), vestry::error::Refusal> {
    let policy_key = key.map(|keys| PolicyKey::Layer(keys.public()));
    decide_with(path, &Settings { policy_key, ..patient() }, quiet()).map(drop)
}

#[track_caller]
fn denied(result: Result<(), vestry::error::Refusal>, why: &str) {
    said(result, ErrorType::PolicyDenied, why);
}

#[track_caller]
fn invalid(result: Result<(), vestry::error::Refusal>, why: &str) {
    said(result, ErrorType::PolicyInvalid, why);
}

#[track_caller]
fn said(result: Result<(), vestry::error::Refusal>, error_type: ErrorType, why: &str) {
    let refusal = result.expect_err("it was to be refused");
    assert_eq!(refusal.error_type(), error_type, "{refusal}");
    assert!(refusal.to_string().contains(why), "{refusal}");
}

#[test]
fn a_bundle_of_the_layer_decides() {
    let dir = Dir::new(&[]);
    let path = bundle_in(&dir, "b.tar.gz", &denies("vestry.declare.mine", "the bundle's"));
    denied(layer(dir.path(), None), &format!("in {}", dir.path().display()));
    // As VESTRY_POLICY: the file itself.
    let settings = Settings { policy: Some(path), ..patient() };
    assert!(
        refused(decide_with(NOWHERE.as_ref(), &settings, quiet()), ErrorType::PolicyDenied)
            .contains("the bundle's")
    );
}

#[test]
fn files_beside_a_bundle_decide_as_well() {
    let dir = Dir::new(&[("plain.rego", &allows("vestry.declare.plain"))]);
    bundle_in(&dir, "b.tar.gz", &denies("vestry.resolve.mine", "the bundle's"));
    denied(layer(dir.path(), None), "the bundle's");
    bundle_in(&dir, "b.tar.gz", &allows("vestry.resolve.mine"));
    layer(dir.path(), None).unwrap();
    dir.write("plain.rego", denies("vestry.declare.plain", "the file's"));
    denied(layer(dir.path(), None), "the file's");
}

#[test]
fn what_lies_in_one_place_is_one_document() {
    let dir = Dir::new(&[("lib/data.json", "{\"forbidden\": [\"TZ\"]}")]);
    let body = "{\n\tsome v in input.variables\n\tv in data.lib.forbidden\n}";
    bundle_in(&dir, "rules.tar.gz", &format!("package vestry.declare.mine\n\ndeny contains v if {body}\n"));
    denied(layer(dir.path(), None), "TZ");
}

#[test]
fn roots_are_the_bundles_alone() {
    let dir = Dir::new(&[("plain.rego", &allows("vestry.declare.mine.below"))]);
    let source = Dir::new(&[("a.rego", &allows("vestry.declare.mine"))]);
    let bundle = |name: &str| {
        let path = dir.path().join(name);
        done(&["bundle", text(source.path()), "-o", text(&path), "--root", "vestry/declare/mine"]);
    };
    bundle("b.tar.gz");
    invalid(layer(dir.path(), None), "is the bundle's");
    dir.write("plain.rego", allows("vestry.declare.other"));
    layer(dir.path(), None).unwrap();
    dir.write("data.json", "{\"vestry\": {\"declare\": {\"mine\": {\"limit\": 1}}}}");
    invalid(layer(dir.path(), None), "data/vestry/declare/mine is the bundle's");
    fs::remove_file(dir.path().join("data.json")).unwrap();
    bundle("c.tar.gz");
    invalid(layer(dir.path(), None), "both have the root \"vestry/declare/mine\"");
}

#[test]
fn a_key_makes_signatures_mandatory() {
    let (keys, dir) = (Keys::new(), Dir::new(&[]));
    let path = bundle_in(&dir, "b.tar.gz", &allows("vestry.declare.mine"));
    invalid(layer(dir.path(), Some(&keys)), "b.tar.gz is not signed");
    keys.sign(&path);
    layer(dir.path(), Some(&keys)).unwrap();
    invalid(layer(dir.path(), Some(&Keys::new())), "not the key's");
    invalid(layer(dir.path(), None), "there is no key to hold it against");
    // A second one without a signature, a file that none covers.
    let second = bundle_in(&dir, "c.tar.gz", &allows("vestry.declare.more"));
    invalid(layer(dir.path(), Some(&keys)), "c.tar.gz is not signed");
    fs::remove_file(second).unwrap();
    for extra in ["exception.rego", "data.json", "notes.txt", ".hidden", "lib/.keep"] {
        dir.write(extra, "package vestry.declare.mine\n");
        invalid(layer(dir.path(), Some(&keys)), "");
        fs::remove_file(dir.path().join(extra)).unwrap();
    }
    fs::remove_dir(dir.path().join("lib")).unwrap();
    layer(dir.path(), Some(&keys)).unwrap();
    dir.write("settings.toml", "mode = \"report\"\n");
    invalid(layer(dir.path(), Some(&keys)), "/settings.toml is not signed");
}

#[test]
fn a_directory_is_signed_as_a_whole() {
    let (keys, dir) = (Keys::new(), Dir::new(&[("a.rego", &denies("vestry.declare.mine", "the file's"))]));
    invalid(layer(dir.path(), Some(&keys)), "is not signed");
    keys.sign(dir.path());
    denied(layer(dir.path(), Some(&keys)), "the file's");
    invalid(layer(dir.path(), None), "there is no key to hold it against");
    dir.write("a.rego", allows("vestry.declare.mine"));
    invalid(layer(dir.path(), Some(&keys)), "holds a.rego, which is not what was signed");
    // Signed bundles beside signed files.
    keys.sign(dir.path());
    let path = bundle_in(&dir, "b.tar.gz", &denies("vestry.declare.packed", "the bundle's"));
    invalid(layer(dir.path(), Some(&keys)), "b.tar.gz is not signed");
    keys.sign(&path);
    denied(layer(dir.path(), Some(&keys)), "the bundle's");
}

#[test]
fn both_places_are_held_against_the_one_key() {
    let (keys, base, mine) = (Keys::new(), Dir::new(&[]), Dir::new(&[]));
    keys.sign(&bundle_in(&base, "b.tar.gz", &allows("vestry.declare.base")));
    let path = bundle_in(&mine, "m.tar.gz", &denies("vestry.declare.mine", "the owner's"));
    let decided = || {
        let policy_key = Some(PolicyKey::Variable(keys.public_pem.clone()));
        let settings = Settings { policy: Some(path.clone()), policy_key, ..patient() };
        decide_with(base.path(), &settings, quiet()).map(drop)
    };
    invalid(decided(), "m.tar.gz is not signed");
    keys.sign(&path);
    denied(decided(), "the owner's");
}

#[test]
fn a_key_that_cannot_be_used_refuses() {
    let dir = Dir::new(&[("a.rego", &allows("vestry.declare.mine")), ("no.pub", "no key"), ("d.pub/x", "")]);
    let keys = Keys::new();
    for file in ["missing.pub", "no.pub", "d.pub"] {
        let policy_key = Some(PolicyKey::Layer(dir.path().join(file)));
        let settings = Settings { policy_key, ..patient() };
        let message = refused(decide_with(dir.path(), &settings, quiet()), ErrorType::PolicyInvalid);
        assert!(message.contains(file), "{message}");
    }
    let policy_key = Some(PolicyKey::Variable(text(&keys.private()).into()));
    let settings = Settings { policy_key, ..patient() };
    let message = refused(decide_with(dir.path(), &settings, quiet()), ErrorType::PolicyInvalid);
    assert!(message.contains("key VESTRY_POLICY_KEY: it holds a private key"), "{message}");
}

#[test]
fn a_key_without_any_policy_refuses() {
    let keys = Keys::new();
    let decided = |key: PolicyKey, required: bool| {
        let settings = Settings { policy_key: Some(key), policy_required: required, ..patient() };
        decide_with(NOWHERE.as_ref(), &settings, quiet()).map(drop)
    };
    invalid(decided(PolicyKey::Layer(keys.public()), false), "take the key out of its layer");
    invalid(decided(PolicyKey::Variable(keys.public_pem.clone()), false), "unset VESTRY_POLICY_KEY");
    invalid(decided(PolicyKey::Layer(keys.public()), true), "policy is required");
    // Whoever takes the layer's policy away is not helped by an empty directory in its place.
    let empty = Dir::new(&[]);
    invalid(layer(empty.path(), Some(&keys)), "is not signed");
}

/// What declares nothing waits for the verdict as well, and is told nothing else by `vestry-exec`.
#[test]
fn a_key_alone_puts_policy_in_force() {
    let opt = Dir::new(&[("vestry/policy.pub", "a key")]);
    let host = Host { opt: opt.path().into(), task: NOWHERE.into(), delivery: None };
    let wrapper = [("AWS_LAMBDA_EXEC_WRAPPER", "/opt/vestry-exec")];
    let environment: Environment = wrapper.into_iter().collect();
    for declared in [declare::read(&environment, &host), declare::read_beside_extension(&environment, &host)]
    {
        assert_eq!(declared.unwrap().delivery, Delivery::Verdict);
    }
}

/// The key in force with a layer's, a variable's, both.
#[test]
fn a_variable_adds_a_key_and_never_takes_the_layers_place() {
    let opt = Dir::new(&[]);
    let host = Host { opt: opt.path().into(), task: NOWHERE.into(), delivery: None };
    let read = |variables: &[(&str, &str)]| {
        let declared = declare::read(&variables.iter().copied().collect::<Environment>(), &host).unwrap();
        (declared.settings.policy_key, declared.warnings)
    };
    let variable = [("VESTRY_POLICY_KEY", "/var/task/own.pub")];
    assert_eq!(read(&[]), (None, vec![]));
    assert_eq!(read(&[("VESTRY_POLICY_KEY", "")]), (None, vec![]));
    assert_eq!(read(&variable), (Some(PolicyKey::Variable("/var/task/own.pub".into())), vec![]));
    // Whatever lies there, be it a link to nowhere.
    fs::create_dir(opt.path().join("vestry")).unwrap();
    std::os::unix::fs::symlink("nowhere", opt.path().join("vestry/policy.pub")).unwrap();
    let of_layer = Some(PolicyKey::Layer(opt.path().join("vestry/policy.pub")));
    assert_eq!(read(&[]), (of_layer.clone(), vec![]));
    let (key, warnings) = read(&variable);
    assert_eq!(key, of_layer);
    // So it is with the directory that it was to lie in.
    fs::remove_dir_all(opt.path().join("vestry")).unwrap();
    std::os::unix::fs::symlink("nowhere", opt.path().join("vestry")).unwrap();
    assert_eq!(read(&[]).0, of_layer);
    assert!(warnings[0].contains("VESTRY_POLICY_KEY is not used"), "{warnings:?}");
}
