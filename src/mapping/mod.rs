//! A configured stream, compiled once: a record in, a contact or a refusal out.
//!
//! This is the hot path, so everything that can be decided before the first record is decided in
//! `compile`; a record is then read once (`row`), and only the columns that somebody wants are kept.

mod catalog;
mod compile;
mod compiler;
mod contact;
mod field;
mod field_typos;
mod gender;
mod identity;
mod impossible;
mod input;
mod name;
mod number;
mod only_when;
mod phone_rules;
mod primary_key;
mod row;
mod script;
mod text;
mod typos;
mod validate;

pub use contact::{Mapped, Mapping};
pub use input::{Record, RunContext, StreamShape};
pub use phone_rules::build as phone_rules;
pub use script::{Fills, fills_without_catalog};
pub use validate::{check_catalog, check_streams, compile_catalog, compile_stream};

#[cfg(test)]
mod tests;
