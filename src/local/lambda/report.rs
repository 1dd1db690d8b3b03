//! What happened, typed.

use std::process::ExitStatus;
use std::time::Duration;

use bytes::Bytes;

/// The life of one sandbox.
#[derive(Debug, Default)]
pub struct Report {
    /// One, or one more for each time that it had to start over.
    pub inits: Vec<Init>,
    pub invocations: Vec<Invocation>,
    pub shutdown: Option<Shutdown>,
    /// Everything in its order.
    pub moments: Vec<Moment>,
}

impl Report {
    /// The extensions' log lines that are JSON objects.
    pub fn log(&self) -> Vec<serde_json::Value> {
        let extension = |source: &Source| matches!(source, Source::Extension(_));
        let lines = self.lines(extension, Stream::Stdout);
        lines
            .filter_map(|line| serde_json::from_str(line).ok())
            .filter(serde_json::Value::is_object)
            .collect()
    }

    /// The extensions' log lines of one event.
    pub fn log_of(&self, event: &str) -> Vec<serde_json::Value> {
        self.log().into_iter().filter(|line| line["event"] == event).collect()
    }

    /// The function's output, line by line.
    pub fn function_output(&self, stream: Stream) -> Vec<&str> {
        self.lines(|source| *source == Source::Runtime, stream).collect()
    }

    /// Everything that anybody printed: where a leak would show.
    pub fn output(&self) -> String {
        let lines = self.moments.iter().filter_map(|moment| match &moment.what {
            What::Line { text, .. } => Some(text.as_str()),
            _ => None,
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// How the processes ended, in that order.
    pub fn exits(&self) -> impl Iterator<Item = &Exit> {
        self.moments.iter().filter_map(|moment| match &moment.what {
            What::Exited(exit) => Some(exit),
            _ => None,
        })
    }

    fn lines(&self, from: impl Fn(&Source) -> bool, wanted: Stream) -> impl Iterator<Item = &str> {
        self.moments.iter().filter_map(move |moment| match &moment.what {
            What::Line { source, stream, text } if from(source) && *stream == wanted => Some(text.as_str()),
            _ => None,
        })
    }
}

/// One attempt to start extensions and runtime.
#[derive(Clone, Debug)]
pub struct Init {
    /// Inside an invocation, under the function's own time-out.
    pub suppressed: bool,
    pub duration: Duration,
    pub failure: Option<Failure>,
}

/// Why an INIT failed, or an invocation's sandbox had to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub kind: FailureKind,
    /// Who failed; of a time-out, the first that was waited for.
    pub source: Source,
    /// As posted to `init/error` or `exit/error`.
    pub error_type: Option<String>,
    /// As posted.
    pub message: Option<String>,
    pub status: Option<ExitStatus>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    TimedOut,
    /// It said so itself, through `init/error` or `exit/error`.
    Reported,
    /// It ended without a word.
    Exited,
    /// The program could not be started.
    NotStarted,
}

#[derive(Clone, Debug)]
pub struct Invocation {
    pub request_id: String,
    pub duration: Duration,
    pub answer: Answer,
}

#[derive(Clone, Debug)]
pub enum Answer {
    Response(Bytes),
    /// What the runtime posted as its error.
    Error {
        error_type: Option<String>,
        body: Bytes,
    },
    TimedOut {
        after: Duration,
    },
    /// A process ended in the middle of it, or the second INIT failed.
    Failed(Failure),
}

impl Answer {
    pub fn is_ok(&self) -> bool {
        matches!(self, Self::Response(_))
    }

    /// What the caller of the function gets.
    pub fn payload(&self, request_id: &str) -> Bytes {
        let error = |error_type: &str, message: String| {
            let message = format!("RequestId: {request_id} Error: {message}");
            serde_json::json!({ "errorType": error_type, "errorMessage": message }).to_string().into()
        };
        match self {
            Self::Response(body) | Self::Error { body, .. } => body.clone(),
            Self::TimedOut { after } => {
                error("Sandbox.Timedout", format!("Task timed out after {:.2} seconds", after.as_secs_f64()))
            }
            Self::Failed(failure) => {
                let runtime = failure.source == Source::Runtime;
                let fallback = if runtime { "Runtime.ExitError" } else { "Extension.Crash" };
                let message = failure.message.clone().unwrap_or_else(|| {
                    let status = failure.status.map_or("no exit status".into(), shown);
                    if runtime { format!("Runtime exited with error: {status}") } else { status }
                });
                error(failure.error_type.as_deref().unwrap_or(fallback), message)
            }
        }
    }
}

/// `exit status 1`, `signal: 9`
fn shown(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt as _;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, signal) => format!("signal: {}", signal.unwrap_or_default()),
    }
}

#[derive(Clone, Debug)]
pub struct Shutdown {
    pub reason: Reason,
    pub duration: Duration,
    /// Who had to be killed.
    pub killed: Vec<Source>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    Spindown,
    Timeout,
    Failure,
}

impl Reason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Spindown => "SPINDOWN",
            Self::Timeout => "TIMEOUT",
            Self::Failure => "FAILURE",
        }
    }
}

/// Something that happened, since the sandbox was made.
#[derive(Clone, Debug)]
pub struct Moment {
    pub at: Duration,
    pub what: What,
}

#[derive(Clone, Debug)]
pub enum What {
    Started {
        source: Source,
        pid: u32,
    },
    Registered {
        name: String,
        events: Vec<String>,
    },
    /// All of them called next: INIT is over.
    Ready,
    /// `init/error` or `exit/error` was posted.
    Reported {
        source: Source,
        error_type: Option<String>,
        message: Option<String>,
    },
    Line {
        source: Source,
        stream: Stream,
        text: String,
    },
    Invoked {
        request_id: String,
    },
    Answered {
        request_id: String,
    },
    ShutDown {
        reason: Reason,
    },
    Killed {
        source: Source,
    },
    Exited(Exit),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    pub source: Source,
    /// Which start of the sandbox it belongs to, counted from 1.
    pub attempt: usize,
    pub status: ExitStatus,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    Extension(String),
    Runtime,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    Stdout,
    Stderr,
}
