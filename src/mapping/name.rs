//! Columns are found by their exact names, else by what people see of a name.
//!
//! Files bring names with a byte order mark, a no-break blank or a blank at the end, and some readers
//! take them off again: nobody can tell such names apart, so the only one that looks right is meant.

use std::borrow::Cow;
use std::collections::HashMap;

use super::text;
use crate::phone::is_invisible;

/// The field whose value is called.
pub(super) const PHONE: &str = "phone_number";

/// The vendors' own spellings of the number's column; the first one wins.
pub(super) const PHONES: [&str; 2] = [PHONE, "phoneNumber"];

/// A name without what nobody sees: blanks around it and invisible characters; other blanks are alike.
pub(super) fn seen(name: &str) -> Cow<'_, str> {
    let trimmed = name.trim();
    if trimmed.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(trimmed);
    }
    let visible = name.chars().filter(|c| !is_invisible(*c));
    let visible: String = visible.map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    Cow::Owned(text::nfc(visible.trim().into()).into_owned())
}

/// The one of some names that is meant: exactly this one, the same text in other code points, else
/// the only one that looks the same.
pub(super) fn find_name<'n>(name: &str, names: impl Iterator<Item = &'n str> + Clone) -> Option<&'n str> {
    if let Some(exact) = names.clone().find(|other| *other == name) {
        return Some(exact);
    }
    let normal = text::nfc(name.into());
    if let Some(same) = names.clone().find(|other| text::nfc((*other).into()) == normal) {
        return Some(same);
    }
    let looks = seen(name);
    let mut alike = names.filter(|other| seen(other) == looks);
    let only = alike.next()?;
    alike.all(|other| other == only).then_some(only)
}

/// Names to be found among for many: thousands of columns can be configured beside thousands that there are.
#[derive(Debug)]
pub(super) struct ColumnNames<'n> {
    /// By their normal form, the first of each.
    normal: HashMap<Cow<'n, str>, &'n str>,
    /// By what people see of them; none where several look the same.
    looks: HashMap<Cow<'n, str>, Option<&'n str>>,
}

impl<'n> ColumnNames<'n> {
    /// Names that differ from each other.
    pub(super) fn new(names: impl Iterator<Item = &'n str>) -> Self {
        let (mut normal, mut looks) = (HashMap::new(), HashMap::new());
        for name in names {
            normal.entry(text::nfc(name.into())).or_insert(name);
            looks.entry(seen(name)).and_modify(|one| *one = None).or_insert(Some(name));
        }
        Self { normal, looks }
    }

    /// As `find`, for a name that none of them is exactly.
    pub(super) fn find_another(&self, name: &str) -> Option<&'n str> {
        let same = self.normal.get(&*text::nfc(name.into()));
        same.copied().or_else(|| self.looks.get(&*seen(name)).copied().flatten())
    }
}

/// Whether two names differ only in case and in what parts their words.
pub(super) fn same_letters(one: &str, other: &str) -> bool {
    let letters = |name: &str| {
        let letters = seen(name).to_lowercase();
        letters.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).collect::<String>()
    };
    letters(one) == letters(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_found_exactly_or_by_what_people_see() {
        for (case, name, names, want) in [
            ("exactly", "phone ", &["phone", "phone "][..], Some("phone ")),
            ("the trimmed one of two", "phone", &["phone ", "phone"], Some("phone")),
            ("blank in the catalog", "phone", &["phone ", "x"], Some("phone ")),
            ("blank in the configuration", " phone ", &["phone", "x"], Some("phone")),
            ("byte order mark", "id", &["\u{feff}id"], Some("\u{feff}id")),
            ("no-break blank", "số phone", &["số\u{a0}phone"], Some("số\u{a0}phone")),
            ("zero width, soft hyphen", "phone", &["pho\u{200b}n\u{ad}e"], Some("pho\u{200b}n\u{ad}e")),
            ("other code points", "tên", &["te\u{302}n"], Some("te\u{302}n")),
            ("other code points, exactly", "te\u{302}n", &["tên", "te\u{302}n"], Some("te\u{302}n")),
            ("one of two", "phone", &["phone ", "\u{feff}phone"], None),
            ("the same twice", "phone", &["phone ", "phone "], Some("phone ")),
            ("another case", "phone", &["PHONE"], None),
            ("inner blank", "a b", &["ab"], None),
        ] {
            assert_eq!(find_name(name, names.iter().copied()), want, "{case}");
            let differ = names.iter().collect::<std::collections::HashSet<_>>().len() == names.len();
            if differ && !names.contains(&name) {
                assert_eq!(
                    ColumnNames::new(names.iter().copied()).find_another(name),
                    want,
                    "{case}, indexed"
                );
            }
        }
    }
}
