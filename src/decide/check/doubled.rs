//! Names that stand twice in one object of a data file: the last one counts, with OPA as here, and what the first one said
//! is lost without a word.

use std::collections::HashSet;

use saphyr_parser::{Event, Parser};

use super::finding::{Code, Finding};
use crate::decide::directory::PolicyFile;

/// What is open around a place.
enum Open {
    List,
    Object { names: HashSet<String>, name_is_next: bool },
}

/// One for each name that is there again.
pub(super) fn check(file: &PolicyFile) -> Vec<Finding> {
    // JSON is YAML but for tabs, which within a text it has to escape.
    let is_json = file.path.extension().is_some_and(|extension| extension == "json");
    let text = if is_json { file.text.replace('\t', " ") } else { file.text.clone() };
    let mut found = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    // What no longer parses has been told of.
    for (event, span) in Parser::new_from_str(&text).map_while(Result::ok) {
        let is_name = match open.last_mut() {
            Some(Open::Object { name_is_next, .. }) if begins(&event) => {
                std::mem::replace(name_is_next, !*name_is_next)
            }
            _ => false,
        };
        match event {
            Event::Scalar(name, ..) if is_name => {
                if let Some(Open::Object { names, .. }) = open.last_mut()
                    && !names.insert(name.to_string())
                {
                    let place = |n: usize| u32::try_from(n).unwrap_or_default();
                    let why =
                        format!("has the name {name:?} twice in one object, of which the last one counts");
                    found.push(
                        Finding::in_file(Code::Data, file.path.display().to_string(), why)
                            .place(place(span.start.line()), place(span.start.col() + 1))
                            .advice("make one of them, or give one another name"),
                    );
                }
            }
            Event::SequenceStart(..) => open.push(Open::List),
            Event::MappingStart(..) => open.push(Open::Object { names: HashSet::new(), name_is_next: true }),
            Event::SequenceEnd | Event::MappingEnd => drop(open.pop()),
            _ => {}
        }
    }
    found
}

/// Whether it is a name or a value, or the beginning of one.
fn begins(event: &Event<'_>) -> bool {
    matches!(event, Event::Scalar(..) | Event::Alias(_) | Event::SequenceStart(..) | Event::MappingStart(..))
}
