//! Columns that number rows on PostgreSQL.

use sea_orm::sea_query::ColumnType;

use super::sql::{name, table as quoted_table, text};
use crate::schema::{AutoIncrement, Column, SequenceOptions, TableName};

/// The type that creates a column of this type with a sequence.
pub(super) fn serial_type(column: &Column) -> &'static str {
    match column.column_type.kind {
        ColumnType::SmallInteger | ColumnType::TinyInteger | ColumnType::TinyUnsigned => "smallserial",
        ColumnType::Integer | ColumnType::SmallUnsigned => "serial",
        _ => "bigserial",
    }
}

/// `GENERATED … AS IDENTITY`, as it is written in a column definition.
pub(super) fn clause(always: bool, options: &SequenceOptions) -> String {
    let when = when(always);
    let options = sequence_options(options);
    if options.is_empty() {
        format!("GENERATED {when} AS IDENTITY")
    } else {
        format!("GENERATED {when} AS IDENTITY ({})", options.join(" "))
    }
}

fn when(always: bool) -> &'static str {
    if always { "ALWAYS" } else { "BY DEFAULT" }
}

/// The options of a sequence, as they are written.
pub(crate) fn sequence_options(options: &SequenceOptions) -> Vec<String> {
    let numbers = [
        ("START WITH", options.start),
        ("INCREMENT BY", options.increment),
        ("MINVALUE", options.minimum),
        ("MAXVALUE", options.maximum),
        ("CACHE", options.cache),
    ];
    let numbers = numbers.iter().filter_map(|(word, number)| number.map(|number| format!("{word} {number}")));
    numbers.chain(options.cycle.then(|| "CYCLE".to_owned())).collect()
}

/// The statements that remove the numbering of a column.
pub(super) fn remove(table: &TableName, column: &str, numbered: &AutoIncrement) -> Vec<String> {
    match numbered {
        AutoIncrement::Identity { .. } => vec![alter(table, column, "DROP IDENTITY")],
        AutoIncrement::Serial => vec![alter(table, column, "DROP DEFAULT"), drop_sequence(table, column)],
        AutoIncrement::Rowid { .. } | AutoIncrement::Counter => Vec::new(),
    }
}

/// The statements that add numbering to a column. With default options, it continues after the greatest existing
/// number.
pub(super) fn add(table: &TableName, column: &Column, numbered: &AutoIncrement) -> Vec<String> {
    let mut statements = match numbered {
        AutoIncrement::Identity { always, options } => {
            vec![alter(table, &column.name, &format!("ADD {}", clause(*always, options)))]
        }
        AutoIncrement::Serial => add_sequence(table, column),
        AutoIncrement::Rowid { .. } | AutoIncrement::Counter => return Vec::new(),
    };
    let counts_up =
        !matches!(numbered, AutoIncrement::Identity { options, .. } if *options != SequenceOptions::default());
    statements.extend(counts_up.then(|| go_on_after(table, &column.name)));
    statements
}

/// The statement that turns one identity into another, if they differ.
pub(super) fn change(
    table: &TableName,
    column: &str,
    from: (bool, &SequenceOptions),
    to: (bool, &SequenceOptions),
) -> Vec<String> {
    let mut clauses = Vec::new();
    clauses.extend((from.0 != to.0).then(|| format!("SET GENERATED {}", when(to.0))));
    clauses.extend(changed_options(from.1, to.1).into_iter().map(|option| format!("SET {option}")));
    if clauses.is_empty() { Vec::new() } else { vec![alter(table, column, &clauses.join(" "))] }
}

fn changed_options(from: &SequenceOptions, to: &SequenceOptions) -> Vec<String> {
    let counts_down = to.increment.is_some_and(|increment| increment < 0);
    let start = || if counts_down { "START WITH -1" } else { "START WITH 1" }.to_owned();
    let written = |word: &str, number: Option<i64>, otherwise: String| {
        number.map_or(otherwise, |number| format!("{word} {number}"))
    };
    let mut changed = Vec::new();
    let mut compare = |from: Option<i64>, to: Option<i64>, word: &str, otherwise: String| {
        changed.extend((from != to).then(|| written(word, to, otherwise)));
    };
    // The bounds first: the start has to lie within them.
    compare(from.increment, to.increment, "INCREMENT BY", "INCREMENT BY 1".to_owned());
    compare(from.minimum, to.minimum, "MINVALUE", "NO MINVALUE".to_owned());
    compare(from.maximum, to.maximum, "MAXVALUE", "NO MAXVALUE".to_owned());
    compare(from.start, to.start, "START WITH", start());
    compare(from.cache, to.cache, "CACHE", "CACHE 1".to_owned());
    changed.extend((from.cycle != to.cycle).then(|| if to.cycle { "CYCLE" } else { "NO CYCLE" }.to_owned()));
    changed
}

fn alter(table: &TableName, column: &str, clause: &str) -> String {
    format!("ALTER TABLE {} ALTER COLUMN {} {clause}", quoted_table(table), name(column))
}

fn add_sequence(table: &TableName, column: &Column) -> Vec<String> {
    let sequence = TableName { name: format!("{}_{}_seq", table.name, column.name), schema: table.schema.clone() };
    let quoted = quoted_table(&sequence);
    vec![
        format!("CREATE SEQUENCE {quoted} AS {}", bounds(column)),
        format!("ALTER SEQUENCE {quoted} OWNED BY {}.{}", quoted_table(table), name(&column.name)),
        alter(table, &column.name, &format!("SET DEFAULT nextval({}::regclass)", text(&quoted))),
    ]
}

fn drop_sequence(table: &TableName, column: &str) -> String {
    on_sequence(table, column, "DROP SEQUENCE ", "")
}

/// The statement that gives the sequence of a column the type of the column. It goes on from where it is.
pub(super) fn retype_sequence(table: &TableName, column: &Column) -> String {
    let bounds = bounds(column);
    on_sequence(table, &column.name, "ALTER SEQUENCE ", &format!(" AS {bounds}"))
}

/// The type of a sequence that numbers the rows of a column.
fn bounds(column: &Column) -> &'static str {
    match serial_type(column) {
        "smallserial" => "smallint",
        "serial" => "integer",
        _ => "bigint",
    }
}

/// A statement on the sequence of a column. The server finds its name, because the sequence keeps the name that it got
/// when the column was created.
fn on_sequence(table: &TableName, column: &str, before: &str, after: &str) -> String {
    let sequence = sequence_of(table, column);
    let after = if after.is_empty() { String::new() } else { format!(" || '{after}'") };
    let body = format!("BEGIN EXECUTE '{before}' || {sequence}{after}; END");
    // A name with a dollar sign could end the quote.
    if body.contains('$') { format!("DO {}", text(&body)) } else { format!("DO $$ {body} $$") }
}

fn go_on_after(table: &TableName, column: &str) -> String {
    let (sequence, column) = (sequence_of(table, column), name(column));
    format!("SELECT setval({sequence}, max({column})) FROM {}", quoted_table(table))
}

fn sequence_of(table: &TableName, column: &str) -> String {
    format!("pg_get_serial_sequence({}, {})", text(&quoted_table(table)), text(column))
}
