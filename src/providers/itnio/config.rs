//! The form's section for itniotech AI Voice.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::domain::contact::Campaign;
use crate::domain::secret::Secret;
use crate::phone::WireFormat;

use super::constants::BASE_URL;

/// Calls by the jobs of an itniotech account.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(title = "itniotech AI Voice")]
pub struct ItnioConfig {
    /// The Api-Key of your account: itniotech console → Home → Developer options.
    #[schemars(title = "API key")]
    pub api_key: Secret,

    /// The API secret beside the key.
    #[schemars(title = "API secret")]
    pub api_secret: Secret,

    /// The id of the application that the job belongs to.
    #[schemars(title = "App ID", extend("examples" = ["LILIN888"]))]
    pub app_id: String,

    /// The number of the job (outbound task) that contacts are added to.
    #[serde(deserialize_with = "job_id")]
    #[schemars(title = "Job ID", with = "u64", range(min = 1), extend("examples" = [9]))]
    pub job_id: String,

    /// Lets the vendor refuse a number that this job has called before. Switched off, a repeated request can call a person again, so lost answers are not repeated then.
    #[serde(default = "yes")]
    #[schemars(title = "Skip numbers that were called already")]
    pub skip_already_called: bool,

    /// How numbers are written. digits: 84987654321. e164: +84987654321. national: 0987654321, for jobs of one country. as_is: the vendor's encrypted identifiers, passed on unread.
    #[serde(default)]
    #[schemars(title = "Phone format")]
    pub phone_format: WireFormat,

    /// The address of the API, if your account has another one; without /importCustomer at its end.
    #[serde(default = "base_url")]
    #[schemars(title = "Base URL", extend("pattern" = "^(https?://\\S+)?$", "pattern_descriptor" = "https://host/path"))]
    pub base_url: String,

    /// Takes an http:// address of another machine, such as a sandbox in a container. Credentials, names and numbers go there unencrypted, so leave it off for the vendor itself.
    #[serde(default)]
    #[schemars(title = "Allow plain http")]
    pub allow_plain_http: bool,
}

/// The job of a text: a positive integer, in its one way of being written.
pub(super) fn campaign(id: &str) -> Result<Campaign, String> {
    let id = id.trim();
    let number = id.bytes().all(|b| b.is_ascii_digit()).then(|| id.parse::<u64>().ok()).flatten();
    match number {
        Some(number @ 1..) => Ok(Campaign::new(&number.to_string())),
        _ => Err("must be a positive integer, the number of the job in the itniotech console".to_owned()),
    }
}

fn yes() -> bool {
    true
}

fn base_url() -> String {
    BASE_URL.to_owned()
}

/// Takes 9 and "9".
fn job_id<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Id {
        Number(u64),
        Text(String),
    }
    Ok(match Id::deserialize(deserializer)? {
        Id::Number(number) => number.to_string(),
        Id::Text(text) => text.trim().to_owned(),
    })
}
