//! A policy's `settings.toml`: whatever is taken, every reader of TOML reads the same; nothing else softens.

use vestry::decide::fuzz::reports;

use crate::seeds;
use crate::target::{Broken, Outcome, Target, shape_of, text};

pub struct SettingsToml;

impl Target for SettingsToml {
    fn seeds(&self) -> Vec<Vec<u8>> {
        seeds::texts(&[
            "mode = \"report\"\n",
            "# until March\r\nmode = 'enforce' # x\r\n",
            "\tmode=\"report\"#",
            "[a]\nmode = \"report\"",
            "mode = \"\"\"report\"\"\"",
        ])
    }

    fn words(&self) -> &'static [&'static str] {
        &[
            "mode",
            "report",
            "enforce",
            "mode = \"report\"",
            "'report'",
            "\\u0072",
            "\"mode\"",
            ".",
            "\u{a0}",
            "\r",
        ]
    }

    fn longest(&self) -> usize {
        400
    }

    fn run(&mut self, case: &[u8]) -> Result<Outcome, Broken> {
        let text = text(case);
        let reports = match reports(&text) {
            Ok(reports) => reports,
            Err(problems) => return Ok(shape_of(&problems)),
        };
        let table: toml::Table = text.parse().map_err(|error| format!("it is taken and no TOML: {error}"))?;
        let mode = table.get("mode").map(|mode| mode.as_str().map(str::to_string));
        match (table.len(), mode, reports) {
            (0, None, false) => Ok("none".into()),
            (1, Some(Some(mode)), reports) if mode == if reports { "report" } else { "enforce" } => Ok(mode),
            (_, mode, reports) => {
                Err(format!("it is taken for report={reports}, and TOML's mode is {mode:?}"))
            }
        }
    }
}
