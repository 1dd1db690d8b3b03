//! Imports that the engine, left alone, takes for something else than OPA does.

use crate::support::{Dir, decide};

/// What is denied, in the order in which it is told.
fn denials(files: &[(&str, &str)]) -> Vec<String> {
    let refusal = decide(Some(&Dir::new(files)), None).unwrap_err();
    refusal.problems().iter().map(|problem| problem.why.clone()).collect()
}

/// After the first file of a package, the engine takes the others for evaluated.
#[test]
fn an_imported_package_may_lie_in_several_files() {
    let rules = "package vestry.declare\n\nimport data.lib\n\ndeny contains \"third\" if lib.third == 3\n\n\
                 deny contains \"list\" if lib.list == {\"a\"}\n";
    let second = "package lib\n\nimport data.names\n\nthird := second + 1\n\nsecond := first + 1\n\n\
                  list contains names.all[_]\n";
    let found = denials(&[
        ("rules.rego", rules),
        ("lib_a.rego", "package lib\n\nfirst := 1\n"),
        ("lib_b.rego", second),
        ("names.rego", "package names\n\nall := [\"a\"]\n"),
    ]);
    assert_eq!(found, ["list", "third"]);
}

#[test]
fn of_packages_within_one_another_both_are_evaluated() {
    let found = denials(&[
        (
            "rules.rego",
            "package vestry.declare\n\nimport data.lib\n\ndeny contains \"x\" if lib.outer == 1\n\n\
             deny contains \"y\" if lib.sub.inner == 2\n",
        ),
        ("a.rego", "package lib\n\nouter := 1\n"),
        ("b.rego", "package lib.sub\n\ninner := other + 1\n\nother := 1\n"),
    ]);
    assert_eq!(found, ["x", "y"]);
}

/// The engine takes a package for evaluated while it still evaluates a rule of it.
#[test]
fn a_file_may_import_its_own_package_and_those_around_it() {
    let found = denials(&[
        (
            "a.rego",
            "package vestry.declare.inner\n\nimport data.vestry.declare as outer\n\nimport data.vestry.declare.limit\n\n\
             deny contains \"outer\" if {\n\touter.limit == 3\n\tlimit == 3\n}\n",
        ),
        (
            "b.rego",
            "package vestry.declare\n\nimport data.vestry.declare as own\n\nlimit := 3\n\n\
             deny contains \"own\" if own.limit == 3\n",
        ),
    ]);
    assert_eq!(found, ["own", "outer"]);
}

/// The engine keeps imports by package, so that one file gets what another imports.
#[test]
fn two_files_of_a_package_may_give_one_name_to_two_imports() {
    let rules = |number: &str| {
        format!(
            "package vestry.declare\n\nimport data.{number}.util\n\ndeny contains \"{number} by rule\" if util.name == \
             \"{number}\"\n\ndeny contains \"{number} by function\" if util.f(1) == \"{number}\"\n\n\
             deny contains \"{number} replaced\" if util.f(1) == 3 with util.f as 3\n"
        )
    };
    let lib =
        |number: &str| format!("package {number}.util\n\nname := \"{number}\"\n\nf(_) := \"{number}\"\n");
    let found = denials(&[
        ("a.rego", &rules("one")),
        ("b.rego", &rules("two")),
        ("one.rego", &lib("one")),
        ("two.rego", &lib("two")),
    ]);
    let each = |number: &str| ["function", "rule"].map(|how| format!("{number} by {how}"));
    let wanted = [
        each("one").to_vec(),
        vec!["one replaced".into()],
        each("two").to_vec(),
        vec!["two replaced".into()],
    ];
    assert_eq!(found, wanted.concat());
}

/// `lib.limit` is not the rule `lib.other.limit` of the package itself.
#[test]
fn a_rule_of_the_package_does_not_hide_an_import() {
    let found = denials(&[
        ("a.rego", "package vestry.declare\n\nimport data.lib\n\ndeny contains \"x\" if lib.limit == 1\n"),
        (
            "b.rego",
            "package vestry.declare\n\nlib.other.limit := 2\n\ndeny contains \"y\" if lib.other.limit == 2\n",
        ),
        ("lib.rego", "package lib\n\nlimit := 1\n"),
    ]);
    assert_eq!(found, ["x", "y"]);
}

/// A local variable of that name is no import.
#[test]
fn a_variable_with_an_imports_name_stays_a_variable() {
    let found = denials(&[
        (
            "rules.rego",
            "package vestry.declare\n\nimport data.lib\n\nname_of(lib) := lib.name\n\n\
             deny contains concat(\" \", [lib.name, name_of({\"name\": \"local\"})])\n",
        ),
        ("a.rego", "package lib\n\nname := own\n"),
        ("b.rego", "package lib\n\nown := \"lib\"\n"),
    ]);
    assert_eq!(found, ["lib local"]);
}
