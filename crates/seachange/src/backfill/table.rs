//! The table of a backfill, and the key by which batches pass its rows.

use sea_orm::sea_query::TableRef;
use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement, Value};

use crate::alter::operation::table_name;
use crate::backend::Backend;
use crate::error::BackfillError;
use crate::schema::TableName;
use crate::sql::{SqlDialect, quoted_name};

/// The name of a table, without its database; `None` if it is a query or has an alias.
pub(crate) fn plain_name(table: &TableRef) -> Option<TableName> {
    let name = table_name(table)?;
    let schema = name.0.as_ref().map(|schema| schema.1.to_string());
    Some(TableName { schema, name: name.1.to_string() })
}

/// The columns of the key by which single rows of a table are found.
///
/// # Errors
///
/// As the beginning of a backfill.
pub(crate) async fn key_columns(
    connection: &impl ConnectionTrait,
    backend: &dyn Backend,
    table: &TableName,
) -> Result<Vec<String>, BackfillError> {
    let shape = TableShape::read(connection, backend, table).await?;
    Ok(shape.key(backend.sql_dialect(), table, None, &[])?.names())
}

/// The number of rows of a table or a subquery; what follows its name may be a condition with these values.
pub(super) async fn counted(connection: &impl ConnectionTrait, rows: String, values: Vec<Value>) -> Result<u64, DbErr> {
    let sql = format!("SELECT COUNT(*) AS n FROM {rows}");
    let statement = Statement::from_sql_and_values(connection.get_database_backend(), sql, values);
    let row = connection.query_one_raw(statement).await?;
    row.map_or(Ok(0), |row| row.try_get::<i64>("", "n").map(i64::unsigned_abs))
}

/// Whether the system takes two names of columns or databases for the same one.
pub(super) fn same_name(dialect: SqlDialect, one: &str, other: &str) -> bool {
    match dialect {
        SqlDialect::Postgres => one == other,
        SqlDialect::Sqlite => one.eq_ignore_ascii_case(other),
        SqlDialect::MySql => one.to_lowercase() == other.to_lowercase(),
    }
}

/// How the value of a key becomes text and SQL again.
#[derive(Debug, Clone, PartialEq, Eq)]
enum KeyForm {
    /// The text of the type, cast to it (PostgreSQL).
    Cast { type_name: String, is_temporal: bool },
    /// A number in decimal digits (MySQL, MariaDB).
    Number,
    /// Characters, as the hexadecimal digits of their UTF-8 (MySQL, MariaDB).
    Characters,
    /// Bytes as hexadecimal digits (MySQL, MariaDB).
    Bytes,
    /// A text in quotes (MySQL, MariaDB).
    Quoted,
    /// A letter for the storage class, and the value (SQLite).
    Storage,
}

/// A column of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
struct KeyColumn {
    name: String,
    form: KeyForm,
}

/// The key by which batches pass the rows: unique, and not null.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    dialect: SqlDialect,
    columns: Vec<KeyColumn>,
    /// Whether SQLite accepts null in it.
    pub(super) is_nullable: bool,
}

/// The key of a row, as texts.
pub(super) type Place = Vec<String>;

/// What a backfill has to know of its table.
#[derive(Debug, Clone)]
pub(super) struct TableShape {
    keys: Vec<FoundKey>,
    /// The schema in which the session finds it; on MySQL and MariaDB the database.
    pub(super) schema: Option<String>,
    /// The storage engine, if it has no transactions, so that a batch and its place would not commit together (MySQL,
    /// MariaDB).
    pub(super) engine_without_transactions: Option<String>,
    /// Whether the session logs statements for replicas, and not rows (MySQL, MariaDB).
    pub(super) logs_statements: bool,
    /// How many rows it has, as far as the statistics say; SQLite has none.
    rows: Option<u64>,
    /// Whether a trigger or a rule may keep rows as they are, so that batches count.
    pub(super) may_keep_rows: bool,
    /// Whether policies hide rows from this user.
    pub(super) hides_rows: bool,
    /// Whether the session is not strict, so that the server cuts and rounds values (MySQL, MariaDB).
    pub(super) is_lax: bool,
    /// The declared types of the columns (SQLite).
    pub(super) declared: Vec<(String, String)>,
}

/// A unique index, or an integer primary key of SQLite.
#[derive(Debug, Clone, PartialEq, Eq)]
struct FoundKey {
    /// The columns, or why the index cannot serve.
    columns: Result<Vec<KeyColumn>, String>,
    names: Vec<String>,
    is_nullable: bool,
    /// Whether it is the integer primary key of SQLite, which has other names too.
    is_row_id: bool,
}

impl TableShape {
    /// Whether a name stands for the integer primary key of SQLite, and for no column.
    fn is_row_id(&self, name: &str) -> bool {
        ["rowid", "oid", "_rowid_"].iter().any(|word| name.eq_ignore_ascii_case(word))
            && !self.declared.iter().any(|(column, _)| column.eq_ignore_ascii_case(name))
    }

    /// Reads the catalogue.
    pub(super) async fn read(
        connection: &impl ConnectionTrait,
        backend: &dyn Backend,
        table: &TableName,
    ) -> Result<Self, BackfillError> {
        let shape = match backend.sql_dialect() {
            SqlDialect::Postgres => postgres(connection, table).await?,
            SqlDialect::MySql => mysql(connection, table).await?,
            SqlDialect::Sqlite => sqlite(connection, table).await?,
        };
        shape.ok_or_else(|| BackfillError::NoSuchTable { table: table.to_string() })
    }

    /// How many rows the table has, as far as the statistics say. SQLite counts them.
    pub(super) async fn expected_rows(
        &self,
        connection: &impl ConnectionTrait,
        dialect: SqlDialect,
        table: &TableName,
    ) -> Result<Option<u64>, DbErr> {
        if dialect != SqlDialect::Sqlite {
            return Ok(self.rows);
        }
        counted(connection, table.quoted_for(dialect), Vec::new()).await.map(Some)
    }

    /// The key to use: the one with these columns, or the primary key, or the first other one whose columns do not
    /// change.
    pub(super) fn key(
        &self,
        dialect: SqlDialect,
        table: &TableName,
        wanted: Option<&[String]>,
        changed: &[String],
    ) -> Result<Key, BackfillError> {
        let no_key = |reason: String| BackfillError::NoKey { table: table.to_string(), reason };
        let mut reasons = Vec::new();
        for found in &self.keys {
            let same = |(one, other): (&String, &String)| same_name(dialect, one, other);
            let is_wanted =
                |wanted: &[String]| wanted.len() == found.names.len() && wanted.iter().zip(&found.names).all(same);
            if !wanted.is_none_or(is_wanted) {
                continue;
            }
            let is_changed = |name: &String| changed.iter().any(|column| same((name, column)));
            let list = seachange_graph::error::quoted(&found.names);
            match &found.columns {
                Err(reason) => reasons.push(format!("{list} cannot serve, because {reason}")),
                Ok(_)
                    if found.names.iter().any(is_changed)
                        || found.is_row_id && changed.iter().any(|name| self.is_row_id(name)) =>
                {
                    reasons.push(format!("{list} cannot serve, because the backfill changes it"));
                }
                Ok(columns) => {
                    return Ok(Key { dialect, columns: columns.clone(), is_nullable: found.is_nullable });
                }
            }
        }
        Err(no_key(match (reasons.is_empty(), wanted) {
            (true, Some(wanted)) => format!("{} is not one", seachange_graph::error::quoted(wanted)),
            (true, None) => "it has no primary key and no unique index of columns".to_owned(),
            (false, _) => reasons.join("; "),
        }))
    }
}

impl Key {
    /// The names of the columns.
    pub(super) fn names(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.name.clone()).collect()
    }

    /// The columns in quotes, separated by commas.
    pub(super) fn list(&self) -> String {
        let names: Vec<String> = self.columns.iter().map(|column| quoted_name(self.dialect, &column.name)).collect();
        names.join(", ")
    }

    /// The same in the opposite order.
    pub(super) fn descending(&self) -> String {
        let names: Vec<String> =
            self.columns.iter().map(|column| format!("{} DESC", quoted_name(self.dialect, &column.name))).collect();
        names.join(", ")
    }

    /// A condition for rows that have no place.
    pub(super) fn is_null(&self) -> String {
        let nulls: Vec<String> =
            self.columns.iter().map(|column| format!("{} IS NULL", quoted_name(self.dialect, &column.name))).collect();
        nulls.join(" OR ")
    }

    /// The expressions that give a place, named `key_0`, `key_1` and so on. A real number of SQLite is read as it is: no
    /// text of SQLite's is exact.
    pub(super) fn selected(&self) -> String {
        let read = |(index, column): (usize, &KeyColumn)| {
            let (text, name) = (self.read_expression(column), quoted_name(self.dialect, &column.name));
            match column.form {
                KeyForm::Storage => {
                    format!("{text} AS key_{index}, CASE typeof({name}) WHEN 'real' THEN {name} END AS real_{index}")
                }
                _ => format!("{text} AS key_{index}"),
            }
        };
        self.columns.iter().enumerate().map(read).collect::<Vec<_>>().join(", ")
    }

    fn read_expression(&self, KeyColumn { name, form }: &KeyColumn) -> String {
        let name = quoted_name(self.dialect, name);
        match form {
            KeyForm::Cast { is_temporal: true, .. } => format!("pg_catalog.to_json({name}) #>> '{{}}'"),
            KeyForm::Cast { is_temporal: false, .. } => format!("CAST({name} AS pg_catalog.text)"),
            KeyForm::Number | KeyForm::Quoted => format!("CAST({name} AS CHAR)"),
            KeyForm::Characters => format!("HEX(CONVERT({name} USING utf8mb4))"),
            KeyForm::Bytes => format!("HEX({name})"),
            KeyForm::Storage => format!(
                "CASE typeof({name}) WHEN 'integer' THEN 'i' || {name} WHEN 'real' THEN 'r' \
                 WHEN 'text' THEN 't' || hex({name}) ELSE 'b' || hex({name}) END"
            ),
        }
    }

    /// The place in a row of a query for [`selected`](Self::selected).
    pub(super) fn place(&self, row: &QueryResult) -> Result<Place, DbErr> {
        let value = |index: usize| {
            let text: String = row.try_get("", &format!("key_{index}"))?;
            if self.dialect != SqlDialect::Sqlite || text != "r" {
                return Ok(text);
            }
            let number: f64 = row.try_get("", &format!("real_{index}"))?;
            Ok(format!("r{:016x}", number.to_bits()))
        };
        (0..self.columns.len()).map(value).collect()
    }

    /// The condition for the rows after a place, and not after another one, as plain SQL.
    pub(super) fn between(
        &self,
        backend: &dyn Backend,
        after: Option<&Place>,
        up_to: Option<&Place>,
    ) -> Result<String, DbErr> {
        self.condition(after, up_to, |column, text| Some((literal(backend, &column.form, text)?, None)))
            .map(|(sql, _)| sql)
    }

    /// The same condition with placeholders: on MySQL and MariaDB for a query that is sent often, because the driver
    /// prepares each text, and on SQLite for real numbers.
    pub(super) fn bound(
        &self,
        backend: &dyn Backend,
        after: Option<&Place>,
        up_to: Option<&Place>,
    ) -> Result<(String, Vec<Value>), DbErr> {
        self.condition(after, up_to, |column, text| match self.dialect {
            SqlDialect::MySql => bound(&column.form, text),
            SqlDialect::Sqlite if text.starts_with('r') => Some(("?".to_owned(), Some(real(&text[1..])?.into()))),
            SqlDialect::Postgres | SqlDialect::Sqlite => Some((literal(backend, &column.form, text)?, None)),
        })
    }

    fn condition(
        &self,
        after: Option<&Place>,
        up_to: Option<&Place>,
        operand: impl Fn(&KeyColumn, &str) -> Option<Operand>,
    ) -> Result<(String, Vec<Value>), DbErr> {
        let (mut conditions, mut values) = (Vec::new(), Vec::new());
        let sides = [(after, ">", ">"), (up_to, "<", "<=")];
        for (place, before, last) in sides.into_iter().filter_map(|(place, before, last)| Some((place?, before, last)))
        {
            let operands = (place.len() == self.columns.len())
                .then(|| self.columns.iter().zip(place).map(|(column, text)| operand(column, text)).collect())
                .flatten();
            let operands: Vec<Operand> = operands.ok_or_else(|| unreadable(place))?;
            conditions.push(self.compared(&operands, before, last, &mut values));
        }
        let sql = if conditions.is_empty() { "1 = 1".to_owned() } else { conditions.join(" AND ") };
        Ok((sql, values))
    }

    /// Compares the key with operands. MySQL and MariaDB use no index for `(a, b) > (1, 2)`, but for the long form.
    fn compared(&self, operands: &[Operand], before: &str, last: &str, values: &mut Vec<Value>) -> String {
        let names: Vec<String> = self.columns.iter().map(|column| quoted_name(self.dialect, &column.name)).collect();
        let mut add = |value: &Option<Value>| values.extend(value.clone());
        if self.dialect != SqlDialect::MySql && names.len() > 1 {
            operands.iter().for_each(|(_, value)| add(value));
            let texts: Vec<&str> = operands.iter().map(|(text, _)| text.as_str()).collect();
            return format!("({}) {last} ({})", names.join(", "), texts.join(", "));
        }
        let (mut text, mut end) = (String::new(), String::new());
        for (index, (name, (operand, value))) in names.iter().zip(operands).enumerate() {
            if index + 1 == names.len() {
                add(value);
                text.push_str(&format!("{name} {last} {operand}"));
            } else {
                // The operand stands three times.
                (0..3).for_each(|_| add(value));
                text.push_str(&format!(
                    "{name} {before}= {operand} AND ({name} {before} {operand} OR {name} = {operand} AND "
                ));
                end.push(')');
            }
        }
        text + &end
    }
}

/// A value as SQL, with the value of its placeholder.
type Operand = (String, Option<Value>);

/// A value of a key as a placeholder of MySQL and MariaDB.
fn bound(form: &KeyForm, text: &str) -> Option<Operand> {
    let value = match form {
        KeyForm::Number => match (text.parse::<i64>(), text.parse::<u64>()) {
            (Ok(number), _) => Value::from(number),
            (_, Ok(number)) => Value::from(number),
            _ => return Some(("CAST(? AS DECIMAL(65, 30))".to_owned(), Some(text.into()))),
        },
        KeyForm::Characters => Value::from(String::from_utf8(bytes(text)?).ok()?),
        KeyForm::Bytes => Value::from(bytes(text)?),
        KeyForm::Quoted => Value::from(text),
        KeyForm::Cast { .. } | KeyForm::Storage => return None,
    };
    Some(("?".to_owned(), Some(value)))
}

/// A real number from the hexadecimal digits of its bits.
fn real(digits: &str) -> Option<f64> {
    u64::from_str_radix(digits, 16).ok().map(f64::from_bits)
}

/// The bytes of hexadecimal digits.
fn bytes(digits: &str) -> Option<Vec<u8>> {
    let pair = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    (0..digits.len()).step_by(2).map(pair).collect()
}

fn unreadable(place: &Place) -> DbErr {
    DbErr::Custom(format!("the place of the backfill cannot be read: {place:?}"))
}

/// A value of a key as SQL; `None` if the text does not have that form.
fn literal(backend: &dyn Backend, form: &KeyForm, text: &str) -> Option<String> {
    let is_hexadecimal = |text: &str| text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match form {
        KeyForm::Cast { type_name, .. } => Some(format!("CAST({} AS {type_name})", backend.text_literal(text))),
        KeyForm::Quoted => Some(backend.text_literal(text)),
        KeyForm::Number => {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let is_number = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
            (is_number && digits.starts_with(|first: char| first.is_ascii_digit())).then(|| text.to_owned())
        }
        KeyForm::Characters => is_hexadecimal(text).then(|| format!("_utf8mb4 X'{text}'")),
        KeyForm::Bytes => is_hexadecimal(text).then(|| format!("X'{text}'")),
        KeyForm::Storage => {
            let (class, value) = text.split_at_checked(1)?;
            match class {
                "i" => value.parse::<i64>().ok().map(|number| number.to_string()),
                "r" => match real(value)? {
                    number if number.is_infinite() => Some(if number > 0.0 { "9e999" } else { "-9e999" }.to_owned()),
                    number => Some(format!("{number:e}")),
                },
                "t" => is_hexadecimal(value).then(|| format!("CAST(X'{value}' AS TEXT)")),
                "b" => is_hexadecimal(value).then(|| format!("X'{value}'")),
                _ => None,
            }
        }
    }
}

/// Joins the columns of each index, which come in order.
fn joined(rows: Vec<IndexColumn>) -> Vec<FoundKey> {
    let mut keys: Vec<(String, FoundKey)> = Vec::new();
    for IndexColumn { index, name, form, is_nullable } in rows {
        if keys.last().is_none_or(|(last, _)| *last != index) {
            let is_row_id = index.is_empty();
            keys.push((index, FoundKey { columns: Ok(Vec::new()), names: Vec::new(), is_nullable: false, is_row_id }));
        }
        let Some((_, key)) = keys.last_mut() else { continue };
        key.names.push(name.clone());
        key.is_nullable |= is_nullable;
        match (&mut key.columns, form) {
            (Ok(columns), Ok(form)) => columns.push(KeyColumn { name, form }),
            (Ok(_), Err(reason)) => key.columns = Err(reason),
            (Err(_), _) => {}
        }
    }
    keys.into_iter().map(|(_, key)| key).collect()
}

/// A column of a unique index.
struct IndexColumn {
    /// The index; empty for the integer primary key of SQLite.
    index: String,
    name: String,
    /// The form of its values, or why the index cannot serve.
    form: Result<KeyForm, String>,
    /// Whether it may be null, and the index can serve nevertheless.
    is_nullable: bool,
}

/// Why a generated column serves as no key.
const GENERATED: &str = "its value follows from other columns";

/// Types whose arrays have the same text in every session of PostgreSQL.
const PLAIN_ELEMENTS: [&str; 9] = ["bool", "int2", "int4", "int8", "numeric", "text", "varchar", "bpchar", "uuid"];

async fn postgres(connection: &impl ConnectionTrait, table: &TableName) -> Result<Option<TableShape>, BackfillError> {
    const TABLE: &str = "SELECT c.oid::text AS id, n.nspname::text AS schema_name, c.reltuples::bigint AS estimate,
            pg_catalog.row_security_active(c.oid) AS hides_rows,
            c.relkind = 'p' OR EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal
                AND t.tgenabled <> 'D' AND t.tgtype & 18 = 18)
            OR EXISTS (SELECT FROM pg_catalog.pg_rewrite r WHERE r.ev_class = c.oid AND r.ev_type = '2') AS may_keep_rows
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.oid = pg_catalog.to_regclass($1) AND c.relkind IN ('r', 'p')";
    const KEYS: &str = "SELECT i.indexrelid::text AS index_id, a.attname::text AS name,
            pg_catalog.format_type(a.atttypid, a.atttypmod) AS type_name, t.typname::text AS base, a.attnotnull AS required,
            COALESCE(pg_catalog.to_jsonb(a) ->> 'attgenerated', '') <> '' AS is_generated, t.typtype::text AS kind,
            (SELECT e.typname::text FROM pg_catalog.pg_type e WHERE e.oid = t.typelem AND t.typcategory = 'A') AS element
        FROM pg_catalog.pg_index i
        CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY k (number, position)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
        JOIN pg_catalog.pg_type b ON b.oid = a.atttypid
        JOIN pg_catalog.pg_type t ON t.oid = CASE b.typtype WHEN 'd' THEN b.typbasetype ELSE b.oid END
        WHERE i.indrelid = $1::oid AND i.indisunique AND i.indisvalid AND i.indimmediate
            AND i.indpred IS NULL AND i.indexprs IS NULL
            AND k.position <= COALESCE((pg_catalog.to_jsonb(i) ->> 'indnkeyatts')::int, i.indnatts)
        ORDER BY i.indisprimary DESC, i.indnatts, i.indexrelid, k.position";
    let system = connection.get_database_backend();
    let name = table.quoted_for(SqlDialect::Postgres);
    let found = connection.query_one_raw(Statement::from_sql_and_values(system, TABLE, [name.into()])).await?;
    let Some(found) = found else { return Ok(None) };
    let id: String = found.try_get("", "id")?;
    let mut columns = Vec::new();
    for row in connection.query_all_raw(Statement::from_sql_and_values(system, KEYS, [id.into()])).await? {
        let (base, required): (String, bool) = (row.try_get("", "base")?, row.try_get("", "required")?);
        let (type_name, kind): (String, String) = (row.try_get("", "type_name")?, row.try_get("", "kind")?);
        let element: Option<String> = row.try_get("", "element")?;
        let form = match &*base {
            _ if !required => Err("it may be null".to_owned()),
            _ if row.try_get::<bool>("", "is_generated")? => Err(GENERATED.to_owned()),
            "float4" | "float8" | "money" | "interval" => Err(format!("its type is {type_name}")),
            // Their text may hold other types, which the settings of a session write in different ways.
            _ if kind != "b" && kind != "e" => Err(format!("its type is {type_name}")),
            _ if element.is_some_and(|element| !PLAIN_ELEMENTS.contains(&&*element)) => {
                Err(format!("its type is {type_name}"))
            }
            "date" | "timestamp" | "timestamptz" => Ok(KeyForm::Cast { type_name, is_temporal: true }),
            _ => Ok(KeyForm::Cast { type_name, is_temporal: false }),
        };
        let (index, name) = (row.try_get("", "index_id")?, row.try_get("", "name")?);
        columns.push(IndexColumn { index, name, form, is_nullable: false });
    }
    let estimate: i64 = found.try_get("", "estimate")?;
    Ok(Some(TableShape {
        keys: joined(columns),
        schema: found.try_get("", "schema_name")?,
        engine_without_transactions: None,
        logs_statements: false,
        rows: u64::try_from(estimate).ok().filter(|rows| *rows > 0),
        may_keep_rows: found.try_get("", "may_keep_rows")?,
        hides_rows: found.try_get("", "hides_rows")?,
        is_lax: false,
        declared: Vec::new(),
    }))
}

async fn mysql(connection: &impl ConnectionTrait, table: &TableName) -> Result<Option<TableShape>, BackfillError> {
    const TABLE: &str = "SELECT CAST(t.table_rows AS SIGNED) AS estimate,
            CAST(@@sql_mode NOT LIKE '%STRICT_%' AS SIGNED) AS is_lax, CAST(@@time_zone AS CHAR) AS time_zone,
            CAST(t.table_schema AS CHAR) AS schema_name,
            CAST(CASE e.transactions WHEN 'YES' THEN NULL ELSE t.engine END AS CHAR) AS engine_without_transactions
        FROM information_schema.tables t LEFT JOIN information_schema.engines e ON e.engine = t.engine
        WHERE t.table_schema = COALESCE(?, DATABASE()) AND t.table_name = ? AND t.table_type = 'BASE TABLE'";
    const KEYS: &str = "SELECT CAST(s.index_name AS CHAR) AS index_id, CAST(s.column_name AS CHAR) AS name,
            CAST(c.data_type AS CHAR) AS type_name, CAST(c.character_set_name AS CHAR) AS charset,
            CAST(c.is_nullable = 'NO' AS SIGNED) AS required, CAST(s.sub_part IS NOT NULL AS SIGNED) AS is_prefix,
            CAST(COALESCE(c.generation_expression, '') <> '' OR c.extra LIKE '%on update%' AS SIGNED) AS is_generated
        FROM information_schema.statistics s LEFT JOIN (
            SELECT DISTINCT column_name, data_type, character_set_name, is_nullable, generation_expression, extra
            FROM information_schema.columns WHERE table_schema = COALESCE(?, DATABASE()) AND table_name = ?) c
            ON c.column_name = s.column_name
        WHERE s.table_schema = COALESCE(?, DATABASE()) AND s.table_name = ? AND s.non_unique = 0
        ORDER BY s.index_name = 'PRIMARY' DESC, s.index_name, s.seq_in_index";
    let system = connection.get_database_backend();
    let values = || [Value::from(table.schema.clone()), Value::from(table.name.clone())];
    let found = connection.query_one_raw(Statement::from_sql_and_values(system, TABLE, values())).await?;
    let Some(found) = found else { return Ok(None) };
    // A TIMESTAMP is written in the time zone of the session; the driver sets this one.
    let is_in_utc = found.try_get::<String>("", "time_zone")? == "+00:00";
    let mut columns = Vec::new();
    let twice = [values(), values()].concat();
    for row in connection.query_all_raw(Statement::from_sql_and_values(system, KEYS, twice)).await? {
        let name: Option<String> = row.try_get("", "name")?;
        let type_name: Option<String> = row.try_get("", "type_name")?;
        let charset: Option<String> = row.try_get("", "charset")?;
        let is_required = row.try_get::<Option<i64>>("", "required")? == Some(1);
        let form = match type_name.unwrap_or_default().to_lowercase().as_str() {
            "" => Err("it is an expression".to_owned()),
            _ if !is_required => Err("it may be null".to_owned()),
            _ if row.try_get::<i64>("", "is_prefix")? == 1 => {
                Err("it holds only the beginning of the column".to_owned())
            }
            _ if row.try_get::<Option<i64>>("", "is_generated")? == Some(1) => Err(GENERATED.to_owned()),
            "timestamp" if !is_in_utc => {
                Err("its type is timestamp, and the time zone of the session is not +00:00".to_owned())
            }
            "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "decimal" | "year" => Ok(KeyForm::Number),
            "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext"
                if charset.as_deref() != Some("binary") =>
            {
                Ok(KeyForm::Characters)
            }
            "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => Ok(KeyForm::Bytes),
            "date" | "datetime" | "timestamp" | "time" | "uuid" | "inet4" | "inet6" => Ok(KeyForm::Quoted),
            other => Err(format!("its type is {other}")),
        };
        let name = name.unwrap_or_else(|| "an expression".to_owned());
        columns.push(IndexColumn { index: row.try_get("", "index_id")?, name, form, is_nullable: false });
    }
    let estimate: Option<i64> = found.try_get("", "estimate")?;
    Ok(Some(TableShape {
        keys: joined(columns),
        schema: found.try_get("", "schema_name")?,
        engine_without_transactions: found.try_get("", "engine_without_transactions")?,
        logs_statements: logs_statements(connection).await?,
        rows: estimate.and_then(|rows| u64::try_from(rows).ok()),
        may_keep_rows: false,
        hides_rows: false,
        is_lax: found.try_get::<i64>("", "is_lax")? == 1,
        declared: Vec::new(),
    }))
}

/// Whether the session writes statements to the binary log, and not rows. InnoDB then refuses to change rows in READ
/// COMMITTED (error 1665). A future version may have no such setting.
async fn logs_statements(connection: &impl ConnectionTrait) -> Result<bool, DbErr> {
    const SETTINGS: &str = "SHOW SESSION VARIABLES WHERE variable_name IN ('binlog_format', 'log_bin', 'sql_log_bin')";
    let rows = connection.query_all_raw(Statement::from_string(connection.get_database_backend(), SETTINGS)).await?;
    let mut settings = Vec::new();
    for row in &rows {
        let (name, value): (String, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        settings.push((name.to_lowercase(), value.to_uppercase()));
    }
    let is = |name: &str, value: &str| settings.iter().any(|setting| setting.0 == name && setting.1 == value);
    Ok(is("binlog_format", "STATEMENT") && is("log_bin", "ON") && is("sql_log_bin", "ON"))
}

async fn sqlite(connection: &impl ConnectionTrait, table: &TableName) -> Result<Option<TableShape>, BackfillError> {
    let schema = table.schema.clone().unwrap_or_else(|| "main".to_owned());
    let system = connection.get_database_backend();
    let master = format!("{}.sqlite_schema", quoted_name(SqlDialect::Sqlite, &schema));
    // A constraint may keep a row as it is too: `ON CONFLICT IGNORE`.
    let known = format!(
        "SELECT (SELECT COUNT(*) FROM {master} t WHERE t.type = 'trigger' AND t.tbl_name = m.name COLLATE NOCASE)
            + (SELECT COUNT(*) FROM temp.sqlite_schema t WHERE t.type = 'trigger' AND t.tbl_name = m.name COLLATE NOCASE)
            + (m.sql LIKE '%conflict%') AS triggers
        FROM {master} m WHERE m.type = 'table' AND m.name = ? COLLATE NOCASE"
    );
    let values = || [Value::from(table.name.clone()), Value::from(schema.clone())];
    let name = [Value::from(table.name.clone())];
    let found = connection.query_one_raw(Statement::from_sql_and_values(system, known, name)).await?;
    let Some(found) = found else { return Ok(None) };
    const COLUMNS: &str = "SELECT name, type AS declared, \"notnull\" AS required, pk AS position
        FROM pragma_table_info(?, ?) ORDER BY pk";
    const KEYS: &str = "SELECT l.name AS index_id, i.name AS name, l.origin AS origin
        FROM pragma_index_list(?, ?) l JOIN pragma_index_info(l.name, ?) i
        WHERE l.\"unique\" AND NOT l.partial ORDER BY l.origin = 'pk' DESC, l.seq, i.seqno";
    let (mut declared, mut required, mut primary) = (Vec::new(), Vec::new(), Vec::new());
    for row in connection.query_all_raw(Statement::from_sql_and_values(system, COLUMNS, values())).await? {
        let (name, kind): (String, String) = (row.try_get("", "name")?, row.try_get("", "declared")?);
        if row.try_get::<i64>("", "position")? > 0 {
            primary.push((name.clone(), kind.clone()));
        }
        if row.try_get::<i64>("", "required")? == 1 {
            required.push(name.clone());
        }
        declared.push((name, kind));
    }
    let is_required = |name: &String| required.contains(name);
    let all = values().into_iter().chain([Value::from(schema.clone())]);
    let (mut columns, mut has_primary_index) = (Vec::new(), false);
    for row in connection.query_all_raw(Statement::from_sql_and_values(system, KEYS, all)).await? {
        let index: String = row.try_get("", "index_id")?;
        let name: Option<String> = row.try_get("", "name")?;
        let is_primary = row.try_get::<String>("", "origin")? == "pk";
        has_primary_index |= is_primary;
        let (form, is_nullable) = match &name {
            None => (Err("it is an expression".to_owned()), false),
            Some(name) if is_required(name) => (Ok(KeyForm::Storage), false),
            // SQLite accepts null in a primary key; most tables have none there.
            Some(_) if is_primary => (Ok(KeyForm::Storage), true),
            Some(_) => (Err("it may be null".to_owned()), false),
        };
        columns.push(IndexColumn {
            index,
            name: name.unwrap_or_else(|| "an expression".to_owned()),
            form,
            is_nullable,
        });
    }
    if let ([(name, _)], false) = (primary.as_slice(), has_primary_index) {
        let key =
            IndexColumn { index: String::new(), name: name.clone(), form: Ok(KeyForm::Storage), is_nullable: false };
        columns.insert(0, key);
    }
    Ok(Some(TableShape {
        keys: joined(columns),
        schema: None,
        engine_without_transactions: None,
        logs_statements: false,
        rows: None,
        may_keep_rows: found.try_get::<i64>("", "triggers")? > 0,
        hides_rows: false,
        is_lax: false,
        declared,
    }))
}
