//! Calls: how many, for what, and what becomes of those that fail.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::stub::{Fake, Reply, Stub, error, ok};
use super::{declared, run};
use crate::decide::Permitted;
use crate::declare::{Credentials, Declared};
use crate::error::{ErrorType, Refusal};
use crate::resolve::{MOST_AHEAD, MOST_AHEAD_IN_ALL, Stores, shares};
use crate::resolved::{Calls, Resolved};

fn at(stub: &Stub, declarations: &[(&str, &str)]) -> Declared {
    let mut declared = declared(declarations);
    declared.aws.endpoint_ssm = Some(stub.url());
    declared.aws.endpoint_secretsmanager = Some(stub.url());
    declared
}

async fn fetch(declared: Declared) -> (Result<Resolved, Refusal>, Calls) {
    fetch_within(declared, Duration::from_secs(20)).await
}

async fn fetch_within(declared: Declared, time: Duration) -> (Result<Resolved, Refusal>, Calls) {
    let mut stores = Stores::open(&declared, None).unwrap();
    let resolved = stores.fetch(&Permitted::for_test(declared), Instant::now() + time).await;
    (resolved, stores.calls())
}

fn values(resolved: &Resolved) -> Vec<(String, String)> {
    let text = |v: &crate::resolved::Variable| v.value.expose_str().unwrap().to_string();
    resolved.variables.iter().map(|v| (v.name.clone(), text(v))).collect()
}

fn named(prefix: &str, count: usize) -> Vec<(String, String)> {
    (0..count).map(|n| (format!("V{n}"), format!("{prefix}{n}"))).collect()
}

fn borrowed(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect()
}

#[test]
fn eleven_parameters_are_two_calls_and_each_value_finds_its_name() {
    run(async {
        let parameters = (0..11).map(|n| (format!("/p/{n}"), format!("value {n}"))).collect();
        let fake = Fake { parameters, ..Fake::default() };
        let stub = Stub::start(move |asked| fake.answer(asked)).await;
        let (resolved, calls) = fetch(at(&stub, &borrowed(&named("ssm:/p/", 11)))).await;
        let resolved = resolved.unwrap();
        let expected: Vec<_> = (0..11).map(|n| (format!("V{n}"), format!("value {n}"))).collect();
        assert_eq!(values(&resolved), expected);
        assert_eq!(calls, Calls { ssm: 2, secretsmanager: 0, retries: 0, ..Calls::default() });
        assert_eq!(resolved.account.as_deref(), Some("123456789012"));
        assert_eq!(resolved.records[0].last_modified.as_deref(), Some("2023-11-14T22:13:20Z"));
        assert_eq!(stub.connections(), 2, "one connection a call");
    });
}

#[test]
fn versions_labels_stages_trees_and_secrets_come_together() {
    run(async {
        let parameters =
            [("/a", "now"), ("/a:3", "third"), ("/a:live", "live"), ("/t/1", "x"), ("/t/b/2", "y")];
        let parameters = parameters.iter().chain(&[("/t/3", "z"), ("/t/4", "w"), ("/t/5", "v")]);
        let secrets = [("s", r#"{"k":1.50}"#), ("s@AWSPREVIOUS", "before")];
        let owned = |(k, v): &(&str, &str)| (k.to_string(), v.to_string());
        let fake = Fake {
            parameters: parameters.map(owned).collect(),
            secrets: secrets.iter().map(owned).collect(),
            ..Fake::default()
        };
        let stub = Stub::start(move |asked| fake.answer(asked)).await;
        let (resolved, calls) = fetch(at(
            &stub,
            &[
                ("NOW", "ssm:/a"),
                ("THIRD", "ssm:/a:3"),
                ("LIVE", "ssm:/a:live"),
                ("T", "ssm:/t/*"),
                ("K", "secretsmanager:s#k"),
                ("ALL", "secretsmanager:s"),
                ("BEFORE", "secretsmanager:s?stage=AWSPREVIOUS"),
                ("GONE", "secretsmanager:gone?optional"),
            ],
        ))
        .await;
        let resolved = resolved.unwrap();
        let expected = [
            ("NOW", "now"),
            ("THIRD", "third"),
            ("LIVE", "live"),
            ("T_1", "x"),
            ("T_3", "z"),
            ("T_4", "w"),
            ("T_5", "v"),
            ("T_B_2", "y"),
            ("K", "1.50"),
            ("ALL", r#"{"k":1.50}"#),
            ("BEFORE", "before"),
        ];
        assert_eq!(values(&resolved), expected.map(|(n, v)| (n.to_string(), v.to_string())));
        assert_eq!(resolved.absent, ["GONE"]);
        let operations = stub.operations();
        assert_eq!(operations["GetParameters"], 3, "versions of one name are asked for apart");
        assert_eq!((operations["BatchGetSecretValue"], operations["GetSecretValue"]), (1, 1));
        assert_eq!(operations["GetParametersByPath"], 4, "all pages, the empty one too");
        assert_eq!(calls, Calls { ssm: 7, secretsmanager: 2, retries: 0, ..Calls::default() });
    });
}

#[test]
fn where_arns_are_not_known_the_name_counts_if_it_is_the_very_parameter() {
    run(async {
        let parameters = [("/a/b", "v"), ("/a/b:3", "third"), ("c", "plain"), ("/a/x", "another account's")];
        let fake = Fake {
            parameters: parameters.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect(),
            ..Fake::default()
        };
        let stub = Stub::start(move |asked| fake.answer(asked)).await;
        let arn = |account: &str, name: &str| format!("ssm:arn:aws:ssm:eu-west-1:{account}:parameter/{name}");
        let [b, third, c] = ["a/b", "a/b:3", "c"].map(|name| arn("123456789012", name));
        let (resolved, _) = fetch(at(&stub, &[("B", &b), ("THIRD", &third), ("C", &c)])).await;
        let expected = [("B", "v"), ("THIRD", "third"), ("C", "plain")];
        assert_eq!(values(&resolved.unwrap()), expected.map(|(n, v)| (n.to_string(), v.to_string())));
        let (resolved, _) = fetch(at(&stub, &[("X", &arn("999999999999", "a/x"))])).await;
        assert_eq!(resolved.unwrap_err().error_type(), ErrorType::NotFound);
    });
}

#[test]
fn a_denied_batch_is_split_until_exactly_the_denied_names_are_known() {
    run(async {
        let parameters = (0..10).map(|n| (format!("/p/{n}"), "v".to_string())).collect();
        let fake = Fake { parameters, denied: vec!["/p/3", "/p/8"], ..Fake::default() };
        let stub = Stub::start(move |asked| fake.answer(asked)).await;
        let (resolved, _) = fetch(at(&stub, &borrowed(&named("ssm:/p/", 10)))).await;
        let refusal = resolved.unwrap_err();
        let about: Vec<_> = refusal.problems().iter().map(|p| p.variable.clone().unwrap()).collect();
        assert_eq!(about, ["V3", "V8"]);
        assert_eq!(refusal.error_type(), ErrorType::AccessDenied);
        let advice = "allow ssm:GetParameters on arn:aws:ssm:eu-west-1:123456789012:parameter/p/8";
        assert_eq!(refusal.problems()[1].advice, advice);
    });
}

#[test]
fn without_the_batch_permission_secrets_are_fetched_one_by_one_with_one_warning() {
    run(async {
        let secrets = (0..25).map(|n| (format!("s{n}"), format!("v{n}"))).collect();
        let fake = Fake { secrets, batch_denied: true, ..Fake::default() };
        let stub = Stub::start(move |asked| fake.answer(asked)).await;
        let (resolved, calls) = fetch(at(&stub, &borrowed(&named("secretsmanager:s", 25)))).await;
        let resolved = resolved.unwrap();
        assert_eq!(resolved.variables.len(), 25);
        assert_eq!(resolved.warnings.len(), 1);
        assert!(resolved.warnings[0].contains("secretsmanager:BatchGetSecretValue"));
        assert_eq!(calls.secretsmanager, 27);
    });
}

#[test]
fn errors_of_single_secrets_in_a_batch_are_told_apart_and_passing_ones_tried_again() {
    run(async {
        let rounds = AtomicUsize::new(0);
        let stub = Stub::start(move |asked| {
            let error = |id: &str, code: &str, message: &str| json!({ "SecretId": id, "ErrorCode": code, "Message": message });
            if rounds.fetch_add(1, Ordering::Relaxed) > 0 {
                assert_eq!(asked.body["SecretIdList"], json!(["busy"]));
                return ok(json!({ "SecretValues": [{ "Name": "busy", "SecretString": "v" }] }));
            }
            ok(json!({ "SecretValues": [], "Errors": [
                error("gone", "ResourceNotFoundException", "can't find"),
                error("dead", "InvalidRequestException", "You can't perform this operation on the secret because it was marked for deletion."),
                error("kms", "DecryptionFailure", "can't decrypt"),
                error("mine", "AccessDeniedException", "no identity-based policy allows"),
                error("busy", "InternalServiceError", "try again"),
            ] }))
        })
        .await;
        let names = ["gone", "dead", "kms", "mine", "busy", "silent"];
        let pairs: Vec<_> = names.iter().map(|n| (n.to_uppercase(), format!("secretsmanager:{n}"))).collect();
        let (resolved, calls) = fetch(at(&stub, &borrowed(&pairs))).await;
        let refusal = resolved.unwrap_err();
        let told: Vec<_> =
            refusal.problems().iter().map(|p| (p.variable.as_deref().unwrap(), p.error_type)).collect();
        assert_eq!(
            told,
            [
                ("GONE", ErrorType::NotFound),
                ("DEAD", ErrorType::NotFound),
                ("KMS", ErrorType::AccessDenied),
                ("MINE", ErrorType::AccessDenied),
                ("SILENT", ErrorType::Unavailable),
            ]
        );
        assert!(refusal.to_string().contains("kms:Decrypt") && refusal.to_string().contains("deletion"));
        assert_eq!(calls, Calls { ssm: 0, secretsmanager: 2, retries: 1, ..Calls::default() });
    });
}

#[test]
fn throttling_5xx_and_closed_connections_are_tried_again() {
    run(async {
        let count = AtomicUsize::new(0);
        let stub = Stub::start(move |_| match count.fetch_add(1, Ordering::Relaxed) {
            0 => error("ThrottlingException", "Rate exceeded"),
            1 => Reply::Raw(503, b"<html>busy</html>".to_vec()),
            2 => Reply::Raw(429, Vec::new()),
            3 | 4 => Reply::Close,
            _ => ok(json!({ "Parameters": [{ "Name": "/a", "Value": "v", "Version": 1 }] })),
        })
        .await;
        let (resolved, calls) = fetch(at(&stub, &[("A", "ssm:/a")])).await;
        assert_eq!(values(&resolved.unwrap()), [("A".to_string(), "v".to_string())]);
        assert!(calls.retries >= 3 && calls.ssm == calls.retries + 1, "{calls:?}");
    });
}

#[test]
fn at_the_deadline_every_missing_reference_is_named_with_what_it_waited_for() {
    run(async {
        let stub = Stub::start(|asked| match asked.operation.as_str() {
            "GetParametersByPath" => error("ThrottlingException", "Rate exceeded"),
            "GetSecretValue" => error("ResourceNotFoundException", "can't find"),
            _ => Reply::Hang,
        })
        .await;
        let declared = at(
            &stub,
            &[("SLOW", "ssm:/slow"), ("BUSY", "ssm:/busy/*"), ("GONE", "secretsmanager:gone?stage=X")],
        );
        let (resolved, calls) = fetch_within(declared, Duration::from_millis(400)).await;
        let refusal = resolved.unwrap_err();
        let told: Vec<_> = refusal.problems().iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 3);
        assert!(
            told[0].contains("SLOW (ssm:/slow)") && told[0].contains("waiting for the answer of 127.0.0.1")
        );
        assert!(
            told[1].contains("BUSY (ssm:/busy/*)") && told[1].contains("ThrottlingException"),
            "{}",
            told[1]
        );
        assert!(told[2].contains("GONE"), "what is known is told too");
        let types: Vec<_> = refusal.problems().iter().map(|p| p.error_type).collect();
        assert_eq!(types, [ErrorType::Unavailable, ErrorType::Unavailable, ErrorType::NotFound]);
        assert!(calls.ssm >= 2 && calls.secretsmanager == 1);
    });
}

#[test]
fn what_a_batch_told_is_kept_while_the_rest_of_it_is_tried_again() {
    run(async {
        let stub = Stub::start(|asked| {
            let of = |id: &str, code: &str| json!({ "SecretId": id, "ErrorCode": code });
            let errors = [of("gone", "ResourceNotFoundException"), of("busy", "InternalServiceError")];
            let left = asked.body["SecretIdList"].as_array().unwrap().len();
            ok(json!({ "SecretValues": [], "Errors": errors[2 - left..] }))
        })
        .await;
        let declared = at(&stub, &[("GONE", "secretsmanager:gone"), ("BUSY", "secretsmanager:busy")]);
        let (resolved, calls) = fetch_within(declared, Duration::from_millis(300)).await;
        let refusal = resolved.unwrap_err();
        let types: Vec<_> = refusal.problems().iter().map(|p| p.error_type).collect();
        assert_eq!(types, [ErrorType::NotFound, ErrorType::Unavailable]);
        assert!(refusal.problems()[1].why.contains("InternalServiceError"), "{refusal}");
        assert!(calls.retries > 0 && calls.retries == calls.secretsmanager - 1, "{calls:?}");
    });
}

#[test]
fn malformed_answers_are_unavailable_and_never_quoted() {
    run(async {
        for body in [
            "hunter2",
            r#"{"Parameters": "hunter2"}"#,
            r#"{"Parameters": [{"Name": "/a", "hunter2": 1}]}"#,
            r#"{"Parameters": []}"#,
            r#"["hunter2"]"#,
            "",
        ] {
            let stub = Stub::start(move |_| Reply::Raw(200, body.into())).await;
            let (resolved, _) = fetch(at(&stub, &[("A", "ssm:/a")])).await;
            let refusal = resolved.unwrap_err();
            assert_eq!(refusal.error_type(), ErrorType::Unavailable, "{body}");
            assert!(refusal.to_string().contains("malformed"), "{refusal}");
            assert!(!refusal.to_string().contains("hunter2"), "{refusal}");
        }
        let huge = Stub::start(|_| Reply::Raw(200, vec![b' '; 9 * 1024 * 1024])).await;
        let (resolved, _) = fetch(at(&huge, &[("A", "secretsmanager:a?stage=X")])).await;
        assert!(resolved.unwrap_err().to_string().contains("larger than"));
    });
}

#[test]
fn pages_that_go_round_in_a_circle_end() {
    run(async {
        let stub =
            Stub::start(|_| ok(json!({ "Parameters": [], "SecretValues": [], "NextToken": "again" }))).await;
        let (resolved, calls) = fetch(at(&stub, &[("T", "ssm:/t/*"), ("S", "secretsmanager:s")])).await;
        let refusal = resolved.unwrap_err();
        assert_eq!(refusal.problems().len(), 2);
        assert_eq!(refusal.error_type(), ErrorType::Unavailable);
        assert_eq!((calls.ssm, calls.secretsmanager), (2, 2));
    });
}

#[test]
fn expired_credentials_are_access_denied_at_the_first_answer() {
    run(async {
        let stub = Stub::start(|_| error("ExpiredTokenException", "The security token is expired")).await;
        let (resolved, calls) = fetch(at(&stub, &borrowed(&named("ssm:/p/", 10)))).await;
        let refusal = resolved.unwrap_err();
        assert_eq!((refusal.error_type(), refusal.problems().len()), (ErrorType::AccessDenied, 10));
        assert_eq!(calls, Calls { ssm: 1, secretsmanager: 0, retries: 0, ..Calls::default() });
    });
}

#[test]
fn connections_open_ahead_but_nothing_is_asked_before_permission() {
    run(async {
        let parameters = (0..20).map(|n| (format!("/p/{n}"), "v".to_string())).collect();
        let fake = Fake { parameters, ..Fake::default() };
        let stub = Stub::start(move |asked| fake.answer(asked)).await;
        let declared = at(&stub, &borrowed(&named("ssm:/p/", 20)));
        let mut stores = Stores::open(&declared, None).unwrap();
        let ahead = async {
            while stub.connections() < 2 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), ahead).await.expect("nobody connects");
        // The requests are ready by now, and would be there if nothing held them.
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(stub.asked().is_empty());
        assert_eq!(stores.calls(), Calls::default(), "what was not sent is not counted");
        let deadline = Instant::now() + Duration::from_secs(20);
        stores.fetch(&Permitted::for_test(declared), deadline).await.unwrap();
        assert_eq!((stub.connections(), stub.asked().len()), (2, 2), "the connections opened ahead are used");
        assert!(stub.asked()[0].authorization.contains("Credential=AKIDEXAMPLE/"));
    });
}

#[test]
fn what_is_opened_ahead_is_bounded_over_all_hosts() {
    let calls = |hosts: usize, calls: usize| (0..hosts).map(|host| (host, calls)).collect();
    let shared = |calls: BTreeMap<usize, usize>| shares(&calls).into_values().collect::<Vec<_>>();
    assert_eq!(shared(calls(1, 100)), [MOST_AHEAD]);
    assert_eq!(shared(calls(2, 3)), [3, 3]);
    assert_eq!(shared(calls(3, 100)), [6, 5, 5]);
    assert_eq!(shared(calls(500, 100)), [1; MOST_AHEAD_IN_ALL]);
    assert_eq!(shared(calls(0, 0)), [0; 0]);
}

#[test]
fn with_nothing_declared_nothing_happens() {
    run(async {
        let mut declared = declared(&[]);
        declared.aws.region = None;
        declared.aws.credentials = Credentials::Absent;
        declared.aws.ca_bundle = Some("/nowhere".into());
        let (resolved, calls) = fetch(declared).await;
        assert!(resolved.unwrap().variables.is_empty());
        assert_eq!(calls, Calls::default());
    });
}

#[test]
fn every_setting_that_no_request_could_be_made_with_is_told() {
    run(async {
        let mut declared = declared(&[("A", "ssm:/a")]);
        declared.aws.region = None;
        declared.aws.credentials = Credentials::Absent;
        declared.aws.ca_bundle = Some("/nowhere".into());
        let refusal = Stores::open(&declared, None).err().unwrap();
        let about: Vec<_> = refusal.problems().iter().map(|p| p.variable.as_deref().unwrap()).collect();
        assert_eq!(about, ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_CA_BUNDLE"]);
    });
}

#[test]
fn container_credentials_are_asked_for_with_their_token_and_patiently() {
    run(async {
        let count = AtomicUsize::new(0);
        let stub = Stub::start(move |asked| match asked.operation.as_str() {
            "/creds" if count.fetch_add(1, Ordering::Relaxed) == 0 => Reply::Raw(500, Vec::new()),
            "/creds" => ok(json!({ "AccessKeyId": "AKIDCONTAINER", "SecretAccessKey": "s", "Token": "t" })),
            _ => ok(json!({ "Parameters": [{ "Name": "/a", "Value": "v" }] })),
        })
        .await;
        let mut declared = at(&stub, &[("A", "ssm:/a")]);
        let token = Some("the token".to_string().into());
        declared.aws.credentials =
            Credentials::Container { uri: format!("{}/creds", stub.url()), token, token_file: None };
        let (resolved, calls) = fetch(declared).await;
        assert_eq!(resolved.unwrap().variables.len(), 1);
        assert_eq!(calls.ssm, 1);
        let asked = stub.asked();
        assert_eq!((asked[0].authorization.as_str(), asked.len()), ("the token", 3));
        assert!(asked[2].authorization.contains("AKIDCONTAINER"));
    });
}

#[test]
fn container_credentials_that_are_refused_or_too_late_are_told() {
    run(async {
        for (reply, error_type, about) in [
            (403, ErrorType::AccessDenied, "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
            (200, ErrorType::Unavailable, "malformed"),
            (500, ErrorType::Unavailable, "A (ssm:/a)"),
        ] {
            let stub = Stub::start(move |_| Reply::Raw(reply, b"{\"hunter2\":1}".to_vec())).await;
            let mut declared = at(&stub, &[("A", "ssm:/a")]);
            declared.aws.credentials =
                Credentials::Container { uri: stub.url(), token: None, token_file: None };
            let (resolved, calls) = fetch_within(declared, Duration::from_millis(300)).await;
            let refusal = resolved.unwrap_err();
            assert_eq!(refusal.error_type(), error_type);
            assert!(refusal.to_string().contains(about), "{refusal}");
            assert!(!refusal.to_string().contains("hunter2"));
            assert_eq!(calls, Calls::default());
        }
    });
}
