//! The words that every room shares.

pub mod batch;
pub mod columns;
pub mod contact;
pub mod decision;
pub mod error;
pub mod outcome;
pub mod reason;
pub mod secret;
pub mod stream_name;
