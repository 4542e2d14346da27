//! Rules about how a schema is written. Most are off unless the project sets a level.

use sea_orm::DbBackend;

use super::Finding;
use super::options::{NamePatterns, RuleOptions};
use super::words::SentStatement;
use crate::autogenerate::{NamePattern, SchemaOperation, TableChange};
use crate::impact::measured::RevisionImpact;
use crate::schema::{AutoIncrement, Column, ForeignKey, Table, TableName};
use crate::sql::StatementKind;

pub(super) fn findings(impact: &RevisionImpact, sent: &[SentStatement], options: &RuleOptions) -> Vec<Finding> {
    let mut found = Vec::new();
    for change in &impact.changes {
        let mut add = |(id, object, message): Said| found.push(Finding::new(id, change.statement, object, message));
        for operation in &change.operations {
            of_operation(operation, impact.backend, options).into_iter().for_each(&mut add);
            of_names(operation, &options.names).into_iter().for_each(&mut add);
        }
    }
    // MySQL and MariaDB make the index of a foreign key themselves.
    if impact.backend != DbBackend::MySql {
        found.extend(keys_without_index(impact));
    }
    if impact.backend == DbBackend::Postgres {
        found.extend(unqualified_tables(sent));
    }
    found
}

/// A rule, the object and the message.
type Said = (&'static str, String, String);

fn of_operation(operation: &SchemaOperation, backend: DbBackend, options: &RuleOptions) -> Vec<Said> {
    let mut found = Vec::new();
    match operation {
        SchemaOperation::CreateTable(table) => {
            found.extend(table.columns.iter().flat_map(|column| of_column(&table.name, column, backend)));
            found.extend(small_keys(table, backend));
            found.extend(padding(table, backend, options.bytes));
        }
        SchemaOperation::Change { table, change: TableChange::AddColumn(column) } => {
            found.extend(of_column(table, column, backend));
        }
        SchemaOperation::Change { table, change: TableChange::ModifyColumn { from, to } }
            if from.column_type != to.column_type =>
        {
            found.extend(of_column(table, to, backend));
        }
        SchemaOperation::CreateIndex { table, index } if !index.unique && index.parts.len() > options.columns => {
            let message = format!("the index `{}` of `{table}` has more than {} columns", index.name, options.columns);
            found.push(("wide-index", index.name.clone(), message));
        }
        SchemaOperation::CreateEnumeration(enumeration) => {
            let message = format!("the values of `{}` cannot be removed, and a table or a check can", enumeration.name);
            found.push(("new-enum", enumeration.name.to_string(), message));
        }
        _ => {}
    }
    found
}

/// What the type of a new column has against it.
fn of_column(table: &TableName, column: &Column, backend: DbBackend) -> Vec<Said> {
    let text = column.column_type.text.to_lowercase();
    let name = format!("{table}.{}", column.name);
    let mut found = Vec::new();
    let mut add = |id, message: String| found.push((id, name.clone(), message));
    let is_fixed = text.starts_with("char(") || text.starts_with("character(") || text == "bpchar" || text == "char";
    if is_fixed && backend != DbBackend::Sqlite {
        add("fixed-length-text", format!("`{name}` has a fixed length, and is padded with spaces"));
    }
    if backend == DbBackend::Postgres {
        if text.starts_with("character varying(") || text.starts_with("varchar(") {
            let message = format!("`{name}` has a limit of characters; `text` with a check is easier to change");
            add("limited-text", message);
        }
        if text.starts_with("timestamp") && !text.contains("with time zone") {
            add("timestamp-without-zone", format!("`{name}` does not keep which moment it is; `timestamptz` does"));
        }
        if text == "json" {
            add("json-column", format!("`{name}` cannot be compared, so that DISTINCT and UNION fail; `jsonb` can"));
        }
        if column.auto_increment == Some(AutoIncrement::Serial) {
            let message = format!("`{name}` has a sequence with rights of its own; GENERATED ... AS IDENTITY has none");
            add("serial-column", message);
        }
    }
    found
}

/// Columns of primary keys whose numbers can run out.
fn small_keys(table: &Table, backend: DbBackend) -> Vec<Said> {
    let is_small = |column: &&Column| {
        let text = column.column_type.text.to_lowercase();
        let is_integer = ["int", "integer", "smallint", "mediumint", "tinyint", "int4", "int2"];
        let word = text.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default();
        is_integer.contains(&word) && backend != DbBackend::Sqlite
    };
    let key = table.primary_key.iter().filter(|key| key.columns.len() == 1).flat_map(|key| &key.columns);
    let small = key.filter_map(|name| table.column(name)).filter(is_small);
    small
        .map(|column| {
            let name = format!("{}.{}", table.name, column.name);
            let message = format!("the numbers of `{name}` can run out; `bigint` has enough");
            ("small-key", name, message)
        })
        .collect()
}

/// Bytes that the order of the columns wastes in each row (PostgreSQL). Columns of a variable length are not counted.
fn padding(table: &Table, backend: DbBackend, limit: usize) -> Option<Said> {
    if backend != DbBackend::Postgres {
        return None;
    }
    let (mut offset, mut wasted) = (0_usize, 0_usize);
    for column in &table.columns {
        let Some((size, alignment)) = storage(&column.column_type.text) else {
            offset = 0;
            continue;
        };
        let gap = offset.next_multiple_of(alignment) - offset;
        wasted += gap;
        offset += gap + size;
    }
    let message = || {
        format!(
            "the order of the columns of `{}` wastes {wasted} bytes in each row; put wide columns first",
            table.name
        )
    };
    (wasted >= limit).then(|| ("padded-columns", table.name.to_string(), message()))
}

/// The size and the alignment of a type of PostgreSQL with a fixed length.
fn storage(text: &str) -> Option<(usize, usize)> {
    let word = text.split('(').next().unwrap_or(text).trim();
    Some(match word {
        "boolean" => (1, 1),
        "smallint" => (2, 2),
        "integer" | "real" | "date" | "oid" => (4, 4),
        "bigint" | "double precision" | "money" => (8, 8),
        "interval" => (16, 8),
        "uuid" => (16, 1),
        "timestamp"
        | "timestamp without time zone"
        | "timestamp with time zone"
        | "time"
        | "time without time zone" => (8, 8),
        _ => return None,
    })
}

/// New foreign keys whose columns begin no index at the end of the revision.
fn keys_without_index(impact: &RevisionImpact) -> Vec<Finding> {
    let mut added: Vec<(Option<usize>, &TableName, &ForeignKey)> = Vec::new();
    let mut keys: Vec<(&TableName, Vec<String>)> = Vec::new();
    for table in impact.before.iter().flat_map(|schema| schema.tables.values()) {
        keys.extend(table.keys().map(|key| (&table.name, key)));
    }
    for change in &impact.changes {
        for operation in &change.operations {
            match operation {
                SchemaOperation::CreateTable(table) => {
                    added.extend(table.foreign_keys.iter().map(|key| (change.statement, &table.name, key)));
                    keys.extend(table.keys().map(|key| (&table.name, key)));
                }
                SchemaOperation::CreateIndex { table, index } => keys.push((table, index.leading_columns())),
                SchemaOperation::Change { table, change: TableChange::AddForeignKey(key) } => {
                    added.push((change.statement, table, key));
                }
                SchemaOperation::Change { table, change: TableChange::AddUnique(unique) } => {
                    keys.push((table, unique.columns.clone()));
                }
                SchemaOperation::Change { table, change: TableChange::AddPrimaryKey(key) } => {
                    keys.push((table, key.columns.clone()));
                }
                _ => {}
            }
        }
    }
    let has_index = |table: &TableName, key: &ForeignKey| {
        keys.iter().any(|(own, columns)| *own == table && columns.starts_with(&key.columns))
    };
    let without = added.into_iter().filter(|(_, table, key)| !has_index(table, key));
    without
        .map(|(statement, table, key)| {
            let columns = key.columns.join(", ");
            let message = format!(
                "the foreign key of `{table}` over {columns} has no index: each deletion of a referenced row reads all rows"
            );
            let object = format!("{table}.{}", key.columns.join("+"));
            Finding::new("foreign-key-without-index", statement, object, message)
        })
        .collect()
}

/// Definitions that name a table without its schema.
fn unqualified_tables(sent: &[SentStatement]) -> Vec<Finding> {
    let mut found = Vec::new();
    for own in sent.iter().filter(|own| own.facts.kind == StatementKind::Schema) {
        let tokens = own.tokens();
        let is_table = ["CREATE", "ALTER", "DROP"].iter().any(|word| tokens.begins(&[word, "TABLE"]));
        let Some(name) = is_table.then(|| tokens.name_after(&["TABLE"])).flatten() else { continue };
        if !name.contains('.') {
            let message = format!("which `{name}` is meant depends on `search_path`");
            found.push(Finding::new("unqualified-table", Some(own.number), name, message));
        }
    }
    found
}

/// Names of new tables, columns, indexes and constraints that do not follow the patterns.
fn of_names(operation: &SchemaOperation, patterns: &NamePatterns) -> Vec<Said> {
    let mut found = Vec::new();
    let mut check = |kind: &str, name: &str, object: String, pattern: &Option<NamePattern>| {
        let expected = match pattern {
            Some(pattern) if !pattern.fits_text(name) => format!("`{pattern}`"),
            None if !is_snake_case(name) => "lower case with underscores".to_owned(),
            _ => return,
        };
        found.push(("naming", object, format!("the {kind} `{name}` is not named as {expected}")));
    };
    match operation {
        SchemaOperation::CreateTable(table) => {
            check("table", &table.name.name, table.name.to_string(), &patterns.table);
            for column in &table.columns {
                check("column", &column.name, format!("{}.{}", table.name, column.name), &patterns.column);
            }
            for index in &table.indexes {
                check("index", &index.name, index.name.clone(), &patterns.index);
            }
        }
        SchemaOperation::RenameTable { to, .. } => check("table", &to.name, to.to_string(), &patterns.table),
        SchemaOperation::CreateIndex { index, .. } => check("index", &index.name, index.name.clone(), &patterns.index),
        SchemaOperation::Change { table, change } => {
            let object = |name: &str| format!("{table}.{name}");
            match change {
                TableChange::AddColumn(column) => {
                    check("column", &column.name, object(&column.name), &patterns.column);
                }
                TableChange::RenameColumn { to, .. } => check("column", to, object(to), &patterns.column),
                _ => {
                    if let Some(name) = constraint(change) {
                        check("constraint", name, object(name), &patterns.constraint);
                    }
                }
            }
        }
        _ => {}
    }
    found
}

/// The name of a new constraint.
fn constraint(change: &TableChange) -> Option<&str> {
    match change {
        TableChange::AddPrimaryKey(key) => key.name.as_deref(),
        TableChange::AddUnique(unique) => unique.name.as_deref(),
        TableChange::AddForeignKey(key) => key.name.as_deref(),
        TableChange::AddCheck(check) => check.name.as_deref(),
        TableChange::AddExclusion(exclusion) => Some(&exclusion.name),
        _ => None,
    }
}

fn is_snake_case(name: &str) -> bool {
    name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
}

#[cfg(test)]
mod tests {
    use sea_orm::DbBackend;
    use sea_orm::sea_query::ColumnType;

    use super::padding;
    use crate::schema::{Column, SqlType, Table};

    #[test]
    fn gaps_before_wide_columns_are_counted() {
        let wasted = |types: &[&str]| {
            let mut table = Table::new("t");
            for text in types {
                let sql_type = SqlType { text: (*text).to_owned(), kind: ColumnType::Integer };
                table.columns.push(Column::new(*text, sql_type));
            }
            padding(&table, DbBackend::Postgres, 1).map(|(_, _, message)| message)
        };
        assert_eq!(wasted(&["bigint", "integer", "boolean"]), None);
        assert_eq!(wasted(&["boolean", "text", "bigint"]), None);
        let message = wasted(&["boolean", "bigint", "integer", "timestamp with time zone"]).unwrap_or_default();
        assert!(message.contains("wastes 11 bytes"), "{message}");
    }
}
