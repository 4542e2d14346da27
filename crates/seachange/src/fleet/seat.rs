//! The sessions of one worker, which it uses for one target after the other.

use std::sync::Arc;

use sea_orm::ConnectionTrait;

use crate::backend;
use crate::connection::{ConnectError, SingleConnection, connect_pinned};
use crate::error::Error;
use crate::event::EventHandler;
use crate::migrator::{FleetFindings, Migrator};
use crate::revision::Migrations;
use crate::session::SharedSession;
use crate::settings::DatabaseSettings;

/// The sessions for the schemas of one PostgreSQL database: a run on the next schema opens no connection. The control
/// session is the same for all of them, and the session of the revisions as long as each target leaves it unchanged.
///
/// On MySQL and MariaDB a session is used for one database only: a prepared statement keeps the database in which it was
/// prepared.
pub(super) struct Seat {
    /// The settings without the schema.
    place: DatabaseSettings,
    control: SingleConnection,
    session: Arc<SharedSession>,
    /// How many targets have used the sessions.
    served: usize,
}

/// How many targets use the same sessions at most. A session of PostgreSQL remembers every table that it has used, and looks
/// through all of them when other sessions have changed many tables: after 2,000 schemas it has 800 MB, and the next one takes
/// eight times as long.
const MOST_SERVED: usize = 100;

impl Seat {
    /// The sessions for a target: those of the worker, if it has them for this database, or new ones.
    ///
    /// # Errors
    ///
    /// See [`ConnectError`].
    pub(super) async fn of(seat: Option<Self>, settings: &DatabaseSettings) -> Result<Self, ConnectError> {
        let place = settings.in_schema("");
        let mut session = Arc::default();
        match seat {
            Some(seat) if seat.place == place && seat.served < MOST_SERVED && seat.enter(settings).await => {
                return Ok(Self { served: seat.served + 1, ..seat });
            }
            Some(other) => {
                // What is known of the server stays known.
                if other.place == place {
                    session = Arc::clone(&other.session);
                }
                other.close().await;
            }
            None => {}
        }
        let control = connect_pinned(settings).await?;
        Ok(Self { place, control, session, served: 1 })
    }

    /// Makes the control session use the schema of a target. Returns whether that succeeded.
    async fn enter(&self, settings: &DatabaseSettings) -> bool {
        match self.text(settings) {
            Some(text) => self.control.connection.execute_unprepared(&text).await.is_ok(),
            None => false,
        }
    }

    /// The text that makes a session use the schema of a target; `None` if sessions serve one target only.
    fn text(&self, settings: &DatabaseSettings) -> Option<String> {
        let backend = backend::of(self.control.connection.get_database_backend()).ok()?;
        backend.enter_schema(settings.schema()?)
    }

    /// The engine for a target, in these sessions.
    ///
    /// # Errors
    ///
    /// [`Error::Graph`].
    pub(super) fn migrator(
        &self,
        migrations: &'static Migrations,
        settings: &DatabaseSettings,
        findings: &FleetFindings,
        handler: EventHandler,
    ) -> Result<Migrator, Error> {
        let shared = self.text(settings).map(|enter| (Arc::clone(&self.session), enter));
        Migrator::of_target(migrations, settings, &self.control.connection, shared, findings, handler)
    }

    /// Closes the sessions.
    pub(super) async fn close(self) {
        self.session.close().await;
        let _ = self.control.connection.close().await;
    }
}
