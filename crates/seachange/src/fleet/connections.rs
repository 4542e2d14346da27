//! Whether the servers have enough connections for a run.

use std::collections::{BTreeMap, HashSet};
use std::num::NonZeroUsize;

use sea_orm::DatabaseConnection;

use super::{FleetError, FleetSchedule, FleetTarget};
use crate::backend;
use crate::connection::connect;
use crate::settings::Driver;

/// The connections of one target that runs: the control session, the session of the revisions, and one that looks for a
/// pooler, or why a statement waits.
const EACH: u64 = 3;

/// How many targets of one server can run at once, by the schedule and by the free connections of the servers that the
/// targets at `open` are on. `None` for no limit.
///
/// # Errors
///
/// [`FleetError::TooFewConnections`] when a server has too few for what the user asked for, or for a single target.
pub(super) async fn allowed(
    targets: &[FleetTarget],
    open: &HashSet<usize>,
    schedule: &FleetSchedule,
) -> Result<Option<NonZeroUsize>, FleetError> {
    let open = open.iter().filter_map(|place| targets.get(*place));
    let servers = by_server(open.filter(|target| target.settings.driver() != Driver::Sqlite));
    let is_asked = schedule.is_jobs_given || schedule.jobs_per_server.is_some();
    let mut most = schedule.jobs_per_server;
    for (count, target) in servers {
        // A server that cannot be asked is reported by its targets.
        let Ok(connection) = connect(&target.settings).await else { continue };
        let free = free(&connection).await;
        let _ = connection.close_by_ref().await;
        let Some(free) = free else { continue };
        let jobs = schedule.jobs.min(schedule.jobs_per_server.unwrap_or(schedule.jobs)).get().min(count);
        let needed = EACH * u64::try_from(jobs).unwrap_or(u64::MAX);
        let server = || target.settings.in_schema("").to_string();
        match usize::try_from(free / EACH).ok().and_then(NonZeroUsize::new) {
            _ if free >= needed => {}
            Some(fewer) if !is_asked => most = Some(most.map_or(fewer, |most| most.min(fewer))),
            _ => return Err(FleetError::TooFewConnections { server: server(), free, needed }),
        }
    }
    Ok(most)
}

/// The number of targets on each server, with one of them.
pub(super) fn by_server<'t>(
    targets: impl Iterator<Item = &'t FleetTarget>,
) -> impl Iterator<Item = (usize, &'t FleetTarget)> {
    let mut servers: BTreeMap<String, (usize, &FleetTarget)> = BTreeMap::new();
    for target in targets {
        servers.entry(target.settings.server_identity()).or_insert((0, target)).0 += 1;
    }
    servers.into_values()
}

/// The free connections, with the one that asks; `None` when the server does not say.
async fn free(connection: &DatabaseConnection) -> Option<u64> {
    let backend = backend::of(connection.get_database_backend()).ok()?;
    let free = backend.free_connections(connection).await.ok()??;
    Some(free + 1)
}
