//! Primary keys, unique constraints and indexes, one row for each part.

use sea_orm::{ConnectionTrait, DbBackend, DbErr};

use super::expression;
use super::scope::{CatalogScope, ServerFlavor};
use super::tables::TablesByName;
use crate::alter::clause::literal;
use crate::inspect::cells::{RowReader, rows};
use crate::schema::{Index, IndexKey, IndexPart, KeptOptions, PrimaryKey, Table, Unique};
use crate::sql::SqlDialect;
use crate::sql::text::without_parentheses;

/// The name that every primary key has.
const PRIMARY: &str = "PRIMARY";

/// Reads the keys of all tables in the order of their names. The server does not distinguish a unique constraint from a
/// unique index, so every unique index that could be a constraint is read as one.
pub(super) async fn read(
    connection: &impl ConnectionTrait,
    place: &CatalogScope,
    database: &str,
    tables: &mut TablesByName,
) -> Result<(), DbErr> {
    for row in rows(connection, &query(place), [database.into()]).await? {
        let mut cells = RowReader::of(&row);
        let Some(found) = tables.get_mut(&cells.take::<String>()?) else { continue };
        let indexes = &mut found.table.indexes;
        let (position, index) = (cells.take::<i64>()?, index(&mut cells)?);
        if position == 1 {
            indexes.push(index);
        }
        if let Some(index) = indexes.last_mut() {
            index.parts.push(part(&mut cells, index.method.as_deref())?);
        }
    }
    tables.values_mut().for_each(|found| sort_out(&mut found.table));
    Ok(())
}

fn query(place: &CatalogScope) -> String {
    let visibility = match place.server {
        ServerFlavor::MySql => "IF(IS_VISIBLE = 'NO', 'INVISIBLE', '')",
        ServerFlavor::MariaDb if place.has_ignored_indexes => "IF(IGNORED = 'YES', 'IGNORED', '')",
        _ => "''",
    };
    format!(
        "SELECT CAST(TABLE_NAME AS CHAR), CAST(SEQ_IN_INDEX AS SIGNED), CAST(INDEX_NAME AS CHAR), NON_UNIQUE = 0,
            CAST(INDEX_TYPE AS CHAR), CAST({visibility} AS CHAR), CAST(INDEX_COMMENT AS CHAR),
            CAST(COLUMN_NAME AS CHAR), COALESCE(COLLATION = 'D', 1 = 0), CAST(SUB_PART AS SIGNED), {}
        FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ? ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX",
        if place.server == ServerFlavor::MySql { "CAST(EXPRESSION AS CHAR)" } else { "NULL" }
    )
}

fn index(cells: &mut RowReader<'_>) -> Result<Index, DbErr> {
    let (name, unique) = (cells.take()?, cells.take::<i64>()? == 1);
    let method = cells.take::<String>()?.to_lowercase();
    let (visibility, comment): (String, String) = (cells.take()?, cells.take()?);
    let comment = (!comment.is_empty()).then(|| format!("COMMENT {}", literal(DbBackend::MySql, &comment)));
    let options = comment.into_iter().chain((!visibility.is_empty()).then_some(visibility));
    Ok(Index {
        name,
        unique,
        // MariaDB uses hashes for a unique index over values of any length, whatever the definition states.
        method: Some(method).filter(|method| method != "btree" && !(unique && method == "hash")),
        parts: Vec::new(),
        include: Vec::new(),
        predicate: None,
        nulls_not_distinct: false,
        invalid: false,
        options: KeptOptions(options.collect::<Vec<_>>().join(" ")),
    })
}

fn part(cells: &mut RowReader<'_>, method: Option<&str>) -> Result<IndexPart, DbErr> {
    let column: Option<String> = cells.take()?;
    let descending = cells.take::<i64>()? == 1;
    let length: Option<i64> = cells.take()?;
    let key = match (column, cells.take::<Option<String>>()?) {
        (None, Some(text)) => {
            IndexKey::Expression(expression::of(without_parentheses(&expression::unescaped(&text), SqlDialect::MySql)))
        }
        (column, _) => IndexKey::Column(column.unwrap_or_default()),
    };
    // MariaDB reports a length for spatial indexes, which a definition cannot set.
    let length = length.filter(|_| method != Some("spatial")).and_then(|length| length.try_into().ok());
    Ok(IndexPart { key, descending, length, ..IndexPart::column("") })
}

/// Separates keys and constraints from indexes.
fn sort_out(table: &mut Table) {
    for index in std::mem::take(&mut table.indexes) {
        let columns = index.parts.iter().map(plain_column).collect::<Option<Vec<String>>>();
        match columns {
            _ if index.name == PRIMARY => {
                let columns = index.parts.into_iter().filter_map(|part| match part.key {
                    IndexKey::Column(name) => Some(name),
                    IndexKey::Expression(_) => None,
                });
                table.primary_key =
                    Some(PrimaryKey { name: None, columns: columns.collect(), options: KeptOptions::default() });
            }
            Some(columns) if index.unique => table.uniques.push(Unique {
                name: Some(index.name),
                columns,
                deferrable: None,
                nulls_not_distinct: false,
                options: KeptOptions::default(),
            }),
            _ => table.indexes.push(index),
        }
    }
}

fn plain_column(part: &IndexPart) -> Option<String> {
    match &part.key {
        IndexKey::Column(name) if !part.descending && part.length.is_none() => Some(name.clone()),
        _ => None,
    }
}
