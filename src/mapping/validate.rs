//! Checks of the `streams` section as a whole, with and without a catalog.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value;

use crate::config::{Config, StreamConfig, TIME_ZONE_COLUMN};
use crate::domain::error::Mistake;
use crate::nearest::{helps_after, nearest};
use crate::phone::shown as shown_name;
use crate::providers::Provider;

use super::catalog::{Entries, did_you_mean};
use super::compile::REGION_COLUMN;
use super::name::seen;
use super::{Mapping, RunContext, StreamShape, catalog, phone_rules};

/// Checks the `streams` and `phone` sections without a catalog, as far as that goes; gives what could be compiled.
pub fn check_streams(
    config: &Config,
    vendor: &Arc<dyn Provider>,
    mistakes: &mut Vec<Mistake>,
) -> Vec<Mapping> {
    phone_rules::build(config, mistakes);
    check_names(config, mistakes);
    let entries = config.streams.iter().enumerate();
    entries.filter_map(|entry| check_entry(config, vendor, entry, mistakes)).collect()
}

fn check_names(config: &Config, mistakes: &mut Vec<Mistake>) {
    let names: Vec<_> =
        config.streams.iter().map(|entry| (entry.stream.trim(), entry.namespace.trim())).collect();
    let mut before = HashSet::new();
    for (index, (name, namespace)) in names.iter().enumerate() {
        let at = format!("streams[{index}].stream");
        if name.is_empty() {
            mistakes.push(Mistake::new(at, "the stream has no name"));
        } else if !before.insert((*name, *namespace)) {
            mistakes.push(Mistake::new(at, format!("stream {} is listed twice", shown(name, namespace))));
        }
    }
}

/// Checks one entry without a catalog.
fn check_entry(
    config: &Config,
    vendor: &Arc<dyn Provider>,
    (index, entry): (usize, &StreamConfig),
    mistakes: &mut Vec<Mistake>,
) -> Option<Mapping> {
    let run = RunContext { sync_id: String::new(), now: jiff::Timestamp::UNIX_EPOCH };
    let (name, namespace) = (entry.stream.trim(), entry.namespace.trim());
    let stream = StreamShape { name, namespace, json_schema: &Value::Null, primary_key: &[] };
    Mapping::compile_entry(config, vendor, &stream, Some((index, entry)), &run, mistakes)
}

/// Finds streams that are configured but not in the catalog, and the other way round.
pub fn check_catalog(config: &Config, streams: &[StreamShape<'_>], mistakes: &mut Vec<Mistake>) {
    let mut by_name: HashMap<_, Vec<&str>> = HashMap::new();
    for stream in streams {
        by_name.entry(seen(stream.name)).or_default().push(stream.namespace);
    }
    // Streams that an entry most probably means: their mistake is told there.
    let mut meant = HashSet::new();
    for (index, entry) in config.streams.iter().enumerate() {
        let (name, namespace) = (entry.stream.trim(), entry.namespace.trim());
        let namespaces = by_name.get(&seen(name)).map_or([].as_slice(), Vec::as_slice);
        if name.is_empty()
            || namespaces.contains(&namespace)
            || namespace.is_empty() && !namespaces.is_empty()
        {
            continue;
        }
        if let [other, ..] = namespaces {
            meant.insert(name);
            let why = format!(
                "the connection has no stream {}, but {}",
                shown(name, namespace),
                shown(name, other)
            );
            mistakes.push(Mistake::new(format!("streams[{index}].namespace"), why));
            continue;
        }
        let near =
            helps_after(mistakes.len()).then(|| nearest(name, streams.iter().map(|stream| stream.name)));
        let hint = did_you_mean(near.flatten());
        meant.extend(near.flatten());
        let why = format!("the connection has no stream {}{hint}", shown(name, namespace));
        mistakes.push(Mistake::new(format!("streams[{index}].stream"), why));
    }
    if config.streams.is_empty() {
        return;
    }
    let entries = Entries::new(config);
    let is_forgotten =
        |stream: &&StreamShape<'_>| entries.of(stream).is_none() && !meant.contains(stream.name);
    for stream in streams.iter().filter(is_forgotten) {
        let stream = shown(stream.name, stream.namespace);
        let why = format!(
            "nothing says how to map stream {stream}: add an entry, or take it out of the connection"
        );
        mistakes.push(Mistake::new("streams", why));
    }
}

/// Compiles the mappings of all streams of the catalog, in its order.
///
/// # Errors
/// Every mistake of the `streams` and `phone` sections at once.
pub fn compile_catalog(
    config: &Config,
    vendor: &Arc<dyn Provider>,
    streams: &[StreamShape<'_>],
    run: &RunContext,
) -> Result<Vec<Mapping>, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    check_names(config, &mut mistakes);
    check_catalog(config, streams, &mut mistakes);
    let entries = Entries::new(config);
    let mut used = HashSet::new();
    let compile = |stream| {
        let entry = entries.of(stream);
        used.extend(entry.map(|(index, _)| index));
        // Who has none was told of by `check_catalog`.
        let is_mapped = entry.is_some() || config.streams.is_empty();
        let compile = || Mapping::compile_entry(config, vendor, stream, entry, run, &mut mistakes);
        let mapping = is_mapped.then(compile).flatten();
        for at in [REGION_COLUMN, TIME_ZONE_COLUMN] {
            tell_column_once(at, stream, &mut mistakes);
        }
        mapping
    };
    let mappings = streams.iter().filter_map(compile).collect();
    for (index, entry) in config.streams.iter().enumerate() {
        if !used.contains(&index) {
            check_entry(config, vendor, (index, entry), &mut mistakes);
        }
    }
    if mistakes.is_empty() { Ok(mappings) } else { Err(mistakes) }
}

/// A column that is one setting for all streams: what it lacks in a further one is told with the first.
fn tell_column_once(at: &str, stream: &StreamShape<'_>, mistakes: &mut Vec<Mistake>) {
    let of_column = mistakes.iter().enumerate().filter(|(_, mistake)| mistake.at == at);
    if let [first, again] = of_column.map(|(index, _)| index).collect::<Vec<_>>()[..] {
        mistakes.remove(again);
        if let Some(first) = mistakes.get_mut(first) {
            let stream = shown(stream.name, stream.namespace);
            first.why.push_str(&format!("; stream {stream} has none either"));
        }
    }
}

/// Compiles the mapping of one stream, where no catalog says which others there are.
///
/// # Errors
/// Every mistake that this stream shows in the `streams` and `phone` sections.
pub fn compile_stream(
    config: &Config,
    vendor: &Arc<dyn Provider>,
    stream: &StreamShape<'_>,
    run: &RunContext,
) -> Result<Mapping, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    if !config.streams.is_empty() && catalog::entry_of(config, stream).is_none() {
        let configured = config.streams.iter().map(|entry| entry.stream.trim());
        let hint = did_you_mean(nearest(stream.name, configured));
        let stream = shown(stream.name, stream.namespace);
        let why = format!(
            "the input has stream {stream}, which no entry maps{hint}; add an entry, or deselect the stream"
        );
        return Err(vec![Mistake::new("streams", why)]);
    }
    let mapping = Mapping::compile(config, vendor, stream, run, &mut mistakes);
    mapping.filter(|_| mistakes.is_empty()).ok_or(mistakes)
}

fn shown(name: &str, namespace: &str) -> String {
    let name = shown_name(name);
    if namespace.is_empty() {
        format!("`{name}`")
    } else {
        format!("`{name}` of namespace `{}`", shown_name(namespace))
    }
}
