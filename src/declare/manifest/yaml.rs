//! YAML into nodes: mappings, sequences and scalars. What repeats a part of the document elsewhere (aliases, merge
//! keys) is left out on purpose: a few lines of it can stand for millions.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, StrInput};

use super::node::{Entry, MAX_DEPTH, Malformed, Node, Place, Value};

pub(super) fn parse(text: &str) -> Result<Node, Malformed> {
    Reader { parser: Parser::new_from_str(text) }.document()
}

struct Reader<'a> {
    parser: Parser<'a, StrInput<'a>>,
}

type Step<'a> = (Event<'a>, Place);

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<Step<'a>, Malformed> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, place(&span.start))),
            Some(Err(error)) => Err(malformed(place(error.marker()), "this is no YAML")),
            None => Err(malformed(Place::START, "this is no YAML: it ends too early")),
        }
    }

    fn document(&mut self) -> Result<Node, Malformed> {
        loop {
            let (event, at) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentStart(_) | Event::Nothing => {}
                // An empty file declares nothing, as in TOML.
                Event::StreamEnd => return Ok(Node { place: at, value: Value::Table(Vec::new()) }),
                event => {
                    let node = self.node(event, at, 0)?;
                    return self.end().map(|()| node);
                }
            }
        }
    }

    fn end(&mut self) -> Result<(), Malformed> {
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(()),
                (Event::DocumentEnd, _) => {}
                (_, at) => return Err(malformed(at, "there is a second document")),
            }
        }
    }

    fn node(&mut self, event: Event<'a>, place: Place, depth: usize) -> Result<Node, Malformed> {
        if depth > MAX_DEPTH {
            return Err(malformed(place, format!("it is nested deeper than {MAX_DEPTH}")));
        }
        let value = match event {
            Event::Scalar(text, style, _, None) => scalar(&text, style),
            Event::SequenceStart(_, None) => self.list(depth)?,
            Event::MappingStart(_, None) => self.table(depth)?,
            Event::Alias(_) => return Err(malformed(place, "an alias; write the value out")),
            Event::Scalar(..) | Event::SequenceStart(..) | Event::MappingStart(..) => {
                return Err(malformed(place, "a tag, which means nothing in a manifest; drop it"));
            }
            _ => return Err(malformed(place, "a value is missing")),
        };
        Ok(Node { place, value })
    }

    fn list(&mut self, depth: usize) -> Result<Value, Malformed> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Value::List(items)),
                (event, at) => items.push(self.node(event, at, depth + 1)?),
            }
        }
    }

    fn table(&mut self, depth: usize) -> Result<Value, Malformed> {
        let mut entries = Vec::new();
        loop {
            let (key, place) = match self.next()? {
                (Event::MappingEnd, _) => return Ok(Value::Table(entries)),
                (Event::Scalar(key, ..), at) => (key.into_owned(), at),
                (_, at) => return Err(malformed(at, "a key that is no text")),
            };
            let (event, at) = self.next()?;
            let node = self.node(event, at, depth + 1)?;
            entries.push(Entry { key, place, node });
        }
    }
}

/// YAML 1.2's core schema.
fn scalar(text: &str, style: ScalarStyle) -> Value {
    match text {
        _ if style != ScalarStyle::Plain => Value::Text(text.into()),
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Flag(true),
        "false" | "False" | "FALSE" => Value::Flag(false),
        number if is_number(number) => Value::Number(number.into()),
        text => Value::Text(text.into()),
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '-']);
    let radix = |prefix: &str, radix| {
        digits.strip_prefix(prefix).is_some_and(|d| !d.is_empty() && d.chars().all(|c| c.is_digit(radix)))
    };
    digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && (text.parse::<f64>().is_ok() || radix("0x", 16) || radix("0o", 8))
}

fn place(marker: &Marker) -> Place {
    Place { line: marker.line(), column: marker.col() + 1 }
}

fn malformed(place: Place, why: impl Into<String>) -> Malformed {
    Malformed { place, why: why.into() }
}
