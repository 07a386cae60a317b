//! Where the API is, and how much it takes.

/// If the account has no other one.
pub(super) const BASE_URL: &str = "https://api.itniotech.com/aivoice";

/// Below the base URL.
pub(super) const ENDPOINT: &str = "/importCustomer";

/// The vendor's own limit, code -56.
pub(super) const MAX_BATCH: usize = 100;

/// The jobs of an application, a page at a time; below the base URL, too.
pub(super) const JOBS: &str = "/taskList";

/// The variables of a job's script, as the vendor's own client asks for them; its page is not public.
pub(super) const VARIABLES: &str = "/properties";

/// Jobs on one page at most.
pub(super) const JOBS_PER_PAGE: usize = 100;
