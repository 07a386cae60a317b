//! Who would be called how often: the numbers behind the page and its JSON.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::providers::call_log::{CallLog, Callee};

/// Everything that the simulators remember.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    /// Requests that came, those with a fault included.
    pub(super) requests: u64,
    /// Contacts in the requests that a simulator understood, refused ones included.
    pub(super) contacts: u64,
    #[serde(flatten)]
    pub(super) totals: Totals,
    pub(super) vendors: Vec<OfVendor>,
    pub(super) campaigns: Vec<OfCampaign>,
    /// Entries that there are; not all of them may be in `entries`.
    pub(super) n_entries: usize,
    pub(super) entries: Vec<CalleeRow>,
}

/// Sums over some campaigns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Totals {
    /// Calls that would be made.
    pub(super) calls: u64,
    /// Numbers that would be called; who is in two campaigns counts in each.
    pub(super) people: u64,
    /// Numbers that one campaign would call more than once.
    pub(super) called_more_than_once: u64,
}

/// Sums over one vendor.
#[derive(Debug, Serialize)]
pub(super) struct OfVendor {
    pub(super) vendor: &'static str,
    pub(super) requests: u64,
    pub(super) contacts: u64,
    #[serde(flatten)]
    pub(super) totals: Totals,
}

/// Sums over one campaign.
#[derive(Debug, Serialize)]
pub(super) struct OfCampaign {
    pub(super) vendor: &'static str,
    pub(super) campaign: String,
    #[serde(flatten)]
    pub(super) totals: Totals,
}

/// One line of the table.
#[derive(Debug, Serialize)]
pub(super) struct CalleeRow {
    pub(super) vendor: &'static str,
    pub(super) campaign: String,
    /// As the call log writes it: masked, unless the sandbox shows numbers.
    pub(super) phone_number: String,
    /// Whole, of as many people as the book keeps the words of.
    pub(super) name: String,
    /// As they would be spoken, of the same people.
    pub(super) variables: Map<String, Value>,
    pub(super) times: u32,
}

/// What one vendor has to tell.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProviderReport<'a> {
    pub(super) vendor: &'static str,
    pub(super) requests: u64,
    pub(super) call_log: &'a CallLog,
}

impl Summary {
    /// Adds everything up; those who would be called most often come first.
    pub(super) fn new(report: &[ProviderReport<'_>], max_entries: usize) -> Self {
        let mut vendors = Vec::new();
        let mut campaigns = Vec::new();
        let mut everybody = Vec::new();
        for one in report {
            let first_campaign = campaigns.len();
            for (campaign, people) in one.call_log.campaigns() {
                let totals = Totals::of(people);
                campaigns.push(OfCampaign { vendor: one.vendor, campaign: campaign.to_owned(), totals });
                let at = people.iter().enumerate();
                everybody.extend(at.map(|(position, callee)| (one, campaign, position, callee)));
            }
            let totals = campaigns.iter().skip(first_campaign).map(|one| one.totals).sum();
            let contacts = one.call_log.totals().contacts;
            vendors.push(OfVendor { vendor: one.vendor, requests: one.requests, contacts, totals });
        }
        let n_entries = everybody.len();
        everybody.sort_by_key(|(_, _, _, callee)| std::cmp::Reverse(callee.times));
        everybody.truncate(max_entries);
        Self {
            requests: vendors.iter().map(|one| one.requests).sum(),
            contacts: vendors.iter().map(|one| one.contacts).sum(),
            totals: vendors.iter().map(|one| one.totals).sum(),
            vendors,
            campaigns,
            n_entries,
            entries: everybody.into_iter().map(CalleeRow::new).collect(),
        }
    }
}

impl Totals {
    fn of(people: &[Callee]) -> Self {
        let one = |callee: &Callee| Self {
            calls: callee.times.into(),
            people: 1,
            called_more_than_once: u64::from(callee.times > 1),
        };
        people.iter().map(one).sum()
    }
}

impl std::iter::Sum for Totals {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            calls: sum.calls + one.calls,
            people: sum.people + one.people,
            called_more_than_once: sum.called_more_than_once + one.called_more_than_once,
        })
    }
}

impl CalleeRow {
    fn new((of, campaign, position, callee): (&ProviderReport<'_>, &str, usize, &Callee)) -> Self {
        let spoken = of.call_log.spoken(campaign, position);
        let variables = spoken.map(|spoken| spoken.variables.iter().cloned()).into_iter().flatten();
        Self {
            vendor: of.vendor,
            campaign: campaign.to_owned(),
            phone_number: callee.number.to_string(),
            name: spoken.map_or_else(|| callee.name.to_string(), |spoken| spoken.name.clone()),
            variables: variables.map(|(name, value)| (name, value.into())).collect(),
            times: callee.times,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::providers::spoken::ScriptText;

    fn call_log(calls: &[(&str, &str)]) -> CallLog {
        let mut call_log = CallLog::default();
        for (campaign, number) in calls {
            call_log.call(campaign, number, &ScriptText::named("An"), Timestamp::UNIX_EPOCH);
        }
        call_log
    }

    #[test]
    fn a_number_called_twice_by_one_campaign_is_told_from_a_number_in_two_campaigns() {
        let (first, second) = ("14155550101", "14155550102");
        let itnio = call_log(&[("9", first), ("9", second), ("9", second), ("9", second), ("12", first)]);
        let vbee = call_log(&[("c", "+14155550101")]);
        let report = [
            ProviderReport { vendor: "itnio", requests: 5, call_log: &itnio },
            ProviderReport { vendor: "vbee", requests: 1, call_log: &vbee },
        ];
        let summary = Summary::new(&report, 2);
        assert_eq!(summary.requests, 6);
        assert_eq!(summary.totals, Totals { calls: 6, people: 4, called_more_than_once: 1 });
        let vendors: Vec<_> = summary.vendors.iter().map(|one| one.totals).collect();
        assert_eq!(vendors[0], Totals { calls: 5, people: 3, called_more_than_once: 1 });
        assert_eq!(vendors[1], Totals { calls: 1, people: 1, called_more_than_once: 0 });
        let campaigns: Vec<_> = summary.campaigns.iter().map(|one| one.campaign.as_str()).collect();
        assert_eq!(campaigns, ["12", "9", "c"]);
        assert_eq!((summary.n_entries, summary.entries.len()), (4, 2));
        assert_eq!(summary.entries[0].times, 3, "most often comes first");
    }
}
