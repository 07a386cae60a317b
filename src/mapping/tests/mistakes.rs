use super::*;

#[test]
fn every_mistake_of_every_stream_is_told_at_once() {
    let streams = json!([
        { "stream": "people", "campaign": "nine", "only_when": "{{ record.a }}", "fields": [
            { "field": "phone_number", "column": "phon" },
            { "field": "name", "template": "{{ record.title } {{ record.name }}" },
            { "field": "", "column": "a" },
            { "field": "both", "column": "a", "template": "b" },
            { "field": "neither" },
            { "field": "both", "column": "customer.fulname" },
            { "field": "far", "column": "zzz" },
            { "field": "e", "template": "{{ record.titel }} {{ nam }} {{ recrd.x }}" },
            { "field": "f", "template": "{{ record.titel }}" },
            { "field": "g", "template": "title }}" },
            { "field": "u", "template": "{{ record.name|upcase }}" },
            { "field": "h", "template": "{{ title }} {{ xyz.y }}" },
        ] },
        { "stream": "others", "only_when": "a =", "fields": [{ "field": "phoneNumber", "column": "a" }] },
        { "stream": "poeple", "fields": [{ "field": "phone_number", "column": "a" }] },
        { "stream": "people" },
        { "stream": " " },
        { "stream": "spaced", "namespace": "private" },
    ]);
    let mut people = schema(&["phone", "title", "name", "a"]);
    people["properties"]["customer"] = json!({ "properties": { "full_name": {} } });
    let others = schema(&["a"]);
    let catalog = [
        shape("people", &people),
        shape("others", &others),
        StreamShape { name: "spaced", namespace: "public", json_schema: UNKNOWN, primary_key: &[] },
        shape("unmapped", UNKNOWN),
    ];
    insta::assert_snapshot!(mistakes(&config(&streams, &json!({})), &with_fields(), &catalog), @"
    streams[3].stream: stream `people` is listed twice
    streams[4].stream: the stream has no name
    streams[2].stream: the connection has no stream `poeple`; did you mean `people`?
    streams[5].namespace: the connection has no stream `spaced` of namespace `private`, but `spaced` of namespace `public`
    streams: nothing says how to map stream `unmapped`: add an entry, or take it out of the connection
    streams[0].campaign: a job is a number
    streams[0].only_when: a condition is SQL; as a it has a mistake, too: `a` can never be TRUE: `a` is text, and a condition takes a truth value: write CAST(a AS BOOLEAN)
    streams[0].fields[0].column: stream `people` has no column `phon`; did you mean `phone`?
    streams[0].fields[1].template: line 1: `{{` is never closed; a single `}` does not close it
    streams[0].fields[2].field: the field has no name
    streams[0].fields[3]: fill in either column or template, not both
    streams[0].fields[4]: fill in either column or template
    streams[0].fields[5].field: the field `both` is listed twice
    streams[0].fields[5].column: stream `people` has no column `customer.fulname`; did you mean `customer.full_name`?
    streams[0].fields[6].column: stream `people` has no column `zzz`; it has `phone`, `title`, `name`, `a`, `customer`
    streams[0].fields[7].template: stream `people` has no column `titel`; did you mean `title`?
    streams[0].fields[7].template: line 1: nothing is called `nam`; did you mean `record.name`?
    streams[0].fields[7].template: line 1: nothing is called `recrd`; did you mean `record`?
    streams[0].fields[8].template: stream `people` has no column `titel`; did you mean `title`?
    streams[0].fields[9].template: line 1: `}}` closes nothing
    streams[0].fields[10].template: line 1: there is no filter `upcase`; did you mean `upper`?
    streams[0].fields[11].template: line 1: nothing is called `title`; did you mean `record.title`?
    streams[0].fields[11].template: line 1: nothing is called `xyz`; a column is written as record.column
    streams[1].only_when: expected: an expression, found its end
    streams[1].fields[0].field: `phoneNumber` is no field of the contact; did you mean `phone_number`? If the script has a variable of this name, set `variable` to true
    ");
}

#[test]
fn reserved_names_are_mistakes() {
    let fields =
        json!([{ "field": "so_dien_thoai", "column": "a" }, { "field": "contact_id", "template": "x" }]);
    insta::assert_snapshot!(mistakes(&people(&json!({}), &fields), &bare(), &[shape("people", UNKNOWN)]), @"
    streams[0].fields[1].field: paper uses the name `so_dien_thoai` itself; no variable can be called so
    streams[0].fields[2].field: paper uses the name `contact_id` itself; no variable can be called so
    ");
}

#[test]
fn check_finds_without_a_catalog_what_needs_none() {
    let streams = json!([
        { "stream": "people", "fields": [{ "field": "name", "template": "{% if %}" }] },
        { "stream": "people", "namespace": "b", "fields": [{ "field": "phone_number", "column": "p.q" }] },
        { "stream": "people", "namespace": "b", "campaign": "x" },
        { "stream": "comment", "campaign": "{# none #}" },
    ]);
    let mut found = Vec::new();
    check_streams(&config(&streams, &json!({})), &with_fields(), &mut found);
    insta::assert_snapshot!(lines(&found), @"
    streams[2].stream: stream `people` of namespace `b` is listed twice
    streams[0].fields[0].template: line 1: `{% if %}` is never closed; write {% endif %}
    streams[0].fields: no field is phone_number; say which column or template holds the number to call
    streams[2].campaign: a job is a number
    streams[3].campaign: the template of the campaign gives nothing
    ");
}

#[test]
fn the_phone_section_is_checked_once() {
    let phone =
        json!({ "default_region": "XX", "allowed_countries": ["YY", "Vietnam"], "region_column": "land" });
    let config = config(&json!([]), &phone);
    let columns = schema(&["phone_number", "country"]);
    let catalog = [shape("a", &columns), shape("b", &columns)];
    insta::assert_snapshot!(mistakes(&config, &with_fields(), &catalog), @"
    phone.default_region: is no country; write its two letters by ISO 3166, such as VN (Vietnam), CN (China), GB (the United Kingdom)
    phone.allowed_countries[0]: is no country; write its two letters by ISO 3166, such as VN (Vietnam), CN (China), GB (the United Kingdom)
    phone.allowed_countries[1]: is no country; write its two letters by ISO 3166, such as VN (Vietnam), CN (China), GB (the United Kingdom)
    phone.region_column: stream `a` has no column `land`; it has `phone_number`, `country`; stream `b` has none either
    ");
}

#[test]
fn an_entry_with_the_very_namespace_goes_before_one_without() {
    let fields = |column| json!([{ "field": "phone_number", "column": column }]);
    let streams = json!([
        { "stream": "people", "fields": fields("any") },
        { "stream": "people", "namespace": "b", "fields": fields("b") },
    ]);
    let config = config(&streams, &json!({}));
    for (namespace, want) in [("", "9 +84912345678"), ("a", "9 +84912345678"), ("b", "9 +84987654321")] {
        let stream = StreamShape { name: "people", namespace, json_schema: UNKNOWN, primary_key: &[] };
        let mapping = compiled(&config, &with_fields(), &stream);
        assert_eq!(
            shown(&map(&mapping, r#"{"any":"+84912345678","b":"+84987654321"}"#)),
            want,
            "{namespace}"
        );
    }
}

#[test]
fn a_stream_and_a_field_are_known_by_what_people_see_of_their_names() {
    let streams = json!([{ "stream": "people", "fields": [
        { "field": "\u{feff}phone_number", "column": "phone" },
        { "field": "name\u{200b}", "column": "who" },
    ] }]);
    let config = config(&streams, &json!({}));
    for name in ["people ", "\u{feff}people", "people"] {
        assert_eq!(mistakes(&config, &with_fields(), &[shape(name, UNKNOWN)]), "", "{name:?}");
        let mapping = compiled(&config, &with_fields(), &shape(name, UNKNOWN));
        let mapped = map(&mapping, r#"{"phone":"+84987654321","who":"An"}"#);
        assert_eq!(shown(&mapped), "9 +84987654321 name=An", "{name:?}");
    }
}

#[test]
fn a_column_in_another_spelling_is_no_constant() {
    let columns = schema(&["phone", "full_name", "Due Date"]);
    for (template, is_slip) in [
        ("FULL_NAME", true),
        ("full-name", true),
        ("FullName", true),
        ("$full_name", true),
        ("%full_name%", true),
        ("[[full_name]]", true),
        ("<%= full_name %>", true),
        ("record['full_name']", true),
        ("record[\"FULL_NAME\"]", true),
        ("${full_name}", true),
        ("{FULL_NAME}", true),
        (":due_date", true),
        ("Chào %(full_name)s, mời nghe", true),
        ("Chào %full_name%, mời nghe", true),
        ("Chào [full_name], mời nghe", true),
        ("Chào [[ Full_Name ]], mời nghe", true),
        ("Chào <full_name>, mời nghe", true),
        ("Chào <%= full_name %>, mời nghe", true),
        ("Chào «full_name», mời nghe", true),
        ("Chào #full_name#, mời nghe", true),
        ("Chào $full_name, mời nghe", true),
        ("Hạn: [Due Date]", true),
        ("giảm 5% full_name 10%", false),
        ("giảm 5%, phone: 10%", false),
        ("5$ phone", false),
        ("[Zalo] phone", false),
        ("a < phone > b", true),
        ("$names", false),
        ("full name of the customer", false),
        ("names", false),
        ("{{ 'FULL_NAME' }}", false),
        ("5", false),
        ("...", false),
    ] {
        let config = people(&json!({}), &json!([{ "field": "v", "template": template }]));
        let told = mistakes(&config, &with_fields(), &[shape("people", &columns)]);
        assert_eq!(told.contains("{{ record"), is_slip, "{template}: {told}");
    }
}

#[test]
fn what_nobody_sees_in_a_fields_name_is_told() {
    let fields =
        json!([{ "field": "debt\u{200b}", "column": "a" }, { "field": "due\u{7}date", "column": "b" }]);
    insta::assert_snapshot!(mistakes(&people(&json!({}), &fields), &with_fields(), &[shape("people", UNKNOWN)]), @r"
    streams[0].fields[1].field: the name holds characters that nobody sees: `debt\u{200b}`; write it anew
    streams[0].fields[2].field: the name holds characters that nobody sees: `due\u{7}date`; write it anew
    ");
}

/// Without bounds each of these takes minutes.
#[test]
fn thousands_of_unknown_names_beside_thousands_of_known_ones_are_told_in_time() {
    const MANY: usize = 3_000;
    let numbered = |what: &str| (0..MANY).map(|n| format!("{what}_{n:05}")).collect::<Vec<_>>();
    let fields = json!([{ "field": "phone_number", "template": "x" }]);
    let columns = numbered("column");
    let wide = schema(&columns.iter().map(String::as_str).collect::<Vec<_>>());
    let names = numbered("stream");
    let of_streams: Vec<_> = names.iter().map(|name| shape(name, UNKNOWN)).collect();
    let entries: Vec<_> =
        numbered("strema").iter().map(|name| json!({ "stream": name, "fields": fields })).collect();
    let of_columns: Vec<_> =
        numbered("colunm").iter().map(|name| json!({ "field": name, "column": name })).collect();
    let templates: Vec<_> = numbered("colunm")
        .iter()
        .map(|name| json!({ "field": name, "template": format!("{{{{ record.{name} }}}}") }))
        .collect();
    for (name, config, catalog, near) in [
        ("streams", config(&Value::from(entries), &json!({})), of_streams, "did you mean `stream_00000`?"),
        (
            "columns",
            people(&json!({}), &Value::from(of_columns)),
            vec![shape("people", &wide)],
            "did you mean `column_00000`?",
        ),
        (
            "templates",
            people(&json!({}), &Value::from(templates)),
            vec![shape("people", &wide)],
            "did you mean `column_00000`?",
        ),
    ] {
        let started = std::time::Instant::now();
        let told = mistakes(&config, &with_fields(), &catalog);
        let seconds = started.elapsed().as_secs_f64();
        assert!(told.lines().count() >= MANY, "{name}: each is told, {}", told.lines().count());
        assert!(told.contains(near), "{name}: {:?}", told.lines().next());
        assert!(seconds < 20.0, "{name}: {seconds} s");
    }
}
