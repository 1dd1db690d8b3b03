//! What has to be found, so that it is known that it would be: only the tests of this package ask for these by name.

use std::time::Duration;

use crate::target::{Broken, Outcome, Target};

pub struct Planted(pub What);

#[derive(Clone, Copy)]
pub enum What {
    Panic,
    /// One that somebody catches, as the process that evaluates does.
    CaughtPanic,
    Abort,
    Overflow,
    Endless,
    Broken,
    /// Nothing at all.
    Sound,
}

const HIDDEN: &[u8] = b"vestry";

impl Target for Planted {
    fn seeds(&self) -> Vec<Vec<u8>> {
        vec![b"a case".to_vec()]
    }

    fn words(&self) -> &'static [&'static str] {
        &["v", "ves", "vest", "ry"]
    }

    fn longest(&self) -> usize {
        40
    }

    fn bound(&self) -> Duration {
        Duration::from_millis(300)
    }

    /// Found only by way of cases that come closer and closer.
    fn run(&mut self, case: &[u8]) -> Result<Outcome, Broken> {
        let near = HIDDEN.iter().zip(case).take_while(|(hidden, byte)| hidden == byte).count();
        if near == HIDDEN.len() {
            self.happen()?;
        }
        Ok(near.to_string())
    }
}

impl Planted {
    fn happen(&self) -> Result<(), Broken> {
        match self.0 {
            What::Panic => panic!("planted"),
            What::CaughtPanic => drop(std::panic::catch_unwind(|| panic!("planted"))),
            What::Abort => std::process::abort(),
            What::Overflow => drop(deeper(1)),
            What::Endless => while std::hint::black_box(true) {},
            What::Broken => return Err("planted".into()),
            What::Sound => {}
        }
        Ok(())
    }
}

fn deeper(level: u64) -> u64 {
    let frame = std::hint::black_box([level; 64]);
    if level == 0 { 0 } else { deeper(level + 1) + frame[7] }
}
