//! Waivers: who, why, until when; and what does not waive.

use serde_json::Value;
use vestry::error::ErrorType;

use crate::process::{self, APPROVED};
use crate::support::{Dir, decide, refused};

const RULES: &str = "package vestry.declare
deny_path contains {\"msg\": r.name, \"id\": \"P-1\", \"variable\": r.variable} if some r in input.references
deny_late contains \"late\" if input.stage == \"never\"
";

fn policy(waivers: &str) -> Dir {
    let exception = "exception contains waiver if some waiver in data.waivers\n";
    Dir::new(&[("a.rego", &format!("{RULES}{exception}")), ("data.yaml", &format!("waivers: {waivers}"))])
}

fn waiver(more: &str) -> String {
    format!("{{rule: path, owner: team-a, reason: moves in May, expires: \"2999-01-01\"{more}}}")
}

fn decision(dir: &Dir) -> (Value, String) {
    let text = process::output(dir, None);
    let mut lines =
        text.lines().filter_map(|line| serde_json::from_str::<Value>(&line[line.find('{')?..]).ok());
    (lines.find(|line| line["event"] == "decision").unwrap(), text)
}

#[test]
fn a_waiver_in_use_is_in_the_decision_log() {
    let (decision, text) = decision(&policy(&format!("[{}]", waiver(", ticket: PAY-1"))));
    assert!(text.contains(APPROVED), "{text}");
    assert_eq!(decision["decision"], "allow");
    let [exception] = decision["exceptions"].as_array().unwrap().as_slice() else { panic!("{decision}") };
    assert_eq!(exception["rule"], "deny_path");
    assert_eq!(exception["messages"].as_array().unwrap().len(), 3);
    let waiver = &exception["waiver"];
    for (key, value) in
        [("owner", "team-a"), ("reason", "moves in May"), ("expires", "2999-01-01"), ("ticket", "PAY-1")]
    {
        assert_eq!(waiver[key], value, "{decision}");
    }
}

#[test]
fn it_is_for_the_rule_the_id_the_function_the_variable_and_the_reference_that_it_names() {
    for (waivers, left) in [
        (waiver(""), vec![]),
        ("{rule: deny_path, owner: a, reason: b, expires: \"2999-01-01\"}".into(), vec![]),
        ("{rule: P-1, owner: a, reason: b, expires: \"2999-01-01\"}".into(), vec![]),
        ("{rule: late, owner: a, reason: b, expires: \"2999-01-01\"}".into(), vec!["db", "stripe", "flags"]),
        ("{rule: \"\", owner: a, reason: b, expires: \"2999-01-01\"}".into(), vec!["db", "stripe", "flags"]),
        (waiver(", function: orders-prod"), vec![]),
        (waiver(", function: orders-test"), vec!["db", "stripe", "flags"]),
        (waiver(", variable: DB_PASSWORD"), vec!["stripe", "flags"]),
        (waiver(", reference: /prod/db/password"), vec!["stripe", "flags"]),
        (waiver(", reference: /prod/db/password, variable: STRIPE_KEY"), vec!["db", "stripe", "flags"]),
        (waiver(", reference: /prod/db"), vec!["db", "stripe", "flags"]),
    ] {
        let result = decide(Some(&policy(&format!("[{waivers}]"))), None);
        if left.is_empty() {
            assert!(result.is_ok(), "{waivers}: {:?}", result.unwrap_err());
            continue;
        }
        let message = refused(result, ErrorType::PolicyDenied);
        for (word, name) in
            [("db", "/prod/db/password"), ("stripe", "prod/stripe"), ("flags", "/prod/flags/*")]
        {
            let denied = message.contains(&format!("[P-1] {name}"));
            assert_eq!(denied, left.contains(&word), "{waivers}: {message}");
        }
    }
}

#[test]
fn an_expired_or_faulty_one_does_not_waive_and_says_so() {
    for (waivers, why) in [
        (
            "[{rule: path, owner: team-a, reason: b, expires: \"2020-01-01\"}]",
            "the waiver of team-a for data.vestry.declare.deny_path expired 2020-01-01",
        ),
        ("[{rule: path, reason: b, expires: \"2999-01-01\"}]", "no owner"),
        ("[{rule: path, owner: a, expires: \"2999-01-01\"}]", "no reason"),
        ("[{rule: path, owner: a, reason: b}]", "no expires"),
        ("[{rule: path, owner: a, reason: b, expires: never}]", "an expires that is no date"),
        (
            "[{rule: path, owner: a, reason: b, expires: \"2999-01-01\", varable: X}]",
            "did you mean variable?",
        ),
    ] {
        let dir = policy(waivers);
        refused(decide(Some(&dir), None), ErrorType::PolicyDenied);
        let (decision, text) = decision(&dir);
        assert!(decision["unfit_waivers"][0]["why"].as_str().unwrap().contains(why), "{decision}");
        assert!(decision.get("exceptions").is_none(), "{decision}");
        assert!(text.contains("policy_waiver"), "{text}");
    }
}

#[test]
fn an_expired_waiver_of_what_is_not_denied_is_no_news() {
    let (decision, text) = decision(&policy(&format!(
        "[{}, {{rule: late, owner: a, reason: b, expires: \"2020-01-01\"}}]",
        waiver("")
    )));
    assert!(decision.get("unfit_waivers").is_none() && !text.contains("policy_waiver"), "{text}");
}

#[test]
fn whoever_waives_is_in_the_log_however_much_it_is() {
    let rule = "package vestry.declare\nlong := concat(\"\", [\"x\" | some _ in numbers.range(1, 200)])\n\
                deny_path contains sprintf(\"%d %s\", [i, long]) if some i in numbers.range(1, 300)\n\
                exception contains waiver if some waiver in data.waivers\n";
    let dir = policy(&format!("[{}]", waiver("")));
    dir.write("a.rego", rule);
    let (decision, text) = decision(&dir);
    assert!(text.contains(APPROVED), "{text}");
    let exception = &decision["exceptions"][0];
    assert_eq!(exception["waiver"]["owner"], "team-a", "{decision}");
    assert!(!exception["messages"].as_array().unwrap().is_empty(), "{decision}");
    assert!(decision["omitted"][0].as_str().unwrap().starts_with("/exceptions/0/messages: "), "{decision}");
}

#[test]
fn what_masks_take_out_of_the_result_is_not_told_as_waived() {
    let dir = policy(&format!("[{}]", waiver(", reference: /prod/db/password, variable: DB_PASSWORD")));
    for mask in
        ["\"/result\"", "\"/result/deny\"", "{\"op\": \"upsert\", \"path\": \"/result\", \"value\": {}}"]
    {
        let masks = format!("package system.log\nmask contains \"/input\"\nmask contains {mask}\n");
        dir.write("mask.rego", masks);
        let (decision, _) = decision(&dir);
        let exception = &decision["exceptions"][0];
        assert_eq!(exception["waiver"]["owner"], "team-a", "{decision}");
        assert!(exception["waiver"].get("reference").is_none(), "{decision}");
        assert!(!decision.to_string().contains("/prod/db/password"), "{mask}: {decision}");
    }
}
