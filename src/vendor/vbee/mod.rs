//! Vbee AICall: `public-api/campaign`, authorised with a JWT.

mod config;

pub use config::Config;
