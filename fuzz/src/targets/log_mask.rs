//! `data.system.log.mask`: what masks change of a line in the decision log.

use serde_json::{Map, Value, json};
use vestry::decide::fuzz::masked;

use crate::make::json as make;
use crate::random::Random;
use crate::seeds;
use crate::target::{Broken, Outcome, Target, shape};

/// The masks, and the line.
pub struct LogMask;

impl Target for LogMask {
    fn seeds(&self) -> Vec<Vec<u8>> {
        seeds::texts(&[
            r#"[["/input/references/0/name"],{"input":{"references":[{"name":"a"}]},"result":{"deny":[]}}]"#,
            r#"[[{"op":"upsert","path":"/input/a/b","value":1},{"op":"remove","path":"/result/deny/0"}],{"input":{},"result":{"deny":["x"]}}]"#,
            r#"[["/input/a%2Fb","/input","/result"],{"input":{"a/b":1},"labels":{"id":"x"}}]"#,
        ])
    }

    fn words(&self) -> &'static [&'static str] {
        &[
            "\"/input",
            "/result",
            "/0",
            "/-1",
            "/a",
            "%2F",
            "\"op\"",
            "\"upsert\"",
            "\"remove\"",
            "\"path\"",
            "\"value\"",
        ]
    }

    fn make(&self, random: &mut Random) -> Option<Vec<u8>> {
        let steps = ["", "a", "0", "1", "99999999999999999999", "a%2Fb", "deny", "references", "é", "%"];
        let path = |random: &mut Random| {
            let mut path = random.pick(&["/input", "/result", "input", "/labels", "/"]).to_string();
            for _ in 0..random.below(5) {
                path = format!("{path}/{}", random.pick(&steps));
            }
            path
        };
        let masks: Vec<Value> = (0..random.below(5))
            .map(|_| match random.below(3) {
                0 => json!(path(random)),
                1 => json!({"op": "remove", "path": path(random)}),
                _ => json!({"op": "upsert", "path": path(random), "value": make::value(random, 2)}),
            })
            .collect();
        let line = json!({"input": make::value(random, 4), "result": make::value(random, 3)});
        Some(json!([masks, line]).to_string().into_bytes())
    }

    fn run(&mut self, case: &[u8]) -> Result<Outcome, Broken> {
        let Ok(Value::Array(case)) = serde_json::from_slice(case) else { return Ok("no case".into()) };
        let [masks, line] = case.as_slice() else { return Ok("no case".into()) };
        // What no mask may reach stands beside what it may.
        let mut line: Map<String, Value> = line.as_object().cloned().unwrap_or_default();
        line.insert("decision_id".into(), json!("fixed"));
        line.insert("labels".into(), json!({"id": "fixed"}));
        let after = match masked(masks, line.clone()) {
            Ok(after) => after,
            Err(why) => return Ok(shape(&why)),
        };
        for (name, value) in &line {
            if !["input", "result", "nd_builtin_cache"].contains(&name.as_str())
                && after.get(name) != Some(value)
            {
                return Err(format!("a mask changed {name}"));
            }
        }
        Ok(format!("{} {}", after == line, after.len() == line.len()))
    }
}
