//! Within a run, a number goes to a campaign once.
//!
//! Numbers are kept exactly, in compressed bitmaps: a few bytes each, and no sudden doubling
//! as a hash table would do in the middle of a sync.

use std::collections::{HashMap, HashSet};

use roaring::RoaringTreemap;

use crate::contact::Campaign;
use crate::phone::Phone;

/// Who was sent to which campaign by this run.
#[derive(Debug, Default)]
pub(super) struct Seen {
    campaigns: HashMap<Campaign, Numbers>,
}

#[derive(Debug, Default)]
struct Numbers {
    /// E.164 numbers without their plus: at most 15 digits.
    dialled: RoaringTreemap,
    /// Vendors' own identifiers.
    opaque: HashSet<Phone>,
}

impl Seen {
    /// Whether the number was there before.
    pub(super) fn contains(&self, campaign: &Campaign, phone: &Phone) -> bool {
        self.campaigns.get(campaign).is_some_and(|numbers| match digits(phone) {
            Some(number) => numbers.dialled.contains(number),
            None => numbers.opaque.contains(phone),
        })
    }

    /// Remembers a number; gives whether it is new.
    pub(super) fn insert(&mut self, campaign: &Campaign, phone: &Phone) -> bool {
        if !self.campaigns.contains_key(campaign) {
            self.campaigns.insert(campaign.clone(), Numbers::default());
        }
        let Some(numbers) = self.campaigns.get_mut(campaign) else { return true };
        match digits(phone) {
            Some(number) => numbers.dialled.insert(number),
            None => numbers.opaque.insert(phone.clone()),
        }
    }
}

/// The number behind the plus; identifiers have none.
fn digits(phone: &Phone) -> Option<u64> {
    phone.expose().strip_prefix('+')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_goes_to_a_campaign_once() {
        let mut seen = Seen::default();
        let (one, two) = (Campaign::new("9"), Campaign::new("10"));
        for (name, campaign, phone, is_new) in [
            ("first", &one, Phone::e164("+14155550123"), true),
            ("again", &one, Phone::e164("+14155550123"), false),
            ("other campaign", &two, Phone::e164("+14155550123"), true),
            ("other number", &one, Phone::e164("+14155550124"), true),
            ("identifier of the same digits", &one, Phone::opaque("14155550123"), true),
            ("identifier again", &one, Phone::opaque("14155550123"), false),
        ] {
            assert_eq!(seen.insert(campaign, &phone), is_new, "{name}");
            assert!(seen.contains(campaign, &phone), "{name}");
        }
    }
}
