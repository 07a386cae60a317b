//! The vendors that the sandbox plays: all there are.

use std::path::Path;

use serde_json::{Value, json};

use super::options::SandboxOptions;
use crate::providers::call_log::NumberDisplay;
use crate::providers::simulator::{Simulator, SimulatorOptions};
use crate::providers::{is_plain_http, registry};

/// Simulators with empty books. They take their own invented credentials and no others.
pub(super) fn simulators(options: &SandboxOptions) -> Vec<Box<dyn Simulator>> {
    let SandboxOptions { show_numbers, required_variables, any_campaign, .. } = options;
    let numbers = if *show_numbers { NumberDisplay::Whole } else { NumberDisplay::Masked };
    registry::simulators(&SimulatorOptions {
        numbers,
        required_variables: required_variables.clone(),
        any_campaign: *any_campaign,
        any_credentials: false,
    })
}

/// A whole configuration of the connector for each vendor, by its name.
pub(super) fn connector_configs(options: &SandboxOptions, root: &str) -> Vec<(&'static str, Value)> {
    let played = simulators(options).into_iter();
    played.map(|simulator| (simulator.name(), connector_config(&*simulator, options, root))).collect()
}

/// A whole configuration of the connector that sends to this simulator.
pub(super) fn connector_config(simulator: &dyn Simulator, options: &SandboxOptions, root: &str) -> Value {
    let mut vendor = simulator.connector_config(root);
    if let Some(section) = vendor.as_object_mut().filter(|_| is_plain_http(root)) {
        section.insert("allow_plain_http".to_owned(), true.into());
    }
    let mut config = json!({ "vendor": vendor, "phone": { "default_region": "VN" } });
    if let (Some(folder), Some(config)) = (&options.reports, config.as_object_mut()) {
        config.insert("object_storage_config".to_owned(), storage_config(folder));
    }
    config
}

/// What has a run put its report, and its rejected records, into a folder.
pub(super) fn storage_config(folder: &Path) -> Value {
    json!({ "storage_type": "Local", "path": folder })
}
