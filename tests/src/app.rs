//! The service, running beside a test.

use std::{
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{Output, Program, ProgramError, TestDatabase, program::Running};

/// How long the service may take to start listening, and to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// The example service on a free port. Dropping it sends SIGTERM, and waits.
#[derive(Debug)]
pub struct App {
    running: Running,
    address: SocketAddr,
}

impl App {
    /// Starts the service on `database`, with `args` as well, and waits until it listens.
    ///
    /// # Errors
    ///
    /// [`ProgramError::Silent`], with all that it wrote, when it ends or does not listen in time.
    pub fn start(database: &TestDatabase, args: &[&str]) -> Result<Self, ProgramError> {
        Self::start_program(Program::named("app"), database, args)
    }

    /// As [`start`](Self::start), but another version of the service: `program`.
    ///
    /// # Errors
    ///
    /// See [`start`](Self::start).
    pub fn start_program(program: Program, database: &TestDatabase, args: &[&str]) -> Result<Self, ProgramError> {
        let program = program.database(database).args(args).env("APP_PORT", "0");
        let mut running = program.spawn_in(database.folder())?;
        let address = wait(&mut running, program.name())?;
        Ok(Self { running, address })
    }

    /// Returns the URL of the service, as in `http://127.0.0.1:4711`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sends SIGTERM and waits until the service has ended. One that does not end is killed, and has
    /// no exit code.
    ///
    /// # Errors
    ///
    /// When the process cannot be signalled or watched.
    pub fn stop(mut self) -> std::io::Result<Output> {
        self.terminate()
    }

    fn terminate(&mut self) -> std::io::Result<Output> {
        let deadline = Instant::now() + PATIENCE;
        if self.running.exited()?.is_none() {
            kill_process(Pid::from_child(self.running.child()), Signal::TERM)?;
        }
        loop {
            if let Some(status) = self.running.exited()? {
                return Ok(self.running.output(status));
            }
            if Instant::now() > deadline {
                self.running.kill();
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for App {
    fn drop(&mut self) {
        let _ = self.terminate();
    }
}

/// Waits until the service listens, and reads the address: the service chooses the port.
fn wait(running: &mut Running, name: &str) -> Result<SocketAddr, ProgramError> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        // In this order, so that output written just before the end is read too.
        let ended = !matches!(running.exited(), Ok(None));
        let stdout = running.stdout();
        let told = stdout.split_once('\n').and_then(|(line, _)| line.strip_prefix("listening on http://"));
        if let Some(address) = told.and_then(|address| address.parse().ok()) {
            return Ok(address);
        }
        if ended || Instant::now() > deadline {
            return Err(ProgramError::Silent { name: name.to_owned(), output: running.kill() });
        }
        thread::sleep(Duration::from_millis(10));
    }
}
