//! The shape of the input, told once: the JSON Schema is printed from it, and the checks hold a policy's paths
//! against it. [`super::input`] makes the documents; a test holds both to each other.

#[cfg(feature = "tool")]
mod json;

#[cfg(feature = "tool")]
pub use json::{json_schema, undocumented, unknown_fields};

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
    #[cfg_attr(not(feature = "tool"), expect(dead_code, reason = "only the schema tells it"))]
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
    /// The same, and only where a policy reads it.
    ResolveIfRead,
}

use Presence::{Always, Optional, OrNull, Resolve, ResolveIfRead, ResolveOrNull};

const fn field(name: &'static str, presence: Presence, shape: Shape, what: &'static str) -> Field {
    Field { name, what, shape, presence }
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
    field(
        "variables",
        Always,
        Shape::List(&Shape::Text),
        "the names of all variables that are no reference: those of the environment, and those composed of others",
    ),
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
    field(
        "variable",
        OrNull,
        Shape::Text,
        "the variable; null for a part, and at declare for what expands without a name",
    ),
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
    field("source", Optional, Shape::OneOf(&["manifest"]), "where it is declared, if not in the environment"),
    field("region", Optional, Shape::Text, "the region that the manifest gives it"),
    field("role_arn", Optional, Shape::Text, "the role that it is asked for with, if not the function's own"),
    field("file", Optional, Shape::Flag, "true where the value gets a file of its own"),
    field("part", Optional, Shape::Text, "its name in [references] where variables are composed with it"),
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
    field(
        "kms_key_id",
        ResolveIfRead,
        Shape::Text,
        "the KMS key as the store tells it: an alias, an id or an ARN; asked for where a policy reads it",
    ),
    field("size", ResolveOrNull, Shape::Number, "bytes of the variable's value"),
];

const SELECTOR: &[Field] = &[
    field("version", Optional, Shape::Text, "the version that was asked for"),
    field("label", Optional, Shape::Text, "the label of a parameter"),
    field("stage", Optional, Shape::Text, "the version stage of a secret"),
];

impl Presence {
    pub fn is_resolve_only(self) -> bool {
        matches!(self, Resolve | ResolveOrNull | ResolveIfRead)
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
