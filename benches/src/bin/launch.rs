//! `launch CPUS CGROUP PROGRAM...` puts itself where the run is to take place, says on standard output what the clocks
//! show (monotonic and own CPU time in nanoseconds, one line), and becomes the program.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;
use vestry_bench::clock;

fn main() {
    let mut arguments = std::env::args_os().skip(1);
    let mut next = || arguments.next().expect("usage: launch CPUS CGROUP PROGRAM...");
    let (cpus, cgroup, program) = (next(), next(), next());
    let mut set = CpuSet::new();
    // On the first of them, however many there are, every run begins: this process has come from the stub's.
    for cpu in cpus.to_str().expect("digits").split(',') {
        set.set(cpu.parse().expect("a CPU")).expect("a CPU");
        sched_setaffinity(Pid::from_raw(0), &set).expect("the CPUs of this run");
    }
    if cgroup != "-" {
        std::fs::write(std::path::Path::new(&cgroup).join("cgroup.procs"), "0")
            .expect("the group of this run");
        // What the launcher itself used up is forgotten two periods later.
        std::thread::sleep(Duration::from_millis(45));
    }
    let mut command = Command::new(program);
    command.args(arguments);
    let stamp = format!("{} {}\n", clock::now(), clock::own_cpu());
    std::io::stdout().write_all(stamp.as_bytes()).expect("a pipe");
    panic!("{}", command.exec());
}
