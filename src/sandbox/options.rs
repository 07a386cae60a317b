//! How the sandbox behaves.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use jiff::Timestamp;

use super::faults::FaultPlan;

/// Tells the time; handed in, so that tests can hold it.
pub type Clock = dyn Fn() -> Timestamp + Send + Sync;

/// How the sandbox behaves.
#[derive(Clone, Debug)]
pub struct SandboxOptions {
    /// The address to listen on: this machine's own, unless containers or other machines are to reach it.
    pub bind: IpAddr,
    /// The port there; 0 takes any that is free.
    pub port: u16,
    /// The same seed draws the same faults.
    pub seed: u64,
    /// What goes wrong, and how often.
    pub faults: FaultPlan,
    /// Pages show whole phone numbers, instead of masked ones.
    pub show_numbers: bool,
    /// Variables of the call script, which both vendors tell whoever asks: itnio refuses contacts that do not fill
    /// them. (Vbee documents no such check.)
    pub required_variables: Vec<String>,
    /// The folder whose reports are shown: printed configurations have their runs put them there.
    pub reports: Option<PathBuf>,
    /// Takes contacts for campaigns, too, that no printed configuration names.
    pub any_campaign: bool,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        Self {
            bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            seed: 0,
            faults: FaultPlan::none(),
            show_numbers: false,
            required_variables: Vec::new(),
            reports: None,
            any_campaign: false,
        }
    }
}
