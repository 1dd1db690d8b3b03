//! The environment of a local run: the user's, made to look like a function's.

use std::path::Path;

use aws_credential_types::Credentials;

use crate::declare::{Environment, Host};

/// What would lead an SDK past an embedded store, or to other credentials than those given.
const MISROUTING: [&str; 20] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_SSM",
    "AWS_ENDPOINT_URL_SECRETS_MANAGER",
    "AWS_ENDPOINT_URL_STS",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_CA_BUNDLE",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
];

/// For the embedded stores: nothing leads elsewhere, and any keys do.
pub(super) fn for_embedded(environment: &Environment, endpoint: &str, region: &str) -> Environment {
    let mut environment = environment.clone();
    for name in MISROUTING {
        environment.remove(name);
    }
    environment.set("AWS_ENDPOINT_URL", endpoint);
    environment.set("AWS_REGION", region);
    environment.set("AWS_DEFAULT_REGION", region);
    environment.set("AWS_ACCESS_KEY_ID", "local");
    environment.set("AWS_SECRET_ACCESS_KEY", "local");
    environment
}

/// For real AWS: the keys that the whole chain found, as Lambda would hand them over.
pub(super) fn with_keys(environment: &Environment, keys: &Credentials) -> Environment {
    let mut environment = environment.clone();
    for name in MISROUTING.iter().filter(|name| !name.contains("ENDPOINT") && **name != "AWS_CA_BUNDLE") {
        environment.remove(name);
    }
    environment.set("AWS_ACCESS_KEY_ID", keys.access_key_id());
    environment.set("AWS_SECRET_ACCESS_KEY", keys.secret_access_key());
    if let Some(token) = keys.session_token() {
        environment.set("AWS_SESSION_TOKEN", token);
    }
    environment
}

/// The working directory is what the function's package is in Lambda: the manifest is looked for in it.
pub(super) fn host(host: Host) -> Host {
    std::env::current_dir().map_or(host.clone(), |task| Host { task, ..host })
}

/// Points a run at its policy directory and at a run directory of its own.
pub(super) fn with_places(environment: &mut Environment, policy: Option<&Path>, run_dir: Option<&Path>) {
    if let Some(policy) = policy {
        environment.set("VESTRY_POLICY", policy);
    }
    if let Some(run_dir) = run_dir {
        environment.set("VESTRY_RUN_DIR", run_dir);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_inherited_leads_past_the_embedded_store() {
        let inherited = MISROUTING.iter().map(|name| (*name, "elsewhere")).chain([("DB", "ssm:/db")]);
        let environment = for_embedded(&inherited.collect(), "http://127.0.0.1:1", "eu-west-1");
        let elsewhere = environment.iter().filter(|(_, value)| *value == "elsewhere").count();
        assert_eq!((elsewhere, environment.text("DB")), (0, Some("ssm:/db")));
        assert_eq!(environment.text("AWS_ENDPOINT_URL"), Some("http://127.0.0.1:1"));
    }

    #[test]
    fn keys_take_the_place_of_profiles_and_leave_endpoints_alone() {
        let inherited: Environment = [
            ("AWS_PROFILE", "p"),
            ("AWS_SESSION_TOKEN", "old"),
            ("AWS_ENDPOINT_URL", "e"),
            ("AWS_CA_BUNDLE", "c"),
        ]
        .into_iter()
        .collect();
        let keys = Credentials::new("k", "s", None, None, "test");
        let environment = with_keys(&inherited, &keys);
        let names =
            ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_CA_BUNDLE", "AWS_ACCESS_KEY_ID"];
        assert_eq!(names.map(|name| environment.text(name)), [None, None, Some("e"), Some("c"), Some("k")]);
    }
}
