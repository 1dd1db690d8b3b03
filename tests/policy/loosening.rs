//! What the function's owner tries against the layer's policy.

use vestry::declare::Settings;
use vestry::error::ErrorType;

use crate::support::{Dir, allows, decide, decide_with, denies, patient, quiet, refused};

/// The owner's files beside a layer that denies; what comes of it.
fn against(layer: &[(&str, &str)], owner: &[(&str, &str)]) -> (ErrorType, String) {
    let (layer, owner) = (Dir::new(layer), Dir::new(owner));
    let refusal = decide(Some(&layer), Some(&owner)).expect_err("the layer denies");
    let (layer, owner) = (layer.path().display().to_string(), owner.path().display().to_string());
    (refusal.error_type(), refusal.to_string().replace(&layer, "LAYER").replace(&owner, "OWNER"))
}

fn conflicts(layer: &[(&str, &str)], owner: &[(&str, &str)], namespace: &str) {
    let (error_type, message) = against(layer, owner);
    assert_eq!(error_type, ErrorType::PolicyInvalid, "{message}");
    assert!(message.contains(&format!("namespace `{namespace}` is defined by both LAYER/")), "{message}");
    assert!(message.contains(" and OWNER/"), "{message}");
}

#[test]
fn the_owner_can_add_a_rule() {
    let layer =
        Dir::new(&[("a.rego", &allows("vestry.declare.base")), ("data.yaml", "vestry: {config: {a: 1}}")]);
    let owner =
        Dir::new(&[("a.rego", &denies("vestry.declare.mine", "the owner's")), ("data.yaml", "mine: 1")]);
    assert!(refused(decide(Some(&layer), Some(&owner)), ErrorType::PolicyDenied).contains("the owner's"));
    let owner = Dir::new(&[("a.rego", &allows("vestry.declare.mine")), ("vestry/mine/data.yaml", "b: 1")]);
    let _ = decide(Some(&layer), Some(&owner)).unwrap();
}

#[test]
fn a_package_below_the_layers_is_the_owners() {
    let layer = Dir::new(&[("a.rego", &allows("vestry.declare"))]);
    let owner = Dir::new(&[("a.rego", &denies("vestry.declare.mine", "the owner's"))]);
    assert!(refused(decide(Some(&layer), Some(&owner)), ErrorType::PolicyDenied).contains("the owner's"));
}

#[test]
fn both_directories_deny() {
    let (error_type, message) = against(
        &[("a.rego", &denies("vestry.declare.base", "the layer's"))],
        &[("a.rego", &denies("vestry.declare.mine", "the owner's"))],
    );
    assert_eq!(error_type, ErrorType::PolicyDenied);
    assert!(message.contains("the layer's; denied by vestry.declare.base.deny in LAYER"), "{message}");
    assert!(message.contains("the owner's; denied by vestry.declare.mine.deny in OWNER"), "{message}");
}

#[test]
fn an_exception_for_the_layers_package_is_refused() {
    let layer = denies("vestry.declare.base", "no");
    let owner = "package vestry.declare.base\nexception contains [\"\"]\nwarn contains \"x\"";
    conflicts(&[("a.rego", &layer)], &[("a.rego", owner)], "vestry.declare.base");
}

#[test]
fn an_exception_in_a_package_above_or_below_has_no_effect() {
    for package in ["vestry.declare", "vestry.declare.base.mine", "vestry.declare.mine"] {
        let owner = format!("package {package}\nexception contains [\"\", \"x\"]\nwarn contains \"w\"");
        let (error_type, message) =
            against(&[("a.rego", &denies("vestry.declare.base", "no"))], &[("a.rego", &owner)]);
        assert_eq!(error_type, ErrorType::PolicyDenied, "{package}: {message}");
    }
}

#[test]
fn a_rule_head_that_reaches_into_the_layers_package_is_refused() {
    let layer = denies("vestry.declare.base", "no");
    let warn = "warn contains \"w\"";
    let owner = format!("package vestry.declare\nbase.exception contains [\"\"]\n{warn}");
    conflicts(&[("a.rego", &layer)], &[("a.rego", &owner)], "vestry.declare.base");
    let owner = format!("package vestry.declare\nbase := {{\"deny\": set()}}\n{warn}");
    conflicts(&[("a.rego", &layer)], &[("a.rego", &owner)], "vestry.declare.base");
}

#[test]
fn data_of_the_layer_cannot_be_extended_or_replaced() {
    let rule = "package vestry.declare.base\ndeny contains \"no\" if not \"orders-prod\" in object.keys(data.allowed)";
    let layer = [("a.rego", rule), ("data.yaml", "allowed: {billing: true}")];
    let warn = ("a.rego", "package vestry.declare.mine\nwarn contains \"w\"");
    conflicts(&layer, &[warn, ("data.yaml", "allowed: {orders-prod: true}")], "allowed");
    conflicts(&layer, &[warn, ("allowed/data.json", "{\"orders-prod\": true}")], "allowed");
    let owner = "package allowed\nwarning := true";
    conflicts(&layer, &[warn, ("b.rego", owner)], "allowed");
}

#[test]
fn data_that_the_layer_only_reads_cannot_be_given_by_the_owner() {
    let rule = "package vestry.declare.base\ndeny contains \"no\" if not data.switches.off\n";
    let warn = ("a.rego", "package vestry.declare.mine\nwarn contains \"w\"");
    for gift in [("data.yaml", "switches: {off: true}"), ("b.rego", "package switches\noff := true")] {
        let (error_type, message) = against(&[("a.rego", rule)], &[warn, gift]);
        assert_eq!(error_type, ErrorType::PolicyDenied, "{message}");
    }
}

#[test]
fn data_in_the_layers_package_is_refused() {
    let warn = ("a.rego", "package vestry.declare.mine\nwarn contains \"w\"");
    let layer = [(
        "a.rego",
        "package vestry.declare.base\ndeny contains \"no\" if not allowed\ndefault allowed := false",
    )];
    conflicts(&layer, &[warn, ("vestry/declare/base/data.yaml", "allowed: true")], "vestry.declare.base");
    conflicts(
        &layer,
        &[warn, ("data.yaml", "vestry: {declare: {base: {allowed: true}}}")],
        "vestry.declare.base",
    );
}

#[test]
fn a_function_of_the_layer_cannot_be_redefined() {
    let rule = "package vestry.declare.base\nimport data.lib\ndeny contains \"no\" if lib.bad(input)";
    let layer = [("a.rego", rule), ("lib.rego", "package lib\nbad(_) := true")];
    let warn = "package vestry.declare.mine\nwarn contains \"w\"";
    conflicts(&layer, &[("a.rego", warn), ("lib.rego", "package lib\nbad(_) := false")], "lib");
}

#[test]
fn naming_the_layer_or_an_empty_directory_takes_nothing_away() {
    let layer = Dir::new(&[("a.rego", &denies("vestry.declare", "no"))]);
    let settings = Settings { policy: Some(layer.path().join(".")), ..patient() };
    refused(decide_with(layer.path(), &settings, quiet()), ErrorType::PolicyDenied);
    refused(decide(Some(&layer), Some(&Dir::new(&[]))), ErrorType::PolicyInvalid);
}
