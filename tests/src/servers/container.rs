//! Servers in containers, for machines that have a container engine but no database programs.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use super::{Address, ServerError, data_directory::run, temporary::USER};
use crate::Backend;

/// A service of `compose.yaml`, which runs until the value is dropped.
#[derive(Debug)]
pub(crate) struct Container {
    engine: &'static str,
    backend: Backend,
    port: u16,
}

impl Container {
    /// Starts the service, with the first container engine whose daemon answers, and waits until it
    /// is healthy. `None` when no engine answers.
    pub(crate) fn start(backend: Backend) -> Option<Result<Self, ServerError>> {
        let engine = ["docker", "podman"].into_iter().find(|name| answers(name))?;
        let mut container = Self { engine, backend, port: 0 };
        Some(container.up().map(|port| {
            container.port = port;
            container
        }))
    }

    /// Where the server listens.
    pub(crate) fn address(&self) -> Address {
        let user = if self.backend.is_like_mysql() { "root" } else { USER };
        Address::local(self.backend, self.port, user, USER)
    }

    fn up(&self) -> Result<u16, ServerError> {
        run(self.compose().args(["up", "--detach", "--wait", self.service()]))?;
        let inner = if self.backend.is_like_mysql() { "3306" } else { "5432" };
        let published = run(self.compose().args(["port", self.service(), inner]))?;
        let port = published.trim().rsplit(':').next();
        port.and_then(|port| port.parse().ok()).ok_or(ServerError::Url { variable: "compose port" })
    }

    /// Each run has its own project for each service, so that runs do not interfere.
    fn compose(&self) -> Command {
        let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../compose.yaml");
        let project = format!("seachange-{}-{}", std::process::id(), self.service());
        let mut command = Command::new(self.engine);
        command.arg("compose").arg("--file").arg(file);
        command.args(["--project-name", &project]);
        command
    }

    const fn service(&self) -> &'static str {
        match self.backend {
            Backend::MariaDb => "mariadb",
            Backend::MySql => "mysql",
            _ => "postgres",
        }
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        let _ = run(self.compose().args(["down", "--volumes", "--timeout", "1"]));
    }
}

/// Whether the engine runs: its program is often installed where its daemon does not run.
fn answers(engine: &str) -> bool {
    let mut info = Command::new(engine);
    info.arg("info").stdin(Stdio::null());
    info.output().is_ok_and(|output| output.status.success())
}
