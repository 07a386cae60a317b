//! Which request goes wrong, and how: drawn with a seed, so that a rehearsal can be repeated.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use fastrand::Rng;

/// One way in which a vendor's server, or the way to it, goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// HTTP 503; the batch is not taken.
    Busy,
    /// HTTP 429 with `Retry-After: 1`; the batch is not taken.
    Throttled,
    /// HTTP 502 with a proxy's HTML page; the batch is not taken, but the sender cannot know.
    ProxyPage,
    /// The connection is closed without an answer; the batch is not taken.
    DropBefore,
    /// The batch is taken, then the connection is closed without an answer.
    DropAfter,
    /// The batch is taken; the answer comes late.
    Slow,
    /// The batch is taken; the connection is closed in the middle of the answer.
    CutOff,
    /// For a while the server's clock is ten minutes ahead, in its checks and in its `Date`.
    WrongClock,
    /// Some numbers are never taken: itnio refuses every request that holds one as a whole, Vbee
    /// leaves them out of its answer.
    Poison,
    /// One entry of the answer does not say whom it is about.
    NamelessLine,
}

/// How often each fault strikes.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultPlan {
    /// How late a `slow` answer comes.
    pub slow_for: Duration,
    /// How many requests a wrong clock stays wrong for, and right after that before it can turn
    /// again: the sender corrects its clock once for each turn, not twice for one batch.
    pub clock_holds_for: u32,
    rates: [(Fault, f64); Fault::ALL.len()],
}

impl Fault {
    /// Every fault, in the order of the docs.
    pub const ALL: [Self; 10] = [
        Self::Busy,
        Self::Throttled,
        Self::ProxyPage,
        Self::DropBefore,
        Self::DropAfter,
        Self::Slow,
        Self::CutOff,
        Self::WrongClock,
        Self::Poison,
        Self::NamelessLine,
    ];

    /// The name in a plan.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Throttled => "throttled",
            Self::ProxyPage => "proxy_page",
            Self::DropBefore => "drop_before",
            Self::DropAfter => "drop_after",
            Self::Slow => "slow",
            Self::CutOff => "cut_off",
            Self::WrongClock => "wrong_clock",
            Self::Poison => "poison",
            Self::NamelessLine => "nameless_line",
        }
    }

    /// The rate when a plan names the fault without one: of requests, but for `poison` of numbers.
    #[must_use]
    pub fn usual_rate(self) -> f64 {
        // One number in a thousand spoils about every tenth batch of a hundred.
        if self == Self::Poison { 0.001 } else { 0.02 }
    }
}

impl FaultPlan {
    /// Nothing goes wrong.
    #[must_use]
    pub fn none() -> Self {
        Self {
            slow_for: Duration::from_millis(1500),
            clock_holds_for: 50,
            rates: Fault::ALL.map(|fault| (fault, 0.0)),
        }
    }

    /// Every fault at its usual rate.
    #[must_use]
    pub fn all() -> Self {
        Self { rates: Fault::ALL.map(|fault| (fault, fault.usual_rate())), ..Self::none() }
    }

    /// One fault, always.
    #[must_use]
    pub fn always(fault: Fault) -> Self {
        let mut plan = Self::none();
        plan.set_rate(fault, 1.0);
        plan
    }

    /// How often a fault strikes, from 0 to 1.
    #[must_use]
    pub fn rate(&self, fault: Fault) -> f64 {
        self.rates.iter().find(|(one, _)| *one == fault).map_or(0.0, |(_, rate)| *rate)
    }

    /// Draws what happens to one request: at most one fault. `poison` is never drawn, because it
    /// hangs on the numbers in the request.
    pub fn pick(&self, rng: &mut Rng) -> Option<Fault> {
        let mut drawn = rng.f64();
        for (fault, rate) in self.rates.iter().filter(|(fault, _)| *fault != Fault::Poison) {
            if drawn < *rate {
                return Some(*fault);
            }
            drawn -= rate;
        }
        None
    }

    /// Whether a number is poisonous: always the same ones for a seed, with or without a plus.
    #[must_use]
    pub fn poisons(&self, number: &str, seed: u64) -> bool {
        // FNV-1a, written out because libraries do not promise the same hash in their next version.
        let hash =
            number.bytes().filter(u8::is_ascii_digit).fold(0xcbf2_9ce4_8422_2325_u64, |hash, digit| {
                (hash ^ u64::from(digit)).wrapping_mul(0x0100_0000_01b3)
            });
        Rng::with_seed(hash ^ seed).f64() < self.rate(Fault::Poison)
    }

    /// Changes how often a fault strikes, from 0 to 1.
    pub(super) fn set_rate(&mut self, fault: Fault, rate: f64) {
        for (one, current) in &mut self.rates {
            if *one == fault {
                *current = rate;
            }
        }
    }
}

/// Reads `none`, `all`, or a list such as `busy,drop_after=0.1`; `all,busy=0.5` is every fault, one
/// of them more often.
impl FromStr for FaultPlan {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut plan = Self::none();
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            match entry.split_once('=') {
                None if entry == "none" => plan = Self::none(),
                None if entry == "all" => plan = Self::all(),
                None => {
                    let fault = known(entry)?;
                    plan.set_rate(fault, fault.usual_rate());
                }
                Some((name, rate)) => plan.set_rate(known(name)?, read_rate(name, rate)?),
            }
        }
        let sum = plan.rates.iter().filter(|(fault, _)| *fault != Fault::Poison).map(|(_, rate)| rate).sum();
        if 1.0_f64 + f64::EPSILON < sum {
            return Err(format!(
                "the rates add up to {sum:.2}; a request has one fault at most, so 1 is the limit"
            ));
        }
        Ok(plan)
    }
}

/// Writes what `from_str` reads.
impl fmt::Display for FaultPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (fault, rate) in self.rates.iter().filter(|(_, rate)| *rate > 0.0) {
            write!(f, "{separator}{}={rate}", fault.name())?;
            separator = ",";
        }
        if separator.is_empty() { f.write_str("none") } else { Ok(()) }
    }
}

fn known(name: &str) -> Result<Fault, String> {
    let name = name.trim();
    Fault::ALL.into_iter().find(|fault| fault.name() == name).ok_or_else(|| {
        let names = Fault::ALL.map(Fault::name).join(", ");
        format!("there is no fault called {name:?}; known are {names}, and none and all for the whole plan")
    })
}

fn read_rate(name: &str, rate: &str) -> Result<f64, String> {
    let read = rate.trim().parse().ok().filter(|rate| (0.0..=1.0).contains(rate));
    read.ok_or_else(|| format!("the rate of {} is {rate:?}, but must be a number from 0 to 1", name.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(text: &str) -> Result<String, String> {
        text.parse::<FaultPlan>().map(|plan| plan.to_string())
    }

    #[test]
    fn a_plan_reads_as_it_was_meant() {
        for (text, want) in [
            ("none", "none"),
            ("", "none"),
            ("busy", "busy=0.02"),
            (" busy = 0.05 , drop_after=0.5", "busy=0.05,drop_after=0.5"),
            ("poison", "poison=0.001"),
            ("drop_before=1,poison=1", "drop_before=1,poison=1"),
            ("busy=0.1,none", "none"),
            (
                "all,busy=0.5,slow=0",
                "busy=0.5,throttled=0.02,proxy_page=0.02,drop_before=0.02,drop_after=0.02,cut_off=0.02,\
                 wrong_clock=0.02,poison=0.001,nameless_line=0.02",
            ),
        ] {
            assert_eq!(plan(text).as_deref(), Ok(want), "{text:?}");
            assert_eq!(plan(want).as_deref(), Ok(want), "{want:?} again");
        }
        assert_eq!("all".parse(), Ok(FaultPlan::all()));
    }

    #[test]
    fn a_mistake_in_a_plan_is_explained() {
        for (text, want) in [
            ("bsuy", "there is no fault called \"bsuy\"; known are busy, throttled, proxy_page"),
            ("all=0.5", "there is no fault called \"all\""),
            ("busy=often", "the rate of busy is \"often\""),
            ("busy=1.5", "must be a number from 0 to 1"),
            ("busy=-1", "must be a number from 0 to 1"),
            ("busy=NaN", "must be a number from 0 to 1"),
            ("busy=0.6,slow=0.6", "the rates add up to 1.20"),
        ] {
            let why = plan(text).expect_err(text);
            assert!(why.contains(want), "{text}: {why}");
        }
    }

    #[test]
    fn faults_strike_as_often_as_planned() {
        let plan: FaultPlan = "busy=0.3,drop_after=0.1,poison=1".parse().expect("a good plan");
        let mut rng = Rng::with_seed(7);
        let picked: Vec<_> = (0..10_000).map(|_| plan.pick(&mut rng)).collect();
        let count = |fault| picked.iter().filter(|one| **one == fault).count();
        assert!((2800..3200).contains(&count(Some(Fault::Busy))));
        assert!((900..1100).contains(&count(Some(Fault::DropAfter))));
        assert_eq!(count(None) + count(Some(Fault::Busy)) + count(Some(Fault::DropAfter)), 10_000);
    }

    #[test]
    fn the_same_seed_draws_the_same_faults() {
        let draw = |seed| {
            let mut rng = Rng::with_seed(seed);
            (0..500).map(|_| FaultPlan::all().pick(&mut rng)).collect::<Vec<_>>()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn the_same_numbers_are_poisonous_every_time() {
        let plan = FaultPlan::all();
        let poisonous = |seed| {
            let numbers = (0..10_000).map(|n| format!("+1415{n:07}"));
            numbers.filter(|number| plan.poisons(number, seed)).collect::<Vec<_>>()
        };
        let found = poisonous(1);
        assert!((3..=25).contains(&found.len()), "{}", found.len());
        assert!(found.iter().all(|number| plan.poisons(number.trim_start_matches('+'), 1)));
        assert_ne!(found, poisonous(2));
        assert!(!FaultPlan::none().poisons(&found[0], 1));
    }
}
