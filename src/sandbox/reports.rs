//! The reports of the last runs: files that `write` puts into a folder (`object_storage_config` of type `Local`).
//!
//! What a browser asks for is looked for among the names that were found there and is never made a path of, so that no
//! name leads out of the folder, and no link does: links are left alone.

use std::cmp::Reverse;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Serialize;
use serde_json::Value;
use url::form_urlencoded;

/// Reports that are shown.
const MOST_SHOWN: usize = 50;
/// Files and folders that are looked at: rejected records lie there, too.
const MOST_LOOKED_AT: usize = 20_000;
/// A run's folder lies in the storage's, which may lie with that of other connections in the folder that is shown.
const DEEPEST: usize = 2;
/// A report is smaller, by a test of its own.
const MOST_BYTES: u64 = 4 << 20;

/// Where reports are, if anywhere.
#[derive(Clone, Debug)]
pub(super) struct Reports(PathBuf);

/// One of them, for the page.
#[derive(Debug, Serialize)]
pub(super) struct ReportRow {
    /// Its path in the folder, for people and links.
    pub(super) name: String,
    /// How a browser asks for it.
    pub(super) link: String,
    /// As its data has it; blank where that cannot be read.
    pub(super) verdict: String,
    pub(super) run: String,
    pub(super) ended: String,
}

/// The newest first, and how many there are.
#[derive(Debug, Default, Serialize)]
pub(super) struct ReportList {
    pub(super) rows: Vec<ReportRow>,
    pub(super) n_found: usize,
}

struct Found {
    name: String,
    path: PathBuf,
    at: SystemTime,
}

impl Reports {
    pub(super) fn in_folder(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    /// The last runs.
    pub(super) fn last(&self) -> ReportList {
        let found = self.found();
        let rows = found.iter().take(MOST_SHOWN).map(|report| {
            let data = bytes_of(&report.path.with_extension("json"));
            let data: Value =
                data.ok().and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default();
            let text = |place: &str| {
                data.pointer(place).and_then(Value::as_str).unwrap_or_default().chars().take(500).collect()
            };
            ReportRow {
                link: link_to(&report.name),
                name: report.name.clone(),
                verdict: text("/verdict"),
                run: text("/run/id"),
                ended: text("/run/ended"),
            }
        });
        ReportList { rows: rows.collect(), n_found: found.len() }
    }

    /// The page of the report that has this very name.
    pub(super) fn page(&self, name: &str) -> Option<Vec<u8>> {
        let found = self.found().into_iter().find(|report| report.name == name)?;
        bytes_of(&found.path).ok()
    }

    /// The newest first. A folder that nobody has made yet has none.
    fn found(&self) -> Vec<Found> {
        let mut found = Vec::new();
        let mut open = vec![(self.0.clone(), String::new(), 0)];
        let mut n_left = MOST_LOOKED_AT;
        while let Some((folder, before, depth)) = open.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                if n_left == 0 {
                    break;
                }
                n_left -= 1;
                let file_name = entry.file_name();
                let (Some(file_name), Ok(kind)) = (file_name.to_str(), entry.file_type()) else { continue };
                let name = format!("{before}{file_name}");
                if kind.is_dir() && depth < DEEPEST {
                    open.push((entry.path(), format!("{name}/"), depth + 1));
                } else if kind.is_file() && is_report(file_name) {
                    let at = entry.metadata().and_then(|data| data.modified());
                    found.push(Found { name, path: entry.path(), at: at.unwrap_or(SystemTime::UNIX_EPOCH) });
                }
            }
        }
        found.sort_by(|one, other| (Reverse(one.at), &one.name).cmp(&(Reverse(other.at), &other.name)));
        found
    }
}

/// Further attempts at a sync put theirs beside the first.
fn is_report(file_name: &str) -> bool {
    file_name.strip_suffix(".html").is_some_and(|stem| stem == "report" || stem.starts_with("report_"))
}

/// Names may hold what means something in an address.
fn link_to(name: &str) -> String {
    let mut link = String::from("/reports");
    for step in name.split('/') {
        link.push('/');
        link.extend(form_urlencoded::byte_serialize(step.as_bytes()).map(|part| part.replace('+', "%20")));
    }
    link
}

fn bytes_of(path: &Path) -> io::Result<Vec<u8>> {
    if !fs::symlink_metadata(path)?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    let is_whole = u64::try_from(bytes.len()).is_ok_and(|length| length <= MOST_BYTES);
    if is_whole { Ok(bytes) } else { Err(io::ErrorKind::FileTooLarge.into()) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_newest_reports_are_shown_and_no_name_leads_out_of_their_folder() {
        let outside = tempfile::tempdir().unwrap();
        let folder = outside.path().join("kept");
        let put = |name: &str, age: u64, text: &str| {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 - age);
            File::options().write(true).open(&path).unwrap().set_modified(at).unwrap();
        };
        let reports = Reports::in_folder(&folder);
        assert_eq!(reports.last().n_found, 0, "nobody has made the folder yet");
        put("41/report.html", 20, "<p>first");
        put("41/report.json", 20, r#"{"verdict":"Nobody.","run":{"id":"41-0a","ended":"2026"}}"#);
        put("41/report_1f2e3d4c.html", 10, "<p>again");
        put("itnio/run-7/report.html", 5, "<p>newest");
        fs::write(outside.path().join("report.json"), r#"{"verdict":"a secret"}"#).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(
            outside.path().join("report.json"),
            folder.join("itnio/run-7/report.json"),
        )
        .unwrap();
        put("41/people/2026.csv", 1, "a,b");
        put("41/reporting.html", 1, "of somebody else");
        put("a/b/c/report.html", 1, "too deep");
        fs::write(outside.path().join("report.html"), "a secret").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(outside.path(), folder.join("link")).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(outside.path().join("report.html"), folder.join("report.html")).unwrap();
        let last = reports.last();
        let names: Vec<_> = last.rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["itnio/run-7/report.html", "41/report_1f2e3d4c.html", "41/report.html"]);
        let told = [&last.rows[2].verdict, &last.rows[2].run, &last.rows[2].ended];
        assert_eq!(told, ["Nobody.", "41-0a", "2026"]);
        assert_eq!(last.rows[0].verdict, "", "a link leads out of the folder");
        assert_eq!(reports.page("41/report.html").as_deref(), Some(&b"<p>first"[..]));
        for name in [
            "",
            "..",
            "../report.html",
            "link/report.html",
            "report.html",
            "41/../../report.html",
            "/etc/passwd",
            "41/report.json",
            "41/reporting.html",
            "a/b/c/report.html",
            "41//report.html",
            "./41/report.html",
        ] {
            assert_eq!(reports.page(name), None, "{name}");
        }
        put("42/report.html", 0, &"x".repeat(5 << 20));
        assert_eq!(reports.page("42/report.html"), None, "one that is no report of ours");
    }
}
