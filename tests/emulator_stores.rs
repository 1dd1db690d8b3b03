//! The embedded stores answer as the real ones do, and fail as they are told to.

mod support;

use std::time::Duration;

use serde_json::{Value, json};
use support::{Answer, call};
use vestry::local::stores::{Emulator, Failure, Fault, ParameterType, Store, StoreFile};

fn ssm(emulator: &Emulator, action: &str, body: Value) -> Answer {
    call(emulator.port(), &format!("AmazonSSM.{action}"), &body).expect("an answer")
}

fn secrets(emulator: &Emulator, action: &str, body: Value) -> Answer {
    call(emulator.port(), &format!("secretsmanager.{action}"), &body).expect("an answer")
}

fn start(store: Store, faults: Vec<Fault>) -> Emulator {
    Emulator::start(store, faults).expect("an emulator")
}

fn start_file(text: &str) -> Emulator {
    let file = StoreFile::parse(text).expect("a store file");
    start(file.store, file.faults)
}

fn error_type(answer: &Answer) -> String {
    let in_body = answer.json()["__type"].as_str().unwrap_or_default().to_string();
    assert!(
        answer.head.contains(&format!("x-amzn-errortype: {}", in_body.to_lowercase())),
        "header and body agree: {} {}",
        answer.head,
        answer.body
    );
    in_body
}

#[test]
fn get_parameters_tells_found_from_unknown() {
    let emulator = start_file(
        r#"
        [parameters]
        "/secure" = "s3cret"
        [parameters."/plain"]
        value = "new"
        type = "String"
        version = 3
        labels = ["live"]
        last_modified = 2026-10-01T00:00:00Z
        older = [{ version = 2, value = "old", labels = ["before"] }]
        "#,
    );
    let names = ["/secure", "/plain:2", "/plain:live", "/missing", "/plain:9", "/plain:nolabel"];
    let answer = ssm(&emulator, "GetParameters", json!({"Names": names, "WithDecryption": true})).json();
    assert_eq!(answer["InvalidParameters"], json!(["/missing", "/plain:9", "/plain:nolabel"]));
    let found = answer["Parameters"].as_array().unwrap();
    let of = |selector: Value| found.iter().find(|p| p["Selector"] == selector).unwrap();
    assert_eq!((&of(json!(":2"))["Value"], &of(json!(":2"))["Version"]), (&json!("old"), &json!(2)));
    assert_eq!(of(json!(":live"))["Value"], "new");
    assert_eq!(of(json!(":live"))["LastModifiedDate"], 1_790_812_800.0);
    let secure = of(Value::Null);
    assert_eq!(secure["ARN"], "arn:aws:ssm:eu-west-1:123456789012:parameter/secure");
    assert_eq!((&secure["Type"], &secure["Value"]), (&json!("SecureString"), &json!("s3cret")));
    assert_eq!((&secure["Name"], &secure["DataType"]), (&json!("/secure"), &json!("text")));
}

#[test]
fn a_secure_string_stays_closed_without_decryption() {
    let emulator = start(Store::default().secure("/a", "s3cret"), vec![]);
    let answer = ssm(&emulator, "GetParameters", json!({"Names": ["/a"]}));
    assert!(!answer.body.contains("s3cret") && answer.json()["Parameters"][0]["Value"].is_string());
}

#[test]
fn parameters_are_found_by_arn() {
    let store = Store::default().secure("/a/b", "x").parameter("bare", ParameterType::String, "y");
    let emulator = start(store, vec![]);
    let arn = |rest: &str| format!("arn:aws:ssm:eu-west-1:123456789012:parameter/{rest}");
    let names = [arn("a/b"), arn("bare"), arn("a/b:1"), arn("none"), arn("a/b").replace("12345", "99999")];
    let answer = ssm(&emulator, "GetParameters", json!({"Names": names, "WithDecryption": true})).json();
    assert_eq!(answer["Parameters"].as_array().unwrap().len(), 3);
    assert_eq!(answer["InvalidParameters"], json!([names[3], names[4]]));
}

#[test]
fn more_than_a_batch_is_refused() {
    let emulator = start(Store::default(), vec![]);
    let names = |count: usize| (0..count).map(|n| format!("/{n}")).collect::<Vec<_>>();
    for count in [0, 11] {
        let answer = ssm(&emulator, "GetParameters", json!({"Names": names(count)}));
        assert_eq!((answer.status, error_type(&answer).as_str()), (400, "ValidationException"));
    }
    assert_eq!(ssm(&emulator, "GetParameters", json!({"Names": names(10)})).status, 200);
    let ids = |count| json!({"SecretIdList": names(count)});
    assert_eq!(error_type(&secrets(&emulator, "BatchGetSecretValue", ids(21))), "ValidationException");
    assert_eq!(secrets(&emulator, "BatchGetSecretValue", ids(20)).status, 200);
}

#[test]
fn trees_come_in_pages() {
    let mut store = Store::default().secure("/other", "x").secure("/treetop", "x");
    for number in 0..23 {
        store = store.secure(&format!("/tree/{number:02}"), "x");
    }
    let emulator = start(store.secure("/tree/deep/er", "x"), vec![]);
    let tree = |recursive: bool| {
        let (mut names, mut sizes, mut token) = (Vec::new(), Vec::new(), Value::Null);
        loop {
            let mut body = json!({"Path": "/tree", "Recursive": recursive, "WithDecryption": true});
            if !token.is_null() {
                body["NextToken"] = token;
            }
            let page = ssm(&emulator, "GetParametersByPath", body).json();
            let entries = page["Parameters"].as_array().unwrap();
            sizes.push(entries.len());
            names.extend(entries.iter().map(|entry| entry["Name"].as_str().unwrap().to_string()));
            token = page["NextToken"].clone();
            if token.is_null() {
                return (names, sizes);
            }
        }
    };
    let (names, sizes) = tree(true);
    assert_eq!((names.len(), sizes), (24, vec![10, 10, 4]));
    assert!(names.contains(&"/tree/deep/er".into()) && !names.contains(&"/treetop".into()));
    assert_eq!(tree(false).0.len(), 23);
    for (body, expected) in [
        (json!({"Path": "tree"}), "ValidationException"),
        (json!({"Path": "/tree", "MaxResults": 11}), "ValidationException"),
        (json!({"Path": "/tree", "NextToken": "made up"}), "InvalidNextToken"),
    ] {
        assert_eq!(error_type(&ssm(&emulator, "GetParametersByPath", body)), expected);
    }
}

#[test]
fn get_parameter_has_its_own_errors() {
    let emulator = start(Store::default().secure("/a", "x"), vec![]);
    let get = |name: &str| ssm(&emulator, "GetParameter", json!({"Name": name, "WithDecryption": true}));
    assert_eq!(get("/a:1").json()["Parameter"]["Value"], "x");
    assert_eq!(error_type(&get("/b")), "ParameterNotFound");
    assert_eq!(error_type(&get("/a:2")), "ParameterVersionNotFound");
}

#[test]
fn secrets_are_found_by_name_and_by_arn_in_every_version() {
    let emulator = start_file(
        r#"
        [secrets."prod/db"]
        value = { user = "app", port = 5432 }
        previous = "before"
        id = "11111111-2222-4333-8444-555555555555"
        created = 2026-10-01T00:00:00Z
        versions = [{ value = "blue", id = "b", stages = ["BLUE"] }]
        [secrets.bytes]
        binary = "AAECAw=="
        [secrets.gone]
        value = "x"
        deleted = true
        "#,
    );
    let get = |body: Value| secrets(&emulator, "GetSecretValue", body);
    let current = get(json!({"SecretId": "prod/db"})).json();
    assert_eq!(current["SecretString"], r#"{"port":5432,"user":"app"}"#);
    assert_eq!((&current["Name"], &current["VersionStages"]), (&json!("prod/db"), &json!(["AWSCURRENT"])));
    assert_eq!(current["CreatedDate"], 1_790_812_800.0);
    assert_eq!(current["VersionId"], "11111111-2222-4333-8444-555555555555");
    let arn = current["ARN"].as_str().unwrap();
    let partial = arn.rsplit_once('-').unwrap().0;
    assert!(partial.ends_with(":secret:prod/db") && arn.len() == partial.len() + 7, "{arn}");
    for id in [arn, partial] {
        assert_eq!(get(json!({"SecretId": id})).json()["ARN"], arn);
    }
    let previous = get(json!({"SecretId": "prod/db", "VersionStage": "AWSPREVIOUS"})).json();
    assert_eq!(previous["SecretString"], "before");
    let by_both = get(json!({"SecretId": "prod/db", "VersionStage": "BLUE", "VersionId": "b"})).json();
    assert_eq!(by_both["SecretString"], "blue");
    assert_eq!(get(json!({"SecretId": "bytes"})).json()["SecretBinary"], "AAECAw==");
    for (body, expected) in [
        (json!({"SecretId": "none"}), "ResourceNotFoundException"),
        (json!({"SecretId": "prod/db", "VersionStage": "GREEN"}), "ResourceNotFoundException"),
        (json!({"SecretId": "prod/db", "VersionId": "none"}), "ResourceNotFoundException"),
        (
            json!({"SecretId": "prod/db", "VersionId": "b", "VersionStage": "AWSCURRENT"}),
            "InvalidRequestException",
        ),
        (json!({"SecretId": "gone"}), "InvalidRequestException"),
    ] {
        assert_eq!(error_type(&get(body)), expected);
    }
}

#[test]
fn the_keys_are_described() {
    let emulator = start_file(
        r#"
        [parameters]
        "/short" = "s3cret"
        [parameters."/mine"]
        value = "s3cret"
        version = 7
        kms_key_id = "alias/prod"
        [parameters."/plain"]
        value = "s3cret"
        type = "String"
        [secrets]
        short = "s3cret"
        [secrets.mine]
        value = "s3cret"
        previous = "before"
        kms_key_id = "arn:aws:kms:eu-west-1:123456789012:key/k-1"
        [secrets.gone]
        value = "s3cret"
        deleted = true
        "#,
    );
    let by_name = |names: &[&str]| json!([{"Key": "Name", "Option": "Equals", "Values": names}]);
    let filters = by_name(&["/short", "/mine", "/plain", "/none"]);
    let answer = ssm(&emulator, "DescribeParameters", json!({"ParameterFilters": filters}));
    assert!(!answer.body.contains("s3cret"), "{}", answer.body);
    let answer = answer.json();
    let found = answer["Parameters"].as_array().unwrap();
    let of = |name: &str| found.iter().find(|parameter| parameter["Name"] == name).unwrap();
    assert_eq!((found.len(), &answer["NextToken"]), (3, &Value::Null));
    assert_eq!(of("/short")["KeyId"], "alias/aws/ssm");
    assert_eq!((&of("/mine")["KeyId"], &of("/mine")["Version"]), (&json!("alias/prod"), &json!(7)));
    assert_eq!(of("/mine")["ARN"], "arn:aws:ssm:eu-west-1:123456789012:parameter/mine");
    assert_eq!((&of("/plain")["KeyId"], &of("/plain")["Type"]), (&Value::Null, &json!("String")));

    let describe = |id: &str| secrets(&emulator, "DescribeSecret", json!({"SecretId": id}));
    assert_eq!(describe("short").json()["KmsKeyId"], Value::Null);
    let mine = describe("mine");
    assert!(!mine.body.contains("s3cret"));
    let arn = mine.json()["ARN"].as_str().unwrap().to_string();
    assert_eq!(describe(&arn).json()["KmsKeyId"], "arn:aws:kms:eu-west-1:123456789012:key/k-1");
    let stages = mine.json()["VersionIdsToStages"].as_object().unwrap().len();
    assert_eq!(stages, 2);
    assert!(describe("gone").json()["DeletedDate"].is_number(), "what is to be deleted is still described");
    assert_eq!(error_type(&describe("none")), "ResourceNotFoundException");
}

#[test]
fn descriptions_come_in_pages_and_take_fifty_names() {
    let names: Vec<String> = (0..60).map(|number| format!("/p/{number:02}")).collect();
    let store = names.iter().fold(Store::default(), |store, name| store.secure(name, "x"));
    let emulator = start(store, vec![]);
    let filter =
        |key: &str, option: &str, names: &[String]| json!([{"Key": key, "Option": option, "Values": names}]);
    let describe = |body: Value| ssm(&emulator, "DescribeParameters", body);
    let filters = filter("Name", "Equals", &names[..50]);
    let (mut found, mut sizes, mut token) = (Vec::new(), Vec::new(), Value::Null);
    loop {
        let mut body = json!({"ParameterFilters": filters, "MaxResults": 20});
        if !token.is_null() {
            body["NextToken"] = token;
        }
        let page = describe(body).json();
        let entries = page["Parameters"].as_array().unwrap();
        sizes.push(entries.len());
        found.extend(entries.iter().map(|entry| entry["Name"].as_str().unwrap().to_string()));
        token = page["NextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!((found, sizes), (names[..50].to_vec(), vec![20, 20, 10]));
    for (body, expected) in [
        (json!({"ParameterFilters": filter("Name", "Equals", &names[..51])}), "ValidationException"),
        (json!({"ParameterFilters": filter("Name", "Equals", &[])}), "InvalidFilterValue"),
        (json!({"ParameterFilters": filter("Name", "Contains", &names[..1])}), "InvalidFilterOption"),
        (json!({"ParameterFilters": filter("Label", "Equals", &names[..1])}), "InvalidFilterKey"),
        (json!({"MaxResults": 51}), "ValidationException"),
        (json!({"NextToken": "made up"}), "InvalidNextToken"),
    ] {
        assert_eq!(error_type(&describe(body)), expected);
    }
}

#[test]
fn descriptions_can_be_denied_by_themselves() {
    let store = || Store::default().secure("/a", "1").secret("a", "1");
    let emulator = start(store(), vec![Fault::new(Failure::Denied).action("Describe*").name("*a")]);
    let filters = json!([{"Key": "Name", "Option": "Equals", "Values": ["/a"]}]);
    for (answer, action) in [
        (
            ssm(&emulator, "DescribeParameters", json!({"ParameterFilters": filters})),
            "ssm:DescribeParameters on resource: * ",
        ),
        (
            secrets(&emulator, "DescribeSecret", json!({"SecretId": "a"})),
            "secretsmanager:DescribeSecret on resource: arn:",
        ),
    ] {
        assert_eq!(error_type(&answer), "AccessDeniedException");
        assert!(answer.json()["message"].as_str().unwrap().contains(action), "{}", answer.body);
    }
    assert_eq!(ssm(&emulator, "GetParameters", json!({"Names": ["/a"]})).status, 200);
    // No key is needed to be told of it.
    let without_key = start(store(), vec![Fault::new(Failure::KmsDenied)]);
    assert_eq!(secrets(&without_key, "DescribeSecret", json!({"SecretId": "a"})).status, 200);
}

#[test]
fn a_batch_of_secrets_tells_each_error_by_itself() {
    let store = Store::default().secret("a", "1").secret("b", "2").secret("c", "3").secret("d", "4");
    let faults = vec![
        Fault::new(Failure::Denied).name("b"),
        Fault::new(Failure::Entry { code: "InternalServiceError".into() }).name("c"),
        Fault::new(Failure::Omitted).name("d"),
    ];
    let emulator = start(store, faults);
    let ids = ["a", "b", "c", "d", "none"];
    let answer = secrets(&emulator, "BatchGetSecretValue", json!({"SecretIdList": ids})).json();
    let values: Vec<_> =
        answer["SecretValues"].as_array().unwrap().iter().map(|v| v["Name"].clone()).collect();
    assert_eq!(values, ["a"]);
    let errors = answer["Errors"].as_array().unwrap();
    let errors: Vec<_> = errors.iter().map(|e| (e["SecretId"].clone(), e["ErrorCode"].clone())).collect();
    assert_eq!(
        errors,
        [
            ("b", "AccessDeniedException"),
            ("c", "InternalServiceError"),
            ("none", "ResourceNotFoundException")
        ]
        .map(|(id, code)| (json!(id), json!(code)))
    );
}

#[test]
fn every_failure_looks_like_the_real_one() {
    let cases = [
        (Failure::Denied, "AccessDeniedException", "AccessDeniedException"),
        (Failure::KmsDenied, "AccessDeniedException", "AccessDeniedException"),
        (Failure::KmsFailure, "InvalidKeyId", "DecryptionFailure"),
        (Failure::Expired, "ExpiredTokenException", "ExpiredTokenException"),
        (Failure::Throttled, "ThrottlingException", "ThrottlingException"),
        (Failure::ServerError, "InternalServerError", "InternalServiceError"),
    ];
    for (failure, of_ssm, of_secrets) in cases {
        let store = Store::default().secure("/a", "s3cret").secret("a", "s3cret");
        let emulator = start(store, vec![Fault::new(failure.clone())]);
        let parameters = ssm(&emulator, "GetParameters", json!({"Names": ["/a"], "WithDecryption": true}));
        let secret = secrets(&emulator, "GetSecretValue", json!({"SecretId": "a"}));
        assert_eq!((error_type(&parameters).as_str(), error_type(&secret).as_str()), (of_ssm, of_secrets));
        let status = if failure == Failure::ServerError { 500 } else { 400 };
        assert_eq!((parameters.status, secret.status), (status, status), "{failure:?}");
        assert!(!parameters.body.contains("s3cret") && !secret.body.contains("s3cret"));
    }
}

#[test]
fn one_denied_name_denies_the_whole_call_and_is_named() {
    let store = Store::default().secure("/a", "1").secure("/b", "2");
    let emulator = start(store, vec![Fault::new(Failure::Denied).name("/b")]);
    let both = ssm(&emulator, "GetParameters", json!({"Names": ["/a", "/b"]}));
    assert_eq!(error_type(&both), "AccessDeniedException");
    let message = both.json()["message"].as_str().unwrap().to_string();
    assert!(
        message.contains("ssm:GetParameters on resource: arn:aws:ssm:eu-west-1:123456789012:parameter/b ")
    );
    assert_eq!(ssm(&emulator, "GetParameters", json!({"Names": ["/a"]})).status, 200);
}

#[test]
fn the_batch_alone_can_be_denied() {
    let emulator = start(Store::default().secret("a", "1"), vec![Fault::new(Failure::BatchDenied)]);
    let batch = secrets(&emulator, "BatchGetSecretValue", json!({"SecretIdList": ["a"]}));
    assert_eq!(error_type(&batch), "AccessDeniedException");
    assert!(batch.body.contains("secretsmanager:BatchGetSecretValue"));
    assert_eq!(secrets(&emulator, "GetSecretValue", json!({"SecretId": "a"})).status, 200);
}

#[test]
fn faults_pass_and_calls_are_counted() {
    let faults = vec![Fault::new(Failure::Throttled).action("GetParameters").times(2)];
    let emulator = start(Store::default().secure("/a", "1"), faults);
    let statuses: Vec<_> =
        (0..3).map(|_| ssm(&emulator, "GetParameters", json!({"Names": ["/a"]})).status).collect();
    assert_eq!(statuses, [400, 400, 200]);
    let calls = emulator.calls();
    assert_eq!((calls.count("GetParameters"), calls.concurrency(), calls.connections()), (3, 1, 3));
    let first = &calls.0[0];
    assert_eq!(
        (first.names.as_slice(), first.error.as_deref()),
        (&["/a".to_string()][..], Some("ThrottlingException"))
    );
    assert_eq!((first.access_key_id.as_deref(), first.region.as_deref()), (Some("AKID"), Some("eu-west-1")));
}

#[test]
fn the_wire_itself_can_fail() {
    let faults = vec![
        Fault::new(Failure::Reset).action("GetParameters").times(1),
        Fault::new(Failure::Malformed).action("GetParameters").from_call(2),
    ];
    let emulator = start(Store::default().secure("/a", "1"), faults);
    let target = "AmazonSSM.GetParameters";
    let reset = call(emulator.port(), target, &json!({"Names": ["/a"]})).err().expect("no answer");
    assert_eq!(reset.kind(), std::io::ErrorKind::ConnectionReset);
    let malformed = call(emulator.port(), target, &json!({"Names": ["/a"]})).unwrap();
    assert_eq!(malformed.status, 200);
    assert!(serde_json::from_str::<Value>(&malformed.body).is_err());
}

#[test]
fn slow_answers_overlap() {
    let faults = vec![Fault::new(Failure::Slow(Duration::from_millis(150)))];
    let emulator = start(Store::default().secure("/a", "1"), faults);
    let port = emulator.port();
    let threads: Vec<_> = (0..3)
        .map(|_| std::thread::spawn(move || call(port, "AmazonSSM.GetParameters", &json!({"Names": ["/a"]}))))
        .collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap().unwrap().status, 200);
    }
    let calls = emulator.calls();
    assert_eq!(calls.concurrency(), 3);
    assert!(calls.0.iter().all(|c| c.answered.unwrap() - c.arrived >= Duration::from_millis(150)));
}

#[test]
fn pages_can_be_empty_or_lead_back_to_themselves() {
    let faults = vec![
        Fault::new(Failure::EmptyPage).name("/empty").times(1),
        Fault::new(Failure::RepeatedToken).name("/loop"),
    ];
    let emulator = start(Store::default().secure("/empty/a", "1").secure("/loop/a", "1"), faults);
    let page = |path: &str, token: &Value| {
        let mut body = json!({"Path": path, "WithDecryption": true});
        if !token.is_null() {
            body["NextToken"] = token.clone();
        }
        ssm(&emulator, "GetParametersByPath", body).json()
    };
    let empty = page("/empty", &Value::Null);
    assert_eq!((&empty["Parameters"], empty["NextToken"].is_string()), (&json!([]), true));
    let rest = page("/empty", &empty["NextToken"]);
    assert_eq!((rest["Parameters"].as_array().unwrap().len(), &rest["NextToken"]), (1, &Value::Null));
    let first = page("/loop", &Value::Null);
    assert_eq!(page("/loop", &first["NextToken"])["NextToken"], first["NextToken"]);
}

#[test]
fn what_it_does_not_know_is_refused() {
    let emulator = start(Store::default(), vec![]);
    for target in ["AmazonSSM.PutParameter", "secretsmanager.ListSecrets", "DynamoDB_20120810.GetItem"] {
        let answer = call(emulator.port(), target, &json!({})).unwrap();
        assert_eq!(error_type(&answer), "UnknownOperationException", "{target}");
    }
    let unreadable = ssm(&emulator, "GetParameters", json!({"Names": "not a list"}));
    assert_eq!(error_type(&unreadable), "SerializationException");
}
