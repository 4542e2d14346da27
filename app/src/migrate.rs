//! The engine inside a service: upgrades the schema to the heads of this program, or requires that it is there.

use migration::MIGRATIONS;
use sea_orm::DatabaseConnection;
use seachange::{AheadPolicy, DatabaseSettings, Error, Migrator, Report, RunOptions, event};
use tracing::info;

use crate::args::{Args, MigrateMode};
use crate::signal::Signals;

/// Upgrades or checks the schema before the first request, as the arguments say. Logs applied revisions and warnings
/// about the database. After a signal it ends when the running revision ends; then the caller must not start the
/// service.
pub(crate) async fn on_start(args: &Args, settings: &DatabaseSettings, signals: &Signals) -> Result<(), Error> {
    let options = RunOptions::new().ahead(args.ahead).limits(args.limits.limits()).wait_for_primary(args.wait.limit());
    match args.migrate {
        MigrateMode::Up => {
            let migrator = Migrator::connect(&MIGRATIONS, settings).await?.with_options(options);
            let report = upgrade(&migrator, signals).await?;
            info!(applied = report.done.len(), left = report.left.len(), at = report.current.join(","), "migrated");
            migrator.close().await
        }
        MigrateMode::Check => {
            let migrator = Migrator::connect_to_read(&MIGRATIONS, settings).await?.with_options(options);
            let notices = migrator.check().await?;
            notices.events().for_each(|event| event::trace(&event));
            migrator.close().await
        }
        MigrateMode::Off => Ok(()),
    }
}

/// Upgrades, and stops before the next revision after a signal.
async fn upgrade(migrator: &Migrator, signals: &Signals) -> Result<Report, Error> {
    let run = migrator.upgrade("heads");
    tokio::pin!(run);
    tokio::select! {
        report = &mut run => report,
        () = signals.first() => {
            info!("stopping after this revision");
            migrator.stop_handle().stop();
            run.await
        }
    }
}

/// The schema check of `/health/ready`, through the pool of the service.
pub(crate) struct Schema {
    pub(crate) migrator: Migrator,
}

impl Schema {
    /// Watches the database behind `pool`.
    ///
    /// # Errors
    ///
    /// Fails when the revisions of this program do not form a valid graph.
    pub(crate) fn watch(pool: &DatabaseConnection, ahead: AheadPolicy) -> Result<Self, Error> {
        let migrator = Migrator::new(&MIGRATIONS, pool.clone())?;
        Ok(Self { migrator: migrator.with_options(RunOptions::new().ahead(ahead)) })
    }

    /// Fails, with the reason, unless the schema matches this program. Reads one table.
    pub(crate) async fn check(&self) -> Result<(), Error> {
        self.migrator.check().await.map(drop)
    }
}
