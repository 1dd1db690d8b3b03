//! What the stores answer: to every name a value, as long and with as much around it as the real ones give.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::http;

const ACCOUNT: &str = "eu-west-1:123456789012";

/// The whole HTTP answer to a request of SSM or Secrets Manager.
pub fn answer(request: &[u8]) -> Vec<u8> {
    let asked: Value = serde_json::from_slice(http::body(request)).expect("a JSON request");
    let answer = match (&asked["Names"], &asked["SecretIdList"]) {
        (Value::Array(names), _) => json!({ "Parameters": each(names, parameter), "InvalidParameters": [] }),
        (_, Value::Array(ids)) => json!({ "SecretValues": each(ids, secret), "Errors": [] }),
        _ => panic!("a call that the stub does not know: {asked}"),
    };
    let headers = "x-amzn-requestid: 6f2a1c9e-52c5-4d0c-9d3e-0d3c8c1b7a55\r\n\
                   content-type: application/x-amz-json-1.1\r\n\
                   date: Sun, 22 Nov 2026 14:25:47 GMT\r\n";
    http::answer(headers, &answer.to_string())
}

fn each(names: &[Value], answer: fn(&str) -> Value) -> Vec<Value> {
    names.iter().map(|name| answer(name.as_str().expect("a name"))).collect()
}

fn parameter(name: &str) -> Value {
    json!({
        "ARN": format!("arn:aws:ssm:{ACCOUNT}:parameter{name}"),
        "DataType": "text",
        "LastModifiedDate": yesterday(),
        "Name": name,
        "Type": "SecureString",
        "Value": format!("value-of-{name}-0123456789abcdef"),
        "Version": 3,
    })
}

fn secret(id: &str) -> Value {
    json!({
        "ARN": format!("arn:aws:secretsmanager:{ACCOUNT}:secret:{id}-AbCdEf"),
        "CreatedDate": yesterday(),
        "Name": id,
        "SecretString": format!("value-of-{id}-0123456789abcdef"),
        "VersionId": "d1b3b1c0-8d5c-4c38-9d5b-6d9a2d0f3f5e",
        "VersionStages": ["AWSCURRENT"],
    })
}

fn yesterday() -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    now.as_secs() as f64 - 86_400.0 + 0.125
}
