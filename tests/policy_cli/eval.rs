use serde_json::json;

use super::support::{Dir, policy, policy_with};

const RULES: &str = r#"package vestry.declare.stage

deny contains {"id": "own-stage", "variable": reference.variable, "msg": msg} if {
	some reference in input.references
	some stage in {"dev", "prod"}
	stage in split(reference.name, "/")
	not endswith(input.function.name, stage)
	msg := sprintf("%s is of stage %s", [reference.name, stage])
}

warn contains "many references" if count(input.references) > 2
"#;

const RESOLVE: &str = r#"package vestry.resolve.types

deny contains "plain" if {
	some reference in input.references
	reference.type == "String"
}
"#;

fn dir() -> Dir {
    Dir::new(&[("policy/stage.rego", RULES), ("policy/types.rego", RESOLVE)])
}

fn input(stage: &str, function: &str, name: &str) -> String {
    let mut document = json!({"function": {"name": function}, "references": [{"variable": "DB", "name": name, "type": "String"}]});
    if !stage.is_empty() {
        document["stage"] = json!(stage);
    }
    document.to_string()
}

fn eval(input: &str, args: &[&str]) -> super::support::Run {
    policy_with(&dir(), &[&["eval", "policy", "--input", "-"], args].concat(), &[], input)
}

#[test]
fn the_code_tells_allowed_from_denied_and_from_undecided() {
    assert_eq!(eval(&input("declare", "a-prod", "/prod/x"), &[]).code, Some(0));
    assert_eq!(eval(&input("declare", "a-dev", "/prod/x"), &[]).code, Some(3));
    // `endswith` of a number is an error, and no answer.
    let odd =
        eval(r#"{"stage": "declare", "function": {"name": 1}, "references": [{"name": "/prod/x"}]}"#, &[]);
    assert_eq!(odd.code, Some(4), "{odd:?}");
    assert!(
        odd.stdout.contains("vestry.declare: not decided") && odd.stdout.contains("stage.rego:7:"),
        "{odd:?}"
    );
    assert_eq!(eval("[]", &[]).code, Some(2));
    assert_eq!(eval("{", &[]).code, Some(2));
}

#[test]
fn a_misspelt_input_is_not_allowed_by_rules_that_cannot_see_it() {
    let refused = |document: &str, said: &[&str]| {
        let run = eval(document, &[]);
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{run:?}");
        assert!(said.iter().all(|said| run.stderr.contains(said)), "{run:?}");
        run.stderr
    };
    refused(
        r#"{"stage": "declare", "refrences": [{"name": "/prod/x"}]}"#,
        &["the input - has a field refrences", "did you mean references?", "and has no references"],
    );
    refused(r#"{"references": [], "functoin": {"name": "a-prod"}}"#, &["did you mean function?"]);
    refused(r#"{"stage": "declare"}"#, &["has no references"]);
    refused(r#"{"references": {}}"#, &["references that are no list"]);
    refused(r#"{"references": [{"name": "/prod/x"}, 1]}"#, &["has references[1], which is no object"]);
    for empty in ["", " \n"] {
        assert!(!refused(empty, &["the input - is empty"]).contains("column"));
    }
    let document = json!({
        "stage": "declare",
        "function": {"name": "a-prod", "team": "x"},
        "references": [{"name": "/prod/x", "nmae": "c4n4ry"}, {"name": "/prod/y", "nmae": "c4n4ry"}],
        "ticket_of_the_change": "c4n4ry",
        "unknown": [],
    });
    let run = eval(&document.to_string(), &[]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(
        run.stderr,
        "vestry: warning: no input has the field function.team\n\
         vestry: warning: no input has the field references[].nmae; did you mean name?\n\
         vestry: warning: no input has the field ticket_of_the_change\n"
    );
    assert_eq!(eval(&input("declare", "a-prod", "/prod/x"), &[]).stderr, "", "known at the other stage");
}

#[test]
fn without_anything_to_decide_on_both_ways_are_told() {
    let run = policy(&dir(), &["eval", "policy"]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("--input") && run.stderr.contains("--template"), "{run:?}");
}

#[test]
fn a_policy_that_the_extension_would_refuse_is_no_decision() {
    let dir = Dir::new(&[("policy/p.rego", "package vestry.declared\n\ndeny contains \"x\"\n")]);
    let run = policy_with(&dir, &["eval", "policy", "--input", "-"], &[], r#"{"references": []}"#);
    assert_eq!(run.code, Some(4), "{run:?}");
    assert!(run.stdout.contains("did you mean `vestry.declare`?"), "{run:?}");
}

#[test]
fn the_stage_is_the_inputs_or_both_or_the_one_asked_for() {
    let stages = |stage: &str, args: &[&str]| {
        let run = eval(&input(stage, "a-prod", "/prod/x"), &[&["--format", "json"], args].concat());
        let document = run.json();
        let stages: Vec<_> =
            document["stages"].as_array().unwrap().iter().map(|s| s["stage"].clone()).collect();
        (run.code, stages)
    };
    assert_eq!(stages("declare", &[]), (Some(0), vec![json!("declare")]));
    assert_eq!(stages("resolve", &[]), (Some(3), vec![json!("resolve")]));
    assert_eq!(stages("", &[]), (Some(3), vec![json!("declare"), json!("resolve")]));
    assert_eq!(stages("resolve", &["--stage", "declare"]), (Some(0), vec![json!("declare")]));
    assert_eq!(eval(r#"{"stage": "later", "references": []}"#, &[]).code, Some(2));
}

#[test]
fn explain_names_the_definition_and_the_values_it_spoke_on() {
    let run = eval(&input("declare", "a-dev", "/prod/x"), &["--explain"]);
    assert!(run.stdout.contains("  deny  DB: [own-stage] /prod/x is of stage prod\n"), "{}", run.stdout);
    for line in [
        "policy/stage.rego:3",
        "stage: \"prod\"",
        "reference.name: \"/prod/x\"",
        "input.function.name: \"a-dev\"",
    ] {
        assert!(run.stdout.lines().any(|l| l.trim() == line), "{line}: {}", run.stdout);
    }
    let run = eval(&input("declare", "a-dev", "/prod/x"), &["--explain", "--format", "json"]);
    let because = &run.json()["stages"][0]["denials"][0]["because"];
    assert_eq!(because.as_array().unwrap().len(), 1);
    assert_eq!((&because[0]["row"], &because[0]["values"]["stage"]), (&json!(3), &json!("\"prod\"")));
}

#[test]
fn json_tells_denials_warnings_and_exceptions() {
    let dir = Dir::new(&[(
        "policy/p.rego",
        "package vestry.declare\n\ndeny_a contains {\"msg\": \"no\", \"severity\": \"high\"}\nwarn contains \"careful\"\nexception contains [\"a\"]\n",
    )]);
    let run = policy_with(
        &dir,
        &["eval", "policy", "--input", "-", "--format", "json", "--stage", "declare"],
        &[],
        r#"{"references": []}"#,
    );
    assert_eq!(run.code, Some(0), "{run:?}");
    let stage = &run.json()["stages"][0];
    assert_eq!(stage["decision"], "allow");
    assert_eq!(stage["warnings"][0]["msg"], "careful");
    assert_eq!(
        stage["exceptions"][0],
        json!({"package": "vestry.declare", "rule": "deny_a", "messages": ["no"]})
    );
}

#[test]
fn a_policy_that_runs_away_is_no_decision() {
    let dir = Dir::new(&[(
        "policy/p.rego",
        "package vestry.declare\n\ndeny contains \"x\" if {\n\tsome i in numbers.range(1, 100000)\n\tsome j in numbers.range(1, 100000)\n\ti * j == -1\n}\n",
    )]);
    let run = policy_with(
        &dir,
        &["eval", "policy", "--input", "-", "--timeout", "300ms"],
        &[],
        r#"{"stage": "declare", "references": []}"#,
    );
    assert_eq!(run.code, Some(4), "{run:?}");
}

const TEMPLATE: &str = r#"Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: {Type: String, Default: prod}
  Team: {Type: String}
Globals:
  Function:
    Environment:
      Variables:
        AWS_LAMBDA_EXEC_WRAPPER: /opt/vestry-exec
Resources:
  Good:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: !Sub orders-${Stage}
      Environment:
        Variables:
          DB: !Sub "ssm:/${Stage}/db"
  Bad:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: orders-dev
      Environment:
        Variables: {DB: ssm:/prod/db}
  Open:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: orders-prod
      Environment:
        Variables: {DB: !Sub "ssm:/prod/${Team}/db"}
  Wrong:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: orders-prod
      Environment:
        Variables: {DB: "smm:/prod/db"}
"#;

#[test]
fn a_template_is_a_table_of_its_functions() {
    let dir = Dir::new(&[("policy/stage.rego", RULES), ("template.yaml", TEMPLATE)]);
    let run = policy(&dir, &["eval", "policy", "--template", "template.yaml"]);
    assert_eq!(run.code, Some(3), "{run:?}");
    let rows: Vec<Vec<&str>> =
        run.stdout.lines().map(|line| line.split_whitespace().take(2).collect()).collect();
    assert_eq!(
        rows,
        [
            vec!["FUNCTION", "VERDICT"],
            vec!["Good", "allowed"],
            vec!["Bad", "denied"],
            vec!["Open", "undecided"],
            vec!["Wrong", "invalid"]
        ]
    );
    for message in [
        "DB: [own-stage] /prod/db is of stage prod",
        "template.yaml:29:25: DB is unknown: the parameter Team; give it with --parameter Team=…",
        "did you mean ssm: instead of smm:?",
    ] {
        assert!(run.stdout.contains(message), "{message}: {}", run.stdout);
    }
}

#[test]
fn what_is_of_a_template_is_no_option_of_anything_else() {
    let dir =
        Dir::new(&[("policy/stage.rego", RULES), ("input.json", &input("declare", "a-prod", "/prod/x"))]);
    for option in [["--function", "Good"], ["--parameter", "Stage=dev"]] {
        let eval = [&["eval", "policy", "--input", "input.json"][..], &option].concat();
        let input = [&["input", "--env-file", "input.json"][..], &option].concat();
        for args in [eval, input] {
            let run = policy(&dir, &args);
            assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{args:?}: {run:?}");
        }
    }
}

#[test]
fn explain_stands_below_what_it_explains_in_a_table_too() {
    let template = TEMPLATE.replace("{DB: ssm:/prod/db}", "{DB: ssm:/prod/db, KEY: ssm:/prod/key}");
    let dir = Dir::new(&[("policy/stage.rego", RULES), ("template.yaml", &template)]);
    let args = ["eval", "policy", "--template", "template.yaml", "--function", "Bad", "--explain"];
    let run = policy(&dir, &args);
    let rows: Vec<&str> = run.stdout.lines().skip(1).map(|row| row.get(19..).unwrap_or_default()).collect();
    let [db, why_db, key, why_key] = rows.as_slice() else { panic!("{run:?}") };
    for (row, begins) in [(db, "DB: [own-stage]"), (key, "KEY: [own-stage]")] {
        assert!(row.starts_with(begins), "{run:?}");
    }
    for (row, name) in [(why_db, "/prod/db"), (why_key, "/prod/key")] {
        assert!(row.starts_with("  policy/stage.rego:") && row.contains(name), "{run:?}");
    }
}

#[test]
fn one_function_and_its_parameters_decide_alone() {
    let dir = Dir::new(&[("policy/stage.rego", RULES), ("template.yaml", TEMPLATE)]);
    let code = |args: &[&str]| {
        policy(&dir, &[&["eval", "policy", "--template", "template.yaml", "--function"], args].concat()).code
    };
    assert_eq!(code(&["Good"]), Some(0));
    assert_eq!(code(&["Bad"]), Some(3));
    assert_eq!(code(&["Open"]), Some(4));
    assert_eq!(code(&["Open", "--parameter", "Team=shop"]), Some(0));
    assert_eq!(code(&["Open", "--parameter", "Team=dev"]), Some(3));
    assert_eq!(code(&["Wrong"]), Some(4));
    assert_eq!(code(&["Gone"]), Some(2));
    assert_eq!(code(&["Good", "--parameter", "Stag=dev"]), Some(2));
}

#[test]
fn a_template_as_json_tells_each_input_and_decision() {
    let dir = Dir::new(&[("policy/stage.rego", RULES), ("template.yaml", TEMPLATE)]);
    let document =
        policy(&dir, &["eval", "policy", "--template", "template.yaml", "--format", "json"]).json();
    assert_eq!(document["decision"], "deny");
    let words: Vec<_> =
        document["functions"].as_array().unwrap().iter().map(|f| f["decision"].clone()).collect();
    assert_eq!(words, ["allow", "deny", "undecided", "error"]);
    assert_eq!(document["functions"][0]["input"]["references"][0]["name"], "/prod/db");
    assert_eq!(document["functions"][2]["unknown"][0]["of"], "DB");
}

#[test]
fn what_lacks_a_wrapper_is_told_beside_what_the_policy_says_of_it() {
    let template = TEMPLATE.replace("AWS_LAMBDA_EXEC_WRAPPER: /opt/vestry-exec", "LOG_LEVEL: info");
    let dir = Dir::new(&[("policy/stage.rego", RULES), ("template.yaml", &template)]);
    let eval = |function: &str, more: &[&str]| {
        let args = ["eval", "policy", "--template", "template.yaml", "--function", function];
        policy(&dir, &[&args[..], more].concat())
    };
    let unread = "nothing would read the values; set AWS_LAMBDA_EXEC_WRAPPER";
    let bad = eval("Bad", &[]);
    assert_eq!(bad.code, Some(3), "{bad:?}");
    for said in ["denied", "[own-stage] /prod/db is of stage prod", unread] {
        assert!(bad.stdout.contains(said), "{said}: {}", bad.stdout);
    }
    let document = eval("Bad", &["--format", "json"]).json();
    let function = &document["functions"][0];
    assert_eq!(
        (&function["decision"], &function["error"]["type"]),
        (&json!("deny"), &json!("Vestry.InvalidDeclaration"))
    );
    let good = eval("Good", &[]);
    assert_eq!(good.code, Some(4), "{good:?}");
    assert!(good.stdout.contains("invalid") && good.stdout.contains(unread), "{good:?}");
    let input = policy(&dir, &["input", "--template", "template.yaml", "--function", "Good"]);
    assert_eq!((input.code, input.stdout.as_str()), (Some(3), ""), "{input:?}");
}

const GREEDY: &str = "package vestry.declare\nr := numbers.range(1, 700)\n\
                      deny contains \"no\" if count({[a, b] | some a in r; some b in r}) == 0\n";

#[test]
fn memory_and_time_are_bounded_as_the_function_or_the_option_says() {
    let template = |more: &str| {
        format!(
            "Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      Environment:\n        Variables:\n          A: b{more}\n"
        )
    };
    let dir = Dir::new(&[
        ("policy/greedy.rego", GREEDY),
        ("input.json", r#"{"stage": "declare", "references": []}"#),
        ("plain.yaml", &template("")),
        ("large.yaml", &template("\n          VESTRY_POLICY_MEMORY_MB: 1024")),
        (
            "hasty.yaml",
            &template("\n          VESTRY_POLICY_TIMEOUT_MS: 1\n          VESTRY_POLICY_MEMORY_MB: 1024"),
        ),
    ]);
    let eval = |args: &[&str]| policy(&dir, &[&["eval", "policy", "--timeout", "10m"], args].concat());
    let small = eval(&["--input", "input.json"]);
    assert_eq!(small.code, Some(4), "{small:?}");
    assert!(small.stdout.contains("more than the 64 MB"), "{small:?}");
    assert_eq!(eval(&["--input", "input.json", "--memory-mb", "1024"]).code, Some(0));
    assert_eq!(eval(&["--template", "plain.yaml"]).code, Some(4));
    assert_eq!(eval(&["--template", "large.yaml"]).code, Some(0));
    assert_eq!(eval(&["--template", "large.yaml", "--memory-mb", "64"]).code, Some(4));
    assert_eq!(eval(&["--input", "input.json", "--memory-mb", "8"]).code, Some(2));
    assert_eq!(eval(&["--template", "hasty.yaml"]).code, Some(0));
    let hasty = policy(&dir, &["eval", "policy", "--template", "hasty.yaml"]);
    assert_eq!(hasty.code, Some(4), "{hasty:?}");
    assert!(hasty.stdout.contains("after 1 ms"), "{hasty:?}");
}

#[test]
fn a_waiver_of_the_library_is_told_with_whose_and_why_and_until_when() {
    let library = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("policy");
    let input = json!({
        "stage": "declare",
        "function": {"name": "shop-prod", "region": "eu-west-1", "initialization_type": "on-demand"},
        "references": [{"variable": "DB", "store": "ssm", "name": "/test/shop/db/password"}],
        "variables": [],
        "delivery": "socket",
        "now": "2026-11-22T12:00:00Z",
        "now_ns": 1_795_348_800_000_000_000_u64,
    });
    let dir = Dir::new(&[("input.json", &input.to_string())]);
    copy(&library, &dir.path().join("policy"));
    let waiver = "waivers:\n  - {rule: stage_path, function: shop-*, owner: shop@example.com, reason: SHOP-1, expires: \"2026-12-15\"}";
    let data = dir.path().join("policy/data.yaml");
    let text = std::fs::read_to_string(&data).unwrap();
    assert!(text.contains("waivers: []"));
    std::fs::write(&data, text.replace("waivers: []", waiver)).unwrap();
    let run = policy(&dir, &["eval", "policy", "--input", "input.json", "--format", "json"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let exception = &run.json()["stages"][0]["exceptions"][0];
    assert_eq!(exception["rule"], "deny_stage_path");
    let expected = json!({
        "rule": "deny_stage_path",
        "function": "shop-prod",
        "owner": "shop@example.com",
        "reason": "SHOP-1",
        "expires": "2026-12-15",
    });
    assert_eq!(exception["waiver"], expected);
    // What is wrong with the rule's settings is nobody's to waive.
    let text = std::fs::read_to_string(&data).unwrap();
    let broken = text.replace("stage_path:\n", "stage_pahts:\n");
    assert_ne!(text, broken);
    std::fs::write(&data, broken).unwrap();
    assert_eq!(policy(&dir, &["eval", "policy", "--input", "input.json"]).code, Some(3));
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[test]
fn what_only_warns_says_why() {
    let rules = "package vestry.declare\n\ndeny contains \"no\"\n";
    let advisory =
        "package vestry.declare\n\ndeny contains {\"msg\": \"soon\", \"enforcement\": \"advisory\"}\n";
    let dir = Dir::new(&[
        ("report/p.rego", rules),
        ("report/settings.toml", "mode = \"report\"\n"),
        ("advisory/p.rego", advisory),
    ]);
    for (policy_dir, said) in [
        (
            "report",
            ["would deny  no", "vestry.declare.deny in report, which is in report mode (settings.toml)"],
        ),
        ("advisory", ["would deny  soon", "vestry.declare.deny in advisory, advisory as its object says"]),
    ] {
        let run = policy_with(
            &dir,
            &["eval", policy_dir, "--input", "-"],
            &[],
            r#"{"stage": "declare", "references": []}"#,
        );
        assert_eq!(run.code, Some(0), "{run:?}");
        assert!(said.iter().all(|said| run.stdout.contains(said)), "{run:?}");
    }
}
