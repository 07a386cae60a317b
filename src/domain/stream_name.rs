//! Which stream a record is of.

use std::fmt;

use crate::phone::shown;

/// A stream's name within its namespace; absent, null and blank namespaces are the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamName {
    /// Usually the schema in the source's database; blank when there is none.
    pub namespace: String,
    /// The stream's own name.
    pub name: String,
}

/// As messages show it: any text may be a stream's name.
impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.namespace.is_empty() {
            write!(f, "{}.", shown(&self.namespace))?;
        }
        f.write_str(&shown(&self.name))
    }
}
