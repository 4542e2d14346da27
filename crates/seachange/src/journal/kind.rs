//! What the journal does with a text, by its facts. Pure.

use crate::sql::{Facts, SessionState, StatementKind};

/// What a text leaves behind, and so what the journal does with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// There is no statement in it.
    Nothing,
    /// Something that ends with the session and is the same whenever the revision runs: it runs again.
    Passing,
    /// Nothing. The code may act on what it reads, so that it is kept.
    Read,
    /// The begin or the end of a transaction.
    Control,
    /// The lock of tables, or its end.
    LockTables,
    /// Something that ends with the session, and that later statements may build on: it cannot be made anew later.
    Session,
    /// Changed rows, which a transaction holds together with the entry.
    Rows,
    /// Anything else.
    Other,
}

/// Judges a text. Where the code holds tables by `LOCK TABLES`, no transaction of the engine's can hold rows.
pub(crate) fn effect(statements: &[Facts], holds_tables: bool) -> Effect {
    match statements {
        [] => Effect::Nothing,
        [facts] => single(facts, holds_tables),
        _ => Effect::Other,
    }
}

fn single(facts: &Facts, holds_tables: bool) -> Effect {
    match facts.kind {
        StatementKind::Control => Effect::Control,
        StatementKind::LockTables | StatementKind::UnlockTables => Effect::LockTables,
        StatementKind::Session if facts.is_understood && facts.session_writes.iter().all(is_setting) => Effect::Passing,
        StatementKind::Session => Effect::Session,
        StatementKind::Query if facts.session_writes.iter().any(|state| !is_setting(state)) => Effect::Session,
        StatementKind::Query if !facts.may_write => Effect::Read,
        StatementKind::Query | StatementKind::Rows if !holds_tables => Effect::Rows,
        _ => Effect::Other,
    }
}

fn is_setting(state: &SessionState) -> bool {
    matches!(state, SessionState::Setting(_) | SessionState::LastInsertId | SessionState::Diagnostics)
}

#[cfg(test)]
mod tests {
    use super::{Effect, effect};
    use crate::sql::{SqlDialect, read};

    fn check(sql: &str, expected: Effect) {
        assert_eq!(effect(&read(sql, SqlDialect::MySql), false), expected, "{sql}");
    }

    #[test]
    fn facts_tell() {
        check("SELECT 1", Effect::Read);
        check("  -- a note\n/* and more */ insert INTO a VALUES (1);", Effect::Rows);
        check("UPDATE a SET b = 1", Effect::Rows);
        check("CREATE TABLE a (b int)", Effect::Other);
        check("CREATE TEMPORARY TABLE a (b int)", Effect::Session);
        check("SET @id = LAST_INSERT_ID()", Effect::Session);
        check("SET foreign_key_checks = 0", Effect::Passing);
        check("SET @@session.sql_mode = ''", Effect::Passing);
        check("# set the totals\nUPDATE a SET b = 1", Effect::Rows);
        check("CALL something()", Effect::Other);
        check("", Effect::Nothing);
        check("start transaction", Effect::Control);
        check("COMMIT;", Effect::Control);
        check("ROLLBACK TO SAVEPOINT a", Effect::Control);
        check("LOCK TABLES a WRITE", Effect::LockTables);
    }

    #[test]
    fn several_statements_in_one_text_are_not_judged_by_the_first() {
        check("INSERT INTO a VALUES (1); CREATE TABLE b (c int)", Effect::Other);
        check("SET x = 1; DROP TABLE a", Effect::Other);
        check("INSERT INTO a VALUES (';')", Effect::Rows);
    }
}
