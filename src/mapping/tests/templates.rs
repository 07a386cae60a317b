use super::*;

/// What a template gives on a record, beside a good number.
fn rendered(template: &str, members: &str) -> String {
    with_field(&json!({ "field": "v", "template": template }), members)
}

fn with_field(field: &Value, members: &str) -> String {
    let mapping = compiled(&people(&json!({}), &json!([field])), &with_fields(), &shape("people", UNKNOWN));
    let shown = shown(&map(&mapping, &format!(r#"{{"phone":"+84987654321"{members}}}"#)));
    shown
        .strip_prefix("9 +84987654321")
        .map_or(shown.clone(), |rest| rest.trim_start_matches(" v=").to_owned())
}

#[test]
fn templates_fill_fields() {
    for (template, members, want) in [
        ("constant", "", "constant"),
        ("100% {sure}", "", "100% {sure}"),
        ("{{ record.title }} {{ record.name }}", r#","title":"Anh","name":"An""#, "Anh An"),
        ("{{record.a.b}}!", r#","a":{"b":7.0}"#, "7!"),
        ("{{ record.a.b.c }}", r#","a":1"#, ""),
        ("{{ record['first name'] }}", r#","first name":"An""#, "An"),
        ("{{ record.n }}/{{ record.n + 1 }}", r#","n":1.5E3"#, "1500/1501"),
        (
            "{{ record.n|upper }}",
            r#","n":12345678901234567890123456789012345678901234567890"#,
            "12345678901234567890123456789012345678901234567890",
        ),
        ("{{ record.x }}{{ none }}{{ record.y }}.{# #}", r#","x":null"#, ""),
        ("{{ record.html }}{# #}", r#","html":"<b>&""#, "<b>&"),
        (
            "{{ stream }}/{{ sync_id }}/{{ emitted_at }}/{{ now }}",
            "",
            "people/77/1763712000000/2026-11-22T03:00:00Z",
        ),
        ("{{ stream }}/{{ namespace }}", "", ""),
        ("line\n", "", "line\n"),
        ("{{ record.a }}\r\n{# #}\r\n", r#","a":"x""#, "x\r\n"),
        ("e\u{302}{{ record.a }}", r#","a":"o""#, "êo"),
        ("{{ record.a }}{{ record.b }}", r#","a":"e","b":"\u0302""#, "ê"),
        ("Chào {{ record.a }}", r#","a":"\u0000\u0007""#, ""),
        ("{{ record.a[1:] }}", r#","a":"a\u0000b""#, "b"),
    ] {
        assert_eq!(rendered(template, members), want, "{template:?}");
    }
}

#[test]
fn a_template_of_one_column_gives_what_the_column_gives() {
    for value in
        [r#""é\n\"q\" ""#, "1", "-0.0", "1e3", "0.25", "100.50", "true", "null", r#""e\u0302""#, "[]", "5.00"]
    {
        let members = format!(r#","a":{value}"#);
        let column = with_field(&json!({ "field": "v", "column": "a" }), &members);
        let want = if column == "[]" { "" } else { &*column };
        assert_eq!(rendered("{{ record.a }}", &members), want, "{value}");
    }
}

#[test]
fn default_and_required_serve_where_words_miss_a_value() {
    for (field, want) in [
        (json!({ "template": "{{ record.amount }} VND" }), ""),
        (json!({ "template": "{{ record.amount }} VND", "default": "một khoản" }), "một khoản"),
        (
            json!({ "template": "{{ record.amount }} VND", "required": true }),
            "invalid required_missing field v",
        ),
        (json!({ "template": "{{ record.title }} {{ record.name }}", "required": true }), "An"),
    ] {
        let mut field = field;
        field["field"] = "v".into();
        assert_eq!(with_field(&field, r#","amount":null,"name":"An""#), want, "{field}");
    }
}

#[test]
fn null_is_not_spoken_and_slices_slice() {
    let members = r#","full_name":null,"title":null,"amount_due":null,"due_date":"2026-03-05T00:00:00Z","long":"Nguyễn Thị Ánh Nguyệt Minh""#;
    for (template, want) in [
        ("Kính chào {{ record.full_name | title }}", ""),
        ("{{ 'Anh ' ~ record.full_name }}", ""),
        ("{{ ['Anh', record.full_name] | join(' ') }}", ""),
        ("{{ [record.title, record.full_name] | join(' ') }}", ""),
        ("{{ '%s đồng' | format(record.amount_due) }}", ""),
        ("{{ record.full_name | default('quý khách') }}", "quý khách"),
        ("{{ record.full_name | upper }}", ""),
        ("{{ record.due_date[:10] }}", "2026-03-05"),
        ("{{ record.long[:20] }}", "Nguyễn Thị Ánh Nguyệ"),
    ] {
        assert_eq!(rendered(template, members), want, "{template}");
    }
}

#[test]
fn dates_are_those_of_the_configured_zone() {
    let fields = json!([{ "field": "v", "template": "{{ record.at | date('%d/%m') }}" }]);
    let mut config = people(&json!({}), &fields);
    config.time_zone = "Asia/Ho_Chi_Minh".to_owned();
    let mapping = compiled(&config, &with_fields(), &shape("people", UNKNOWN));
    let mapped = map(&mapping, r#"{"phone":"+84987654321","at":"2026-03-05T20:00:00Z"}"#);
    assert_eq!(shown(&mapped), "9 +84987654321 v=06/03");
}

#[test]
fn a_template_that_fails_refuses_the_record_without_its_data() {
    let long = format!(r#","a":"{}""#, "x".repeat(70_000));
    for (template, members, want) in [
        ("{{ record.s|int }}", r#","s":"secret""#, "field v: column `s`, line 1: its text is no number"),
        ("{{ record.n / 0 }}", r#","n":1"#, "field v: column `n`, line 1: it divides by zero"),
        (
            "a\n{{ record.s + 1 }}",
            r#","s":"secret""#,
            "field v: column `s`, line 2: it is text, not a number; write |int or |float",
        ),
        (
            "{{ record.o }}",
            r#","o":{"secret":1}"#,
            "field v: column `o`, line 1: it is an object; write record.column.name for what is in it",
        ),
        (
            "{% for i in range(9000) %}{% for j in range(9000) %}{% endfor %}{% endfor %}",
            "",
            "field v: line 1: it runs for too long",
        ),
        ("{{ record.a }}.", &long, "field v: column `a`, line 1: its text is longer than 64 KiB"),
    ] {
        assert_eq!(rendered(template, members), format!("invalid template_failed {want}"), "{template}");
    }
}
