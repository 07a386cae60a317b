//! A vendor's side that takes everybody unread, so that measuring a sender costs the vendor next to nothing.

use axum::body::Bytes;
use memchr::{memchr, memmem};

/// What is enough to answer a request without parsing it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shortcut {
    /// The header that proves who sends, in lower case; only its presence is looked at.
    pub(crate) credential: &'static str,
    /// The key of the number, in its quotes. Each contact has it exactly once.
    pub(crate) number_key: &'static str,
    /// What the vendor answers when it takes everybody, by their numbers as JSON texts.
    pub(crate) answer: fn(&[&[u8]]) -> Bytes,
}

impl Shortcut {
    /// The numbers of a request as JSON texts, in order; there are as many as contacts.
    ///
    /// Inside a text the quotes around the key would be escaped, and a whole text is not followed by a
    /// colon: what is found is a key. A script variable of the very same name would be one contact too
    /// many; where a vendor puts variables beside the number it cannot have that name.
    pub(crate) fn numbers<'a>(&self, body: &'a [u8]) -> Vec<&'a [u8]> {
        let keys = memmem::find_iter(body, self.number_key);
        keys.filter_map(|at| value(body.get(at + self.number_key.len()..)?)).collect()
    }
}

/// The text after a key, in its quotes; nothing when it was no key, or its value is no text. Numbers
/// hold nothing that JSON escapes.
fn value(after_key: &[u8]) -> Option<&[u8]> {
    let value = after_key.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    let end = memchr(b'"', value.strip_prefix(b"\"")?)?;
    value.get(..end + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_key_with_a_text_is_a_contact() {
        let shortcut = Shortcut { credential: "", number_key: "\"number\"", answer: |_| Bytes::new() };
        for (name, body, want) in [
            ("compact", r#"{"list":[{"number":"1"},{"number":"+2"}]}"#, vec!["\"1\"", "\"+2\""]),
            ("spread", "[ { \"number\" :\n \"1\" } ]", vec!["\"1\""]),
            ("in a text", r#"{"note":"\"number\":\"9\"","number":"1"}"#, vec!["\"1\""]),
            ("as a text", r#"{"note":"number","number":"1"}"#, vec!["\"1\""]),
            ("a longer key", r#"{"phone_number":"9","number":"1"}"#, vec!["\"1\""]),
            ("no text", r#"{"number":9}"#, vec![]),
            ("cut off", r#"{"number":"9"#, vec![]),
            ("nobody", r#"{"list":[]}"#, vec![]),
        ] {
            let found = shortcut.numbers(body.as_bytes());
            let found: Vec<_> = found.into_iter().map(|one| std::str::from_utf8(one).unwrap()).collect();
            assert_eq!(found, want, "{name}");
        }
    }
}
