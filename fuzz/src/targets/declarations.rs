//! A manifest in each of its formats. It is refused with places, or understood: then every name is one that a variable can
//! have, nothing steers the loader, and no message tells the text of a default.

use std::path::Path;

use vestry::declare::manifest::{self, Format};
use vestry::declare::names;

use crate::seeds;
use crate::target::{Broken, CANARY, Outcome, Target, says_nothing, shape_of};

/// The first byte of a case chooses the format.
const FORMATS: [(Format, &str); 3] =
    [(Format::Toml, "vestry.toml"), (Format::Json, "vestry.json"), (Format::Yaml, "vestry.yaml")];

pub struct Declarations;

impl Target for Declarations {
    fn seeds(&self) -> Vec<Vec<u8>> {
        seeds::texts(&[
            "0parameters = [\"/prod/db/password\", \"FLAG=/prod/flag\", \"/prod/flags/*\"]\nsecrets = [\"prod/stripe\"]\n",
            "0[variables]\nA = \"ssm:/a\"\nB = { store = \"secretsmanager\", name = \"prod/b\", key = \"k\", optional = true, decode = \"base64\" }\n",
            "0[variables]\nC = { ref = \"ssm:/c\", as = \"file\", mode = \"0400\" }\nURL = \"postgres://${user}:${p | urlencode}@h/$${x}\"\n[references]\nuser = \"ssm:/u\"\np = \"ssm:/p\"\n",
            "0[[trees]]\npath = \"ssm:/prod/app/*\"\nprefix = \"APP_\"\nstrip = \"f_\"\ncase = \"upper\"\nrename = { \"a/b\" = \"C\" }\n[[lists]]\nentries = [\"/x\"]\nprefix = \"P_\"\n",
            "0[variables]\nA = \"ssm:/a\"\n[profile.prod.variables]\nA = \"ssm:/b\"\nX = { ref = \"ssm:/x\", role_arn = \"arn:aws:iam::123456789012:role/r\", external_id = \"e\", region = \"eu-west-1\" }\n",
            "1{\"variables\": {\"A\": \"ssm:/a\", \"B\": {\"ref\": \"ssm:/b\", \"optional\": true}}, \"secrets\": [\"prod/x#*\"]}",
            "2variables:\n  A: ssm:/a\n  B: {store: ssm, name: /b, version: \"3\"}\ntrees:\n  - path: ssm:/t/*\n    case: keep\n",
        ])
    }

    fn words(&self) -> &'static [&'static str] {
        &[
            "[variables]",
            "[references]",
            "[[trees]]",
            "[[lists]]",
            "[profile.p.variables]",
            "variables",
            "ref",
            "store",
            "name",
            "key",
            "version",
            "label",
            "stage",
            "optional",
            "default",
            "decode",
            "as",
            "mode",
            "region",
            "role_arn",
            "external_id",
            "prefix",
            "strip",
            "case",
            "rename",
            "entries",
            "path",
            "ssm:",
            "secretsmanager:",
            "${",
            "}",
            "$${",
            " | urlencode",
            " | json",
            "LD_PRELOAD",
            "PATH",
            "AWS_REGION",
            "VESTRY_POLICY",
            "\"\"\"",
            "'",
            "&a",
            "*a",
            "<<",
            "!!str",
            "---",
            "\u{feff}",
            "\0",
        ]
    }

    fn longest(&self) -> usize {
        2000
    }

    fn run(&mut self, case: &[u8]) -> Result<Outcome, Broken> {
        let (first, rest) = case.split_first().unwrap_or((&b'0', &[]));
        let (format, name) = FORMATS[usize::from(*first) % FORMATS.len()];
        let with_default = match format {
            Format::Toml => format!("\n[variables.CANARY_0]\nref = \"ssm:/c\"\ndefault = \"{CANARY}\"\n"),
            Format::Json => String::new(),
            Format::Yaml => format!("\nreferences: {{canary: {{ref: ssm:/c, default: {CANARY}}}}}\n"),
        };
        let mut outcome = String::from(name);
        for text in [rest.to_vec(), [rest, with_default.as_bytes()].concat()] {
            let read = manifest::read(&text, Path::new(name), format, None);
            let manifest = match read {
                Ok(manifest) => manifest,
                Err(problems) if problems.is_empty() => return Err("refused without a reason".into()),
                Err(problems) => {
                    problems
                        .iter()
                        .try_for_each(|problem| says_nothing(&format!("{problem} {problem:?}")))?;
                    outcome += &shape_of(&problems);
                    continue;
                }
            };
            says_nothing(&format!("{manifest:?}"))?;
            let declared = manifest.declarations.iter().filter(|d| !d.reference.expands());
            let declared = declared.filter(|d| !matches!(d.form, vestry::declare::Form::Part(_)));
            let declared = declared.filter_map(|d| d.name.as_deref());
            for name in declared.chain(manifest.composed.iter().map(|composed| composed.name.as_str())) {
                if !names::is_valid(name) || name.starts_with("VESTRY_") {
                    return Err(format!("it sets {name:?}"));
                }
            }
            outcome += &format!("{} {}", manifest.declarations.len().min(5), manifest.composed.len().min(3));
        }
        Ok(outcome.chars().take(200).collect())
    }
}
