use super::*;

/// Conditions, and what they say of the record below.
const DECISIONS: [(&str, &str); 88] = [
    ("consent = 'yes'", "true"),
    ("consent = 'Yes'", "false"),
    ("gone = 'yes'", "`gone` is missing"),
    ("NOT gone = 'yes'", "`gone` is missing"),
    ("nothing = 'yes'", "`nothing` is null"),
    ("nothing <> 'yes'", "`nothing` is null"),
    ("blank = ''", "true"),
    ("ok", "true"),
    ("NOT ok", "false"),
    ("consent", "`consent` is text, and a condition takes a truth value: write CAST(consent AS BOOLEAN)"),
    ("days", "`days` is a number, and a condition takes a truth value: write CAST(days AS BOOLEAN)"),
    ("days < 30", "true"),
    ("days > 100 OR gone = 1", "`gone` is missing"),
    ("days > 1 OR gone = 1", "true"),
    ("days > 100 AND gone = 1", "false"),
    ("gone = 1 AND days > 100", "false"),
    ("amount > 100", "`amount` is text, compared with a number: write CAST(amount AS DECIMAL)"),
    ("100 < amount", "`amount` is text, compared with a number: write CAST(amount AS DECIMAL)"),
    ("CAST(amount AS DECIMAL) > 700", "true"),
    ("amount::numeric > 700.5", "false"),
    ("CAST(consent AS DECIMAL) > 700", "`consent` cannot be cast to DECIMAL"),
    ("TRY_CAST(amount AS INTEGER) = 700", "`amount` cannot be cast to INTEGER"),
    ("days = '7'", "`days` is a number, compared with text: write the number without quotes"),
    ("ok = 1", "`ok` is a truth value, compared with a number: write CAST(ok AS DECIMAL)"),
    ("ok = TRUE", "true"),
    ("ok > ok", "`ok` is a truth value, which has no order: write = or <>"),
    ("customer.tier = 'gold'", "true"),
    ("customer = 'gold'", "`customer` is an object or a list, compared with text"),
    ("customer IS NULL", "false"),
    ("list = list", "`list` is an object or a list, compared with an object or a list"),
    ("gone IS NULL", "true"),
    ("gone IS NOT NULL", "false"),
    ("(gone = 1) IS UNKNOWN", "true"),
    ("ok IS TRUE", "true"),
    ("nothing IS NOT TRUE", "true"),
    ("nothing IS TRUE", "false"),
    ("consent IS TRUE", "`consent` is text, and IS takes a truth value: write CAST(consent AS BOOLEAN)"),
    ("consent IS NOT FALSE", "`consent` is text, and IS takes a truth value: write CAST(consent AS BOOLEAN)"),
    ("coalesce(gone, 'no') = 'no'", "true"),
    ("coalesce(gone, nothing) = 'no'", "`gone` is missing"),
    ("nullif(consent, 'yes') = 'no'", "NULLIF gave NULL"),
    ("nullif(consent, gone) = 'yes'", "true"),
    (
        "nullif(consent, 1) = 'yes'",
        "`consent` is text, compared with a number: write CAST(consent AS DECIMAL)",
    ),
    ("days IN (1, 7)", "true"),
    ("days NOT IN (1, 2)", "true"),
    ("days NOT IN (1, gone)", "`gone` is missing"),
    ("days IN (7, NULL)", "true"),
    ("days BETWEEN 7 AND 8", "true"),
    ("days BETWEEN 8 AND gone", "false"),
    ("days NOT BETWEEN gone AND 6", "true"),
    ("days BETWEEN gone AND 8", "`gone` is missing"),
    ("name = 'Nguyễn'", "true"),
    ("length(name) = 6", "true"),
    ("left(note, 4) <> 'STOP'", "false"),
    ("left(gone, 4) <> 'STOP'", "`gone` is missing"),
    ("note NOT LIKE 'STOP%'", "false"),
    ("note ILIKE 'stop%'", "true"),
    ("days LIKE '7%'", "`days` is a number, and LIKE takes text: write CAST(days AS TEXT)"),
    ("note LIKE consent", "false"),
    ("consent LIKE 'y!es' ESCAPE '#'", "false"),
    ("lower(days) = '7'", "`days` is a number, and lower takes text: write CAST(days AS TEXT)"),
    ("days || 'x' = '7x'", "`days` is a number, and || takes text: write CAST(days AS TEXT)"),
    ("consent || '!' = 'yes!'", "true"),
    ("substr(note, 6, 2) = 'by'", "true"),
    ("substring(note from 6 for 2) = 'by'", "true"),
    (
        "substr(note, 0) = ''",
        "`substr(note, 0) = ''` can never be TRUE: the constant is no place in a text, which are counted from 1",
    ),
    ("substr(note, days - 7) = ''", "what is made of `days` is no place in a text, which are counted from 1"),
    ("substr(note, 100) = ''", "true"),
    ("right(note, 7) = 'message'", "true"),
    ("left(note, days - 8) = ''", "what is made of `days` is no number of characters"),
    ("trim('  a ') = 'a'", "true"),
    ("trim(leading from '  a ') = 'a '", "true"),
    ("upper(consent) = 'YES'", "true"),
    ("days / 2 = 3.5", "true"),
    ("days % 4 + 1 = 4", "true"),
    ("-days < -6", "true"),
    ("days / (days - 7) = 1", "what is made of `days` is zero, and divides"),
    ("half + 0.1 + 0.2 = 0.8", "true"),
    ("big = 12345678901234567890", "true"),
    ("big = 12345678901234567891", "false"),
    ("amount + 1 > 0", "`amount` is text, and + takes numbers here: write CAST(amount AS DECIMAL)"),
    ("CAST(days AS TEXT) = '7'", "true"),
    ("CAST(half AS INTEGER) = 0", "`half` cannot be cast to INTEGER"),
    ("CAST(consent AS BOOLEAN)", "true"),
    ("CAST(ok AS INTEGER) = 1", "true"),
    ("\"consent\" = 'yes'", "true"),
    ("NOT (consent = 'yes' AND days < 30)", "false"),
    ("(days BETWEEN 1 AND 9) = TRUE", "true"),
];

#[test]
fn only_true_is_called_and_what_is_unknown_has_a_cause() {
    let record = json!({
        "consent": "yes", "days": 7, "amount": "700.5", "ok": true, "nothing": null, "blank": "",
        "note": "STOP by message", "name": "Nguye\u{302}\u{303}n", "customer": { "tier": "gold" }, "list": [1],
        "big": 12_345_678_901_234_567_890_u64, "half": 0.5,
    });
    for (source, want) in DECISIONS {
        assert_eq!(of(source, &record), want, "{source}");
    }
}

#[test]
fn days_are_those_of_the_zone() {
    let catalog = columns(&[("on", "date"), ("at", "date-time"), ("text", "string"), ("n", "integer")]);
    let record = json!({ "on": "2026-11-23", "at": "2026-11-22T18:00:00Z", "text": "2026-11-20", "n": 3 });
    for (source, want) in [
        // 20:00 in UTC is the next day in Vietnam.
        ("current_date = DATE '2026-11-23'", "true"),
        ("on = current_date", "true"),
        ("on = '2026-11-23'", "true"),
        ("on <= current_date - INTERVAL '1 day'", "false"),
        ("on > current_date - INTERVAL '365' DAY", "true"),
        ("on > current_date - INTERVAL 1 WEEK", "true"),
        ("on - n = DATE '2026-11-20'", "true"),
        ("current_date - CAST(text AS DATE) = 3", "true"),
        ("text < current_date", "`text` is text, compared with a date: write CAST(text AS DATE)"),
        ("at >= on", "true"),
        ("at BETWEEN '2026-11-23' AND '2026-11-24'", "true"),
        ("at < now()", "true"),
        ("at < current_timestamp - INTERVAL '1 day'", "false"),
        ("CAST(at AS DATE) = on", "true"),
        ("at IN ('2026-11-23 01:00:00', '2026-11-24')", "true"),
        ("left(at, 10) = '2026-11-22'", "true"),
        ("CAST(on AS TEXT) = '2026-11-23'", "true"),
        ("coalesce(on, '2000-01-01') = current_date", "true"),
        ("on - '2026-11-20' = 3", "true"),
        ("'2026-11-20' - on = -3", "true"),
        (
            "coalesce(on, 'soon') = current_date",
            "'soon' is no date; write '2026-01-31' or '2026-01-31 10:00:00'",
        ),
        ("on + n * 1000 * 1000 * 1000 > on", "`on` is too large to hold"),
    ] {
        match compile(source, &catalog) {
            Ok(compiled) => assert_eq!(said(compiled.decide(&record)), want, "{source}"),
            Err(why) => assert!(why.ends_with(want), "{source}: {why}"),
        }
    }
    let odd = json!({ "on": "23/11/2026", "at": 1_763_712_000, "text": "" });
    for (source, want) in [
        ("on <= current_date", "`on` is not a date"),
        ("at <= current_date", "`at` is not a timestamp"),
        ("CAST(text AS DATE) <= current_date", "`text` cannot be cast to DATE"),
        ("on IS NULL", "false"),
    ] {
        assert_eq!(said(compile(source, &catalog).unwrap().decide(&odd)), want, "{source}");
    }
    for midnight in ["2026-11-23T00:00:00+07:00", "2026-11-23T00:00:00Z", "2026-11-23 00:00:00.000 UTC"] {
        let record = json!({ "on": midnight });
        assert_eq!(
            said(compile("on = current_date", &catalog).unwrap().decide(&record)),
            "true",
            "{midnight}"
        );
    }
    let with_time = json!({ "on": "2026-11-23T10:00:00+07:00" });
    assert_eq!(
        said(compile("on = current_date", &catalog).unwrap().decide(&with_time)),
        "`on` is not a date"
    );
}

#[test]
fn the_first_part_that_is_not_true_is_named() {
    let compiled = compile("consent = 'yes' AND days < 30 AND\n  (vip OR amount > 5)", &Json::Null).unwrap();
    for (record, reason, want) in [
        (json!({ "consent": "no", "days": 50 }), Reason::OnlyWhen, "`consent = 'yes'` is FALSE"),
        (json!({ "consent": "yes" }), Reason::ConditionUnknown, "`days < 30` is unknown: `days` is missing"),
        (
            json!({ "days": 50 }),
            Reason::OnlyWhen,
            "`consent = 'yes'` is unknown: `consent` is missing; `days < 30` is FALSE",
        ),
        (
            json!({ "consent": "yes", "days": 1, "vip": false, "amount": "9" }),
            Reason::ConditionUnknown,
            "`(vip OR amount > 5)` is unknown: `amount` is text, compared with a number: write CAST(amount AS DECIMAL)",
        ),
    ] {
        let refusal = compiled.decide(&record).unwrap_err();
        assert_eq!((refusal.reason, &*refusal.detail), (reason, want), "{record}");
    }
    assert_eq!(compiled.decide(&json!({ "consent": "yes", "days": 1, "vip": true })), Ok(()));
}

#[test]
fn what_cannot_be_read_is_not_null_and_no_test_makes_anything_certain_of_it() {
    let catalog = columns(&[("at", "date-time"), ("on", "date"), ("days", "number")]);
    let at = ["05/11/2026 09:30", "", " ", "2026-11-05T09:30:00.000+0000 UTC", "2026-02-30", "now"];
    let at = at.map(Json::from).into_iter();
    let others = [json!(1_793_491_200_000_u64), json!(true), json!({}), json!([1])];
    for value in at.chain(others) {
        let record = json!({ "at": value, "on": value });
        for (source, want) in [
            ("at IS NULL", "false"),
            ("(at) IS NULL", "false"),
            ("on IS NULL", "false"),
            ("at IS NOT NULL", "true"),
            ("at IS NULL OR at < current_timestamp - INTERVAL '30 days'", "`at` is not a timestamp"),
            ("coalesce(at, TIMESTAMP '2000-01-01 00:00') < current_timestamp", "`at` is not a timestamp"),
            ("coalesce(days, at, days) IS NULL", "`at` is not a timestamp"),
            ("nullif(at, current_timestamp) IS NULL", "`at` is not a timestamp"),
            ("nullif(now(), at) IS NOT NULL", "`at` is not a timestamp"),
            ("(at > '2026-01-01') IS NOT TRUE", "`at` is not a timestamp"),
            ("(at > '2026-01-01') IS NOT FALSE", "`at` is not a timestamp"),
            ("(at > '2026-01-01') IS UNKNOWN", "`at` is not a timestamp"),
            ("(days = 1 AND at > now()) IS NULL", "`at` is not a timestamp"),
            ("(at IS TRUE) IS NOT NULL", "`at` is not a timestamp"),
            ("(on + days) IS NULL", "`on` is not a date"),
            ("(on BETWEEN days AND now()) IS NULL", "`on` is not a date"),
            ("days IN (7, length(left('a', on - current_date))) IS NULL", "`on` is not a date"),
            ("CAST(at AS DATE) IS NULL", "`at` is not a timestamp"),
            ("at > now() OR TRUE", "true"),
            ("at > now() AND days IS NOT NULL", "false"),
            ("(at > now() AND FALSE) IS NOT NULL", "true"),
        ] {
            let compiled = compile(source, &catalog).unwrap_or_else(|why| panic!("{source}: {why}"));
            assert_eq!(said(compiled.decide(&record)), want, "{source} of {record}");
        }
    }
    let late = json!({ "at": "9999-12-31T23:59:59Z" });
    assert_eq!(said(compile("at IS NULL", &catalog).unwrap().decide(&late)), "false", "the end of time");
    for source in
        ["at > now()", "at > current_date", "at > TIMESTAMP '9999-12-01 00:00'", "at >= DATE '9999-12-31'"]
    {
        assert_eq!(said(compile(source, &catalog).unwrap().decide(&late)), "true", "{source}: for ever");
    }
    let huge = compile("days IS NULL", &catalog).unwrap().condition.decide(|_| Ok(Some("1e1001")));
    assert_eq!(said(huge), "false", "a number beyond all bounds");
}

#[test]
fn a_clash_is_null_and_neither_true_nor_not_true() {
    let record = json!({ "opt": "yes", "n": 1 });
    let clash = "`opt` is text, compared with a truth value: write CAST(opt AS BOOLEAN)";
    for (source, want) in [
        ("(opt = TRUE) IS NOT TRUE", clash),
        ("(opt = TRUE) IS NOT FALSE", clash),
        ("(gone = 1 OR opt = TRUE) IS NOT TRUE", clash),
        ("coalesce(gone = 1, opt = TRUE) IS NOT TRUE", clash),
        ("(opt = TRUE) IS NULL", "true"),
        ("(opt = TRUE) IS UNKNOWN", "true"),
        ("coalesce(opt = TRUE, TRUE)", "true"),
        ("(gone = TRUE) IS NOT TRUE", "true"),
        ("(n / 0 = 1) IS NOT TRUE", "true"),
        ("(nullif(n, 1) = 1) IS NOT FALSE", "true"),
    ] {
        assert_eq!(of(source, &record), want, "{source}");
    }
}

#[test]
fn the_ready_lines_on_consent_and_expiry_call_nobody_whose_consent_is_not_plain() {
    let page = include_str!("../../../docs/calling-rules.md");
    let (_, block) = page.split_once("```sql\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    let catalog = columns(&[("consent_at", "string"), ("valid_until", "string")]);
    // It is the 23rd of November there, at three in the morning.
    for source in block.lines() {
        let typed = compile(source, &Json::Null);
        assert!(typed.is_ok(), "{source}: {typed:?}");
        assert_ne!(of(source, &json!({ "last_refusal_at": "2026-01-01" })), "true", "{source} of nothing");
    }
    for (source, value, want) in [
        ("CAST(consent_at AS DATE) > current_date - INTERVAL '365 days'", json!("2025-11-24"), "true"),
        ("CAST(consent_at AS DATE) > current_date - INTERVAL '365 days'", json!("20251124"), "true"),
        (
            "CAST(consent_at AS DATE) > current_date - INTERVAL '365 days'",
            json!("2025-11-23T17:30:00Z"),
            "true",
        ),
        ("CAST(consent_at AS DATE) > current_date - INTERVAL '365 days'", json!("2025-11-23"), "false"),
        (
            "CAST(consent_at AS DATE) > current_date - INTERVAL '365 days'",
            json!("24/11/2025"),
            "`consent_at` cannot be cast to DATE",
        ),
        (
            "CAST(consent_at AS DATE) > current_date - INTERVAL '365 days'",
            json!(""),
            "`consent_at` cannot be cast to DATE",
        ),
        ("CAST(consent_at AS DATE) > current_date - INTERVAL '365 days'", Json::Null, "`consent_at` is null"),
        ("CAST(valid_until AS TIMESTAMP) > current_timestamp", json!("2026-11-23 03:00:01+07"), "true"),
        ("CAST(valid_until AS TIMESTAMP) > current_timestamp", json!("2026-11-22 20:00:01 UTC"), "true"),
        ("CAST(valid_until AS TIMESTAMP) > current_timestamp", json!("2026-11-23 03:00:00"), "false"),
    ] {
        let column = if source.contains("consent_at") { "consent_at" } else { "valid_until" };
        let compiled = compile(source, &catalog).unwrap();
        assert_eq!(said(compiled.decide(&json!({ column: value }))), want, "{source} of {value}");
    }
}
