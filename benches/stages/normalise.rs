//! A phone number as somebody typed it becomes E.164, or is refused.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use destination_ai_voice::phone::{PhoneInput, PhoneRules, region};

use crate::inputs::to_u64;

/// How numbers are written, and whether they can be called. The numbers belong to nobody: Vietnam gave
/// 030 to no operator, the other countries' are those of their own examples.
const WRITTEN: [(&str, bool, &[&str]); 6] = [
    ("national", true, &["0301234567", "0308765432", "0312345678"]),
    ("international", true, &["+84301234567", "84308765432", "0084312345678"]),
    ("formatted", true, &["0301.234.567", "(+84) 30 876-5432", "+84 (0) 312 345 678", "030 123 4567"]),
    ("from a spreadsheet", true, &["84301234567.0", "'0308765432", "=\"0312345678\""]),
    ("other countries", true, &["+8613123456789", "+14155550123", "+442079460123", "+919876543210"]),
    ("refused", false, &["0301***567", "8.4301E+10", "0000000000", "N/A", "0301234567/0308765432", "030123"]),
];

pub(crate) fn measure(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("normalise");
    let rules = PhoneRules { default_region: region("VN"), ..PhoneRules::default() };
    for (name, is_good, numbers) in WRITTEN {
        let bytes = numbers.iter().map(|number| to_u64(number.len())).sum();
        group.throughput(Throughput::ElementsAndBytes { elements: to_u64(numbers.len()), bytes });
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for number in numbers {
                    let phone = rules.normalise(PhoneInput::Text(black_box(number)), None);
                    assert_eq!(black_box(phone).is_ok(), is_good, "{name}: {number}");
                }
            });
        });
    }
}
