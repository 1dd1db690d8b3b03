//! Everything that is not a clean answer refuses, and says where.

use std::os::unix::fs::symlink;
use std::path::Path;

use vestry::declare::Settings;
use vestry::error::ErrorType;

use crate::process::{APPROVED, output_of_a_copy};
use crate::support::{Dir, NOWHERE, allows, decide, decide_with, invalid, patient, quiet, refused};

#[test]
fn a_syntax_error_is_told_with_file_line_and_column() {
    let message =
        invalid(&[("lib/a.rego", "package vestry.declare\n\ndeny contains msg if {\n    msg := )\n}\n")]);
    assert!(message.starts_with("policy DIR/lib/a.rego:4:"), "{message}");
}

#[test]
fn all_broken_files_are_told() {
    let message = invalid(&[("a.rego", "package"), ("b.rego", "pakcage b"), ("data.json", "{")]);
    for file in ["DIR/a.rego", "DIR/b.rego", "DIR/data.json"] {
        assert!(message.contains(file), "{message}");
    }
}

#[test]
fn a_directory_without_a_rule_to_evaluate_is_refused() {
    let message = invalid(&[("a.rego", "package vestry.declare\n\nallowed := true\n")]);
    assert_eq!(
        message,
        "policy DIR holds no rule that Vestry evaluates: its packages are vestry.declare; define `deny`, `violation` \
         or `warn` in package vestry.declare or vestry.resolve, or below one of them"
    );
    assert!(invalid(&[]).contains("it has no .rego file"));
    assert!(invalid(&[("a_test.rego", &allows("vestry.declare"))]).contains("it has no .rego file"));
    assert!(invalid(&[("a.rego", "package vestry.declare\nexception contains [\"a\"]")]).contains("no rule"));
    let misspelt = invalid(&[("a.rego", "package vestry.declare\ndney contains \"x\"")]);
    assert!(misspelt.contains("did you mean `deny` for `dney`?"), "{misspelt}");
}

#[test]
fn a_misspelt_package_is_refused_even_beside_a_good_one() {
    let message =
        invalid(&[("a.rego", &allows("vestry.declare")), ("b.rego", &allows("vestry.resolved.age"))]);
    assert!(
        message.starts_with("policy DIR/b.rego:3:1: `deny` in package `vestry.resolved.age`"),
        "{message}"
    );
    assert!(message.ends_with("did you mean `vestry.resolve.age`?"), "{message}");
}

#[test]
fn an_answer_that_is_no_set_of_messages_is_refused() {
    for (rule, part) in [
        ("deny := \"no\"", "data.vestry.declare.deny is a string, not a set"),
        ("deny := true", "is a boolean, not a set"),
        ("deny := [\"no\"]", "is an array, not a set"),
        ("deny if input.stage == \"declare\"", "is a boolean, not a set"),
        ("deny := {\"no\"} if input.stage == \"never\"", "is undefined, not a set"),
        ("default deny := false", "is a boolean, not a set"),
        ("deny[msg] if { msg := \"no\" }", "write `deny contains msg if { … }`"),
        ("deny contains 1", "neither a string nor an object with a string `msg`"),
        ("deny contains {\"message\": \"no\"}", "neither a string nor an object with a string `msg`"),
        ("deny contains {\"msg\": 1}", "neither a string nor an object with a string `msg`"),
        ("warn contains [\"no\"]", "neither a string nor an object with a string `msg`"),
        ("deny contains \"no\"\nexception contains \"x\"", "something other than a list of rule names"),
    ] {
        let message = invalid(&[("a.rego", &format!("package vestry.declare\n{rule}\n"))]);
        assert!(message.contains(part), "{rule}: {message}");
    }
}

#[test]
fn an_error_of_a_built_in_is_refused_and_not_taken_for_undefined() {
    let message = invalid(&[(
        "a.rego",
        "package vestry.declare\ndeny contains \"no\" if {\n\ttime.parse_rfc3339_ns(\"yesterday\") > 0\n}\n",
    )]);
    let wanted = "policy DIR/a.rego:3:23: time.parse_rfc3339_ns: parsing time \"yesterday\"";
    assert!(message.starts_with(wanted), "{message}");
    let message = invalid(&[(
        "a.rego",
        "package vestry.declare\ndeny contains \"no\" if {\n\tto_number(\"x\") > 0\n}\n",
    )]);
    assert!(message.starts_with("policy DIR/a.rego:3:"), "{message}");
}

#[test]
fn an_unknown_function_is_refused_even_where_it_is_not_reached() {
    let message =
        invalid(&[("a.rego", "package vestry.declare\ndeny contains \"no\" if { false; nofn(1) }\n")]);
    assert!(message.starts_with("policy DIR/a.rego:2:"), "{message}");
    assert!(message.contains("there is no function `nofn`"), "{message}");
}

#[test]
fn broken_data_is_refused() {
    let rule = allows("vestry.declare");
    for (path, text) in
        [("data.json", "{\"a\": }"), ("x/data.yaml", "a: [1"), ("data.yaml", "- a\n"), ("data.yml", "")]
    {
        let message = invalid(&[("a.rego", &rule), (path, text)]);
        assert!(message.starts_with(&format!("policy DIR/{path}:1:")), "{message}");
    }
    let conflict = invalid(&[("a.rego", &rule), ("data.json", "{\"a\": 1}"), ("data.yaml", "a: 2")]);
    assert!(conflict.starts_with("policy DIR/data.yaml: "), "{conflict}");
    for (path, text) in [("vestry/declare/data.yaml", "deny: []"), ("data.yaml", "vestry: {declare: 1}")] {
        let shadowed = invalid(&[("a.rego", &rule), (path, text)]);
        let part = "`vestry.declare.deny` is defined by a rule and by a data file";
        assert!(shadowed.contains(part), "{shadowed}");
    }
}

#[test]
fn what_lies_elsewhere_is_not_reached_by_a_link() {
    let outside = Dir::new(&[("deny.rego", &allows("vestry.declare"))]);
    for (link, target) in [("a.rego", "deny.rego"), ("elsewhere", "")] {
        let dir = Dir::new(&[("b.rego", &allows("vestry.resolve"))]);
        symlink(outside.path().join(target), dir.path().join(link)).unwrap();
        let message = refused(decide(Some(&dir), None), ErrorType::PolicyInvalid);
        assert!(message.contains("is a link to something other than a file of the same"), "{message}");
    }
}

#[test]
fn a_loop_of_links_does_not_hang() {
    let dir = Dir::new(&[("a.rego", &allows("vestry.declare"))]);
    symlink(dir.path(), dir.path().join("again")).unwrap();
    refused(decide(Some(&dir), None), ErrorType::PolicyInvalid);
}

#[test]
fn what_is_no_file_is_not_opened() {
    let dir = Dir::new(&[("a.rego", &allows("vestry.declare"))]);
    let _listener = std::os::unix::net::UnixListener::bind(dir.path().join("b.rego")).unwrap();
    let message = refused(decide(Some(&dir), None), ErrorType::PolicyInvalid);
    assert!(message.contains("b.rego is not a regular file"), "{message}");
}

#[test]
fn the_directory_of_the_setting_has_to_be_one() {
    let dir = Dir::new(&[("a.rego", &allows("vestry.declare"))]);
    for path in [dir.path().join("missing"), dir.path().join("a.rego")] {
        let settings = Settings { policy: Some(path.clone()), ..patient() };
        let message = refused(decide_with(NOWHERE.as_ref(), &settings, quiet()), ErrorType::PolicyInvalid);
        assert!(message.contains(&path.display().to_string()), "{message}");
    }
}

#[test]
fn a_policy_that_is_required_has_to_be_there() {
    let settings = Settings { policy_required: true, ..patient() };
    let message = refused(decide_with(NOWHERE.as_ref(), &settings, quiet()), ErrorType::PolicyInvalid);
    assert_eq!(
        message,
        format!(
            "policy is required, and there is neither {NOWHERE} nor VESTRY_POLICY; add the layer that brings the \
             policy, or unset VESTRY_POLICY_REQUIRED"
        )
    );
    let dir = Dir::new(&[("a.rego", &allows("vestry.declare"))]);
    let settings = Settings { policy: Some(dir.path().to_path_buf()), ..settings };
    let _ = decide_with(NOWHERE.as_ref(), &settings, quiet()).unwrap();
}

#[test]
fn a_layer_that_was_seen_and_is_gone_is_not_taken_for_none() {
    let dir = Dir::new(&[("a.rego", &allows("vestry.declare"))]);
    let gone = dir.path().with_extension("gone");
    let refused = |layer: &Path, owner, seen| match output_of_a_copy(layer, owner, seen) {
        output if output.contains("PolicyInvalid") => true,
        output => {
            assert!(output.contains(APPROVED), "{output}");
            false
        }
    };
    assert!(!refused(dir.path(), None, true));
    assert!(!refused(&gone, Some(&dir), false), "there never was one");
    assert!(refused(&gone, Some(&dir), true));
    assert!(refused(&gone, None, true) && refused(&gone, None, false));
}
