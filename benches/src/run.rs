//! One run of one program, from exec to the arrival of `register`.

use std::io::{self, BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::cell::{Cell, Size};
use crate::clock;
use crate::extensions_api::ExtensionsApi;
use crate::precedence;
use crate::stub::{Seen, Stub};
use crate::throttle::Throttle;

/// Where everything is.
pub struct Paths {
    /// `extensions/vestry` and `vestry-exec`, as they are shipped.
    pub layer: PathBuf,
    /// `ca.pem`, `chain.pem`, `key.pem`.
    pub certificates: PathBuf,
    /// The policy directory of the cells with a policy.
    pub policy: PathBuf,
    /// The bench's own programs: `floor`, `launch`, `stamp`, `just-exec`.
    pub programs: PathBuf,
    /// A directory for what is written on the way.
    pub scratch: PathBuf,
}

impl Paths {
    pub fn extension(&self) -> PathBuf {
        self.layer.join("extensions/vestry")
    }

    pub fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }
}

pub struct Bench {
    pub paths: Paths,
    pub stub: Stub,
    pub api: ExtensionsApi,
    pub throttle: Option<Throttle>,
}

/// A command line of a measured program.
pub struct Program {
    pub path: PathBuf,
    pub arguments: Vec<String>,
    pub environment: Vec<(String, String)>,
}

/// Times in nanoseconds.
#[derive(Clone, Debug)]
pub struct Run {
    pub began: u64,
    pub registered: u64,
    /// Of the program and of the processes that it started.
    pub cpu: u64,
    pub peak_rss_kib: u64,
    pub seen: Seen,
    /// The extension's own account, the line `init` of its log.
    pub init: Option<Value>,
}

impl Run {
    pub fn wall(&self) -> u64 {
        self.registered - self.began
    }
}

impl Bench {
    /// The extension as Lambda would start it for a function with so many references.
    pub fn extension(&self, size: Size, policy: bool) -> Program {
        let mut environment: Vec<(String, String)> = [
            ("AWS_LAMBDA_RUNTIME_API", self.api.address.to_string()),
            ("AWS_LAMBDA_EXEC_WRAPPER", "/opt/vestry-exec".into()),
            ("AWS_LAMBDA_FUNCTION_NAME", "orders-prod".into()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".into()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128".into()),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".into()),
            ("AWS_REGION", "eu-west-1".into()),
            ("AWS_DEFAULT_REGION", "eu-west-1".into()),
            ("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE".into()),
            ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into()),
            // As long as those of Lambda.
            ("AWS_SESSION_TOKEN", "IQoJb3JpZ2luX2VjEXAMPLE+TOKEN/".repeat(28)),
            ("AWS_ENDPOINT_URL_SSM", format!("https://{}", self.stub.ssm)),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", format!("https://{}", self.stub.secretsmanager)),
            ("AWS_CA_BUNDLE", text(&self.paths.certificates.join("ca.pem"))),
            // As far from the root as Lambda's own, since every directory on the way is looked at.
            ("VESTRY_RUN_DIR", text(&run_dir())),
            ("LANG", "en_US.UTF-8".into()),
            ("PATH", "/usr/local/bin:/usr/bin:/bin:/opt/bin".into()),
            ("TZ", ":UTC".into()),
        ]
        .map(|(name, value)| (name.to_string(), value))
        .into();
        if policy {
            environment.push(("VESTRY_POLICY".into(), text(&self.paths.policy)));
        }
        environment.extend(size.declarations());
        Program { path: self.paths.extension(), arguments: Vec::new(), environment }
    }

    /// The floor, sending what the extension was seen to send.
    pub fn floor(&self, requests: &[(SocketAddr, Vec<u8>)]) -> Program {
        let mut arguments = vec![self.api.address.to_string(), text(&self.paths.certificates.join("ca.pem"))];
        for (address, request) in requests {
            arguments.push(address.to_string());
            arguments.push(String::from_utf8(request.clone()).expect("requests are text"));
        }
        Program { path: self.paths.program("floor"), arguments, environment: Vec::new() }
    }

    /// Runs a program to its end.
    pub fn run(&self, program: &Program, cell: Cell) -> io::Result<Run> {
        self.stub.reset(cell.delay());
        let before = clock::cpu_of_children();
        let mut child = self.launch(program, cell)?;
        let registering = match self.api.register_arrives() {
            Ok(registering) => registering,
            Err(error) => return Err(explained(child, error)),
        };
        let registered = clock::now();
        let cpu = clock::cpu_of(child.id());
        let peak_rss_kib = peak_rss_kib(child.id())?;
        if let Err(error) = registering.registered().and_then(|waiting| waiting.shut_down()) {
            return Err(explained(child, error));
        }
        let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
        let (began, cpu_before) = read_stamp(&mut output)?;
        let init = output.lines().map_while(Result::ok).filter_map(|line| serde_json::from_str(&line).ok());
        let init = init.into_iter().find(|line: &Value| line["event"] == "init");
        clock::ended(child.id());
        let own = clock::cpu_of(child.id());
        let status = child.wait()?;
        // The process that evaluates policy ends before `register`, and is waited for at once after: all of it belongs to
        // INIT.
        let evaluating = (clock::cpu_of_children() - before).saturating_sub(own);
        if !status.success() {
            return Err(io::Error::other(format!("{} ended with {status}", program.path.display())));
        }
        let seen = self.stub.seen();
        Ok(Run { began, registered, cpu: cpu - cpu_before + evaluating, peak_rss_kib, seen, init })
    }

    /// Starts a program through the launcher, its standard output in a pipe.
    pub fn launch(&self, program: &Program, cell: Cell) -> io::Result<Child> {
        let group = self.throttle.as_ref().filter(|_| cell.throttled).map(Throttle::path);
        let launch = self.paths.program("launch");
        let precedence = precedence::of_measured(group.is_some());
        let mut command = Command::new(if precedence.is_some() { "chrt".as_ref() } else { launch.as_path() });
        if let Some(precedence) = precedence {
            command.args(precedence).arg(&launch);
        }
        command
            .arg(cell.cpus())
            .arg(group.unwrap_or(Path::new("-")))
            .arg(&program.path)
            .args(&program.arguments)
            .env_clear()
            .envs(program.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
    }
}

/// What valgrind was told to end leaves it behind.
impl Drop for Bench {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(run_dir());
    }
}

fn run_dir() -> PathBuf {
    format!("/tmp/vestry-bench-{}", std::process::id()).into()
}

/// Time and CPU time, as `launch` and `stamp` print them.
pub fn read_stamp(output: &mut impl BufRead) -> io::Result<(u64, u64)> {
    let mut line = String::new();
    output.read_line(&mut line)?;
    let mut numbers = line.split_whitespace().map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(time)), Some(Ok(cpu))) => Ok((time, cpu)),
        _ => Err(io::Error::other("no stamp")),
    }
}

fn peak_rss_kib(pid: u32) -> io::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|peak| peak.trim().strip_suffix(" kB")?.parse().ok());
    peak.ok_or_else(|| io::Error::other("no peak"))
}

fn explained(mut child: Child, error: io::Error) -> io::Error {
    let _ = child.kill();
    let mut said = String::new();
    if let Some(mut output) = child.stdout.take() {
        let _ = output.read_to_string(&mut said);
    }
    let _ = child.wait();
    io::Error::other(format!("{error}\n{said}"))
}

fn text(path: &Path) -> String {
    path.to_str().expect("a path that is text").to_string()
}
