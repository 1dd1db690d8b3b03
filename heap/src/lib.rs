//! The heap of Vestry's programs: every byte of it is wiped when it is freed.
//!
//! The copies that the TLS, HTTP and JSON libraries make of an answer are beyond the reach of a type of our own, and go
//! with this. It is a package by itself so that it can be compiled for speed where the rest is compiled for size: every
//! start goes through it some ten thousand times.

use std::alloc::System;

use spin::{Yield, mutex::SpinMutex};
use talc::base::binning::{Binning, linear_extent_then_linearly_divided_exponential_binning};
use talc::{source::GlobalAllocSource, sync::TalcLock};
use zeroizing_alloc::ZeroAlloc;

/// One thread does nearly all the work, and the system's mutex would be most of what an allocation costs it.
type Heap = TalcLock<SpinMutex<(), Yield>, GlobalAllocSource<System>, Bins>;

/// Which free blocks lie in one list: as many lists as a register has bits, so that looking for one takes an instruction.
/// One list for each size up to 512 bytes, four for each doubling after that.
#[derive(Debug)]
struct Bins;

impl Binning for Bins {
    type AvailabilityBitField = u64;

    const BIN_COUNT: u32 = u64::BITS - 1;

    #[inline]
    fn size_to_bin(size: usize) -> u32 {
        linear_extent_then_linearly_divided_exponential_binning::<4, 4>(size)
    }
}

/// What the heap grows by, in bytes: more than a start takes, or a second block would come and go with what is freed.
const BLOCK: usize = 1 << 20;

#[global_allocator]
static WIPING: ZeroAlloc<Heap> = ZeroAlloc(TalcLock::new(GlobalAllocSource::with_block_size(System, BLOCK)));
