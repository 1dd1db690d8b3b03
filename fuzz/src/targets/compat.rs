//! Other tools' references. What one of them claims is no reference of ours, and what it becomes is printed as one of ours
//! that asks for the same.

use vestry::declare::compat::{self, Foreign};
use vestry::declare::grammar;

use crate::seeds;
use crate::target::{Broken, Outcome, Target, shape, text};

pub struct Compat;

const ALL: &str = "crypteia,ssm-env,aws-env,secrets-init,bref";

impl Target for Compat {
    fn seeds(&self) -> Vec<Vec<u8>> {
        seeds::texts(&[
            "DB=x-crypteia-ssm:/prod/db",
            "X_CRYPTEIA_SSM=x-crypteia-ssm-path:/prod/app\nDB=x-crypteia",
            "DB=ssm:///prod/db",
            "DB=awsssm:///prod/db",
            "DB=awssm:///prod/db#key",
            "DB=arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf",
            "DB=arn:aws:ssm:eu-west-1:123456789012:parameter/prod/db",
            "DB=bref-ssm:/prod/db",
            "DB=bref-secretsmanager:prod/db",
            "DB=ssm:/prod/db",
            "DB=secretsmanager:prod/db#k",
        ])
    }

    fn words(&self) -> &'static [&'static str] {
        &[
            "x-crypteia",
            "x-crypteia-ssm:",
            "x-crypteia-ssm-path:",
            "ssm://",
            "awsssm://",
            "awssm://",
            "awskms://",
            "sm://",
            "bref-ssm:",
            "bref-secretsmanager:",
            "arn:aws:ssm:",
            "arn:aws:secretsmanager:",
            ":parameter/",
            ":secret:",
            "#",
            "?",
            "&",
            "/*",
            "#*",
            "=",
            "\n",
            ":3",
            "%2f",
        ]
    }

    fn longest(&self) -> usize {
        400
    }

    fn run(&mut self, case: &[u8]) -> Result<Outcome, Broken> {
        let case = text(case);
        let variables: Vec<(&str, &str)> = case.lines().filter_map(|line| line.split_once('=')).collect();
        let (tools, faults) = compat::tools(ALL);
        if !faults.is_empty() {
            return Err("a tool is not known by its own name".into());
        }
        let foreign = Foreign::new(&tools, variables.iter().copied());
        let mut outcome = String::new();
        for (name, value) in &variables {
            let Some((tool, claim)) = foreign.claim(name, value) else { continue };
            outcome += tool.as_str();
            let reference = match claim {
                Ok(reference) => reference,
                Err(fault) => {
                    outcome += &shape(&fault.why);
                    continue;
                }
            };
            if let Some(Ok((store, rest))) = grammar::scheme(value)
                && grammar::reference(store, rest).is_ok()
            {
                return Err(format!("{value:?} is ours, and {} claims it", tool.as_str()));
            }
            let shown = reference.to_string();
            let again = grammar::scheme(&shown).and_then(Result::ok);
            let again = again.and_then(|(store, rest)| grammar::reference(store, rest).ok());
            if again.is_none_or(|again| again.source != reference.source || again.key != reference.key) {
                return Err(format!("{value:?} is printed as {shown:?}, which asks for something else"));
            }
        }
        Ok(outcome.chars().take(200).collect())
    }
}
