//! Values of PostgreSQL, in its binary format: they are sent as parameters of their former types.

use sea_orm::sqlx::encode::IsNull;
use sea_orm::sqlx::error::BoxDynError;
use sea_orm::sqlx::postgres::types::Oid;
use sea_orm::sqlx::postgres::{PgArgumentBuffer, PgRow, PgTypeInfo, PgValueFormat};
use sea_orm::sqlx::{self, AssertSqlSafe, Column, Encode, Postgres, Row, Type, ValueRef};
use sea_orm::{DatabaseConnection, DatabaseConnectionType, DbErr, QueryResult, RuntimeErr};

use super::{StoredCell, bytes, quoted, unreadable};
use crate::store::hexadecimal;

/// The values of a row.
pub(super) fn cells(row: &PgRow) -> Option<Vec<StoredCell>> {
    (0..row.len()).map(|index| cell(row, index)).collect()
}

fn cell(row: &PgRow, index: usize) -> Option<StoredCell> {
    let value = row.try_get_raw(index).ok()?;
    let kind = row.columns().get(index)?.type_info().oid()?.0.to_string();
    if value.is_null() {
        return Some(StoredCell { kind, value: None });
    }
    if value.format() != PgValueFormat::Binary {
        return None;
    }
    Some(StoredCell { kind, value: Some(hexadecimal(value.as_bytes().ok()?)) })
}

/// Selects the values again.
pub(super) async fn select(
    names: &[String],
    rows: &[Vec<StoredCell>],
    connection: &DatabaseConnection,
) -> Result<Vec<QueryResult>, DbErr> {
    let DatabaseConnectionType::SqlxPostgresPoolConnection(_) = &connection.inner else { return Err(unreadable()) };
    let pool = connection.get_postgres_connection_pool();
    let columns: Vec<String> =
        names.iter().enumerate().map(|(index, name)| format!("${} AS {}", index + 1, quoted(name, '"'))).collect();
    let mut made = Vec::new();
    for row in rows {
        // SQLx keeps a prepared statement by its text, and the parameters have the types of this row. It asks for a type that
        // it does not know while the statement is prepared, which would replace a statement without a name.
        let kinds: Vec<&str> = row.iter().map(|cell| cell.kind.as_str()).collect();
        let sql = format!("SELECT {} /* {} */", columns.join(", "), kinds.join(" "));
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for cell in row {
            query = query.bind(Raw::of(cell).ok_or_else(unreadable)?);
        }
        let selected = query.fetch_all(pool).await;
        let wrap = |error: sqlx::Error| DbErr::Query(RuntimeErr::SqlxError(error.into()));
        made.extend(selected.map_err(wrap)?.into_iter().map(QueryResult::from));
    }
    Ok(made)
}

/// A value in the binary format.
struct Raw {
    oid: Oid,
    bytes: Option<Vec<u8>>,
}

impl Raw {
    fn of(cell: &StoredCell) -> Option<Self> {
        let value = match &cell.value {
            Some(text) => Some(bytes(text)?),
            None => None,
        };
        Some(Self { oid: Oid(cell.kind.parse().ok()?), bytes: value })
    }
}

impl Type<Postgres> for Raw {
    fn type_info() -> PgTypeInfo {
        // The value itself has the type: see `produces`.
        PgTypeInfo::with_oid(Oid(0))
    }
}

impl Encode<'_, Postgres> for Raw {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        match &self.bytes {
            Some(bytes) => {
                buffer.extend_from_slice(bytes);
                Ok(IsNull::No)
            }
            None => Ok(IsNull::Yes),
        }
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(PgTypeInfo::with_oid(self.oid))
    }
}
