//! `with`, which tests put something else in the place of rules, functions and documents by.

use super::support::{Dir, policy};
use super::test::run;

/// `with` comes too late for what is printed, and `not` takes printing for true.
#[test]
fn with_and_not_change_nothing_of_what_is_printed() {
    let tests = r#"
test_a if {
	some fixture in [{"a": 1}]
	print("a", input, limit) with input as fixture
		with limit as 5
	not print("b", {x | x := 1; print("c") with input as x})
	print()
}

limit := 3
"#;
    let dir = Dir::new(&[("a_test.rego", &format!("package a_test\n{tests}"))]);
    let run = policy(&dir, &["test", "-v", "."]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let printed: Vec<&str> =
        run.stdout.lines().filter(|line| line.starts_with("  ")).map(str::trim).collect();
    assert_eq!(printed.first(), Some(&"a <undefined> 3"), "{run:?}");
    assert!(printed.contains(&"b {1}") && printed.contains(&"c"), "{run:?}");
    let empty = Dir::new(&[("a_test.rego", "package a_test\n\ntest_a if print()\n")]);
    assert!(policy(&empty, &["test", "-v", "."]).stdout.contains(")\n\n  \n\n"));
}

/// The engine itself knows such a rule by its whole path alone.
#[test]
fn a_rule_of_the_package_is_replaced_by_its_name() {
    let run = run(
        r#"limits := {"a": 1, "b": [1]}
limit := limits.a
size contains x if some x in limits.b
test_whole if limit == 9 with limits as {"a": 9}
test_path if limit == 9 with data.p_test.limits as {"a": 9}
test_set if size == {5} with limits as {"b": [5]}
test_as_it_stands if limit == 1
"#,
        &[],
    );
    assert_eq!(run.stdout, "PASS: 4/4\n", "{}", run.stderr);
}

#[test]
fn a_variable_that_a_rule_would_hide_from_the_engine_is_refused() {
    let run = run("name := 1\n\ntest_a if { some name; {\"k\": true}[name]; name == \"k\" }\n", &[]);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("p_test.rego:7:18: var name has the name of a rule"), "{}", run.stderr);
}

/// The engine itself passes by `helper(…)` within its own package.
#[test]
fn a_replaced_function_is_replaced_wherever_it_is_called() {
    let run = run(
        r#"test_by_path if p.calc == 30 with data.p.helper as triple with input.n as 10
test_by_import if p.calc == 30 with p.helper as triple with input.n as 10
test_by_value if p.calc == 7 with data.p.helper as 7 with input.n as 10
test_not_at_all if p.calc == 20 with input.n as 10
triple(x) := x * 3
"#,
        &[],
    );
    assert_eq!(run.stdout, "PASS: 4/4\n");
}

/// Of an imported package in several files, the engine forgets what the later ones need.
/// By its whole name, a short one or an import's, with a function, a literal or a variable.
#[test]
fn a_function_is_replaced_by_whatever_name_it_is_called() {
    let rules =
        "package lib\n\nf(_) := 1\n\nh(_) := 3\n\nshort if f(1) == 3\n\nwhole if data.lib.f(1) == 3\n";
    let mut tests = String::from("package lib_test\n\nimport data.lib\n");
    let mut number = 0;
    for rule in ["short", "whole"] {
        for target in ["lib.f", "data.lib.f"] {
            for value in ["3", "lib.h", "v"] {
                number += 1;
                tests.push_str(&format!(
                    "\ntest_{number} if {{\n\tv := 3\n\tv == 3\n\tlib.{rule} with {target} as {value}\n}}\n"
                ));
            }
        }
    }
    let within = "package lib\n\ntest_within if short with f as 3\n\ntest_without if whole with f as h\n";
    let dir = Dir::new(&[("lib.rego", rules), ("lib_test.rego", &tests), ("own_test.rego", within)]);
    let run = policy(&dir, &["test", "."]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), "PASS: 14/14\n"), "{run:?}");
}

/// The engine itself knows neither of the two.
#[test]
fn built_in_functions_are_replaced_and_stand_in() {
    let dir = Dir::new(&[
        (
            "p.rego",
            "package p\n\nverified if io.jwt.verify_hs256(input.token, \"k\")\n\ntrusted(x, y) if x == y\n\n\
             calc := trusted(\"ab\", \"a\")\n",
        ),
        (
            "p_test.rego",
            r#"package p_test

import data.p

mock(_, key) if key == "k"

test_replaced_by_function if p.verified with io.jwt.verify_hs256 as mock with input.token as "t"
test_replaced_by_value if p.verified with io.jwt.verify_hs256 as true with input.token as "t"
test_not_at_all if not p.verified with input.token as "a.b.c" with io.jwt.verify_hs256 as false
test_stands_in if p.calc with p.trusted as startswith
test_for_another if upper("A") == "a" with upper as lower
test_fails if p.verified with io.jwt.verify_hs256 as false with input.token as "t"
"#,
        ),
    ]);
    let run = policy(&dir, &["test", "."]);
    assert!(run.stdout.ends_with("PASS: 5/6\nFAIL: 1/6\n"), "{run:?}");
    assert!(run.stdout.contains("    p.verified with io.jwt.verify_hs256 as false"), "{run:?}");
}

/// An error within `with` leaves what it replaced in the engine; the next test, and the next question, have a new one.
#[test]
fn an_error_leaves_nothing_replaced() {
    let run = run(
        r#"test_a_breaks if p.deny == {"x"} with data.list as [1] with data.other as to_number("no")
test_b_breaks if {
	some x in [1 | to_number("no")] with data.list as [1]
	x == 1
}
test_c if not data.list
test_d_fails if data.list == 1
"#,
        &[],
    );
    assert!(run.stdout.contains("PASS: 1/4\nFAIL: 1/4\nERROR: 2/4\n"), "{run:?}");
    assert!(run.stdout.contains("    data.list == 1\n    |\n    undefined\n"), "{run:?}");
}

#[test]
fn with_holds_for_its_expression_alone() {
    let run = run(
        r#"test_input if {
	p.allow with input as {"user": "a", "age": 11}
	not p.allow
	p.allow with input.user as "a" with input.age as 12
	not input
}
test_data if {
	data.cfg.limit == 2 with data.cfg.limit as 2
	not data.cfg
	p.deny == {"x"} with data.p.deny as {"x"}
}
"#,
        &[],
    );
    assert_eq!(run.stdout, "PASS: 2/2\n");
}
