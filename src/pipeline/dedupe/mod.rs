//! Within a run, a number goes to a campaign once.
//!
//! Numbers are kept exactly: in memory up to a limit, beyond it in a temporary database on disk.

mod numbers;
mod overflow;

use std::collections::{HashMap, HashSet};

use foldhash::fast::FixedState;

use crate::contact::Campaign;
use crate::error::Error;
use crate::phone::Phone;
use numbers::Numbers;
use overflow::Overflow;

/// Numbers in memory at most, over all campaigns: up to 115 MiB, when they are just beyond a doubling.
const MAX_IN_MEMORY: usize = 8 << 20;

/// An identifier of a vendor takes as much memory as so many numbers.
const IDENTIFIER_COSTS: usize = 4;

/// Who was sent to which campaign by this run.
#[derive(Debug)]
pub(super) struct Seen {
    campaigns: HashMap<Campaign, People, FixedState>,
    /// What may still be kept in memory.
    room: usize,
    overflow: Option<Overflow>,
}

/// Who was sent to one campaign.
#[derive(Debug)]
struct People {
    /// The campaign's number in the overflow.
    id: i64,
    /// E.164 numbers without their plus: at most 15 digits.
    dialled: Numbers,
    /// Vendors' own identifiers.
    opaque: HashSet<Phone, FixedState>,
}

impl Default for Seen {
    fn default() -> Self {
        Self::with_room_for(MAX_IN_MEMORY)
    }
}

impl Seen {
    fn with_room_for(room: usize) -> Self {
        Self { campaigns: HashMap::default(), room, overflow: None }
    }

    /// Whether the number was there before.
    ///
    /// # Errors
    /// When the temporary database cannot be read.
    pub(super) fn contains(&self, campaign: &Campaign, phone: &Phone) -> Result<bool, Error> {
        let Some(people) = self.campaigns.get(campaign) else { return Ok(false) };
        if people.contains(phone) {
            return Ok(true);
        }
        self.overflow.as_ref().map_or(Ok(false), |overflow| overflow.contains(people.id, phone))
    }

    /// Remembers a number; gives whether it is new.
    ///
    /// # Errors
    /// When there are more than memory may hold, and the temporary database cannot be written.
    pub(super) fn insert(&mut self, campaign: &Campaign, phone: &Phone) -> Result<bool, Error> {
        let next_id = i64::try_from(self.campaigns.len()).expect("campaigns in memory are countable");
        if !self.campaigns.contains_key(campaign) {
            self.campaigns.insert(campaign.clone(), People::of_campaign(next_id));
        }
        let Some(people) = self.campaigns.get_mut(campaign) else { return Ok(true) };
        if self.room > 0 {
            let cost = people.insert(phone);
            self.room = self.room.saturating_sub(cost);
            return Ok(cost > 0);
        }
        if people.contains(phone) {
            return Ok(false);
        }
        let overflow = match &mut self.overflow {
            Some(overflow) => overflow,
            none => none.insert(Overflow::open()?),
        };
        overflow.insert(people.id, phone)
    }
}

impl People {
    fn of_campaign(id: i64) -> Self {
        Self { id, dialled: Numbers::default(), opaque: HashSet::default() }
    }

    fn contains(&self, phone: &Phone) -> bool {
        match digits(phone) {
            Some(number) => self.dialled.contains(number),
            None => self.opaque.contains(phone),
        }
    }

    /// Gives what it costs to keep a number; nothing when it was there.
    fn insert(&mut self, phone: &Phone) -> usize {
        match digits(phone) {
            Some(number) => usize::from(self.dialled.insert(number)),
            None if self.opaque.contains(phone) => 0,
            None => {
                self.opaque.insert(phone.clone());
                IDENTIFIER_COSTS
            }
        }
    }
}

/// The number behind the plus; identifiers have none.
fn digits(phone: &Phone) -> Option<u64> {
    phone.expose().strip_prefix('+')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_goes_to_a_campaign_once() {
        for room in [0, 1, 2, MAX_IN_MEMORY] {
            let mut seen = Seen::with_room_for(room);
            let (one, two) = (Campaign::new("9"), Campaign::new("10"));
            for (name, campaign, phone, is_new) in [
                ("first", &one, Phone::e164("+14155550123"), true),
                ("again", &one, Phone::e164("+14155550123"), false),
                ("other campaign", &two, Phone::e164("+14155550123"), true),
                ("other number", &one, Phone::e164("+14155550124"), true),
                ("identifier of the same digits", &one, Phone::opaque("14155550123"), true),
                ("identifier again", &one, Phone::opaque("14155550123"), false),
            ] {
                assert_eq!(seen.insert(campaign, &phone).unwrap(), is_new, "{name}, room for {room}");
                assert!(seen.contains(campaign, &phone).unwrap(), "{name}, room for {room}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn memory_and_disk_together_are_one_set(
            room in 0_usize..40,
            asked in prop::collection::vec((0_u8..3, 0_u16..60, any::<bool>()), 0..120),
        ) {
            let mut seen = Seen::with_room_for(room);
            let mut model = HashSet::new();
            for (campaign, number, is_opaque) in asked {
                let campaign = Campaign::new(&campaign.to_string());
                let phone = if is_opaque {
                    Phone::opaque(&format!("id{number}"))
                } else {
                    Phone::e164(&format!("+141555{number:05}"))
                };
                let known = model.contains(&(campaign.clone(), phone.clone()));
                prop_assert_eq!(seen.contains(&campaign, &phone).unwrap(), known);
                prop_assert_eq!(seen.insert(&campaign, &phone).unwrap(), !known);
                model.insert((campaign, phone));
            }
        }
    }
}
