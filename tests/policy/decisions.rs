//! Decisions as they are meant to be: allowed, denied, warned, exempted, and written down.

use serde_json::Value;
use vestry::decide::Gate;
use vestry::declare::Settings;
use vestry::error::ErrorType;

use crate::process;
use crate::support::{
    Dir, EVALUATOR, NOWHERE, decide, decide_with, declared, denies, patient, quiet, refused, resolved, run,
};

#[test]
fn without_any_policy_everything_is_allowed() {
    let approved = decide_with(NOWHERE.as_ref(), &Settings::default(), quiet()).unwrap();
    assert_eq!(approved.variables().len(), 3);
}

#[test]
fn a_denial_names_the_variable_the_reference_the_rule_and_the_directory() {
    let dir = Dir::new(&[(
        "a.rego",
        "package vestry.declare.team\nviolation_versions contains {\"msg\": \"no versions\", \"id\": \"T-1\", \"variable\": r.variable} if {\n\
         some r in input.references\nr.selector.version\n}",
    )]);
    let refusal = decide(Some(&dir), None).unwrap_err();
    let [problem] = refusal.problems() else { panic!("{refusal}") };
    assert_eq!(problem.id.as_deref(), Some("T-1"));
    assert_eq!(
        refusal.to_string().replace(&dir.path().display().to_string(), "DIR"),
        "DB_PASSWORD (ssm:/prod/db/password:3?default=…): [T-1] no versions; denied by \
         vestry.declare.team.violation_versions in DIR"
    );
}

#[test]
fn all_denials_of_all_packages_are_told_in_order() {
    let dir = Dir::new(&[
        (
            "a.rego",
            "package vestry.declare\ndeny contains \"c\"\ndeny contains \"a\"\nviolation contains {\"msg\": \"b\"}",
        ),
        ("b.rego", "package vestry.declare.more.and_more\ndeny_x contains \"d\""),
    ]);
    let refusal = decide(Some(&dir), None).unwrap_err();
    let told: Vec<_> = refusal.problems().iter().map(|p| p.why.as_str()).collect();
    assert_eq!(told, ["a", "c", "b", "d"]);
}

#[test]
fn the_second_decision_sees_what_was_resolved() {
    let dir = Dir::new(&[(
        "a.rego",
        "package vestry.resolve\ndeny contains {\"msg\": r.name, \"variable\": r.variable} if { some r in input.references; r.type == \"String\" }",
    )]);
    run(async {
        let mut gate = Gate::open_as(EVALUATOR.as_ref(), dir.path(), &patient(), quiet());
        let permitted = gate.judge_declared(declared(patient())).await.unwrap();
        let refusal = gate.judge_resolved(permitted, resolved()).await.unwrap_err();
        assert_eq!(refusal.error_type(), ErrorType::PolicyDenied);
        assert!(
            refusal.to_string().starts_with("CHECKOUT (ssm:/prod/flags/*): /prod/flags/checkout; "),
            "{refusal}"
        );
    });
}

#[test]
fn exceptions_exempt_the_rules_they_name_as_in_conftest() {
    let rules = "package vestry.declare\ndeny_a contains \"a\"\nviolation_a contains \"va\"\ndeny_b contains \"b\"\ndeny contains \"plain\"\n";
    for (exception, left) in [
        ("[\"a\"]", vec!["plain", "b"]),
        ("[\"a\", \"b\"]", vec!["plain"]),
        ("{\"b\", \"\"}", vec!["a", "va"]),
        ("[\"deny\", \"deny_a\"]", vec!["plain", "a", "b", "va"]),
    ] {
        let dir = Dir::new(&[(
            "a.rego",
            &format!("{rules}exception contains {exception} if input.delivery == \"socket\"\n"),
        )]);
        let refusal = decide(Some(&dir), None).unwrap_err();
        let told: Vec<_> = refusal.problems().iter().map(|p| p.why.as_str()).collect();
        assert_eq!(told, left, "{exception}");
    }
    let all = Dir::new(&[("a.rego", &format!("{rules}exception contains [\"a\", \"b\", \"\"]\n"))]);
    let _ = decide(Some(&all), None).unwrap();
}

#[test]
fn an_exception_counts_in_its_own_package_only() {
    let dir = Dir::new(&[
        ("a.rego", "package vestry.declare.a\ndeny_x contains \"x\"\nexception contains [\"x\"]"),
        ("b.rego", "package vestry.declare.b\ndeny_x contains \"still\""),
    ]);
    assert!(refused(decide(Some(&dir), None), ErrorType::PolicyDenied).contains("still"));
}

#[test]
fn data_lies_where_its_directory_says() {
    let dir = Dir::new(&[
        (
            "a.rego",
            "package vestry.declare\ndeny contains msg if { msg := concat(\" \", [data.top, data.lib.names.a, data.lib.b]) }",
        ),
        ("data.json", "{\"top\": \"one\"}"),
        ("lib/names/data.yaml", "a: two"),
        ("lib/data.yml", "b: three"),
        (".hidden/data.yaml", "top: other"),
    ]);
    assert!(refused(decide(Some(&dir), None), ErrorType::PolicyDenied).starts_with("one two three; "));
}

fn decision_lines(layer: &Dir, owner: Option<&Dir>) -> (Vec<Value>, String) {
    let text = process::output(layer, owner);
    let lines = text.lines().filter_map(|line| serde_json::from_str(&line[line.find('{')?..]).ok()).collect();
    (lines, text)
}

#[test]
fn files_that_are_ignored_by_the_hundred_do_not_fill_the_log() {
    let layer = Dir::new(&[("a.rego", &denies("vestry.declare.a", "no"))]);
    (0..200).for_each(|i| layer.write(&format!("{i}/settings.toml"), "mode = \"enforce\"\n"));
    let (lines, text) = decision_lines(&layer, None);
    let ignored: Vec<_> = lines.iter().filter(|line| line["event"] == "policy_file_ignored").collect();
    assert_eq!(ignored.len(), 51, "{text}");
    assert_eq!(ignored[50]["file"], "150 more");
}

#[test]
fn each_decision_is_one_line_of_the_log() {
    let layer = Dir::new(&[
        (
            "a.rego",
            "package vestry.declare.a\nwarn contains {\"msg\": \"old\", \"id\": \"W\", \"severity\": \"low\"}\ndeny_x contains \"waived\"\nexception contains [\"x\"]",
        ),
        ("b.rego", &denies("vestry.resolve.b", "no")),
        ("settings.yaml", "a: 1"),
    ]);
    let (lines, text) = decision_lines(&layer, None);
    assert!(!text.contains("canary"), "{text}");
    let events: Vec<_> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["policy_file_ignored", "policy_warning", "decision", "decision"], "{text}");
    let [_, warning, declare, resolve] = lines.as_slice() else { unreachable!() };
    assert_eq!((&warning["level"], &warning["msg"]), (&"warn".into(), &"old".into()));
    assert_eq!(
        (&declare["stage"], &declare["decision"], &declare["rules"]),
        (&"declare".into(), &"allow".into(), &2.into())
    );
    assert_eq!(declare["warnings"][0]["severity"], "low");
    assert_eq!(declare["exceptions"][0]["messages"][0], "waived");
    assert_eq!(
        (&resolve["stage"], &resolve["decision"], &resolve["rules"]),
        (&"resolve".into(), &"deny".into(), &1.into())
    );
    assert_eq!(resolve["messages"][0]["msg"], "no");
    assert_eq!(resolve["messages"][0]["package"], "vestry.resolve.b");
    let revision = declare["revision"].as_str().unwrap();
    assert!(revision.starts_with("sha256:") && revision.len() == 71, "{revision}");
    assert!(declare["ms"].as_f64().unwrap() > 0.0);
}

#[test]
fn the_revision_changes_with_the_content_and_only_with_it() {
    let revision = |text: &str| {
        let (lines, _) = decision_lines(&Dir::new(&[("a.rego", text)]), None);
        lines[0]["revision"].as_str().unwrap().to_string()
    };
    assert_eq!(revision(&denies("vestry.declare", "a")), revision(&denies("vestry.declare", "a")));
    assert_ne!(revision(&denies("vestry.declare", "a")), revision(&denies("vestry.declare", "b")));
}

#[test]
fn a_failure_is_a_decision_too_and_two_directories_have_two_revisions() {
    let layer = Dir::new(&[("a.rego", "package vestry.declare\ndeny := 1")]);
    let (lines, text) = decision_lines(&layer, None);
    assert_eq!(
        (&lines[0]["decision"], &lines[0]["error"]),
        (&"deny".into(), &"Vestry.PolicyInvalid".into()),
        "{text}"
    );
    let layer = Dir::new(&[("a.rego", &denies("vestry.declare.a", "no"))]);
    let owner = Dir::new(&[("a.rego", &denies("vestry.declare.b", "no"))]);
    let (lines, text) = decision_lines(&layer, Some(&owner));
    assert_eq!(lines[0]["revisions"].as_object().unwrap().len(), 2, "{text}");
    assert_eq!(lines[0]["revisions"][layer.path().to_str().unwrap()], lines[0]["revision"]);
}

/// Two references are declared, and the fixtures have one.
#[test]
fn the_value_of_a_rule_stands_in_for_the_input_by_way_of_a_local_variable() {
    let rules = "package vestry.declare\nfixture := {\"references\": [{\"name\": \"/a\"}]}\n\
                 same if count(input.references) == count(fixture.references)\n\
                 single if count(input.references) == 1\n";
    let denials = "deny contains \"same\" if {\nvalue := fixture\nsame with input as value\n}\n\
                   deny contains \"single\" if single with input as fixture\n\
                   deny contains \"without\" if same\n";
    let dir = Dir::new(&[("a.rego", &format!("{rules}{denials}"))]);
    let message = refused(decide(Some(&dir), None), ErrorType::PolicyDenied);
    assert!(
        message.contains("same") && message.contains("single") && !message.contains("without"),
        "{message}"
    );
    let directly =
        Dir::new(&[("a.rego", &format!("{rules}deny contains \"same\" if same with input as fixture\n"))]);
    let message = refused(decide(Some(&directly), None), ErrorType::PolicyInvalid);
    assert!(
        message.contains("a.rego:5:") && message.contains("fixture is read for the value of `with`"),
        "{message}"
    );
}
