//! Rules about single statements that the schema before and after them does not show.

use std::collections::BTreeSet;

use sea_orm::DbBackend;

use super::words::{SentStatement, StatementTokens};
use super::{Finding, NewTables};
use crate::autogenerate::{SchemaOperation, TableChange};
use crate::impact::measured::{RevisionImpact, SchemaChange};
use crate::session;
use crate::sql::{StatementKind, TransactionControl};

pub(super) fn findings(impact: &RevisionImpact, statements: &[SentStatement], new: &NewTables) -> Vec<Finding> {
    let mut found = Vec::new();
    let is_old = |table: &str| {
        let before = impact.before.iter().flat_map(|schema| schema.tables.keys());
        before.into_iter().any(|own| own.to_string() == table && !new.contains(own))
    };
    for own in statements {
        let tokens = own.tokens();
        let (number, backend) = (own.number, impact.backend);
        found.extend(of_refusal(impact, own, &tokens));
        found.extend(of_lost_rows(own, &tokens, &is_old));
        match backend {
            DbBackend::Postgres => found.extend(of_postgres(number, &tokens, impact.server.version.number)),
            DbBackend::MySql => found.extend(of_mysql(number, &tokens, &impact.changes)),
            _ if tokens.begins(&["VACUUM"]) => {
                let message = "the whole file is written anew, and meanwhile other sessions cannot use it";
                found.push(Finding::new("vacuum-full", Some(number), "", message));
            }
            _ => {}
        }
        if backend != DbBackend::Postgres {
            found.extend(duplicate_assignments(number, &tokens));
        }
        if !impact.is_one_transaction && is_not_rerunnable(&tokens, impact.server.version.is_mariadb, backend) {
            let message = "the statement fails if it has run before: it has no `IF EXISTS` or `IF NOT EXISTS`";
            found.push(Finding::new("not-rerunnable", Some(number), first_name(&tokens), message));
        }
    }
    found.extend(dropped_and_renamed_schemas(statements));
    found.extend(recreated_tables(statements, &is_old));
    found.extend(uncommitted_transaction(impact, statements));
    found.extend(several_in_one_text(impact, statements));
    found.extend(cascades(impact, statements, &is_old));
    found.extend(permissive_mode(impact, new));
    found
}

/// The name of the object that a statement is about, as far as the text shows one.
fn first_name(tokens: &StatementTokens<'_>) -> String {
    let kinds = ["TABLE", "INDEX", "VIEW", "TYPE", "SCHEMA", "DOMAIN", "SEQUENCE", "DATABASE", "CONCURRENTLY"];
    let places = kinds.iter().filter_map(|kind| tokens.place(&[kind]));
    let last = places.filter(|place| *place <= 4).max().unwrap_or(1);
    let words = tokens.0.get(last.saturating_sub(1)).map(|token| token.text).unwrap_or_default();
    tokens.name_after(&[words]).unwrap_or_default()
}

/// Statements that `up` or the database refuses, which the measurement runs, because it runs each by itself.
fn of_refusal(impact: &RevisionImpact, own: &SentStatement, tokens: &StatementTokens<'_>) -> Option<Finding> {
    let in_transaction = impact.is_one_transaction;
    let refused = match in_transaction {
        true => session::refused_in_transaction(&own.facts),
        false => session::outside(std::slice::from_ref(&own.facts), own.grammar),
    };
    if let Some(refusal) = refused {
        let object = tokens.0.first().map(|token| token.text.to_uppercase()).unwrap_or_default();
        return Some(Finding::new("refused-statement", Some(own.number), object, refusal.to_string()));
    }
    let transaction = impact.statements.get(own.number).and_then(|own| own.transaction);
    if !in_transaction && transaction.is_none() || !needs_no_transaction(tokens, impact) {
        return None;
    }
    let message = "the database refuses the statement inside of the transaction of the revision";
    let finding = Finding::new("refused-in-transaction", Some(own.number), first_name(tokens), message);
    Some(finding.with_help("let `use_transaction` of the revision return `Some(false)`"))
}

/// Whether the database refuses a statement inside of a transaction.
fn needs_no_transaction(tokens: &StatementTokens<'_>, impact: &RevisionImpact) -> bool {
    match impact.backend {
        DbBackend::Postgres => {
            let is_definition = ["CREATE", "DROP", "ALTER"].iter().any(|word| tokens.begins(&[word]));
            let is_concurrent = tokens.has("CONCURRENTLY") && (is_definition || tokens.begins(&["REINDEX"]));
            let is_new_value = tokens.begins(&["ALTER", "TYPE"]) && tokens.place(&["ADD", "VALUE"]).is_some();
            let of_server = [&["CREATE", "DATABASE"][..], &["DROP", "DATABASE"], &["ALTER", "SYSTEM"]];
            is_concurrent
                || tokens.begins(&["VACUUM"])
                || of_server.iter().any(|words| tokens.begins(words))
                || is_new_value && impact.server.version.number < 120_000
        }
        DbBackend::Sqlite => tokens.begins(&["VACUUM"]),
        _ => false,
    }
}

/// Statements that delete all rows of a table that was there before.
fn of_lost_rows(own: &SentStatement, tokens: &StatementTokens<'_>, is_old: &dyn Fn(&str) -> bool) -> Vec<Finding> {
    let is_truncation = tokens.begins(&["TRUNCATE"]);
    let is_deletion = tokens.begins(&["DELETE"]) && !["WHERE", "USING", "LIMIT"].iter().any(|word| tokens.has(word));
    if !is_truncation && !is_deletion {
        return Vec::new();
    }
    let mut found = Vec::new();
    for table in own.facts.writes.iter().filter(|table| is_old(table)) {
        let message = format!("all rows of `{table}` are deleted");
        found.push(Finding::new("delete-all-rows", Some(own.number), table, message));
        if is_truncation && tokens.has("CASCADE") {
            let message = format!("all rows of each table that refers to `{table}` are deleted as well");
            let finding = Finding::new("truncate-cascade", Some(own.number), table, message);
            found.push(finding.with_help("name the tables, without `CASCADE`"));
        }
    }
    found
}

fn of_postgres(number: usize, tokens: &StatementTokens<'_>, version: i32) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut add = |rule: &str, object: String, message: String, help: &str| {
        let finding = Finding::new(rule, Some(number), object, message);
        found.push(if help.is_empty() { finding } else { finding.with_help(help) });
    };
    if tokens.begins(&["ALTER", "TYPE"])
        && let (Some(place), Some(name)) = (tokens.place(&["RENAME", "VALUE"]), tokens.name(2))
    {
        let value = tokens.0.get(place).map_or("", |token| token.text);
        let message = format!("a program that still uses the value {value} of `{name}` fails");
        add("rename-enum-value", name, message, "add the new value, and change the rows in a later revision");
    }
    if tokens.begins(&["ALTER", "TYPE"])
        && tokens.place(&["ADD", "VALUE"]).is_some()
        && !tokens.has("BEFORE")
        && !tokens.has("AFTER")
        && let Some(name) = tokens.name(2)
    {
        let message = format!("`{name}` gets a value at its end; `BEFORE` or `AFTER` says where it belongs");
        add("enum-value-without-position", name, message, "");
    }
    if tokens.begins(&["CREATE", "DOMAIN"])
        && (tokens.has("CHECK") || tokens.place(&["NOT", "NULL"]).is_some())
        && let Some(name) = tokens.name(2)
    {
        let message = format!("`{name}` has a constraint: each change of it reads all tables that use the domain");
        add("domain-constraint", name, message, "put the constraint into the tables");
    }
    let is_full = tokens.begins(&["VACUUM"]) && tokens.0.iter().take(8).any(|token| token.is_word("FULL"));
    if is_full || tokens.begins(&["CLUSTER"]) {
        let last = tokens.0.iter().rposition(|token| token.is_word("FULL") || token.text == ")");
        let name = tokens.name(last.map_or(1, |place| place + 1)).unwrap_or_default();
        let message = "other sessions can neither read nor write the table while it is written anew".to_owned();
        add("vacuum-full", name, message, "a tool that copies the table while it is used can do this: pg_repack");
    }
    let is_index = tokens.begins(&["CREATE"]) && tokens.has("INDEX") || tokens.begins(&["REINDEX"]);
    if (140_000..=140_003).contains(&version) && is_index && tokens.has("CONCURRENTLY") {
        let message = "PostgreSQL 14.0 to 14.3 may leave rows out of an index that it builds concurrently".to_owned();
        add("index-corruption", first_name(tokens), message, "update the server to 14.4 or newer first");
    }
    let mut seen = BTreeSet::new();
    for name in tokens.0.iter().filter_map(|token| token.name()).filter(|name| name.len() > 63) {
        if seen.insert(name.to_string()) {
            let message = format!("the server cuts `{name}`, which has {} bytes, to 63", name.len());
            add("identifier-too-long", name.to_string(), message, "");
        }
    }
    found
}

fn of_mysql(number: usize, tokens: &StatementTokens<'_>, changes: &[SchemaChange]) -> Vec<Finding> {
    let mut found = Vec::new();
    let is_definition = ["ALTER", "CREATE", "DROP"].iter().any(|word| tokens.begins(&[word]));
    let value = |option: &str| {
        let place = tokens.place(&[option])?;
        let place = place + usize::from(tokens.0.get(place).is_some_and(|token| token.text == "="));
        tokens.0.get(place).map(|token| token.text.to_uppercase())
    };
    let table = || tokens.name_after(&["ON"]).or_else(|| tokens.name_after(&["TABLE"])).unwrap_or_default();
    if is_definition && value("ALGORITHM").as_deref() == Some("COPY") {
        let message = format!("`ALGORITHM=COPY` copies `{}`, and meanwhile other sessions cannot write to it", table());
        let finding = Finding::new("algorithm-copy", Some(number), table(), message);
        found.push(finding.with_help("omit it: the server then uses the best algorithm that it has"));
    }
    if let Some(lock) = value("LOCK").filter(|lock| is_definition && matches!(lock.as_str(), "SHARED" | "EXCLUSIVE")) {
        let message = format!("`LOCK={lock}` keeps other sessions from writing to `{}`", table());
        let finding = Finding::new("lock-clause", Some(number), table(), message);
        found.push(finding.with_help("`LOCK=NONE` makes the statement fail if it would block them"));
    }
    found.extend(ignored_references(number, tokens, changes));
    found
}

/// A statement with more `REFERENCES` than foreign keys that it has made.
fn ignored_references(number: usize, tokens: &StatementTokens<'_>, changes: &[SchemaChange]) -> Option<Finding> {
    let is_table = tokens.begins(&["CREATE", "TABLE"]) || tokens.begins(&["ALTER", "TABLE"]);
    let written = tokens.0.iter().filter(|token| token.is_word("REFERENCES")).count();
    let own = changes.iter().filter(|change| change.statement == Some(number)).flat_map(|change| &change.operations);
    let own: Vec<&SchemaOperation> = own.collect();
    if !is_table || written == 0 || own.is_empty() {
        return None;
    }
    let made = own.iter().map(|operation| match operation {
        SchemaOperation::CreateTable(table) => table.foreign_keys.len(),
        SchemaOperation::Change { change: TableChange::AddForeignKey(_), .. } => 1,
        _ => 0,
    });
    if made.sum::<usize>() >= written {
        return None;
    }
    let table = tokens.name_after(&["TABLE"]).unwrap_or_default();
    let message = format!("`{table}` has no such foreign key after the statement: the server ignores `REFERENCES`");
    let finding = Finding::new("references-ignored", Some(number), table, message);
    Some(finding.with_help("write `FOREIGN KEY (column) REFERENCES ...` in a table whose engine is InnoDB"))
}

/// Columns that a statement names twice where it gives them values.
fn duplicate_assignments(number: usize, tokens: &StatementTokens<'_>) -> Vec<Finding> {
    let items = match () {
        () if tokens.begins(&["UPDATE"]) => {
            let ends = ["WHERE", "ORDER", "LIMIT", "FROM", "RETURNING"];
            tokens.place(&["SET"]).map(|place| tokens.items(place, &ends)).unwrap_or_default()
        }
        () if tokens.begins(&["INSERT"]) || tokens.begins(&["REPLACE"]) => {
            let open = tokens.0.iter().position(|token| token.text == "(");
            let before = ["VALUES", "SELECT", "SET"].iter().filter_map(|word| tokens.place(&[word])).min();
            let is_columns = |open: &usize| before.is_none_or(|before| *open < before);
            open.filter(is_columns).map(|open| tokens.items(open + 1, &[])).unwrap_or_default()
        }
        () => Vec::new(),
    };
    let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
    for item in items {
        let end = item.iter().position(|token| token.text == "=").unwrap_or(item.len());
        let Some(name) = item[..end].last().and_then(|token| token.name()) else { continue };
        if !seen.insert(name.to_lowercase()) {
            let message = format!("`{name}` gets two values, and the database uses one of them");
            found.push(Finding::new("duplicate-assignment", Some(number), name.into_owned(), message));
        }
    }
    found
}

/// Whether a statement fails when it runs again, although the database has a form that does not.
fn is_not_rerunnable(tokens: &StatementTokens<'_>, is_mariadb: bool, backend: DbBackend) -> bool {
    let kinds: &[&str] = match backend {
        DbBackend::MySql if !is_mariadb => &["TABLE", "VIEW", "DATABASE", "SCHEMA"],
        _ => &["TABLE", "VIEW", "INDEX", "SCHEMA", "SEQUENCE", "DATABASE"],
    };
    let is_definition = tokens.begins(&["CREATE"]) || tokens.begins(&["DROP"]);
    let kind = tokens.0.iter().take(4).any(|token| kinds.iter().any(|kind| token.is_word(kind)));
    let is_sure = tokens.has("EXISTS") || tokens.place(&["OR", "REPLACE"]).is_some();
    is_definition && kind && !is_sure
}

fn dropped_and_renamed_schemas(statements: &[SentStatement]) -> Vec<Finding> {
    let (mut created, mut found) = (BTreeSet::new(), Vec::new());
    for own in statements {
        let tokens = own.tokens();
        let renamed = tokens.begins(&["ALTER", "SCHEMA"]).then(|| tokens.name_after(&["RENAME", "TO"])).flatten();
        if let (Some(to), Some(from)) = (renamed, tokens.name(2))
            && !created.contains(&from)
        {
            let message = format!("a program that still uses the schema `{from}` fails: it becomes `{to}`");
            found.push(Finding::new("rename-schema", Some(own.number), from, message));
        }
        for kind in ["SCHEMA", "DATABASE"] {
            if tokens.begins(&["CREATE", kind]) {
                created.extend(tokens.name_after(&[kind]));
            }
            let Some(name) = tokens.begins(&["DROP", kind]).then(|| tokens.name_after(&[kind])).flatten() else {
                continue;
            };
            if !created.contains(&name) {
                let message = format!("`{name}` is dropped with all that is in it");
                let finding = Finding::new("drop-schema", Some(own.number), name, message);
                found.push(finding.with_help("drop its tables in revisions before, so that each loss is seen"));
            }
        }
    }
    found
}

/// Tables that are dropped and then created again under the same name, and not filled from a query.
fn recreated_tables(statements: &[SentStatement], is_old: &dyn Fn(&str) -> bool) -> Vec<Finding> {
    let (mut dropped, mut found) = (BTreeSet::new(), Vec::new());
    for (place, own) in statements.iter().enumerate() {
        let tokens = own.tokens();
        if tokens.begins(&["DROP", "TABLE"]) {
            dropped.extend(own.facts.writes.iter().filter(|table| is_old(table)).cloned());
        }
        let is_creation = tokens.begins(&["CREATE", "TABLE"]) && !tokens.has("SELECT");
        let created = own.facts.writes.first().filter(|table| is_creation && dropped.contains(*table));
        let Some(table) = created else { continue };
        let is_filled = |later: &SentStatement| {
            let is_copy = later.facts.kind == StatementKind::Rows && !later.facts.reads.is_empty();
            is_copy && later.facts.writes.contains(table)
        };
        if !statements[place..].iter().any(is_filled) {
            let message = format!("`{table}` is dropped and created again, without its rows");
            let finding = Finding::new("recreate-table", Some(own.number), table, message);
            found.push(finding.with_help("change the table instead, as `alter` does on every database"));
        }
    }
    found
}

/// A transaction that the text of a statement begins and none ends.
fn uncommitted_transaction(impact: &RevisionImpact, statements: &[SentStatement]) -> Option<Finding> {
    let mut open = None;
    for own in statements.iter().filter(|_| !impact.is_one_transaction) {
        match own.facts.control {
            Some(TransactionControl::Begin) => open = Some(own.number),
            Some(TransactionControl::Commit | TransactionControl::Rollback) => open = None,
            _ if own.facts.commits_implicitly => open = None,
            _ => {}
        }
    }
    let message = "the transaction that this statement begins is not committed: what follows is lost";
    let finding = open.map(|number| Finding::new("uncommitted-transaction", Some(number), "BEGIN", message));
    finding.map(|finding| finding.with_help("begin transactions with `begin` of the connection, or commit it"))
}

/// Texts of several statements: the server goes on with the next one when the program is already dead.
fn several_in_one_text(impact: &RevisionImpact, statements: &[SentStatement]) -> Vec<Finding> {
    let numbers: Vec<usize> = statements.iter().map(|own| own.number).collect();
    let mut doubled: Vec<usize> = numbers.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    doubled.dedup();
    let doubled = doubled.into_iter().filter(|_| impact.backend == DbBackend::MySql);
    let message = "the text has several statements: the server goes on with them when the run is interrupted";
    let finding = |number| Finding::new("several-statements", Some(number), "", message);
    doubled.map(|number| finding(number).with_help("send each statement by itself")).collect()
}

/// Tables of SQLite that are dropped while foreign keys are enforced: the rows that refer to them are deleted too.
fn cascades(impact: &RevisionImpact, statements: &[SentStatement], is_old: &dyn Fn(&str) -> bool) -> Vec<Finding> {
    if impact.backend != DbBackend::Sqlite || !impact.server.enforces_foreign_keys {
        return Vec::new();
    }
    let (mut is_off, mut found) = (false, Vec::new());
    for own in statements {
        if let Some(pragma) = own.facts.pragma.as_ref().filter(|pragma| pragma.name == "foreign_keys") {
            is_off = pragma.value.as_deref().is_some_and(|value| ["off", "0", "no", "false"].contains(&value));
        }
        if is_off || !own.tokens().begins(&["DROP", "TABLE"]) {
            continue;
        }
        for dropped in own.facts.writes.iter().filter(|table| is_old(table)) {
            for (referring, action) in referring(impact, dropped) {
                let message =
                    format!("`{dropped}` is dropped while foreign keys are on: the rows of `{referring}` are {action}");
                let finding = Finding::new("drop-table-cascades", Some(own.number), dropped, message);
                let help = "let `alter` rebuild the table, or run `PRAGMA foreign_keys = OFF` before";
                found.push(finding.with_help(help));
            }
        }
    }
    found
}

/// The tables whose rows refer to a table, and what becomes of these rows when it is dropped.
fn referring(impact: &RevisionImpact, dropped: &str) -> Vec<(String, &'static str)> {
    use crate::schema::ReferentialAction as Action;
    let tables = impact.before.iter().flat_map(|schema| schema.tables.values());
    let others = tables.filter(|table| table.name.to_string() != dropped);
    let keys = others.flat_map(|table| table.foreign_keys.iter().map(move |key| (table, key)));
    let to_dropped = keys.filter(|(_, key)| key.referenced_table.to_string() == dropped);
    let action = |action: Action| match action {
        Action::Cascade => Some("deleted"),
        Action::SetNull | Action::SetDefault => Some("changed"),
        Action::NoAction | Action::Restrict => None,
    };
    to_dropped.filter_map(|(table, key)| Some((table.name.to_string(), action(key.on_delete)?))).collect()
}

/// Changes that fail on a row in the strict mode, and change the row without it.
fn permissive_mode(impact: &RevisionImpact, new: &NewTables) -> Vec<Finding> {
    if impact.backend != DbBackend::MySql || impact.server.is_strict {
        return Vec::new();
    }
    let mut found = Vec::new();
    for change in &impact.changes {
        for operation in &change.operations {
            let SchemaOperation::Change { table, change: TableChange::ModifyColumn { from, to } } = operation else {
                continue;
            };
            if !new.contains(table) && (from.nullable && !to.nullable || from.column_type != to.column_type) {
                let column = format!("{table}.{}", to.name);
                let message = format!(
                    "`{column}`: the session is not in the strict mode, so that the server changes values that do not \
                     fit and reports no error"
                );
                let finding = Finding::new("permissive-sql-mode", change.statement, column, message);
                found.push(finding.with_help("set `sql_mode` to a value with STRICT_TRANS_TABLES"));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{StatementTokens, of_postgres};
    use crate::sql::{SqlDialect, significant, tokens};

    #[test]
    fn concurrent_indexes_are_found_on_versions_that_corrupt_them() {
        let ids = |text: &str, version| -> Vec<&str> {
            let tokens = StatementTokens(significant(&tokens(text, SqlDialect::Postgres)));
            of_postgres(0, &tokens, version).iter().map(|finding| finding.rule.id).collect()
        };
        let concurrent = "CREATE INDEX CONCURRENTLY by_email ON users (email)";
        assert_eq!(ids(concurrent, 140_000), ["index-corruption"]);
        assert_eq!(ids("REINDEX INDEX CONCURRENTLY by_email", 140_003), ["index-corruption"]);
        for version in [130_010, 140_004, 150_000] {
            assert_eq!(ids(concurrent, version), Vec::<&str>::new());
        }
        assert_eq!(ids("CREATE INDEX by_email ON users (email)", 140_000), Vec::<&str>::new());
    }
}
