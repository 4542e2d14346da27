//! Which run is running on a database, for runs that wait.

use std::fmt;
use std::sync::LazyLock;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use sea_orm::sea_query::{Asterisk, ColumnDef, Expr, ExprTrait, Query, TableCreateStatement};
use sea_orm::{ConnectionTrait, DbErr, DeriveIden, QueryResult};
use seachange_graph::{Direction, Plan};

use super::{RevisionRow, RevisionStore};
use crate::backend::Backend;

/// The run that is running on a database.
///
/// It informs waiting runs, and is not a lock. The exception is a revision on SQLite that no transaction holds: the
/// operating system is asked whether the process that executes it still exists.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Holder {
    /// The name of the machine.
    pub host: String,
    /// Distinguishes processes on machines of the same name: the id of the system's start, and the namespace of process
    /// ids. Empty when it is unknown.
    pub origin: String,
    /// The process id on that machine.
    pub process: i64,
    /// The name and version of the program.
    pub program: String,
    /// When the run began.
    pub since: DateTime<Utc>,
    /// The steps of its plan, in order: each revision with its direction.
    pub steps: Vec<(Direction, String)>,
    /// The step that it was executing when the record was last read.
    pub at: Option<(Direction, String)>,
}

/// How long a run waits for a process on another machine. SQLite does not support a file that machines share; a
/// container that was restarted under another name is common.
const ELSEWHERE: TimeDelta = TimeDelta::hours(1);

/// When this process first used a holder.
static START: LazyLock<DateTime<Utc>> = LazyLock::new(|| Utc::now().trunc_subsecs(3));

#[derive(DeriveIden, Clone, Copy)]
enum HolderColumn {
    Id,
    Host,
    Origin,
    Process,
    Program,
    Since,
    Steps,
}

const COLUMNS: [HolderColumn; 6] = [
    HolderColumn::Host,
    HolderColumn::Origin,
    HolderColumn::Process,
    HolderColumn::Program,
    HolderColumn::Since,
    HolderColumn::Steps,
];

/// The key of the only row.
const ID: i32 = 1;

impl Holder {
    /// The entry of this process, which is about to run a plan.
    pub(crate) fn this(program: &str, plan: &Plan) -> Self {
        LazyLock::force(&START);
        Self {
            host: gethostname::gethostname().to_string_lossy().into_owned(),
            origin: origin(),
            process: i64::from(std::process::id()),
            program: program.to_owned(),
            // Every database stores a timestamp to the millisecond.
            since: Utc::now().trunc_subsecs(3),
            steps: plan.steps.iter().map(|step| (step.direction, step.revision.clone())).collect(),
            at: None,
        }
    }

    /// Whether the process no longer exists: it was on this machine and does not exist now, or its process id was
    /// reused for this process. A process on another machine cannot be checked; it counts as ended after an hour.
    pub(crate) fn is_gone(&self) -> bool {
        if gethostname::gethostname().to_string_lossy() != self.host.as_str() || self.is_in_another_namespace() {
            return Utc::now() - self.since > ELSEWHERE;
        }
        let is_this = self.process == i64::from(std::process::id());
        if is_this { self.since < *START } else { !is_alive(self.process) }
    }

    /// Whether both entries are of one process.
    pub(crate) fn is_of_same_process(&self, other: &Self) -> bool {
        (&self.host, self.process) == (&other.host, other.process)
    }

    /// Whether the process has another namespace of process ids, for instance in another container with the same name.
    fn is_in_another_namespace(&self) -> bool {
        !self.origin.is_empty() && self.origin != origin()
    }

    /// Finds the step that the run is executing: the first that the record does not show as done.
    pub(crate) fn locate(&mut self, rows: &[RevisionRow]) {
        let row = |revision: &str| rows.iter().find(|row| row.revision == revision);
        let is_done = |(direction, revision): &&(Direction, String)| match direction {
            Direction::Upgrade => row(revision).is_some_and(RevisionRow::is_applied),
            Direction::Downgrade => row(revision).is_none(),
        };
        self.at = self.steps.iter().find(|step| !is_done(step)).cloned();
    }

    /// Reads a row with the columns of the lock table.
    pub(super) fn read(result: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            host: result.try_get("", "host")?,
            origin: result.try_get("", "origin").unwrap_or_default(),
            process: result.try_get("", "process")?,
            program: result.try_get("", "program")?,
            since: result.try_get("", "since")?,
            steps: result.try_get::<String>("", "steps")?.split(',').filter_map(parse_step).collect(),
            at: None,
        })
    }
}

/// For example `web-3, process 4711 (migration 0.1.0), at work since 09:03:11 UTC, now at the upgrade of ae1027a6acf4`.
impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, process, program, since, at, .. } = self;
        write!(f, "`{host}`, process {process} ({program}), at work since {}", since.format("%H:%M:%S UTC"))?;
        match at {
            Some((direction, revision)) => write!(f, ", now at the {direction} of `{revision}`"),
            None => Ok(()),
        }
    }
}

/// The id of the system's start and the namespace of process ids, from Linux; empty on other systems.
fn origin() -> String {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let namespace = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    format!("{} {}", boot.trim(), namespace.display()).trim().to_owned()
}

#[cfg(unix)]
fn is_alive(process: i64) -> bool {
    use rustix::process::{Pid, test_kill_process};

    let process = i32::try_from(process).ok().and_then(Pid::from_raw);
    // A process that this one may not signal exists as well.
    process.is_some_and(|process| test_kill_process(process) != Err(rustix::io::Errno::SRCH))
}

/// No standard function checks it.
#[cfg(not(unix))]
fn is_alive(_process: i64) -> bool {
    true
}

/// A step in the format of the table: `+ID` or `-ID`.
fn step_text((direction, revision): &(Direction, String)) -> String {
    let sign = if *direction == Direction::Upgrade { '+' } else { '-' };
    format!("{sign}{revision}")
}

fn parse_step(text: &str) -> Option<(Direction, String)> {
    let up = text.strip_prefix('+').map(|revision| (Direction::Upgrade, revision.to_owned()));
    up.or_else(|| text.strip_prefix('-').map(|revision| (Direction::Downgrade, revision.to_owned())))
}

impl RevisionStore {
    /// The lock table: the name of the record's table with `_lock` appended.
    pub(super) fn holders(&self) -> Self {
        self.beside("lock")
    }

    /// Reads the entry of the lock table; `None` when the table does not exist.
    pub(crate) async fn holder(
        &self,
        connection: &impl ConnectionTrait,
        backend: &dyn Backend,
    ) -> Result<Option<Holder>, DbErr> {
        let holders = self.holders();
        // All columns, because a table of an earlier version has fewer.
        let select = Query::select().column(Asterisk).from(holders.table()).take();
        match connection.query_one(&select).await {
            Ok(row) => row.as_ref().map(Holder::read).transpose(),
            Err(error) if backend.is_missing_table(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Replaces the entry of the lock table.
    ///
    /// One text, which the driver does not prepare: the names of the tables differ between the targets of a fleet.
    pub(crate) async fn set_holder(
        &self,
        connection: &impl ConnectionTrait,
        backend: &dyn Backend,
        holder: &Holder,
    ) -> Result<(), DbErr> {
        connection.execute_unprepared(&self.holder_text(backend, holder)).await.map(drop)
    }

    /// The statements that replace the entry of the lock table.
    pub(crate) fn holder_text(&self, backend: &dyn Backend, holder: &Holder) -> String {
        let (holders, dialect) = (self.holders(), backend.sql_dialect());
        let literal = |text: &str| Expr::cust(backend.text_literal(text));
        let delete = Query::delete().from_table(holders.table()).and_where(Expr::col(HolderColumn::Id).eq(ID)).take();
        let steps: Vec<String> = holder.steps.iter().map(step_text).collect();
        let insert = Query::insert()
            .into_table(holders.table())
            .columns(COLUMNS)
            .values_panic([
                literal(&holder.host),
                literal(&holder.origin),
                holder.process.into(),
                literal(&holder.program),
                super::moment(dialect, holder.since).into(),
                literal(&steps.join(",")),
            ])
            .take();
        format!("{}; {}", super::text(&delete, dialect), super::text(&insert, dialect))
    }

    /// The statement that deletes the entry of a run. The entry of another run that replaced it stays.
    pub(crate) fn holder_deletion_text(&self, backend: &dyn Backend, holder: &Holder) -> String {
        let delete = Query::delete()
            .from_table(self.holders().table())
            .and_where(Expr::col(HolderColumn::Id).eq(ID))
            .and_where(Expr::col(HolderColumn::Host).eq(Expr::cust(backend.text_literal(&holder.host))))
            .and_where(Expr::col(HolderColumn::Process).eq(holder.process))
            .take();
        super::text(&delete, backend.sql_dialect())
    }

    pub(super) fn holders_definition(&self, backend: &dyn Backend) -> TableCreateStatement {
        self.new_table(backend)
            // A program of an earlier version writes no id.
            .col(ColumnDef::new(HolderColumn::Id).integer().not_null().default(ID).primary_key())
            .col(ColumnDef::new(HolderColumn::Host).string_len(255).not_null())
            .col(ColumnDef::new(HolderColumn::Origin).string_len(255).not_null().default(""))
            .col(ColumnDef::new(HolderColumn::Process).big_integer().not_null())
            .col(ColumnDef::new(HolderColumn::Program).string_len(255).not_null())
            .col(backend.timestamp_column(&mut ColumnDef::new(HolderColumn::Since)).not_null())
            .col(backend.long_text(&mut ColumnDef::new(HolderColumn::Steps)).not_null())
            .take()
    }
}
