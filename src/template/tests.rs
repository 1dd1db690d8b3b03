use super::*;

fn template(text: &str) -> Result<Template, TemplateError> {
    Template::parse("t.yaml".into(), text, BTreeMap::new())
}

fn setting(variables: &str, rest: &str) -> Setting {
    let text = format!(
        "{rest}\nResources:\n  S: {{Type: AWS::SecretsManager::Secret}}\n  F:\n    Type: AWS::Serverless::Function\n    \
         Properties:\n      Environment:\n        Variables:\n          X: {variables}\n"
    );
    let functions = template(&text).unwrap().functions();
    functions[0].variables[0].1.clone()
}

fn why(setting: Setting) -> String {
    match setting {
        Setting::Unknown(unknown) => format!("{}: {}", unknown.place.line, unknown.why),
        Setting::Known(text) => panic!("{text}"),
    }
}

#[test]
fn a_text_that_names_make_too_long_is_unknown_with_its_place() {
    let long = format!("Parameters: {{P: {{Type: String, Default: {}}}}}", "x".repeat(1 << 20));
    let too_long = "9: a text of more than 65536 bytes, which nothing here takes";
    for written in [
        format!("!Sub '{}'", "${P}".repeat(100_000)),
        format!("!Sub ['{}', {{N: !Ref P}}]", "${N}".repeat(100_000)),
        format!("!Join ['', [{}]]", "!Ref P, ".repeat(40)),
        format!("!Sub '{}'", "${AWS::NoValue}${!x}".repeat(30_000)),
    ] {
        assert_eq!(why(setting(&written, &long)), too_long);
    }
    assert_eq!(setting("!Sub '${P}${P}'", "Parameters: {P: {Default: ab}}"), Setting::Known("abab".into()));
}

#[test]
fn a_template_that_comes_to_too_much_is_refused_with_the_place() {
    let text = format!(
        "Mappings: {{M: {{a: {{b: {}}}}}}}\nResources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      \
         Tags: [{}]\n",
        "x".repeat(1 << 20),
        "!FindInMap [M, a, b], ".repeat(100)
    );
    let error = template(&text).err().unwrap().to_string();
    assert!(error.starts_with("t.yaml:6:") && error.contains("more than 64 MiB"), "{error}");
    let text = format!(
        "Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      Tags: [{}]\n",
        format!("!Split [',', '{}'], ", ",".repeat(5_000)).repeat(400)
    );
    assert!(template(&text).err().unwrap().to_string().starts_with("t.yaml:5:"));
}

#[test]
fn aliases_count_as_what_they_repeat() {
    let text = format!("a: &a {}\nResources:\n  F: [{}]\n", "x".repeat(100_000), "*a, ".repeat(1_000));
    let error = template(&text).err().unwrap().to_string();
    assert!(error.starts_with("t.yaml:3:") && error.contains("16 MiB of text"), "{error}");
}

const MADE: &str = "\
Parameters: {Stage: {Type: String}}
Resources:
  Named: {Type: AWS::SecretsManager::Secret, Properties: {Name: prod/db}}
  Nameless: {Type: AWS::SecretsManager::Secret}
  Attachment: {Type: AWS::SecretsManager::SecretTargetAttachment, Properties: {SecretId: !Ref Nameless}}
  Cluster: {Type: AWS::RDS::DBCluster}
  Named2: {Type: AWS::SSM::Parameter, Properties: {Name: /prod/p}}
  Param: {Type: AWS::SSM::Parameter}
  Param2: {Type: AWS::SSM::Parameter, Properties: {Name: !Sub '/${Stage}/p'}}
  Open: {Type: AWS::SSM::Parameter, Properties: {Name: !Ref Stage}}
  F:
    Type: AWS::Serverless::Function
    Properties:
      Environment:
        Variables:
          A: !Sub 'secretsmanager:${Named}#key'
          B: !Join ['', ['secretsmanager:', !Ref Nameless, ':key::']]
          C: !Sub 'secretsmanager:${Attachment}'
          D: !Sub 'secretsmanager:${Cluster.MasterUserSecret.SecretArn}'
          E: !Sub ['secretsmanager:${X}', {X: !GetAtt Named.Id}]
          F: !Sub 'ssm:${Param},ssm:${Param2}:3'
          G: !Sub 'ssm:${Named2}'
          H: !Sub 'ssm:${Open}'
          I: !Sub 'ssm:${Param.Value}'
";

#[test]
fn what_the_template_makes_stands_in_the_text_around_it() {
    let template = template(MADE).unwrap().with_made();
    let made = template.made();
    let shown = |setting: &Setting| match setting {
        Setting::Known(text) => made.shown(text),
        Setting::Unknown(unknown) => format!("{}? {}", unknown.prefix, unknown.why),
    };
    let function = template.function("F").unwrap();
    let shown: Vec<_> = function.variables.iter().map(|(_, setting)| shown(setting)).collect();
    assert_eq!(
        shown,
        [
            "secretsmanager:${Named}#key",
            "secretsmanager:${Nameless}:key::",
            "secretsmanager:${Nameless}",
            "secretsmanager:${Cluster.MasterUserSecret.SecretArn}",
            "secretsmanager:${Named}",
            "ssm:${Param},ssm:${Param2}:3",
            "ssm:/prod/p",
            "ssm:? the parameter Stage; give it with --parameter Stage=…",
            "ssm:? Param.Value, which is not made yet",
        ]
    );
    let Setting::Known(text) = &function.variables[0].1 else { panic!() };
    assert_eq!(made.before(text), "secretsmanager:");
    assert_eq!(made.within(text).unwrap().name.as_deref(), Some("prod/db"));
    let plain = super::Template::parse("t.yaml".into(), MADE, BTreeMap::new()).unwrap();
    let of_plain = plain.function("F").unwrap().variables;
    assert!(matches!(&of_plain[0].1, Setting::Unknown(unknown) if unknown.prefix == "secretsmanager:"));
}

#[test]
fn a_resource_whose_name_is_no_name_is_nothing_to_refer_to() {
    for name in ["A\\n  Evil: x", "made-by-this-template.B", "${X}", "\u{e4}"] {
        let resource = format!("  \"{name}\": {{Type: AWS::SecretsManager::Secret}}\n");
        let template = template(&format!("Resources:\n{resource}")).unwrap().with_made();
        assert_eq!(template.resources().len(), 1);
        assert!(template.made().is_empty(), "{name}");
    }
}

#[test]
fn what_is_noecho_is_unknown_whoever_gives_it() {
    let text = |no_echo: &str| {
        format!(
            "Parameters: {{Sec: {{Type: String, Default: hunter2, NoEcho: {no_echo}}}}}\nConditions:\n  \
             C: !Equals [!Ref Sec, hunter2]\nResources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      \
             Environment:\n        Variables:\n          A: !Sub 'ssm:/${{Sec}}/x'\n          B: !Ref Sec\n          \
             C: !If [C, yes, no]\n"
        )
    };
    for given in [None, Some("swordfish")] {
        for no_echo in ["true", "'TRUE'", "yes"] {
            let given = given.map(|value| ("Sec".to_string(), value.to_string())).into_iter().collect();
            let template = super::Template::parse("t.yaml".into(), &text(no_echo), given).unwrap();
            let variables = template.function("F").unwrap().variables;
            let shown = format!("{variables:?}");
            assert!(!shown.contains("hunter2") && !shown.contains("swordfish"), "{shown}");
            let Setting::Unknown(unknown) = &variables[0].1 else { panic!("{shown}") };
            assert_eq!(unknown.prefix, "ssm:/");
            assert_eq!(unknown.why, "the parameter Sec, whose value is NoEcho and is not looked at");
            assert!(matches!(variables[2].1, Setting::Unknown(_)), "{shown}");
        }
    }
    let template = template(&text("false")).unwrap();
    assert_eq!(template.function("F").unwrap().variables[1].1, Setting::Known("hunter2".into()));
}

fn unknown(variables: &str, rest: &str) -> Unknown {
    match setting(variables, rest) {
        Setting::Unknown(unknown) => unknown,
        Setting::Known(text) => panic!("{text}"),
    }
}

#[test]
fn how_a_key_begins_is_not_how_the_value_begins() {
    let rest = "Parameters: {P: {Type: String}}\nMappings: {M: {a: {k: 'ssm:/x'}}}";
    for key in ["!Sub 'x:${P}'", "!Ref S"] {
        let unknown = unknown(&format!("!FindInMap [M, {key}, k]"), rest);
        assert_eq!(
            (unknown.prefix.as_str(), unknown.of_resource, unknown.resource),
            ("", false, None),
            "{key}"
        );
    }
}

#[test]
fn what_a_dynamic_reference_stands_for_may_be_a_reference_whatever_is_behind_it() {
    for written in ["!Join ['', ['{{resolve:ssm:/a}}', !Ref S]]", "!Sub '{{resolve:ssm:/${S}}}'"] {
        let unknown = unknown(written, "");
        assert!(!unknown.of_resource && !unknown.prefix.starts_with(':'), "{written}");
    }
}

#[test]
fn a_dynamic_reference_is_one_however_it_is_put_together() {
    let rest = "Parameters:\n  P: {Type: String, Default: 'x-{{resolve:ssm:/a}}'}\n  L: {Type: CommaDelimitedList, Default: \
                'x-{{resolve:ssm:/a}},b'}";
    for written in [
        "!Ref P",
        "!Select [0, !Ref L]",
        "!Join ['', ['x-{{', 'resolve:ssm:/a}}']]",
        "!Sub ['x-{${X}', {X: '{resolve:ssm:/a}}'}]",
    ] {
        let unknown = unknown(written, rest);
        let written_out = unknown.written.as_deref();
        assert_eq!((unknown.prefix.as_str(), written_out), ("x-", Some("x-{{resolve:ssm:/a}}")), "{written}");
    }
}

#[test]
fn what_has_text_behind_it_is_not_the_resource_itself() {
    for (written, resource) in [
        ("!Sub '${S}'", Some("S")),
        ("!Sub 'a/${S}'", Some("S")),
        ("!Sub '${S}*'", None),
        ("!Join ['-', [!Ref S, '']]", None),
    ] {
        assert_eq!(unknown(written, "").resource.as_deref(), resource, "{written}");
    }
}

/// `5:7 Stge (parameter or resource; Stage)` of the variable X.
fn misnamed(head: &str, written: &str) -> Vec<String> {
    let text = format!(
        "{head}\nResources:\n  S: {{Type: AWS::SecretsManager::Secret}}\n  Its: {{Type: AWS::Serverless::Api}}\n  F:\n    \
         Type: AWS::Serverless::Function\n    Properties: {{Environment: {{Variables: {{X: {written}}}}}}}\n"
    );
    let told = template(&text).unwrap().misnamed("F").into_iter().map(|wrong| {
        let near = wrong.near.unwrap_or_default();
        format!(
            "{} {} {} ({}; {near})",
            wrong.variable.unwrap_or_default(),
            wrong.place.line,
            wrong.name,
            wrong.kind
        )
    });
    told.collect()
}

fn head() -> String {
    "Transform: AWS::Serverless-2016-10-31\nParameters: {Stage: {Type: String}}\nConditions: {IsProd: !Equals [!Ref Stage, p]}"
        .into()
}

#[test]
fn a_name_that_nothing_has_is_told_with_its_place_and_the_nearest() {
    for (written, told) in [
        ("!Sub 'ssm:/${Stge}/x'", "X 9 Stge (parameter or resource; Stage)"),
        ("!Ref Stge", "X 9 Stge (parameter or resource; Stage)"),
        ("!GetAtt Stage.Arn", "X 9 Stage (resource; )"),
        ("!If [IsPrd, a, b]", "X 9 IsPrd (condition; IsProd)"),
        ("!Sub ['${A}${B}', {A: x}]", "X 9 B (parameter or resource; )"),
        ("!Sub '${AWS::Regon}'", "X 9 AWS::Regon (parameter or resource; AWS::Region)"),
        ("!Join ['', [a, !If [IsProd, !Ref Nothing, b]]]", "X 9 Nothing (parameter or resource; )"),
    ] {
        assert_eq!(misnamed(&head(), written), [told], "{written}");
    }
}

#[test]
fn what_is_there_or_may_be_made_is_not_told() {
    for written in [
        "!Sub '${Stage}${S}${S.Id}${!Literal}${AWS::Region}${ServerlessRestApi}${ItsStage}${FRole}$${not a name}'",
        "!If [IsProd, !Ref S, !Ref AWS::NoValue]",
        "{'Fn::Transform': {Name: M, Parameters: {P: !Ref Nothing}}}",
        "!Ref F.Version",
    ] {
        assert_eq!(misnamed(&head(), written), [""; 0], "{written}");
    }
    for transform in ["[AWS::Serverless-2016-10-31, AWS::LanguageExtensions]", "Mine", "{Name: AWS::Include}"]
    {
        let head = head().replace("AWS::Serverless-2016-10-31", transform);
        assert_eq!(misnamed(&head, "!Ref Nothing"), [""; 0], "{transform}");
    }
    for (section, entry) in [("Parameters", "Fn::Transform"), ("Conditions", "Fn::ForEach::Each")] {
        let head =
            head().replace(&format!("{section}: {{"), &format!("{section}: {{'{entry}': {{Name: x}}, "));
        assert_eq!(misnamed(&head, "!Ref Nothing"), [""; 0], "{entry}");
    }
}
