//! What a record maps to: the person that the vendor will phone, and what the script says to them.

use std::fmt;
use std::sync::Arc;

use compact_str::CompactString;
use jiff::tz::TimeZone;
use smallvec::SmallVec;

use crate::phone::Phone;

/// One person to be called.
#[derive(Clone, PartialEq, Eq)]
pub struct Contact {
    /// Whom the vendor dials.
    pub phone: Phone,
    /// The customer's name, where the vendor has a field for it.
    pub name: Option<CompactString>,
    /// The customer's gender, where the vendor has a field for it.
    pub gender: Option<Gender>,
    /// What the call script speaks.
    pub variables: Variables,
    /// Where their clock is, when the window of calling goes by each person's own.
    pub time_zone: Option<TimeZone>,
}

/// The two genders that vendors' voices distinguish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gender {
    /// Addressed as a man.
    Male,
    /// Addressed as a woman.
    Female,
}

/// Where contacts go: an itnio job, a Vbee campaign.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Campaign(Arc<str>);

/// Variables that most call scripts do with; more take an allocation.
const USUAL_VARIABLES: usize = 6;

/// Named texts in the order they were added, kept in one buffer: a contact costs one allocation
/// for all of them, not two for each.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Variables {
    text: String,
    /// Where each name and each value ends in `text`.
    ends: SmallVec<[(u32, u32); USUAL_VARIABLES]>,
}

impl Contact {
    /// A contact with nothing but a number.
    #[must_use]
    pub fn new(phone: Phone) -> Self {
        Self { phone, name: None, gender: None, variables: Variables::default(), time_zone: None }
    }

    /// Bytes of text that this contact holds, the measure by which batches are cut.
    #[must_use]
    pub fn text_bytes(&self) -> usize {
        self.variables.text.len() + self.name.as_ref().map_or(0, CompactString::len)
    }
}

impl AsRef<Contact> for Contact {
    fn as_ref(&self) -> &Contact {
        self
    }
}

/// Shows no name and no value: they are personal data, and this may end in a log.
impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contact")
            .field("phone", &self.phone)
            .field("name", &self.name.as_ref().map(|_| "…"))
            .field("gender", &self.gender)
            .field("variables", &self.variables)
            .field("time_zone", &self.time_zone.as_ref().map(|_| "…"))
            .finish()
    }
}

impl Campaign {
    /// A campaign by the vendor's own identifier.
    #[must_use]
    pub fn new(id: &str) -> Self {
        Self(Arc::from(id))
    }

    /// The vendor's identifier.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Variables {
    /// No variables yet, with room for so many and for so many bytes of names and values.
    #[must_use]
    pub fn with_capacity(n_variables: usize, bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), ends: SmallVec::with_capacity(n_variables) }
    }

    /// Adds a named text.
    ///
    /// # Panics
    /// When one contact's variables exceed 4 GiB; a line of input is far smaller.
    pub fn push(&mut self, name: &str, value: &str) {
        self.text.push_str(name);
        let name_end = self.end();
        self.text.push_str(value);
        self.ends.push((name_end, self.end()));
    }

    /// Gives the pairs of name and value, in the order they were added.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        let mut start = 0;
        let position = |end: u32| usize::try_from(end).expect("32 bits fit into a machine word");
        self.ends.iter().map(move |&(name_end, value_end)| {
            let (name_end, value_end) = (position(name_end), position(value_end));
            let from = std::mem::replace(&mut start, value_end);
            (
                self.text.get(from..name_end).unwrap_or_default(),
                self.text.get(name_end..value_end).unwrap_or_default(),
            )
        })
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    fn end(&self) -> u32 {
        u32::try_from(self.text.len()).expect("a contact's text is smaller than a line of input")
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_come_back_as_they_were_pushed() {
        let mut variables = Variables::default();
        for (name, value) in [("tên", "An"), ("", "no name"), ("empty", ""), ("证件后4位", "0235")] {
            variables.push(name, value);
        }
        let pairs: Vec<_> = variables.iter().collect();
        assert_eq!(pairs, [("tên", "An"), ("", "no name"), ("empty", ""), ("证件后4位", "0235")]);
    }

    #[test]
    fn debug_shows_no_personal_data() {
        let mut contact = Contact::new(Phone::e164("+14155550123"));
        contact.name = Some("Nguyễn Văn An".into());
        contact.variables.push("address", "12 Lê Lợi");
        let shown = format!("{contact:?}");
        for hidden in ["Nguyễn", "Lê Lợi", "4155550"] {
            assert!(!shown.contains(hidden), "{hidden} in {shown}");
        }
    }
}
