//! Indexes, one row for each part.

use sea_orm::{DbErr, QueryResult};

use super::expression;
use super::scope::{CatalogScope, Oid};
use super::tables::TablesByOid;
use crate::inspect::cells::RowReader;
use crate::schema::{Index, IndexKey, IndexPart, KeptOptions};

/// Bits of `indoption`.
const DESCENDING: i32 = 1;
const NULLS_FIRST: i32 = 2;

/// Adds the indexes of all tables in the order of their names, without those that implement a constraint, from the rows
/// of [`query`].
pub(super) fn add(rows: &[QueryResult], tables: &mut TablesByOid) -> Result<(), DbErr> {
    for row in rows {
        let mut cells = RowReader::of(row);
        let Some(found) = tables.get_mut(&cells.take::<Oid>()?) else { continue };
        let (name, position, is_in_key): (String, i64, bool) = (cells.take()?, cells.take()?, cells.take()?);
        let part = IndexPartRow::read(&mut cells)?;
        if position == 1 {
            found.table.indexes.push(index(name, &mut cells)?);
        }
        if let Some(index) = found.table.indexes.last_mut() {
            if is_in_key {
                index.parts.push(part.into_part());
            } else {
                index.include.extend(part.column);
            }
        }
    }
    Ok(())
}

/// `k` is the column of the index itself. For an expression, it has the expression's type.
pub(super) fn query(place: &CatalogScope) -> String {
    format!(
        "SELECT i.indrelid::int8, x.relname::text, p.position, p.position <= {},
            a.attname::text,
            CASE WHEN p.number = 0 THEN pg_get_indexdef(i.indexrelid, p.position::int4, false) END,
            CASE WHEN p.number = 0 THEN pg_get_indexdef(i.indexrelid, p.position::int4, true) END,
            coalesce(p.flags, 0)::int4, o.collname::text,
            CASE WHEN pg_opclass_is_visible(s.oid) THEN '' ELSE quote_ident(n.nspname) || '.' END || quote_ident(s.opcname)
                || coalesce(' (' || array_to_string(k.attoptions, ', ') || ')', ''),
            m.amname::text, i.indisunique, NOT i.indisvalid, {},
            pg_get_expr(i.indpred, i.indrelid), pg_get_expr(i.indpred, i.indrelid, true),
            concat_ws(' ', 'WITH (' || array_to_string(x.reloptions, ', ') || ')',
                (SELECT 'TABLESPACE ' || quote_ident(b.spcname) FROM pg_tablespace b WHERE b.oid = x.reltablespace))
        FROM pg_index i
        JOIN pg_class c ON c.oid = i.indrelid
        JOIN pg_class x ON x.oid = i.indexrelid
        JOIN pg_am m ON m.oid = x.relam
        CROSS JOIN LATERAL unnest(i.indkey::int2[], i.indoption::int2[], i.indcollation::oid[], i.indclass::oid[])
            WITH ORDINALITY AS p (number, flags, locale, class, position)
        JOIN pg_attribute k ON k.attrelid = i.indexrelid AND k.attnum = p.position
        JOIN pg_type t ON t.oid = k.atttypid
        LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = p.number
        LEFT JOIN pg_collation o ON o.oid = p.locale AND o.oid <> coalesce(a.attcollation, t.typcollation)
        LEFT JOIN pg_opclass s ON s.oid = p.class AND (NOT s.opcdefault OR k.attoptions IS NOT NULL)
        LEFT JOIN pg_namespace n ON n.oid = s.opcnamespace
        WHERE {} AND NOT i.indisprimary AND NOT EXISTS
            (SELECT FROM pg_constraint b WHERE b.conindid = i.indexrelid AND b.contype IN ('p', 'u', 'x'))
        ORDER BY i.indrelid, x.relname, p.position",
        place.key_length(),
        place.nulls_not_distinct(),
        place.tables()
    )
}

/// A row of the catalogue: one part of an index.
struct IndexPartRow {
    column: Option<String>,
    expression: Option<(String, String)>,
    option: i32,
    collation: Option<String>,
    operator_class: Option<String>,
}

impl IndexPartRow {
    fn read(cells: &mut RowReader<'_>) -> Result<Self, DbErr> {
        Ok(Self {
            column: cells.take()?,
            expression: cells.take::<Option<String>>()?.zip(cells.take()?),
            option: cells.take()?,
            collation: cells.take()?,
            operator_class: cells.take()?,
        })
    }

    fn into_part(self) -> IndexPart {
        let descending = self.option & DESCENDING != 0;
        let nulls_first = self.option & NULLS_FIRST != 0;
        let key = match self.expression {
            Some((full, pretty)) => IndexKey::Expression(expression::condition(&full, &pretty)),
            None => IndexKey::Column(self.column.unwrap_or_default()),
        };
        IndexPart {
            key,
            descending,
            // NULL sorts as the greatest value.
            nulls_first: (nulls_first != descending).then_some(nulls_first),
            collation: self.collation,
            operator_class: self.operator_class,
            length: None,
        }
    }
}

fn index(name: String, cells: &mut RowReader<'_>) -> Result<Index, DbErr> {
    let method: String = cells.take()?;
    let (unique, invalid, nulls_not_distinct) = (cells.take()?, cells.take()?, cells.take()?);
    let predicate: (Option<String>, Option<String>) = (cells.take()?, cells.take()?);
    let predicate = predicate.0.zip(predicate.1);
    Ok(Index {
        name,
        unique,
        method: Some(method).filter(|method| method != "btree"),
        parts: Vec::new(),
        include: Vec::new(),
        predicate: predicate.map(|(full, pretty)| expression::condition(&full, &pretty)),
        nulls_not_distinct,
        invalid,
        options: KeptOptions(cells.take()?),
    })
}
