//! What the log says of a run: how far it is, and which records were rejected.

use std::io::Write;

use tokio::time::Instant;

use super::sync_loop::Pipeline;
use crate::delivery::{LogLine, Transport};
use crate::domain::decision::Decision;
use crate::ledger::Ledger;
use crate::protocol::Level;
use crate::storage::StorageError;

impl<C: Transport + 'static, L: Ledger, W: Write> Pipeline<C, L, W> {
    /// A delivery waits, and says why.
    pub(super) fn log_waiting(&mut self, line: LogLine) {
        let LogLine { text, wait } = line;
        self.log(Level::Info, &text);
        if let (Some(wait), Some(report)) = (wait, self.archive.report()) {
            report.waited(wait.from, wait.to, &wait.why);
            if wait.is_before_repeat {
                report.retried(wait.to, &wait.why);
            }
        }
        self.waiting = Some(text);
    }

    /// How far the run is.
    pub(super) fn log_progress(&mut self, started: Instant) {
        let seconds = started.elapsed().as_secs_f64();
        let rate = f64::from(u32::try_from(self.stats.settled()).unwrap_or(u32::MAX)) / seconds;
        let mut line = format!(
            "{}; {rate:.0} records/s, {} requests under way",
            self.stats.summary(),
            self.dispatcher.n_under_way()
        );
        if let Some(waiting) = &self.waiting {
            line.push_str(&format!("; {waiting}"));
        } else if self.ledger_query.is_open() {
            line.push_str("; waiting for the ledger");
        } else if self.archive.is_full() {
            line.push_str("; waiting for the storage of rejected records");
        }
        self.log(Level::Info, &line);
    }

    /// Whom the run leaves behind.
    pub(super) fn log_left_behind(&mut self) {
        let n_contacts = self.dispatcher.n_contacts_under_way();
        if n_contacts > 0 {
            self.log(Level::Warn, &format!(
                "{n_contacts} contacts were under way when the run left, because the ledger did not answer: it holds those that it heard of as unknown"
            ));
        }
    }

    /// Where the rejected records are that the log does not name.
    fn log_place_of_rejects(&mut self, n_unnamed: u64) {
        let line = match self.archive.rejects() {
            Some((_, 0)) => return,
            Some((place, count)) => format!("the rejected records are in {place}: {count} of them"),
            None if n_unnamed == 0 => return,
            None => format!(
                "{n_unnamed} rejected records are not named above: with object_storage_config each is put where you can read it"
            ),
        };
        self.log(Level::Info, &line);
    }

    /// People of whom nobody can say whether they will be called are somebody's work.
    fn log_unknown(&mut self) {
        let (held, run) = (self.stats.held, self.plan.run.clone());
        let own = self.stats.unknown - held;
        if own > 0 {
            let remedy = if self.task.ledger.remembers() {
                format!(
                    "they are held until somebody looks into the vendor's console and says so: `ledger list --run {run} --outcome unknown` names them, `ledger settle --run {run}` settles them"
                )
            } else {
                "there is no ledger to hold them, so a sync that brings them again would call them again: look into the vendor's console".to_owned()
            };
            self.log(
                Level::Warn,
                &format!("unknown: {own} people may have been added, and nobody can say; {remedy}"),
            );
        }
        if held > 0 {
            self.log(Level::Warn, &format!(
                "unknown from earlier runs: {held} people were left alone; `ledger status` names the runs by which they are settled"
            ));
        }
    }

    /// The report is there, or is not: no reason to fail a sync that did its work.
    pub(super) fn log_report_place(&mut self, put: Result<String, StorageError>) {
        match put {
            Ok(place) => {
                self.log(Level::Info, &format!("the report of this run is {place}"));
                self.report_at = Some(place);
            }
            Err(error) => self.log_missing_report(&error.to_string()),
        }
    }

    pub(super) fn log_missing_report(&mut self, why: &str) {
        self.log(Level::Warn, &format!("there is no report of this run: {why}"));
    }

    /// How the records ended, and what to do about it.
    pub(super) fn log_summary(&mut self, started: Instant) {
        let reasons: Vec<_> = self.stats.reasons.clone().into_iter().collect();
        let mut n_unnamed = 0;
        for (reason, count) in reasons {
            let unnamed = self.stats.unnamed(reason);
            n_unnamed += unnamed;
            let more =
                if unnamed > 0 { format!(", {unnamed} of them not named above") } else { String::new() };
            let (code, meaning, remedy) = (reason.code(), reason.meaning(), reason.remedy());
            self.log(Level::Info, &format!("{code}: {count} records{more}. {meaning} {remedy}"));
        }
        self.log_place_of_rejects(n_unnamed);
        self.log_unknown();
        for line in self.warnings.lines(&self.task.streams) {
            self.log(Level::Warn, &line);
        }
        self.log_left_records();
        if let Some(doubt) = self.empty_run_guard.warning(&self.stats).filter(|_| self.failure.is_none()) {
            self.log(Level::Warn, &doubt);
        }
        let seconds = started.elapsed().as_secs_f64();
        let line = format!("{}, in {seconds:.1} s", self.stats.summary());
        self.log(Level::Info, &line);
    }
}

/// One rejected record for the log, its number masked.
pub(super) fn described(decision: &Decision<'_>) -> String {
    let Decision { stream, line, outcome, phone, .. } = decision;
    let mut text = format!("{} ({}): stream {stream}, input line {line}", outcome.name(), decision.code());
    let key = decision.shown_key();
    if !key.is_empty() {
        text.push_str(&format!(", primary key {key}"));
    }
    if let Some(phone) = phone {
        text.push_str(&format!(", {phone}"));
    }
    if let Some(detail) = outcome.detail() {
        text.push_str(&format!(": {detail}"));
    }
    text
}
