//! Constraints, one row each.

use sea_orm::{DbErr, QueryResult};

use super::expression;
use super::scope::{CatalogScope, Oid};
use super::tables::TablesByOid;
use crate::inspect::cells::RowReader;
use crate::schema::{
    Check, Deferrable, Exclusion, ForeignKey, KeptOptions, PrimaryKey, ReferentialAction, Table, TableName, Unique,
};

/// Adds the constraints of all tables in the order of their names, from the rows of [`query`]. A constraint that a table
/// inherits is read for the table that it comes from.
pub(super) fn add(rows: &[QueryResult], place: &CatalogScope, tables: &mut TablesByOid) -> Result<(), DbErr> {
    for row in rows {
        let mut cells = RowReader::of(row);
        if let Some(table) = tables.get_mut(&cells.take::<Oid>()?) {
            let columns = table.names(&cells.take::<Option<String>>()?.unwrap_or_default());
            let on_delete_columns = table.names(&cells.take::<Option<String>>()?.unwrap_or_default());
            let constraint = ConstraintRow::read(columns, &mut cells, place)?;
            ConstraintRow { on_delete_columns, ..constraint }.add_to(&mut table.table);
        }
    }
    Ok(())
}

/// A foreign key to a partitioned table also has a row for each partition (`conparentid`). The referenced table may not
/// be in scope, so the query reads the names of its columns as well.
pub(super) fn query(place: &CatalogScope) -> String {
    format!(
        "SELECT o.conrelid::int8, array_to_string(o.conkey, ','), {}, o.conname::text, o.contype::text,
            o.condeferrable, o.condeferred, r.relnamespace::int8, n.nspname::text, r.relname::text,
            CASE o.contype WHEN 'f' THEN (SELECT json_agg(f.attname ORDER BY p.position)::text
                FROM unnest(o.confkey) WITH ORDINALITY AS p (number, position)
                JOIN pg_attribute f ON f.attrelid = o.confrelid AND f.attnum = p.number) END,
            o.confdeltype::text, o.confupdtype::text, {},
            CASE o.contype WHEN 'c' THEN pg_get_expr(o.conbin, o.conrelid) WHEN 'x' THEN pg_get_constraintdef(o.oid) END,
            CASE o.contype WHEN 'c' THEN pg_get_expr(o.conbin, o.conrelid, true) END,
            concat_ws(' ', {}, {},
                CASE WHEN o.contype = 'p' AND o.condeferrable THEN CASE WHEN o.condeferred
                    THEN 'DEFERRABLE INITIALLY DEFERRED' ELSE 'DEFERRABLE' END END,
                CASE WHEN o.confmatchtype = 'f' THEN 'MATCH FULL' END,
                CASE WHEN o.contype = 'c' AND o.connoinherit THEN 'NO INHERIT' END,
                CASE WHEN NOT {} THEN 'NOT ENFORCED' WHEN NOT o.convalidated THEN 'NOT VALID' END)
        FROM pg_constraint o
        JOIN pg_class c ON c.oid = o.conrelid
        LEFT JOIN pg_index i ON i.indexrelid = o.conindid AND o.contype IN ('p', 'u')
        LEFT JOIN pg_class r ON r.oid = o.confrelid
        LEFT JOIN pg_namespace n ON n.oid = r.relnamespace
        WHERE {} AND o.contype IN ('p', 'u', 'f', 'c', 'x') AND {}
            AND (o.conislocal OR o.coninhcount = 0)
        ORDER BY o.conrelid, o.conname",
        place.on_delete_columns(),
        place.nulls_not_distinct(),
        place.since(180_000, "CASE WHEN o.conperiod AND o.contype IN ('p', 'u') THEN 'WITHOUT OVERLAPS' END", "NULL"),
        place.since(
            110_000,
            "(SELECT 'INCLUDE (' || string_agg(quote_ident(a.attname), ', ' ORDER BY k.position) || ')'
                FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, position)
                JOIN pg_attribute a ON a.attrelid = o.conrelid AND a.attnum = k.number
                WHERE k.position > i.indnkeyatts)",
            "NULL"
        ),
        place.since(180_000, "o.conenforced", "true"),
        place.tables(),
        place.is_no_copy()
    )
}

/// A row of the catalogue: one constraint.
struct ConstraintRow {
    columns: Vec<String>,
    name: String,
    sort: String,
    deferrable: Option<Deferrable>,
    referenced_table: Option<TableName>,
    referenced_columns: Vec<String>,
    on_delete: ReferentialAction,
    on_delete_columns: Vec<String>,
    on_update: ReferentialAction,
    nulls_not_distinct: bool,
    /// The expression of a check, or the text of an exclusion constraint.
    definition: String,
    /// The readable form of the expression.
    pretty: String,
    options: KeptOptions,
}

impl ConstraintRow {
    fn read(columns: Vec<String>, cells: &mut RowReader<'_>, place: &CatalogScope) -> Result<Self, DbErr> {
        Ok(Self {
            columns,
            name: cells.take()?,
            sort: cells.take()?,
            deferrable: deferrable(cells.take()?, cells.take()?),
            referenced_table: referenced_table(cells, place)?,
            referenced_columns: names(cells.take()?)?,
            on_delete: action(&cells.take::<String>()?),
            on_delete_columns: Vec::new(),
            on_update: action(&cells.take::<String>()?),
            nulls_not_distinct: cells.take()?,
            definition: cells.take::<Option<_>>()?.unwrap_or_default(),
            pretty: cells.take::<Option<_>>()?.unwrap_or_default(),
            options: KeptOptions(cells.take()?),
        })
    }

    fn add_to(self, table: &mut Table) {
        let name = Some(self.name.clone());
        match self.sort.as_str() {
            "p" => table.primary_key = Some(PrimaryKey { name, columns: self.columns, options: self.options }),
            "u" => table.uniques.push(Unique {
                name,
                columns: self.columns,
                deferrable: self.deferrable,
                nulls_not_distinct: self.nulls_not_distinct,
                options: self.options,
            }),
            "c" => {
                let expression = expression::condition(&self.definition, &self.pretty);
                table.checks.push(Check { name, expression, options: self.options });
            }
            "x" => table.exclusions.push(Exclusion { name: self.name, definition: self.definition }),
            _ => self.add_foreign_key_to(table),
        }
    }

    fn add_foreign_key_to(self, table: &mut Table) {
        let Some(referenced_table) = self.referenced_table else { return };
        table.foreign_keys.push(ForeignKey {
            name: Some(self.name),
            columns: self.columns,
            referenced_table,
            referenced_columns: self.referenced_columns,
            on_delete: self.on_delete,
            on_delete_columns: self.on_delete_columns,
            on_update: self.on_update,
            deferrable: self.deferrable,
            options: self.options,
        });
    }
}

fn referenced_table(cells: &mut RowReader<'_>, place: &CatalogScope) -> Result<Option<TableName>, DbErr> {
    let schema: Option<(Oid, String)> = cells.take::<Option<Oid>>()?.zip(cells.take()?);
    let name: Option<String> = cells.take()?;
    Ok(schema.zip(name).map(|((schema, schema_name), name)| place.name(schema, schema_name, name)))
}

/// The names in a JSON list.
fn names(list: Option<String>) -> Result<Vec<String>, DbErr> {
    let Some(list) = list else { return Ok(Vec::new()) };
    serde_json::from_str(&list).map_err(|error| DbErr::Json(error.to_string()))
}

fn deferrable(is_deferrable: bool, is_deferred: bool) -> Option<Deferrable> {
    is_deferrable.then_some(if is_deferred { Deferrable::Deferred } else { Deferrable::Immediate })
}

fn action(letter: &str) -> ReferentialAction {
    match letter {
        "r" => ReferentialAction::Restrict,
        "c" => ReferentialAction::Cascade,
        "n" => ReferentialAction::SetNull,
        "d" => ReferentialAction::SetDefault,
        _ => ReferentialAction::NoAction,
    }
}
