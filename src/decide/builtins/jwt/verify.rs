//! Signatures, by the algorithms that JWTs know and this program has (no P-521).

use ring::{hmac, signature};

/// RFC 7518, 3.1, and RFC 8037.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Hs256,
    Hs384,
    Hs512,
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    EdDsa,
}

/// A key that verifies; the numbers big-endian.
#[derive(Debug)]
pub(super) enum PublicKey {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// The uncompressed point.
    P256(Vec<u8>),
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
}

impl Algorithm {
    const NAMES: [(&'static str, Self); 12] = [
        ("HS256", Self::Hs256),
        ("HS384", Self::Hs384),
        ("HS512", Self::Hs512),
        ("RS256", Self::Rs256),
        ("RS384", Self::Rs384),
        ("RS512", Self::Rs512),
        ("PS256", Self::Ps256),
        ("PS384", Self::Ps384),
        ("PS512", Self::Ps512),
        ("ES256", Self::Es256),
        ("ES384", Self::Es384),
        ("EdDSA", Self::EdDsa),
    ];

    /// `Ok(None)` for a name that nobody knows, an error for one that OPA knows and Vestry does not.
    pub fn named(name: &str) -> Result<Option<Self>, String> {
        if name == "ES512" {
            return Err("ES512 is not supported".into());
        }
        Ok(Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, algorithm)| *algorithm))
    }

    pub fn hmac(self) -> Option<hmac::Algorithm> {
        match self {
            Self::Hs256 => Some(hmac::HMAC_SHA256),
            Self::Hs384 => Some(hmac::HMAC_SHA384),
            Self::Hs512 => Some(hmac::HMAC_SHA512),
            _ => None,
        }
    }

    pub fn verify_secret(self, secret: &[u8], signed: &[u8], signature: &[u8]) -> bool {
        let Some(algorithm) = self.hmac() else { return false };
        hmac::verify(&hmac::Key::new(algorithm, secret), signed, signature).is_ok()
    }

    fn rsa(self) -> Option<&'static signature::RsaParameters> {
        match self {
            Self::Rs256 => Some(&signature::RSA_PKCS1_2048_8192_SHA256),
            Self::Rs384 => Some(&signature::RSA_PKCS1_2048_8192_SHA384),
            Self::Rs512 => Some(&signature::RSA_PKCS1_2048_8192_SHA512),
            Self::Ps256 => Some(&signature::RSA_PSS_2048_8192_SHA256),
            Self::Ps384 => Some(&signature::RSA_PSS_2048_8192_SHA384),
            Self::Ps512 => Some(&signature::RSA_PSS_2048_8192_SHA512),
            _ => None,
        }
    }

    /// False where the key is of another kind.
    ///
    /// An error where OPA would compute what this program cannot: `false` might be the wrong answer.
    pub fn verify(self, key: &PublicKey, signed: &[u8], signature: &[u8]) -> Result<bool, String> {
        let verified = match (self, key) {
            (_, PublicKey::Rsa { modulus, exponent }) => {
                let Some(parameters) = self.rsa() else { return Ok(false) };
                let bits = bits_of(modulus);
                if !(2048..=8192).contains(&bits) {
                    return Err(format!("RSA keys of {bits} bits are not supported"));
                }
                let key = signature::RsaPublicKeyComponents { n: modulus, e: exponent };
                key.verify(parameters, signed, signature).is_ok()
            }
            (Self::Es256, PublicKey::P256(point)) => {
                verified_by(&signature::ECDSA_P256_SHA256_FIXED, point, signed, signature)
            }
            (Self::Es384, PublicKey::P384(point)) => {
                verified_by(&signature::ECDSA_P384_SHA384_FIXED, point, signed, signature)
            }
            (Self::Es256, PublicKey::P384(_)) | (Self::Es384, PublicKey::P256(_)) => {
                return Err("the key's curve is not that of the algorithm".into());
            }
            (Self::EdDsa, PublicKey::Ed25519(point)) => {
                verified_by(&signature::ED25519, point, signed, signature)
            }
            _ => false,
        };
        Ok(verified)
    }
}

fn verified_by(
    algorithm: &'static dyn signature::VerificationAlgorithm,
    key: &[u8],
    signed: &[u8],
    signature: &[u8],
) -> bool {
    signature::UnparsedPublicKey::new(algorithm, key).verify(signed, signature).is_ok()
}

fn bits_of(number: &[u8]) -> usize {
    let significant = number.iter().position(|byte| *byte != 0).map_or(&[][..], |at| &number[at..]);
    significant.first().map_or(0, |first| significant.len() * 8 - first.leading_zeros() as usize)
}
