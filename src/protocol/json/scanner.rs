//! A short way through JSON text for what every record passes.
//!
//! It checks as strictly as serde and cuts values out unread. Wherever it gives nothing, serde is
//! asked instead: for names with escapes, for deep nesting, and to say what is wrong.
//!
//! With serde's `RawValue` in its place a whole sync of twelve columns takes 25 % more instructions (9,600 a record of 20,000;
//! callgrind, one build).

use std::borrow::Cow;

use super::object::{Object, USUAL_MEMBERS};

/// Deeper values are left to serde.
const DEEPEST: usize = 32;

impl<'a> Object<'a> {
    /// Reads a text of any depth; half a character in a name, or a name that is there twice, is no
    /// reason to refuse it.
    ///
    /// # Errors
    /// When it is not JSON, or no object.
    pub(crate) fn parse(text: &'a str) -> serde_json::Result<Self> {
        let mut scan = Scanner::new(text);
        match scan.members().filter(|_| scan.end().is_some()) {
            Some(object) => Ok(object),
            None => serde_json::from_str(text),
        }
    }
}

/// A place in a text.
pub(in crate::protocol) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    /// At the start of a text.
    pub(in crate::protocol) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Past white space at the end of the text.
    pub(in crate::protocol) fn end(&mut self) -> Option<()> {
        self.skip_space();
        (self.at == self.text.len()).then_some(())
    }

    /// Walks through an object: `member` is asked for each name, and must take the value.
    pub(in crate::protocol) fn object(
        &mut self,
        mut member: impl FnMut(&mut Self, &'a str) -> Option<()>,
    ) -> Option<()> {
        self.take(b'{')?;
        if self.take(b'}').is_some() {
            return Some(());
        }
        loop {
            let name = self.plain_string()?;
            self.take(b':')?;
            member(self, name)?;
            if self.take(b',').is_none() {
                return self.take(b'}');
            }
        }
    }

    /// An object whose values are not read.
    pub(in crate::protocol) fn members(&mut self) -> Option<Object<'a>> {
        self.skip_space();
        let start = self.at;
        let mut members = Vec::with_capacity(USUAL_MEMBERS);
        self.object(|scan, name| {
            members.push((Cow::Borrowed(name), scan.value()?));
            Some(())
        })?;
        Some(Object::written(members, self.text.get(start..self.at)?))
    }

    /// What a string without escapes says.
    pub(in crate::protocol) fn plain_string(&mut self) -> Option<&'a str> {
        self.take(b'"')?;
        let start = self.at;
        self.at += n_plain(self.rest());
        let said = self.text.get(start..self.at)?;
        self.next_is(b'"').then_some(())?;
        self.at += 1;
        Some(said)
    }

    /// Any value, as it is written.
    pub(in crate::protocol) fn value(&mut self) -> Option<&'a str> {
        self.nested_value(DEEPEST)
    }

    fn nested_value(&mut self, deepest: usize) -> Option<&'a str> {
        self.skip_space();
        let start = self.at;
        match self.rest().first()? {
            b'"' => self.string()?,
            b'-' | b'0'..=b'9' => self.number()?,
            b'{' => {
                let deepest = deepest.checked_sub(1)?;
                self.object(|scan, _| scan.nested_value(deepest).map(drop))?;
            }
            b'[' => self.list(deepest.checked_sub(1)?)?,
            b't' => self.word("true")?,
            b'f' => self.word("false")?,
            b'n' => self.word("null")?,
            _ => return None,
        }
        self.text.get(start..self.at)
    }

    fn list(&mut self, deepest: usize) -> Option<()> {
        self.take(b'[')?;
        if self.take(b']').is_some() {
            return Some(());
        }
        loop {
            self.nested_value(deepest)?;
            if self.take(b',').is_none() {
                return self.take(b']');
            }
        }
    }

    /// A string, escapes and all.
    fn string(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            self.at += n_plain(self.rest());
            match self.rest() {
                [b'"', ..] => {
                    self.at += 1;
                    return Some(());
                }
                [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => self.at += 2,
                [b'\\', b'u', code @ ..] => {
                    let digits = code.first_chunk::<4>()?;
                    digits.iter().all(u8::is_ascii_hexdigit).then_some(())?;
                    self.at += 6;
                }
                _ => return None,
            }
        }
    }

    fn number(&mut self) -> Option<()> {
        self.at += usize::from(self.next_is(b'-'));
        if self.next_is(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.next_is(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if self.next_is(b'e') || self.next_is(b'E') {
            self.at += 1;
            self.at += usize::from(self.next_is(b'+') || self.next_is(b'-'));
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let n_digits = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += n_digits;
        (n_digits > 0).then_some(())
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.rest().starts_with(word.as_bytes()).then(|| self.at += word.len())
    }

    /// Takes a punctuation mark, if it is the next one.
    fn take(&mut self, mark: u8) -> Option<()> {
        self.skip_space();
        self.next_is(mark).then(|| self.at += 1)
    }

    fn skip_space(&mut self) {
        while matches!(self.rest().first(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn next_is(&self, byte: u8) -> bool {
        self.rest().first() == Some(&byte)
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }
}

/// Bytes before the first quote, backslash or control character. Eight at a time: strings are short,
/// and calling a vector search for each takes longer than finding what it looks for.
fn n_plain(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let control = word.wrapping_sub(each(b' ')) & !word;
        let marks = below_one(word ^ each(b'"')) | below_one(word ^ each(b'\\')) | control;
        let found = marks & each(0x80);
        if found != 0 {
            return index * 8 + usize::try_from(found.trailing_zeros() / 8).unwrap_or_default();
        }
    }
    let is_plain = |byte: &&u8| **byte >= b' ' && !matches!(**byte, b'"' | b'\\');
    words.len() * 8 + rest.iter().take_while(is_plain).count()
}

const fn each(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// Sets the highest bit of each byte that is zero. Bytes behind the first such one may be marked wrongly.
const fn below_one(word: u64) -> u64 {
    word.wrapping_sub(each(0x01)) & !word
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    /// What the short way and serde make of the same text.
    fn agree(json: &str) -> Result<bool, TestCaseError> {
        let mut scan = Scanner::new(json);
        let found = scan.members().filter(|_| scan.end().is_some());
        let read: Result<Object<'_>, _> = serde_json::from_str(json);
        if let Some(found) = &found {
            let read = read.map_err(|error| TestCaseError::fail(format!("{error} in {json}")))?;
            let (found, read): (Vec<_>, Vec<_>) = (found.members().collect(), read.members().collect());
            prop_assert_eq!(found, read, "{}", json);
        }
        Ok(found.is_some())
    }

    #[test]
    fn what_is_json_is_cut_as_serde_cuts_it() {
        for (json, want) in [
            ("{}", true),
            (" { } ", true),
            (r#"{"a":1,"b":"two","c":null,"d":true,"e":false}"#, true),
            ("\t{ \"a\" : [ 1 , { \"b\" : [ ] } ] ,\r\n \"c\" : { } }\n", true),
            (r#"{"a":"\"\\\/\b\f\n\r\t\u00e9\uD83D"}"#, true),
            (r#"{"a":"Nguyễn Văn 上海","a":-0.5e+10,"b":0,"c":-0,"d":1E5}"#, true),
            // Left to serde.
            (r#"{"\u0061":1}"#, false),
            (&format!(r#"{{"a":{}{}}}"#, "[".repeat(100), "]".repeat(100)), false),
            // Not JSON.
            ("", false),
            ("[]", false),
            ("{", false),
            ("{}}", false),
            (r#"{"a":1,}"#, false),
            (r#"{,"a":1}"#, false),
            (r#"{"a" 1}"#, false),
            (r#"{"a":}"#, false),
            (r#"{"a":01}"#, false),
            (r#"{"a":1.}"#, false),
            (r#"{"a":.5}"#, false),
            (r#"{"a":-}"#, false),
            (r#"{"a":1e}"#, false),
            (r#"{"a":+1}"#, false),
            (r#"{"a":NaN}"#, false),
            (r#"{"a":tru}"#, false),
            (r#"{"a":nulls}"#, false),
            (r#"{"a":"x}"#, false),
            (r#"{"a":"\x"}"#, false),
            (r#"{"a":"\u12g4"}"#, false),
            (r#"{"a":"\u12"}"#, false),
            ("{\"a\":\"\t\"}", false),
            ("{\"a\":\"\u{0}\"}", false),
            (r#"{"a":[1,]}"#, false),
            (r#"{"a":[1 2]}"#, false),
            (r#"{"a":{"b":1]}"#, false),
        ] {
            assert_eq!(agree(json).unwrap(), want, "{json}");
        }
    }

    #[test]
    fn every_cut_off_or_damaged_text_is_judged_as_serde_does() {
        let json = "{\"tên\": \"Nguyễn \\\"A\\\" \\u00e9\", \"n\": [-12.5e3, {\"x\": null}], \"t\": true}";
        for (place, _) in json.char_indices() {
            assert!(!agree(&json[..place]).unwrap(), "cut off at {place}");
            for odd in ["\"", "\\", "{", "}", "[", "]", ",", ":", "0", "-", ".", "e", "\u{1}", " ", "ệ"] {
                let mut damaged = json.to_owned();
                damaged.insert_str(place, odd);
                agree(&damaged).unwrap();
            }
        }
        assert!(agree(json).unwrap());
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec(("[a-zé上]{0,9}", inner), 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_object_is_cut_as_serde_cuts_it(
            members in prop::collection::vec(("[a-zé上]{0,9}", json()), 0..4),
            pretty: bool,
        ) {
            let object = Value::Object(members.into_iter().collect());
            let text = if pretty { serde_json::to_string_pretty(&object) } else { serde_json::to_string(&object) };
            prop_assert!(agree(&text.unwrap())?);
        }

        #[test]
        fn what_is_not_json_is_never_taken(text in r#"\{"a":["\\\[\]{},:0-9.eE+\-a-zé \n\u{1}]{0,12}\}"#) {
            agree(&text)?;
        }
    }
}
