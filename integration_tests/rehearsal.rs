//! A sandbox for a test: started on a free port, stopped with the test.

use destination_ai_voice::sandbox::faults::FaultPlan;
use destination_ai_voice::sandbox::{Sandbox, SandboxOptions};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// A running sandbox.
pub(crate) struct Rehearsal {
    runtime: Runtime,
    sandbox: Option<Sandbox>,
}

impl Rehearsal {
    pub(crate) fn new(faults: &str, required_variables: &[&str]) -> Self {
        let required_variables = required_variables.iter().map(ToString::to_string).collect();
        Self::with(faults, SandboxOptions { required_variables, ..SandboxOptions::default() })
    }

    /// One that takes contacts for every campaign.
    pub(crate) fn of_any_campaign() -> Self {
        Self::with("none", SandboxOptions { any_campaign: true, ..SandboxOptions::default() })
    }

    fn with(faults: &str, options: SandboxOptions) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let mut faults: FaultPlan = faults.parse().unwrap();
        faults.slow_for = std::time::Duration::from_millis(100);
        let options = SandboxOptions { seed: 7, faults, ..options };
        #[expect(clippy::disallowed_methods, reason = "the binary under test goes by the real clock, too")]
        let sandbox = runtime.block_on(Sandbox::start(options, Timestamp::now)).unwrap();
        Self { runtime, sandbox: Some(sandbox) }
    }

    /// A configuration of the connector for this sandbox, with further sections.
    pub(crate) fn config(&self, vendor: &str, sections: &Value) -> Value {
        let mut config = self.sandbox.as_ref().unwrap().connector_config(vendor).unwrap();
        config["phone"] = json!({ "default_region": "VN" });
        for (name, section) in sections.as_object().into_iter().flatten() {
            config[name] = section.clone();
        }
        config
    }

    /// What the sandbox says about a page, as JSON.
    pub(crate) fn ask(&self, path: &str) -> Value {
        let url = format!("http://{}{path}", self.sandbox.as_ref().unwrap().address());
        // The client wants to know whose TLS it would use, though it uses none.
        rustls::crypto::ring::default_provider().install_default().ok();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer =
            async { client.get(url).header("accept", "application/json").send().await?.text().await };
        serde_json::from_str(&self.runtime.block_on(answer).unwrap()).unwrap()
    }
}

impl Drop for Rehearsal {
    fn drop(&mut self) {
        if let Some(sandbox) = self.sandbox.take() {
            self.runtime.block_on(sandbox.stop());
        }
    }
}
