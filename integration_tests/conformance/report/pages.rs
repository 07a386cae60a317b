//! Writes reports of invented runs, one for each way in which a page can look, to be opened in a browser.

#[path = "runs.rs"]
mod runs;

use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder = PathBuf::from(env::args_os().nth(1).unwrap_or_else(|| "target/reports".into()));
    fs::create_dir_all(&folder)?;
    for (name, document) in runs::documents() {
        fs::write(folder.join(format!("{name}.html")), document.html())?;
        fs::write(folder.join(format!("{name}.json")), document.json())?;
    }
    Ok(())
}
