//! Moving from other tools: `vestry import`, from the outside.

mod support;

use std::path::Path;

use support::TempDir;
use support::vestry::{CANARY, Ended, vestry};
use vestry::declare::manifest;

/// What is written is held against the manifest's own reader.
fn run(arguments: &[&str], variables: &[(&str, &str)], directory: &Path) -> Ended {
    let ended = support::vestry::run(vestry(arguments, variables).current_dir(directory));
    if ended.stdout.starts_with("# Written by vestry import") {
        let read =
            manifest::read(ended.stdout.as_bytes(), Path::new("vestry.toml"), manifest::Format::Toml, None);
        read.unwrap_or_else(|problems| panic!("{problems:?} in the manifest\n{}", ended.stdout));
    }
    ended
}

const DOTENV: &str = r#"# crypteia
SECRET=x-crypteia-ssm:/myapp/SECRET
X_CRYPTEIA_SSM=x-crypteia-ssm-path:/myapp/envs
DB_URL=x-crypteia
LD_PRELOAD=/opt/lib/libcrypteia.so
# ssm-env, aws-env
COOKIE="ssm://prod.app.cookie"
SM='sm://prod/db'
KMS=kms://c4n4ry-5up3r-s3cret
# secrets-init
INIT=arn:aws:ssm:eu-west-1:123456789012:parameter/prod/pinned:1
# bref
export BREF=bref-ssm:/my-app/my-parameter
BREF2=bref-secretsmanager:prod/plain
# the AWS extension
ORDERS_SECRET_NAME=prod/db
DB_HOST_PARAMETER_NAME=/prod/host
VAULT_SECRET_ID=c4n4ry-5up3r-s3cret
# ours, and plain
OURS=ssm:/prod/db
STAGE=prod
API_TOKEN=c4n4ry-5up3r-s3cret
c4n4ry-5up3r-s3cret
"#;

#[test]
fn a_dotenv_becomes_a_manifest_and_the_rest_is_said_line_by_line() {
    let directory = TempDir::new("import-dotenv");
    directory.write(".env", DOTENV);
    let ended = run(&["import", "--env-file", ".env"], &[], directory.path());
    assert_eq!(
        ended.stdout,
        "# Written by vestry import from .env.\n\n[variables]\n\
         BREF = \"ssm:/my-app/my-parameter\"\n\
         BREF2 = \"secretsmanager:prod/plain\"\n\
         COOKIE = \"ssm:prod.app.cookie\"\n\
         DB_HOST = \"ssm:/prod/host\"\n\
         DB_URL = \"ssm:/myapp/envs/DB_URL\"\n\
         INIT = \"ssm:arn:aws:ssm:eu-west-1:123456789012:parameter/prod/pinned:1\"\n\
         ORDERS_SECRET = \"secretsmanager:prod/db\"\n\
         SECRET = \"ssm:/myapp/SECRET\"\n\
         SM = \"secretsmanager:prod/db\"\n"
    );
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    for told in [
        "vestry: .env:9: KMS: the variable carries a ciphertext",
        "vestry: .env:23: the line is no NAME=value",
        "note: .env:5: LD_PRELOAD: crypteia's hook",
        "note: .env:3: X_CRYPTEIA_SSM: crypteia's tree",
        "note: .env:16: ORDERS_SECRET_NAME: the code asks the AWS extension",
        "note: .env:18: VAULT_SECRET_ID: may name a secret, or be one",
        "note: .env:22: API_TOKEN: looks like a secret in plain text",
        "9 translated, 2 not",
        "a name is set once: SECRET, DB_URL, COOKIE, SM, INIT, BREF, BREF2",
    ] {
        ended.says(told);
    }
    ended.lacks(CANARY);
}

#[test]
fn from_asks_some_tools_only() {
    let directory = TempDir::new("import-from");
    directory.write(".env", DOTENV);
    let ended = run(&["import", "--from", "bref,ssm-env", "--env-file", ".env"], &[], directory.path());
    assert!(ended.stdout.contains("BREF =") && ended.stdout.contains("COOKIE ="), "{}", ended.stdout);
    assert!(!ended.stdout.contains("SECRET") && !ended.stdout.contains("SM ="), "{}", ended.stdout);
    let ended = run(
        &["import", "--from", "crypteia"],
        &[("A", "x-crypteia-ssm:/a"), ("B", "bref-ssm:/b")],
        directory.path(),
    );
    assert_eq!((ended.code, ended.stdout.contains("A = \"ssm:/a\"")), (0, true), "{}", ended.stderr);
    assert!(!ended.stdout.contains("bref"));
    let ended = run(&["import", "--from", "cryptea"], &[], directory.path());
    assert_eq!(ended.code, 2);
    ended.says("crypteia");
}

#[test]
fn an_arn_is_secrets_inits_or_what_the_code_asks_the_extension_for() {
    let directory = TempDir::new("import-arn");
    let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf";
    directory.write(".env", &format!("DB_SECRET_ARN={arn}\nPASSWORD={arn}\n"));
    let import =
        |more: &[&str]| run(&[&["import", "--env-file", ".env"], more].concat(), &[], directory.path());
    let ended = import(&[]);
    assert!(
        ended.stdout.ends_with(&format!(
            "DB_SECRET = \"secretsmanager:{arn}\"\nPASSWORD = \"secretsmanager:{arn}\"\n"
        ))
    );
    ended.says("note: .env:1: DB_SECRET_ARN: the code asks the AWS extension for what it names");
    ended.says("note: .env:2: PASSWORD: read as secrets-init reads it");
    ended.says("note: .env: secrets-init takes a secret that is JSON apart");
    ended.says("a name is set once: PASSWORD\n");
    let ended = import(&["--from", "secrets-init,aws-extension"]);
    assert!(
        ended.stdout.contains(&format!("DB_SECRET_ARN = \"secretsmanager:{arn}\"\n")),
        "{}",
        ended.stdout
    );
}

#[test]
fn names_never_meet_in_a_manifest() {
    let directory = TempDir::new("import-names");
    let two = |one: &str| format!("{{{{resolve:ssm:/{one}/1}}}}:{{{{resolve:ssm:/{one}/2}}}}");
    let (upper, lower) = (two("upper"), two("lower"));
    let variables = [
        ("URL", upper.as_str()),
        ("url", &lower),
        ("url_2", "bref-ssm:/c"),
        ("vestry_x", "bref-ssm:/d"),
        ("vestry_SECRET_NAME", "prod/e"),
    ];
    // `run` reads the manifest back.
    let ended = run(&["import"], &variables, directory.path());
    assert_eq!(ended.code, 1);
    for line in [
        "URL = \"${url_1}:${url_2_}\"",
        "url = \"${url_1_}:${url_2__}\"",
        "url_2 = \"ssm:/c\"",
        "url_1 = \"ssm:/upper/1\"",
        "url_1_ = \"ssm:/lower/1\"",
        "url_2_ = \"ssm:/upper/2\"",
        "url_2__ = \"ssm:/lower/2\"",
    ] {
        ended.has_line(line);
    }
    ended.says("vestry_x: no variable of a manifest can have this name");
    ended.says("vestry_SECRET_NAME: no variable of a manifest can have this name");
}

const TEMPLATE: &str = r#"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: {Type: String}
Globals:
  Function:
    Environment:
      Variables:
        SHARED: x-crypteia-ssm:/shared/key
Resources:
  DbSecret: {Type: AWS::SecretsManager::Secret}
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      Environment:
        Variables:
          PLAIN: '{{resolve:ssm:/prod/host}}'
          PASSWORD: '{{resolve:secretsmanager:prod/db:SecretString:password}}'
          PAIR: '{{resolve:ssm:/u}}:{{resolve:ssm-secure:/p:2}}'
          DATABASE_URL: 'postgres://{{resolve:ssm:/u}}:c4n4ry-5up3r-s3cret@host'
          OF_RESOURCE: !Sub '{{resolve:secretsmanager:${DbSecret}:SecretString:password}}'
          STAGED: !Sub 'bref-ssm:/${Stage}/key'
          DB_SECRET_ARN: !Ref DbSecret
          TABLE: !Ref Table
          API_KEY: c4n4ry-5up3r-s3cret
  Other:
    Type: AWS::Lambda::Function
    Properties: {}
  Table: {Type: AWS::DynamoDB::Table}
"#;

#[test]
fn a_template_becomes_a_manifest_with_what_only_a_deployment_tells_said() {
    let directory = TempDir::new("import-template");
    directory.write("template.yaml", TEMPLATE);
    let import = |more: &[&str]| {
        run(&[&["import", "--template", "template.yaml"], more].concat(), &[], directory.path())
    };
    let ended = import(&[]);
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    ended.says("choose it with --function, or have one written for each with -o DIRECTORY: Orders, Other");

    let ended = import(&["--function", "Orders"]);
    assert_eq!(ended.code, 1);
    assert_eq!(
        ended.stdout,
        "# Written by vestry import from template.yaml.\n\n[variables]\n\
         PAIR = \"${pair_1}:${pair_2}\"\n\
         PASSWORD = \"secretsmanager:prod/db#password\"\n\
         PLAIN = \"ssm:/prod/host\"\n\
         SHARED = \"ssm:/shared/key\"\n\n\
         [references]\npair_1 = \"ssm:/u\"\npair_2 = \"ssm:/p:2\"\n"
    );
    for told in [
        "template.yaml:20: DATABASE_URL: text stands around its references",
        "template.yaml:21: OF_RESOURCE: only a deployment tells the whole of it: the resource DbSecret",
        "template.yaml:22: STAGED: only a deployment tells the whole of it: the parameter Stage; give it with --parameter",
        "note: template.yaml:23: DB_SECRET_ARN: only a deployment tells what it names",
        "note: template.yaml:25: API_KEY: looks like a secret in plain text",
    ] {
        ended.says(told);
    }
    ended.lacks(CANARY);

    let ended = import(&["--function", "Orders", "--parameter", "Stage=prod"]);
    assert!(ended.stdout.contains("STAGED = \"ssm:/prod/key\""), "{}", ended.stdout);

    directory.write("copied.yaml", &TEMPLATE.replace(CANARY, "app$${x}"));
    let ended = run(
        &["import", "--template", "copied.yaml", "--function", "Orders", "--copy-text"],
        &[],
        directory.path(),
    );
    assert!(
        ended.stdout.contains("DATABASE_URL = \"postgres://${database_url_1}:app$$${x}@host\""),
        "{}",
        ended.stdout
    );
}

#[test]
fn every_function_of_a_template_gets_a_manifest_of_its_own() {
    let directory = TempDir::new("import-functions");
    let mut template = String::from("Resources:\n");
    for (name, value) in
        [("A", "bref-ssm:/a"), ("B", "sm://b"), ("C", "plain"), ("D", "kms://c4n4ry-5up3r-s3cret")]
    {
        template += &format!(
            "  {name}:\n    Type: AWS::Serverless::Function\n    Properties: {{Environment: {{Variables: {{X: '{value}'}}}}}}\n"
        );
    }
    directory.write("template.yaml", &template);
    let import = |more: &[&str]| {
        run(&[&["import", "--template", "template.yaml", "-o", "out/"], more].concat(), &[], directory.path())
    };
    let written = |name: &str| std::fs::read_to_string(directory.path().join("out").join(name)).ok();
    let ended = import(&[]);
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{}", ended.stderr);
    assert!(written("A.toml").unwrap().ends_with("X = \"ssm:/a\"\n"));
    assert!(written("B.toml").unwrap().ends_with("X = \"secretsmanager:b\"\n"));
    assert_eq!((written("C.toml"), written("D.toml")), (None, None));
    ended.says("template.yaml:13: X: the variable carries a ciphertext");
    ended.lacks(CANARY);
    let ended = import(&[]);
    assert_eq!(ended.code, 2);
    ended.says("out/A.toml is there already");
    assert_eq!(import(&["--force", "--function", "A"]).code, 0);
    let ended = run(&["import", "-o", "out"], &[("X", "bref-ssm:/a")], directory.path());
    assert_eq!(ended.code, 2);
    ended.says("out is a directory");
    directory.write("hostile.yaml", &template.replace("  A:", "  ../A:"));
    let ended = run(&["import", "--template", "hostile.yaml", "-o", "out"], &[], directory.path());
    assert_eq!(ended.code, 2);
    ended.says("letters, digits, - and _ only");
}

const SERVERLESS: &str = r#"
provider:
  name: aws
  environment:
    SHARED: bref-ssm:/shared/${opt:stage, 'dev'}/key
    OVER: ${ssm:/provider}
functions:
  one-api:
    environment:
      OVER: ${ssm:/${self:custom.app}/own:3}
      OLD: ${ssm:/old~true}
      SECRET: ${ssm:/aws/reference/secretsmanager/prod/db}
      FALLBACK: ${ssm:/a, 'c4n4ry-5up3r-s3cret'}
      OF_ENV: ${ssm:/a/${env:NAME}}
      LOOP: ${self:custom.loop}
      AROUND: c4n4ry-5up3r-s3cret${ssm:/a}
      TABLE: !Ref Table
      PLAIN: ${AWS::Region}
      GONE:
  other_api: {}
custom: {app: orders, loop: 'sm://${self:custom.loop}'}
"#;

#[test]
fn a_serverless_yml_becomes_a_manifest_for_a_stage() {
    let directory = TempDir::new("import-serverless");
    directory.write("serverless.yml", SERVERLESS);
    let import = |more: &[&str]| {
        run(&[&["import", "--template", "serverless.yml"], more].concat(), &[], directory.path())
    };
    let ended = import(&[]);
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    ended.says(
        "choose it with --function, or have one written for each with -o DIRECTORY: one-api, other_api",
    );
    let ended = import(&["--function", "three"]);
    assert_eq!(ended.code, 2);
    ended.says("serverless.yml has no function three; it has one-api, other_api");

    let ended = import(&["--function", "one-api", "--stage", "prod"]);
    assert_eq!(
        ended.stdout,
        "# Written by vestry import from serverless.yml.\n\n[variables]\n\
         OLD = \"ssm:/old\"\n\
         OVER = \"ssm:/orders/own:3\"\n\
         SECRET = \"secretsmanager:prod/db\"\n\
         SHARED = \"ssm:/shared/prod/key\"\n"
    );
    assert_eq!(ended.code, 1);
    for told in [
        "serverless.yml:13: FALLBACK: only a deployment tells the whole of it: a variable has a fallback",
        "serverless.yml:14: OF_ENV: only a deployment tells the whole of it",
        "serverless.yml:15: LOOP: only a deployment tells the whole of it: its variables cannot be followed",
        "serverless.yml:16: AROUND: text stands around its references",
        "4 translated, 4 not; 2 plain variables stay where they are",
    ] {
        ended.says(told);
    }
    ended.lacks(CANARY);

    let ended = import(&["--function", "other_api"]);
    ended.says(
        "serverless.yml:5: SHARED: only a deployment tells the whole of it: the stage; give it with --stage",
    );
    assert!(ended.stdout.ends_with("[variables]\nOVER = \"ssm:/provider\"\n"), "{}", ended.stdout);

    let ended = import(&["--stage", "prod", "-o", "out/"]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    let other = std::fs::read_to_string(directory.path().join("out/other_api.toml")).unwrap();
    assert!(other.ends_with("OVER = \"ssm:/provider\"\nSHARED = \"ssm:/shared/prod/key\"\n"), "{other}");

    directory.write("elsewhere.yml", "provider: {environment: '${file(env.yml)}'}\nfunctions: {f: {}}\n");
    let ended = run(&["import", "--template", "elsewhere.yml"], &[], directory.path());
    assert_eq!(ended.code, 1);
    ended.says("elsewhere.yml:1: its variables stand elsewhere");
    directory.write("template.yaml", TEMPLATE);
    let ended = run(&["import", "--template", "template.yaml", "--stage", "prod"], &[], directory.path());
    assert_eq!(ended.code, 2);
    ended.says("template.yaml is no serverless.yml");
}

const TASK: &str = r#"{"taskDefinition": {"containerDefinitions": [
  {"name": "app", "environment": [{"name": "STAGE", "value": "prod"}, {"name": "TOKEN", "value": "c4n4ry-5up3r-s3cret"}],
   "secrets": [
     {"name": "WHOLE", "valueFrom": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf"},
     {"name": "KEY", "valueFrom": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf:user::"},
     {"name": "OLD", "valueFrom": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf:user:AWSPREVIOUS:"},
     {"name": "ID", "valueFrom": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf:::v1"},
     {"name": "PARAMETER", "valueFrom": "arn:aws:ssm:eu-west-1:123456789012:parameter/prod/db"},
     {"name": "NAMED", "valueFrom": "/prod/db/password"},
     {"name": "WRONG", "valueFrom": "arn:aws:s3:::bucket/key"}]},
  {"name": "sidecar", "entryPoint": ["/usr/bin/chamber", "exec", "--strict", "orders", "shared", "--"], "command": ["app"]}
]}}"#;

#[test]
fn a_task_definition_becomes_a_manifest() {
    let directory = TempDir::new("import-task");
    directory.write("task.json", TASK);
    let import = |more: &[&str]| {
        run(&[&["import", "--task-definition", "task.json"], more].concat(), &[], directory.path())
    };
    let ended = import(&[]);
    assert_eq!(ended.code, 2);
    ended.says("choose one with --container: app, sidecar");

    let ended = import(&["--container", "app"]);
    assert_eq!(ended.code, 1);
    let arn = "secretsmanager:arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf";
    assert_eq!(
        ended.stdout,
        format!(
            "# Written by vestry import from task.json.\n\n[variables]\n\
             ID = \"{arn}?version=v1\"\n\
             KEY = \"{arn}#user\"\n\
             NAMED = \"ssm:/prod/db/password\"\n\
             OLD = \"{arn}#user?stage=AWSPREVIOUS\"\n\
             PARAMETER = \"ssm:arn:aws:ssm:eu-west-1:123456789012:parameter/prod/db\"\n\
             WHOLE = \"{arn}\"\n"
        )
    );
    ended.says("task.json:10: WRONG: the ARN is not one of ssm");
    ended.says("TOKEN: looks like a secret in plain text");
    ended.lacks(CANARY);

    directory.write(
        "template.yaml",
        "Resources:\n  Task:\n    Type: AWS::ECS::TaskDefinition\n    Properties:\n      ContainerDefinitions:\n\
         \x20       - Name: app\n          Secrets:\n            - {Name: A, ValueFrom: /prod/a}\n\
         \x20           - {Name: B, ValueFrom: !Ref Secret}\n",
    );
    let ended = run(&["import", "--task-definition", "template.yaml"], &[], directory.path());
    assert_eq!(ended.code, 1);
    assert!(ended.stdout.ends_with("[variables]\nA = \"ssm:/prod/a\"\n"), "{}", ended.stdout);
    ended.says("template.yaml:9: B: ");

    let task = |container: &str, value: &str| {
        format!(
            "    Type: AWS::ECS::TaskDefinition\n    Properties:\n      ContainerDefinitions:\n\
             \x20       - {{Name: {container}, Secrets: [{{Name: A, ValueFrom: {value}}}]}}\n"
        )
    };
    for (second, code, told) in
        [("worker", 0, "A = \"ssm:/2\""), ("app", 2, "several containers that are called app")]
    {
        let text = format!("Resources:\n  One:\n{}  Two:\n{}", task("app", "/1"), task(second, "/2"));
        directory.write("tasks.yaml", &text);
        let arguments = ["import", "--task-definition", "tasks.yaml", "--container", second];
        let ended = run(&arguments, &[], directory.path());
        assert_eq!(ended.code, code, "{}", ended.stderr);
        assert!(
            format!("{}{}", ended.stdout, ended.stderr).contains(told),
            "{}{}",
            ended.stdout,
            ended.stderr
        );
    }

    let ended = import(&["--container", "sidecar"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(
        ended
            .stdout
            .ends_with("\n[[trees]]\npath = \"ssm:/orders/*\"\n\n[[trees]]\npath = \"ssm:/shared/*\"\n"),
        "{}",
        ended.stdout
    );
    ended.says("the last service wins");
}

#[test]
fn chambers_services_become_trees() {
    let directory = TempDir::new("import-chamber");
    let import = |variables: &[(&str, &str)], service: &str| {
        run(&["import", "--from", "chamber", "--service", service], variables, directory.path())
    };
    let ended = import(&[("DB_PASSWORD", "chamberme"), ("CHAMBER_KMS_KEY_ALIAS", "aws/ssm")], "orders");
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stdout.ends_with("\n[[trees]]\npath = \"ssm:/orders/*\"\n"), "{}", ended.stdout);
    ended.says("a name is set once: DB_PASSWORD");
    ended.says("CHAMBER_KMS_KEY_ALIAS: a setting of chamber");

    let ended = import(&[("CHAMBER_SECRET_BACKEND", "SECRETSMANAGER")], "orders");
    assert!(ended.stdout.contains("path = \"secretsmanager:orders#*\""), "{}", ended.stdout);
    for (variables, service, told) in [
        (&[("CHAMBER_SECRET_BACKEND", "S3")][..], "orders", "neither S3 nor the null backend"),
        (&[("CHAMBER_NO_PATHS", "1")], "orders", "names are no paths"),
        (&[], "orders:live", "a tree has no labels"),
    ] {
        let ended = import(variables, service);
        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""));
        ended.says(told);
    }
    let ended = run(&["import", "--from", "chamber"], &[], directory.path());
    assert_eq!(ended.code, 1);
    ended.says("no service of chamber is named");
    let ended = run(&["import"], &[("DB_PASSWORD", "chamberme")], directory.path());
    assert_eq!(ended.code, 1);
    ended.says("DB_PASSWORD: chamber is to fill it in");
}

#[test]
fn a_file_is_written_whole_and_never_over_another() {
    let directory = TempDir::new("import-output");
    let import = |more: &[&str]| {
        run(&[&["import", "-o", "vestry.toml"], more].concat(), &[("A", "bref-ssm:/a")], directory.path())
    };
    let written = || std::fs::read_to_string(directory.path().join("vestry.toml")).unwrap();
    let ended = import(&[]);
    assert_eq!((ended.code, ended.stdout.as_str()), (0, ""), "{}", ended.stderr);
    assert!(written().ends_with("A = \"ssm:/a\"\n"));
    directory.write("vestry.toml", "mine");
    let ended = import(&[]);
    assert_eq!(ended.code, 2);
    ended.says("vestry.toml is there already; --force replaces it");
    assert_eq!(written(), "mine");
    assert_eq!(import(&["--force"]).code, 0);
    assert!(written().ends_with("A = \"ssm:/a\"\n"));
    let left = std::fs::read_dir(directory.path()).unwrap().count();
    assert_eq!(left, 1, "something is left beside it");
}

#[test]
fn what_no_manifest_is_called_is_not_written() {
    let directory = TempDir::new("import-format");
    for name in ["x.ini", "vestry"] {
        let ended = run(&["import", "-o", name, "--force"], &[("A", "bref-ssm:/a")], directory.path());
        assert_eq!(ended.code, 2, "{}", ended.stderr);
        ended.says("name it .toml, .json, .yaml or .yml");
        assert!(!directory.path().join(name).exists());
    }
}

#[test]
fn credentials_in_a_file_are_secrets_and_those_of_the_process_are_not() {
    let directory = TempDir::new("import-credentials");
    directory
        .write(".env", "A=bref-ssm:/a\nAWS_SECRET_ACCESS_KEY=c4n4ry-5up3r-s3cret\nAWS_REGION=eu-west-1\n");
    let ended = run(&["import", "--env-file", ".env"], &[], directory.path());
    ended.says("note: .env:2: AWS_SECRET_ACCESS_KEY: looks like a secret in plain text");
    assert!(!ended.stderr.contains("AWS_REGION"), "{}", ended.stderr);
    ended.lacks(CANARY);
    let variables = [("A", "bref-ssm:/a"), ("AWS_SECRET_ACCESS_KEY", "c4n4ry-5up3r-s3cret")];
    let ended = run(&["import"], &variables, directory.path());
    assert!(!ended.stderr.contains("AWS_SECRET_ACCESS_KEY"), "{}", ended.stderr);
}

#[test]
fn a_name_that_stands_twice_is_told() {
    let directory = TempDir::new("import-twice");
    directory.write(".env", "A=bref-ssm:/a\nB=c4n4ry-5up3r-s3cret\nA=bref-ssm:/b\n");
    let ended = run(&["import", "--env-file", ".env"], &[], directory.path());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    ended.says("note: .env:3: A: stands there twice; this one counts, and not the one before (line 1)");
    assert!(ended.stdout.ends_with("A = \"ssm:/b\"\n"), "{}", ended.stdout);
    ended.lacks(CANARY);
}

const STORE: &str = r#"
    [parameters]
    "/myapp/SECRET" = "1A2B"
    [parameters."/prod/pinned"]
    value = "new"
    version = 2
    older = [{ version = 1, value = "old" }]
"#;

#[test]
fn a_manifest_is_written_in_the_format_of_its_name() {
    let directory = TempDir::new("import-formats");
    let store = directory.write("store.toml", STORE);
    let variables = [
        ("A", "bref-ssm:/myapp/SECRET"),
        ("B", "{{resolve:ssm:/myapp/SECRET}}:{{resolve:ssm:/prod/pinned:1}}"),
    ];
    for name in ["a.toml", "a.json", "a.yaml", "a.yml"] {
        let ended = run(&["import", "-o", name], &variables, directory.path());
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let run_dir = directory.path().join("run");
        let ended = run(
            &["exec", "--store", store.to_str().unwrap(), "--manifest", name, "--", "env"],
            &[("VESTRY_RUN_DIR", run_dir.to_str().unwrap())],
            directory.path(),
        );
        assert_eq!(ended.code, 0, "{name}: {}", ended.stderr);
        ended.has_line("A=1A2B");
        ended.has_line("B=1A2B:old");
    }
}

#[test]
fn what_cannot_be_read_is_told() {
    let directory = TempDir::new("import-unreadable");
    directory.write("empty.env", "STAGE=prod\n");
    directory.write("none.json", "{\"family\": \"app\"}");
    directory.write("task.json", "{\"containerDefinitions\": [{\"name\": \"app\"}]}");
    directory.write("broken.json", "{\"a\": [");
    for (arguments, code, told) in [
        (["--env-file", "none.env"], 2, "cannot read none.env"),
        (["--env-file", "."], 2, "it is no file"),
        (["--env-file", "empty.env"], 1, "nothing that could be translated"),
        (["--task-definition", "none.json"], 2, "no containerDefinitions"),
        (["--task-definition", "broken.json"], 2, "broken.json:"),
        (["--template", "none.yaml"], 2, "none.yaml"),
        (["--template", "task.json"], 2, "task.json is a task definition; --task-definition reads it"),
    ] {
        let ended = run(&[&["import"], &arguments[..]].concat(), &[], directory.path());
        assert_eq!((ended.code, ended.stdout.as_str()), (code, ""), "{arguments:?}: {}", ended.stderr);
        ended.says(told);
    }
}
