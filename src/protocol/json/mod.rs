//! Raw JSON: objects whose values stay the text that came.

pub(super) mod object;
pub(super) mod repaired;
pub(super) mod scanner;
pub(super) mod string;

/// Where `part` begins in `whole`, which it is a part of.
pub(in crate::protocol) fn offset(whole: &str, part: &str) -> usize {
    part.as_ptr().addr() - whole.as_ptr().addr()
}
