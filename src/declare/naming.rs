//! How a variable is named after what a store calls its value.

use std::collections::BTreeMap;

/// Takes a name off, translates the rest, and puts another in front. The usual: upper-case, nothing taken off or put
/// in front.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Naming {
    pub prefix: String,
    pub strip: String,
    pub case: Case,
    /// From the key, or the path below the tree, to the whole name.
    pub rename: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Case {
    #[default]
    Upper,
    Lower,
    Keep,
}

impl Case {
    pub const NAMES: [(&'static str, Self); 3] =
        [("upper", Self::Upper), ("lower", Self::Lower), ("keep", Self::Keep)];
}

impl Naming {
    /// The whole name, where the owner wrote it out.
    pub fn renamed(&self, text: &str) -> Option<&str> {
        self.rename.get(text).map(String::as_str)
    }

    /// `old/key-1` becomes `OLD_KEY_1`: everything but ASCII letters and digits is an underscore.
    pub fn derive(&self, text: &str) -> String {
        let rest = text.strip_prefix(self.strip.as_str()).unwrap_or(text);
        let translated = rest.chars().map(|c| match (c.is_ascii_alphanumeric(), self.case) {
            (false, _) => '_',
            (true, Case::Upper) => c.to_ascii_uppercase(),
            (true, Case::Lower) => c.to_ascii_lowercase(),
            (true, Case::Keep) => c,
        });
        self.prefix.chars().chain(translated).collect()
    }

    /// Whether nothing of the store's own name would be left: a name made of the prefix alone.
    pub fn leaves_nothing(&self, text: &str) -> bool {
        text.strip_prefix(self.strip.as_str()).unwrap_or(text).is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_stripped_then_cased_then_prefixed() {
        let usual = Naming::default();
        assert_eq!(usual.derive("stripe-key.v2/live"), "STRIPE_KEY_V2_LIVE");
        assert_eq!(usual.derive("é"), "_");
        let of = |case| Naming { prefix: "App_".into(), strip: "feature_".into(), case, ..Naming::default() };
        assert_eq!(of(Case::Upper).derive("feature_Beta-1"), "App_BETA_1");
        assert_eq!(of(Case::Lower).derive("feature_Beta-1"), "App_beta_1");
        assert_eq!(of(Case::Keep).derive("feature_Beta-1"), "App_Beta_1");
        assert_eq!(of(Case::Keep).derive("other/feature_x"), "App_other_feature_x");
        assert!(of(Case::Keep).leaves_nothing("feature_") && !of(Case::Keep).leaves_nothing("feature"));
    }

    #[test]
    fn what_is_renamed_has_the_name_that_is_written() {
        let rename = [("old/key".to_string(), "New".to_string())].into();
        let naming = Naming { prefix: "APP_".into(), rename, ..Naming::default() };
        assert_eq!(naming.renamed("old/key"), Some("New"));
        assert_eq!(naming.renamed("old/key2"), None);
    }
}
