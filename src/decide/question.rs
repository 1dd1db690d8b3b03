//! The input document in the evaluating process: at once as the engine takes it, and as JSON where somebody looks into it.

use std::cell::OnceCell;

use serde::de::DeserializeSeed;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::terms::{Keys, Term};

/// What the rules are asked about.
pub struct Input {
    pub engine: regorus::Value,
    document: OnceCell<Value>,
}

impl Input {
    /// Most policies waive and mask nothing, and never ask for it.
    pub fn document(&self) -> &Value {
        // The engine's value came of JSON, and goes back into it.
        self.document.get_or_init(|| serde_json::to_value(&self.engine).unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for Input {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let engine = Term(&Keys::default()).deserialize(deserializer)?;
        Ok(Self { engine, document: OnceCell::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_what_was_sent() {
        let text = r#"{"a":[null,true,-1,1.5,"ü"],"now_ns":1795357800250000007,"o":{"":{}}}"#;
        let input: Input = serde_json::from_str(text).unwrap();
        assert_eq!(input.document().to_string(), text);
    }
}
