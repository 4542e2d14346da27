//! Who is at work on a database, for those who wait.

use std::fmt;
use std::sync::LazyLock;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use sea_orm::sea_query::{Asterisk, ColumnDef, Expr, ExprTrait, Query, TableCreateStatement};
use sea_orm::{ConnectionTrait, DbErr, DeriveIden, QueryResult};
use seachange_graph::{Direction, Plan};

use super::{RevisionRow, RevisionStore};
use crate::backend::Backend;

/// Who is at work on a database.
///
/// It is a message to those who wait, and no lock. Only on SQLite, and only of a revision that no transaction holds, does it
/// say as well whether somebody is in its middle, which is asked of the operating system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The name of the machine.
    pub host: String,
    /// What tells processes of one machine name apart: the start of the system, and the namespace of process numbers.
    /// Empty where it cannot be told.
    pub origin: String,
    /// The number of the process on it.
    pub process: i64,
    /// The name and version of the program.
    pub program: String,
    /// When it began.
    pub since: DateTime<Utc>,
    /// What it came to do, in that order: each revision, and which way it goes.
    pub steps: Vec<(Direction, String)>,
    /// The one of them that it was at when the record was last read.
    pub at: Option<(Direction, String)>,
}

/// How long a process on another machine is waited for. A file that machines share is no place for SQLite anyway; a
/// container that was started anew under another name is common.
const ELSEWHERE: TimeDelta = TimeDelta::hours(1);

/// When this process first had to do with holders.
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

/// The only row.
const ID: i32 = 1;

impl Holder {
    /// This process, which is about to run a plan.
    pub(crate) fn this(program: &str, plan: &Plan) -> Self {
        LazyLock::force(&START);
        Self {
            host: gethostname::gethostname().to_string_lossy().into_owned(),
            origin: origin(),
            process: i64::from(std::process::id()),
            program: program.to_owned(),
            // What every database keeps of a moment.
            since: Utc::now().trunc_subsecs(3),
            steps: plan.steps.iter().map(|step| (step.direction, step.revision.clone())).collect(),
            at: None,
        }
    }

    /// Whether the process is taken to be gone: it was on this machine, and is not there, or has a number that this process
    /// was given after it. Nobody can ask for one on another machine: it is taken to be gone after an hour.
    pub(crate) fn is_gone(&self) -> bool {
        if gethostname::gethostname().to_string_lossy() != self.host.as_str() || self.is_in_another_namespace() {
            return Utc::now() - self.since > ELSEWHERE;
        }
        let is_this = self.process == i64::from(std::process::id());
        if is_this { self.since < *START } else { !is_alive(self.process) }
    }

    /// Whether it runs where numbers of processes mean others: in another container with the same name, for instance.
    fn is_in_another_namespace(&self) -> bool {
        !self.origin.is_empty() && self.origin != origin()
    }

    /// Finds the step that it is at: the first that the record does not show as done.
    pub(crate) fn locate(&mut self, rows: &[RevisionRow]) {
        let row = |revision: &str| rows.iter().find(|row| row.revision == revision);
        let is_done = |(direction, revision): &&(Direction, String)| match direction {
            Direction::Upgrade => row(revision).is_some_and(RevisionRow::is_applied),
            Direction::Downgrade => row(revision).is_none(),
        };
        self.at = self.steps.iter().find(|step| !is_done(step)).cloned();
    }

    fn read(result: &QueryResult) -> Result<Self, DbErr> {
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

/// Such as `web-3, process 4711 (migration 0.1.0), at work since 09:03:11 UTC, now at the upgrade of ae1027a6acf4`.
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

/// The id of this start of the system, and the namespace of its processes, as Linux tells them; empty elsewhere.
fn origin() -> String {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let namespace = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    format!("{} {}", boot.trim(), namespace.display()).trim().to_owned()
}

#[cfg(unix)]
fn is_alive(process: i64) -> bool {
    use rustix::process::{Pid, test_kill_process};

    let process = i32::try_from(process).ok().and_then(Pid::from_raw);
    // A process that may not be signalled is there all the same.
    process.is_some_and(|process| test_kill_process(process) != Err(rustix::io::Errno::SRCH))
}

/// Nothing that is standard tells.
#[cfg(not(unix))]
fn is_alive(_process: i64) -> bool {
    true
}

/// A step as it stands in the table: `+ID` or `-ID`.
fn step_text((direction, revision): &(Direction, String)) -> String {
    let sign = if *direction == Direction::Upgrade { '+' } else { '-' };
    format!("{sign}{revision}")
}

fn parse_step(text: &str) -> Option<(Direction, String)> {
    let up = text.strip_prefix('+').map(|revision| (Direction::Upgrade, revision.to_owned()));
    up.or_else(|| text.strip_prefix('-').map(|revision| (Direction::Downgrade, revision.to_owned())))
}

impl RevisionStore {
    /// The table that says who is at work: that of the record, with `_lock` behind its name.
    pub(super) fn holders(&self) -> Self {
        self.beside("lock")
    }

    /// Reads who is at work; nobody where the table is not there.
    pub(crate) async fn holder(
        &self,
        connection: &impl ConnectionTrait,
        backend: &dyn Backend,
    ) -> Result<Option<Holder>, DbErr> {
        let holders = self.holders();
        // All columns, because a table that an earlier version made has fewer.
        let select = Query::select().column(Asterisk).from(holders.table()).take();
        match connection.query_one(&select).await {
            Ok(row) => row.as_ref().map(Holder::read).transpose(),
            Err(error) if backend.is_missing_table(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Says who is at work from now on, instead of whom it said before.
    pub(crate) async fn set_holder(&self, connection: &impl ConnectionTrait, holder: &Holder) -> Result<(), DbErr> {
        let holders = self.holders();
        let delete = Query::delete().from_table(holders.table()).and_where(Expr::col(HolderColumn::Id).eq(ID)).take();
        connection.execute(&delete).await?;
        let steps: Vec<String> = holder.steps.iter().map(step_text).collect();
        let insert = Query::insert()
            .into_table(holders.table())
            .columns(COLUMNS)
            .values_panic([
                holder.host.clone().into(),
                holder.origin.clone().into(),
                holder.process.into(),
                holder.program.clone().into(),
                holder.since.into(),
                steps.join(",").into(),
            ])
            .take();
        connection.execute(&insert).await.map(drop)
    }

    /// Says that somebody is at work no longer. Another who said so since is left alone.
    pub(crate) async fn clear_holder(&self, connection: &impl ConnectionTrait, holder: &Holder) -> Result<(), DbErr> {
        let delete = Query::delete()
            .from_table(self.holders().table())
            .and_where(Expr::col(HolderColumn::Id).eq(ID))
            .and_where(Expr::col(HolderColumn::Host).eq(holder.host.as_str()))
            .and_where(Expr::col(HolderColumn::Process).eq(holder.process))
            .take();
        connection.execute(&delete).await.map(drop)
    }

    pub(super) fn holders_definition(&self, backend: &dyn Backend) -> TableCreateStatement {
        self.new_table(backend)
            // A program of an earlier version names no id.
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
