//! The columns of a record, kept until it has ended: whoever was refused is to be mended and sent again.

use std::borrow::Cow;
use std::fmt;

use bytes::{Bytes, BytesMut};

/// Records that came side by side share a block: to allocate and free each takes longer than to copy it. One that waits
/// keeps its whole block, so that must be small.
const BLOCK_BYTES: usize = 4 << 10;

/// The columns of a record as JSON text. Shows nothing of them: they are personal data.
#[derive(Clone)]
pub struct Columns(Bytes);

/// Keeps columns, one record after the other.
#[derive(Debug, Default)]
pub struct ColumnsKeeper {
    block: BytesMut,
}

impl ColumnsKeeper {
    /// Keeps what is written so.
    pub fn keep(&mut self, json: &str) -> Columns {
        if self.block.capacity() < json.len() {
            self.block = BytesMut::with_capacity(BLOCK_BYTES.max(json.len()));
        }
        self.block.extend_from_slice(json.as_bytes());
        Columns(self.block.split().freeze())
    }
}

impl Columns {
    /// The text. Few are ever asked for.
    #[must_use]
    pub fn json(&self) -> Cow<'_, str> {
        // It was text when it was kept.
        let text = simdutf8::basic::from_utf8(&self.0);
        text.map_or_else(|_| String::from_utf8_lossy(&self.0), Cow::Borrowed)
    }

    /// Its length in bytes.
    #[must_use]
    pub fn text_bytes(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Debug for Columns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_told_again_whatever_came_before_and_behind_it() {
        let mut keeper = ColumnsKeeper::default();
        let texts: Vec<_> = (0..200).map(|n| "ệ7".repeat(n * n % 3_000)).collect();
        let kept: Vec<_> = texts.iter().map(|text| keeper.keep(text)).collect();
        for (text, kept) in texts.iter().zip(kept) {
            assert_eq!((kept.json().as_ref(), kept.text_bytes()), (text.as_str(), text.len()));
            assert_eq!(format!("{kept:?}"), "…");
        }
    }
}
