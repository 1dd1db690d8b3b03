//! From values to variables: each is a name that can be set, with a value that can, and no message tells a value.

use vestry::declare::{self, Environment, Host};
use vestry::resolve::fuzz::assemble;

use crate::make::json as make;
use crate::random::Random;
use crate::target::{Broken, CANARY, Outcome, Target, says_nothing, shape_of};

/// Which declarations, and the values with a byte 0xFE between.
pub struct Assemble;

const DECLARATIONS: &[&[(&str, &str)]] = &[
    &[("A", "ssm:/x"), ("B", "secretsmanager:x#k"), ("C", "ssm:/y#/a/0?optional")],
    &[("VESTRY_SECRETS", "prod/x#*"), ("P", "ssm:/tree/*")],
    &[("N", "secretsmanager:x#*"), ("D", "ssm:/x?decode=base64"), ("E", "ssm:/z#k?default=fallback")],
    &[("VESTRY_PARAMETERS", "/tree/*?optional,/a#/b/c,Q=/b#k?decode=base64"), ("PLAIN", "x")],
];
const BETWEEN: u8 = 0xfe;

fn secret(random: &mut Random) -> Vec<u8> {
    match random.below(6) {
        0 => CANARY.into(),
        1 => [CANARY.as_bytes(), &[0]].concat(),
        2 => format!("{{\"k\": \"{CANARY}\", \"a\": [\"{CANARY}\"], \"PATH\": \"{CANARY}\", \"é\": 1.0}}")
            .into_bytes(),
        3 => format!("{{\"k\": {}, \"LD_PRELOAD\": null, \"\": \"{CANARY}\"}}", make::value(random, 2))
            .into_bytes(),
        4 => format!("  {CANARY}+/=\n").into_bytes(),
        _ => make::value(random, 3).to_string().into_bytes(),
    }
}

impl Target for Assemble {
    fn seeds(&self) -> Vec<Vec<u8>> {
        let mut random = Random::new(3);
        (0..40).filter_map(|_| self.make(&mut random)).collect()
    }

    fn words(&self) -> &'static [&'static str] {
        &[
            "\"k\"",
            "\"a\"",
            "{\"",
            "\"}",
            "null",
            "AAECAw==",
            "\"LD_PRELOAD\"",
            "\"a b\"",
            "\"A_B\"",
            "\"a-b\"",
            "1e5",
            "\\u0000",
        ]
    }

    fn make(&self, random: &mut Random) -> Option<Vec<u8>> {
        let mut case = vec![random.below(DECLARATIONS.len()) as u8];
        for _ in 0..4 {
            if !random.once_in(6) {
                case.extend(secret(random));
            }
            case.push(BETWEEN);
        }
        Some(case)
    }

    fn run(&mut self, case: &[u8]) -> Result<Outcome, Broken> {
        let Some((which, rest)) = case.split_first() else { return Ok("no case".into()) };
        let declarations = DECLARATIONS[usize::from(*which) % DECLARATIONS.len()];
        let environment: Environment =
            declarations.iter().copied().chain([("AWS_REGION", "eu-west-1")]).collect();
        let nowhere = "/nonexistent";
        let host =
            Host { opt: nowhere.into(), task: nowhere.into(), delivery: Some(declare::Delivery::Exec) };
        let declared = declare::read(&environment, &host).map_err(|refusal| refusal.to_string())?;
        let values: Vec<Option<Vec<u8>>> = rest
            .split(|byte| *byte == BETWEEN)
            .chain(std::iter::repeat(&[][..]))
            .take(declared.declarations.len())
            .map(|value| (!value.is_empty()).then(|| value.to_vec()))
            .collect();
        // The names of keys become names of variables, and those are told.
        let is_name = values.iter().flatten().any(|value| has_key(value));
        match assemble(&declared, values) {
            Ok(resolved) => {
                let shown = format!("{resolved:?}");
                if !is_name {
                    says_nothing(&shown)?;
                }
                for variable in &resolved.variables {
                    if !declare::names::is_valid(&variable.name) || variable.value.expose().contains(&0) {
                        return Err(format!("{} cannot be set", variable.name));
                    }
                }
                Ok(format!("{} {}", resolved.variables.len().min(9), resolved.absent.len()))
            }
            Err(refusal) => {
                if !is_name {
                    says_nothing(&format!("{refusal} {refusal:?}"))?;
                }
                Ok(shape_of(refusal.problems()))
            }
        }
    }
}

/// Whether the canary is (part of) the name of a key.
fn has_key(value: &[u8]) -> bool {
    let canary = CANARY.as_bytes();
    let ends = value.windows(canary.len()).enumerate().filter(|(_, window)| *window == canary);
    ends.into_iter().any(|(at, _)| {
        let rest = &value[at + canary.len()..];
        let end = rest.iter().position(|byte| *byte == b'"').map_or(&[][..], |end| &rest[end + 1..]);
        end.trim_ascii_start().starts_with(b":")
    })
}
