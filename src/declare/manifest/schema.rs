//! The manifest's JSON Schema, for editors; a test holds it against the reader.

/// JSON Schema, draft 7.
pub const SCHEMA: &str = include_str!("schema.json");

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::declare::manifest::layer::{self, TABLES};

    fn schema() -> Value {
        serde_json::from_str(SCHEMA).unwrap()
    }

    fn keys_of(object: &Value) -> BTreeSet<String> {
        object["properties"].as_object().unwrap().keys().cloned().collect()
    }

    fn set(keys: &[&str]) -> BTreeSet<String> {
        keys.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn it_knows_the_keys_that_the_reader_knows_and_no_other() {
        let schema = schema();
        let definitions = &schema["definitions"];
        assert_eq!(keys_of(&schema), set(&[&TABLES[..], &["profile", "$schema"]].concat()));
        assert_eq!(keys_of(&definitions["profile"]), set(&TABLES));
        assert_eq!(keys_of(&definitions["list"]), set(&layer::list_keys()));
        assert_eq!(keys_of(&definitions["tree"]), set(&layer::tree_keys()));
        assert_eq!(keys_of(&definitions["reference"]["anyOf"][1]), set(&layer::part_keys()));
        let variable = &definitions["variable"]["anyOf"];
        assert_eq!(keys_of(&variable[2]), set(&layer::COMPOSED));
        let both =
            [keys_of(&variable[2]), keys_of(&variable[3])].into_iter().flatten().collect::<BTreeSet<_>>();
        assert_eq!(both, set(&layer::variable_keys()));
    }

    #[test]
    fn nothing_else_is_let_through() {
        fn check(value: &Value) {
            match value {
                Value::Object(object) => {
                    if object.contains_key("properties") {
                        assert_eq!(object["additionalProperties"], false, "{object:?}");
                    }
                    object.values().for_each(check);
                }
                Value::Array(items) => items.iter().for_each(check),
                _ => {}
            }
        }
        check(&schema());
    }
}
