//! `vestry local`: the real programs around a command, against an emulator of Lambda.

use std::ffi::OsString;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use super::credentials::Chain;
use super::programs::Programs;
use super::timeline::{Header, Timeline};
use super::{REFUSED, Usage, embedded, environment, json, runtime};
use crate::declare::read_settings::Reader;
use crate::declare::{Environment, Settings, manifest};
use crate::local::lambda::{Extension, Failure, Function, Reason, Report, Sandbox, Source};
use crate::local::stores::Emulator;
use crate::named_file;

/// Run a function as Lambda would: the real extension, the real wrapper, CMD as the runtime
///
/// The environment is the function's configuration: declare references in it, as in Lambda. With --store they are
/// answered by embedded stores and any credentials do; without it by AWS, with the credentials of your profile.
/// VESTRY_DELIVERY=file runs CMD without the wrapper. A manifest is taken from the working directory (vestry.toml, .json,
/// .yaml, .yml), or from where VESTRY_MANIFEST says.
///
/// Examples:
///   DB_PASSWORD=ssm:/prod/db/password vestry local --store store.toml -- python3 -m awslambdaric app.handler
///   VESTRY_SECRETS=prod/stripe vestry local --policy policy --event event.json -- ./bootstrap
///
/// Exit codes:
///   0  everything ran, and every invocation was answered
///   2  usage: a missing file, a store file that cannot be read
///   3  INIT was refused; the function did not start
///   4  the function failed: an invocation's error, or the runtime ended
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// Answer from embedded stores that hold what FILE says (TOML)
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
    /// A policy directory (sets VESTRY_POLICY)
    #[arg(long, value_name = "DIR")]
    policy: Option<PathBuf>,
    /// An event to invoke with, JSON; several give several invocations [default: one, {}]
    #[arg(long, value_name = "FILE")]
    event: Vec<PathBuf>,
    /// One JSON document instead of the timeline
    #[arg(long)]
    json: bool,
    /// The function's time-out
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    timeout: u64,
    /// Another extension than Vestry's, started as Lambda would start it
    #[arg(long, value_name = "FILE", hide = true)]
    extension: Option<PathBuf>,
    /// The runtime's command
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<OsString>,
}

const FAILED: u8 = 4;
const INTERRUPTED: u8 = 130;

pub(super) fn run(args: &Args, environment: &Environment) -> Result<ExitCode, Usage> {
    let events = events(&args.event)?;
    let policy = policy(args.policy.as_deref(), environment)?;
    let programs = Programs::find()?;
    let emulator = embedded(args.store.as_deref())?;
    let runtime = runtime()?;
    let mut variables = match &emulator {
        Some(emulator) => {
            environment::for_embedded(environment, &emulator.endpoint(), &emulator.store().region)
        }
        None => runtime.block_on(of_aws(environment)),
    };
    // Dropped last: the programs are gone by then.
    let run_dir =
        environment.get("VESTRY_RUN_DIR").is_none().then(|| RunDir::make(environment)).transpose()?;
    environment::with_places(
        &mut variables,
        policy.as_deref(),
        run_dir.as_ref().map(RunDir::path).as_deref(),
    );
    with_manifest(&mut variables)?;
    if environment.text("VESTRY_DELIVERY") != Some("file") {
        variables.set("AWS_LAMBDA_EXEC_WRAPPER", &programs.exec);
    } else {
        variables.remove("AWS_LAMBDA_EXEC_WRAPPER");
    }
    let extension = args.extension.clone().unwrap_or(programs.extension);
    let function = function(args, variables, &extension, emulator.as_ref())?;
    let settings = settings(&function.variables);
    let header = Header {
        file: settings.file,
        readers: settings.socket_readers,
        function: function.clone(),
        store: args.store.as_ref().zip(emulator.as_ref()).map(|(path, emulator)| {
            let store = emulator.store();
            (path.clone(), store.parameters.len(), store.secrets.len())
        }),
        policy: args.policy.clone(),
    };
    let timeline = Arc::new(Timeline::new(header, environment, args.json));
    let outcome = runtime.block_on(live(function, &events, &timeline))?;
    runtime.shutdown_background();
    if args.json {
        json::print(&outcome.report, outcome.exit_code, emulator.as_ref());
    } else {
        timeline.end(&outcome.report);
    }
    Ok(ExitCode::from(outcome.exit_code))
}

struct Outcome {
    report: Report,
    exit_code: u8,
}

/// INIT, every event, SHUTDOWN; or as far as it gets.
async fn live(function: Function, events: &[Vec<u8>], timeline: &Arc<Timeline>) -> Result<Outcome, Usage> {
    let observer = Arc::clone(timeline);
    let mut sandbox = Sandbox::observed(function, move |moment| observer.show(moment))?;
    let exit_code = tokio::select! {
        code = init_and_invoke(&mut sandbox, events, timeline) => code,
        () = interrupted() => INTERRUPTED,
    };
    Ok(Outcome { report: sandbox.shut_down(Reason::Spindown).await, exit_code })
}

async fn init_and_invoke(sandbox: &mut Sandbox, events: &[Vec<u8>], timeline: &Timeline) -> u8 {
    if let Err(failure) = sandbox.init().await {
        timeline.refused(&failure);
        return exit_code_of(&failure);
    }
    let mut code = 0;
    for event in events {
        let invocation = sandbox.invoke(event.clone()).await;
        timeline.answered(&invocation);
        if !invocation.answer.is_ok() {
            code = FAILED;
        }
    }
    code
}

fn exit_code_of(failure: &Failure) -> u8 {
    match failure.source {
        Source::Extension(_) => REFUSED,
        Source::Runtime => FAILED,
    }
}

/// SIGINT, SIGTERM, SIGQUIT, or the terminal is gone: none of them may leave a function behind that holds values.
pub(super) async fn interrupted() {
    use SignalKind as Kind;
    let kinds = [Kind::interrupt(), Kind::terminate(), Kind::quit(), Kind::hangup()];
    let Ok(mut signals) = kinds.into_iter().map(signal).collect::<Result<Vec<_>, _>>() else {
        return std::future::pending().await;
    };
    std::future::poll_fn(|context| {
        let came = signals.iter_mut().any(|signal| signal.poll_recv(context).is_ready());
        if came { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

fn function(
    args: &Args,
    variables: Environment,
    extension: &Path,
    emulator: Option<&Emulator>,
) -> Result<Function, Usage> {
    let mut function = Function::new(&args.command);
    let setting = |name: &str, or: &str| variables.text(name).unwrap_or(or).to_string();
    function.name = setting("AWS_LAMBDA_FUNCTION_NAME", "local");
    function.version = setting("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST");
    let last = args.command.last().map(|word| word.to_string_lossy().into_owned()).unwrap_or_default();
    function.handler = setting("_HANDLER", &last);
    function.initialization_type = setting("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand");
    function.region = setting("AWS_REGION", variables.text("AWS_DEFAULT_REGION").unwrap_or_default());
    let memory = setting("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128");
    function.memory_mb = memory
        .parse()
        .map_err(|_| "AWS_LAMBDA_FUNCTION_MEMORY_SIZE is not a number of megabytes".to_string())?;
    if let Some(emulator) = emulator {
        function.account.clone_from(&emulator.store().account);
    }
    function.timeout = Duration::from_secs(args.timeout);
    function.task_root = std::env::current_dir()?;
    function.extensions = vec![Extension::new(extension)];
    function.variables = variables;
    Ok(function)
}

/// As far as they can be understood: what is wrong with them is the extension's to say.
fn settings(variables: &Environment) -> Settings {
    Reader::new(variables, &mut Vec::new()).settings().0
}

/// The user's environment with the keys of the default chain, where a store is going to be asked.
async fn of_aws(environment: &Environment) -> Environment {
    let Some(chain) = Chain::load(environment).await else { return environment.clone() };
    let mut environment = match chain.keys().await {
        Some(keys) => environment::with_keys(environment, &keys),
        None => environment.clone(),
    };
    if let Some(region) = &chain.region {
        environment.set("AWS_REGION", region);
    }
    environment
}

fn events(files: &[PathBuf]) -> Result<Vec<Vec<u8>>, Usage> {
    if files.is_empty() {
        return Ok(vec![b"{}".to_vec()]);
    }
    files.iter().map(|file| event(file)).collect()
}

/// Lambda takes 6 MB of a caller who waits: <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const LARGEST_EVENT: u64 = 6 << 20;

fn event(file: &Path) -> Result<Vec<u8>, Usage> {
    let read = if file.as_os_str() == "-" {
        named_file::stdin(LARGEST_EVENT)
    } else {
        named_file::bytes(file, LARGEST_EVENT)
    };
    let bytes = read.map_err(|e| format!("cannot read the event {}: {e}", file.display()))?;
    serde_json::from_slice::<serde::de::IgnoredAny>(&bytes).map_err(|e| {
        format!("the event {} is not JSON (line {}, column {})", file.display(), e.line(), e.column())
    })?;
    Ok(bytes)
}

/// The working directory is what the function's package is in Lambda. Absolute, because the programs look elsewhere.
fn with_manifest(variables: &mut Environment) -> Result<(), Usage> {
    let here = std::env::current_dir()?;
    if let Some(setting) = variables.text("VESTRY_MANIFEST") {
        let path = here.join(setting);
        variables.set("VESTRY_MANIFEST", path);
    } else if let Ok(Some(path)) = manifest::usual(&here) {
        variables.set("VESTRY_MANIFEST", path);
    }
    Ok(())
}

/// Absolute, so that it means the same wherever a program stands.
pub(super) fn policy(directory: Option<&Path>, environment: &Environment) -> Result<Option<PathBuf>, Usage> {
    let Some(directory) = directory else { return Ok(None) };
    if environment.get("VESTRY_POLICY").is_some() {
        let message =
            "--policy and VESTRY_POLICY are both set; unset one, or put both directories' rules into one";
        return Err(Usage(message.into()));
    }
    let absolute = directory
        .canonicalize()
        .map_err(|e| format!("cannot open the policy directory {}: {e}", directory.display()))?;
    if !absolute.is_dir() && !absolute.is_file() {
        return Err(Usage(format!("{} is neither a directory nor a bundle", directory.display())));
    }
    Ok(Some(absolute))
}

/// A private directory, gone with the run.
struct RunDir(PathBuf);

impl RunDir {
    /// In `TMPDIR` where that is short enough: the path of a socket may have 107 bytes.
    fn make(environment: &Environment) -> Result<Self, Usage> {
        let parent = environment.text("TMPDIR").filter(|path| path.starts_with('/') && path.len() < 64);
        let name = format!("vestry-local-{}", &crate::local::request_id()[..8]);
        let path = Path::new(parent.unwrap_or("/tmp")).join(name);
        std::fs::DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .map_err(|e| format!("cannot make {}: {e}", path.display()))?;
        Ok(Self(path))
    }

    fn path(&self) -> PathBuf {
        self.0.join("run")
    }
}

impl Drop for RunDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
