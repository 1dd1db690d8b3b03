//! This room against a stub of the stores' HTTP.

mod stores;
pub mod stub;
mod transport;
mod values;

use crate::declare::grammar;
use crate::declare::{AwsSettings, Credentials, Declaration, Declared, Delivery, Function, Origin, Settings};
use crate::declare::{Source, Store};

/// `NAME=REFERENCE` as an environment variable would declare it; a lower-case name is an entry of a list
/// without `NAME=`.
pub fn declaration(name: &str, reference: &str) -> Declaration {
    let (scheme, text) = reference.split_once(':').unwrap();
    let store = if scheme == "ssm" { Store::Ssm } else { Store::SecretsManager };
    let reference =
        grammar::reference(store, text).unwrap_or_else(|fault| panic!("{reference}: {}", fault.why));
    match name {
        "" => Declaration::new(Origin::List { setting: "VESTRY_PARAMETERS", entry: 1 }, None, reference),
        name => Declaration::new(Origin::Variable(name.into()), Some(name.into()), reference),
    }
}

pub fn source(reference: &str) -> Source {
    (*declaration("X", reference).reference.source).clone()
}

pub fn declared(declarations: &[(&str, &str)]) -> Declared {
    Declared {
        settings: Settings::default(),
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
            credentials: Credentials::Keys {
                access_key_id: "AKIDEXAMPLE".into(),
                secret_access_key: "secret-access-key".to_string().into(),
                session_token: None,
            },
        },
        function: Function::default(),
        delivery: Delivery::Socket,
        declarations: declarations.iter().map(|(name, reference)| declaration(name, reference)).collect(),
        variables: vec!["PATH".into(), "STAGE".into()],
        composed: Vec::new(),
        warnings: Vec::new(),
    }
}

/// The extension's own kind of runtime.
pub fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}
