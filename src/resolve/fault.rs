//! What a call ended with instead of an answer, told apart by what it means.

use std::fmt;

use super::http::HttpFault;

/// Store messages are long at times; what matters stands in front.
const LONGEST_MESSAGE: usize = 400;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub kind: Kind,
    /// The store's error code, or what went wrong on the way.
    pub what: String,
    /// The store's own message, where it says who may not do what, or what is wrong with the request. No other is
    /// kept: that on a signature, for one, quotes the session token.
    pub message: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Throttled, 5xx: worth another attempt.
    Passing,
    /// No answer: the network, or too slow. Worth another attempt, too.
    Unreached,
    /// The network, in a way that stays: an untrusted certificate.
    Lasting,
    NotFound,
    ScheduledForDeletion,
    Denied,
    KmsDenied,
    KmsFailed,
    Credentials,
    /// The store does not take the request as it is.
    Invalid,
    Malformed,
}

impl Fault {
    pub fn new(kind: Kind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), message: None }
    }

    pub fn is_passing(&self) -> bool {
        matches!(self.kind, Kind::Passing | Kind::Unreached)
    }

    /// One name in a batch may be what the whole call was refused for.
    pub fn may_be_of_one(&self) -> bool {
        use Kind::*;
        matches!(self.kind, NotFound | ScheduledForDeletion | Denied | KmsDenied | KmsFailed | Invalid)
    }

    /// From an error code that a store gives, for a whole call or for one secret of a batch.
    pub fn of_code(code: &str, message: Option<&str>, status: Option<u16>) -> Self {
        let kind = kind(code, message.unwrap_or_default(), status);
        let message = message.filter(|_| is_telling(kind, code)).map(printable);
        Self { kind, what: name_of(code).into(), message }
    }
}

/// `AccessDeniedException: User: … is not authorized to perform: …`
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.message {
            Some(message) if !message.is_empty() => write!(f, "{}: {message}", self.what),
            _ => f.write_str(&self.what),
        }
    }
}

impl From<&HttpFault> for Fault {
    fn from(fault: &HttpFault) -> Self {
        let kind = match fault {
            HttpFault::NotHttp { .. } | HttpFault::TooLarge { .. } => Kind::Malformed,
            fault if fault.is_lasting() => Kind::Lasting,
            _ => Kind::Unreached,
        };
        Self::new(kind, fault.to_string())
    }
}

/// Of an answer that nothing can be read from but its status.
pub fn of_status(status: u16) -> Fault {
    let kind = match status {
        408 | 429 | 500.. => Kind::Passing,
        401 | 403 => Kind::Denied,
        _ => Kind::Malformed,
    };
    match kind {
        Kind::Malformed => Fault::new(kind, format!("malformed answer (HTTP {status})")),
        _ => Fault::new(kind, format!("HTTP {status}")),
    }
}

fn kind(code: &str, message: &str, status: Option<u16>) -> Kind {
    match code {
        "ThrottlingException"
        | "Throttling"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "RequestLimitExceeded"
        | "TooManyRequestsException"
        | "LimitExceededException"
        | "SlowDown"
        | "PriorRequestNotComplete"
        | "KMSThrottlingException"
        | "InternalServerError"
        | "InternalServiceError"
        | "InternalServiceErrorException"
        | "InternalServerException"
        | "InternalFailure"
        | "InternalError"
        | "ServiceUnavailable"
        | "ServiceUnavailableException"
        | "RequestTimeout"
        | "RequestTimeoutException" => Kind::Passing,
        "AccessDeniedException" | "AccessDenied" | "UnauthorizedOperation" | "NotAuthorized" => {
            if message.contains("KMS") || message.contains("kms:") || message.contains("ciphertext") {
                Kind::KmsDenied
            } else {
                Kind::Denied
            }
        }
        "KMSAccessDeniedException" => Kind::KmsDenied,
        "InvalidKeyId" | "InvalidKeyIdException" | "DecryptionFailure" | "DecryptionFailureException" => {
            Kind::KmsFailed
        }
        code if code.starts_with("KMS") => Kind::KmsFailed,
        "ParameterNotFound" | "ParameterVersionNotFound" | "ResourceNotFoundException" => Kind::NotFound,
        "InvalidRequestException" if message.contains("delet") => Kind::ScheduledForDeletion,
        "UnrecognizedClientException"
        | "ExpiredTokenException"
        | "ExpiredToken"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "InvalidClientTokenId"
        | "IncompleteSignature"
        | "IncompleteSignatureException"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "RequestExpired"
        | "AuthFailure"
        | "NotAuthorizedException" => Kind::Credentials,
        _ => match status {
            Some(408 | 429 | 500..) => Kind::Passing,
            Some(401 | 403) => Kind::Denied,
            _ => Kind::Invalid,
        },
    }
}

/// Whether the message of such an error speaks of names and permissions alone.
fn is_telling(kind: Kind, code: &str) -> bool {
    use Kind::*;
    match kind {
        Denied | KmsDenied | KmsFailed | ScheduledForDeletion => true,
        Invalid => {
            matches!(code, "ValidationException" | "InvalidParameterException" | "InvalidRequestException")
        }
        _ => false,
    }
}

/// A code is a word; what else stands in its place may be anything.
fn name_of(code: &str) -> &str {
    let is_word = (1..=100).contains(&code.len())
        && code.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    if is_word { code } else { "an error with no usable code" }
}

/// On one line, and no longer than a line should be.
fn printable(message: &str) -> String {
    let mut text: String =
        message.chars().take(LONGEST_MESSAGE).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if message.chars().nth(LONGEST_MESSAGE).is_some() {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind_of(code: &str, message: &str, status: u16) -> Kind {
        Fault::of_code(code, Some(message), Some(status)).kind
    }

    #[test]
    fn errors_are_told_apart_by_code_message_and_status() {
        for (code, message, status, kind) in [
            ("ThrottlingException", "Rate exceeded", 400, Kind::Passing),
            ("InternalServerError", "", 500, Kind::Passing),
            ("SomethingNew", "", 503, Kind::Passing),
            ("SomethingNew", "", 429, Kind::Passing),
            ("SomethingNew", "", 400, Kind::Invalid),
            ("ValidationException", "", 400, Kind::Invalid),
            ("AccessDeniedException", "not authorized to perform: ssm:GetParameters", 400, Kind::Denied),
            ("AccessDeniedException", "Access to KMS is not allowed", 400, Kind::KmsDenied),
            ("AccessDeniedException", "not authorized to perform: kms:Decrypt", 400, Kind::KmsDenied),
            ("InvalidKeyId", "", 400, Kind::KmsFailed),
            ("KMSDisabledException", "", 400, Kind::KmsFailed),
            ("DecryptionFailure", "", 400, Kind::KmsFailed),
            ("InvalidRequestException", "it was marked for deletion.", 400, Kind::ScheduledForDeletion),
            ("InvalidRequestException", "something else", 400, Kind::Invalid),
            ("ResourceNotFoundException", "", 400, Kind::NotFound),
            ("ExpiredTokenException", "", 400, Kind::Credentials),
            ("UnrecognizedClientException", "", 400, Kind::Credentials),
        ] {
            assert_eq!(kind_of(code, message, status), kind, "{code} {message} {status}");
        }
        assert_eq!(of_status(502).kind, Kind::Passing);
        assert_eq!(of_status(403).kind, Kind::Denied);
        assert_eq!(of_status(200).kind, Kind::Malformed);
    }

    #[test]
    fn a_message_stays_on_one_line_of_a_bearable_length() {
        let fault = Fault::of_code("ValidationException", Some(&"é\n".repeat(500)), None);
        let message = fault.message.unwrap();
        assert!(message.chars().count() <= LONGEST_MESSAGE + 1 && !message.contains('\n'));
    }
    #[test]
    fn messages_that_may_quote_more_than_names_are_not_repeated() {
        for code in
            ["InvalidSignatureException", "ThrottlingException", "InternalServerError", "SomethingNew"]
        {
            let fault = Fault::of_code(code, Some("x-amz-security-token:hunter2"), Some(400));
            assert_eq!(fault.to_string(), code);
        }
        let denied = Fault::of_code("AccessDeniedException", Some("User: u is not authorized"), Some(400));
        assert_eq!(denied.to_string(), "AccessDeniedException: User: u is not authorized");
    }

    #[test]
    fn what_is_no_code_is_not_repeated_either() {
        for code in ["hunter2 is what it was", "a\n\u{1b}[31m", "", &"A".repeat(5000)] {
            let printed = Fault::of_code(code, None, Some(400)).to_string();
            assert_eq!(printed, "an error with no usable code");
        }
    }
}
