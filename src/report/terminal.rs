//! The document as text, for a person at a terminal.

use super::document::{Document, Person, PreviewSection, ReasonSection, RuleRow, RunKind};
use super::numbers::{duration, many, thousands};
use super::words::{ending_rows, outcome_rows};
use crate::phone::visible;

/// A text in sections. Nothing that others wrote steers the terminal.
#[derive(Default)]
struct Page(String);

impl Document {
    /// What the page says, in lines.
    #[must_use]
    pub fn text(&self) -> String {
        let mut page = Page::default();
        let mark = match self.run.kind {
            RunKind::Sync => "SYNC".to_owned(),
            RunKind::Trial => format!("TRIAL, sent to {}", self.run.sent_to),
            RunKind::Rehearsal => "REHEARSAL, nobody is called".to_owned(),
            RunKind::Preview => "PREVIEW, nothing was sent".to_owned(),
        };
        page.line(0, &mark);
        page.line(0, &self.verdict);
        page.line(0, &self.run.guarantee);
        if !self.run.why.is_empty() {
            page.section("Why it ended before its time");
            self.run.why.lines().for_each(|line| page.line(1, line));
        }
        page.section("What to do next");
        self.next_steps.iter().for_each(|step| page.line(1, &format!("- {step}")));
        self.tell_outcomes(&mut page);
        self.tell_rules(&mut page);
        if !self.reason_details.is_empty() {
            page.section("Reasons");
            self.reason_details.iter().for_each(|reason| page.reason(reason));
        }
        self.tell_tables(&mut page);
        if self.unknown.count > 0 {
            page.section("Unknown");
            page.people(&self.unknown.people, self.unknown.count);
        }
        if let Some(preview) = &self.preview {
            page.preview(preview);
        }
        page.0
    }

    fn tell_outcomes(&self, page: &mut Page) {
        let would = if self.run.kind == RunKind::Preview { "would end" } else { "ended" };
        page.section(&format!("How {} {would}", many(self.records.read, "record", "records")));
        for row in ending_rows(self).into_iter().filter(|row| row.count > 0) {
            page.line(1, &format!("{:>12}  {:<16} {}", thousands(row.count), row.title, row.note));
        }
        page.line(1, &format!("{:>12}  Read", thousands(self.records.read)));
    }

    fn tell_rules(&self, page: &mut Page) {
        if !self.rules.is_empty() {
            page.section("Rules of calling, and whom each keeps back");
        }
        for RuleRow { rule: _, says, count, ended_the_run } in &self.rules {
            let ended = if *ended_the_run {
                if self.run.kind == RunKind::Preview {
                    " It would end a sync."
                } else {
                    " It ended the sync."
                }
            } else {
                ""
            };
            page.line(1, &format!("{:>12}  {says}{ended}", thousands(*count)));
        }
    }

    fn tell_tables(&self, page: &mut Page) {
        if !self.streams.is_empty() {
            page.section("By stream and campaign");
        }
        for row in &self.streams {
            let stream = if row.stream.is_empty() { "all others" } else { &row.stream };
            let campaign =
                if row.campaign.is_empty() { String::new() } else { format!(", campaign {}", row.campaign) };
            let counts = outcome_rows(&row.outcomes).into_iter().filter(|row| row.count > 0);
            let counts: Vec<_> =
                counts.map(|row| format!("{} {}", thousands(row.count), row.title.to_lowercase())).collect();
            page.line(1, &format!("{stream}{campaign}: {}", counts.join(", ")));
        }
        if !self.lines.is_empty() {
            page.section("Countries and kinds of line");
        }
        let called = if self.run.kind == RunKind::Preview { "would be called" } else { "accepted" };
        for row in &self.lines {
            let line = format!("{} {}", row.country, row.kind);
            let (n_called, all) = (thousands(row.called), thousands(row.count));
            page.line(1, &format!("{}: {n_called} of {all} {called}", line.trim()));
        }
    }
}

impl Page {
    fn line(&mut self, depth: usize, text: &str) {
        let line = format!("{:1$}{2}", "", depth * 2, visible(text));
        self.0.push_str(line.trim_end());
        self.0.push('\n');
    }

    fn section(&mut self, title: &str) {
        self.0.push('\n');
        self.line(0, title);
    }

    fn reason(&mut self, reason: &ReasonSection) {
        let ReasonSection { code, outcome, count, meaning, remedy, samples } = reason;
        self.line(1, &format!("{code} ({outcome}): {}", many(*count, "record", "records")));
        self.line(2, meaning);
        self.line(2, &format!("What to do: {remedy}"));
        self.people(samples, *count);
    }

    fn people(&mut self, people: &[Person], count: u64) {
        for Person { stream, primary_key, line, campaign, phone_number, detail, at: _ } in people {
            let mut text = format!("stream {stream}, line {line}");
            for (name, value) in
                [("primary key", primary_key), ("number", phone_number), ("campaign", campaign)]
            {
                if !value.is_empty() {
                    text.push_str(&format!(", {name} {value}"));
                }
            }
            if !detail.is_empty() {
                text.push_str(&format!(": {detail}"));
            }
            self.line(3, &text);
        }
        let n_more = count.saturating_sub(u64::try_from(people.len()).unwrap_or(u64::MAX));
        if n_more > 0 {
            self.line(3, &format!("and {} more", thousands(n_more)));
        }
    }

    fn preview(&mut self, preview: &PreviewSection) {
        let PreviewSection { requests, pace, least_milliseconds, empty_variables, examples, warnings } =
            preview;
        if !warnings.is_empty() {
            self.section("A sync would warn of this");
            for warning in warnings {
                self.line(1, &format!("- {warning}"));
            }
        }
        if !empty_variables.is_empty() {
            self.section("Variables that stay empty");
        }
        for row in empty_variables {
            let contacts = many(row.count, "contact", "contacts");
            self.line(1, &format!("{} (stream {}): in {contacts}", row.variable, row.stream));
        }
        self.section("What would be sent");
        let (requests, least) = (many(*requests, "request", "requests"), duration(*least_milliseconds));
        self.line(1, &format!(
            "{requests} in at least {least} at the configured pace ({pace}); what the vendor takes to answer comes on top"
        ));
        for example in examples {
            self.0.push('\n');
            self.line(1, &format!("{} (stream {})", example.decision, example.stream));
            let parts =
                [("record", &example.record), ("contact", &example.contact), ("request", &example.request)];
            for (name, json) in parts.into_iter().filter(|(_, json)| !json.is_empty()) {
                self.line(2, &format!("{name}:"));
                json.lines().for_each(|line| self.line(3, line));
            }
        }
    }
}
