//! Who is claimed, in the file: one row for each claim.
//!
//! A row holds exactly the contacts of its claim that are not settled; it shrinks in the transaction
//! that writes the endings of the others. So nothing has to be guessed after a crash: whoever is in a
//! row is unknown, whatever an older row says.

use rusqlite::{Connection, Result};

use super::complaint::damaged;
use crate::ledger::Key;

const ADD: &str = "INSERT INTO intent (id, run, at, body) VALUES (?1, ?2, ?3, ?4)";
const BODY: &str = "SELECT body FROM intent WHERE id = ?1";
const SHRINK: &str = "UPDATE intent SET body = ?2 WHERE id = ?1";
const END: &str = "DELETE FROM intent WHERE id = ?1";
const ALL: &str = "SELECT run, at, body FROM intent ORDER BY id";
const END_ALL: &str = "DELETE FROM intent";

/// A contact in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Claimed {
    pub(super) key: Key,
    pub(super) campaign: i64,
    pub(super) stream: i64,
    pub(super) primary_key: String,
}

/// A row.
pub(super) struct Intent {
    pub(super) run: i64,
    pub(super) at: i64,
    pub(super) contacts: Vec<Claimed>,
}

/// Adds the row of a claim.
pub(super) fn add(connection: &Connection, id: i64, intent: &Intent) -> Result<()> {
    let body = pack(&intent.contacts);
    connection.prepare_cached(ADD)?.execute((id, intent.run, intent.at, body))?;
    Ok(())
}

/// Leaves only some contacts in a row; none: the row goes.
pub(super) fn keep(connection: &Connection, id: i64, is_left: impl Fn(&Claimed) -> bool) -> Result<()> {
    let body: Vec<u8> = connection.prepare_cached(BODY)?.query_row([id], |row| row.get(0))?;
    let mut contacts = unpack(&body).ok_or_else(damaged)?;
    contacts.retain(is_left);
    if contacts.is_empty() {
        connection.prepare_cached(END)?.execute([id])?;
    } else {
        connection.prepare_cached(SHRINK)?.execute((id, pack(&contacts)))?;
    }
    Ok(())
}

/// All rows, oldest first.
pub(super) fn all(connection: &Connection) -> Result<Vec<Intent>> {
    let mut statement = connection.prepare_cached(ALL)?;
    let mut rows = statement.query([])?;
    let mut intents = Vec::new();
    while let Some(row) = rows.next()? {
        let contacts = unpack(row.get_ref(2)?.as_blob()?).ok_or_else(damaged)?;
        intents.push(Intent { run: row.get(0)?, at: row.get(1)?, contacts });
    }
    Ok(intents)
}

/// Removes all rows.
pub(super) fn end_all(connection: &Connection) -> Result<()> {
    connection.execute(END_ALL, [])?;
    Ok(())
}

/// Each contact: key, campaign, stream, length of the primary key, primary key.
fn pack(contacts: &[Claimed]) -> Vec<u8> {
    let mut body = Vec::with_capacity(64 * contacts.len());
    for claimed in contacts {
        body.extend_from_slice(&claimed.key.0);
        body.extend_from_slice(&claimed.campaign.to_le_bytes());
        body.extend_from_slice(&claimed.stream.to_le_bytes());
        let length = u64::try_from(claimed.primary_key.len()).expect("a machine word fits into 64 bits");
        body.extend_from_slice(&length.to_le_bytes());
        body.extend_from_slice(claimed.primary_key.as_bytes());
    }
    body
}

/// The contacts in a body, if it is one.
fn unpack(mut body: &[u8]) -> Option<Vec<Claimed>> {
    let mut contacts = Vec::new();
    while !body.is_empty() {
        let key = Key(take(&mut body)?);
        let campaign = i64::from_le_bytes(take(&mut body)?);
        let stream = i64::from_le_bytes(take(&mut body)?);
        let length = usize::try_from(u64::from_le_bytes(take(&mut body)?)).ok()?;
        let (primary_key, rest) = body.split_at_checked(length)?;
        body = rest;
        let primary_key = std::str::from_utf8(primary_key).ok()?.to_owned();
        contacts.push(Claimed { key, campaign, stream, primary_key });
    }
    Some(contacts)
}

fn take<const N: usize>(body: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = body.split_first_chunk()?;
    *body = rest;
    Some(*first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> Vec<Claimed> {
        let one = Claimed { key: Key([1; 16]), campaign: 1, stream: i64::MAX, primary_key: String::new() };
        vec![one.clone(), Claimed { key: Key([2; 16]), primary_key: "[\"ü\",2]".to_owned(), ..one }]
    }

    #[test]
    fn what_was_packed_is_unpacked() {
        assert_eq!(unpack(&pack(&two())), Some(two()));
        assert_eq!(unpack(&[]), Some(Vec::new()));
    }

    #[test]
    fn a_damaged_row_is_noticed() {
        let body = pack(&two()[1..]);
        for length in 1..body.len() {
            assert_eq!(unpack(&body[..length]), None, "{length} bytes");
        }
    }
}
