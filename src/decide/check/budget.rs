//! How much work one check may take, so that no text keeps it busy for long.

/// More than a hundred times what a large policy needs, and a fraction of a second.
const STEPS: usize = 4_000_000;

pub(super) struct Budget {
    left: usize,
}

impl Budget {
    pub fn new() -> Self {
        Self { left: STEPS }
    }

    /// Whether there was enough for it.
    pub fn spend(&mut self, steps: usize) -> bool {
        self.left = self.left.saturating_sub(steps);
        self.left > 0
    }

    pub fn is_spent(&self) -> bool {
        self.left == 0
    }
}
