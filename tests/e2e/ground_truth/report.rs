//! What `lint` reports of the statements.

use std::time::Duration;

use seachange_tests::TestDatabase;
use serde_json::{Value, json};

use super::corpus::{TruthCase, named, tables};
use crate::guarantees::script::{Outcome, Script};

/// How many statements are in one revision.
const TOGETHER: usize = 10;

/// What `lint` says of a statement.
#[derive(Debug, Clone)]
pub(super) struct Report {
    /// Why the statement was not measured.
    pub(super) unknown: Option<String>,
    /// The objects of the case, in its order.
    pub(super) objects: Vec<ObjectReport>,
    /// Whether its time grows with the rows; `None` if that is unknown.
    pub(super) grows: Option<bool>,
}

/// What `lint` says of an object.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ObjectReport {
    pub(super) blocks_reads: bool,
    pub(super) blocks_writes: bool,
}

/// Measures all cases, several of them in one revision; a query, and one that fails there, is measured alone.
pub(super) fn reports(database: &TestDatabase, cases: &[TruthCase]) -> Outcome<Vec<Report>> {
    let mut reports = Vec::new();
    for same in cases.chunk_by(|left, right| left.is_query == right.is_query) {
        for together in same.chunks(if same[0].is_query { 1 } else { TOGETHER }) {
            match lint(database, together)? {
                Ok(measured) => reports.extend(measured),
                Err(_) => {
                    for case in together {
                        reports.extend(match lint(database, std::slice::from_ref(case))? {
                            Ok(measured) => measured,
                            Err(reason) => vec![Report { unknown: Some(reason), objects: Vec::new(), grows: None }],
                        });
                    }
                }
            }
        }
    }
    Ok(reports)
}

/// Measures cases in one revision, or returns why that was not possible.
fn lint(database: &TestDatabase, cases: &[TruthCase]) -> Outcome<Result<Vec<Report>, String>> {
    let (mut before, mut statements) = (Vec::new(), Vec::new());
    for (number, case) in cases.iter().enumerate() {
        let number = number.to_string();
        let tables = tables(database.backend());
        let tables = tables.iter().filter(|text| case.has_other() || !text.contains("$o "));
        before.extend(tables.chain(&case.preparation).map(|text| named(text, &number)));
        let statement = named(&case.statement, &number);
        statements.push(if case.is_query { json!({"query": {"sql": statement}}) } else { json!(statement) });
    }
    let script = Script::new(database).outside("l1", json!(before)).outside("l2", json!(statements));
    let output = script.program("lint l2:l2 --format json")?.limit(Duration::from_secs(120)).run()?;
    if !matches!(output.code, Some(0 | 9 | 10)) {
        return Err(output.to_string().into());
    }
    let measured: Value = serde_json::from_str(&output.stdout)?;
    if let Some(reason) = measured[0]["unknown"].as_str() {
        return Ok(Err(reason.to_owned()));
    }
    let mut statements = measured[0]["statements"].as_array().cloned().unwrap_or_default();
    if cases[0].is_query && statements.is_empty() {
        // A query that only reads is no statement of the report.
        statements.push(json!({}));
    }
    if statements.len() != cases.len() {
        return Err(
            format!("{} statements are reported instead of {}: {measured}", statements.len(), cases.len()).into()
        );
    }
    let read = statements.iter().zip(cases).enumerate();
    Ok(Ok(read.map(|(number, (statement, case))| report(statement, case, &number.to_string())).collect()))
}

fn report(statement: &Value, case: &TruthCase, number: &str) -> Report {
    let tables = statement["tables"].as_array().cloned().unwrap_or_default();
    let object = |name: &String| {
        let name = named(name, number);
        // A lock on a file of SQLite is one on all tables.
        let is_whole = |table: &Value| table["lock"].as_str().is_some_and(|lock| lock.ends_with("the whole file"));
        let of_object = tables.iter().filter(|table| table["table"] == name.as_str() || is_whole(table));
        of_object.fold(ObjectReport::default(), |all, table| ObjectReport {
            blocks_reads: all.blocks_reads || table["blocks_reads"] == true,
            blocks_writes: all.blocks_writes || table["blocks_writes"] == true,
        })
    };
    let costs: Vec<&str> = tables.iter().filter_map(|table| table["cost"].as_str()).collect();
    let is_long = costs.iter().any(|cost| matches!(*cost, "scan" | "rewrite"));
    let grows = match (is_long, costs.contains(&"unknown")) {
        (true, _) => Some(true),
        (false, true) => None,
        (false, false) => Some(statement["changes_rows"] == true && costs.is_empty()),
    };
    let unknown = statement["unknown"].as_str().map(str::to_owned);
    Report { unknown, objects: case.objects().iter().map(object).collect(), grows }
}
