//! The environments that Lambda builds: one for the runtime, a smaller one for extensions.

use std::net::SocketAddr;

use super::function::Function;
use crate::declare::Environment;

/// What an extension sees: everything that the owner configured, and Lambda's own without what is the runtime's.
pub(super) fn of_extension(function: &Function, api: SocketAddr) -> Environment {
    let mut environment = function.variables.clone();
    for name in RUNTIME_ONLY {
        environment.remove(name);
    }
    for (name, value) in common(function, api) {
        if !value.is_empty() {
            environment.set(name, value);
        }
    }
    environment
}

/// What the runtime sees.
pub(super) fn of_runtime(function: &Function, api: SocketAddr) -> Environment {
    let mut environment = of_extension(function, api);
    environment.set("_HANDLER", &function.handler);
    environment.set("LAMBDA_TASK_ROOT", function.task_root.as_os_str());
    environment.set("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", function.name));
    environment.set("AWS_LAMBDA_LOG_STREAM_NAME", format!("local/[{}]", function.version));
    environment
}

/// What Lambda keeps from extensions.
const RUNTIME_ONLY: [&str; 8] = [
    "_HANDLER",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_XRAY_CONTEXT_MISSING",
    "AWS_XRAY_DAEMON_ADDRESS",
];

fn common(function: &Function, api: SocketAddr) -> [(&'static str, String); 7] {
    [
        ("AWS_REGION", function.region.clone()),
        ("AWS_DEFAULT_REGION", function.region.clone()),
        ("AWS_LAMBDA_FUNCTION_NAME", function.name.clone()),
        ("AWS_LAMBDA_FUNCTION_VERSION", function.version.clone()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function.memory_mb.to_string()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", function.initialization_type.clone()),
        ("AWS_LAMBDA_RUNTIME_API", api.to_string()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extension_sees_the_owners_variables_and_not_the_runtimes() {
        let mut function = Function::new(["true"]);
        function.variables =
            [("DB", "ssm:/db"), ("AWS_LAMBDA_EXEC_WRAPPER", "/opt/x"), ("AWS_EXECUTION_ENV", "e")]
                .into_iter()
                .collect();
        let api = "127.0.0.1:9".parse().unwrap();
        let (extension, runtime) = (of_extension(&function, api), of_runtime(&function, api));
        for name in ["DB", "AWS_LAMBDA_EXEC_WRAPPER", "AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_FUNCTION_NAME"] {
            assert!(extension.get(name).is_some() && runtime.get(name).is_some(), "{name}");
        }
        for name in
            ["_HANDLER", "LAMBDA_TASK_ROOT", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME"]
        {
            assert!(extension.get(name).is_none() && runtime.get(name).is_some(), "{name}");
        }
        assert!(extension.get("AWS_EXECUTION_ENV").is_none());
    }
}
