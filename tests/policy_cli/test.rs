use super::support::{Dir, Run, policy};

pub(super) const RULES: &str = r#"package p

default allow := false

allow if {
	input.user == "a"
	input.age > 10
}

deny contains msg if {
	some r in input.refs
	r.bad
	msg := sprintf("%s is bad", [r.name])
}

helper(x) := x * 2

calc := helper(input.n)
"#;

pub(super) fn dir(tests: &str) -> Dir {
    Dir::new(&[("p.rego", RULES), ("p_test.rego", &format!("package p_test\n\nimport data.p\n\n{tests}"))])
}

pub(super) fn run(tests: &str, args: &[&str]) -> Run {
    policy(&dir(tests), &[&["test", "."], args].concat())
}

/// Without the durations, which are in brackets.
pub(super) fn lines(run: &Run) -> Vec<String> {
    run.stdout.lines().map(|line| line.split(" (").next().unwrap().to_string()).collect()
}

pub(super) const LINE: &str =
    "--------------------------------------------------------------------------------";

#[test]
fn what_passes_is_a_summary_and_with_v_a_line_each() {
    let tests = "test_b if true\ntest_a if p.allow with input as {\"user\": \"a\", \"age\": 11}\n";
    let quiet = run(tests, &[]);
    assert_eq!((quiet.code, quiet.stdout.as_str()), (Some(0), "PASS: 2/2\n"));
    let verbose = run(tests, &["-v"]);
    assert_eq!(verbose.code, Some(0));
    let expected = [
        "p_test.rego:5:",
        "data.p_test.test_b: PASS",
        "p_test.rego:6:",
        "data.p_test.test_a: PASS",
        LINE,
        "PASS: 2/2",
    ];
    assert_eq!(lines(&verbose), expected);
}

#[test]
fn a_failure_shows_its_expression_and_the_values_of_its_parts() {
    let run = run(
        "test_count if {\n\tx := 1\n\tcount(p.deny) == x with input as {\"refs\": [{\"bad\": true, \"name\": \"n\"}, {\"bad\": true, \"name\": \"m\"}]}\n}\n",
        &[],
    );
    assert_eq!(run.code, Some(2), "{run:?}");
    let shown = r#"  p_test.rego:7:
    count(p.deny) == x with input as {"refs": [{"bad": true, "name": "n"}, {"bad": true, "name": "m"}]}
    |     |          |
    |     |          1
    |     {"m is bad", "n is bad"}
    2
"#;
    assert!(run.stdout.contains(shown), "{}", run.stdout);
    assert!(run.stdout.ends_with("FAIL: 1/1\n"), "{}", run.stdout);
}

#[test]
fn the_failing_expression_is_found_wherever_it_stands() {
    for (body, row, text, value) in [
        ("1 == 1\n\t\"a\" == \"b\"", 7, "\"a\" == \"b\"", ""),
        ("not p.allow with input as {\"user\": \"a\", \"age\": 11}", 6, "not p.allow", "true"),
        ("every x in [1, 2, 3] {\n\t\tx < 3\n\t}", 7, "x < 3", "3"),
        ("some x in [1, 2]\n\tx > 5", 7, "x > 5", "1"),
        ("v := {\"k\": [1]}\n\tv.k[0] == 2", 7, "v.k[0] == 2", "v: {\"k\": [1]}"),
        ("p.missing", 6, "p.missing", "undefined"),
        ("y := `raw`\n\tstartswith(y, \"x\")", 7, "startswith(y, \"x\")", "\"raw\""),
    ] {
        let run = run(&format!("test_x if {{\n\t{body}\n}}\n"), &[]);
        assert_eq!(run.code, Some(2), "{body}");
        assert!(run.stdout.contains(&format!("  p_test.rego:{row}:\n    {text}")), "{body}: {}", run.stdout);
        assert!(
            run.stdout.lines().any(|line| line.trim_start_matches(['|', ' ']) == value),
            "{body}: {}",
            run.stdout
        );
    }
}

#[test]
fn a_template_string_is_shown_as_it_is_written() {
    let run = run("test_a if {\n\tx := \"b\"\n\t$\"a {x} {{1}}\" == x\n}\n", &[]);
    let shown =
        "    $\"a {x} {{1}}\" == x\n    |                 |\n    |                 \"b\"\n    \"a b {1}\"\n";
    assert!(run.stdout.contains(shown), "{}", run.stdout);
}

#[test]
fn a_value_that_is_not_true_fails_and_is_shown() {
    let run = run("test_f := false\n\ntest_s := x if {\n\tx := \"no\"\n}\n", &[]);
    assert_eq!(run.code, Some(2));
    assert!(run.stdout.contains("  p_test.rego:5:\n    false\n"), "{}", run.stdout);
    assert!(run.stdout.contains("  p_test.rego:7:\n    x\n    |\n    \"no\"\n"), "{}", run.stdout);
}

#[test]
fn cases_are_counted_one_by_one_and_those_that_have_no_value_fail() {
    let run = run(
        r#"test_cases[name] if {
	some name, tc in {"one": {"n": 1, "want": 2}, "two": {"n": 2, "want": 5}, "three": {"n": 3, "want": 6}}
	got := p.helper(tc.n)
	got == tc.want
}
"#,
        &["-v"],
    );
    assert_eq!(run.code, Some(2));
    let lines = lines(&run).join("\n");
    assert!(
        lines.contains("data.p_test.test_cases: FAIL\n  one: PASS\n  three: PASS\n  two: FAIL\n"),
        "{lines}"
    );
    assert!(lines.contains("  two\n  p_test.rego:8:\n    got == tc.want\n"), "{lines}");
    assert!(lines.ends_with("PASS: 2/3\nFAIL: 1/3"), "{lines}");
}

#[test]
fn todo_is_skipped_and_that_is_no_success_unless_asked() {
    let tests = "test_a if true\ntodo_test_b if false\n";
    let skipped = run(tests, &[]);
    assert_eq!(skipped.code, Some(2));
    assert_eq!(
        lines(&skipped),
        ["p_test.rego:6:", "data.p_test.todo_test_b: SKIPPED", LINE, "PASS: 1/2", "SKIPPED: 1/2"]
    );
    assert_eq!(run(tests, &["-z"]).code, Some(0));
}

#[test]
fn two_tests_of_one_name_are_two_tests() {
    let run = run("test_a if true\n\ntest_a if false\n", &["-v"]);
    assert_eq!(run.code, Some(2));
    assert!(
        run.stdout.contains("data.p_test.test_a: PASS") && run.stdout.contains("data.p_test.test_a#01: FAIL")
    );
    assert!(run.stdout.ends_with("PASS: 1/2\nFAIL: 1/2\n"));
}

#[test]
fn a_default_is_a_test_of_its_own_as_to_opa() {
    let tests = "default test_a := false\n\ntest_a if true\n\ndefault test_b := true\n";
    let run = run(tests, &["-v"]);
    assert_eq!(run.code, Some(2));
    let lines = lines(&run).join("\n");
    for line in [
        "p_test.rego:5:\ndata.p_test.test_a: FAIL",
        "p_test.rego:7:\ndata.p_test.test_a#01: PASS",
        "p_test.rego:9:\ndata.p_test.test_b: PASS",
        "  p_test.rego:5:\n    false\n",
    ] {
        assert!(lines.contains(line), "{line}: {lines}");
    }
    assert!(lines.ends_with("PASS: 2/3\nFAIL: 1/3"), "{lines}");
}

#[test]
fn cases_may_have_names_around_them() {
    let tests = "test_a.of[x] if some x in [\"one\"]\n\ntest_b[x].of if {\n\tsome x in [\"two\"]\n\tx == \"one\"\n}\n";
    let run = run(tests, &["-v"]);
    assert_eq!(run.code, Some(2));
    let lines = lines(&run).join("\n");
    assert!(lines.contains("data.p_test.test_a: PASS\n  of: PASS\n    one: PASS\n"), "{lines}");
    assert!(lines.contains("data.p_test.test_b: FAIL"), "{lines}");
    assert!(lines.ends_with("PASS: 1/2\nFAIL: 1/2"), "{lines}");
}

#[test]
fn a_name_behind_a_tests_own_is_told_to_be_no_case() {
    let run = run("test_a.one if true\n", &[]);
    assert_eq!(run.code, Some(2));
    assert!(run.stdout.contains("data.p_test.test_a: ERROR"), "{}", run.stdout);
    assert!(run.stdout.contains("write `test_a[case] if …`"), "{}", run.stdout);
}

#[test]
fn what_is_printed_is_shown_for_what_fails_and_with_v_for_all() {
    let tests = "test_a if {\n\tprint(\"said\", {\"x\": 1})\n\tfalse\n}\n\ntest_b if print(\"quiet\")\n";
    let quiet = run(tests, &[]);
    assert!(
        quiet.stdout.contains("\n\n  said {\"x\": 1}\n\n") && !quiet.stdout.contains("quiet"),
        "{}",
        quiet.stdout
    );
    assert!(run(tests, &["-v"]).stdout.contains("\n\n  quiet\n\n"));
}

#[test]
fn what_is_printed_reads_as_opa_prints_it() {
    let tests = r#"test_a if {
	none := {x | some x in []; x > 1}
	print(none, [none], {"k": none}, {2, 1}, "a, b", # not (this)
		input.nowhere)
	print("é", ["é\u2028"], input.a.b)
	none == {1}
}
"#;
    let run = run(tests, &[]);
    let printed =
        "\n\n  set() [set()] {\"k\": set()} {1, 2} a, b <undefined>\n  é [\"é\\u2028\"] <undefined>\n\n";
    assert!(run.stdout.contains(printed), "{}", run.stdout);
    assert!(run.stdout.contains("  p_test.rego:10:\n    none == {1}\n    |\n    set()\n"), "{}", run.stdout);
}

#[test]
fn the_regex_holds_for_the_whole_name() {
    let tests = "test_a if true\ntest_b if false\ntest_ab if true\n";
    assert_eq!(run(tests, &["--run", "p_test\\.test_a$"]).stdout, "PASS: 1/1\n");
    assert_eq!(run(tests, &["-r", "_a"]).stdout, "PASS: 2/2\n");
    let none = run(tests, &["-r", "nothing"]);
    assert_eq!(none.code, Some(0));
    assert_eq!(none.stderr, "vestry: no test matches --run nothing, of 3 tests\n", "{none:?}");
    assert_eq!(run(tests, &["-r", "("]).code, Some(2));
}

#[test]
fn json_has_the_fields_of_opa() {
    let run = run(
        "test_a if true\ntest_b if {\n\tprint(\"hello\", 1)\n\tfalse\n}\ntodo_test_c if true\ntest_d if numbers.range(1, \"x\")\n",
        &["--format", "json"],
    );
    assert_eq!(run.code, Some(2));
    let results = run.json();
    let results = results.as_array().unwrap();
    assert_eq!(results.len(), 4);
    assert_eq!(results[0]["location"], serde_json::json!({"file": "p_test.rego", "row": 5, "col": 1}));
    assert_eq!((&results[0]["package"], &results[0]["name"]), (&"data.p_test".into(), &"test_a".into()));
    assert!(results[0]["duration"].as_u64().unwrap() > 0);
    assert!(["fail", "skip", "error", "output"].iter().all(|field| results[0].get(field).is_none()));
    assert_eq!((&results[1]["fail"], &results[1]["output"]), (&true.into(), &"aGVsbG8gMQo=".into()));
    assert_eq!((&results[2]["skip"], &results[2]["duration"]), (&true.into(), &0.into()));
    assert!(results[3]["error"]["message"].as_str().unwrap().contains("p_test.rego:11:"), "{}", results[3]);
}

#[test]
fn a_test_that_does_not_end_is_ended_and_the_others_go_on() {
    let tests = r#"test_a if true

test_loop if {
	some i in numbers.range(1, 100000)
	some j in numbers.range(1, 100000)
	i * j == -1
}

test_z if true
"#;
    let pretty = run(tests, &["--timeout", "300ms"]);
    assert_eq!(pretty.code, Some(2));
    assert!(pretty.stdout.contains("data.p_test.test_loop: ERROR"), "{}", pretty.stdout);
    assert!(pretty.stdout.contains("  timed out after 300ms\n"), "{}", pretty.stdout);
    assert!(pretty.stdout.ends_with("PASS: 2/3\nERROR: 1/3\n"), "{}", pretty.stdout);
    let json = run(tests, &["--timeout", "300ms", "--format", "json"]).json();
    let error = serde_json::json!({"code": "eval_cancel_error", "message": "timed out after 300ms"});
    assert_eq!(json[1]["error"], error);
}

#[test]
fn a_test_that_takes_the_process_with_it_is_an_error_of_its_own() {
    for (name, text) in [
        (
            "memory",
            "x := concat(\"\", [\"0\" | some _ in numbers.range(1, 100000)])\n\ntest_bad if replace(x, \"0\", x) == \"\"\n",
        ),
        ("panic", "test_bad if startswith(1e308 * 1e308, \"no\")\n"),
    ] {
        let run = run(&format!("test_a if true\n\n{text}\ntest_z if true\n"), &["--timeout", "20s"]);
        assert_eq!(run.code, Some(2), "{name}");
        assert!(run.stdout.contains("data.p_test.test_bad: ERROR"), "{name}: {}", run.stdout);
        assert!(run.stdout.ends_with("PASS: 2/3\nERROR: 1/3\n"), "{name}: {}", run.stdout);
    }
}

#[test]
fn what_opa_does_not_compile_is_not_run() {
    let run = run("a(x) := b(x + 1)\n\nb(x) := a(x + 1)\n\ntest_bad if a(1) == 2\n", &[]);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("rule data.p_test.a is recursive"), "{}", run.stderr);
}

#[test]
fn a_test_with_arguments_is_never_run_and_says_so() {
    let run = run("test_f(x) if x\n", &[]);
    assert_eq!(run.code, Some(2));
    assert!(run.stdout.contains("is never run; write it without arguments"), "{}", run.stdout);
}

#[test]
fn an_imported_package_may_lie_in_several_files() {
    let dir = Dir::new(&[
        ("lib/a.rego", "package lib\n\nfirst := 1\n"),
        (
            "lib/b.rego",
            "package lib\n\nimport data.names\n\nboth contains names.all[_]\n\nthird := second + 1\n\nsecond := first + 1\n",
        ),
        ("names.rego", "package names\n\nall := data.list\n"),
        (
            "lib_test.rego",
            r#"package lib_test

import data.lib

test_import if lib.both == {"a"} with data.list as ["a"]
test_own_package if lib.third == 3
test_that_fails if lib.third == 4
"#,
        ),
    ]);
    let run = policy(&dir, &["test", "."]);
    assert!(run.stdout.contains("    lib.third == 4\n    |\n    3\n"), "{run:?}");
    assert!(run.stdout.ends_with("PASS: 2/3\nFAIL: 1/3\n"), "{run:?}");
}

#[test]
fn what_cannot_be_loaded_is_told_whole_with_code_1() {
    let dir = Dir::new(&[
        ("a.rego", "package a\n\nx := := 1\n"),
        ("b.rego", "package b\n\ny if statswith(\"a\", \"b\")\n"),
        ("data.json", "[]"),
    ]);
    let run = policy(&dir, &["test", "."]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""), "{run:?}");
    for part in ["a.rego:3:", "b.rego:3:", "did you mean `startswith`?", "data.json:1:1: is no object"] {
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }
    assert_eq!(policy(&dir, &["test", "nowhere"]).code, Some(1));
}

#[test]
fn rules_and_tests_may_lie_in_several_places() {
    let dir = Dir::new(&[
        ("rules/lib/names.rego", "package lib.names\n\nlimit := data.lib.limit\n"),
        ("rules/lib/data.yaml", "limit: 3\n"),
        ("tests/names_test.rego", "package names_test\n\ntest_limit if data.lib.names.limit == 3\n"),
    ]);
    assert_eq!(policy(&dir, &["test", "rules", "tests"]).stdout, "PASS: 1/1\n");
    // The same file twice is one file.
    assert_eq!(policy(&dir, &["test", "rules", "tests", "tests/names_test.rego"]).stdout, "PASS: 1/1\n");
}
