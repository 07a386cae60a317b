//! Cells that a spreadsheet takes for text: one that begins like a formula is run, whoever wrote it.

use std::borrow::Cow;

const APOSTROPHE: char = '\'';

/// How formulas begin, in the wide letters of East Asian spreadsheets, too.
const FORMULAS: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

/// The text, behind an apostrophe where it needs one. So does an apostrophe, so that it is known which is ours.
pub(super) fn guarded(text: &str) -> Cow<'_, str> {
    if needs_guard(text) { Cow::Owned(format!("{APOSTROPHE}{text}")) } else { Cow::Borrowed(text) }
}

/// The text that was guarded.
pub(super) fn unguarded(cell: &str) -> &str {
    cell.strip_prefix(APOSTROPHE).filter(|text| needs_guard(text)).unwrap_or(cell)
}

fn needs_guard(text: &str) -> bool {
    // Some spreadsheets trim what they read.
    text.starts_with(FORMULAS) || text.trim_start().starts_with(FORMULAS) || text.starts_with(APOSTROPHE)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_begins_like_a_formula_is_text() {
        for (text, want) in [
            ("17", "17"),
            ("=1+1", "'=1+1"),
            ("+84", "'+84"),
            ("-5", "'-5"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("＝1", "'＝1"),
            (" =1", "' =1"),
            ("\t=1", "'\t=1"),
            ("'=1", "''=1"),
            ("'tis", "''tis"),
            ("a=1", "a=1"),
            ("", ""),
        ] {
            assert_eq!(guarded(text), want, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_was_guarded_comes_back(text in "['=+@ a-]{0,4}|\\PC*") {
            let cell = guarded(&text);
            prop_assert_eq!(unguarded(&cell), &text);
        }
    }
}
