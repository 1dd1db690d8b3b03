//! The 4 KB that all variables of a function may take together.

use crate::error::{ErrorType, Problem};

/// Bytes. <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
pub const LIMIT: usize = 4096;

/// What the variables of a function's configuration take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Names and values.
    pub bytes: usize,
    /// The same as one JSON object, which is what Lambda's message about the limit quotes.
    json: usize,
    /// Whether there are variables of which only the beginning is known.
    pub at_least: bool,
}

impl Size {
    /// Of names, and of values as far as they are known.
    pub fn of<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>, at_least: bool) -> Self {
        let mut size = Self { bytes: 0, json: "{}".len(), at_least };
        for (i, (name, value)) in variables.into_iter().enumerate() {
            size.bytes += name.len() + value.len();
            let quoted = |text: &str| serde_json::Value::from(text).to_string().len();
            size.json += quoted(name) + quoted(value) + ":".len() + usize::from(i > 0);
        }
        size
    }

    pub fn problem(&self) -> Option<Problem> {
        let Self { bytes, at_least, .. } = self;
        let least = if *at_least { "at least " } else { "" };
        (*bytes > LIMIT).then(|| {
            Problem::new(
                ErrorType::InvalidDeclaration,
                format!(
                    "the variables take {least}{bytes} bytes with their names; Lambda takes {LIMIT} for all of them"
                ),
            )
            .advice("declare in a manifest (vestry.toml), or trees in place of single variables")
        })
    }

    pub fn warning(&self) -> Option<String> {
        (self.bytes <= LIMIT && self.json > LIMIT).then(|| {
            format!(
                "the variables take {} bytes, and {} as the JSON that Lambda counts in its message; its limit is {LIMIT}",
                self.bytes, self.json
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_count_and_the_limit_itself_is_allowed() {
        let value = |length: usize| "v".repeat(length);
        let at_limit = Size::of([("ABCD", value(4092).as_str())], false);
        assert_eq!((at_limit.bytes, at_limit.problem()), (4096, None));
        assert!(at_limit.warning().is_some(), "{at_limit:?}");
        let past = Size::of([("ABCD", value(4093).as_str())], true);
        assert!(past.problem().unwrap().why.contains("at least 4097 bytes"));
        assert_eq!(past.warning(), None);
        assert_eq!(Size::of([("A", "é\"")], false).json, r#"{"A":"é\""}"#.len());
        assert_eq!(Size::of([("A", "1"), ("B", "2")], false).json, r#"{"A":"1","B":"2"}"#.len());
    }
}
