//! Reads from the catalogue of MySQL or MariaDB which columns change their types, and how the rows of their table are
//! named.

use sea_orm::sea_query::{ColumnDef, SchemaName, TableName};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, Value};

use super::mysql::{lost, may_lose};
use super::mysql_type::{DefinedType, ValueType, charset_of_collation};
use super::{LossQueries, LostRows, ModifiedColumn};
use crate::alter::clause::{self, quoted};
use crate::alter::operation::text;

const MYSQL: DbBackend = DbBackend::MySql;

/// Each view is compared with the table by itself: MariaDB would otherwise read the tables of all databases for one of them.
const COLUMNS: &str = "SELECT CAST(c.COLUMN_NAME AS CHAR), CAST(c.COLUMN_TYPE AS CHAR), \
     CAST(c.CHARACTER_SET_NAME AS CHAR), c.IS_NULLABLE = 'YES', c.COLUMN_KEY = 'PRI', \
     COALESCE(c.GENERATION_EXPRESSION, '') <> '', CAST(t.TABLE_COLLATION AS CHAR), CAST(@@sql_mode AS CHAR), \
     CAST(VERSION() AS CHAR) \
     FROM information_schema.COLUMNS c JOIN information_schema.TABLES t \
     WHERE c.TABLE_SCHEMA = COALESCE(?, DATABASE()) AND c.TABLE_NAME = ? \
     AND t.TABLE_SCHEMA = COALESCE(?, DATABASE()) AND t.TABLE_NAME = ? ORDER BY c.ORDINAL_POSITION";

/// A column of the table.
struct OldColumn {
    name: String,
    column_type: String,
    charset: Option<String>,
    is_nullable: bool,
    is_key: bool,
    is_generated: bool,
}

/// What the server says beside the columns.
struct ServerFacts {
    table_charset: Option<String>,
    is_strict: bool,
    is_mariadb: bool,
}

/// Reads the columns, in one query.
pub(super) async fn read(
    connection: &impl ConnectionTrait,
    TableName(schema, table): &TableName,
    modified: &[ModifiedColumn<'_>],
) -> Result<LossQueries, DbErr> {
    let schema = schema.as_ref().map(|SchemaName(_, schema)| text(schema));
    let values: [Value; 2] = [schema.into(), text(table).into()];
    let values = [values.clone(), values].concat();
    let rows = connection.query_all_raw(Statement::from_sql_and_values(MYSQL, COLUMNS, values)).await?;
    let columns: Vec<OldColumn> = rows.iter().map(column).collect::<Result<_, _>>()?;
    let server = rows.first().map(server).transpose()?;
    let key: Vec<&OldColumn> = columns.iter().filter(|column| column.is_key).collect();
    let is_mariadb = server.as_ref().is_some_and(|server| server.is_mariadb);
    let mut queries = LossQueries {
        rows: Vec::new(),
        key: key.iter().map(|column| column.name.clone()).collect(),
        shown_key: (!key.is_empty()).then(|| shown_key(&key, is_mariadb)),
        database: if is_mariadb { "MariaDB" } else { "MySQL" },
    };
    let Some(server) = server else { return Ok(queries) };
    for ModifiedColumn { name, new, .. } in modified {
        let Some(old) = columns.iter().find(|column| column.name.to_lowercase() == name.to_lowercase()) else {
            continue;
        };
        if !old.is_generated && new.get_column_spec().generated.is_none() {
            queries.rows.extend(lost_rows(old, new, &server));
        }
    }
    Ok(queries)
}

fn lost_rows(old: &OldColumn, new: &ColumnDef, server: &ServerFacts) -> Option<LostRows> {
    let definition = definition(new)?;
    let quoted_name = quoted(MYSQL, &old.name);
    let mut conditions = Vec::new();
    let (from, to) = types(old, &definition, server)?;
    conditions.extend(lost(&from, &to, &quoted_name, server.is_mariadb));
    let mut shown = DefinedType::text(&definition);
    if to.charset != from.charset && matches!(to.value, ValueType::Text(_) | ValueType::Enum(_) | ValueType::Set(_)) {
        shown.extend(to.charset.iter().map(|charset| format!(" CHARACTER SET {charset}")).collect::<Vec<_>>());
    }
    // A strict server refuses this itself. Any other server replaces the missing value.
    if old.is_nullable && !server.is_strict && DefinedType::is_required(&definition) {
        conditions.push(format!("{quoted_name} IS NULL"));
        shown.push_str(" NOT NULL");
    }
    (!conditions.is_empty()).then(|| LostRows {
        column: old.name.clone(),
        from: old.column_type.clone(),
        to: shown,
        condition: conditions.join(" OR "),
    })
}

/// The old and the new type, with their character sets.
fn types(old: &OldColumn, definition: &str, server: &ServerFacts) -> Option<(DefinedType, DefinedType)> {
    let mut from = DefinedType::parse(&old.column_type, server.is_mariadb)?;
    from.charset = old.charset.clone().map(|charset| if charset == "utf8" { "utf8mb3".to_owned() } else { charset });
    if from.value == ValueType::Json {
        from.charset = Some("utf8mb4".to_owned());
    }
    let mut to = DefinedType::parse(definition, server.is_mariadb)?;
    if to.charset.is_none() {
        let is_json = definition.trim().to_ascii_lowercase().starts_with("json");
        to.charset = if is_json { Some("utf8mb4".to_owned()) } else { server.table_charset.clone() };
    }
    Some((from, to))
}

/// A remark in a script, which cannot count: the server is not asked for the old type, and has no statement that would
/// stop the script.
pub(super) fn remark(column: &ModifiedColumn<'_>) -> Option<String> {
    let ModifiedColumn { name, new, .. } = column;
    let definition = definition(new).filter(|_| !column.keeps_type)?;
    let to = DefinedType::parse(&definition, false)?;
    let shown = DefinedType::text(&definition);
    may_lose(&to.value).then(|| {
        let text = format!("this script does not count the values of {} that do not fit {shown}", name);
        format!("-- {}\n", text.replace(['\r', '\n'], " "))
    })
}

/// The definition of a column without its name, if it has a type.
fn definition(new: &ColumnDef) -> Option<String> {
    new.get_column_type()?;
    let written = clause::column(MYSQL, "", new).ok()?;
    written.strip_prefix(&quoted(MYSQL, &new.get_column_name())).map(|rest| rest.trim_start().to_owned())
}

fn shown_key(key: &[&OldColumn], is_mariadb: bool) -> String {
    let shown = key.iter().map(|column| {
        let name = quoted(MYSQL, &column.name);
        match DefinedType::parse(&column.column_type, is_mariadb).map(|defined| defined.value) {
            Some(ValueType::Integer(..) | ValueType::Decimal { .. } | ValueType::Year) => {
                format!("CAST({name} AS CHAR)")
            }
            Some(ValueType::Binary(_) | ValueType::FixedBinary(_)) => format!("CONCAT('0x', HEX({name}))"),
            _ => format!("QUOTE(CONVERT({name} USING utf8mb4))"),
        }
    });
    format!("CONVERT(CONCAT_WS(', ', {}) USING utf8mb4)", shown.collect::<Vec<_>>().join(", "))
}

fn column(row: &QueryResult) -> Result<OldColumn, DbErr> {
    let flag = |at: usize| row.try_get_by_index::<Option<i64>>(at).map(|flag| flag == Some(1));
    Ok(OldColumn {
        name: row.try_get_by_index(0)?,
        column_type: row.try_get_by_index(1)?,
        charset: row.try_get_by_index(2)?,
        is_nullable: flag(3)?,
        is_key: flag(4)?,
        is_generated: flag(5)?,
    })
}

fn server(row: &QueryResult) -> Result<ServerFacts, DbErr> {
    let collation: Option<String> = row.try_get_by_index(6)?;
    let (mode, version): (String, String) = (row.try_get_by_index(7)?, row.try_get_by_index(8)?);
    Ok(ServerFacts {
        table_charset: collation.as_deref().and_then(charset_of_collation),
        is_strict: mode.contains("STRICT_"),
        is_mariadb: version.contains("MariaDB"),
    })
}
