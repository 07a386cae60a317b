//! The form's section for Pigeon Voice.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::domain::secret::Secret;
use crate::phone::WireFormat;

use super::constants::BASE_URL;

/// Calls by the lists of a Pigeon Voice account.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(title = "Pigeon Voice")]
pub struct PigeonConfig {
    /// The token of your account: Pigeon console → Settings → API.
    #[schemars(title = "API token")]
    pub token: Secret,

    /// The name of the list that contacts are added to.
    #[schemars(title = "List", extend("examples" = ["overdue"]))]
    pub list: String,

    /// How numbers are written. e164: +84987654321. digits: 84987654321.
    #[serde(default = "e164")]
    #[schemars(title = "Phone format", extend("enum" = ["digits", "e164"]))]
    pub phone_format: WireFormat,

    /// The address of the API, if your account has another one; without /v1 and what follows.
    #[serde(default = "base_url")]
    #[schemars(title = "Base URL", extend("pattern" = "^(https?://\\S+)?$", "pattern_descriptor" = "https://host/path"))]
    pub base_url: String,

    /// Takes an http:// address of another machine, such as a sandbox in a container.
    #[serde(default)]
    #[schemars(title = "Allow plain http")]
    pub allow_plain_http: bool,
}

fn e164() -> WireFormat {
    WireFormat::E164
}

fn base_url() -> String {
    BASE_URL.to_owned()
}
