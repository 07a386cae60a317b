//! The demo's files, for `check` and `write` by hand: they fit a sandbox on its usual port.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::load_config::LoadedConfig;
use super::sandbox::whole;
use crate::domain::error::Error;
use crate::sandbox::{self, sample};

/// The port that the documentation starts a sandbox on.
const PORT: u16 = 8080;

const CATALOG: &str = "catalog.json";
const MESSAGES: &str = "messages.jsonl";
const REPORTS: &str = "reports";

/// A sandbox's configuration with the sample's mapping, as fast as it goes.
pub(super) fn with_sample(mut config: Value) -> Result<Value, Error> {
    let shape = LoadedConfig::from_text(&config.to_string())?.vendor.shape();
    if let Some(config) = config.as_object_mut() {
        config.insert("streams".to_owned(), json!([sample::stream(shape)]));
        config.insert("delivery".to_owned(), json!({ "max_requests_per_second": 0 }));
    }
    Ok(config)
}

/// Writes them into a folder, and never over another file.
pub(super) fn keep(folder: &Path, lines: &[String]) -> Result<(), Error> {
    let pretty = |value: &Value| format!("{value:#}\n");
    let mut files = vec![
        (folder.join(CATALOG), pretty(&sample::catalog())),
        (folder.join(MESSAGES), lines.join("\n") + "\n"),
    ];
    // In a folder of its own, which each run makes.
    let reports = whole(&folder.join(REPORTS))?;
    for (vendor, config) in sandbox::configs_for_port(PORT, Some(reports)) {
        files.push((folder.join(format!("{vendor}.json")), pretty(&with_sample(config)?)));
    }
    let failed = |path: &Path| {
        let path = path.display().to_string();
        move |source| Error::File { what: "what --keep writes", path, source }
    };
    fs::create_dir_all(folder).map_err(failed(folder))?;
    for (path, _) in &files {
        if path.exists() {
            return Err(failed(path)(io::ErrorKind::AlreadyExists.into()));
        }
    }
    files.iter().try_for_each(|(path, text)| write_new(path, text).map_err(failed(path)))
}

/// What to do with the files.
pub(super) fn advice(folder: &Path) -> String {
    let at = |name: &str| folder.join(name).display().to_string();
    let (catalog, messages) = (at(CATALOG), at(MESSAGES));
    let mut text = format!(
        "The files are in {}. With `destination-ai-voice sandbox --port {PORT} --reports {}` in another terminal:\n",
        folder.display(),
        at(REPORTS)
    );
    for (vendor, _) in sandbox::configs_for_port(PORT, None) {
        let config = at(&format!("{vendor}.json"));
        text.push_str(&format!(
            "  destination-ai-voice check --config {config} --catalog {catalog}\n  destination-ai-voice write --config {config} --catalog {catalog} < {messages}\n"
        ));
    }
    text
}

fn write_new(path: &PathBuf, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_can_be_read_again_and_is_never_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("new");
        let lines = ["{}".to_owned()];
        keep(&folder, &lines).unwrap();
        for (vendor, _) in sandbox::configs_for_port(PORT, None) {
            let path = folder.join(format!("{vendor}.json"));
            let loaded = LoadedConfig::from_file(&path).unwrap();
            assert_eq!(loaded.mistakes, [], "{vendor}");
            assert!(loaded.config.vendor.base_url().contains(":8080"), "{vendor}");
        }
        assert_eq!(fs::read_to_string(folder.join(MESSAGES)).unwrap(), "{}\n");
        fs::remove_file(folder.join(CATALOG)).unwrap();
        let error = keep(&folder, &lines).unwrap_err();
        assert!(error.with_causes().contains("messages.jsonl"), "{}", error.with_causes());
        assert!(!folder.join(CATALOG).exists(), "nothing is written beside what stays");
    }
}
