//! Policy directories made for one test, and a function that declares two references.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use vestry::decide::{Approved, Gate};
use vestry::declare::{
    Arn, AwsSettings, Credentials, Declaration, Declared, Delivery, Function, Key, Origin, Reference,
    Selector, Settings, Source, Store,
};
use vestry::error::{ErrorType, Refusal};
use vestry::log::{Level, Log, Sink};
use vestry::resolved::{Record, Resolved, Variable};
use vestry::secret::SecretValue;

/// A directory of files that goes with the test.
pub struct Dir(PathBuf);

impl Dir {
    pub fn new(files: &[(&str, &str)]) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("vestry-policy-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let dir = Self(std::env::temp_dir().join(name));
        std::fs::create_dir_all(&dir.0).unwrap();
        for (path, text) in files {
            dir.write(path, text);
        }
        dir
    }

    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.0.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A rule of one package that always denies.
pub fn denies(package: &str, msg: &str) -> String {
    format!("package {package}\n\ndeny contains \"{msg}\"\n")
}

/// A rule of one package that never denies.
pub fn allows(package: &str) -> String {
    format!("package {package}\n\ndeny contains \"never\" if input.stage == \"never\"\n")
}

pub fn quiet() -> Log {
    Log { level: Level::Error, sink: Sink::Stderr }
}

/// A program of ours: this test is none.
pub const EVALUATOR: &str = env!("CARGO_BIN_EXE_vestry-extension");

pub const NOWHERE: &str = "/nonexistent/opt/policy";

/// Both decisions on one function, the layer's directory and the owner's given.
pub fn decide(layer: Option<&Dir>, owner: Option<&Dir>) -> Result<Approved, Refusal> {
    let settings = Settings { policy: owner.map(|dir| dir.path().to_path_buf()), ..patient() };
    decide_with(layer.map_or(Path::new(NOWHERE), |dir| dir.path()), &settings, quiet())
}

/// So slow a machine that two seconds are not enough is no failure of the test.
pub fn patient() -> Settings {
    Settings { policy_timeout: Duration::from_secs(30), ..Settings::default() }
}

pub fn decide_with(layer: &Path, settings: &Settings, log: Log) -> Result<Approved, Refusal> {
    run(async {
        let mut gate = Gate::open_as(EVALUATOR.as_ref(), layer, settings, log);
        let permitted = gate.judge_declared(declared(settings.clone())).await?;
        gate.judge_resolved(permitted, resolved()).await
    })
}

pub fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// The one policy of a layer, refused as invalid; the message.
pub fn invalid(files: &[(&str, &str)]) -> String {
    let dir = Dir::new(files);
    let message = refused(decide(Some(&dir), None), ErrorType::PolicyInvalid);
    message.replace(&dir.path().display().to_string(), "DIR")
}

pub fn refused(result: Result<Approved, Refusal>, error_type: ErrorType) -> String {
    let refusal = result.expect_err("the policy was to refuse");
    assert_eq!(refusal.error_type(), error_type, "{refusal}");
    refusal.to_string()
}

pub fn source(store: Store, id: &str) -> Source {
    Source::named(store, id)
}

fn reference(source: Source) -> Reference {
    Reference { source: source.into(), key: Key::Whole, optional: false, default: None, decode: None }
}

pub fn declared(settings: Settings) -> Declared {
    let arn = Arn {
        partition: "aws".into(),
        service: "secretsmanager".into(),
        region: "eu-west-1".into(),
        account: "111122223333".into(),
        resource: "secret:prod/stripe-AbCdEf".into(),
    };
    let secret = Source {
        arn: Some(arn.clone()),
        selector: Selector { stage: Some("AWSCURRENT".into()), ..Selector::default() },
        ..source(Store::SecretsManager, &arn.to_string())
    };
    let tree = Source { tree: true, ..source(Store::Ssm, "/prod/flags") };
    Declared {
        settings,
        aws: AwsSettings {
            region: Some("eu-west-1".into()),
            endpoint_ssm: None,
            endpoint_secretsmanager: None,
            endpoint_sts: None,
            ca_bundle: None,
            use_fips: false,
            use_dualstack: false,
            https_proxy: None,
            no_proxy: Vec::new(),
            credentials: Credentials::Absent,
        },
        function: Function {
            name: Some("orders-prod".into()),
            version: Some("$LATEST".into()),
            region: Some("eu-west-1".into()),
            memory_mb: Some(128),
            initialization_type: Some("on-demand".into()),
        },
        delivery: Delivery::Socket,
        declarations: vec![
            Declaration::new(
                Origin::Variable("DB_PASSWORD".into()),
                Some("DB_PASSWORD".into()),
                Reference {
                    default: Some(SecretValue::from("canary-default".to_string())),
                    ..reference(Source {
                        selector: Selector { version: Some("3".into()), ..Selector::default() },
                        ..source(Store::Ssm, "/prod/db/password")
                    })
                },
            ),
            Declaration::new(
                Origin::List { setting: "VESTRY_SECRETS", entry: 1 },
                Some("STRIPE_KEY".into()),
                Reference { key: Key::Member("key".into()), optional: true, ..reference(secret) },
            ),
            Declaration::new(Origin::List { setting: "VESTRY_PARAMETERS", entry: 1 }, None, reference(tree)),
        ],
        variables: vec!["LOG_LEVEL".into(), "TZ".into()],
        composed: Vec::new(),
        warnings: Vec::new(),
    }
}

pub fn resolved() -> Resolved {
    let value =
        |name: &str| Variable { name: name.into(), value: SecretValue::from("canary-value".to_string()) };
    Resolved {
        variables: vec![value("DB_PASSWORD"), value("STRIPE_KEY"), value("CHECKOUT")],
        records: vec![
            Record {
                declaration: 0,
                variable: "DB_PASSWORD".into(),
                found: true,
                name: Some("/prod/db/password".into()),
                arn: Some("arn:aws:ssm:eu-west-1:111122223333:parameter/prod/db/password".into()),
                version: Some("3".into()),
                value_type: Some("SecureString"),
                kms_key_id: Some("alias/prod".into()),
                last_modified: Some("2026-10-01T08:00:00Z".into()),
                size: 12,
                ..Record::default()
            },
            Record {
                declaration: 1,
                variable: "STRIPE_KEY".into(),
                key: Some("key".into()),
                found: true,
                name: Some("prod/stripe".into()),
                arn: Some("arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/stripe-AbCdEf".into()),
                version: Some("0f0c9e1a-6a52-4a3c-9a0b-3c1f6d3a7e21".into()),
                value_type: Some("SecretString"),
                created: Some("2026-09-14T06:30:00Z".into()),
                last_modified: Some("2026-09-14T06:30:00Z".into()),
                stages: vec!["AWSCURRENT".into()],
                kms_key_id: Some("alias/aws/secretsmanager".into()),
                size: 12,
            },
            Record {
                declaration: 2,
                variable: "CHECKOUT".into(),
                found: true,
                name: Some("/prod/flags/checkout".into()),
                arn: Some("arn:aws:ssm:eu-west-1:111122223333:parameter/prod/flags/checkout".into()),
                version: Some("1".into()),
                value_type: Some("String"),
                last_modified: Some("2026-10-02T08:00:00Z".into()),
                size: 12,
                ..Record::default()
            },
        ],
        account: Some("111122223333".into()),
        keys_asked: true,
        ..Resolved::default()
    }
}
