//! Holds what a stream fills against what a call script speaks.

use std::sync::Arc;

use crate::config::Config;
use crate::domain::contact::Campaign;
use crate::nearest::{helps_after, nearest};
use crate::phone::shown;
use crate::providers::Provider;
use crate::providers::api::ContactShape;

use super::catalog::did_you_mean;
use super::contact::CampaignSource;
use super::name::{PHONE, seen};
use super::{Mapping, RunContext, StreamShape, validate};

/// What a stream hands to a campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fills {
    /// The stream; blank where any may come.
    pub stream: String,
    /// Where it goes; none where each record says it.
    pub campaign: Option<Campaign>,
    names: Vec<String>,
    /// Whether every column becomes a variable: then one too many is no slip.
    is_identity: bool,
    /// Whether somebody has said which columns come.
    is_known: bool,
}

impl Mapping {
    /// What it hands to a campaign.
    #[must_use]
    pub fn fills(&self) -> Fills {
        let named = [&self.name, &self.gender].into_iter().flatten().chain(&self.variables);
        let campaign = match &self.campaign {
            CampaignSource::Fixed(campaign) => Some(campaign.clone()),
            CampaignSource::PerRecord(..) => None,
        };
        Fills {
            stream: self.context.stream.clone(),
            campaign,
            names: named.map(|field| seen(&field.name).into_owned()).collect(),
            is_identity: self.is_identity(),
            is_known: !(self.is_identity() && self.variables.is_empty()),
        }
    }
}

/// What the configured streams hand over, as far as that is known without a catalog. What is wrong with them is
/// told elsewhere.
pub fn fills_without_catalog(config: &Config, vendor: &Arc<dyn Provider>) -> Vec<Fills> {
    let mut elsewhere = Vec::new();
    if !config.streams.is_empty() {
        let mappings = validate::check_streams(config, vendor, &mut elsewhere);
        return mappings.iter().map(Mapping::fills).collect();
    }
    let stream =
        StreamShape { name: "", namespace: "", json_schema: &serde_json::Value::Null, primary_key: &[] };
    let run = RunContext { sync_id: String::new(), now: jiff::Timestamp::UNIX_EPOCH };
    let mapping = Mapping::compile(config, vendor, &stream, &run, &mut elsewhere);
    mapping.iter().map(Mapping::fills).collect()
}

impl Fills {
    /// What does not go together, one sentence each without a full stop: variables that nothing fills, fields that no
    /// script has.
    #[must_use]
    pub fn differences(&self, script: &[String], shape: ContactShape) -> Vec<String> {
        if !self.is_known {
            return Vec::new();
        }
        let own =
            |name: &str| name == PHONE || name == "name" && shape.name || name == "gender" && shape.gender;
        let spoken: Vec<String> = script.iter().map(|name| seen(name).into_owned()).collect();
        let is_filled = |name: &String| self.names.contains(name) || own(name);
        let missing: Vec<&String> = spoken.iter().filter(|name| !is_filled(name)).collect();
        let extra =
            self.names.iter().filter(|name| !self.is_identity && !spoken.contains(name) && !own(name));
        let extra: Vec<&String> = extra.collect();
        let stream = if self.stream.is_empty() {
            String::new()
        } else {
            format!(" of stream `{}`", shown(&self.stream))
        };
        let what = if self.is_identity { "column" } else { "field" };
        let mut told = Vec::new();
        let help = |name: &str, n_told: usize, among: &[&String]| {
            let near =
                helps_after(n_told).then(|| nearest(name, among.iter().map(|name| name.as_str()))).flatten();
            did_you_mean(near)
        };
        let candidates: Vec<&String> =
            if self.is_identity { self.names.iter().collect() } else { extra.clone() };
        for name in &missing {
            let near = help(name, told.len(), &candidates);
            told.push(format!("the script speaks `{}`, and no {what}{stream} fills it{near}", shown(name)));
        }
        for name in &extra {
            let near = help(name, told.len(), &missing);
            told.push(format!("field `{}`{stream} is no variable of the script{near}", shown(name)));
        }
        told
    }
}
