//! `vestry-exec` from exec to the exec of the next program, against a program that only execs.

use std::io::{self, BufReader};

use crate::cell::Cell;
use crate::run::{Bench, Program, read_stamp};

/// Wall and CPU time in nanoseconds from exec to the first act of the next program.
#[derive(Clone, Copy, Debug)]
pub struct HandOver {
    pub wall: u64,
    pub cpu: u64,
}

/// One run of each: the next program alone, after `just-exec`, and after `vestry-exec` with the values of the cell.
pub struct Round {
    pub alone: HandOver,
    pub just_exec: HandOver,
    pub vestry_exec: HandOver,
}

pub fn round(bench: &Bench, cell: Cell) -> io::Result<Round> {
    let stamp = bench.paths.program("stamp");
    let next = stamp.to_str().expect("a path that is text").to_string();
    let environment = bench.extension(cell.size, false).environment;
    let alone = Program { path: stamp, arguments: Vec::new(), environment: environment.clone() };
    let before = |path, environment| Program { path, arguments: vec![next.clone()], environment };
    let just_exec = before(bench.paths.program("just-exec"), environment.clone());
    let vestry_exec = before(bench.paths.layer.join("vestry-exec"), environment);
    Ok(Round {
        alone: measure(bench, &alone, cell)?,
        just_exec: measure(bench, &just_exec, cell)?,
        vestry_exec: with_extension(bench, cell, || measure(bench, &vestry_exec, cell))?,
    })
}

/// The extension waits at its socket meanwhile.
fn with_extension<T>(bench: &Bench, cell: Cell, work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    bench.stub.reset(cell.delay());
    let mut extension = bench.launch(&bench.extension(cell.size, false), cell)?;
    let waiting = bench.api.register_arrives()?.registered()?;
    let result = work();
    waiting.shut_down()?;
    extension.wait()?;
    result
}

fn measure(bench: &Bench, program: &Program, cell: Cell) -> io::Result<HandOver> {
    let mut child = bench.launch(program, cell)?;
    let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
    let (began, cpu_before) = read_stamp(&mut output)?;
    let (ended, cpu) = read_stamp(&mut output)?;
    child.wait()?;
    Ok(HandOver { wall: ended - began, cpu: cpu - cpu_before })
}
