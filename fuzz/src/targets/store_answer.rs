//! What the stores and the container endpoint answer: values, or a refusal that tells none of them.

use vestry::declare::{self, Declaration, Host};
use vestry::resolve::fuzz::{Asked, read};

use crate::make::json as make;
use crate::random::Random;
use crate::target::{Broken, CANARY, Outcome, Target, says_nothing, shape};

/// One byte that says what was asked and the status, and the body.
pub struct StoreAnswer {
    declarations: Vec<Declaration>,
}

const ASKED: [Asked; 8] = [
    Asked::Parameters,
    Asked::ByPath,
    Asked::Secret,
    Asked::Secrets,
    Asked::Credentials,
    Asked::Role,
    Asked::Keys,
    Asked::KeyOfSecret,
];
const STATUS: [u16; 5] = [200, 200, 200, 400, 503];

impl StoreAnswer {
    pub fn new() -> Self {
        let variables = [
            ("AWS_REGION", "eu-west-1"),
            ("A", "ssm:/prod/x:3"),
            ("B", "ssm:/prod/*"),
            ("C", "secretsmanager:prod/x"),
            ("D", "secretsmanager:arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/x-AbCdEf"),
            ("E", "ssm:arn:aws:ssm:eu-west-1:123456789012:parameter/prod/x"),
        ];
        let nowhere = "/nonexistent";
        let host =
            Host { opt: nowhere.into(), task: nowhere.into(), delivery: Some(declare::Delivery::Exec) };
        let declared = declare::read(&variables.into_iter().collect(), &host).expect("it is sound");
        Self { declarations: declared.declarations }
    }
}

fn bodies() -> [String; 10] {
    let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/x-AbCdEf";
    [
        format!(
            r#"{{"Parameters":[{{"Name":"/prod/x","Value":"{CANARY}","Version":3,"Selector":":3","Type":"SecureString","ARN":"arn:aws:ssm:eu-west-1:123456789012:parameter/prod/x","LastModifiedDate":1.7e9}}],"InvalidParameters":["/prod/y"]}}"#
        ),
        format!(r#"{{"Parameters":[{{"Name":"/prod/x/y","Value":"{CANARY}"}}],"NextToken":"t"}}"#),
        format!(
            r#"{{"Name":"prod/x","ARN":"{arn}","SecretString":"{CANARY}","VersionId":"v","VersionStages":["AWSCURRENT"],"CreatedDate":1.7e9}}"#
        ),
        format!(
            r#"{{"SecretValues":[{{"Name":"prod/x","ARN":"{arn}","SecretString":"{CANARY}"}}],"Errors":[]}}"#
        ),
        format!(r#"{{"AccessKeyId":"A","SecretAccessKey":"{CANARY}","Token":"t","Expiration":"x"}}"#),
        format!(
            "<AssumeRoleResponse xmlns=\"x\"><AssumeRoleResult><Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>\
             {CANARY}&amp;</SecretAccessKey><SessionToken>{CANARY}</SessionToken></Credentials></AssumeRoleResult>\
             </AssumeRoleResponse>"
        ),
        format!(
            r#"{{"Parameters":[{{"Name":"/prod/x","KeyId":"alias/prod","Version":3,"Type":"SecureString","Description":"{CANARY}"}}],"NextToken":"t"}}"#
        ),
        format!(r#"{{"Name":"prod/x","ARN":"{arn}","KmsKeyId":"alias/prod","Description":"{CANARY}"}}"#),
        r#"{"__type":"com.amazonaws.ssm#AccessDeniedException","Message":"User: x is not authorized"}"#
            .into(),
        "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"
            .into(),
    ]
}

impl Target for StoreAnswer {
    fn seeds(&self) -> Vec<Vec<u8>> {
        let of = |byte: u8, body: &str| [vec![byte], body.as_bytes().to_vec()].concat();
        let [.., refused, refused_by_sts] = bodies();
        let mut seeds: Vec<_> = bodies().iter().enumerate().map(|(i, body)| of(i as u8 % 8, body)).collect();
        seeds.extend((24..40).map(|byte| of(byte, if byte % 8 == 5 { &refused_by_sts } else { &refused })));
        seeds
    }

    fn words(&self) -> &'static [&'static str] {
        &[
            "\"Parameters\"",
            "\"Name\"",
            "\"Value\"",
            "\"Version\"",
            "\"Type\"",
            "\"SecureString\"",
            "\"SecretValues\"",
            "\"ARN\"",
            "\"SecretString\"",
            "\"SecretBinary\"",
            "\"AAECAw==\"",
            "\"CreatedDate\"",
            "1e300",
            "-1",
            "\"__type\"",
            "\"Errors\"",
            "\"ErrorCode\"",
            "\"InternalServiceError\"",
            "\"Code\"",
            "\"message\"",
            "#",
            "\"VersionStages\"",
            "\"KeyId\"",
            "\"KmsKeyId\"",
            "\"SecretId\"",
            "<SecretAccessKey>",
            "</Credentials>",
            "<![CDATA[",
            "<!--",
            "<?xml version=\"1.0\"?>",
            "<!DOCTYPE x [<!ENTITY a \"b\">]>",
            "&#x0;",
            "&a;",
        ]
    }

    fn make(&self, random: &mut Random) -> Option<Vec<u8>> {
        let byte = random.below(40) as u8;
        let mut body: serde_json::Value = serde_json::from_str(&bodies()[usize::from(byte % 8)]).ok()?;
        let names = [
            "Parameters",
            "SecretValues",
            "Errors",
            "Name",
            "ARN",
            "SecretString",
            "NextToken",
            "CreatedDate",
            "AccessKeyId",
            "KmsKeyId",
        ];
        body[*random.pick(&names)] = make::value(random, 3);
        Some([vec![byte], body.to_string().into_bytes()].concat())
    }

    fn run(&mut self, case: &[u8]) -> Result<Outcome, Broken> {
        let Some((byte, body)) = case.split_first() else { return Ok("no case".into()) };
        let asked = ASKED[usize::from(byte % 8)];
        let status = STATUS[usize::from(byte / 8 % 5)];
        let mut outcome = format!("{asked:?} {status}");
        for declaration in &self.declarations {
            match read(asked, declaration, status, body) {
                Ok(values) => outcome += &format!(" {}", values.min(3)),
                Err(message) => {
                    // A store's word on why it refuses is told, and holds names.
                    let is_its_word = status != 200 || body.windows(8).any(|window| window == b"\"Errors\"");
                    if !is_its_word {
                        says_nothing(&message)?;
                    }
                    outcome += &format!(" {}", shape(&message));
                }
            }
        }
        Ok(outcome)
    }
}
