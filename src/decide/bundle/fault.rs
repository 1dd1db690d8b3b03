//! What is wrong with a bundle, its signature or the key that it is held against.

use std::io;

use super::archive::{MAX_ARCHIVE_BYTES, MAX_FILE_BYTES, MAX_FILES, MAX_RATIO, MAX_UNPACKED_BYTES};

/// Each reads on from the bundle's path: "policy /opt/policy/b.tar.gz …".
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("cannot be read: {0}")]
    Unreadable(io::Error),
    #[error("is not a regular file")]
    NoFile,
    #[error("is larger than {MAX_ARCHIVE_BYTES} bytes")]
    LargeArchive,
    #[error("is neither a directory nor a gzip archive")]
    NoGzip,
    #[error("is not sound gzip: {0}")]
    Gzip(String),
    #[error("goes on behind the end of its gzip stream")]
    SecondMember,
    #[error("unpacks to more than {MAX_UNPACKED_BYTES} bytes")]
    LargeUnpacked,
    #[error("unpacks to more than {MAX_RATIO} times its size")]
    Bomb,
    #[error("is not a sound tar archive: {0}")]
    Tar(String),
    #[error("is cut off: its tar archive has no end, or something stands behind it")]
    NoEnd,
    #[error("holds more than {MAX_FILES} entries")]
    ManyFiles,
    #[error("holds {name}, which is larger than {MAX_FILE_BYTES} bytes")]
    LargeFile { name: String },
    #[error("holds {name}, which is {what}: only files and directories may be in a bundle")]
    Kind { name: String, what: &'static str },
    #[error("holds {name}, whose name {why}")]
    Name { name: String, why: &'static str },
    #[error("holds {0} twice, or two names that differ by upper and lower case alone")]
    Twice(String),
    #[error("holds {0}, which is not UTF-8")]
    Encoding(String),
    #[error("holds {name}, which Vestry does not run: {why}")]
    Unsupported { name: String, why: &'static str },
    #[error(".manifest: {0}")]
    Manifest(String),

    #[error("is not signed, and a key is in force ({0})")]
    Unsigned(String),
    #[error("is signed, and there is no key to hold it against")]
    NoKey,
    #[error(".signatures.json: {0}")]
    Signatures(String),
    #[error(".signatures.json: the token's algorithm is {found}, the key's {expected}")]
    Algorithm { found: String, expected: &'static str },
    #[error(".signatures.json: the signature is not the key's ({0})")]
    Signature(String),
    #[error(".signatures.json: its scope is {found:?}, the key's {expected:?}")]
    Scope { found: String, expected: String },
    #[error("holds {0}, which its signature does not list")]
    Extra(String),
    #[error("lacks {0}, which its signature lists")]
    Missing(String),
    #[error("holds {0}, which is not what was signed")]
    Altered(String),
    #[error("holds {name}, which cannot be hashed: {why}")]
    Hash { name: String, why: String },
}

impl Fault {
    /// What to do.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::NoGzip => {
                "name a directory of .rego files, or a bundle as `opa build` or `vestry policy bundle` writes it"
            }
            Self::Unsigned(_) => "sign it with `vestry policy sign`",
            Self::NoKey => {
                "give the key that it was signed with: /opt/vestry/policy.pub in the layer, or VESTRY_POLICY_KEY"
            }
            Self::Signature(_) => "sign it with the private key that belongs to this public key",
            Self::Scope { .. } => {
                "sign it with this scope, or write `scope: NAME` above the key's BEGIN line"
            }
            Self::Algorithm { .. } => "sign it with the key's own algorithm",
            Self::Extra(_) | Self::Missing(_) | Self::Altered(_) => {
                "put back what was signed, or look at it and sign it again"
            }
            Self::Manifest(_) => {
                "write what `opa build` does: {\"revision\": \"7\", \"roots\": [\"vestry\"], \"rego_version\": 1}"
            }
            Self::SecondMember | Self::NoEnd | Self::Gzip(_) | Self::Tar(_) => "build it again",
            Self::Unreadable(_) => "put it there so that everybody may read it: files 0644, directories 0755",
            Self::NoFile => "put the file itself in its place",
            Self::LargeArchive
            | Self::LargeUnpacked
            | Self::Bomb
            | Self::ManyFiles
            | Self::LargeFile { .. } => {
                "leave in it what belongs to the policy, or make several bundles of it"
            }
            Self::Kind { .. } | Self::Unsupported { .. } => "build it again without that",
            Self::Name { .. } | Self::Twice(_) => "rename it, and build the bundle again",
            Self::Encoding(_) => "save it as UTF-8, and build the bundle again",
            Self::Signatures(_) => "sign it anew with `vestry policy sign`",
            Self::Hash { .. } => "correct it, and sign the bundle again",
        }
    }
}

/// What another library or the bundle itself says, as a message can hold it: short, and in one line.
pub fn brief(text: impl ToString) -> String {
    let text = text.to_string();
    let plain = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let short: String = text.chars().map(plain).take(200).collect();
    if short.chars().count() < text.chars().count() { short + "…" } else { short }
}
