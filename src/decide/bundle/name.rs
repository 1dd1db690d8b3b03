//! Names of files in a bundle: each below its root, each in one way only.

/// As POSIX has it for one component and for a whole path (less than Linux takes).
const MAX_COMPONENT: usize = 255;
const MAX_NAME: usize = 1024;
const MAX_DEPTH: usize = 32;

/// `/data.json` (as `opa build` writes it) and `./data.json` (as `tar .` does) are `data.json`; the root itself is
/// empty. Fails with what is wrong with it.
///
/// Nothing is ever written under such a name, and yet two readers of a bundle must not see different files in it.
pub fn normal(raw: &str) -> Result<&str, &'static str> {
    let name = raw.strip_prefix("./").or_else(|| raw.strip_prefix('/')).unwrap_or(raw);
    if name.is_empty() || name == "." {
        return Ok("");
    }
    if name.len() > MAX_NAME {
        return Err("is longer than 1024 bytes");
    }
    if name.chars().any(char::is_control) {
        return Err("has a control character in it");
    }
    if name.contains('\\') {
        return Err("has a backslash in it");
    }
    let mut depth = 0;
    for component in name.split('/') {
        depth += 1;
        match component {
            "" => return Err("has an empty component"),
            "." | ".." => return Err("leads through . or .."),
            _ if component.len() > MAX_COMPONENT => return Err("has a component longer than 255 bytes"),
            _ if component.starts_with('.') && !is_the_bundles_own(name) => return Err("is hidden"),
            _ if component.ends_with(['.', ' ']) => {
                return Err("has a component that ends in a dot or a space");
            }
            _ => {}
        }
    }
    if depth > MAX_DEPTH {
        return Err("is nested deeper than 32 directories");
    }
    Ok(name)
}

pub const MANIFEST: &str = ".manifest";
pub const SIGNATURES: &str = ".signatures.json";

/// What lies at the root and is no policy.
pub fn is_the_bundles_own(name: &str) -> bool {
    name == MANIFEST || name == SIGNATURES
}

/// What two names have in common when they differ by case alone.
pub fn folded(name: &str) -> String {
    name.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_leading_slash_or_dot_is_the_bundles_root() {
        for raw in ["a/data.json", "/a/data.json", "./a/data.json"] {
            assert_eq!(normal(raw), Ok("a/data.json"), "{raw}");
        }
        for root in ["", "/", "./", "."] {
            assert_eq!(normal(root), Ok(""), "{root}");
        }
        for own in ["/.manifest", ".signatures.json"] {
            assert!(is_the_bundles_own(normal(own).unwrap()), "{own}");
        }
    }

    #[test]
    fn what_another_reader_may_take_for_another_file_is_refused() {
        let long = "a".repeat(256);
        let longer = "a/".repeat(600) + "a";
        let deep = "a/".repeat(32) + "a";
        for raw in [
            "../a.rego",
            "a/../b.rego",
            "a/./b.rego",
            "//a.rego",
            "a//b.rego",
            ".//a.rego",
            "/../a",
            "a/..",
            "..",
            "a/",
            "a\\b.rego",
            "..\\a.rego",
            "a\0.rego",
            "a\n.rego",
            ".hidden.rego",
            "a/.manifest",
            "._a.rego",
            ".git/config",
            "a./b.rego",
            "a.rego ",
            &long,
            &longer,
            &deep,
        ] {
            assert!(normal(raw).is_err(), "{raw}");
        }
    }
}
