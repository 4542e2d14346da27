//! Runs revisions on a scratch database, statement by statement, and measures what each statement locks and rewrites.
//!
//! The statements are those that the code sends, so that raw SQL and builders are equal. Each is in a transaction of its
//! own where the system has such transactions, because a session holds every lock on a table that the same transaction
//! has created.

use std::sync::Arc;

use async_trait::async_trait;
use sea_orm::{DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, Statement};

use super::changes::{ChangeRecorder, renamed_tables};
use super::foresee::{self, DatabaseVersion};
use super::measured::{CountedValues, MeasuredServer, RevisionImpact, StatementImpact};
#[cfg(feature = "mysql")]
use super::mysql;
#[cfg(feature = "postgres")]
use super::postgres;
use super::sending::{Executed, Queried, Sending, is_lock};
#[cfg(feature = "sqlite")]
use super::sqlite;
use crate::alter::offline_scope::LostValues;
use crate::autogenerate::replay::{Replay, ReplayTransaction};
use crate::autogenerate::{AutogenerateError, DatabaseState, FilledTables, TableFilter, fill};
use crate::backend::dialect::Dialect;
use crate::backend::dialect::with_values;
use crate::database_error::reason_with_detail;
use crate::error::Refusal;
use crate::inspect::CatalogueConnection;
use crate::intercept::{BeginOptions, StatementHandler};
use crate::revision::RegisteredRevision;
use crate::schema::TableName;
use crate::session::{DirectSession, outside_change};
use crate::settings::DatabaseSettings;
use crate::sql::{self, StatementFacts, StatementKind};

/// Why the locks of a statement that changes rows are unknown.
pub(super) const DEPENDS_ON_ROWS: &str = "how many rows it locks, and for how long, depends on the rows";

/// Measures revisions on a scratch database of the server that `scratch` names, after the revisions `below`. Each table
/// that is there before gets a row, if one can be made.
///
/// A revision that fails is reported with the statements before the failure, and those after it are not measured.
///
/// # Errors
///
/// The scratch database cannot be used, or one of the revisions below fails there.
pub(crate) async fn measure(
    below: &[&'static RegisteredRevision],
    revisions: &[&'static RegisteredRevision],
    scratch: &DatabaseSettings,
) -> Result<Vec<RevisionImpact>, AutogenerateError> {
    let replay = Replay::open(scratch).await?;
    #[cfg(feature = "sqlite")]
    let readers_wait = sqlite::readers_wait(scratch);
    #[cfg(not(feature = "sqlite"))]
    let readers_wait = true;
    let measured = Box::pin(measure_on(&replay, below, revisions, readers_wait)).await;
    replay.close().await?;
    measured
}

async fn measure_on(
    replay: &Replay,
    below: &[&'static RegisteredRevision],
    revisions: &[&'static RegisteredRevision],
    readers_wait: bool,
) -> Result<Vec<RevisionImpact>, AutogenerateError> {
    for script in below {
        let ended = replay.run(script, ReplayTransaction::AsInARun, |live| live).await;
        if let Some(reason) = ended.map_err(AutogenerateError::Inspect)?.failure {
            return Err(AutogenerateError::Copy { reason: format!("`{}` fails on it: {reason}", script.revision.id) });
        }
    }
    let connection = replay.connection();
    let mut state = DatabaseState::read(&**replay.catalogue(), &TableFilter::default())
        .await
        .map_err(AutogenerateError::Inspect)?;
    let mut filled = fill(connection, &state.schema).await.map_err(AutogenerateError::Inspect)?;
    let mut known: Vec<String> =
        state.schema.tables.keys().chain(state.materialized_views()).map(ToString::to_string).collect();
    #[cfg(feature = "postgres")]
    if replay.dialect().backend() == DbBackend::Postgres {
        // Partitions, too.
        known.extend(postgres::names(connection).await.map_err(AutogenerateError::Inspect)?);
        known.sort();
        known.dedup();
    }
    let version = DatabaseVersion::read(connection).await.map_err(AutogenerateError::Inspect)?;
    let mut measured: Vec<RevisionImpact> = Vec::new();
    let mut failed = None;
    for script in revisions {
        if let Some(failed) = failed {
            measured.push(RevisionImpact::not_run(
                script,
                replay.dialect().backend(),
                format!("`{failed}`, which runs before it, failed on the copy"),
            ));
            continue;
        }
        let ended = measure_one(replay, script, state, &mut filled, &known, Server { version, readers_wait })
            .await
            .map_err(AutogenerateError::Inspect)?;
        failed = ended.has_failed.then_some(script.revision.id);
        state = ended.state;
        follow(&mut known, &renamed_tables(&ended.impact.changes));
        measured.push(ended.impact);
    }
    Ok(measured)
}

/// Gives known tables their new names.
fn follow(known: &mut [String], renamed: &[(TableName, TableName)]) {
    for (from, to) in renamed {
        known.iter_mut().filter(|table| **table == from.to_string()).for_each(|table| *table = to.to_string());
    }
}

/// What is known of the server and of the connected database.
#[derive(Debug, Clone, Copy)]
struct Server {
    version: DatabaseVersion,
    /// Whether readers of the SQLite file wait for a writer that changes many pages.
    #[cfg_attr(not(feature = "sqlite"), expect(dead_code, reason = "only SQLite has one lock for a file"))]
    readers_wait: bool,
}

/// A measured revision, and the database after it.
struct MeasuredRevision {
    impact: RevisionImpact,
    has_failed: bool,
    state: DatabaseState,
}

async fn measure_one(
    replay: &Replay,
    script: &'static RegisteredRevision,
    before: DatabaseState,
    filled: &mut FilledTables,
    known: &[String],
    server: Server,
) -> Result<MeasuredRevision, DbErr> {
    let dialect = replay.dialect();
    let is_strict = foresee::is_strict(replay.connection()).await?;
    let session = |live| MeasuringSession {
        live,
        connection: replay.connection().clone(),
        catalogue: Arc::clone(replay.catalogue()),
        dialect,
        statements: Vec::new(),
        changes: ChangeRecorder::new(dialect.grammar(), dialect.backend(), before.clone()),
        transactions: TransactionCount::default(),
        filled: filled.clone(),
        known: known.to_vec(),
        server,
        lost_values: Vec::new(),
        unknown: None,
    };
    let has_foreign_keys_off = replay.needs_foreign_keys_off(script, filled).await?;
    let ended = replay.run(script, ReplayTransaction::EachStatement { has_foreign_keys_off }, session).await?;
    let has_failed = ended.failure.is_some();
    *filled = ended.session.filled;
    let (changes, state, before) = ended.session.changes.finish(&**replay.catalogue()).await?;
    let impact = RevisionImpact {
        script,
        backend: dialect.backend(),
        server: MeasuredServer {
            version: server.version,
            is_strict: is_strict && foresee::is_strict(replay.connection()).await?,
            enforces_foreign_keys: !ended.has_foreign_keys_off,
        },
        statements: ended.session.statements,
        changes,
        lost_values: ended.session.lost_values,
        before: Some(before.schema.clone()),
        states: (!has_failed).then(|| Box::new((before, state.clone()))),
        is_one_transaction: replay.is_in_transaction(script) && dialect.backend() != DbBackend::MySql,
        unknown: ended.failure.map(|reason| format!("it failed on the copy: {reason}")).or(ended.session.unknown),
    };
    Ok(MeasuredRevision { impact, has_failed, state })
}

/// The transactions that the code of a revision has begun.
#[derive(Default)]
struct TransactionCount {
    begun: usize,
    depth: usize,
}

/// A session on the scratch database that measures each statement.
struct MeasuringSession {
    live: DirectSession,
    connection: DatabaseConnection,
    /// The same connection, to read the catalogue.
    catalogue: Arc<CatalogueConnection>,
    dialect: &'static dyn Dialect,
    statements: Vec<StatementImpact>,
    changes: ChangeRecorder,
    transactions: TransactionCount,
    /// The tables with a row that only the measurement has made.
    filled: FilledTables,
    /// The tables that were there before the first measured revision.
    known: Vec<String>,
    #[cfg_attr(
        not(any(feature = "mysql", feature = "sqlite")),
        expect(dead_code, reason = "PostgreSQL is measured in one way")
    )]
    server: Server,
    lost_values: Vec<CountedValues>,
    /// Why the revision as a whole cannot be measured.
    unknown: Option<String>,
}

impl MeasuringSession {
    /// Sends a statement, and records what it did.
    async fn measured<S: Sending>(&mut self, statement: Statement) -> Result<S::Answer, DbErr> {
        let text = with_values(self.dialect, &statement).unwrap_or_else(|_| statement.sql.clone());
        let facts = sql::read(&text, self.dialect.grammar());
        let mut impact = StatementImpact::of(&text, &facts);
        if let Some(reason) = self.leads_outside(&facts).await? {
            impact.unknown = Some(reason.clone());
            self.statements.push(impact);
            return Err(DbErr::Custom(reason));
        }
        let mut outcome = self.attempt::<S>(statement.clone(), &facts, &mut impact).await;
        let is_emptied = outcome.is_err() && facts.len() == 1 && !self.filled.made.is_empty();
        if is_emptied {
            // The rows that the measurement has made may be in the way: a key that the revision inserts, a new column
            // that needs a value.
            self.filled.empty_again(&self.connection).await?;
            impact = StatementImpact::of(&text, &facts);
            outcome = self.attempt::<S>(statement, &facts, &mut impact).await;
        }
        if impact.changes_rows && self.dialect.backend() != DbBackend::Sqlite && self.changes_present_rows(&facts) {
            impact.unknown = Some(DEPENDS_ON_ROWS.to_owned());
        }
        if let Err(error) = &outcome {
            impact.unknown = Some(reason_with_detail(error));
        }
        impact.transaction = self.transaction();
        if outcome.is_ok() {
            let renamed = self.changes.note(&*self.catalogue, &facts, self.statements.len()).await?;
            follow(&mut self.known, &renamed);
            self.filled.follow(&renamed);
        }
        if is_emptied && outcome.is_ok() && self.dialect.backend() != DbBackend::Sqlite {
            // The next statements are measured on tables with rows again.
            let mut schema = self.changes.schema().clone();
            schema.tables.retain(|table, _| self.known.contains(&table.to_string()));
            self.filled.made = fill(&self.connection, &schema).await?.made;
        }
        self.statements.push(impact);
        outcome
    }

    async fn attempt<S: Sending>(
        &mut self,
        statement: Statement,
        facts: &[StatementFacts],
        impact: &mut StatementImpact,
    ) -> Result<S::Answer, DbErr> {
        match self.dialect.backend() {
            #[cfg(feature = "postgres")]
            DbBackend::Postgres => {
                postgres::send::<S>(&mut self.live, &self.connection, statement, facts, &self.known, impact).await
            }
            #[cfg(feature = "mysql")]
            DbBackend::MySql => {
                let is_mariadb = self.server.version.is_mariadb;
                let (live, connection) = (&mut self.live, &self.connection);
                mysql::send::<S>(live, connection, is_mariadb, statement, facts, &self.known, impact).await
            }
            #[cfg(feature = "sqlite")]
            DbBackend::Sqlite => {
                sqlite::describe(&self.connection, facts, &self.known, self.server.readers_wait, impact).await?;
                S::send(&mut self.live, statement).await
            }
            _ => S::send(&mut self.live, statement).await,
        }
    }

    /// The transaction of the code in which the next statement runs. MySQL and MariaDB end it before a change of the
    /// schema, with its locks on tables.
    fn transaction(&self) -> Option<usize> {
        let holds_locks = self.transactions.depth > 0 && self.dialect.backend() != DbBackend::MySql;
        holds_locks.then_some(self.transactions.begun)
    }

    /// Whether a statement locks rows of a table that was there before: other sessions that change them wait until the
    /// transaction ends. Only an insertion that is understood is known not to, unless it updates the row that is there;
    /// MySQL and MariaDB lock the rows that it reads, too.
    fn changes_present_rows(&self, facts: &[StatementFacts]) -> bool {
        let is_insertion = |facts: &StatementFacts| {
            let words = sql::words(&facts.text, self.dialect.grammar());
            let has = |word: &str| words.iter().any(|own| own == word);
            let reads = self.dialect.backend() == DbBackend::MySql && facts.reads.iter().any(|own| self.is_known(own));
            let updates = has("CONFLICT") || has("DUPLICATE");
            facts.is_understood && words.first().is_some_and(|word| word == "INSERT") && !reads && !updates
        };
        let is_new = |facts: &StatementFacts| facts.is_understood && !facts.writes.iter().any(|own| self.is_known(own));
        let reads_known = |facts: &StatementFacts| facts.reads.iter().any(|own| self.is_known(own));
        let is_safe = |facts: &StatementFacts| {
            is_insertion(facts) || is_new(facts) && !(self.dialect.backend() == DbBackend::MySql && reads_known(facts))
        };
        !facts.iter().all(is_safe)
    }

    /// Whether a table describes the schema, which is the same in the copy. Statistics are not.
    fn is_of_catalogue(&self, table: &str) -> bool {
        let backend = self.dialect.backend();
        sql::is_catalogue_table(table, self.dialect.grammar())
            || backend == DbBackend::Sqlite && ["sqlite_temp_schema", "sqlite_temp_master"].contains(&table)
            || backend == DbBackend::Postgres && table.starts_with("pg_") && !table.starts_with("pg_stat")
    }

    fn is_known(&self, table: &String) -> bool {
        self.known.contains(table)
    }

    /// Why a statement might change something outside of the copy.
    async fn leads_outside(&self, facts: &[StatementFacts]) -> Result<Option<String>, DbErr> {
        if facts.iter().any(|facts| facts.kind == StatementKind::Copy) {
            return Ok(Some(Refusal::Copy.to_string()));
        }
        let change = outside_change(&(&self.connection).into(), facts, self.dialect.grammar()).await?;
        Ok(change.map(|change| change.to_string()))
    }
}

#[async_trait]
impl StatementHandler for MeasuringSession {
    async fn execute(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.measured::<Executed>(statement).await
    }

    async fn query(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let facts = sql::read(&statement.sql, self.dialect.grammar());
        if let Some(reason) = self.leads_outside(&facts).await? {
            return Err(DbErr::Custom(reason));
        }
        let reads_rows = |facts: &StatementFacts| facts.reads.iter().any(|table| !self.is_of_catalogue(table));
        if facts.iter().any(|facts| facts.kind == StatementKind::Query && !facts.is_probe && reads_rows(facts)) {
            let reason = "it reads rows, which the copy does not have: what it does may be different";
            self.unknown.get_or_insert_with(|| reason.to_owned());
        }
        if facts.iter().any(|facts| facts.may_write || facts.kind != StatementKind::Query) {
            return self.measured::<Queried>(statement).await;
        }
        self.live.query(statement).await
    }

    async fn begin(&mut self, _begin: BeginOptions) -> Result<(), DbErr> {
        if self.transactions.depth == 0 {
            self.transactions.begun += 1;
        }
        self.transactions.depth += 1;
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), DbErr> {
        self.transactions.depth = self.transactions.depth.saturating_sub(1);
        Ok(())
    }

    async fn rollback(&mut self) -> Result<(), DbErr> {
        self.transactions.depth = self.transactions.depth.saturating_sub(1);
        self.unknown = Some("it rolls back statements, which the copy has kept".to_owned());
        Ok(())
    }

    async fn execute_check(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.live.execute(statement).await
    }

    async fn query_check(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.live.query(statement).await
    }

    async fn count_lost_values(&mut self, statement: Statement, values: LostValues) -> Result<Vec<QueryResult>, DbErr> {
        let is_written = self.changes.has_written(&values.table.1);
        self.lost_values.push(CountedValues { statement: self.statements.len(), values, is_written });
        self.query_precondition(statement).await
    }

    /// The engine asks whether rows would be in the way; those that only the measurement has made are not.
    async fn query_precondition(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        if is_lock(&statement) {
            return Ok(Vec::new());
        }
        let rows = self.live.query(statement.clone()).await?;
        let is_in_the_way = |row: &QueryResult| !matches!(row.try_get_by_index::<i64>(0), Ok(0));
        if self.filled.made.is_empty() || !rows.iter().any(is_in_the_way) {
            return Ok(rows);
        }
        self.filled.empty_again(&self.connection).await?;
        self.live.query(statement).await
    }
}
