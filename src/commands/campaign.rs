//! What `check` and the start of `write` say of the campaigns: what is proved by which answer, and what is not.

use std::time::Duration;

use crate::domain::contact::Campaign;
use crate::mapping::Fills;
use crate::phone::{shown, shown_identifier};
use crate::providers::Provider;
use crate::providers::api::ContactShape;
use crate::providers::campaign::{CampaignExistence, CampaignFacts, CampaignScript};

/// How long a sync waits for what it could do without.
pub(super) const AT_THE_START: Duration = Duration::from_secs(5);

/// How long a person waits at the form.
pub(super) const AT_THE_FORM: Duration = Duration::from_secs(15);

/// Campaigns that are asked about; a configuration with more names them one by one.
const ASKED: usize = 4;

/// Variables of a script that a sentence names.
const NAMED: usize = 20;

/// What is known of one campaign, and what goes there.
pub(super) struct CampaignReport {
    campaign: Campaign,
    facts: CampaignFacts,
    differences: Vec<String>,
}

/// The campaigns that streams go to, the vendor section's own first; and what cannot be asked about.
pub(super) fn campaigns(vendor: &dyn Provider, fills: &[Fills]) -> (Vec<Campaign>, Vec<String>) {
    let mut found: Vec<Campaign> = vendor.campaign("").into_iter().collect();
    for campaign in fills.iter().filter_map(|one| one.campaign.as_ref()) {
        if !found.contains(campaign) {
            found.push(campaign.clone());
        }
    }
    let mut unproved: Vec<String> = Vec::new();
    if fills.iter().any(|one| one.campaign.is_none()) {
        unproved.push("campaigns that each record names are not proved".to_owned());
    }
    if found.len() > ASKED {
        let rest = found.split_off(ASKED);
        let rest: Vec<_> = rest.iter().map(|one| shown_identifier(one.as_str())).collect();
        unproved.push(format!("campaigns that were not asked about are not proved: {}", rest.join(", ")));
    }
    (found, unproved)
}

impl CampaignReport {
    /// Holds what a campaign speaks against what goes there.
    pub(super) fn new(
        campaign: Campaign,
        facts: CampaignFacts,
        fills: &[Fills],
        shape: ContactShape,
    ) -> Self {
        let differences = match &facts.script {
            CampaignScript::Known { variables, .. } => {
                let here = fills.iter().filter(|one| one.campaign.as_ref() == Some(&campaign));
                here.flat_map(|one| one.differences(variables, shape)).collect()
            }
            CampaignScript::Unknown(_) => Vec::new(),
        };
        Self { campaign, facts, differences }
    }

    /// Why the campaign cannot be used, if an answer shows it.
    pub(super) fn missing(&self) -> Option<&str> {
        match &self.facts.existence {
            CampaignExistence::Missing(why) => Some(why),
            CampaignExistence::Proved(_) | CampaignExistence::Unproved(_) => None,
        }
    }

    /// What the owner should know before the first contact, as sentences without a full stop.
    pub(super) fn warnings(&self) -> impl Iterator<Item = &String> {
        self.facts.warnings.iter().chain(&self.differences)
    }

    /// What a check whose credentials were accepted may say, without a full stop.
    pub(super) fn accepted(&self, vendor: &str) -> String {
        let script = self.script();
        match &self.facts.existence {
            CampaignExistence::Proved(by) => {
                format!("{vendor} accepts the credentials and the campaign ({by}); {script}")
            }
            CampaignExistence::Missing(why) | CampaignExistence::Unproved(why) => format!(
                "{vendor} accepts the credentials; that there is such a campaign is not proved ({why}); {script}"
            ),
        }
    }

    /// The same of a campaign beside the vendor section's, and for the log.
    pub(super) fn told(&self) -> String {
        let (id, script) = (shown_identifier(self.campaign.as_str()), self.script());
        match &self.facts.existence {
            CampaignExistence::Proved(by) => format!("campaign {id} is there ({by}); {script}"),
            CampaignExistence::Missing(why) => format!("campaign {id} is not there: {why}"),
            CampaignExistence::Unproved(why) => {
                format!("that there is a campaign {id} is not proved ({why}); {script}")
            }
        }
    }

    fn script(&self) -> String {
        match &self.facts.script {
            CampaignScript::Unknown(why) => format!("what its script speaks is not proved ({why})"),
            CampaignScript::Known { by, variables } if variables.is_empty() => {
                format!("its script speaks no variables ({by})")
            }
            CampaignScript::Known { by, variables } => {
                let mut names: Vec<_> =
                    variables.iter().take(NAMED).map(|name| format!("`{}`", shown(name))).collect();
                if variables.len() > NAMED {
                    names.push(format!("… ({} in all)", variables.len()));
                }
                format!("its script speaks {} ({by})", names.join(", "))
            }
        }
    }
}
