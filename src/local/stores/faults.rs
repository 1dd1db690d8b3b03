//! What can be made to go wrong: by action, by name, for the n-th call.

use std::time::Duration;

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// IAM says no: for the whole call, as `GetParameters` has it; for the one entry of a batch of secrets.
    Denied,
    /// IAM says no to `BatchGetSecretValue` itself.
    BatchDenied,
    /// The value's key may not be used.
    KmsDenied,
    /// The value's key is gone or disabled.
    KmsFailure,
    /// The credentials have expired.
    Expired,
    Throttled,
    /// Status 500.
    ServerError,
    /// The connection is reset.
    Reset,
    /// The answer comes, but late.
    Slow(Duration),
    /// Status 200 with half a JSON document.
    Malformed,
    /// The store's answer has nothing to say about the name, not even that it is unknown.
    Omitted,
    /// One entry of a batch of secrets fails with this code.
    Entry {
        code: String,
    },
    /// A page of a tree that is empty and not the last.
    EmptyPage,
    /// A page of a tree whose token leads back to itself.
    RepeatedToken,
}

impl Failure {
    /// As in a store file, without what needs a number or text besides.
    pub const NAMES: [(&'static str, Self); 12] = [
        ("denied", Self::Denied),
        ("batch_denied", Self::BatchDenied),
        ("kms_denied", Self::KmsDenied),
        ("kms_failure", Self::KmsFailure),
        ("expired", Self::Expired),
        ("throttled", Self::Throttled),
        ("error", Self::ServerError),
        ("reset", Self::Reset),
        ("malformed", Self::Malformed),
        ("omitted", Self::Omitted),
        ("empty_page", Self::EmptyPage),
        ("repeated_token", Self::RepeatedToken),
    ];
}

/// One thing that goes wrong, and when.
#[derive(Clone, Debug)]
pub struct Fault {
    pub failure: Failure,
    /// `GetParameters`, or with `*` and `?` (`Get*`); none: every action.
    pub action: Option<String>,
    /// A name or id in the call, or with `*` and `?`; none: whatever the call asks for.
    pub name: Option<String>,
    /// The first of the matching calls that it hits, counted from 1.
    pub first: u64,
    /// How many calls from there on; none: all.
    pub times: Option<u64>,
}

impl Fault {
    /// Every call, until narrowed.
    pub fn new(failure: Failure) -> Self {
        Self { failure, action: None, name: None, first: 1, times: None }
    }

    pub fn action(mut self, action: &str) -> Self {
        self.action = Some(action.into());
        self
    }

    pub fn name(mut self, name: &str) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Only so many calls, then it is over.
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// Only the n-th matching call, counted from 1, and those after it.
    pub fn from_call(mut self, first: u64) -> Self {
        self.first = first;
        self
    }

    fn concerns(&self, action: &str, names: &[String]) -> bool {
        self.action.as_ref().is_none_or(|pattern| glob(pattern, action))
            && self.name.as_ref().is_none_or(|pattern| names.iter().any(|name| glob(pattern, name)))
            && (self.failure != Failure::BatchDenied || action == "BatchGetSecretValue")
    }
}

/// The faults of one emulator with how often each has been reached.
pub(super) struct Faults(Vec<(Fault, u64)>);

impl Faults {
    pub fn new(faults: Vec<Fault>) -> Self {
        Self(faults.into_iter().map(|fault| (fault, 0)).collect())
    }

    /// The faults that hit this call, each counted once for it.
    pub fn of_call(&mut self, action: &str, names: &[String]) -> Struck {
        let mut struck = Vec::new();
        for (fault, reached) in self.0.iter_mut().filter(|(fault, _)| fault.concerns(action, names)) {
            *reached += 1;
            let past = *reached < fault.first;
            let over = fault.times.is_some_and(|times| *reached >= fault.first + times);
            if !past && !over {
                struck.push(fault.clone());
            }
        }
        Struck(struck)
    }
}

/// The faults that hit one call.
pub(super) struct Struck(Vec<Fault>);

impl Struck {
    pub fn has(&self, failure: &Failure) -> bool {
        self.0.iter().any(|fault| fault.failure == *failure)
    }

    pub fn delay(&self) -> Option<Duration> {
        self.0.iter().find_map(|fault| match fault.failure {
            Failure::Slow(delay) => Some(delay),
            _ => None,
        })
    }

    /// What goes wrong for one of the call's names, in the order of the faults.
    pub fn of_name<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Failure> {
        let concerned = move |fault: &&Fault| fault.name.as_ref().is_none_or(|pattern| glob(pattern, name));
        self.0.iter().filter(concerned).map(|fault| &fault.failure)
    }
}

/// `*` stands for any characters, `?` for one.
fn glob(pattern: &str, text: &str) -> bool {
    let mut pattern = pattern.chars();
    match pattern.next() {
        None => text.is_empty(),
        Some('*') => {
            let rest = pattern.as_str();
            text.char_indices().map(|(at, _)| at).chain([text.len()]).any(|at| glob(rest, &text[at..]))
        }
        Some(wanted) => {
            let mut text = text.chars();
            text.next().is_some_and(|c| wanted == '?' || wanted == c) && glob(pattern.as_str(), text.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_names() {
        for (pattern, text, expected) in [
            ("/prod/*", "/prod/db/password", true),
            ("/prod/*", "/test/db", false),
            ("*word", "/prod/db/password", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("", "", true),
            ("*", "", true),
        ] {
            assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_fault_hits_the_calls_it_was_meant_for() {
        let fault = Fault::new(Failure::Throttled).action("GetParameters").name("/a*").from_call(2).times(2);
        let mut faults = Faults::new(vec![fault]);
        let name = ["/abc".to_string()];
        let mut hit = |action| faults.of_call(action, &name).has(&Failure::Throttled);
        assert_eq!([hit("GetParameters"), hit("GetParameters")], [false, true]);
        assert!(!hit("GetSecretValue"));
        assert_eq!([hit("GetParameters"), hit("GetParameters")], [true, false]);
        assert!(!faults.of_call("GetParameters", &["/b".into()]).has(&Failure::Throttled));
    }
}
