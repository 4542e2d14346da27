//! Decides from its facts what the journal does with SQL text. Pure.

use crate::sql::{SessionState, StatementFacts, StatementKind};

/// What SQL text leaves in the database or in the session, which decides what the journal does with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JournalEffect {
    /// The text contains no statement.
    Nothing,
    /// State that ends with the session and is the same whenever the revision runs: the statement runs again.
    Passing,
    /// Nothing. The code may depend on what it reads, so the journal keeps the result.
    Read,
    /// The begin or the end of a transaction.
    Control,
    /// The lock of tables, or its release.
    LockTables,
    /// State that ends with the session, and on which later statements may depend: it cannot be restored later.
    Session,
    /// Changed rows. One transaction holds them together with the entry.
    Rows,
    /// Anything else.
    Other,
}

/// Classifies SQL text. While the code holds tables by `LOCK TABLES`, no transaction of the engine can hold rows.
pub(crate) fn effect(statements: &[StatementFacts], holds_tables: bool) -> JournalEffect {
    match statements {
        [] => JournalEffect::Nothing,
        [facts] => single(facts, holds_tables),
        _ => JournalEffect::Other,
    }
}

fn single(facts: &StatementFacts, holds_tables: bool) -> JournalEffect {
    match facts.kind {
        StatementKind::Control => JournalEffect::Control,
        StatementKind::LockTables | StatementKind::UnlockTables => JournalEffect::LockTables,
        StatementKind::Session | StatementKind::Query if is_passing(facts) => JournalEffect::Passing,
        StatementKind::Session => JournalEffect::Session,
        // A setting is the value of a query, or ends with the next statement.
        StatementKind::Query
            if facts
                .session_writes
                .iter()
                .any(|state| !is_setting(state) || matches!(state, SessionState::Setting(_))) =>
        {
            JournalEffect::Session
        }
        StatementKind::Query if !facts.may_write => JournalEffect::Read,
        StatementKind::Query | StatementKind::Rows if !holds_tables => JournalEffect::Rows,
        _ => JournalEffect::Other,
    }
}

/// Whether a statement does nothing but set settings of the session to values that are the same whenever it runs.
fn is_passing(facts: &StatementFacts) -> bool {
    let is_lasting = |state: &SessionState| match state {
        // It holds for the next statement alone.
        SessionState::Setting(name) => name != "insert_id",
        state => is_setting(state),
    };
    let sets = facts.session_writes.iter().any(|state| matches!(state, SessionState::Setting(_)));
    (sets || facts.kind == StatementKind::Session)
        && facts.is_understood
        && !facts.may_write
        && facts.reads.is_empty()
        && facts.session_writes.iter().all(is_lasting)
}

fn is_setting(state: &SessionState) -> bool {
    matches!(state, SessionState::Setting(_) | SessionState::LastInsertId | SessionState::Diagnostics)
}

#[cfg(test)]
mod tests {
    use super::{JournalEffect, effect};
    use crate::sql::{SqlDialect, read};

    fn check(sql: &str, expected: JournalEffect) {
        assert_eq!(effect(&read(sql, SqlDialect::MySql), false), expected, "{sql}");
    }

    #[test]
    fn facts_tell() {
        check("SELECT 1", JournalEffect::Read);
        check("  -- a note\n/* and more */ insert INTO a VALUES (1);", JournalEffect::Rows);
        check("UPDATE a SET b = 1", JournalEffect::Rows);
        check("CREATE TABLE a (b int)", JournalEffect::Other);
        check("CREATE TEMPORARY TABLE a (b int)", JournalEffect::Session);
        check("SET @id = LAST_INSERT_ID()", JournalEffect::Session);
        check("SET foreign_key_checks = 0", JournalEffect::Passing);
        check("SET insert_id = 100", JournalEffect::Session);
        check("SET SESSION group_concat_max_len = (SELECT max(v) FROM a)", JournalEffect::Session);
        check("SELECT @n := max(v) FROM a", JournalEffect::Session);
        check("SET @@session.sql_mode = ''", JournalEffect::Passing);
        check("# set the totals\nUPDATE a SET b = 1", JournalEffect::Rows);
        check("CALL something()", JournalEffect::Other);
        check("", JournalEffect::Nothing);
        check("start transaction", JournalEffect::Control);
        check("COMMIT;", JournalEffect::Control);
        check("ROLLBACK TO SAVEPOINT a", JournalEffect::Control);
        check("LOCK TABLES a WRITE", JournalEffect::LockTables);
    }

    /// A setting that a query sets is set again; one whose value comes from a table cannot be.
    #[test]
    fn functions_that_set_settings() {
        let of = |sql: &str| effect(&read(sql, SqlDialect::Postgres), false);
        assert_eq!(of("SELECT set_config('search_path', 'billing', false)"), JournalEffect::Passing);
        assert_eq!(of("SELECT set_config('app.n', max(v)::text, false) FROM a"), JournalEffect::Session);
        assert_eq!(of("SELECT pg_advisory_lock(42)"), JournalEffect::Session);
        assert_eq!(of("SELECT setseed(0.5)"), JournalEffect::Session);
        assert_eq!(of("SELECT current_setting('app.n')"), JournalEffect::Read);
    }

    #[test]
    fn several_statements_in_one_text_are_not_judged_by_the_first() {
        check("INSERT INTO a VALUES (1); CREATE TABLE b (c int)", JournalEffect::Other);
        check("SET x = 1; DROP TABLE a", JournalEffect::Other);
        check("INSERT INTO a VALUES (';')", JournalEffect::Rows);
    }
}
