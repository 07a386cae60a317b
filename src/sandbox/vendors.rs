//! The vendors that the sandbox plays: all there are.

use serde_json::{Value, json};

use super::options::SandboxOptions;
use crate::providers::call_log::NumberDisplay;
use crate::providers::registry;
use crate::providers::simulator::{Simulator, SimulatorOptions};

/// Simulators with empty books. They take their own invented credentials and no others.
pub(super) fn simulators(options: &SandboxOptions) -> Vec<Box<dyn Simulator>> {
    let numbers = if options.show_numbers { NumberDisplay::Whole } else { NumberDisplay::Masked };
    let required_variables = options.required_variables.clone();
    registry::simulators(&SimulatorOptions { numbers, required_variables })
}

/// A whole configuration of the connector for each vendor, by its name.
pub(super) fn connector_configs(root: &str) -> Vec<(&'static str, Value)> {
    let played = simulators(&SandboxOptions::default()).into_iter();
    played.map(|simulator| (simulator.name(), connector_config(&*simulator, root))).collect()
}

/// A whole configuration of the connector that sends to this simulator.
pub(super) fn connector_config(simulator: &dyn Simulator, root: &str) -> Value {
    json!({ "vendor": simulator.connector_config(root), "phone": { "default_region": "VN" } })
}
