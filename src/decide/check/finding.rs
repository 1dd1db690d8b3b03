//! What a check finds: where, why, and what to do.

use std::fmt;

use regorus::unstable::Span;

/// OPA's names where OPA refuses the same, Vestry's own where only Vestry does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    Parse,
    Compile,
    Type,
    UnsafeVar,
    Recursion,
    /// A rule that looks like an entry and would never be evaluated, or never as a set.
    Entry,
    /// Longer, deeper or larger than the engine can be trusted with.
    Limit,
    Data,
    /// What cannot be read at all.
    Load,
}

impl Code {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Parse => "rego_parse_error",
            Self::Compile => "rego_compile_error",
            Self::Type => "rego_type_error",
            Self::UnsafeVar => "rego_unsafe_var_error",
            Self::Recursion => "rego_recursion_error",
            Self::Entry => "vestry_entry_error",
            Self::Limit => "vestry_limit_error",
            Self::Data => "vestry_data_error",
            Self::Load => "vestry_load_error",
        }
    }
}

/// One thing that is wrong with a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub code: Code,
    /// As it was named, with the policy directory in front.
    pub file: String,
    /// Not of one file: `file` is the directory.
    pub is_whole: bool,
    /// From 1; 0 where the whole file or directory is meant.
    pub line: u32,
    /// From 1, a tab counting as one.
    pub col: u32,
    pub message: String,
    /// What to do; empty where the message says it all.
    pub advice: String,
}

impl Finding {
    pub(crate) fn at(code: Code, at: &Span, message: impl Into<String>) -> Self {
        let col = column(at.source.get_contents(), at.start as usize).unwrap_or(at.col);
        let file = at.source.get_path().clone();
        Self {
            code,
            file,
            is_whole: false,
            line: at.line,
            col,
            message: message.into(),
            advice: String::new(),
        }
    }

    pub(crate) fn in_file(code: Code, file: impl Into<String>, message: impl Into<String>) -> Self {
        let (file, message) = (file.into(), message.into());
        Self { code, file, is_whole: false, line: 0, col: 0, message, advice: String::new() }
    }

    pub(crate) fn place(mut self, line: u32, col: u32) -> Self {
        (self.line, self.col) = (line, col);
        self
    }

    pub(crate) fn advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = advice.into();
        self
    }

    /// `file:line:col`, as far as they are known.
    pub fn location(&self) -> String {
        match (self.line, self.col) {
            (0, _) => self.file.clone(),
            (line, 0) => format!("{}:{line}", self.file),
            (line, col) => format!("{}:{line}:{col}", self.file),
        }
    }

    /// What stands before the message: `a.rego:3:1: `, of a directory `policy `.
    pub fn prefix(&self) -> String {
        format!("{}{}", self.location(), if self.is_whole { " " } else { ": " })
    }
}

/// `a.rego:3:1: there is no function `statswith`; did you mean `startswith`?`
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.prefix(), self.message)?;
        if !self.advice.is_empty() {
            write!(f, "; {}", self.advice)?;
        }
        Ok(())
    }
}

/// The engine counts a tab as four columns; editors and OPA count it as one.
fn column(text: &str, at: usize) -> Option<u32> {
    // A string's place is told behind its quotation mark.
    let before = text.get(..at)?;
    let before = before.strip_suffix(['"', '`']).unwrap_or(before);
    let line = before.rfind('\n').map_or(0, |newline| newline + 1);
    u32::try_from(before[line..].chars().count() + 1).ok()
}
