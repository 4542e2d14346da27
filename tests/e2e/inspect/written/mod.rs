//! The schema that is read is written in the same way as a renderer writes it, and read again: it has not changed.

mod mysql;
mod postgres;

use sea_orm::DbErr;
use sea_orm::sea_query::{ColumnDef, ColumnType, MysqlQueryBuilder, PostgresQueryBuilder, Table};
use seachange::schema::{self, Schema};
use seachange_tests::{
    Backend, TestDatabase,
    harness::{Case, TestResult},
};

use super::{read, table};

pub(super) fn trials() -> Vec<Case> {
    [mysql::trials(), postgres::trials()].into_iter().flatten().collect()
}

/// Makes a table with a column of each type, and another one from what was read.
fn types_come_back(database: &TestDatabase, types: &[ColumnType]) -> TestResult {
    create(database, "first", types.iter())?;
    let schema = read(database)?;
    let kinds = table(&schema, "first").columns.iter().map(|column| &column.column_type.kind);
    create(database, "second", kinds)?;
    let schema = read(database)?;
    assert_eq!(table(&schema, "first").columns, table(&schema, "second").columns);
    Ok(())
}

fn create<'t>(database: &TestDatabase, name: &str, types: impl Iterator<Item = &'t ColumnType>) -> Result<(), DbErr> {
    let mut statement = Table::create();
    statement.table(name.to_owned());
    for (number, of) in types.enumerate() {
        statement.col(ColumnDef::new_with_type(format!("c{number}"), of.clone()));
    }
    database.execute(&match database.backend() {
        Backend::MariaDb | Backend::MySql => statement.to_string(MysqlQueryBuilder),
        _ => statement.to_string(PostgresQueryBuilder),
    })
}

/// Expressions as people write them, on a table with these columns.
struct Texts {
    columns: &'static str,
    /// Defaults, with the name of a column for each.
    defaults: Vec<(String, String)>,
    /// Expressions that are true or not.
    conditions: Vec<String>,
}

impl Texts {
    fn new(columns: &'static str, defaults: &[(&str, impl AsRef<str>)], conditions: &[impl AsRef<str>]) -> Self {
        Self {
            columns,
            defaults: defaults.iter().map(|(column, text)| ((*column).to_owned(), text.as_ref().to_owned())).collect(),
            conditions: conditions.iter().map(|text| text.as_ref().to_owned()).collect(),
        }
    }

    /// Writes the texts, reads them back, writes the result, and reads again. Returns the text of the second write.
    fn come_back(&self, database: &TestDatabase) -> Result<String, DbErr> {
        self.write(database, "first")?;
        let told = self.read(&read(database)?);
        told.write(database, "second")?;
        let schema = read(database)?;
        self.compare(&schema);
        let defaults: Vec<&str> = told.defaults.iter().map(|(_, text)| text.as_str()).collect();
        Ok(format!("{}\n\n{}", defaults.join("\n"), told.conditions.join("\n")))
    }

    /// Makes a table for each default, and one with all conditions: as checks, generated columns, and, on PostgreSQL,
    /// indexes.
    fn write(&self, database: &TestDatabase, name: &str) -> Result<(), DbErr> {
        let mut statements = vec![format!("CREATE TABLE {name} ({})", self.columns)];
        for (number, (column, default)) in self.defaults.iter().enumerate() {
            statements.push(format!("CREATE TABLE {name}_{number} ({})", self.columns));
            statements.push(format!("ALTER TABLE {name}_{number} ALTER {column} SET DEFAULT {default}"));
        }
        let is_postgres = database.backend() == Backend::Postgres;
        for (number, condition) in self.conditions.iter().enumerate() {
            let stored = if is_postgres { "GENERATED ALWAYS AS" } else { "AS" };
            statements.push(format!("ALTER TABLE {name} ADD CONSTRAINT {name}_c{number:02} CHECK ({condition})"));
            statements.push(format!("ALTER TABLE {name} ADD g{number} boolean {stored} ({condition}) STORED"));
            if is_postgres {
                let index = format!("CREATE INDEX {name}_i{number:02} ON {name} (({condition})) WHERE {condition}");
                statements.push(index);
            }
        }
        database.execute(&statements.join(";\n"))
    }

    fn read(&self, schema: &Schema) -> Self {
        let default = |(number, (column, _)): (usize, &(String, String))| {
            let column_read = table(schema, &format!("first_{number}")).column(column);
            let text = column_read.and_then(|column| column.default.as_ref()).map(|default| default.text.clone());
            (column.clone(), text.unwrap_or_else(|| "NULL".to_owned()))
        };
        Self {
            columns: self.columns,
            defaults: self.defaults.iter().enumerate().map(default).collect(),
            conditions: table(schema, "first").checks.iter().map(|check| check.expression.text.clone()).collect(),
        }
    }

    fn compare(&self, schema: &Schema) {
        for (number, default) in self.defaults.iter().enumerate() {
            let [first, second] = ["first", "second"].map(|name| table(schema, &format!("{name}_{number}")));
            assert_eq!(first.columns, second.columns, "{default:?}");
        }
        let (first, second) = (table(schema, "first"), table(schema, "second"));
        // On MySQL their names have to be unique in the whole database.
        let expressions =
            |table: &schema::Table| table.checks.iter().map(|check| check.expression.clone()).collect::<Vec<_>>();
        assert_eq!(expressions(first), expressions(second));
        assert_eq!(first.columns, second.columns);
        assert_eq!(first.indexes.len(), second.indexes.len());
        for (one, other) in first.indexes.iter().zip(&second.indexes) {
            assert_eq!((&one.parts, &one.predicate), (&other.parts, &other.predicate));
        }
    }
}
