//! What `vestry import` reads: `.env` files, task definitions, templates. What it writes is a manifest, and no value of a
//! plain variable is in it, or in what is said beside it.

use std::collections::BTreeMap;
use std::path::Path;

use vestry::cli::fuzz::import::{Imported, env_file, task_definition, template};
use vestry::declare::manifest::{self, Format};
use vestry::template::Template;

use crate::seeds;
use crate::target::{Broken, CANARY, Outcome, Target, says_nothing, shape, shape_of, text};

/// The first byte says what it is.
pub struct Import;

const PLAIN: &[(&str, &str)] = &[
    ("PLAIN_TOKEN", CANARY),
    ("AROUND", "qZ7vK2xW9pJ4{{resolve:ssm:/a}}"),
    ("URL", "https://u:qZ7vK2xW9pJ4@h/ssm:/x"),
];

impl Target for Import {
    fn seeds(&self) -> Vec<Vec<u8>> {
        seeds::texts(&[
            "0# a comment\nA=x-crypteia-ssm:/a\nexport B = 'ssm:///b' # c\nC=\"two\nlines \\\"q\\\" \\n\"\nD=sm://d\n",
            "0X=x-crypteia-ssm-path:/app\nDB=x-crypteia\nE=bref-ssm:/e\nF=arn:aws:ssm:eu-west-1:123456789012:parameter/f\n",
            "0API_SECRET_ID=prod/api\nDB_PARAMETER_NAME=/prod/db\nPARAMETERS_SECRETS_EXTENSION_HTTP_PORT=2773\n\
             CHAMBER_SECRET_BACKEND=ssm\nFROM=chamberme\n",
            "1URL=postgres://{{resolve:ssm:u}}:{{resolve:ssm-secure:p:3}}@h/${x}\n\
             K={{resolve:secretsmanager:prod/db:SecretString:k:AWSPREVIOUS:v}}\n",
            r#"2{"containerDefinitions":[{"name":"app","environment":[{"name":"A","value":"ssm:///a"}],"secrets":[{"name":"B","valueFrom":"/b"},{"name":"C","valueFrom":"arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/c-AbCdEf:k::"}],"command":["chamber","exec","orders","--","run"]}]}"#,
            "2family: x\ncontainerDefinitions:\n- name: app\n  secrets:\n  - {name: B, valueFrom: !Ref P}\n  environmentFiles: [{value: x}]\n",
            "2Resources:\n  T:\n    Type: AWS::ECS::TaskDefinition\n    Properties:\n      ContainerDefinitions:\n      - Name: app\n\
             \x20       Secrets: [{Name: A, ValueFrom: /a}]\n",
            "3Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      Environment:\n        Variables:\n\
             \x20         A: !Sub '{{resolve:ssm:/${S}/a}}'\n          B: '{{resolve:secretsmanager:b}}'\n          C: x-crypteia-ssm:/c\n\
             \x20         D: !Sub 'x-crypteia-ssm:/${S}'\nParameters: {S: {Type: String}}\n",
        ])
    }

    fn words(&self) -> &'static [&'static str] {
        &[
            "{{resolve:ssm:",
            "{{resolve:ssm-secure:",
            "{{resolve:secretsmanager:",
            ":SecretString:",
            "}}",
            "x-crypteia-ssm:",
            "x-crypteia",
            "ssm://",
            "sm://",
            "bref-ssm:",
            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:",
            "chamberme",
            "_SECRET_ID=",
            "_PARAMETER_NAME=",
            "export ",
            "\nA=",
            "\nB = '",
            "\"containerDefinitions\"",
            "\"secrets\"",
            "\"environment\"",
            "\"valueFrom\"",
            "\"name\"",
            "\"command\"",
            "taskDefinition",
            "!Ref S",
            "!Sub ",
            "&a ",
            "*a",
            "'''",
            "\"\"\"",
            "${",
            "#/",
            "?optional",
        ]
    }

    fn longest(&self) -> usize {
        2 << 10
    }

    fn run(&mut self, case: &[u8]) -> Result<Outcome, Broken> {
        let (first, rest) = case.split_first().unwrap_or((&b'0', &[]));
        let text = text(rest);
        let all = match first % 4 {
            0 => vec![env_file(&text, PLAIN, false)],
            // Then the text around references is wanted.
            1 => vec![env_file(&text, &[], true)],
            2 => match task_definition(&text, PLAIN) {
                Ok(imported) => vec![imported],
                Err(why) => return Ok(shape(&why)),
            },
            _ => match Template::parse("template.yaml".into(), &text, BTreeMap::new()) {
                Ok(read) => template(&read, PLAIN),
                Err(error) => return Ok(shape(&error.to_string())),
            },
        };
        let mut outcome = format!("{} {}", first % 4, all.len().min(3));
        for imported in &all {
            outcome += &is_sound(imported)?;
        }
        Ok(outcome.chars().take(400).collect())
    }
}

fn is_sound(imported: &Imported) -> Result<Outcome, Broken> {
    says_nothing(&imported.manifest)?;
    imported.said.iter().try_for_each(|said| says_nothing(said))?;
    let read = manifest::read(imported.manifest.as_bytes(), Path::new("vestry.toml"), Format::Toml, None);
    let read = read
        .map_err(|problems| format!("it writes what is no manifest: {problems:?}\n{}", imported.manifest))?;
    let there = read.declarations.len() + read.composed.len();
    if there < imported.count {
        return Err(format!(
            "of {} references {there} are in the manifest\n{}",
            imported.count, imported.manifest
        ));
    }
    Ok(format!(" {} {}", imported.count.min(5), shape_of(&imported.said)))
}
