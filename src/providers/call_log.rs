//! Whom a simulated vendor would have called, and how often.
//!
//! Small per person, because rehearsals go up to millions: no number in full unless asked for, names
//! cut to what a text holds without an allocation, times in seconds. What would be said whole is kept of the first ones.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;

use compact_str::CompactString;
use foldhash::quality::FixedState;
use jiff::Timestamp;

use super::redactor;
use super::spoken::{ScriptText, Spoken};

/// What a `CompactString` holds in itself.
const NAME_BYTES: usize = 24;

/// What may be kept of words, all people together: some ten thousand of them, mostly.
const MAX_SPOKEN_BYTES: usize = 8 * 1024 * 1024;

/// How the book writes numbers down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NumberDisplay {
    /// As in logs: enough to find one's own again.
    #[default]
    Masked,
    /// In full, for rehearsals with invented people.
    Whole,
}

/// Who would have been called, by campaign.
#[derive(Debug, Default)]
pub struct CallLog {
    numbers: NumberDisplay,
    campaigns: BTreeMap<Box<str>, Callees>,
    totals: CallTotals,
    spoken_bytes: usize,
}

/// Sums over everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallTotals {
    /// Requests answered, refused ones included.
    pub requests: u64,
    /// Contacts in requests that were understood, refused ones included.
    pub contacts: u64,
    /// People called. Somebody in two campaigns counts in each.
    pub people: u64,
    /// People called more than once by one campaign: what must never happen.
    pub called_again: u64,
}

/// One person who would have been called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callee {
    /// The number, masked unless the book keeps whole ones.
    pub number: CompactString,
    /// The name, possibly cut.
    pub name: CompactString,
    /// How often.
    pub times: u32,
    first: u32,
    last: u32,
}

#[derive(Debug, Default)]
struct Callees {
    people: Vec<Callee>,
    /// Positions by the number's hash. Among a million people the chance that two share one is
    /// 1 : 40,000,000, and then a rehearsal shows one call too many.
    positions: HashMap<u64, u32, FixedState>,
    /// What would be said, by position.
    spoken: HashMap<usize, Spoken>,
}

impl CallLog {
    /// An empty book.
    #[must_use]
    pub fn new(numbers: NumberDisplay) -> Self {
        Self { numbers, ..Self::default() }
    }

    /// Notes that a request came.
    pub fn note_request(&mut self) {
        self.totals.requests += 1;
    }

    /// Notes how many contacts a request had.
    pub fn note_contacts(&mut self, n_contacts: usize) {
        self.totals.contacts += u64::try_from(n_contacts).unwrap_or(u64::MAX);
    }

    /// Notes a call; gives how often this campaign has called this number by now.
    pub fn call(&mut self, campaign: &str, number: &str, words: &ScriptText<'_>, now: Timestamp) -> u32 {
        if !self.campaigns.contains_key(campaign) {
            self.campaigns.insert(campaign.into(), Callees::default());
        }
        let Some(callees) = self.campaigns.get_mut(campaign) else { return 0 };
        let seconds = u32::try_from(now.as_second()).unwrap_or_default();
        let hash = hash(number);
        let known = callees.positions.get(&hash).and_then(|&position| usize::try_from(position).ok());
        if self.spoken_bytes < MAX_SPOKEN_BYTES {
            let spoken = match self.numbers {
                NumberDisplay::Masked => words.discreet(number),
                NumberDisplay::Whole => words.whole(),
            };
            self.spoken_bytes += spoken.bytes();
            callees.spoken.insert(known.unwrap_or(callees.people.len()), spoken);
        }
        if let Some(callee) = known.and_then(|position| callees.people.get_mut(position)) {
            callee.times += 1;
            callee.last = seconds;
            self.totals.called_again += u64::from(callee.times == 2);
            return callee.times;
        }
        let number = match self.numbers {
            NumberDisplay::Masked => CompactString::from(redactor::number(number)),
            NumberDisplay::Whole => CompactString::new(number),
        };
        let position = u32::try_from(callees.people.len()).unwrap_or(u32::MAX);
        callees.positions.insert(hash, position);
        callees.people.push(Callee {
            number,
            name: cut(words.name),
            times: 1,
            first: seconds,
            last: seconds,
        });
        self.totals.people += 1;
        1
    }

    /// What a campaign would say to the person at a position among its people, as of the last call; none of people who
    /// came after many others.
    #[must_use]
    pub fn spoken(&self, campaign: &str, position: usize) -> Option<&Spoken> {
        self.campaigns.get(campaign)?.spoken.get(&position)
    }

    /// How often a campaign has called a number.
    #[must_use]
    pub fn times_called(&self, campaign: &str, number: &str) -> u32 {
        let times = || {
            let callees = self.campaigns.get(campaign)?;
            let position = usize::try_from(*callees.positions.get(&hash(number))?).ok()?;
            callees.people.get(position).map(|callee| callee.times)
        };
        times().unwrap_or(0)
    }

    /// Sums over everything.
    #[must_use]
    pub fn totals(&self) -> CallTotals {
        self.totals
    }

    /// The campaigns in the order of their ids, with the people in the order of their first call.
    pub fn campaigns(&self) -> impl Iterator<Item = (&str, &[Callee])> {
        self.campaigns.iter().map(|(campaign, callees)| (&**campaign, callees.people.as_slice()))
    }
}

impl Callee {
    /// When this person was called first.
    #[must_use]
    pub fn first_called(&self) -> Timestamp {
        Timestamp::from_second(self.first.into()).unwrap_or_default()
    }

    /// When this person was called last.
    #[must_use]
    pub fn last_called(&self) -> Timestamp {
        Timestamp::from_second(self.last.into()).unwrap_or_default()
    }
}

/// A number and the same number with a plus are one person.
fn hash(number: &str) -> u64 {
    FixedState::default().hash_one(number.strip_prefix('+').unwrap_or(number))
}

fn cut(name: &str) -> CompactString {
    if name.len() <= NAME_BYTES {
        return CompactString::new(name);
    }
    let mut short = CompactString::default();
    for c in name.chars() {
        if short.len() + c.len_utf8() + '…'.len_utf8() > NAME_BYTES {
            break;
        }
        short.push(c);
    }
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn counts_calls_by_campaign_and_person() {
        let mut book = CallLog::new(NumberDisplay::Masked);
        book.call("9", "84987654321", &ScriptText::named("Nguyễn Thị Minh Khai và gia đình"), at(100));
        book.call("9", "+84987654321", &ScriptText::named("An"), at(160));
        book.call("10", "84987654321", &ScriptText::named("An"), at(170));
        book.call("9", "9f2c77aa01b34d0e", &ScriptText::named("Bình"), at(180));
        assert_eq!(book.times_called("9", "84987654321"), 2);
        assert_eq!(book.times_called("9", "84912345678"), 0);
        assert_eq!(book.totals(), CallTotals { requests: 0, contacts: 0, people: 3, called_again: 1 });
        let shown: Vec<_> = book
            .campaigns()
            .flat_map(|(campaign, people)| people.iter().map(move |one| (campaign, one)))
            .map(|(campaign, one)| format!("{campaign} {} {} {}", one.number, one.name, one.times))
            .collect();
        assert_eq!(shown, ["10 84****321 An 1", "9 84****321 Nguyễn Thị Minh K… 2", "9 9f… Bình 1"]);
        let (_, people) = book.campaigns().last().unwrap();
        assert_eq!((people[0].first_called(), people[0].last_called()), (at(100), at(160)));
    }

    #[test]
    fn what_would_be_said_is_kept_whole_but_for_numbers_and_only_of_the_first_people() {
        let name = "Nguyễn Thị Minh Khai và gia đình";
        let long = "x".repeat(MAX_SPOKEN_BYTES);
        let mut log = CallLog::default();
        for (number, value) in [("84987654321", "0987654321"), ("84987654322", &long), ("84987654323", "3")] {
            let words = ScriptText { name, variables: vec![("so_tien", "1500000"), ("note", value)] };
            log.call("9", number, &words, at(0));
        }
        let spoken = log.spoken("9", 0).unwrap();
        assert_eq!(spoken.name, name);
        let variables: Vec<_> = spoken.variables.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(variables, ["1500000", "****321"]);
        assert!(log.spoken("9", 1).is_some() && log.spoken("9", 2).is_none());
    }

    #[test]
    fn keeps_whole_numbers_only_when_asked() {
        let mut book = CallLog::new(NumberDisplay::Whole);
        book.call("9", "+14155550123", &ScriptText::named(""), at(0));
        assert!(book.campaigns().all(|(_, people)| people[0].number == "+14155550123"));
    }

    /// A million people in 150 MB: this, a position with its hash, and room that maps keep free.
    #[test]
    fn a_person_takes_few_bytes() {
        assert!(size_of::<Callee>() <= 64, "{}", size_of::<Callee>());
        assert!(!cut(&"ễ".repeat(40)).is_heap_allocated());
    }
}
