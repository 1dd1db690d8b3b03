//! What can be said of an INIT before anything is deployed: a function's configuration, held against what Lambda and
//! Vestry ask of it. Pure but for a look at the directories of layers that a template names.

mod layers;
mod settings;
mod size;

pub use layers::{Layer, Layers, code_directory, names_vestry};
pub use settings::{Configuration, Judgement};
pub use size::{LIMIT, Size};
