//! Determines from the catalogue whether a statement that was begun took effect.

use sea_orm::{DatabaseExecutor, DbErr};

use super::{JournalEntry, StatementOutcome};
use crate::backend::{Backend, ObjectState};
use crate::sql::catalog_effect::CatalogEffect;

/// Looks in the catalogue for the effects of a statement.
pub(crate) async fn determine_outcome(
    entry: &JournalEntry,
    executor: &DatabaseExecutor<'_>,
    backend: &dyn Backend,
) -> Result<StatementOutcome, DbErr> {
    let traces = backend.catalog_effects(&entry.sql);
    let mut findings = Vec::new();
    for trace in &traces {
        findings.push(find(trace, backend.object_state(executor, &trace.object).await?));
    }
    Ok(combine(&findings))
}

/// The evidence of one effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Evidence {
    /// The statement took effect.
    For,
    /// It did not.
    Against,
    /// The object is incomplete.
    Half,
    /// No evidence.
    Nothing,
}

/// The evidence of one effect, with a description.
fn find(trace: &CatalogEffect, presence: ObjectState) -> (Evidence, String) {
    let object = &trace.object;
    let says = |speaks_for: bool| if speaks_for { Evidence::For } else { Evidence::Against };
    match presence {
        ObjectState::Present => (says(trace.is_there), format!("{object} is there")),
        // It may be in another schema than the one that was searched.
        ObjectState::Absent if !trace.is_there && !trace.is_certain => {
            (Evidence::Nothing, format!("{object} is not in the current schema"))
        }
        ObjectState::Absent => (says(!trace.is_there), format!("{object} is not there")),
        ObjectState::Unusable => (Evidence::Half, format!("{object} is there, but was not built to its end")),
    }
}

fn combine(findings: &[(Evidence, String)]) -> StatementOutcome {
    let are_all = |wanted: Evidence| findings.iter().all(|(evidence, _)| *evidence == wanted);
    if findings.iter().any(|(evidence, _)| *evidence == Evidence::Nothing) || findings.is_empty() {
        return StatementOutcome::Unknown;
    }
    let why = findings.iter().map(|(_, words)| words.as_str()).collect::<Vec<_>>().join(", ");
    if are_all(Evidence::For) {
        StatementOutcome::Ran(why)
    } else if are_all(Evidence::Against) {
        StatementOutcome::NotRun(why)
    } else {
        StatementOutcome::Half(why)
    }
}

#[cfg(test)]
mod tests {
    use sqlparser::dialect::{MySqlDialect, PostgreSqlDialect};

    use super::{ObjectState, StatementOutcome, combine, find};
    use crate::sql::catalog_effect::{CatalogEffect, traces};

    fn verdict(traces: &[CatalogEffect], presences: &[ObjectState]) -> StatementOutcome {
        combine(&traces.iter().zip(presences).map(|(trace, presence)| find(trace, *presence)).collect::<Vec<_>>())
    }

    #[test]
    fn absence_proves_a_drop_only_where_the_schema_is_certain() {
        let traces = |sql: &str| traces(sql, &PostgreSqlDialect {}, true);
        let uncertain = traces("DROP INDEX CONCURRENTLY i");
        assert_eq!(verdict(&uncertain, &[ObjectState::Absent]), StatementOutcome::Unknown);
        assert!(matches!(verdict(&uncertain, &[ObjectState::Present]), StatementOutcome::NotRun(_)));
        assert!(matches!(
            verdict(&traces("DROP INDEX CONCURRENTLY s.i"), &[ObjectState::Absent]),
            StatementOutcome::Ran(_)
        ));
        assert!(matches!(
            verdict(&traces("CREATE INDEX i ON a (b)"), &[ObjectState::Absent]),
            StatementOutcome::NotRun(_)
        ));
    }

    #[test]
    fn one_of_two_objects_that_is_gone_is_half_of_a_drop() {
        let traces = traces("DROP TABLE a, b", &MySqlDialect {}, false);
        assert!(matches!(verdict(&traces, &[ObjectState::Absent, ObjectState::Present]), StatementOutcome::Half(_)));
        assert!(matches!(verdict(&traces, &[ObjectState::Absent; 2]), StatementOutcome::Ran(_)));
    }
}
