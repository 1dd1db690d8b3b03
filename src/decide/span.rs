//! Where a part of a policy begins and ends.

use std::ops::Range;

use regorus::unstable::Span;

/// Its bytes in the source. The engine's tokens leave the quotes of a string out; here they belong to it.
pub(super) fn range(span: &Span) -> Range<usize> {
    let source = span.source.get_contents().as_bytes();
    let quote =
        |at: Option<usize>| at.and_then(|at| source.get(at)).is_some_and(|byte| b"\"`".contains(byte));
    let (start, end) = (span.start as usize, span.end as usize);
    let start = if quote(start.checked_sub(1)) { start - 1 } else { start };
    start..if quote(Some(end)) { end + 1 } else { end }
}
