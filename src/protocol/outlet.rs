//! Stdout and stderr as a run needs them: who must end waits no longer for somebody who does not read.
//!
//! Nothing is kept in the standard library's own buffers, which are emptied at the end of the process, and
//! wait as long as it takes.

use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// So long may nothing be read once a signal has come.
pub const OUTLET_PATIENCE: Duration = Duration::from_secs(1);

/// How soon a signal is noticed in a wait.
const LOOK_UP_EVERY: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// A pipe that says that it takes something takes so much without a wait.
const CERTAINLY_TAKEN: usize = 4096;

/// Text without a line's end that is not held back any longer.
const LONGEST_HELD: usize = 1 << 16;

/// A pipe, a terminal or a file that is written to line by line.
#[derive(Debug)]
pub struct Outlet<F: AsFd> {
    to: F,
    held: Vec<u8>,
    must_end: Arc<AtomicBool>,
    is_given_up: bool,
}

impl<F: AsFd> Outlet<F> {
    /// Writes there, and waits for ever until the process `must_end`.
    pub fn new(to: F, must_end: Arc<AtomicBool>) -> Self {
        Self { to, held: Vec::new(), must_end, is_given_up: false }
    }

    fn push(&mut self) -> io::Result<()> {
        let held = std::mem::take(&mut self.held);
        let mut left = held.as_slice();
        let mut silent_since = None;
        while !left.is_empty() {
            if self.is_given_up {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "nobody reads it"));
            }
            let n_written = if self.is_ready()? { self.write_some(left)? } else { 0 };
            left = left.get(n_written..).unwrap_or_default();
            if n_written > 0 || !self.must_end.load(Ordering::Relaxed) {
                silent_since = None;
                continue;
            }
            let since = *silent_since.get_or_insert_with(Instant::now);
            self.is_given_up = since.elapsed() >= OUTLET_PATIENCE;
        }
        Ok(())
    }

    fn is_ready(&self) -> io::Result<bool> {
        match poll(&mut [PollFd::new(&self.to, PollFlags::OUT)], Some(&LOOK_UP_EVERY)) {
            Ok(n_ready) => Ok(n_ready > 0),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn write_some(&self, bytes: &[u8]) -> io::Result<usize> {
        let first = bytes.get(..CERTAINLY_TAKEN).unwrap_or(bytes);
        match rustix::io::write(&self.to, first) {
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => Ok(0),
            written => Ok(written?),
        }
    }
}

impl<F: AsFd> Write for Outlet<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        if self.held.ends_with(b"\n") || self.held.len() >= LONGEST_HELD {
            self.push()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.push()
    }
}

impl<F: AsFd> Drop for Outlet<F> {
    fn drop(&mut self) {
        // Nobody is left to be told.
        drop(self.push());
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn everything_is_written_in_order_however_slowly_it_is_read() {
        let (mut reader, writer) = io::pipe().unwrap();
        let mut outlet = Outlet::new(writer, Arc::default());
        let lines: Vec<String> = (0..40_000).map(|n| format!("line {n}\n")).collect();
        let lines = lines.concat();
        let expected = [lines.as_str(), &"x".repeat(300_000), "the end"].concat();
        let writing = std::thread::spawn(move || {
            for line in lines.split_inclusive('\n') {
                outlet.write_all(line.as_bytes()).unwrap();
            }
            write!(outlet, "{}the end", "x".repeat(300_000)).unwrap();
        });
        std::thread::sleep(Duration::from_millis(50));
        let mut read = String::new();
        reader.read_to_string(&mut read).unwrap();
        writing.join().unwrap();
        assert!(read == expected, "{} of {} bytes", read.len(), expected.len());
    }

    #[test]
    fn nobody_waits_for_a_reader_who_does_not_read_once_the_process_must_end() {
        let (reader, writer) = io::pipe().unwrap();
        let must_end = Arc::new(AtomicBool::new(false));
        let mut outlet = Outlet::new(writer, Arc::clone(&must_end));
        let writing = std::thread::spawn(move || {
            let failed = (0..1_000_000).find_map(|_| outlet.write_all(b"a line\n").err()).unwrap();
            let began = Instant::now();
            assert!(outlet.write_all(b"another\n").is_err());
            assert!(began.elapsed() < OUTLET_PATIENCE, "one wait is enough");
            failed
        });
        std::thread::sleep(OUTLET_PATIENCE * 2);
        assert!(!writing.is_finished(), "nothing presses");
        must_end.store(true, Ordering::Relaxed);
        assert_eq!(writing.join().unwrap().kind(), io::ErrorKind::TimedOut);
        drop(reader);
    }
}
