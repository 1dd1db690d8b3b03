//! The tools that `vestry import` knows.

use crate::declare::compat;

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Tool {
    /// `x-crypteia-ssm:`, `x-crypteia-ssm-path:`
    Crypteia,
    /// The services of `chamber exec`
    Chamber,
    /// `ssm://NAME`
    SsmEnv,
    /// `ssm://NAME`, `sm://NAME` (telia's)
    AwsEnv,
    /// ARNs by themselves
    SecretsInit,
    /// `bref-ssm:`, `bref-secretsmanager:`
    Bref,
    /// The secrets of a task definition
    Ecs,
    /// `{{resolve:ssm:…}}`, `{{resolve:ssm-secure:…}}`, `{{resolve:secretsmanager:…}}`; `${ssm:…}` of a serverless.yml
    #[value(alias = "serverless")]
    Cloudformation,
    /// Names in `*_SECRET_ID`, `*_SECRET_NAME`, `*_SECRET_ARN`, `*_PARAMETER_NAME`
    AwsExtension,
}

impl Tool {
    /// The same, where it is read at run time too.
    pub fn at_run_time(self) -> Option<compat::Tool> {
        Some(match self {
            Self::Crypteia => compat::Tool::Crypteia,
            Self::SsmEnv => compat::Tool::SsmEnv,
            Self::AwsEnv => compat::Tool::AwsEnv,
            Self::SecretsInit => compat::Tool::SecretsInit,
            Self::Bref => compat::Tool::Bref,
            Self::Chamber | Self::Ecs | Self::Cloudformation | Self::AwsExtension => return None,
        })
    }
}

/// Those that are asked: the ones that were named, or all.
pub(super) struct Asked<'a>(pub &'a [Tool]);

impl Asked<'_> {
    pub fn has(&self, tool: Tool) -> bool {
        self.0.is_empty() || self.0.contains(&tool)
    }

    /// Whether a person said that it is this one.
    pub fn names(&self, tool: Tool) -> bool {
        self.0.contains(&tool)
    }

    pub fn at_run_time(&self) -> Vec<compat::Tool> {
        let all = <Tool as clap::ValueEnum>::value_variants().iter();
        all.filter(|tool| self.has(**tool)).filter_map(|tool| tool.at_run_time()).collect()
    }
}
