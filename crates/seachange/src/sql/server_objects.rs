//! Statements that change what all databases of a server share, or a file beside that of the database: more than a
//! scratch database, which is on the server of the real one.

use super::{SqlDialect, StatementFacts, Token, TokenKind, do_block, significant, statements, tokens};

/// A change outside of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SharedChange {
    /// Of an object.
    Object {
        /// The object, in words.
        object: &'static str,
        /// Whether it is made, and not changed: that fails if it is there.
        is_new: bool,
    },
    /// Perhaps: a `DO` block of PostgreSQL runs a text that it computes.
    Unread,
}

/// What a statement changes outside of its database, the statements in a `DO` block of PostgreSQL included.
pub(crate) fn shared_changes(facts: &StatementFacts, grammar: SqlDialect) -> Vec<SharedChange> {
    changes(&facts.text, grammar)
}

fn changes(text: &str, grammar: SqlDialect) -> Vec<SharedChange> {
    let tokens = significant(&tokens(text, grammar));
    if grammar == SqlDialect::Postgres && tokens.first().is_some_and(|token| token.is_word("DO")) {
        let block = do_block::statements(&tokens);
        let of_text = |text: &String| {
            let statements = statements(text, grammar);
            statements.into_iter().flat_map(|own| changes(own.text, grammar)).collect::<Vec<_>>()
        };
        let unread = block.has_unread.then_some(SharedChange::Unread);
        return block.texts.iter().flat_map(of_text).chain(unread).collect();
    }
    let object = of_tokens(&tokens, grammar).map(|object| (object, only_creates(&tokens)));
    let object = object.or_else(|| beside_the_database(&tokens, grammar).map(|object| (object, false)));
    object.map(|(object, is_new)| SharedChange::Object { object, is_new }).into_iter().collect()
}

/// Whether a statement only makes something new.
fn only_creates(tokens: &[Token<'_>]) -> bool {
    tokens.first().is_some_and(|token| token.is_word("CREATE"))
        && !tokens.get(1).is_some_and(|token| token.is_word("OR"))
}

/// What a statement of PostgreSQL of any kind may reach: another database by a call of `dblink`, a file by `COPY`.
fn beside_the_database(tokens: &[Token<'_>], grammar: SqlDialect) -> Option<&'static str> {
    if grammar != SqlDialect::Postgres {
        return None;
    }
    let is_dblink =
        |token: &Token<'_>| token.name().is_some_and(|name| name.to_ascii_lowercase().starts_with("dblink"));
    let begins = |words: &[&str]| words.iter().any(|word| tokens.first().is_some_and(|token| token.is_word(word)));
    // A view or a function only names it.
    let is_filled = |token: &Token<'_>| token.is_word("TABLE") || token.is_word("MATERIALIZED");
    let only_names = begins(&["ALTER", "COMMENT", "DROP", "GRANT", "REVOKE"])
        || begins(&["CREATE"]) && !tokens.iter().take(3).any(is_filled);
    if !only_names && tokens.windows(2).any(|pair| is_dblink(&pair[0]) && pair[1].kind == TokenKind::Open) {
        return Some("another database");
    }
    let is_copy = begins(&["COPY"]);
    let is_way = |token: &Token<'_>| token.is_word("TO") || token.is_word("FROM");
    let goes = |pair: &[Token<'_>]| {
        is_way(&pair[0]) && pair[1].is_word("PROGRAM") || pair[0].is_word("TO") && pair[1].kind == TokenKind::Text
    };
    (is_copy && tokens.windows(2).any(goes)).then_some("a file of the server")
}

fn of_tokens(tokens: &[Token<'_>], grammar: SqlDialect) -> Option<&'static str> {
    let is = |place: usize, word: &str| tokens.get(place).is_some_and(|token| token.is_word(word));
    let is_mysql = grammar == SqlDialect::MySql;
    let is_definition = ["CREATE", "ALTER", "DROP", "RENAME"].iter().any(|word| is(0, word));
    // `CREATE OR REPLACE USER`
    let kind = if is(1, "OR") { 3 } else { 1 };
    match () {
        () if grammar == SqlDialect::Sqlite => {
            let is_other_file = is(0, "ATTACH") && !names_memory(tokens) || is(0, "VACUUM") && has(tokens, "INTO");
            is_other_file.then_some("a file beside the database")
        }
        // The database of the connection, which a `DO` block names by `current_database()`.
        () if is(0, "ALTER") && is(1, "DATABASE") && is(2, do_block::OWN_DATABASE) => None,
        () if is_definition && (is(kind, "DATABASE") || is_mysql && is(kind, "SCHEMA")) => {
            Some("a database of the server")
        }
        () if is_definition && ["ROLE", "USER", "GROUP"].iter().any(|word| is(kind, word)) => {
            // `CREATE USER MAPPING` belongs to the database.
            (!is(kind + 1, "MAPPING")).then_some("a user of the server")
        }
        () if is_definition && (is(kind, "TABLESPACE") || is(kind + 1, "TABLESPACE")) => {
            Some("a tablespace of the server")
        }
        () if is_definition && is_mysql && (is(kind, "SERVER") || is(kind, "INSTANCE")) => {
            Some("a setting of the server")
        }
        () if is(0, "ALTER") && is(1, "SYSTEM") => Some("a setting of the server"),
        () if is(0, "SET") && (is(1, "GLOBAL") || is(1, "PERSIST") || is(1, "PERSIST_ONLY")) => {
            Some("a setting of the server")
        }
        () if is(0, "SET") && is(1, "PASSWORD") => Some("a user of the server"),
        () if is_mysql && is(0, "SET") && has_global_variable(tokens) => Some("a setting of the server"),
        () if (is(0, "GRANT") || is(0, "REVOKE")) && !has(tokens, "ON") => Some("a user of the server"),
        () if (is(0, "REASSIGN") || is(0, "DROP")) && is(1, "OWNED") => Some("a user of the server"),
        () if is_mysql
            && ["SHUTDOWN", "RESTART", "KILL", "PURGE", "RESET", "INSTALL", "UNINSTALL"]
                .iter()
                .any(|word| is(0, word)) =>
        {
            Some("a state of the server")
        }
        () => None,
    }
}

fn has(tokens: &[Token<'_>], word: &str) -> bool {
    tokens.iter().any(|token| token.is_word(word))
}

/// Whether what is attached is a database in memory, or a temporary one.
fn names_memory(tokens: &[Token<'_>]) -> bool {
    let file = tokens.iter().skip(1).find(|token| !token.is_word("DATABASE"));
    file.is_some_and(|file| matches!(file.text, "':memory:'" | "''"))
}

/// `SET @@GLOBAL.name = ...`
fn has_global_variable(tokens: &[Token<'_>]) -> bool {
    let names = tokens.iter().map(|token| token.text.to_ascii_lowercase());
    names.into_iter().any(|name| name.starts_with("@@global") || name.starts_with("@@persist"))
}

#[cfg(test)]
mod tests {
    use super::{SharedChange, changes};
    use crate::sql::SqlDialect;

    fn check(grammar: SqlDialect, changing: &[&str], keeping: &[&str]) {
        for text in changing {
            assert_ne!(changes(text, grammar), [], "{text}");
        }
        for text in keeping {
            assert_eq!(changes(text, grammar), [], "{text}");
        }
    }

    #[test]
    fn what_databases_share_is_told_from_what_they_have() {
        check(
            SqlDialect::MySql,
            &[
                "DROP DATABASE prod",
                "drop schema if exists prod",
                "CREATE OR REPLACE USER a@b",
                "SET GLOBAL sql_mode = ''",
                "SET @@GLOBAL.sql_mode = ''",
                "GRANT r TO a@b",
                "ALTER INSTANCE ROTATE INNODB MASTER KEY",
            ],
            &["DROP TABLE `database`", "GRANT SELECT ON t TO a@b", "SET sql_mode = ''", "DROP TABLE user"],
        );
        check(
            SqlDialect::Postgres,
            &[
                "DROP DATABASE prod",
                "CREATE ROLE r",
                "ALTER SYSTEM SET a = 1",
                "GRANT r TO a",
                "CREATE TABLESPACE x",
                "SELECT dblink_exec('dbname=prod', 'DROP TABLE a')",
                "CREATE TABLE a AS SELECT * FROM public.dblink('prod', 'SELECT 1') AS b (c INT)",
                "COPY a TO '/tmp/a.csv'",
                "COPY (SELECT 1) TO PROGRAM 'mail a@b'",
            ],
            &[
                "DROP SCHEMA a",
                "CREATE USER MAPPING FOR a SERVER s",
                "CREATE SERVER s",
                "GRANT SELECT ON t TO a",
                "CREATE EXTENSION dblink",
                "CREATE VIEW a AS SELECT * FROM dblink('prod', 'SELECT 1') AS b (c INT)",
                "GRANT EXECUTE ON FUNCTION dblink(TEXT) TO a",
                "COPY a FROM '/tmp/a.csv'",
            ],
        );
        check(
            SqlDialect::Sqlite,
            &["ATTACH DATABASE 'old.db' AS old", "attach 'a' as b", "VACUUM main INTO 'copy.db'"],
            &["CREATE TABLE user (a)", "ATTACH ':memory:' AS a", "ATTACH DATABASE '' AS a", "VACUUM"],
        );
    }

    #[test]
    fn blocks_are_read() {
        let object = |object, is_new| SharedChange::Object { object, is_new };
        for (code, expected) in [
            ("ALTER TABLE a ADD COLUMN b INT", vec![]),
            ("EXECUTE format('ALTER TABLE %I ADD COLUMN b INT', a)", vec![]),
            ("EXECUTE format('ALTER DATABASE %I SET a = 1', current_database())", vec![]),
            ("CREATE ROLE a", vec![object("a user of the server", true)]),
            ("EXECUTE 'ALTER SYSTEM SET a = 1'", vec![object("a setting of the server", false)]),
            ("PERFORM dblink_exec('a', 'b')", vec![object("another database", false)]),
            ("EXECUTE $x$DO 'BEGIN DROP ROLE a; END'$x$", vec![object("a user of the server", false)]),
            ("EXECUTE a", vec![SharedChange::Unread]),
        ] {
            assert_eq!(changes(&format!("DO $$ BEGIN {code}; END $$"), SqlDialect::Postgres), expected, "{code}");
        }
    }
}
