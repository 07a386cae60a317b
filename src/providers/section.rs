//! What every vendor's section of the form can do.

use std::sync::Arc;

use crate::domain::error::Mistake;
use crate::phone::WireFormat;

use super::Provider;
use super::simulator::{Simulator, SimulatorOptions};

/// A vendor's section of the form, and what is made of it.
pub trait VendorSection {
    /// The vendor as configured.
    fn build(&self) -> Arc<dyn Provider>;

    /// How numbers are written for this vendor.
    fn phone_format(&self) -> WireFormat;

    /// The address of the API, without a slash at its end.
    fn base_url(&self) -> &str;

    /// What cannot work in values that were filled in; blank ones are reported where forms are read.
    fn mistakes(&self) -> Vec<Mistake>;

    /// The vendor's other side, which has called nobody yet.
    fn simulator(options: &SimulatorOptions) -> Box<dyn Simulator>
    where
        Self: Sized;
}
