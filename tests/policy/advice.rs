//! Whatever is said of a policy says what to do, too.

use std::path::Path;

use vestry::decide::bundle::Trust;
use vestry::decide::check::directories;
use vestry::error::ErrorType;

use crate::support::{Dir, decide};

fn rule(body: &str) -> String {
    format!("package vestry.declare\n\ndeny contains \"x\" if {{\n\t{body}\n}}\n")
}

/// What the extension says of a policy that gives no clean answer.
#[track_caller]
fn told(text: &str) -> String {
    let dir = Dir::new(&[("a.rego", text)]);
    let refusal = decide(Some(&dir), None).unwrap_err();
    assert_eq!(refusal.error_type(), ErrorType::PolicyInvalid, "{refusal}");
    let problems = refusal.problems();
    assert!(problems.iter().all(|problem| !problem.advice.is_empty()), "{refusal}");
    refusal.to_string().replace(&dir.path().display().to_string(), "DIR")
}

#[test]
fn an_error_of_a_function_has_its_place_and_what_to_do() {
    for (body, place, advice) in [
        (
            "time.clock(input.function) == 1",
            "DIR/a.rego:4:18: `time.clock` expects",
            "ask before it what it is",
        ),
        ("lower(1) == \"a\"", "DIR/a.rego:4:", "ask before it what it is"),
        ("input.function.name + 1 == 2", "DIR/a.rego:4:", "ask before it what it is"),
        ("to_number(input.stage) == 1", "DIR/a.rego:4:", "ask before it whether the text is one"),
        ("json.unmarshal(input.stage) == 1", "DIR/a.rego:4:", "ask before it whether the text is one"),
        ("1 / (input.now_ns - input.now_ns) == 1", "DIR/a.rego:4:", "ask for `!= 0` before it"),
        ("time.now_ns(\"x\") == 1", "DIR/a.rego:4:", "give the result a name"),
        ("numbers.range(1, 1000000) == []", "DIR/a.rego:4:", "see to it that the call"),
    ] {
        let told = told(&rule(body));
        assert!(
            told.starts_with(&format!("policy {place}")) && told.contains(&format!("; {advice}")),
            "{told}"
        );
    }
}

#[test]
fn where_the_engine_names_no_place_it_is_the_rules() {
    for body in ["time.parse_duration_ns(input.stage) == 1", "time.clock([1, input.stage]) == [1]"] {
        let told = told(&rule(body));
        assert!(told.starts_with("policy DIR/a.rego:3: data.vestry.declare.deny: "), "{told}");
    }
}

#[test]
fn what_has_several_values_says_how_to_have_one() {
    for text in [
        "p := r.name if some r in input.references\ndeny contains p",
        "p[r.store] := r.variable if some r in input.references\ndeny contains \"x\" if p[\"ssm\"]",
        "f(x) := 1 if x > 0\nf(x) := 2 if x > 1\ndeny contains \"x\" if f(3) == 3",
    ] {
        assert!(told(&format!("package vestry.declare\n{text}\n")).contains("; let the conditions exclude"));
    }
}

#[test]
fn what_is_no_message_says_how_to_write_one() {
    for element in [
        "1",
        "{\"mesg\": \"x\"}",
        "concat(\"\", [\"x\" | some _ in numbers.range(1, 9000)])",
        "{\"msg\": \"m\", \"enforcement\": \"off\"}",
    ] {
        let text = format!("package vestry.declare\n\ndeny contains x if x := {element}\n");
        let dir = Dir::new(&[("a.rego", &text)]);
        let refusal = decide(Some(&dir), None).unwrap_err().to_string();
        assert!(refusal.contains("; "), "{refusal}");
    }
    let many =
        "package vestry.declare\n\ndeny contains sprintf(\"%d\", [x]) if some x in numbers.range(1, 2000)\n";
    assert!(told(many).contains("; say in one message"));
}

/// The corpus of what `vestry policy check` finds.
#[test]
fn every_finding_says_what_to_do() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policy/check");
    let mut found = 0;
    for entry in std::fs::read_dir(corpus).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.extension().is_some_and(|extension| extension == "expected") {
            continue;
        }
        let report = directories(&[path], &Trust::NoKey);
        found += report.findings.len();
        for finding in &report.findings {
            assert!(!finding.advice.is_empty(), "{finding}");
        }
    }
    assert!(found > 150, "{found}");
}

/// The library that reads JSON takes them for numbers, or for JSON within JSON.
#[test]
fn a_name_that_the_json_library_keeps_for_itself_is_refused_at_its_place() {
    let told = |files: &[(&str, &str)]| {
        let dir = Dir::new(files);
        let refusal = decide(Some(&dir), None).unwrap_err();
        assert_eq!(refusal.error_type(), ErrorType::PolicyInvalid, "{refusal}");
        refusal.to_string().replace(&dir.path().display().to_string(), "DIR")
    };
    let allows = "package vestry.declare\n\ndeny contains \"never\" if data.x == 1\n";
    for (name, value) in [("RawValue", "1"), ("RawValue", "x"), ("Number", "1"), ("Number", "x")] {
        let object = format!("{{\"$serde_json::private::{name}\": \"{value}\"}}");
        let warns = format!("package vestry.declare\n\nwarn contains {{\"msg\": \"m\", \"a\": {object}}}\n");
        let of_rule = told(&[("a.rego", &warns)]);
        assert!(of_rule.starts_with("policy DIR: data.vestry.declare.warn holds `$serde_json"), "{of_rule}");
        let data = format!("{{\"x\":\n  {object}}}");
        let of_data = told(&[("a.rego", allows), ("data.json", &data)]);
        assert!(of_data.starts_with("policy DIR/data.json:2:5: holds `$serde_json"), "{of_data}");
        let escaped = told(&[("a.rego", allows), ("data.json", &data.replace('$', "\\u0024"))]);
        assert!(escaped.starts_with("policy DIR/data.json: holds `$serde_json"), "{escaped}");
        for function in ["json.unmarshal", "yaml.unmarshal"] {
            let read = told(&[("a.rego", &rule(&format!("{function}(`{data}`) == 1")))]);
            assert!(read.contains(&format!("{function}: the text holds `$serde_json")), "{read}");
        }
    }
}

#[test]
fn what_is_wrong_with_other_files_says_what_to_do_too() {
    let rule = ("a.rego", "package vestry.declare\n\ndeny contains \"x\" if input.stage == \"resolve\"\n");
    for (file, text) in [
        ("settings.toml", "mode = \"off\""),
        ("settings.toml", "mod = \"report\""),
        ("settings.toml", "mode = "),
        ("settings.toml", "mode = \"report\"\nmode = \"report\""),
        ("data.json", "[1]"),
        ("data.json", "{"),
        ("data.json", ""),
        ("data.yaml", "a: ["),
        ("data.yaml", "a: 010"),
        ("b.rego", "x := 1\n"),
        ("b.rego", "package foo\n\ndeny contains \"x\" if true\n"),
        ("b.rego", "package vestry.declare\n\nx := [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]\n"),
    ] {
        let dir = Dir::new(&[rule, (file, text)]);
        let report = directories(&[dir.path().to_path_buf()], &Trust::NoKey);
        assert!(!report.findings.is_empty(), "{file}: {text}");
        for finding in &report.findings {
            assert!(!finding.advice.is_empty(), "{text}: {finding}");
        }
    }
}
