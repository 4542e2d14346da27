//! Columns with their types, defaults, collations and comments.

use sea_orm::sea_query::{ColumnType, RcOrArc};
use sea_orm::{DbBackend, DbErr, QueryResult};

use super::column_type;
use super::enumerations::Enumerations;
use super::expression;
use super::scope::{CatalogScope, Oid};
use super::sequences::{OwnedSequence, Sequences};
use super::tables::TablesByOid;
use crate::alter::clause::quoted;
use crate::inspect::cells::RowReader;
use crate::schema::{AutoIncrement, Column, Generated, SqlType};

/// Adds the columns of all tables in their order, from the rows of [`query`].
pub(super) fn add(
    rows: &[QueryResult],
    place: &CatalogScope,
    enumerations: &Enumerations,
    sequences: &Sequences,
    tables: &mut TablesByOid,
) -> Result<(), DbErr> {
    for row in rows {
        let found = ColumnRow::read(row, place, enumerations)?;
        if let Some(table) = tables.get_mut(&found.table) {
            let sequence = sequences.get(&(found.table, found.number));
            table.numbers.push(found.number);
            table.table.columns.push(found.column(sequence));
        }
    }
    Ok(())
}

/// `e` is the type of a column, or of the elements of its array. The query reads the readable form of an expression
/// only if it has parentheses to leave out, because this takes most of the time. `OFFSET` keeps PostgreSQL from
/// computing the full form twice, and `CASE` from computing it for a table that is not asked for: that fails where another
/// session drops the table meanwhile.
pub(super) fn query(place: &CatalogScope) -> String {
    format!(
        "SELECT a.attrelid::int8, a.attnum::int4, a.attname::text,
            format_type(a.atttypid, a.atttypmod), format_type(a.atttypid, -1), a.atttypid <> e.oid,
            e.oid::int8, e.typtype::text, e.typnamespace::int8, quote_ident(e.typname),
            a.attnotnull, a.attidentity::text, {},
            x.text, CASE WHEN x.text ~ '[(][^)]' AND x.text !~ '^nextval' THEN pg_get_expr(d.adbin, d.adrelid, true) ELSE x.text END,
            CASE WHEN a.attcollation <> t.typcollation THEN o.collname::text END, m.description
        FROM pg_attribute a
        JOIN pg_class c ON c.oid = a.attrelid
        JOIN pg_type t ON t.oid = a.atttypid
        JOIN pg_type e ON e.oid = CASE WHEN t.typtype = 'b' AND t.typelem <> 0 AND t.typlen = -1
            AND t.typstorage <> 'p' THEN t.typelem ELSE t.oid END
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        LEFT JOIN LATERAL (SELECT CASE WHEN c.oid = d.adrelid THEN pg_get_expr(d.adbin, d.adrelid) END AS text OFFSET 0) x ON true
        LEFT JOIN pg_collation o ON o.oid = a.attcollation
        LEFT JOIN pg_description m ON m.classoid = 'pg_class'::regclass AND m.objoid = a.attrelid AND m.objsubid = a.attnum
        WHERE {} AND a.attnum > 0 AND NOT a.attisdropped
        ORDER BY a.attrelid, a.attnum",
        place.generated(),
        place.tables()
    )
}

/// A row of the catalogue: one column.
struct ColumnRow {
    table: Oid,
    number: i32,
    name: String,
    column_type: SqlType,
    /// The type without its arguments, as PostgreSQL casts a literal to it.
    bare_type: String,
    not_null: bool,
    identity: String,
    generated: String,
    /// The default, or the expression of a generated column, in full and in the readable form.
    expression: Option<(String, String)>,
    collation: Option<String>,
    comment: Option<String>,
}

impl ColumnRow {
    fn read(row: &QueryResult, place: &CatalogScope, enumerations: &Enumerations) -> Result<Self, DbErr> {
        let mut cells = RowReader::of(row);
        let (table, number, name) = (cells.take()?, cells.take()?, cells.take()?);
        let (text, bare_type): (String, String) = (cells.take()?, cells.take()?);
        Ok(Self {
            table,
            number,
            name,
            column_type: column_type(text, &mut cells, place, enumerations)?,
            bare_type,
            not_null: cells.take()?,
            identity: cells.take()?,
            generated: cells.take()?,
            expression: cells.take::<Option<String>>()?.zip(cells.take()?),
            collation: cells.take()?,
            comment: cells.take()?,
        })
    }

    fn column(self, sequence: Option<&OwnedSequence>) -> Column {
        let mut column = Column {
            nullable: !self.not_null,
            collation: self.collation,
            comment: self.comment,
            ..Column::new(self.name, self.column_type)
        };
        match (self.expression, sequence) {
            (Some((normal, _)), Some(OwnedSequence { is_default: true, .. })) if expression::is_nextval(&normal) => {
                column.auto_increment = Some(AutoIncrement::Serial);
            }
            (Some((normal, pretty)), _) if !self.generated.is_empty() => {
                let expression = expression::condition(&normal, &pretty);
                column.generated = Some(Generated { expression, stored: self.generated == "s" });
            }
            (Some((normal, _)), _) if expression::is_null(&normal, &self.bare_type) => {}
            (Some((normal, pretty)), _) => {
                column.default = Some(expression::default(&normal, &pretty, &self.bare_type));
            }
            (None, sequence) if !self.identity.is_empty() => {
                let options = sequence.map(|owned| owned.options.clone()).unwrap_or_default();
                column.auto_increment = Some(AutoIncrement::Identity { always: self.identity == "a", options });
            }
            (None, _) => {}
        }
        column
    }
}

/// The type of a column. A type that is defined in a schema in scope has the schema's name in the result.
fn column_type(
    text: String,
    cells: &mut RowReader<'_>,
    place: &CatalogScope,
    enumerations: &Enumerations,
) -> Result<SqlType, DbErr> {
    let (is_array, oid, sort): (bool, Oid, String) = (cells.take()?, cells.take()?, cells.take()?);
    let (schema, name): (Oid, String) = (cells.take()?, cells.take()?);
    let is_made_here = sort != "b" && place.contains(schema);
    let element = match place.schema_name(schema) {
        _ if !is_made_here => text.strip_suffix("[]").filter(|_| is_array).unwrap_or(&text).to_owned(),
        Some(schema) => format!("{}.{name}", quoted(DbBackend::Postgres, schema)),
        None => name,
    };
    let kind = match enumerations.get(&oid) {
        Some(known) => ColumnType::Enum {
            name: element.clone().into(),
            variants: known.enumeration.values.iter().map(|value| value.clone().into()).collect(),
        },
        None => column_type::of(&element),
    };
    Ok(if is_array {
        SqlType { text: format!("{element}[]"), kind: ColumnType::Array(RcOrArc::new(kind)) }
    } else {
        SqlType { text: element, kind }
    })
}
