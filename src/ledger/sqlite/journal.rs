//! Who is claimed and how that ended, in the file: written one after the other, until many of them
//! go into `contact` together.
//!
//! A row of `intent` holds the contacts of one claim; the row of `ending` with its number grows by those
//! of them that are settled, in the transaction that settles them. So nothing has to be guessed after a
//! crash: whoever is claimed and has no ending is unknown, whatever an older row says. Nobody is claimed
//! who is not settled, so one person's claims and endings are in one order.
//!
//! Keys are random, so each ending that went straight into `contact` would write a page of it: 8.4 to 9.5 KB
//! and 11.8 to 15.2 µs a contact of a million, in transactions of 800 to 100, before seal and look-ups (16 MB
//! of log and 64 MB of cache do not help: 13.0 µs). What is sorted first shares pages: 2.2 KB and 6.5 µs with
//! 32,768 at a time, 1.0 KB and 5.6 µs with 114,000.

use std::collections::HashMap;

use rusqlite::{Connection, Result};

use super::codec::{Packed, length, push_number};
use super::cooling::HandOvers;
use super::error::damaged;
use super::schema::{ACCEPTED, UNKNOWN};
use super::table::{People, Row};
use crate::ledger::Key;

const CLAIM: &str = "INSERT INTO intent (id, run, at, body) VALUES (?1, ?2, ?3, ?4)";
const END: &str = "
    INSERT INTO ending (intent, body) VALUES (?1, ?2)
    ON CONFLICT (intent) DO UPDATE SET body = CAST(body || excluded.body AS BLOB)";
const ALL: &str = "
    SELECT i.id, i.run, i.at, i.body, e.body, p.body
    FROM intent AS i LEFT JOIN ending AS e ON e.intent = i.id LEFT JOIN intent_person AS p ON p.intent = i.id
    ORDER BY i.id";
const REPLACE: &str = "UPDATE intent SET body = ?2 WHERE id = ?1";
const REMOVE: &str = "DELETE FROM intent WHERE id = ?1";
const FORGET_ENDINGS: &str = "DELETE FROM ending";
const CLEAR: [&str; 3] = ["DELETE FROM intent", "DELETE FROM intent_person", FORGET_ENDINGS];
const WRITE_PEOPLE: &str = "INSERT OR REPLACE INTO intent_person (intent, body) VALUES (?1, ?2)";
const REMOVE_PEOPLE: &str = "DELETE FROM intent_person WHERE intent = ?1";

/// Stands for nobody among the keys of a claim's people: a hash is never this.
const NOBODY: Key = Key([0; 16]);

/// Whom a run has claimed, and where that is in the journal.
pub(super) type Claims = HashMap<Key, ClaimPosition, foldhash::fast::RandomState>;

/// Where a claim is in the journal: its number, and the contact's position in it.
#[derive(Clone, Copy)]
pub(super) struct ClaimPosition {
    pub(super) intent: i64,
    pub(super) position: u32,
}

/// What a journal holds.
#[derive(Clone, Copy, Default)]
pub(super) struct Size {
    pub(super) n_contacts: usize,
    pub(super) n_bytes: usize,
}

/// A contact of a claim. Numbers are those of `string_table`; times are milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ClaimedContact<'a> {
    pub(super) key: Key,
    pub(super) campaign: i64,
    pub(super) stream: i64,
    pub(super) primary_key: &'a str,
    /// Who it is to the rule of cooling off, where that is on.
    pub(super) person: Option<Key>,
}

/// How a contact of a claim ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClaimEnding<'a> {
    /// With an outcome of `schema`.
    So { outcome: i64, at: i64, reason: Option<i64>, contact_id: Option<&'a str> },
    /// As if it had not been claimed; or in `contact` already, in a file of version 0.1.0.
    WithoutTrace,
}

/// A claim, and how far it is settled.
pub(super) struct Intent<'a> {
    pub(super) id: i64,
    pub(super) run: i64,
    pub(super) at: i64,
    pub(super) contacts: Vec<(ClaimedContact<'a>, Option<ClaimEnding<'a>>)>,
    n_bytes: usize,
}

impl Intent<'_> {
    /// What is to be known of a contact of this claim, if anything: without an ending it is unknown.
    pub(super) fn row(&self, claimed: &ClaimedContact<'_>, ended: Option<ClaimEnding<'_>>) -> Option<Row> {
        let (outcome, at, reason, contact_id) = match ended {
            Some(ClaimEnding::So { outcome, at, reason, contact_id }) => (outcome, at, reason, contact_id),
            None => (UNKNOWN, self.at, None, None),
            Some(ClaimEnding::WithoutTrace) => return None,
        };
        let ClaimedContact { campaign, stream, primary_key, .. } = *claimed;
        let (primary_key, contact_id) = (primary_key.into(), contact_id.map(Into::into));
        Some(Row { outcome, at, campaign, stream, run: self.run, reason, primary_key, contact_id })
    }
}

/// The contacts of a claim, packed as the first version did, and beside them who they are to the rules.
#[derive(Default)]
pub(super) struct ClaimRow {
    contacts: Vec<u8>,
    people: Vec<u8>,
    has_people: bool,
}

/// The endings of contacts of one claim, packed.
#[derive(Default)]
pub(super) struct SettlementRow(Vec<u8>);

impl ClaimRow {
    pub(super) fn push(&mut self, claimed: &ClaimedContact<'_>) {
        let ClaimedContact { key, campaign, stream, primary_key, person } = claimed;
        self.contacts.extend_from_slice(&key.0);
        self.contacts.extend_from_slice(&campaign.to_le_bytes());
        self.contacts.extend_from_slice(&stream.to_le_bytes());
        self.contacts.extend_from_slice(&length(primary_key).to_le_bytes());
        self.contacts.extend_from_slice(primary_key.as_bytes());
        self.people.extend_from_slice(&person.unwrap_or(NOBODY).0);
        self.has_people |= person.is_some();
    }

    /// Writes the claim under a number; gives its size in bytes.
    pub(super) fn write(&self, connection: &Connection, id: i64, run: i64, at: i64) -> Result<usize> {
        connection.prepare_cached(CLAIM)?.execute((id, run, at, &self.contacts))?;
        self.write_people(connection, id)?;
        Ok(self.contacts.len() + self.people.len())
    }

    /// Leaves the claim with these contacts only, or takes it away where there are none.
    fn replace(&self, connection: &Connection, id: i64) -> Result<()> {
        if self.contacts.is_empty() {
            connection.prepare_cached(REMOVE)?.execute([id])?;
        } else {
            connection.prepare_cached(REPLACE)?.execute((id, &self.contacts))?;
        }
        self.write_people(connection, id)
    }

    /// Who is to be known to no rule takes no room.
    fn write_people(&self, connection: &Connection, id: i64) -> Result<()> {
        if self.has_people {
            connection.prepare_cached(WRITE_PEOPLE)?.execute((id, &self.people))?;
        } else {
            connection.prepare_cached(REMOVE_PEOPLE)?.execute([id])?;
        }
        Ok(())
    }
}

impl SettlementRow {
    /// How the contact ended that stands at a position in its claim.
    pub(super) fn push(&mut self, position: u32, ended: ClaimEnding<'_>) {
        push_number(&mut self.0, u64::from(position));
        let ClaimEnding::So { outcome, at, reason, contact_id } = ended else { return self.0.push(0) };
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
}

/// Shows each claim with its endings, oldest first.
pub(super) fn each(connection: &Connection, mut see: impl FnMut(Intent<'_>) -> Result<()>) -> Result<()> {
    let mut statement = connection.prepare_cached(ALL)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let settlements = row.get_ref(4)?.as_blob_or_null()?.unwrap_or_default();
        let claims = row.get_ref(3)?.as_blob()?;
        let people = row.get_ref(5)?.as_blob_or_null()?.unwrap_or_default();
        let contacts = unpack(claims, settlements, people).ok_or_else(damaged)?;
        let n_bytes = claims.len() + settlements.len() + people.len();
        see(Intent { id: row.get(0)?, run: row.get(1)?, at: row.get(2)?, contacts, n_bytes })?;
    }
    Ok(())
}

/// What a run knows of the people in its journal, and how much that is.
pub(super) struct Replayed {
    pub(super) claims: Claims,
    pub(super) people: People,
    pub(super) hand_overs: HandOvers,
    pub(super) size: Size,
}

/// Reads the whole journal.
pub(super) fn replay(connection: &Connection) -> Result<Replayed> {
    let (mut claims, mut people, mut size) = (Claims::default(), People::new(), Size::default());
    let mut hand_overs = HandOvers::default();
    each(connection, |intent| {
        for (position, (claimed, ended)) in (0..).zip(&intent.contacts) {
            note_hand_over(&mut hand_overs, claimed, *ended);
            if ended.is_none() {
                claims.insert(claimed.key, ClaimPosition { intent: intent.id, position });
            } else if let Some(row) = intent.row(claimed, *ended) {
                people.insert(claimed.key, row);
            }
        }
        size.n_contacts += intent.contacts.len();
        size.n_bytes += intent.n_bytes;
        Ok(())
    })?;
    Ok(Replayed { claims, people, hand_overs, size })
}

/// What is to be known of the people who are settled.
pub(super) fn settled(connection: &Connection) -> Result<People> {
    let mut people = People::new();
    each(connection, |intent| {
        let ended = intent.contacts.iter().filter(|(_, ended)| ended.is_some());
        people.extend(ended.filter_map(|(claimed, ended)| Some((claimed.key, intent.row(claimed, *ended)?))));
        Ok(())
    })?;
    Ok(people)
}

/// Adds what the journal says of a contact, oldest first.
pub(super) fn note_hand_over(
    hand_overs: &mut HandOvers,
    claimed: &ClaimedContact<'_>,
    ended: Option<ClaimEnding<'_>>,
) {
    let ClaimedContact { key, person, .. } = *claimed;
    hand_overs.begin(key, person);
    match ended {
        None => {}
        Some(ClaimEnding::So { outcome: ACCEPTED | UNKNOWN, at, .. }) => {
            hand_overs.end(person, Some((key, at)));
        }
        Some(ClaimEnding::So { .. } | ClaimEnding::WithoutTrace) => hand_overs.end(person, None),
    }
}

/// Leaves in the journal who is being sent, and nobody else.
pub(super) fn forget_settled(connection: &Connection, claims: &mut Claims) -> Result<()> {
    let mut changed = Vec::new();
    each(connection, |Intent { id, contacts, .. }| {
        let mut open = ClaimRow::default();
        let n_contacts = contacts.len();
        let unsettled = contacts.into_iter().filter(|(_, ended)| ended.is_none());
        let mut n_open = 0;
        for (position, (claimed, _)) in (0..).zip(unsettled) {
            open.push(&claimed);
            claims.insert(claimed.key, ClaimPosition { intent: id, position });
            n_open += 1;
        }
        if n_open < n_contacts {
            changed.push((id, open));
        }
        Ok(())
    })?;
    for (id, open) in changed {
        open.replace(connection, id)?;
    }
    connection.prepare_cached(FORGET_ENDINGS)?.execute([])?;
    Ok(())
}

/// Leaves nobody in the journal.
pub(super) fn clear(connection: &Connection) -> Result<()> {
    CLEAR.into_iter().try_for_each(|statement| connection.execute(statement, []).map(drop))
}

/// The contacts in the body of a claim, each with its ending, if there is one in the other body.
fn unpack<'a>(
    claims: &'a [u8],
    settlements: &'a [u8],
    people: &[u8],
) -> Option<Vec<(ClaimedContact<'a>, Option<ClaimEnding<'a>>)>> {
    let (mut claims, mut settlements) = (Packed(claims), Packed(settlements));
    let has_people = !people.is_empty();
    let mut people = Packed(people);
    let mut contacts = Vec::new();
    while !claims.is_empty() {
        let (key, campaign, stream) = (claims.key()?, claims.wide()?, claims.wide()?);
        let length = u64::try_from(claims.wide()?).ok()?;
        let primary_key = claims.text(length)?;
        let person = if has_people { Some(people.key()?) } else { None };
        let person = person.filter(|person| *person != NOBODY);
        contacts.push((ClaimedContact { key, campaign, stream, primary_key, person }, None));
    }
    if !people.is_empty() {
        return None;
    }
    while !settlements.is_empty() {
        let position = usize::try_from(settlements.number()?).ok()?;
        contacts.get_mut(position)?.1 = Some(unpack_ending(&mut settlements)?);
    }
    Some(contacts)
}

fn unpack_ending<'a>(settlements: &mut Packed<'a>) -> Option<ClaimEnding<'a>> {
    let outcome = i64::try_from(settlements.number()?).ok()?;
    if outcome == 0 {
        return Some(ClaimEnding::WithoutTrace);
    }
    let at = settlements.wide()?;
    let reason = i64::try_from(settlements.number()?).ok().map(|reason| (reason > 0).then_some(reason))?;
    let contact_id = match settlements.number()?.checked_sub(1) {
        Some(length) => Some(settlements.text(length)?),
        None => None,
    };
    Some(ClaimEnding::So { outcome, at, reason, contact_id })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: ClaimedContact<'_> =
        ClaimedContact { key: Key([1; 16]), campaign: 1, stream: i64::MAX, primary_key: "", person: None };
    const OTHER: ClaimedContact<'_> = ClaimedContact { key: Key([2; 16]), primary_key: "[\"ü\",2]", ..ONE };
    const ENDED: ClaimEnding<'_> =
        ClaimEnding::So { outcome: 2, at: -1, reason: Some(300), contact_id: Some("ü") };

    fn claims() -> Vec<u8> {
        let mut claims = ClaimRow::default();
        claims.push(&ONE);
        claims.push(&OTHER);
        claims.contacts
    }

    fn settlement(position: u32, ended: ClaimEnding<'_>) -> Vec<u8> {
        let mut settlements = SettlementRow::default();
        settlements.push(position, ended);
        settlements.0
    }

    #[test]
    fn what_was_packed_is_unpacked() {
        let bare = ClaimEnding::So { outcome: 1, at: 0, reason: None, contact_id: None };
        let nameless = ClaimEnding::So { outcome: 1, at: i64::MAX, reason: None, contact_id: Some("") };
        for (name, settlements, want) in [
            ("none", vec![], [None, None]),
            ("the second", settlement(1, ENDED), [None, Some(ENDED)]),
            (
                "both, backward",
                [settlement(1, bare), settlement(0, nameless)].concat(),
                [Some(nameless), Some(bare)],
            ),
            ("let go of", settlement(0, ClaimEnding::WithoutTrace), [Some(ClaimEnding::WithoutTrace), None]),
        ] {
            let [first, second] = want;
            assert_eq!(
                unpack(&claims(), &settlements, &[]),
                Some(vec![(ONE, first), (OTHER, second)]),
                "{name}"
            );
        }
        assert_eq!(unpack(&[], &[], &[]), Some(Vec::new()));
        let (one, other) = (ClaimedContact { person: Some(Key([3; 16])), ..ONE }, OTHER);
        let mut claims = ClaimRow::default();
        claims.push(&one);
        claims.push(&other);
        assert_eq!(unpack(&claims.contacts, &[], &claims.people), Some(vec![(one, None), (other, None)]));
    }

    #[test]
    fn a_damaged_row_is_noticed() {
        let (claims, settlements) = (claims(), settlement(0, ENDED));
        let first = 16 + 3 * 8;
        for length in (1..first).chain(first + 1..claims.len()) {
            assert_eq!(unpack(&claims[..length], &[], &[]), None, "{length} bytes of claims");
        }
        for length in 1..settlements.len() {
            assert_eq!(unpack(&claims, &settlements[..length], &[]), None, "{length} bytes of endings");
        }
        assert_eq!(unpack(&claims, &settlement(2, ENDED), &[]), None, "the ending of nobody");
        for length in [1, 16, 31, 33, 48] {
            assert_eq!(unpack(&claims, &[], &vec![3; length]), None, "{length} bytes of people");
        }
    }
}
