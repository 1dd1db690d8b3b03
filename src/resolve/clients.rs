//! The ways to the stores, one for each store and region, over one HTTP client and one set of credentials.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_secretsmanager as secretsmanager;
use aws_sdk_ssm as ssm;

use super::api::Api;
use super::http::{Client as Http, Target};
use super::region::Region;
use crate::declare::{AwsSettings, Store};
use crate::error::{ErrorType, Problem};

#[derive(Clone)]
pub struct Clients {
    inner: Arc<Inner>,
    #[cfg(feature = "tool")]
    metadata_only: bool,
}

struct Inner {
    http: Http,
    credentials: SharedCredentialsProvider,
    endpoints: Endpoints,
    apis: Mutex<BTreeMap<(Store, Region), Api>>,
}

#[cfg(feature = "tool")]
impl Clients {
    /// The same ways, asked without the values.
    pub fn without_values(&self) -> Self {
        Self { metadata_only: true, ..self.clone() }
    }
}

/// Where the stores are.
pub struct Endpoints {
    ssm: Option<String>,
    secretsmanager: Option<String>,
    sts: Option<String>,
    use_fips: bool,
    use_dualstack: bool,
}

impl Clients {
    pub fn new(http: Http, credentials: SharedCredentialsProvider, endpoints: Endpoints) -> Self {
        let inner = Arc::new(Inner { http, credentials, endpoints, apis: Mutex::default() });
        Self {
            inner,
            #[cfg(feature = "tool")]
            metadata_only: false,
        }
    }

    /// Made when it is first asked for.
    pub fn api(&self, store: Store, region: &Region) -> Api {
        let mut apis = self.inner.apis.lock().unwrap_or_else(PoisonError::into_inner);
        let made = || self.inner.make(store, region, self.inner.credentials.clone());
        let api = apis.entry((store, region.clone())).or_insert_with(made).clone();
        self.asking(api)
    }

    /// With the credentials of an assumed role.
    pub fn api_as(&self, store: Store, region: &Region, credentials: Credentials) -> Api {
        self.asking(self.inner.make(store, region, SharedCredentialsProvider::new(credentials)))
    }

    fn asking(&self, api: Api) -> Api {
        #[cfg(feature = "tool")]
        if self.metadata_only {
            return api.without_values();
        }
        api
    }

    /// The service that hands out the credentials of roles.
    pub fn sts(&self, region: &Region) -> Api {
        let url = self.inner.endpoints.sts_url(region);
        Api::new("sts", region, with_slash(url), self.inner.http.clone(), self.inner.credentials.clone())
    }
}

impl Inner {
    fn make(&self, store: Store, region: &Region, credentials: SharedCredentialsProvider) -> Api {
        let url = self.endpoints.url(store, region);
        Api::new(store.as_str(), region, with_slash(url), self.http.clone(), credentials)
    }
}

/// A target was made of it before anything is asked, so it is there.
fn with_slash(url: Option<String>) -> ::http::Uri {
    let url = url.unwrap_or_default();
    format!("{}/", url.trim_end_matches('/')).parse().unwrap_or_default()
}

impl Endpoints {
    pub fn new(settings: &AwsSettings) -> Self {
        Self {
            ssm: settings.endpoint_ssm.clone(),
            secretsmanager: settings.endpoint_secretsmanager.clone(),
            sts: settings.endpoint_sts.clone(),
            use_fips: settings.use_fips,
            use_dualstack: settings.use_dualstack,
        }
    }

    /// Whom the client of this store and region will connect to.
    pub fn target(&self, store: Store, region: &Region) -> Result<Target, Problem> {
        let (setting, custom) = match store {
            Store::Ssm => ("AWS_ENDPOINT_URL_SSM", &self.ssm),
            Store::SecretsManager => ("AWS_ENDPOINT_URL_SECRETS_MANAGER", &self.secretsmanager),
        };
        self.target_of(store.as_str(), setting, custom.as_deref(), || self.usual(store, region), region)
    }

    /// Whom roles are asked of.
    pub fn sts_target(&self, region: &Region) -> Result<Target, Problem> {
        let usual = || self.usual_sts(region);
        self.target_of("sts", "AWS_ENDPOINT_URL_STS", self.sts.as_deref(), usual, region)
    }

    fn target_of(
        &self,
        service: &str,
        setting: &str,
        custom: Option<&str>,
        usual: impl FnOnce() -> Option<String>,
        region: &Region,
    ) -> Result<Target, Problem> {
        let problem =
            |variable: &str, why: String| Problem::new(ErrorType::InvalidDeclaration, why).variable(variable);
        let Some(url) = custom else {
            let url = usual().ok_or_else(|| {
                problem("AWS_REGION", format!("{region} has no endpoint for {service} of this kind"))
                    .advice("correct the region, AWS_USE_FIPS_ENDPOINT or AWS_USE_DUALSTACK_ENDPOINT")
            })?;
            return parse(&url).map_err(|why| problem("AWS_REGION", why).advice("correct the region"));
        };
        let setting = format!("{setting} (or AWS_ENDPOINT_URL)");
        if self.use_fips || self.use_dualstack {
            return Err(problem(&setting, "a custom endpoint goes with neither FIPS nor dual-stack".into())
                .advice("unset AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT, or the endpoint"));
        }
        parse(url).map_err(|why| {
            problem(&setting, why).advice("write it as https://host[:port]; http:// is for loopback only")
        })
    }

    fn sts_url(&self, region: &Region) -> Option<String> {
        self.sts.clone().or_else(|| self.usual_sts(region))
    }

    /// The region's own, not the global one. Where it is called follows the rules that Parameter Store's follows.
    fn usual_sts(&self, region: &Region) -> Option<String> {
        let like = self.usual(Store::Ssm, region)?;
        Some(format!("https://sts{}", like.strip_prefix("https://ssm")?))
    }

    /// The custom one, or the usual one where there is one of this kind.
    fn url(&self, store: Store, region: &Region) -> Option<String> {
        let custom = match store {
            Store::Ssm => &self.ssm,
            Store::SecretsManager => &self.secretsmanager,
        };
        custom.clone().or_else(|| self.usual(store, region))
    }

    fn usual(&self, store: Store, region: &Region) -> Option<String> {
        match region.dns_suffix() {
            Some(suffix) if !self.use_fips && !self.use_dualstack => {
                Some(format!("https://{}.{region}.{suffix}", store.as_str()))
            }
            _ => self.resolved(store, region),
        }
    }

    /// As the SDK's rules have it, which take a while to load.
    fn resolved(&self, store: Store, region: &Region) -> Option<String> {
        let url = match store {
            Store::Ssm => {
                use ssm::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
                let params = Params::builder().region(region.as_str()).use_fips(self.use_fips);
                let params = params.use_dual_stack(self.use_dualstack).build().ok()?;
                ready(DefaultResolver::new().resolve_endpoint(&params))?.ok()?.url().to_string()
            }
            Store::SecretsManager => {
                use secretsmanager::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
                let params = Params::builder().region(region.as_str()).use_fips(self.use_fips);
                let params = params.use_dual_stack(self.use_dualstack).build().ok()?;
                ready(DefaultResolver::new().resolve_endpoint(&params))?.ok()?.url().to_string()
            }
        };
        Some(url)
    }
}

fn parse(url: &str) -> Result<Target, String> {
    let uri: ::http::Uri = url.parse().map_err(|_| "it is no URL".to_string())?;
    if uri.query().is_some() {
        return Err("it carries a query".into());
    }
    Target::of(&uri).map_err(|fault| fault.to_string())
}

/// The resolvers are futures for form's sake only.
fn ready<T>(future: impl Future<Output = T>) -> Option<T> {
    match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoints(custom: Option<&str>, use_fips: bool, use_dualstack: bool) -> Endpoints {
        let custom = custom.map(str::to_string);
        Endpoints {
            ssm: custom.clone(),
            secretsmanager: custom.clone(),
            sts: custom,
            use_fips,
            use_dualstack,
        }
    }

    fn host(endpoints: &Endpoints, store: Store, region: &str) -> String {
        endpoints.target(store, &Region::new(region)).unwrap().to_string()
    }

    #[test]
    fn the_usual_endpoints_follow_region_fips_and_dual_stack() {
        use Store::*;
        let plain = endpoints(None, false, false);
        assert_eq!(host(&plain, Ssm, "eu-west-1"), "ssm.eu-west-1.amazonaws.com");
        assert_eq!(host(&plain, SecretsManager, "cn-north-1"), "secretsmanager.cn-north-1.amazonaws.com.cn");
        let fips = endpoints(None, true, false);
        assert_eq!(host(&fips, Ssm, "us-east-1"), "ssm-fips.us-east-1.amazonaws.com");
        let dual = endpoints(None, false, true);
        assert_eq!(host(&dual, Ssm, "us-east-1"), "ssm.us-east-1.api.aws");
        // Its usual endpoint has both kinds of address.
        assert_eq!(host(&dual, SecretsManager, "us-east-1"), "secretsmanager.us-east-1.amazonaws.com");
    }

    /// As AWS's own rules have it, which are not linked for the sake of one host name.
    #[test]
    fn roles_are_asked_of_the_regional_endpoint() {
        for (region, use_fips, use_dualstack, expected) in [
            ("eu-west-1", false, false, "sts.eu-west-1.amazonaws.com"),
            ("us-east-1", true, false, "sts-fips.us-east-1.amazonaws.com"),
            ("us-east-1", false, true, "sts.us-east-1.api.aws"),
            ("us-east-1", true, true, "sts-fips.us-east-1.api.aws"),
            ("us-gov-west-1", true, false, "sts.us-gov-west-1.amazonaws.com"),
            ("cn-north-1", false, false, "sts.cn-north-1.amazonaws.com.cn"),
            ("cn-north-1", false, true, "sts.cn-north-1.api.amazonwebservices.com.cn"),
            ("us-iso-east-1", false, false, "sts.us-iso-east-1.c2s.ic.gov"),
        ] {
            let target = endpoints(None, use_fips, use_dualstack).sts_target(&Region::new(region)).unwrap();
            assert_eq!(target.to_string(), expected);
        }
        let custom = endpoints(Some("http://127.0.0.1:4566"), false, false);
        assert_eq!(custom.sts_target(&Region::new("eu-west-1")).unwrap().to_string(), "127.0.0.1:4566");
    }

    #[test]
    fn what_is_not_left_to_the_rules_is_as_the_rules_have_it() {
        let plain = endpoints(None, false, false);
        for region in [
            "us-east-1",
            "eu-west-1",
            "ap-southeast-7",
            "il-central-1",
            "mx-central-1",
            "us-gov-west-1",
            "us-gov-east-1",
            "cn-north-1",
            "cn-northwest-1",
            "us-iso-east-1",
            "us-isob-west-1",
            "eu-isoe-west-1",
            "us-isof-south-1",
            "eusc-de-east-1",
            "xx-unheard-9",
        ] {
            for store in [Store::Ssm, Store::SecretsManager] {
                let region = Region::new(region);
                assert_eq!(plain.usual(store, &region), plain.resolved(store, &region), "{region}");
            }
        }
    }

    #[test]
    fn a_custom_endpoint_is_for_every_region_and_http_for_loopback() {
        let custom = endpoints(Some("http://127.0.0.1:4566"), false, false);
        assert_eq!(host(&custom, Store::Ssm, "us-east-1"), "127.0.0.1:4566");
        for bad in
            ["http://10.0.0.1", "ftp://x", "not a url", "https://u:p@x", "https://x/?a=b", "localhost:1"]
        {
            let problem =
                endpoints(Some(bad), false, false).target(Store::Ssm, &Region::new("x")).unwrap_err();
            assert_eq!(problem.error_type, ErrorType::InvalidDeclaration, "{bad}");
            assert!(problem.variable.unwrap().contains("AWS_ENDPOINT_URL_SSM"), "{bad}");
        }
        assert!(
            endpoints(Some("https://x"), true, false).target(Store::Ssm, &Region::new("eu-west-1")).is_err()
        );
    }
}
