use super::*;

#[test]
fn nothing_passes_through_everything_as_nothing() {
    for record in [
        "{}",
        r#"{"x":null}"#,
        r#"{"x":""}"#,
        r#"{"x":" \t\u00a0"}"#,
        r#"{"x":[]}"#,
        r#"{"x":{ }}"#,
        r#"{"x":[null,"",[" "]]}"#,
        r#"{"x":"\u200b\ufeff"}"#,
    ] {
        for template in [
            "{{ record.x }}",
            "{{ record.x | title }}",
            "{{ record.x | upper | trim | truncate(10) }}",
            "{{ 'Anh ' ~ record.x }}",
            "{{ record.x + 1 }}",
            "{{ 1 - record.x }}",
            "{{ record.x * 2 }}",
            "{{ record.x / 0 }}",
            "{{ record.x // 2 }}",
            "{{ record.x % 2 }}",
            "{{ record.x ** 2 }}",
            "{{ -record.x }}",
            "{{ record.x[:10] }}",
            "{{ record.x[0] }}",
            "{{ record.x.y.z }}",
            "{{ 'abcdef'[:record.x] }}",
            "{{ 'abcdef'[record.x] }}",
            "{{ record.x in ['a'] }}",
            "{{ record.x == 'a' }}",
            "{{ record.x < 1 }}",
            "{{ 1 < record.x < 3 }}",
            "{{ '%s đồng' | format(record.x) }}",
            "{{ 'a' | replace('a', record.x) }}",
            "{{ record.x | date }}",
            "{{ record.x | thousands }}",
            "{{ record.x | int }}",
            "{{ record.x | float | round(2) | abs }}",
            "{{ record.x | length }}",
            "{{ record.x | join(', ') }}",
            "{{ record.x | split(',') | first }}",
            "{{ record.x | tojson }}",
            "{{ [[record.x, record.x]][0] }}",
            "{{ [record.x] | join(' ') }}",
            "{{ [record.x] | first }}",
            "{{ [record.x] | sum }}",
            "{{ [record.x] | sort | last }}",
            "{{ record.x | default(record.y) }}",
            "{{ record.x and 'a' }}",
            "{{ record.x or record.y }}",
            "{{ record.x if true else 'a' }}",
            "Kính chào {{ record.x }}",
            "Kính chào {{ record.x | title }}!",
            "{{ record.x }}, {{ 'b' }}",
            "{% for i in record.x %}{{ i }}{% endfor %}",
            "Kính chào {% for i in record.x %}{{ i }}{% endfor %}",
            "{{ [record.x] | tojson }}",
            "có {{ [record.x, record.x][1:] | length }} đơn",
            "{% for i in [record.x, record.x] %}{{ i }} ơi{% endfor %}",
            "{% set a = record.x %}{{ a }}",
            "{% set a %}Anh {{ record.x }}{% endset %}{{ a }}",
            "{% filter upper %}xin chào {{ record.x }}{% endfilter %}",
        ] {
            assert!(["-", ""].contains(&&*said(template, record)), "{template} of {record}");
        }
    }
}

#[test]
fn nothing_is_caught_by_what_asks_for_it() {
    for (template, want) in [
        ("{{ record.x | default('quý khách') }}", "quý khách"),
        ("{{ record.x | d('a') }}", "a"),
        ("Chào {{ record.x | default('') }}", "Chào "),
        ("{{ record.x is defined }} {{ record.x is none }} {{ record.x is undefined }}", "false true true"),
        ("{{ record.x is not none }} {{ record.x is not defined }}", "false true"),
        ("{{ record.x == none }} {{ record.x != none }} {{ none == record.x }}", "true false true"),
        ("{{ not record.x }} {{ not (record.x == 'a') }}", "true true"),
        ("{{ record.x or record.b or 'c' }}", "B"),
        ("{{ 'nữ' if record.x else 'nam' }}", "nam"),
        ("{% if record.x %}a{% else %}b{% endif %}", "b"),
        ("{% if record.x != 'male' %}a{% else %}b{% endif %}", "b"),
        ("{{ [record.x, record.b] | join(' ') }}", "B"),
        ("{{ [record.x, record.b] | first }}", "B"),
        ("{% for i in record.x %}{{ i }}{% else %}không{% endfor %}", "không"),
        ("{{ record.l[5:] | default('x') }}", "x"),
        ("{{ record.l[5:] is none }} {{ record.l[5:] == none }}", "true true"),
        ("{{ record.nothings | default('x') }}", "x"),
        ("{{ record.nothings | unique | default('x') }}", "x"),
        ("{{ [record.x, record.nothings] | list | default('x') }}", "x"),
        ("{% if record.nothings or [record.x] %}a{% else %}b{% endif %}", "b"),
        ("{% set a, b = record.x, record.y %}{{ a | default('x') }}", "x"),
        ("{{ record.zero }} {{ record.no }}", "0 false"),
        ("{{ 'a' if record.zero else 'b' }}{{ 'a' if record.no else 'b' }}", "bb"),
        ("{{ record.zero | default(5) }} {{ record.zero | default(5, true) }}", "0 5"),
        ("{{ record.null }} {{ record.none }}", "Null None"),
    ] {
        let record = r#"{"x":null,"b":"B","l":["a"],"nothings":[null,"",["\n", {}],{ }],"zero":0,"no":false,"null":"Null","none":"None"}"#;
        assert_eq!(said(template, record), want, "{template}");
    }
}

#[test]
fn words_need_all_their_values_and_blanks_close_up() {
    for (template, record, want) in [
        ("{{ record.a }} VND", "{}", "-"),
        ("{{ record.a }} VND", r#"{"a":5}"#, "5 VND"),
        ("{{ record.a }}, {{ record.b }}", r#"{"a":1}"#, "-"),
        ("{{ record.a }}/{{ record.b }}", r#"{"a":1}"#, "-"),
        ("{{ record.a }} {{ record.b }}", r#"{"a":"An"}"#, "An"),
        ("{{ record.a }} {{ record.b }}", r#"{"b":"An"}"#, "An"),
        ("{{ record.a }} {{ record.b }} {{ record.c }}", r#"{"a":"x","c":"y"}"#, "x y"),
        ("{{ record.a }} {{ record.b }}", "{}", "-"),
        (" {{ record.a }} {{ record.b }} ", r#"{"a":1,"b":2}"#, " 1 2 "),
        ("{{ 'Anh' if record.m else 'Chị' }} {{ record.b }}", r#"{"m":true}"#, "-"),
        ("{{ {'M': 'Anh'}[record.m] }} {{ record.b }}", r#"{"m":"M"}"#, "-"),
        ("{{ {'M': 'Anh'}[record.m] }} {{ record.b }}", r#"{"b":"An"}"#, "An"),
        ("{{ 'Kính chào' }} {{ record.a }}", "{}", "-"),
        ("{{ 'Kính' ~ ' chào' | upper }} {{ record.a }}", "{}", "-"),
        ("{{ 5 }} {{ record.a }}", "{}", "-"),
        ("{% set x = 'Kính chào' %}{{ x }} {{ record.a }}", "{}", "-"),
        ("{% set x = 'Kính chào' %}{{ x | upper }} {{ record.a }}", "{}", "-"),
        ("{% set x %}Kính chào{% endset %}{{ x }} {{ record.a }}", "{}", "-"),
        ("{% for x in ['Anh', record.a] %}{{ x }} {% endfor %}", "{}", "-"),
        ("{{ 'Anh ' ~ record.a }} {{ record.b }}", r#"{"a":"An"}"#, "-"),
        ("{{ 'Anh %s' | format(record.a) }} {{ record.b }}", r#"{"a":"An"}"#, "-"),
        ("{{ '%s' | format(record.a) }} {{ record.b }}", r#"{"a":"An"}"#, "An"),
        ("{{ record.a | default('Anh') }} {{ record.b }}", "{}", "-"),
        ("{{ record.a | default('') }} {{ record.b }}", r#"{"b":"An"}"#, " An"),
        ("{{ ['Kính chào', record.a] | join(' ') }}", "{}", "-"),
        ("{{ ['Kính chào', record.a] | join(' ') }}", r#"{"a":"An"}"#, "Kính chào An"),
        ("{{ ['Kính chào', record.a] | unique | join(' ') }}", "{}", "-"),
        ("{{ [record.a, 'quý khách'] | first }}", "{}", "quý khách"),
        ("{{ ' ' }}{{ record.a }}", "{}", "-"),
        ("{{ record.a }}{% if record.b %}, quý khách {{ record.b }}{% endif %}", r#"{"a":"An"}"#, "An"),
        ("{{ record.a }}{% if record.b %}, {{ record.c }}{% endif %}", r#"{"a":"An","b":1}"#, "-"),
        ("{{ record.a }}{% if record.b %}, {{ record.c }}{% endif %}", r#"{"b":1,"c":2}"#, "-"),
        ("{{ record.a }}{{ ', VIP' if record.b }}", r#"{"a":"An"}"#, "An"),
        ("Chào {{ record.a if record.a }}", "{}", "Chào "),
        ("Chào {{ record.a if record.a else '' }}!", "{}", "Chào !"),
        ("{% for i in record.l %}{{ i }}; {% endfor %}", r#"{"l":["a",null]}"#, "-"),
        ("{{ record.a | replace('An', '') }} ơi", r#"{"a":"An"}"#, "-"),
        ("{{ record.a[5:] }} ơi", r#"{"a":"An"}"#, "-"),
        ("{% set x = record.a | default('bạn') %}Chào {{ x }}", "{}", "Chào bạn"),
        ("{% if record.a %}{% endif %}", "{}", ""),
    ] {
        assert_eq!(said(template, record), want, "{template} of {record}");
    }
}

#[test]
fn values_are_said_as_people_write_them() {
    for (template, record, want) in [
        ("{{ 0.1 + 0.2 }}", "{}", "0.3"),
        ("{{ record.a + record.b }}", r#"{"a":0.1,"b":0.2}"#, "0.3"),
        ("{{ record.n }} {{ record.n + 1 }}", r#"{"n":1.5E3}"#, "1500 1501"),
        ("{{ record.n }} {{ record.n ~ ' đ' }} {{ record.n * 2 }}", r#"{"n":100.50}"#, "100.50 100.50 đ 201"),
        ("{{ 1 / 4 }} {{ 1 / 3 }} {{ 6 / 3 }}", "{}", "0.25 0.333333333333 2"),
        ("{{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 2 ** 10 }} {{ 2 ** -1 }}", "{}", "3 -4 2 1024 0.5"),
        (
            "{{ record.n + 0 }}",
            r#"{"n":170141183460469231731687303715884105727}"#,
            "170141183460469231731687303715884105727",
        ),
        ("{{ record.n }} {{ record.m }}", r#"{"n":5.0,"m":-0.0}"#, "5 0"),
        (
            "{{ 1234567890123456.78 }} {{ -0.50 }} {{ 1_000.5 }} {{ 1e3 }} {{ 2.5E-1 }}",
            "{}",
            "1234567890123456.78 -0.5 1000.5 1000 0.25",
        ),
        ("{{ 0.1234567890123456789 * 10 }}", "{}", "1.234567890123456789"),
        ("{{ record.a + record.b }}", r#"{"a":"An","b":"5"}"#, "An5"),
        ("{{ 'a' + 'b' }} {{ 'ab' * 2 }} {{ 1 ~ true }}", "{}", "ab abab 1true"),
        ("{{ 1 < 2 < 3 }} {{ 1 < 2 > 3 }} {{ 'a' == 1 }} {{ '1' != 1 }}", "{}", "true false false true"),
        (
            "{{ 'a' in 'abc' }} {{ 2 in [1, 2] }} {{ 'x' not in ['y'] }} {{ 'k' in {'k': 1} }}",
            "{}",
            "true true true true",
        ),
        ("{{ {'M': 'Anh', 'F': 'Chị'}[record.sex] }}", r#"{"sex":"F"}"#, "Chị"),
        (
            "{{ record.o.a[1].b }} {{ record['first name'] }}",
            r#"{"o":{"a":[1,{"b":"x"}]},"first name":"An"}"#,
            "x An",
        ),
        ("{{ record.l | length }} {{ record.l[-1] }} {{ record.l[0] }}", r#"{"l":["a","b"]}"#, "2 b a"),
        (
            "{% for k in record.o %}{{ k }}{% if not loop.last %}, {% endif %}{% endfor %}",
            r#"{"o":{"z":1,"a":2}}"#,
            "z, a",
        ),
        (
            "{% for k, v in record.o | items %}{{ k }}={{ v }};{% endfor %}",
            r#"{"o":{"z":1,"a":2}}"#,
            "z=1;a=2;",
        ),
        (
            "{% for i in range(1, 6, 2) if i != 3 %}{{ loop.index }}/{{ loop.length }}:{{ i }} {% endfor %}",
            "{}",
            "1/2:1 2/2:5 ",
        ),
        (
            "{% set t = 'a' %}{% for i in [1, 2] %}{{ t }}{% if i == 1 %}{% set t = 'b' %}{% endif %}{{ t }}{% endfor %}",
            "{}",
            "abaa",
        ),
        ("{% with x = 1, y = x + 1 %}{{ x }}{{ y }}{% endwith %}", "{}", "12"),
        ("{% if record.p == 1 %}a{% elif record.p == 2 %}b{% else %}c{% endif %}", r#"{"p":2}"#, "b"),
        (
            "{{ stream }}/{{ sync_id }}/{{ emitted_at }}/{{ now }}",
            "{}",
            "people/77/1763712000000/2026-11-22T20:00:00Z",
        ),
        ("{# no words #}{{ record.a }}\n", r#"{"a":"x"}"#, "x"),
        ("line\n", "{}", "line\n"),
        ("100% {sure}", "{}", "100% {sure}"),
        ("e\u{302}{{ record.a }}", r#"{"a":1}"#, "ê1"),
        ("{% raw %}{{ x }}{% endraw %}", "{}", "{{ x }}"),
        ("{{ record.o | tojson }}", r#"{"o":{"a": [1]}}"#, r#"{"a": [1]}"#),
    ] {
        assert_eq!(said(template, record), want, "{template} of {record}");
    }
}

#[test]
fn slices_are_pythons_by_characters() {
    for (slice, want) in [
        ("[:3]", "Ngu"),
        ("[3:]", "yễn"),
        ("[-3:]", "yễn"),
        ("[:-3]", "Ngu"),
        ("[1:4]", "guy"),
        ("[-1]", "n"),
        ("[4]", "ễ"),
        ("[::2]", "Nuễ"),
        ("[::-1]", "nễyugN"),
        ("[4:1:-1]", "ễyu"),
        ("[:100]", "Nguyễn"),
        ("[100:]", "-"),
        ("[9]", "-"),
        ("[-100:2]", "Ng"),
    ] {
        let template = format!("{{{{ record.x{slice} }}}}");
        assert_eq!(said(&template, r#"{"x":"Nguye\u0302\u0303n"}"#), want, "{slice}");
    }
    assert_eq!(said("{{ record.due[:10] }}", r#"{"due":"2026-03-05T00:00:00Z"}"#), "2026-03-05");
    assert_eq!(said("{{ record.id[-4:] }}", r#"{"id":79123456789}"#), "6789", "digits of a number");
    assert_eq!(said("{{ record.l[1:] | join('+') }}", r#"{"l":[1,2,3]}"#), "2+3");
}

#[test]
fn a_record_that_cannot_be_said_is_refused_with_its_column_and_without_its_value() {
    for (template, record, want) in [
        ("{{ record.s | int }}", r#"{"s":"secret"}"#, "column `s`, line 1: its text is no number"),
        (
            "a\n{{ record.s + 1 }}",
            r#"{"s":"5"}"#,
            "column `s`, line 2: it is text, not a number; write |int or |float",
        ),
        ("{{ record.n / record.m }}", r#"{"n":1,"m":0}"#, "columns `n` and `m`, line 1: it divides by zero"),
        (
            "{{ record.s < 3 }}",
            r#"{"s":"2"}"#,
            "column `s`, line 1: it compares text with a number; write |int or |float",
        ),
        (
            "{{ record.a.b }}",
            r#"{"a":{"b":{"c":1}}}"#,
            "column `a.b`, line 1: it is an object; write record.column.name for what is in it",
        ),
        ("{{ record.l }}", r#"{"l":[1]}"#, "column `l`, line 1: it is a list; write |join(', '), or |first"),
        (
            "{{ 'x' ~ record.l }}",
            r#"{"l":[1]}"#,
            "column `l`, line 1: it is a list; write |join(', '), or |first",
        ),
        (
            "{{ record.d | date }}",
            r#"{"d":"05/03/2026"}"#,
            "column `d`, line 1: it is no date in a spelling with one meaning, such as 2026-03-05",
        ),
        (
            "{{ record.d | date('%H:%M') }}",
            r#"{"d":"2026-03-05"}"#,
            "column `d`, line 1: it is a date without a time, and its format asks for one",
        ),
        ("{{ record.d | thousands }}", r#"{"d":"1,5"}"#, "column `d`, line 1: its text is no number"),
        (
            "{% set x = record.s %}{{ x | abs }}",
            r#"{"s":"5"}"#,
            "column `s`, line 1: it is text, not a number; write |int or |float",
        ),
        (
            "{% for i in record.n %}{% endfor %}",
            r#"{"n":5}"#,
            "column `n`, line 1: it is a number, not a list",
        ),
        (
            "{{ [1, record.n] | sort | first }}",
            r#"{"n":"5"}"#,
            "column `n`, line 1: it sorts texts and numbers together",
        ),
        ("{{ 'x' * record.n }}", r#"{"n":70000}"#, "column `n`, line 1: its text is longer than 64 KiB"),
        (
            "{{ record.n in 'abc' }}",
            r#"{"n":5}"#,
            "column `n`, line 1: it looks for a number in text; write |string",
        ),
    ] {
        assert_eq!(said(template, record), format!("refused: {want}"), "{template}");
    }
}

#[test]
fn what_is_no_number_or_too_large_to_be_said_is_refused() {
    for (template, record, want) in [
        (
            "{{ record.s * 2 }}",
            r#"{"s":"5"}"#,
            "column `s`, line 1: it is text, not a number; write |int or |float",
        ),
        (
            "{{ record.s * 2 }}",
            r#"{"s":"An"}"#,
            "column `s`, line 1: it is text, not a number; write |int or |float",
        ),
        (
            "{{ record.a + record.b }}",
            r#"{"a":"5"," b":1,"b":" 1.5 "}"#,
            "columns `a` and `b`, line 1: both texts are numbers; write |int or |float to add them, or ~",
        ),
        ("{{ record.n }}", r#"{"n":1e5000}"#, "column `n`, line 1: it has too many digits to be said"),
        (
            "{{ record.n ~ 'đ' }}",
            r#"{"n":-1E-5000}"#,
            "column `n`, line 1: it has too many digits to be said",
        ),
        (
            "{{ 2 ** record.n }}",
            r#"{"n":-9223372036854775808}"#,
            "column `n`, line 1: a power is a whole number from -100 to 100",
        ),
        (
            "{{ record.s | round(record.n) }}",
            r#"{"n":-9223372036854775808,"s":1}"#,
            "columns `s` and `n`, line 1: it rounds to more than 100 places",
        ),
    ] {
        assert_eq!(said(template, record), format!("refused: {want}"), "{template}");
    }
}
