//! The AWS Parameters and Secrets extension: the code asks it for a name, and the name stands in a variable that is
//! called after it by habit.

use crate::declare::grammar;
use crate::declare::{Key, Reference, Store};

/// What the name of a variable says that its value names, the variable for the value itself, and whether the value
/// may as well be a secret by its name.
const HABITS: [(&str, Store, &str, bool); 9] = [
    ("SECRET_ARN", Store::SecretsManager, "SECRET", false),
    ("SECRET_NAME", Store::SecretsManager, "SECRET", false),
    ("SECRETS_ARN", Store::SecretsManager, "SECRETS", false),
    ("SECRETS_NAME", Store::SecretsManager, "SECRETS", false),
    // Vault's AppRole has a `secret_id` that is a secret.
    ("SECRET_ID", Store::SecretsManager, "SECRET", true),
    ("PARAMETER_ARN", Store::Ssm, "", false),
    ("PARAMETER_NAME", Store::Ssm, "", false),
    ("PARAMETER_PATH", Store::Ssm, "", false),
    ("PARAM_NAME", Store::Ssm, "", false),
];

/// A variable of the extension's own, which nothing needs any more.
pub(super) fn is_setting(name: &str) -> bool {
    name.starts_with("PARAMETERS_SECRETS_EXTENSION_")
        || name.starts_with("SSM_PARAMETER_STORE_")
        || name.starts_with("SECRETS_MANAGER_TTL")
        || name.starts_with("SECRETS_MANAGER_TIMEOUT")
}

pub(super) struct Habit {
    /// The variable for the value itself.
    pub variable: String,
    pub store: Store,
    ambiguous: bool,
}

/// Whether a variable of this name holds a name, by habit.
pub(super) fn of(name: &str) -> Option<Habit> {
    HABITS.iter().find_map(|(suffix, store, kept, ambiguous)| {
        let stem = name.strip_suffix(suffix)?;
        let stem = if stem.is_empty() { stem } else { stem.strip_suffix('_')? };
        let variable = match (stem, *kept) {
            ("", "") => "PARAMETER".into(),
            (stem, "") => stem.to_string(),
            ("", kept) => kept.into(),
            (stem, kept) => format!("{stem}_{kept}"),
        };
        Some(Habit { variable, store: *store, ambiguous: *ambiguous })
    })
}

impl Habit {
    /// The value as a name; none where it is none, or may be a secret itself.
    pub fn reference(&self, value: &str, certain: bool) -> Option<Reference> {
        let like_a_name = value.starts_with("arn:") || value.contains('/');
        if value.contains(['#', '?', '*']) || (self.ambiguous && !certain && !like_a_name) {
            return None;
        }
        let reference = grammar::reference(self.store, value).ok()?;
        (reference.key == Key::Whole).then_some(reference)
    }
}
