//! JSON read into the engine's terms. The engine reads it as well; but the input is as many objects as there are references,
//! all with the same keys, and both decisions wait for it: here a key is kept once.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;

use regorus::Value;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// More different keys than the input has; a longer list would take longer to search than it saves.
const MAX_KEYS: usize = 64;

#[derive(Default)]
pub struct Keys {
    /// Those so far, in the order in which they came.
    known: RefCell<Vec<Value>>,
    /// How many the last object had: the next may well have as many.
    last: Cell<usize>,
}

impl Keys {
    /// The term of a key, and where the next is likely to be found: behind this one, as in the object before.
    fn term(&self, key: &str, likely: usize) -> (Value, usize) {
        let mut keys = self.known.borrow_mut();
        let is_it = |term: &Value| matches!(term, Value::String(known) if known.as_ref() == key);
        let at = if keys.get(likely).is_some_and(is_it) { Some(likely) } else { keys.iter().position(is_it) };
        if let Some(at) = at {
            return (keys[at].clone(), at + 1);
        }
        let term = Value::from(key);
        if keys.len() < MAX_KEYS {
            keys.push(term.clone());
        }
        (term, keys.len())
    }
}

/// Reads any JSON.
#[derive(Clone, Copy)]
pub struct Term<'k>(pub &'k Keys);

impl<'de> DeserializeSeed<'de> for Term<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Term<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(element) = elements.next_element_seed(self)? {
            array.push(element);
        }
        Ok(Value::from(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Vec::with_capacity(self.0.last.get());
        let mut likely = 0;
        while let Some((key, next)) = members.next_key_seed(Key { keys: self.0, likely })? {
            object.push((key, members.next_value_seed(self)?));
            likely = next;
        }
        self.0.last.set(object.len().min(MAX_KEYS));
        // Of two members with one name the last one counts, as with the engine.
        Ok(Value::from(BTreeMap::from_iter(object)))
    }
}

struct Key<'k> {
    keys: &'k Keys,
    likely: usize,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = (Value, usize);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key<'_> {
    type Value = (Value, usize);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.keys.term(key, self.likely))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Value {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let term = Term(&Keys::default()).deserialize(&mut deserializer).unwrap();
        deserializer.end().unwrap();
        term
    }

    #[test]
    fn it_is_what_the_engine_reads() {
        let many: Vec<_> = (0..3 * MAX_KEYS).map(|i| format!(r#"{{"k{i}":{i},"k":"k{}"}}"#, i % 7)).collect();
        for text in [
            "null",
            "[]",
            "{}",
            r#"[true,false,-1,0,18446744073709551615,-9223372036854775808,36893488147419103232,1.5,-0.0,1e300]"#,
            r#""\u00fc\ud83d\ude00 \"\\\n""#,
            r#"{"b":1,"a":{"b":{"a":[{"b":2},{}]}},"b":3}"#,
            r#"[{"x":1,"y":{"z":1}},{"x":2,"y":null},{"y":{"z":2},"x":3},{"w":0,"x":4}]"#,
            &format!("[{}]", many.join(",")),
            include_str!("../../tests/fixtures/input-declare.json"),
            include_str!("../../tests/fixtures/input-resolve.json"),
        ] {
            let engines = Value::from_json_str(text).unwrap();
            assert_eq!(read(text), engines);
            assert_eq!(read(text).to_string(), engines.to_string());
        }
    }

    #[test]
    fn a_key_that_a_library_has_a_meaning_for_is_a_key() {
        for key in ["$serde_json::private::Number", "$serde_json::private::RawValue"] {
            let text = format!(r#"{{"{key}":"1","a":{{"{key}":"no number"}}}}"#);
            assert_eq!(read(&text).to_string(), text);
        }
    }

    #[test]
    fn what_is_no_json_is_an_error() {
        for text in ["", "{", r#"{"a"}"#, r#"{1:2}"#, "[1,]", &"[".repeat(200)] {
            let read = Term(&Keys::default()).deserialize(&mut serde_json::Deserializer::from_str(text));
            assert!(read.is_err(), "{text}");
        }
    }
}
