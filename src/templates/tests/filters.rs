use super::*;

#[test]
fn filters_do_what_their_names_say() {
    let record = r#"{"s":" nguyễn VĂN an ","l":["b","A","c","a",null],"n":-7.25,"o":[{"p":"x","q":2},{"p":"y","q":3}]}"#;
    for (expression, want) in [
        ("record.s | trim | upper", "NGUYỄN VĂN AN"),
        ("record.s | lower | trim", "nguyễn văn an"),
        ("record.s | trim | capitalize", "Nguyễn văn an"),
        ("record.s | title | trim", "Nguyễn Văn An"),
        ("'--a-' | trim('-')", "a"),
        ("'a.b.c' | replace('.', ' chấm ')", "a chấm b chấm c"),
        ("'a.b' | replace(old='.', new='')", "ab"),
        ("'a, b,c' | split(',') | join('|')", "a| b|c"),
        ("'a  b c' | split | join('|')", "a|b|c"),
        ("'a b c' | split(maxsplit=1) | last", "b c"),
        ("'2026-03-05T10' | split('T') | first", "2026-03-05"),
        ("record.l | join", "bAca"),
        ("record.l | sort | join", "Aabc"),
        ("record.l | sort(reverse=true, case_sensitive=true) | join", "cbaA"),
        ("record.l | unique | join", "bAc"),
        ("record.l | reverse | join", "acAb"),
        ("record.l | length", "4"),
        ("record.l | count", "4"),
        ("record.l | first ~ record.l | last", "ba"),
        ("[3, 10, 2] | max ~ [3, 10, 2] | min", "102"),
        ("[0.1, 0.2] | sum", "0.3"),
        ("record.o | sum('q')", "5"),
        ("record.o | map(attribute='p') | join(' và ')", "x và y"),
        ("record.o | join(' ', attribute='p')", "x y"),
        ("'xin chào' | length", "8"),
        ("'abc' | reverse", "cba"),
        ("record.n | abs", "7.25"),
        ("record.n | int", "-7"),
        ("' 12.9 ' | int", "12"),
        ("'12.50' | float", "12.5"),
        ("'x' | int(0)", "0"),
        ("true | int", "1"),
        ("record.n | round", "-7"),
        ("2.5 | round", "3"),
        ("record.n | round(1)", "-7.3"),
        ("record.n | round(1, 'ceil')", "-7.2"),
        ("record.n | round(method='floor')", "-8"),
        ("1250 | round(-2)", "1300"),
        ("5 | string ~ 5", "55"),
        ("'%s nợ %d đồng, %.2f%%' | format('An', 5.9, 0.1)", "An nợ 5 đồng, 0.10%"),
        ("'%f' | format(1)", "1.000000"),
        ("'%.0f' | format(1.5)", "2"),
        ("{'a': [1, none, 'x\"']} | tojson", r#"{"a":[1,null,"x\""]}"#),
    ] {
        assert_eq!(said(&format!("{{{{ {expression} }}}}"), record), want, "{expression}");
    }
}

#[test]
fn thousands_are_separated_by_the_mark() {
    for (value, mark, want) in [
        ("0", "'.'", "0"),
        ("999", "'.'", "999"),
        ("1000", "'.'", "1.000"),
        ("1234567", "'.'", "1.234.567"),
        ("1234567", "','", "1,234,567"),
        ("1234567", "' '", "1 234 567"),
        ("-1234.5", "'.'", "-1.234,5"),
        ("-1234.5", "','", "-1,234.5"),
        ("100.50", "'.'", "100,50"),
        ("1.5E6", "'.'", "1.500.000"),
        ("12345678901234567890123", "'.'", "12.345.678.901.234.567.890.123"),
        (r#""1234567.50""#, "'.'", "1.234.567,50"),
        (r#"" 1e3 ""#, "", "1.000"),
        (r#""0001500""#, "", "1.500"),
        (r#"".5""#, "", "0,5"),
        (r#""-.50""#, "", "-0,50"),
        (r#""5.""#, "", "5"),
        (r#""1500000.00""#, "", "1.500.000"),
        (r#""-0""#, "", "0"),
        (r#""-0.0""#, "", "0"),
        (r#""+01500.5""#, "", "1.500,5"),
        (r#""1.5e-1""#, "", "0,15"),
        ("-0", "", "0"),
        ("-100", "", "-100"),
    ] {
        let template = format!("{{{{ record.x | thousands({mark}) }}}}");
        assert_eq!(said(&template, &format!(r#"{{"x":{value}}}"#)), want, "{value} {mark}");
    }
}

#[test]
fn dates_are_said_in_the_zone() {
    for (value, format, want) in [
        ("2026-03-05", "", "05/03/2026"),
        ("20260305", "'%d-%m'", "05-03"),
        ("2026-03-05T20:00:00Z", "'%d/%m/%Y %H:%M'", "06/03/2026 03:00"),
        ("2026-03-05 20:00:00", "'%d/%m/%Y %H:%M'", "05/03/2026 20:00"),
        ("2026-03-05 20:00:00.123+00", "'ngày %-d tháng %-m'", "ngày 6 tháng 3"),
        ("2026-03-05T00:00:00+07:00", "'%d/%m'", "05/03"),
    ] {
        let template = format!("{{{{ record.x | date({format}) }}}}");
        assert_eq!(said_in(&saigon(), &template, &format!(r#"{{"x":"{value}"}}"#)), want, "{value} {format}");
    }
    assert_eq!(said_in(&saigon(), "{{ emitted_at | date('%d/%m/%Y %H:%M') }}", "{}"), "21/11/2025 15:00");
    assert_eq!(said_in(&saigon(), "{{ now | date }} {{ now | date('%H giờ') }}", "{}"), "23/11/2026 03 giờ");
}

#[test]
fn long_texts_are_cut_at_a_word() {
    let address = r#"{"x":"12 Trần Hưng Đạo, Quận 1, TP. Hồ Chí Minh"}"#;
    for (arguments, want) in [
        ("", "12 Trần Hưng Đạo, Quận 1, TP. Hồ Chí Minh"),
        ("20, end='', leeway=0", "12 Trần Hưng Đạo,"),
        ("20, leeway=0", "12 Trần Hưng Đạo,..."),
        ("16, end='', leeway=0", "12 Trần Hưng"),
        ("17, end='', leeway=0", "12 Trần Hưng Đạo,"),
        ("20, true, ''", "12 Trần Hưng Đạo, Qu"),
        ("36", "12 Trần Hưng Đạo, Quận 1, TP. Hồ Chí Minh"),
        ("2, end='', leeway=0", "12"),
        ("0, end='', leeway=0", "-"),
    ] {
        assert_eq!(
            said(&format!("{{{{ record.x | truncate({arguments}) }}}}"), address),
            want,
            "{arguments}"
        );
    }
}

#[test]
fn questions_are_answered_with_true_or_false() {
    let record = r#"{"n":6,"f":1.5,"s":"Anh An","b":true,"l":[1]}"#;
    for (question, want) in [
        ("record.s is string", "true"),
        ("record.n is string", "false"),
        ("record.n is number", "true"),
        ("record.n is integer", "true"),
        ("record.f is integer", "false"),
        ("record.f is float", "true"),
        ("record.n is even", "true"),
        ("record.n is odd", "false"),
        ("record.n is divisibleby 3", "true"),
        ("record.n is divisibleby(4)", "false"),
        ("record.b is true", "true"),
        ("record.b is false", "false"),
        ("record.b is boolean", "true"),
        ("record.l is sequence", "true"),
        ("record.n is eq 6", "true"),
        ("record.n is ne(6)", "false"),
        ("record.n is lt 7", "true"),
        ("record.n is ge 7", "false"),
        ("record.n is in [5, 6]", "true"),
        ("record.s is startingwith 'Anh'", "true"),
        ("record.s is not endingwith('An')", "false"),
        ("record.z is odd", "false"),
        ("record.s is odd", "refused: column `s`, line 1: it is text, not a number; write |int or |float"),
    ] {
        assert_eq!(said(&format!("{{{{ {question} }}}}"), record), want, "{question}");
    }
}
