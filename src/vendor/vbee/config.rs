//! The form's section for Vbee AICall.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::phone::WireFormat;
use crate::secret::Secret;

/// Vbee AICall.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(title = "Vbee AICall")]
pub struct Config {
    /// How this program proves who it is.
    #[schemars(title = "Credentials")]
    pub credentials: Credentials,

    /// The campaign's id: 24 characters in the address bar of the campaign's page.
    #[serde(default)]
    #[schemars(required, title = "Campaign ID")]
    pub campaign_id: String,

    /// How numbers are written. e164: +84987654321. digits: 84987654321. national: 0987654321, for campaigns of one country.
    #[serde(default = "e164")]
    #[schemars(title = "Phone format")]
    pub phone_format: WireFormat,

    /// The address of the API, if your account has another one.
    #[serde(default = "base_url")]
    #[schemars(title = "Base URL")]
    pub base_url: String,
}

/// How this program proves who it is.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(tag = "auth_type", rename_all = "snake_case")]
pub enum Credentials {
    /// API key and secret of the application
    ApiKey {
        /// AICall → Applications → your application → API key.
        #[serde(default)]
        #[schemars(required, title = "API key")]
        api_key: Secret,
        /// The secret beside the key. A fresh token is signed with it for each request.
        #[serde(default)]
        #[schemars(required, title = "API secret")]
        api_secret: Secret,
    },
    /// A ready-made access token
    AccessToken {
        /// A token that you signed yourself as Vbee's guide shows.
        #[serde(default)]
        #[schemars(required, title = "Access token")]
        access_token: Secret,
    },
}

fn e164() -> WireFormat {
    WireFormat::E164
}

fn base_url() -> String {
    "https://aicall.vbee.ai".to_owned()
}
