//! Capital letters at the beginning of words, in Vietnamese as in any other language.

use unicode_normalization::char::is_combining_mark;

/// The first character as a capital, the others small.
pub(super) fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(characters.as_str().to_lowercase().chars()).collect()
}

/// The first letter of each word as a capital, the others small.
pub(super) fn titled(text: &str) -> String {
    let mut titled = String::with_capacity(text.len());
    // Letters of the word so far.
    let mut n_letters = 0;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if is_apostrophe(c) {
            titled.push(c);
            // N'Trang and O'Neil are names of two words, "don't" is one.
            if n_letters == 1 && begins_with_word(rest.as_str()) {
                n_letters = 0;
            }
        } else if is_combining_mark(c) {
            titled.push(c);
        } else if !c.is_alphanumeric() {
            titled.push(c);
            n_letters = 0;
        } else if n_letters == 0 {
            titled.extend(c.to_uppercase());
            n_letters = 1;
        } else {
            titled.extend(c.to_lowercase());
            n_letters += 1;
        }
    }
    titled
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}' | '\u{2BC}')
}

/// Whether two letters follow.
fn begins_with_word(rest: &str) -> bool {
    let mut letters = rest.chars().filter(|c| !is_combining_mark(*c));
    letters.next().is_some_and(char::is_alphabetic) && letters.next().is_some_and(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_begin_with_capitals() {
        for (text, want) in [
            ("NGUYỄN THỊ ÁNH", "Nguyễn Thị Ánh"),
            ("nguyễn thị ánh", "Nguyễn Thị Ánh"),
            ("ĐẶNG ỷ LAN", "Đặng Ỷ Lan"),
            ("đỗ  ưng", "Đỗ  Ưng"),
            ("MARY-JANE o'neil", "Mary-Jane O'Neil"),
            ("n’trang lơng", "N’Trang Lơng"),
            ("DON'T", "Don't"),
            ("it's o'k", "It's O'k"),
            ("d'", "D'"),
            ("TP.HCM (quận 3a)", "Tp.Hcm (Quận 3a)"),
            ("O\u{302}\u{301}NG nam", "O\u{302}\u{301}ng Nam"),
            ("王小明", "王小明"),
            ("", ""),
        ] {
            assert_eq!(titled(text), want, "{text}");
        }
        assert_eq!(capitalized("ĐƯỜNG LÊ LỢI"), "Đường lê lợi");
    }
}
