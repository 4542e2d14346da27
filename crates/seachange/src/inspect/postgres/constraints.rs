//! Constraints, a row for each column of a key.

use sea_orm::{ConnectionTrait, DbErr};

use super::expression;
use super::place::{Oid, Place};
use super::tables::Tables;
use crate::inspect::cells::{Cells, rows};
use crate::schema::{Action, Check, Deferrable, Exclusion, ForeignKey, PrimaryKey, Table, TableName, Unique};

/// Reads the constraints of all tables, by name. What a table has from another one is told there.
pub(super) async fn read(connection: &impl ConnectionTrait, place: &Place, tables: &mut Tables) -> Result<(), DbErr> {
    let mut last: Option<Found> = None;
    for row in rows(connection, &query(place), []).await? {
        let mut cells = Cells::of(&row);
        let (oid, column, referenced) = (cells.take()?, cells.take()?, cells.take()?);
        if last.as_ref().is_none_or(|found: &Found| found.oid != oid)
            && let Some(complete) = last.replace(Found::read(oid, &mut cells, place)?)
        {
            complete.add_to(tables);
        }
        if let Some(found) = &mut last {
            found.columns.extend::<Option<String>>(column);
            found.referenced_columns.extend::<Option<String>>(referenced);
        }
    }
    if let Some(complete) = last {
        complete.add_to(tables);
    }
    Ok(())
}

/// A foreign key to a partitioned table has a row for each partition as well (`conparentid`).
fn query(place: &Place) -> String {
    format!(
        "SELECT o.oid::int8, a.attname::text, f.attname::text, o.conrelid::int8, o.conname::text, o.contype::text,
            o.condeferrable, o.condeferred, r.relnamespace::int8, n.nspname::text, r.relname::text,
            o.confdeltype::text, o.confupdtype::text, {},
            CASE o.contype WHEN 'c' THEN pg_get_expr(o.conbin, o.conrelid) WHEN 'x' THEN pg_get_constraintdef(o.oid) END,
            CASE o.contype WHEN 'c' THEN pg_get_expr(o.conbin, o.conrelid, true) END
        FROM pg_constraint o
        JOIN pg_class c ON c.oid = o.conrelid
        LEFT JOIN pg_index i ON i.indexrelid = o.conindid AND o.contype = 'u'
        LEFT JOIN LATERAL unnest(o.conkey, o.confkey) WITH ORDINALITY AS p (own, other, position)
            ON o.contype IN ('p', 'u', 'f')
        LEFT JOIN pg_attribute a ON a.attrelid = o.conrelid AND a.attnum = p.own
        LEFT JOIN pg_class r ON r.oid = o.confrelid
        LEFT JOIN pg_namespace n ON n.oid = r.relnamespace
        LEFT JOIN pg_attribute f ON f.attrelid = o.confrelid AND f.attnum = p.other
        WHERE {} AND o.contype IN ('p', 'u', 'f', 'c', 'x') AND o.conparentid = 0
            AND (o.conislocal OR o.coninhcount = 0)
        ORDER BY o.conrelid, o.conname, p.position",
        place.nulls_not_distinct(),
        place.tables()
    )
}

/// A constraint, as far as its rows have been read.
struct Found {
    oid: Oid,
    table: Oid,
    name: String,
    sort: String,
    deferrable: Option<Deferrable>,
    referenced_table: Option<TableName>,
    on_delete: Action,
    on_update: Action,
    nulls_not_distinct: bool,
    /// The expression of a check, or the text of an exclusion constraint.
    definition: String,
    /// The expression for people.
    pretty: String,
    columns: Vec<String>,
    referenced_columns: Vec<String>,
}

impl Found {
    fn read(oid: Oid, cells: &mut Cells<'_>, place: &Place) -> Result<Self, DbErr> {
        Ok(Self {
            oid,
            table: cells.take()?,
            name: cells.take()?,
            sort: cells.take()?,
            deferrable: deferrable(cells.take()?, cells.take()?),
            referenced_table: referenced_table(cells, place)?,
            on_delete: action(&cells.take::<String>()?),
            on_update: action(&cells.take::<String>()?),
            nulls_not_distinct: cells.take()?,
            definition: cells.take::<Option<_>>()?.unwrap_or_default(),
            pretty: cells.take::<Option<_>>()?.unwrap_or_default(),
            columns: Vec::new(),
            referenced_columns: Vec::new(),
        })
    }

    fn add_to(self, tables: &mut Tables) {
        let Some(table) = tables.get_mut(&self.table) else { return };
        let name = Some(self.name.clone());
        match self.sort.as_str() {
            "p" => table.primary_key = Some(PrimaryKey { name, columns: self.columns }),
            "u" => table.uniques.push(Unique {
                name,
                columns: self.columns,
                deferrable: self.deferrable,
                nulls_not_distinct: self.nulls_not_distinct,
            }),
            "c" => {
                let expression = expression::condition(&self.definition, &self.pretty);
                table.checks.push(Check { name, expression });
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
            on_update: self.on_update,
            deferrable: self.deferrable,
        });
    }
}

fn referenced_table(cells: &mut Cells<'_>, place: &Place) -> Result<Option<TableName>, DbErr> {
    let schema: Option<(Oid, String)> = cells.take::<Option<Oid>>()?.zip(cells.take()?);
    let name: Option<String> = cells.take()?;
    Ok(schema.zip(name).map(|((schema, schema_name), name)| place.name(schema, schema_name, name)))
}

fn deferrable(is_deferrable: bool, is_deferred: bool) -> Option<Deferrable> {
    is_deferrable.then_some(if is_deferred { Deferrable::Deferred } else { Deferrable::Immediate })
}

fn action(letter: &str) -> Action {
    match letter {
        "r" => Action::Restrict,
        "c" => Action::Cascade,
        "n" => Action::SetNull,
        "d" => Action::SetDefault,
        _ => Action::NoAction,
    }
}
