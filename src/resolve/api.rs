//! One service's API: requests and answers in the SDK's words, signed by it, without the clients that it builds around
//! them.
//!
//! A client loads a table of all partitions and regular expressions for them, and leads every call through some thirty
//! hooks that have nothing to do here: a third of what a cold start computes besides TLS. The endpoint is known;
//! retries and time-outs are ours (`retry.rs`), and so are the credentials (`credentials.rs`) and the connections
//! (`http/`).

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_json::protocol::aws_json_rpc::AwsJsonRpcProtocol;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_schema::protocol::ClientProtocolInner;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::error::operation::BuildError;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Request, Response};
use serde_json::Value;

use super::fault::{Fault, Kind, of_status};
use super::http::Client as Http;
use super::region::Region;

/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct Api {
    /// As it is signed for: `ssm`.
    service: &'static str,
    region: Region,
    /// `https://host[:port]`, perhaps with a path
    url: http::Uri,
    http: Http,
    credentials: SharedCredentialsProvider,
    /// Only whether it is there, and what the store says of it without its value.
    metadata_only: bool,
}

impl Api {
    pub fn new(
        service: &'static str,
        region: &Region,
        url: http::Uri,
        http: Http,
        credentials: SharedCredentialsProvider,
    ) -> Self {
        Self { service, region: region.clone(), url, http, credentials, metadata_only: false }
    }

    /// The same API, asked without the values where it can be.
    #[cfg(feature = "tool")]
    pub fn without_values(self) -> Self {
        Self { metadata_only: true, ..self }
    }

    pub fn is_metadata_only(&self) -> bool {
        self.metadata_only
    }

    /// Makes one attempt. Every answer but a good one is a fault.
    pub async fn send(&self, request: HttpRequest) -> Result<HttpResponse, Fault> {
        let request = request.try_into_http1x().map_err(|_| unsendable())?;
        let (head, body) = request.into_parts();
        let body = body.bytes().map_or_else(Bytes::new, Bytes::copy_from_slice);
        let answer = self.exchange(Request::from_parts(head, body)).await?;
        let status = answer.status().as_u16();
        let answer = HttpResponse::try_from(answer.map(SdkBody::from)).map_err(|_| of_status(status))?;
        if status == 200 { Ok(answer) } else { Err(refused(&answer)) }
    }

    /// Makes one attempt at a call that is too rare to bring the SDK's words for it: JSON goes, JSON comes.
    pub async fn ask(&self, target: &'static str, body: &Value) -> Result<Value, Fault> {
        let request = Request::post("/").header("x-amz-target", target);
        let request = request.header(CONTENT_TYPE, "application/x-amz-json-1.1");
        let request = request.body(Bytes::from(body.to_string())).map_err(|_| unsendable())?;
        let answer = self.exchange(request).await?;
        let status = answer.status().as_u16();
        if status == 200 {
            return serde_json::from_slice(answer.body()).map_err(|_| of_status(status));
        }
        let answer = HttpResponse::try_from(answer.map(SdkBody::from)).map_err(|_| of_status(status))?;
        Err(refused(&answer))
    }

    /// Makes one attempt, signed and to the service's address; whatever it answers.
    pub async fn exchange(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, Fault> {
        *request.uri_mut() = self.url.clone();
        let credentials = self.credentials.provide_credentials().await.map_err(|_| unsendable())?;
        self.sign(&mut request, credentials)?;
        self.http.send(request).await.map_err(|fault| Fault::from(&fault))
    }

    fn sign(&self, request: &mut Request<Bytes>, credentials: Credentials) -> Result<(), Fault> {
        let identity = credentials.into();
        let signing = SigningParams::builder()
            .identity(&identity)
            .region(self.region.as_str())
            .name(self.service)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .expect("nothing is left out");
        let headers =
            request.headers().iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let signable = SignableRequest::new(
            request.method().as_str(),
            request.uri().to_string(),
            headers,
            SignableBody::Bytes(request.body()),
        );
        let signed =
            signable.and_then(|signable| sign(signable, &signing.into())).map_err(|_| unsendable())?;
        signed.into_parts().0.apply_to_request_http1x(request);
        Ok(())
    }
}

/// What cannot become a request, whoever sends it.
pub fn unsendable() -> Fault {
    Fault::new(Kind::Lasting, "the request could not be made")
}

/// What builds, the SDK takes for complete.
pub fn complete<I>(input: Result<I, BuildError>) -> Result<I, Fault> {
    input.map_err(|_| unsendable())
}

/// Both stores write their errors alike.
pub fn refused(answer: &HttpResponse) -> Fault {
    let status = answer.status().as_u16();
    let error = AwsJsonRpcProtocol::aws_json_1_1().parse_error_metadata(answer, &ConfigBag::base());
    let error = error.map(|error| error.build()).unwrap_or_default();
    match error.code() {
        // `Shape#Code` and `Code:URL` are ways that AWS's protocols write one.
        Some(code) => {
            let code = code.rsplit('#').next().unwrap_or(code);
            let code = code.split(':').next().unwrap_or(code);
            Fault::of_code(code, error.message(), Some(status))
        }
        None => of_status(status),
    }
}
