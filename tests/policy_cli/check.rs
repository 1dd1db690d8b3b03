use super::support::{Dir, policy};

const RULE: &str = "package vestry.declare\n\ndeny contains \"x\" if input.function.name == \"bad\"\n";

/// What is wrong with one file beside a sound rule, as told.
#[track_caller]
fn faults(file: &str, text: &str) -> String {
    let dir = Dir::new(&[("p/a.rego", RULE), (&format!("p/{file}"), text)]);
    let run = policy(&dir, &["check", "p"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""), "{run:?}");
    run.stderr
}

#[test]
fn whatever_is_not_rego_is_told_with_its_place_and_its_line() {
    for (file, text, said) in [
        ("data.json", "{\n  \"a\": 1,\n  \"b\": \n}\n", "p/data.json:4:1: vestry_data_error: is no JSON: "),
        ("data.json", "{\n  \"a\": 1,\n  \"b\": \n}\n", "\n  4 | }\n    | ^\n"),
        ("data.json", "[1]\n", "p/data.json:1:1: vestry_data_error: is no object"),
        ("data.json", "", "p/data.json:1: vestry_data_error: is no JSON: EOF"),
        ("data.yaml", "", "p/data.yaml:1:1: vestry_data_error: is empty"),
        ("data.yaml", "a:\n\tb: 1\n", "p/data.yaml:2:1: vestry_data_error: is no YAML: found character"),
        ("data.yaml", "a: 1\nb: *y\n", "p/data.yaml:2:4: vestry_data_error: is no YAML: unknown anchor"),
        ("lib/data.yaml", "- 1\n", "p/lib/data.yaml:1:1: vestry_data_error: is no object"),
        (
            "settings.toml",
            "\nmode = \"reprot\"\n",
            "p/settings.toml:2:8: vestry_data_error: mode is \"reprot\"",
        ),
        ("settings.toml", "\nmode = \"reprot\"\n", "\n  2 | mode = \"reprot\"\n"),
        (".manifest", "{\"revision\": 7}", "p/.manifest:1:14: vestry_load_error: invalid type"),
        (".manifest", "{\"roots\": [\"a\", \"a/b\"]}", "p/.manifest: vestry_load_error: its roots \"a\" and"),
        (
            ".manifest",
            "{\"roots\": [\"a\"]}",
            "p/a.rego:1:1: vestry_data_error: the roots of p do not permit",
        ),
        (
            "mask.rego",
            "package system.log\n\nmask contains \"/inptu/x\"\n",
            "p/mask.rego:3:1: vestry_entry_error",
        ),
        ("mask.rego", "package system.log\n\nmask := \"/input/x\"\n", "neither a set nor an array"),
        ("mask.rego", "package system.log\n\nmasks contains \"/input/x\"\n", "did you mean `mask`"),
        ("mask.rego", "package system.logs\n\nmask contains \"/input/x\"\n", "`package system.log`"),
        (
            "mask.rego",
            "package system.log\n\nmask contains {\"op\": \"remov\", \"path\": \"/input/x\"} if input.result\n",
            "neither remove nor upsert",
        ),
        (
            "e.rego",
            "package vestry.declare.e\n\ndeny contains {\"msg\": \"m\", \"enforcement\": \"advisry\"} if input.function.name\n",
            "p/e.rego:3:43: vestry_entry_error: the rule `deny` says enforcement \"advisry\"",
        ),
        (
            "e.rego",
            "package vestry.declare.e\n\ndeny contains f if {\n\tf := {\"msg\": \"m\", \"enforcement\": \"advisry\"}\n}\n",
            "\n    = did you mean advisory?\n",
        ),
        (
            "e.rego",
            "package vestry.declare.e\n\ndeny contains object.union(x, {\"enforcement\": false}) if x := {\"msg\": \"m\"}\n",
            "\n    = it is advisory or mandatory\n",
        ),
        (
            "lib.rego",
            "package lib\n\nfinding(m) := {\"msg\": m, \"enforcement\": \"Mandatory\"}\n",
            "the function `finding` says enforcement \"Mandatory\"",
        ),
    ] {
        let told = faults(file, text);
        assert!(told.contains(said), "{file} {text:?}: {told}");
    }
}

#[test]
fn an_enforcement_that_is_none_of_a_finding_is_let_through() {
    let text = "package vestry.declare.e\n\nbuckets := {\"a\": {\"enforcement\": \"strict\"}}\n\n\
                deny contains {\"msg\": name, \"enforcement\": \"advisory\"} if {\n\tsome name, b in buckets\n\t\
                b.enforcement == \"strict\"\n}\n\nwarn contains {\"msg\": \"m\", \"enforcement\": level} if {\n\t\
                some level in {\"advisory\"}\n\tinput.function.name\n}\n";
    let dir = Dir::new(&[("p/a.rego", RULE), ("p/e.rego", text)]);
    let run = policy(&dir, &["check", "p"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
}

#[test]
fn sound_masks_are_let_through() {
    let masks = "package system.log\n\nmask contains \"/input/references/0/name\"\n\n\
                 mask contains {\"op\": \"upsert\", \"path\": path, \"value\": \"x\"} if {\n\tsome i, _ in \
                 input.input.references\n\tpath := sprintf(\"/input/references/%d/arn\", [i])\n}\n";
    let dir = Dir::new(&[("p/a.rego", RULE), ("p/mask.rego", masks)]);
    let run = policy(&dir, &["check", "p"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
}

#[test]
fn everything_is_told_at_once() {
    let dir = Dir::new(&[
        ("p/a.rego", RULE),
        ("p/b.rego", "packag x\n"),
        ("p/data.json", "{"),
        ("p/settings.toml", "mode = 1\n"),
        ("p/.manifest", "{"),
        ("p/lib/data.yaml", "a: [\n"),
    ]);
    std::fs::write(dir.path().join("p/c.rego"), b"package c\n# \xff\n").unwrap();
    std::os::unix::fs::symlink("/etc/passwd", dir.path().join("p/d.rego")).unwrap();
    let told = policy(&dir, &["check", "p"]).stderr;
    for said in [
        "p/b.rego:1:1: rego_parse_error",
        "p/data.json:1:",
        "p/settings.toml:1:1: ",
        "p/.manifest:1:",
        "p/lib/data.yaml:",
        "p/c.rego:2:3: vestry_load_error: is not UTF-8",
        "p/d.rego: vestry_load_error: is a link",
    ] {
        assert!(told.contains(said), "{said}: {told}");
    }
    assert!(told.starts_with("7 errors occurred:"), "{told}");
}

#[test]
fn what_looks_meant_and_is_not_read_is_told() {
    let dir = Dir::new(&[("p/a.rego", RULE), ("p/deny.REGO", RULE), ("p/settings.yaml", "mode: report")]);
    let run = policy(&dir, &["check", "p"]);
    assert_eq!(run.code, Some(0));
    for file in ["p/deny.REGO", "p/settings.yaml"] {
        assert!(run.stderr.contains(&format!("{file} is not read")), "{run:?}");
    }
}

#[test]
fn one_file_is_checked_as_opa_does() {
    let dir = Dir::new(&[
        ("a.rego", RULE),
        ("b.rego", "package vestry.declare\n\ndeny contains y\n"),
        ("x.txt", ""),
    ]);
    assert_eq!(policy(&dir, &["check", "a.rego"]).code, Some(0));
    assert!(policy(&dir, &["check", "b.rego"]).stderr.contains("b.rego:3:15: rego_unsafe_var_error"));
    let other = policy(&dir, &["check", "x.txt"]);
    assert!(
        other.code == Some(1) && other.stderr.contains("neither a directory nor a gzip archive"),
        "{other:?}"
    );
}

#[test]
fn what_would_keep_a_reader_busy_or_fool_it_is_told_at_once() {
    let deep = format!("a: {}{}\n", "[".repeat(50_000), "]".repeat(50_000));
    let marked = format!("\u{feff}{RULE}");
    let dir = Dir::new(&[
        ("deep/a.rego", RULE),
        ("deep/data.yaml", &deep),
        ("marked/a.rego", &marked),
        ("marked/data.json", "\u{feff}{}"),
        ("named/a\nb.rego", RULE),
        ("named/\u{1b}[31m.rego", RULE),
    ]);
    for (path, said) in [
        ("deep", "deep/data.yaml: vestry_limit_error: opens more than 500 brackets"),
        ("marked", "marked/a.rego:1:1: rego_parse_error: begins with a byte-order mark"),
        ("marked", "marked/data.json:1:1: rego_parse_error: begins with a byte-order mark"),
        ("named", "named: vestry_load_error: holds \"a\\nb.rego\", whose name has a control character"),
        ("named", "holds \"\\u{1b}[31m.rego\""),
    ] {
        let told = policy(&dir, &["check", path]).stderr;
        assert!(told.contains(said), "{said}: {told}");
    }
}

#[test]
fn pipes_devices_and_links_are_told_and_not_waited_for() {
    let dir = Dir::new(&[("p/a.rego", RULE)]);
    let path = |name: &str| dir.path().join("p").join(name);
    let pipe = |name: &str| {
        let made = std::process::Command::new("mkfifo").arg(path(name)).env_clear().status().unwrap();
        assert!(made.success());
    };
    for name in ["b.rego", ".manifest", "c.tar.gz", "settings.toml", "data.json"] {
        pipe(name);
    }
    std::os::unix::fs::symlink("/dev/zero", path("d.rego")).unwrap();
    std::os::unix::fs::symlink(".", path("loop")).unwrap();
    for command in ["check", "test"] {
        let run = policy(&dir, &[command, "p"]);
        assert_eq!(run.code, Some(1));
        for name in ["b.rego", ".manifest", "c.tar.gz", "settings.toml", "data.json"] {
            assert!(run.stderr.contains(&format!("p/{name}")), "{command} {name}: {run:?}");
        }
        assert!(run.stderr.contains("p/d.rego") && run.stderr.contains("p/loop"), "{run:?}");
    }
    assert!(policy(&dir, &["check", "p/b.rego"]).stderr.contains("is not a regular file"));
}

#[test]
fn the_working_directory_is_named_as_opa_names_it() {
    let dir = Dir::new(&[("a.rego", "package vestry.declare\n\ndeny contains \"x\" if input.refrences\n")]);
    let run = policy(&dir, &["check", "."]);
    assert!(run.stderr.contains("\na.rego:3:28: rego_type_error"), "{}", run.stderr);
    assert!(run.stderr.contains("  3 | deny contains"), "{}", run.stderr);
    let errors = policy(&dir, &["check", "./a.rego", "-f", "json"]).json();
    assert_eq!(errors["errors"][0]["location"]["file"], "a.rego", "{errors:#}");
}

#[test]
fn a_directory_of_tests_alone_is_told_as_what_it_is() {
    let dir = Dir::new(&[("a_test.rego", "package a_test\n\ntest_a if true\n")]);
    let told = policy(&dir, &["check", "."]).stderr;
    assert!(told.contains("holds no rule that Vestry evaluates: all of its .rego files are tests"), "{told}");
}

#[test]
fn what_ends_too_early_is_shown_where_it_ends() {
    let told = faults("b.rego", "package b\n\nx if {\n\ty == 1 # é\n\n\n");
    assert!(told.contains("p/b.rego:4:12: rego_parse_error: expecting `}`"), "{told}");
    assert!(told.contains("  4 | y == 1 # é\n    |           ^\n"), "{told}");
}
