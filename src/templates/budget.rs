//! What one rendering may take: steps, and memory for what it makes on the way.
//!
//! Everything is charged before it is made, and nothing is ever given back. So no template can take more
//! time or memory than this, however it is written.

use std::borrow::Cow;

/// Why a value cannot be had; holds no data of a record.
pub(super) type Why = Cow<'static, str>;

/// Steps of one rendering: far more than a sentence takes, and over in milliseconds.
const STEPS: usize = 50_000;

/// Bytes that one step reads or writes.
const BYTES_OF_A_STEP: usize = 256;

/// Digits by digits that one step multiplies or divides.
const SQUARE_OF_A_STEP: usize = 4_096;

/// The longest text that a template gives, or makes on the way.
const LONGEST: usize = 64 * 1024;

/// The most items of a list.
const MAX_ITEMS: usize = 10_000;

/// Bytes of everything that one rendering makes.
const MAX_MADE: usize = 8 * 1024 * 1024;

/// A guess at what an item of a list takes.
const ITEM: usize = 32;

/// What is left.
#[derive(Debug)]
pub(super) struct Budget {
    steps: usize,
    made: usize,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self { steps: STEPS, made: MAX_MADE }
    }

    /// Takes some steps.
    pub(super) fn steps(&mut self, n_steps: usize) -> Result<(), Why> {
        let left = self.steps.checked_sub(n_steps);
        // Once it is over, it is over for what takes less, too.
        self.steps = left.unwrap_or_default();
        left.map(|_| ()).ok_or(Why::Borrowed("it runs for too long"))
    }

    /// Takes the steps that reading a text takes.
    pub(super) fn read(&mut self, n_bytes: usize) -> Result<(), Why> {
        self.steps(1)?;
        self.look(n_bytes)
    }

    /// The same as a part of another step.
    pub(super) fn look(&mut self, n_bytes: usize) -> Result<(), Why> {
        self.steps(n_bytes / BYTES_OF_A_STEP)
    }

    /// Takes the steps that calculating with so many digits takes; none for those that people have.
    pub(super) fn digits(&mut self, n_digits: usize) -> Result<(), Why> {
        self.steps(n_digits.saturating_mul(n_digits) / SQUARE_OF_A_STEP)
    }

    /// Makes room for a text.
    pub(super) fn text(&mut self, n_bytes: usize) -> Result<(), Why> {
        fits(n_bytes)?;
        self.made(n_bytes)?;
        self.read(n_bytes)
    }

    /// Makes room for a list.
    pub(super) fn list(&mut self, n_items: usize) -> Result<(), Why> {
        fits_items(n_items)?;
        self.made(n_items * ITEM)?;
        self.steps(n_items)
    }

    fn made(&mut self, n_bytes: usize) -> Result<(), Why> {
        let left = self.made.checked_sub(n_bytes);
        self.made = left.ok_or(Why::Borrowed("it makes more text on the way than fits into 8 MiB"))?;
        Ok(())
    }
}

/// Whether a text may have so many bytes.
pub(super) fn fits(n_bytes: usize) -> Result<(), Why> {
    if n_bytes > LONGEST { Err(Why::Borrowed("its text is longer than 64 KiB")) } else { Ok(()) }
}

/// Whether a list may have so many items.
pub(super) fn fits_items(n_items: usize) -> Result<(), Why> {
    if n_items > MAX_ITEMS { Err(format!("a list has more than {MAX_ITEMS} items").into()) } else { Ok(()) }
}
