//! The shape of the input, told once: the JSON Schema is printed from it, and the checks hold a policy's paths
//! against it. [`super::input`] makes the documents; a test holds both to each other.

#[cfg(feature = "tool")]
use serde_json::{Map, Value, json};

use super::rules::Stage;

#[derive(Debug)]
pub(super) enum Shape {
    Object(&'static [Field]),
    List(&'static Shape),
    /// RFC 3339.
    Time,
    Text,
    OneOf(&'static [&'static str]),
    Number,
    Flag,
}

#[derive(Debug)]
pub(super) struct Field {
    pub name: &'static str,
    #[cfg(feature = "tool")]
    pub what: &'static str,
    pub shape: Shape,
    pub presence: Presence,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    Always,
    /// Always there, and null where it is not known or not given.
    OrNull,
    /// Absent where it was not asked for.
    Optional,
    /// At resolve only.
    Resolve,
    /// At resolve only, and null where it is not known.
    ResolveOrNull,
}

use Presence::{Always, Optional, OrNull, Resolve, ResolveOrNull};

const fn field(name: &'static str, presence: Presence, shape: Shape, what: &'static str) -> Field {
    #[cfg(not(feature = "tool"))]
    let _ = what;
    Field {
        name,
        #[cfg(feature = "tool")]
        what,
        shape,
        presence,
    }
}

/// The whole input.
pub(super) static INPUT: Shape = Shape::Object(&[
    field("stage", Always, Shape::OneOf(&["declare", "resolve"]), "which decision is asked for"),
    field("function", Always, Shape::Object(FUNCTION), "the function, as Lambda tells it"),
    field(
        "references",
        Always,
        Shape::List(&Shape::Object(REFERENCE)),
        "one for each reference; at resolve one for each variable that comes of them",
    ),
    field(
        "delivery",
        Always,
        Shape::OneOf(&["socket", "file", "exec", "none"]),
        "how the values reach the function; none: nothing is declared",
    ),
    field("variables", Always, Shape::List(&Shape::Text), "the names of all variables that are no reference"),
    field("now", Always, Shape::Time, "the time"),
    field("now_ns", Always, Shape::Number, "the time as nanoseconds since 1970, for time.*"),
]);

const FUNCTION: &[Field] = &[
    field("name", OrNull, Shape::Text, "AWS_LAMBDA_FUNCTION_NAME"),
    field("version", OrNull, Shape::Text, "AWS_LAMBDA_FUNCTION_VERSION"),
    field("region", OrNull, Shape::Text, "AWS_REGION"),
    field("memory_mb", OrNull, Shape::Number, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"),
    field("initialization_type", OrNull, Shape::Text, "AWS_LAMBDA_INITIALIZATION_TYPE"),
    field(
        "account",
        OrNull,
        Shape::Text,
        "the function's own account; null at declare, and where no answer of a store told it",
    ),
];

const REFERENCE: &[Field] = &[
    field("variable", OrNull, Shape::Text, "the variable; null at declare for what expands without a name"),
    field("store", Always, Shape::OneOf(&["ssm", "secretsmanager"]), "the store that is asked"),
    field(
        "name",
        Always,
        Shape::Text,
        "the name as declared, of a tree with /* behind; at resolve the store's own",
    ),
    field("arn", OrNull, Shape::Text, "the ARN; at declare where it was declared by one"),
    field("selector", OrNull, Shape::Object(SELECTOR), "what was asked for besides the name"),
    field("key", OrNull, Shape::Text, "the key within a JSON secret, as after #"),
    field("optional", Always, Shape::Flag, "it may be missing"),
    field("has_default", Always, Shape::Flag, "a default stands in where it is missing"),
    field("found", Resolve, Shape::Flag, "false for one that was missing and may be"),
    field("version", ResolveOrNull, Shape::Text, "a number for a parameter, an id for a secret"),
    field(
        "type",
        ResolveOrNull,
        Shape::OneOf(&["String", "StringList", "SecureString", "SecretString", "SecretBinary"]),
        "the type that the store tells",
    ),
    field("created", ResolveOrNull, Shape::Time, "when it was made; Parameter Store does not tell"),
    field(
        "last_modified",
        ResolveOrNull,
        Shape::Time,
        "when it was last changed; of a secret, when the version was made",
    ),
    field("stages", Resolve, Shape::List(&Shape::Text), "the version's stages; empty for a parameter"),
    field("size", ResolveOrNull, Shape::Number, "bytes of the variable's value"),
];

const SELECTOR: &[Field] = &[
    field("version", Optional, Shape::Text, "the version that was asked for"),
    field("label", Optional, Shape::Text, "the label of a parameter"),
    field("stage", Optional, Shape::Text, "the version stage of a secret"),
];

impl Presence {
    pub fn is_resolve_only(self) -> bool {
        matches!(self, Resolve | ResolveOrNull)
    }

    #[cfg(feature = "tool")]
    fn may_be_null(self) -> bool {
        matches!(self, OrNull | ResolveOrNull)
    }

    #[cfg(feature = "tool")]
    /// There in every document of the stage, or of both.
    fn is_required(self, stage: Option<Stage>) -> bool {
        match self {
            Always | OrNull => true,
            Optional => false,
            Resolve | ResolveOrNull => stage == Some(Stage::Resolve),
        }
    }
}

impl Shape {
    pub fn fields(&self) -> &'static [Field] {
        match self {
            Self::Object(fields) => fields,
            _ => &[],
        }
    }
}

/// Where a document differs from the documented input of its stage: `references[0].naem is not documented`.
#[cfg(feature = "tool")]
pub fn undocumented(document: &Value, stage: Stage) -> Vec<String> {
    let mut found = Vec::new();
    differences(&INPUT, document, stage, "", &mut found);
    found
}

#[cfg(feature = "tool")]
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
#[cfg(feature = "tool")]
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

#[cfg(feature = "tool")]
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
