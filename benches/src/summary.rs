//! Many runs become a row.

use serde_json::{Value, json};

use crate::run::Run;

/// Median and minimum, in milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spread {
    pub median: f64,
    pub min: f64,
}

impl Spread {
    pub fn of_nanoseconds(values: impl Iterator<Item = u64>) -> Self {
        let mut values: Vec<u64> = values.collect();
        values.sort_unstable();
        let ms = |ns: u64| ns as f64 / 1e6;
        match values.as_slice() {
            [] => Self::default(),
            [min, ..] => Self { median: ms(values[values.len() / 2]), min: ms(*min) },
        }
    }

    pub fn json(&self) -> Value {
        json!({ "median": round(self.median), "min": round(self.min) })
    }
}

/// One program in one cell.
#[derive(Clone, Debug)]
pub struct Row {
    pub wall: Spread,
    pub cpu: Spread,
    pub instructions: Option<u64>,
    pub peak_rss_kib: u64,
    pub connections: usize,
    pub handshakes: usize,
    pub requests: usize,
    pub binary_bytes: u64,
    pub phases: Phases,
}

impl Row {
    pub fn of(runs: &[Run], instructions: Option<u64>, binary_bytes: u64) -> Self {
        let most = |of: fn(&Run) -> usize| runs.iter().map(of).max().unwrap_or_default();
        Self {
            wall: Spread::of_nanoseconds(runs.iter().map(Run::wall)),
            cpu: Spread::of_nanoseconds(runs.iter().map(|run| run.cpu)),
            instructions,
            peak_rss_kib: runs.iter().map(|run| run.peak_rss_kib).max().unwrap_or_default(),
            connections: most(|run| run.seen.connections),
            handshakes: most(|run| run.seen.handshakes),
            requests: most(|run| run.seen.requests.len()),
            binary_bytes,
            phases: Phases::of(runs),
        }
    }

    pub fn json(&self) -> Value {
        json!({
            "wall_ms": self.wall.json(),
            "cpu_ms": self.cpu.json(),
            "instructions": self.instructions,
            "peak_rss_kib": self.peak_rss_kib,
            "connections": self.connections,
            "handshakes": self.handshakes,
            "requests": self.requests,
            "binary_bytes": self.binary_bytes,
            "phases_ms": self.phases.0.iter().map(|(name, ms)| (name.to_string(), json!(round(*ms)))).collect::<serde_json::Map<_, _>>(),
            "stages_ms": self.phases.1.iter().map(|(name, ms)| (name.to_string(), json!(round(*ms)))).collect::<serde_json::Map<_, _>>(),
        })
    }
}

/// Medians in milliseconds: what the stub saw, and what the extension itself tells of its stages.
#[derive(Clone, Debug, Default)]
pub struct Phases(pub Vec<(&'static str, f64)>, pub Vec<(String, f64)>);

impl Phases {
    fn of(runs: &[Run]) -> Self {
        let median =
            |phase: fn(&Run) -> Option<u64>| Spread::of_nanoseconds(runs.iter().filter_map(phase)).median;
        let seen = vec![
            ("start", median(|run| run.seen.first_connection?.checked_sub(run.began))),
            ("handshakes", median(|run| run.seen.last_request?.checked_sub(run.seen.first_connection?))),
            ("stores", median(|run| run.seen.last_answer?.checked_sub(run.seen.last_request?))),
            ("finish", median(|run| run.registered.checked_sub(run.seen.last_answer?))),
        ];
        Self(seen, stages(runs))
    }
}

fn stages(runs: &[Run]) -> Vec<(String, f64)> {
    let Some(first) = runs.iter().find_map(|run| run.init.as_ref()?["ms"].as_object()) else {
        return Vec::new();
    };
    let median = |stage: &String| {
        let times = runs.iter().filter_map(|run| run.init.as_ref()?["ms"][stage].as_f64());
        Spread::of_nanoseconds(times.map(|ms| (ms * 1e6) as u64)).median
    };
    first.keys().map(|stage| (stage.clone(), median(stage))).collect()
}

/// To a thousandth.
pub fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
