//! A vendor's words, made fit for a log: one line, bounded, without credentials and whole numbers.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::domain::secret::Secret;
use crate::phone::mask_numbers;

/// Longer words help nobody at night.
const MAX_CHARS: usize = 300;

/// A shorter credential is no credential, and would tear holes into every text.
const SHORTEST_SECRET: usize = 4;

/// Masks what a vendor may echo.
pub(super) struct Redactor {
    secrets: Vec<Secret>,
}

impl Redactor {
    /// Knows the credentials that must not come back in a text.
    pub(super) fn new(secrets: impl IntoIterator<Item = Secret>) -> Self {
        Self {
            secrets: secrets.into_iter().filter(|secret| secret.expose().len() >= SHORTEST_SECRET).collect(),
        }
    }

    /// The words, masked.
    pub(super) fn masked(&self, text: &str) -> String {
        let mut text = Cow::Borrowed(text);
        for secret in &self.secrets {
            if text.contains(secret.expose()) {
                text = Cow::Owned(text.replace(secret.expose(), "***"));
            }
        }
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let line = mask_identifiers(&line);
        let masked = mask_numbers(&line);
        match masked.char_indices().nth(MAX_CHARS) {
            Some((end, _)) => format!("{}…", masked.get(..end).unwrap_or_default()),
            None => masked.into_owned(),
        }
    }

    /// The words about one contact, whose encrypted identifier no pattern could recognise.
    pub(super) fn masked_about(&self, wire: &str, text: &str) -> String {
        if wire.len() < SHORTEST_SECRET { self.masked(text) } else { self.masked(&text.replace(wire, "…")) }
    }

    /// The words in quotes behind a label, or nothing when there are none.
    pub(super) fn quoted(&self, text: &str) -> String {
        let masked = self.masked(text);
        if masked.is_empty() { masked } else { format!("; the vendor says \"{masked}\"") }
    }
}

/// Sixteen characters with letters and a digit among them are taken for an identifier, a token or a signature.
fn mask_identifiers(text: &str) -> Cow<'_, str> {
    static IDENTIFIER: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"[A-Za-z0-9_.\-]{16,}").expect("the pattern is constant and tested"));
    IDENTIFIER.replace_all(text, |found: &Captures<'_>| {
        let id = found.get(0).map_or("", |id| id.as_str());
        let has = |fits: fn(&u8) -> bool| id.bytes().any(|byte| fits(&byte));
        if has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic) {
            format!("{}…", id.get(..2).unwrap_or_default())
        } else {
            id.to_owned()
        }
    })
}

/// A number or an identifier by itself, masked.
pub(super) fn number(number: &str) -> String {
    if number.chars().all(|c| c.is_numeric() || " +-().".contains(c)) {
        return mask_number(number);
    }
    number.chars().take(2).chain(['…']).collect()
}

fn mask_number(number: &str) -> String {
    let plus = if number.starts_with(['+', '＋']) { "+" } else { "" };
    let digits: Vec<char> = number.chars().filter(|c| c.is_numeric()).collect();
    let (first, last) = if digits.len() < 9 { (0, 2) } else { (2, 3) };
    let front: String = digits.iter().take(first).collect();
    let back: String = digits.iter().skip(digits.len().saturating_sub(last)).collect();
    format!("{plus}{front}****{back}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_no_number_and_no_credential() {
        let redactor = Redactor::new([Secret::new("demo-key"), Secret::new(""), Secret::new("x")]);
        for (text, want) in [
            ("", ""),
            ("the box is fixed", "the box is fixed"),
            ("code -27 in job 10886", "code -27 in job 10886"),
            ("Phone Number:+84987654321", "Phone Number:****321"),
            ("客户84987654321已存在", "客户****321已存在"),
            ("call 098 765-43.21 now", "call ****321 now"),
            ("８４９８７６５４３２１", "****321"),
            ("short 765432", "short ****"),
            ("id 9f2c77aa01b34d0e gone", "id 9f… gone"),
            ("Api-Key demo-key\n is  unknown", "Api-Key *** is unknown"),
            ("internationalisation-of-words", "internationalisation-of-words"),
        ] {
            assert_eq!(redactor.masked(text), want, "{text}");
        }
        assert_eq!(redactor.masked(&"é".repeat(400)).chars().count(), MAX_CHARS + 1);
    }
}
