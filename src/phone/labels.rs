//! Takes off what people write around a number to say what it is for: `SĐT: 098…`, `whatsapp:+84…`, `098… (Zalo)`.
//!
//! Only words that can say nothing about whom the number is of, and only where nothing else is left: with a name,
//! a word that is not known or a letter between digits the text stays as it is, and is refused.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Labels in small letters without marks, words parted by one space.
const LABELS: &[&[&str]] = &[
    &["phone", "phone no", "phone number", "phones", "telephone", "telephone no", "telephone number", "tel"],
    &[
        "tel no",
        "tel number",
        "telno",
        "mobile",
        "mobile no",
        "mobile number",
        "mobile phone",
        "mob",
        "mob no",
    ],
    &[
        "cell",
        "cell no",
        "cell number",
        "cell phone",
        "cellphone",
        "cellular",
        "handphone",
        "hand phone",
        "hp",
    ],
    &["landline", "home", "home phone", "work", "work phone", "office", "office phone", "main", "primary"],
    &["contact", "contact no", "contact number", "call", "number", "hotline", "callto", "sms", "smsto"],
    // Services that know people by their phone numbers.
    &["whatsapp", "whatsapp no", "whatsapp number", "wa", "viber", "zalo", "wechat", "weixin", "telegram"],
    &["line", "imessage", "facetime", "signal", "kakaotalk", "imo", "co zalo", "co viber"],
    // Vietnamese.
    &[
        "so",
        "so dien thoai",
        "so dt",
        "so dtdd",
        "so di dong",
        "so may",
        "so zalo",
        "so lien he",
        "so lien lac",
    ],
    &[
        "dien thoai",
        "dien thoai di dong",
        "dien thoai ban",
        "dien thoai co dinh",
        "dien thoai nha",
        "sdt",
        "dt",
    ],
    &["dtdd", "dd", "di dong", "sdd", "sdtdd", "may ban", "co dinh", "so co dinh", "may nha", "so nha", "lh"],
    &["lien he", "lien lac", "goi", "sdt zalo", "dt zalo", "sdt lien he", "dt lien he", "zl", "d t", "s d t"],
    &["sdt kh", "sdt khach hang", "sdt chinh", "sdt phu", "sdt nha", "nha rieng", "co quan", "ph", "ph no"],
    // Chinese.
    &[
        "电话",
        "电话号码",
        "电话号",
        "手机",
        "手机号",
        "手机号码",
        "微信",
        "微信号",
        "座机",
        "座机号码",
        "固话",
        "固定电话",
    ],
    &[
        "微信同号",
        "同微信",
        "手机微信同号",
        "移动电话",
        "联系电话",
        "联系方式",
        "联系手机",
        "家庭电话",
        "办公电话",
        "客户电话",
        "客户手机",
        "号码",
        "電話",
    ],
    &[
        "電話號碼",
        "手機",
        "手機號",
        "手機號碼",
        "微信號",
        "座機",
        "市話",
        "固定電話",
        "行動電話",
        "聯絡電話",
        "號碼",
    ],
];

/// Single letters of business cards and directories: phone, telephone, mobile, cell. They need a sign of their own.
const LETTERS: &[&str] = &["p", "t", "m", "c"];

/// What may stand beside a label; signs that hide digits are not among it, but for the one of `Phone #: 098…`.
const SIGNS: &str = " \n\t.:;,/|-_=()[]<>&\"'#";

const PICTURES: &str = "☎☏✆📞📱📲";

/// Labels of fewer letters of ASCII stand apart from the digits: `0912345678dd` is somebody's identifier.
const SHORTEST_GLUED: usize = 3;

/// Which side of the number is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

/// What stands beside a number.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Beside {
    Nothing,
    Labels,
    Words,
}

/// A text without the labels around its number.
pub(super) fn take_off(text: &str) -> &str {
    let begins = |c: char| c.is_ascii_digit() || "+*•●○■×".contains(c);
    let Some((start, (last, sign))) = text.find(begins).zip(last_of(text, |c| begins(c) || c == '#')) else {
        return without_number(text);
    };
    let end = last + sign.len_utf8();
    let part = |range: Range<usize>| text.get(range).unwrap_or(text);
    let (before, number, after) = (part(0..start), part(start..end), part(end..text.len()));
    match (beside(before, Side::Before), beside(after, Side::After)) {
        (Beside::Words, _) | (_, Beside::Words) | (Beside::Nothing, Beside::Nothing) => text,
        (Beside::Labels, Beside::Nothing) if !after.chars().all(|c| SIGNS.contains(c)) => {
            part(start..text.len())
        }
        (Beside::Labels, _) => number,
        (Beside::Nothing, Beside::Labels) => part(0..end),
    }
}

/// Whether words stand beside the digits of a text that say something nobody here understands: `không gọi 098…`.
pub(super) fn has_words(text: &str) -> bool {
    let is_digit = |c: char| c.is_ascii_digit();
    let start = text.find(is_digit).unwrap_or(text.len());
    let end = text.rfind(is_digit).map_or(start, |last| last + 1);
    let sides = [(text.get(..start), Side::Before), (text.get(end..), Side::After)];
    sides.into_iter().any(|(words, side)| beside(words.unwrap_or_default(), side) == Beside::Words)
}

/// What is left of `SĐT: không có`, and of a label alone.
fn without_number(text: &str) -> &str {
    let is_label = |text| beside(text, Side::After) == Beside::Labels;
    match text.split_once(':') {
        Some((label, rest)) if is_label(label) => rest.trim(),
        _ if is_label(text) => "",
        _ => text,
    }
}

fn last_of(text: &str, fits: impl Fn(char) -> bool) -> Option<(usize, char)> {
    text.char_indices().rev().find(|(_, c)| fits(*c))
}

/// What follows the count of a label, if it is one: `Tel 2 0912345678`.
pub(super) fn after_count(number: &str) -> Option<&str> {
    let rest = number.strip_prefix(|c| ('1'..='9').contains(&c))?;
    let uncounted = rest.trim_start_matches(|c: char| SIGNS.contains(c));
    (uncounted.len() < rest.len() && uncounted.starts_with(['0', '+'])).then_some(uncounted)
}

fn beside(text: &str, side: Side) -> Beside {
    if !text.contains(|c: char| c.is_alphabetic() || PICTURES.contains(c)) {
        return Beside::Nothing;
    }
    let is_known = |c: char| c.is_alphabetic() || SIGNS.contains(c) || PICTURES.contains(c);
    let words: Vec<&str> = text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).collect();
    let touching = match side {
        Side::Before => words.last().filter(|word| text.ends_with(**word)),
        Side::After => words.first().filter(|word| text.starts_with(**word)),
    };
    let is_glued = touching.is_some_and(|word| word.is_ascii() && word.len() < SHORTEST_GLUED);
    let words = folded(&words.join(" "));
    let hides = text.contains("##");
    let all_known = text.chars().all(is_known) && !is_glued && !hides;
    if all_known && (are_labels(&words) || is_letter(text, &words, side)) {
        return Beside::Labels;
    }
    Beside::Words
}

/// Small letters without marks, so that `SĐT`, `sđt` and `sdt` are one word.
fn folded(words: &str) -> String {
    let bare = words.to_lowercase();
    bare.nfd().filter(|c| !is_combining_mark(*c)).map(|c| if c == 'đ' { 'd' } else { c }).collect()
}

/// Whether a text is one label after another.
fn are_labels(words: &str) -> bool {
    let mut rest = words;
    while !rest.is_empty() {
        let after = |label: &&str| {
            let after = rest.strip_prefix(*label)?;
            if after.is_empty() { Some(after) } else { after.strip_prefix(' ') }
        };
        // The longest of those that fit leaves the least.
        let Some(shortest) = LABELS.iter().copied().flatten().filter_map(after).min_by_key(|rest| rest.len())
        else {
            return false;
        };
        rest = shortest;
    }
    true
}

/// Whether this is `p:` in front of the number, or `(p)` behind it.
fn is_letter(text: &str, letter: &str, side: Side) -> bool {
    LETTERS.contains(&letter)
        && match side {
            Side::Before => text.trim_end().ends_with([':', '.']),
            Side::After => text.trim().starts_with('(') && text.trim().ends_with(')'),
        }
}
