//! The campaigns of a run, numbered.
//!
//! A template can name one for each record, so each costs the same few bytes, however long its name is:
//! a digest stands for it, of as many bits as a ledger's keys have.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::compact_set::CampaignNumber;
use crate::domain::contact::Campaign;

type Digest = [u8; 16];

/// Campaigns that were seen: 24 to 48 bytes each.
#[derive(Debug, Default)]
pub(super) struct Campaigns {
    numbers: HashMap<Digest, CampaignNumber, FixedState>,
    /// The one before. Most runs have no other, and a digest takes longer than a look.
    last: Option<(Campaign, CampaignNumber)>,
}

impl Campaigns {
    /// The number of a campaign that was seen.
    pub(super) fn find_number(&self, campaign: &Campaign) -> Option<CampaignNumber> {
        match &self.last {
            Some((last, number)) if last == campaign => Some(*number),
            _ => self.numbers.get(&digest(campaign)).copied(),
        }
    }

    /// The number of a campaign, and whether it is new.
    pub(super) fn find_or_add_number(&mut self, campaign: &Campaign) -> (CampaignNumber, bool) {
        if let Some((last, number)) = &self.last
            && last == campaign
        {
            return (*number, false);
        }
        let n_known = self.numbers.len();
        let next = CampaignNumber(u32::try_from(n_known).expect("there is not room for so many campaigns"));
        let number = *self.numbers.entry(digest(campaign)).or_insert(next);
        self.last = Some((campaign.clone(), number));
        (number, self.numbers.len() > n_known)
    }
}

fn digest(campaign: &Campaign) -> Digest {
    let mut digest = Digest::default();
    let mut hasher = blake3::Hasher::new();
    hasher.update(campaign.as_str().as_bytes()).finalize_xof().fill(&mut digest);
    digest
}
