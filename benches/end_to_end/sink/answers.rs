//! The vendors that are measured, and how each accepts everybody.

use axum::body::Bytes;

use crate::shortcut::Shortcut;

/// Name, endpoint, shortcut.
pub(crate) const VENDORS: [(&str, &str, Shortcut); 2] = [
    (
        "itnio",
        "/aivoice/importCustomer",
        Shortcut {
            credential: "sign",
            number_key: "\"phoneNumber\"",
            answer: |_| Bytes::from_static(br#"{"status":"0","reason":"success","data":[]}"#),
        },
    ),
    (
        "vbee",
        "/api/v1/public-api/campaign",
        Shortcut { credential: "authorization", number_key: "\"phone_number\"", answer: all_listed },
    ),
];

/// The answer that lists everybody, in order and without their personal fields; the ids are the
/// numbers' last digits, in the length of real ones.
fn all_listed(numbers: &[&[u8]]) -> Bytes {
    const BEGIN: &[u8] = br#"{"result":["#;
    const END: &[u8] = br#"],"status":1}"#;
    const ID: &[u8] = br#"{"contact_id":"00000000-0000-4000-8000-"#;
    const NUMBER: &[u8] = br#"","so_dien_thoai":"#;
    const ID_DIGITS: usize = 12;
    let entry = ID.len() + ID_DIGITS + NUMBER.len() + 20;
    let mut body = Vec::with_capacity(BEGIN.len() + numbers.len() * entry + END.len());
    body.extend_from_slice(BEGIN);
    for (index, number) in numbers.iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        body.extend_from_slice(ID);
        let digits = number.iter().copied().filter(u8::is_ascii_digit).rev();
        let mut last: [u8; ID_DIGITS] = [b'0'; ID_DIGITS];
        last.iter_mut().rev().zip(digits).for_each(|(place, digit)| *place = digit);
        body.extend_from_slice(&last);
        body.extend_from_slice(NUMBER);
        body.extend_from_slice(number);
        body.push(b'}');
    }
    body.extend_from_slice(END);
    body.into()
}
