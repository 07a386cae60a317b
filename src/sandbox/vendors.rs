//! The vendors that the sandbox plays.

use serde_json::{Value, json};

use super::fault_injector::POISON;
use super::options::SandboxOptions;
use crate::providers::call_log::NumberDisplay;
use crate::providers::{Simulator, itnio, vbee};

/// Simulators with empty books, by the vendors' names. They take their own invented credentials and
/// no others.
pub(super) fn simulators(options: &SandboxOptions) -> Vec<(&'static str, Box<dyn Simulator>)> {
    let numbers = if options.show_numbers { NumberDisplay::Whole } else { NumberDisplay::Masked };
    let itnio = itnio::simulator::Setup {
        required: options.required_variables.clone(),
        poison: POISON.to_owned(),
        numbers,
        ..Default::default()
    };
    let vbee = vbee::simulator::Setup { poison: POISON.to_owned(), numbers, ..Default::default() };
    vec![
        ("itnio", Box::new(itnio::Simulator::new(itnio))), // vendor:
        ("vbee", Box::new(vbee::Simulator::new(vbee))),    // vendor:
    ]
}

/// A whole configuration of the connector for each vendor, by its name.
pub(super) fn connector_configs(root: &str) -> Vec<(&'static str, Value)> {
    let played = simulators(&SandboxOptions::default()).into_iter();
    played.map(|(name, simulator)| (name, connector_config(&*simulator, root))).collect()
}

/// A whole configuration of the connector that sends to this simulator.
pub(super) fn connector_config(simulator: &dyn Simulator, root: &str) -> Value {
    json!({ "vendor": simulator.connector_config(root), "phone": { "default_region": "VN" } })
}
