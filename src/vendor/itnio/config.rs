//! The form's section for itniotech AI Voice.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::phone::WireFormat;
use crate::secret::Secret;

/// itniotech AI Voice.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(title = "itniotech AI Voice")]
pub struct Config {
    /// The Api-Key of your account: itniotech console → Home → Developer options.
    #[serde(default)]
    #[schemars(required, title = "API key")]
    pub api_key: Secret,

    /// The API secret beside the key.
    #[serde(default)]
    #[schemars(required, title = "API secret")]
    pub api_secret: Secret,

    /// The id of the application that the job belongs to.
    #[serde(default)]
    #[schemars(required, title = "App ID", extend("examples" = ["LILIN888"]))]
    pub app_id: String,

    /// The number of the job (outbound task) that contacts are added to.
    #[serde(default, deserialize_with = "job_id")]
    #[schemars(required, title = "Job ID", with = "u64", extend("examples" = [9]))]
    pub job_id: String,

    /// Lets the vendor refuse a number that this job has called before. Switched off, a repeated request can call a person again, so lost answers are not repeated then.
    #[serde(default = "yes")]
    #[schemars(title = "Skip numbers that were called already")]
    pub skip_already_called: bool,

    /// How numbers are written. digits: 84987654321. e164: +84987654321. national: 0987654321, for jobs of one country. as_is: the vendor's encrypted identifiers, passed on unread.
    #[serde(default)]
    #[schemars(title = "Phone format")]
    pub phone_format: WireFormat,

    /// The address of the API, if your account has another one.
    #[serde(default = "base_url")]
    #[schemars(title = "Base URL")]
    pub base_url: String,
}

fn yes() -> bool {
    true
}

fn base_url() -> String {
    "https://api.itniotech.com/aivoice".to_owned()
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
