//! Which store claims a value, and which values nearly are references.

use super::{Fault, fault};
use crate::declare::reference::Store;

/// The store that claims this value, and what stands behind its scheme; `None` for a value to be left alone;
/// a fault for one that nearly claims a scheme.
pub fn scheme(value: &str) -> Option<Result<(Store, &str), Fault>> {
    for store in [Store::Ssm, Store::SecretsManager] {
        if let Some(rest) = value.strip_prefix(store.as_str()).and_then(|rest| rest.strip_prefix(':')) {
            return Some(Ok((store, rest)));
        }
    }
    near_miss(value).map(|advice| fault("it is nearly a reference, and no scheme claims it", advice))
}

/// What a value was probably meant to be. It quotes nothing of the value but the scheme.
fn near_miss(value: &str) -> Option<String> {
    let bare = value.trim().trim_matches(['"', '\'']);
    let (word, rest) = bare.split_once(':')?;
    if word.len() > 24 || !word.bytes().all(|b| b.is_ascii_alphabetic() || b"-_ ".contains(&b)) {
        return None;
    }
    let plain: String = word.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_lowercase();
    let store = match plain.as_str() {
        "ssm" => Store::Ssm,
        "secretsmanager" => Store::SecretsManager,
        _ if is_near_ssm(&plain, rest) => Store::Ssm,
        _ if strsim::damerau_levenshtein(&plain, "secretsmanager") <= 3 && !rest.starts_with("//") => {
            Store::SecretsManager
        }
        _ => return None,
    };
    let scheme = store.as_str();
    Some(if word == scheme {
        format!("drop the spaces or quotes around {scheme}:...")
    } else {
        format!("did you mean {scheme}: instead of {word}:?")
    })
}

/// A slip of `ssm` before what looks like a parameter. Real URL schemes a letter away (`ssh://`) stay what they are.
fn is_near_ssm(word: &str, rest: &str) -> bool {
    let looks_like_parameter = (rest.starts_with('/') && !rest.starts_with("//")) || rest.starts_with("arn:");
    let only_its_letters = (2..=5).contains(&word.len()) && word.bytes().all(|b| b == b's' || b == b'm');
    (only_its_letters && rest.starts_with('/'))
        || (looks_like_parameter && word != "ssh" && strsim::damerau_levenshtein(word, "ssm") == 1)
}
