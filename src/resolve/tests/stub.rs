//! A stub of the stores' HTTP: answers operations with what a test gives it, and remembers what it was asked.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

pub enum Reply {
    Json(u16, Value),
    Raw(u16, Vec<u8>),
    /// No answer at all.
    Hang,
    /// The connection is closed instead of an answer.
    Close,
}

pub fn ok(value: Value) -> Reply {
    Reply::Json(200, value)
}

pub fn error(code: &str, message: &str) -> Reply {
    Reply::Json(400, json!({ "__type": code, "message": message }))
}

/// What was asked: `GetParameters` (or the path of a GET), the body, the `Authorization`.
#[derive(Clone, Debug)]
pub struct Asked {
    pub operation: String,
    pub body: Value,
    pub authorization: String,
}

#[derive(Clone)]
pub struct Stub {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    connections: Arc<AtomicUsize>,
}

type Answer = Arc<dyn Fn(&Asked) -> Reply + Send + Sync>;

impl Stub {
    pub async fn start(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        Self::listen(None, answer).await
    }

    pub async fn start_tls(
        tls: TlsAcceptor,
        answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::listen(Some(tls), answer).await
    }

    async fn listen(
        tls: Option<TlsAcceptor>,
        answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stub = Self {
            address: listener.local_addr().unwrap(),
            asked: Arc::default(),
            connections: Arc::default(),
        };
        let (stub_of_task, answer): (_, Answer) = (stub.clone(), Arc::new(answer));
        tokio::spawn(async move {
            loop {
                let (tcp, _) = listener.accept().await.unwrap();
                let (stub, answer, tls) = (stub_of_task.clone(), Arc::clone(&answer), tls.clone());
                stub.connections.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(async move {
                    match tls {
                        None => stub.serve(tcp, answer).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(tcp).await {
                                stub.serve(stream, answer).await;
                            }
                        }
                    }
                });
            }
        });
        stub
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// How often each operation was asked for.
    pub fn operations(&self) -> BTreeMap<String, usize> {
        let mut operations = BTreeMap::new();
        for asked in self.asked() {
            *operations.entry(asked.operation).or_default() += 1;
        }
        operations
    }

    async fn serve(&self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, answer: Answer) {
        let service = service_fn(|request| self.clone().reply(request, Arc::clone(&answer)));
        let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    }

    async fn reply(
        self,
        request: Request<Incoming>,
        answer: Answer,
    ) -> Result<Response<Full<Bytes>>, Box<dyn std::error::Error + Send + Sync>> {
        let header = |name: &str| request.headers().get(name).map(|v| v.to_str().unwrap().to_string());
        let operation = header("x-amz-target").map(|target| target.rsplit('.').next().unwrap().to_string());
        let operation = operation.unwrap_or_else(|| request.uri().path().to_string());
        let authorization = header("authorization").unwrap_or_default();
        let body = request.into_body().collect().await?.to_bytes();
        let body = serde_json::from_slice(&body).unwrap_or_default();
        let asked = Asked { operation, body, authorization };
        self.asked.lock().unwrap().push(asked.clone());
        let (status, body) = match answer(&asked) {
            Reply::Json(status, value) => (status, value.to_string().into_bytes()),
            Reply::Raw(status, bytes) => (status, bytes),
            Reply::Hang => std::future::pending::<Result<_, Infallible>>().await?,
            Reply::Close => return Err("closed".into()),
        };
        Ok(Response::builder().status(status).body(Full::from(body))?)
    }
}

/// Parameters and secrets as the stores would answer for them.
#[derive(Default)]
pub struct Fake {
    pub parameters: BTreeMap<String, String>,
    pub secrets: BTreeMap<String, String>,
    /// Names that the role may not read.
    pub denied: Vec<&'static str>,
    pub batch_denied: bool,
}

impl Fake {
    pub fn answer(&self, asked: &Asked) -> Reply {
        match asked.operation.as_str() {
            "GetParameters" => self.get_parameters(&asked.body),
            "GetParametersByPath" => self.get_parameters_by_path(&asked.body),
            "BatchGetSecretValue" => self.batch_get_secret_value(&asked.body),
            "GetSecretValue" => self.get_secret_value(&asked.body),
            other => panic!("{other} was asked for"),
        }
    }

    fn get_parameters(&self, body: &Value) -> Reply {
        let names = strings(&body["Names"]);
        assert!((1..=10).contains(&names.len()) && body["WithDecryption"] == true);
        if let Some(denied) = names.iter().find(|name| self.denied.contains(&name.as_str())) {
            let message = format!(
                "User: arn:aws:sts::123456789012:assumed-role/r/f is not authorized to perform: ssm:GetParameters \
                 on resource: arn:aws:ssm:eu-west-1:123456789012:parameter{denied} because no identity-based \
                 policy allows the ssm:GetParameters action"
            );
            return error("AccessDeniedException", &message);
        }
        let (found, invalid): (Vec<_>, Vec<_>) =
            names.into_iter().rev().partition(|name| self.parameters.contains_key(name));
        let found: Vec<Value> = found.iter().map(|name| self.parameter(name)).collect();
        ok(json!({ "Parameters": found, "InvalidParameters": invalid }))
    }

    /// Pages of two, and an empty one in between.
    fn get_parameters_by_path(&self, body: &Value) -> Reply {
        assert!(body["Recursive"] == true && body["WithDecryption"] == true);
        let path = format!("{}/", body["Path"].as_str().unwrap().trim_end_matches('/'));
        let start: usize = body["NextToken"].as_str().map_or(0, |token| token.parse().unwrap());
        let below: Vec<&String> = self.parameters.keys().filter(|name| name.starts_with(&path)).collect();
        let page: Vec<Value> = match start {
            2 => Vec::new(),
            _ => {
                below.iter().skip(start - usize::from(start > 2)).take(2).map(|n| self.parameter(n)).collect()
            }
        };
        let next = if start == 2 { 3 } else { start + 2 };
        match next - usize::from(next > 2) < below.len() {
            true => ok(json!({ "Parameters": page, "NextToken": next.to_string() })),
            false => ok(json!({ "Parameters": page })),
        }
    }

    fn parameter(&self, asked: &str) -> Value {
        let (name, version) = asked.split_once(':').unwrap_or((asked, "1"));
        json!({
            "Name": name, "Type": "SecureString", "Value": self.parameters[asked],
            "Version": version.parse().unwrap_or(9), "LastModifiedDate": 1.7e9,
            "ARN": format!("arn:aws:ssm:eu-west-1:123456789012:parameter/{}", name.trim_start_matches('/')),
        })
    }

    fn batch_get_secret_value(&self, body: &Value) -> Reply {
        let ids = strings(&body["SecretIdList"]);
        assert!((1..=20).contains(&ids.len()));
        if self.batch_denied {
            return error(
                "AccessDeniedException",
                "not authorized to perform: secretsmanager:BatchGetSecretValue",
            );
        }
        let (found, missing): (Vec<_>, Vec<_>) =
            ids.into_iter().partition(|id| self.secrets.contains_key(id));
        let found: Vec<Value> = found.iter().map(|id| self.secret(id)).collect();
        let errors: Vec<Value> = missing
            .iter()
            .map(|id| json!({ "SecretId": id, "ErrorCode": "ResourceNotFoundException", "Message": "can't find" }))
            .collect();
        ok(json!({ "SecretValues": found, "Errors": errors }))
    }

    fn get_secret_value(&self, body: &Value) -> Reply {
        let id = body["SecretId"].as_str().unwrap();
        let stage = body["VersionStage"].as_str().map(|stage| format!("{id}@{stage}"));
        match stage.as_deref().unwrap_or(id) {
            id if self.denied.contains(&id) => error("AccessDeniedException", "Access to KMS is not allowed"),
            id if self.secrets.contains_key(id) => ok(self.secret(id)),
            _ => error("ResourceNotFoundException", "Secrets Manager can't find the specified secret."),
        }
    }

    fn secret(&self, id: &str) -> Value {
        let name = id.split('@').next().unwrap();
        json!({
            "Name": name, "SecretString": self.secrets[id], "VersionId": "v-1", "VersionStages": ["AWSCURRENT"],
            "ARN": format!("arn:aws:secretsmanager:eu-west-1:123456789012:secret:{name}-AbCdEf"), "CreatedDate": 1.7e9,
        })
    }
}

fn strings(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_string()).collect()
}
