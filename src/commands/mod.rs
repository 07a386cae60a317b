//! One file a command, wiring only.

#[cfg(test)]
mod agreement;
mod archive;
mod baseline;
mod campaign;
mod check;
mod csv_cell;
mod demo;
mod demo_files;
mod discover;
mod do_not_call;
mod find;
mod forget;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod key_file;
mod ledger;
mod list;
mod list_sync;
mod load_config;
#[cfg(test)]
mod mistakes;
mod number;
mod preview;
mod promises;
mod read_file;
mod rescope;
mod run_facts;
mod sandbox;
mod settle;
mod singer;
mod spec;
mod write;

use std::io::{Read, Write};

use futures_util::Stream;
use jiff::Timestamp;

use crate::cli::{Cli, Command, Environment, LedgerCommand, PlatformCommand};
use crate::domain::error::Error;
use crate::protocol::Output;

/// What a command is given of the world.
pub struct Io<R, W, S> {
    /// The platform's messages.
    pub stdin: R,
    /// The protocol's lines, or text for people.
    pub stdout: W,
    /// Lines for people, where stdout is for states only.
    pub stderr: Box<dyn Write>,
    /// The time at the start.
    pub now: Timestamp,
    /// What the platform says beside the arguments.
    pub environment: Environment,
    /// The names of the signals that ask the run to end, as they come; it never ends itself.
    pub signals: S,
    /// Whether a person watches stdout.
    pub is_terminal: bool,
    /// Whether stdout was closed from the start: whatever is written there is lost.
    pub is_stdout_closed: bool,
}

/// Runs a command; gives whether it succeeded. What failed has been said.
pub async fn run<R, W, S>(cli: Cli, world: Io<R, W, S>) -> bool
where
    R: Read + Send + 'static,
    W: Write,
    S: Stream<Item = &'static str> + Unpin,
{
    let Io { stdin, mut stdout, stderr, now, environment, signals, is_terminal, is_stdout_closed } = world;
    if is_stdout_closed && hands_states_back(&cli) {
        let mut stderr = stderr;
        // When nobody reads stderr either, the exit code still says it.
        drop(writeln!(
            stderr,
            "destination-ai-voice: stdout is closed, so nobody would receive the states; nothing was sent"
        ));
        return false;
    }
    let Some(command) = cli.command else {
        let output = Output::singer(stdout, stderr);
        return singer::run(&cli.target, stdin, output, now, &environment, signals).await;
    };
    // Its stdout is a table, in which an error would be a line.
    let is_table = matches!(command, Command::Ledger(LedgerCommand::List(_)));
    let for_people = match command {
        Command::Sandbox(arguments) => sandbox::run(&arguments, now, &mut stdout, signals).await,
        Command::Ledger(command) => ledger::run(command, stdin, now, &environment, &mut stdout).await,
        Command::Preview(arguments) => {
            return preview::run(&arguments, stdin, &mut stdout, stderr, now, &environment).await;
        }
        Command::Demo(arguments) => demo::run(&arguments, now, &mut stdout, is_terminal).await,
        Command::Platform(command) => {
            let output = if is_terminal { Output::terminal(stdout) } else { Output::new(stdout) };
            return platform(command, stdin, output, now, &environment, signals).await;
        }
    };
    match for_people {
        Ok(()) => true,
        Err(error) => {
            let mut stderr = stderr;
            let told: &mut dyn Write = if is_table { &mut stderr } else { &mut stdout };
            // When nobody reads it, the exit code still says it.
            drop(writeln!(told, "{}", error.with_causes()));
            false
        }
    }
}

/// Says that nothing can begin; gives whether the command has succeeded all the same, as a check that says no has.
pub fn refuse(
    cli: &Cli,
    stdout: impl Write,
    mut stderr: Box<dyn Write>,
    error: &Error,
    now: Timestamp,
) -> bool {
    let said = match &cli.command {
        None => Output::singer(stdout, stderr).failure(error, now),
        Some(Command::Platform(PlatformCommand::Check(_))) => {
            return Output::new(stdout).connection_status(Err(&error.with_causes())).is_ok();
        }
        Some(Command::Platform(_)) => Output::new(stdout).failure(error, now),
        Some(_) => writeln!(stderr, "{}", error.with_causes()).map_err(Error::Output),
    };
    // When nobody reads it, the exit code still says it.
    drop(said);
    false
}

/// Whether the command is a sync, of which stdout must tell.
fn hands_states_back(cli: &Cli) -> bool {
    match &cli.command {
        None => !cli.target.about,
        Some(command) => matches!(command, Command::Platform(PlatformCommand::Write(_))),
    }
}

/// Runs a command of the platform, whose stdout holds messages only where a program reads it.
async fn platform<R: Read + Send + 'static, W: Write>(
    command: PlatformCommand,
    stdin: R,
    mut output: Output<W>,
    now: Timestamp,
    environment: &Environment,
    signals: impl Stream<Item = &'static str> + Unpin,
) -> bool {
    let result = match command {
        PlatformCommand::Spec => spec::run(&mut output),
        PlatformCommand::Check(arguments) => {
            check::run(&arguments, now, &environment.network, &mut output).await
        }
        PlatformCommand::Discover(arguments) => {
            discover::run(&arguments, now, &environment.network, &mut output).await
        }
        PlatformCommand::Write(arguments) => {
            let (returned, result) = write::run(&arguments, stdin, output, now, environment, signals).await;
            output = returned;
            result
        }
    };
    match result {
        Ok(()) => true,
        Err(error) => {
            // When nobody reads stdout, the exit code still says it.
            drop(output.failure(&error, now));
            false
        }
    }
}
