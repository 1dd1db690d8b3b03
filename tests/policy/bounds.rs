//! What a policy may take of memory, stack and time, what it may say, and what is left of the process it ran in.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use vestry::decide::Gate;
use vestry::declare::{Declaration, Origin, Settings, Store, grammar};
use vestry::error::ErrorType;

use crate::support::{Dir, EVALUATOR, allows, decide_with, declared, patient, quiet, refused, run};

fn with_memory(memory_mb: u64) -> Settings {
    Settings { policy_memory_mb: memory_mb, ..patient() }
}

fn told(dir: &Dir, settings: &Settings) -> String {
    let message = refused(decide_with(dir.path(), settings, quiet()), ErrorType::PolicyInvalid);
    message.replace(&dir.path().display().to_string(), "DIR")
}

#[test]
fn a_rule_that_takes_more_memory_than_it_may_refuses_by_name_and_within_its_bound_it_decides() {
    let text = "package vestry.declare\nr := numbers.range(1, 500)\n\
                deny contains \"no\" if count({[a, b] | some a in r; some b in r}) == 0\n";
    let dir = Dir::new(&[("a.rego", text)]);
    assert_eq!(
        told(&dir, &with_memory(16)),
        "policy took more than the 16 MB of VESTRY_POLICY_MEMORY_MB evaluating data.vestry.declare.deny of DIR; make \
         the rule build less, or raise VESTRY_POLICY_MEMORY_MB"
    );
    let _ = decide_with(dir.path(), &with_memory(1024), quiet()).unwrap();
}

#[test]
fn data_that_takes_more_memory_than_it_may_refuses_by_its_file() {
    let dir = Dir::new(&[("a.rego", &allows("vestry.declare"))]);
    dir.write("data.json", format!("{{\"a\": [{}[]]}}", "[1],".repeat(200_000)));
    let message = told(&dir, &with_memory(16));
    assert!(
        message.starts_with(
            "policy took more than the 16 MB of VESTRY_POLICY_MEMORY_MB parsing DIR/data.json; "
        ),
        "{message}"
    );
}

#[test]
fn recursion_refuses_before_it_is_evaluated_or_by_the_rule_whose_stack_ran_out() {
    let endless = "package vestry.declare\ndeny contains \"no\" if f(1) == 0\nf(x) := f(x + 1)\n";
    let message = told(&Dir::new(&[("a.rego", endless)]), &patient());
    let found_before = message.starts_with("policy DIR/a.rego:") && message.contains("recurs");
    let overflowed = "policy overflowed the stack evaluating data.vestry.declare.deny of DIR; ";
    assert!(found_before || message.starts_with(overflowed), "{message}");
}

#[test]
fn a_rule_that_is_out_of_time_is_named() {
    let text = "package vestry.declare\nr := numbers.range(1, 9)\ngraph := {a: r | some a in r}\n\
                deny contains \"no\" if count(graph.reachable_paths(graph, r)) == 0\n";
    let settings = Settings { policy_timeout: Duration::from_millis(500), ..Settings::default() };
    let message = told(&Dir::new(&[("a.rego", text)]), &settings);
    assert!(message.contains("(evaluating data.vestry.declare.deny of DIR)"), "{message}");
}

#[test]
fn a_mask_that_is_out_of_time_is_named() {
    let dir = Dir::new(&[("a.rego", &allows("vestry.declare"))]);
    let endless = "package system.log\nr := numbers.range(1, 9)\ngraph := {a: r | some a in r}\n\
                   mask contains \"/input\" if count(graph.reachable_paths(graph, r)) == 0\n";
    dir.write("mask.rego", endless);
    let settings = Settings { policy_timeout: Duration::from_millis(500), ..Settings::default() };
    let message = told(&dir, &settings);
    assert!(message.contains("(evaluating data.system.log.mask of DIR)"), "{message}");
}

#[test]
fn a_policy_that_prints_without_end_refuses() {
    let text = "package vestry.declare\nlong := concat(\"\", [\"x\" | some _ in numbers.range(1, 2000)])\n\
                deny contains \"no\" if { some _ in numbers.range(1, 5000); print(long); false }\n";
    let message = told(&Dir::new(&[("a.rego", text)]), &with_memory(1024));
    assert!(message.starts_with("policy says more than 8 MiB; "), "{message}");
}

/// What was loaded, what is asked and what is answered are each more than a pipe holds.
#[test]
fn large_messages_pass_each_other() {
    let text = "package vestry.declare\ndeny contains \"no\" if {\n\tprint(input.references)\n\tfalse\n}\n\
                deny contains \"few\" if count(input.references) < 2000\n";
    let dir = Dir::new(&[("a.rego", text)]);
    for n in 0..1500 {
        dir.write(&format!("{}-{n}.json", "x".repeat(100)), "");
    }
    let mut declared = declared(patient());
    declared.declarations.extend((0..2000).map(|n| {
        let name = format!("NAME_{n}");
        let reference = grammar::reference(Store::Ssm, &format!("/prod/{}/{n}", "y".repeat(100))).unwrap();
        Declaration::new(Origin::Variable(name.clone()), Some(name), reference)
    }));
    run(async {
        let mut gate = Gate::open_as(EVALUATOR.as_ref(), dir.path(), &with_memory(1024), quiet());
        gate.judge_declared(declared).await.map(drop).unwrap();
    });
}

/// A program that stands in for the one that evaluates.
fn impostor(script: &str) -> String {
    let dir = Dir::new(&[("a.rego", &allows("vestry.declare"))]);
    dir.write("program", format!("#!/bin/sh\n{script}\n"));
    let program = dir.path().join("program");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    answered_by(&program, &dir)
}

fn answered_by(program: &Path, dir: &Dir) -> String {
    run(async {
        let mut gate = Gate::open_as(program, dir.path(), &patient(), quiet());
        let refusal = gate.judge_declared(declared(patient())).await.unwrap_err();
        assert_eq!(refusal.error_type(), ErrorType::PolicyInvalid, "{refusal}");
        refusal.to_string()
    })
}

#[test]
fn an_answer_that_is_none_refuses() {
    for script in [
        // Longer than any answer may be; then what is no JSON, no answer, and one to nothing that was asked.
        r"printf '\377\377\377\377'; exec sleep 100",
        r"printf '\003\000\000\000{]}'; exec sleep 100",
        r"printf '\010\000\000\000{\042a\042:1} '; exec sleep 100",
    ] {
        let wanted = "policy had its process answer what is no answer; nothing was decided; please report it";
        assert_eq!(impostor(script), wanted, "{script}");
    }
    let unasked = "{\"Judged\":[\"Declare\",{\"Ok\":{\"denials\":[],\"warnings\":[],\"waived\":[],\"rules\":0,\"prints\":[]}}]}";
    let script = format!("printf '\\{:03o}\\000\\000\\000%s' '{unasked}'; exec sleep 100", unasked.len());
    let message = impostor(&script);
    assert!(message.starts_with("policy had its process answer what "), "{message}");
    for (answer, wanted) in [
        (r#"{"Judged":["Declare",{"Err":[]}]}"#, "had its process answer what nobody asked"),
        (r#"{"Loaded":[{"Err":[]},{"secs":0,"nanos":0}]}"#, "failed without a reason"),
    ] {
        let script = format!("printf '\\{:03o}\\000\\000\\000%s' '{answer}'; exec sleep 100", answer.len());
        assert_eq!(impostor(&script), format!("policy {wanted}; nothing was decided; please report it"));
    }
}

#[test]
fn a_process_that_ends_without_an_answer_refuses_and_its_status_is_told() {
    assert!(
        impostor("echo what is not to be told >&2; exit 7")
            .contains("had its process end (exit status: 7) starting; ")
    );
    let half = impostor(r"printf '\100\000\000\000{'");
    assert!(half.contains("had its process end (exit status: 0) starting; "), "{half}");
    let missing = answered_by("/nonexistent".as_ref(), &Dir::new(&[("a.rego", &allows("vestry.declare"))]));
    assert!(missing.starts_with("policy has no process to be evaluated in: "), "{missing}");
    assert!(EVALUATOR.starts_with('/'), "the real one is no name to be looked up");
}
