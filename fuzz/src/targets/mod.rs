//! One file a parser. A new one is a file here and a line below.

mod archive;
mod assemble;
mod canonical;
mod compat;
mod declarations;
mod environment;
mod evaluator_answer;
mod evaluator_question;
mod file_format;
mod http_answer;
mod import;
mod intrinsics;
mod key;
mod lambda_event;
mod log_mask;
mod manifest;
mod planted;
mod policy_calls;
mod policy_decision;
mod policy_directory;
mod policy_input;
mod policy_process;
mod policy_tests;
mod policy_text;
mod reference;
mod settings_toml;
mod signature;
mod socket_message;
mod store_answer;
mod store_file;
mod template;
mod value_part;
mod waiver;

use crate::target::Target;
use planted::{Planted, What};

type Make = fn() -> Box<dyn Target>;

pub const ALL: &[(&str, Make)] = &[
    ("policy-text", || Box::new(policy_text::PolicyText)),
    ("policy-decision", || Box::new(policy_decision::PolicyDecision)),
    ("policy-directory", || Box::new(policy_directory::PolicyDirectory::in_memory())),
    ("policy-files", || Box::new(policy_directory::PolicyDirectory::on_disk())),
    ("policy-calls", || Box::new(policy_calls::PolicyCalls)),
    ("policy-input", || Box::new(policy_input::PolicyInput::new())),
    ("policy-process", || Box::new(policy_process::PolicyProcess::new())),
    ("policy-tests", || Box::new(policy_tests::PolicyTests::new())),
    ("data-file", || Box::new(canonical::Canonical)),
    ("settings-toml", || Box::new(settings_toml::SettingsToml)),
    ("log-mask", || Box::new(log_mask::LogMask)),
    ("waiver", || Box::new(waiver::Waiver)),
    ("evaluator-answer", || Box::new(evaluator_answer::EvaluatorAnswer)),
    ("evaluator-question", || Box::new(evaluator_question::EvaluatorQuestion)),
    ("bundle-archive", || Box::new(archive::Archive)),
    ("bundle-signature", || Box::new(signature::Signature::new())),
    ("bundle-manifest", || Box::new(manifest::Manifest)),
    ("bundle-key", || Box::new(key::Key)),
    ("reference", || Box::new(reference::Reference)),
    ("manifest", || Box::new(declarations::Declarations)),
    ("other-tools", || Box::new(compat::Compat)),
    ("import", || Box::new(import::Import)),
    ("environment", || Box::new(environment::Environment)),
    ("store-answer", || Box::new(store_answer::StoreAnswer::new())),
    ("http-answer", || Box::new(http_answer::HttpAnswer::new())),
    ("value-part", || Box::new(value_part::ValuePart)),
    ("values", || Box::new(assemble::Assemble)),
    ("socket-message", || Box::new(socket_message::SocketMessage)),
    ("file-format", || Box::new(file_format::FileFormat)),
    ("lambda-event", || Box::new(lambda_event::LambdaEvent)),
    ("template", || Box::new(template::Template)),
    ("intrinsics", || Box::new(intrinsics::Intrinsics)),
    ("store-file", || Box::new(store_file::StoreFile)),
];

/// Nobody's parsers; see `planted`.
const PLANTED: &[(&str, Make)] = &[
    ("planted-panic", || Box::new(Planted(What::Panic))),
    ("planted-caught-panic", || Box::new(Planted(What::CaughtPanic))),
    ("planted-abort", || Box::new(Planted(What::Abort))),
    ("planted-overflow", || Box::new(Planted(What::Overflow))),
    ("planted-endless", || Box::new(Planted(What::Endless))),
    ("planted-broken", || Box::new(Planted(What::Broken))),
    ("planted-sound", || Box::new(Planted(What::Sound))),
];

/// The target of that name.
pub fn find(name: &str) -> Option<&'static (&'static str, Make)> {
    ALL.iter().chain(PLANTED).find(|(known, _)| *known == name)
}
