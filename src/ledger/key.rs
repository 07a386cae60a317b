//! Who, without saying who: a keyed hash of scope and number.

use std::borrow::Cow;

use crate::domain::contact::Campaign;
use crate::phone::Phone;

/// Before the account of a vendor that is played, or at an address that is no vendor's own: nobody is called there.
pub(super) const REHEARSED: &str = "rehearsal ";

/// Within what a person is called at most once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One campaign.
    Campaign,
    /// All campaigns of one account.
    Account,
    /// Everything that shares the ledger.
    Everywhere,
}

/// By what the rules of calling know a person, beside the key of the campaign; none where a rule is off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleKeys {
    /// As the do-not-call list has them.
    pub listed: Option<Key>,
    /// Within what one hand-over keeps the next one back for a while.
    pub cooling: Option<Key>,
}

/// By what a ledger knows a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PersonKeys {
    /// Within what they are called at most once.
    pub key: Key,
    /// What the rules of calling go by.
    pub rules: RuleKeys,
}

impl From<Key> for PersonKeys {
    fn from(key: Key) -> Self {
        Self { key, rules: RuleKeys::default() }
    }
}

/// Within what each rule of calling holds; none where it is off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleScopes {
    /// The do-not-call list's.
    pub do_not_call: Option<Scope>,
    /// The cooling off's.
    pub cooling_off: Option<Scope>,
}

/// Before a rule's own part of a key: no vendor's account begins so.
const LISTED: &str = "do-not-call";
const COOLING: &str = "cooling-off";

/// Makes the keys of one run.
#[derive(Clone)]
pub struct KeyMaker {
    hasher: KeyHasher,
    scope: Scope,
    account: String,
    rules: RuleScopes,
}

impl KeyMaker {
    /// Keys for an account (the vendor's name and what tells its accounts apart).
    #[must_use]
    pub fn new(hasher: KeyHasher, scope: Scope, account: String) -> Self {
        Self { hasher, scope, account, rules: RuleScopes::default() }
    }

    /// The same, with what these rules go by.
    #[must_use]
    pub fn with_rules(self, rules: RuleScopes) -> Self {
        Self { rules, ..self }
    }

    /// All keys of a number that would go to a campaign.
    #[must_use]
    pub fn person(&self, campaign: &Campaign, phone: &Phone) -> PersonKeys {
        let listed = self.on_the_list(phone);
        let cooling = self.rules.cooling_off.map(|scope| self.wide(COOLING, scope, phone));
        PersonKeys { key: self.key(campaign, phone), rules: RuleKeys { listed, cooling } }
    }

    /// The key of a number on the do-not-call list; none where nobody asks for one.
    #[must_use]
    pub fn on_the_list(&self, phone: &Phone) -> Option<Key> {
        self.rules.do_not_call.map(|scope| self.wide(LISTED, scope, phone))
    }

    /// A rule's key, which knows no campaign.
    fn wide(&self, rule: &str, scope: Scope, phone: &Phone) -> Key {
        let (number, rehearsed) = (phone.expose(), self.account.starts_with(REHEARSED));
        match scope {
            Scope::Campaign | Scope::Account => self.hasher.key_within(&[rule, &self.account, ""], number),
            Scope::Everywhere if rehearsed => self.hasher.key_within(&[rule, REHEARSED], number),
            Scope::Everywhere => self.hasher.key_within(&[rule], number),
        }
    }

    /// The key of a number that would go to a campaign.
    #[must_use]
    pub fn key(&self, campaign: &Campaign, phone: &Phone) -> Key {
        let number = phone.expose();
        match self.scope {
            Scope::Campaign => self.hasher.key_within(&[&self.account, &plain(campaign.as_str())], number),
            Scope::Account => self.hasher.key_within(&[&self.account], number),
            Scope::Everywhere if self.account.starts_with(REHEARSED) => {
                self.hasher.key_within(&[REHEARSED], number)
            }
            Scope::Everywhere => self.hasher.key_within(&[], number),
        }
    }
}

/// A campaign as it is compared: an id of 24 hexadecimal digits is a number, whatever their letters.
pub(super) fn plain(campaign: &str) -> Cow<'_, str> {
    let is_number = campaign.len() == 24 && campaign.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_number { Cow::Owned(campaign.to_ascii_lowercase()) } else { Cow::Borrowed(campaign) }
}

/// A person within a scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(pub [u8; 16]);

/// Makes keys. Phone numbers are few enough to be tried out one by one, so the hash needs a key.
#[derive(Clone)]
pub struct KeyHasher {
    hash_key: [u8; 32],
}

impl KeyHasher {
    /// A hasher whose key is derived from any text.
    #[must_use]
    pub fn new(hash_key: &str) -> Self {
        Self { hash_key: blake3::derive_key("destination-ai-voice ledger 1", hash_key.as_bytes()) }
    }

    /// The key of a number (E.164 with its plus, or a vendor's identifier) within a scope.
    #[must_use]
    pub fn key(&self, scope: &str, number: &str) -> Key {
        self.key_within(&[scope], number)
    }

    /// The same for a scope of several parts.
    fn key_within(&self, scope: &[&str], number: &str) -> Key {
        let mut hasher = blake3::Hasher::new_keyed(&self.hash_key);
        for part in scope {
            hasher.update(part.as_bytes()).update(&[0]);
        }
        hasher.update(number.as_bytes());
        let mut key = [0; 16];
        hasher.finalize_xof().fill(&mut key);
        Key(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_has_one_key_within_a_scope_and_a_rehearsal_has_its_own() {
        let key = |scope, account: &str, campaign: &str| {
            let maker = KeyMaker::new(KeyHasher::new("invented"), scope, account.to_owned());
            maker.key(&Campaign::new(campaign), &Phone::e164("+14155550123"))
        };
        let (id, in_capitals) = ("65f0c0ffee0000000000cafe", "65F0C0FFEE0000000000CAFE");
        for (scope, account, campaign, is_the_same) in [
            (Scope::Campaign, "vbee/", in_capitals, true),
            (Scope::Campaign, "vbee/", "65F0C0FFEE0000000000CAF", false),
            (Scope::Campaign, "itnio/A", id, false),
            (Scope::Campaign, "rehearsal vbee/", id, false),
            (Scope::Account, "vbee/", "another", true),
            (Scope::Account, "rehearsal vbee/", id, false),
            (Scope::Everywhere, "itnio/A", "another", true),
            (Scope::Everywhere, "rehearsal vbee/", id, false),
        ] {
            let is_found = key(scope, account, campaign) == key(scope, "vbee/", id);
            assert_eq!(is_found, is_the_same, "{scope:?} {account} {campaign}");
        }
        let rehearsed = |account, campaign| key(Scope::Everywhere, account, campaign);
        assert_eq!(rehearsed("rehearsal vbee/", id), rehearsed("rehearsal itnio/A", "9"), "two rehearsals");
    }

    #[test]
    fn a_rule_knows_a_person_by_a_key_of_its_own_over_all_campaigns() {
        let scopes = |scope| RuleScopes { do_not_call: Some(scope), cooling_off: Some(scope) };
        let person = |scope, account: &str, campaign: &str| {
            let maker = KeyMaker::new(KeyHasher::new("invented"), Scope::Campaign, account.to_owned());
            maker.with_rules(scopes(scope)).person(&Campaign::new(campaign), &Phone::e164("+14155550123"))
        };
        for scope in [Scope::Account, Scope::Everywhere] {
            let PersonKeys { key, rules } = person(scope, "vbee/", "one");
            let all = [Some(key), rules.listed, rules.cooling];
            let distinct: std::collections::BTreeSet<_> = all.into_iter().collect();
            assert_eq!(distinct.len(), 3, "{scope:?}");
            assert_eq!(person(scope, "vbee/", "two").rules, rules, "{scope:?}: another campaign");
            let of_others = person(scope, "itnio/A", "one").rules;
            assert_eq!(of_others == rules, scope == Scope::Everywhere, "{scope:?}: another account");
            assert_ne!(person(scope, "rehearsal vbee/", "one").rules, rules, "{scope:?}: a rehearsal");
        }
        let off = KeyMaker::new(KeyHasher::new("invented"), Scope::Campaign, "vbee/".to_owned());
        let off = off.person(&Campaign::new("one"), &Phone::e164("+14155550123"));
        assert_eq!(off.rules, RuleKeys::default(), "no rule is on");
    }
}
