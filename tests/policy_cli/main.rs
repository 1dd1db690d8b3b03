//! `vestry policy`, run as people run it.

mod check;
mod eval;
mod init;
mod input;
mod print;
mod support;
mod test;
