//! As much of HTTP/1.1 as a stub needs.

use std::io::{self, Read};

/// One request as it came, or `None` where the other side has closed instead.
pub fn read_request(stream: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut request = Vec::with_capacity(4096);
    let mut buffer = [0; 16 * 1024];
    loop {
        if let Some(head) = head_of(&request)
            && request.len() >= head + content_length(&request[..head])
        {
            return Ok(Some(request));
        }
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(None),
            Ok(read) => request.extend_from_slice(&buffer[..read]),
            Err(error) => return Err(error),
        }
    }
}

/// `POST /path`
pub fn request_line(request: &[u8]) -> &str {
    let line = request.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let line = std::str::from_utf8(line).unwrap_or_default();
    line.strip_suffix(" HTTP/1.1").unwrap_or(line)
}

pub fn body(request: &[u8]) -> &[u8] {
    head_of(request).map_or(&[], |head| &request[head..])
}

pub fn answer(headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\n{headers}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// Where the body begins.
fn head_of(request: &[u8]) -> Option<usize> {
    request.windows(4).position(|end| end == b"\r\n\r\n").map(|at| at + 4)
}

fn content_length(head: &[u8]) -> usize {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    length.unwrap_or(0)
}
