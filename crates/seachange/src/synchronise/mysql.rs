//! Synchronised columns on MySQL and MariaDB: a trigger for inserted and one for updated rows, which change the row before
//! it is written.

use sea_orm::{ConnectionTrait, DbErr, Statement, Value};

use super::definition::{FoundColumn, SideColumn, Synchronisation, default_of};
use crate::backend::Backend;
use crate::error::{CascadingKey, SynchroniseError};
use crate::sql::{SqlDialect, quoted_name};

const MYSQL: SqlDialect = SqlDialect::MySql;

/// The statements that create the triggers.
pub(super) async fn creation(
    connection: &impl ConnectionTrait,
    backend: &'static dyn Backend,
    synchronisation: &Synchronisation,
) -> Result<Vec<String>, SynchroniseError> {
    let found = columns(connection, backend, synchronisation).await?;
    synchronisation.check(&found)?;
    check_cascades(connection, synchronisation).await?;
    synchronisation
        .check_defaults(
            connection,
            &found,
            "CHAR",
            |_, default| default.to_owned(),
            |column, a, b| differs(Some(column), a, b),
        )
        .await?;
    let name = synchronisation.name();
    let target = synchronisation.table.quoted_for(MYSQL);
    let trigger = |suffix: &str, event: &str, written: &dyn Fn(&SideColumn) -> String| {
        let is_insert = event == "INSERT";
        let name = synchronisation.table.beside(MYSQL, &format!("{name}_{suffix}"));
        let body = body(synchronisation, &found, written, is_insert);
        format!("CREATE TRIGGER {name} BEFORE {event} ON {target} FOR EACH ROW\n{body}")
    };
    let known = |side: &SideColumn| found.iter().find(|column| column.name == side.name);
    let given = |side: &SideColumn| differs(known(side), &new(side), default_of(&found, &side.name));
    let changed =
        |side: &SideColumn| differs(known(side), &new(side), &format!("OLD.{}", quoted_name(MYSQL, &side.name)));
    Ok(vec![trigger("insert", "INSERT", &given), trigger("update", "UPDATE", &changed)])
}

/// The statements that drop them.
pub(super) fn removal(synchronisation: &Synchronisation) -> Vec<String> {
    let name = synchronisation.name();
    let drop =
        |suffix: &str| format!("DROP TRIGGER {}", synchronisation.table.beside(MYSQL, &format!("{name}_{suffix}")));
    vec![drop("insert"), drop("update")]
}

fn new(side: &SideColumn) -> String {
    format!("NEW.{}", quoted_name(MYSQL, &side.name))
}

/// Whether two values of a column differ. A collation may take texts for equal that are not.
fn differs(column: Option<&FoundColumn>, a: &str, b: &str) -> String {
    if column.is_some_and(|column| !column.is_text) {
        return format!("NOT ({a} <=> {b})");
    }
    format!("(NOT ({a} <=> {b}) OR NOT (CAST({a} AS BINARY) <=> CAST({b} AS BINARY)))")
}

fn body(
    synchronisation: &Synchronisation,
    found: &[FoundColumn],
    written: &dyn Fn(&SideColumn) -> String,
    is_insert: bool,
) -> String {
    let Synchronisation { old, new: news, .. } = synchronisation;
    let any = |sides: &[SideColumn]| sides.iter().map(written).collect::<Vec<_>>().join(" OR ");
    let known = |side: &SideColumn| found.iter().find(|column| column.name == side.name);
    let type_of = |name: &str| found.iter().find(|known| known.name == name).map_or("TEXT", |known| &known.type_name);
    let given: Vec<String> = found
        .iter()
        .map(|column| quoted_name(MYSQL, &column.name))
        .map(|name| format!("NEW.{name} AS {name}"))
        .collect();
    let given = given.join(", ");
    let computed = |value: &str| format!("(SELECT {value} FROM (SELECT {given}) given)");
    let declared: Vec<String> = news
        .iter()
        .enumerate()
        .map(|(index, side)| format!("    DECLARE forward_{index} {};\n", type_of(&side.name)))
        .collect();
    let forward: Vec<String> = news
        .iter()
        .enumerate()
        .map(|(index, side)| format!("    SET forward_{index} = {};\n", computed(&side.value)))
        .collect();
    let inconsistent: Vec<String> = news
        .iter()
        .enumerate()
        .map(|(index, side)| differs(known(side), &new(side), &format!("forward_{index}")))
        .collect();
    let assigned: Vec<String> = news
        .iter()
        .enumerate()
        .map(|(index, side)| format!("        SET {} = forward_{index};\n", new(side)))
        .collect();
    // All of them from the row as it was written.
    let kept: Vec<String> = old
        .iter()
        .enumerate()
        .map(|(index, side)| format!("    DECLARE backward_{index} {};\n", type_of(&side.name)))
        .collect();
    let backward: Vec<String> = old
        .iter()
        .enumerate()
        .map(|(index, side)| format!("            SET backward_{index} = {};\n", computed(&side.value)))
        .collect();
    let restored: Vec<String> = old
        .iter()
        .enumerate()
        .map(|(index, side)| format!("            SET {} = backward_{index};\n", new(side)))
        .collect();
    format!(
        "BEGIN
    DECLARE has_old BOOLEAN DEFAULT {has_old};
    DECLARE has_new BOOLEAN DEFAULT {has_new};
{declared}{kept}{forward}    IF has_new AND NOT has_old THEN
        IF {inconsistent} THEN
{backward}{restored}        END IF;
    ELSEIF NOT has_new AND {may_forward} THEN
{assigned}    END IF;
END",
        has_old = any(old),
        may_forward = if is_insert { "TRUE" } else { "has_old" },
        has_new = any(news),
        declared = declared.concat(),
        kept = kept.concat(),
        forward = forward.concat(),
        inconsistent = inconsistent.join(" OR "),
        backward = backward.concat(),
        restored = restored.concat(),
        assigned = assigned.concat(),
    )
}

async fn columns(
    connection: &impl ConnectionTrait,
    backend: &'static dyn Backend,
    synchronisation: &Synchronisation,
) -> Result<Vec<FoundColumn>, DbErr> {
    const COLUMNS: &str = "SELECT CAST(c.column_name AS CHAR) AS name, CAST(c.column_type AS CHAR) AS type_name,
            CAST(c.character_set_name AS CHAR) AS charset, CAST(c.collation_name AS CHAR) AS collation_is,
            CAST(c.column_default AS CHAR) AS value, CAST(c.is_nullable = 'NO' AS SIGNED) AS required,
            CAST(c.extra AS CHAR) AS extra, CAST(VERSION() LIKE '%MariaDB%' AS SIGNED) AS is_mariadb
        FROM information_schema.columns c WHERE c.table_schema = COALESCE(?, DATABASE()) AND c.table_name = ?
        ORDER BY c.ordinal_position";
    let table = &synchronisation.table;
    let values = [Value::from(table.schema.clone()), Value::from(table.name.clone())];
    let statement = Statement::from_sql_and_values(connection.get_database_backend(), COLUMNS, values);
    let mut found = Vec::new();
    for row in connection.query_all_raw(statement).await? {
        let mut type_name: String = row.try_get("", "type_name")?;
        let (charset, collation): (Option<String>, Option<String>) =
            (row.try_get("", "charset")?, row.try_get("", "collation_is")?);
        let is_text = charset.is_some();
        if let Some((charset, collation)) = charset.zip(collation) {
            type_name = format!("{type_name} CHARACTER SET {charset} COLLATE {collation}");
        }
        let extra: String = row.try_get::<String>("", "extra")?.to_uppercase();
        let value: Option<String> = row.try_get("", "value")?;
        let is_expression = row.try_get::<i64>("", "is_mariadb")? == 1 || extra.contains("DEFAULT_GENERATED");
        // MariaDB writes `NULL` where MySQL writes nothing.
        let default = value.filter(|value| value != "NULL").map(|value| match is_expression {
            true => format!("({value})"),
            false => backend.text_literal(&value),
        });
        found.push(FoundColumn {
            name: row.try_get("", "name")?,
            type_name,
            is_text,
            default,
            is_required: row.try_get::<i64>("", "required")? == 1,
            is_generated: extra.contains("GENERATED") && !extra.contains("DEFAULT_GENERATED")
                || extra.contains("AUTO_INCREMENT"),
        });
    }
    Ok(found)
}

/// Refuses columns that a foreign key changes, for which no trigger runs, unless both columns of a pair have a foreign key
/// with the same actions.
async fn check_cascades(
    connection: &impl ConnectionTrait,
    synchronisation: &Synchronisation,
) -> Result<(), SynchroniseError> {
    const KEYS: &str = "SELECT CAST(k.column_name AS CHAR) AS name, CAST(k.constraint_name AS CHAR) AS foreign_key,
            CONCAT(k.referenced_table_schema, '.', k.referenced_table_name, '.', k.referenced_column_name) AS target,
            CONCAT('ON UPDATE ', r.update_rule, ' ON DELETE ', r.delete_rule) AS action_is
        FROM information_schema.key_column_usage k JOIN information_schema.referential_constraints r
            ON r.constraint_name = k.constraint_name
        WHERE k.table_schema = COALESCE(?, DATABASE()) AND k.table_name = ?
            AND r.constraint_schema = COALESCE(?, DATABASE()) AND r.table_name = ?
            AND (r.update_rule IN ('CASCADE', 'SET NULL', 'SET DEFAULT') OR r.delete_rule IN ('SET NULL', 'SET DEFAULT'))
        ORDER BY k.constraint_name, k.ordinal_position";
    let Synchronisation { table, old, new } = synchronisation;
    let values = [Value::from(table.schema.clone()), Value::from(table.name.clone())];
    let values = [values.clone(), values].concat();
    let statement = Statement::from_sql_and_values(connection.get_database_backend(), KEYS, values);
    let mut keys: Vec<[String; 4]> = Vec::new();
    for row in connection.query_all_raw(statement).await? {
        keys.push([
            row.try_get("", "name")?,
            row.try_get("", "foreign_key")?,
            row.try_get("", "target")?,
            row.try_get("", "action_is")?,
        ]);
    }
    let sides = [(old, new), (new, old)];
    for (side, others) in sides {
        for column in side {
            // Only a column that has the value of this one can be changed in the same way.
            let twin = others.iter().find(|other| other.value == format!("({})", quoted_name(MYSQL, &column.name)));
            for [_, foreign_key, target, action] in keys.iter().filter(|key| key[0] == column.name) {
                let has_same =
                    |name: &str| keys.iter().any(|key| key[0] == name && key[2] == *target && key[3] == *action);
                if twin.is_some_and(|twin| has_same(&twin.name)) {
                    continue;
                }
                let other = twin.or(others.first()).map(|other| other.name.clone()).unwrap_or_default();
                return Err(SynchroniseError::Cascade(Box::new(CascadingKey {
                    table: table.to_string(),
                    column: column.name.clone(),
                    foreign_key: foreign_key.clone(),
                    action: action.clone(),
                    other,
                })));
            }
        }
    }
    Ok(())
}
