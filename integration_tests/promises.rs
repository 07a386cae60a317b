//! Each sentence that the docs promise names its tests, in a comment of the page's source.

use std::fs;

use crate::root;
use crate::tidy::sources;

/// Pages that promise, with the section that is about tests itself.
const PAGES: [(&str, &str); 3] =
    [("docs/guarantees.md", "## How this is proved"), ("docs/ledger.md", ""), ("docs/do-not-call.md", "")];

const PROVED: &str = "<!-- proved by: ";
const NOT_TESTED: &str = "<!-- not tested: ";
const END: &str = " -->";

/// Runs of 10,000 seeds, which are no test by a name.
const SIMULATION: &str = "the simulation";

/// What stands for itself in a page: a paragraph, an item of a list, a row of a table.
fn promises(page: &str, but_not: &str) -> Vec<String> {
    let (mut found, mut promise) = (Vec::new(), String::new());
    let (mut is_code, mut is_skipped, mut n_rows) = (false, false, 0);
    for line in page.lines().chain([""]) {
        let is_fence = line.starts_with("```");
        let is_heading = line.starts_with('#') && !is_code;
        n_rows = if line.starts_with('|') { n_rows + 1 } else { 0 };
        let number = line.split_once(". ").map(|(number, _)| number);
        let is_item = line.starts_with("- ") || number.is_some_and(|number| number.parse::<u32>().is_ok());
        if line.is_empty() || is_fence || is_heading || is_item || n_rows > 0 {
            found.extend(Some(std::mem::take(&mut promise)).filter(|promise| !promise.is_empty()));
        }
        is_code ^= is_fence;
        if is_heading {
            is_skipped = line == but_not;
        }
        // The first two rows are a table's head.
        if !(is_code || is_fence || is_heading || is_skipped || matches!(n_rows, 1 | 2)) {
            promise.push_str(line);
            promise.push('\n');
        }
        if line.is_empty() {
            promise.clear();
        }
    }
    found
}

/// The texts between a beginning and the end of a comment.
fn comments<'a>(text: &'a str, start: &str) -> Vec<&'a str> {
    text.split(start).skip(1).map(|rest| rest.split(END).next().unwrap_or_default()).collect()
}

#[test]
fn each_promise_names_tests_that_exist() {
    let files = [sources(&root().join("src")), sources(&root().join("integration_tests"))].concat();
    let code: String = files.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    for (page, but_not) in PAGES {
        let text = fs::read_to_string(root().join(page)).unwrap();
        let promises = promises(&text, but_not);
        assert!(promises.len() > 20, "{page}: {promises:#?}");
        for promise in promises {
            let tests: Vec<&str> =
                comments(&promise, PROVED).iter().flat_map(|names| names.split(", ")).collect();
            let excuses = comments(&promise, NOT_TESTED);
            assert!(!tests.is_empty() || !excuses.is_empty(), "{page}: nothing proves\n{promise}");
            for test in tests.into_iter().filter(|test| *test != SIMULATION) {
                // A behaviour of the ledgers' suite is generic.
                let exists = ["(", "<"].iter().any(|end| code.contains(&format!("fn {test}{end}")));
                assert!(exists, "{page}: no test is called {test}");
            }
        }
    }
}

#[test]
fn a_promise_is_a_paragraph_an_item_or_a_row() {
    let page = "# A\n\nOne,\ntwo. <!-- proved by: x -->\n\n- three\n  four\n- five:\n\n```sh\n- six\n```\n\n| a | b |\n| --- | --- |\n| 7 | 8 |\n| 9 | 10 |\n\n## B\n\n11\n\n## C\n\n1. 12\n2. 13\n";
    let want = [
        "One,\ntwo. <!-- proved by: x -->\n",
        "- three\n  four\n",
        "- five:\n",
        "| 7 | 8 |\n",
        "| 9 | 10 |\n",
        "1. 12\n",
        "2. 13\n",
    ];
    assert_eq!(promises(page, "## B"), want);
}
