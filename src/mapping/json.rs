//! The members of a JSON object, found without looking into their values.
//!
//! Every record passes here. serde would check once more what was checked when the line was decoded;
//! this relies on that check. What is not JSON cannot do harm either: the members end there.

use std::borrow::Cow;

use super::text;

/// Walks over an object's members.
pub(super) struct Members<'a> {
    json: &'a str,
    at: usize,
}

impl<'a> Members<'a> {
    /// The members of an object; of anything else, none.
    pub(super) fn of(json: &'a str) -> Self {
        let mut members = Self { json, at: 0 };
        members.pass(b' ');
        members.at = if members.byte() == Some(b'{') { members.at + 1 } else { json.len() };
        members
    }

    fn byte(&self) -> Option<u8> {
        self.json.as_bytes().get(self.at).copied()
    }

    /// Skips white space and a punctuation mark.
    fn pass(&mut self, mark: u8) {
        while self.byte().is_some_and(|byte| byte == mark || is_space(byte)) {
            self.at += 1;
        }
    }

    fn take_until(&mut self, end: usize) -> Option<&'a str> {
        let start = std::mem::replace(&mut self.at, end);
        self.json.get(start..end)
    }

    fn value_end(&self) -> Option<usize> {
        let bytes = self.json.as_bytes();
        match self.byte()? {
            b'"' => string_end(bytes, self.at).map(|(end, _)| end),
            b'{' | b'[' => nested_end(bytes, self.at),
            _ => {
                let rest = bytes.get(self.at..)?;
                let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']') || is_space(*byte);
                Some(self.at + rest.iter().position(ends).unwrap_or(rest.len()))
            }
        }
    }
}

impl<'a> Iterator for Members<'a> {
    /// What the name says, and the value as it is written.
    type Item = (Cow<'a, str>, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        self.pass(b',');
        if self.byte()? != b'"' {
            return None;
        }
        let (end, is_escaped) = string_end(self.json.as_bytes(), self.at)?;
        let quoted = self.take_until(end)?;
        let name = if is_escaped { text::string(quoted) } else { text::unquoted(quoted).into() };
        self.pass(b':');
        let value = self.take_until(self.value_end()?)?;
        Some((name, value))
    }
}

/// Behind the closing quote of the string that starts here, and whether it has escapes.
fn string_end(bytes: &[u8], start: usize) -> Option<(usize, bool)> {
    let mut at = start + 1;
    let mut is_escaped = false;
    loop {
        at += quote_or_backslash(bytes.get(at..)?)?;
        if bytes.get(at) == Some(&b'"') {
            return Some((at + 1, is_escaped));
        }
        // The character behind a backslash is no closing quote.
        is_escaped = true;
        at += 2;
    }
}

/// Where the first quote or backslash is. Eight bytes at a time: names and values are short, and
/// calling a vector search for each of them takes longer than finding what it looks for.
pub(super) fn quote_or_backslash(bytes: &[u8]) -> Option<usize> {
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = zero_bytes(word ^ each(b'"')) | zero_bytes(word ^ each(b'\\'));
        if found != 0 {
            return usize::try_from(found.trailing_zeros() / 8).ok().map(|place| index * 8 + place);
        }
    }
    let is_either = |byte: &u8| matches!(byte, b'"' | b'\\');
    rest.iter().position(is_either).map(|place| words.len() * 8 + place)
}

const fn each(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The highest bit of each byte that is zero. Bytes after the first such one may be marked wrongly.
fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(each(0x01)) & !word & each(0x80)
}

/// Behind the closing bracket of the list or object that starts here.
fn nested_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = start;
    loop {
        match bytes.get(at)? {
            b'"' => {
                (at, _) = string_end(bytes, at)?;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn members(json: &str) -> Vec<(Cow<'_, str>, &str)> {
        Members::of(json).collect()
    }

    #[test]
    fn names_and_values_are_cut_as_they_are_written() {
        for (json, want) in [
            ("{}", vec![]),
            (" { } ", vec![]),
            (r#"{"a":1}"#, vec![("a", "1")]),
            (
                " {\n\t\"a\" : \"x\\\\\" ,\r \"b\\\"\" : [ {\"}\" : \"]\"} ] , \"c\":{}, \"d\" : -1.5e3 }",
                vec![("a", "\"x\\\\\""), ("b\"", "[ {\"}\" : \"]\"} ]"), ("c", "{}"), ("d", "-1.5e3")],
            ),
            ("[1]", vec![]),
            ("null", vec![]),
            ("", vec![]),
        ] {
            let found = members(json);
            let found: Vec<_> = found.iter().map(|(name, raw)| (&**name, *raw)).collect();
            assert_eq!(found, want, "{json}");
        }
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::vec((any::<String>(), inner), 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn agrees_with_a_whole_json_reader(value in json(), pretty: bool) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
            let text = text.unwrap();
            let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
            let mut object = serde_json::Map::new();
            for (name, value) in members(&text) {
                object.insert(name.into_owned(), read(value));
            }
            prop_assert_eq!(object, value.as_object().cloned().unwrap_or_default());
        }

        #[test]
        fn the_first_quote_or_backslash_is_found(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let want = bytes.iter().position(|byte| b"\"\\".contains(byte));
            prop_assert_eq!(quote_or_backslash(&bytes), want);
        }

        #[test]
        fn near_misses_do_not_confuse_the_search(bytes in "[!\"#\\[\\\\\\]\u{0}\u{1}\u{80}\u{e2}]{0,40}") {
            let want = bytes.bytes().position(|byte| b"\"\\".contains(&byte));
            prop_assert_eq!(quote_or_backslash(bytes.as_bytes()), want);
        }

        #[test]
        fn never_panics_on_what_is_not_json(text: String) {
            members(&text);
            members(&format!("{{{text}"));
        }
    }
}
