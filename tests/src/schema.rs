//! The schema of a database as text: two texts are equal when the schemas are.

use sea_orm::{ConnectionTrait, DbErr, Statement};

use crate::{Backend, TestDatabase, block_on};

/// The prefix of the engine's own tables, which stay when all revisions are reverted.
const RECORD: &str = "seachange_revision";

/// The SQL text of every object. A user wrote it or the engine edited it, so spaces inside of brackets may differ. The
/// table of AUTOINCREMENT's counter stays once it exists.
const SQLITE: [&str; 1] = ["SELECT type || ' ' || name || ': ' || coalesce(sql, 'made by SQLite') FROM sqlite_schema \
     WHERE name <> 'sqlite_sequence' ORDER BY type DESC, name"];

const POSTGRES: [&str; 5] = [
    "SELECT 'column ' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) \
         || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END \
         || CASE a.attidentity WHEN '' THEN '' ELSE ' identity ' || a.attidentity::text END \
         || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') \
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
     LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
     WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') \
         AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.relname, a.attnum",
    "SELECT 'constraint ' || conrelid::regclass || '.' || conname || ' ' || pg_get_constraintdef(oid) \
     FROM pg_constraint WHERE connamespace = current_schema()::regnamespace ORDER BY 1",
    "SELECT pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
     WHERE c.relnamespace = current_schema()::regnamespace ORDER BY 1",
    "SELECT 'relation ' || relname || ' ' || relkind::text FROM pg_class \
     WHERE relnamespace = current_schema()::regnamespace AND relkind <> 'i' ORDER BY 1",
    "SELECT 'type ' || typname || ' ' || typtype::text FROM pg_type \
     WHERE typnamespace = current_schema()::regnamespace AND typtype IN ('e', 'd', 'r') ORDER BY 1",
];

impl TestDatabase {
    /// Every object of the database except the engine's own tables, with one or more lines for each.
    ///
    /// # Errors
    ///
    /// The error of the database.
    pub fn schema(&self) -> Result<String, DbErr> {
        let mut lines = match self.backend() {
            Backend::Sqlite => self.lines(&SQLITE)?,
            Backend::Postgres => self.lines(&POSTGRES)?,
            Backend::MariaDb | Backend::MySql => self.definitions()?,
        };
        lines.retain(|line| !line.contains(RECORD));
        Ok(lines.join("\n").replace("( ", "(").replace(" )", ")"))
    }

    fn lines(&self, queries: &[&str]) -> Result<Vec<String>, DbErr> {
        let answers: Result<Vec<_>, _> = queries.iter().map(|query| self.values(query)).collect();
        Ok(answers?.concat())
    }

    fn definitions(&self) -> Result<Vec<String>, DbErr> {
        self.tables()?.iter().map(|table| self.definition(table)).collect()
    }

    /// The `CREATE TABLE` of MariaDB and MySQL, without the counter, which depends on rows.
    fn definition(&self, table: &str) -> Result<String, DbErr> {
        let text: String = block_on(async {
            let connection = self.connect().await?;
            let query =
                Statement::from_string(connection.get_database_backend(), format!("SHOW CREATE TABLE `{table}`"));
            let row = connection.query_one_raw(query).await?;
            connection.close().await?;
            row.ok_or_else(|| DbErr::RecordNotFound(table.to_owned()))?.try_get_by_index(1)
        })?;
        let words = text.split(' ').filter(|word| !word.starts_with("AUTO_INCREMENT="));
        Ok(words.collect::<Vec<_>>().join(" "))
    }
}
