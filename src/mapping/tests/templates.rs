use super::*;

/// What a template gives on a record, beside a good number.
fn rendered(template: &str, members: &str) -> String {
    let fields = json!([{ "field": "v", "template": template }]);
    let mapping = compiled(&people(&json!({}), &fields), &with_fields(), &shape("people", UNKNOWN));
    let shown = shown(&map(&mapping, &format!(r#"{{"phone":"+84987654321"{members}}}"#)));
    shown
        .strip_prefix("9 +84987654321")
        .map_or(shown.clone(), |rest| rest.trim_start_matches(" v=").to_owned())
}

#[test]
fn templates_follow_the_rules_for_text() {
    for (template, members, want) in [
        ("constant", "", "constant"),
        ("100% {sure}", "", "100% {sure}"),
        ("{{ record.title }} {{ record.name }}", r#","title":"Anh","name":"An""#, "Anh An"),
        ("{{record.a.b}}!", r#","a":{"b":7.0}"#, "7!"),
        ("{{ record.a.b.c }}", r#","a":1"#, ""),
        ("{{ record.a.b.c }}{% if 1 %}{% endif %}", "", ""),
        ("{{ record['first name'] }}", r#","first name":"An""#, "An"),
        ("{{ record.n }}/{{ record.n + 1 }}", r#","n":1.5E3"#, "1500/1501"),
        ("{{ record.n * 2 }}", r#","n":100.50"#, "201"),
        ("{{ record.n }}", r#","n":100.50"#, "100.50"),
        ("{{ record.n / 4 }}", r#","n":1"#, "0.25"),
        (
            "{{ record.n + 0 }}",
            r#","n":170141183460469231731687303715884105727"#,
            "170141183460469231731687303715884105727",
        ),
        (
            "{{ record.n|upper }}",
            r#","n":12345678901234567890123456789012345678901234567890"#,
            "12345678901234567890123456789012345678901234567890",
        ),
        ("{{ record.n }}{# #}", r#","n":12345678901234567890123"#, "12345678901234567890123"),
        ("{{ record.b }} {{ not record.b }}", r#","b":true"#, "true false"),
        ("{{ record.x }}{{ none }}{{ record.y }}.{# #}", r#","x":null"#, "."),
        ("{{ record.o }}{# #}", r#","o":{"a": [1.0, {"b": "x y"}]}"#, r#"{"a":[1.0,{"b":"x y"}]}"#),
        ("{{ record.o.a[1].b }}", r#","o":{"a": [1.0, {"b": "x y"}]}"#, "x y"),
        ("{% for i in record.l %}{{ loop.index }}{{ i }};{% endfor %}", r#","l":["a","b"]"#, "1a;2b;"),
        (
            "{% for k in record.o %}{{ k }}={{ record.o[k] }};{% endfor %}",
            r#","o":{"z":1,"a":2}"#,
            "z=1;a=2;",
        ),
        ("{{ [record.a, 1.0] }}", r#","a":"x""#, r#"["x",1.0]"#),
        ("{{ record.html }}{# #}", r#","html":"<b>&""#, "<b>&"),
        (
            "{{ stream }}/{{ namespace }}/{{ sync_id }}/{{ emitted_at }}/{{ now }}",
            "",
            "people//77/1763712000000/2026-11-22T03:00:00Z",
        ),
        ("line\n", "", "line\n"),
        ("{{ record.a }}\n", r#","a":"x""#, "x"),
        ("{{ record.a }}\r\n{# #}\r\n", r#","a":"x""#, "x\r\n"),
        ("{{ record.a }}\r", r#","a":"x""#, "x"),
        ("{{ record.a.b is defined }} {{ record.z is none }}", r#","z":null"#, "false true"),
        ("{{ record|length }} {{ 'phone' in record }}", "", "1 true"),
        ("e\u{302}{{ record.a }}", "", "ê"),
    ] {
        assert_eq!(rendered(template, members), want, "{template:?}");
    }
}

#[test]
fn both_ways_of_rendering_agree() {
    // The comment sends the same template through the engine.
    for template in
        ["{{ record.a }}", "x{{ record.a.b }}y", " {{record.a}} {{ record.b }}\n", "{{ record.a }}\r\n"]
    {
        for value in [
            r#""é\n\"q\" ""#,
            "1",
            "-0.0",
            "1e3",
            "0.25",
            "true",
            "null",
            r#"{"b":[1,null]}"#,
            r#""e\u0302""#,
        ] {
            let members = format!(r#","a":{value},"b":{value}"#);
            let through_engine = rendered(&format!("{{# #}}{template}"), &members);
            assert_eq!(rendered(template, &members), through_engine, "{template:?} of {value}");
        }
    }
}

#[test]
fn a_template_that_fails_refuses_the_record_without_its_data() {
    for (template, members, want) in [
        (
            "{{ record.s|int }}",
            r#","s":"secret""#,
            "invalid template_failed field v: invalid operation (line 1)",
        ),
        ("{{ record.n / 0 }}", r#","n":1"#, "invalid template_failed field v: invalid operation (line 1)"),
        (
            "a\n{{ record.s + 1 }}",
            r#","s":"secret""#,
            "invalid template_failed field v: invalid operation (line 2)",
        ),
        (
            "{{ record.s.secret() }}",
            r#","s":"x""#,
            "invalid template_failed field v: unknown method (line 1)",
        ),
        (
            "{% for i in range(90000) %}{% endfor %}",
            "",
            "invalid template_failed field v: it runs for too long",
        ),
        ("{{ 'x' * 70000 }}", "", "invalid template_failed field v: its text is longer than 64 KiB"),
        (
            "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
            "",
            "invalid template_failed field v: invalid operation (line 1)",
        ),
    ] {
        assert_eq!(rendered(template, members), want, "{template}");
    }
    let long = format!(r#","a":"{}""#, "x".repeat(70_000));
    let want = "invalid template_failed field v: its text is longer than 64 KiB";
    assert_eq!(rendered("{{ record.a }}.", &long), want);
}

#[test]
fn deep_nesting_does_not_exhaust_the_stack() {
    let deep = format!(r#","a":{}{}"#, "[".repeat(100_000), "]".repeat(100_000));
    for template in ["{{ [record.a]|string|length }}", "{{ [record.a] }}", "{{ record.a == [] }}"] {
        rendered(template, &deep);
    }
}
