//! itniotech AI Voice: `importCustomer`, signed with MD5.

mod config;

pub use config::Config;
