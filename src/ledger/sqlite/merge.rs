//! From the journal into `contact`, many contacts together and in the order of their keys: keys are
//! random, and a page of the table costs as much to write as a hundred contacts in the journal.

use std::ops::Range;

use rusqlite::{Connection, Result};

use super::contacts::{self, Row};
use super::journal::{self, Claimed, Ended, Endings};
use super::schema::UNKNOWN;
use crate::ledger::Key;

/// The journal is read once for each beginning of a key (its first two bits), because everybody at
/// once would need too much memory.
const BEGINNINGS: Range<u8> = 0..4;

/// Whose claims they are that have no ending.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Claimant {
    /// A run that lives: they stay in the journal.
    Lives,
    /// Runs that died: whoever was claimed is unknown.
    Died,
}

/// What `contact` is to say of somebody; texts are parts of a longer one.
type Fact = (Key, Row<Range<usize>>);

/// Moves all endings; gives how many contacts were written as unknown for want of one.
pub(super) fn merge(connection: &Connection, claimant: Claimant) -> Result<u64> {
    let mut n_unknown = 0;
    for beginning in BEGINNINGS {
        let (facts, texts) = gather(connection, claimant, beginning, &mut n_unknown)?;
        write(connection, facts, &texts)?;
    }
    empty(connection, claimant)?;
    Ok(n_unknown)
}

/// What the journal says of those whose turn it is, in the order of their keys, older before newer.
fn gather(
    connection: &Connection,
    claimant: Claimant,
    beginning: u8,
    n_unknown: &mut u64,
) -> Result<(Vec<Fact>, String)> {
    let (mut facts, mut texts) = (Vec::new(), String::new());
    let mut keep = |text: &str| {
        let start = texts.len();
        texts.push_str(text);
        start..texts.len()
    };
    journal::each(connection, |intent| {
        for (claimed, ended) in intent.contacts {
            let Claimed { key, campaign, stream, primary_key } = claimed;
            let [first, ..] = key.0;
            if first >> 6 != beginning {
                continue;
            }
            let (outcome, at, reason, contact_id) = match ended {
                Some(Ended::So { outcome, at, reason, contact_id }) => (outcome, at, reason, contact_id),
                None if claimant == Claimant::Died => {
                    *n_unknown += 1;
                    (UNKNOWN, intent.at, None, None)
                }
                None | Some(Ended::WithoutTrace) => continue,
            };
            let (primary_key, contact_id) = (keep(primary_key), contact_id.map(&mut keep));
            let run = intent.run;
            facts.push((key, Row { outcome, at, campaign, stream, run, reason, primary_key, contact_id }));
        }
        Ok(())
    })?;
    facts.sort_by_key(|(key, _)| *key);
    Ok((facts, texts))
}

/// Writes what was said last of each.
fn write(connection: &Connection, facts: Vec<Fact>, texts: &str) -> Result<()> {
    let mut facts = facts.into_iter().peekable();
    while let Some((key, row)) = facts.next() {
        if facts.peek().is_none_or(|(next, _)| *next != key) {
            contacts::write(connection, &key, &row.map(|range| texts.get(range).unwrap_or_default()))?;
        }
    }
    Ok(())
}

/// Leaves in the journal who is being sent.
fn empty(connection: &Connection, claimant: Claimant) -> Result<()> {
    let (mut over, mut begun) = (Vec::new(), Vec::new());
    journal::each(connection, |intent| {
        let mut moved = Endings::default();
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
