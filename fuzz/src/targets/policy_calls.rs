//! Built-in functions, each called with whatever: an answer, undefined or an error, and never a denial less.

use std::time::Duration;

use vestry::decide::{Stage, fuzz::load};

use super::policy_decision::{ALWAYS, is_denied};
use crate::make::{json as make, rego};
use crate::random::Random;
use crate::seeds;
use crate::target::{Broken, Outcome, Target};

/// The name, a line end, and the arguments as a JSON array.
pub struct PolicyCalls;

const WORDS: &[&str] = &[
    "\"%s\"",
    "\"%v\"",
    "\"%-+#0 10.3f\"",
    "%!",
    "[[",
    "\"(?i)a\"",
    "\"[a-\"",
    "\"a{1,1000}\"",
    "\"**.{a,b}\"",
    "\"10.0.0.0/8\"",
    "\"::/0\"",
    "\"300.1.1.1/33\"",
    "\"eyJhbGciOiJIUzI1NiJ9.e30.AAAA\"",
    "\"2026-02-29T25:61:61Z\"",
    "\"2006-01-02\"",
    "\"1h2m3s\"",
    "-9223372036854775808",
    "1e308",
    "\"{{ range .a }}{{ . }}{{ end }}\"",
    "\"{{if .a}}x{{else}}y{{end}}\"",
    "\"1.2.3-rc.1+b\"",
    "\"MIIB\"",
    "\"10KiB\"",
    "\"1.5Mi\"",
    "[[\"a\",[\"b\"]]]",
    "{\"op\":\"add\",\"path\":\"/a/-\",\"value\":1}",
    "\"\\u0000\"",
    "\"é\"",
];

impl Target for PolicyCalls {
    fn seeds(&self) -> Vec<Vec<u8>> {
        seeds::texts(&[
            "sprintf\n[\"%d %s %v %q %x\", [1, \"a\", {\"b\": [1]}, \"c\", 255]]",
            "strings.render_template\n[\"{{.a}} {{range .b}}{{.}}{{end}}\", {\"a\": 1, \"b\": [1, 2]}]",
            "glob.match\n[\"{a,b}.*.c\", [\".\"], \"a.x.c\"]",
            "net.cidr_merge\n[[\"10.0.0.0/9\", \"10.128.0.0/9\", \"::1/128\"]]",
            "io.jwt.decode_verify\n[\"eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.AAAA\", {\"secret\": \"x\", \"time\": 1}]",
            "json.patch\n[{\"a\": [1]}, [{\"op\": \"add\", \"path\": \"/a/-\", \"value\": 2}]]",
            "graph.reachable_paths\n[{\"a\": [\"b\"], \"b\": [\"a\"]}, [\"a\"]]",
            "regex.globs_match\n[\"a.[0-9]+z\", \"ab[0-9]2z\"]",
            "time.format\n[[1700000000000000000, \"Europe/Berlin\", \"2006-01-02\"]]",
            "object.union_n\n[[{\"a\": {\"b\": 1}}, {\"a\": {\"c\": 2}}]]",
        ])
    }

    fn words(&self) -> &'static [&'static str] {
        WORDS
    }

    fn make(&self, random: &mut Random) -> Option<Vec<u8>> {
        let (name, arity) = random.pick(rego::CALLS);
        let arguments: Vec<_> = (0..*arity).map(|_| make::value(random, 3)).collect();
        Some(format!("{name}\n{}", serde_json::Value::from(arguments)).into_bytes())
    }

    fn bound(&self) -> Duration {
        Duration::from_secs(10)
    }

    fn run(&mut self, case: &[u8]) -> Result<Outcome, Broken> {
        let at = case.iter().position(|byte| *byte == b'\n').unwrap_or(case.len());
        let known = rego::CALLS.iter().find(|(name, _)| name.as_bytes() == &case[..at]);
        let arguments =
            serde_json::from_slice::<Vec<serde_json::Value>>(case.get(at + 1..).unwrap_or_default());
        let (Some((name, arity)), Ok(arguments)) = (known, arguments) else { return Ok("no case".into()) };
        // By way of a function: `input.a` is no path of the documented input.
        let places: Vec<String> = (0..*arity).map(|i| format!("arguments[{i}]")).collect();
        let text = format!(
            "package vestry.declare\n\narguments := object.get(input, \"a\", [])\n\n\
             warn contains sprintf(\"%v\", [x]) if x := {name}({})\n",
            places.join(", ")
        );
        let files = [("always.rego", ALWAYS), ("calls.rego", text.as_str())];
        let mut loaded = match load(&files, Duration::from_secs(2)) {
            Ok(loaded) => loaded,
            Err(problems) => return Ok(format!("{name}: {}", crate::target::shape_of(&problems))),
        };
        let outcome = is_denied(loaded.judge(Stage::Declare, &serde_json::json!({"a": arguments})))?;
        Ok(format!("{name}: {outcome}"))
    }
}
