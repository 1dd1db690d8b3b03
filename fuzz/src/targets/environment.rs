//! The environment as a whole: `NAME=VALUE` with NULs between. No value is ever told.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use vestry::declare::{self, Host, read_settings};

use crate::random::Random;
use crate::seeds;
use crate::target::{Broken, CANARY, Outcome, Target, says_nothing, shape_of};

pub struct Environment;

const VALUES: &[&str] = &[
    "ssm:/prod/x",
    "secretsmanager:prod/x#*",
    "ssm:/prod/*",
    "/prod/a, B=/prod/b:3",
    "prod/stripe\nX=prod/y#k?optional",
    "true",
    "false",
    "socket",
    "file",
    "dotenv",
    "shell",
    "json",
    "/tmp/x",
    "x",
    "1",
    "8000",
    "99999999999999999999",
    "http://127.0.0.1:9",
    "-----BEGIN PUBLIC KEY-----",
    "eu-west-1",
    "",
    "debug",
    "../x",
    "é",
];

const NAMES: &[&str] = &[
    "AWS_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_SSM",
    "AWS_CA_BUNDLE",
    "AWS_USE_FIPS_ENDPOINT",
    "HTTPS_PROXY",
    "NO_PROXY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "DB_PASSWORD",
    "X",
    "VESTRY_DELIVRY",
    "vestry_log",
    "VESTRY_MANIFEST",
    "",
    "é",
    "PATH",
];

impl Target for Environment {
    fn seeds(&self) -> Vec<Vec<u8>> {
        seeds::texts(&[
            "DB_PASSWORD=ssm:/prod/db\0VESTRY_SECRETS=prod/stripe\0AWS_REGION=eu-west-1\0VESTRY_LOG=debug",
            "VESTRY_DELIVERY=file\0VESTRY_FILE=/tmp/x/y\0VESTRY_FILE_FORMAT=json\0VESTRY_DEADLINE_MS=100",
            "A=ssm:/x?default=y\0A=ssm:/x\0VESTRY_PARAMETERS=/a/*,B=/b\0VESTRY_POLICY_KEY=k\0VESTRY_SOCKET_READERS=2",
        ])
    }

    fn words(&self) -> &'static [&'static str] {
        NAMES
    }

    fn make(&self, random: &mut Random) -> Option<Vec<u8>> {
        let variables = (0..random.below(8)).map(|_| {
            let name = match random.below(2) {
                0 => random.pick(&read_settings::SETTINGS),
                _ => random.pick(NAMES),
            };
            format!("{name}={}", random.pick(VALUES))
        });
        Some(variables.collect::<Vec<_>>().join("\0").into_bytes())
    }

    fn run(&mut self, case: &[u8]) -> Result<Outcome, Broken> {
        let variables = case.split(|byte| *byte == 0).map(|variable| {
            let at = variable.iter().position(|byte| *byte == b'=').unwrap_or(variable.len());
            let (name, value) = (&variable[..at], variable.get(at + 1..).unwrap_or_default());
            let mut value = value.to_vec();
            // A reference and a list are told, and paths and addresses; secrets and other people's values are not.
            if is_silent(name) && !value.contains(&b':') {
                value.extend_from_slice(CANARY.as_bytes());
            }
            (OsString::from_vec(name.to_vec()), OsString::from_vec(value))
        });
        let environment: declare::Environment = variables.collect();
        let nowhere = "/nonexistent";
        let host = Host { opt: nowhere.into(), task: nowhere.into(), delivery: None };
        says_nothing(&format!("{environment:?}"))?;
        match declare::read(&environment, &host) {
            Ok(declared) => {
                says_nothing(&format!("{:?} {:?}", declared.declarations, declared.warnings))?;
                let input = vestry::decide::input::at_declare(&declared, std::time::UNIX_EPOCH);
                says_nothing(&serde_json::json!(input).to_string())?;
                Ok(format!("{:?} {}", declared.delivery, declared.declarations.len().min(3)))
            }
            Err(refusal) => {
                says_nothing(&format!("{refusal} {refusal:?}"))?;
                Ok(shape_of(refusal.problems()))
            }
        }
    }
}

fn is_silent(name: &[u8]) -> bool {
    let speaks = [
        "VESTRY_POLICY",
        "VESTRY_FILE",
        "VESTRY_RUN_DIR",
        "VESTRY_MANIFEST",
        "VESTRY_PARAMETERS",
        "VESTRY_SECRETS",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_LAMBDA_",
        "AWS_ENDPOINT",
        "AWS_CA_BUNDLE",
        "AWS_CONTAINER",
    ];
    !speaks.iter().any(|prefix| name.starts_with(prefix.as_bytes()))
}
