//! What the journal has to know of a statement before it runs.

use sea_orm::Statement;

/// What a statement leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing, or something that ends with the session: it runs again whenever the revision does.
    Passing,
    /// A question whether something is there. The code may act on the answer, so that it is kept.
    Probe,
    /// The begin of a transaction, as text.
    Begin,
    /// The end of one, as text.
    End,
    /// Something that ends with the session, and that later statements may build on: it cannot be made anew later.
    Session,
    /// Changed rows, which a transaction holds.
    Rows,
    /// Anything else.
    Other,
}

/// The columns under which `SchemaManager` asks for existence.
const PROBES: [&str; 3] = ["has_table", "has_column", "has_index"];

impl Kind {
    /// Judges a statement that is run for what it does: a function that is selected does something.
    pub(crate) fn of_execution(statement: &Statement) -> Self {
        match Self::of(statement) {
            Self::Passing | Self::Probe if first_word(&statement.sql) == "SELECT" => Self::Other,
            kind => kind,
        }
    }

    /// Judges a statement by its first words.
    pub(crate) fn of(statement: &Statement) -> Self {
        let sql = without_comments(&statement.sql);
        let mut words = sql.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
        let first = words.next().unwrap_or_default().to_ascii_uppercase();
        let second = words.next().unwrap_or_default().to_ascii_uppercase();
        match &*first {
            _ if !is_one(statement) => Self::Other,
            "SET" if second == "STATEMENT" => Self::Other,
            "SET" if is_variable(sql) => Self::Session,
            "EXPLAIN" | "DESCRIBE" | "DESC" if second == "ANALYZE" => Self::Other,
            "SELECT" if has_word(sql, &["INTO"]) => Self::Other,
            "BEGIN" => Self::Begin,
            "START" if second == "TRANSACTION" => Self::Begin,
            "ROLLBACK" if second == "TO" => Self::Passing,
            "COMMIT" | "ROLLBACK" | "END" => Self::End,
            "SAVEPOINT" | "RELEASE" | "LOCK" | "UNLOCK" | "PREPARE" | "DEALLOCATE" => Self::Passing,
            "SELECT" if probe(statement).is_some() => Self::Probe,
            "SELECT" | "SHOW" | "EXPLAIN" | "DESCRIBE" | "DESC" | "SET" | "USE" | "PRAGMA" | "VALUES" => Self::Passing,
            "CREATE" | "DROP" if second == "TEMPORARY" || second == "TEMP" => Self::Session,
            "INSERT" | "UPDATE" | "DELETE" | "REPLACE" => Self::Rows,
            _ => Self::Other,
        }
    }
}

/// Whether the database refuses the statement as a whole, if it refuses it: a part of it may have taken effect otherwise.
pub(crate) fn is_atomic(statement: &Statement) -> bool {
    let is_whole = !["CALL", "EXECUTE", "DO", "BEGIN", "SET"].contains(&&*first_word(&statement.sql));
    is_one(statement) && is_whole && !has_word(&statement.sql, &["CONCURRENTLY"])
}

/// Whether a statement ends the transaction it stands in, where the database cannot roll back changes of the schema.
pub(crate) fn ends_transaction(statement: &Statement) -> bool {
    const WORDS: [&str; 9] =
        ["CREATE", "ALTER", "DROP", "RENAME", "TRUNCATE", "GRANT", "REVOKE", "ANALYZE", "OPTIMIZE"];
    WORDS.contains(&&*first_word(&statement.sql)) || !is_one(statement) && has_word(&statement.sql, &WORDS)
}

/// Whether a text holds one statement. Careful where it cannot know better: a semicolon may be part of a value.
fn is_one(statement: &Statement) -> bool {
    statement.values.is_some() || !statement.sql.trim_end().trim_end_matches(';').contains(';')
}

/// Whether `SET` sets a variable of the user's, rather than of the server's.
fn is_variable(sql: &str) -> bool {
    let name = sql.get(3..).unwrap_or_default().trim_start();
    name.starts_with('@') && !name.starts_with("@@")
}

fn has_word(sql: &str, wanted: &[&str]) -> bool {
    let mut words = sql.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.any(|word| wanted.iter().any(|wanted| word.eq_ignore_ascii_case(wanted)))
}

fn first_word(sql: &str) -> String {
    let sql = without_comments(sql);
    let end = sql.find(|c: char| !c.is_alphanumeric()).unwrap_or(sql.len());
    sql[..end].to_ascii_uppercase()
}

/// The column that a question whether something is there is answered in.
pub(crate) fn probe(statement: &Statement) -> Option<&'static str> {
    PROBES.into_iter().find(|column| statement.sql.contains(column))
}

/// The statement from its first word on. No statement begins with `#`, which begins a comment on MySQL.
fn without_comments(sql: &str) -> &str {
    let sql = sql.trim_start();
    let rest = match (sql.strip_prefix("--").or_else(|| sql.strip_prefix('#')), sql.strip_prefix("/*")) {
        (Some(line), _) => line.split_once('\n').map(|(_, rest)| rest),
        (_, Some(block)) => block.split_once("*/").map(|(_, rest)| rest),
        _ => return sql,
    };
    rest.map_or("", without_comments)
}

#[cfg(test)]
mod tests {
    use sea_orm::{DbBackend, Statement};

    use super::Kind;

    fn check(sql: &str, expected: Kind) {
        assert_eq!(Kind::of(&Statement::from_string(DbBackend::MySql, sql)), expected, "{sql}");
    }

    #[test]
    fn the_first_words_tell() {
        check("SELECT 1", Kind::Passing);
        check("  -- a note\n/* and more */ insert INTO a VALUES (1);", Kind::Rows);
        check("UPDATE a SET b = 1", Kind::Rows);
        check("CREATE TABLE a (b int)", Kind::Other);
        check("CREATE TEMPORARY TABLE a (b int)", Kind::Session);
        check("SET @id = LAST_INSERT_ID()", Kind::Session);
        check("SET foreign_key_checks = 0", Kind::Passing);
        check("SET @@session.sql_mode = ''", Kind::Passing);
        check("SET STATEMENT max_statement_time = 0 FOR UPDATE a SET b = 1", Kind::Other);
        check("# set the totals\nUPDATE a SET b = 1", Kind::Rows);
        check("EXPLAIN ANALYZE DELETE FROM a", Kind::Other);
        check("SELECT * INTO b FROM a", Kind::Other);
        check("CALL something()", Kind::Other);
        check("", Kind::Other);
        check("start transaction", Kind::Begin);
        check("COMMIT;", Kind::End);
        check("ROLLBACK TO SAVEPOINT a", Kind::Passing);
    }

    #[test]
    fn several_statements_in_one_text_are_not_judged_by_the_first() {
        check("INSERT INTO a VALUES (1); CREATE TABLE b (c int)", Kind::Other);
        check("SET x = 1; DROP TABLE a", Kind::Other);
        // Careful where it cannot know better.
        check("INSERT INTO a VALUES (';')", Kind::Other);
    }

    #[test]
    fn existence_is_asked_under_known_names() {
        check("SELECT COUNT(*) > 0 AS `has_table` FROM information_schema.tables", Kind::Probe);
    }

    #[test]
    fn what_may_take_effect_in_part_is_known() {
        let is_atomic = |sql: &str| super::is_atomic(&Statement::from_string(DbBackend::MySql, sql));
        assert!(is_atomic("ALTER TABLE a ADD COLUMN b int"));
        assert!(!is_atomic("UPDATE a SET b = 1; ALTER TABLE a ADD COLUMN c int"));
        assert!(!is_atomic("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON a (b)"));
        assert!(!is_atomic("CALL something()"));
    }
}
