//! The sandbox's pages, for a person with a browser; no script, nothing loaded from elsewhere.

use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, X_CONTENT_TYPE_OPTIONS};
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Value, context};

use super::summary::Summary;

/// A page that asks again at once would ask without end.
const MIN_REFRESH_SECONDS: u32 = 1;

const TEMPLATES: [(&str, &str); 3] = [
    ("layout.html", include_str!("layout.html")),
    ("landing.html", include_str!("landing.html")),
    ("calls.html", include_str!("calls.html")),
];

/// The page of who would be called how often.
pub(super) fn calls(summary: &Summary, refresh: Option<u32>) -> Response {
    let refresh = refresh.map(|seconds| seconds.max(MIN_REFRESH_SECONDS));
    page("calls.html", context! { title => "Calls", calls => Value::from(Serde(summary)), refresh })
}

/// The first page: what is here, and what to paste where.
pub(super) fn landing(vendors: &[(&'static str, String, String)], faults: &str, seed: u64) -> Response {
    let vendors: Vec<_> =
        vendors.iter().map(|(name, endpoint, config)| context! { name => *name, endpoint, config }).collect();
    page("landing.html", context! { title => "Sandbox", vendors, faults, seed })
}

fn page(name: &str, content: Value) -> Response {
    let headers = [
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    match render(name, content) {
        Ok(html) => (headers, Html(html)).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

fn render(name: &str, content: Value) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    for (name, source) in TEMPLATES {
        environment.add_template(name, source)?;
    }
    environment.get_template(name)?.render(content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::call_log::CallLog;
    use crate::providers::spoken::ScriptText;
    use crate::sandbox::summary::ProviderReport;

    fn calls_page(max_entries: usize, refresh: Option<u32>) -> String {
        let mut call_log = CallLog::default();
        for (campaign, number, name) in [
            ("9", "14155550101", "Nguyễn Văn An"),
            ("9", "14155550102", "<b>Bình</b> & \"Co\""),
            ("9", "14155550102", "<b>Bình</b> & \"Co\""),
            ("12", "14155550101", "Nguyễn Văn An"),
        ] {
            let words = ScriptText { name, variables: vec![("so_tien", "1500000"), ("<i>", name)] };
            call_log.call(campaign, number, &words, jiff::Timestamp::UNIX_EPOCH);
        }
        let report = [ProviderReport { vendor: "itnio", requests: 3, call_log: &call_log }];
        let calls = Summary::new(&report, max_entries);
        let calls = Value::from(Serde(calls));
        render("calls.html", context! { title => "Calls", calls, refresh }).expect("the template is good")
    }

    #[test]
    fn the_page_shows_who_would_be_called_how_often() {
        let page = calls_page(1000, None);
        let (_, main) = page.split_once("</header>").expect("a header");
        insta::assert_snapshot!("calls", main);
    }

    #[test]
    fn the_page_refreshes_only_when_asked_to() {
        assert!(!calls_page(1000, None).contains("http-equiv"));
        assert!(calls_page(1000, Some(5)).contains("<meta http-equiv=\"refresh\" content=\"5\">"));
    }

    #[test]
    fn the_page_says_when_it_does_not_show_everybody() {
        assert!(!calls_page(3, None).contains("are shown"));
        assert!(calls_page(2, None).contains("2 of 3 are shown"));
    }
}
