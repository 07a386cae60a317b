use super::*;

/// Templates over the columns `name` and `amount`, and what is told.
type Table = &'static [(&'static str, &'static str)];

const WORDS_OF_OTHER_LANGUAGES: Table = &[
    ("{{ record.name | upcase }}", "line 1: there is no filter `upcase`; did you mean `upper`?"),
    ("{{ record.name | uper }}", "line 1: there is no filter `uper`; did you mean `upper`?"),
    ("{{ record.name is defned }}", "line 1: there is no test `is defned`; did you mean `is defined`?"),
    (
        "\n{{ record.name.title() }}",
        "line 2: there are no methods such as `.title()`; write record.name | title",
    ),
    (
        "{{ record.name.strip() }}",
        "line 1: there are no methods such as `.strip()`; write record.name | trim",
    ),
    (
        "{{ record.name.replace('a','b') }}",
        "line 1: there are no methods such as `.replace()`; write record.name | replace('a', 'b')",
    ),
    (
        "{{ record.name.split('T')[0] }}",
        "line 1: there are no methods such as `.split()`; write record.name | split('T')",
    ),
    (
        "{{ record.name.startswith('A') }}",
        "line 1: there are no methods such as `.startswith()`; write record.name is startingwith('A')",
    ),
    (
        "{{ '{:,}'.format(record.amount) }}",
        "line 1: there are no methods such as `.format()`; write record.amount | thousands(',')",
    ),
    (
        "{{ ', '.join(record.name) }}",
        "line 1: there are no methods such as `.join()`; write record.name | join(', ')",
    ),
    ("{{ '%s' % record.name }}", "line 1: `%` is for numbers; write '%s' | format(record.name)"),
    ("{{ '0987654321'.strip() }}", "line 1: there are no methods such as `.strip()`; write '****321' | trim"),
    ("{{ len(record.name) }}", "line 1: filters stand behind |; for `len(…)` write record.name | length"),
    ("{{ str(record.amount) }}", "line 1: filters stand behind |; for `str(…)` write record.amount | string"),
    ("{{ int(record.amount) }}", "line 1: filters stand behind |; for `int(…)` write record.amount | int"),
    (
        "{{ round(record.amount, 2) }}",
        "line 1: filters stand behind |; for `round(…)` write record.amount | round(2)",
    ),
    (
        "{{ namespace(a=1) }}",
        "line 1: templates here have no function `namespace`; there is `range`, and filters such as x | upper",
    ),
    ("{{ now() }}", "line 1: `now` is written without (), as in now | date('%d/%m/%Y')"),
    (
        "{{ record.name | map('upper') | join(', ') }}",
        "line 1: `map` takes a name in each item, as in map(attribute='name'); for a filter write {% for x in … %}{{ x | upper }}{% endfor %}",
    ),
];

const NAMES: Table = &[
    ("{{ nam }}", "line 1: nothing is called `nam`; did you mean `record.name`?"),
    ("{{ recrd.x }}", "line 1: nothing is called `recrd`; did you mean `record`?"),
    ("{{ xyz }}", "line 1: nothing is called `xyz`; a column is written as record.column"),
    ("{{ record.tel }}", "no column `tel`"),
    ("{{ record.tel[:3] }}", "no column `tel`"),
    ("{{ record['tel'] }}", "no column `tel`"),
    ("{{ record.tel.x.y }}", "no column `tel`"),
    ("{% for i in record.tel %}{% endfor %}", "no column `tel`"),
    ("{{ record.name | default(record.tel) }}", "no column `tel`"),
    ("{% if record.tel %}{% endif %}", "no column `tel`"),
    ("{% set a = 1 %}{{ record.tel }}{{ record.tel }}", "no column `tel`"),
    (
        "{{ record.tel.strip() }}",
        "no column `tel`\nline 1: there are no methods such as `.strip()`; write record.tel | trim",
    ),
    ("{{ record }}", "line 1: `record` is written with a column, as in record.name"),
    (
        "{{ record[record.name] }}",
        "line 1: a column is looked up by its name, as in record.name or record['a name']",
    ),
    ("{% set record = 1 %}", "line 1: `record` has its meaning, and cannot be set"),
];

const ARGUMENTS: Table = &[
    ("{{ record.name | replace('a') }}", "line 1: `replace` takes 2 (old, new), and is given 1"),
    ("{{ record.name | upper(1) }}", "line 1: `upper` takes no value in (), and is given 1"),
    ("{{ record.amount | round(1, 'up') }}", "line 1: `round` has the methods common, ceil, floor"),
    ("{{ record.amount | round('x') }}", "line 1: `precision` of `round` is a whole number"),
    (
        "{{ record.amount | round(prec=1) }}",
        "line 1: `round` cannot be given `prec` here; it takes at most 2 (precision, method)",
    ),
    (
        "{{ record.amount | thousands('x') }}",
        r"line 1: `thousands` takes one of the marks '.', ',', ' ', '_' and '\''",
    ),
    ("{{ record.name | date('%d %') }}", "line 1: `date` takes a format such as '%d/%m/%Y' or '%H:%M %d/%m'"),
    (
        "{{ record.name | date('dd/mm') }}",
        "line 1: `date` takes a format such as '%d/%m/%Y' or '%H:%M %d/%m'",
    ),
    (
        "{{ '%s %s' | format(record.name) }}",
        "line 1: the format has 2 places for values, and `format` is given 1",
    ),
    (
        "{{ '%x' | format(record.name) }}",
        "line 1: `format` knows %s, %d, %i, %f, %.2f and %% for a per cent sign",
    ),
    ("{{ '5' + 1 }}", "line 1: it is text, not a number; write |int or |float"),
    ("{{ 1 / 0 }}", "line 1: it divides by zero"),
    ("{{ 'x' | int }}", "line 1: its text is no number"),
    ("{{ loop.index }}", "line 1: `loop` is known inside of a loop only"),
    (
        "{% for i in [1] %}{{ loop.cycle(1) }}{{ loop.prev }}{% endfor %}",
        "line 1: there are no methods such as `.cycle()`, but filters behind |\nline 1: a loop has no `prev`; it has index, index0, revindex, revindex0, first, last, length",
    ),
];

const LISTS: Table = &[
    ("{{ [record.name, record.amount] }}", "line 1: a list is not spoken; write |join(', '), or |first"),
    ("{{ record.name | split(',') }}", "line 1: a list is not spoken; write |join(', '), or |first"),
    ("{{ 'x' if record.name else range(3) }}", "line 1: a list is not spoken; write |join(', '), or |first"),
];

const STATEMENTS: Table = &[
    ("{% macro f() %}{% endmacro %}", "line 1: templates here have no macros"),
    ("{% include 'x' %}", "line 1: templates here have no includes or imports"),
    ("{% import 'x' as y %}", "line 1: templates here have no includes or imports"),
    ("{% extends 'x' %}", "line 1: templates here have no blocks that other templates fill"),
    ("{% block a %}{% endblock %}", "line 1: templates here have no blocks that other templates fill"),
    (
        "{% autoescape true %}{% endautoescape %}",
        "line 1: templates here have no autoescape: nothing is escaped",
    ),
    ("{% do range(1) %}", "line 1: templates here have no `do`: nothing can be called"),
    ("{% fro x in [] %}", "line 1: there is no statement `fro`; did you mean `for`?"),
    ("{% for i in [] recursive %}{% endfor %}", "line 1: templates here have no recursive loops"),
    ("{% set n.x = 1 %}", "line 1: `set` takes a plain name"),
    ("{{ record.name", "line 1: `{{` is never closed"),
    ("{% if record.name %}", "line 1: `{% if %}` is never closed; write {% endif %}"),
    ("{name}", "line 1: single braces say their text; write {{ record.name }}"),
    ("{{ record.name | }}", "line 1: unexpected end of variable block, expected identifier"),
];

#[test]
fn what_is_wrong_for_every_record_is_a_mistake() {
    for (template, want) in [WORDS_OF_OTHER_LANGUAGES, NAMES, ARGUMENTS, LISTS, STATEMENTS].concat() {
        assert_eq!(mistakes(template, &["name", "amount"]), want, "{template}");
    }
}

#[test]
fn all_mistakes_of_a_template_are_told_at_once() {
    let template = "{{ record.tel }} {{ record.name | uper }}\n{{ nam }}";
    let want = "no column `tel`\nline 1: there is no filter `uper`; did you mean `upper`?\n\
                line 2: nothing is called `nam`; did you mean `record.name`?";
    assert_eq!(mistakes(template, &["name"]), want);
}
