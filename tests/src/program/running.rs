//! A running program, and its output.

use std::{
    io::{self, Read, Write},
    process::{Child, ExitStatus},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use super::{Output, ProgramError};

/// How long to wait between two checks.
const PAUSE: Duration = Duration::from_millis(2);

/// A program that runs, with threads that read what it writes. Dropping it kills it.
#[derive(Debug)]
pub struct Running {
    name: String,
    child: Child,
    stdout: Stream,
    stderr: Stream,
    limit: Duration,
    deadline: Instant,
}

impl Running {
    pub(super) fn new(name: &str, mut child: Child, input: String, limit: Duration) -> Self {
        if let Some(mut stdin) = child.stdin.take() {
            // The program may end without reading its input.
            thread::spawn(move || stdin.write_all(input.as_bytes()));
        }
        let (stdout, stderr) = (Stream::read(child.stdout.take()), Stream::read(child.stderr.take()));
        Self { name: name.to_owned(), child, stdout, stderr, limit, deadline: Instant::now() + limit }
    }

    /// Waits until the program has written `text` to standard error.
    ///
    /// # Errors
    ///
    /// [`ProgramError::Endless`] when it does not within the limit, [`ProgramError::Silent`] when it ends first.
    pub fn wait_for(&mut self, text: &str) -> Result<(), ProgramError> {
        loop {
            // In this order, so that output written just before the end is read too.
            let has_ended = self.has_ended()?;
            if self.stderr.so_far(has_ended).contains(text) {
                return Ok(());
            }
            if has_ended {
                return Err(ProgramError::Silent { name: self.name.clone(), output: self.kill() });
            }
            self.pause()?;
        }
    }

    /// Waits until the program has written a whole line that begins with `start` to standard output, and returns it.
    ///
    /// # Errors
    ///
    /// As [`wait_for`](Self::wait_for).
    pub fn wait_for_line(&mut self, start: &str) -> Result<String, ProgramError> {
        loop {
            let has_ended = self.has_ended()?;
            let output = self.stdout.so_far(has_ended);
            if let Some(line) =
                output.split_inclusive('\n').find(|line| line.starts_with(start) && line.ends_with('\n'))
            {
                return Ok(line.trim_end().to_owned());
            }
            if has_ended {
                return Err(ProgramError::Silent { name: self.name.clone(), output: self.kill() });
            }
            self.pause()?;
        }
    }

    /// Whether the program has written `text` to standard error so far.
    pub fn has_said(&mut self, text: &str) -> bool {
        self.stderr.so_far(false).contains(text)
    }

    /// Whether the program has ended.
    ///
    /// # Errors
    ///
    /// When the process cannot be watched.
    pub fn has_ended(&mut self) -> Result<bool, ProgramError> {
        Ok(self.exited().map_err(cannot_run(&self.name))?.is_some())
    }

    /// Sends SIGINT, as Ctrl-C does.
    ///
    /// # Errors
    ///
    /// When the process cannot be signalled.
    pub fn interrupt(&self) -> io::Result<()> {
        Ok(kill_process(Pid::from_child(&self.child), Signal::INT)?)
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Stops the process with SIGSTOP.
    ///
    /// # Errors
    ///
    /// When the process cannot be signalled.
    pub fn pause_process(&self) -> io::Result<()> {
        Ok(kill_process(Pid::from_child(&self.child), Signal::STOP)?)
    }

    /// Lets a stopped process go on, with SIGCONT.
    ///
    /// # Errors
    ///
    /// When the process cannot be signalled.
    pub fn continue_process(&self) -> io::Result<()> {
        Ok(kill_process(Pid::from_child(&self.child), Signal::CONT)?)
    }

    /// Sends SIGTERM, as a supervisor does.
    ///
    /// # Errors
    ///
    /// When the process cannot be signalled.
    pub fn terminate(&self) -> io::Result<()> {
        Ok(kill_process(Pid::from_child(&self.child), Signal::TERM)?)
    }

    /// Waits until the program has ended.
    ///
    /// # Errors
    ///
    /// [`ProgramError::Endless`] when it does not within the limit.
    pub fn finish(mut self) -> Result<Output, ProgramError> {
        loop {
            if let Some(status) = self.exited().map_err(cannot_run(&self.name))? {
                return Ok(self.output(status));
            }
            self.pause()?;
        }
    }

    pub(crate) const fn child(&self) -> &Child {
        &self.child
    }

    pub(crate) fn exited(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// What it has written to standard output so far.
    pub(crate) fn stdout(&mut self) -> String {
        self.stdout.so_far(false)
    }

    /// Collects what the program wrote, after it has ended.
    pub(crate) fn output(&mut self, status: ExitStatus) -> Output {
        Output { stdout: self.stdout.so_far(true), stderr: self.stderr.so_far(true), code: status.code() }
    }

    /// Ends the program with SIGKILL, and returns what it wrote.
    pub fn kill(&mut self) -> String {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.stdout.so_far(true) + &self.stderr.so_far(true)
    }

    /// Waits for a short time, within the limit.
    ///
    /// # Errors
    ///
    /// [`ProgramError::Endless`] when the limit has passed.
    pub fn pause(&mut self) -> Result<(), ProgramError> {
        if Instant::now() > self.deadline {
            let (name, seconds) = (self.name.clone(), self.limit.as_secs());
            return Err(ProgramError::Endless { name, seconds, output: self.kill() });
        }
        thread::sleep(PAUSE);
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(super) fn cannot_run(name: &str) -> impl FnOnce(io::Error) -> ProgramError {
    let name = name.to_owned();
    move |source| ProgramError::Run { name, source }
}

/// The output of a program on one of its streams.
#[derive(Debug, Default)]
struct Stream {
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: Option<thread::JoinHandle<()>>,
}

impl Stream {
    fn read(stream: Option<impl Read + Send + 'static>) -> Self {
        let bytes = Arc::<Mutex<Vec<u8>>>::default();
        let written = Arc::clone(&bytes);
        let reader = stream.map(|stream| thread::spawn(move || collect(stream, &written)));
        Self { bytes, reader }
    }

    /// Returns the text read so far; with `to_the_end`, waits until the program has closed the stream.
    fn so_far(&mut self, to_the_end: bool) -> String {
        if let Some(reader) = to_the_end.then(|| self.reader.take()).flatten() {
            let _ = reader.join();
        }
        String::from_utf8_lossy(&self.bytes.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

fn collect(mut stream: impl Read, bytes: &Mutex<Vec<u8>>) {
    let mut part = [0; 4096];
    while let Ok(length @ 1..) = stream.read(&mut part) {
        bytes.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&part[..length]);
    }
}
