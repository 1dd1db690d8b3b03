//! What stands in for AWS on a laptop, in tests and in benches: the two stores, and Lambda itself.
//!
//! Nothing here knows how Vestry works: the programs are started as Lambda would start them and speak to both
//! over HTTP, so that what runs here runs there.

pub mod http;
pub mod lambda;
pub mod stores;

/// Shaped like a UUID; unique within the process, which is all that is asked of it here.
pub(crate) fn request_id() -> String {
    use std::hash::{BuildHasher, RandomState};
    use std::sync::atomic::{AtomicU64, Ordering};
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    uuid(RandomState::new().hash_one(number), RandomState::new().hash_one(number))
}

/// These bits in the shape of a UUID.
pub(crate) fn uuid(high: u64, low: u64) -> String {
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 52,
        low & 0xffff_ffff_ffff
    )
}
