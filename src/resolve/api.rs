//! One store's API: the SDK's operations, serialized, signed, sent and understood by the SDK, without the clients that
//! it builds around them.
//!
//! A client loads a table of all partitions and regular expressions for them, which costs a fifth of what a cold start
//! computes besides TLS; the endpoint is known here. Retries and time-outs are ours (`retry.rs`), and so are the cache
//! of the credentials (`credentials.rs`) and the connections (`http/`).

use std::error::Error;
use std::fmt::Debug;

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_smithy_json::protocol::aws_json_rpc::AwsJsonRpcProtocol;
use aws_smithy_runtime::client::identity::IdentityCache;
use aws_smithy_runtime::client::orchestrator::endpoints::StaticUriEndpointResolver;
use aws_smithy_runtime::client::orchestrator::{AuthSchemeAndEndpointOrchestrationV2, invoke};
use aws_smithy_runtime::client::retries::strategy::NeverRetryStrategy;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::interceptors::context::Input;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::{RuntimePlugin, RuntimePlugins, StaticRuntimePlugin};
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_schema::protocol::{ServiceShapeName, SharedClientProtocol};
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::error::operation::BuildError;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SigningName;
use aws_types::region::{Region as AwsRegion, SigningRegion};

use super::fault::{Fault, Kind};
use super::region::Region;
use crate::declare::Store;

/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct Api {
    store: Store,
    plugins: RuntimePlugins,
}

impl Api {
    pub fn new(
        store: Store,
        region: &Region,
        url: &str,
        http: SharedHttpClient,
        credentials: SharedCredentialsProvider,
    ) -> Self {
        let region = AwsRegion::new(region.as_str().to_string());
        let mut config = Layer::new("vestry");
        config.store_put(SigningName::from_static(store.as_str()));
        config.store_put(SigningRegion::from(region.clone()));
        config.store_put(region);
        config.store_put(AuthSchemeAndEndpointOrchestrationV2);
        config.store_put(StalledStreamProtectionConfig::disabled());
        config.store_put(RetryConfig::disabled());
        config.store_put(TimeoutConfig::disabled());
        if store == Store::Ssm {
            let protocol = AwsJsonRpcProtocol::aws_json_1_1().with_default_namespace("com.amazonaws.ssm");
            config.store_put(SharedClientProtocol::new(protocol));
            config.store_put(ServiceShapeName::new("AmazonSSM"));
        }
        let components = RuntimeComponentsBuilder::new("vestry")
            .with_http_client(Some(http))
            .with_endpoint_resolver(Some(StaticUriEndpointResolver::uri(url)))
            .with_auth_scheme(SigV4AuthScheme::new())
            .with_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID])))
            .with_identity_resolver(SCHEME_ID, credentials)
            .with_identity_cache(Some(IdentityCache::no_cache()))
            .with_retry_strategy(Some(NeverRetryStrategy::new()));
        let plugin =
            StaticRuntimePlugin::new().with_config(config.freeze()).with_runtime_components(components);
        Self { store, plugins: RuntimePlugins::new().with_client_plugin(plugin) }
    }

    /// Makes one attempt. `E` is the operation's own error, which its answers are understood as.
    pub async fn invoke<I, O, E>(
        &self,
        name: &'static str,
        operation: impl RuntimePlugin + 'static,
        input: Result<I, BuildError>,
    ) -> Result<O, Fault>
    where
        I: Debug + Send + Sync + 'static,
        O: Debug + Send + Sync + 'static,
        E: Error + Send + Sync + 'static,
        Fault: From<SdkError<E, HttpResponse>>,
    {
        let malformed = || Fault::new(Kind::Lasting, "the request could not be made");
        let input = Input::erase(input.map_err(|_| malformed())?);
        let plugins = self.plugins.clone().with_operation_plugin(operation);
        let output = invoke(self.store.as_str(), name, input, &plugins).await.map_err(|error| {
            Fault::from(error.map_service_error(|e| e.downcast::<E>().expect("the operation's own error")))
        })?;
        Ok(output.downcast::<O>().expect("the operation's own output"))
    }
}
