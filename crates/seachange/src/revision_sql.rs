//! SQL in files beside a revision, run statement by statement.

use futures_util::future::BoxFuture;
use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::SchemaManager;

use crate::sql::clients::{client_statements, first_client_command};
use crate::sql::{SqlDialect, statements};

/// The statements of a revision in files of SQL, which are compiled into the program.
/// [`revision_sql!`](crate::revision_sql) makes it.
///
/// Each statement is sent alone. So a failure names its statement, and where no transaction holds the revision, each
/// statement is journalled, and a run that was interrupted is resumed after the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevisionSql {
    files: &'static [(&'static str, &'static str)],
}

/// Compiles files of SQL into the program, for a revision that runs them. The paths are relative to the source file.
///
/// `name.sql` is for every database system, `name.postgres.sql`, `name.mysql.sql` and `name.sqlite.sql` are for one, and
/// take precedence there. The contents are part of the hash of the revision.
///
/// ```ignore
/// const UP: RevisionSql = revision_sql!("m20261121_create_posts.up.sql");
///
/// async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
///     UP.run(manager).await
/// }
/// ```
///
/// A file is split as the server reads it, routines with their bodies included; a `DELIMITER` line of the client of MySQL
/// is understood. A command of a client, such as `\connect` or `.read`, is an error.
#[macro_export]
macro_rules! revision_sql {
    ($($path:literal),+ $(,)?) => {
        $crate::RevisionSql::new(&[$(($path, include_str!($path))),+])
    };
}

impl RevisionSql {
    /// The script of these files: the path and the text of each.
    pub const fn new(files: &'static [(&'static str, &'static str)]) -> Self {
        Self { files }
    }

    /// Runs the statements of the file for the database of `manager`.
    ///
    /// # Errors
    ///
    /// There is no file for this database, a file has a command of a client, or a statement fails. The error of a
    /// statement is that of the database.
    pub fn run<'m>(&self, manager: &'m SchemaManager<'_>) -> BoxFuture<'m, Result<(), DbErr>> {
        // Boxed, so that each revision does not compile it anew.
        Box::pin(run(*self, manager))
    }

    /// The statements for a database system.
    fn statements(&self, backend: DbBackend) -> Result<Vec<String>, String> {
        let of = |system| self.files.iter().find(|(path, _)| stem(path).1 == system);
        let Some((path, text)) = of(Some(backend)).or_else(|| of(None)) else {
            let paths: Vec<&str> = self.files.iter().map(|(path, _)| *path).collect();
            return Err(format!("there is no SQL for {}: the files are {}", backend.as_str(), paths.join(", ")));
        };
        let dialect = SqlDialect::of(backend);
        if let Some((line, command)) = first_client_command(text, dialect) {
            return Err(format!(
                "`{path}`, line {line}: `{command}` is a command of a client, which a revision cannot run"
            ));
        }
        if is_for_client(text, dialect) {
            return Ok(client_statements(text, dialect));
        }
        Ok(statements(text, dialect).iter().map(|statement| statement.text.to_owned()).collect())
    }
}

async fn run(sql: RevisionSql, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let backend = manager.get_database_backend();
    for statement in sql.statements(backend).map_err(DbErr::Custom)? {
        manager.get_connection().execute_unprepared(&statement).await?;
    }
    Ok(())
}

/// Whether a script has lines that its client reads: the delimiter of `mysql`, or what `pg_dump` writes for `psql`.
fn is_for_client(text: &str, dialect: SqlDialect) -> bool {
    let words: &[&str] = match dialect {
        SqlDialect::MySql => &["delimiter"],
        SqlDialect::Postgres => &["\\restrict", "\\unrestrict"],
        SqlDialect::Sqlite => &[],
    };
    let first = |line: &'_ str| line.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
    text.lines().any(|line| words.contains(&&*first(line)))
}

/// The path of a file of SQL without its endings, and the database system that it names.
pub(crate) fn stem(path: &str) -> (&str, Option<DbBackend>) {
    const ENDINGS: [(&str, DbBackend); 5] = [
        (".postgres", DbBackend::Postgres),
        (".postgresql", DbBackend::Postgres),
        (".mysql", DbBackend::MySql),
        (".mariadb", DbBackend::MySql),
        (".sqlite", DbBackend::Sqlite),
    ];
    let whole = path.strip_suffix(".sql").unwrap_or(path);
    let of_system = ENDINGS.iter().find_map(|(ending, backend)| Some((whole.strip_suffix(ending)?, Some(*backend))));
    of_system.unwrap_or((whole, None))
}

#[cfg(test)]
mod tests {
    use sea_orm::DbBackend;

    use super::RevisionSql;

    fn check(text: &'static str, backend: DbBackend, expected: Result<&[&str], &str>) {
        let files: &'static [(&str, &str)] = Box::leak(Box::new([("m.up.sql", text)]));
        let found = RevisionSql::new(files).statements(backend);
        let expected = expected.map(|texts| texts.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(found, expected.map_err(str::to_owned), "{text}");
    }

    #[test]
    fn a_script_is_split_as_the_server_reads_it() {
        check(
            "CREATE TABLE a (id int); -- x;\nINSERT INTO a VALUES (1);;\n",
            DbBackend::Postgres,
            Ok(&["CREATE TABLE a (id int)", "INSERT INTO a VALUES (1)"]),
        );
        check(
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$; SELECT 1",
            DbBackend::Postgres,
            Ok(&["CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$", "SELECT 1"]),
        );
        let trigger = "CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; END";
        check(
            Box::leak(format!("{trigger}; SELECT 1;").into_boxed_str()),
            DbBackend::Sqlite,
            Ok(&[trigger, "SELECT 1"]),
        );
        check(
            "DELIMITER //\nCREATE PROCEDURE p() BEGIN SELECT 1; END//\nDELIMITER ;\nSELECT 2;\n",
            DbBackend::MySql,
            Ok(&["CREATE PROCEDURE p() BEGIN SELECT 1; END", "SELECT 2"]),
        );
        check("\n-- nothing\n", DbBackend::Sqlite, Ok(&[]));
    }

    #[test]
    fn commands_of_clients_are_refused() {
        let refused = |line: usize, command: &str| {
            format!("`m.up.sql`, line {line}: `{command}` is a command of a client, which a revision cannot run")
        };
        check("SELECT 1;\n\\connect other\n", DbBackend::Postgres, Err(&refused(2, "\\connect other")));
        check("SELECT '\\connect';\n-- \\x\n", DbBackend::Postgres, Ok(&["SELECT '\\connect'"]));
        // What `pg_dump` writes around a dump.
        check("\\restrict abc\nSELECT 1;\n\\unrestrict abc\n", DbBackend::Postgres, Ok(&["SELECT 1"]));
        check(".read other.sql\nSELECT 1;\n", DbBackend::Sqlite, Err(&refused(1, ".read other.sql")));
        check("SELECT\n.5;\n", DbBackend::Sqlite, Ok(&["SELECT\n.5"]));
    }

    #[test]
    fn a_file_of_the_system_takes_precedence() {
        let script = RevisionSql::new(&[("m.up.sql", "SELECT 1"), ("m.up.sqlite.sql", "SELECT 2")]);
        assert_eq!(script.statements(DbBackend::Sqlite), Ok(vec!["SELECT 2".to_owned()]));
        assert_eq!(script.statements(DbBackend::MySql), Ok(vec!["SELECT 1".to_owned()]));
        let one = RevisionSql::new(&[("m.up.sqlite.sql", "SELECT 2")]);
        let expected = "there is no SQL for Postgres: the files are m.up.sqlite.sql";
        assert_eq!(one.statements(DbBackend::Postgres), Err(expected.to_owned()));
    }
}
