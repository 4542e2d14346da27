//! The rows of a database as text: two texts are equal when the rows are.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement, TryGetable};

use crate::{Backend, TestDatabase, block_on};

/// The prefixes of the tables in which runners keep their records, which contain times.
const RECORDS: [&str; 2] = ["seachange_", "seaql_migrations"];

impl TestDatabase {
    /// Every row of every table except the runners' own, one line for each, sorted, because databases guarantee no
    /// order.
    ///
    /// # Errors
    ///
    /// The error of the database.
    pub fn rows(&self) -> Result<String, DbErr> {
        let tables = self.tables()?;
        block_on(async {
            let connection = self.connect().await?;
            let mut lines = Vec::new();
            for table in tables.iter().filter(|table| !RECORDS.iter().any(|record| table.starts_with(record))) {
                lines.extend(self.rows_of(&connection, table).await?);
            }
            connection.close().await?;
            Ok(lines.join("\n"))
        })
    }

    async fn rows_of(&self, connection: &DatabaseConnection, table: &str) -> Result<Vec<String>, DbErr> {
        let columns = column(connection, &self.columns(table)).await?;
        let text = if self.backend().is_like_mysql() { "CHAR" } else { "TEXT" };
        let value = |name: &String| format!("coalesce(CAST({name} AS {text}), 'NULL')");
        let values: Vec<String> = columns.iter().map(value).collect();
        let select = format!("SELECT '{table}: ' || {} FROM {table} ORDER BY 1", values.join(" || ' ' || "));
        column(connection, &select).await
    }

    fn columns(&self, table: &str) -> String {
        let schema = match self.backend() {
            Backend::Sqlite => return format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid"),
            Backend::Postgres => "current_schema()",
            Backend::MariaDb | Backend::MySql => "DATABASE()",
        };
        let text = if self.backend().is_like_mysql() { "CHAR" } else { "TEXT" };
        format!(
            "SELECT CAST(column_name AS {text}) FROM information_schema.columns \
             WHERE table_schema = {schema} AND table_name = '{table}' ORDER BY ordinal_position"
        )
    }
}

async fn column<T: TryGetable>(connection: &DatabaseConnection, sql: &str) -> Result<Vec<T>, DbErr> {
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let rows = connection.query_all_raw(statement).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}
