//! Steps tried out on a copy of the schema, before anybody relies on them: whether they lead to the entities, whether they
//! lead back, and which statements they are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use sea_orm::{DatabaseExecutor, DbBackend, DbErr, ExecResult, QueryResult, Statement};
use sea_orm_migration::SchemaManager;

use super::apply::apply;
use super::code::{Code, code};
use super::comparison::{Comparison, rules};
use super::diff::{self, Renames};
use super::difference::{Difference, differences};
use super::error::AutogenerateError;
use super::operation::Operation;
use super::scratch::{Scratch, ScratchError};
use super::wishes::Wishes;
use crate::event::EventHandler;
use crate::limits::Deadline;
use crate::relay::{self, Body, Ending, Session};
use crate::runner::Live;
use crate::schema::{Column, ForeignKey, Schema, Table, TableName, Unique};
use crate::settings::DatabaseSettings;

/// What came of trying steps out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rehearsal {
    /// They lead to the entities, and back.
    Proven,
    /// They lead somewhere else.
    Differs {
        /// What is left to do after the way up.
        up: Vec<Difference>,
        /// What is left to do after the way back.
        down: Vec<Difference>,
    },
    /// The database refused one of them.
    Refused {
        /// Whether it was on the way up, or back.
        is_up: bool,
        /// What it said.
        reason: String,
    },
    /// Nobody can tell: the schema cannot be copied.
    Unknown {
        /// Why.
        reason: String,
    },
}

impl Comparison {
    /// Tries out steps on a copy of the tables that they are about. Nothing is left of it.
    ///
    /// # Errors
    ///
    /// No scratch schema, or one that cannot be read.
    pub async fn rehearse(
        &self,
        operations: &[Operation],
        scratch: &DatabaseSettings,
    ) -> Result<Rehearsal, AutogenerateError> {
        let stage = match Stage::build(self, operations, scratch).await? {
            Ok(stage) => stage,
            Err(reason) => return Ok(Rehearsal::Unknown { reason }),
        };
        let outcome = stage.play(self, operations).await;
        stage.close().await?;
        outcome
    }

    /// The statements that the steps are on this database, without their ends.
    ///
    /// # Errors
    ///
    /// No scratch schema, or one that refuses the steps.
    pub async fn statements(
        &self,
        operations: &[Operation],
        scratch: &DatabaseSettings,
    ) -> Result<Vec<String>, AutogenerateError> {
        let stage = match Stage::build(self, operations, scratch).await? {
            Ok(stage) => stage,
            Err(reason) => return Err(AutogenerateError::Copy { reason }),
        };
        let written = stage.run(code(operations, self.backend)).await;
        stage.close().await?;
        written.map_err(AutogenerateError::Statement)
    }
}

/// A copy of some tables of a database.
struct Stage {
    scratch: Scratch,
    backend: DbBackend,
    /// What it has before the steps.
    start: Schema,
    /// What the entities ask of these tables.
    goal: Schema,
}

impl Stage {
    /// Copies the tables that the steps are about, and those that they refer to, or that refer to them; or says why that is not
    /// possible.
    async fn build(
        comparison: &Comparison,
        operations: &[Operation],
        settings: &DatabaseSettings,
    ) -> Result<Result<Self, String>, AutogenerateError> {
        let cast = Cast::of(comparison, operations);
        if let Some(table) = cast.elsewhere() {
            return Ok(Err(format!("table `{table}` is in a schema of its own")));
        }
        let (mut wanted, mut goal) = (part(&comparison.from, &cast.from), part(&comparison.to, &cast.to));
        let strangers = strangers([&wanted, &goal]);
        wanted.tables.extend(strangers.clone());
        goal.tables.extend(strangers);
        let scratch = Scratch::open(settings, &[]).await?;
        let mut stage = Self { scratch, backend: comparison.backend, start: wanted.clone(), goal };
        match stage.copy(&wanted).await? {
            None => Ok(Ok(stage)),
            Some(reason) => {
                stage.close().await?;
                Ok(Err(reason))
            }
        }
    }

    /// Builds the tables; what prevents it is told.
    async fn copy(&mut self, wanted: &Schema) -> Result<Option<String>, AutogenerateError> {
        let steps = steps(&Schema::default(), wanted, &Wishes::default(), self.backend);
        if let Err(error) = self.run(code(&steps, self.backend)).await {
            return Ok(Some(format!(
                "a copy of the schema cannot be built: {}",
                crate::database_error::reason(&error)
            )));
        }
        self.start = self.inspect().await?;
        let missing = differences(&steps_between(&self.start, wanted, self.backend));
        Ok(missing.first().map(|first| {
            let of = first.table.as_ref().map(|table| format!(" of table `{table}`")).unwrap_or_default();
            format!("the {}{of} cannot be copied", first.kind)
        }))
    }

    async fn play(&self, comparison: &Comparison, operations: &[Operation]) -> Result<Rehearsal, AutogenerateError> {
        let back: Vec<_> = operations.iter().rev().map(Operation::reverse).collect();
        if let Err(error) = self.run(code(operations, self.backend)).await {
            return Ok(refused(true, &error));
        }
        let up = steps(&self.inspect().await?, &self.goal, &comparison.wishes, self.backend);
        if let Err(error) = self.run(code(&back, self.backend)).await {
            return Ok(refused(false, &error));
        }
        let down = steps_between(&self.inspect().await?, &self.start, self.backend);
        match up.is_empty() && down.is_empty() {
            true => Ok(Rehearsal::Proven),
            false => Ok(Rehearsal::Differs { up: differences(&up), down: differences(&down) }),
        }
    }

    async fn inspect(&self) -> Result<Schema, AutogenerateError> {
        self.scratch.inspect().await.map_err(AutogenerateError::Inspect)
    }

    /// Runs code, and gives the statements that it sent.
    async fn run(&self, code: Vec<Code>) -> Result<Vec<String>, DbErr> {
        let executor = self.scratch.executor();
        let code = relay::Code {
            body: Arc::new(Written(code)),
            in_transaction: matches!(executor, DatabaseExecutor::Transaction(_)),
        };
        let (handler, deadline): (EventHandler, _) = (Arc::new(|_| {}), Deadline::new(None));
        let mut recorder = Recorder {
            live: Live::new(executor, &handler, &deadline),
            statements: Vec::new(),
            is_script: self.backend == DbBackend::Sqlite,
        };
        match relay::run(code, self.backend, &mut recorder).await {
            Ending::Done => Ok(recorder.statements),
            Ending::Failed(error) => Err(error),
            Ending::Panicked(text) => Err(DbErr::Custom(text)),
            Ending::NeedsForeignKeysOff => Err(relay::no_rebuild()),
        }
    }

    async fn close(self) -> Result<(), AutogenerateError> {
        self.scratch.close().await.map_err(|error| ScratchError::Database(error).into())
    }
}

/// The tables that steps are about, with those next to them, by their names before and after.
#[derive(Debug, Default)]
struct Cast {
    from: BTreeSet<TableName>,
    to: BTreeSet<TableName>,
}

impl Cast {
    fn of(comparison: &Comparison, operations: &[Operation]) -> Self {
        let renames = operations.iter().filter_map(|operation| match operation {
            Operation::RenameTable { from, to } => Some((from, to)),
            _ => None,
        });
        let new_names: BTreeMap<_, _> = renames.clone().collect();
        let old_names: BTreeMap<_, _> = renames.map(|(from, to)| (to, from)).collect();
        let old = |table: &TableName| (*old_names.get(table).unwrap_or(&table)).clone();
        let new = |table: &TableName| (*new_names.get(table).unwrap_or(&table)).clone();
        let mut cast = Self::default();
        cast.to.extend(operations.iter().flat_map(Operation::tables).cloned());
        cast.from.extend(cast.to.iter().map(old));
        add_children(&comparison.from, &mut cast.from);
        add_children(&comparison.to, &mut cast.to);
        // A table that nothing happens to, and that something begins to refer to, is there on both sides.
        let mut size = 0;
        while size != cast.from.len() + cast.to.len() {
            size = cast.from.len() + cast.to.len();
            cast.from.extend(cast.to.iter().map(old));
            add_parents(&comparison.from, &mut cast.from);
            cast.to.extend(cast.from.iter().map(new));
            add_parents(&comparison.to, &mut cast.to);
        }
        cast
    }

    /// A table that is not in the schema of the connection.
    fn elsewhere(&self) -> Option<&TableName> {
        self.from.iter().chain(&self.to).find(|table| table.schema.is_some())
    }
}

/// Adds the tables that refer to these.
fn add_children(schema: &Schema, names: &mut BTreeSet<TableName>) {
    let refers = |name: &&TableName| {
        let keys = schema.table(name).into_iter().flat_map(|table| &table.foreign_keys);
        keys.map(|key| &key.referenced_table).any(|parent| names.contains(parent))
    };
    let children: Vec<_> = schema.tables.keys().filter(refers).cloned().collect();
    names.extend(children);
}

/// Adds all tables that any of these refers to.
fn add_parents(schema: &Schema, names: &mut BTreeSet<TableName>) {
    let mut open: Vec<_> = names.iter().cloned().collect();
    while let Some(name) = open.pop() {
        for key in schema.table(&name).into_iter().flat_map(|table| &table.foreign_keys) {
            if names.insert(key.referenced_table.clone()) {
                open.push(key.referenced_table.clone());
            }
        }
    }
}

fn part(schema: &Schema, names: &BTreeSet<TableName>) -> Schema {
    let mut part = schema.clone();
    part.tables.retain(|name, _| names.contains(name));
    part
}

/// Stand-ins for tables that others refer to and that are not compared: with the columns that are referred to, as keys. Without
/// them a foreign key would lead to the table of that name in the database itself.
fn strangers(schemas: [&Schema; 2]) -> BTreeMap<TableName, Table> {
    let mut strangers = BTreeMap::<TableName, Table>::new();
    let known = |name: &TableName| schemas.iter().any(|schema| schema.tables.contains_key(name));
    for table in schemas.iter().flat_map(|schema| schema.tables.values()) {
        for key in table.foreign_keys.iter().filter(|key| !known(&key.referenced_table)) {
            let name = &key.referenced_table;
            let stranger = strangers.entry(name.clone()).or_insert_with(|| Table::new(name.clone()));
            stand_in(stranger, table, key);
        }
    }
    strangers
}

fn stand_in(stranger: &mut Table, table: &Table, key: &ForeignKey) {
    for (own, referenced) in key.columns.iter().zip(&key.referenced_columns) {
        if let Some(column) = table.column(own).filter(|_| stranger.column(referenced).is_none()) {
            let column = Column::new(referenced, column.column_type.clone());
            stranger.columns.push(Column { nullable: false, ..column });
        }
    }
    // No primary key: SQLite would number rows by one.
    let columns = key.referenced_columns.clone();
    if stranger.uniques.iter().all(|own| own.columns != columns) {
        let name = format!("seachange_key_{}", stranger.uniques.len());
        stranger.uniques.push(Unique { name: Some(name), columns, deferrable: None, nulls_not_distinct: false });
    }
}

/// The steps between schemas, whatever is called how.
fn steps_between(from: &Schema, to: &Schema, backend: DbBackend) -> Vec<Operation> {
    steps(from, to, &Wishes::default(), backend)
}

fn steps(from: &Schema, to: &Schema, wishes: &Wishes, backend: DbBackend) -> Vec<Operation> {
    diff::diff(from, to, wishes, &Renames::default(), rules(backend))
}

fn refused(is_up: bool, error: &DbErr) -> Rehearsal {
    Rehearsal::Refused { is_up, reason: crate::database_error::reason(error) }
}

/// Code that no file holds yet.
struct Written(Vec<Code>);

#[async_trait]
impl Body for Written {
    async fn run(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        apply(&self.0, manager).await
    }
}

/// The scratch schema, and the statements that it was sent.
struct Recorder<'a> {
    live: Live<'a>,
    statements: Vec<String>,
    /// Whether an alteration leaves out what only checks it, as a script does.
    is_script: bool,
}

#[async_trait]
impl Session for Recorder<'_> {
    fn writes_down(&self) -> bool {
        self.is_script
    }

    async fn execute(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.statements.push(statement.to_string());
        self.live.execute(statement).await
    }

    async fn query(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.live.query(statement).await
    }

    async fn begin(&mut self) -> Result<(), DbErr> {
        self.statements.push("BEGIN".to_owned());
        self.live.begin().await
    }

    async fn commit(&mut self) -> Result<(), DbErr> {
        self.statements.push("COMMIT".to_owned());
        self.live.commit().await
    }

    async fn rollback(&mut self) -> Result<(), DbErr> {
        self.statements.push("ROLLBACK".to_owned());
        self.live.rollback().await
    }

    async fn execute_check(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.live.execute(statement).await
    }

    async fn query_check(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.live.query(statement).await
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use sea_orm::DbBackend;

    use super::{Cast, Comparison, Operation};
    use crate::autogenerate::Wishes;
    use crate::autogenerate::operation::Change;
    use crate::schema::{Action, ForeignKey, Schema, Table, TableName};

    fn schema(tables: &[&Table]) -> Schema {
        let tables = tables.iter().map(|table| (table.name.clone(), (*table).clone())).collect();
        Schema { tables, ..Schema::default() }
    }

    #[test]
    fn a_table_that_something_begins_to_refer_to_takes_part_on_both_sides() {
        let (people, before) = (Table::new("people"), Table::new("pets"));
        let key = ForeignKey {
            name: None,
            columns: vec!["owner_id".to_owned()],
            referenced_table: "people".into(),
            referenced_columns: vec!["id".to_owned()],
            on_delete: Action::NoAction,
            on_update: Action::NoAction,
            deferrable: None,
        };
        let after = Table { foreign_keys: vec![key.clone()], ..before.clone() };
        let comparison = Comparison {
            from: schema(&[&people, &before]),
            to: schema(&[&people, &after]),
            wishes: Wishes::default(),
            backend: DbBackend::Sqlite,
        };
        let add = Operation::Change { table: "pets".into(), change: Change::AddForeignKey(key) };
        let cast = Cast::of(&comparison, &[add]);
        let both = BTreeSet::from(["people", "pets"].map(TableName::from));
        assert_eq!((cast.from, cast.to), (both.clone(), both));
    }
}
