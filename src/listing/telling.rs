//! What a list's sync says at its end, in the log and in its report.

use std::io::Write;

use super::kept::Kept;
use super::source::Source;
use super::sync::ListSync;
use crate::domain::error::Error;
use crate::ledger::Ledger;
use crate::ledger::list::{DoNotCallList, ListSource, LoadKind, Loaded};
use crate::phone::shown;
use crate::protocol::Level;
use crate::report::{Ending, ListDocument, ListEnd, ListLoadRow, ListSourceRow};

impl<L: Ledger + DoNotCallList, W: Write> ListSync<L, W> {
    /// How it ended, where it ended well.
    pub(super) fn tell(&mut self) -> Result<(), Error> {
        for (source, Loaded { added, removed, count }) in self.sources.iter().zip(&self.loaded) {
            let name = shown(&source.name);
            let mut lines = vec![(
                Level::Info,
                format!(
                    "do-not-call list, source {name}: {added} numbers added, {removed} taken off, {count} on it now"
                ),
            )];
            if source.n_left_out > 0 {
                let n = source.n_left_out;
                let text = format!(
                    "source {name}: {n} rows were left out, because of only_when, or because their number is of a kind that is never called"
                );
                lines.push((Level::Info, text));
            }
            if source.n_nameless > 0 {
                let n = source.n_nameless;
                let text = format!(
                    "source {name}: {n} deletions hold no number that can be read, so that nobody was taken off for them; a full refresh of the source does it"
                );
                lines.push((Level::Warn, text));
            }
            if !source.is_whole() {
                let text = format!(
                    "source {name}: nothing came, or no STATE behind the last records: whether the source ended well nobody can say, so the list's date stays as it was"
                );
                lines.push((Level::Warn, text));
            } else if *count == 0 {
                let text = format!(
                    "source {name} is empty now: no sync that goes by this list begins until it is filled, or taken off the list with `ledger do-not-call remove`"
                );
                lines.push((Level::Warn, text));
            }
            for (level, text) in lines {
                self.output.log(level, &text)?;
            }
        }
        Ok(())
    }

    /// Puts what is kept: rows that are not there yet, for a load that failed, and the report. That it cannot be put is
    /// no further reason to fail.
    pub(super) async fn leave_behind(&mut self, failure: Option<&Error>) -> Result<(), Error> {
        let document = self.document(failure);
        let Some(kept) = &mut self.kept else { return Ok(()) };
        let put = async {
            kept.put().await?;
            kept.put_report(&document).await
        };
        let put = put.await;
        let n_rejected = document.n_rejected();
        if n_rejected > 0 && put.is_ok() {
            let text = format!(
                "rows that put nobody onto the list, {n_rejected} of them, are in {}",
                kept.rejects_at()
            );
            self.output.log(Level::Info, &text)?;
        }
        match put {
            Ok(Some(place)) => self.output.log(Level::Info, &format!("the report of this run is {place}")),
            Ok(None) => Ok(()),
            Err(error) => self.tell_no_report(&error.to_string()),
        }
    }

    pub(super) fn tell_no_report(&mut self, why: &str) -> Result<(), Error> {
        if self.kept.as_ref().is_some_and(|kept| kept.report.is_some()) {
            self.output.log(Level::Warn, &format!("there is no report of this run: {why}"))?;
        }
        Ok(())
    }

    fn document(&self, failure: Option<&Error>) -> ListDocument {
        let load = |(source, Loaded { added, removed, count: _ }): (&Source, &Loaded)| ListLoadRow {
            source: shown(&source.name),
            replaces: source.kind == LoadKind::Replace,
            read: source.n_read,
            added: *added,
            removed: *removed,
            left_out: source.n_left_out,
            nameless: source.n_nameless,
            unreadable: source.n_unreadable,
            is_whole: failure.is_none() && source.is_whole(),
        };
        let ended = self.clock.now();
        let of_list = |ListSource { name, count, loaded_at }: &ListSource| {
            ListSourceRow::new(shown(name), *count, *loaded_at, ended)
        };
        let end = ListEnd {
            ended,
            how: failure.map_or(Ending::Complete, Ending::from),
            rejects: self.kept.as_ref().map(Kept::rejects_at).unwrap_or_default(),
            loads: self.sources.iter().zip(&self.loaded).map(load).collect(),
            list: self.whole_list.iter().map(of_list).collect(),
        };
        ListDocument::new(&self.plan.facts, end)
    }
}
