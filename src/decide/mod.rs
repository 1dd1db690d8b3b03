//! What the organisation's policy says of it: facts in, verdict out.
//!
//! [`Gate`] is the door. Behind it a process of its own ([`evaluator`]) reads the policy directories, parses them and
//! evaluates their rules against an [`input`] that holds names and never a value. Whatever is not a clean answer refuses.

mod builtins;
pub mod bundle;
pub mod check;
#[cfg(feature = "tool")]
pub mod conformance;
mod decision_log;
mod directory;
mod enforcement;
mod escapes;
mod evaluate;
pub mod evaluator;
mod explain;
#[cfg(feature = "fuzz")]
pub mod fuzz;
mod gate;
mod hex;
pub mod input;
mod key_readers;
mod mask;
#[cfg(feature = "tool")]
mod named;
mod namespaces;
mod order;
mod policy;
mod question;
mod roots;
mod rules;
mod schema;
mod settings;
mod sources;
mod span;
mod terms;
#[cfg(feature = "tool")]
pub mod testing;
pub mod verdict;
mod visit;
mod waiver;
mod worker;
mod yaml;

pub use decision_log::too_late;
pub use enforcement::{Softened, Unenforced};
#[cfg(feature = "tool")]
pub use escapes::KEPT;
#[cfg(feature = "tool")]
pub use evaluate::{Finding, Outcome, Waived};
pub use gate::{Ahead, Forked, Gate};
#[cfg(feature = "tool")]
pub use rules::Stage;
#[cfg(feature = "tool")]
pub use schema::{json_schema, undocumented, unknown_fields};
#[cfg(feature = "tool")]
pub use sources::signed_parts;
pub use verdict::{Approved, Permitted};
