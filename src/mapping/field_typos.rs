//! Names of fields that are taken for a slip: a field `nmae` would become a variable that nobody speaks,
//! and the contact would have no name.

use strsim::damerau_levenshtein;
use unicode_normalization::UnicodeNormalization;

use crate::providers::api::ContactShape;

use super::name::PHONE;

/// Names below this length are near too many words: `game`, `same` and `nam` are not `name`.
const LONG: usize = 5;

/// What people call the number to call, where no field is called `phone_number`.
const NUMBERS: [&str; 14] = [
    "phone",
    "phoneno",
    "phonenum",
    "mobile",
    "mobilenumber",
    "mobilephone",
    "cellphone",
    "tel",
    "telephone",
    "msisdn",
    "sdt",
    "sodienthoai",
    "手机",
    "电话",
];

/// The contact's own field that a name most probably meant, without being it.
pub(super) fn meant_field(name: &str, shape: ContactShape) -> Option<&'static str> {
    let fields = [(PHONE, true), ("name", shape.name), ("gender", shape.gender)];
    let mut fields = fields.into_iter().filter(|(_, exists)| *exists).map(|(field, _)| field);
    fields.find(|field| *field != name && is_near(&bare(name), &bare(field)))
}

/// The vendor's own name that a name differs from by case, blanks and the like only.
pub(super) fn meant_reserved(name: &str, shape: ContactShape) -> Option<&'static str> {
    shape.reserved.iter().copied().find(|reserved| *reserved != PHONE && bare(reserved) == bare(name))
}

/// Whether people call the number to call so.
pub(super) fn is_name_of_number(name: &str) -> bool {
    NUMBERS.contains(&&*bare(name))
}

/// A name without what people write differently and mean alike: case, `_`, `-`, blanks, marks.
fn bare(name: &str) -> String {
    let lower = name.nfkd().collect::<String>().to_lowercase().replace('đ', "d");
    lower.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Whether a name is another one but for one slip. Slips hardly ever strike the first letter, which
/// keeps `lender` and `sender` from being `gender`; and a figure is written on purpose.
fn is_near(name: &str, field: &str) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).count();
    name == field
        || damerau_levenshtein(name, field) == 1
            && name.chars().next() == field.chars().next()
            && digits(name) == digits(field)
            && (field.len() >= LONG || !field.starts_with(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ITNIO: ContactShape = ContactShape { name: true, gender: true, reserved: &[] };
    const VBEE: ContactShape = ContactShape {
        name: false,
        gender: false,
        reserved: &["phone_number", "so_dien_thoai", "contact_id"],
    };

    #[test]
    fn variables_of_real_scripts_are_no_slips() {
        for name in [
            "ho_ten",
            "danh_xung",
            "so_tien",
            "ngay_den_han",
            "full_name",
            "first_name",
            "last_name",
            "game",
            "same",
            "nam",
            "ten",
            "lender",
            "sender",
            "tender",
            "agent",
            "amount",
            "due_date",
            "name2",
            "phone_number_2",
            "证件后4位",
            "姓名",
            "性别",
            "欠款金额",
            "到期日",
            "contract_id",
            "customer_name",
            "ma_hop_dong",
            "chi_nhanh",
            "hotline",
            "gioi_tinh",
            "phone_model",
            "note",
            "số hợp đồng",
            "brand_name",
            "gen",
        ] {
            assert_eq!(meant_field(name, ITNIO), None, "{name} at itnio");
            assert_eq!((meant_field(name, VBEE), meant_reserved(name, VBEE)), (None, None), "{name} at Vbee");
        }
        for own in ["phone_number", "name", "gender"] {
            assert_eq!(meant_field(own, ITNIO), None, "{own}");
        }
        assert_eq!(
            [meant_field("Name", VBEE), meant_field("genders", VBEE)],
            [None; 2],
            "Vbee has no such fields"
        );
    }

    #[test]
    fn slips_are_seen() {
        for (name, want) in [
            ("nmae", "name"),
            ("Name", "name"),
            ("NAME", "name"),
            ("naem", "name"),
            ("nme", "name"),
            ("namee", "name"),
            ("names", "name"),
            ("nane", "name"),
            ("n_ame", "name"),
            ("ｎａｍｅ", "name"),
            ("Gender", "gender"),
            ("gneder", "gender"),
            ("gendr", "gender"),
            ("genders", "gender"),
            ("phoneNumber", "phone_number"),
            ("Phone_Number", "phone_number"),
            ("phone number", "phone_number"),
            ("phone-number", "phone_number"),
            ("phonenumber", "phone_number"),
            ("phone_nubmer", "phone_number"),
            ("phone_numer", "phone_number"),
            ("PHONE_NUMBER", "phone_number"),
            ("na\u{200b}me", "name"),
        ] {
            assert_eq!(meant_field(name, ITNIO), Some(want), "{name}");
        }
        for (name, want) in [
            ("So_Dien_Thoai", "so_dien_thoai"),
            ("Số điện thoại", "so_dien_thoai"),
            ("contactId", "contact_id"),
        ] {
            assert_eq!(meant_reserved(name, VBEE), Some(want), "{name}");
        }
        for name in ["phone", "Mobile", "số điện thoại", "SĐT", "手机"] {
            assert!(is_name_of_number(name), "{name}");
        }
    }
}
