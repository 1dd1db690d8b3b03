//! From variables to settings, every problem collected.

use std::path::PathBuf;
use std::time::Duration;

use super::compat::{self, Tool};
use super::environment::Environment;
use super::settings::{Delivery, FileFormat, Function, PolicyKey, Settings};
use super::suggest::did_you_mean;
use crate::error::{ErrorType, Problem};
use crate::log::Level;

/// Every `VESTRY_*` name that means something.
pub const SETTINGS: [&str; 17] = [
    "VESTRY_COMPAT",
    "VESTRY_DEADLINE_MS",
    "VESTRY_DELIVERY",
    "VESTRY_FILE",
    "VESTRY_FILE_FORMAT",
    "VESTRY_LOG",
    "VESTRY_MANIFEST",
    "VESTRY_PARAMETERS",
    "VESTRY_POLICY",
    "VESTRY_POLICY_KEY",
    "VESTRY_POLICY_MEMORY_MB",
    "VESTRY_POLICY_REQUIRED",
    "VESTRY_POLICY_TIMEOUT_MS",
    "VESTRY_PROFILE",
    "VESTRY_RUN_DIR",
    "VESTRY_SECRETS",
    "VESTRY_SOCKET_READERS",
];

/// `sun_path` holds 107 bytes and a NUL.
const SOCKET_PATH_MAX: usize = 107 - "/socket".len();

pub struct Reader<'a> {
    environment: &'a Environment,
    pub(super) problems: &'a mut Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub fn new(environment: &'a Environment, problems: &'a mut Vec<Problem>) -> Self {
        Self { environment, problems }
    }

    pub(super) fn problem(&mut self, variable: &str, why: impl Into<String>, advice: impl Into<String>) {
        self.problems
            .push(Problem::new(ErrorType::InvalidDeclaration, why).variable(variable).advice(advice));
    }

    /// The text of a variable that is set and not empty; a problem where it is not UTF-8.
    pub(super) fn text(&mut self, name: &str) -> Option<&'a str> {
        let value = self.environment.get(name)?;
        if value.to_str().is_none() {
            self.problem(name, "the value is not UTF-8", "");
        }
        value.to_str().filter(|text| !text.is_empty())
    }

    fn one_of<T: Copy>(&mut self, name: &str, choices: &[(&'static str, T)]) -> Option<T> {
        let text = self.text(name)?;
        let found = choices.iter().find(|(word, _)| *word == text).map(|(_, choice)| *choice);
        if found.is_none() {
            let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
            let why = format!("the value is not one of {}", words.join(", "));
            self.problem(name, why, did_you_mean(text, words, ""));
        }
        found
    }

    fn flag(&mut self, name: &str) -> Option<bool> {
        self.one_of(name, &[("true", true), ("false", false)])
    }

    fn number(&mut self, name: &str, range: std::ops::RangeInclusive<u64>) -> Option<u64> {
        let text = self.text(name)?;
        let number = text.parse().ok().filter(|number| range.contains(number));
        if number.is_none() {
            self.problem(
                name,
                "the value is not a number in its range",
                format!("write a whole number from {} to {}", range.start(), range.end()),
            );
        }
        number
    }

    fn absolute_path(&mut self, name: &str) -> Option<PathBuf> {
        let path = PathBuf::from(self.text(name)?);
        let plain = path.is_absolute() && !path.components().any(|c| c == std::path::Component::ParentDir);
        if !plain {
            self.problem(name, "the path is not absolute, or has a .. in it", "write the whole path");
        }
        plain.then_some(path)
    }

    pub fn settings(&mut self) -> (Settings, Option<Delivery>) {
        self.misspelt();
        let defaults = Settings::default();
        let delivery =
            self.one_of("VESTRY_DELIVERY", &[("socket", Delivery::Socket), ("file", Delivery::File)]);
        let run_dir = self.run_dir().unwrap_or(defaults.run_dir);
        let settings = Settings {
            manifest: self.text("VESTRY_MANIFEST").map(PathBuf::from),
            profile: self.text("VESTRY_PROFILE").map(str::to_string),
            policy: self.text("VESTRY_POLICY").map(PathBuf::from),
            policy_required: self.flag("VESTRY_POLICY_REQUIRED").unwrap_or(false),
            policy_key: self.text("VESTRY_POLICY_KEY").map(|text| PolicyKey::Variable(text.into())),
            policy_timeout: self
                .number("VESTRY_POLICY_TIMEOUT_MS", 1..=60_000)
                .map_or(defaults.policy_timeout, Duration::from_millis),
            policy_memory_mb: self
                .number("VESTRY_POLICY_MEMORY_MB", 16..=1024)
                .unwrap_or(defaults.policy_memory_mb),
            file: self.absolute_path("VESTRY_FILE").unwrap_or_else(|| run_dir.join("env")),
            file_format: self
                .one_of("VESTRY_FILE_FORMAT", &FileFormat::NAMES)
                .unwrap_or(defaults.file_format),
            socket_readers: self
                .number("VESTRY_SOCKET_READERS", 1..=64)
                .map_or(defaults.socket_readers, |readers| readers as usize),
            deadline: self
                .number("VESTRY_DEADLINE_MS", 1..=125_000)
                .map_or(defaults.deadline, Duration::from_millis),
            log: self.one_of("VESTRY_LOG", &Level::NAMES).unwrap_or(defaults.log),
            run_dir,
            compat: self.compat(),
        };
        (settings, delivery)
    }

    fn compat(&mut self) -> Vec<Tool> {
        let (tools, faults) = compat::tools(self.text("VESTRY_COMPAT").unwrap_or_default());
        for fault in faults {
            self.problem("VESTRY_COMPAT", fault.why, fault.advice);
        }
        tools
    }

    fn run_dir(&mut self) -> Option<PathBuf> {
        let path = self.absolute_path("VESTRY_RUN_DIR")?;
        if path.as_os_str().len() > SOCKET_PATH_MAX {
            self.problem(
                "VESTRY_RUN_DIR",
                "the path is too long for a socket in it",
                format!("at most {SOCKET_PATH_MAX} bytes"),
            );
            return None;
        }
        Some(path)
    }

    fn misspelt(&mut self) {
        let names: Vec<String> = self
            .environment
            .iter()
            .filter_map(|(name, _)| name.to_str())
            .filter(|name| name.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("VESTRY_")))
            .map(str::to_string)
            .collect();
        for name in names {
            if !SETTINGS.contains(&name.as_str()) {
                let otherwise = format!("the settings are {}", SETTINGS.join(", "));
                let advice = did_you_mean(&name, SETTINGS, otherwise);
                self.problem(&name, "there is no such setting", advice);
            }
        }
    }

    pub fn function(&mut self) -> Function {
        let owned = |text: Option<&str>| text.map(str::to_string);
        Function {
            name: owned(self.environment.text("AWS_LAMBDA_FUNCTION_NAME")),
            version: owned(self.environment.text("AWS_LAMBDA_FUNCTION_VERSION")),
            region: self.region(),
            memory_mb: self
                .environment
                .text("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
                .and_then(|text| text.parse().ok()),
            initialization_type: owned(self.environment.text("AWS_LAMBDA_INITIALIZATION_TYPE")),
        }
    }

    pub(super) fn region(&self) -> Option<String> {
        let region =
            self.environment.text("AWS_REGION").or_else(|| self.environment.text("AWS_DEFAULT_REGION"));
        region.map(str::to_string)
    }
}
