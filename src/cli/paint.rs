//! Colour where a person sees it, nothing where a program reads it.

use std::io::IsTerminal;

use crate::declare::Environment;

#[derive(Clone, Copy)]
pub(super) struct Paint {
    on: bool,
}

impl Paint {
    /// On a terminal that can, unless `NO_COLOR` says otherwise.
    pub fn for_stdout(environment: &Environment) -> Self {
        let unwanted = environment.text("NO_COLOR").is_some() || environment.text("TERM") == Some("dumb");
        Self { on: !unwanted && std::io::stdout().is_terminal() }
    }

    pub fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    pub fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    pub fn red(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    pub fn green(self, text: &str) -> String {
        self.paint("32", text)
    }

    pub fn yellow(self, text: &str) -> String {
        self.paint("33", text)
    }

    pub fn cyan(self, text: &str) -> String {
        self.paint("36", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.on { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() }
    }
}
