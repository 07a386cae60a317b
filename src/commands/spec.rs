//! `spec`: the configuration form.

use std::io::Write;

use crate::config::schema;
use crate::domain::error::Error;
use crate::protocol::Output;

pub(super) fn run(output: &mut Output<impl Write>) -> Result<(), Error> {
    output.spec(&schema::specification())
}
