//! Who is claimed and how that ended, in the file: written one after the other, until many of them
//! go into `contact` together.
//!
//! A row of `intent` holds the contacts of one claim and is never changed; the row of `settlement` with
//! its number grows by those of them that are settled, in the transaction that settles them. So
//! nothing has to be guessed after a crash: whoever is claimed and has no ending is unknown, whatever
//! an older row says. Nobody is claimed who is not settled, so one person's claims and endings are in
//! one order.

use rusqlite::{Connection, Result};

use super::codec::{Packed, length, push_number};
use super::error::damaged;
use crate::ledger::Key;

const CLAIM: &str = "INSERT INTO intent (id, run, at, body) VALUES (?1, ?2, ?3, ?4)";
const END: &str = "
    INSERT INTO ending (intent, body) VALUES (?1, ?2)
    ON CONFLICT (intent) DO UPDATE SET body = CAST(body || excluded.body AS BLOB)";
const ALL: &str = "
    SELECT i.id, i.run, i.at, i.body, e.body
    FROM intent AS i LEFT JOIN ending AS e ON e.intent = i.id
    ORDER BY i.id";
const REPLACE: &str = "UPDATE ending SET body = ?2 WHERE intent = ?1";
const REMOVE: [&str; 2] = ["DELETE FROM intent WHERE id = ?1", "DELETE FROM ending WHERE intent = ?1"];

/// A contact of a claim. Numbers are those of `words`; times are milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Claimed<'a> {
    pub(super) key: Key,
    pub(super) campaign: i64,
    pub(super) stream: i64,
    pub(super) primary_key: &'a str,
}

/// How a contact of a claim ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended<'a> {
    /// With an outcome of `schema`.
    So { outcome: i64, at: i64, reason: Option<i64>, contact_id: Option<&'a str> },
    /// As if it had not been claimed, or in `contact` already.
    WithoutTrace,
}

/// A claim, and how far it is settled.
pub(super) struct Intent<'a> {
    pub(super) id: i64,
    pub(super) run: i64,
    pub(super) at: i64,
    pub(super) contacts: Vec<(Claimed<'a>, Option<Ended<'a>>)>,
}

/// The contacts of a claim, packed as the first version did.
#[derive(Default)]
pub(super) struct ClaimRow(Vec<u8>);

/// The endings of contacts of one claim, packed.
#[derive(Default)]
pub(super) struct SettlementRow(Vec<u8>);

impl ClaimRow {
    pub(super) fn push(&mut self, claimed: &Claimed<'_>) {
        let Claimed { key, campaign, stream, primary_key } = claimed;
        self.0.extend_from_slice(&key.0);
        self.0.extend_from_slice(&campaign.to_le_bytes());
        self.0.extend_from_slice(&stream.to_le_bytes());
        self.0.extend_from_slice(&length(primary_key).to_le_bytes());
        self.0.extend_from_slice(primary_key.as_bytes());
    }

    /// Writes the claim under a number; gives its size in bytes.
    pub(super) fn write(&self, connection: &Connection, id: i64, run: i64, at: i64) -> Result<usize> {
        connection.prepare_cached(CLAIM)?.execute((id, run, at, &self.0))?;
        Ok(self.0.len())
    }
}

impl SettlementRow {
    /// How the contact ended that stands at a position in its claim.
    pub(super) fn push(&mut self, position: u32, ended: Ended<'_>) {
        push_number(&mut self.0, u64::from(position));
        let Ended::So { outcome, at, reason, contact_id } = ended else { return self.0.push(0) };
        push_number(&mut self.0, outcome.unsigned_abs());
        self.0.extend_from_slice(&at.to_le_bytes());
        push_number(&mut self.0, reason.unwrap_or_default().unsigned_abs());
        push_number(&mut self.0, contact_id.map_or(0, |contact_id| length(contact_id) + 1));
        self.0.extend_from_slice(contact_id.unwrap_or_default().as_bytes());
    }

    /// Adds them to those that the claim with this number has already; gives their size in bytes.
    pub(super) fn write(&self, connection: &Connection, id: i64) -> Result<usize> {
        connection.prepare_cached(END)?.execute((id, &self.0))?;
        Ok(self.0.len())
    }

    /// Puts them in the place of those that the claim with this number has.
    pub(super) fn replace(&self, connection: &Connection, id: i64) -> Result<()> {
        connection.prepare_cached(REPLACE)?.execute((id, &self.0))?;
        Ok(())
    }
}

/// Shows each claim with its endings, oldest first.
pub(super) fn each(connection: &Connection, mut see: impl FnMut(Intent<'_>) -> Result<()>) -> Result<()> {
    let mut statement = connection.prepare_cached(ALL)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let settlements = row.get_ref(4)?.as_blob_or_null()?.unwrap_or_default();
        let contacts = unpack(row.get_ref(3)?.as_blob()?, settlements).ok_or_else(damaged)?;
        see(Intent { id: row.get(0)?, run: row.get(1)?, at: row.get(2)?, contacts })?;
    }
    Ok(())
}

/// Removes a claim and its endings.
pub(super) fn remove(connection: &Connection, id: i64) -> Result<()> {
    for statement in REMOVE {
        connection.prepare_cached(statement)?.execute([id])?;
    }
    Ok(())
}

/// The contacts in the body of a claim, each with its ending, if there is one in the other body.
fn unpack<'a>(claims: &'a [u8], settlements: &'a [u8]) -> Option<Vec<(Claimed<'a>, Option<Ended<'a>>)>> {
    let (mut claims, mut settlements) = (Packed(claims), Packed(settlements));
    let mut contacts = Vec::new();
    while !claims.is_empty() {
        let (key, campaign, stream) = (claims.key()?, claims.wide()?, claims.wide()?);
        let length = u64::try_from(claims.wide()?).ok()?;
        let primary_key = claims.text(length)?;
        contacts.push((Claimed { key, campaign, stream, primary_key }, None));
    }
    while !settlements.is_empty() {
        let position = usize::try_from(settlements.number()?).ok()?;
        contacts.get_mut(position)?.1 = Some(unpack_ending(&mut settlements)?);
    }
    Some(contacts)
}

fn unpack_ending<'a>(settlements: &mut Packed<'a>) -> Option<Ended<'a>> {
    let outcome = i64::try_from(settlements.number()?).ok()?;
    if outcome == 0 {
        return Some(Ended::WithoutTrace);
    }
    let at = settlements.wide()?;
    let reason = i64::try_from(settlements.number()?).ok().map(|reason| (reason > 0).then_some(reason))?;
    let contact_id = match settlements.number()?.checked_sub(1) {
        Some(length) => Some(settlements.text(length)?),
        None => None,
    };
    Some(Ended::So { outcome, at, reason, contact_id })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Claimed<'_> = Claimed { key: Key([1; 16]), campaign: 1, stream: i64::MAX, primary_key: "" };
    const OTHER: Claimed<'_> = Claimed { key: Key([2; 16]), primary_key: "[\"ü\",2]", ..ONE };
    const ENDED: Ended<'_> = Ended::So { outcome: 2, at: -1, reason: Some(300), contact_id: Some("ü") };

    fn claims() -> Vec<u8> {
        let mut claims = ClaimRow::default();
        claims.push(&ONE);
        claims.push(&OTHER);
        claims.0
    }

    fn settlement(position: u32, ended: Ended<'_>) -> Vec<u8> {
        let mut settlements = SettlementRow::default();
        settlements.push(position, ended);
        settlements.0
    }

    #[test]
    fn what_was_packed_is_unpacked() {
        let bare = Ended::So { outcome: 1, at: 0, reason: None, contact_id: None };
        let nameless = Ended::So { outcome: 1, at: i64::MAX, reason: None, contact_id: Some("") };
        for (name, settlements, want) in [
            ("none", vec![], [None, None]),
            ("the second", settlement(1, ENDED), [None, Some(ENDED)]),
            (
                "both, backward",
                [settlement(1, bare), settlement(0, nameless)].concat(),
                [Some(nameless), Some(bare)],
            ),
            ("let go of", settlement(0, Ended::WithoutTrace), [Some(Ended::WithoutTrace), None]),
        ] {
            let [first, second] = want;
            assert_eq!(unpack(&claims(), &settlements), Some(vec![(ONE, first), (OTHER, second)]), "{name}");
        }
        assert_eq!(unpack(&[], &[]), Some(Vec::new()));
    }

    #[test]
    fn a_damaged_row_is_noticed() {
        let (claims, settlements) = (claims(), settlement(0, ENDED));
        let first = 16 + 3 * 8;
        for length in (1..first).chain(first + 1..claims.len()) {
            assert_eq!(unpack(&claims[..length], &[]), None, "{length} bytes of claims");
        }
        for length in 1..settlements.len() {
            assert_eq!(unpack(&claims, &settlements[..length]), None, "{length} bytes of endings");
        }
        assert_eq!(unpack(&claims, &settlement(2, ENDED)), None, "the ending of nobody");
    }
}
