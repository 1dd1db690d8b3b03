use serde_json::{Value, json};

use super::support::{Dir, Run, policy, policy_with};

fn of_template(text: &str, args: &[&str]) -> Run {
    let dir = Dir::new(&[("template.yaml", text)]);
    policy(&dir, &[&["input", "--template", "template.yaml"], args].concat())
}

/// Variable, store and name of each reference.
fn references(document: &Value) -> Vec<[Value; 3]> {
    let references = document["references"].as_array().unwrap().iter();
    references.map(|r| [r["variable"].clone(), r["store"].clone(), r["name"].clone()]).collect()
}

#[test]
fn the_environment_is_the_functions_configuration() {
    let dir = Dir::new(&[]);
    let variables = [
        ("DB", "ssm:/prod/db:3?default=canary"),
        ("PLAIN", "canary"),
        ("AWS_LAMBDA_FUNCTION_NAME", "orders"),
    ];
    let run = policy_with(&dir, &["input"], &variables, "");
    assert_eq!(run.code, Some(0), "{run:?}");
    let document = run.json();
    assert_eq!(document["function"]["name"], "orders");
    assert_eq!(document["delivery"], "socket");
    let variables = document["variables"].as_array().unwrap();
    assert!(variables.len() == 2 && variables.contains(&json!("PLAIN")), "{variables:?}");
    let reference = &document["references"][0];
    assert_eq!((&reference["selector"]["version"], &reference["has_default"]), (&json!("3"), &json!(true)));
    assert!(!run.stdout.contains("canary") && !run.stderr.contains("canary"), "{run:?}");
}

#[test]
fn wrong_declarations_are_refused_as_in_lambda() {
    let run = policy_with(&Dir::new(&[]), &["input"], &[("DB", "smm:/prod/db")], "");
    assert_eq!((run.code, run.stdout.as_str()), (Some(3), ""));
    assert!(run.stderr.contains("Vestry.InvalidDeclaration: DB"), "{run:?}");
}

#[test]
fn a_file_of_variables_stands_for_the_environment() {
    let text = "# of the function\nexport DB=\"ssm:/prod/db\"\n\nB = x=y\nVESTRY_DELIVERY=file\n";
    let dir = Dir::new(&[("function.env", text), ("bad.env", "A=1\nnonsense\n")]);
    let document =
        policy_with(&dir, &["input", "--env-file", "function.env"], &[("HERE", "ssm:/x")], "").json();
    assert_eq!(references(&document), [["DB", "ssm", "/prod/db"].map(Value::from)]);
    assert_eq!(
        (&document["variables"], &document["delivery"]),
        (&json!(["B", "VESTRY_DELIVERY"]), &json!("file"))
    );
    let bad = policy(&dir, &["input", "--env-file", "bad.env"]);
    assert_eq!(bad.code, Some(2));
    assert!(bad.stderr.contains("bad.env:2: write NAME=VALUE"), "{bad:?}");
}

const FUNCTION: &str = r#"
Parameters:
  Stage: {Type: String, Default: prod}
  Latest: {Type: "AWS::SSM::Parameter::Value<String>", Default: /x}
Mappings:
  Names: {prod: {db: /prod/mapped}, dev: {db: /dev/mapped}}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  NotProd: !Not [!Condition IsProd]
Globals:
  Function:
    MemorySize: 512
    Runtime: python3.13
    Environment:
      Variables:
        AWS_LAMBDA_EXEC_WRAPPER: /opt/vestry-exec
        SHARED: ssm:/shared
        OVERRIDDEN: ssm:/global
Resources:
  Table: {Type: "AWS::DynamoDB::Table"}
  Custom: {Type: "Custom::Thing"}
  Parameter:
    Type: AWS::SSM::Parameter
    Properties: {Name: !Sub "/${Stage}/made", Type: String, Value: v}
  Function:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: orders
      Environment:
        Variables:
          OVERRIDDEN: ssm:/own
          SUB: !Sub "ssm:/${Stage}/db"
          LONG: {"Fn::Sub": ["ssm:/${s}/long", {s: !Ref Stage}]}
          JOIN: !Join [":", [ssm, /joined]]
          MAP: !Sub ["ssm:${n}", {n: !FindInMap [Names, !Ref Stage, db]}]
          MADE: !Sub "ssm:${Parameter}"
          IF: !If [NotProd, "ssm:/dev/if", "ssm:/prod/if"]
          GONE: !If [IsProd, !Ref "AWS::NoValue", "x"]
          LITERAL: !Sub "a/${!Stage}"
          TABLE: !Ref Table
          ARN: !GetAtt Table.Arn
          URL: !Sub "https://${Custom}"
          NUMBER: 1
"#;

#[test]
fn what_a_template_tells_is_resolved() {
    let run = of_template(FUNCTION, &["--function", "Function"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{run:?}");
    let document = run.json();
    let expected = [
        ("SHARED", "/shared"),
        ("OVERRIDDEN", "/own"),
        ("SUB", "/prod/db"),
        ("LONG", "/prod/long"),
        ("JOIN", "/joined"),
        ("MAP", "/prod/mapped"),
        ("MADE", "/prod/made"),
        ("IF", "/prod/if"),
    ];
    let found = references(&document);
    let mut found: Vec<(&str, &str)> =
        found.iter().map(|[v, _, n]| (v.as_str().unwrap(), n.as_str().unwrap())).collect();
    found.sort_unstable();
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert_eq!(document["function"]["memory_mb"], 512);
    let variables = document["variables"].as_array().unwrap();
    for name in ["TABLE", "ARN", "URL", "NUMBER", "LITERAL"] {
        assert!(variables.contains(&json!(name)), "{name}");
    }
    assert!(!variables.contains(&json!("GONE")));
    assert!(document.get("unknown").is_none(), "{document:#}");
}

#[test]
fn parameters_given_take_the_place_of_defaults() {
    let document = of_template(FUNCTION, &["--function", "orders", "--parameter", "Stage=dev"]).json();
    let names: Vec<_> = references(&document).into_iter().map(|[_, _, name]| name).collect();
    for name in ["/dev/db", "/dev/long", "/dev/mapped", "/dev/made", "/dev/if"] {
        assert!(names.contains(&json!(name)), "{name}: {names:?}");
    }
}

#[test]
fn what_only_a_deployment_tells_is_unknown_and_said() {
    let template = r#"
Parameters:
  Team: {Type: String}
  Latest: {Type: "AWS::SSM::Parameter::Value<String>", Default: /x}
Resources:
  Custom: {Type: "Custom::Thing"}
  Function:
    Type: AWS::Lambda::Function
    Properties:
      Environment:
        Variables:
          VESTRY_DELIVERY: file
          REFERENCE: !Sub "secretsmanager:${Team}/db"
          IMPORTED: !ImportValue other
          READ: !Ref Latest
          MADE: !GetAtt Custom.Value
          PUT_IN: "{{resolve:ssm:/x}}"
          MACRO: !Transform {Name: x}
"#;
    let run = of_template(template, &["--function", "Function"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let document = run.json();
    assert_eq!(references(&document), [[json!("REFERENCE"), json!("secretsmanager"), Value::Null]]);
    let of: Vec<_> =
        document["unknown"].as_array().unwrap().iter().map(|u| u["of"].as_str().unwrap()).collect();
    assert_eq!(of, ["REFERENCE", "IMPORTED", "READ", "MADE", "PUT_IN", "MACRO", "FunctionName"]);
    for name in of {
        assert!(run.stderr.contains(&format!(": {name} is unknown: ")), "{name}: {}", run.stderr);
    }
    assert!(
        run.stderr.contains("template.yaml:13:22: REFERENCE is unknown: the parameter Team"),
        "{}",
        run.stderr
    );
}

#[test]
fn the_function_has_to_be_named_where_there_are_several() {
    let two = "Resources:\n  A: {Type: AWS::Lambda::Function}\n  B: {Type: AWS::Lambda::Function}\n";
    let run = of_template(two, &[]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("--function: A, B"), "{run:?}");
    assert!(of_template(two, &["--function", "C"]).stderr.contains("no function C; it has A, B"));
}

#[test]
fn json_is_a_template_too() {
    let text = r#"{"Resources": {"F": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "\ud83d\ude00", "Environment": {"Variables": {
        "VESTRY_DELIVERY": "file", "DB": {"Fn::Join": ["", ["ssm:", {"Ref": "Name"}]]}}}}}},
        "Parameters": {"Name": {"Type": "String", "Default": "/a\/b"}}}"#;
    let document = of_template(text, &["--function", "F"]).json();
    assert_eq!(references(&document), [["DB", "ssm", "/a/b"].map(Value::from)]);
}

#[test]
fn an_os_only_runtime_with_our_layer_takes_the_socket() {
    let text = "Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties:\n      Runtime: provided.al2023\n      Layers: [arn:aws:lambda:eu-west-1:1:layer:vestry-provided:3]\n      Environment: {Variables: {DB: ssm:/x}}\n";
    assert_eq!(of_template(text, &["--function", "F"]).json()["delivery"], "socket");
    let without = text.replace("vestry-provided", "other");
    assert_eq!(of_template(&without, &["--function", "F"]).code, Some(3));
}

const PACKAGED: &str = "\
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: orders
      CodeUri: code
      Environment:
        Variables: {AWS_LAMBDA_EXEC_WRAPPER: /opt/vestry-exec, OWN: 'ssm:/own'}
";
const MANIFEST: &str =
    "[variables]\nPACKED = \"secretsmanager:packed\"\n[profile.prod.variables]\nLIVE = \"ssm:/live\"\n";

#[test]
fn the_manifest_of_the_package_is_read() {
    let names = |variables: &str, code: &str| {
        let text = PACKAGED.replace("OWN:", &format!("{variables} OWN:")).replace("CodeUri: code", code);
        let files = [
            ("template.yaml", text.as_str()),
            ("code/vestry.toml", MANIFEST),
            ("code/other/v.toml", MANIFEST),
        ];
        let dir = Dir::new(&files);
        let run = policy(&dir, &["input", "--template", "template.yaml"]);
        let document = run.json();
        let variables = references(&document).iter().map(|r| r[0].as_str().unwrap().to_string()).collect();
        (variables, run.stderr)
    };
    let own =
        |more: &[&str]| -> Vec<String> { ["OWN"].iter().chain(more).map(ToString::to_string).collect() };
    assert_eq!(names("", "CodeUri: code"), (own(&["PACKED"]), String::new()));
    assert_eq!(names("VESTRY_PROFILE: prod,", "CodeUri: code").0, own(&["PACKED", "LIVE"]));
    assert_eq!(names("VESTRY_MANIFEST: other/v.toml,", "CodeUri: code").0, own(&["PACKED"]));
    assert_eq!(names("VESTRY_MANIFEST: /var/task/other/v.toml,", "CodeUri: code").0, own(&["PACKED"]));
    assert_eq!(names("", "CodeUri: s3://bucket/key"), (own(&[]), String::new()));
    let (variables, said) = names("VESTRY_MANIFEST: v.toml,", "CodeUri: s3://bucket/key");
    assert_eq!(variables, own(&[]));
    assert!(
        said.contains("template.yaml:3:5: VESTRY_MANIFEST is unknown: v.toml is not on this machine"),
        "{said}"
    );
}

#[test]
fn hostile_templates_end() {
    let nested = format!("Resources: {}1{}", "[".repeat(5_000), "]".repeat(5_000));
    let laughs: String =
        (1..12).map(|i| format!("a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 10].join(", "))).collect();
    let laughs = format!("a0: &a0 [x, x]\n{laughs}Resources: {{}}\n");
    let circle = "Resources:\n  A: {Type: AWS::SSM::Parameter, Properties: {Name: !Ref B}}\n  B: {Type: AWS::SSM::Parameter, Properties: {Name: !Ref A}}\n  F: {Type: AWS::Lambda::Function, Properties: {Environment: {Variables: {V: !Ref A}}}}\n";
    let conditions = "Conditions:\n  A: !Not [!Condition B]\n  B: !Not [!Condition A]\nResources:\n  F: {Type: AWS::Lambda::Function, Properties: {Environment: {Variables: {V: !If [A, x, y]}}}}\n";
    let doubling: String = (1..40)
        .map(|i| {
            format!(
                "  P{i}: {{Type: AWS::SSM::Parameter, Properties: {{Name: !Sub \"${{P{}}}${{P{}}}\"}}}}\n",
                i - 1,
                i - 1
            )
        })
        .collect();
    let doubling = format!(
        "Resources:\n  P0: {{Type: AWS::SSM::Parameter, Properties: {{Name: xxxxxxxx}}}}\n{doubling}  F: {{Type: AWS::Lambda::Function, Properties: {{Environment: {{Variables: {{V: !Ref P39}}}}}}}}\n"
    );
    for (name, text, code) in [
        ("nested", nested.as_str(), 2),
        ("laughs", &laughs, 2),
        ("circle", circle, 0),
        ("conditions", conditions, 0),
        ("doubling", &doubling, 2),
        ("no template", "just: yaml\n", 2),
        ("not yaml", "a: [\n", 2),
        ("two documents", "Resources: {}\n---\nb: 1\n", 2),
        ("twice", "Resources: {}\nResources: {}\n", 2),
        ("empty", "", 2),
    ] {
        let run = of_template(text, &["--function", "F"]);
        assert_eq!(run.code, Some(code), "{name}: {run:?}");
    }
}

const STORE: &str = r#"
region = "eu-west-1"
[parameters]
"/prod/db" = "canary"
[secrets]
"prod/stripe" = '{"key": "canary", "old": "canary"}'
"#;

#[test]
fn at_the_stage_resolve_the_stores_are_asked_and_no_value_is_told() {
    let dir = Dir::new(&[("store.toml", STORE), ("template.yaml", FUNCTION_OF_STORE)]);
    let variables = [("DB", "ssm:/prod/db"), ("VESTRY_SECRETS", "STRIPE=prod/stripe#*")];
    let ask = ["input", "--stage", "resolve", "--store", "store.toml"];
    let of_template = [&ask[..], &["--template", "template.yaml", "--function", "Orders"]].concat();
    for run in [policy_with(&dir, &ask, &variables, ""), policy(&dir, &of_template)] {
        assert_eq!(run.code, Some(0), "{run:?}");
        assert!(!run.stdout.contains("canary") && !run.stderr.contains("canary"), "{run:?}");
        let document = run.json();
        assert_eq!((&document["stage"], &document["delivery"]), (&json!("resolve"), &json!("socket")));
        assert_eq!(
            references(&document),
            [
                ["DB", "ssm", "/prod/db"].map(Value::from),
                ["STRIPE_KEY", "secretsmanager", "prod/stripe"].map(Value::from),
                ["STRIPE_OLD", "secretsmanager", "prod/stripe"].map(Value::from),
            ]
        );
        let db = &document["references"][0];
        assert_eq!((&db["found"], &db["version"], &db["size"]), (&json!(true), &json!("1"), &json!(6)));
    }
}

const FUNCTION_OF_STORE: &str = "
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      Handler: a.b
      Environment:
        Variables:
          DB: ssm:/prod/db
          VESTRY_SECRETS: STRIPE=prod/stripe#*
          AWS_LAMBDA_EXEC_WRAPPER: /opt/vestry-exec
          VESTRY_POLICY: /var/task/policy
          VESTRY_POLICY_REQUIRED: true
          VESTRY_POLICY_KEY: /var/task/policy.pub
";

/// The extension asks a policy of it, too.
#[test]
fn a_function_that_declares_nothing_has_an_input() {
    let template = "
Resources:
  Plain:
    Type: AWS::Serverless::Function
    Properties:
      Handler: a.b
      Environment:
        Variables: {LOG_LEVEL: info, VESTRY_POLICY: policy, VESTRY_POLICY_KEY: policy.pub}
";
    let rule = "package vestry.declare\n\ndeny contains \"nothing\" if input.references == []\n";
    let dir = Dir::new(&[("template.yaml", template), ("policy/a.rego", rule), ("store.toml", STORE)]);
    let variables = [("LOG_LEVEL", "info"), ("VESTRY_POLICY", "policy"), ("VESTRY_POLICY_KEY", "policy.pub")];
    let of_template = ["--template", "template.yaml"];
    for stage in [&["--stage", "declare"][..], &["--stage", "resolve", "--store", "store.toml"]] {
        for run in [
            policy_with(&dir, &[&["input"], stage].concat(), &variables, ""),
            policy(&dir, &[&["input"], stage, &of_template].concat()),
        ] {
            assert_eq!(run.code, Some(0), "{run:?}");
            let document = run.json();
            assert_eq!((&document["references"], &document["delivery"]), (&json!([]), &json!("none")));
        }
    }
    let run = policy(&dir, &[&["eval", "policy"], &of_template[..]].concat());
    assert_eq!(run.code, Some(3), "{run:?}");
    assert!(run.stdout.contains("Plain     denied   nothing"), "{run:?}");
}

#[test]
fn what_the_stores_refuse_has_no_input() {
    let dir = Dir::new(&[("store.toml", STORE)]);
    let ask = ["input", "--stage", "resolve", "--store", "store.toml"];
    let lost = policy_with(&dir, &ask, &[("DB", "ssm:/prod/lost")], "");
    assert_eq!((lost.code, lost.stdout.as_str()), (Some(3), ""));
    assert!(lost.stderr.contains("Vestry.NotFound: DB"), "{lost:?}");
    let early = policy_with(&dir, &["input", "--store", "store.toml"], &[("DB", "ssm:/prod/db")], "");
    assert_eq!(early.code, Some(2));
    assert!(early.stderr.contains("--stage resolve"), "{early:?}");
}

#[test]
fn what_a_template_leaves_open_cannot_be_asked_for() {
    let open = FUNCTION_OF_STORE.replace("DB: ssm:/prod/db", "DB: !Sub ssm:/${Stage}/db");
    let text = format!("Parameters:\n  Stage:\n    Type: String\n{open}");
    let dir = Dir::new(&[("store.toml", STORE), ("template.yaml", &text)]);
    let ask = ["input", "--stage", "resolve", "--store", "store.toml", "--template", "template.yaml"];
    let run = policy(&dir, &ask);
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""));
    assert!(run.stderr.contains("Stage") && run.stderr.contains("--parameter"), "{run:?}");
    assert_eq!(policy(&dir, &[&ask[..], &["--parameter", "Stage=prod"]].concat()).code, Some(0));
}
