//! The client as a credentials chain of the SDK wants it.

use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::Request;

use super::Client;
use crate::declare::AwsSettings;
use crate::error::Problem;

/// The client for a whole credentials chain: certificates and proxy as the settings say.
pub fn http_client(settings: &AwsSettings) -> Result<SharedHttpClient, Problem> {
    Ok(SharedHttpClient::new(Carrier { client: Client::new(settings)?, timeout: None }))
}

#[derive(Clone, Debug)]
struct Carrier {
    client: Client,
    /// As the chain asks for it.
    timeout: Option<Duration>,
}

impl Carrier {
    async fn carry(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let request = request.try_into_http1x().map_err(|e| ConnectorError::user(e.into()))?;
        let (parts, body) = request.into_parts();
        let body = body.bytes().map(Bytes::copy_from_slice);
        let body = body.ok_or_else(|| ConnectorError::user("a streaming request body".into()))?;
        let sending = self.client.send(Request::from_parts(parts, body));
        let answer = match self.timeout {
            None => sending.await,
            Some(limit) => tokio::time::timeout(limit, sending)
                .await
                .map_err(|elapsed| ConnectorError::timeout(elapsed.into()))?,
        };
        let answer = answer.map_err(|fault| ConnectorError::io(fault.into()))?;
        HttpResponse::try_from(answer.map(SdkBody::from)).map_err(|e| ConnectorError::other(e.into(), None))
    }
}

impl HttpClient for Carrier {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        let (connect, read) = (settings.connect_timeout(), settings.read_timeout());
        let timeout = read.map(|read| read + connect.unwrap_or_default());
        SharedHttpConnector::new(Self { timeout, ..self.clone() })
    }
}

impl HttpConnector for Carrier {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(self.clone().carry(request))
    }
}
