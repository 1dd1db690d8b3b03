//! The decision log: OPA's names, its masks, and lines that Lambda does not cut.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};
use vestry::error::ErrorType;

use crate::process;
use crate::support::{Dir, allows, decide, denies, refused};

fn decisions(layer: &Dir) -> (Vec<Value>, String) {
    let text = process::output(layer, None);
    (of(&text), text)
}

fn of(text: &str) -> Vec<Value> {
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(&line[line.find('{')?..]).ok());
    lines.filter(|line| line["event"] == "decision").collect()
}

fn masked(mask: &str) -> Value {
    let layer = Dir::new(&[
        ("a.rego", &denies("vestry.declare", "the message")),
        ("mask.rego", &format!("package system.log\n{mask}")),
    ]);
    decisions(&layer).0.remove(0)
}

#[test]
fn a_line_has_opas_fields() {
    let layer = Dir::new(&[
        ("a.rego", &allows("vestry.declare")),
        ("b.rego", "package vestry.resolve\ndeny contains {\"msg\": \"no\", \"id\": \"N\"}"),
    ]);
    let (lines, text) = decisions(&layer);
    assert!(!text.contains("canary"), "{text}");
    let [declare, resolve] = lines.as_slice() else { panic!("{text}") };
    let ids: BTreeSet<_> = lines.iter().map(|line| line["decision_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 2);
    for id in ids {
        let lengths: Vec<_> = id.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12], "{id}");
        assert_eq!(&id[14..15], "4");
    }
    assert_eq!(
        declare["labels"],
        json!({"app": "vestry", "version": env!("CARGO_PKG_VERSION"), "function_name": "orders-prod",
               "function_version": "$LATEST", "region": "eu-west-1", "initialization_type": "on-demand"})
    );
    assert_eq!((&declare["path"], &resolve["path"]), (&"vestry/declare".into(), &"vestry/resolve".into()));
    assert_eq!(declare["result"], json!({"deny": [], "warn": []}));
    assert_eq!(resolve["result"]["deny"], resolve["messages"]);
    assert_eq!(resolve["result"]["deny"][0]["id"], "N");
    assert_eq!(declare["input"]["references"][0]["variable"], "DB_PASSWORD");
    assert_eq!(declare["input"]["stage"], "declare");
    let revision = &declare["bundles"][layer.path().to_str().unwrap()]["revision"];
    assert_eq!(*revision, declare["revision"]);
    let timestamp = declare["timestamp"].as_str().unwrap();
    assert_eq!((timestamp.len(), timestamp.ends_with('Z')), (30, true), "{timestamp}");
    for timer in ["timer_rego_load_files_ns", "timer_rego_query_eval_ns", "timer_sdk_decision_eval_ns"] {
        assert!(declare["metrics"][timer].as_u64().unwrap() > 0, "{declare}");
    }
    assert!(resolve["metrics"].get("timer_rego_load_files_ns").is_none(), "{resolve}");
    for absent in ["erased", "masked", "mask_error", "omitted", "mode", "would_deny", "error"] {
        assert!(declare.get(absent).is_none(), "{absent}");
    }
}

#[test]
fn a_decision_that_nobody_waits_for_any_more_is_written_down_as_an_error() {
    let layer = Dir::new(&[("a.rego", &allows("vestry.declare"))]);
    layer.write("program", "#!/bin/sh\nexec sleep 100\n");
    let program = layer.path().join("program");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let lines = of(&process::output_given_up(&layer, &program));
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!((&line["stage"], &line["decision"]), (&"declare".into(), &"deny".into()));
    assert_eq!(line["error"], "Vestry.Unavailable");
    assert!(line["messages"][0]["msg"].as_str().unwrap().contains("VESTRY_DEADLINE_MS ran out"), "{line}");
    assert!(line.get("input").is_none(), "nobody could say what was to be masked");
}

#[test]
fn masks_are_honoured_in_input_and_result_and_messages() {
    let line = masked(
        "mask contains \"/input/references/0/name\"\nmask contains {\"op\": \"upsert\", \"path\": \"/result/deny/0/msg\", \"value\": \"***\"}",
    );
    assert_eq!(line["erased"], json!(["/input/references/0/name"]));
    assert_eq!(line["masked"], json!(["/result/deny/0/msg"]));
    assert!(
        line["input"]["references"][0].get("name").is_none()
            && line["input"]["references"][1].get("name").is_some()
    );
    assert_eq!(
        (&line["messages"][0]["msg"], &line["result"]["deny"][0]["msg"]),
        (&"***".into(), &"***".into())
    );
    assert!(!line.to_string().contains("the message"), "{line}");
    assert_eq!(line["decision"], "deny");
    let line = masked("mask contains \"/input\"\nmask contains \"/result\"");
    assert!(line.get("input").is_none() && line.get("result").is_none() && line["messages"] == json!([]));
}

#[test]
fn a_mask_is_asked_about_the_line() {
    let line = masked(
        "mask contains \"/input/variables\" if { input.input.function.name == \"orders-prod\"\ninput.result.deny[0].msg == \"the message\"\ninput.path == \"vestry/declare\"\ninput.labels.region == \"eu-west-1\" }\nmask contains \"/input/now\" if input.path == \"elsewhere\"",
    );
    assert_eq!(line["erased"], json!(["/input/variables"]));
    let (lines, _) = decisions(&Dir::new(&[
        ("a.rego", &allows("vestry.declare")),
        ("system/log/data.yaml", "mask: [/input/variables]"),
    ]));
    assert_eq!(lines[0]["erased"], json!(["/input/variables"]), "masks may be data");
}

#[test]
fn a_mask_that_fails_leaves_input_and_result_out() {
    for wrong in [
        "mask contains 1",
        "mask contains \"/labels\"",
        "mask contains {\"op\": \"hide\", \"path\": \"/input\"}",
        "mask := \"/input\"",
        "mask(path) := path",
        "mask contains \"/input\" if to_number(input.path) == 1",
        "mask := [\"/input/now\"] if input.path\nmask := [] if input.path",
    ] {
        let line = masked(wrong);
        assert!(line.get("input").is_none() && line.get("result").is_none(), "{wrong}: {line}");
        assert!(
            !line.to_string().contains("the message") && line["mask_error"].is_string(),
            "{wrong}: {line}"
        );
        assert_eq!(line["decision"], "deny", "{wrong}");
    }
}

#[test]
fn why_a_mask_fails_quotes_nothing_of_what_it_was_to_hide() {
    for wrong in [
        "mask contains \"/input\" if startswith(input.input.references, \"x\")",
        "mask contains \"/input\" if { some x in input.input.references[0].name; x == 1 }",
        "mask contains input.input.references[0].name",
        "mask contains sprintf(\"%v\", [input.input])",
    ] {
        let line = masked(wrong);
        assert!(line["mask_error"].is_string(), "{wrong}: {line}");
        assert!(!line.to_string().contains("/prod/db/password"), "{wrong}: {line}");
    }
}

#[test]
fn the_owner_masks_nothing_beside_a_layer() {
    let layer = Dir::new(&[("a.rego", &allows("vestry.declare.base"))]);
    for mask in [
        ("m.rego", "package system.log\nmask contains \"/input\""),
        ("data.yaml", "system: {log: {mask: [/input]}}"),
    ] {
        let owner = Dir::new(&[("a.rego", &allows("vestry.declare.mine")), mask]);
        let message = refused(decide(Some(&layer), Some(&owner)), ErrorType::PolicyInvalid);
        assert!(message.contains("masks the decision log"), "{message}");
        assert!(decide(Some(&owner), None).is_ok());
    }
}

#[test]
fn no_line_is_longer_than_lambda_takes() {
    let flood = "package vestry.declare\nlong := concat(\"\", [\"x\" | some _ in numbers.range(1, 3000)])\n\
                 deny contains {\"msg\": sprintf(\"%d\", [i]), \"long\": long} if some i in numbers.range(1, 900)\n";
    let (lines, text) = decisions(&Dir::new(&[("a.rego", flood)]));
    assert!(text.lines().all(|line| line.len() < 256 << 10));
    assert_eq!(lines[0]["decision"], "deny");
    let omitted = lines[0]["omitted"].to_string();
    assert!(omitted.contains("/result") && omitted.contains("/messages: "), "{omitted}");
    assert!(lines[0].get("result").is_none() && !lines[0]["messages"].as_array().unwrap().is_empty());
}

#[test]
fn no_message_passes_for_a_line_of_another_kind() {
    let forged = "package vestry.declare\nwarn contains {\"msg\": \"m\", \"event\": \"decision\", \"level\": \"info\", \"time\": \"1999\", \
                  \"decision\": \"allow\", \"decision_id\": \"forged\", \"would_deny\": \"report\"} if input.references\n";
    let (lines, text) = decisions(&Dir::new(&[("a.rego", forged)]));
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines.iter().all(|line| line["decision_id"] != "forged" && line.get("would_deny").is_none()));
    let warning = text.lines().find(|line| line.contains("\"event\":\"policy_warning\"")).unwrap();
    assert!(!warning.contains("\"event\":\"decision\"") && !warning.contains("1999"), "{warning}");
    assert!(!text.contains("would_deny"), "nothing was softened: {text}");
}

#[test]
fn what_is_printed_fits_a_line() {
    let prints = "package vestry.declare\nlong := concat(\"\", [\"x\" | some _ in numbers.range(1, 300)])\n\
                  deny contains \"no\" if { some _ in numbers.range(1, 1500); print(long); false }\n";
    let (_, text) = decisions(&Dir::new(&[("a.rego", prints)]));
    let line = text.lines().find(|line| line.contains("\"event\":\"policy_print\"")).unwrap();
    let line: Value = serde_json::from_str(&line[line.find('{').unwrap()..]).unwrap();
    assert!(line.to_string().len() < 256 << 10 && !line["lines"].as_array().unwrap().is_empty());
    assert!(line["omitted"][0].as_str().unwrap().starts_with("/lines: "), "{}", line["omitted"]);
}
