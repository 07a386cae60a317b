//! Where the API is, and how much it takes.

/// If the account has no other one.
pub(super) const BASE_URL: &str = "https://aicall.vbee.ai";

/// Below the base URL.
pub(super) const ENDPOINT: &str = "/api/v1/public-api/campaign";

/// The vendor documents no limit; this is ours.
pub(super) const MAX_BATCH: usize = 500;

/// A scenario by its id; below the base URL, too.
pub(super) const SCENARIOS: &str = "/api/v1/public-api/scenarios/";
