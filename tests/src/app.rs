//! The service, running beside a test.

use std::{
    net::{SocketAddr, TcpStream},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{Output, Program, ProgramError, TestDatabase, program::Running, servers::free_port};

/// How long the service may take to listen, and to end.
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
        let program = Program::named("app").database(database).args(args);
        let port = free_port().map_err(|error| {
            let source = std::io::Error::other(error.to_string());
            program.cannot_run()(source)
        })?;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let program = program.env("APP_PORT", port.to_string());
        let running = program.spawn_in(database.folder())?;
        let mut app = Self { running, address };
        app.wait(program.name())?;
        Ok(app)
    }

    /// Where the service is, as in `http://127.0.0.1:4711`.
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

    fn wait(&mut self, name: &str) -> Result<(), ProgramError> {
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(self.address).is_err() {
            let ended = !matches!(self.running.exited(), Ok(None));
            if ended || Instant::now() > deadline {
                let output = self.running.kill();
                return Err(ProgramError::Silent { name: name.to_owned(), output });
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(())
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
