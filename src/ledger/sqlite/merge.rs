//! From the journal into `contact`, many contacts together and in the order of their keys: keys are
//! random, and a page of the table costs as much to write as a hundred contacts in the journal.

use std::ops::Range;

use rusqlite::{Connection, Result};

use super::journal::{self, Claimed, Ended, SettlementRow};
use super::schema::UNKNOWN;
use super::table::{self, Row};
use crate::ledger::Key;

/// The journal is read once for each beginning of a key (its first four bits), because everybody at
/// once would need too much memory.
const BEGINNINGS: Range<u8> = 0..16;

/// Whose claims they are that have no ending.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Claimant {
    /// A run that lives: they stay in the journal.
    Lives,
    /// Runs that died: whoever was claimed is unknown.
    Died,
}

/// What is to be written of some people.
#[derive(Default)]
struct News {
    /// Who, and which of the rows says it.
    people: Vec<(Key, usize)>,
    rows: Vec<Row<Range<usize>>>,
    /// The texts of the rows.
    texts: String,
}

/// Moves all endings; gives how many contacts were written as unknown for want of one.
pub(super) fn merge(connection: &Connection, claimant: Claimant) -> Result<u64> {
    let mut n_unknown = 0;
    let mut news = News::default();
    for beginning in BEGINNINGS {
        n_unknown += news.gather(connection, claimant, beginning)?;
        news.write(connection)?;
    }
    empty(connection, claimant)?;
    Ok(n_unknown)
}

impl News {
    /// Finds what the journal says of those whose keys begin so; gives how many of them are unknown
    /// for want of an ending.
    fn gather(&mut self, connection: &Connection, claimant: Claimant, beginning: u8) -> Result<u64> {
        let mut n_unknown = 0;
        journal::each(connection, |intent| {
            for (claimed, ended) in intent.contacts {
                let [first, ..] = claimed.key.0;
                if first >> 4 != beginning {
                    continue;
                }
                let (outcome, at, reason, contact_id) = match ended {
                    Some(Ended::So { outcome, at, reason, contact_id }) => (outcome, at, reason, contact_id),
                    None if claimant == Claimant::Died => {
                        n_unknown += 1;
                        (UNKNOWN, intent.at, None, None)
                    }
                    None | Some(Ended::WithoutTrace) => continue,
                };
                let Claimed { key, campaign, stream, primary_key } = claimed;
                let run = intent.run;
                self.add(key, Row { outcome, at, campaign, stream, run, reason, primary_key, contact_id });
            }
            Ok(())
        })?;
        Ok(n_unknown)
    }

    fn add(&mut self, key: Key, row: Row<&str>) {
        self.people.push((key, self.rows.len()));
        self.rows.push(row.map(|text| {
            let start = self.texts.len();
            self.texts.push_str(text);
            start..self.texts.len()
        }));
    }

    /// Writes the newest of each, in the order of the keys, and forgets all.
    fn write(&mut self, connection: &Connection) -> Result<()> {
        self.people.sort_unstable();
        let newest = self.people.chunk_by(|(key, _), (next, _)| key == next).filter_map(<[_]>::last);
        for (key, number) in newest {
            let row = self.rows.get(*number).cloned().expect("each number is that of a row");
            table::write(connection, key, &row.map(|range| self.texts.get(range).unwrap_or_default()))?;
        }
        self.people.clear();
        self.rows.clear();
        self.texts.clear();
        Ok(())
    }
}

/// Leaves in the journal who is being sent.
fn empty(connection: &Connection, claimant: Claimant) -> Result<()> {
    let (mut over, mut begun) = (Vec::new(), Vec::new());
    journal::each(connection, |intent| {
        let mut moved = SettlementRow::default();
        let mut n_open = 0;
        for (position, (_, ended)) in (0..).zip(&intent.contacts) {
            match ended {
                Some(_) => moved.push(position, Ended::WithoutTrace),
                None => n_open += 1,
            }
        }
        if n_open == 0 || claimant == Claimant::Died {
            over.push(intent.id);
        } else if n_open < intent.contacts.len() {
            begun.push((intent.id, moved));
        }
        Ok(())
    })?;
    for id in over {
        journal::remove(connection, id)?;
    }
    for (id, moved) in begun {
        moved.replace(connection, id)?;
    }
    Ok(())
}
