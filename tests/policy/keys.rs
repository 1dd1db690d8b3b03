//! Whether a policy wants to know under which KMS keys the values lie.

use std::path::Path;

use vestry::decide::Gate;
use vestry::declare::Settings;

use crate::support::{Dir, allows, declared, patient, quiet, run};

/// The files that read it, below the layer or the owner's directory.
fn readers(layer: &Dir, owner: Option<&Dir>) -> Vec<String> {
    let settings = Settings { policy: owner.map(|owner| owner.path().into()), ..patient() };
    let mut told = Vec::new();
    run(async {
        let mut gate = Gate::open_as(
            Path::new(env!("CARGO_BIN_EXE_vestry-extension")),
            layer.path(),
            &settings,
            quiet(),
        );
        let permitted = gate.judge_declared(declared(settings.clone())).await.expect("nothing denies");
        told = permitted.key_readers().to_vec();
    });
    let below = |path: &String| {
        let roots = [Some(layer), owner].into_iter().flatten();
        let below = roots.filter_map(|root| Path::new(path).strip_prefix(root.path()).ok()).next();
        below.expect("it is in one of them").display().to_string()
    };
    told.iter().map(below).collect()
}

fn denying(condition: &str) -> String {
    format!(
        "package vestry.resolve\n\ndeny contains \"key\" if {{\n\tsome r in input.references\n\t{condition}\n}}\n"
    )
}

fn asking(rule: &str) -> String {
    format!("package vestry.asks\n\n{rule}\n")
}

#[test]
fn a_policy_that_reads_the_key_is_told_however_it_reads_it() {
    for condition in [
        "r.kms_key_id == \"alias/aws/ssm\"",
        "r[\"kms_key_id\"] == \"alias/aws/ssm\"",
        "r[`kms_key_id`] == \"alias/aws/ssm\"",
        "input.references[_].kms_key_id == null",
        "input.references[_][\"kms_key_id\"] == null",
        "object.get(r, \"kms_key_id\", null) == null",
        "json.filter(r, [\"/kms_key_id\"]) == {}",
        "key := \"kms_key_id\"\n\tr[key] == null",
        "not r.kms_key_id",
        "some field, value in r\n\tfield in {\"type\", \"kms_key_id\"}\n\tvalue == null",
        r#"r["kms\u005fkey_id"] == null"#,
        r#"r["\u006b\u006D\u0073_key\u005Fid"] == null"#,
    ] {
        let dir = Dir::new(&[("rules/keys.rego", &denying(condition))]);
        assert_eq!(readers(&dir, None), ["rules/keys.rego"], "{condition}");
    }
    let by_data = Dir::new(&[
        ("fields/data.yaml", "read: [kms_key_id]\n"),
        ("rule.rego", &denying("some field in data.fields.read\n\tr[field] == null")),
    ]);
    assert_eq!(readers(&by_data, None), ["fields/data.yaml"]);
}

#[test]
fn a_name_that_is_written_in_escapes_is_read_too() {
    for (file, data) in [
        ("data.json", r#"{"fields": ["kms\u005Fkey_id"]}"#),
        ("data.yaml", r#"fields: ["kms\u005fkey_id"]"#),
        ("data.yaml", r#"fields: ["kms\x5fkey_id"]"#),
        ("data.yaml", r#"fields: ["kms\U0000005fkey_id"]"#),
        ("data.yaml", "fields:\n- \"kms_\\\n    key_id\"\n"),
    ] {
        let rule = denying("some field in data.fields\n\tr[field] == null");
        let dir = Dir::new(&[(file, data), ("rule.rego", &rule)]);
        assert_eq!(readers(&dir, None), [file], "{data}");
    }
    let another = denying(r#"r.name in {"kms\u2028key_id", "\\u006bms.key_id", `\u`, "kms\u005f"}"#);
    assert!(readers(&Dir::new(&[("rule.rego", &another)]), None).is_empty());
}

#[test]
fn a_policy_that_does_not_read_it_wants_to_know_nothing() {
    let plain = Dir::new(&[
        ("rule.rego", &denying("r.type == \"String\"")),
        ("rule_test.rego", "package rule_test\n\ntest_a if \"kms_key_id\" != \"\"\n"),
    ]);
    assert!(readers(&plain, None).is_empty());
}

#[test]
fn the_further_directory_may_want_to_know_too() {
    let layer = Dir::new(&[("a.rego", &allows("vestry.declare"))]);
    let owner =
        Dir::new(&[("b.rego", &denying("r.kms_key_id == \"x\"").replace("resolve", "resolve.owner"))]);
    assert_eq!(readers(&layer, Some(&owner)), ["b.rego"]);
}

#[test]
fn a_policy_may_say_that_it_does_not_need_it_at_present() {
    let reading = denying("r.kms_key_id == \"x\"");
    for (rule, wants) in [
        ("kms_keys := false", false),
        ("default kms_keys := false\n\nkms_keys if data.approved != []", false),
        ("default kms_keys := false\n\nkms_keys if data.approved == []", true),
        ("kms_keys := true", true),
        ("kms_keys := \"no\"", true),
        ("kms_keys if data.approved != []", true),
        // What fails does not decline.
        ("kms_keys := false if to_number(\"x\") == 1", true),
        ("other := false", true),
    ] {
        let asks = asking(rule);
        let dir = Dir::new(&[("rule.rego", &reading), ("asks.rego", &asks), ("data.yaml", "approved: []\n")]);
        assert_eq!(!readers(&dir, None).is_empty(), wants, "{rule}");
    }
}

#[test]
fn nobody_else_declines_for_it() {
    let layer = Dir::new(&[("a.rego", &denying("r.kms_key_id == \"x\""))]);
    let owner =
        Dir::new(&[("b.rego", &asking("kms_keys := false")), ("c.rego", &allows("vestry.declare.owner"))]);
    assert_eq!(readers(&layer, Some(&owner)), ["a.rego"]);
}

/// As it is shipped, the library costs nobody a call.
#[test]
fn the_library_wants_to_know_once_a_key_is_approved() {
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("policy");
    let rules = std::fs::read_to_string(library.join("stores/approved_kms_keys.rego")).unwrap();
    assert!(rules.contains("kms_key_id"));
    let asks = std::fs::read_to_string(library.join("common/asks.rego")).unwrap();
    let settings = std::fs::read_to_string(library.join("common/settings.rego")).unwrap();
    let waivers = std::fs::read_to_string(library.join("common/waivers.rego")).unwrap();
    let group = std::fs::read_to_string(library.join("stores/group_resolve.rego")).unwrap();
    let shipped = std::fs::read_to_string(library.join("data.yaml")).unwrap();
    let files = |data| {
        let texts: [(&str, &str); 6] = [
            ("common/asks.rego", &asks),
            ("common/settings.rego", &settings),
            ("common/waivers.rego", &waivers),
            ("stores/group_resolve.rego", &group),
            ("stores/approved_kms_keys.rego", &rules),
            ("data.yaml", data),
        ];
        Dir::new(&texts)
    };
    assert!(readers(&files(&shipped), None).is_empty());
    let adopted = shipped.replace(
        "approved_kms_keys:\n      approved: []",
        "approved_kms_keys:\n      approved: [alias/prod]",
    );
    assert_ne!(adopted, shipped);
    assert_eq!(readers(&files(&adopted), None), ["stores/approved_kms_keys.rego"]);
}
