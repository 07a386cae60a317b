//! Words for the two genders that vendors' voices distinguish.

use crate::domain::contact::Gender;

const MALE: &[&str] = &["m", "male", "man", "mr", "1", "nam", "ông", "anh", "男", "男性"];
const FEMALE: &[&str] =
    &["f", "female", "woman", "ms", "mrs", "miss", "2", "nu", "nữ", "bà", "chị", "cô", "女", "女性"];

/// Reads a gender in English, Vietnamese or Chinese, or as ISO 5218 writes it (1, 2).
pub(super) fn understand(text: &str) -> Option<Gender> {
    let word = text.trim().trim_end_matches('.').to_lowercase();
    if MALE.contains(&&*word) {
        return Some(Gender::Male);
    }
    FEMALE.contains(&&*word).then_some(Gender::Female)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_three_languages_are_understood() {
        for (words, want) in [
            (" M | male|MR.|1|Nam|NAM|Ông|anh|男|男性 ", Some(Gender::Male)),
            ("f|Female|Ms|mrs.|2|nữ|NỮ|Nu|bà|Chị|女|女性", Some(Gender::Female)),
            ("0|9|x|unknown|N/A|other|male?|true|", None),
        ] {
            for word in words.split('|') {
                assert_eq!(understand(word), want, "{word}");
            }
        }
    }
}
