//! The input's shape as JSON Schema, and documents held against it.

use serde_json::{Map, Value, json};

use super::{Field, INPUT, Presence, Shape};
use crate::decide::rules::Stage;
use crate::declare::suggest::nearest;

impl Presence {
    fn may_be_null(self) -> bool {
        matches!(self, Self::OrNull | Self::ResolveOrNull | Self::ResolveIfRead)
    }

    /// There in every document of the stage, or of both.
    fn is_required(self, stage: Option<Stage>) -> bool {
        match self {
            Self::Always | Self::OrNull => true,
            Self::Optional | Self::ResolveIfRead => false,
            Self::Resolve | Self::ResolveOrNull => stage == Some(Stage::Resolve),
        }
    }
}

/// Where a document differs from the documented input of its stage: `references[0].naem is not documented`.
pub fn undocumented(document: &Value, stage: Stage) -> Vec<String> {
    let mut found = Vec::new();
    differences(&INPUT, document, stage, "", &mut found);
    found
}

/// A field of a document that no input has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// `references[].naem`
    pub path: String,
    pub is_at_the_top: bool,
    /// The field that it most likely is a slip of.
    pub near: Option<&'static str>,
}

/// The fields of a document that the input has at neither stage, each once however many elements of a list have it.
/// What is missing, or of another type, is not told: a document may be as small as its test needs it.
pub fn unknown_fields(document: &Value) -> Vec<Unknown> {
    let mut found = Vec::new();
    strangers(&INPUT, document, "", &mut found);
    found
}

fn strangers(shape: &Shape, value: &Value, path: &str, found: &mut Vec<Unknown>) {
    match (shape, value) {
        (Shape::Object(fields), Value::Object(object)) => {
            for (key, value) in object {
                let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                match fields.iter().find(|field| field.name == key) {
                    Some(field) => strangers(&field.shape, value, &below, found),
                    None if found.iter().any(|unknown| unknown.path == below) => {}
                    None => {
                        let near = nearest(key, fields.iter().map(|field| field.name));
                        found.push(Unknown { path: below, is_at_the_top: path.is_empty(), near });
                    }
                }
            }
        }
        (Shape::List(element), Value::Array(items)) => {
            let below = format!("{path}[]");
            items.iter().for_each(|item| strangers(element, item, &below, found));
        }
        _ => {}
    }
}

fn differences(shape: &Shape, value: &Value, stage: Stage, path: &str, found: &mut Vec<String>) {
    let name = if path.is_empty() { "input" } else { path };
    let fits = match (shape, value) {
        (Shape::Object(fields), Value::Object(object)) => {
            let there = |f: &&Field| stage == Stage::Resolve || !f.presence.is_resolve_only();
            let fields: Vec<&Field> = fields.iter().filter(there).collect();
            let below =
                |field: &str| if path.is_empty() { field.to_string() } else { format!("{path}.{field}") };
            for field in &fields {
                match object.get(field.name) {
                    None if field.presence.is_required(Some(stage)) => {
                        found.push(format!("{} is missing", below(field.name)));
                    }
                    None => {}
                    Some(Value::Null) if field.presence.may_be_null() => {}
                    Some(value) => differences(&field.shape, value, stage, &below(field.name), found),
                }
            }
            let unknown = object.keys().filter(|key| fields.iter().all(|field| field.name != **key));
            found.extend(unknown.map(|key| format!("{} is not documented", below(key))));
            true
        }
        (Shape::List(element), Value::Array(items)) => {
            for (number, item) in items.iter().enumerate() {
                differences(element, item, stage, &format!("{path}[{number}]"), found);
            }
            true
        }
        (Shape::OneOf(values), Value::String(text)) => values.contains(&text.as_str()),
        (Shape::Text | Shape::Time, Value::String(_)) | (Shape::Number, Value::Number(_)) => true,
        (Shape::Flag, Value::Bool(_)) => true,
        _ => false,
    };
    if !fits {
        found.push(format!("{name} is not as documented"));
    }
}

/// The JSON Schema (draft 7, which `opa check --schema` reads) of one stage's input, or of both.
pub fn json_schema(stage: Option<Stage>) -> Value {
    let mut schema = schema_of(&INPUT, stage, false);
    if let Some(object) = schema.as_object_mut() {
        object.insert("$schema".into(), json!("http://json-schema.org/draft-07/schema#"));
        let title = match stage {
            Some(stage) => format!("Vestry's input at {}", stage.as_str()),
            None => "Vestry's input".to_string(),
        };
        object.insert("title".into(), json!(title));
    }
    if let Some(stage) = stage {
        schema["properties"]["stage"]["enum"] = json!([stage.as_str()]);
    }
    schema
}

fn schema_of(shape: &Shape, stage: Option<Stage>, or_null: bool) -> Value {
    let kind = |name: &str| if or_null { json!([name, "null"]) } else { json!(name) };
    match shape {
        Shape::Object(fields) => {
            let there =
                fields.iter().filter(|f| stage != Some(Stage::Declare) || !f.presence.is_resolve_only());
            let mut properties = Map::new();
            let mut required = Vec::new();
            for field in there {
                let mut schema = schema_of(&field.shape, stage, field.presence.may_be_null());
                schema["description"] = json!(field.what);
                properties.insert(field.name.into(), schema);
                if field.presence.is_required(stage) {
                    required.push(field.name);
                }
            }
            let mut schema =
                json!({"type": kind("object"), "properties": properties, "additionalProperties": false});
            if !required.is_empty() {
                schema["required"] = json!(required);
            }
            schema
        }
        Shape::List(element) => json!({"type": kind("array"), "items": schema_of(element, stage, false)}),
        Shape::Text => json!({"type": kind("string")}),
        Shape::Time => json!({"type": kind("string"), "format": "date-time"}),
        Shape::OneOf(values) => {
            let mut values: Vec<Value> = values.iter().map(|value| json!(value)).collect();
            if or_null {
                values.push(Value::Null);
            }
            json!({"type": kind("string"), "enum": values})
        }
        Shape::Number => json!({"type": kind("number")}),
        Shape::Flag => json!({"type": kind("boolean")}),
    }
}
