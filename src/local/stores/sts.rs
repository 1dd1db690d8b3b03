//! Just enough of STS: every role may be assumed, and what it may read is the one store.

use bytes::Bytes;
use http_body_util::Full;
use percent_encoding::percent_decode;

use super::protocol::header;
use crate::local::http::{Request, Response};

/// A form without a target is the query protocol, of which this is the only call.
pub(super) fn is_for(request: &Request) -> bool {
    header(request, "x-amz-target").is_none()
        && header(request, "content-type") == Some("application/x-www-form-urlencoded")
        && request.body().split(|byte| *byte == b'&').any(|field| field == b"Action=AssumeRole")
}

/// The role's ARN.
pub(super) fn names(body: &[u8]) -> Vec<String> {
    let fields = body.split(|byte| *byte == b'&');
    let arns = fields.filter_map(|field| field.strip_prefix(b"RoleArn="));
    arns.map(|arn| percent_decode(arn).decode_utf8_lossy().into_owned()).collect()
}

pub(super) fn assume_role() -> Response {
    let body = "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>\
                <AccessKeyId>ASIALOCAL</AccessKeyId><SecretAccessKey>local</SecretAccessKey><SessionToken>local\
                </SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>\
                </AssumeRoleResponse>";
    http::Response::builder()
        .header("content-type", "text/xml")
        .body(Full::new(Bytes::from_static(body.as_bytes())))
        .expect("a response of constant parts")
}
