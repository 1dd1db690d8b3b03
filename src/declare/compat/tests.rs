use super::*;
use crate::texts::Texts;

const ARN: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf";
const PARAMETER_ARN: &str = "arn:aws:ssm:eu-west-1:123456789012:parameter/prod/db";

/// What one tool makes of a variable named `NAME` in an environment of others.
fn claim(tool: Tool, name: &str, value: &str, others: &[(&str, &str)]) -> Option<Result<String, Fault>> {
    let tools = [tool];
    let foreign = Foreign::new(&tools, others.iter().copied());
    let (by, claim) = foreign.claim(name, value)?;
    assert_eq!(by, tool);
    Some(claim.map(|reference| reference.to_string()))
}

fn read(tool: Tool, value: &str) -> String {
    claim(tool, "NAME", value, &[]).unwrap_or_else(|| panic!("{value}: not claimed")).unwrap()
}

fn refused(tool: Tool, value: &str) -> String {
    let fault =
        claim(tool, "NAME", value, &[]).unwrap_or_else(|| panic!("{value}: not claimed")).unwrap_err();
    format!("{}; {}", fault.why, fault.advice)
}

#[test]
fn each_tools_forms_are_read() {
    for (tool, written, read_as) in [
        (Tool::Crypteia, "x-crypteia-ssm:/myapp/SECRET", "ssm:/myapp/SECRET"),
        (Tool::Crypteia, "x-crypteia-ssm:/myapp/SECRET:3", "ssm:/myapp/SECRET:3"),
        (Tool::SsmEnv, "ssm://prod.app.cookie-secret", "ssm:prod.app.cookie-secret"),
        (Tool::SsmEnv, "ssm:///foo/bar", "ssm:/foo/bar"),
        (Tool::SsmEnv, "ssm://secret:1", "ssm:secret:1"),
        (Tool::AwsEnv, "ssm:///prod/db", "ssm:/prod/db"),
        (Tool::AwsEnv, "sm://prod/db", "secretsmanager:prod/db"),
        (Tool::AwsEnv, &format!("sm://{ARN}"), &format!("secretsmanager:{ARN}")),
        (Tool::SecretsInit, ARN, &format!("secretsmanager:{ARN}")),
        (Tool::SecretsInit, PARAMETER_ARN, &format!("ssm:{PARAMETER_ARN}")),
        (Tool::SecretsInit, &format!("{PARAMETER_ARN}:2"), &format!("ssm:{PARAMETER_ARN}:2")),
        (Tool::Bref, "bref-ssm:/my-app/my-parameter", "ssm:/my-app/my-parameter"),
        (Tool::Bref, "bref-secretsmanager:prod/db", "secretsmanager:prod/db"),
    ] {
        assert_eq!(read(tool, written), read_as, "{written}");
    }
}

#[test]
fn crypteias_placeholders_are_below_the_one_tree_there_is() {
    let tree = ("X_CRYPTEIA_SSM", "x-crypteia-ssm-path:/myapp/envs/");
    let below = |others: &[_]| claim(Tool::Crypteia, "db_Url", "x-crypteia", others).unwrap();
    assert_eq!(below(&[tree]).unwrap(), "ssm:/myapp/envs/db_Url");
    assert_eq!(below(&[tree, tree]).unwrap(), "ssm:/myapp/envs/db_Url");
    assert!(below(&[]).unwrap_err().why.contains("no variable names one"));
    let two = below(&[tree, ("MORE", "x-crypteia-ssm-path:/more")]).unwrap_err();
    assert!(two.why.contains("(MORE, X_CRYPTEIA_SSM)"), "{two:?}");
    // The tree itself stays a variable as it is.
    assert_eq!(claim(Tool::Crypteia, tree.0, tree.1, &[tree]), None);
}

#[test]
fn a_slip_in_a_tools_syntax_is_told_in_that_syntax() {
    for (tool, written, told) in [
        (Tool::Crypteia, "x-crypteia-smm:/a", "write x-crypteia-ssm:/path/name"),
        (Tool::Crypteia, "x-crypteia-ssm:a/b", "put a / in front: x-crypteia-ssm:/path/name"),
        (Tool::Crypteia, "x-crypteia-ssm:", "write x-crypteia-ssm:/path/name"),
        (Tool::Crypteia, "x-crypteia-ssm:/a/*", "cannot have '*'"),
        (Tool::Crypteia, "x-crypteia-ssm-path:/a:3", "a tree has no version or label"),
        (Tool::Crypteia, "x-crypteia-ssm-path:", "name is missing"),
        (Tool::SsmEnv, "ssm:///a?optional", "cannot have '?'"),
        (Tool::SsmEnv, "ssm://a/b", "put a / in front: ssm:///path/name"),
        (Tool::AwsEnv, "sm://prod/db#key", "cannot have '#'"),
        (Tool::AwsEnv, "kms://AQICAHh", "store the value as a SecureString"),
        (Tool::SecretsInit, &format!("{ARN}:key::"), "takes a secret as a whole"),
        (Tool::SecretsInit, "gcp:secretmanager:projects/p/secrets/s", "Google Cloud"),
        (Tool::Bref, "bref-smm:/a", "did you mean bref-ssm:?"),
        (Tool::Bref, &format!("bref-secretsmanager:{ARN}:key::"), "takes a secret as a whole"),
    ] {
        assert!(refused(tool, written).contains(told), "{written}: {}", refused(tool, written));
    }
    let ini = claim(Tool::Bref, "BREF_PARAMETER_STORE", "ssm:/app/all", &[]).unwrap().unwrap_err();
    assert!(ini.advice.contains("declare the tree"));
}

#[test]
fn what_is_not_a_tools_own_is_left_alone() {
    for (name, tool) in Tool::NAMES {
        assert_eq!(Tool::named(name), Ok(tool));
        let values =
            ["", "plain", "x-cryp", "ssm", "ssm:", "ssm:/a", "secretsmanager:a", "bref", "bref-", "sm:/x"];
        let arns = ["arn:aws:s3:::bucket", "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:a"];
        let more = [
            "arn:aws:ssm:eu-west-1:123456789012:document/x",
            "https://ssm://x",
            "a ssm://b",
            "gcp:x",
            "kms:/x",
        ];
        for value in values.iter().chain(&arns).chain(&more) {
            assert_eq!(claim(tool, "NAME", value, &[]), None, "{name} claims {value}");
        }
    }
    // With more parts than a version secrets-init leaves it.
    assert_eq!(claim(Tool::SecretsInit, "NAME", &format!("{PARAMETER_ARN}:1:2"), &[]), None);
    assert_eq!(claim(Tool::Bref, "BREF_PARAMETER_STORE", "plain", &[]), None);
}

#[test]
fn unknown_tools_are_told_with_what_to_do() {
    let told = |name: &str| Tool::named(name).unwrap_err().advice;
    assert_eq!(told("cryptea"), "did you mean crypteia?");
    assert!(told("chamber").contains("vestry import --from chamber"));
    assert!(told("cloudformation").contains("deployment"));
    assert!(told("vault").contains("aws-env, bref, crypteia, secrets-init, ssm-env"));
}

/// What means something to one parser or another.
const PIECES: [&str; 30] = [
    "x-crypteia",
    "x-crypteia-ssm:",
    "x-crypteia-ssm-path:",
    "ssm://",
    "sm://",
    "kms://",
    "bref-ssm:",
    "bref-secretsmanager:",
    "bref-",
    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:",
    "arn:aws:ssm:eu-west-1:123456789012:parameter/",
    "gcp:secretmanager:",
    "ssm",
    "secretsmanager",
    ":",
    "/",
    "/a",
    "b",
    "Z9",
    ":3",
    "#",
    "?",
    "*",
    "optional",
    "default=x",
    "%zz",
    "é",
    "\0",
    "\n",
    "{{resolve:",
];

#[test]
fn no_text_is_claimed_that_ours_takes_and_none_is_both_read_and_strange() {
    let tools = Tool::NAMES.map(|(_, tool)| tool);
    let mut texts = Texts::of(&PIECES, 1);
    let mut claimed = 0;
    for _ in 0..40_000 {
        let (value, other) = (texts.text(5), texts.text(5));
        let foreign = Foreign::new(&tools, [("OTHER", other.as_str())].into_iter());
        let ours = match grammar::scheme(&value) {
            Some(Ok((store, rest))) => grammar::reference(store, rest).is_ok(),
            _ => false,
        };
        let Some((tool, claim)) = foreign.claim("NAME", &value) else { continue };
        assert!(!ours, "{} claims {value:?}", tool.as_str());
        let Ok(reference) = claim else { continue };
        claimed += 1;
        // Whole, by itself, and the same when it is read back in our own syntax.
        assert!(
            !reference.expands() && reference.key == Key::Whole && reference.default.is_none(),
            "{value:?}"
        );
        let printed = reference.to_string();
        let Some(Ok((store, rest))) = grammar::scheme(&printed) else {
            panic!("{value:?} became {printed:?}")
        };
        assert_eq!(grammar::reference(store, rest).unwrap().source, reference.source);
    }
    assert!(claimed > 500, "only {claimed} of the texts are references");
}
