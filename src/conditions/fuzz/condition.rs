//! A condition as the reference knows it, and the columns that it names.

/// A condition as the reference knows it.
#[derive(Clone, Debug)]
pub(super) enum E {
    Column(usize),
    Null,
    Bool(bool),
    /// As it is written.
    Number(&'static str),
    Text(&'static str),
    /// Days since 1970.
    Date(i64),
    /// A text that is a date, beside a date.
    DateText(i64),
    Today,
    Now,
    Days(i64),
    And(Vec<E>),
    Or(Vec<E>),
    Not(Box<E>),
    Compare(&'static str, Box<[E; 2]>),
    Between(bool, Box<[E; 3]>),
    In(bool, Box<E>, Vec<E>),
    /// Negated; without regard to case; text and pattern; the escape.
    Like(bool, bool, Box<[E; 2]>, Option<char>),
    Is(bool, &'static str, Box<E>),
    Negate(Box<E>),
    Arithmetic(char, Box<[E; 2]>),
    Join(Box<[E; 2]>),
    Call(&'static str, Vec<E>),
    Cast(Box<E>, &'static str),
}

/// The columns: their names, and what the catalog says of them.
pub(super) const COLUMNS: [(&str, Option<&str>); 8] = [
    ("a", None),
    ("b", None),
    ("c", None),
    ("t", Some(r#"{"type":["null","string"]}"#)),
    ("n", Some(r#"{"type":["null","number","string"]}"#)),
    ("ok", Some(r#"{"type":["null","boolean"]}"#)),
    ("on", Some(r#"{"type":["null","string"],"format":"date"}"#)),
    ("at", Some(r#"{"type":["null","string"],"format":"date-time"}"#)),
];
