//! Removes what copying, typing and exporting leave around a number.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// What people and programs write when there is no number, in lower case and without outer punctuation.
const MISSING_WORDS: &[&[&str]] = &[
    // Databases, programs and spreadsheets.
    &["\\n", "null", "nil", "none", "nan", "nat", "na", "n/a", "n.a", "undefined", "1.#qnan", "1.#ind"],
    &["#null!", "#value!", "#ref!", "#name?", "#num!", "#div/0!"],
    // English.
    &["no", "empty", "blank", "unknown", "missing", "not available", "not applicable", "not provided"],
    &["not given", "no phone", "no number", "no phone number", "tba", "tbd"],
    // Vietnamese, with and without its marks.
    &["không", "không có", "không có số", "không rõ", "không biết", "không xác định", "ko", "ko có", "k có"],
    &["chưa có", "chưa rõ", "chưa cập nhật", "trống", "rỗng"],
    &["khong", "khong co", "khong co so", "khong ro", "khong biet", "khong xac dinh", "ko co", "k co"],
    &["chua co", "chua ro", "chua cap nhat"],
    // Chinese and Japanese.
    &[
        "无",
        "無",
        "没有",
        "沒有",
        "暂无",
        "暫無",
        "未知",
        "空",
        "不详",
        "不詳",
        "未填",
        "未填写",
        "未填寫",
        "未提供",
    ],
    &["无电话", "無電話", "没有电话", "无号码", "なし", "無し", "不明"],
    // Others.
    &["없음", "ไม่มี", "tidak ada", "kosong", "tiada", "wala", "ninguno", "ninguna", "no tiene", "desconocido"],
    &["nenhum", "não tem", "aucun", "inconnu", "keine", "unbekannt", "nessuno", "нет", "неизвестно", "yok"],
    &["لا يوجد", "غير معروف", "ندارد"],
];

/// The zero of each of Unicode's rows of ten decimal digits outside ASCII, in order.
const ZEROS: &[u32] = &[
    0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6, 0xE50, 0xED0,
    0xF20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50,
    0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10, 0x104A0, 0x10D30, 0x10D40, 0x11066,
    0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x116D0, 0x116DA, 0x11730,
    0x118E0, 0x11950, 0x11BF0, 0x11C50, 0x11D50, 0x11DA0, 0x11F50, 0x16130, 0x16A60, 0x16AC0, 0x16B50,
    0x16D70, 0x1CCF0, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E4F0, 0x1E5F1,
    0x1E950, 0x1FBF0,
];

/// Gives compatibility forms, dashes, spaces and digits their plain shape and drops what nobody sees.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text.trim_ascii());
    }
    // An ellipsis stands for digits that were left out; its compatibility form is three dots, as in `098...321`.
    let cleaned: String = text.nfkc().filter(|&c| !is_invisible(c)).map(plain_form).collect();
    Cow::Owned(cleaned.trim().to_owned())
}

/// Takes off what spreadsheets and CSV writers put around text: `'098…`, `="098…"`, `"098…"`.
pub(super) fn unwrap_shell(text: &str) -> &str {
    let mut inner = text.strip_prefix('\'').unwrap_or(text);
    if let Some(formula) = inner.strip_prefix('=').filter(|formula| formula.starts_with('"')) {
        inner = formula;
    }
    while let Some(unquoted) = inner.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        inner = unquoted;
    }
    if inner.len() < text.len() {
        inner = inner.strip_suffix('\'').unwrap_or(inner);
    }
    inner.trim()
}

/// Whether the text is blank or says that there is no number.
pub(super) fn says_missing(text: &str) -> bool {
    let core = text.trim_matches(|c: char| !c.is_alphanumeric());
    if core.is_empty() {
        return text
            .chars()
            .all(|c| matches!(c, ' ' | '\n' | '-' | '.' | '_' | '/' | '\\' | '?' | ',' | ';'));
    }
    [text, core].into_iter().any(|words| {
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        MISSING_WORDS.iter().any(|line| line.contains(&words.as_str()))
    })
}

fn plain_form(c: char) -> char {
    match c {
        '\n' | '\r' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => '\n',
        _ if c.is_ascii() && c != '\t' => c,
        _ if c.is_whitespace() => ' ',
        _ if is_dash(c) => '-',
        '‘' | '’' | 'ʼ' | '′' => '\'',
        '“' | '”' => '"',
        _ => decimal_digit(c).unwrap_or(c),
    }
}

fn is_dash(c: char) -> bool {
    matches!(c, '\u{2010}'..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{58A}' | '\u{5BE}' | '\u{1806}')
        || matches!(c, '\u{2E3A}' | '\u{2E3B}' | '\u{30FC}' | '\u{2D7}' | '\u{2796}')
}

/// Unicode's "default ignorable" characters and the other format characters: zero-width, bidi, byte-order mark,
/// soft hyphen, variation selectors. And control characters, but for those that are blanks: columns of a fixed
/// width are filled up with U+0000.
pub(crate) fn is_invisible(c: char) -> bool {
    (c.is_control() && !c.is_whitespace())
        || matches!(c, '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}')
        || matches!(c, '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}')
        || matches!(c, '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
        || matches!(c, '\u{FFF9}'..='\u{FFFB}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// The plain form of a decimal digit of any script.
pub(super) fn digit(c: char) -> Option<char> {
    if c.is_ascii_digit() { Some(c) } else { decimal_digit(c) }
}

pub(super) fn decimal_digit(c: char) -> Option<char> {
    let code = u32::from(c);
    let row = ZEROS.partition_point(|&zero| zero <= code).checked_sub(1)?;
    char::from_digit(code - ZEROS.get(row)?, 10)
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;

    #[test]
    fn every_decimal_digit_of_unicode_is_known() {
        let digit = Regex::new(r"^\d$").unwrap();
        for c in ('\u{80}'..=char::MAX).filter(|c| !c.is_ascii()) {
            let is_digit = digit.is_match(c.encode_utf8(&mut [0; 4]));
            assert_eq!(decimal_digit(c).is_some(), is_digit, "U+{:04X}", u32::from(c));
        }
    }

    #[test]
    fn missing_words_are_written_as_they_are_looked_up() {
        for word in MISSING_WORDS.concat() {
            assert!(says_missing(&clean(&word.to_uppercase())), "{word}");
        }
        for word in ["(NULL)", "<NA>", "#N/A", "n/a.", "[không  có]", "N.A.", "--", "?", " - ", "\\N"] {
            assert!(says_missing(&clean(word)), "{word}");
        }
    }
}
