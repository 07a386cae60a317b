//! What a simulated vendor would say to a person, for the page that shows it.

use crate::phone::{finder, mask_numbers};

/// Fewer digits are an amount or a date.
const SHORTEST: usize = 8;

/// As many digits are a number, however they begin.
const ANY_BEGINNING: usize = 10;

/// As many are one where they begin as people begin numbers.
const DIALLED: usize = 9;

/// What a contact brings to be said.
#[derive(Clone, Debug, Default)]
pub struct ScriptText<'a> {
    /// The name.
    pub name: &'a str,
    /// By name, in their order.
    pub variables: Vec<(&'a str, &'a str)>,
}

/// The same, kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spoken {
    /// The name, whole.
    pub name: String,
    /// By name, in their order.
    pub variables: Vec<(String, String)>,
}

impl<'a> ScriptText<'a> {
    /// A name and nothing else.
    #[must_use]
    pub fn named(name: &'a str) -> Self {
        Self { name, variables: Vec::new() }
    }

    /// Keeps them as they are.
    pub(super) fn whole(&self) -> Spoken {
        self.each(str::to_owned)
    }

    /// Keeps them without phone numbers, above all the person's own. Amounts and dates are to be seen.
    pub(super) fn discreet(&self, number: &str) -> Spoken {
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        let tail = digits.get(digits.len().saturating_sub(SHORTEST)..).unwrap_or_default();
        self.each(|text| without_numbers(text, tail))
    }

    fn each(&self, shown: impl Fn(&str) -> String) -> Spoken {
        let variables = self.variables.iter().map(|(name, value)| (shown(name), shown(value)));
        Spoken { name: shown(self.name), variables: variables.collect() }
    }
}

impl Spoken {
    /// About how much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        let texts = self
            .variables
            .iter()
            .map(|(name, value)| name.len() + value.len() + size_of::<(String, String)>());
        texts.sum::<usize>() + self.name.len() + size_of::<Self>()
    }
}

/// `tail` is how the person's own number ends.
fn without_numbers(text: &str, tail: &str) -> String {
    let mut shown = String::new();
    let mut copied_to = 0;
    for found in finder::numbers(text, SHORTEST) {
        let written = text.get(found.range.clone()).unwrap_or_default();
        let digits = &found.digits;
        let is_own = tail.len() == SHORTEST && digits.contains(tail);
        let is_dialled =
            digits.len() >= DIALLED && (written.starts_with(['+', '＋']) || digits.starts_with('0'));
        if !(is_own || is_dialled || digits.len() >= ANY_BEGINNING) {
            continue;
        }
        shown.push_str(text.get(copied_to..found.range.start).unwrap_or_default());
        shown.push_str(&mask_numbers(written));
        copied_to = found.range.end;
    }
    shown.push_str(text.get(copied_to..).unwrap_or_default());
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_dates_are_seen_and_phone_numbers_are_not() {
        for (text, want) in [
            ("1500000", "1500000"),
            ("12.500.000 VND", "12.500.000 VND"),
            ("120000000", "120000000"),
            ("25/11/2026", "25/11/2026"),
            ("2026-11-25 10:00:00", "2026-11-25 10:00:00"),
            ("Nguyễn Văn An", "Nguyễn Văn An"),
            ("+84 912 345 678", "****678"),
            ("call 0912345678 now", "call ****678 now"),
            ("14155550101", "****101"),
            ("415-555-0101", "****101"),
            ("55550101", "****"),
        ] {
            let words = ScriptText { name: text, variables: vec![("x", text)] };
            let spoken = words.discreet("+14155550101");
            assert_eq!((&*spoken.name, &*spoken.variables[0].1), (want, want), "{text}");
            assert_eq!(words.whole().name, text);
        }
    }
}
