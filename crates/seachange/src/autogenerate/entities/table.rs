//! One entity, and declarations that its attributes cannot express.

use std::any::type_name;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::{fmt, panic, thread};

use sea_orm::sea_query::{ColumnDef, ColumnType, IndexCreateStatement, TableCreateStatement};
use sea_orm::{ColumnTrait, DbBackend, EntityTrait, IdenStatic, Iterable, RelationTrait, Schema};

use crate::alter::operation::table_name;
use crate::schema::TableName;

/// One entity, and declarations that its attributes cannot express: checks, unique constraints over several columns,
/// indexes of every kind, comments. The declarations are compared as the entity itself is.
#[derive(Clone)]
pub struct EntityTable {
    name: TableName,
    /// The crate of the entity; `None` for a table without one.
    #[cfg_attr(not(feature = "cli"), expect(dead_code, reason = "only `lint` reads it"))]
    pub(super) crate_name: Option<&'static str>,
    describe: Arc<dyn Fn(DbBackend) -> EntityDefinition + Send + Sync>,
    pub(super) declarations: Declarations,
}

/// The statements that SeaORM generates for an entity.
pub(super) struct EntityDefinition {
    pub(super) table: TableCreateStatement,
    pub(super) indexes: Vec<IndexCreateStatement>,
    /// The types of the columns as the entity declares them, before SeaORM adapts them to a database.
    pub(super) kinds: BTreeMap<String, ColumnType>,
}

impl EntityTable {
    /// The table of an entity.
    pub fn of<E: EntityTrait>(entity: E) -> Self {
        let name = TableName { schema: entity.schema_name().map(str::to_owned), name: entity.table_name().to_owned() };
        let crate_name = type_name::<E>().split("::").next();
        Self { name, crate_name, describe: Arc::new(describe::<E>), declarations: Declarations::default() }
    }

    /// A table without an entity, such as a join table, described by the statement that creates it. The statement may
    /// include foreign keys and unique constraints.
    #[must_use]
    pub fn stated(statement: &TableCreateStatement) -> Self {
        let name = statement.get_table_name().and_then(table_name).map(TableName::from).unwrap_or_default();
        let statement = statement.clone();
        let describe = move |_| EntityDefinition {
            kinds: statement.get_columns().iter().filter_map(kind).collect(),
            table: statement.clone(),
            indexes: Vec::new(),
        };
        Self { name, crate_name: None, describe: Arc::new(describe), declarations: Declarations::default() }
    }

    /// Adds a check. `expression` is SQL of the database, without parentheses around it.
    #[must_use]
    pub fn check(mut self, name: &str, expression: &str) -> Self {
        self.declarations.checks.push((name.to_owned(), expression.to_owned()));
        self
    }

    /// Adds a unique constraint.
    #[must_use]
    pub fn unique<C: IdenStatic>(mut self, name: &str, columns: impl IntoIterator<Item = C>) -> Self {
        let columns = columns.into_iter().map(|column| column.as_str().to_owned()).collect();
        self.declarations.uniques.push((name.to_owned(), columns));
        self
    }

    /// Adds an index: over several columns, partial, of another method, in descending order, over expressions. The
    /// index needs a name; its table may be omitted.
    #[must_use]
    pub fn index(mut self, index: impl Into<IndexCreateStatement>) -> Self {
        self.declarations.indexes.push(index.into());
        self
    }

    /// Sets the comment of the table. SQLite stores no comments.
    #[must_use]
    pub fn comment(mut self, text: &str) -> Self {
        self.declarations.comment = Some(text.to_owned());
        self
    }

    /// Sets the comment of a column. SQLite stores no comments.
    #[must_use]
    pub fn column_comment(mut self, column: impl IdenStatic, text: &str) -> Self {
        self.declarations.column_comments.push((column.as_str().to_owned(), text.to_owned()));
        self
    }

    /// Declares the former name of the table. If the database has the former table and not this one, the revision
    /// renames it. After that, this declaration may be removed.
    #[must_use]
    pub fn renamed_from(mut self, name: impl Into<TableName>) -> Self {
        self.declarations.renamed_from = Some(name.into());
        self
    }

    /// Adds a SQL statement for one database system, for what the other methods cannot express: exclusion constraints,
    /// options of an identity, and so on. The statement runs after the table is created, and names the table without a
    /// schema.
    #[must_use]
    pub fn sql(mut self, backend: DbBackend, statement: &str) -> Self {
        self.declarations.statements.push((backend, statement.to_owned()));
        self
    }

    pub(super) fn bring_home(&mut self, home: Option<&str>) {
        self.name.unqualify(home);
        self.declarations.renamed_from.iter_mut().for_each(|old| old.unqualify(home));
    }

    /// The name of the table.
    #[must_use]
    pub fn name(&self) -> &TableName {
        &self.name
    }

    pub(super) fn describe(&self, backend: DbBackend) -> EntityDefinition {
        (self.describe)(backend)
    }
}

impl<E: EntityTrait> From<E> for EntityTable {
    fn from(entity: E) -> Self {
        Self::of(entity)
    }
}

impl fmt::Debug for EntityTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EntityTable")
            .field("name", &self.name)
            .field("declarations", &self.declarations)
            .finish_non_exhaustive()
    }
}

fn kind(column: &ColumnDef) -> Option<(String, ColumnType)> {
    Some((column.get_column_name(), column.get_column_type()?.clone()))
}

/// Describes an entity on a thread that has the name of the entity.
///
/// SeaORM finds the columns of `has_many` and `has_one` by the relation of the other entity. Where both entities say so,
/// it calls itself without end, which ends the process: nothing shows the kind of a relation before, and no stack
/// overflow can be caught. The message of the runtime has the name of the thread.
fn describe<E: EntityTrait>(backend: DbBackend) -> EntityDefinition {
    let relations: Vec<String> = E::Relation::iter().map(|relation| relation.name()).collect();
    if relations.is_empty() {
        return described::<E>(backend);
    }
    thread::scope(|scope| {
        let named = thread::Builder::new().name(thread_name::<E>(&relations));
        match named.spawn_scoped(scope, || described::<E>(backend)) {
            Ok(thread) => thread.join().unwrap_or_else(|panic| panic::resume_unwind(panic)),
            // There are too many threads.
            Err(_) => described::<E>(backend),
        }
    })
}

/// What the runtime says of a stack overflow: ``thread 'relations Pets of entity `app::people::Entity` (table `people`),
/// where `has_many` or `has_one` needs a `belongs_to` on the other side' has overflowed its stack``.
fn thread_name<E: EntityTrait>(relations: &[String]) -> String {
    let relation = if relations.len() == 1 { "relation" } else { "relations" };
    let name = format!(
        "{relation} {} of entity `{}` (table `{}`), where `has_many` or `has_one` needs a `belongs_to` on the other side",
        relations.join(", "),
        type_name::<E>(),
        E::default().table_name(),
    );
    name.replace('\0', "")
}

fn described<E: EntityTrait>(backend: DbBackend) -> EntityDefinition {
    let schema = Schema::new(backend);
    let kinds = E::Column::iter().map(|column| (column.as_str().to_owned(), column.def().get_column_type().clone()));
    EntityDefinition {
        table: schema.create_table_from_entity(E::default()),
        indexes: schema.create_index_from_entity(E::default()),
        kinds: kinds.collect(),
    }
}

/// The declarations for a table, in addition to its entity.
#[derive(Debug, Clone, Default)]
pub(super) struct Declarations {
    pub(super) checks: Vec<(String, String)>,
    pub(super) uniques: Vec<(String, Vec<String>)>,
    pub(super) indexes: Vec<IndexCreateStatement>,
    pub(super) comment: Option<String>,
    pub(super) column_comments: Vec<(String, String)>,
    pub(super) statements: Vec<(DbBackend, String)>,
    pub(super) renamed_from: Option<TableName>,
}
