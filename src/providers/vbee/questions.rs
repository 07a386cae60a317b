//! What Vbee tells of a scenario without adding anybody: the personal fields that it speaks.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use unicode_normalization::UnicodeNormalization;

use crate::domain::contact::Campaign;
use crate::phone::shown_identifier;
use crate::providers::api::{Reply, Request};
use crate::providers::campaign::{CampaignExistence, CampaignFacts, CampaignScript, QuestionAnswer};
use crate::providers::json;

use super::Vbee;
use super::body::RESERVED;
use super::codes;
use super::constants::SCENARIOS;
use super::envelope::VbeeEnvelope;

const UNDOCUMENTED: &str = "an answer that the vendor does not document";

#[derive(Deserialize)]
struct VbeeScenario<'a> {
    #[serde(borrow, alias = "personalizedFields")]
    personalized_fields: Vec<VbeePersonalField<'a>>,
}

#[derive(Deserialize)]
struct VbeePersonalField<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
}

impl Vbee {
    pub(super) fn question(
        &self,
        campaign: &Campaign,
        heard: &[QuestionAnswer],
        now: Timestamp,
    ) -> Option<Request> {
        let is_asked = heard.is_empty() && self.knows_scenario_of(campaign);
        is_asked.then(|| self.asks(format!("{}{SCENARIOS}{}", self.base_url, self.scenario_id), now))
    }

    pub(super) fn facts(&self, campaign: &Campaign, heard: &[QuestionAnswer]) -> CampaignFacts {
        let existence =
            CampaignExistence::Unproved("Vbee documents no request that reads a campaign".to_owned());
        let scenario = shown_identifier(&self.scenario_id);
        let script = match heard.first() {
            _ if self.scenario_id.is_empty() => CampaignScript::Unknown(
                "vendor.scenario_id is blank, so that no scenario was read".to_owned(),
            ),
            None if !self.knows_scenario_of(campaign) => {
                CampaignScript::Unknown("vendor.scenario_id is another campaign's".to_owned())
            }
            None => CampaignScript::Unknown("not asked".to_owned()),
            Some(Err(why)) => CampaignScript::Unknown(format!("scenario {scenario}: {why}")),
            Some(Ok(reply)) => match fields(reply) {
                Ok(variables) => CampaignScript::Known { by: format!("scenario {scenario}"), variables },
                Err(why) => CampaignScript::Unknown(format!("scenario {scenario}: {why}")),
            },
        };
        CampaignFacts { existence, warnings: Vec::new(), script }
    }

    /// The scenario is the section's campaign's; of another one nobody knows what it speaks.
    fn knows_scenario_of(&self, campaign: &Campaign) -> bool {
        !self.scenario_id.is_empty() && campaign.as_str() == self.campaign_id
    }
}

/// The personal fields of a scenario, as contacts have to name them.
fn fields(reply: &Reply) -> Result<Vec<String>, String> {
    if let Some(why) = &reply.unreadable {
        return Err(format!("HTTP {}: {why}", reply.status));
    }
    let text = json::text_of(&reply.body);
    match VbeeEnvelope::parse(&text) {
        Some(VbeeEnvelope::Success { result }) if (200..300).contains(&reply.status) => {
            let read = serde_json::from_str::<VbeeScenario<'_>>(result.map_or("", RawValue::get));
            let scenario = read.map_err(|_| UNDOCUMENTED)?;
            let names = scenario.personalized_fields.iter().map(|field| slug(&field.name));
            Ok(names.filter(|name| !name.is_empty() && !RESERVED.contains(&name.as_str())).collect())
        }
        Some(VbeeEnvelope::Failure { code, .. }) => {
            let meaning = codes::lookup(code).map_or("which is not known here", |row| row.meaning);
            Err(format!("code vbee:{}, {meaning}", json::shown_code(code)))
        }
        _ if (200..300).contains(&reply.status) => Err(UNDOCUMENTED.to_owned()),
        _ => Err(format!("HTTP {}", reply.status)),
    }
}

/// The key of a personal field, as the vendor's own `so_dien_thoai` is made of "Số điện thoại". It documents no rule.
fn slug(name: &str) -> String {
    let plain = name.nfd().filter(|c| !unicode_normalization::char::is_combining_mark(*c));
    let letters: String =
        plain.flat_map(char::to_lowercase).map(|c| if c == 'đ' { 'd' } else { c }).collect();
    let words = letters.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_a_personal_field_is_made_of_its_name() {
        for (name, want) in [
            ("Số điện thoại", "so_dien_thoai"),
            ("Họ và tên", "ho_va_ten"),
            ("  NGÀY đến-hạn (1) ", "ngay_den_han_1"),
            ("so_tien", "so_tien"),
            ("Đơn vị", "don_vi"),
            ("—", ""),
        ] {
            assert_eq!(slug(name), want, "{name}");
            assert_eq!(
                slug(&name.nfc().collect::<String>()),
                slug(&name.nfd().collect::<String>()),
                "{name}"
            );
        }
    }
}
