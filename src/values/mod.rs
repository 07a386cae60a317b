//! What a value of a record is to those who decide and speak by it: numbers without rounding, dates
//! and times in a zone, text as it is spoken.

mod moment;
mod number;
mod text;

pub(crate) use moment::{Moment, known_zone, time_zone};
pub(crate) use number::Number;
pub(crate) use text::{is_blank, nfc, spoken};
