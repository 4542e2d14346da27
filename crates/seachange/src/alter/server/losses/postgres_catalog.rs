//! Reads from PostgreSQL's catalogue which columns change their types, and how the rows of their table are named.

use sea_orm::sea_query::{PostgresQueryBuilder, TableBuilder, TableName};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, Value};

use super::postgres::{Casts, PostgresType, TypeChange, guard, is_cast_of};
use super::{LossQueries, LostRows, ModifiedColumn};
use crate::alter::clause::{database_name, literal, quoted, quoted_table, written};
use crate::alter::operation::text;

const POSTGRES: DbBackend = DbBackend::Postgres;

/// Separates names in a result. No name contains it, unless it is chosen for that.
const SEPARATOR: char = '\u{1}';

/// One row for each column, with its type without a domain, and whether only the limits of its values change. It is asked
/// first, because the server plans [`COLUMNS`] for longer than it changes a table.
const LIMITS: &str = "
SELECT COALESCE(NULLIF(old.typbasetype, 0), old.oid) = to_regtype(wanted.type),
    format_type(COALESCE(NULLIF(old.typbasetype, 0), old.oid),
        CASE WHEN old.typbasetype <> 0 THEN old.typtypmod ELSE a.atttypmod END),
    wanted.type
FROM (VALUES {wanted}) wanted (name, type)
JOIN pg_attribute a ON a.attrelid = to_regclass($1) AND a.attname = wanted.name
    AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type old ON old.oid = a.atttypid";

/// One row for each column. The types of a domain are those below it.
const COLUMNS: &str = "
SELECT a.attname::text,
    format_type(a.atttypid, a.atttypmod),
    format_type(COALESCE(NULLIF(old.typbasetype, 0), old.oid),
        CASE WHEN old.typbasetype <> 0 THEN old.typtypmod ELSE a.atttypmod END),
    COALESCE(casts.by_assignment, false),
    COALESCE(casts.back, false),
    (SELECT string_agg(k.attname, chr(1) ORDER BY p.place)
        FROM pg_index i, unnest(i.indkey::int2[]) WITH ORDINALITY p (number, place), pg_attribute k
        WHERE i.indrelid = a.attrelid AND i.indisprimary AND k.attrelid = a.attrelid AND k.attnum = p.number),
    (SELECT string_agg(
            CASE WHEN kt.typcategory = 'N' THEN format('%I::text', k.attname)
                ELSE format('quote_literal(%I::text)', k.attname) END, ' || '', '' || ' ORDER BY p.place)
        FROM pg_index i, unnest(i.indkey::int2[]) WITH ORDINALITY p (number, place), pg_attribute k, pg_type kt
        WHERE i.indrelid = a.attrelid AND i.indisprimary AND k.attrelid = a.attrelid AND k.attnum = p.number
            AND kt.oid = k.atttypid),
    wanted.type
FROM (VALUES {wanted}) wanted (name, type)
JOIN pg_attribute a ON a.attrelid = to_regclass($1) AND a.attname = wanted.name
    AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_class r ON r.oid = a.attrelid AND r.relkind IN ('r', 'p')
JOIN pg_type old ON old.oid = a.atttypid
LEFT JOIN LATERAL (
    SELECT
        source.base = target.base OR EXISTS (SELECT 1 FROM pg_cast WHERE castsource = source.base
            AND casttarget = target.base AND castcontext IN ('a', 'i')) AS by_assignment,
        source.base = target.base OR EXISTS (SELECT 1 FROM pg_cast WHERE castsource = target.base
            AND casttarget = source.base) AS back
    FROM (SELECT CASE WHEN t.typcategory = 'A' THEN t.typelem ELSE t.oid END AS base FROM pg_type t
            WHERE t.oid = COALESCE(NULLIF(old.typbasetype, 0), old.oid)) source,
        (SELECT CASE WHEN t.typcategory = 'A' THEN t.typelem ELSE COALESCE(NULLIF(t.typbasetype, 0), t.oid) END AS base FROM pg_type t
            WHERE t.oid = to_regtype(wanted.type)) target) casts ON true
WHERE COALESCE(to_jsonb(a) ->> 'attgenerated', '') = ''";

/// Reads the columns, in one query.
pub(super) async fn read(
    connection: &impl ConnectionTrait,
    table: &TableName,
    modified: &[ModifiedColumn<'_>],
) -> Result<LossQueries, DbErr> {
    let mut queries =
        LossQueries { rows: Vec::new(), key: Vec::new(), shown_key: None, database: database_name(POSTGRES) };
    let typed: Vec<(&ModifiedColumn<'_>, String)> =
        modified.iter().filter_map(|column| Some((column, type_of(column)?))).collect();
    if typed.is_empty() {
        return Ok(queries);
    }
    let mut values: Vec<Value> = vec![quoted_table(POSTGRES, table).into()];
    let mut wanted = Vec::new();
    for (column, new) in &typed {
        wanted.push(format!("(${}::text, ${}::text)", values.len() + 1, values.len() + 2));
        values.extend([Value::from(column.name.as_str()), Value::from(new.as_str())]);
    }
    let question = |text: &str| {
        let sql = text.replace("{wanted}", &wanted.join(", "));
        Statement::from_sql_and_values(POSTGRES, sql, values.clone())
    };
    let has_expression = typed.iter().any(|(column, _)| column.new.get_column_spec().using.is_some());
    if !has_expression && keep_values(&connection.query_all_raw(question(LIMITS)).await?)? {
        return Ok(queries);
    }
    for row in connection.query_all_raw(question(COLUMNS)).await? {
        let name: String = row.try_get_by_index(0)?;
        let to: String = row.try_get_by_index(7)?;
        let is_of = |(column, new): &&(&ModifiedColumn<'_>, String)| column.name == name && *new == to;
        let Some((column, new)) = typed.iter().find(is_of) else { continue };
        let (from, base): (String, String) = (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        let casts = Casts { by_assignment: row.try_get_by_index(3)?, back: row.try_get_by_index(4)? };
        let key: Option<String> = row.try_get_by_index(5)?;
        queries.key = key.map(|key| key.split(SEPARATOR).map(str::to_owned).collect()).unwrap_or_default();
        queries.shown_key = row.try_get_by_index(6)?;
        let quoted_name = quoted(POSTGRES, &name);
        let using = column.new.get_column_spec().using.as_ref().map(|using| written(POSTGRES, using));
        if using.as_ref().is_some_and(|using| !is_cast_of(using, &quoted_name)) {
            // The change states how values are converted.
            continue;
        }
        let change = TypeChange {
            old: &PostgresType::parse(&base),
            new: &PostgresType::parse(new),
            written: new,
            column: &quoted_name,
            using: using.as_deref(),
            casts,
        };
        if let Some(condition) = change.lost() {
            queries.rows.push(LostRows { column: name, from, to: new.clone(), condition });
        }
    }
    Ok(queries)
}

/// Whether only the limits of values change, so that they keep every value.
fn keep_values(columns: &[QueryResult]) -> Result<bool, DbErr> {
    for row in columns {
        let is_same: Option<bool> = row.try_get_by_index(0)?;
        let (base, new): (String, String) = (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        let change = TypeChange {
            old: &PostgresType::parse(&base),
            new: &PostgresType::parse(&new),
            written: &new,
            // The condition is not used.
            column: "",
            using: None,
            casts: Casts { by_assignment: true, back: true },
        };
        if is_same != Some(true) || change.lost().is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The statement of a script that stops it where values are not kept.
pub(super) fn guard_of(table: &TableName, column: &ModifiedColumn<'_>) -> Option<String> {
    if column.new.get_column_spec().using.is_some() {
        return None;
    }
    let written = type_of(column)?;
    let reason = format!("values of column {} of table {} do not all fit {written}", column.name, text(&table.1));
    let (table, name) = (quoted_table(POSTGRES, table), quoted(POSTGRES, &column.name));
    guard(&PostgresType::parse(&written), &written, &table, &name, &literal(POSTGRES, &reason))
}

/// The new type as it is written, if the definition has one.
fn type_of(column: &ModifiedColumn<'_>) -> Option<String> {
    let column_type = column.new.get_column_type().filter(|_| !column.keeps_type)?;
    let mut written = String::new();
    TableBuilder::prepare_column_type(&PostgresQueryBuilder, column_type, &mut written);
    // A text with anything but a type could not be a cast.
    let is_plain = |one: char| one.is_alphanumeric() || " (),_.\"[]".contains(one);
    (written.chars().all(is_plain) && !written.to_ascii_lowercase().contains(" collate ")).then_some(written)
}
