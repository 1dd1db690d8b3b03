//! What signatures are held against.

use super::key::VerificationKey;
use super::tree::bounded;
use crate::declare::settings::PolicyKey;
use crate::error::Problem;

const MAX_KEY_BYTES: u64 = 64 << 10;

/// Whom a policy has to come from.
#[derive(Debug)]
pub enum Trust {
    /// Everything has to be signed with it.
    Key(Box<VerificationKey>),
    /// Nothing has to be signed, and what is signed is refused: a signature that nobody checks would look like one that
    /// somebody does.
    NoKey,
    /// Signatures are left aside, for somebody who only looks at a policy.
    #[cfg(feature = "tool")]
    Unchecked,
}

impl Trust {
    /// The public key of the layer, or of the variable where the layer has none. A key that cannot be read refuses: it
    /// was put there to be used.
    pub fn of(key: Option<&PolicyKey>) -> Result<Self, Problem> {
        let Some(key) = key else { return Ok(Self::NoKey) };
        let refuse = |why: &str| {
            super::super::policy::invalid(&format!("key {key}: {why}"))
                .advice("put a public key there: RSA of at least 2048 bits, P-256 or P-384, in PEM")
        };
        let text = match key {
            PolicyKey::Variable(text)
                if text.trim_start().starts_with("-----BEGIN") || text.contains('\n') =>
            {
                text.clone()
            }
            PolicyKey::Variable(path) => read(path.as_ref()).map_err(|why| refuse(&why))?,
            PolicyKey::Layer(path) => read(path).map_err(|why| refuse(&why))?,
            #[cfg(feature = "tool")]
            PolicyKey::Unchecked => return Ok(Self::Unchecked),
        };
        VerificationKey::from_pem(&text).map(|key| Self::Key(Box::new(key))).map_err(|why| refuse(&why))
    }
}

fn read(path: &std::path::Path) -> Result<String, String> {
    let bytes = bounded(path, MAX_KEY_BYTES).map_err(|fault| format!("it {fault}"))?;
    let bytes = bytes.ok_or_else(|| format!("it is larger than {MAX_KEY_BYTES} bytes"))?;
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8".into())
}
