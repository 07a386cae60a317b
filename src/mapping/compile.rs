//! Turns a stream's configuration and its catalog entry into a `Mapping`, and collects every mistake.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use crate::config::{Config, FieldConfig, StreamConfig};
use crate::error::Mistake;
use crate::values;
use crate::vendor::Vendor;
use crate::vendor::exchange::Shape;

use super::catalog::{Schema, entry_of, nearest};
use super::engine::{Surroundings, names_in_scope};
use super::field::{Field, Source};
use super::only_when::OnlyWhen;
use super::primary_key::PrimaryKey;
use super::row::{Column, RowReader};
use super::template::Template;
use super::{CampaignSource, Mapping, RunContext, StreamShape, identity, name, never, phone_rules, text};

/// Set by sources that read a database's log, on records that were deleted there: Airbyte's and Singer's.
const DELETED: [&str; 2] = ["_ab_cdc_deleted_at", "_sdc_deleted_at"];

/// The field whose value is called.
pub(super) const PHONE: &str = "phone_number";

impl Mapping {
    /// Compiles the configuration of one stream of the catalog. Adds every mistake that is not in the
    /// list yet, and gives nothing when there was one.
    pub fn compile(
        config: &Config,
        vendor: &Arc<dyn Vendor>,
        stream: &StreamShape<'_>,
        run: &RunContext,
        mistakes: &mut Vec<Mistake>,
    ) -> Option<Self> {
        let entry = entry_of(config, stream);
        if entry.is_none() && !config.streams.is_empty() {
            // `check_catalog` says it, with the nearest name.
            return None;
        }
        Self::compile_entry(config, vendor, stream, entry, run, mistakes)
    }

    /// The same for a stream whose entry is known.
    pub(super) fn compile_entry(
        config: &Config,
        vendor: &Arc<dyn Vendor>,
        stream: &StreamShape<'_>,
        entry: Option<(usize, &StreamConfig)>,
        run: &RunContext,
        mistakes: &mut Vec<Mistake>,
    ) -> Option<Self> {
        let place = entry.map_or_else(String::new, |(index, _)| format!("streams[{index}]"));
        let mut compiler = Compiler::new(vendor, stream, place);
        let mapping = compiler.mapping(config, entry.map(|(_, entry)| entry), run);
        let found = compiler.mistakes;
        let is_right = found.is_empty();
        for mistake in found {
            if !mistakes.contains(&mistake) {
                mistakes.push(mistake);
            }
        }
        mapping.filter(|_| is_right)
    }
}

/// Gathers what the parts of one stream's configuration want and what is wrong with them.
pub(super) struct Compiler<'a> {
    pub(super) vendor: &'a Arc<dyn Vendor>,
    pub(super) stream: &'a StreamShape<'a>,
    /// Where mistakes are: `streams[0]`.
    pub(super) place: String,
    pub(super) shape: Shape,
    pub(super) schema: Schema<'a>,
    pub(super) rows: RowReader,
    pub(super) mistakes: Vec<Mistake>,
    pub(super) warnings: Vec<String>,
    /// The columns that the template engine must know, with their slots.
    mentioned: Vec<(Box<str>, usize)>,
    whole_record: bool,
}

/// The fields of a contact, compiled.
#[derive(Default)]
pub(super) struct Fields {
    pub(super) phone: Option<Field>,
    pub(super) name: Option<Field>,
    pub(super) gender: Option<Field>,
    pub(super) variables: Vec<Field>,
}

impl<'a> Compiler<'a> {
    fn new(vendor: &'a Arc<dyn Vendor>, stream: &'a StreamShape<'a>, place: String) -> Self {
        Self {
            vendor,
            stream,
            place,
            shape: vendor.shape(),
            schema: Schema::new(stream.json_schema),
            rows: RowReader::of(Schema::new(stream.json_schema).columns()),
            mistakes: Vec::new(),
            warnings: Vec::new(),
            mentioned: Vec::new(),
            whole_record: false,
        }
    }

    fn mapping(
        &mut self,
        config: &Config,
        entry: Option<&StreamConfig>,
        run: &RunContext,
    ) -> Option<Mapping> {
        let rules = phone_rules::build(config, &mut self.mistakes);
        let region = &config.phone.region_column;
        let region =
            (!region.trim().is_empty() && !rules.as_is).then(|| self.column("phone.region_column", region));
        let deleted = DELETED.map(|name| Column { exact: Some(self.rows.want(name)), nested: None });
        let campaign = self.campaign(entry.map_or("", |entry| entry.campaign.trim()));
        let only_when = entry.map_or("", |entry| entry.only_when.trim());
        let only_when = self.only_when(only_when, &config.time_zone, run);
        let configured = entry.filter(|entry| !entry.fields.is_empty());
        let fields = match configured {
            Some(entry) => self.fields(&entry.fields),
            None => identity::fields(self),
        };
        never::check_constant(self, &fields, &rules, region.is_some());
        let primary_key = PrimaryKey::new(self.stream.primary_key, entry, &mut self.rows);
        Some(Mapping {
            primary_key,
            deleted,
            only_when,
            campaign: campaign?,
            phone: fields.phone?,
            region: region.flatten(),
            rules,
            name: fields.name,
            gender: fields.gender,
            name_bytes: fields.variables.iter().map(|field| field.name.len()).sum(),
            variables: fields.variables,
            identity: configured.is_none().then_some(self.shape),
            surroundings: Surroundings::new(
                self.stream,
                run,
                std::mem::take(&mut self.mentioned),
                self.whole_record,
            ),
            rows: std::mem::take(&mut self.rows),
            genders_not_understood: AtomicU64::new(0),
            warnings: std::mem::take(&mut self.warnings),
        })
    }

    fn campaign(&mut self, source: &str) -> Option<CampaignSource> {
        let at = format!("{}.campaign", self.place);
        if source.is_empty() {
            let campaign = self.vendor.campaign("").map_err(|why| self.mistake("vendor", why)).ok()?;
            return Some(CampaignSource::Fixed(campaign));
        }
        match self.template(&at, source)? {
            Template::Constant(id) => {
                let campaign = self.vendor.campaign(id.trim()).map_err(|why| self.mistake(at, why)).ok()?;
                Some(CampaignSource::Fixed(campaign))
            }
            template => Some(CampaignSource::PerRecord(template, Arc::clone(self.vendor))),
        }
    }

    fn only_when(&mut self, source: &str, time_zone: &str, run: &RunContext) -> Option<OnlyWhen> {
        let zone = values::time_zone(time_zone).map_err(|why| self.mistake("time_zone", why)).ok()?;
        if source.is_empty() {
            return None;
        }
        let stream = self.stream.name;
        let compiled = OnlyWhen::compile(source, stream, self.schema, &mut self.rows, run, &zone);
        compiled.map_err(|why| self.mistake(format!("{}.only_when", self.place), why)).ok()
    }

    fn fields(&mut self, configs: &[FieldConfig]) -> Fields {
        let mut fields = Fields::default();
        let names: Vec<_> = configs.iter().map(|config| name_of(&config.field)).collect();
        for (index, (config, name)) in configs.iter().zip(&names).enumerate() {
            let at = format!("{}.fields[{index}]", self.place);
            self.check_name(&format!("{at}.field"), name, names.get(..index).unwrap_or_default());
            let Some(source) = self.source(&at, config) else { continue };
            let default = Some(config.default.trim()).filter(|text| !text::says_nothing(text));
            let default = default.map(|text| text::spoken(text.into()).into());
            let mut field = Field { name: name.clone(), source, default, required: config.required };
            match &**name {
                PHONE => {
                    never::check_column(self, &format!("{at}.column"), &config.column);
                    // A number that is missing has a reason of its own.
                    field.required = false;
                    fields.phone = Some(field);
                }
                "name" if self.shape.name => fields.name = Some(field),
                "gender" if self.shape.gender => fields.gender = Some(field),
                _ => fields.variables.push(field),
            }
        }
        if !names.iter().any(|name| **name == *PHONE) {
            let at = format!("{}.fields", self.place);
            self.mistake(
                at,
                "no field is phone_number: say which column or template holds the number to call",
            );
        }
        fields
    }

    fn check_name(&mut self, at: &str, name: &str, names_before: &[Box<str>]) {
        if name.is_empty() {
            self.mistake(at, "the field has no name");
        } else if names_before.iter().any(|before| **before == *name) {
            self.mistake(at, format!("the field `{name}` is listed twice"));
        } else if name != PHONE && self.shape.reserved.contains(&name) {
            let vendor = self.vendor.name();
            self.mistake(at, format!("{vendor} uses the name `{name}` itself; no variable can be called so"));
        }
    }

    fn source(&mut self, at: &str, config: &FieldConfig) -> Option<Source> {
        // The blanks around a column's name are part of it.
        match (config.column.as_str(), &config.template) {
            (column, template) if column.trim().is_empty() && template.trim().is_empty() => {
                self.mistake(at, "fill in either column or template");
                None
            }
            (column, template) if column.trim().is_empty() => {
                self.template(&format!("{at}.template"), template).map(Source::Template)
            }
            (column, template) if template.trim().is_empty() => {
                self.column(&format!("{at}.column"), column).map(|column| Source::Columns(vec![column]))
            }
            _ => {
                self.mistake(at, "fill in either column or template, not both");
                None
            }
        }
    }

    /// An exact column name, also one with dots in it; else a path into nested columns.
    fn column(&mut self, at: &str, name: &str) -> Option<Column> {
        if let Some(exact) = self.schema.exact(name) {
            return Some(Column { exact: Some(self.rows.want(exact)), nested: None });
        }
        let mut path = name.split('.');
        let head = path.next().unwrap_or(name);
        let below: Vec<Box<str>> = path.map(Box::from).collect();
        if !self.schema.is_known() {
            let nested = (!below.is_empty()).then(|| (self.rows.want(head), below));
            return Some(Column { exact: Some(self.rows.want(name)), nested });
        }
        if let Err(why) = self.schema.find(name) {
            self.mistake(at, format!("stream `{}` has no column {why}", self.stream.name));
            return None;
        }
        let head = self.schema.exact(head).unwrap_or(head);
        Some(Column { exact: None, nested: Some((self.rows.want(head), below)) })
    }

    fn template(&mut self, at: &str, source: &str) -> Option<Template> {
        match Template::compile(source, &mut self.rows) {
            Ok((template, lookups)) => {
                self.look_up(at, &lookups, template.needs_scope());
                Some(template)
            }
            Err(why) => {
                self.mistake(at, why);
                None
            }
        }
    }

    /// Checks the names that a template looks up, and makes those of the record available to the engine.
    fn look_up(&mut self, at: &str, lookups: &[String], needs_scope: bool) {
        for lookup in lookups {
            let (root, path) = lookup.split_once('.').unwrap_or((lookup, ""));
            if root != "record" {
                self.check_root(at, root);
                continue;
            }
            if path.is_empty() {
                self.whole_record |= needs_scope;
                continue;
            }
            if let Err(why) = self.schema.find(path) {
                self.mistake(at, format!("stream `{}` has no column {why}", self.stream.name));
            }
            let column = path.split('.').next().unwrap_or(path);
            if needs_scope && !self.mentioned.iter().any(|(name, _)| **name == *column) {
                let slot = self.rows.want(column);
                self.mentioned.push((column.into(), slot));
            }
        }
    }

    fn check_root(&mut self, at: &str, root: &str) {
        let known: Vec<_> = names_in_scope().collect();
        if known.iter().any(|name| name == root) {
            return;
        }
        let hint =
            match (nearest(root, known.iter().map(|name| &**name)), nearest(root, self.schema.columns())) {
                (_, Some(column)) => format!("did you mean `record.{column}`?"),
                (Some(name), None) => format!("did you mean `{name}`?"),
                (None, None) => "a column is written as record.column".to_owned(),
            };
        self.mistake(at, format!("nothing is called `{root}`; {hint}"));
    }

    pub(super) fn mistake(&mut self, at: impl Into<String>, why: impl Into<String>) {
        self.mistakes.push(Mistake::new(at, why));
    }
}

/// A field's name; one of the contact's own fields is known by what people see of it.
fn name_of(field: &str) -> Box<str> {
    let seen = name::seen(field);
    if [PHONE, "name", "gender"].contains(&&*seen) {
        return seen.into();
    }
    text::nfc(field.trim().into()).into()
}
