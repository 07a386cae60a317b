use super::*;

fn judged(only_when: &str, members: &str) -> String {
    let config = people(&json!({ "only_when": only_when }), &json!([]));
    let mapping = compiled(&config, &with_fields(), &shape("people", UNKNOWN));
    shown(&map(&mapping, &format!(r#"{{"phone":"+84987654321"{members}}}"#)))
}

/// The mistakes of a condition on a stream with these columns.
fn refused(only_when: &str, schema: &Value) -> String {
    let config = people(&json!({ "only_when": only_when }), &json!([]));
    mistakes(&config, &with_fields(), &[shape("people", schema)])
}

const CALLED: &str = "9 +84987654321";

#[test]
fn only_true_lets_a_record_pass() {
    for (only_when, members, want) in [
        ("consent = 'yes'", r#","consent":"yes""#, CALLED),
        ("consent = 'yes'", r#","consent":"Yes""#, "suppressed only_when `consent = 'yes'` is FALSE"),
        (
            "consent = 'yes'",
            "",
            "suppressed condition_unknown `consent = 'yes'` is unknown: `consent` is missing",
        ),
        ("a.b = 1", r#","a":{"b":1.0}"#, CALLED),
        ("a.b = 1", r#","a.b":1"#, CALLED),
        (
            "\"a.b\" = 1",
            r#","a":{"b":1}"#,
            "suppressed condition_unknown `\"a.b\" = 1` is unknown: `\"a.b\"` is missing",
        ),
        ("\"a b\" = 1", r#","a b":1"#, CALLED),
        ("a = 1 AND a < 2 AND A = 3", r#","a":1,"A":3"#, CALLED),
    ] {
        assert_eq!(judged(only_when, members), want, "{only_when} of {members}");
    }
}

#[test]
fn a_column_in_another_spelling_is_not_missing() {
    let odd = |column: &str| format!("`{column}` is there in another spelling: write the column's very name");
    let known = schema(&["phone", "stop", "Stop2", "stop2", "a"]);
    for (only_when, members, want) in [
        ("stop IS NOT TRUE", "", None),
        ("stop IS NOT TRUE", r#","STOP":true"#, Some("stop")),
        ("stop IS NOT TRUE", r#","stop":false,"STOP":true"#, None),
        ("stop IS NULL OR stop = 'x'", r#","Stop ":"yes""#, Some("stop")),
        ("stop IS NULL", r#","stop ":"yes","stop\u200b":"no""#, Some("stop")),
        ("\"đã từ chối\" IS NULL", r#","ĐÃ TỪ CHỐI":1"#, Some("\"đã từ chối\"")),
        ("a.stop IS NULL", r#","a":{"Stop":1}"#, Some("a.stop")),
        ("a.stop IS NULL", r#","A":{"stop":1}"#, Some("a.stop")),
        ("a.stop IS NULL", r#","A.stop":1"#, Some("a.stop")),
        ("a.stop IS NULL", r#","a":{"stopped":1}"#, None),
    ] {
        let want = want.map_or(CALLED.to_owned(), |column| {
            format!("suppressed condition_unknown `{only_when}` is unknown: {}", odd(column))
        });
        assert_eq!(judged(only_when, members), want, "{only_when} of {members}");
    }
    let config = people(&json!({ "only_when": "stop IS NOT TRUE AND stop2 IS NULL" }), &json!([]));
    let mapping = compiled(&config, &with_fields(), &shape("people", &known));
    for (members, is_called) in [
        ("", true),
        (r#","STOP":true"#, false),
        (r#","Stop2":true"#, true), // A column of its own.
        (r#","STOP2":true"#, false),
    ] {
        let told = shown(&map(&mapping, &format!(r#"{{"phone":"+84987654321"{members}}}"#)));
        assert_eq!(told == CALLED, is_called, "{members}: {told}");
    }
}

/// What else of a stream can want a column: what becomes of a record whose condition asks for another spelling of it.
fn judged_beside(wants: &str, column: &str, only_when: &str, schema: &Value, members: &str) -> String {
    let key = [vec![column.to_owned()]];
    let (mut entry, mut fields, mut primary_key) = (json!({ "only_when": only_when }), json!([]), &[][..]);
    let (mut zones, mut regions) = (String::new(), String::new());
    match wants {
        "field" => fields = json!([{ "field": "x", "column": column, "variable": true }]),
        "template" => {
            let template = format!("{{{{ record[\"{column}\"] }}}}");
            fields = json!([{ "field": "x", "template": template, "variable": true }]);
        }
        "campaign" => entry["campaign"] = format!("{{{{ 9 if record[\"{column}\"] else 9 }}}}").into(),
        "primary key" => primary_key = &key,
        "time zone" => column.clone_into(&mut zones),
        "region" => column.clone_into(&mut regions),
        _ => {}
    }
    let mut config = people(&entry, &fields);
    config.rules.window.time_zone_column = zones;
    config.phone.region_column = regions;
    let mapping = compiled(&config, &with_fields(), &StreamShape { primary_key, ..shape("people", schema) });
    shown(&map(&mapping, &format!(r#"{{"phone":"+84987654321"{members}}}"#)))
}

#[test]
fn a_column_in_another_spelling_is_not_missing_where_something_else_wants_it() {
    let unknown = |only_when: &str, column: &str| {
        format!(
            "suppressed condition_unknown `{only_when}` is unknown: `{column}` is there in another spelling: write the column's very name"
        )
    };
    // A value that is a time zone and a country, so that nothing but the condition keeps anybody back.
    for (wants, value) in [
        ("field", "90"),
        ("template", "90"),
        ("campaign", "90"),
        ("primary key", "90"),
        ("time zone", r#""UTC""#),
        ("region", r#""VN""#),
    ] {
        for (column, members) in [
            ("STOP", r#""STOP":V"#),
            ("STOP", r#""STOP":null"#),
            ("STOP", r#""Stop":V"#),
            ("STOP", r#""STOP ":V"#),
            ("STOP", r#""STOP ":V," STOP":V"#),
            ("stop ", r#""stop ":V"#),
        ] {
            let members = format!(",{}", members.replace('V', value));
            for only_when in ["stop IS NULL OR stop < 30", "stop IS NOT TRUE"] {
                let told = judged_beside(wants, column, only_when, UNKNOWN, &members);
                assert_eq!(told, unknown(only_when, "stop"), "{wants} `{column}`, {members}");
            }
        }
        let members = format!(r#","stop":false,"STOP":{value}"#);
        let told = judged_beside(wants, "STOP", "stop IS NOT TRUE", UNKNOWN, &members);
        assert!(told.starts_with(CALLED), "{wants}, the very column beside it: {told}");
    }
    for (column, members, is_called) in [
        ("customer.STOP", r#","customer":{"STOP":1}"#, false),
        ("customer.STOP", r#","customer.STOP":1"#, false),
        ("customer.STOP", r#","customer":{"stopped":1}"#, true),
        ("CUSTOMER.stop", r#","CUSTOMER":{"stop":1}"#, false),
        ("CUSTOMER.stop", r#","CUSTOMER.stop":1"#, false),
        ("CUSTOMER.stop", r#","CUSTOMER":1,"customer":{"stop":null}"#, true),
        ("CUSTOMER", r#","CUSTOMER":{"stop":1}"#, false),
        ("stop", r#","stop":1"#, true),
    ] {
        let only_when = "customer.stop IS NULL";
        let told = judged_beside("field", column, only_when, UNKNOWN, members);
        let is_unknown = told == unknown(only_when, "customer.stop");
        assert_eq!((told.starts_with(CALLED), is_unknown), (is_called, !is_called), "{members}: {told}");
    }
    // The platform's own column, which is looked for in any case.
    assert_eq!(
        judged("_sdc_deleted_at IS NULL", r#","_SDC_DELETED_AT":null"#),
        unknown("_sdc_deleted_at IS NULL", "_sdc_deleted_at")
    );
    assert_eq!(judged("_SDC_DELETED_AT IS NULL", r#","_SDC_DELETED_AT":null"#), CALLED);
}

#[test]
fn a_spelling_that_the_catalog_lists_is_a_column_of_its_own() {
    let both = schema(&["phone", "stop", "Stop"]);
    for (wants, column, members, is_called) in [
        ("field", "Stop", r#","Stop":"x""#, true),
        ("primary key", "Stop", r#","Stop":"x""#, true),
        ("primary key", "STOP", r#","STOP":"x""#, false),
        ("field", "Stop", r#","STOP":"x""#, false),
        ("nothing", "", r#","Stop":"x""#, true),
    ] {
        let told = judged_beside(wants, column, "stop IS NULL", &both, members);
        assert_eq!(told.starts_with(CALLED), is_called, "{wants} `{column}`, {members}: {told}");
    }
    for (schema, only_when, members, is_called) in [
        (&both, "stop IS NULL OR Stop IS NULL", "", true),
        (&both, "stop IS NULL OR Stop IS NULL", r#","STOP":"x""#, false),
        (&both, "Stop IS NULL OR stop IS NULL", r#","STOP":"x""#, false),
        (&both, "stop IS NULL AND Stop = 'x'", r#","Stop":"x""#, true),
        (UNKNOWN, "stop IS NULL OR Stop IS NULL", r#","STOP":"x""#, false),
        (UNKNOWN, "stop IS NULL AND Stop = 'x'", r#","Stop":"x""#, false),
    ] {
        let told = judged_beside("nothing", "", only_when, schema, members);
        assert_eq!(told == CALLED, is_called, "{only_when} of {members}: {told}");
    }
}

#[test]
fn a_part_of_a_text_keeps_back_who_said_stop() {
    for (only_when, members, want) in [
        (
            "left(note, 4) <> 'STOP'",
            r#","note":"STOP by message""#,
            "suppressed only_when `left(note, 4) <> 'STOP'` is FALSE",
        ),
        ("left(note, 4) <> 'STOP'", r#","note":"ok""#, CALLED),
        ("left(mobile, 3) = '098'", r#","mobile":"0987654321""#, CALLED),
    ] {
        assert_eq!(judged(only_when, members), want, "{only_when} of {members}");
    }
    assert_eq!(
        refused("left(notee, 4) <> 'STOP'", &schema(&["phone", "note"])),
        "streams[0].only_when: stream `people` has no column `notee`; did you mean `note`?"
    );
}

#[test]
fn who_has_no_number_is_not_called_however_it_is_asked_for() {
    let missing = |only_when: &str| {
        format!("suppressed condition_unknown `{only_when}` is unknown: `days_overdue` is missing")
    };
    let null = |only_when: &str| {
        format!("suppressed condition_unknown `{only_when}` is unknown: `days_overdue` is null")
    };
    for only_when in [
        "CAST(days_overdue AS DECIMAL) < 30",
        "CAST(days_overdue AS INTEGER) < 30",
        "(CAST(days_overdue AS DECIMAL)) < 30",
        "NOT CAST(days_overdue AS DECIMAL) >= 30",
    ] {
        assert_eq!(judged(only_when, r#","days_overdue":null"#), null(only_when));
        assert_eq!(judged(only_when, ""), missing(only_when));
        assert_eq!(judged(only_when, r#","days_overdue":"10""#), CALLED, "{only_when}");
    }
}

#[test]
fn names_are_those_of_the_catalog() {
    let mut columns = schema(&["phone", "consent", "Odd Name", "x.y"]);
    columns["properties"]["customer"] =
        json!({ "type": "object", "properties": { "tier": { "type": "string" } } });
    columns["properties"]["free"] = json!({ "type": "object" });
    let told: Vec<String> = [
        "Consent = 'yes'",
        "consent = \"yes\"",
        "customer.teir = 'gold'",
        "customer.tier > 5",
        "record.consent == 'yes'",
        "record.consent = 'yes'",
        "\"customer.tier\" = 'gold'",
    ]
    .into_iter()
    .map(|only_when| format!("{only_when}\n    {}", refused(only_when, &columns)))
    .collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    Consent = 'yes'
        streams[0].only_when: stream `people` has no column `Consent`; did you mean `consent`?
    consent = "yes"
        streams[0].only_when: stream `people` has no column `yes`; it has `phone`, `consent`, `Odd Name`, `x.y`, `customer`, `free` (a text: 'yes')
    customer.teir = 'gold'
        streams[0].only_when: stream `people` has no column `customer.teir`; did you mean `customer.tier`?
    customer.tier > 5
        streams[0].only_when: `customer.tier > 5` can never be TRUE: `customer.tier` is text, compared with a number: write CAST(customer.tier AS DECIMAL)
    record.consent == 'yes'
        streams[0].only_when: a condition is SQL; write consent = 'yes'
    record.consent = 'yes'
        streams[0].only_when: stream `people` has no column `record`; it has `phone`, `consent`, `Odd Name`, `x.y`, `customer`, `free`; a column is written without record, as in consent = 'yes'
    "customer.tier" = 'gold'
        streams[0].only_when: stream `people` has no column `customer.tier`; did you mean `customer`? (a text: 'customer.tier')
    "#);
    for only_when in
        ["\"Odd Name\" = 'a'", "x.y = 'a'", "\"x.y\" = 'a'", "customer.tier = 'gold'", "free.any.thing > 5"]
    {
        assert_eq!(refused(only_when, &columns), "", "{only_when}");
    }
    assert_eq!(
        refused("record.consent = 'yes'", &json!({ "properties": { "phone": {}, "record": {} } })),
        ""
    );
}

#[test]
fn what_is_below_something_that_is_no_object_is_not_missing() {
    let unknown = |what: &str| {
        format!(
            "suppressed condition_unknown `customer.opted_out IS NULL` is unknown: `customer` is {what}, not an object"
        )
    };
    for (customer, want) in [
        (r#""{\"opted_out\":true}""#, unknown("text")),
        (r#"[{"opted_out":true}]"#, unknown("a list")),
        ("7", unknown("a number")),
        ("false", unknown("a truth value")),
        ("null", CALLED.to_owned()),
        ("{}", CALLED.to_owned()),
        (r#"{"opted_out":null}"#, CALLED.to_owned()),
    ] {
        let members = format!(r#","customer":{customer}"#);
        assert_eq!(judged("customer.opted_out IS NULL", &members), want, "{customer}");
    }
    assert_eq!(judged("customer.opted_out IS NULL", ""), CALLED);
    assert_eq!(
        judged("a.\"b c\".d.e IS NULL", r#","a":{"b c":{"d":"x"}}"#),
        "suppressed condition_unknown `a.\"b c\".d.e IS NULL` is unknown: `a.\"b c\".d` is text, not an object"
    );
}

#[test]
fn nothing_is_below_a_column_that_is_no_object_by_the_catalog() {
    for (of_customer, what) in [
        (json!({ "type": ["null", "string"] }), "text"),
        (json!({ "type": "integer" }), "a number"),
        (json!({ "type": ["boolean", "null"] }), "a truth value"),
        (json!({ "type": "array" }), "a list"),
        (json!({ "oneOf": [{ "type": "null" }, { "type": "string" }] }), "text"),
    ] {
        let columns = json!({ "properties": { "phone": {}, "customer": of_customer } });
        assert_eq!(
            refused("customer.opted_out IS NULL", &columns),
            format!(
                "streams[0].only_when: stream `people` has no column `customer.opted_out`; `customer` is {what} by the catalog, not an object"
            )
        );
        for field in [
            json!({ "field": "x", "column": "customer.tier", "variable": true }),
            json!({ "field": "x", "template": "{{ record.customer.tier }}", "variable": true }),
        ] {
            let told =
                mistakes(&people(&json!({}), &json!([field])), &with_fields(), &[shape("people", &columns)]);
            assert!(told.contains(&format!("`customer` is {what} by the catalog")), "{told}");
        }
    }
    for of_customer in [json!({}), json!({ "type": ["object", "string"] }), json!({ "type": "null" })] {
        let columns = json!({ "properties": { "phone": {}, "customer": of_customer } });
        assert_eq!(refused("customer.opted_out IS NULL", &columns), "", "{columns}");
    }
}

#[test]
fn check_finds_without_a_catalog_what_needs_none() {
    for (only_when, want) in [
        ("record.consent == 'yes'", "streams[0].only_when: a condition is SQL; write consent = 'yes'"),
        ("record.days < 30", "streams[0].only_when: a condition is SQL; write days < 30"),
        ("consent = 'yes' AND", "streams[0].only_when: expected: an expression, found its end"),
        ("\"record\".consent = 'yes'", ""),
        ("consent = 'yes' AND consent_at > current_date - INTERVAL '365 days'", ""),
    ] {
        let mut found = Vec::new();
        check_streams(&people(&json!({ "only_when": only_when }), &json!([])), &with_fields(), &mut found);
        assert_eq!(lines(&found), want, "{only_when}");
    }
}

#[test]
fn days_are_those_of_the_configured_zone() {
    // The run begins at 03:00 in UTC on 22 November.
    for (time_zone, want) in [("UTC", CALLED), ("Asia/Ho_Chi_Minh", CALLED)] {
        let mut config = people(&json!({ "only_when": "CAST(day AS DATE) = current_date" }), &json!([]));
        config.time_zone = time_zone.to_owned();
        let mapping = compiled(&config, &with_fields(), &shape("people", UNKNOWN));
        assert_eq!(
            shown(&map(&mapping, r#"{"phone":"+84987654321","day":"2026-11-22"}"#)),
            want,
            "{time_zone}"
        );
        config.time_zone = "America/New_York".to_owned();
        let mapping = compiled(&config, &with_fields(), &shape("people", UNKNOWN));
        assert_eq!(shown(&map(&mapping, r#"{"phone":"+84987654321","day":"2026-11-21"}"#)), want, "New York");
    }
    let mut config = people(&json!({}), &json!([]));
    config.time_zone = "Asia/Saigonn".to_owned();
    let mut found = Vec::new();
    check_streams(&config, &with_fields(), &mut found);
    assert_eq!(lines(&found), "time_zone: there is no such time zone; did you mean `Asia/Saigon`?");
}

#[test]
fn a_condition_finds_its_columns_as_a_field_does() {
    let config = people(&json!({ "only_when": "consent = 'yes' AND \"số dư\" > 5" }), &json!([]));
    let listed = schema(&["phone", "consent ", "số\u{a0}dư"]);
    let mut listed = listed;
    listed["properties"]["số\u{a0}dư"] = json!({ "type": "number" });
    for schema in [&listed, UNKNOWN] {
        let mapping = compiled(&config, &with_fields(), &shape("people", schema));
        for (data, want) in [
            ("{\"phone\":\"+84987654321\",\"consent \":\"yes\",\"số\u{a0}dư\":6}", "9 +84987654321"),
            ("{\"phone\":\"+84987654321\",\"\u{feff}consent\":\"yes\",\"số dư\":6}", "9 +84987654321"),
        ] {
            assert_eq!(shown(&map(&mapping, data)), want, "{data}");
        }
        let two = map(
            &mapping,
            "{\"phone\":\"+84987654321\",\"\u{feff}consent\":\"yes\",\" consent\":\"no\",\"số dư\":6}",
        );
        assert!(shown(&two).starts_with("suppressed condition_unknown"), "one of two: {}", shown(&two));
    }
}
