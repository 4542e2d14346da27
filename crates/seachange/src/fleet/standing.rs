//! Where many targets stand, read with few statements.

use std::collections::{BTreeSet, HashMap};
use std::num::NonZeroUsize;
use std::sync::Arc;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement};
use seachange_graph::Graph;
use tokio::task::JoinSet;

use super::FleetTarget;
use super::run::result_of;
use crate::backend::{self, Backend};
use crate::connection::{ConnectError, connect_to_read};
use crate::error::Error;
use crate::revision::Migrations;
use crate::settings::{DatabaseSettings, Driver};
use crate::store::{RevisionRowState, RevisionStore, RevisionTable};

/// How many records one statement reads at most.
const AT_ONCE: usize = 1000;

/// The same on MySQL and MariaDB. MySQL keeps 250 tables open for a session by default (`table_open_cache` by
/// `table_open_cache_instances`). It opens each of more tables anew, and refused a prepared statement over 1,000: error 1615.
const AT_ONCE_ON_MYSQL: usize = 250;

/// How many other targets are tried if the first one of a server cannot be connected to.
const ATTEMPTS: usize = 4;

const READING: &str = "cannot read which revisions are applied";

/// Where a target stands, from the ids, hashes and states of its record.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct TargetStanding {
    /// The applied revisions of the program without an applied one above them.
    pub current: Vec<String>,
    /// The revisions of the program that are not applied, in the order in which they would run.
    pub pending: Vec<String>,
    /// Applied revisions that the program does not have, sorted.
    pub unknown: Vec<String>,
    /// Applied revisions that have other code now, in the order in which they run.
    pub edited: Vec<String>,
    /// Revisions that were begun and are not finished.
    pub unfinished: Vec<String>,
    /// Whether each revision of the program has a row of its own: a squash revision may count as applied without one.
    pub(super) is_recorded: bool,
    /// Whether the record has a row.
    pub(super) has_rows: bool,
}

impl TargetStanding {
    /// Whether an upgrade to all heads has nothing to do and nothing to report.
    pub fn is_complete(&self) -> bool {
        let Self { current: _, pending, unknown, edited, unfinished, is_recorded, has_rows: _ } = self;
        *is_recorded && [pending, unknown, edited, unfinished].into_iter().all(Vec::is_empty)
    }

    /// The standing of the record that a digest describes; see [`Backend::record_digest`].
    fn of(digest: &str, migrations: &Migrations, graph: &Graph) -> Result<Self, Error> {
        let mut standing = Self { has_rows: !digest.is_empty(), ..Self::default() };
        let mut applied: Vec<&str> = Vec::new();
        let mut edited = BTreeSet::new();
        for row in digest.split(',').filter(|row| !row.is_empty()) {
            let mut words = row.split(' ');
            let (id, hash, state) = (words.next(), words.next(), words.next());
            let id = id.unwrap_or_default();
            let is_applied = state == Some(RevisionRowState::Applied.as_str());
            match graph.knows(id) {
                _ if !is_applied => standing.unfinished.push(id.to_owned()),
                false => standing.unknown.push(id.to_owned()),
                true => {
                    applied.push(id);
                    if migrations.get(id).is_some_and(|script| hash != Some(script.source_hash)) {
                        edited.insert(id);
                    }
                }
            }
        }
        let pointers = |id: &str| -> Vec<&str> {
            let revision = graph.find_step(id);
            let pointers = revision.into_iter().flat_map(|own| own.down_revision.iter().chain(&own.depends_on));
            pointers.map(String::as_str).collect()
        };
        let set = graph.applied_with_gaps(applied.iter().map(|id| (*id, pointers(id))))?;
        standing.current = graph.current(&set).iter().map(|revision| revision.id.clone()).collect();
        let is_pending = |id: &str| !graph.is_applied(&set, id) && !standing.unfinished.iter().any(|own| own == id);
        standing.pending = graph.iter().map(|own| own.id.clone()).filter(|id| is_pending(id)).collect();
        standing.is_recorded = graph.iter().all(|own| applied.contains(&own.id.as_str()));
        standing.edited = graph.iter().map(|own| own.id.clone()).filter(|id| edited.contains(id.as_str())).collect();
        Ok(standing)
    }
}

/// The standings of records with the same rows are computed once.
pub(super) struct StandingReader {
    migrations: &'static Migrations,
    graph: &'static Graph,
    known: HashMap<String, Arc<TargetStanding>>,
}

impl StandingReader {
    pub(super) fn new(migrations: &'static Migrations, graph: &'static Graph) -> Self {
        Self { migrations, graph, known: HashMap::new() }
    }

    /// Where all targets stand, each with its position, in no particular order.
    pub(super) async fn read(
        mut self,
        targets: &[FleetTarget],
        jobs: NonZeroUsize,
    ) -> Vec<(usize, Result<Arc<TargetStanding>, Error>)> {
        let digests = read_all(targets, jobs).await.into_iter();
        digests.map(|(place, digest)| (place, digest.and_then(|digest| self.standing(&digest)))).collect()
    }

    /// The standing of the record that a digest describes.
    fn standing(&mut self, digest: &str) -> Result<Arc<TargetStanding>, Error> {
        if let Some(known) = self.known.get(digest) {
            return Ok(Arc::clone(known));
        }
        let standing = Arc::new(TargetStanding::of(digest, self.migrations, self.graph)?);
        self.known.insert(digest.to_owned(), Arc::clone(&standing));
        Ok(standing)
    }
}

/// The digests of the records of all targets, each with the position of its target, in no particular order.
async fn read_all(targets: &[FleetTarget], jobs: NonZeroUsize) -> Vec<(usize, Result<String, Error>)> {
    let targets: Arc<[FleetTarget]> = targets.into();
    let mut groups = groups(&targets).into_iter();
    let mut tasks = JoinSet::new();
    let mut digests = Vec::new();
    loop {
        while tasks.len() < jobs.get()
            && let Some(group) = groups.next()
        {
            let targets = Arc::clone(&targets);
            tasks.spawn(async move { group.digests(&targets).await });
        }
        match tasks.join_next().await {
            Some(ended) => digests.extend(result_of(ended).into_iter().flatten()),
            None => return digests,
        }
    }
}

/// Targets that one connection can read, by their positions in the fleet.
struct ReadGroup {
    settings: DatabaseSettings,
    places: Vec<usize>,
}

/// How many connections read the records of one server at most.
const READERS: usize = 4;

impl ReadGroup {
    /// Divides many targets among several connections: a server takes a moment to open each table.
    fn divided(self) -> Vec<Self> {
        let size = self.places.len().div_ceil(READERS).max(self.at_once());
        let part = |places: &[usize]| Self { settings: self.settings.clone(), places: places.to_vec() };
        self.places.chunks(size).map(part).collect()
    }

    /// How many records one statement reads at most.
    fn at_once(&self) -> usize {
        if self.settings.driver() == Driver::MySql { AT_ONCE_ON_MYSQL } else { AT_ONCE }
    }
}

/// Divides targets into groups that one connection can read: the schemas of a PostgreSQL database, the databases of a MySQL
/// or MariaDB server; each other target by itself.
fn groups(targets: &[FleetTarget]) -> Vec<ReadGroup> {
    let mut groups: Vec<(DatabaseSettings, ReadGroup)> = Vec::new();
    let mut single = Vec::new();
    for (place, target) in targets.iter().enumerate() {
        let settings = &target.settings;
        let shared = match settings.driver() {
            Driver::Postgres if settings.schema().is_some() => settings.in_schema(""),
            Driver::MySql => settings.in_database(""),
            Driver::Sqlite | Driver::Postgres => {
                single.push(ReadGroup { settings: settings.clone(), places: vec![place] });
                continue;
            }
        };
        match groups.iter_mut().rev().find(|(known, _)| *known == shared) {
            Some((_, group)) => group.places.push(place),
            None => groups.push((shared, ReadGroup { settings: settings.clone(), places: vec![place] })),
        }
    }
    groups.into_iter().flat_map(|(_, group)| group.divided()).chain(single).collect()
}

impl ReadGroup {
    /// The digest of the record of each target; an empty one for a target without a record.
    async fn digests(self, targets: &[FleetTarget]) -> Vec<(usize, Result<String, Error>)> {
        let failed = |error| vec![(self.places[0], Err(error))];
        let connection = match self.connect(targets).await {
            Ok(connection) => connection,
            Err(error) if self.places.len() == 1 => return failed(error.into()),
            // Nothing answers for any of the targets.
            Err(error) if error.of_server().is_some() => {
                let again = |place: &usize| Some((*place, Err(error.of_server()?.into())));
                return self.places.iter().filter_map(again).collect();
            }
            Err(_) => return self.one_by_one(targets).await,
        };
        let read = match self.read(&connection, targets).await {
            Ok(digests) => tell_of_missing(&connection, targets, digests).await,
            failed => failed,
        };
        let _ = connection.close_by_ref().await;
        match read {
            Ok(digests) => digests,
            Err(source) if self.places.len() == 1 => failed(Error::Database { doing: READING, source }),
            Err(_) => self.one_by_one(targets).await,
        }
    }

    /// Connects to one of the targets: the first ones may not exist, where others do.
    async fn connect(&self, targets: &[FleetTarget]) -> Result<DatabaseConnection, ConnectError> {
        let mut connected = connect_to_read(&self.settings).await;
        for place in self.places.iter().skip(1).take(ATTEMPTS) {
            match &connected {
                Err(ConnectError::UnknownDatabase { .. } | ConnectError::DatabaseDenied { .. }) => {
                    connected = connect_to_read(&targets[*place].settings).await;
                }
                _ => return connected,
            }
        }
        connected
    }

    /// Each target over a connection of its own, so that each has its own error.
    async fn one_by_one(&self, targets: &[FleetTarget]) -> Vec<(usize, Result<String, Error>)> {
        let mut digests = Vec::new();
        for place in &self.places {
            let single = Self { settings: targets[*place].settings.clone(), places: vec![*place] };
            digests.extend(Box::pin(single.digests(targets)).await);
        }
        digests
    }

    async fn read(
        &self,
        connection: &DatabaseConnection,
        targets: &[FleetTarget],
    ) -> Result<Vec<(usize, Result<String, Error>)>, DbErr> {
        let backend = backend::of(connection.get_database_backend())?;
        let store = RevisionStore::new(RevisionTable::default());
        let table = store.table_name();
        if let Some(text) = backend.before_digests() {
            connection.execute_unprepared(text).await?;
        }
        let Some(listing) = backend.schemas_with_table(table).filter(|_| self.places.len() > 1) else {
            let digests = self.places.iter().map(|place| (*place, schema_of(&targets[*place])));
            return read_many(connection, backend, table, &digests.collect::<Vec<_>>()).await;
        };
        let existing: BTreeSet<String> = names(connection, &listing).await?.into_iter().collect();
        let (with, without): (Vec<_>, Vec<_>) = self
            .places
            .iter()
            .map(|place| (*place, schema_of(&targets[*place])))
            .partition(|(_, schema)| schema.is_none_or(|schema| existing.contains(schema)));
        let mut digests: Vec<_> = without.into_iter().map(|(place, _)| (place, Ok(String::new()))).collect();
        for some in with.chunks(self.at_once()) {
            digests.extend(read_many(connection, backend, table, some).await?);
        }
        Ok(digests)
    }
}

/// Tells a target without a record from one without a schema or database.
async fn tell_of_missing(
    connection: &DatabaseConnection,
    targets: &[FleetTarget],
    mut digests: Vec<(usize, Result<String, Error>)>,
) -> Result<Vec<(usize, Result<String, Error>)>, DbErr> {
    let is_empty = |digest: &Result<String, Error>| digest.as_ref().is_ok_and(String::is_empty);
    let queries = backend::of(connection.get_database_backend())?.fleet_queries();
    let Some(queries) = queries.filter(|_| digests.iter().any(|(_, digest)| is_empty(digest))) else {
        return Ok(digests);
    };
    // A server of MySQL may keep names in lower case.
    let as_kept = |name: &str| if queries.schemas.is_some() { name.to_owned() } else { name.to_lowercase() };
    let existing = names(connection, queries.schemas.unwrap_or(queries.databases)).await?;
    let existing: BTreeSet<String> = existing.iter().map(|name| as_kept(name)).collect();
    for (place, digest) in digests.iter_mut().filter(|(_, digest)| is_empty(digest)) {
        if let Some(schema) = schema_of(&targets[*place]).filter(|schema| !existing.contains(&as_kept(schema))) {
            let what = if queries.schemas.is_some() { "schema" } else { "database" };
            let source = DbErr::Custom(format!("the {what} `{schema}` does not exist"));
            *digest = Err(Error::Database { doing: READING, source });
        }
    }
    Ok(digests)
}

/// The schema in which the record of a target is, or the database on a server whose databases one session reads.
fn schema_of(target: &FleetTarget) -> Option<&str> {
    let settings = &target.settings;
    settings.schema().or_else(|| {
        Some(settings.database_name()).filter(|name| settings.driver() == Driver::MySql && !name.is_empty())
    })
}

async fn names(connection: &DatabaseConnection, sql: &str) -> Result<Vec<String>, DbErr> {
    let rows = connection.query_all_raw(Statement::from_string(connection.get_database_backend(), sql)).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

/// Reads some records with one statement. If that fails, with two statements of half of them each, until the records that
/// cannot be read are found.
async fn read_many(
    connection: &DatabaseConnection,
    backend: &dyn Backend,
    table: &str,
    some: &[(usize, Option<&str>)],
) -> Result<Vec<(usize, Result<String, Error>)>, DbErr> {
    let mut left = vec![some];
    let mut digests = Vec::new();
    while let Some(some) = left.pop() {
        let text = |(place, schema): &(usize, Option<&str>)| backend.record_digest(*place, *schema, table);
        // SQLite takes no parentheses, and has one record at a time.
        let sql = match some {
            [one] => text(one),
            _ => some.iter().map(|one| format!("({})", text(one))).collect::<Vec<_>>().join(" UNION ALL "),
        };
        let statement = Statement::from_string(connection.get_database_backend(), sql);
        match connection.query_all_raw(statement).await {
            Ok(rows) => {
                for row in rows {
                    let place: i64 =
                        row.try_get_by_index::<i32>(0).map(i64::from).or_else(|_| row.try_get_by_index(0))?;
                    let digest: Option<String> = row.try_get_by_index(1)?;
                    digests.push((usize::try_from(place).unwrap_or_default(), Ok(digest.unwrap_or_default())));
                }
            }
            Err(error) if some.len() == 1 && backend.is_missing_table(&error) => {
                digests.push((some[0].0, Ok(String::new())));
            }
            Err(source) if some.len() == 1 => {
                digests.push((some[0].0, Err(Error::Database { doing: READING, source })))
            }
            Err(_) => {
                let (first, second) = some.split_at(some.len() / 2);
                left.extend([first, second]);
            }
        }
    }
    Ok(digests)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    fn groups_of(url: impl Fn(usize) -> String, count: usize) -> Vec<(usize, usize)> {
        let target = |number| FleetTarget::new(format!("t{number}"), url(number).parse().unwrap());
        let targets: Vec<_> = (0..count).map(target).collect();
        groups(&targets).iter().map(|group| (group.places.len(), group.at_once())).collect()
    }

    #[test]
    fn connections_share_the_records_of_a_server() {
        let mysql = |number| format!("mysql://u:p@localhost/db_{number}");
        assert_eq!(groups_of(mysql, 250), [(250, 250)]);
        assert_eq!(groups_of(mysql, 1100), [(275, 250); 4]);
        let sqlite = |number| format!("sqlite:{number}.db");
        assert_eq!(groups_of(sqlite, 2), [(1, 1000); 2]);
    }
}
