//! A reader that goes away before the end, as `head -1` does.

use std::process::{Command, Stdio};

use super::support::{Dir, policy};

/// `vestry ARGS` with nobody left to read either stream; the exit code, and where one stream is read, what it had.
fn unread(dir: &Dir, args: &[&str], stderr: Stdio) -> (Option<i32>, String) {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = Command::new(env!("CARGO_BIN_EXE_vestry"))
        .args(args)
        .current_dir(dir.path())
        .env_clear()
        .stdin(Stdio::null())
        .stdout(writer)
        .stderr(stderr)
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

fn closed() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

#[test]
fn a_reader_that_has_gone_away_changes_no_exit_code_and_is_not_complained_of() {
    let dir = Dir::new(&[
        ("vestry.toml", "[variables]\nDB = \"ssm:/prod/db\"\n"),
        ("wrong.toml", "[variables]\nDB = \"smm:/prod/db\"\n"),
        ("input.json", r#"{"stage": "declare", "function": {"name": "a-prod"}, "references": []}"#),
        ("denied/p.rego", "package vestry.declare\n\ndeny contains \"no\" if true\n"),
        ("wrong/p.rego", "package vestry.declare\n\ndeny contains x if true\n"),
    ]);
    assert_eq!(policy(&dir, &["init", "policy"]).code, Some(0));
    let cases: [(&[&str], i32); 15] = [
        (&["check", "--manifest", "vestry.toml"], 0),
        (&["check", "--manifest", "vestry.toml", "--json"], 0),
        (&["iam", "--manifest", "vestry.toml"], 0),
        (&["iam", "--manifest", "wrong.toml"], 3),
        (&["schema", "manifest"], 0),
        (&["completions", "bash"], 0),
        (&["man"], 0),
        (&["policy", "test", "policy"], 0),
        (&["policy", "test", "policy", "--coverage"], 0),
        (&["policy", "check", "policy", "--format", "json"], 0),
        (&["policy", "check", "wrong"], 1),
        (&["policy", "eval", "denied", "--input", "input.json"], 3),
        (&["policy", "schema"], 0),
        (&["policy", "init", "other"], 0),
        (&["policy", "bundle", "policy", "-o", "policy.tar.gz"], 0),
    ];
    for (args, code) in cases {
        let (first, said) = unread(&dir, args, Stdio::piped());
        assert_eq!(first, Some(code), "{args:?}: {said}");
        assert!(!said.contains("panicked") && !said.contains("standard output"), "{args:?}: {said}");
        if args != ["policy", "init", "other"] {
            assert_eq!(unread(&dir, args, closed()).0, Some(code), "{args:?}");
        }
    }
}

#[test]
fn a_result_that_cannot_be_written_for_another_reason_is_complained_of() {
    let dir = Dir::new(&[]);
    let output = Command::new(env!("CARGO_BIN_EXE_vestry"))
        .args(["policy", "schema"])
        .current_dir(dir.path())
        .env_clear()
        .stdout(std::fs::File::create("/dev/full").unwrap())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("cannot write to standard output"), "{said}");
}

/// Takes the screen over, sets a title, turns the direction, and passes for a line of ours.
const HOSTILE: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}1m\u{202e}\nvestry.declare: allowed";

#[test]
fn no_command_lets_a_foreign_text_command_the_terminal() {
    let quoted = serde_json::to_string(HOSTILE).unwrap();
    let rule = format!(
        "package vestry.declare\n\ndeny contains {quoted} if print({quoted})\n\nwarn contains {{\"msg\": {quoted}, \"id\": {quoted}}}\n"
    );
    let template = serde_json::json!({"Resources": {HOSTILE: {
        "Type": "AWS::Lambda::Function",
        "Properties": {"Runtime": "python3.13", "Environment": {"Variables": {
            "VESTRY_SECRETS": "prod/x",
            HOSTILE: "ssm:/a b",
            "A": {"Fn::ImportValue": HOSTILE},
            "C": "x-crypteia-ssm:/a",
            format!("C{HOSTILE}"): "x-crypteia-ssm:/a*",
        }}},
    }}});
    let dir = Dir::new(&[
        ("p/p.rego", rule.as_str()),
        (
            "t/p_test.rego",
            &format!("package p_test\n\ntest_it if {{ print({quoted}); {quoted} == \"x\" }}\n"),
        ),
        (
            "w/p.rego",
            &format!(
                "package vestry.declare\n\ndeny contains input[{quoted}] # {}\n",
                HOSTILE.replace('\n', "")
            ),
        ),
        ("template.json", &template.to_string()),
        ("input.json", r#"{"stage": "declare", "function": {"name": "a"}, "references": []}"#),
        ("wrong.env", "VESTRY_SECRETS=prod/x\nA=ssm:/a b\n"),
    ]);
    let cases: [&[&str]; 9] = [
        &["policy", "eval", "p", "--input", "input.json"],
        &["policy", "eval", "p", "--input", "input.json", "--explain"],
        &["policy", "eval", "p", "--template", "template.json"],
        &["policy", "input", "--template", "template.json"],
        &["policy", "test", "t"],
        &["policy", "check", "w"],
        &["check", "--template", "template.json", "--policy", "p"],
        &["iam", "--template", "template.json"],
        &["import", "--template", "template.json"],
    ];
    for args in cases {
        let output = Command::new(env!("CARGO_BIN_EXE_vestry"))
            .args(args)
            .current_dir(dir.path())
            .env_clear()
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        // Something of it was shown, but nothing that is obeyed.
        assert!(said.contains("owned"), "{args:?}: {said}");
        assert!(!said.contains(['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}']), "{args:?}: {said}");
        assert!(!said.lines().any(|line| line == "vestry.declare: allowed"), "{args:?}: {said}");
    }
}
