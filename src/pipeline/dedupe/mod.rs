//! Within a run, a number goes to a campaign once.
//!
//! Numbers are kept exactly: in memory up to a limit, beyond it in a temporary database on disk.

mod campaigns;
mod compact_set;
mod spill_table;

use std::collections::HashSet;

use foldhash::fast::FixedState;

use crate::domain::contact::Campaign;
use crate::domain::error::Error;
use crate::phone::Phone;
use campaigns::Campaigns;
use compact_set::{CampaignNumber, CompactNumberSet};
use spill_table::{SpillTable, digits};

/// Numbers of one campaign in memory at most: up to 115 MiB, when they are just beyond a doubling, and
/// up to 190 MiB of many campaigns.
const MAX_IN_MEMORY: usize = 8 << 20;

/// An identifier of a vendor takes as much memory as so many numbers.
const IDENTIFIER_COSTS: usize = 4;

/// A campaign, too: as much as so many numbers of the first campaign, which are the small ones.
const CAMPAIGN_COSTS: usize = 4;

/// Who was sent to which campaign by this run.
#[derive(Debug)]
pub(super) struct Deduper {
    campaigns: Campaigns,
    /// E.164 numbers without their plus: at most 15 digits.
    dialled: CompactNumberSet,
    /// Vendors' own identifiers.
    opaque: HashSet<(CampaignNumber, Phone), FixedState>,
    /// What may still be kept in memory.
    room: usize,
    overflow: Option<SpillTable>,
}

impl Default for Deduper {
    fn default() -> Self {
        Self::with_room_for(MAX_IN_MEMORY)
    }
}

impl Deduper {
    fn with_room_for(room: usize) -> Self {
        Self {
            campaigns: Campaigns::default(),
            dialled: CompactNumberSet::default(),
            opaque: HashSet::default(),
            room,
            overflow: None,
        }
    }

    /// Whether the number was there before.
    ///
    /// # Errors
    /// When the temporary database cannot be read.
    pub(super) fn contains(&self, campaign: &Campaign, phone: &Phone) -> Result<bool, Error> {
        let place = self.campaigns.find_number(campaign);
        if place.is_some_and(|place| self.remembers(place, phone)) {
            return Ok(true);
        }
        self.overflow.as_ref().map_or(Ok(false), |overflow| overflow.contains(campaign, phone))
    }

    /// Remembers a number; gives whether it is new.
    ///
    /// # Errors
    /// When there are more than memory may hold, and the temporary database cannot be written.
    pub(super) fn insert(&mut self, campaign: &Campaign, phone: &Phone) -> Result<bool, Error> {
        if self.room > 0 {
            let (place, is_new) = self.campaigns.find_or_add_number(campaign);
            let campaign_costs = if is_new { CAMPAIGN_COSTS } else { 0 };
            let cost = self.keep(place, phone);
            self.room = self.room.saturating_sub(cost + campaign_costs);
            return Ok(cost > 0);
        }
        if self.campaigns.find_number(campaign).is_some_and(|place| self.remembers(place, phone)) {
            return Ok(false);
        }
        let overflow = match &mut self.overflow {
            Some(overflow) => overflow,
            none => none.insert(SpillTable::open()?),
        };
        overflow.insert(campaign, phone)
    }

    fn remembers(&self, campaign: CampaignNumber, phone: &Phone) -> bool {
        match digits(phone) {
            Some(number) => self.dialled.contains(campaign, number),
            None => self.opaque.contains(&(campaign, phone.clone())),
        }
    }

    /// Gives what it costs to keep a number; nothing when it was there.
    fn keep(&mut self, campaign: CampaignNumber, phone: &Phone) -> usize {
        match digits(phone) {
            Some(number) => usize::from(self.dialled.insert(campaign, number)),
            None if self.opaque.insert((campaign, phone.clone())) => IDENTIFIER_COSTS,
            None => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_goes_to_a_campaign_once() {
        for room in [0, 1, 2, MAX_IN_MEMORY] {
            let mut deduper = Deduper::with_room_for(room);
            let (one, two) = (Campaign::new("9"), Campaign::new("10"));
            for (name, campaign, phone, is_new) in [
                ("first", &one, Phone::e164("+14155550123"), true),
                ("again", &one, Phone::e164("+14155550123"), false),
                ("other campaign", &two, Phone::e164("+14155550123"), true),
                ("other number", &one, Phone::e164("+14155550124"), true),
                ("identifier of the same digits", &one, Phone::opaque("14155550123"), true),
                ("identifier again", &one, Phone::opaque("14155550123"), false),
            ] {
                assert_eq!(deduper.insert(campaign, &phone).unwrap(), is_new, "{name}, room for {room}");
                assert!(deduper.contains(campaign, &phone).unwrap(), "{name}, room for {room}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn memory_and_disk_together_are_one_set(
            room in 0_usize..80,
            asked in prop::collection::vec((0_u8..5, 0_u16..40, any::<bool>()), 0..160),
        ) {
            let mut deduper = Deduper::with_room_for(room);
            let mut model = HashSet::new();
            for (campaign, number, is_opaque) in asked {
                let campaign = Campaign::new(&campaign.to_string());
                let phone = if is_opaque {
                    Phone::opaque(&format!("id{number}"))
                } else {
                    Phone::e164(&format!("+141555{number:05}"))
                };
                let known = model.contains(&(campaign.clone(), phone.clone()));
                prop_assert_eq!(deduper.contains(&campaign, &phone).unwrap(), known);
                prop_assert_eq!(deduper.insert(&campaign, &phone).unwrap(), !known);
                model.insert((campaign, phone));
            }
        }
    }
}
