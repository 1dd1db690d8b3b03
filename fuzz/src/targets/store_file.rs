//! The stores of `vestry local`: a store, or every problem with its line and never a value.

use vestry::local::stores::StoreFile as Read;

use crate::seeds;
use crate::target::{Broken, CANARY, Outcome, Target, says_nothing, shape_of, text};

pub struct StoreFile;

impl Target for StoreFile {
    fn seeds(&self) -> Vec<Vec<u8>> {
        let seed = format!(
            "region = \"eu-west-1\"\naccount = \"123456789012\"\n[parameters]\n\"/a\" = \"{CANARY}\"\n\
             [parameters.\"/b\"]\nvalue = \"{CANARY}\"\ntype = \"String\"\nversion = 3\nlabels = [\"live\"]\n\
             last_modified = 2026-10-01T00:00:00Z\nolder = [{{ version = 2, value = \"off\", labels = [\"before\"] }}]\n\
             [secrets]\n\"x\" = \"text\"\n[secrets.\"prod/db\"]\nvalue = {{ user = \"app\", port = 5432 }}\n\
             previous = \"{CANARY}\"\ndeleted = false\nversions = [{{ value = \"v\", id = \"i\", stages = [\"BLUE\"] }}]\n\
             [[faults]]\nfailure = \"throttled\"\naction = \"GetParameters\"\nname = \"/prod/*\"\nfirst = 1\ntimes = 2\n"
        );
        let mut seeds = vec![seed.into_bytes(), format!("[secrets.a]\nbinary = \"{CANARY}\"\n").into_bytes()];
        seeds.extend(seeds::below("examples", "stores.toml"));
        seeds
    }

    fn words(&self) -> &'static [&'static str] {
        &[
            "[parameters.\"/c\"]\n",
            "[secrets.y]\n",
            "[[faults]]\n",
            "value = ",
            "type = ",
            "version = ",
            "labels = ",
            "older = [{",
            "failure = \"slow\"\nms = 1\n",
            "\"entry\"",
            "code = ",
            "first = 0",
            "times = -1",
            "binary = \"AAEC\"",
            "deleted = true",
            "1979-05-27T07:32:00Z",
            "1979-05-27",
            "inf",
            "nan",
            "1_000",
            "\"\"\"",
            "'",
            "\\u0000",
            "\\U0010FFFF",
            "region = ",
            "{}",
            "[]",
        ]
    }

    fn run(&mut self, case: &[u8]) -> Result<Outcome, Broken> {
        let text = text(case);
        match Read::parse(&text) {
            Ok(file) => {
                says_nothing(&format!("{file:?}"))?;
                Ok(format!("{} {}", file.faults.len().min(3), file.store.parameters.len().min(3)))
            }
            Err(problems) => {
                if problems.is_empty() {
                    return Err("it is refused and nobody says why".into());
                }
                if is_value(&text) {
                    says_nothing(&problems.join("\n"))?;
                }
                Ok(shape_of(&problems))
            }
        }
    }
}

/// Whether the canary stands where a value does: behind the one `=` of its line, in quotes, and nowhere else.
fn is_value(text: &str) -> bool {
    if text.contains("\"\"\"") || text.contains("'''") {
        return false;
    }
    text.lines().filter(|line| line.contains(CANARY)).all(|line| {
        let parts: Vec<_> = line.split('=').collect();
        matches!(parts.as_slice(), [key, value] if !key.contains(CANARY) && value.trim_start().starts_with('"'))
            && !line.contains(['{', '[', '\'', '\\'])
    })
}
