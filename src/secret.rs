//! The one type that holds a secret.

use std::fmt;

use zeroize::Zeroizing;

/// The bytes of one secret: wiped on drop, redacted wherever it is printed, with [`expose`](Self::expose)
/// as its only exit.
///
/// It cannot be copied by accident:
/// ```compile_fail
/// let value = vestry::secret::SecretValue::from("s3cret".to_string());
/// let copy = value.clone();
/// ```
/// nor written out by a serializer:
/// ```compile_fail
/// let value = vestry::secret::SecretValue::from("s3cret".to_string());
/// serde_json::to_string(&value).unwrap();
/// ```
pub struct SecretValue(Zeroizing<Vec<u8>>);

impl SecretValue {
    /// The bytes themselves. Every call of this is a place where a value may leave: keep them few.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The bytes as text, where they are UTF-8.
    pub fn expose_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Vec<u8>> for SecretValue {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl From<String> for SecretValue {
    fn from(text: String) -> Self {
        Self::from(text.into_bytes())
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl fmt::Display for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printing_a_secret_prints_no_byte_of_it() {
        let value = SecretValue::from("s3cret".to_string());
        for printed in [format!("{value}"), format!("{value:?}"), format!("{value:#?}")] {
            assert_eq!(printed, "[redacted]");
        }
        assert_eq!(value.expose(), b"s3cret");
    }
}
