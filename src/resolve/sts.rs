//! AWS STS: `AssumeRole`, in AWS's query protocol. A form goes, XML comes.

use std::borrow::Cow;

use ::http::header::CONTENT_TYPE;
use ::http::{HeaderValue, Request};
use aws_credential_types::Credentials;
use aws_smithy_xml::decode::{Document, ScopedDecoder, try_data};
use bytes::Bytes;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::api::{Api, unsendable};
use super::fault::{Fault, Kind, of_status};
use crate::declare::Role;

/// An hour of credentials: Vestry needs them for a moment, and this is what every role allows.
pub async fn assume_role(api: &Api, role: &Role, session: &str) -> Result<Credentials, Fault> {
    let mut request = Request::post("/").body(Bytes::from(form(role, session))).map_err(|_| unsendable())?;
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    request.headers_mut().insert(CONTENT_TYPE, form);
    let answer = api.exchange(request).await?;
    read(answer.status().as_u16(), answer.body())
}

/// The credentials of an answer.
pub(super) fn read(status: u16, body: &[u8]) -> Result<Credentials, Fault> {
    let body = std::str::from_utf8(body).map_err(|_| of_status(status))?;
    if status == 200 { credentials(body) } else { Err(refused(body, status)) }
}

fn form(role: &Role, session: &str) -> String {
    let mut form = String::from("Action=AssumeRole&Version=2011-06-15");
    let mut field = |name: &str, value: &str| {
        form.push_str(&format!("&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
    };
    field("RoleArn", &role.arn);
    field("RoleSessionName", session);
    if let Some(id) = &role.external_id {
        field("ExternalId", id);
    }
    form
}

/// Its parts move into the credentials, which wipe them.
fn credentials(body: &str) -> Result<Credentials, Fault> {
    let part =
        |name: &str| text(body, &["AssumeRoleResult", "Credentials", name]).filter(|part| !part.is_empty());
    let parts = (part("AccessKeyId"), part("SecretAccessKey"), part("SessionToken"));
    let (Some(id), Some(secret), Some(token)) = parts else {
        return Err(Fault::new(Kind::Malformed, "malformed answer: no credentials in it"));
    };
    Ok(Credentials::new(id, secret, Some(token), None, "AssumeRole"))
}

fn refused(body: &str, status: u16) -> Fault {
    let part = |name: &str| text(body, &["Error", name]);
    match part("Code") {
        Some(code) => Fault::of_code(&code, part("Message").as_deref(), Some(status)),
        None => of_status(status),
    }
}

/// The text of the first element at this path below the root.
fn text(body: &str, path: &[&str]) -> Option<String> {
    fn below(mut element: ScopedDecoder<'_, '_>, path: &[&str]) -> Option<String> {
        let Some((name, path)) = path.split_first() else {
            return try_data(&mut element).ok().map(Cow::into_owned);
        };
        while let Some(child) = element.next_tag() {
            if child.start_el().local() == *name {
                return below(child, path);
            }
        }
        None
    }
    below(Document::new(body).root_element().ok()?, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = r#"<?xml version="1.0"?>
<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleResult>
    <AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/r/s</Arn></AssumedRoleUser>
    <Credentials>
      <AccessKeyId>ASIAX</AccessKeyId>
      <SecretAccessKey>hunter2/&amp;+</SecretAccessKey>
      <SessionToken>token==</SessionToken>
      <Expiration>2026-11-22T00:00:00Z</Expiration>
    </Credentials>
  </AssumeRoleResult>
  <ResponseMetadata><RequestId>x</RequestId></ResponseMetadata>
</AssumeRoleResponse>"#;

    #[test]
    fn the_credentials_are_read() {
        let credentials = credentials(ANSWER).unwrap();
        assert_eq!(credentials.access_key_id(), "ASIAX");
        assert_eq!(credentials.secret_access_key(), "hunter2/&+");
        assert_eq!(credentials.session_token(), Some("token=="));
    }

    #[test]
    fn an_answer_without_them_is_malformed_and_not_quoted() {
        let half = ANSWER.split("<SessionToken>").next().unwrap();
        for body in ["", "hunter2", "<a/>", "{\"hunter2\": 1}", half, &ANSWER.replace("token==", "")] {
            let fault = credentials(body).unwrap_err();
            assert!(fault.kind == Kind::Malformed && !fault.to_string().contains("hunter2"));
        }
    }

    #[test]
    fn a_refusal_is_told_in_its_own_words() {
        let body = "<ErrorResponse xmlns=\"x\"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User: u is \
                    not authorized to perform: sts:AssumeRole</Message></Error></ErrorResponse>";
        let fault = refused(body, 403);
        assert_eq!(fault.kind, Kind::Denied);
        assert!(fault.to_string().starts_with("AccessDenied: User: u is not authorized"));
        assert_eq!(refused("no XML", 503).kind, Kind::Passing);
        let expired = refused("<ErrorResponse><Error><Code>ExpiredToken</Code></Error></ErrorResponse>", 403);
        assert_eq!(expired.kind, Kind::Credentials);
    }

    #[test]
    fn the_form_is_encoded() {
        let role = Role { arn: "arn:aws:iam::1:role/a".into(), external_id: Some("a+b&c".into()) };
        assert_eq!(
            form(&role, "s-1"),
            "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa&RoleSessionName=s%2D1\
             &ExternalId=a%2Bb%26c"
        );
    }
}
