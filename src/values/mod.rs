//! What a value of a record is to those who decide and speak by it: numbers without rounding, and
//! dates and times in a zone.

mod moment;
mod number;

pub(crate) use moment::{Moment, time_zone};
pub(crate) use number::Number;
