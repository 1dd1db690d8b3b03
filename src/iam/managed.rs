//! The managed policies that functions have for the most part, as far as they speak of what INIT asks for.
//! <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>

/// Actions on every resource; none where nothing in it is INIT's. `None` where the policy is not known here.
pub fn actions(name: &str) -> Option<&'static [&'static str]> {
    let name = name.rsplit('/').next().unwrap_or(name);
    Some(match name {
        "AdministratorAccess" => &["*"],
        "AmazonSSMFullAccess" => &["ssm:*"],
        "AmazonSSMReadOnlyAccess" => &["ssm:Describe*", "ssm:Get*", "ssm:List*"],
        "SecretsManagerReadWrite" => &["secretsmanager:*"],
        "PowerUserAccess" => &["ssm:*", "secretsmanager:*", "kms:*"],
        "AWSLambdaBasicExecutionRole"
        | "AWSLambdaVPCAccessExecutionRole"
        | "AWSLambdaSQSQueueExecutionRole"
        | "AWSLambdaDynamoDBExecutionRole"
        | "AWSLambdaKinesisExecutionRole"
        | "AWSLambdaMSKExecutionRole"
        | "AWSXRayDaemonWriteAccess"
        | "AWSXrayWriteOnlyAccess"
        | "CloudWatchLambdaInsightsExecutionRolePolicy" => &[],
        _ => return None,
    })
}
