//! Bundles where `vestry policy check`, `test` and `eval` take directories.

use std::fs;
use std::path::PathBuf;

use crate::key::{Keys, done, fails, packed, text, vestry_policy};
use crate::policy::{Dir, allows, denies};

const TEST: &str = "package vestry.declare.mine_test\n\nimport data.vestry.declare.mine\n\n\
                    test_it if \"no\" in mine.deny\n";

/// A directory, a bundle of it without its test, and one with it, as `opa build` packs them.
struct Made {
    dir: Dir,
    out: Dir,
}

impl Made {
    fn new() -> Self {
        let files = [("mine.rego", denies("vestry.declare.mine", "no")), ("mine_test.rego", TEST.into())];
        let files = files.each_ref().map(|(name, text)| (*name, text.as_str()));
        let made = Self { dir: Dir::new(&files), out: Dir::new(&[]) };
        packed(&made.dir, "r1", &made.bundle());
        let whole = vestry::decide::bundle::files(&made.bundle()).unwrap();
        let test = vestry::decide::bundle::File { name: "mine_test.rego".into(), bytes: TEST.into() };
        let whole = vestry::decide::bundle::pack::pack(&[whole, vec![test]].concat());
        fs::write(made.with_tests(), whole).unwrap();
        made
    }

    fn bundle(&self) -> PathBuf {
        self.out.path().join("policy.tar.gz")
    }

    fn with_tests(&self) -> PathBuf {
        self.out.path().join("tested.tar.gz")
    }

    fn input(&self) -> PathBuf {
        self.out.write("input.json", r#"{"stage": "declare", "references": []}"#);
        self.out.path().join("input.json")
    }
}

#[test]
fn a_bundle_is_checked_as_its_directory_is() {
    let made = Made::new();
    for path in [made.bundle(), made.with_tests()] {
        assert_eq!(done(&["check", text(&path)]), "");
        assert_eq!(done(&["check", "-b", text(&path)]), "");
    }
    let wrong = Dir::new(&[("a.rego", "package vestry.declare\n\ndeny contains x if input.refrences\n")]);
    let files = [vestry::decide::bundle::File {
        name: "a.rego".into(),
        bytes: fs::read(wrong.path().join("a.rego")).unwrap(),
    }];
    let path = made.out.path().join("wrong.tar.gz");
    fs::write(&path, vestry::decide::bundle::pack::pack(&files)).unwrap();
    let said = fails(&["check", text(&path)], 1);
    assert!(said.contains("wrong.tar.gz/a.rego:3:"), "{said}");
    assert!(said.contains("3 | deny contains x if input.refrences"), "{said}");
    // As the extension would, with what else lies there.
    let place = Dir::new(&[("b.rego", &allows("vestry.declare.b"))]);
    fs::copy(&path, place.path().join("wrong.tar.gz")).unwrap();
    assert!(fails(&["check", text(place.path())], 1).contains("wrong.tar.gz/a.rego:3:"));
}

#[test]
fn a_bundles_tests_are_run_and_so_are_tests_beside_it() {
    let made = Made::new();
    assert!(done(&["test", text(&made.with_tests())]).contains("PASS: 1/1"));
    let beside = made.dir.path().join("mine_test.rego");
    assert!(done(&["test", "-b", text(&made.bundle()), text(&beside)]).contains("PASS: 1/1"));
    let said = fails(&["test", text(&made.bundle()), text(&beside), "--run", "none"], 0);
    assert!(said.contains("no test matches --run none, of 1 test\n"), "{said}");
}

#[test]
fn what_a_bundle_decides_is_evaluated() {
    let made = Made::new();
    for path in [made.bundle(), made.dir.path().to_path_buf()] {
        let output = vestry_policy(&["eval", text(&path), "--input", text(&made.input()), "--explain"]);
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(said.contains("deny  no") && said.contains("mine.rego:"), "{said}");
    }
}

#[test]
fn a_signature_is_held_against_the_key_or_it_is_said_that_it_is_not() {
    let (made, keys, other) = (Made::new(), Keys::new(), Keys::new());
    let (path, input) = (made.with_tests(), made.input());
    let (key, wrong) = (keys.public(), other.public());
    let commands: [(&[&str], i32); 3] = [
        (&["check", text(&path)], 0),
        (&["test", text(&path)], 0),
        (&["eval", text(&path), "--input", text(&input)], 3),
    ];
    let run = |command: &[&str], key: Option<&str>, code: i32| {
        let with_key: Vec<&str> = key.into_iter().flat_map(|key| ["--key", key]).collect();
        let output = vestry_policy(&[command, &with_key].concat());
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        assert_eq!(output.status.code(), Some(code), "{command:?} {key:?}: {said}");
        said
    };
    let refused = |command: &[&str]| if command[0] == "eval" { 4 } else { 1 };
    for (command, code) in commands {
        assert!(!run(command, None, code).contains("signature"));
        assert!(run(command, Some(text(&key)), refused(command)).contains("is not signed"));
    }
    keys.sign(&path);
    for (command, code) in commands {
        let said = run(command, None, code);
        assert!(said.contains("tested.tar.gz: its signature is not checked"), "{said}");
        assert!(!run(command, Some(text(&key)), code).contains("signature"));
        assert!(run(command, Some(text(&wrong)), refused(command)).contains("not the key's"));
        assert!(run(command, Some("/nonexistent"), 2).contains("key /nonexistent"));
        assert!(run(command, Some(text(&keys.private())), 2).contains("private key"));
    }
}

#[test]
fn a_signed_directory_is_taken_as_a_whole() {
    let (made, keys) = (Made::new(), Keys::new());
    keys.sign(made.dir.path());
    let (dir, key) = (text(made.dir.path()), keys.public());
    assert!(fails(&["check", dir], 0).contains("its signature is not checked"));
    assert_eq!(fails(&["check", dir, "--key", text(&key)], 0), "");
    assert!(done(&["test", dir, "--verification-key", text(&key)]).contains("PASS: 1/1"));
    made.dir.write("mine_test.rego", "package vestry.declare.mine_test\n\ntest_it if true\n");
    assert!(fails(&["check", dir, "--key", text(&key)], 1).contains("mine_test.rego"));
    assert!(fails(&["test", dir, "--key", text(&key)], 1).contains("mine_test.rego"));
    let file = made.dir.path().join("mine.rego");
    assert!(fails(&["check", text(&file), "--key", text(&key)], 1).contains("no signature is of one"));
}

#[test]
fn two_bundles_with_one_root_are_no_policy() {
    let made = Made::new();
    let (a, b) = (made.out.path().join("a.tar.gz"), made.out.path().join("b.tar.gz"));
    for path in [&a, &b] {
        done(&["bundle", text(made.dir.path()), "-o", text(path), "--root", "vestry/declare/mine"]);
    }
    for command in ["check", "test"] {
        assert!(fails(&[command, text(&a), text(&b)], 1).contains("both have the root"), "{command}");
    }
}
