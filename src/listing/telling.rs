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
use crate::storage::StorageError;

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

    /// Puts what is kept: rows that are not there yet, for a load that failed, and the report; gives where its page is.
    pub(super) async fn leave_behind(
        &mut self,
        failure: Option<&Error>,
    ) -> Result<Option<String>, StorageError> {
        if let Some(kept) = &mut self.kept {
            kept.put().await?;
        }
        let document = self.document(failure);
        match &self.kept {
            Some(kept) => kept.put_report(&document).await,
            None => Ok(None),
        }
    }

    /// Says where that is, or why it is not there, which is no further reason to fail.
    pub(super) fn tell_left(&mut self, left: Result<Option<String>, String>) -> Result<(), Error> {
        let Some(kept) = &self.kept else { return Ok(()) };
        let n_rejected: u64 = self.sources.iter().map(Source::n_rejected).sum();
        let rows = if kept.lacks_rows() {
            let why = left.as_ref().err().map(|why| format!(" ({why})")).unwrap_or_default();
            let text = format!(
                "rows that put nobody onto the list are not where rejected records are kept, or not all of them{why}; no STATE passed those, so that they come again with the next sync"
            );
            Some((Level::Warn, text))
        } else {
            let place = || {
                format!(
                    "rows that put nobody onto the list, {n_rejected} of them, are in {}",
                    kept.rejects_at()
                )
            };
            (n_rejected > 0).then(|| (Level::Info, place()))
        };
        let report = match left {
            Ok(place) => place.map(|place| (Level::Info, format!("the report of this run is {place}"))),
            Err(why) => {
                kept.reports().then(|| (Level::Warn, format!("there is no report of this run: {why}")))
            }
        };
        rows.into_iter().chain(report).try_for_each(|(level, text)| self.output.log(level, &text))
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
            rejects: self
                .kept
                .as_ref()
                .filter(|kept| !kept.lacks_rows())
                .map(Kept::rejects_at)
                .unwrap_or_default(),
            lacks_rejects: self.kept.as_ref().is_some_and(Kept::lacks_rows),
            loads: self.sources.iter().zip(&self.loaded).map(load).collect(),
            list: self.whole_list.iter().map(of_list).collect(),
        };
        ListDocument::new(&self.plan.facts, end)
    }
}
