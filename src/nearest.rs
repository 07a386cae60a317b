//! The known name that a mistyped one most probably meant.
//!
//! Help must not take longer than the check that it helps: thousands of names can be unknown beside thousands that
//! are known. So each search has a bound, and where a list has many mistakes only its first ones get help.

use strsim::normalized_damerau_levenshtein;

/// Names that are less alike than this are no help.
const ALIKE: f64 = 0.6;

/// Known names that a name is compared with; no list that people keep by hand is longer.
const COMPARED: usize = 10_000;

/// To compare two names takes the product of their lengths, and nobody mistypes one as long as this.
const LONGEST_BYTES: usize = 128;

/// Mistakes of one list that get help. Who has more finds the rest by the pattern.
const HELPED: usize = 20;

/// The known name that is most like this one, if any is.
pub(crate) fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    if name.len() > LONGEST_BYTES {
        return None;
    }
    let name = name.to_lowercase();
    let known = known.into_iter().take(COMPARED).filter(|other| other.len() <= LONGEST_BYTES);
    let scored = known.map(|other| (normalized_damerau_levenshtein(&name, &other.to_lowercase()), other));
    let best = scored.max_by(|(one, _), (two, _)| one.total_cmp(two));
    best.filter(|(likeness, _)| *likeness >= ALIKE).map(|(_, other)| other)
}

/// Whether one more mistake of a list gets help, after so many.
pub(crate) fn helps_after(n_mistakes: usize) -> bool {
    n_mistakes < HELPED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_of_the_known_names_is_found_if_it_is_near() {
        let long = "x".repeat(LONGEST_BYTES + 1);
        for (name, known, want) in [
            ("job_idd", &["app_id", "job_id"][..], Some("job_id")),
            ("PHONE", &["name", "Phones"], Some("Phones")),
            ("số_tiền", &["số_tiên", "ngày"], Some("số_tiên")),
            ("abcdefghij", &["abcdefzzzz"], Some("abcdefzzzz")),
            ("abcdefghij", &["abcdezzzzz"], None),
            ("anything", &[], None),
            (long.as_str(), &[long.as_str()], None),
            ("x", &[long.as_str(), "y"], None),
        ] {
            assert_eq!(nearest(name, known.iter().copied()), want, "{name}");
        }
    }

    #[test]
    fn of_a_list_without_an_end_only_so_many_names_are_compared() {
        assert_eq!(nearest("nobody", std::iter::repeat("somewhere else")), None);
    }
}
