//! A server for experiments, which runs until it is stopped.

use std::{
    fs,
    marker::PhantomData,
    net::{Ipv4Addr, TcpStream},
    path::PathBuf,
    time::{Duration, Instant},
};

use rustix::process::{Pid, kill_process};
use sea_orm::{ConnectionTrait, Statement};

use super::{
    Address, ServerError, ServerSoftware, TemporaryServer,
    temporary::{USER, connect},
};
use crate::block_on;

/// The database that is made for the user.
const DATABASE: &str = USER;

/// A server whose data is in a folder, started and stopped by different processes.
#[derive(Debug)]
pub struct PersistentServer<E> {
    path: PathBuf,
    engine: PhantomData<E>,
}

impl<E: ServerSoftware> PersistentServer<E> {
    /// The server whose data is in `path`, or will be created there.
    pub const fn new(path: PathBuf) -> Self {
        Self { path, engine: PhantomData }
    }

    /// Starts the server, unless it runs, and returns the URL of its database. The server uses its previous port, so
    /// that the URL stays the same.
    ///
    /// # Errors
    ///
    /// When the server's programs are missing, or fail.
    pub fn up(&self) -> Result<String, ServerError> {
        if let Some(url) = self.url() {
            return Ok(url);
        }
        let server = TemporaryServer::<E>::start_in(&self.path, self.port())?;
        let port = server.port().to_string();
        fs::write(self.path.join("port"), port).map_err(ServerError::io("write the port"))?;
        create_database(&server)?;
        let url = server.url(DATABASE);
        server.detach();
        Ok(url)
    }

    /// Stops the server, and waits until it has ended. Returns false when it did not run. Its data stays.
    ///
    /// # Errors
    ///
    /// When the process cannot be signalled.
    pub fn down(&self) -> Result<bool, ServerError> {
        let file = self.path.join(E::PROCESS_ID_FILE);
        let id = fs::read_to_string(&file)
            .ok()
            .and_then(|text| text.lines().next()?.trim().parse().ok())
            .and_then(Pid::from_raw);
        // A file that a crash left behind may name a process id that another process has now.
        let (Some(id), Some(_)) = (id, self.url()) else {
            return Ok(false);
        };
        let failed =
            |error: rustix::io::Errno| ServerError::Io { action: format!("stop {}", E::BACKEND), source: error.into() };
        kill_process(id, E::STOP).map_err(failed)?;
        let deadline = Instant::now() + Duration::from_secs(60);
        while file.exists() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(true)
    }

    /// The URL of its database, if the server runs.
    pub fn url(&self) -> Option<String> {
        let port = self.port()?;
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
        self.path.join(E::PROCESS_ID_FILE).exists().then_some(())?;
        Some(Address::local(E::BACKEND, port, USER, USER).url(DATABASE))
    }

    fn port(&self) -> Option<u16> {
        let text = fs::read_to_string(self.path.join("port")).ok()?;
        text.trim().parse().ok()
    }
}

fn create_database<E: ServerSoftware>(server: &TemporaryServer<E>) -> Result<(), ServerError> {
    block_on(async {
        let connection = connect(&server.url(E::ADMIN_DATABASE)).await?;
        let exists =
            Statement::from_string(connection.get_database_backend(), format!("{} = '{DATABASE}'", E::DATABASES));
        if connection.query_one_raw(exists).await?.is_none() {
            let create = format!("CREATE DATABASE {DATABASE}");
            connection.execute_unprepared(&create).await?;
        }
        connection.close().await
    })?;
    Ok(())
}
