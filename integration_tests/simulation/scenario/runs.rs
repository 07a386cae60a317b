//! One sync after the other, and what happens between them and under them.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use destination_ai_voice::domain::error::Error;
use destination_ai_voice::ledger::ContactStatus;
use jiff::SignedDuration;
use tokio::time::{Duration, sleep};

use super::{Ended, Scenario};
use crate::counts::Counts;
use crate::folder::Remedy;
use crate::memory::{SimulatedLedger, Store};
use crate::platform::Platform;
use crate::told::jump;

/// Attempts after which a platform gives up.
const ATTEMPTS: u32 = 20;
/// So many of the last have a right clock, and nothing happens to their ledger.
const CALM_ATTEMPTS: u32 = 6;

impl Scenario {
    /// Plays the connections side by side.
    pub(super) async fn connections(&mut self, platforms: &[Arc<Mutex<Platform>>]) {
        let mut seeds: Vec<_> = platforms.iter().map(|_| (self.rng.fork(), Counts::default())).collect();
        let this = &*self;
        let runs = AtomicU64::new(0);
        match (platforms, seeds.as_mut_slice()) {
            ([one], [(rng, counts)]) => this.refreshes(one, rng, counts, &runs).await,
            ([one, two], [(rng, counts), (other_rng, other_counts)]) => {
                tokio::join!(
                    this.refreshes(one, rng, counts, &runs),
                    this.refreshes(two, other_rng, other_counts, &runs)
                );
            }
            _ => unreachable!("one connection or two"),
        }
        for (_, counts) in seeds {
            self.counts += counts;
        }
    }

    /// Syncs once, or everything again after some days: where people may be called again, and where the file
    /// of the ledger has been through something.
    async fn refreshes(
        &self,
        platform: &Arc<Mutex<Platform>>,
        rng: &mut fastrand::Rng,
        counts: &mut Counts,
        runs: &AtomicU64,
    ) {
        sleep(self.rules.first_wait(rng)).await;
        self.attempts(platform, rng, counts, runs).await;
        let comes_again = self.days > 0 || matches!(self.store, Store::File(_));
        let n_more = if comes_again { rng.u32(1..3) } else { 0 };
        for _ in 0..n_more {
            let hours = 24 * u64::from(self.days.max(1));
            sleep(Duration::from_hours(rng.u64(hours / 2..hours * 3 / 2))).await;
            platform.lock().unwrap().begin_anew();
            self.attempts(platform, rng, counts, runs).await;
        }
    }

    /// Syncs again and again, as platforms do, until one succeeds.
    async fn attempts(
        &self,
        platform: &Arc<Mutex<Platform>>,
        rng: &mut fastrand::Rng,
        counts: &mut Counts,
        runs: &AtomicU64,
    ) {
        for attempt in 1..=ATTEMPTS {
            let is_calm = attempt + CALM_ATTEMPTS > ATTEMPTS;
            self.between_runs(is_calm, rng, counts);
            if attempt == 1 || rng.u32(0..3) == 0 {
                self.fill_list(rng);
            }
            let run = runs.fetch_add(1, Ordering::Relaxed);
            counts.runs += 1;
            platform.lock().unwrap().came_back.clear();
            let may_crash = attempt < ATTEMPTS && rng.u32(0..3) > 0;
            let crash_after = may_crash.then(|| Duration::from_millis(rng.u64(1..6_000)));
            let mishap_after =
                (!is_calm && rng.u32(0..5) == 0).then(|| Duration::from_millis(rng.u64(1..4_000)));
            let sync = Box::pin(self.sync(platform, run, rng.fork()));
            let ended = self.under_way(sync, platform, (crash_after, mishap_after), rng, counts).await;
            let mut wait = Duration::from_millis(rng.u64(100..90_000));
            match ended {
                Some((stats, None)) => {
                    let (settled, received) = (stats.settled() + stats.left, stats.received);
                    assert_eq!(settled, received, "outcomes do not add up to the input: {stats:?}");
                    if stats.left == 0 {
                        let platform = platform.lock().unwrap();
                        assert_eq!(
                            platform.acknowledged,
                            platform.lines.len(),
                            "somebody is passed by or lost"
                        );
                        return;
                    }
                    counts.at_limit += 1;
                    wait = self.rules.waits(None, self.line.now(), rng).unwrap_or(wait);
                }
                Some((_, Some(error))) => {
                    let waits = self.rules.waits(Some(&error), self.line.now(), rng);
                    counts.outside_window += u64::from(matches!(error, Error::OutsideWindow(_)));
                    counts.failures += 1;
                    wait = waits.unwrap_or(wait);
                }
                None => counts.crashes += 1,
            }
            sleep(wait).await;
        }
    }

    /// Plays one sync to its end or its crash.
    async fn under_way(
        &self,
        mut sync: Pin<Box<impl Future<Output = Ended>>>,
        platform: &Arc<Mutex<Platform>>,
        (crash_after, mishap_after): (Option<Duration>, Option<Duration>),
        rng: &mut fastrand::Rng,
        counts: &mut Counts,
    ) -> Option<Ended> {
        let crash = async { sleep_or_never(crash_after).await };
        let mishap = async {
            sleep_or_never(mishap_after).await;
            if let Store::File(folder) = &self.store
                && let Some(accident) = folder.lock().unwrap().happen_under_a_run(rng)
            {
                self.told.set_gone(true);
                counts.note(accident);
            }
            std::future::pending::<()>().await;
        };
        let ended = tokio::select! {
            biased;
            ended = &mut sync => Some(ended),
            () = crash => None,
            () = mishap => unreachable!("it waits for ever"),
        };
        let folder = if let Store::File(folder) = &self.store { Some(folder) } else { None };
        let left = folder.filter(|_| ended.is_none()).map(|folder| folder.lock().unwrap().at_death());
        platform.lock().unwrap().ledger = None;
        drop(sync);
        // The tasks of the run let go of its ledger.
        sleep(Duration::from_millis(1)).await;
        self.told.set_gone(false);
        if let (Some(folder), Some(left)) = (folder, left) {
            folder.lock().unwrap().leave(&left);
        }
        ended
    }

    /// What people and machines do while no run is under way.
    fn between_runs(&self, is_calm: bool, rng: &mut fastrand::Rng, counts: &mut Counts) {
        let mut wrong_by = self.wrong_by.lock().unwrap();
        if is_calm || !self.clocks {
            *wrong_by = SignedDuration::ZERO;
        } else {
            match rng.u32(0..4) {
                0 => *wrong_by = SignedDuration::ZERO,
                1 => *wrong_by += jump(rng),
                2 => *wrong_by = jump(rng),
                _ => {}
            }
        }
        counts.wrong_clocks += u64::from(!wrong_by.is_zero());
        let Store::File(folder) = &self.store else { return };
        let mut folder = folder.lock().unwrap();
        let remedy = folder.mend(rng.u32(0..4) == 0);
        counts.refused += u64::from(remedy.is_some());
        match remedy {
            Some(Remedy::PutBack) => counts.put_back += 1,
            Some(Remedy::LossAccepted) => {
                counts.losses_accepted += 1;
                self.rules.day_is_forgotten();
            }
            None if is_calm => {}
            None => {
                if rng.bool() {
                    folder.copy();
                }
                if rng.bool()
                    && let Some(accident) = folder.happen(rng)
                {
                    counts.note(accident);
                }
            }
        }
    }

    /// A ledger was opened: it must know everybody whom it held back, but those whose loss a person accepted.
    pub(super) fn opened(&self, ledger: &SimulatedLedger) {
        let held_back = ledger.statuses(self.told.held_back());
        let free = held_back.into_iter().filter(|(_, status)| *status == ContactStatus::Free);
        let forgotten: Vec<_> = free.map(|(key, _)| key).collect();
        match &self.store {
            Store::File(folder) if folder.lock().unwrap().take_loss() => {
                self.told.give_up(&forgotten, self.numbers.keys().copied());
            }
            _ => assert_eq!(forgotten, [], "a ledger was opened that does not know them any more"),
        }
        for (key, status) in ledger.statuses(self.told.unsure()) {
            self.told.learn(key, status);
        }
    }
}

async fn sleep_or_never(wait: Option<Duration>) {
    match wait {
        Some(wait) => sleep(wait).await,
        None => std::future::pending().await,
    }
}
