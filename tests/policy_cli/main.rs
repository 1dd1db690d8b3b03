//! `vestry policy`, run as people run it.

mod check;
mod coverage;
mod eval;
mod init;
mod input;
mod print;
mod replaced;
mod support;
mod test;
