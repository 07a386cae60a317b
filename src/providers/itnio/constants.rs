//! Where the API is, and how much it takes.

/// If the account has no other one.
pub(super) const BASE_URL: &str = "https://api.itniotech.com/aivoice";

/// Below the base URL.
pub(super) const ENDPOINT: &str = "/importCustomer";

/// The vendor's own limit, code -56.
pub(super) const MAX_BATCH: usize = 100;
