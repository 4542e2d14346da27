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
        let is_one = statement.values.is_some() || !sql.trim_end().trim_end_matches(';').contains(';');
        match &*first {
            _ if !is_one => Self::Other,
            "BEGIN" => Self::Begin,
            "START" if second == "TRANSACTION" => Self::Begin,
            "ROLLBACK" if second == "TO" => Self::Passing,
            "COMMIT" | "ROLLBACK" | "END" => Self::End,
            "SAVEPOINT" | "RELEASE" | "LOCK" | "UNLOCK" | "PREPARE" | "DEALLOCATE" => Self::Passing,
            "SELECT" if probe(statement).is_some() => Self::Probe,
            "SELECT" | "SHOW" | "EXPLAIN" | "DESCRIBE" | "DESC" | "SET" | "USE" | "PRAGMA" | "VALUES" => Self::Passing,
            "CREATE" | "DROP" if second == "TEMPORARY" || second == "TEMP" => Self::Passing,
            "INSERT" | "UPDATE" | "DELETE" | "REPLACE" => Self::Rows,
            _ => Self::Other,
        }
    }
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

/// The statement from its first word on.
fn without_comments(sql: &str) -> &str {
    let sql = sql.trim_start();
    let rest = match (sql.strip_prefix("--"), sql.strip_prefix("/*")) {
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
        check("CREATE TEMPORARY TABLE a (b int)", Kind::Passing);
        check("SET foreign_key_checks = 0", Kind::Passing);
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
}
