//! The names that variables may have.

/// Whether a shell, and with it every runtime, can have a variable of this name.
pub fn is_valid(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether a variable of this name steers the loader, the runtime, the shell, TLS or Vestry itself.
///
/// Such a name is set only where the function's owner wrote it out, never from a key or path in a store: who may
/// write a parameter below a path must not thereby run code in the function.
pub fn steers(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    STEERING_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) || STEERING.contains(&name.as_str())
}

const STEERING_PREFIXES: &[&str] = &[
    "AWS_",
    "BASH_", // BASH_ENV, BASH_FUNC_*
    "BUN_",
    "DENO_",
    "ERL_",
    "GRPC_",
    "_LAMBDA_",
    "COMPLUS_",
    "CORECLR_",
    "DOTNET_",
    "DYLD_",
    "GIT_ASKPASS",
    "GIT_CONFIG",
    "GIT_EXEC",
    "GIT_EXTERNAL",
    "GIT_PROXY",
    "GIT_SSH",
    "GIT_TEMPLATE",
    "GLIBC_",
    "JAVA_",
    "JDK_",
    "LAMBDA_",
    "LD_",
    "LUA_",
    "MALLOC_",
    "NODE_",
    "NPM_CONFIG_",
    "OPENSSL_",
    "PERL5",
    "PYTHON",
    "RUBY",
    "VESTRY_",
    "_JAVA_",
    "_X_AMZN_",
];

const STEERING: &[&str] = &[
    "ALL_PROXY",
    "ASPNETCORE_HOSTINGSTARTUPASSEMBLIES",
    "BUNDLE_GEMFILE",
    "CDPATH",
    "CLASSPATH",
    "CURL_CA_BUNDLE",
    "ENV",
    "GCONV_PATH",
    "GEM_HOME",
    "GEM_PATH",
    "GETCONF_DIR",
    "GODEBUG",
    "HOME",
    "HOSTALIASES",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "IFS",
    "JVM_ARGS",
    "LANG",
    "LC_ALL",
    "LOCALDOMAIN",
    "LOCPATH",
    "NIS_PATH",
    "NLSPATH",
    "NO_PROXY",
    "PATH",
    "PERLLIB",
    "PHPRC",
    "PHP_INI_SCAN_DIR",
    "PS4",
    "PWD",
    "REQUESTS_CA_BUNDLE",
    "RESOLV_HOST_CONF",
    "RES_OPTIONS",
    "SHELL",
    "SHELLOPTS",
    "SSLKEYLOGFILE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TMPDIR",
    "TZDIR",
    "_HANDLER",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_a_valid_name() {
        for valid in ["A", "_", "db_password", "A1"] {
            assert!(is_valid(valid), "{valid}");
        }
        for invalid in ["", "1A", "A-B", "A B", "É", "A=B", "A\0"] {
            assert!(!is_valid(invalid), "{invalid}");
        }
    }

    #[test]
    fn knows_the_names_that_steer() {
        for name in ["LD_PRELOAD", "PATH", "NODE_OPTIONS", "PYTHONPATH", "JAVA_TOOL_OPTIONS", "AWS_REGION"] {
            assert!(steers(name), "{name}");
        }
        for name in ["LAMBDA_TASK_ROOT", "_HANDLER", "https_proxy", "VESTRY_POLICY", "BASH_FUNC_x"] {
            assert!(steers(name), "{name}");
        }
        // Go's TLS, glibc's resolver, Lambda's own file descriptors.
        for name in ["GODEBUG", "RESOLV_HOST_CONF", "_LAMBDA_TELEMETRY_LOG_FD", "GRPC_PROXY"] {
            assert!(steers(name), "{name}");
        }
        for name in
            ["DB_PASSWORD", "PATHS", "STRIPE_KEY", "LDAP_PASSWORD", "ENVIRONMENT", "GIT_TOKEN", "NPM_TOKEN"]
        {
            assert!(!steers(name), "{name}");
        }
    }
}
