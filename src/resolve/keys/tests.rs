use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::error::{ErrorType, Refusal};
use crate::resolve::Stores;
use crate::resolve::tests::stub::{Asked, Fake, Reply, Stub, error, ok};
use crate::resolve::tests::{declared, run};

const READER: &str = "/opt/policy/keys.rego";

/// Values as [`Fake`] has them, keys as `describe` says.
async fn stub(
    parameters: usize,
    secrets: &[&str],
    describe: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
) -> Stub {
    let parameters = (0..parameters).map(|n| (format!("/p/{n}"), "v".to_string())).collect();
    let secrets = secrets.iter().map(|name| (name.to_string(), "{\"a\":1,\"b\":2}".to_string())).collect();
    let fake = Fake { parameters, secrets, ..Fake::default() };
    Stub::start(move |asked| match asked.operation.starts_with("Describe") {
        true => describe(asked),
        false => fake.answer(asked),
    })
    .await
}

async fn fetched(stub: &Stub, references: &[(&str, &str)], time: Duration) -> Result<Resolved, Refusal> {
    let mut declared = declared(references);
    declared.aws.endpoint_ssm = Some(stub.url());
    declared.aws.endpoint_secretsmanager = Some(stub.url());
    let permitted = Permitted::for_test(declared).read_by(READER);
    let mut stores = Stores::open(permitted.declared(), None).unwrap();
    stores.fetch(&permitted, Instant::now() + time).await
}

async fn resolved(stub: &Stub, references: &[(&str, &str)]) -> Result<Resolved, Refusal> {
    fetched(stub, references, Duration::from_secs(20)).await
}

fn asked_about(asked: &Asked) -> Vec<String> {
    let names = asked.body["ParameterFilters"][0]["Values"].as_array().unwrap();
    names.iter().map(|name| name.as_str().unwrap().to_string()).collect()
}

/// What AWS says of a parameter.
fn described(name: &str) -> Value {
    json!({
        "Name": name, "Type": "SecureString", "Version": 1, "KeyId": format!("alias{name}"), "Tier": "Standard",
        "ARN": format!("arn:aws:ssm:eu-west-1:123456789012:parameter{name}"), "LastModifiedDate": 1.7e9,
    })
}

fn keys(resolved: &Resolved) -> Vec<(&str, Option<&str>)> {
    resolved.records.iter().map(|r| (r.variable.as_str(), r.kms_key_id.as_deref())).collect()
}

#[test]
fn fifty_parameters_go_in_one_call_and_all_pages_are_asked_for() {
    run(async {
        let stub = stub(55, &[], |asked| {
            let (names, page) = (asked_about(asked), asked.body["NextToken"].as_str());
            assert!((1..=50).contains(&names.len()) && asked.body["MaxResults"] == 50);
            let filter = &asked.body["ParameterFilters"][0];
            assert_eq!((&filter["Key"], &filter["Option"]), (&json!("Name"), &json!("Equals")));
            let half = |of: &[String]| of.iter().map(|name| described(name)).collect::<Vec<_>>();
            let middle = names.len() / 2;
            match page {
                None => ok(json!({"Parameters": half(&names[..middle]), "NextToken": "more"})),
                // A page may be empty and not the last.
                Some("more") => ok(json!({"Parameters": [], "NextToken": "last"})),
                Some(_) => ok(json!({"Parameters": half(&names[middle..])})),
            }
        })
        .await;
        let resolved = resolved(&stub, &[("T", "ssm:/p/*")]).await.unwrap();
        assert!(resolved.keys_asked);
        assert_eq!(keys(&resolved).len(), 55);
        for record in &resolved.records {
            assert_eq!(record.kms_key_id, record.name.as_ref().map(|name| format!("alias{name}")));
        }
        assert_eq!(stub.operations()["DescribeParameters"], 6);
    });
}

#[test]
fn each_secret_is_asked_about_once_and_the_key_that_aws_manages_is_named() {
    run(async {
        let stub = stub(0, &["own", "plain"], |asked| match asked.body["SecretId"].as_str().unwrap() {
            id if id.contains(":secret:own-") => ok(json!({"Name": "own", "KmsKeyId": "alias/mine"})),
            _ => ok(json!({"Name": "plain", "RotationEnabled": true})),
        })
        .await;
        let references = [
            ("A", "secretsmanager:own#a"),
            ("B", "secretsmanager:own#b"),
            ("E", "secretsmanager:own#*"),
            ("P", "secretsmanager:plain"),
            ("GONE", "secretsmanager:gone?optional"),
        ];
        let resolved = resolved(&stub, &references).await.unwrap();
        let own = Some("alias/mine");
        let expected = [
            ("A", own),
            ("B", own),
            ("E_A", own),
            ("E_B", own),
            ("P", Some("alias/aws/secretsmanager")),
            ("GONE", None),
        ];
        assert_eq!(keys(&resolved), expected);
        assert_eq!(stub.operations()["DescribeSecret"], 2);
    });
}

#[test]
fn nobody_is_asked_where_no_policy_reads_it() {
    run(async {
        let stub = stub(1, &["s"], |asked| panic!("{} was asked for", asked.operation)).await;
        let mut declared = declared(&[("P", "ssm:/p/0"), ("S", "secretsmanager:s")]);
        declared.aws.endpoint_ssm = Some(stub.url());
        declared.aws.endpoint_secretsmanager = Some(stub.url());
        let mut stores = Stores::open(&declared, None).unwrap();
        let permitted = Permitted::for_test(declared);
        let resolved = stores.fetch(&permitted, Instant::now() + Duration::from_secs(20)).await.unwrap();
        assert!(!resolved.keys_asked);
        assert_eq!(keys(&resolved), [("P", None), ("S", None)]);
    });
}

#[test]
fn a_denial_says_who_wants_to_know_and_what_to_allow() {
    run(async {
        let stub = stub(3, &["s"], |asked| {
            let action = match asked.operation.as_str() {
                "DescribeParameters" => "ssm:DescribeParameters",
                _ => "secretsmanager:DescribeSecret",
            };
            error("AccessDeniedException", &format!("User: u is not authorized to perform: {action}"))
        })
        .await;
        let references = [("T", "ssm:/p/*"), ("P", "ssm:/p/0"), ("S", "secretsmanager:s")];
        let refusal = resolved(&stub, &references).await.unwrap_err();
        let problems = refusal.problems();
        assert_eq!(refusal.error_type(), ErrorType::AccessDenied);
        let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
        let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:s-AbCdEf";
        assert_eq!(texts.len(), 2, "{texts:?}");
        let of = |allowed: &str| texts.iter().find(|text| text.contains(allowed)).expect(allowed);
        let of_parameters = of("allow ssm:DescribeParameters on *; so for 1 more; ");
        assert!(of_parameters.contains("its KMS key is not told: denied (AccessDeniedException: "));
        assert!(of_parameters.ends_with(&format!("because {READER} reads kms_key_id")), "{of_parameters}");
        assert!(of(&format!("allow secretsmanager:DescribeSecret on {arn}; ")).starts_with("S ("));
        assert_eq!(stub.operations()["DescribeParameters"], 1, "one denial is enough");
    });
}

#[test]
fn what_passes_is_asked_again_and_what_never_answers_ends_at_the_deadline() {
    run(async {
        let throttled = std::sync::atomic::AtomicBool::new(true);
        let stub_of_one =
            stub(1, &[], move |asked| match throttled.swap(false, std::sync::atomic::Ordering::Relaxed) {
                true => error("ThrottlingException", "Rate exceeded"),
                false => ok(json!({"Parameters": [described(&asked_about(asked)[0])]})),
            })
            .await;
        let resolved = resolved(&stub_of_one, &[("P", "ssm:/p/0")]).await.unwrap();
        assert_eq!(keys(&resolved), [("P", Some("alias/p/0"))]);

        let silent = stub(1, &[], |_| Reply::Hang).await;
        let refusal = fetched(&silent, &[("P", "ssm:/p/0")], Duration::from_millis(300)).await.unwrap_err();
        let told = refusal.problems()[0].to_string();
        assert!(told.contains("its KMS key is not told: not there at the deadline"), "{told}");
    });
}

#[test]
fn an_answer_that_cannot_be_read_refuses() {
    run(async {
        for answer in ["{", "[]", "{\"Parameters\": 3}", "{}"] {
            let stub = stub(1, &[], move |_| Reply::Raw(200, answer.into())).await;
            let refusal = resolved(&stub, &[("P", "ssm:/p/0")]).await.unwrap_err();
            assert!(refusal.problems()[0].to_string().contains("malformed answer"), "{answer}");
        }
        for (store, answer, why) in [
            ("s", json!({}), "not about this secret"),
            ("s", json!({"Name": "other"}), "not about this secret"),
            (
                "s",
                json!({"Name": "own", "ARN": "arn:aws:secretsmanager:eu-west-1:1:secret:o-AbCdEf"}),
                "not about",
            ),
            ("s", json!({"Name": "own", "KmsKeyId": 1}), "its KmsKeyId is no text"),
            ("p", json!({"Parameters": [{"Name": "/p/0", "KeyId": ["alias/a"]}]}), "its KeyId is no text"),
            ("p", json!({"Parameters": [{"Name": "/p/0", "KeyId": "a", "Version": "9"}]}), "its Version is"),
        ] {
            let told = answer.clone();
            let stub = stub(1, &["own"], move |_| ok(told.clone())).await;
            let reference = if store == "s" { "secretsmanager:own" } else { "ssm:/p/0" };
            let refusal = resolved(&stub, &[("V", reference)]).await.unwrap_err();
            assert!(refusal.problems()[0].to_string().contains(why), "{answer}: {refusal}");
        }
        let circle = stub(1, &[], |_| ok(json!({"Parameters": [], "NextToken": "again"}))).await;
        let refusal = resolved(&circle, &[("P", "ssm:/p/0")]).await.unwrap_err();
        assert!(refusal.problems()[0].to_string().contains("round in a circle"));
    });
}

fn record(name: &str, version: &str) -> Record {
    Record {
        found: true,
        name: Some(name.into()),
        arn: Some(format!("arn:aws:ssm:eu-west-1:123456789012:parameter{name}")),
        version: Some(version.into()),
        value_type: Some("SecureString"),
        ..Record::default()
    }
}

#[test]
fn what_is_said_of_another_version_or_of_another_accounts_parameter_is_not_believed() {
    let source = crate::resolve::tests::source("ssm:/a");
    let told = Answer::Tree(describe::of_source(&[described("/a"), described("/b")], &source));
    let key = |record: &Record| key_of(record, &told);
    assert_eq!(key(&record("/a", "1")).as_deref(), Some("alias/a"));
    assert_eq!(key(&record("/a", "2")), None);
    let arn = Some("arn:aws:ssm:eu-west-1:999999999999:parameter/a".into());
    assert_eq!(key(&Record { arn, ..record("/a", "1") }), None);
    let without_arn = Record { arn: None, ..record("/a:1", "1") };
    assert_eq!(key(&without_arn).as_deref(), Some("alias/a"));
    assert_eq!(key(&record("/b", "1")), None, "it was not asked for by this");
}

#[test]
fn plain_text_has_no_key_and_elsewhere_is_another_call() {
    let mut declared =
        declared(&[("A", "ssm:/a"), ("B", "ssm:/b"), ("C", "ssm:/c"), ("D", "ssm:/d:3"), ("E", "ssm:/a:1")]);
    let mut elsewhere = Source::clone(&declared.declarations[2].reference.source);
    elsewhere.region = Some("us-east-1".into());
    declared.declarations[2].reference.source = elsewhere.into();
    let of = |declaration: usize, name: &str| Record { declaration, ..record(name, "1") };
    let records = [
        of(0, "/a"),
        Record { value_type: Some("String"), ..of(1, "/b") },
        of(2, "/c"),
        of(3, "/d"),
        of(4, "/a"),
        Record { found: false, ..of(1, "/b") },
    ];
    let jobs = jobs(&declared, &records, &Region::new("eu-west-1"));
    let told: Vec<_> = jobs.iter().map(|job| (job.region.as_str(), job.what.clone())).collect();
    let keys = |places: &[usize], names: &[&str]| {
        let source = |place: &usize| Arc::clone(&declared.declarations[*place].reference.source);
        let names = names.iter().map(|name| name.to_string()).collect();
        What::KeysOfParameters(places.iter().map(source).collect(), names)
    };
    let expected = [("eu-west-1", keys(&[0, 3, 4], &["/a", "/d"])), ("us-east-1", keys(&[2], &["/c"]))];
    assert_eq!(told, expected);
}

#[test]
fn filters_take_names_without_selectors_and_no_arns() {
    let source = |reference: &str| crate::resolve::tests::source(reference);
    let named = |name: &str| Record { name: Some(name.into()), ..Record::default() };
    assert_eq!(describe::name(&named("/a"), &source("ssm:/a:3")), "/a");
    assert_eq!(describe::name(&named("/a:3"), &source("ssm:/a:3")), "/a");
    let arn = "arn:aws:ssm:eu-west-1:123456789012:parameter/a/b";
    assert_eq!(describe::name(&named(arn), &source(&format!("ssm:{arn}"))), "/a/b");
    assert_eq!(describe::name(&named("b"), &source("ssm:/tree/*")), "b");
}
