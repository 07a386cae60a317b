//! The Singer target under its own name, where no link can be made (a Python wheel holds files only):
//! becomes the program beside it, whose second copy would weigh fifty times as much.

use std::env;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

/// What a shell answers for a program that it does not find.
const NOT_FOUND: u8 = 127;

fn main() -> ExitCode {
    let program = env::current_exe().and_then(|path| path.canonicalize());
    let error = match program.map(|path| path.with_file_name("destination-ai-voice")) {
        // Comes back only when it fails.
        Ok(program) => Command::new(program).arg0("target-ai-voice").args(env::args_os().skip(1)).exec(),
        Err(error) => error,
    };
    // When nobody reads stderr either, the exit code still says it.
    drop(writeln!(
        std::io::stderr(),
        "target-ai-voice: destination-ai-voice, which belongs beside it, does not start: {error}"
    ));
    ExitCode::from(NOT_FOUND)
}
