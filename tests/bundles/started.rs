//! The real program over a signed bundle: it starts, or says why it does not.

use std::path::Path;
use std::process::{Command, Output};

use crate::key::{Keys, packed, text};
use crate::policy::{Dir, allows, denies};

/// `vestry exec` of a function that declares nothing.
fn exec(variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestry"));
    command.args(["exec", "--", "/bin/echo", "started"]).env_clear().envs(variables.iter().copied());
    command.output().unwrap()
}

#[track_caller]
fn starts(variables: &[(&str, &str)]) -> String {
    let output = exec(variables);
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && output.stdout == b"started\n", "{log}");
    log
}

#[track_caller]
fn refused(variables: &[(&str, &str)], why: &str) {
    let output = exec(variables);
    let log = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(3), &b""[..]), "{log}");
    assert!(log.contains(why), "{log}");
}

fn signed(keys: &Keys, rule: &str, path: &Path) {
    packed(&Dir::new(&[("a.rego", rule)]), "2026-11-22.1", path);
    keys.sign(path);
}

#[test]
fn a_signed_bundle_starts_the_function_and_its_revision_is_logged() {
    let (keys, dir) = (Keys::new(), Dir::new(&[]));
    let path = dir.path().join("b.tar.gz");
    signed(&keys, &allows("vestry.declare.mine"), &path);
    for key in [keys.public_pem.as_str(), text(&keys.public()), &keys.public_pem.replace('\n', " ")] {
        let log = starts(&[("VESTRY_POLICY", text(&path)), ("VESTRY_POLICY_KEY", key)]);
        let decision = log.lines().find(|line| line.contains("\"event\":\"decision\"")).unwrap();
        let decision: serde_json::Value = serde_json::from_str(decision).unwrap();
        assert_eq!(decision["bundles"][text(&path)]["revision"], "2026-11-22.1", "{decision}");
    }
}

#[test]
fn a_function_does_not_start_with_what_was_not_signed() {
    let (keys, dir) = (Keys::new(), Dir::new(&[]));
    let path = dir.path().join("b.tar.gz");
    let variables = |key: &str| {
        [("VESTRY_POLICY".to_string(), text(&path).to_string()), ("VESTRY_POLICY_KEY".into(), key.into())]
    };
    let with = |key: &str, why: &str| {
        let variables = variables(key);
        refused(&variables.each_ref().map(|(name, value)| (name.as_str(), value.as_str())), why);
    };
    packed(&Dir::new(&[("a.rego", &allows("vestry.declare.mine"))]), "r", &path);
    with(&keys.public_pem, "Vestry.PolicyInvalid");
    keys.sign(&path);
    with(&Keys::new().public_pem, "Vestry.PolicyInvalid");
    with("/nonexistent.pub", "Vestry.PolicyInvalid");
    with("-----BEGIN", "Vestry.PolicyInvalid");
    signed(&keys, &denies("vestry.declare.mine", "the bundle's"), &path);
    with(&keys.public_pem, "Vestry.PolicyDenied");
    refused(&[("VESTRY_POLICY", text(&path))], "there is no key to hold it against");
}

/// The extension itself, under an emulated Lambda.
#[test]
fn the_extension_holds_a_bundle_against_the_key() {
    let (keys, dir) = (Keys::new(), Dir::new(&[("empty.toml", "[parameters]\n")]));
    let path = dir.path().join("b.tar.gz");
    let function = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/function.py");
    let store = dir.path().join("empty.toml");
    let outcome = |key: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vestry"));
        command.args(["local", "--json", "--store", text(&store), "--policy", text(&path)]);
        command.args(["--", "python3", function]).env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin");
        let output = command.env("VESTRY_POLICY_KEY", key).output().unwrap();
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let init = &document["init"];
        (output.status.code(), init["outcome"].to_string(), init.to_string())
    };
    signed(&keys, &allows("vestry.declare.mine"), &path);
    let (code, said, init) = outcome(&keys.public_pem);
    assert_eq!((code, said.as_str()), (Some(0), "\"ready\""), "{init}");
    let (code, said, init) = outcome(&Keys::new().public_pem);
    assert_eq!((code, said.as_str()), (Some(3), "\"refused\""), "{init}");
    assert!(
        init.contains("Vestry.PolicyInvalid") && init.contains("the signature is not the key's"),
        "{init}"
    );
}

#[test]
fn report_mode_travels_in_the_signed_bundle_and_every_init_line_says_so() {
    let (keys, dir) = (Keys::new(), Dir::new(&[]));
    let path = dir.path().join("b.tar.gz");
    let files =
        [("a.rego", denies("vestry.declare", "too early")), ("settings.toml", "mode = \"report\"\n".into())];
    packed(&Dir::new(&files.each_ref().map(|(name, text)| (*name, text.as_str()))), "1", &path);
    keys.sign(&path);
    let variables = [("VESTRY_POLICY", text(&path)), ("VESTRY_POLICY_KEY", keys.public_pem.as_str())];
    for level in ["error", "info"] {
        let log = starts(&[variables.as_slice(), &[("VESTRY_LOG", level)]].concat());
        let lines: Vec<serde_json::Value> =
            log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let of = |event: &str| lines.iter().find(|line| line["event"] == event).unwrap();
        let init = of("init");
        assert_eq!((&init["mode"], &init["outcome"]), (&"report".into(), &"ready".into()), "{log}");
        assert_eq!(init["would_deny"][0]["msg"], "too early");
        assert_eq!(init["reporting"][0], text(&path));
        assert_eq!(of("policy_warning")["would_deny"], "report");
    }
    let enforced = Dir::new(&[
        ("a.rego", &denies("vestry.declare", "too early")),
        ("settings.toml", "mode = \"enforce\"\n"),
    ]);
    packed(&enforced, "1", &path);
    keys.sign(&path);
    refused(&variables, "too early");
}

#[test]
fn parts_of_one_place_that_differ_in_mode_are_refused() {
    let (place, report) = (Dir::new(&[]), ("settings.toml", "mode = \"report\"\n"));
    packed(
        &Dir::new(&[("a.rego", &denies("vestry.declare.a", "no")), report]),
        "1",
        &place.path().join("a.tar.gz"),
    );
    packed(&Dir::new(&[("b.rego", &denies("vestry.declare.b", "no"))]), "1", &place.path().join("b.tar.gz"));
    let variables = [("VESTRY_POLICY", text(place.path()))];
    refused(&variables, "have different modes");
    place.write("settings.toml", report.1);
    assert!(starts(&variables).contains("\"mode\":\"report\""));
}
