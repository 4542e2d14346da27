//! Views over the copied tables. Without them, the copy would accept changes of columns that the views of the database
//! prevent.

use sea_orm::DbBackend;

use crate::alter::clause::quoted;
use crate::schema::{Schema, View};

/// Returns statements that create views. Each view reads the same columns as a view of the database, if their tables
/// are in `tables`.
pub(super) fn placeholder_views(views: &[View], tables: &Schema) -> Vec<String> {
    views.iter().filter_map(|view| placeholder_view(view, tables)).collect()
}

fn placeholder_view(view: &View, tables: &Schema) -> Option<String> {
    let reads: Vec<_> = view.reads.iter().filter(|(table, _)| tables.tables.contains_key(*table)).collect();
    if reads.is_empty() {
        return None;
    }
    let name = |name: &str| quoted(DbBackend::Postgres, name);
    let columns = reads
        .iter()
        .flat_map(|(table, columns)| columns.iter().map(|column| format!("{}.{}", name(&table.name), name(column))));
    let columns: Vec<_> = columns.enumerate().map(|(number, column)| format!("{column} AS c{number}")).collect();
    let from: Vec<_> = reads.iter().map(|(table, _)| name(&table.name)).collect();
    // The name includes the schema, for error messages.
    Some(format!(
        "CREATE VIEW {} AS SELECT {} FROM {}",
        name(&view.name.to_string()),
        columns.join(", "),
        from.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::placeholder_views;
    use crate::schema::{Schema, Table, TableName, View};

    fn view(name: &str, reads: &[(&str, &[&str])]) -> View {
        let reads = reads.iter().map(|(table, columns)| {
            (TableName::from(*table), columns.iter().map(|column| (*column).to_owned()).collect::<BTreeSet<_>>())
        });
        View { name: name.into(), reads: reads.collect() }
    }

    #[test]
    fn views_read_what_those_of_the_database_read() {
        let tables = ["people", "pets"].map(|name| (TableName::from(name), Table::new(name)));
        let schema = Schema { tables: BTreeMap::from(tables), ..Schema::default() };
        let views = [
            view("owners", &[("people", &["id", "na\"me"]), ("pets", &["owner_id"]), ("toys", &["id"])]),
            view("count", &[("pets", &[])]),
            view("boxes", &[("toys", &["id"])]),
        ];
        assert_eq!(
            placeholder_views(&views, &schema),
            [
                r#"CREATE VIEW "owners" AS SELECT "people"."id" AS c0, "people"."na""me" AS c1, "pets"."owner_id" AS c2 FROM "people", "pets""#,
                r#"CREATE VIEW "count" AS SELECT  FROM "pets""#,
            ]
        );
    }
}
