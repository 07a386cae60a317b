//! What a ledger's keys are made of beside the person: what it was made with, it must be used with.

use super::key::{REHEARSED, Scope};

/// Whose people a run remembers, and within what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerIdentity {
    /// The vendor's name and what tells its accounts apart. The ledger's own spelling goes into keys.
    pub account: String,
    /// Within what a person is called at most once.
    pub scope: Scope,
    /// How people are told apart.
    pub numbers: NumberKind,
}

/// How people are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberKind {
    /// By whole phone numbers, however they were written.
    Phone,
    /// By the vendor's identifiers.
    Opaque,
}

impl LedgerIdentity {
    /// Under what the ledger keeps it: an account is the same in capitals, and with white space.
    pub(super) fn name(&self) -> String {
        format!("{}{}", Self::PREFIX, plain(&self.account))
    }

    pub(super) const PREFIX: &str = "account ";

    /// Whether nobody is called by this account.
    fn is_rehearsed(&self) -> bool {
        self.account.starts_with(REHEARSED)
    }

    /// The account as it is when people are called.
    fn bare_account(&self) -> &str {
        self.account.strip_prefix(REHEARSED).unwrap_or(&self.account)
    }

    /// What the ledger keeps.
    pub(super) fn value(&self) -> String {
        let Self { account, scope, numbers } = self;
        format!("{} {} {account}", scope.name(), numbers.name())
    }

    /// What was kept; nothing where that is not what `value` gave.
    pub(super) fn parse(value: &str) -> Option<Self> {
        let mut parts = value.splitn(3, ' ');
        let (scope, numbers) = (Scope::named(parts.next()?)?, NumberKind::named(parts.next()?)?);
        Some(Self { account: parts.next()?.to_owned(), scope, numbers })
    }

    /// The ledger's own identity of this account among those that it keeps; none where it is new.
    pub(super) fn among(&self, kept: &[Self]) -> Option<Self> {
        kept.iter().find(|known| plain(&known.account) == plain(&self.account)).cloned()
    }

    /// Why a run must not use a ledger that keeps these: people in it would not be recognised.
    pub(super) fn conflict(&self, kept: &[Self]) -> Option<String> {
        if let Some(known) = self.among(kept) {
            let (was, is) = (known.scope.name(), self.scope.name());
            if was != is {
                return Some(format!(
                    "remembers this account's people with scope `{was}`, and the configuration says `{is}`: nobody \
                     would be recognised, and everybody called again; set `scope` back, or bring the ledger over with \
                     `ledger rescope`"
                ));
            }
            if known.numbers != self.numbers {
                return Some(format!(
                    "tells this account's people apart by {}, and the configuration by {}: nobody would be \
                     recognised, and everybody called again; set `phone_format` back, or use a ledger of its own",
                    known.numbers.meaning(),
                    self.numbers.meaning()
                ));
            }
        }
        let other_side = |known: &&Self| {
            known.is_rehearsed() != self.is_rehearsed()
                && plain(known.bare_account()) == plain(self.bare_account())
        };
        if let Some(known) = kept.iter().find(other_side) {
            let (kept, asked) = if known.is_rehearsed() {
                (
                    "from rehearsals (`rehearsal`, or a vendor at an address of this machine or a plain http:// one)",
                    "calls people",
                )
            } else {
                (
                    "who were called",
                    "is a rehearsal, or goes to the vendor by an address of this machine or a plain http:// one",
                )
            };
            return Some(format!(
                "keeps this account's people {kept}, and this configuration {asked}: nobody would be recognised, and \
                 whoever was called could be called again; use a ledger of its own for rehearsals, and one `base_url` \
                 for the vendor"
            ));
        }
        let mixed = |known: &&Self| {
            let is_shared = known.scope == Scope::Everywhere || self.scope == Scope::Everywhere;
            is_shared
                && known.is_rehearsed() == self.is_rehearsed()
                && (known.scope, known.numbers) != (self.scope, self.numbers)
        };
        kept.iter().find(mixed).map(|known| {
            format!(
                "is shared with another account, whose scope is `{}`: `everywhere` works only where all that share a \
                 ledger have it, and tell people apart by the same numbers; set the same `scope`, bring the other \
                 account over with `ledger rescope`, or use a ledger of its own",
                known.scope.name()
            )
        })
    }
}

impl Scope {
    fn name(self) -> &'static str {
        match self {
            Self::Campaign => "campaign",
            Self::Account => "account",
            Self::Everywhere => "everywhere",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Campaign, Self::Account, Self::Everywhere].into_iter().find(|scope| scope.name() == name)
    }
}

impl NumberKind {
    fn name(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Opaque => "opaque",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Phone, Self::Opaque].into_iter().find(|numbers| numbers.name() == name)
    }

    fn meaning(self) -> &'static str {
        match self {
            Self::Phone => "phone numbers",
            Self::Opaque => "the vendor's identifiers (`phone_format` `as_is`)",
        }
    }
}

/// An account as it is compared.
fn plain(account: &str) -> String {
    account.chars().filter(|letter| !letter.is_whitespace()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(account: &str, scope: Scope, numbers: NumberKind) -> LedgerIdentity {
        LedgerIdentity { account: account.to_owned(), scope, numbers }
    }

    #[test]
    fn what_is_kept_is_read() {
        for scope in [Scope::Campaign, Scope::Account, Scope::Everywhere] {
            for numbers in [NumberKind::Phone, NumberKind::Opaque] {
                let kept = identity("itnio/LILIN 888 ", scope, numbers);
                assert_eq!(LedgerIdentity::parse(&kept.value()), Some(kept));
            }
        }
        for odd in ["", "campaign", "campaign phone", "planet phone itnio/A", "campaign name itnio/A"] {
            assert_eq!(LedgerIdentity::parse(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_ledger_is_used_as_it_was_made() {
        use NumberKind::{Opaque, Phone};
        use Scope::{Account, Campaign, Everywhere};
        let mine = |scope, numbers| identity("itnio/LILIN888", scope, numbers);
        let other = |scope, numbers| identity("vbee/", scope, numbers);
        for (name, kept, run, says) in [
            ("new", vec![], mine(Campaign, Phone), ""),
            ("the same", vec![mine(Account, Phone)], mine(Account, Phone), ""),
            ("other letters", vec![mine(Account, Phone)], identity("itnio/ lilin888", Account, Phone), ""),
            ("wider", vec![mine(Campaign, Phone)], mine(Account, Phone), "rescope"),
            ("narrower", vec![mine(Everywhere, Phone)], mine(Campaign, Phone), "rescope"),
            (
                "in other letters",
                vec![mine(Campaign, Phone)],
                identity("ITNIO/lilin888", Account, Phone),
                "rescope",
            ),
            ("other numbers", vec![mine(Account, Phone)], mine(Account, Opaque), "phone_format"),
            ("beside another account", vec![other(Account, Phone)], mine(Campaign, Opaque), ""),
            ("everywhere beside it", vec![other(Account, Phone)], mine(Everywhere, Phone), "another account"),
            ("beside everywhere", vec![other(Everywhere, Phone)], mine(Account, Phone), "another account"),
            ("everywhere with everywhere", vec![other(Everywhere, Phone)], mine(Everywhere, Phone), ""),
            (
                "what a rehearsal of it filled",
                vec![identity("rehearsal itnio/lilin888", Account, Phone)],
                mine(Account, Phone),
                "own for rehearsals",
            ),
            (
                "a rehearsal in what it filled",
                vec![mine(Account, Phone)],
                identity("rehearsal itnio/LILIN888", Account, Phone),
                "one `base_url`",
            ),
            (
                "beside a rehearsal of everywhere",
                vec![identity("rehearsal vbee/", Everywhere, Phone)],
                mine(Account, Phone),
                "",
            ),
            ("by other numbers", vec![other(Everywhere, Opaque)], mine(Everywhere, Phone), "another account"),
        ] {
            let conflict = run.conflict(&kept);
            assert_eq!(conflict.is_none(), says.is_empty(), "{name}: {conflict:?}");
            assert!(conflict.is_none_or(|why| why.contains(says)), "{name}");
        }
    }

    #[test]
    fn an_account_keeps_the_spelling_that_its_keys_have() {
        let kept = identity("itnio/LILIN888", Scope::Account, NumberKind::Phone);
        for spelled in ["itnio/LILIN888", "itnio/ lilin888", "Itnio/Lilin888\t"] {
            let known =
                identity(spelled, Scope::Account, NumberKind::Phone).among(std::slice::from_ref(&kept));
            assert_eq!(known.as_ref(), Some(&kept), "{spelled:?}");
        }
        assert_eq!(identity("itnio/LILIN889", Scope::Account, NumberKind::Phone).among(&[kept]), None);
    }
}
