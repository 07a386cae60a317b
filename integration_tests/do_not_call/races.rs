//! Two campaigns that want the same people at the same time, while the list is loaded anew.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, ScopedJoinHandle};

use serde_json::json;

use super::company::{Company, by_the_list, catalog, counts, records, succeeded};
use crate::command;

/// Pairs of processes that want the same people for two campaigns, several pairs side by side, on one database, while the
/// list is loaded anew again and again.
#[test]
fn of_processes_that_race_none_calls_whom_the_list_has_and_nobody_is_called_twice() {
    const RACES: usize = 100;
    const SIDE_BY_SIDE: usize = 4;
    const PEOPLE: usize = 6;
    let mut rules = by_the_list();
    rules["cooling_off_hours"] = json!(24);
    let company = Company::shared(rules);
    let number = |n: usize| format!("09123{n:05}");
    // The first of each race stays on the list, whatever else comes and goes.
    let listed: Vec<_> = (0..RACES).map(|race| number(race * PEOPLE)).collect();
    let whole = |n_others: usize| {
        let others = (0..n_others).map(|n| number(99_999 - n));
        let numbers: Vec<_> = listed.iter().cloned().chain(others).collect();
        format!("phone_number\n{}\n", numbers.join("\n"))
    };
    let lists = [0, 300].map(|n| company.folder.file(&format!("register-{n}.csv"), &whole(n)));
    let load = |list: &str| company.ledger(&["load", list, "--source", "register", "--replace"]);
    succeeded(&load(&lists[0]));
    let catalog = company.folder.file("catalog.json", &catalog("customers", &json!({})).to_string());
    let configs = ["11", "22"].map(|campaign| company.config("customers", "contacts", campaign));
    let race = |race: usize| {
        let mut numbers: Vec<_> = (race * PEOPLE..(race + 1) * PEOPLE).map(number).collect();
        let mut lines = || {
            numbers.reverse();
            records("customers", &numbers.iter().map(String::as_str).collect::<Vec<_>>())
        };
        let [backward, forward] = [lines(), lines()];
        let ready = Barrier::new(2);
        // Each begins with people of its own, so that both are on their way when it comes to those whom both want.
        let write = |side: usize, lines: &str| {
            let own: Vec<_> = (0..2).map(|n| number(10_000 + race * 4 + side * 2 + n)).collect();
            let own = records("customers", &[own[0].as_str(), own[1].as_str()]) + "\n";
            command::race(["write", "--config", &configs[side], "--catalog", &catalog], [&own, lines], &ready)
        };
        let (one, other) = thread::scope(|scope| {
            let other = scope.spawn(|| write(1, &backward));
            (write(0, &forward), other.join().unwrap())
        });
        let taken = [&one, &other].map(|finished| counts(finished).0);
        assert_eq!(taken.iter().sum::<u64>(), 5, "race {race}: {}{}", one.stdout, other.stdout);
        taken.iter().all(|taken| *taken > 0)
    };
    let next = AtomicUsize::new(0);
    let races = || {
        let own = std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)).filter(|n| *n < RACES));
        own.filter(|n| race(*n)).count()
    };
    let (n_split, n_loads) = thread::scope(|scope| {
        let racing: Vec<_> = (0..SIDE_BY_SIDE).map(|_| scope.spawn(races)).collect();
        let mut n_loads = 0;
        while !racing.iter().all(ScopedJoinHandle::is_finished) {
            n_loads += 1;
            succeeded(&load(&lists[n_loads % 2]));
        }
        (racing.into_iter().map(|one| one.join().unwrap()).sum::<usize>(), n_loads)
    });
    let told = format!("{n_split} of {RACES} races had people for both, {n_loads} loads of the list");
    assert!(n_split > RACES / 10 && n_loads > 2, "nothing was raced: {told}");
    assert_eq!(company.called(), (900, 0));
}
