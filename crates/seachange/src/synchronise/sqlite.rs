//! Synchronised columns on SQLite, whose triggers cannot change the row that is being written: they change it afterwards,
//! in the same statement.

use sea_orm::{ConnectionTrait, DbErr, Statement, Value};

use super::definition::{FoundColumn, SideColumn, Synchronisation, default_of};
use crate::backend::Backend;
use crate::backfill::key_columns;
use crate::error::SynchroniseError;
use crate::sql::{SqlDialect, quoted_name};

const SQLITE: SqlDialect = SqlDialect::Sqlite;

/// The statements that create the triggers.
pub(super) async fn creation(
    connection: &impl ConnectionTrait,
    backend: &'static dyn Backend,
    synchronisation: &Synchronisation,
) -> Result<Vec<String>, SynchroniseError> {
    let found = columns(connection, synchronisation).await?;
    synchronisation.check(&found)?;
    for side in synchronisation.columns() {
        let is_required =
            |known: &&FoundColumn| known.name == side.name && known.is_required && known.default.is_none();
        if found.iter().any(|known| is_required(&known)) {
            let (table, column) = (synchronisation.table.to_string(), side.name.clone());
            return Err(SynchroniseError::Required { table, column });
        }
    }
    let differs = |_: &FoundColumn, value: &str, default: &str| format!("{value} IS NOT ({default}) COLLATE BINARY");
    synchronisation.check_defaults(connection, &found, "TEXT", |_, default| format!("({default})"), differs).await?;
    let key = key_columns(connection, backend, &synchronisation.table).await?;
    Ok(texts(synchronisation, &found, &key))
}

fn texts(synchronisation: &Synchronisation, found: &[FoundColumn], key: &[String]) -> Vec<String> {
    let Synchronisation { table, old, new } = synchronisation;
    let name = synchronisation.name();
    let column = |side: &SideColumn| quoted_name(SQLITE, &side.name);
    let differs = |a: String, b: String| format!("{a} IS NOT {b} COLLATE BINARY");
    let any = |conditions: Vec<String>| format!("({})", conditions.join(" OR "));
    let given = |sides: &[SideColumn]| {
        let one = |side: &SideColumn| {
            differs(format!("NEW.{}", column(side)), format!("({})", default_of(found, &side.name)))
        };
        any(sides.iter().map(one).collect())
    };
    let changed = |sides: &[SideColumn]| {
        let one = |side: &SideColumn| differs(format!("NEW.{}", column(side)), format!("OLD.{}", column(side)));
        any(sides.iter().map(one).collect())
    };
    let inconsistent = any(new.iter().map(|side| differs(column(side), side.value.clone())).collect());
    let row: Vec<String> =
        key.iter().map(|name| quoted_name(SQLITE, name)).map(|name| format!("{name} IS NEW.{name}")).collect();
    let row = row.join(" AND ");
    let target = quoted_name(SQLITE, &table.name);
    let set = |sides: &[SideColumn]| {
        let one = |side: &SideColumn| format!("{} = {}", column(side), side.value);
        sides.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    let body = |may_forward: &str, has_old: &str, has_new: &str| {
        format!(
            "BEGIN
    UPDATE {target} SET {} WHERE {row} AND {may_forward} AND NOT {has_new} AND {inconsistent};
    UPDATE {target} SET {} WHERE {row} AND {has_new} AND NOT {has_old} AND {inconsistent};
END",
            set(new),
            set(old)
        )
    };
    let names: Vec<String> = synchronisation.columns().map(column).collect();
    let trigger = |suffix: &str, event: String, body: String| {
        let name = table.beside(SQLITE, &format!("{name}_{suffix}"));
        format!("CREATE TRIGGER {name} AFTER {event} ON {target} FOR EACH ROW\n{body}")
    };
    vec![
        trigger("insert", "INSERT".to_owned(), body("1", &given(old), &given(new))),
        trigger("update", format!("UPDATE OF {}", names.join(", ")), body(&changed(old), &changed(old), &changed(new))),
    ]
}

/// The statements that drop them.
pub(super) fn removal(synchronisation: &Synchronisation) -> Vec<String> {
    let name = synchronisation.name();
    let drop =
        |suffix: &str| format!("DROP TRIGGER {}", synchronisation.table.beside(SQLITE, &format!("{name}_{suffix}")));
    vec![drop("insert"), drop("update")]
}

async fn columns(
    connection: &impl ConnectionTrait,
    synchronisation: &Synchronisation,
) -> Result<Vec<FoundColumn>, DbErr> {
    const COLUMNS: &str = "SELECT name, type AS type_name, dflt_value AS value, \"notnull\" AS required, hidden
        FROM pragma_table_xinfo(?, ?) ORDER BY cid";
    let table = &synchronisation.table;
    let schema = table.schema.clone().unwrap_or_else(|| "main".to_owned());
    let values = [Value::from(table.name.clone()), Value::from(schema)];
    let statement = Statement::from_sql_and_values(connection.get_database_backend(), COLUMNS, values);
    let rows = connection.query_all_raw(statement).await?;
    rows.iter()
        .map(|row| {
            Ok(FoundColumn {
                name: row.try_get("", "name")?,
                type_name: row.try_get("", "type_name")?,
                default: row.try_get("", "value")?,
                is_text: false,
                is_required: row.try_get::<i64>("", "required")? == 1,
                is_generated: row.try_get::<i64>("", "hidden")? > 1,
            })
        })
        .collect()
}
