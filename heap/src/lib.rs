//! The heap of Vestry's programs: every byte of it is wiped when it is freed.
//!
//! The copies that the TLS, HTTP and JSON libraries make of an answer are beyond the reach of a type of our own, and go
//! with this. It is a package by itself so that it can be compiled for speed where the rest is compiled for size: every
//! start goes through it some ten thousand times.

use std::alloc::System;

use spin::{Yield, mutex::SpinMutex};
use talc::{TalcLock, source::GlobalAllocSource};
use zeroizing_alloc::ZeroAlloc;

/// One thread does nearly all the work, and the system's mutex would be most of what an allocation costs it.
type Heap = TalcLock<SpinMutex<(), Yield>, GlobalAllocSource<System>>;

/// What the heap grows by, in bytes.
const BLOCK: usize = 256 << 10;

#[global_allocator]
static WIPING: ZeroAlloc<Heap> = ZeroAlloc(TalcLock::new(GlobalAllocSource::with_block_size(System, BLOCK)));
