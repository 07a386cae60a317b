#!/usr/bin/env bash
# Shows that the simulation can fail: plants one bug at a time in a copy of the sources and demands
# that the simulation finds it. Run by hand (`make mutations`): each bug costs a build; ONLY='the mark'
# plants those whose names match, LOOK=yes only looks whether each still has its text, in the sources as they are.
set -euo pipefail
cd "$(dirname "$0")/../.."
# Not the one of this folder: Cargo tells the copy from it by nothing, and would take what is built here
# with a bug for what is built there.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target/mutations}"
if [[ -z ${LOOK:-} ]]; then
  copy=$(mktemp -d)
  trap 'rm -rf "$copy"' EXIT
  git archive HEAD | tar -x -C "$copy"
  cd "$copy"
fi
missed=0

# plant NAME FILE FROM TO: replaces the text FROM, which must be there, by TO.
plant() {
  local name=$1 file=$2
  if ! [[ $name =~ ${ONLY:-.} ]]; then return; fi
  if [[ -n ${LOOK:-} ]]; then
    if ! FROM=$3 perl -0ne 'exit(index($_, $ENV{FROM}) < 0)' "$file"; then
      echo "STALE   $name: its text is not in $file any more"
      missed=$((missed + 1))
    fi
    return
  fi
  cp "$file" "$copy/original"
  FROM=$3 TO=$4 perl -0pi -e 's/\Q$ENV{FROM}\E/$ENV{TO}/' "$file"
  if cmp -s "$file" "$copy/original"; then
    echo "STALE   $name: its text is not in $file any more"
    missed=$((missed + 1))
  elif ! cargo test --quiet --test simulation --no-run >"$copy/build" 2>&1; then
    echo "BROKEN  $name: does not compile"
    tail -n 20 "$copy/build"
    missed=$((missed + 1))
  elif cargo test --quiet --test simulation -- --seeds "${SEEDS:-3000}" >"$copy/run" 2>&1; then
    echo "MISSED  $name"
    missed=$((missed + 1))
  else
    echo "caught  $name: $(grep -m1 -E '^(seed|too little)' "$copy/run" | cut -c1-110)"
  fi
  cp "$copy/original" "$file"
}

plant "a STATE does not wait for what is put" src/pipeline/checkpoint.rs \
  'front.pending > 0 || front.kept_in > durable' 'front.pending > 0 || durable < Flush::default()'
plant "what comes while something is put counts as put" src/pipeline/archive.rs \
  'self.durable = Flush(self.open.0 - 1);' 'self.durable = self.open;'
plant "what cannot be put counts as put" src/pipeline/archive.rs \
  'Put::Rows(Err(error)) => self.broken = Some(error.clone()),' \
  'Put::Rows(Err(_)) => self.durable = Flush(self.open.0 - 1),'
sending=src/pipeline/batch_task.rs
policy=src/pipeline/policy.rs
plant "the request leaves before the claim" $sending \
  'self.ledger.claim(entries, retake, self.run.now()).await?' \
  'self.ledger.status_of(entries.iter().map(ClaimEntry::person).collect(), self.run.now()).await?'
plant "endings are not written" $sending \
  'self.ledger.settle(settlements, self.run.now()).await?;' \
  'let _: Vec<(ClaimEntry, Settlement)> = settlements;'
plant "people of a dead run are sent again" $policy \
  'ContactStatus::Unknown if may_repeat => None,' 'ContactStatus::Unknown if may_repeat || status == ContactStatus::Unknown => None,'
plant "accepted people are sent again" $policy \
  'ContactStatus::Accepted => Some(Outcome::Duplicate(Reason::AlreadyInLedger)),' 'ContactStatus::Accepted => None,'
plant "people of another run are sent, too" $sending \
  '(None, ContactStatus::Elsewhere) => claimed.elsewhere.push(contact),' \
  '(None, ContactStatus::Elsewhere) => claimed.fresh.push(contact),'
plant "an unknown ending is let go of" $sending \
  'ContactResult::Ended(Outcome::Unknown(_)) | ContactResult::Open { maybe_sent: true } => {
            Settlement::Unknown' \
  'ContactResult::Ended(Outcome::Unknown(_)) | ContactResult::Open { maybe_sent: true } => {
            Settlement::Released'
plant "a lost answer is repeated everywhere" src/delivery/deliverer.rs \
  'if self.may_repeat() {' 'if self.may_repeat() || !why.is_empty() {'
plant "a lost answer counts as success" src/delivery/deliverer.rs \
  'vec![Outcome::Unknown(Some(why.into())); n_contacts]' 'vec![Outcome::Accepted { contact_id: Some(why.into()) }; n_contacts]'
plant "a redirect lets go of whom it may have taken" src/providers/http_status.rs \
  '300..400 => Some(Verdict::Astray { why: elsewhere(status, endpoint) }),' \
  '300..400 => Some(Verdict::Halt { blame: Blame::User, why: elsewhere(status, endpoint) }),'
plant "a redirect counts as a success" src/delivery/deliverer.rs \
  'let unknown = Outcome::Unknown(Some(why.as_str().into()));' \
  'let unknown = Outcome::Accepted { contact_id: None };'
plant "a state does not wait for its records" src/pipeline/checkpoint.rs \
  'if front.pending > 0 ||' 'if front.pending > 1_000_000 ||'
plant "a record is counted twice" src/pipeline/checkpoint.rs \
  'stats.records += 1;' 'stats.records += 2;'
plant "SQLite forgets what a dead run had claimed" src/ledger/sqlite/open.rs \
  'let recovered_unknown = recover(connection, &mut seal, now).map_err(ledger_error)?;' \
  'let recovered_unknown = connection.execute("DELETE FROM intent", []).map(|_| 0).map_err(ledger_error)?;'

ledger=src/ledger/sqlite
plant "who is on the do-not-call list is claimed" $ledger/store.rs \
  '&& list.has(&listed)?' '&& list.has(&listed)? && self.lists.is_empty()'
plant "who is being handed over need not wait" $ledger/cooling.rs \
  'if hand_over.is_under_way {' 'if hand_over.is_under_way && own.is_some() {'
plant "who is being handed over counts as handed over" $ledger/cooling.rs \
  'return Some(ContactStatus::Elsewhere);' 'return Some(ContactStatus::CoolingOff);'
plant "who was in no table when the file was opened counts as in none for ever" $ledger/seal.rs \
  'rows.see((0..row.len()).map(|column| row.get_raw(column)));' \
  'rows.sum.fetch_xor(digest((0..row.len()).map(|column| row.get_raw(column))), Ordering::Relaxed);'
plant "whom the file knows is in no table" $ledger/seal.rs \
  'rows.see(values.into_iter());' 'rows.sum.fetch_xor(digest(values), Ordering::Relaxed);'
plant "a hand-over of a run that died starts no clock" $ledger/open.rs \
  'hand_overs.write(connection, found)?;' 'hand_overs.write(connection, found.filter(|at| *at < 0))?;'
plant "a repeat is kept back by nobody else's hand-over" $ledger/cooling.rs \
  'own != Some(key)' 'own.is_none()'
plant "a clock that went back lets people cool off" $ledger/cooling.rs \
  'self.over_since.is_none_or(|moment| at > moment)' 'self.over_since.is_some_and(|moment| at > moment)'
plant "the mark is not written" $ledger/store.rs \
  'let committed = Some(self.seal.reach).filter(|reach| *reach != before);' \
  'let committed = Some(self.seal.reach).filter(|reach| *reach != before && reach.sequence < 0);'
plant "the mark is not compared" $ledger/seal.rs \
  'mark.ledger == ledger && mark.sequence <= sequence && self.openings.has(mark)' 'mark.ledger == ledger && (sequence >= 0 || self.openings.has(mark))'
plant "an older copy is believed" $ledger/watch.rs \
  '() if !seal.has(mark) => Some(Flaw::Older),' '() if false => Some(Flaw::Older),'
plant "another ledger is believed" $ledger/watch.rs \
  '() if mark.ledger != seal.reach.ledger => Some(Flaw::Foreign),' '() if mark.ledger != seal.reach.ledger => None,'
plant "the seal is not checked" $ledger/seal.rs \
  'is_whole &= seal.digest() == digest;' 'is_whole &= seal.digest() == digest || digest != 0;'
plant "a lost log counts as a clean end" $ledger/watch.rs \
  'Ok(None) => seal.is_open.then_some(Flaw::Torn),' 'Ok(None) => None,'
plant "the file does not say that a run has it" $ledger/open.rs \
  'seal.is_open = purpose != Use::Inspect;' 'seal.is_open = purpose == Use::Continue;'
plant "a file that goes away is not noticed" $ledger/location.rs \
  'fs::metadata(&self.path).is_ok_and(|metadata| identity(&metadata) == self.identity)' \
  'fs::metadata(&self.path).is_ok_and(|metadata| identity(&metadata) == self.identity) || self.path.is_absolute()'
plant "a refusal clears up what it refused" $ledger/open.rs \
  'connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;' \
  'connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;'
plant "the ledger's clock follows the machine backwards" $ledger/seal.rs \
  'self.newest = self.newest.max(now.as_millisecond());' 'self.newest = now.as_millisecond();'
plant "a clock that is behind is believed" $ledger/store.rs \
  'milliseconds > 0 && now.as_millisecond() >= self.seal.newest' 'milliseconds > 0'
plant "days pass early" $ledger/store.rs \
  'const MILLISECONDS_PER_DAY: i64 = 24 * 60 * 60 * 1_000;' 'const MILLISECONDS_PER_DAY: i64 = 23 * 60 * 60 * 1_000;'
plant "the vendor's Date moves the ledger's clock" src/delivery/run_handle.rs \
  'self.clock.uncorrected()' 'self.clock.now()'
plant "a panicked delivery releases" src/delivery/deliverer.rs \
  'part.is_away = true;' 'part.is_away = false;'

plant "who was read before the window closed goes out after it" src/delivery/run_handle.rs \
  'self.window.as_ref()?.closed(self.now()' 'self.window.as_ref().filter(|_| wait.is_negative())?.closed(self.now()'
plant "the window lasts a minute longer" src/rules/hours.rs \
  'return (minute >= from && minute < to)' 'return (minute >= from && minute <= to)'
plant "a state passes by whom a limit left" src/pipeline/events.rs \
  'self.leave_record(limit);' 'self.leave_record(limit); self.limit = None;
   self.checkpoints.settle_record(pending.origin.position, true, super::Flush::default())?;'
plant "a limit counts nobody" $policy \
  'self.n_passed += 1;' 'self.n_passed += u64::from(self.options.may_repeat) * 0;'
plant "a campaign's day begins anew with each batch" $ledger/daily.rs \
  'limit.max.saturating_sub(taken).min(wanted)' 'limit.max.saturating_sub(taken * 0).min(wanted)'

echo "mutations: $missed missed"
[ "$missed" -eq 0 ]
