//! The timeline of a local run, as it happens.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::Value;

use super::init::{InitBlock, remark};
use super::paint::Paint;
use super::plain;
use super::words::plural;
use crate::declare::Environment;
use crate::local::lambda::{
    Answer, Exit, Failure, FailureKind, Function, Invocation, Moment, Reason, Report, Source, Stream, What,
};

/// What is known before anything runs.
pub(super) struct Header {
    pub function: Function,
    /// The file, and how many parameters and secrets it holds.
    pub store: Option<(PathBuf, usize, usize)>,
    pub policy: Option<PathBuf>,
    /// Where a file delivery puts the values.
    pub file: PathBuf,
    /// How many take the values from the socket.
    pub readers: usize,
}

pub(super) struct Timeline {
    paint: Paint,
    quiet: bool,
    file: PathBuf,
    readers: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Log lines that wait for the INIT line, which comes last and is shown first.
    init: InitBlock,
    init_shown: bool,
    /// The socket is gone.
    taken: bool,
    /// Since the last INIT began.
    was_ready: bool,
    invoking: bool,
    /// What an invocation brought about is shown after its answer, which comes last.
    held: Option<String>,
    ready: bool,
    ending: bool,
    runtime_started: Duration,
}

impl Timeline {
    /// Begins with the header. A quiet one shows nothing at all.
    pub fn new(header: Header, environment: &Environment, quiet: bool) -> Self {
        let paint = Paint::for_stdout(environment);
        let shown = Self::header(&header, paint);
        let Header { file, readers, .. } = header;
        let timeline = Self { paint, quiet, file, readers, state: Mutex::new(State::default()) };
        timeline.print(&shown);
        timeline
    }

    /// Shows one moment, or keeps it until it makes sense.
    pub fn show(&self, moment: &Moment) {
        let mut state = self.state.lock().expect("no panic while a moment is shown");
        let Some(text) = self.text_of(moment, &mut state) else { return };
        match &mut state.held {
            Some(held) => *held += &text,
            None => self.print(&text),
        }
    }

    pub fn answered(&self, invocation: &Invocation) {
        let Invocation { request_id, duration, answer } = invocation;
        let payload = plain::lines(&String::from_utf8_lossy(&answer.payload(request_id))).into_owned();
        let arrow = if answer.is_ok() { self.paint.green("→") } else { self.paint.red("✗") };
        self.print(&format!("  {arrow} {payload}  {}\n", self.paint.dim(&milliseconds(*duration))));
        self.let_go();
    }

    fn let_go(&self) {
        let mut state = self.state.lock().expect("no panic while a moment is shown");
        state.invoking = false;
        if let Some(held) = state.held.take() {
            self.print(&held);
        }
    }

    /// Tells why INIT failed, every problem by itself.
    pub fn refused(&self, failure: &Failure) {
        let state = self.state.lock().expect("no panic while a failure is shown");
        let paint = self.paint;
        let mut text = String::from("\n");
        match (&failure.source, failure.kind) {
            (Source::Runtime, FailureKind::Reported) => {
                let error_type = failure.error_type.as_deref().unwrap_or("Runtime.InitError");
                text += &format!(
                    "{}\n",
                    paint.red(&format!("The function failed to start: {}", plain::line(error_type)))
                );
                text += &indented(failure.message.as_deref().unwrap_or_default());
            }
            (Source::Runtime, FailureKind::TimedOut) => {
                text += &format!("{}\n", paint.red("The function did not get ready within INIT's 10 s"));
            }
            (Source::Runtime, FailureKind::Exited) => {
                let status = failure.status.map(|status| status.to_string()).unwrap_or_default();
                text += &format!(
                    "{}\n",
                    paint.red(&format!("The function ended before it was ready ({status})"))
                );
                if failure.status.is_some_and(|status| status.success()) {
                    text += "  → CMD must be a runtime that asks for events, e.g. `python3 -m awslambdaric app.handler`\n";
                }
            }
            (Source::Extension(name), FailureKind::TimedOut) => {
                text += &format!("{}\n", paint.red(&format!("{name} did not get ready within INIT's 10 s")));
            }
            (Source::Extension(name), FailureKind::Exited) => {
                let status = failure.status.map(|status| status.to_string()).unwrap_or_default();
                text += &format!("{}\n", paint.red(&format!("{name} ended without a word ({status})")));
            }
            (_, FailureKind::NotStarted) => {
                text += &format!(
                    "{}\n",
                    paint.red(&plain::lines(failure.message.as_deref().unwrap_or_default()))
                );
            }
            (Source::Extension(_), FailureKind::Reported) => {
                let error_type = failure.error_type.as_deref().unwrap_or("Extension.InitError");
                text += &format!(
                    "{}  {}\n",
                    paint.red(&plain::line(error_type)),
                    paint.dim("the function did not start")
                );
                text += &match state.init.problems(paint) {
                    Some(problems) => problems,
                    None => indented(failure.message.as_deref().unwrap_or_default()),
                };
            }
        }
        self.print(&text);
    }

    /// The last line.
    pub fn end(&self, report: &Report) {
        self.let_go();
        self.print(&self.readers_missed());
        let Some(shutdown) = &report.shutdown else { return };
        let killed = match shutdown.killed.len() {
            0 => "everything ended by itself".to_string(),
            _ => {
                let names: Vec<_> = shutdown.killed.iter().map(name).collect();
                self.paint.yellow(&format!("{} had to be killed", names.join(", ")))
            }
        };
        self.print(&format!("  {killed} {}\n", self.paint.dim(&milliseconds(shutdown.duration))));
    }

    /// The log counts the readers when the last one is done, so of fewer it can only be said that they are fewer.
    fn readers_missed(&self) -> String {
        let state = self.state.lock().expect("no panic while a moment is shown");
        let served = state.was_ready && state.init.delivery() == Some("socket");
        if !served || state.taken || self.readers == 1 {
            return String::new();
        }
        let said = match self.readers {
            2 => "1 of 2 readers took the values".to_string(),
            expected => format!("fewer than {expected} readers took the values"),
        };
        format!("  {} {said}: the socket stayed (VESTRY_SOCKET_READERS)\n", self.paint.yellow("!"))
    }

    fn text_of(&self, moment: &Moment, state: &mut State) -> Option<String> {
        let paint = self.paint;
        match &moment.what {
            What::Line { source: Source::Extension(name), stream, text } => {
                let line = serde_json::from_str(text).ok().filter(Value::is_object);
                match line {
                    Some(line) if *stream == Stream::Stdout => self.log_line(&line, state),
                    _ => Some(format!("  {} {}\n", paint.cyan(&format!("{name} │")), plain::line(text))),
                }
            }
            // Its owner runs it here, and may colour what it says.
            What::Line { source: Source::Runtime, stream, text } => {
                let mark = if *stream == Stream::Stdout { paint.dim("│") } else { paint.yellow("┆") };
                Some(format!("  {mark} {text}\n"))
            }
            // Another INIT: the last one's lines are not its own.
            What::Started { source: Source::Extension(_), .. } => {
                (state.init, state.init_shown) = (InitBlock::new(self.file.clone()), false);
                (state.taken, state.was_ready) = (false, false);
                None
            }
            What::Started { source: Source::Runtime, .. } => {
                state.runtime_started = moment.at;
                None
            }
            What::Ready => {
                (state.ready, state.was_ready, state.ending) = (true, true, false);
                let took = milliseconds(moment.at.saturating_sub(state.runtime_started));
                let mut text = String::new();
                if !state.init_shown {
                    text += &format!("{}\n", paint.bold("INIT"));
                }
                text += &format!("  {:<14}{:>11}  the function's own start\n", "runtime", took);
                Some(text)
            }
            What::Invoked { request_id } => {
                state.invoking = true;
                Some(format!("\n{} {}\n", paint.bold("INVOKE"), paint.dim(request_id)))
            }
            // What is stopped before it was ready is told as a refusal.
            What::ShutDown { reason } if state.ready => {
                (state.ready, state.ending) = (false, true);
                if state.invoking && *reason != Reason::Spindown {
                    state.held.get_or_insert_default();
                }
                Some(format!("\n{} {}\n", paint.bold("SHUTDOWN"), paint.dim(reason.as_str())))
            }
            What::Exited(exit) if state.ready || (state.ending && !as_told(exit)) => {
                let text = format!("{} ended: {}", name(&exit.source), exit.status);
                Some(format!("  {}\n", paint.dim(&text)))
            }
            _ => None,
        }
    }

    /// One of Vestry's own log lines.
    fn log_line(&self, line: &Value, state: &mut State) -> Option<String> {
        let paint = self.paint;
        match line["event"].as_str().unwrap_or_default() {
            "init" => {
                state.init.add(line);
                state.init_shown = true;
                Some(state.init.text(paint))
            }
            _ if !state.init_shown => {
                state.init.add(line);
                None
            }
            "delivered" => {
                state.taken = true;
                let who = match line["readers"].as_u64() {
                    _ if state.init.delivery() == Some("none") => "the function may start".to_string(),
                    Some(readers @ 2..) => format!("{readers} readers have their values"),
                    _ => "the function has its values".to_string(),
                };
                Some(format!("  {} {who}, the socket is gone\n", paint.green("✓")))
            }
            "shutdown" => Some(format!("  {} vestry has removed and wiped what it held\n", paint.green("✓"))),
            event => Some(remark(line, paint)).filter(|said| !said.is_empty()).or_else(|| {
                Some(format!(
                    "  {} {}\n",
                    paint.cyan(&plain::line(event)),
                    paint.dim(&plain::line(&rest(line)))
                ))
            }),
        }
    }

    fn header(header: &Header, paint: Paint) -> String {
        let function = &header.function;
        let command: Vec<_> = function.runtime.iter().map(|word| word.to_string_lossy()).collect();
        let mut text = format!("{}  {}\n", paint.bold("vestry local"), plain::line(&command.join(" ")));
        let region = if function.region.is_empty() { "no region" } else { &function.region };
        let memory = function.memory_mb;
        text += &format!("  function  {} {}, {memory} MB, {region}\n", function.name, function.version);
        text += &match &header.store {
            Some((path, parameters, secrets)) => format!(
                "  store     {} ({}, {})\n",
                path.display(),
                plural(*parameters as u64, "parameter"),
                plural(*secrets as u64, "secret"),
            ),
            None => "  store     AWS\n".to_string(),
        };
        if let Some(policy) = &header.policy {
            text += &format!("  policy    {}\n", policy.display());
        }
        text + "\n"
    }

    fn print(&self, text: &str) {
        if !self.quiet {
            let mut stdout = std::io::stdout().lock();
            // A reader that has gone (a closed pipe) is no reason to end a function.
            let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
        }
    }
}

pub(super) fn milliseconds(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1000.0)
}

fn name(source: &Source) -> &str {
    match source {
        Source::Extension(name) => name,
        Source::Runtime => "the function",
    }
}

/// Ended well, or by the SIGTERM of a shutdown.
fn as_told(exit: &Exit) -> bool {
    use std::os::unix::process::ExitStatusExt as _;
    exit.status.success() || exit.status.signal() == Some(15)
}

fn indented(text: &str) -> String {
    plain::lines(text).lines().map(|line| format!("  {line}\n")).collect()
}

/// A log line without what every one of them has.
fn rest(line: &Value) -> String {
    let fields = line.as_object().into_iter().flatten();
    let fields = fields.filter(|(key, _)| !matches!(key.as_str(), "time" | "level" | "event"));
    fields.map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ")
}

impl Answer {
    /// In one word, for programs.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Response(_) => "response",
            Self::Error { .. } => "error",
            Self::TimedOut { .. } => "timed_out",
            Self::Failed(_) => "failed",
        }
    }
}
