//! A door for `fuzz/`.

use super::Event;

/// The event of an answer's body.
pub fn event(body: &[u8]) -> Option<Event> {
    Event::parse(body)
}
