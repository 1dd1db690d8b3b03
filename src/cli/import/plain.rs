//! Whether a plain value is likely a secret that somebody left there.

/// What the last word of a name says about secrets is not a secret: `TOKEN_URL`.
const ABOUT: [&str; 16] = [
    "ARN", "COUNT", "ENABLED", "ENDPOINT", "EXPIRY", "FILE", "HOST", "ID", "LENGTH", "NAME", "PATH",
    "TIMEOUT", "TTL", "TYPE", "URI", "URL",
];
const WORDS: [&str; 12] = [
    "APIKEY",
    "CREDENTIAL",
    "CREDENTIALS",
    "PASSPHRASE",
    "PASSWD",
    "PASSWORD",
    "PRIVATE",
    "PW",
    "SECRET",
    "SECRETS",
    "TOKEN",
    "PWD",
];
const KEYS: [&str; 7] = ["ACCESS", "API", "AUTH", "ENCRYPTION", "MASTER", "PRIVATE", "SIGNING"];
const BEGINNINGS: [&str; 8] =
    ["-----BEGIN ", "AKIA", "ghp_", "github_pat_", "glpat-", "sk_live_", "xoxb-", "xoxp-"];

/// By its name, or by what it looks like.
pub(super) fn is_likely_secret(name: &str, value: &str) -> bool {
    // A shell sets them to directories.
    if value.is_empty() || name == "PWD" || name == "OLDPWD" {
        return false;
    }
    if BEGINNINGS.iter().any(|beginning| value.starts_with(beginning)) || has_password(value) || is_jwt(value)
    {
        return true;
    }
    let said_plainly =
        matches!(value, "true" | "false") || value.parse::<f64>().is_ok_and(|_| value.len() < 6);
    !said_plainly && named_so(&name.to_ascii_uppercase())
}

fn named_so(name: &str) -> bool {
    let words: Vec<&str> = name.split('_').collect();
    let last = words.last().copied().unwrap_or_default();
    let key = words.windows(2).any(|pair| KEYS.contains(&pair[0]) && pair[1] == "KEY");
    !ABOUT.contains(&last) && (key || words.iter().any(|word| WORDS.contains(word)))
}

/// `scheme://user:password@host`
fn has_password(value: &str) -> bool {
    let Some((_, rest)) = value.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let user = authority.rsplit_once('@').and_then(|(user, _)| user.split_once(':'));
    user.is_some_and(|(_, password)| !password.is_empty())
}

fn is_jwt(value: &str) -> bool {
    value.starts_with("eyJ") && value.matches('.').count() == 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_from_settings() {
        for (name, value) in [
            ("DB_PASSWORD", "x"),
            ("apiToken_SECRET", "x"),
            ("STRIPE_API_KEY", "x"),
            ("DATABASE_URL", "postgres://u:p@host/db"),
            ("CERT", "-----BEGIN PRIVATE KEY-----"),
            ("AWS_SECRET_ACCESS_KEY", "x"),
            ("AWS_SESSION_TOKEN", "x"),
            ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
            ("X", "eyJhbGciOi.eyJzdWIi.c2ln"),
        ] {
            assert!(is_likely_secret(name, value), "{name}");
        }
        for (name, value) in [
            ("STAGE", "prod"),
            ("TOKEN_URL", "https://login.example.com/token"),
            ("PASSWORD_LENGTH", "16"),
            ("SECRET_ENABLED", "true"),
            ("TOKEN_REFRESH", "300"),
            ("DB_PASSWORD", ""),
            ("DATABASE_URL", "postgres://host:5432/db"),
            ("PARTITION_KEY", "id"),
            ("AWS_SECRET_ACCESS_KEY", ""),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/run/token"),
            ("PWD", "/home"),
        ] {
            assert!(!is_likely_secret(name, value), "{name}");
        }
    }
}
