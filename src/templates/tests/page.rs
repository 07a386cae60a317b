use super::*;

/// The templates that the page shows: each a row of template, record and what is said.
#[test]
fn the_page_says_what_templates_give() {
    let page = include_str!("../../../docs/templates.md");
    let (_, table) = page.split_once("<!-- templates, checked -->").expect("the page has a table");
    let (table, _) = table.split_once("<!-- /templates -->").expect("the table has an end");
    let mut n_rows = 0;
    for row in table.lines().filter(|row| row.starts_with("| `")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [template, record, want] =
            [0, 1, 2].map(|cell| cells[cell].trim_matches('`').replace(r"\|", "|"));
        let want = if want == "*missing*" { "-" } else { &want };
        assert_eq!(said_in(&saigon(), &template, &format!("{{{record}}}")), want, "{row}");
        n_rows += 1;
    }
    assert!(n_rows >= 10, "{n_rows} rows");
}
