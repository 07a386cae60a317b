//! The words that every room shares.

pub mod contact;
pub mod error;
pub mod reason;
pub mod secret;
