//! YAML (and JSON, which it contains) into nodes, within bounds.

use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};

use super::node::{Kind, Node, Place, long_form};

/// More than a template of a million bytes holds; what aliases repeat counts each time.
const MAX_NODES: usize = 200_000;
/// Of text, likewise.
const MAX_BYTES: usize = 16 << 20;
const MAX_DEPTH: usize = 64;

type Fault = (Place, String);

/// One document. Fails with the place and the reason.
pub(crate) fn parse(text: &str) -> Result<Node, Fault> {
    let mut reader =
        Reader { parser: Parser::new_from_str(text), anchors: HashMap::new(), size: Size::default() };
    let node = match reader.document() {
        // Escapes of surrogate pairs are JSON, and no YAML.
        Err(fault) if text.trim_start().starts_with('{') => of_json(text).ok_or(fault)?,
        read => read?,
    };
    Ok(node)
}

struct Reader<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    anchors: HashMap<usize, (Node, Size)>,
    size: Size,
}

#[derive(Clone, Copy, Default)]
struct Size {
    nodes: usize,
    bytes: usize,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Place), Fault> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, place(&span.start))),
            Some(Err(error)) => Err((place(error.marker()), error.info().to_string())),
            None => Err((Place::default(), "it ends too early".into())),
        }
    }

    fn document(&mut self) -> Result<Node, Fault> {
        loop {
            let (event, at) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentStart(_) | Event::Nothing => {}
                Event::StreamEnd => return Err((at, "it is empty".into())),
                event => {
                    let node = self.node(event, at, 0)?;
                    return self.end().map(|()| node);
                }
            }
        }
    }

    fn end(&mut self) -> Result<(), Fault> {
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(()),
                (Event::DocumentEnd, _) => {}
                (_, at) => return Err((at, "there is a second document".into())),
            }
        }
    }

    fn node(&mut self, event: Event<'a>, at: Place, depth: usize) -> Result<Node, Fault> {
        let bytes = if let Event::Scalar(text, ..) = &event { text.len() } else { 0 };
        let before = self.size;
        self.count(Size { nodes: 1, bytes }, at)?;
        if depth > MAX_DEPTH {
            return Err((at, format!("it is nested deeper than {MAX_DEPTH}")));
        }
        let (kind, anchor, tag) = match event {
            Event::Scalar(text, style, anchor, tag) => (scalar(&text, style, tag.as_deref()), anchor, tag),
            Event::SequenceStart(anchor, tag) => (self.sequence(depth)?, anchor, tag),
            Event::MappingStart(anchor, tag) => (self.mapping(depth)?, anchor, tag),
            Event::Alias(anchor) => {
                let (_, size) =
                    self.anchors.get(&anchor).ok_or((at, "the alias is of itself".to_string()))?;
                self.count(*size, at)?;
                return Ok(self.anchors[&anchor].0.clone());
            }
            _ => return Err((at, "a value was to stand here".into())),
        };
        let node = Node { place: at, kind }.with_calls();
        let node = match tag.as_deref() {
            Some(tag) if tag.handle == "!" && !tag.suffix.is_empty() => {
                Node { place: at, kind: Kind::Call(long_form(&tag.suffix), Box::new(node)) }
            }
            _ => node,
        };
        if anchor > 0 {
            let (nodes, bytes) = (self.size.nodes - before.nodes, self.size.bytes - before.bytes);
            self.anchors.insert(anchor, (node.clone(), Size { nodes, bytes }));
        }
        Ok(node)
    }

    fn sequence(&mut self, depth: usize) -> Result<Kind, Fault> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Kind::Sequence(items)),
                (event, at) => items.push(self.node(event, at, depth + 1)?),
            }
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Kind, Fault> {
        let mut entries: Vec<(String, Node)> = Vec::new();
        let mut merged = Vec::new();
        loop {
            let (event, at) = self.next()?;
            if event == Event::MappingEnd {
                break;
            }
            let key = self.node(event, at, depth + 1)?;
            let Kind::Text(name) = key.kind else { return Err((at, "a key that is no text".into())) };
            let (event, value_at) = self.next()?;
            let value = self.node(event, value_at, depth + 1)?;
            if name == "<<" {
                merged.push(value);
            } else if entries.iter().any(|(there, _)| *there == name) {
                return Err((at, format!("the key {name} stands here twice")));
            } else {
                entries.push((name, value));
            }
        }
        merged.iter().for_each(|value| merge(&mut entries, value));
        Ok(Kind::Mapping(entries))
    }

    fn count(&mut self, more: Size, at: Place) -> Result<(), Fault> {
        self.size.nodes = self.size.nodes.saturating_add(more.nodes);
        self.size.bytes = self.size.bytes.saturating_add(more.bytes);
        if self.size.nodes > MAX_NODES {
            Err((at, format!("it holds more than {MAX_NODES} values")))
        } else if self.size.bytes > MAX_BYTES {
            Err((
                at,
                format!("it holds more than {} MiB of text, what aliases repeat included", MAX_BYTES >> 20),
            ))
        } else {
            Ok(())
        }
    }
}

/// `<<: *common`: what the mapping does not say itself.
fn merge(entries: &mut Vec<(String, Node)>, value: &Node) {
    match &value.kind {
        Kind::Sequence(items) => items.iter().for_each(|item| merge(entries, item)),
        Kind::Mapping(more) => {
            for (name, node) in more {
                if !entries.iter().any(|(there, _)| there == name) {
                    entries.push((name.clone(), node.clone()));
                }
            }
        }
        _ => {}
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Kind {
    let plain = style == ScalarStyle::Plain && tag.is_none();
    if plain && matches!(text, "" | "~" | "null" | "Null" | "NULL") {
        Kind::Null
    } else {
        Kind::Text(text.into())
    }
}

fn place(marker: &Marker) -> Place {
    Place { line: marker.line(), column: marker.col() + 1 }
}

fn of_json(text: &str) -> Option<Node> {
    fn node(value: &serde_json::Value) -> Node {
        let kind = match value {
            serde_json::Value::Null => Kind::Null,
            serde_json::Value::String(text) => Kind::Text(text.clone()),
            serde_json::Value::Array(items) => Kind::Sequence(items.iter().map(node).collect()),
            serde_json::Value::Object(fields) => {
                Kind::Mapping(fields.iter().map(|(name, value)| (name.clone(), node(value))).collect())
            }
            other => Kind::Text(other.to_string()),
        };
        Node { place: Place::default(), kind }.with_calls()
    }
    serde_json::from_str(text).ok().map(|value| node(&value))
}
