//! What the log says of a run: how far it is, and which records were rejected.

use std::io::Write;

use tokio::time::Instant;

use super::sync_loop::Pipeline;
use crate::delivery::Transport;
use crate::domain::outcome::Outcome;
use crate::domain::reason::Reason;
use crate::domain::stream_name::StreamName;
use crate::intake::RecordPosition;
use crate::ledger::Ledger;
use crate::phone::Phone;
use crate::protocol::Level;

impl<C: Transport, L: Ledger, W: Write> Pipeline<C, L, W> {
    /// One rejected record for the log, its number masked.
    pub(super) fn describe(
        &self,
        position: RecordPosition,
        outcome: &Outcome,
        phone: Option<&Phone>,
    ) -> String {
        let stream = self.task.streams.get(position.stream).map(StreamName::to_string);
        let reason = outcome.reason().map_or("", Reason::code);
        let mut line = format!(
            "{} ({reason}): stream {}, input line {}",
            outcome.name(),
            stream.unwrap_or_default(),
            position.line
        );
        if let Some(phone) = phone {
            line.push_str(&format!(", {phone}"));
        }
        if let Some(detail) = outcome.detail() {
            line.push_str(&format!(": {detail}"));
        }
        line
    }

    /// A delivery waits, and says why.
    pub(super) fn tell_waiting(&mut self, text: String) {
        self.log(Level::Info, &text);
        self.waiting = Some(text);
    }

    /// How far the run is.
    pub(super) fn tell_progress(&mut self, started: Instant) {
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
        }
        self.log(Level::Info, &line);
    }

    /// Whom the run leaves behind.
    pub(super) fn tell_left_behind(&mut self) {
        let n_contacts = self.dispatcher.n_contacts_under_way();
        if n_contacts > 0 {
            self.log(Level::Warn, &format!(
                "{n_contacts} contacts were under way when the run left, because the ledger did not answer: it holds those that it heard of as unknown"
            ));
        }
    }

    /// How the records ended, and what to do about it.
    pub(super) fn tell_the_end(&mut self, started: Instant) {
        let reasons: Vec<_> = self.stats.reasons.clone().into_iter().collect();
        for (reason, count) in reasons {
            self.log(
                Level::Info,
                &format!("{}: {count} records. {} {}", reason.code(), reason.meaning(), reason.remedy()),
            );
        }
        for line in self.warnings.lines(&self.task.streams) {
            self.log(Level::Warn, &line);
        }
        self.tell_left();
        if let Some(doubt) = self.somebody.doubt(&self.stats).filter(|_| self.failure.is_none()) {
            self.log(Level::Warn, &doubt);
        }
        let seconds = started.elapsed().as_secs_f64();
        let line = format!("{}, in {seconds:.1} s", self.stats.summary());
        self.log(Level::Info, &line);
    }
}
