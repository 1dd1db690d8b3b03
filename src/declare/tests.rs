use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use super::*;

fn with_wrapper(pairs: &[(&str, &str)]) -> Environment {
    let wrapper = [("AWS_LAMBDA_EXEC_WRAPPER", "/opt/vestry-exec")];
    wrapper.iter().chain(pairs).copied().collect()
}

fn read_pairs(pairs: &[(&str, &str)]) -> Result<Declared, Refusal> {
    read(&with_wrapper(pairs), &nowhere())
}

fn nowhere() -> Host {
    Host { opt: "/nonexistent".into(), task: "/nonexistent".into(), delivery: None }
}

fn one(value: &str) -> Declaration {
    let mut declared = read_pairs(&[("NAME", value)]).unwrap_or_else(|refusal| panic!("{value}: {refusal}"));
    assert_eq!(declared.declarations.len(), 1, "{value}");
    declared.declarations.remove(0)
}

fn problems(pairs: &[(&str, &str)]) -> Vec<String> {
    let refusal = read_pairs(pairs).map(|d| panic!("accepted: {d:?}")).unwrap_err();
    assert_eq!(refusal.error_type(), ErrorType::InvalidDeclaration);
    refusal.problems().iter().map(ToString::to_string).collect()
}

/// A reference as declared, as printed, and as asked of its store.
#[test]
fn every_form_is_understood_and_printed_as_written() {
    let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf";
    let parameter_arn = "arn:aws:ssm:eu-west-1:123456789012:parameter/prod/db";
    for (written, printed, id) in [
        ("ssm:/prod/db/password", "ssm:/prod/db/password", "/prod/db/password"),
        ("ssm:flat", "ssm:flat", "flat"),
        ("ssm:/prod/db:3", "ssm:/prod/db:3", "/prod/db"),
        ("ssm:/prod/db:live", "ssm:/prod/db:live", "/prod/db"),
        ("ssm:/prod/db?version=3", "ssm:/prod/db:3", "/prod/db"),
        ("ssm:/prod/*", "ssm:/prod/*", "/prod"),
        ("ssm:/*", "ssm:/*", "/"),
        ("ssm:/prod/db#key", "ssm:/prod/db#key", "/prod/db"),
        ("ssm:/prod/db:3#/a/b", "ssm:/prod/db:3#/a/b", "/prod/db"),
        ("secretsmanager:prod/db", "secretsmanager:prod/db", "prod/db"),
        ("secretsmanager:prod/db#*", "secretsmanager:prod/db#*", "prod/db"),
        ("secretsmanager:a+b=c.@d#k?optional", "secretsmanager:a+b=c.@d#k?optional", "a+b=c.@d"),
        (
            "secretsmanager:s?stage=AWSPREVIOUS&version=v1",
            "secretsmanager:s?version=v1&stage=AWSPREVIOUS",
            "s",
        ),
        ("secretsmanager:s?decode=base64&default=x", "secretsmanager:s?default=…&decode=base64", "s"),
    ] {
        let declaration = one(written);
        assert_eq!(declaration.reference.to_string(), printed);
        assert_eq!(declaration.reference.source.id, id);
    }
    let reference = one(&format!("ssm:{parameter_arn}:live#k")).reference;
    assert_eq!(reference.source.id, parameter_arn);
    assert_eq!(reference.source.name(), "/prod/db");
    assert_eq!(reference.source.selector.label.as_deref(), Some("live"));

    for (suffix, key, stage, version) in [
        ("", None, None, None),
        (":::", None, None, None),
        (":user", Some("user"), None, None),
        (":user::", Some("user"), None, None),
        (":user:AWSPREVIOUS:", Some("user"), Some("AWSPREVIOUS"), None),
        ("::AWSPENDING", None, Some("AWSPENDING"), None),
        (":::v1", None, None, Some("v1")),
        ("#user", Some("user"), None, None),
        ("?stage=AWSPREVIOUS", None, Some("AWSPREVIOUS"), None),
    ] {
        let reference = one(&format!("secretsmanager:{arn}{suffix}")).reference;
        assert_eq!(reference.source.id, arn, "{suffix}");
        assert_eq!(reference.source.name(), "prod/db-AbCdEf");
        assert_eq!(reference.key.text(), key, "{suffix}");
        assert_eq!(reference.source.selector.stage.as_deref(), stage, "{suffix}");
        assert_eq!(reference.source.selector.version.as_deref(), version, "{suffix}");
    }
}

#[test]
fn option_values_are_percent_decoded() {
    let reference = one("ssm:/a?default=a%26b%20%23%C3%A9,=?&optional").reference;
    assert_eq!(reference.default.unwrap().expose(), "a&b #é,=?".as_bytes());
    assert!(reference.optional);
    assert_eq!(one("ssm:/a?default=").reference.default.unwrap().expose(), b"");
}

#[test]
fn lists_name_what_they_declare() {
    let declared = read_pairs(&[
        ("VESTRY_PARAMETERS", "/prod/db/password, FLAGS=/prod/flags/*,/prod/more/*\n K=/a#b:c ,"),
        (
            "VESTRY_SECRETS",
            "prod/stripe-key, STRIPE_KEY2 = prod/stripe#key, prod/x?stage=AWSPREVIOUS, prod/all#*,\
             arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/own-AbCdEf:k::",
        ),
    ])
    .unwrap();
    let names: Vec<_> = declared.declarations.iter().map(|d| d.name.as_deref()).collect();
    let expected = [
        Some("PASSWORD"),
        Some("FLAGS"),
        None,
        Some("K"),
        Some("STRIPE_KEY"),
        Some("STRIPE_KEY2"),
        Some("X"),
        None,
        Some("OWN"),
    ];
    assert_eq!(names, expected);
    assert_eq!(declared.declarations[2].label(), "VESTRY_PARAMETERS entry 3");
}

#[test]
fn what_no_scheme_claims_is_left_alone() {
    for value in [
        "",
        "plain",
        "https://example.org/?a=b#c",
        "ssh://host/x",
        "smtp:/x",
        "postgres://u:p@h/db",
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x-AbCdEf",
        "{{resolve:ssm:/x}}",
        "http:ssm:/x",
        "class:method",
        "s3://bucket/key",
        "C:/windows",
    ] {
        let declared = read_pairs(&[("NAME", value)]).unwrap_or_else(|refusal| panic!("{value}: {refusal}"));
        assert!(declared.declarations.is_empty(), "{value}");
    }
}

#[test]
fn what_is_malformed_is_told_with_what_to_do() {
    for (value, said) in [
        ("ssm:", "NAME (ssm:): the parameter's name is missing; write ssm:/path/name"),
        (
            "secretsmanager:",
            "NAME (secretsmanager:): the secret's name is missing; write secretsmanager:name",
        ),
        ("ssm:prod/db", "NAME (ssm:…): a path of parameters begins with /; put a / in front: ssm:/path/name"),
        ("ssm:///prod//db", "write one / between two steps and none at the end"),
        ("ssm://prod", "an empty step"),
        ("ssm:/prod/", "an empty step"),
        ("ssm:/a b", "cannot have a space"),
        ("ssm:/a\n", "cannot have the character U+000A"),
        ("ssm:/a:", "neither a version nor a label"),
        ("ssm:/a:0", "versions count from 1"),
        ("ssm:/a:1x", "neither a version nor a label"),
        ("ssm:/a:1:2", "neither a version nor a label"),
        ("ssm:/a:3?version=4", "names a version twice"),
        ("ssm:/a?stage=x", "parameters have no stages"),
        ("ssm:/a?optionl", "NAME (ssm:/a?…): unknown option; did you mean optional?"),
        ("ssm:/a?optional=yes", "takes no value"),
        ("ssm:/a?optional&optional", "given twice"),
        ("ssm:/a?default", "needs a value"),
        ("ssm:/a?default=%zz", "write % as %25"),
        ("ssm:/a?default=%00", "NUL byte"),
        ("ssm:/a?decode=hex", "write ?decode=base64"),
        ("ssm:/a?", "an option is missing"),
        ("ssm:/a?optional#key", "write #key before ?optional"),
        ("ssm:/a#", "the key after # is empty"),
        ("ssm:/a#/x~2", "neither ~0 nor ~1"),
        ("ssm:/a/*#k", "a tree has no key"),
        ("ssm:/a/*:3", "a tree has no version or label"),
        ("ssm:/a/*?default=x", "has no default"),
        ("secretsmanager:a#*?default=x", "has no default"),
        ("secretsmanager:a:AWSPREVIOUS", "?stage="),
        ("secretsmanager:a/*", "no trees"),
        ("secretsmanager:arn:aws:ssm:eu-west-1:123456789012:parameter/a", "did you mean ssm:arn:...?"),
        ("ssm:arn:aws:ssm:eu west:123456789012:parameter/a", "the ARN is malformed"),
        ("ssm:arn:aws:ssm:evil.example/:123456789012:parameter/a", "the ARN is malformed"),
        ("ssm:arn:aws:ssm:eu-west-1:123456789012:document/a", "names no parameter"),
        ("secretsmanager:arn:aws:secretsmanager:eu-west-1:123456789012:secret:a:b:c:d:e", "too many parts"),
        ("secretsmanager:arn:aws:secretsmanager:eu-west-1:123456789012:secret:a:b#c", "names a key twice"),
        ("smm:/prod/db", "did you mean ssm: instead of smm:?"),
        ("SSM:/prod/db", "did you mean ssm: instead of SSM:?"),
        (" ssm:/prod/db", "drop the spaces or quotes"),
        ("\"ssm:/prod/db\"", "drop the spaces or quotes"),
        ("secretmanager:prod/db", "did you mean secretsmanager: instead of secretmanager:?"),
        ("secrets-manager:prod/db", "did you mean secretsmanager:"),
        ("SecretsManager:prod/db", "did you mean secretsmanager:"),
    ] {
        let problems = problems(&[("NAME", value)]);
        assert_eq!(problems.len(), 1, "{value}: {problems:?}");
        assert!(problems[0].contains(said), "{value}: {}", problems[0]);
        assert!(problems[0].starts_with("NAME"), "{value}: {}", problems[0]);
    }
}

#[test]
fn lists_say_which_entry_is_wrong() {
    for (setting, list, said) in [
        (
            "VESTRY_PARAMETERS",
            "/ok,ssm:/x",
            "VESTRY_PARAMETERS entry 2 (ssm:/x): an entry of a list has no scheme; drop",
        ),
        ("VESTRY_PARAMETERS", "prod/db", "put a / in front: /path/name"),
        ("VESTRY_PARAMETERS", "A=", "the parameter's name is missing; write /path/name"),
        ("VESTRY_SECRETS", "ssm:/x", "move it to VESTRY_PARAMETERS"),
        ("VESTRY_PARAMETERS", "/a /b", "separate the entries"),
        ("VESTRY_SECRETS", "my-name=x", "no name that a variable can have"),
        ("VESTRY_SECRETS", "prod/1x", "none that a variable can have; write NAME= in front"),
        ("VESTRY_PARAMETERS", "/prod/path", "steers the loader"),
    ] {
        let problems = problems(&[(setting, list)]);
        assert!(problems[0].contains(said), "{list}: {}", problems[0]);
    }
}

#[test]
fn no_message_quotes_a_default_or_a_value() {
    let canary = "c4n4ry";
    for value in [
        format!("ssm:/a b?default={canary}"),
        format!("ssm:/a?default=x&{canary}"),
        format!("ssm:/a?default=%zz{canary}"),
        format!("smm:/{canary}"),
        format!("SECRETSMANAGER:{canary}"),
        format!("ssm:/a?decode={canary}"),
    ] {
        let said = problems(&[("NAME", &value)]).concat();
        assert!(!said.contains(canary), "{said}");
    }
    for (setting, value) in [
        ("VESTRY_DEADLINE_MS", canary.to_string()),
        ("VESTRY_DELIVERY", canary.to_string()),
        ("HTTPS_PROXY", format!("ftp://user:{canary}@proxy")),
        ("AWS_ENDPOINT_URL", format!("https://user:{canary}@host")),
    ] {
        let said = problems(&[(setting, &value)]).concat();
        assert!(said.starts_with(setting) && !said.contains(canary), "{said}");
    }
}

#[test]
fn a_name_is_set_once() {
    let said = problems(&[("A", "ssm:/x"), ("VESTRY_SECRETS", "A=prod/a")]);
    assert_eq!(
        said,
        ["A: two sources set it: A (ssm:/x) and VESTRY_SECRETS entry 1 (secretsmanager:prod/a); \
          keep one, or give one of them another NAME="]
    );
    assert!(
        problems(&[("STRIPE", "plain"), ("VESTRY_SECRETS", "prod/stripe")])[0]
            .contains("the variable STRIPE")
    );
    assert!(problems(&[("A", "ssm:/x"), ("A", "ssm:/y")])[0].contains("ssm:/y"));
}

#[test]
fn everything_wrong_is_told_at_once() {
    let said = problems(&[
        ("A", "ssm:"),
        ("B", "smm:/x"),
        ("VESTRY_SECRET", "x"),
        ("VESTRY_DEADLINE_MS", "soon"),
        ("VESTRY_SECRETS", "a b, c d"),
    ]);
    assert_eq!(said.len(), 6, "{said:#?}");
    assert!(
        said.iter().any(|s| s == "VESTRY_SECRET: there is no such setting; did you mean VESTRY_SECRETS?")
    );
}

#[test]
fn settings_are_read_and_bounded() {
    let declared = read_pairs(&[
        ("VESTRY_DEADLINE_MS", "500"),
        ("VESTRY_RUN_DIR", "/tmp/other"),
        ("VESTRY_FILE_FORMAT", "json"),
        ("VESTRY_POLICY_REQUIRED", "true"),
        ("VESTRY_LOG", ""),
    ])
    .unwrap();
    assert_eq!(declared.settings.deadline.as_millis(), 500);
    assert_eq!(declared.settings.file, std::path::Path::new("/tmp/other/env"));
    assert_eq!(declared.settings.file_format, FileFormat::Json);
    assert!(declared.settings.policy_required);
    for (name, value) in [
        ("VESTRY_DEADLINE_MS", "0"),
        ("VESTRY_SOCKET_READERS", "0"),
        ("VESTRY_POLICY_REQUIRED", "yes"),
        ("VESTRY_RUN_DIR", "relative"),
        ("VESTRY_RUN_DIR", "/tmp/../etc"),
        ("VESTRY_MANIFEST", "no-such-file.toml"),
        ("VESTRY_PROFILE", "prod"),
        ("vestry_log", "info"),
        ("AWS_ENDPOINT_URL", "http://10.0.0.1"),
        ("AWS_ENDPOINT_URL_SSM", "http://localhost.example.org"),
        ("AWS_ENDPOINT_URL", "ftp://x"),
        ("AWS_REGION", "eu-west-1.example.org/"),
        ("AWS_USE_FIPS_ENDPOINT", "1"),
        ("HTTPS_PROXY", "https://proxy:1"),
    ] {
        let said = problems(&[(name, value)]);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].starts_with(name), "{said:?}");
    }
    for url in
        ["http://127.0.0.1:4566", "http://localhost:1/", "http://[::1]:9", "https://vpce-1.example.org"]
    {
        let declared = read_pairs(&[("AWS_ENDPOINT_URL", url)]).unwrap();
        assert_eq!(declared.aws.endpoint_ssm.as_deref(), Some(url.trim_end_matches('/')));
    }
}

#[test]
fn the_way_of_delivery_is_found_out() {
    let declared = |pairs: &[(&str, &str)], host: &Host| {
        read(&pairs.iter().copied().collect(), host).map(|declared| declared.delivery)
    };
    let reference = ("A", "ssm:/a");
    let refusal = declared(&[reference], &nowhere()).unwrap_err();
    assert!(refusal.to_string().contains("nothing would read the values"), "{refusal}");
    assert_eq!(declared(&[("A", "plain")], &nowhere()).unwrap(), Delivery::None);
    assert_eq!(declared(&[reference, ("VESTRY_DELIVERY", "file")], &nowhere()).unwrap(), Delivery::File);
    assert_eq!(declared(&[reference, ("VESTRY_DELIVERY", "socket")], &nowhere()).unwrap(), Delivery::Socket);
    assert_eq!(declared(&[("VESTRY_POLICY", "p")], &nowhere()).unwrap(), Delivery::Verdict);
    let wrapper = ("AWS_LAMBDA_EXEC_WRAPPER", "/opt/vestry-exec");
    assert_eq!(
        declared(&[reference, wrapper, ("VESTRY_DELIVERY", "file")], &nowhere()).unwrap(),
        Delivery::Socket
    );
    assert!(declared(&[reference, ("AWS_LAMBDA_EXEC_WRAPPER", "/opt/other")], &nowhere()).is_err());
    // vestry-exec waits for the policy's word, whatever the setting says, so the extension gives it.
    let nothing = [("VESTRY_POLICY", "p"), ("VESTRY_DELIVERY", "file")];
    assert_eq!(declared(&nothing, &nowhere()).unwrap(), Delivery::None);
    assert_eq!(declared(&[nothing[0], nothing[1], wrapper], &nowhere()).unwrap(), Delivery::Verdict);
    let exec = Host { delivery: Some(Delivery::Socket), ..nowhere() };
    assert_eq!(declared(&[nothing[0], nothing[1], wrapper], &exec).unwrap(), Delivery::Verdict);
    assert_eq!(declared(&[reference], &Host::with_delivery(Delivery::Exec)).unwrap(), Delivery::Exec);
}

#[test]
fn a_slip_in_the_way_of_delivery_is_one_problem() {
    for (name, value, advice) in [
        ("VESTRY_DELIVERY", "fiel", "did you mean file?"),
        ("VESTRY_DELIVRY", "file", "did you mean VESTRY_DELIVERY?"),
        ("vestry_delivery", "file", "did you mean VESTRY_DELIVERY?"),
    ] {
        let said = read(&[("A", "ssm:/a"), (name, value)].into_iter().collect(), &nowhere()).unwrap_err();
        assert_eq!(said.problems().len(), 1, "{said}");
        assert!(said.to_string().contains(advice), "{said}");
    }
    let other = read(&[("A", "ssm:/a"), ("VESTRY_LGO", "info")].into_iter().collect(), &nowhere());
    assert_eq!(other.unwrap_err().problems().len(), 2);
}

#[test]
fn a_slip_in_the_wrappers_path_is_told() {
    let with = |wrapper: &str, more: &[(&str, &str)]| {
        let wrapper = [("A", "ssm:/a"), ("AWS_LAMBDA_EXEC_WRAPPER", wrapper)];
        read(&wrapper.iter().chain(more).copied().collect(), &nowhere())
    };
    for wrapper in ["/opt/vestry/vestry-exce", "/opt/vestry_exec", "/opt/vestryexec", "/opt/Vestry-Exec"] {
        let refusal = with(wrapper, &[]).unwrap_err().to_string();
        assert!(refusal.starts_with("AWS_LAMBDA_EXEC_WRAPPER: nothing would read the values"), "{refusal}");
        assert!(refusal.contains("did you mean /opt/vestry-exec?"), "{refusal}");
        let warnings = with(wrapper, &[("VESTRY_DELIVERY", "socket")]).unwrap().warnings.concat();
        assert!(warnings.contains("did you mean /opt/vestry-exec?"), "{wrapper}: {warnings}");
    }
    let elsewhere = with("/opt/vestry/vestry-exec", &[]).unwrap().warnings.concat();
    assert!(elsewhere.contains("the layer has it as /opt/vestry-exec"), "{elsewhere}");
    for sound in ["/opt/vestry-exec", "/var/task/bin/vestry-exec"] {
        assert_eq!(with(sound, &[]).unwrap().warnings, [""; 0], "{sound}");
    }
    let another = with("/opt/otel-handler", &[("VESTRY_DELIVERY", "socket")]).unwrap();
    assert_eq!(another.warnings, [""; 0]);
}

/// What `vestry-exec` knows of the manifest is whether there is one: the way has to come out alike.
#[test]
fn an_empty_manifest_gives_the_same_delivery_to_both_readers() {
    let dir = std::env::temp_dir().join(format!("vestry-declare-manifest-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let host = Host { task: dir.clone(), ..nowhere() };
    let deliveries = |environment: &Environment| {
        let both = [read(environment, &host), read_beside_extension(environment, &host)];
        both.map(|declared| declared.unwrap().delivery)
    };
    let empty = std::fs::write(dir.join("vestry.toml"), "");
    empty.unwrap();
    for (more, delivery) in [
        (&[][..], Delivery::Socket),
        (&[("VESTRY_DELIVERY", "file")], Delivery::Socket),
        (&[("VESTRY_MANIFEST", "vestry.toml")], Delivery::Socket),
        (&[("VESTRY_POLICY", "p")], Delivery::Socket),
    ] {
        assert_eq!(deliveries(&with_wrapper(more)), [delivery, delivery], "{more:?}");
    }
    let plain = |pairs: &[(&str, &str)]| deliveries(&pairs.iter().copied().collect());
    assert_eq!(plain(&[("VESTRY_DELIVERY", "file")]), [Delivery::File; 2]);
    std::fs::remove_file(dir.join("vestry.toml")).unwrap();
    assert_eq!(deliveries(&with_wrapper(&[])), [Delivery::None; 2]);
    assert_eq!(deliveries(&with_wrapper(&[("VESTRY_POLICY", "p")])), [Delivery::Verdict; 2]);
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn a_bootstrap_of_ours_means_socket_unless_the_package_has_its_own() {
    let dir = std::env::temp_dir().join(format!("vestry-declare-{}", std::process::id()));
    let host = Host { opt: dir.join("opt"), task: dir.join("task"), delivery: None };
    std::fs::create_dir_all(&host.opt).unwrap();
    std::fs::create_dir_all(&host.task).unwrap();
    std::fs::write(host.opt.join("vestry-exec"), "program").unwrap();
    std::fs::write(host.opt.join("bootstrap"), "program").unwrap();
    let environment: Environment = [("A", "ssm:/a")].into_iter().collect();
    assert_eq!(read(&environment, &host).unwrap().delivery, Delivery::Socket);
    std::fs::write(host.task.join("bootstrap"), "own").unwrap();
    assert!(read(&environment, &host).is_err());
    // The wrapper has no effect on OS-only runtimes, and which kind this is the extension cannot see.
    let warnings = read(&with_wrapper(&[("A", "ssm:/a")]), &host).unwrap().warnings;
    assert!(warnings.concat().contains("attach vestry-provided"), "{warnings:?}");
    std::fs::remove_file(host.task.join("bootstrap")).unwrap();
    std::fs::write(host.opt.join("bootstrap"), "another").unwrap();
    assert!(read(&environment, &host).is_err());
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn what_a_file_leaves_in_the_environment_is_warned_of() {
    let warnings = |pairs: &[(&str, &str)]| {
        let file = [("VESTRY_DELIVERY", "file")];
        read(&file.iter().chain(pairs).copied().collect(), &nowhere()).unwrap().warnings
    };
    let said = warnings(&[("DB", "ssm:/db"), ("PLAIN", "text")]);
    assert!(said.len() == 1 && said[0].contains("in DB;"), "{said:?}");
    assert_eq!(warnings(&[("VESTRY_PARAMETERS", "/db")]), [""; 0]);
}

#[test]
fn a_reference_under_a_name_that_is_not_utf8_is_refused() {
    let name = OsString::from_vec(b"\xffDB".to_vec());
    let environment: Environment = [(name, OsString::from("ssm:/prod/db"))].into_iter().collect();
    let refusal = read(&environment, &Host::with_delivery(Delivery::Exec)).unwrap_err();
    assert_eq!(refusal.error_type(), ErrorType::InvalidDeclaration);
    assert!(refusal.to_string().contains("not UTF-8"), "{refusal}");
}

#[test]
fn what_is_not_utf8_is_left_alone() {
    let odd = OsString::from_vec(b"ssm:/\xff".to_vec());
    let environment: Environment = [(OsString::from("ODD"), odd)].into_iter().collect();
    let declared = read(&environment, &nowhere()).unwrap();
    assert!(declared.declarations.is_empty());
    assert_eq!(declared.variables, ["ODD"]);
}
