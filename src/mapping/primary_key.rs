//! Which record it was, for people who look a contact up in the ledger later.
//!
//! A key may be the phone number itself, or hold it (`cust-0987654321`); the ledger holds neither number
//! nor name. Columns that fill them are left out, and of every record the parts that hold its number or
//! its name, wherever these come from.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::config::StreamConfig;
use crate::domain::contact::Contact;
use crate::phone::is_uuid;

use super::name::PHONE;
use super::row::{Column, Row, RowReader};
use super::{name, text};

/// A longer key is cut off: it is for people to recognise, not for programs to join.
const MAX_BYTES: usize = 200;

/// A name in one word that is shorter is found in other words, too.
const SHORTEST_SLUG: usize = 3;

/// Columns that fill the number or the name without any configuration.
const PERSONAL: [&str; 3] = [PHONE, "phoneNumber", "name"];

/// The parts of a stream's primary key.
#[derive(Debug, Default)]
pub(super) struct PrimaryKey {
    parts: Vec<KeyPart>,
}

#[derive(Debug)]
enum KeyPart {
    Slot(Column),
    /// With identity mapping a column without a slot is a variable, and must stay one.
    Other(Box<str>),
}

impl PrimaryKey {
    pub(super) fn new(paths: &[Vec<String>], entry: Option<&StreamConfig>, rows: &mut RowReader) -> Self {
        let fields = entry.into_iter().flat_map(|entry| &entry.fields);
        let personal: Vec<&str> = fields
            .filter(|field| matches!(field.field.as_str(), PHONE | "name"))
            .map(|field| field.column.as_str())
            .chain(PERSONAL)
            .collect();
        let mut parts = Vec::new();
        for path in paths {
            let Some((first, below)) = path.split_first() else { continue };
            if personal.iter().any(|column| name::seen(column) == name::seen(first)) {
                continue;
            }
            parts.push(if rows.keep_others && below.is_empty() && !rows.wants(first) {
                KeyPart::Other(first.as_str().into())
            } else {
                let slot = rows.want(first);
                let below: Vec<Box<str>> = below.iter().map(|name| name.as_str().into()).collect();
                if below.is_empty() {
                    KeyPart::Slot(Column { exact: Some(slot), nested: None })
                } else {
                    KeyPart::Slot(Column { exact: None, nested: Some((slot, below)) })
                }
            });
        }
        Self { parts }
    }

    /// The key of a record, its parts separated by commas; blank when there is none, or when it holds
    /// the number or the name of whom it is about. Few keys need to be compared with names.
    pub(super) fn of<'c>(
        &self,
        row: &Row<'_>,
        holds_number: impl Fn(&str) -> bool,
        person: impl Fn() -> &'c Contact,
    ) -> Box<str> {
        if self.parts.is_empty() {
            return Box::default();
        }
        let mut key = String::new();
        for part in &self.parts {
            let raw = match part {
                KeyPart::Slot(column) => column.find(row),
                KeyPart::Other(name) => {
                    row.others().find(|(column, _)| *column == &**name).map(|(_, raw)| raw)
                }
            };
            let text = raw.and_then(text::of).unwrap_or_default();
            if holds_number(&text) || (may_be_name(&text) && holds_a_name(&text, person())) {
                continue;
            }
            if !key.is_empty() {
                key.push_str(", ");
            }
            key.push_str(&text);
        }
        // A number may have been cut in two.
        if holds_number(&key) {
            return Box::default();
        }
        key.truncate(key.floor_char_boundary(MAX_BYTES));
        key.into()
    }
}

/// Most keys are numbers or drawn by chance.
fn may_be_name(text: &str) -> bool {
    text.chars().any(char::is_alphabetic) && !is_uuid(text)
}

/// Whether a text holds the contact's name, or a part of it: as a slug and in an address, too.
fn holds_a_name(text: &str, contact: &Contact) -> bool {
    let variables = contact.variables.iter().filter(|(name, _)| names_a_person(name)).map(|(_, value)| value);
    let key = words(text);
    contact.name.as_deref().into_iter().chain(variables).any(|name| {
        let name = words(name);
        let is_known = |word: &String| name.contains(word);
        let slug = name.concat();
        let is_slug = slug.chars().nth(SHORTEST_SLUG - 1).is_some() && key.concat().contains(&slug);
        is_slug || (!key.is_empty() && key.iter().all(is_known)) || (!name.is_empty() && follows(&key, &name))
    })
}

/// Whether words follow each other somewhere in a text.
fn follows(text: &[String], words: &[String]) -> bool {
    text.windows(words.len()).any(|part| part == words)
}

/// Whether a variable holds a name, by what it is called in the scripts of these vendors.
fn names_a_person(variable: &str) -> bool {
    let words = words(variable);
    words.concat().contains("name")
        || words.iter().any(|word| ["ten", "hoten", "khachhang"].contains(&word.as_str()))
        || ["姓名", "名字", "称呼", "姓"].iter().any(|name| variable.contains(name))
}

/// The words of a text, without marks and case.
fn words(text: &str) -> Vec<String> {
    let plain: String = text.nfkd().filter(|c| !is_combining_mark(*c)).collect();
    let plain = plain.to_lowercase().replace('đ', "d");
    let words = plain.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contact::Variables;
    use crate::phone::Phone;

    #[test]
    fn a_key_that_holds_the_name_is_seen() {
        let mut contact = Contact::new(Phone::e164("+84987654321"));
        contact.name = Some("Anh Trần Văn Đức".into());
        contact.variables = Variables::default();
        contact.variables.push("ho_ten", "王小明");
        contact.variables.push("ma_hop_dong", "HD-77");
        for (key, want) in [
            ("Trần Văn Đức", true),
            ("TRAN VAN DUC", true),
            ("Tra\u{302}\u{300}n Va\u{306}n Đu\u{301}c", true),
            ("anh-tran-van-duc-1985", true),
            ("anhtranvanduc@example.com", true),
            ("Đức", true),
            ("王小明", true),
            ("客户王小明", true),
            ("HD-77", false),
            ("17", false),
            ("north", false),
            ("c56a4180-65aa-42ec-a945-5fd21dec0538", false),
            ("", false),
        ] {
            assert_eq!(may_be_name(key) && holds_a_name(key, &contact), want, "{key}");
        }
    }

    #[test]
    fn variables_that_name_people_are_known() {
        for (variable, want) in [
            ("ho_ten", true),
            ("Họ Tên", true),
            ("ten", true),
            ("full_name", true),
            ("customerName", true),
            ("客户姓名", true),
            ("so_tien", false),
            ("tender", false),
            ("证件后4位", false),
        ] {
            assert_eq!(names_a_person(variable), want, "{variable}");
        }
    }
}
