//! Random sequences of calls, deaths and restarts, held against a model that fits on a page.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

const N_PEOPLE: u32 = 6;
const CALL_AGAIN_AFTER_DAYS: u32 = 7;

/// Something that a run does, or that happens to it.
#[derive(Clone, Debug)]
pub(in crate::ledger) enum Step {
    Claim { people: BTreeSet<u32>, campaign: &'static str, retake: bool },
    Settle { people: BTreeSet<u32>, settlement: Settlement },
    Wait { days: i64 },
    Decide { accepted: bool, dry_run: bool },
    Die,
    Close,
}

/// Any sequence of steps.
pub(in crate::ledger) fn plan() -> impl Strategy<Value = Vec<Step>> {
    let people = || proptest::collection::btree_set(0..N_PEOPLE, 0..5);
    let settlement = prop_oneof![
        3 => Just(accepted()),
        1 => Just(rejected()),
        1 => Just(Settlement::Unknown),
        1 => Just(Settlement::Released),
    ];
    let campaign = prop_oneof![4 => Just("spring"), 1 => Just("autumn")];
    let step = prop_oneof![
        8 => (people(), campaign, any::<bool>())
            .prop_map(|(people, campaign, retake)| Step::Claim { people, campaign, retake }),
        8 => (people(), settlement).prop_map(|(people, settlement)| Step::Settle { people, settlement }),
        2 => (0_i64..5).prop_map(|days| Step::Wait { days }),
        1 => any::<(bool, bool)>().prop_map(|(accepted, dry_run)| Step::Decide { accepted, dry_run }),
        2 => Just(Step::Die),
        1 => Just(Step::Close),
    ];
    proptest::collection::vec(step, 1..40)
}

/// What is remembered of a person.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Memory {
    Accepted { day: i64 },
    Rejected,
    Unknown { campaign: &'static str },
}

#[derive(Default)]
struct Model {
    today: i64,
    known: BTreeMap<u32, Memory>,
    /// With the campaign.
    claimed: BTreeMap<u32, &'static str>,
}

impl Model {
    fn status(&self, person: u32) -> ContactStatus {
        if self.claimed.contains_key(&person) {
            return ContactStatus::Elsewhere;
        }
        match self.known.get(&person) {
            None | Some(Memory::Rejected) => ContactStatus::Free,
            Some(Memory::Unknown { .. }) => ContactStatus::Unknown,
            Some(Memory::Accepted { day }) if self.today - day >= i64::from(CALL_AGAIN_AFTER_DAYS) => {
                ContactStatus::Free
            }
            Some(Memory::Accepted { .. }) => ContactStatus::Accepted,
        }
    }

    fn claim(&mut self, people: &BTreeSet<u32>, to: &'static str, retake: bool) -> Vec<ContactStatus> {
        let mut statuses = Vec::new();
        for &person in people {
            let status = match (self.status(person), self.known.get(&person)) {
                (ContactStatus::Unknown, Some(Memory::Unknown { campaign })) if retake && *campaign != to => {
                    ContactStatus::Held
                }
                (status, _) => status,
            };
            if status == ContactStatus::Free || (retake && status == ContactStatus::Unknown) {
                self.claimed.insert(person, to);
            }
            statuses.push(status);
        }
        statuses
    }

    fn settle(&mut self, person: u32, settlement: &Settlement) {
        let Some(campaign) = self.claimed.remove(&person) else { return };
        let memory = match settlement {
            Settlement::Accepted { .. } => Memory::Accepted { day: self.today },
            Settlement::Rejected { .. } => Memory::Rejected,
            Settlement::Unknown => Memory::Unknown { campaign },
            Settlement::Released => return,
        };
        self.known.insert(person, memory);
    }

    fn end(&mut self) {
        for (person, campaign) in std::mem::take(&mut self.claimed) {
            self.known.insert(person, Memory::Unknown { campaign });
        }
    }

    fn decide(&mut self, accepted: bool, dry_run: bool) -> u64 {
        let mut count = 0;
        for (person, memory) in &mut self.known {
            if !matches!(memory, Memory::Unknown { .. }) || self.claimed.contains_key(person) {
                continue;
            }
            count += 1;
            if !dry_run {
                *memory = if accepted { Memory::Accepted { day: self.today } } else { Memory::Rejected };
            }
        }
        count
    }

    /// How many are claimed, unknown and accepted. Rejected ones may be forgotten.
    fn counts(&self) -> [usize; 3] {
        let unclaimed = || self.known.iter().filter(|(person, _)| !self.claimed.contains_key(person));
        let unknown = unclaimed().filter(|(_, memory)| matches!(memory, Memory::Unknown { .. })).count();
        let accepted = unclaimed().filter(|(_, memory)| matches!(memory, Memory::Accepted { .. })).count();
        [self.claimed.len(), unknown, accepted]
    }
}

/// Walks a fresh ledger and the model through the same steps; after each they must agree.
pub(in crate::ledger) async fn follows_the_model<H: Home>(home: &H, steps: &[Step]) {
    let mut model = Model::default();
    let mut runs = vec!["run 0".to_owned()];
    let mut ledger = start(home, &runs, &model).await;
    for step in steps {
        let now = moment(&model);
        match step {
            Step::Claim { people, campaign, retake } => {
                let entries = people.iter().map(|&person| within(campaign, person)).collect();
                let status = ledger.claim(entries, *retake, now).await.unwrap();
                assert_eq!(status, model.claim(people, campaign, *retake), "{step:?}");
            }
            Step::Settle { people, settlement } => {
                let claimed = model.claimed.iter().filter(|(person, _)| people.contains(person));
                let claimed: Vec<_> = claimed.map(|(&person, &campaign)| (person, campaign)).collect();
                let settlements =
                    claimed.iter().map(|&(person, campaign)| (within(campaign, person), settlement.clone()));
                ledger.settle(settlements.collect(), now).await.unwrap();
                for (person, _) in claimed {
                    model.settle(person, settlement);
                }
            }
            Step::Wait { days } => model.today += days,
            Step::Decide { accepted, dry_run } => {
                let mut count = 0;
                for run in &runs {
                    count += ledger.settle_unknown(run, *accepted, *dry_run, now).await.unwrap();
                }
                assert_eq!(count, model.decide(*accepted, *dry_run), "{step:?}");
            }
            Step::Die | Step::Close => {
                if matches!(step, Step::Close) {
                    ledger.close().await.unwrap();
                }
                home.kill(ledger).await;
                model.end();
                runs.push(format!("run {}", runs.len()));
                ledger = start(home, &runs, &model).await;
            }
        }
        agree(&ledger, &model, step).await;
    }
}

fn within(campaign: &str, person: u32) -> ClaimEntry {
    ClaimEntry { campaign: Campaign::new(campaign), ..entry(person) }
}

async fn start<H: Home>(home: &H, runs: &[String], model: &Model) -> H::Ledger {
    let options =
        LedgerOptions { call_again_after_days: CALL_AGAIN_AFTER_DAYS, ..options(runs.last().unwrap()) };
    home.open(options, moment(model)).await.unwrap()
}

async fn agree(ledger: &(impl Ledger + Inspect), model: &Model, step: &Step) {
    let status = ledger.status_of(known_by((0..N_PEOPLE).map(key)), moment(model)).await.unwrap();
    let want: Vec<_> = (0..N_PEOPLE).map(|person| model.status(person)).collect();
    assert_eq!(status, want, "after {step:?}");
    let status = ledger.status().await.unwrap();
    let count = |outcome: &str| status.iter().filter(|row| row.outcome == outcome).map(|row| row.count).sum();
    let counts = ["claimed", "unknown", "accepted"].map(|outcome| -> u64 { count(outcome) });
    assert_eq!(counts.map(|n| usize::try_from(n).unwrap()), model.counts(), "after {step:?}");
}

fn moment(model: &Model) -> Timestamp {
    day(model.today)
}
