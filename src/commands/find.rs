//! `ledger find`: what is known of one number, which is hashed on this machine.

use std::collections::HashSet;

use super::load_config::LoadedConfig;
use super::number::{normalised, phone_rules};
use crate::cli::FindArgs;
use crate::config::Config;
use crate::domain::contact::Campaign;
use crate::domain::error::Error;
use crate::ledger::{FoundContact, Inspect, Key, open};
use crate::phone::{shown, shown_identifier, shown_key, visible};
use crate::providers::Provider;

pub(super) async fn run(arguments: &FindArgs) -> Result<String, Error> {
    let (config, vendor) = LoadedConfig::from_file(&arguments.config)?.complete()?;
    let phone = normalised(&phone_rules(&config)?, "--phone", &arguments.phone)?;
    let (records, opened) = open::inspect(&config, vendor.as_ref()).await?;
    let keys = opened.keys();
    let campaigns = campaigns(&config, vendor.as_ref(), &arguments.campaigns)?;
    let asked: HashSet<Key> = campaigns.iter().map(|campaign| keys.key(campaign, &phone)).collect();
    let found = records.find_contacts(asked.into_iter().collect()).await?;
    if found.is_empty() {
        return Ok(format!("{phone} is not in the ledger, for the campaigns of this configuration."));
    }
    let mut text = phone.to_string();
    for FoundContact { campaign, outcome, reason, contact_id, stream, primary_key, run, at } in found {
        text.push_str(&format!("\n{at} campaign {}: {outcome}", shown_identifier(&campaign)));
        for (name, value) in [
            ("reason", reason),
            ("contact id", shown_identifier(&contact_id)),
            ("stream", shown(&stream)),
            ("primary key", shown_key(&primary_key, &phone)),
            ("run", visible(&run)),
        ] {
            if !value.is_empty() {
                text.push_str(&format!(", {name} {value}"));
            }
        }
    }
    Ok(text)
}

/// The campaigns that a configuration names, and those of the command line.
pub(super) fn campaigns(
    config: &Config,
    vendor: &dyn Provider,
    more: &[String],
) -> Result<Vec<Campaign>, Error> {
    let constants = config.streams.iter().map(|stream| stream.campaign.trim());
    let named = constants.filter(|campaign| !campaign.contains('{')).chain(more.iter().map(String::as_str));
    let each = std::iter::once("").chain(named).map(|id| vendor.campaign(id));
    each.collect::<Result<_, _>>().map_err(|why| Error::config("--campaign", why))
}
