//! What is undefined means the same as with OPA, wherever the engine, left alone, makes something else of it.
//!
//! What is expected was asked of OPA 1.22.

use crate::support::{Dir, decide};

/// `json.unmarshal`, so that no type is known beforehand.
const DATA: &str = "package vestry.declare\n\n\
    list := json.unmarshal(`[{\"name\": \"a\", \"role\": \"r\"}, {\"name\": \"b\"}]`)\n\n\
    five(x) := x if x == 5\n\n\
    sometimes := json.unmarshal(\"3\") if input.stage == \"never\"\n\n\
    parts[input.stage].b := 1 if input.stage == \"never\"\n\n\
    keys[lower(\"A\")] contains x if { some x in [1]; x > 1 }\n\n\
    compared(x) := \"equal\" if {\n\tevery y in [1, 2] { y = x }\n} else := \"other\"\n\n\
    deny contains \"last\"\n\n";

/// What is denied besides `last`, which shows that there was an answer.
fn denied(rules: &str) -> Vec<String> {
    let text = format!("{DATA}{rules}\n");
    let refusal = decide(Some(&Dir::new(&[("rules.rego", &text)])), None).unwrap_err();
    let mut found: Vec<String> = refusal.problems().iter().map(|problem| problem.why.clone()).collect();
    let last = found.iter().position(|why| why == "last");
    found.remove(last.unwrap_or_else(|| panic!("{rules}: {found:?}")));
    found
}

#[track_caller]
fn hold(cases: &[(&str, &[&str])]) {
    for (rules, wanted) in cases {
        assert_eq!(denied(rules), *wanted, "{rules}");
    }
}

/// The engine would forget what it found before.
#[test]
fn an_undefined_element_takes_no_other_with_it() {
    hold(&[
        ("deny contains x.role if some x in list", &["r"]),
        ("deny contains list[_].role", &["r"]),
        ("deny contains (list[i].role)", &["r"]),
        ("deny contains concat(\"\", [list[_].role, \"!\"]) if true", &["r!"]),
        ("deny contains {\"msg\": x.name, \"role\": x.role} if { some x in list }", &["a"]),
        (
            "deny contains {\n\t\"msg\": x.name, # not \"b\" }\n\t\"role\": x.role,\n} if {\n\tsome x in list\n}",
            &["a"],
        ),
        ("roles[x.name] := x.role if some x in list\n\ndeny contains name if roles[name]", &["a"]),
        ("roles[x.role].name := x.name if some x in list\n\ndeny contains roles.r.name", &["a"]),
        ("role := x.role if some x in list\n\ndeny contains role", &["r"]),
        ("role(xs) := x.role if some x in xs\n\ndeny contains role(list)", &["r"]),
        ("role := 1 if false else := x.role if some x in list\n\ndeny contains role", &["r"]),
        (
            "role(x) := x.role if { x.name } else := \"else\"\n\ndeny contains role(x) if some x in list",
            &["else", "r"],
        ),
        (
            "default of(_) := \"no\"\n\nof(x) := x.role if true else := x.name if true\n\n\
            deny contains of(x) if some x in list",
            &["b", "r"],
        ),
        ("fives contains five(x) if some x in [5, 6]\n\ndeny contains \"5\" if fives == {5}", &["5"]),
        ("none contains x.nothing if some x in list\n\ndeny contains none[_]", &[]),
    ]);
}

/// OPA evaluates the arguments of what is negated before it negates.
#[test]
fn what_is_negated_needs_its_arguments() {
    hold(&[
        ("deny contains x.name if { some x in list; not startswith(x.role, \"s\") }", &["a"]),
        ("deny contains \"call\" if not startswith(list[1].role, \"s\")", &[]),
        ("deny contains \"function\" if not five(five(6))", &[]),
        ("deny contains \"sum\" if not sometimes + 1 == 4", &[]),
        ("deny contains \"list\" if not [sometimes] == [3]", &[]),
        ("deny contains \"key\" if not list[sometimes]", &[]),
        ("deny contains \"with\" if not startswith(input.delivery, \"s\") with input as {}", &[]),
        (
            "deny contains \"in a list\" if count([1 | not startswith(list[1].role, \"s\")]) == 0",
            &["in a list"],
        ),
        (
            "ok := true if not endswith(list[1].role, `\"}`) else := false\n\ndeny contains \"else\" if not ok",
            &["else"],
        ),
        ("deny contains \"rule\" if not sometimes", &["rule"]),
        ("deny contains \"equation\" if not sometimes == 3", &["equation"]),
        ("deny contains \"there\" if not startswith(list[0].role, \"s\")", &["there"]),
    ]);
}

#[test]
fn what_with_puts_in_has_to_be_there() {
    hold(&[
        ("deny contains \"document\" if true with input.stage as sometimes", &[]),
        ("deny contains \"part\" if true with input as {\"stage\": sometimes}", &[]),
        ("deny contains \"there\" if input.stage == 1 with input.stage as list[0].name", &[]),
        ("deny contains \"there\" if input.stage == \"r\" with input.stage as list[0].role", &["there"]),
    ]);
}

#[test]
fn membership_in_nothing_is_undefined() {
    hold(&[
        ("found := 1 in sometimes\n\ndeny contains \"false\" if found == false", &[]),
        ("deny contains \"false\" if (1 in list[1].role) == false", &[]),
        ("found := 1 in [2]\n\ndeny contains \"false\" if found == false", &["false"]),
        ("deny contains \"no such key\" if \"a\", sometimes in {}", &[]),
        ("deny contains \"no such key\" if \"a\", list[1].role in {\"b\": 1}", &[]),
        ("deny contains \"not\" if not \"a\", sometimes in {}", &[]),
        ("deny contains \"key\" if \"a\", list[0].role in {\"a\": \"r\"}", &["key"]),
    ]);
}

/// The engine would take `x = 5` for what gives `x` a value.
#[test]
fn a_variable_of_every_has_its_value_in_equations() {
    hold(&[
        ("deny contains \"all\" if every x in [1, 2] { x = 1 }", &[]),
        ("deny contains \"none\" if every x in [1, 2] { not x = 1 }", &[]),
        ("deny contains \"none\" if every x in [1, 2] { not 3 = x }", &["none"]),
        ("deny contains \"keys\" if every k, v in [0, 1] { [k, 1] = [v, 1] }", &["keys"]),
        ("deny contains \"keys\" if every k, v in [0, 2] { [k, 1] = [v, 1] }", &[]),
        ("deny contains \"result\" if every x in [[\"a\"], [\"b\"]] { split(\"a\", \",\", x) }", &[]),
        ("deny contains \"walked\" if every x in [1, 9] { walk([1], [_, x]) }", &[]),
        ("deny contains \"counted\" if every x in [1, 9] { count([1 | x = 1]) == 1 }", &[]),
        ("deny contains \"nested\" if every x in [1, 2] { every y in [1] { y = x } }", &[]),
        ("deny contains compared(1)", &["other"]),
    ]);
}

/// The engine would make the key, with nothing behind it.
#[test]
fn a_key_of_which_nothing_holds_is_not_there() {
    hold(&[
        ("deny contains \"key\" if not keys.a", &["key"]),
        ("deny contains \"part\" if not parts.declare", &["part"]),
        ("shown[input.stage] contains 1 if false\n\ndeny contains \"set\" if not shown.declare", &["set"]),
        ("shown[input.stage] contains \"x\"\n\ndeny contains shown.declare[_]", &["x"]),
    ]);
}

/// The engine would take one with more fields, too.
#[test]
fn a_pattern_of_an_object_has_all_of_its_fields() {
    hold(&[
        ("deny contains x if {\"name\": x} = list[_]", &["b"]),
        ("deny contains x if {\"name\": x} := list[_]", &["b"]),
        ("deny contains x if list[_] = {\"name\": x, \"role\": _}", &["a"]),
        ("deny contains x if { some y in list; k := \"name\"; {k: x} = y }", &["b"]),
        ("deny contains \"every\" if every y in list { {\"name\": z} = y; z != 1 }", &[]),
        ("deny contains \"no object\" if {\"name\": _} = list", &[]),
        ("same(x, y) := {\"x\": x} if {\"y\": z} := {\"y\": y}\n\ndeny contains same(\"a\", 1).x", &["a"]),
    ]);
}

/// The engine would go through the set, and where it does not have the variable's value, negate nothing.
#[test]
fn what_every_or_walk_binds_may_be_looked_up_and_negated() {
    const BAD: &str = "bad contains 1\n\nby_name := {\"a\": {\"old\": true}, \"b\": {}}\n\n";
    let cases: [(&str, &[&str]); 12] = [
        ("deny contains \"fine\" if every x in [4, 5] { not bad[x] }", &["fine"]),
        ("deny contains \"bad\" if every x in [1, 5] { not bad[x] }", &[]),
        ("deny contains \"keys\" if every i, x in [4, 5] { not bad[i]; x > 0 }", &[]),
        ("deny contains \"keys\" if every i, x in [4] { not bad[i]; x > 0 }", &["keys"]),
        ("deny contains \"path\" if every x in [\"b\", \"c\"] { not by_name[x].old }", &["path"]),
        ("deny contains \"path\" if every x in [\"a\", \"c\"] { not by_name[x].old }", &[]),
        ("deny contains \"equal\" if every x in [\"c\"] { not by_name[x] == {} }", &["equal"]),
        ("deny contains \"list\" if every x in [4] { count([1 | not bad[x]]) == 1 }", &["list"]),
        ("deny contains \"nested\" if every x in [4] { every y in [x] { not bad[y] } }", &["nested"]),
        ("deny contains \"with\" if every x in [1] { not bad[x] with bad as {2} }", &["with"]),
        ("deny contains \"print\" if every x in [4] { print(list[x]); x == 4 }", &["print"]),
        ("deny contains sprintf(\"%v\", [x]) if { walk([1, 2], [[_], x]); not bad[x] }", &["2"]),
    ];
    for (rules, wanted) in cases {
        hold(&[(&format!("{BAD}{rules}"), wanted)]);
    }
}
