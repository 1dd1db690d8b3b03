//! What a finding does: refuse, or warn where its rule is advisory or its directory only reports.

use serde_json::Value;
use vestry::declare::read_settings::SETTINGS;
use vestry::declare::{self, Delivery, Environment, Host};
use vestry::error::ErrorType;

use crate::process::{self, APPROVED};
use crate::support::{Dir, allows, decide, decide_with, denies, invalid, quiet, refused};

const REPORT: (&str, &str) = ("settings.toml", "mode = \"report\"\n");

fn lines(text: &str) -> Vec<Value> {
    text.lines().filter_map(|line| serde_json::from_str(&line[line.find('{')?..]).ok()).collect()
}

fn rule(object: &str) -> String {
    format!("package vestry.declare\ndeny contains {object}\n")
}

#[test]
fn an_advisory_finding_warns_whatever_the_log_level_and_a_mandatory_one_refuses() {
    let advisory = rule(r#"{"msg": "soon", "enforcement": "advisory", "severity": "critical"}"#);
    let text = process::output_at_error(&Dir::new(&[("a.rego", &advisory)]));
    assert!(text.contains(APPROVED), "{text}");
    let lines = lines(&text);
    let [warning, declare, _] = lines.as_slice() else { panic!("{text}") };
    assert_eq!(warning["event"], "policy_warning");
    assert_eq!((&warning["would_deny"], &warning["msg"]), (&"advisory".into(), &"soon".into()));
    assert_eq!((&declare["decision"], &declare["would_deny"]), (&"allow".into(), &1.into()));
    assert_eq!(declare["warnings"][0]["enforcement"], "advisory");
    for mandatory in [
        r#"{"msg": "now", "enforcement": "mandatory", "severity": "low"}"#,
        r#"{"msg": "now", "severity": "low"}"#,
        r#"{"msg": "now", "severity": "advisry"}"#,
        r#"{"msg": "now", "Enforcement": "advisory"}"#,
    ] {
        let dir = Dir::new(&[("a.rego", &rule(mandatory))]);
        refused(decide(Some(&dir), None), ErrorType::PolicyDenied);
    }
}

#[test]
fn one_advisory_rule_does_not_soften_the_other() {
    let both = rule(r#"{"msg": "soon", "enforcement": "advisory"}"#) + "deny contains \"now\"\n";
    let message = refused(decide(Some(&Dir::new(&[("a.rego", &both)])), None), ErrorType::PolicyDenied);
    assert!(message.contains("now") && !message.contains("soon"), "{message}");
}

#[test]
fn a_misspelt_enforcement_refuses() {
    for (word, advice) in [
        ("\"advisry\"", "did you mean advisory?"),
        ("\"none\"", "it is advisory or mandatory"),
        ("false", "it is"),
    ] {
        let message = invalid(&[("a.rego", &rule(&format!(r#"{{"msg": "x", "enforcement": {word}}}"#)))]);
        assert!(message.contains("data.vestry.declare.deny") && message.contains(advice), "{message}");
    }
    let warn = "package vestry.declare\nwarn contains {\"msg\": \"x\", \"enforcement\": \"mandatory\"}";
    assert!(invalid(&[("a.rego", warn)]).contains("name its rule deny"));
}

#[test]
fn report_mode_warns_of_every_denial() {
    let layer = Dir::new(&[
        ("a.rego", &denies("vestry.declare.a", "no name")),
        (
            "b.rego",
            "package vestry.resolve\nviolation contains {\"msg\": \"no age\", \"enforcement\": \"mandatory\"}",
        ),
        REPORT,
    ]);
    let text = process::output_at_error(&layer);
    assert!(text.contains(APPROVED), "{text}");
    let lines = lines(&text);
    let events: Vec<_> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["policy_warning", "decision", "policy_warning", "decision"], "{text}");
    for (i, msg) in [(0, "no name"), (2, "no age")] {
        assert_eq!((&lines[i]["msg"], &lines[i]["would_deny"]), (&msg.into(), &"report".into()));
        let decision = &lines[i + 1];
        assert_eq!((&decision["decision"], &decision["mode"]), (&"allow".into(), &"report".into()));
        assert_eq!((&decision["would_deny"], &decision["warnings"][0]["msg"]), (&1.into(), &msg.into()));
    }
}

#[test]
fn report_mode_does_not_excuse_what_is_no_clean_answer() {
    for broken in [
        "package vestry.declare\ndeny := 1",
        "package vestry.declare\ndeny contains",
        "package vestry.declare\ndeny contains 1",
        "package vestry.declare\ndeny contains \"x\" if to_number(input.stage) == 1",
        "package vestry.declaration\ndeny contains \"x\"",
    ] {
        invalid(&[("a.rego", broken), REPORT]);
    }
}

#[test]
fn settings_that_are_not_understood_refuse_with_file_line_and_suggestion() {
    let rule = allows("vestry.declare");
    for (text, told) in [
        ("mode = \"reprot\"", "DIR/settings.toml:1:8: mode is \"reprot\"; did you mean report?"),
        ("# a\nmdoe = \"report\"", "DIR/settings.toml:2:1: unknown key \"mdoe\"; did you mean mode?"),
        ("mode = true", "DIR/settings.toml:1:1: is not understood"),
    ] {
        let message = invalid(&[("a.rego", &rule), ("settings.toml", text)]);
        assert!(message.contains(told), "{message}");
    }
    let enforced =
        Dir::new(&[("a.rego", &denies("vestry.declare", "no")), ("settings.toml", "mode = \"enforce\"")]);
    refused(decide(Some(&enforced), None), ErrorType::PolicyDenied);
}

#[test]
fn settings_count_at_the_top_alone_and_in_the_revision() {
    let rule = denies("vestry.declare", "no");
    for elsewhere in ["lib/settings.toml", "Settings.toml", "setting.toml", "settings.tml"] {
        let dir = Dir::new(&[("a.rego", &rule), (elsewhere, REPORT.1)]);
        refused(decide(Some(&dir), None), ErrorType::PolicyDenied);
        let text = process::output(&dir, None);
        assert!(text.contains("policy_file_ignored"), "{elsewhere}: {text}");
    }
    let revision = |files: &[(&str, &str)]| {
        let text = process::output(&Dir::new(files), None);
        lines(&text).iter().find(|line| line["event"] == "decision").unwrap()["revision"].clone()
    };
    let (a, b) = (("a.rego", rule.as_str()), ("settings.toml", "mode = \"enforce\""));
    assert_ne!(revision(&[a, b]), revision(&[a]));
}

#[test]
fn the_owners_report_mode_is_for_the_owners_rules() {
    let layer = Dir::new(&[("a.rego", &denies("vestry.declare.base", "the layer's"))]);
    let owner = Dir::new(&[("a.rego", &denies("vestry.declare.mine", "the owner's")), REPORT]);
    let message = refused(decide(Some(&layer), Some(&owner)), ErrorType::PolicyDenied);
    assert!(message.contains("the layer's") && !message.contains("the owner's"), "{message}");
    let layer = Dir::new(&[("a.rego", &denies("vestry.declare.base", "the layer's")), REPORT]);
    let owner = Dir::new(&[("a.rego", &denies("vestry.declare.mine", "the owner's"))]);
    let message = refused(decide(Some(&layer), Some(&owner)), ErrorType::PolicyDenied);
    assert!(message.contains("the owner's") && !message.contains("the layer's"), "{message}");
}

/// Every variable that Vestry knows, and some that one might hope for, with everything that one might try.
#[test]
fn no_variable_softens_replaces_or_skips_the_layers_policy() {
    let layer = Dir::new(&[("a.rego", &denies("vestry.declare.base", "the layer's"))]);
    let waiver = "exception contains [\"\"]\nexception contains {\"rule\": \"deny\", \"owner\": \"me\", \"reason\": \"me\", \"expires\": \"2999-01-01\"}\nwarn contains \"w\"\n";
    let package = |name: &str| format!("package {name}\n{waiver}");
    let owners = [
        Dir::new(&[]),
        Dir::new(&[REPORT]),
        Dir::new(&[("a.rego", &allows("vestry.declare.mine")), REPORT]),
        Dir::new(&[("a.rego", &package("vestry.declare")), REPORT]),
        Dir::new(&[("a.rego", &package("vestry.declare.base")), REPORT]),
        Dir::new(&[("a.rego", &package("vestry.declare.base.below")), REPORT]),
        Dir::new(&[
            ("a.rego", &allows("vestry.declare.mine")),
            ("m.rego", "package system.log\nmask contains \"/result\""),
        ]),
    ];
    let mut values: Vec<String> = [
        "",
        "0",
        "1",
        "false",
        "true",
        "off",
        "none",
        "report",
        "advisory",
        "error",
        "60000",
        "file",
        "socket",
        "/nonexistent",
        "/dev/null",
        "/proc",
    ]
    .map(String::from)
    .to_vec();
    values.push(layer.path().display().to_string());
    values.extend(owners.iter().map(|owner| owner.path().display().to_string()));
    let hoped_for = [
        "VESTRY_POLICY_MODE",
        "VESTRY_MODE",
        "VESTRY_POLICY_REPORT",
        "VESTRY_ENFORCEMENT",
        "VESTRY_POLICY_SKIP",
        "VESTRY_POLICY_DISABLED",
    ];
    let mut reached = 0;
    for name in SETTINGS.into_iter().chain(hoped_for) {
        for value in &values {
            let environment: Environment =
                [("DB_PASSWORD", "ssm:/prod/db/password"), ("AWS_REGION", "eu-west-1"), (name, value)]
                    .into_iter()
                    .collect();
            // What refuses already has approved nothing.
            let Ok(declared) = declare::read(&environment, &Host::with_delivery(Delivery::Socket)) else {
                continue;
            };
            let refusal = decide_with(layer.path(), &declared.settings, quiet()).expect_err(name);
            let denied = [ErrorType::PolicyDenied, ErrorType::PolicyInvalid].contains(&refusal.error_type());
            assert!(denied, "{name}={value}: {refusal}");
            reached += usize::from(refusal.to_string().contains("the layer's"));
        }
    }
    assert!(reached > 20, "only {reached} came to the layer's rule");
}
