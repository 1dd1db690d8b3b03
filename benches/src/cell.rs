//! What is measured: how many references, how slow a store, policy or none, how much of a CPU.

use std::fmt;
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Size {
    pub parameters: usize,
    pub secrets: usize,
}

pub const SIZES: [Size; 3] = [
    Size { parameters: 1, secrets: 1 },
    Size { parameters: 10, secrets: 10 },
    Size { parameters: 50, secrets: 20 },
];
pub const DELAYS_MS: [u64; 3] = [0, 5, 20];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cell {
    pub size: Size,
    pub delay_ms: u64,
    pub policy: bool,
    /// A fourteenth of a CPU.
    pub throttled: bool,
}

impl Cell {
    /// All of them, those without a control group only where there is none.
    pub fn all(throttle: bool) -> Vec<Self> {
        let mut cells = Vec::new();
        for throttled in [false, true].into_iter().take(1 + usize::from(throttle)) {
            for policy in [false, true] {
                for size in SIZES {
                    cells.extend(DELAYS_MS.map(|delay_ms| Self { size, delay_ms, policy, throttled }));
                }
            }
        }
        cells
    }

    /// On the whole CPU, without policy.
    pub fn plain(parameters: usize, secrets: usize, delay_ms: u64) -> Self {
        Self { size: Size { parameters, secrets }, delay_ms, policy: false, throttled: false }
    }

    pub fn with_policy(self) -> Self {
        Self { policy: true, ..self }
    }

    pub fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms)
    }

    /// The CPUs of the measured program. The stub has the second one to itself, but for the policy's own process.
    pub fn cpus(&self) -> &'static str {
        if self.policy { "0,1" } else { "0" }
    }
}

impl Size {
    /// One reference a variable.
    pub fn declarations(&self) -> Vec<(String, String)> {
        let parameter = |i| (format!("PARAMETER_{i}"), format!("ssm:/prod/orders/parameter-{i}"));
        let secret = |i| (format!("SECRET_{i}"), format!("secretsmanager:prod/orders/secret-{i}"));
        (0..self.parameters).map(parameter).chain((0..self.secrets).map(secret)).collect()
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}", self.parameters, self.secrets)
    }
}

/// `10+10 20 ms policy 1/14`
impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let policy = if self.policy { "policy" } else { "-" };
        let cpu = if self.throttled { "1/14" } else { "1" };
        write!(f, "{:>5} {:>5} {policy:>7} {cpu:>5}", self.size.to_string(), format!("{} ms", self.delay_ms))
    }
}
