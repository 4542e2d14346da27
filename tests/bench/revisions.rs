//! The measured revisions: one small change each, as in a growing program.

use sea_orm::DbBackend;
use sea_orm::sea_query::{
    Alias, ColumnDef, Index, IndexCreateStatement, MysqlQueryBuilder, PostgresQueryBuilder, SqliteQueryBuilder, Table,
    TableAlterStatement, TableCreateStatement,
};
use seachange::prelude::*;
use seachange::{Migrations, RegisteredRevision};

/// The name of the program in the rows.
pub(crate) const PROGRAM: &str = "bench 0.1.0";

/// As long as a real hash.
pub(crate) const SOURCE_HASH: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// One change of the schema. The first of every four makes a table, and the others change it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Change {
    number: usize,
}

/// The kind of a change.
enum Kind {
    Table(Box<TableCreateStatement>),
    Column(TableAlterStatement),
    Index(IndexCreateStatement),
}

impl Change {
    /// The first `count` changes.
    pub(crate) fn first(count: usize) -> impl Iterator<Item = Self> {
        (0..count).map(|number| Self { number })
    }

    /// The id of the revision of this change.
    pub(crate) fn id(self) -> String {
        format!("r{:06}", self.number)
    }

    /// The id of the revision below.
    pub(crate) fn parent(self) -> Option<String> {
        self.number.checked_sub(1).map(|number| Self { number }.id())
    }

    /// The statement, as SeaORM renders it for a database.
    pub(crate) fn sql(self, backend: DbBackend) -> String {
        macro_rules! render {
            ($statement:expr) => {
                match backend {
                    DbBackend::Sqlite => $statement.to_string(SqliteQueryBuilder),
                    DbBackend::Postgres => $statement.to_string(PostgresQueryBuilder),
                    _ => $statement.to_string(MysqlQueryBuilder),
                }
            };
        }
        match self.kind() {
            Kind::Table(table) => render!(table),
            Kind::Column(column) => render!(column),
            Kind::Index(index) => render!(index),
        }
    }

    fn kind(self) -> Kind {
        let table = Alias::new(format!("table_{:06}", self.number / 4));
        match self.number % 4 {
            0 => Kind::Table(Box::new(
                Table::create().table(table).col(pk_auto("id")).col(string_len("title", 255)).take(),
            )),
            1 => Kind::Column(alter_table(table, &mut text_null("content"))),
            2 => Kind::Column(alter_table(table, boolean("published").default(false))),
            _ => Kind::Index(
                Index::create().name(format!("index_{:06}", self.number)).table(table).col("title").to_owned(),
            ),
        }
    }
}

fn alter_table(table: Alias, column: &mut ColumnDef) -> TableAlterStatement {
    Table::alter().table(table).add_column(column).to_owned()
}

impl MigrationName for Change {
    fn name(&self) -> &str {
        "change"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Change {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        match self.kind() {
            Kind::Table(table) => manager.create_table(*table).await,
            Kind::Column(column) => manager.alter_table(column).await,
            Kind::Index(index) => manager.create_index(index).await,
        }
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Alias::new(format!("table_{:06}", self.number / 4));
        match self.number % 4 {
            0 => manager.drop_table(Table::drop().table(table).take()).await,
            1 => manager.alter_table(Table::alter().table(table).drop_column("content").to_owned()).await,
            2 => manager.alter_table(Table::alter().table(table).drop_column("published").to_owned()).await,
            _ => {
                let name = format!("index_{:06}", self.number);
                manager.drop_index(Index::drop().name(name).table(table).to_owned()).await
            }
        }
    }
}

/// A program with this number of revisions in one line. It is never freed, like a real one.
pub(crate) fn migrations(count: usize) -> &'static Migrations {
    let scripts: Vec<RegisteredRevision> = Change::first(count).map(script).collect();
    Box::leak(Box::new(Migrations::new(PROGRAM, scripts.leak())))
}

fn script(change: Change) -> RegisteredRevision {
    let parents: Vec<&'static str> = change.parent().map(|parent| &*parent.leak()).into_iter().collect();
    RegisteredRevision {
        revision: Revision { id: change.id().leak(), down_revision: parents.leak(), ..Revision::ROOT },
        message: "change the schema a little",
        folder: "src/versions",
        file: "m20261121_change_the_schema_a_little.rs",
        source_hash: SOURCE_HASH,
        migration: Box::leak(Box::new(change)),
    }
}
