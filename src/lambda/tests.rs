use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::*;

const REGISTERED: &str = "HTTP/1.1 200 OK\r\nLambda-Extension-Identifier: id-1\r\nContent-Length: 56\r\n\r\n\
                          {\"functionName\":\"f\",\"functionVersion\":\"1\",\"handler\":\"h\"}";
const ACCEPTED: &str = "HTTP/1.1 202 Accepted\r\nContent-Length: 15\r\n\r\n{\"status\":\"OK\"}";

/// An Extensions API that gives these answers, a connection a list, and tells what it was asked.
async fn api(connections: &[&[&str]]) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let connections: Vec<Vec<String>> =
        connections.iter().map(|answers| answers.iter().map(|a| a.to_string()).collect()).collect();
    let serving = tokio::spawn(async move {
        let mut requests = Vec::new();
        for answers in connections {
            let (mut stream, _) = listener.accept().await.unwrap();
            for answer in answers {
                requests.push(request(&mut stream).await);
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        }
        requests
    });
    (address, serving)
}

async fn request(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    loop {
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return text;
            }
        }
        let mut buffer = [0; 4096];
        let read = stream.read(&mut buffer).await.unwrap();
        assert!(read > 0, "the request broke off");
        text.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
    }
}

fn event(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn assert_has(request: &str, parts: &[&str]) {
    for part in parts {
        assert!(request.contains(part), "{part} in {request}");
    }
}

#[tokio::test]
async fn it_registers_for_shutdown_and_waits_for_it_on_one_connection() {
    let invoke = event(r#"{"eventType":"INVOKE","requestId":"r"}"#);
    let shutdown = event(r#"{"eventType":"SHUTDOWN","shutdownReason":"spindown","deadlineMs":1}"#);
    let (address, serving) = api(&[&[REGISTERED, &invoke, &shutdown]]).await;
    let mut lambda = Extensions::new(&address);
    lambda.register("vestry").await.unwrap();
    assert_eq!(lambda.until_shutdown().await.unwrap(), "spindown");

    let requests = serving.await.unwrap();
    let host = format!("host: {address}\r\n");
    assert_has(&requests[0], &["POST /2020-01-01/extension/register HTTP/1.1\r\n", &host]);
    assert_has(&requests[0], &["lambda-extension-name: vestry\r\n", "\r\n\r\n{\"events\":[\"SHUTDOWN\"]}"]);
    for next in &requests[1..] {
        assert_has(next, &["GET /2020-01-01/extension/event/next HTTP/1.1\r\n"]);
        assert_has(next, &["lambda-extension-identifier: id-1\r\n"]);
    }
    assert_eq!(requests.len(), 3);
}

#[tokio::test]
async fn a_refusal_is_told_with_its_type_and_message() {
    let (address, serving) = api(&[&[REGISTERED, ACCEPTED]]).await;
    let mut lambda = Extensions::new(&address);
    lambda.refuse("vestry", ErrorType::NotFound, "A (ssm:/a): not found\n\"é\"").await.unwrap();
    let requests = serving.await.unwrap();
    // Not as the extension itself: the runtime would start.
    assert_has(
        &requests[0],
        &["POST /2020-01-01/extension/register", "lambda-extension-name: vestry-refusal\r\n"],
    );
    assert_has(&requests[0], &["\r\n\r\n{\"events\":[]}"]);
    assert_has(
        &requests[1],
        &["POST /2020-01-01/extension/init/error", "lambda-extension-identifier: id-1\r\n"],
    );
    assert_has(&requests[1], &["lambda-extension-function-error-type: Vestry.NotFound\r\n"]);
    let body: serde_json::Value =
        serde_json::from_str(requests[1].split_once("\r\n\r\n").unwrap().1).unwrap();
    let expected = serde_json::json!({
        "errorMessage": "A (ssm:/a): not found\n\"é\"", "errorType": "Vestry.NotFound", "stackTrace": []
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn a_refusal_is_told_by_the_extension_itself_where_no_other_may_register() {
    let forbidden = "HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\nforbidden";
    let (address, serving) = api(&[&[forbidden, REGISTERED, ACCEPTED]]).await;
    Extensions::new(&address).refuse("vestry", ErrorType::NotFound, "not found").await.unwrap();
    let requests = serving.await.unwrap();
    assert_has(&requests[1], &["lambda-extension-name: vestry\r\n", "\r\n\r\n{\"events\":[\"SHUTDOWN\"]}"]);
    assert_has(&requests[2], &["POST /2020-01-01/extension/init/error"]);
}

#[tokio::test]
async fn a_refusal_that_no_other_may_tell_is_told_by_the_extension_itself() {
    let forbidden = "HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\nforbidden";
    let (address, serving) = api(&[&[REGISTERED, forbidden, REGISTERED, ACCEPTED]]).await;
    Extensions::new(&address).refuse("vestry", ErrorType::NotFound, "not found").await.unwrap();
    let requests = serving.await.unwrap();
    assert_has(&requests[2], &["lambda-extension-name: vestry\r\n"]);
    assert_has(&requests[3], &["POST /2020-01-01/extension/init/error", "not found"]);
}

#[tokio::test]
async fn a_connection_that_lambda_closed_is_made_anew() {
    let shutdown = event(r#"{"eventType":"SHUTDOWN"}"#);
    let closing = REGISTERED.replace("Content-Length", "Connection: close\r\nContent-Length");
    let (address, serving) = api(&[&[&closing], &[&shutdown]]).await;
    let mut lambda = Extensions::new(&address);
    lambda.register("vestry").await.unwrap();
    assert_eq!(lambda.until_shutdown().await.unwrap(), "unknown");
    assert_eq!(serving.await.unwrap().len(), 2);
}

#[tokio::test]
async fn what_goes_wrong_is_told_apart() {
    let forbidden = "HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\nforbidden";
    let no_identifier = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    let (address, _serving) = api(&[
        &[forbidden, no_identifier, REGISTERED, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"],
        &[],
    ])
    .await;
    let mut lambda = Extensions::new(&address);
    let error = lambda.register("vestry").await.unwrap_err();
    assert_eq!(error.to_string(), "the Extensions API refused register: 403 Forbidden forbidden");
    let error = lambda.register("vestry").await.unwrap_err();
    assert!(matches!(error, Error::Malformed { call: "register", .. }), "{error}");
    lambda.register("vestry").await.unwrap();
    let error = lambda.until_shutdown().await.unwrap_err();
    assert!(matches!(error, Error::Malformed { call: "event/next", .. }), "{error}");
    // The other end closes without an answer.
    let error = lambda.next().await.unwrap_err();
    assert!(matches!(error, Error::Http { call: "event/next", .. }), "{error}");

    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
    let error = Extensions::new(&closed).register("vestry").await.unwrap_err();
    assert!(matches!(error, Error::Connect { .. }), "{error}");
}
