//! Where the API is, and how much it takes.

/// If the account has no other one.
pub(super) const BASE_URL: &str = "https://api.pigeon.example";

/// Below the base URL.
pub(super) const ENDPOINT: &str = "/v1/calls";

/// The vendor's own limit.
pub(super) const MAX_BATCH: usize = 50;
