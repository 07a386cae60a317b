//! A destination that adds warehouse records to AI voice-call campaigns.

pub mod config;
pub mod contact;
pub mod error;
pub mod phone;
pub mod reason;
pub mod secret;
pub mod vendor;
