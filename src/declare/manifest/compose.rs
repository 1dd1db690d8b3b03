//! Values composed of others: `postgres://${user}:${password | urlencode}@${host}/app`.

use crate::declare::grammar::{Fault, fault};
use crate::declare::reference::{Form, Origin};
use crate::declare::suggest::nearest;
use crate::secret::SecretValue;

/// A variable (or a file) that is made of other values.
#[derive(Debug)]
pub struct Composed {
    pub origin: Origin,
    pub name: String,
    pub form: Form,
    pub pieces: Vec<Piece>,
    /// A part of it may be missing: then it is left out as a whole.
    pub optional: bool,
}

impl Composed {
    /// The names of `[references]` and `[variables]` that it is made of.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Value { name, .. } => Some(name.as_str()),
            Piece::Text(_) => None,
        })
    }
}

#[derive(Debug)]
pub enum Piece {
    /// As it is written, which may well be secret.
    Text(SecretValue),
    /// What has this name in `[references]` or `[variables]`.
    Value { name: String, filters: Vec<Filter> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Percent-encodes everything but letters, digits and `-._~`.
    UrlEncode,
    Base64,
    /// As the inside of a JSON string.
    Json,
    /// Without white space at both ends.
    Trim,
}

impl Filter {
    pub const NAMES: [(&'static str, Self); 4] = [
        ("urlencode", Self::UrlEncode),
        ("base64", Self::Base64),
        ("json", Self::Json),
        ("trim", Self::Trim),
    ];
}

/// More than anybody needs in a row; each may make a value three times as long.
const MOST_FILTERS: usize = 8;

/// Whether a text is meant to be composed, be it only of literal text.
pub(super) fn is_composed(text: &str) -> bool {
    text.contains("${")
}

/// `${name}` and `${name | filter | …}` between literal text, in which `$${` stands for `${`.
pub(super) fn pieces(text: &str) -> Result<Vec<Piece>, Vec<Fault>> {
    let (mut pieces, mut faults, mut literal) = (Vec::new(), Vec::new(), String::new());
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        if rest[..at].ends_with('$') {
            literal.push_str(&rest[..at - 1]);
            literal.push_str("${");
            rest = &rest[at + 2..];
            continue;
        }
        literal.push_str(&rest[..at]);
        let Some((inside, behind)) = rest[at + 2..].split_once('}') else {
            faults.extend(
                fault::<()>("a ${ has no } to end it", "write ${name}, or $${ for the text ${").err(),
            );
            break;
        };
        if !literal.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut literal).into()));
        }
        match value(inside) {
            Ok(piece) => pieces.push(piece),
            Err(found) => faults.push(found),
        }
        rest = behind;
    }
    literal.push_str(rest);
    if !literal.is_empty() {
        pieces.push(Piece::Text(literal.into()));
    }
    if faults.is_empty() { Ok(pieces) } else { Err(faults) }
}

fn value(inside: &str) -> Result<Piece, Fault> {
    let mut words = inside.split('|').map(str::trim);
    let name = words.next().unwrap_or_default();
    if !is_name(name) {
        return fault(
            "what stands in ${…} is no name",
            "write ${name} with a name of [references] or [variables], or $${ for the text ${",
        );
    }
    let filters: Vec<Filter> = words.map(|word| filter(name, word)).collect::<Result<_, _>>()?;
    if filters.len() > MOST_FILTERS {
        return fault(format!("${{{name} | …}} has more than {MOST_FILTERS} filters"), "leave some out");
    }
    Ok(Piece::Value { name: name.into(), filters })
}

fn filter(name: &str, word: &str) -> Result<Filter, Fault> {
    if let Some((_, filter)) = Filter::NAMES.iter().find(|(known, _)| *known == word) {
        return Ok(*filter);
    }
    let words = Filter::NAMES.map(|(known, _)| known);
    // What is no slip of a filter may be a piece of a value: it is not quoted.
    let (told, advice) = match nearest(word, words) {
        Some(near) => (word, format!("did you mean {near}?")),
        None => ("…", format!("the filters are {}", words.join(", "))),
    };
    fault(format!("${{{name} | {told}}}: there is no such filter"), advice)
}

/// A name that `${…}` can have in it.
pub(super) fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `<text>` and `{name|Filter}`
    fn told(text: &str) -> String {
        let pieces = pieces(text).unwrap_or_else(|faults| panic!("{text}: {faults:?}"));
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => format!("<{}>", text.expose_str().unwrap()),
            Piece::Value { name, filters } => format!("{{{name}{}}}", "|".repeat(filters.len())),
        };
        pieces.iter().map(piece).collect()
    }

    #[test]
    fn text_and_values_take_turns() {
        assert_eq!(told("a${b}c${d | trim|urlencode }"), "<a>{b}<c>{d||}");
        assert_eq!(told("${a}${b-c}"), "{a}{b-c}");
        assert_eq!(told("$${a} $ $$ ${b}$"), "<${a} $ $$ >{b}<$>");
        assert_eq!(told("$$${a}"), "<$${a}>");
        assert_eq!(told("{\"a\": \"${a | json}\"}"), "<{\"a\": \">{a|}<\"}>");
    }

    #[test]
    fn every_fault_is_told_and_no_text() {
        for (text, why) in [
            ("hunter2${", "no } to end it"),
            ("hunter2${a", "no } to end it"),
            ("${}", "no name"),
            ("${hunter2 hunter2}", "no name"),
            ("${1a}", "no name"),
            ("${a | urlencod}", "${a | urlencod}: there is no such filter"),
            ("${a | }", "${a | …}: there is no such filter"),
            ("${a | hunter2}", "no such filter"),
            ("${a |trim|trim|trim|trim|trim|trim|trim|trim|trim}", "more than 8 filters"),
        ] {
            let faults = pieces(text).unwrap_err();
            assert!(faults[0].why.contains(why), "{text}: {faults:?}");
            assert!(!format!("{faults:?}").contains("hunter2"), "{faults:?}");
        }
        assert_eq!(pieces("${a | urlencod}").unwrap_err()[0].advice, "did you mean urlencode?");
        assert_eq!(pieces("${1}${2}").unwrap_err().len(), 2);
    }
}
