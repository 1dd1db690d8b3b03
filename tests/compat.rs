//! `VESTRY_COMPAT`: other tools' references at run time, from the outside.

mod support;

use std::path::Path;

use support::TempDir;
use support::vestry::{CANARY, Ended, vestry};

const STORE: &str = r#"
    [parameters]
    "/myapp/SECRET" = "1A2B"
    "/myapp/access-key" = "G7H8"
    "/myapp/envs/DB_URL" = "mysql2://u:p@host:3306"
    "/myapp/envs/nr_key" = "z6y5"
    "/myapp/envs/UNASKED" = "not asked for"
    "prod.app.cookie" = "cookie"
    [parameters."/prod/pinned"]
    value = "new"
    version = 2
    older = [{ version = 1, value = "old" }]
    [secrets]
    "prod/db" = '{"user":"u","password":"p@ss"}'
    "prod/plain" = "plain secret"
"#;

fn run(arguments: &[&str], variables: &[(&str, &str)], directory: &Path) -> Ended {
    support::vestry::run(vestry(arguments, variables).current_dir(directory))
}

/// `vestry exec` of a command that shows its environment.
fn environment(name: &str, variables: &[(&str, &str)]) -> Ended {
    let directory = TempDir::new(name);
    let store = directory.write("store.toml", STORE);
    let run_dir = directory.path().join("run");
    let mut all = vec![("VESTRY_RUN_DIR", run_dir.to_str().unwrap())];
    all.extend(variables);
    run(&["exec", "--store", store.to_str().unwrap(), "--", "env"], &all, directory.path())
}

#[test]
fn crypteias_whole_example_runs_as_it_is() {
    let ended = environment(
        "compat-crypteia",
        &[
            ("VESTRY_COMPAT", "crypteia"),
            ("SECRET", "x-crypteia-ssm:/myapp/SECRET"),
            ("ACCESS_KEY", "x-crypteia-ssm:/myapp/access-key"),
            ("X_CRYPTEIA_SSM", "x-crypteia-ssm-path:/myapp/envs"),
            ("DB_URL", "x-crypteia"),
            ("nr_key", "x-crypteia"),
        ],
    );
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    for line in ["SECRET=1A2B", "ACCESS_KEY=G7H8", "DB_URL=mysql2://u:p@host:3306", "nr_key=z6y5"] {
        ended.has_line(line);
    }
    // As with crypteia: the configuration says which of the tree's values there are.
    ended.has_line("X_CRYPTEIA_SSM=x-crypteia-ssm-path:/myapp/envs");
    ended.lacks("UNASKED");
}

#[test]
fn every_other_tool_that_is_read_at_run_time_delivers_its_values() {
    for (tool, variables, lines) in [
        (
            "ssm-env",
            vec![("A", "ssm://prod.app.cookie"), ("B", "ssm:///prod/pinned:1")],
            vec!["A=cookie", "B=old"],
        ),
        (
            "aws-env",
            vec![("A", "sm://prod/plain"), ("B", "ssm:///prod/pinned")],
            vec!["A=plain secret", "B=new"],
        ),
        (
            "secrets-init",
            vec![
                ("A", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/plain"),
                ("B", "arn:aws:ssm:eu-west-1:123456789012:parameter/prod/pinned:1"),
            ],
            vec!["A=plain secret", "B=old"],
        ),
        (
            "bref",
            vec![("A", "bref-ssm:/myapp/SECRET"), ("B", "bref-secretsmanager:prod/plain")],
            vec!["A=1A2B", "B=plain secret"],
        ),
    ] {
        let variables: Vec<_> =
            variables.into_iter().chain([("VESTRY_COMPAT", tool), ("C", "ssm:/myapp/SECRET")]).collect();
        let ended = environment(&format!("compat-{tool}"), &variables);
        assert_eq!(ended.code, 0, "{tool}: {}", ended.stderr);
        lines.into_iter().chain(["C=1A2B"]).for_each(|line| ended.has_line(line));
    }
}

#[test]
fn the_extension_itself_reads_them_before_the_function_starts() {
    let directory = TempDir::new("compat-local");
    let store = directory.write("store.toml", STORE);
    let runtime = directory.write(
        "runtime.py",
        "import json, os, urllib.request\n\
         API = 'http://%s/2018-06-01/runtime/invocation/' % os.environ['AWS_LAMBDA_RUNTIME_API']\n\
         while True:\n\
         \x20   with urllib.request.urlopen(API + 'next') as answer:\n\
         \x20       request = answer.headers['Lambda-Runtime-Aws-Request-Id']\n\
         \x20   result = {n: os.environ.get(n) for n in ('SECRET', 'DB_URL', 'VESTRY_COMPAT')}\n\
         \x20   urllib.request.urlopen(API + request + '/response', json.dumps(result).encode())\n",
    );
    let ended = run(
        &["local", "--json", "--store", store.to_str().unwrap(), "--", "python3", runtime.to_str().unwrap()],
        &[
            ("TMPDIR", directory.path().to_str().unwrap()),
            ("VESTRY_COMPAT", "crypteia"),
            ("SECRET", "x-crypteia-ssm:/myapp/SECRET"),
            ("X_CRYPTEIA_SSM", "x-crypteia-ssm-path:/myapp/envs"),
            ("DB_URL", "x-crypteia"),
        ],
        directory.path(),
    );
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    let document: serde_json::Value = serde_json::from_str(&ended.stdout).expect("one JSON document");
    let answer = &document["invocations"][0]["answer"];
    assert_eq!(
        answer,
        &serde_json::json!({"SECRET": "1A2B", "DB_URL": "mysql2://u:p@host:3306", "VESTRY_COMPAT": null})
    );
}

#[test]
fn of_a_template_what_another_tool_refers_to_and_nobody_knows_is_undecided() {
    let directory = TempDir::new("compat-template");
    directory.write(
        "template.yaml",
        "Parameters: {Stage: {Type: String}}\nResources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n\
         \x20     Environment:\n        Variables:\n          AWS_LAMBDA_EXEC_WRAPPER: /opt/vestry-exec\n\
         \x20         VESTRY_COMPAT: crypteia\n          A: !Sub 'x-crypteia-ssm:/${Stage}/a'\n",
    );
    std::fs::create_dir(directory.path().join("policy")).unwrap();
    directory.write(
        "policy/a.rego",
        "package vestry.declare.a\n\ndeny contains r.name if {\n\tsome r in input.references\n\tstartswith(r.name, \"/test/\")\n}\n",
    );
    let eval = |more: &[&str]| {
        run(
            &[&["policy", "eval", "policy", "--template", "template.yaml"], more].concat(),
            &[],
            directory.path(),
        )
        .code
    };
    assert_eq!(eval(&[]), 4);
    assert_eq!(eval(&["--parameter", "Stage=prod"]), 0);
    assert_eq!(eval(&["--parameter", "Stage=test"]), 3);
}

#[test]
fn several_tools_are_a_list() {
    let ended = environment(
        "compat-several",
        &[
            ("VESTRY_COMPAT", "bref, crypteia"),
            ("A", "bref-ssm:/myapp/SECRET"),
            ("B", "x-crypteia-ssm:/myapp/SECRET"),
        ],
    );
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    ended.has_line("A=1A2B");
    ended.has_line("B=1A2B");
}

#[test]
fn what_is_wrong_refuses_and_placeholders_never_arrive() {
    let ended = environment(
        "compat-refused",
        &[
            ("VESTRY_COMPAT", "cryptea, aws-env, crypteia, chamber"),
            ("A", "x-crypteia-smm:/myapp/SECRET"),
            ("B", "x-crypteia"),
            ("C", "x-crypteia-ssm:/none"),
            ("D", "kms://c4n4ry-5up3r-s3cret"),
        ],
    );
    assert_eq!((ended.code, ended.stdout.as_str()), (3, ""));
    ended.says("did you mean crypteia?");
    ended.says("vestry import --from chamber");
    ended.says("A: it is nearly crypteia's syntax");
    ended.says("no variable names one");
    ended.says("Vestry decrypts none");
    ended.lacks(CANARY);

    let ended =
        environment("compat-missing", &[("VESTRY_COMPAT", "crypteia"), ("C", "x-crypteia-ssm:/none")]);
    assert_eq!(ended.code, 3);
    ended.says("C (ssm:/none): not found");
}

#[test]
fn another_tools_syntax_that_nobody_asked_to_be_read_is_told() {
    let ended = environment("compat-unread", &[("A", "bref-ssm:/myapp/SECRET"), ("B", "ssm:/myapp/SECRET")]);
    ended.says("A is in the syntax of bref and is left as it is; VESTRY_COMPAT=bref has it read");
    let ended = environment("compat-hint", &[("A", "ssm://prod.app.cookie"), ("B", "sm://prod/db")]);
    assert_eq!(ended.code, 3);
    ended.says("if it is the syntax of ssm-env (or aws-env), name the tool in VESTRY_COMPAT");
    ended.says("if it is the syntax of aws-env, name the tool in VESTRY_COMPAT");
}

#[test]
fn policy_sees_what_another_tool_declares_as_any_reference() {
    let directory = TempDir::new("compat-policy");
    std::fs::create_dir(directory.path().join("policy")).unwrap();
    directory.write(
        "policy/a.rego",
        "package vestry.declare.a\n\ndeny contains sprintf(\"%s %s %s\", [r.variable, r.store, r.name]) if some r in input.references\n",
    );
    let store = directory.write("store.toml", STORE);
    let ended = run(
        &["exec", "--store", store.to_str().unwrap(), "--policy", "policy", "--", "env"],
        &[("VESTRY_COMPAT", "crypteia"), ("A", "x-crypteia-ssm:/myapp/SECRET")],
        directory.path(),
    );
    assert_eq!(ended.code, 3);
    ended.says("A ssm /myapp/SECRET");
}
