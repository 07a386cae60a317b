//! Lines of programs that write NaN, Infinity, -Infinity and the like, which are no JSON: Python's do so unless
//! they are told otherwise. Each is read as null, so that one value is lost and not the sync.

use super::object::Object;
use super::offset;

/// The words, as they are written.
const NOT_NUMBERS: [&str; 9] =
    ["NaN", "-NaN", "nan", "-nan", "Infinity", "-Infinity", "+Infinity", "inf", "-inf"];

const NULL: &str = "null";

/// A line with `null` in the place of each such word.
#[derive(Debug)]
pub struct RepairedLine {
    text: String,
    /// Where each null begins, and where the word ended that stood there in the line as it was written.
    nulls: Vec<(usize, usize)>,
}

impl RepairedLine {
    /// Mends a line; nothing when there is nothing to mend.
    #[must_use]
    pub fn of(line: &str) -> Option<Self> {
        let mut repaired = Self { text: String::with_capacity(line.len() + NULL.len()), nulls: Vec::new() };
        let mut rest = line;
        while let Some(place) = rest.find(['"', 'N', 'I', '-', '+', 'n', 'i']) {
            let (before, found) = rest.split_at(place);
            repaired.text.push_str(before);
            if let Some(behind) = NOT_NUMBERS.iter().find_map(|word| found.strip_prefix(word)) {
                repaired.nulls.push((repaired.text.len(), line.len() - behind.len()));
                repaired.text.push_str(NULL);
                rest = behind;
            } else {
                let (passed, behind) = found.split_at(end_of_token(found));
                repaired.text.push_str(passed);
                rest = behind;
            }
        }
        repaired.text.push_str(rest);
        (!repaired.nulls.is_empty()).then_some(repaired)
    }

    /// The line as it can be read.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How many values of a record read from this line were left out, and the column of the first.
    #[must_use]
    pub fn left_out<'o>(&self, data: &'o Object<'_>) -> Option<(&'o str, u64)> {
        let column_of = |place: usize| {
            let within = |raw: &str| (0..raw.len()).contains(&place.wrapping_sub(offset(&self.text, raw)));
            data.members().find(|(_, raw)| within(raw)).map(|(name, _)| name)
        };
        let mut columns = self.nulls.iter().filter_map(|(place, _)| column_of(*place));
        let first = columns.next()?;
        Some((first, columns.fold(1, |count, _| count + 1)))
    }

    /// Where something of the mended line stood in the line as it was written.
    pub(in crate::protocol) fn origin(&self, at: usize) -> usize {
        let before = self.nulls.iter().take_while(|(null, _)| *null < at).last();
        before.map_or(at, |(null, end)| at - (null + NULL.len()) + end)
    }
}

/// Bytes of the string that a text begins with; of anything else one.
fn end_of_token(text: &str) -> usize {
    let Some(inside) = text.strip_prefix('"') else { return 1 };
    let mut escaped = false;
    let end = inside.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |end| end + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_number_becomes_null_outside_of_strings() {
        for (line, want) in [
            (r#"{"a":NaN,"b":-Infinity,"c":[Infinity]}"#, r#"{"a":null,"b":null,"c":[null]}"#),
            (r#"{"NaN":"NaN","\"NaN":"\\","b":NaN}"#, r#"{"NaN":"NaN","\"NaN":"\\","b":null}"#),
            (r#"{"a":-5,"b": NaN }"#, r#"{"a":-5,"b": null }"#),
            (r#"{"tên":"Nguyễn NaN","n":NaN}"#, r#"{"tên":"Nguyễn NaN","n":null}"#),
            (
                r#"{"a":nan,"b":-NaN,"c":[inf,-inf],"d":+Infinity}"#,
                r#"{"a":null,"b":null,"c":[null,null],"d":null}"#,
            ),
            ("NaN", "null"),
        ] {
            assert_eq!(RepairedLine::of(line).unwrap().text(), want, "{line}");
        }
        for line in [r#"{"a":null}"#, r#"{"a":"NaN"}"#, r#"{"a":"\"NaN"#, r#"{"a":+1}"#, "", r#""NaN"#, "-"] {
            assert!(RepairedLine::of(line).is_none(), "{line}");
        }
    }

    #[test]
    fn places_are_found_again() {
        let line = r#"{"a":NaN,"b":Infinity,"c":NaN,"d":1}"#;
        let repaired = RepairedLine::of(line).unwrap();
        for name in ["\"a\"", "\"b\"", "\"c\"", "\"d\""] {
            assert_eq!(
                repaired.origin(repaired.text().find(name).unwrap()),
                line.find(name).unwrap(),
                "{name}"
            );
        }
        assert_eq!(repaired.origin(repaired.text().len()), line.len());
    }

    #[test]
    fn the_first_column_and_the_count_are_told() {
        let line = r#"{"x":NaN,"data":{"id":1,"debt":NaN,"more":{"a":[Infinity,NaN]},"note":"NaN"},"y":NaN}"#;
        let repaired = RepairedLine::of(line).unwrap();
        let data = Object::parse(repaired.text()).unwrap().object("data").unwrap();
        assert_eq!(repaired.left_out(&data), Some(("debt", 3)));
        let none = RepairedLine::of(r#"{"x":NaN,"data":{"id":1}}"#).unwrap();
        assert_eq!(none.left_out(&Object::parse(none.text()).unwrap().object("data").unwrap()), None);
    }
}
