//! One invented customer, made from the seed and the place in the table.

use fastrand::Rng;
use serde_json::{Value, json};

/// What is wrong with a record; every record has one trouble at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing.
    None,
    /// Its number is missing, masked, cut off or otherwise nobody's.
    BadNumber,
    /// An earlier record without trouble has the same number, written differently.
    Duplicate,
    /// The column behind the required variable is null.
    RequiredMissing,
    /// The customer does not want to be called.
    NoConsent,
}

/// One row of the table.
pub(super) struct Person {
    full_name: String,
    mobile: Value,
    sex: Value,
    id_last4: Value,
    amount_due: u64,
    due_date: String,
    contract_no: String,
    consent: &'static str,
}

/// Of 1,000 records, how many have each trouble.
const TROUBLES: [(Trouble, u64); 4] = [
    (Trouble::BadNumber, 30),
    (Trouble::Duplicate, 20),
    (Trouble::RequiredMissing, 20),
    (Trouble::NoConsent, 20),
];

/// How far back a duplicate's first record is looked for.
const LOOK_BACK: u64 = 400;

const FAMILY_NAMES: &[&str] = &[
    "Nguyễn", "Nguyễn", "Nguyễn", "Trần", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng",
    "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý",
];
const MEN: &[&str] = &[
    "Văn An",
    "Văn Bình",
    "Minh Châu",
    "Quốc Cường",
    "Tiến Dũng",
    "Hữu Đức",
    "Hoàng Giang",
    "Trung Hiếu",
    "Gia Huy",
    "Quang Khải",
    "Đình Lâm",
    "Hoàng Long",
    "Công Minh",
    "Thành Nam",
    "Đại Nghĩa",
    "Hồng Phúc",
    "Anh Quân",
    "Thái Sơn",
    "Đức Tài",
    "Xuân Trường",
    "Anh Tuấn",
    "Thế Vinh",
];
const WOMEN: &[&str] = &[
    "Thị Ánh",
    "Thị Bích",
    "Ngọc Diệp",
    "Thuỳ Dung",
    "Hương Giang",
    "Thu Hà",
    "Thị Hạnh",
    "Khánh Hoà",
    "Thị Hồng",
    "Thanh Hương",
    "Mai Lan",
    "Mỹ Linh",
    "Thị Mai",
    "Kiều My",
    "Thanh Nga",
    "Bảo Ngọc",
    "Yến Nhi",
    "Thị Oanh",
    "Thị Phượng",
    "Diễm Quỳnh",
    "Phương Thảo",
    "Thị Yến",
];

/// What is wrong with the record at a place.
pub(super) fn trouble(seed: u64, place: u64) -> Trouble {
    let mut drawn = draw(seed, place, "trouble").u64(0..1000);
    for (trouble, of_1000) in TROUBLES {
        if drawn < of_1000 {
            // The very first records have nobody before them to repeat.
            let alone = trouble == Trouble::Duplicate && first_of(seed, place).is_none();
            return if alone { Trouble::None } else { trouble };
        }
        drawn -= of_1000;
    }
    Trouble::None
}

impl Person {
    /// The customer at a place of the table, with this trouble.
    pub(super) fn at(seed: u64, place: u64, trouble: Trouble) -> Self {
        let first = if trouble == Trouble::Duplicate { first_of(seed, place) } else { None };
        let who = first.unwrap_or(place);
        let (full_name, sex) = name_and_sex(&mut draw(seed, who, "name"));
        let national = national_number(seed, who);
        let mut rng = draw(seed, place, "row");
        let mobile = match trouble {
            Trouble::BadNumber => bad_number(&mut rng, &national),
            Trouble::Duplicate => json!(rewritten(&mut rng, &national, &written(seed, who))),
            _ => json!(written(seed, who)),
        };
        let id_last4 = match trouble {
            Trouble::RequiredMissing => Value::Null,
            _ => json!(format!("{:04}", draw(seed, who, "id").u32(0..10_000))),
        };
        Self {
            full_name,
            mobile,
            sex,
            id_last4,
            amount_due: rng.u64(15..2_400) * 10_000,
            due_date: format!("2026-{:02}-{:02}", rng.u8(8..=10), rng.u8(1..=28)),
            contract_no: format!("HD-2026-{:06}", place + 1),
            consent: if trouble == Trouble::NoConsent { "no" } else { "yes" },
        }
    }

    /// The row as the warehouse's columns.
    pub(super) fn columns(&self, place: u64, updated_at: &str) -> Value {
        json!({
            "id": place + 1,
            "full_name": self.full_name,
            "mobile": self.mobile,
            "sex": self.sex,
            "id_last4": self.id_last4,
            "amount_due": self.amount_due,
            "due_date": self.due_date,
            "contract_no": self.contract_no,
            "consent": self.consent,
            "updated_at": updated_at,
        })
    }
}

/// A generator of its own for each purpose, so that a new column changes no other.
fn draw(seed: u64, place: u64, purpose: &str) -> Rng {
    let purpose =
        purpose.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(257).wrapping_add(u64::from(byte)));
    let mut rng = Rng::with_seed(seed ^ purpose);
    Rng::with_seed(rng.u64(..) ^ place.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// The earlier record that a duplicate repeats: one of the nearest without any trouble.
fn first_of(seed: u64, place: u64) -> Option<u64> {
    let nearest = place.saturating_sub(draw(seed, place, "first").u64(1..LOOK_BACK));
    (0..nearest).rev().find(|&earlier| draw(seed, earlier, "trouble").u64(0..1000) >= n_troubled())
}

fn n_troubled() -> u64 {
    TROUBLES.iter().map(|(_, of_1000)| of_1000).sum()
}

fn name_and_sex(rng: &mut Rng) -> (String, Value) {
    let family = rng.choice(FAMILY_NAMES).copied().unwrap_or_default();
    let (given, sex) = if rng.bool() { (MEN, "nam") } else { (WOMEN, "nữ") };
    let given = rng.choice(given).copied().unwrap_or_default();
    // Some branches never filled in the column.
    let sex = if rng.u8(0..20) == 0 { Value::Null } else { json!(sex) };
    (format!("{family} {given}"), sex)
}

/// Nine digits without the leading zero; two places share a number only after twenty million.
fn national_number(seed: u64, place: u64) -> String {
    // The factor is coprime to the modulus, which makes the product run through all residues.
    let offset = draw(seed, 0, "numbers").u64(0..20_000_000);
    let scattered = (place % 20_000_000 * 7_654_321 + offset) % 20_000_000;
    format!("{}", 300_000_000 + scattered)
}

/// The way in which a customer's number was typed in.
fn written(seed: u64, who: u64) -> String {
    let style = draw(seed, who, "style").usize(0..STYLES.len());
    STYLES.get(style).map_or_else(String::new, |style| style(&national_number(seed, who)))
}

/// The same number in another way than it was written first.
fn rewritten(rng: &mut Rng, national: &str, first: &str) -> String {
    let others: Vec<_> = STYLES.iter().map(|style| style(national)).filter(|other| other != first).collect();
    rng.choice(others).unwrap_or_default()
}

type Style = fn(&str) -> String;

const STYLES: &[Style] = &[
    |n| format!("0{n}"),
    |n| format!("0{n}"),
    |n| format!("+84{n}"),
    |n| format!("84{n}"),
    |n| n.to_owned(),
    |n| grouped(n, '.'),
    |n| grouped(n, ' '),
    |n| grouped(n, '-'),
    |n| format!("+84 (0) {n}"),
    |n| format!("'0{n}"),
    |n| format!("84{n}.0"),
];

/// 0301.234.567
fn grouped(national: &str, separator: char) -> String {
    let (first, rest) = national.split_at(3);
    let (second, third) = rest.split_at(3);
    format!("0{first}{separator}{second}{separator}{third}")
}

fn bad_number(rng: &mut Rng, n: &str) -> Value {
    let (start, end) = n.split_at(3);
    match rng.u8(0..9) {
        0 => Value::Null,
        1 => json!("N/A"),
        2 => json!(format!("O{n}")),
        3 => json!(format!("0{start}***{}", end.split_at(3).1)),
        4 => json!(format!("0{start}{}", end.split_at(2).0)),
        5 => json!(format!("8.4{start}E+10")),
        6 => json!(format!("0{n}/0{n}1")),
        7 => json!(format!("0{n}77")),
        _ => json!("0000000000"),
    }
}
