//! Turns a stream's configuration and its catalog entry into a `Mapping`, and collects every mistake.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::config::{Config, FieldConfig, StreamConfig, StreamRole, TIME_ZONE_COLUMN};
use crate::domain::error::Mistake;
use crate::phone::{is_invisible, shown, visible};
use crate::providers::Provider;
use crate::templates::{Columns, Template, TemplateContext};
use crate::values;

use super::catalog::{Schema, entry_of};
use super::compiler::{Fields, MappingCompiler};
use super::contact::{CampaignSource, Mapping};
use super::field::{Field, FieldSource};
use super::input::{RunContext, StreamShape};
use super::name::{ColumnNames, PHONE};
use super::only_when::OnlyWhen;
use super::primary_key::PrimaryKey;
use super::row::{Column, RowReader};
use super::{field_typos, identity, impossible, name, phone_rules, text, typos};

/// Set by sources that read a database's log, on records that were deleted there: Airbyte's and Singer's. Warehouses
/// on the way write them in capitals.
const DELETED: [&str; 2] = ["_ab_cdc_deleted_at", "_sdc_deleted_at"];

/// Where mistakes of the column of regions are.
pub(super) const REGION_COLUMN: &str = "phone.region_column";

impl Mapping {
    /// Compiles the configuration of one stream of the catalog. Adds every mistake that is not in the
    /// list yet, and gives nothing when there was one.
    pub fn compile(
        config: &Config,
        vendor: &Arc<dyn Provider>,
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
        vendor: &Arc<dyn Provider>,
        stream: &StreamShape<'_>,
        entry: Option<(usize, &StreamConfig)>,
        run: &RunContext,
        mistakes: &mut Vec<Mistake>,
    ) -> Option<Self> {
        let place = entry.map_or_else(String::new, |(index, _)| format!("streams[{index}]"));
        let schema = Schema::new(stream.json_schema);
        let names = ColumnNames::new(schema.columns());
        let mut compiler = MappingCompiler::new(vendor, stream, place, schema.indexed(&names));
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

/// The columns of the stream, as its templates want them.
struct StreamColumns<'a> {
    rows: &'a mut RowReader,
    schema: Schema<'a>,
    stream: &'a str,
}

impl Columns for StreamColumns<'_> {
    fn want(&mut self, path: &[&str]) -> Result<(usize, Vec<Box<str>>), String> {
        let found = self.schema.find_path(path);
        let (names, _) = found.map_err(|why| format!("stream `{}` has no column {why}", self.stream))?;
        let (column, below) = names.split_first().ok_or("a column has a name")?;
        Ok((self.rows.want(column), below.iter().map(|name| Box::from(*name)).collect()))
    }

    fn has(&self, name: &str) -> bool {
        self.schema.exact(name).is_some()
    }

    fn nearest(&self, name: &str) -> Option<String> {
        self.schema.nearest(name).map(shown)
    }
}

impl MappingCompiler<'_> {
    fn mapping(
        &mut self,
        config: &Config,
        entry: Option<&StreamConfig>,
        run: &RunContext,
    ) -> Option<Mapping> {
        let rules = phone_rules::build(config, &mut self.mistakes);
        let fills_a_list = entry.is_some_and(|entry| entry.role == StreamRole::DoNotCall);
        let rules = if fills_a_list { rules.for_a_list() } else { rules };
        let region = &config.phone.region_column;
        let region = (!region.trim().is_empty() && !rules.as_is).then(|| self.column(REGION_COLUMN, region));
        let zones = &config.rules.window.time_zone_column;
        let is_called = entry.is_none_or(|entry| entry.role == StreamRole::Contacts);
        let time_zone = (is_called && !zones.trim().is_empty()).then(|| self.column(TIME_ZONE_COLUMN, zones));
        let deleted = DELETED.iter().flat_map(|name| self.rows.want_in_any_case(name));
        let deleted = deleted.map(|slot| Column { exact: Some(slot), nested: None }).collect();
        let campaign = self.campaign(entry.map_or("", |entry| entry.campaign.trim()));
        let only_when = entry.map_or("", |entry| entry.only_when.trim());
        let zone = values::time_zone(&config.time_zone).map_err(|why| self.mistake("time_zone", why)).ok();
        let only_when = zone.as_ref().and_then(|zone| self.only_when(only_when, zone, run));
        let configured = entry.filter(|entry| !entry.fields.is_empty());
        let fields = match configured {
            Some(entry) => self.fields(&entry.fields),
            None => identity::fields(self),
        };
        impossible::check_constant(self, &fields, &rules, region.is_some());
        let primary_key = PrimaryKey::new(self.stream.primary_key, entry, &mut self.rows);
        Some(Mapping {
            primary_key,
            deleted,
            only_when,
            campaign: campaign?,
            phone: fields.phone?,
            region: region.flatten(),
            time_zone: time_zone.flatten(),
            rules,
            fills_a_list,
            name: fields.name,
            gender: fields.gender,
            name_bytes: fields.variables.iter().map(|field| field.name.len()).sum(),
            variables: fields.variables,
            identity: configured.is_none().then_some(self.shape),
            context: TemplateContext {
                stream: self.stream.name.to_owned(),
                namespace: self.stream.namespace.to_owned(),
                sync_id: run.sync_id.clone(),
                now: run.now.to_string(),
                zone: zone?,
            },
            rows: std::mem::take(&mut self.rows).complete(),
            genders_not_understood: Arc::default(),
            warnings: std::mem::take(&mut self.warnings),
        })
    }

    fn campaign(&mut self, source: &str) -> Option<CampaignSource> {
        let at = format!("{}.campaign", self.place);
        if source.is_empty() {
            // What is wrong with it is told of the vendor's section.
            return self.vendor.campaign("").ok().map(CampaignSource::Fixed);
        }
        let template = self.spoken(&at, source)?;
        let Some(id) = template.constant() else {
            return Some(CampaignSource::PerRecord(template, Arc::clone(self.vendor)));
        };
        if id.trim().is_empty() {
            self.mistake(at, "the template of the campaign gives nothing");
            return None;
        }
        let campaign = self.vendor.campaign(id.trim()).map_err(|why| self.mistake(at, why)).ok()?;
        Some(CampaignSource::Fixed(campaign))
    }

    fn only_when(&mut self, source: &str, zone: &TimeZone, run: &RunContext) -> Option<OnlyWhen> {
        if source.is_empty() {
            return None;
        }
        let stream = self.stream.name;
        let compiled = OnlyWhen::compile(source, stream, self.schema, &mut self.rows, run, zone);
        let at = format!("{}.only_when", self.place);
        let only_when = compiled.map_err(|why| self.mistake(&*at, why)).ok()?;
        self.warnings.extend(only_when.doubts().map(|doubt| format!("{at}: {doubt}")));
        Some(only_when)
    }

    fn fields(&mut self, configs: &[FieldConfig]) -> Fields {
        let mut fields = Fields::default();
        let names: Vec<_> = configs.iter().map(|config| name_of(&config.field)).collect();
        let mut before = HashSet::new();
        for (index, (config, name)) in configs.iter().zip(&names).enumerate() {
            let at = format!("{}.fields[{index}]", self.place);
            self.check_name(&at, config, name, !before.insert(name));
            let own = [(PHONE, true), ("name", self.shape.name), ("gender", self.shape.gender)];
            let own = own.into_iter().find(|(own, exists)| *exists && **own == **name && !config.variable);
            let own = own.map(|(own, _)| own);
            let default = Some(config.default.trim()).filter(|text| !text::is_blank(text));
            let default: Option<Box<str>> = default.map(|text| text::spoken(text.into()).into());
            if let Some(why) = default.as_ref().and_then(|text| typos::in_default(text, own, self.schema)) {
                self.mistake(format!("{at}.default"), why);
            }
            let Some(source) = self.source(&at, config) else { continue };
            let mut field = Field { name: name.clone(), source, default, required: config.required };
            match own {
                Some(PHONE) => {
                    impossible::check_column(self, &format!("{at}.column"), &config.column);
                    // A number that is missing has a reason of its own.
                    field.required = false;
                    fields.phone = Some(field);
                }
                Some("name") => fields.name = Some(field),
                Some(_) => fields.gender = Some(field),
                None => fields.variables.push(field),
            }
        }
        self.check_number(&names);
        fields
    }

    /// Somebody must be called; a name that is taken for a slip of `phone_number` has been told.
    fn check_number(&mut self, names: &[Box<str>]) {
        if names
            .iter()
            .any(|name| **name == *PHONE || field_typos::meant_field(name, self.shape) == Some(PHONE))
        {
            return;
        }
        let hint = names.iter().find(|name| field_typos::is_name_of_number(name)).map_or_else(
            || "say which column or template holds the number to call".to_owned(),
            |name| format!("did you mean it by `{}`?", shown(name)),
        );
        self.mistake(format!("{}.fields", self.place), format!("no field is phone_number; {hint}"));
    }

    fn check_name(&mut self, at: &str, config: &FieldConfig, name: &str, is_repeated: bool) {
        let at = format!("{at}.field");
        let vendor = self.vendor.name();
        let written = format!("`{}`", shown(name));
        if name.is_empty() {
            self.mistake(at, "the field has no name");
        } else if name.contains(|c: char| c.is_control() || is_invisible(c)) {
            let written = shown(&visible(name));
            self.mistake(
                at,
                format!("the name holds characters that nobody sees: `{written}`; write it anew"),
            );
        } else if let Some(why) = typos::in_field(name) {
            self.mistake(at, why);
        } else if is_repeated {
            self.mistake(at, format!("the field {written} is listed twice"));
        } else if name == PHONE {
            if config.variable {
                self.mistake(at, "phone_number is the number to call, and no variable");
            }
        } else if self.shape.reserved.contains(&name) {
            self.mistake(
                at,
                format!("{vendor} uses the name {written} itself; no variable can be called so"),
            );
        } else if !config.variable {
            if let Some(meant) = field_typos::meant_field(name, self.shape) {
                let why = format!(
                    "{written} is no field of the contact; did you mean `{meant}`? If the script has a variable of this name, set `variable` to true"
                );
                self.mistake(at, why);
            } else if let Some(reserved) = field_typos::meant_reserved(name, self.shape) {
                let why = format!(
                    "{written} is like `{reserved}`, which {vendor} uses itself; if the script has a variable of this name, set `variable` to true"
                );
                self.mistake(at, why);
            }
        }
    }

    fn source(&mut self, at: &str, config: &FieldConfig) -> Option<FieldSource> {
        // The blanks around a column's name are part of it.
        match (config.column.as_str(), &config.template) {
            (column, template) if column.trim().is_empty() && template.trim().is_empty() => {
                self.mistake(at, "fill in either column or template");
                None
            }
            (column, template) if column.trim().is_empty() => {
                self.spoken(&format!("{at}.template"), template).map(FieldSource::Template)
            }
            (column, template) if template.trim().is_empty() => {
                self.column(&format!("{at}.column"), column).map(|column| FieldSource::Columns(vec![column]))
            }
            _ => {
                self.mistake(at, "fill in either column or template, not both");
                None
            }
        }
    }

    /// A template that is none by a slip is a mistake, too.
    fn spoken(&mut self, at: &str, source: &str) -> Option<Template> {
        if let Some(why) = typos::in_template(source, self.schema) {
            self.mistake(at, why);
            return None;
        }
        self.template(at, source)
    }

    /// An exact column name, also one with dots in it; else a path into nested columns.
    fn column(&mut self, at: &str, name: &str) -> Option<Column> {
        if let Some(why) = typos::in_column(name, self.schema) {
            self.mistake(at, why);
            return None;
        }
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
        if let Err(why) = self.schema.find_path(&name.split('.').collect::<Vec<_>>()) {
            self.mistake(at, format!("stream `{}` has no column {why}", shown(self.stream.name)));
            return None;
        }
        let head = self.schema.exact(head).unwrap_or(head);
        Some(Column { exact: None, nested: Some((self.rows.want(head), below)) })
    }

    fn template(&mut self, at: &str, source: &str) -> Option<Template> {
        let mut columns =
            StreamColumns { rows: &mut self.rows, schema: self.schema, stream: self.stream.name };
        match Template::compile(source, &mut columns) {
            Ok(template) => Some(template),
            Err(mistakes) => {
                for why in mistakes {
                    self.mistake(at, why);
                }
                None
            }
        }
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
