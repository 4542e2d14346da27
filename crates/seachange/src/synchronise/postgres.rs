//! Synchronised columns on PostgreSQL: a function that changes the row before it is written.

use sea_orm::{ConnectionTrait, DbErr, Statement};

use super::definition::{FoundColumn, SideColumn, Synchronisation, default_of};
use crate::error::SynchroniseError;
use crate::sql::{SqlDialect, quoted_name};

const POSTGRES: SqlDialect = SqlDialect::Postgres;

/// The statements that create the function and its trigger.
pub(super) async fn creation(
    connection: &impl ConnectionTrait,
    synchronisation: &Synchronisation,
) -> Result<Vec<String>, SynchroniseError> {
    let found = columns(connection, synchronisation).await?;
    synchronisation.check(&found)?;
    if synchronisation.old.is_empty() {
        return Ok(with_trigger(synchronisation, &following(synchronisation)));
    }
    let differs = |column: &FoundColumn, value: &str, default: &str| {
        let [value, default] = [value, default].map(|text| format!("CAST({text} AS {})::text", column.type_name));
        format!("{value} IS DISTINCT FROM {default}")
    };
    synchronisation
        .check_defaults(
            connection,
            &found,
            "text",
            |column, default| format!("CAST({default} AS {})", column.type_name),
            differs,
        )
        .await?;
    Ok(texts(synchronisation, &found))
}

/// The body of a function that computes the new columns whatever is written.
fn following(synchronisation: &Synchronisation) -> String {
    let values: Vec<&str> = synchronisation.new.iter().map(|side| side.value.as_str()).collect();
    let columns: Vec<String> =
        synchronisation.new.iter().map(|side| format!("NEW.{}", quoted_name(POSTGRES, &side.name))).collect();
    format!(
        "BEGIN
    SELECT {} INTO {} FROM (SELECT NEW.*) given;
    RETURN NEW;
END",
        values.join(", "),
        columns.join(", ")
    )
}

fn texts(synchronisation: &Synchronisation, found: &[FoundColumn]) -> Vec<String> {
    let Synchronisation { table, old, new } = synchronisation;
    let target = table.quoted_for(POSTGRES);
    let column = |side: &SideColumn| quoted_name(POSTGRES, &side.name);
    let forward = |index: usize| format!("forward_{index}");
    let declared: Vec<String> = new
        .iter()
        .enumerate()
        .map(|(index, side)| format!("    {} {target}.{}%TYPE;\n", forward(index), column(side)))
        .collect();
    let values = |sides: &[SideColumn]| sides.iter().map(|side| side.value.clone()).collect::<Vec<_>>().join(", ");
    let any = |conditions: Vec<String>| conditions.join(" OR ");
    let differs = |a: String, b: String| format!("({a})::text IS DISTINCT FROM ({b})::text");
    let written = |sides: &[SideColumn]| {
        any(sides
            .iter()
            .map(|side| {
                let type_name =
                    found.iter().find(|known| known.name == side.name).map_or("text", |known| &known.type_name);
                let default = format!("CAST({} AS {type_name})", default_of(found, &side.name));
                differs(format!("NEW.{}", column(side)), default)
            })
            .collect())
    };
    let changed = |sides: &[SideColumn]| {
        any(sides
            .iter()
            .map(|side| differs(format!("NEW.{}", column(side)), format!("OLD.{}", column(side))))
            .collect())
    };
    let inconsistent = any(new
        .iter()
        .enumerate()
        .map(|(index, side)| differs(format!("NEW.{}", column(side)), forward(index)))
        .collect());
    let into_forward: Vec<String> = (0..new.len()).map(forward).collect();
    let into_old: Vec<String> = old.iter().map(|side| format!("NEW.{}", column(side))).collect();
    let assigned: Vec<String> = new
        .iter()
        .enumerate()
        .map(|(index, side)| format!("        NEW.{} := {};\n", column(side), forward(index)))
        .collect();
    let body = format!(
        "DECLARE
    has_old boolean;
    has_new boolean;
{declared}BEGIN
    IF TG_OP = 'INSERT' THEN
        has_old := {written_old};
        has_new := {written_new};
    ELSE
        has_old := {changed_old};
        has_new := {changed_new};
    END IF;
    SELECT {forward_values} INTO {into_forward} FROM (SELECT NEW.*) given;
    IF has_new AND NOT has_old THEN
        IF {inconsistent} THEN
            SELECT {old_values} INTO {into_old} FROM (SELECT NEW.*) given;
        END IF;
    ELSIF NOT has_new AND (has_old OR TG_OP = 'INSERT') THEN
{assigned}    END IF;
    RETURN NEW;
END",
        declared = declared.concat(),
        written_old = written(old),
        written_new = written(new),
        changed_old = changed(old),
        changed_new = changed(new),
        forward_values = values(new),
        into_forward = into_forward.join(", "),
        old_values = values(old),
        into_old = into_old.join(", "),
        assigned = assigned.concat(),
    );
    with_trigger(synchronisation, &body)
}

/// The statements that create the function with this body, and its trigger.
fn with_trigger(synchronisation: &Synchronisation, body: &str) -> Vec<String> {
    let (table, name) = (&synchronisation.table, synchronisation.name());
    let (target, function) = (table.quoted_for(POSTGRES), table.beside(POSTGRES, &name));
    // A tag that the body cannot contain.
    let tag = format!("${name}$");
    vec![
        format!(
            "CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS {tag}\n{body}\n{tag}"
        ),
        format!(
            "CREATE TRIGGER {} BEFORE INSERT OR UPDATE ON {target} FOR EACH ROW EXECUTE PROCEDURE {function}()",
            quoted_name(POSTGRES, &name)
        ),
    ]
}

/// The statements that drop both.
pub(super) fn removal(synchronisation: &Synchronisation) -> Vec<String> {
    let (table, name) = (&synchronisation.table, synchronisation.name());
    let (target, function) = (table.quoted_for(POSTGRES), table.beside(POSTGRES, &name));
    vec![format!("DROP TRIGGER {} ON {target}", quoted_name(POSTGRES, &name)), format!("DROP FUNCTION {function}()")]
}

async fn columns(
    connection: &impl ConnectionTrait,
    synchronisation: &Synchronisation,
) -> Result<Vec<FoundColumn>, DbErr> {
    const COLUMNS: &str = "SELECT a.attname::text AS name, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type_name,
            CASE WHEN COALESCE(pg_catalog.to_jsonb(a) ->> 'attgenerated', '') = ''
                THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END AS value,
            a.attnotnull AS required,
            COALESCE(pg_catalog.to_jsonb(a) ->> 'attgenerated', '') <> '' OR a.attidentity <> '' AS is_generated
        FROM pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid = pg_catalog.to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";
    let target = synchronisation.table.quoted_for(POSTGRES);
    let statement = Statement::from_sql_and_values(connection.get_database_backend(), COLUMNS, [target.into()]);
    let rows = connection.query_all_raw(statement).await?;
    rows.iter()
        .map(|row| {
            Ok(FoundColumn {
                name: row.try_get("", "name")?,
                type_name: row.try_get("", "type_name")?,
                default: row.try_get("", "value")?,
                is_text: false,
                is_required: row.try_get("", "required")?,
                is_generated: row.try_get("", "is_generated")?,
            })
        })
        .collect()
}
