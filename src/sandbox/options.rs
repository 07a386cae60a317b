//! How the sandbox behaves.

use jiff::Timestamp;

use super::faults::FaultPlan;

/// Tells the time; handed in, so that tests can hold it.
pub type Clock = dyn Fn() -> Timestamp + Send + Sync;

/// How the sandbox behaves.
#[derive(Clone, Debug)]
pub struct SandboxOptions {
    /// The port on 127.0.0.1; 0 takes any that is free.
    pub port: u16,
    /// The same seed draws the same faults.
    pub seed: u64,
    /// What goes wrong, and how often.
    pub faults: FaultPlan,
    /// Pages show whole phone numbers, instead of masked ones.
    pub show_numbers: bool,
    /// Variables of the call script: itnio refuses contacts that do not fill them. (Vbee documents no
    /// such check.)
    pub required_variables: Vec<String>,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        Self {
            port: 0,
            seed: 0,
            faults: FaultPlan::none(),
            show_numbers: false,
            required_variables: Vec::new(),
        }
    }
}
