//! A record becomes a contact, or is refused: the hot path.

use std::borrow::Cow;
use std::cell::LazyCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use compact_str::CompactString;
use jiff::tz::TimeZone;

use crate::domain::contact::{Campaign, Contact, Gender, Variables};
use crate::domain::outcome::Outcome;
use crate::domain::reason::Reason;
use crate::phone::{Phone, PhoneInput, PhoneRules, Region, region, shares_number};
use crate::protocol;
use crate::providers::Provider;
use crate::providers::api::ContactShape;
use crate::templates::{Template, TemplateContext};
use crate::values;

use super::field::{Field, RecordView, failed};
use super::input::Record;
use super::only_when::OnlyWhen;
use super::primary_key::PrimaryKey;
use super::row::{Column, Row, RowReader};
use super::{gender, identity, text};

/// What a record became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mapped {
    /// A person to be called.
    Contact {
        /// Where the contact goes.
        campaign: Campaign,
        /// Who is called.
        contact: Contact,
        /// Which record it was, for people; blank when the stream has no primary key.
        primary_key: Box<str>,
    },
    /// Nobody is called.
    Refused {
        /// `Suppressed` or `Invalid`. The detail holds no data of the record.
        outcome: Outcome,
        /// Where the contact would have gone, as far as that can be known.
        campaign: Option<Campaign>,
        /// Who would have been called, where there is a usable number.
        phone: Option<Phone>,
        /// Which record it was, as of a contact.
        primary_key: Box<str>,
    },
    /// A row of the do-not-call list.
    Listed {
        /// Who it is, or why nobody can say.
        number: Result<Phone, Outcome>,
        /// Whose number it is all the same, where nobody can say whether it belongs to the list: what is kept of the
        /// record hides it.
        phone: Option<Phone>,
        /// Whether they go onto the list; otherwise they are taken off it.
        is_listed: bool,
        /// Which record it was, for people; blank where its number could be read.
        primary_key: Box<str>,
    },
}

/// How the records of one catalog stream become contacts.
pub struct Mapping {
    pub(super) primary_key: PrimaryKey,
    pub(super) rows: RowReader,
    pub(super) deleted: Vec<Column>,
    pub(super) only_when: Option<OnlyWhen>,
    pub(super) campaign: CampaignSource,
    pub(super) phone: Field,
    pub(super) region: Option<Column>,
    /// Where each record's own clock is, by which the window of calling goes.
    pub(super) time_zone: Option<Column>,
    pub(super) rules: PhoneRules,
    /// Nobody is called: its records say who must not be.
    pub(super) fills_a_list: bool,
    pub(super) name: Option<Field>,
    pub(super) gender: Option<Field>,
    pub(super) variables: Vec<Field>,
    /// Of all variables together.
    pub(super) name_bytes: usize,
    pub(super) identity: Option<ContactShape>,
    pub(super) context: TemplateContext,
    pub(super) genders_not_understood: Arc<AtomicU64>,
    pub(super) warnings: Vec<String>,
}

/// Which campaign a record goes to.
pub(super) enum CampaignSource {
    Fixed(Campaign),
    // Not remembered from record to record: that takes a lock, and costs more than reading the id anew.
    PerRecord(Template, Arc<dyn Provider>),
}

impl Mapping {
    /// Maps one record.
    pub fn map(&self, record: &Record<'_>) -> Mapped {
        let row = self.rows.read_object(record.data);
        let view = RecordView::new(&row, record, &self.context);
        if self.fills_a_list {
            return self.listed(&row, &view);
        }
        match self.contact(&row, &view) {
            Ok(mapped) => mapped,
            Err(outcome) => self.refused(outcome, &row, &view),
        }
    }

    /// The names of the configured variables, in their order; none with identity mapping.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.spoken().filter(|_| !self.is_identity())
    }

    /// The names of all variables that are known before the first record, in the order in which contacts have them.
    pub fn spoken(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().map(|field| &*field.name)
    }

    /// Whether columns fill the fields and variables of the same name.
    #[must_use]
    pub fn is_identity(&self) -> bool {
        self.identity.is_some()
    }

    /// What the user should know before the first record, for the log.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Counts values of gender that are neither blank nor understood, together with other mappings.
    #[must_use]
    pub fn counting_genders_into(mut self, counter: &Arc<AtomicU64>) -> Self {
        self.genders_not_understood = Arc::clone(counter);
        self
    }

    fn contact(&self, row: &Row<'_>, view: &RecordView<'_>) -> Result<Mapped, Outcome> {
        if self.is_deleted(row) {
            return Err(Outcome::Suppressed(Reason::DeletedInSource, None));
        }
        if let Some(only_when) = &self.only_when {
            let decided = only_when.decide(row);
            decided.map_err(|refusal| Outcome::Suppressed(refusal.reason, Some(refusal.detail)))?;
        }
        let mut contact = Contact::new(self.phone(view)?);
        contact.time_zone = self.time_zone(view)?;
        if let Some(field) = &self.name {
            contact.name = field.text(view)?.map(|name| CompactString::from(name.trim()));
        }
        if let Some(field) = &self.gender {
            contact.gender = field.text(view)?.and_then(|text| self.gender(&text));
        }
        contact.variables = Variables::with_capacity(self.variables.len(), self.name_bytes + row.bytes());
        for field in &self.variables {
            if let Some(value) = field.text(view)? {
                contact.variables.push(&field.name, &value);
            }
        }
        if let Some(shape) = self.identity {
            for (column, raw) in row.others().filter(|(column, _)| identity::is_variable(column, shape)) {
                if let Some(value) = text::of(raw) {
                    contact.variables.push(&text::spoken(Cow::Borrowed(column)), &value);
                }
            }
        }
        let campaign = self.campaign(view, &contact.phone)?;
        let primary_key = self.primary_key.of(row, |text| contact.phone.occurs_in(text), || &contact);
        Ok(Mapped::Contact { campaign, contact, primary_key })
    }

    /// What is known of somebody who is not called.
    fn refused(&self, outcome: Outcome, row: &Row<'_>, view: &RecordView<'_>) -> Mapped {
        let phone = self.phone(view).ok();
        let campaign = match &self.campaign {
            CampaignSource::Fixed(campaign) => Some(campaign.clone()),
            CampaignSource::PerRecord(..) => phone.as_ref().and_then(|phone| self.campaign(view, phone).ok()),
        };
        let primary_key = self.key_of(row, view, phone.as_ref());
        Mapped::Refused { outcome, campaign, phone, primary_key }
    }

    /// The primary key of a record that makes no contact, without what holds the number or the name.
    fn key_of(&self, row: &Row<'_>, view: &RecordView<'_>, phone: Option<&Phone>) -> Box<str> {
        // What is no usable number may be somebody's all the same.
        let written = LazyCell::new(|| self.phone.text(view).ok().flatten().unwrap_or_default());
        let holds_number = |text: &str| match phone {
            Some(phone) => phone.occurs_in(text),
            None => shares_number(text, &written),
        };
        let person = LazyCell::new(|| self.person(row, view));
        self.primary_key.of(row, holds_number, || &*person)
    }

    /// Everything that may name who the record is about, whatever else is wrong with it.
    fn person(&self, row: &Row<'_>, view: &RecordView<'_>) -> Contact {
        let mut person = Contact::new(Phone::opaque(""));
        for field in self.name.iter().chain(&self.variables) {
            if let Ok(Some(value)) = field.text(view) {
                person.variables.push(&field.name, &value);
            }
        }
        for (column, raw) in row.others().filter(|_| self.is_identity()) {
            if let Some(value) = text::of(raw) {
                person.variables.push(column, &value);
            }
        }
        person
    }

    /// Also by what nobody can see: in doubt it is deleted.
    fn is_deleted(&self, row: &Row<'_>) -> bool {
        let holds = |raw| text::whole(raw).is_some_and(|text| !text.trim().is_empty());
        self.deleted.iter().any(|column| column.find(row).is_some_and(holds))
    }

    /// A row that does not meet the stream's condition says nothing of its number: another one may.
    fn listed(&self, row: &Row<'_>, view: &RecordView<'_>) -> Mapped {
        let is_listed = !self.is_deleted(row);
        let condition = self.only_when.as_ref().filter(|_| is_listed);
        let number = match condition.map_or(Ok(()), |only_when| only_when.decide(row)) {
            Err(refusal) => Err(Outcome::Suppressed(refusal.reason, Some(refusal.detail))),
            Ok(()) => self.phone(view),
        };
        let phone = number.is_err().then(|| self.phone(view).ok()).flatten();
        let primary_key =
            if number.is_ok() { Box::default() } else { self.key_of(row, view, phone.as_ref()) };
        Mapped::Listed { number, phone, is_listed, primary_key }
    }

    fn phone(&self, view: &RecordView<'_>) -> Result<Phone, Outcome> {
        let template_text;
        let unescaped;
        let input = if let Some(raw) = self.phone.raw(view) {
            match raw.as_bytes().first() {
                Some(b'"') => {
                    unescaped = protocol::string(raw);
                    PhoneInput::Text(unescaped.trim())
                }
                Some(b'-' | b'0'..=b'9') => PhoneInput::Number(raw),
                _ => PhoneInput::Other,
            }
        } else {
            template_text = self.phone.text(view)?;
            template_text.as_deref().map_or(PhoneInput::Absent, |text| PhoneInput::Text(text.trim()))
        };
        let region = self.region(view)?;
        self.rules
            .normalise(input, region)
            .map_err(|refusal| Outcome::Invalid(refusal.reason, refusal.hint.map(Box::from)))
    }

    fn region(&self, view: &RecordView<'_>) -> Result<Option<Region>, Outcome> {
        let Some(text) = self.region.as_ref().and_then(|column| column.find(view.row)).and_then(text::of)
        else {
            return Ok(None);
        };
        region(text.trim()).map(Some).ok_or_else(|| {
            let why = "the region column does not hold a two-letter country such as VN";
            Outcome::Invalid(Reason::NoCountry, Some(why.into()))
        })
    }

    fn time_zone(&self, view: &RecordView<'_>) -> Result<Option<TimeZone>, Outcome> {
        let Some(column) = &self.time_zone else { return Ok(None) };
        let text = column.find(view.row).and_then(text::of);
        let why = match text.as_deref().map(str::trim) {
            None | Some("") => "the column rules.window.time_zone_column is missing, null or blank",
            Some(name) => match values::known_zone(name) {
                Some(zone) => return Ok(Some(zone)),
                None => {
                    "the column rules.window.time_zone_column holds no IANA zone such as America/New_York"
                }
            },
        };
        Err(Outcome::Suppressed(Reason::NoTimeZone, Some(why.into())))
    }

    fn gender(&self, text: &str) -> Option<Gender> {
        let gender = gender::understand(text);
        if gender.is_none() {
            self.genders_not_understood.fetch_add(1, Ordering::Relaxed);
        }
        gender
    }

    fn campaign(&self, view: &RecordView<'_>, phone: &Phone) -> Result<Campaign, Outcome> {
        let (template, vendor) = match &self.campaign {
            CampaignSource::Fixed(campaign) => return Ok(campaign.clone()),
            CampaignSource::PerRecord(template, vendor) => (template, vendor),
        };
        let id = view.said(template).map_err(|why| failed("campaign", &why))?.unwrap_or_default();
        let refused = |why: &str| Outcome::Invalid(Reason::BadCampaign, Some(why.into()));
        if text::is_blank(&id) {
            return Err(refused("the template of the campaign gave nothing"));
        }
        if phone.occurs_in(&id) {
            return Err(refused(
                "the template of the campaign gave the number to call: it names the wrong column",
            ));
        }
        // The vendor's own words may quote the id, which is data of the record.
        vendor.campaign(id.trim()).map_err(|_| refused("the vendor cannot have a campaign of this id"))
    }
}
