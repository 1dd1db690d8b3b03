//! Whatever the other end of a connection says, to the client that asks the stores: over HTTP, where TLS is expected, and
//! as a proxy. One listener on loopback says the case and closes.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use vestry::declare::{self, AwsSettings, Host};
use vestry::resolve::http::{Client, HttpFault};

use crate::random::Random;
use crate::target::{Broken, CANARY, Outcome, Target, says_nothing, shape};

/// One byte that says how it is asked, and the answer.
pub struct HttpAnswer {
    runtime: tokio::runtime::Runtime,
    answer: Arc<Mutex<Vec<u8>>>,
    address: SocketAddr,
    plain: Client,
    proxied: Client,
}

impl HttpAnswer {
    pub fn new() -> Self {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().expect("there is a runtime");
        let answer: Arc<Mutex<Vec<u8>>> = Arc::default();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("loopback is there");
        let address = listener.local_addr().expect("it is bound");
        let said = Arc::clone(&answer);
        runtime.spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let answer = said.lock().map(|answer| answer.clone()).unwrap_or_default();
                let mut request = [0; 2048];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(&answer).await;
                let _ = stream.shutdown().await;
            }
        });
        let plain = Client::new(&settings(None)).expect("it is sound");
        let proxied = Client::new(&settings(Some(address))).expect("it is sound");
        Self { runtime, answer, address, plain, proxied }
    }
}

fn settings(proxy: Option<SocketAddr>) -> AwsSettings {
    let proxy = proxy.map(|address| ("HTTPS_PROXY", format!("http://user:{CANARY}@{address}")));
    let variables = [("AWS_REGION", "eu-west-1".to_string())].into_iter().chain(proxy);
    let nowhere = "/nonexistent";
    let host = Host { opt: nowhere.into(), task: nowhere.into(), delivery: None };
    declare::read(&variables.collect(), &host).expect("it is sound").aws
}

impl Target for HttpAnswer {
    fn seeds(&self) -> Vec<Vec<u8>> {
        let body = format!("{{\"a\":\"{CANARY}\"}}");
        let answers = [
            format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()),
            format!(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
                body.len()
            ),
            format!("HTTP/1.1 400 Bad Request\r\nx-amzn-errortype: X\r\nConnection: close\r\n\r\n{body}"),
            "HTTP/1.1 200 Connection established\r\n\r\n".into(),
            format!("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: {CANARY}\r\n\r\n"),
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n".into(),
            "\u{15}\u{3}\u{3}\0\u{2}\u{2}(".into(),
            "\u{16}\u{3}\u{3}\0\u{4}\u{2}\0\0\0".into(),
        ];
        (0..3)
            .flat_map(|how| {
                answers.iter().map(move |answer| [vec![how], answer.clone().into_bytes()].concat())
            })
            .collect()
    }

    fn words(&self) -> &'static [&'static str] {
        &[
            "HTTP/1.1 200 OK\r\n",
            "HTTP/1.0 ",
            "HTTP/2 ",
            "\r\n\r\n",
            "\r\n",
            "Content-Length: 5\r\n",
            "Content-Length: 99999999999\r\n",
            "Content-Length: -1\r\n",
            "Transfer-Encoding: chunked\r\n",
            "0\r\n\r\n",
            "ffffffffffffffff\r\n",
            "Connection: close\r\n",
            "Connection: upgrade\r\n",
            "HTTP/1.1 101 Switching Protocols\r\n",
            "\u{16}\u{3}\u{3}",
            "\u{15}\u{3}\u{3}\0\u{2}",
        ]
    }

    fn make(&self, random: &mut Random) -> Option<Vec<u8>> {
        // Records of TLS around anything.
        let content: Vec<u8> = (0..random.below(60)).map(|_| random.next() as u8).collect();
        let kind = *random.pick(&[20, 21, 22, 22, 22, 23, 24]);
        let mut record = vec![1, kind, 3, *random.pick(&[1, 3, 4]), 0, content.len() as u8];
        record.extend(content);
        if kind == 22 && record.len() > 10 {
            let body = record.len() - 10;
            record[6..10].copy_from_slice(&[*random.pick(&[2, 11, 12, 8, 20]), 0, 0, body as u8]);
        }
        Some(record)
    }

    fn run(&mut self, case: &[u8]) -> Result<Outcome, Broken> {
        let Some((how, answer)) = case.split_first() else { return Ok("no case".into()) };
        if let Ok(mut said) = self.answer.lock() {
            *said = answer.to_vec();
        }
        let (client, url) = match how % 3 {
            0 => (&self.plain, format!("http://{}/x", self.address)),
            1 => (&self.plain, format!("https://{}/x", self.address)),
            _ => (&self.proxied, "https://ssm.eu-west-1.amazonaws.com/".to_string()),
        };
        let request = http::Request::get(url).body(bytes::Bytes::new()).map_err(|error| error.to_string())?;
        // Whoever asks has a deadline; here nothing takes long, because the other end closes.
        let sent = async { tokio::time::timeout(Duration::from_secs(30), client.send(request)).await };
        match self.runtime.block_on(sent) {
            Err(_) => Err("it waits for an end that has closed".into()),
            Ok(Ok(_)) if how % 3 != 0 => Err("an answer without TLS is taken".into()),
            Ok(Ok(answer)) => Ok(format!("{} {}", answer.status(), answer.body().len().min(100) / 10)),
            Ok(Err(fault)) => {
                let said: &HttpFault = &fault;
                says_nothing(&format!("{said} {said:?}"))?;
                Ok(shape(&said.to_string()))
            }
        }
    }
}
