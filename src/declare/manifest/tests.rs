use std::path::Path;

use super::*;
use crate::declare::reference::{Declaration, Store};

const PATH: &str = "/var/task/vestry.toml";

fn parsed(text: &str, format: Format, profile: Option<&str>) -> Result<Manifest, Vec<Problem>> {
    read(text.as_bytes(), Path::new(PATH), format, profile)
}

fn toml(text: &str) -> Manifest {
    in_profile(text, None)
}

fn in_profile(text: &str, profile: Option<&str>) -> Manifest {
    parsed(text, Format::Toml, profile).unwrap_or_else(|problems| panic!("{text}: {}", told(&problems)))
}

fn told(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("{problem}\n")).collect()
}

fn wrong(text: &str) -> String {
    told(&parsed(text, Format::Toml, None).expect_err(text))
}

/// `NAME=reference`, with what stands beside it.
fn shown_of(declaration: &Declaration) -> String {
    let source = &declaration.reference.source;
    let mut line = format!("{}={}", declaration.name.as_deref().unwrap_or("-"), declaration.reference);
    match &declaration.form {
        Form::Variable => {}
        Form::File { mode } => line.push_str(&format!(" file {mode:o}")),
        Form::Part(name) => line.push_str(&format!(" part {name}")),
    }
    line.extend(source.region.iter().map(|region| format!(" in {region}")));
    line.extend(source.role.iter().map(|role| {
        format!(
            " as {}{}",
            role.arn,
            role.external_id.as_ref().map_or(String::new(), |id| format!(" ({id})"))
        )
    }));
    line
}

fn all(manifest: &Manifest) -> Vec<String> {
    manifest.declarations.iter().map(shown_of).collect()
}

const EVERYTHING: &str = r#"
parameters = ["/prod/db/password", "FLAG=/prod/flag", "/prod/flags/*"]
secrets = ["prod/stripe", "KEY=prod/stripe#key"]

[variables]
DB_PASSWORD = "ssm:/prod/db/password?optional"
STRIPE = { store = "secretsmanager", name = "prod/stripe", key = "k", stage = "AWSPREVIOUS", optional = true }
PINNED = { ref = "ssm:/prod/pinned", version = 3, default = "x&y%", decode = "base64" }
LIVE = { ref = "ssm:/prod/live", label = "live", region = "us-east-1" }
OTHER = { ref = "ssm:/x", role_arn = "arn:aws:iam::123456789012:role/a/b", external_id = "e-1" }
CERT = { ref = "ssm:/prod/cert", as = "file", mode = "0400" }
DATABASE_URL = "postgres://${user}:${DB_PASSWORD | urlencode}@h/app"
CONFIG = { value = "u=${user}", as = "file" }

[references]
user = "ssm:/prod/db/user"

[[lists]]
entries = ["ssm:/prod/lists/one", "NAMED=secretsmanager:prod/two"]
prefix = "L_"
case = "lower"
region = "eu-central-1"

[[trees]]
path = "ssm:/prod/app/*"
prefix = "APP_"
strip = "feature_"
rename = { "old/key" = "NEW" }
"#;

#[test]
fn every_form_is_understood() {
    let manifest = toml(EVERYTHING);
    assert_eq!(
        all(&manifest),
        [
            "PASSWORD=ssm:/prod/db/password",
            "FLAG=ssm:/prod/flag",
            "-=ssm:/prod/flags/*",
            "STRIPE=secretsmanager:prod/stripe",
            "KEY=secretsmanager:prod/stripe#key",
            "L_one=ssm:/prod/lists/one in eu-central-1",
            "NAMED=secretsmanager:prod/two in eu-central-1",
            "-=ssm:/prod/app/*",
            "-=ssm:/prod/db/user part user",
            "DB_PASSWORD=ssm:/prod/db/password?optional",
            "STRIPE=secretsmanager:prod/stripe#k?stage=AWSPREVIOUS&optional",
            "PINNED=ssm:/prod/pinned:3?default=…&decode=base64",
            "LIVE=ssm:/prod/live:live in us-east-1",
            "OTHER=ssm:/x as arn:aws:iam::123456789012:role/a/b (e-1)",
            "CERT=ssm:/prod/cert file 400",
        ]
    );
    let pinned = &manifest.declarations[11];
    assert_eq!(pinned.reference.default.as_ref().unwrap().expose(), b"x&y%");
    assert_eq!(pinned.origin.to_string(), format!("{PATH}:8"));
    let tree = &manifest.declarations[7].naming;
    assert_eq!((tree.derive("feature_beta"), tree.renamed("old/key")), ("APP_BETA".into(), Some("NEW")));
    let composed: Vec<_> = manifest.composed.iter().map(|c| (c.name.as_str(), c.optional, &c.form)).collect();
    assert_eq!(
        composed,
        [("CONFIG", false, &Form::File { mode: 0o600 }), ("DATABASE_URL", true, &Form::Variable)]
    );
    assert_eq!(manifest.composed[1].parts().collect::<Vec<_>>(), ["user", "DB_PASSWORD"]);
}

#[test]
fn a_mode_is_octal_in_every_format() {
    let modes =
        |manifest: &Manifest| manifest.declarations.iter().map(|d| d.form.clone()).collect::<Vec<_>>();
    let file = |mode| Form::File { mode };
    let toml = toml(
        "[variables]\nA = { ref = \"ssm:/a\", as = \"file\", mode = 0o400 }\nB = { ref = \"ssm:/b\", as = \"file\", mode = \"600\" }",
    );
    assert_eq!(modes(&toml), [file(0o400), file(0o600)]);
    let text =
        b"variables: {A: {ref: ssm:/a, as: file, mode: 0400}, B: {ref: ssm:/b, as: file, mode: 0o600}}";
    let yaml = read(text, Path::new("vestry.yaml"), Format::Yaml, None).unwrap();
    assert_eq!(modes(&yaml), [file(0o400), file(0o600)]);
    let text = br#"{"variables": {"A": {"ref": "ssm:/a", "as": "file", "mode": 256}}}"#;
    let json = read(text, Path::new("vestry.json"), Format::Json, None).unwrap();
    assert_eq!(modes(&json), [file(0o400)]);
}

#[test]
fn profiles_of_which_none_is_chosen_are_told_where_nothing_else_is_declared() {
    let text = "[profile.prod.variables]\nA = \"ssm:/a\"\n[profile.dev]\n";
    let warned = |text: &str, profile| {
        read(text.as_bytes(), Path::new(PATH), Format::Toml, profile).unwrap().warnings.concat()
    };
    assert!(
        warned(text, None).contains("outside of its profiles (prod, dev), and VESTRY_PROFILE chooses none")
    );
    assert_eq!(warned(text, Some("dev")), "");
    assert_eq!(warned(&format!("parameters = [\"/b\"]\n{text}"), None), "");
    assert_eq!(warned("", None), "");
}

#[test]
fn a_path_may_end_in_a_slash() {
    let manifest = toml("[[trees]]\npath = \"ssm:/a/b/\"\n[[trees]]\nstore = \"ssm\"\npath = \"/c/\"");
    assert_eq!(all(&manifest), ["-=ssm:/a/b/*", "-=ssm:/c/*"]);
}

#[test]
fn the_names_of_a_list_are_given_once() {
    let manifest = toml("[[lists]]\nentries = [\"ssm:/a\", \"ssm:/t/*\"]\nrename = { a = \"B\", x = \"Y\" }");
    assert_eq!(all(&manifest), ["B=ssm:/a", "-=ssm:/t/*"]);
    // What is renamed already is not looked for in what the store answers.
    assert!(manifest.declarations[0].naming.rename.is_empty());
    assert_eq!(manifest.declarations[1].naming.rename.len(), 1);
}

#[test]
fn the_three_formats_say_the_same() {
    let json = r#"{
        "$schema": "https://example.org/manifest.json",
        "parameters": ["/a/b"],
        "variables": {
            "A": "ssm:/a", "\u0042": {"ref": "ssm:/b", "version": 3, "optional": true},
            "U": "x${p | trim}"
        },
        "references": {"p": "secretsmanager:p\u0023k"},
        "trees": [{"path": "ssm:/t/*", "rename": {"x": "X"}}],
        "profile": {"dev": {"variables": {"A": "ssm:/dev"}}}
    }"#;
    let yaml = r#"
# comment
$schema: https://example.org/manifest.json
parameters:
  - /a/b
variables:
  A: ssm:/a
  B: {ref: "ssm:/b", version: 3, optional: true}
  U: x${p | trim}
references:
  p: "secretsmanager:p#k"
trees:
  - path: ssm:/t/*
    rename: {x: X}
profile:
  dev:
    variables:
      A: ssm:/dev
"#;
    let toml = r#"
"$schema" = "https://example.org/manifest.json"
parameters = ["/a/b"]
trees = [{ path = "ssm:/t/*", rename = { x = "X" } }]
[variables]
A = "ssm:/a"
B = { ref = "ssm:/b", version = 3, optional = true }
U = "x${p | trim}"
[references]
p = "secretsmanager:p#k"
[profile.dev.variables]
A = "ssm:/dev"
"#;
    for (text, format) in [(toml, Format::Toml), (json, Format::Json), (yaml, Format::Yaml)] {
        let of =
            |profile| parsed(text, format, profile).unwrap_or_else(|p| panic!("{format:?}: {}", told(&p)));
        let manifest = of(None);
        let expected =
            ["B=ssm:/a/b", "-=ssm:/t/*", "-=secretsmanager:p#k part p", "A=ssm:/a", "B=ssm:/b:3?optional"];
        assert_eq!(all(&manifest), expected, "{format:?}");
        assert_eq!(manifest.composed.len(), 1);
        assert_eq!(manifest.profiles, ["dev"]);
        assert!(all(&of(Some("dev"))).contains(&"A=ssm:/dev".to_string()));
    }
}

#[test]
fn an_empty_manifest_declares_nothing() {
    for (text, format) in
        [("", Format::Toml), ("# nothing\n", Format::Toml), ("{}", Format::Json), ("", Format::Yaml)]
    {
        let manifest = parsed(text, format, None).unwrap_or_else(|p| panic!("{format:?}: {}", told(&p)));
        assert!(manifest.declarations.is_empty() && manifest.composed.is_empty());
    }
    assert!(toml("\u{feff}[variables]\nA = \"ssm:/a\"").declarations.len() == 1);
}

/// What is wrong stands at its line and column, whatever the format.
#[test]
fn a_misspelt_key_is_told_with_its_place_and_the_nearest() {
    for (text, format, place) in [
        ("[variables]\nA = { stroe = \"ssm\", name = \"/a\" }", Format::Toml, "2:7"),
        ("{\n \"variables\":\n  {\"A\": {\"stroe\": \"ssm\", \"name\": \"/a\"}}}", Format::Json, "3:11"),
        ("variables:\n  A:\n    stroe: ssm\n    name: /a\n", Format::Yaml, "3:5"),
    ] {
        let problems = told(&parsed(text, format, None).unwrap_err());
        let key = problems.lines().find(|line| line.contains("unknown key variables.A.stroe"));
        let key = key.unwrap_or_else(|| panic!("{format:?}: {problems}"));
        assert!(key.starts_with(&format!("{PATH}:{place}: ")), "{format:?}: {key}");
        assert!(key.ends_with("did you mean store?"), "{key}");
    }
}

#[test]
fn what_a_malformed_entry_is_composed_into_is_not_told_of_as_well() {
    for text in [
        "[variables]\nA = \"${B}\"\n[references]\nB = \"smm:/x\"",
        "[variables]\nA = \"${B}\"\n[references]\nB = \"ssm:/x/*\"",
        "[variables]\nA = \"${B}\"\nB = \"smm:/x\"",
        "[references]\nB = \"smm:/x\"\n[profile.dev.variables]\nA = \"${B}\"",
    ] {
        let problems = told(&parsed(text, Format::Toml, None).unwrap_err());
        assert_eq!(problems.lines().count(), 1, "{text}: {problems}");
    }
}

#[test]
fn every_error_says_where_why_and_what_to_do() {
    for (text, said) in [
        ("variable = {}", "1:1: unknown key variable; did you mean variables?"),
        ("zzz = 1", "unknown key zzz; the keys are parameters, secrets, variables, references, lists, trees"),
        ("variables = 3", "1:13: variables is a number; it has to be a table"),
        ("parameters = \"/a\"", "parameters is text; it has to be a list of texts"),
        ("parameters = [3]", "1:15: an entry of parameters is a number; it has to be text"),
        ("parameters = [\"ssm:/a\"]", "ssm:/a: an entry of a list has no scheme; drop the ssm:"),
        ("secrets = [\"a b\"]", "1:12: a secret's name cannot have a space"),
        ("[variables]\nA = 3", "2:5: variables.A is a number; it has to be text or a table"),
        ("[variables]\nA = \"plain\"", "2:5: variables.A is neither a reference nor composed"),
        ("[variables]\nA = \"$${x}\"", "a plain value belongs in the function's own environment variables"),
        ("[variables]\nA = \"smm:/a\"", "variables.A: it is nearly a reference"),
        ("[variables]\nA = \"ssm:/a b\"", "2:5: ssm:…: a parameter's name cannot have a space"),
        ("[variables]\nA-B = \"ssm:/a\"", "variables.A-B is no name that a variable can have"),
        ("[variables]\nVESTRY_FILE = \"ssm:/a\"", "is a name of Vestry's own settings"),
        ("[variables]\nA = \"ssm:/a\"\nA = \"ssm:/b\"", "3:1: this is no TOML: duplicate key"),
        ("[variables]\nA = {}", "variables.A names no reference; write store and name, or ref = \"ssm:…\""),
        ("[variables]\nA = { ref = \"ssm:/a\", name = \"/b\" }", "names its reference twice"),
        ("[variables]\nA = { name = \"/b\" }", "names no store; write store = \"ssm\""),
        ("[variables]\nA = { name = \"ssm:/b\" }", "write ref instead of name"),
        ("[variables]\nA = { store = \"ssm\", name = \"ssm:/b\" }", "drop the ssm:"),
        (
            "[variables]\nA = { store = \"smm\", name = \"/b\" }",
            "A.store is not one of ssm, secretsmanager; did you mean ssm?",
        ),
        ("[variables]\nA = { store = \"ssm\", name = \"/b#k\" }", "has a # in it; write the key as key"),
        ("[variables]\nA = { store = \"ssm\", name = \"/b?optional\" }", "write the options as fields"),
        ("[variables]\nA = { store = \"ssm\" }", "names no reference"),
        ("[variables]\nA = { ref = \"ssm:/b#k\", key = \"l\" }", "variables.A: it names a key twice"),
        ("[variables]\nA = { ref = \"ssm:/b:3\", version = 4 }", "it names a version twice"),
        ("[variables]\nA = { ref = \"ssm:/b\", stage = \"x\" }", "parameters have no stages"),
        ("[variables]\nA = { ref = \"ssm:/b\", label = \"3\" }", "no label but a version"),
        ("[variables]\nA = { ref = \"secretsmanager:b\", label = \"x\" }", "secrets have no labels"),
        (
            "[variables]\nA = { ref = \"ssm:/b\", optional = \"yes\" }",
            "optional is text; it has to be true or false",
        ),
        ("[variables]\nA = { ref = \"ssm:/b\", decode = \"hex\" }", "decode is not one of base64"),
        (
            "[variables]\nA = { ref = \"ssm:/b\", region = \"x.y\" }",
            "region is no region; it looks like eu-west-1",
        ),
        (
            "[variables]\nA = { ref = \"ssm:/b\", region = \"eu-wst\" }",
            "variables.A.region is no region; it looks like eu-west-1",
        ),
        (
            "[variables]\nA = { ref = \"ssm:arn:aws:ssm:eu-west-1:123456789012:parameter/a\", region = \"us-east-1\" }",
            "the ARN is of eu-west-1, not of us-east-1",
        ),
        (
            "[variables]\nA = { ref = \"ssm:/b\", role_arn = \"role\" }",
            "role_arn is no ARN of a role; it looks like",
        ),
        ("[variables]\nA = { ref = \"ssm:/b\", external_id = \"x1\" }", "has no role_arn beside it"),
        (
            "[variables]\nA = { ref = \"ssm:/b\", role_arn = \"arn:aws:iam::123456789012:role/r\", external_id = \"ä!\" }",
            "external_id is no external id",
        ),
        (
            "[variables]\nA = { ref = \"ssm:/b\", as = \"fil\" }",
            "as is neither file nor variable; did you mean file?",
        ),
        (
            "[variables]\nA = { ref = \"ssm:/b\", mode = \"0600\" }",
            "mode is for a file; write as = \"file\" beside it",
        ),
        (
            "[variables]\nA = { ref = \"ssm:/b\", as = \"file\", mode = \"0644\" }",
            "mode is neither 0600 nor 0400",
        ),
        ("[variables]\nA = { ref = \"ssm:/b\", as = \"file\", mode = 400 }", "mode is neither 0600 nor 0400"),
        ("[variables]\nA = { value = \"${b}\", key = \"x\" }", "unknown key variables.A.key"),
        ("[variables]\nA = { value = \"b\" }", "variables.A.value is neither a reference nor composed"),
        ("[variables]\nA = \"${b}\"", "2:1: A: ${b}: nothing in [references] or [variables] is called b"),
        ("[variables]\nA = \"${usr}\"\n[references]\nuser = \"ssm:/u\"", "did you mean user?"),
        (
            "[variables]\nA = \"${b | urlencod}\"",
            "${b | urlencod}: there is no such filter; did you mean urlencode?",
        ),
        ("[variables]\nA = \"${A}\"", "A: it is composed of itself: A -> A"),
        ("[variables]\nA = \"${B}\"\nB = \"${C}\"\nC = \"${A}\"", "A -> B -> C -> A"),
        ("[variables]\nA = \"${T}\"\nT = \"ssm:/t/*\"", "T becomes several variables"),
        (
            "[variables]\nA = \"${u}\"\nu = \"ssm:/1\"\n[references]\nu = \"ssm:/2\"",
            "is in [references] and in [variables]",
        ),
        ("[references]\nt = \"ssm:/t/*\"", "references.t is several values"),
        ("[references]\n\"a b\" = \"ssm:/t\"", "references.\"a b\" is no name"),
        (
            "[references]\na = \"x${b}\"",
            "no scheme claims it; a reference begins with ssm: or secretsmanager:",
        ),
        ("[references]\na = { ref = \"ssm:/a\", as = \"file\" }", "unknown key references.a.as"),
        ("[[trees]]\npath = \"ssm:/a\"\nrename = { x = \"A-B\" }", "trees.rename.x is no name"),
        ("[[trees]]\nref = \"ssm:/a#k\"", "it names one key"),
        ("[[trees]]\nref = \"ssm:flat\"", "it names no path of parameters"),
        ("[[trees]]\nprefix = \"A\"", "trees names no reference; write store and name"),
        ("[[trees]]\npath = \"/a\"", "names no store"),
        ("[[trees]]\npath = \"ssm:/prod/*/x\"", "2:8: ssm:…: "),
        ("[[trees]]\npath = \"ssm:/prod/*/x\"", "a tree ends in /*: ssm:/path/*"),
        ("[[trees]]\npath = \"smm:/prod/x\"", "did you mean ssm: instead of smm:?"),
        ("[variables]\nA = { name = \"smm:/b\" }", "did you mean ssm: instead of smm:?"),
        ("[[trees]]\npath = \"ssm:/a/*\"\ndefault = \"x\"", "unknown key trees.default"),
        (
            "[[trees]]\npath = \"ssm:/a/*\"\ncase = \"uper\"",
            "trees.case is not one of upper, lower, keep; did you mean upper?",
        ),
        ("[[trees]]\npath = \"ssm:/a/*\"\nprefix = \"1-\"", "trees.prefix begins no name"),
        ("[trees]\npath = \"ssm:/a/*\"", "trees is a table; it has to be a list of tables"),
        ("[[lists]]\nprefix = \"A\"", "lists has no entries"),
        ("[[lists]]\nentries = [\"/a\"]", "/a: no scheme claims it"),
        (
            "[[lists]]\nentries = [\"ssm:/a\"]\nrename = { b = \"B\" }",
            "renames something to B that no entry is called",
        ),
        (
            "[variables]\nA = { ref = \"ssm:/a\", default = 5 }",
            "A.default is a number; it has to be text; put it in quotes",
        ),
        (
            "[variables]\nA = \"ssm:/a/${stage}\"",
            "2:5: variables.A is a reference, and only values are composed",
        ),
        (
            "secrets = [\"ssm:/a\"]",
            "1:12: ssm:/a: an entry of a list has no scheme; move it to parameters, without the ssm:",
        ),
        ("[profile]\ndev = 3", "profile.dev is a number; it has to be a table"),
        ("[profile.dev.variabels]\nA = 1", "unknown key profile.dev.variabels; did you mean variables?"),
        ("[profile.dev.profile.x]\n", "unknown key profile.dev.profile"),
        ("[profile.dev.variables]\nA = \"${x}\"", "nothing in [references] or [variables] is called x"),
        ("a = ", "1:5: this is no TOML"),
    ] {
        let problems = wrong(text);
        assert!(problems.contains(said), "{text}\n{problems}");
        assert!(problems.lines().all(|line| line.starts_with(&format!("{PATH}:"))), "{problems}");
    }
}

#[test]
fn everything_that_is_wrong_is_told_at_once_and_no_value() {
    let text = "
[variables]
A = \"hunter2 is what it was\"
B = { ref = \"ssm:/b\", default = \"hunter2\", colour = \"hunter2\", as = \"hunter2 \" }
C = \"postgres://hunter2:${\"
D = \"${x | hunter2 }hunter2\"
E = \"ssm:/e f?default=hunter2\"
";
    let problems = wrong(text);
    let lines: Vec<&str> = problems.lines().map(|line| &line[PATH.len() + 1..][..1]).collect();
    assert_eq!(lines, ["3", "4", "4", "5", "6", "7"], "{problems}");
    assert!(!problems.contains("hunter2"), "{problems}");

    for (text, format) in [
        ("{\"variables\": {\"A\": hunter2}}", Format::Json),
        ("{\"variables\": {\"A\": \"hunter2", Format::Json),
        ("variables: {A: \"hunter2", Format::Yaml),
        ("variables: &a {A: hunter2}\nb: *a", Format::Yaml),
        ("variables: !Sub hunter2", Format::Yaml),
        ("hunter2", Format::Yaml),
        ("[variables]\nA = hunter2", Format::Toml),
        ("[variables]\nA = \"hunter2", Format::Toml),
    ] {
        let problems = told(&parsed(text, format, None).unwrap_err());
        assert!(!problems.contains("hunter2"), "{problems}");
    }
}

#[test]
fn a_key_stands_once_in_every_format() {
    for (text, format) in [
        ("{\"variables\": {\"A\": \"ssm:/a\",\n\"A\": \"ssm:/b\"}}", Format::Json),
        ("variables:\n  A: ssm:/a\n  A: ssm:/b\n", Format::Yaml),
    ] {
        let problems = told(&parsed(text, format, None).unwrap_err());
        assert!(problems.contains("variables.A is there twice; keep one of them"), "{problems}");
    }
}

#[test]
fn deep_and_large_documents_are_refused_quickly() {
    let deep = format!("{{\"variables\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(parsed(&deep, Format::Json, None).is_err());
    assert!(parsed(&deep, Format::Yaml, None).is_err());
    assert!(parsed(&format!("a = {}", "[".repeat(100_000)), Format::Toml, None).is_err());
    let many: String = (0..40_000).map(|n| format!("V{n}: ssm:/v/{n}\n")).collect();
    let text = format!("variables:\n{}", many.lines().map(|l| format!("  {l}\n")).collect::<String>());
    assert_eq!(parsed(&text, Format::Yaml, None).unwrap().declarations.len(), 40_000);
}

#[test]
fn a_profile_adds_and_replaces_by_name() {
    let text = r#"
parameters = ["/base/password", "/base/flags/*"]
[variables]
A = "ssm:/base/a"
URL = "x${host}"
COMPOSED = "base ${host}"
[references]
host = "ssm:/base/host"
[profile.prod]
parameters = ["/prod/flags/*"]
[profile.prod.variables]
A = { ref = "ssm:/prod/a", as = "file" }
B = "ssm:/prod/b"
PASSWORD = "ssm:/prod/password"
COMPOSED = "ssm:/prod/composed"
[profile.prod.references]
host = "ssm:/prod/host"
[profile.dev.variables]
A = "dev ${host}"
"#;
    assert_eq!(
        all(&toml(text)),
        ["PASSWORD=ssm:/base/password", "-=ssm:/base/flags/*", "-=ssm:/base/host part host", "A=ssm:/base/a"]
    );
    let prod = in_profile(text, Some("prod"));
    assert_eq!(
        all(&prod),
        [
            "-=ssm:/base/flags/*",
            "-=ssm:/prod/flags/*",
            "-=ssm:/prod/host part host",
            "A=ssm:/prod/a file 600",
            "B=ssm:/prod/b",
            "PASSWORD=ssm:/prod/password",
            "COMPOSED=ssm:/prod/composed",
        ]
    );
    assert_eq!(prod.composed.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["URL"]);
    let dev = in_profile(text, Some("dev"));
    assert!(dev.declarations.iter().all(|d| d.name.as_deref() != Some("A")));
    assert_eq!(dev.composed.len(), 3);

    let problems = told(&parsed(text, Format::Toml, Some("prdo")).unwrap_err());
    assert!(
        problems.contains(
            "VESTRY_PROFILE: the manifest has no such profile; did you mean prod? its profiles are"
        ) && problems.contains("prod, dev"),
        "{problems}"
    );
    let problems = told(&parsed("", Format::Toml, Some("x")).unwrap_err());
    assert!(problems.contains("it has none at all"), "{problems}");
}

#[test]
fn what_nothing_is_composed_of_is_not_fetched() {
    let text = "[references]\na = \"ssm:/a\"\nb = \"ssm:/b\"\n[profile.x.variables]\nB = \"${b}\"";
    let manifest = toml(text);
    assert!(manifest.declarations.is_empty());
    assert_eq!(manifest.warnings, [format!("{PATH}:2: nothing is composed of references.a")]);
    assert_eq!(all(&in_profile(text, Some("x"))), ["-=ssm:/b part b"]);
}

#[test]
fn composed_values_come_behind_what_they_are_made_of() {
    let manifest = toml(
        "[variables]\nA = \"${B}\"\nB = \"${C}\"\nC = \"${d}\"\nD = \"${e}\"\n[references]\nd = \"ssm:/d?optional\"\ne \
         = \"ssm:/e?optional&default=x\"",
    );
    let order: Vec<_> = manifest.composed.iter().map(|c| (c.name.as_str(), c.optional)).collect();
    assert_eq!(order, [("C", true), ("B", true), ("A", true), ("D", false)]);
}

#[test]
fn a_tree_may_be_a_path_or_a_secret() {
    for (written, reference) in [
        ("path = \"ssm:/a/*\"", "ssm:/a/*"),
        ("path = \"ssm:/a\"", "ssm:/a/*"),
        ("store = \"ssm\"\npath = \"/a\"", "ssm:/a/*"),
        ("store = \"ssm\"\nname = \"/a/*\"", "ssm:/a/*"),
        ("ref = \"secretsmanager:s\"", "secretsmanager:s#*"),
        (
            "store = \"secretsmanager\"\nname = \"s\"\nstage = \"AWSPREVIOUS\"",
            "secretsmanager:s#*?stage=AWSPREVIOUS",
        ),
        ("ref = \"ssm:/json#*\"", "ssm:/json#*"),
    ] {
        let manifest = toml(&format!("[[trees]]\n{written}"));
        assert_eq!(all(&manifest), [format!("-={reference}")], "{written}");
    }
    assert_eq!(toml("[[trees]]\nref = \"ssm:/a/*\"").declarations[0].reference.source.store, Store::Ssm);
}

/// Whatever a half-written or damaged file holds, there is an answer, and no value in it.
#[test]
fn any_text_is_understood_or_refused() {
    let toml = EVERYTHING.replace("postgres", "hunter2").replace("x&y%", "hunter2");
    let json = r#"{"variables": {"A": {"ref": "ssm:/a", "default": "hunter2"}, "U": "hunter2${A | trim}"}, "trees": []}"#;
    let yaml = "variables:\n  A: {ref: ssm:/a, default: hunter2}\n  U: hunter2${A | trim}\ntrees:\n  - path: ssm:/t/*\n";
    for (text, format) in [(toml.as_str(), Format::Toml), (json, Format::Json), (yaml, Format::Yaml)] {
        let signs = b"\"'{}[]$:=#\n\t\0*&!\xff";
        for at in 0..text.len() {
            let cut = text.as_bytes()[..at].to_vec();
            let mut damaged = text.as_bytes().to_vec();
            damaged[at] = signs[at % signs.len()];
            for bytes in [cut, damaged] {
                let Err(problems) = read(&bytes, Path::new(PATH), format, None) else { continue };
                assert!(!problems.is_empty());
                // Where the damage made a key of it, it is told as one.
                let said: Vec<_> =
                    problems.iter().filter(|p| !p.why.contains("unknown key")).cloned().collect();
                let said = told(&said);
                assert!(!said.contains("hunter2"), "{}\n{said}", String::from_utf8_lossy(&bytes));
            }
        }
    }
}

#[test]
fn a_text_that_is_no_reference_is_not_quoted() {
    for text in [
        "[[lists]]\nentries = [\"X=postgres://u:hunter2@h/x\"]",
        "[variables]\nA = { ref = \"hunter2\" }",
        "secrets = [\"X=postgres://u:hunter2@h/x\"]",
    ] {
        let problems = parsed(text, Format::Toml, None).expect_err(text);
        assert!(!format!("{problems:?}").contains("hunter2"), "{problems:?}");
    }
}

#[test]
fn the_names_of_our_settings_are_refused_in_any_case() {
    assert!(parsed("[variables]\nvestry_policy = \"ssm:/a\"", Format::Toml, None).is_err());
}

#[test]
fn what_is_composed_is_bounded_in_number_and_in_a_row() {
    let head = "[references]\nr = \"ssm:/r\"\n[variables]\n";
    let many: String = (0..2_001).map(|n| format!("V{n} = \"${{r}}\"\n")).collect();
    assert!(wrong(&format!("{head}{many}")).contains("more than 2000 values are composed"));
    let chain: String = (0..100).map(|n| format!("V{n:03} = \"${{V{:03}}}\"\n", n + 1)).collect();
    let refused = wrong(&format!("{head}{chain}V100 = \"${{r}}\"\n"));
    assert!(refused.contains("more than 64 composed values in a row"), "{refused}");
}
