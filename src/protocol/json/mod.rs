//! Raw JSON: objects whose values stay the text that came.

pub(super) mod object;
pub(super) mod repaired;
pub(super) mod scanner;
pub(super) mod string;
