//! Cases made from a grammar.

pub mod intrinsics;
pub mod json;
pub mod rego;
pub mod tar;
