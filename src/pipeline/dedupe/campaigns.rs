//! The campaigns of a run, numbered.
//!
//! A template can name one for each record, so each costs the same few bytes, however long its name is:
//! a digest stands for it, of as many bits as a ledger's keys have.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::numbers::Place;
use crate::contact::Campaign;

type Digest = [u8; 16];

/// Campaigns that were seen: 24 to 48 bytes each.
#[derive(Debug, Default)]
pub(super) struct Campaigns {
    places: HashMap<Digest, Place, FixedState>,
    /// The one before. Most runs have no other, and a digest takes longer than a look.
    last: Option<(Campaign, Place)>,
}

impl Campaigns {
    /// The place of a campaign that was seen.
    pub(super) fn find(&self, campaign: &Campaign) -> Option<Place> {
        match &self.last {
            Some((last, place)) if last == campaign => Some(*place),
            _ => self.places.get(&digest(campaign)).copied(),
        }
    }

    /// The place of a campaign, and whether it is new.
    pub(super) fn find_or_add(&mut self, campaign: &Campaign) -> (Place, bool) {
        if let Some((last, place)) = &self.last
            && last == campaign
        {
            return (*place, false);
        }
        let n_known = self.places.len();
        let next = Place(u32::try_from(n_known).expect("there is not room for so many campaigns"));
        let place = *self.places.entry(digest(campaign)).or_insert(next);
        self.last = Some((campaign.clone(), place));
        (place, self.places.len() > n_known)
    }
}

fn digest(campaign: &Campaign) -> Digest {
    let mut digest = Digest::default();
    let mut hasher = blake3::Hasher::new();
    hasher.update(campaign.as_str().as_bytes()).finalize_xof().fill(&mut digest);
    digest
}
