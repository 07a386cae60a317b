//! The form's section for Vbee AICall.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::domain::contact::Campaign;
use crate::domain::secret::Secret;
use crate::phone::WireFormat;

use super::constants::BASE_URL;

/// Ids seen have 24 characters; the vendor names no length, so this only stops a pasted page.
const LONGEST_CAMPAIGN_ID: usize = 64;

/// Calls by the campaigns of a Vbee account.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(title = "Vbee AICall")]
pub struct VbeeConfig {
    /// How this program proves who it is.
    #[schemars(title = "Credentials", extend("display_type" = "radio"))]
    pub credentials: VbeeCredentials,

    /// The campaign's id: 24 characters in the address bar of the campaign's page.
    #[schemars(title = "Campaign ID", extend("examples" = ["65f0c0ffee0000000000cafe"], "pattern" = "^\\S{1,64}$", "pattern_descriptor" = "no blanks, usually 24 characters"))]
    pub campaign_id: String,

    /// The id of the scenario that the campaign speaks, from the address bar of the scenario's page. With it check, discover and the start of a sync read which variables the scenario needs. Blank: they are not known beforehand.
    #[serde(default)]
    #[schemars(title = "Scenario ID", extend("examples" = ["65f0c0ffee0000000000beef"], "pattern" = "^[A-Za-z0-9_-]{0,64}$", "pattern_descriptor" = "no blanks, usually 24 characters"))]
    pub scenario_id: String,

    /// How numbers are written. e164: +84987654321. digits: 84987654321. national: 0987654321, for campaigns of one country.
    #[serde(default = "e164")]
    #[schemars(title = "Phone format", extend("enum" = ["digits", "e164", "national"]))]
    pub phone_format: WireFormat,

    /// The address of the API, if your account has another one; without /api/v1 and what follows.
    #[serde(default = "base_url")]
    #[schemars(title = "Base URL", extend("pattern" = "^(https?://\\S+)?$", "pattern_descriptor" = "https://host/path"))]
    pub base_url: String,

    /// Takes an http:// address of another machine, such as a sandbox in a container. Credentials, names and numbers go there unencrypted, so leave it off for the vendor itself.
    #[serde(default)]
    #[schemars(title = "Allow plain http")]
    pub allow_plain_http: bool,
}

/// How this program proves who it is.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(tag = "auth_type", rename_all = "snake_case")]
pub enum VbeeCredentials {
    /// A fresh token is signed for each request.
    #[schemars(title = "API key and secret")]
    ApiKey {
        /// AICall → Applications → your application → API key.
        #[schemars(title = "API key")]
        api_key: Secret,
        /// The secret beside the key. A fresh token is signed with it for each request.
        #[schemars(title = "API secret")]
        api_secret: Secret,
    },
    /// A token that you signed yourself.
    #[schemars(title = "Access token")]
    AccessToken {
        /// A token that you signed yourself as Vbee's guide shows.
        #[schemars(title = "Access token")]
        access_token: Secret,
    },
}

/// The campaign of a text.
pub(super) fn campaign(id: &str) -> Result<Campaign, String> {
    let id = id.trim();
    let n_chars = id.chars().count();
    if !(1..=LONGEST_CAMPAIGN_ID).contains(&n_chars) || id.contains(char::is_whitespace) {
        return Err(format!(
            "must have 1 to {LONGEST_CAMPAIGN_ID} characters and no white space; copy the id from the address bar of the campaign's page"
        ));
    }
    Ok(Campaign::new(id))
}

/// What keeps an id from being a part of an address.
pub(super) fn scenario_mistake(id: &str) -> Option<String> {
    let fits = id.len() <= LONGEST_CAMPAIGN_ID
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    (!fits).then(|| {
        format!(
            "must have at most {LONGEST_CAMPAIGN_ID} letters and digits; copy the id from the address bar of the scenario's page"
        )
    })
}

/// An access token without the word that people copy along with it.
pub(super) fn bare_token(token: &Secret) -> Secret {
    let text = token.expose();
    match text.split_once(char::is_whitespace) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") => Secret::new(rest),
        _ => token.clone(),
    }
}

fn e164() -> WireFormat {
    WireFormat::E164
}

fn base_url() -> String {
    BASE_URL.to_owned()
}
