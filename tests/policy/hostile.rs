//! Policies that hang, panic, or would fill the memory.

use std::time::Duration;

use vestry::decide::Gate;
use vestry::declare::Settings;
use vestry::error::ErrorType;

use crate::process;
use crate::support::{
    Dir, EVALUATOR, allows, decide, decide_with, declared, invalid, patient, quiet, refused, run,
};

fn hurried(timeout: Duration) -> Settings {
    Settings { policy_timeout: timeout, ..Settings::default() }
}

#[test]
fn a_panic_of_the_engine_refuses() {
    // An infinite number has no text.
    let message = invalid(&[(
        "a.rego",
        "package vestry.declare\ndeny contains \"no\" if startswith(1e308 * 1e308, \"no\")\n",
    )]);
    assert!(message.starts_with("policy made the engine panic: "), "{message}");
}

#[test]
fn a_rule_that_runs_away_refuses_in_time() {
    // One call, which looks at no clock: as many paths as nine nodes can be ordered.
    let text = "package vestry.declare\nr := numbers.range(1, 9)\ngraph := {a: r | some a in r}\n\
                deny contains \"no\" if count(graph.reachable_paths(graph, r)) == 0\n";
    let dir = Dir::new(&[("a.rego", text)]);
    let message = refused(
        decide_with(dir.path(), &hurried(Duration::from_millis(40)), quiet()),
        ErrorType::PolicyInvalid,
    );
    assert!(message.contains("was not done") && message.contains("VESTRY_POLICY_TIMEOUT_MS"), "{message}");
}

#[test]
fn a_loop_of_many_small_steps_refuses_in_time() {
    let text = "package vestry.declare\nr := numbers.range(1, 2000)\n\
                deny contains \"no\" if { some a in r; some b in r; some c in r; a + b + c < 0 }\n";
    let dir = Dir::new(&[("a.rego", text)]);
    refused(decide_with(dir.path(), &hurried(Duration::from_millis(60)), quiet()), ErrorType::PolicyInvalid);
}

#[test]
fn time_runs_over_both_decisions_and_once_refused_stays_refused() {
    let dir = Dir::new(&[("a.rego", &allows("vestry.declare"))]);
    run(async {
        let mut gate = Gate::open_as(EVALUATOR.as_ref(), dir.path(), &hurried(Duration::ZERO), quiet());
        for _ in 0..2 {
            let refusal = gate.judge_declared(declared(patient())).await.unwrap_err();
            assert!(refusal.to_string().contains("after 0 ms in all"), "{refusal}");
        }
    });
}

#[test]
fn nesting_that_would_stall_the_parser_refuses() {
    for (open, close) in [("[", "]"), ("{", "}"), ("(", ")"), ("{1: ", "}"), ("f(", ")")] {
        let text = format!(
            "package vestry.declare\ndeny contains \"no\" if x := {}1{}",
            open.repeat(40),
            close.repeat(40)
        );
        let message = invalid(&[("a.rego", &text)]);
        assert!(
            message.starts_with("policy DIR/a.rego:2:") && message.contains("nested deeper"),
            "{message}"
        );
    }
}

#[test]
fn too_many_or_too_large_messages_refuse() {
    let many = "package vestry.declare\ndeny contains msg if { some n in numbers.range(1, 1001); msg := sprintf(\"%d\", [n]) }";
    assert!(invalid(&[("a.rego", many)]).contains("more than 1000 messages"));
    let large =
        "package vestry.declare\ndeny contains concat(\"\", [\"x\" | some _ in numbers.range(1, 5000)])";
    assert!(invalid(&[("a.rego", large)]).contains("larger than 4096 bytes"));
}

#[test]
fn too_many_or_too_large_files_refuse() {
    let dir = Dir::new(&[("a.rego", &allows("vestry.declare"))]);
    dir.write("b.rego", "# ".repeat(600_000));
    assert!(refused(decide(Some(&dir), None), ErrorType::PolicyInvalid).contains("b.rego is larger than"));
    let dir = Dir::new(&[]);
    for i in 0..2001 {
        dir.write(&format!("{i}.rego"), "package a");
    }
    assert!(refused(decide(Some(&dir), None), ErrorType::PolicyInvalid).contains("is past 2000 files"));
}

#[test]
fn data_that_unfolds_without_end_refuses() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for i in 1..12 {
        let aliases = vec![format!("*a{}", i - 1); 9].join(", ");
        bomb.push_str(&format!("a{i}: &a{i} [{aliases}]\n"));
    }
    let message = invalid(&[("a.rego", &allows("vestry.declare")), ("data.yaml", &bomb)]);
    assert!(message.starts_with("policy DIR/data.yaml: "), "{message}");
}

#[test]
fn bytes_that_are_no_text_refuse() {
    let dir = Dir::new(&[("a.rego", &allows("vestry.declare"))]);
    dir.write("b.rego", b"package a\n# \xff\n");
    assert!(refused(decide(Some(&dir), None), ErrorType::PolicyInvalid).contains("b.rego is not UTF-8"));
}

#[test]
fn a_policy_that_ends_the_process_approves_nothing() {
    let endless = "package vestry.declare\ndeny contains \"no\" if f(1) == 0\nf(x) := f(x + 1)\n";
    let text = process::output(&Dir::new(&[("a.rego", endless)]), None);
    assert!(!text.contains(process::APPROVED), "{text}");
    let text = process::output(&Dir::new(&[("a.rego", &allows("vestry.declare"))]), None);
    assert!(text.contains(process::APPROVED), "the same process, to show that it would: {text}");
}

/// `r0` needs `r1`, and so on to the last, which is true.
fn chain(length: usize) -> String {
    let links: String = (0..length).map(|i| format!("r{i} if r{}\n", i + 1)).collect();
    format!("package vestry.declare\ndeny contains \"end of the chain\" if r0\n{links}r{length} if true\n")
}

#[test]
fn a_chain_of_rules_is_evaluated_as_long_as_it_is_no_danger() {
    let message = refused(decide(Some(&Dir::new(&[("a.rego", &chain(490))])), None), ErrorType::PolicyDenied);
    assert!(message.starts_with("end of the chain"), "{message}");
    let message = invalid(&[("a.rego", &chain(3_000))]);
    assert!(message.contains("stands on a chain of more than 500 rules"), "{message}");
}

/// As heavy as the check lets pass: evaluated on the stack that the extension has, not one refused and not one more.
#[test]
fn what_the_check_lets_pass_fits_the_stack() {
    for (link, length) in [
        ("r@ := [1, [1, [1, [1, [1, [1, [1, [1, [1, [1, r#]]]]]]]]]]\n", 400),
        ("r@ := [a | a := [b | b := [c | c := [d | d := [e | e := [f | f := r#]]]]]]\n", 300),
        ("r@ := r# + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1\n", 490),
        ("r@ if { some _ in [1]; some _ in [1]; some _ in [1]; some _ in [1]; some _ in [1]; r# }\n", 490),
        ("r@ if every a in [1] { every b in [1] { every c in [1] { r#; a + b + c == 3 } } }\n", 490),
    ] {
        let rule = |i: usize| link.replace('@', &i.to_string()).replace('#', &(i + 1).to_string());
        let links: String = (0..length).map(rule).collect();
        let text = format!(
            "package vestry.declare\ndeny contains \"end of the chain\" if count([r0]) > 0\n{links}r{length} := 1\n"
        );
        let result = decide(Some(&Dir::new(&[("a.rego", &text)])), None);
        let message = refused(result, ErrorType::PolicyDenied);
        assert!(message.starts_with("end of the chain"), "{link}: {message}");
    }
}
