//! The file that `--catalog` names.

use serde::Deserialize;
use serde_json::Value;

use super::super::json::string::with_whole_characters;
use super::super::{Catalog, CatalogStream};
use crate::domain::error::Error;
use crate::domain::stream_name::StreamName;

const FULL_REFRESH: &str = "full_refresh";

/// What PyAirbyte has for the generation, the smallest generation and the sync, whatever it was asked to do. They say
/// nothing; on the platform it would be a refresh by the first sync of all, which finds nothing to replace.
const UNNUMBERED: (Option<i64>, Option<i64>, Option<i64>) = (Some(1), Some(1), Some(1));

#[derive(Deserialize)]
#[serde(expecting = "an object with `streams`")]
struct ConfiguredCatalog {
    streams: Vec<ConfiguredStream>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object with `stream`")]
struct ConfiguredStream {
    stream: StreamBody,
    #[serde(default)]
    sync_mode: Option<String>,
    #[serde(default)]
    destination_sync_mode: Option<String>,
    #[serde(default)]
    generation_id: Option<i64>,
    #[serde(default)]
    minimum_generation_id: Option<i64>,
    #[serde(default)]
    sync_id: Option<i64>,
    #[serde(default)]
    primary_key: Option<Vec<Vec<String>>>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object with `name`")]
struct StreamBody {
    name: String,
    #[serde(default)]
    namespace: Option<String>,
    #[serde(default)]
    json_schema: Value,
    #[serde(default)]
    supported_sync_modes: Option<Vec<String>>,
    #[serde(default)]
    source_defined_primary_key: Option<Vec<Vec<String>>>,
}

impl From<ConfiguredStream> for CatalogStream {
    fn from(configured: ConfiguredStream) -> Self {
        let ConfiguredStream {
            stream,
            sync_mode,
            destination_sync_mode,
            generation_id,
            minimum_generation_id,
            sync_id,
            primary_key,
        } = configured;
        let chosen = primary_key.filter(|parts| !parts.is_empty());
        let is_numbered = (generation_id, minimum_generation_id, sync_id) != UNNUMBERED;
        let is_refresh =
            is_numbered && generation_id.is_some_and(|id| id > 0 && minimum_generation_id == Some(id));
        let reads_all =
            |modes: Vec<String>| !modes.is_empty() && modes.iter().all(|mode| mode == FULL_REFRESH);
        let reads_all = is_refresh || stream.supported_sync_modes.is_some_and(reads_all);
        Self {
            name: StreamName { namespace: stream.namespace.unwrap_or_default(), name: stream.name },
            json_schema: stream.json_schema,
            full_refresh: sync_mode.as_deref() == Some(FULL_REFRESH),
            incremental: !reads_all && sync_mode.as_deref() == Some("incremental"),
            overwrite: is_refresh || destination_sync_mode.is_some_and(|mode| mode.starts_with("overwrite")),
            generation_id,
            primary_key: chosen.or(stream.source_defined_primary_key).unwrap_or_default(),
            sync_id: sync_id.filter(|_| is_numbered),
        }
    }
}

impl Catalog {
    /// Reads the file that `--catalog` names.
    ///
    /// # Errors
    /// When it is not a configured catalog.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = with_whole_characters(text);
        let mut json = serde_json::Deserializer::from_str(&text);
        let read: Result<ConfiguredCatalog, _> = serde_path_to_error::deserialize(&mut json);
        let read = read.map_err(|error| why(&error.path().to_string(), error.inner()));
        // Whatever follows the catalog is no catalog.
        let catalog = read.and_then(|catalog| json.end().map(|()| catalog).map_err(|error| why(".", &error)));
        let what = "the configured catalog (--catalog)";
        let catalog = catalog.map_err(|why| Error::Unreadable { what, why })?;
        Ok(Self { streams: catalog.streams.into_iter().map(CatalogStream::from).collect() })
    }
}

/// Where a catalog is wrong and what should be there, without what is there.
fn why(path: &str, error: &serde_json::Error) -> String {
    let place = format!("line {}, column {}", error.line(), error.column());
    let told = error.to_string();
    let told = told.strip_suffix(&format!(" at {}", place.replace(", ", " "))).unwrap_or(&told);
    let at = if path == "." { "it" } else { path };
    if !error.is_data() {
        let why = match () {
            () if told.starts_with("recursion limit") => "is nested too deeply",
            () if error.is_eof() => "ends too early",
            () => "is not JSON",
        };
        return format!("it {why} ({place})");
    }
    if let Some(field) = told.strip_prefix("missing field ") {
        return format!(
            "{at} has no {field} ({place}); a configured catalog is {{\"streams\": [{{\"stream\": {{\"name\": …, \"json_schema\": …}}, \"sync_mode\": …}}]}}"
        );
    }
    let wanted = match told.rsplit_once("expected ").map_or("something else", |(_, wanted)| wanted) {
        "a sequence" => "a list",
        "i64" => "a whole number",
        wanted => wanted,
    };
    format!("{at} must be {wanted} ({place})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_sync_brings_and_replaces_is_known_by_its_modes_and_numbers() {
        let (refresh, pyairbyte, numbered) = ((4, 4, 17), (1, 1, 1), (4, 0, 17));
        for (name, mode, destination_mode, numbers, supported, want) in [
            ("an incremental sync", "incremental", "append_dedup", numbered, "", "new"),
            ("a full refresh that appends", "full_refresh", "append", numbered, "", "all"),
            ("one that overwrites, of old", "full_refresh", "overwrite", (0, 0, 17), "", "all, replaces"),
            ("one by its generation", "full_refresh", "append", refresh, "", "all, replaces"),
            (
                "a refresh of an incremental stream",
                "incremental",
                "append_dedup",
                refresh,
                "",
                "all, replaces",
            ),
            (
                "its first one, in the first sync of a connection",
                "incremental",
                "append",
                (1, 1, 2),
                "",
                "all, replaces",
            ),
            (
                "PyAirbyte merges",
                "incremental",
                "append_dedup",
                pyairbyte,
                "full_refresh, incremental",
                "new",
            ),
            ("PyAirbyte merges a full refresh", "full_refresh", "append_dedup", pyairbyte, "", "all"),
            ("PyAirbyte replaces by one", "full_refresh", "overwrite", pyairbyte, "", "all, replaces"),
            (
                "PyAirbyte replaces by what is new",
                "incremental",
                "overwrite",
                pyairbyte,
                "incremental",
                "new, replaces",
            ),
            ("the same, of what nobody knows", "incremental", "overwrite", pyairbyte, "", "new, replaces"),
            (
                "PyAirbyte replaces what cannot be read in parts",
                "incremental",
                "overwrite",
                pyairbyte,
                "full_refresh",
                "all, replaces",
            ),
        ] {
            let (generation_id, minimum_generation_id, sync_id) = numbers;
            let modes: Vec<_> = supported.split(", ").filter(|mode| !mode.is_empty()).collect();
            let configured = serde_json::json!({
                "stream": { "name": "s", "supported_sync_modes": modes },
                "sync_mode": mode, "destination_sync_mode": destination_mode,
                "generation_id": generation_id, "minimum_generation_id": minimum_generation_id, "sync_id": sync_id,
            });
            let catalog =
                Catalog::parse(&serde_json::json!({ "streams": [configured] }).to_string()).unwrap();
            let stream = &catalog.streams[0];
            let told = [
                if stream.incremental { "new" } else { "all" },
                if stream.overwrite { "replaces" } else { "" },
            ];
            let told = told.iter().filter(|word| !word.is_empty()).copied().collect::<Vec<_>>().join(", ");
            assert_eq!(told, want, "{name}");
            assert_eq!(stream.generation_id, Some(generation_id), "{name}");
            assert_eq!(stream.sync_id, Some(sync_id).filter(|_| numbers != pyairbyte), "{name}");
        }
    }

    #[test]
    fn half_a_character_in_a_columns_name_is_no_mistake() {
        let text = r#"{"streams":[{"stream":{"name":"s","json_schema":{"properties":{"\ud83d":{}}}}}]}"#;
        let catalog = Catalog::parse(text).unwrap();
        assert!(catalog.streams[0].json_schema["properties"]["\u{fffd}\u{fffd}\u{fffd}"].is_object());
    }

    #[test]
    fn a_mistake_is_told_with_its_place_and_what_should_be_there() {
        let deep = format!(r#"{{"streams":[{{"stream":{{"name":"s","json_schema":{}"#, "[".repeat(200));
        let mut told = String::new();
        for text in [
            "",
            "{",
            "0987654321 x",
            r#"{"streams":[]} x"#,
            "[]",
            r#""0987654321""#,
            "{}",
            r#"{"streams":{}}"#,
            r#"{"streams":[{"name":"0987654321"}]}"#,
            r#"{"streams":[{"stream":{}}]}"#,
            r#"{"streams":[{"stream":"0987654321"}]}"#,
            "{\"streams\":[{\"stream\":{\"name\":\"s\"}},\n{\"stream\":{\"name\":987654321}}]}",
            r#"{"streams":[{"stream":{"name":"s"},"generation_id":"0987654321"}]}"#,
            r#"{"streams":[{"stream":{"name":"s"},"primary_key":["id"]}]}"#,
            &deep,
        ] {
            let error = Catalog::parse(text).unwrap_err().with_causes();
            assert!(!error.contains("987654321"), "{error}");
            told.push_str(error.strip_prefix("the configured catalog (--catalog) cannot be read: ").unwrap());
            told.push('\n');
        }
        insta::assert_snapshot!(told, @r#"
        it ends too early (line 1, column 0)
        it ends too early (line 1, column 1)
        it is not JSON (line 1, column 2)
        it is not JSON (line 1, column 16)
        it must be an object with `streams` (line 1, column 2)
        it must be an object with `streams` (line 1, column 12)
        it has no `streams` (line 1, column 2); a configured catalog is {"streams": [{"stream": {"name": …, "json_schema": …}, "sync_mode": …}]}
        streams must be a list (line 1, column 11)
        streams[0] has no `stream` (line 1, column 33); a configured catalog is {"streams": [{"stream": {"name": …, "json_schema": …}, "sync_mode": …}]}
        streams[0].stream has no `name` (line 1, column 24); a configured catalog is {"streams": [{"stream": {"name": …, "json_schema": …}, "sync_mode": …}]}
        streams[0].stream must be an object with `name` (line 1, column 34)
        streams[1].stream.name must be a string (line 2, column 27)
        streams[0].generation_id must be a whole number (line 1, column 63)
        streams[0].primary_key[0] must be a list (line 1, column 54)
        it is nested too deeply (line 1, column 172)
        "#);
    }
}
