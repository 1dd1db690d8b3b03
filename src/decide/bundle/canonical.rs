//! What OPA hashes of a file: documents by what they say, everything else by its bytes.
//!
//! OPA's `bundle/hash.go`: objects with sorted keys, no white space, strings as Go's encoder writes them without HTML
//! escapes, numbers as they stand in JSON, and YAML as Go's conversion to JSON has it. YAML is read by what the engine
//! reads it with; where OPA reads it otherwise (`017` and `1_000` are other numbers there), the hashes differ and it is
//! refused.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// serde_json's own bound, in which the engine will read it afterwards.
const MAX_DEPTH: usize = 128;

/// The bytes to hash.
pub fn canonical(name: &str, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let base = name.rsplit('/').next().unwrap_or(name);
    let text = || std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_string());
    let document = match base {
        "data.json" | ".manifest" => json(text()?)?,
        "data.yaml" | "data.yml" => yaml(text()?)?,
        _ => return Ok(bytes.to_vec()),
    };
    let mut out = String::new();
    document.write(&mut out);
    Ok(out.into_bytes())
}

enum Document {
    Object(BTreeMap<String, Document>),
    Array(Vec<Document>),
    Text(String),
    /// `true`, `null`, or a number as it is written.
    Literal(String),
}

impl Document {
    fn write(&self, out: &mut String) {
        match self {
            Self::Object(members) => {
                out.push('{');
                for (i, (key, value)) in members.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    write_text(key, out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
            Self::Array(elements) => {
                out.push('[');
                for (i, element) in elements.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    element.write(out);
                }
                out.push(']');
            }
            Self::Text(text) => write_text(text, out),
            Self::Literal(literal) => out.push_str(literal),
        }
    }
}

/// As Go's encoder: the two line separators of JavaScript escaped, `<`, `>` and `&` not.
fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' || c == '\u{2028}' || c == '\u{2029}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

fn json(text: &str) -> Result<Document, String> {
    serde_json::from_str::<IgnoredAny>(text).map_err(|e| e.to_string())?;
    Sound { text, at: 0 }.value(0)
}

/// JSON that is known to be sound, read again for the one thing serde_json does not tell: how a number is written.
struct Sound<'a> {
    text: &'a str,
    at: usize,
}

impl Sound<'_> {
    fn value(&mut self, depth: usize) -> Result<Document, String> {
        if depth > MAX_DEPTH {
            return Err(format!("it is nested deeper than {MAX_DEPTH}"));
        }
        match self.peek() {
            b'{' => {
                let mut members = BTreeMap::new();
                self.at += 1;
                while self.more(b'}') {
                    let key = self.string()?;
                    self.pass(b':');
                    members.insert(key, self.value(depth + 1)?);
                    self.pass(b',');
                }
                Ok(Document::Object(members))
            }
            b'[' => {
                let mut elements = Vec::new();
                self.at += 1;
                while self.more(b']') {
                    elements.push(self.value(depth + 1)?);
                    self.pass(b',');
                }
                Ok(Document::Array(elements))
            }
            b'"' => Ok(Document::Text(self.string()?)),
            _ => Ok(Document::Literal(self.literal().to_string())),
        }
    }

    /// The next byte that is no white space; at the end, one that closes everything.
    fn peek(&mut self) -> u8 {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.text.as_bytes().get(self.at).copied().unwrap_or(b'\0')
    }

    fn pass(&mut self, byte: u8) {
        if self.peek() == byte {
            self.at += 1;
        }
    }

    fn more(&mut self, end: u8) -> bool {
        let next = self.peek();
        if next == end {
            self.at += 1;
        }
        next != end && next != b'\0'
    }

    fn string(&mut self) -> Result<String, String> {
        self.peek();
        let start = self.at;
        let mut bytes = self.text.as_bytes()[start..].iter().skip(1);
        self.at += 1;
        while let Some(byte) = bytes.next() {
            self.at += 1;
            match byte {
                b'"' => break,
                b'\\' => {
                    bytes.next();
                    self.at += 1;
                }
                _ => {}
            }
        }
        // A lone surrogate is sound to skip, not to read.
        serde_json::from_str(&self.text[start..self.at]).map_err(|e| e.to_string())
    }

    fn literal(&mut self) -> &str {
        let start = self.at;
        let rest = &self.text.as_bytes()[start..];
        let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b',' | b']' | b'}');
        self.at += rest.iter().position(ends).unwrap_or(rest.len());
        &self.text[start..self.at]
    }
}

fn yaml(text: &str) -> Result<Document, String> {
    let without_mark = text.strip_prefix('\u{feff}').unwrap_or(text);
    // As in OPA: JSON under a YAML name is JSON, and its numbers stay as they are written.
    if serde_json::from_str::<IgnoredAny>(without_mark).is_ok() {
        // The engine reads it as YAML, to which these are line ends and become spaces.
        if without_mark.contains(['\u{85}', '\u{2028}', '\u{2029}']) {
            return Err(
                "a line separator in it is read otherwise as JSON and as YAML; write it as \\u0085".into()
            );
        }
        return json(without_mark);
    }
    yaml_serde::from_str(without_mark).map_err(|e| e.to_string())
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OfYaml)
    }
}

struct OfYaml;

impl<'de> Visitor<'de> for OfYaml {
    type Value = Document;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("what JSON can say")
    }

    fn visit_unit<E>(self) -> Result<Document, E> {
        Ok(Document::Literal("null".into()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Document, E> {
        Ok(Document::Literal(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Document, E> {
        Ok(Document::Literal(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Document, E> {
        Ok(Document::Literal(value.to_string()))
    }

    // Wider integers are floats to Go.
    fn visit_i128<E: serde::de::Error>(self, value: i128) -> Result<Document, E> {
        self.visit_f64(value as f64)
    }

    fn visit_u128<E: serde::de::Error>(self, value: u128) -> Result<Document, E> {
        self.visit_f64(value as f64)
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Document, E> {
        if value.is_finite() {
            Ok(Document::Literal(float(value)))
        } else {
            Err(E::custom("a number without end"))
        }
    }

    fn visit_str<E>(self, value: &str) -> Result<Document, E> {
        Ok(Document::Text(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Document, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = sequence.next_element()? {
            elements.push(element);
        }
        Ok(Document::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Document, A::Error> {
        let mut members = BTreeMap::new();
        while let Some(key) = map.next_key::<Document>()? {
            let Document::Text(key) = key else {
                return Err(A::Error::custom("a key is not text; quote it"));
            };
            if members.insert(key, map.next_value()?).is_some() {
                return Err(A::Error::custom("a key is there twice"));
            }
        }
        Ok(Document::Object(members))
    }
}

/// As Go's encoder writes a `float64`: the shortest digits, with an exponent below 1e-6 and from 1e21 on.
fn float(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let text = format!("{value:e}");
        return if text.contains("e-") { text } else { text.replace('e', "e+") };
    }
    format!("{value}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(name: &str, text: &str) -> Result<String, String> {
        canonical(name, text.as_bytes()).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn a_document_is_hashed_by_what_it_says() {
        let text =
            "\n{ \"b\" : [1.0, 1e3 ,-0, null,true ] ,\t\"a\": {\"\\u0041\":\"x\"}, \"e\": {}, \"f\": [ ] }\n";
        let canonical = r#"{"a":{"A":"x"},"b":[1.0,1e3,-0,null,true],"e":{},"f":[]}"#;
        assert_eq!(said("lib/data.json", text).unwrap(), canonical);
        assert_eq!(said(".manifest", text).unwrap(), canonical);
        assert_eq!(said("data.json", "[1]").unwrap(), "[1]");
        assert_eq!(said("data.json", " 1.50 ").unwrap(), "1.50");
    }

    #[test]
    fn strings_are_as_gos_encoder_writes_them() {
        let text = r#"["<&>", "\u007f", "\b\f\n\r\t", "\u0001", "\u2028\u2029", "\"\\\/", "\ud83d\ude00é"]"#;
        let canonical =
            "[\"<&>\",\"\u{7f}\",\"\\b\\f\\n\\r\\t\",\"\\u0001\",\"\\u2028\\u2029\",\"\\\"\\\\/\",\"😀é\"]";
        assert_eq!(said("data.json", text).unwrap(), canonical);
    }

    #[test]
    fn yaml_is_hashed_as_the_json_that_it_is() {
        let text = "b: [1, 1.0, 1.5e-9, 2.5e+22, -3, 'yes', true, ~]\na: {x: |\n  two\n  lines\n}\n";
        let text = text.replace("{x: |\n  two\n  lines\n}", "\n  x: \"two\\nlines\"");
        let canonical = r#"{"a":{"x":"two\nlines"},"b":[1,1,1.5e-9,2.5e+22,-3,"yes",true,null]}"#;
        assert_eq!(said("data.yaml", &text).unwrap(), canonical);
        assert_eq!(said("a/data.yml", "{\"a\": 1.0}").unwrap(), r#"{"a":1.0}"#);
    }

    #[test]
    fn a_line_separator_that_the_engine_would_fold_is_not_hashed_as_json_has_it() {
        for separator in ['\u{85}', '\u{2028}', '\u{2029}'] {
            let text = format!("{{\"a\": \"x{separator}y\"}}");
            assert!(said("data.yaml", &text).unwrap_err().contains("line separator"));
            assert!(said("data.json", &text).is_ok());
        }
        assert_eq!(said("data.yaml", r#"{"a": "x\u0085y"}"#).unwrap(), "{\"a\":\"x\u{85}y\"}");
    }

    #[test]
    fn other_files_are_hashed_by_their_bytes() {
        for name in ["a.rego", "other.json", "settings.toml", "xdata.json"] {
            assert_eq!(
                canonical(name, b" {\"b\":1, \"a\":1}\xff").unwrap(),
                b" {\"b\":1, \"a\":1}\xff",
                "{name}"
            );
        }
    }

    #[test]
    fn what_cannot_be_read_cannot_be_hashed() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        for text in ["", "{", "{} {}", "{\"a\":1,}", "\"\\ud800\"", "\u{feff}{}", "nul", &deep] {
            assert!(said("data.json", text).is_err(), "{}", &text[..text.len().min(20)]);
        }
        let laughs = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n\
                      d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e]";
        for text in [laughs, "a: 1\na: 2", "1: x", "- .inf", "a: [", "a: 1\n---\nb: 2"] {
            assert!(said("data.yaml", text).is_err(), "{text}");
        }
        assert!(canonical("data.json", b"\"\xff\"").is_err());
    }
}
