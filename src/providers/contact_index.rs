//! Whom a vendor means: finds the contact behind a number as the vendor writes it.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap, HashSet};

use foldhash::fast::FixedState;

use crate::domain::contact::Contact;
use crate::phone::{WireFormat, code_length, finder};

/// Fewer digits are a code, an amount or a year.
pub(super) const SHORTEST_NUMBER: usize = 7;

/// As many as E.164 allows, with an international prefix and a trunk zero.
const LONGEST_NUMBER: usize = 15 + 4;

/// A shorter identifier could be any word of a sentence.
const SHORTEST_ID_IN_TEXT: usize = 4;

/// The numbers of a batch, as they were sent.
pub(super) fn wires<'a>(contacts: &[&'a Contact], format: WireFormat) -> Vec<Cow<'a, str>> {
    contacts.iter().map(|contact| contact.phone.wire(format)).collect()
}

/// The contacts of a batch by their numbers.
pub(super) struct ContactIndex<'a> {
    contacts: &'a [&'a Contact],
    wires: &'a [Cow<'a, str>],
    /// By number (without its plus) or identifier; `None` where two contacts share it. Made when first needed:
    /// a vendor that keeps the order never needs it.
    index: OnceCell<HashMap<&'a str, Option<usize>, FixedState>>,
    /// How the numbers end, so that digits that are nobody's are dropped at once.
    ends: OnceCell<HashSet<&'a str, FixedState>>,
}

impl<'a> ContactIndex<'a> {
    /// An index of contacts and their numbers as sent, in the same order.
    pub(super) fn new(contacts: &'a [&'a Contact], wires: &'a [Cow<'a, str>]) -> Self {
        Self { contacts, wires, index: OnceCell::new(), ends: OnceCell::new() }
    }

    /// The contact that a number stands for, tried first at the place where it is expected.
    pub(super) fn find_near(&self, expected: usize, number: &str) -> Option<usize> {
        let is_expected = self.e164(expected).is_some_and(|e164| number.strip_prefix('+') == Some(e164))
            || self.wires.get(expected).is_some_and(|wire| wire == number);
        if is_expected { Some(expected) } else { self.find_contact(number) }
    }

    /// The contact that a number stands for: as it was sent, else by its digits, else in the
    /// national form of exactly one contact. Encrypted identifiers match as text only.
    pub(super) fn find_contact(&self, number: &str) -> Option<usize> {
        let number = number.trim();
        if let Some(found) = self.index().get(key(number)) {
            // Of two that differ by a plus alone, only the very text can be meant.
            return found.or_else(|| self.wires.iter().position(|wire| wire == number));
        }
        self.find_digits(&digits(number)?)
    }

    /// The contacts whose numbers are written in a text, however they are spelled; of a row of digits that is nobody's
    /// as a whole, those of its parts.
    pub(super) fn find_written(&self, text: &str) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        for number in finder::numbers(text, SHORTEST_NUMBER) {
            if let Some(position) = self.find_digits(&number.digits) {
                found.insert(position);
                continue;
            }
            let mut taken_to = 0;
            for (range, digits) in number.rows(LONGEST_NUMBER) {
                if range.start >= taken_to
                    && let Some(position) = self.find_digits(digits)
                {
                    found.insert(position);
                    taken_to = range.end;
                }
            }
        }
        found
    }

    /// The only contact whose number or identifier stands somewhere in a text.
    pub(super) fn find_inside(&self, text: &str) -> Option<usize> {
        let is_named = |position: &usize| {
            self.e164(*position).is_none()
                && self.wires.get(*position).is_some_and(|wire| contains_id(text, wire))
        };
        let mut found: BTreeSet<usize> = (0..self.contacts.len()).filter(is_named).collect();
        found.extend(self.find_written(text));
        if found.len() == 1 { found.pop_first() } else { None }
    }

    /// The contact of a number's digits: in E.164, with an international prefix, with the trunk zero beside the
    /// country code (`+84 (0) 98…`), else in the national form of exactly one contact.
    fn find_digits(&self, digits: &str) -> Option<usize> {
        if !(SHORTEST_NUMBER..=LONGEST_NUMBER).contains(&digits.len()) || !self.may_end(digits) {
            return None;
        }
        let known = |digits: &str| self.index().get(digits).copied().flatten();
        let international = digits.strip_prefix("00");
        known(digits)
            .or_else(|| international.and_then(known))
            .or_else(|| self.only(|e164| e164 == digits || Some(e164) == international))
            .or_else(|| self.only(|e164| has_trunk_zero(e164, international.unwrap_or(digits))))
            .or_else(|| {
                let without_trunk = digits.strip_prefix('0').unwrap_or(digits);
                self.only(|e164| ends_nationally(e164, digits) || ends_nationally(e164, without_trunk))
            })
    }

    fn may_end(&self, digits: &str) -> bool {
        let ends = self.ends.get_or_init(|| {
            let sent = self.wires.iter().filter_map(|wire| end(key(wire)));
            sent.chain((0..self.contacts.len()).filter_map(|position| end(self.e164(position)?))).collect()
        });
        end(digits).is_some_and(|end| ends.contains(end))
    }

    fn index(&self) -> &HashMap<&'a str, Option<usize>, FixedState> {
        self.index.get_or_init(|| {
            let mut index = HashMap::with_capacity_and_hasher(self.wires.len(), FixedState::default());
            for (position, wire) in self.wires.iter().enumerate() {
                index.entry(key(wire)).and_modify(|one| *one = None).or_insert(Some(position));
            }
            index
        })
    }

    /// The only contact whose E.164 digits are as asked.
    fn only(&self, asked: impl Fn(&str) -> bool) -> Option<usize> {
        let mut all = (0..self.contacts.len()).filter(|&position| self.e164(position).is_some_and(&asked));
        let first = all.next();
        if all.next().is_some() { None } else { first }
    }

    /// The digits of a contact's E.164 number; nothing for an encrypted identifier.
    fn e164(&self, position: usize) -> Option<&'a str> {
        self.contacts.get(position)?.phone.expose().strip_prefix('+').and_then(all_digits)
    }
}

/// The last digits, as many as the shortest number has.
fn end(digits: &str) -> Option<&str> {
    digits.get(digits.len().checked_sub(SHORTEST_NUMBER)?..)
}

/// Whether these digits are an E.164 number with a zero behind its country code.
fn has_trunk_zero(e164: &str, digits: &str) -> bool {
    let n_code = code_length(e164);
    let (Some((code, rest)), Some((same, national))) =
        (digits.split_at_checked(n_code), e164.split_at_checked(n_code))
    else {
        return false;
    };
    code == same && rest.strip_prefix('0') == Some(national)
}

/// Whether an E.164 number is its country's code and these digits. Fewer of them are the end of a stranger's, too.
fn ends_nationally(e164: &str, national: &str) -> bool {
    national.len() >= SHORTEST_NUMBER && e164.get(code_length(e164)..) == Some(national)
}

/// A number without its plus; an identifier as it is.
fn key(number: &str) -> &str {
    all_digits(bare(number)).unwrap_or(number)
}

fn bare(number: &str) -> &str {
    number.strip_prefix('+').unwrap_or(number)
}

fn all_digits(text: &str) -> Option<&str> {
    (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then_some(text)
}

/// The digits of what is written like a phone number, and only of that.
fn digits(number: &str) -> Option<Cow<'_, str>> {
    if let Some(plain) = all_digits(bare(number)) {
        return Some(Cow::Borrowed(plain));
    }
    Some(Cow::Owned(finder::only_number(number, SHORTEST_NUMBER)?.digits))
}

/// Whether a text holds an identifier, and not as a part of a longer one.
fn contains_id(text: &str, id: &str) -> bool {
    if id.len() < SHORTEST_ID_IN_TEXT || !id.bytes().any(|b| b.is_ascii_digit()) {
        return false;
    }
    let is_number = all_digits(bare(id)).is_some();
    let goes_on = |c: char| if is_number { c.is_ascii_digit() } else { c.is_ascii_alphanumeric() };
    text.match_indices(id).any(|(start, _)| {
        let before = text.get(..start).and_then(|text| text.chars().next_back());
        let after = text.get(start + id.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(goes_on) && !after.is_some_and(goes_on)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phone::Phone;

    fn contacts(numbers: &[&str]) -> Vec<&'static Contact> {
        let phone =
            |number: &&str| if number.starts_with('+') { Phone::e164(number) } else { Phone::opaque(number) };
        let contacts: Vec<_> = numbers.iter().map(|number| Contact::new(phone(number))).collect();
        contacts.leak().iter().collect()
    }

    #[test]
    fn finds_a_number_however_it_is_written() {
        let contacts =
            contacts(&["+84987654321", "+8613612345678", "+390612345678", "9f2c77aa01b34d0e", "b7e1"]);
        let wires = wires(&contacts, WireFormat::Digits);
        let contact_index = ContactIndex::new(&contacts, &wires);
        for (number, want) in [
            ("84987654321", Some(0)),
            ("+84987654321", Some(0)),
            ("+84 987-654.321", Some(0)),
            ("0084987654321", Some(0)),
            ("0987654321", Some(0)),
            ("13612345678", Some(1)),
            ("0612345678", Some(2)),
            ("9f2c77aa01b34d0e", Some(3)),
            ("b7e1", Some(4)),
            ("77 01 34 0", None),
            ("9F2C77AA01B34D0E", None),
            ("321", None),
            ("84999999999", None),
            // The end of it is another one, and so is it with a zero anywhere but behind its code.
            ("87654321", None),
            ("+87654321", None),
            ("4987654321", None),
            ("849087654321", None),
            ("840987654321", Some(0)),
            ("", None),
        ] {
            assert_eq!(contact_index.find_contact(number), want, "{number}");
            assert_eq!(contact_index.find_near(0, number), want, "{number}");
        }
    }

    #[test]
    fn does_not_guess_between_two() {
        let contacts = contacts(&["+84987654321", "+66987654321"]);
        let wires = wires(&contacts, WireFormat::E164);
        let contact_index = ContactIndex::new(&contacts, &wires);
        assert_eq!(contact_index.find_contact("0987654321"), None);
        assert_eq!(contact_index.find_inside("84987654321 or 66987654321"), None);
        assert_eq!(contact_index.find_inside("only 84987654321, twice 84987654321"), Some(0));
    }

    #[test]
    fn finds_a_number_inside_a_text_but_not_inside_a_longer_one() {
        let contacts = contacts(&["+84987654321", "+84912345678", "b7e1", "a"]);
        let wires = wires(&contacts, WireFormat::Digits);
        let contact_index = ContactIndex::new(&contacts, &wires);
        for (text, want) in [
            ("customer 84987654321 is blocked", Some(0)),
            ("客户84987654321已被封锁", Some(0)),
            ("customer 0912345678 is blocked", Some(1)),
            ("id b7e1 is blocked", Some(2)),
            ("a customer is blocked", None),
            ("xb7e12 is blocked", None),
            ("284987654321000 is blocked", None),
        ] {
            assert_eq!(contact_index.find_inside(text), want, "{text}");
        }
    }
}
