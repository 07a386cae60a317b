//! Any file fills the do-not-call list with every row of it, or is refused: a row that is left out is somebody who is
//! called.

use super::{FileFormat, ListFile, csv_text};
use crate::ledger::{KeyHasher, KeyMaker, RuleScopes, Scope};
use crate::phone::{PhoneRules, region};

/// So many digits in a row are somebody's number.
const NUMBER: usize = 7;

/// A byte for the format, a file.
pub(crate) fn do_not_call_files(data: &[u8]) {
    let Some((format, file)) = data.split_first() else { return };
    let format = if format % 2 == 0 { FileFormat::Csv } else { FileFormat::Jsonl };
    let rules = PhoneRules { default_region: region("VN"), ..PhoneRules::default() };
    let scopes = RuleScopes { do_not_call: Some(Scope::Everywhere), cooling_off: None };
    let keys = KeyMaker::new(KeyHasher::new("invented"), Scope::Account, "itnio/INVENTED".to_owned());
    let keys = keys.with_rules(scopes);
    let list = ListFile { format, column: "phone", region_column: "country", rules: &rules, keys: &keys };
    match list.read(file) {
        Ok((staged, n_left_out)) => {
            let n_rows = match format {
                FileFormat::Csv => {
                    let has_column = |names: &csv::StringRecord| {
                        names.iter().any(|name| name.trim_start_matches('\u{feff}').trim() == "phone")
                    };
                    let opened = csv_text::opened(file, u64::MAX, has_column);
                    let (delimiter, text) = opened.expect("memory can be read");
                    csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text).records().count()
                }
                FileFormat::Jsonl => {
                    let text = String::from_utf8_lossy(file);
                    text.split('\n')
                        .filter(|line| !line.trim_start_matches('\u{feff}').trim().is_empty())
                        .count()
                }
            };
            assert_eq!(
                staged.count() + n_left_out,
                u64::try_from(n_rows).unwrap_or(u64::MAX),
                "{n_left_out} left out"
            );
        }
        Err(error) => {
            let told = error.with_causes();
            let digits = told.split(|c: char| !c.is_numeric()).map(|digits| digits.chars().count()).max();
            assert!(digits < Some(NUMBER), "{told}");
        }
    }
}
