//! Texts for tests that ask what holds of any text.

/// Texts of pieces that mean something to one parser or another, always the same ones (SplitMix64).
pub struct Texts {
    pieces: &'static [&'static str],
    state: u64,
}

impl Texts {
    pub fn of(pieces: &'static [&'static str], seed: u64) -> Self {
        Self { pieces, state: seed }
    }

    /// One of less than `most` pieces.
    pub fn text(&mut self, most: usize) -> String {
        (0..self.below(most)).map(|_| self.pieces[self.below(self.pieces.len())]).collect()
    }

    fn below(&mut self, limit: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) as usize % limit
    }
}
