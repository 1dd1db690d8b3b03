//! What is fuzzed: a name, where cases come from, and what has to hold of each.

use std::time::Duration;

use crate::random::Random;

/// What came of a case, as far as it tells cases apart: one whose outcome no case had before is kept and changed further.
pub type Outcome = String;

/// What does not hold.
pub type Broken = String;

pub trait Target {
    /// Cases to begin with.
    fn seeds(&self) -> Vec<Vec<u8>>;

    /// What stands in such cases.
    fn words(&self) -> &'static [&'static str] {
        &[]
    }

    /// A case that is none of another, where there is a grammar to make it from.
    fn make(&self, _random: &mut Random) -> Option<Vec<u8>> {
        None
    }

    fn longest(&self) -> usize {
        4096
    }

    /// CPU time of one execution.
    fn bound(&self) -> Duration {
        Duration::from_secs(1)
    }

    /// One execution. A panic is broken, too, also one that somebody catches.
    fn run(&mut self, case: &[u8]) -> Result<Outcome, Broken>;
}

/// A secret that stands in cases, and may in no message. No mutator's word is part of it.
pub const CANARY: &str = "qZ7vK2xW9pJ4";

/// No message holds the canary.
pub fn says_nothing(message: &str) -> Result<(), Broken> {
    if message.contains(CANARY) { Err(format!("the message tells the value: {message}")) } else { Ok(()) }
}

/// A message without what the case put into it: numbers and quoted text.
pub fn shape(message: &str) -> Outcome {
    let mut shape = String::new();
    let mut quoted = false;
    for c in message.chars().take(400) {
        match c {
            '"' | '`' => quoted = !quoted,
            c if quoted || c.is_ascii_digit() || !c.is_ascii() => {}
            c => shape.push(c),
        }
    }
    shape
}

/// The first of several, and how many there are, up to a few.
pub fn shape_of<T: ToString>(messages: &[T]) -> Outcome {
    let first = messages.first().map_or_else(String::new, |message| shape(&message.to_string()));
    format!("{} {first}", messages.len().min(4))
}

/// Text out of bytes, as lenient as it gets.
pub fn text(case: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(case)
}
