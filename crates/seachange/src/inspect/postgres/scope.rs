//! The schemas in scope, and their names in the result.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbErr, Value};

use crate::inspect::InspectScope;
use crate::inspect::cells::{RowReader, rows};
use crate::schema::TableName;

/// The number of an object in a catalogue.
pub(super) type Oid = i64;

/// Where to read.
pub(super) struct CatalogScope {
    /// The schemas by number, each with its name in the result. It is `None` for the schema whose objects are
    /// unqualified.
    schemas: BTreeMap<Oid, Option<String>>,
    /// `server_version_num`, such as 150018.
    version: i32,
}

impl CatalogScope {
    /// Looks up the schemas. A schema that does not exist has no tables.
    pub(super) async fn find(connection: &impl ConnectionTrait, scope: &InspectScope) -> Result<Self, DbErr> {
        let places: Vec<String> = (2..scope.others.len() + 2).map(|number| format!(", ${number}::text")).collect();
        let sql = format!(
            "SELECT oid::int8, nspname::text, nspname = coalesce($1::text, current_schema()::text),
                current_setting('server_version_num')::int4
            FROM pg_namespace WHERE nspname IN (coalesce($1::text, current_schema()::text){})",
            places.concat()
        );
        let others = scope.others.iter().map(|(name, _)| Value::from(name.clone()));
        let values = std::iter::once(Value::from(scope.schema.clone())).chain(others);
        let mut place = Self { schemas: BTreeMap::new(), version: 0 };
        for row in rows(connection, &sql, values).await? {
            let mut cells = RowReader::of(&row);
            let (oid, name, is_main): (Oid, String, bool) = (cells.take()?, cells.take()?, cells.take()?);
            place.version = cells.take()?;
            let other = scope.others.iter().find(|(known, _)| *known == name).map(|(_, answer)| answer.clone());
            place.schemas.insert(oid, if is_main { None } else { other });
        }
        Ok(place)
    }

    /// Whether no schema in scope exists.
    pub(super) fn is_nowhere(&self) -> bool {
        self.schemas.is_empty()
    }

    /// Whether a schema is in scope.
    pub(super) fn contains(&self, schema: Oid) -> bool {
        self.schemas.contains_key(&schema)
    }

    /// The name of an object in the result.
    pub(super) fn name(&self, schema: Oid, schema_name: String, name: String) -> TableName {
        TableName { schema: self.schemas.get(&schema).cloned().unwrap_or(Some(schema_name)), name }
    }

    /// The name of a schema in scope in the result, if it has one.
    pub(super) fn schema_name(&self, schema: Oid) -> Option<&str> {
        self.schemas.get(&schema)?.as_deref()
    }

    /// The condition for the row `c` of `pg_class` to be a table in scope. It still includes the tables of extensions:
    /// every query would have to exclude them, and one query is enough.
    pub(super) fn tables(&self) -> String {
        format!(
            "c.relnamespace IN ({}) AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'",
            self.schema_numbers()
        )
    }

    /// The numbers of the schemas in scope, in a comma-separated list.
    pub(super) fn schema_numbers(&self) -> String {
        self.schemas.keys().map(Oid::to_string).collect::<Vec<_>>().join(", ")
    }

    /// The kind of generation of the row `a` of `pg_attribute`, which is a column since version 12.
    pub(super) fn generated(&self) -> &'static str {
        self.since(120_000, "a.attgenerated::text", "''")
    }

    /// The number of columns of the row `i` of `pg_index` that are in its key, which is a column since version 11.
    pub(super) fn key_length(&self) -> &'static str {
        self.since(110_000, "i.indnkeyatts", "i.indnatts")
    }

    /// Whether `NULL` values are equal in the row `i` of `pg_index`, which is a column since version 15.
    pub(super) fn nulls_not_distinct(&self) -> &'static str {
        self.since(150_000, "coalesce(i.indnullsnotdistinct, false)", "false")
    }

    /// The numbers of the columns that the row `o` of `pg_constraint` sets when the referenced row is deleted, which are a
    /// column since version 15.
    pub(super) fn on_delete_columns(&self) -> &'static str {
        self.since(150_000, "array_to_string(o.confdelsetcols, ',')", "NULL::text")
    }

    /// Whether the row `o` of `pg_constraint` is not a partition's copy of another constraint, which is a column since
    /// version 11.
    pub(super) fn is_no_copy(&self) -> &'static str {
        self.since(110_000, "o.conparentid = 0", "true")
    }

    /// Returns `newer` on servers since `version`, and `older` on older servers.
    pub(super) fn since(&self, version: i32, newer: &'static str, older: &'static str) -> &'static str {
        if self.version >= version { newer } else { older }
    }
}
