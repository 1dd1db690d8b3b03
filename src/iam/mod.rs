//! Which permissions INIT needs for what is declared, and which a role has: pure.
//!
//! Actions, resources and condition keys are those of the Service Authorization Reference
//! (<https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html>) for Systems Manager, Secrets
//! Manager, KMS and STS.

mod arn;
mod compare;
mod managed;
mod needs;
mod policy;
mod role;

pub use arn::{Home, ResourceArn};
pub use compare::{Comparison, Keys, Missing, Unneeded, compare};
pub use needs::{Needs, needs};
pub use policy::{Condition, Document, Resource, Statement, Value, document};
pub use role::{Granted, Grants, grants};
