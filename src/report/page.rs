//! `report.html`: the document through a template, with what is needed to draw it.

mod plots;

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, HtmlEscape, Value, context};

use super::document::Document;
use super::list::ListDocument;
use super::numbers::{duration, thousands};

const NAME: &str = "report.html";

const TEMPLATE: &str = include_str!("page/report.html");

const LIST_TEMPLATE: &str = include_str!("page/list.html");

/// What both pages have.
const PARTS: [(&str, &str); 2] = [
    ("head.html", include_str!("page/head.html")),
    ("next_steps.html", include_str!("page/next_steps.html")),
];

const STYLE: &str = include_str!("page/report.css");

/// The page.
pub(super) fn render(document: &Document) -> String {
    filled(document).expect("the template is a part of this program, and tests fill it")
}

/// The page of a list's sync.
pub(super) fn render_list(document: &ListDocument) -> String {
    let style = Value::from_safe_string(STYLE.to_owned());
    let content = context! { report => Value::from(Serde(document)), style };
    filled_with(LIST_TEMPLATE, content).expect("the template is a part of this program, and tests fill it")
}

fn filled_with(template: &str, content: Value) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_filter("thousands", thousands);
    environment.add_filter("duration", duration);
    environment.add_filter("prose", prose);
    for (name, part) in PARTS {
        environment.add_template(name, part)?;
    }
    environment.add_template(NAME, template)?;
    environment.get_template(NAME)?.render(content)
}

fn filled(document: &Document) -> Result<String, minijinja::Error> {
    let content = context! {
        report => Value::from(Serde(document)),
        style => Value::from_safe_string(STYLE.to_owned()),
        shares => Value::from(Serde(plots::shares(document))),
        steps => Value::from(Serde(plots::steps(document))),
        reasons => Value::from(Serde(plots::reasons(document))),
        time => Value::from(Serde(document.time.as_ref().and_then(plots::time))),
        columns => Value::from(Serde(plots::columns(document))),
        table => Value::from(Serde(plots::table(document))),
        lines => Value::from(Serde(plots::lines(document))),
    };
    filled_with(TEMPLATE, content)
}

/// A text of ours, in which names of settings stand between backticks.
fn prose(text: &str) -> Value {
    let mut written = String::with_capacity(text.len());
    for (place, part) in text.split('`').enumerate() {
        let part = HtmlEscape(part);
        written += &if place % 2 == 1 { format!("<code>{part}</code>") } else { part.to_string() };
    }
    Value::from_safe_string(written)
}
