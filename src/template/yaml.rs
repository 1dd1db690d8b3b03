//! YAML (and JSON, which it contains) into nodes, within bounds.

use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};

use super::node::{Kind, Node, Place, long_form};

/// More than a template of a million bytes holds; what aliases repeat counts each time.
const MAX_NODES: usize = 200_000;
const MAX_DEPTH: usize = 64;

type Fault = (Place, String);

/// One document. Fails with the place and the reason.
pub(crate) fn parse(text: &str) -> Result<Node, Fault> {
    let mut reader = Reader { parser: Parser::new_from_str(text), anchors: HashMap::new(), nodes: 0 };
    let node = match reader.document() {
        // Escapes of surrogate pairs are JSON, and no YAML.
        Err(fault) if text.trim_start().starts_with('{') => of_json(text).ok_or(fault)?,
        read => read?,
    };
    Ok(node)
}

struct Reader<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    anchors: HashMap<usize, (Node, usize)>,
    nodes: usize,
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
        self.count(1, at)?;
        if depth > MAX_DEPTH {
            return Err((at, format!("it is nested deeper than {MAX_DEPTH}")));
        }
        let before = self.nodes;
        let (kind, anchor, tag) = match event {
            Event::Scalar(text, style, anchor, tag) => (scalar(&text, style, tag.as_deref()), anchor, tag),
            Event::SequenceStart(anchor, tag) => (self.sequence(depth)?, anchor, tag),
            Event::MappingStart(anchor, tag) => (self.mapping(depth)?, anchor, tag),
            Event::Alias(anchor) => {
                let (node, nodes) =
                    self.anchors.get(&anchor).cloned().ok_or((at, "the alias is of itself".into()))?;
                self.count(nodes, at)?;
                return Ok(node);
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
            self.anchors.insert(anchor, (node.clone(), self.nodes - before + 1));
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

    fn count(&mut self, nodes: usize, at: Place) -> Result<(), Fault> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MAX_NODES {
            Err((at, format!("it holds more than {MAX_NODES} values")))
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
