//! The lease: the row that holds the lock of a run on a cluster of MySQL or MariaDB.
//!
//! All times are those of the database. Each change of the row is one statement that commits by itself: the cluster
//! lets one of two changes of the same row win, and refuses the other.

use std::time::Duration;

use sea_orm::sea_query::{ColumnDef, TableCreateStatement};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, DeriveIden, Statement, Value};

use super::{Holder, RevisionStore, table_text};
use crate::backend::Backend;
use crate::sql::SqlDialect;

#[derive(DeriveIden, Clone, Copy)]
enum LeaseColumn {
    Id,
    Token,
    Host,
    Process,
    Program,
    Since,
    LengthMs,
    ExpiresAt,
}

/// The row as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeaseRow {
    /// The token of the run that holds the lease; empty when it is free.
    pub(crate) token: String,
    /// That run.
    pub(crate) holder: Holder,
    /// When the lease ends unless it is renewed, as the database writes it.
    expires_at: String,
    /// How long the lease is after each renewal.
    pub(crate) length: Duration,
    /// How long ago it ended, if it has ended.
    pub(crate) ended: Option<Duration>,
}

impl LeaseRow {
    /// Whether a run holds the lease, and it has not ended.
    pub(crate) fn is_held(&self) -> bool {
        !self.token.is_empty() && self.ended.is_none()
    }

    /// What changes with each renewal.
    pub(crate) fn state(&self) -> (&str, &str) {
        (&self.token, &self.expires_at)
    }
}

impl RevisionStore {
    /// The table of the lease: the name of the record's table with `_lease` appended.
    pub(super) fn leases(&self) -> Self {
        self.beside("lease")
    }

    fn lease_definition(&self, backend: &dyn Backend) -> TableCreateStatement {
        self.new_table(backend)
            .col(ColumnDef::new(LeaseColumn::Id).integer().not_null().primary_key())
            .col(ColumnDef::new(LeaseColumn::Token).string_len(32).not_null())
            .col(ColumnDef::new(LeaseColumn::Host).string_len(255).not_null())
            .col(ColumnDef::new(LeaseColumn::Process).big_integer().not_null())
            .col(ColumnDef::new(LeaseColumn::Program).string_len(255).not_null())
            .col(backend.timestamp_column(&mut ColumnDef::new(LeaseColumn::Since)).not_null())
            .col(ColumnDef::new(LeaseColumn::LengthMs).big_integer().not_null())
            .col(backend.timestamp_column(&mut ColumnDef::new(LeaseColumn::ExpiresAt)).not_null())
            .take()
    }

    /// Reads the lease; `None` when it was never taken.
    ///
    /// # Errors
    ///
    /// The error of the database, for instance that the table does not exist.
    pub(crate) async fn lease(
        &self,
        connection: &DatabaseConnection,
        backend: &dyn Backend,
    ) -> Result<Option<LeaseRow>, DbErr> {
        let sql = format!(
            "SELECT token, host, process, program, since, '' AS steps, length_ms, CAST(expires_at AS CHAR) AS expires,
                CAST(TIMESTAMPDIFF(MICROSECOND, expires_at, UTC_TIMESTAMP(3)) AS SIGNED) AS overdue
            FROM {} WHERE id = 1",
            self.leases().quoted(backend.sql_dialect())
        );
        let row = connection.query_one_raw(Statement::from_string(connection.get_database_backend(), sql)).await?;
        let Some(row) = row else { return Ok(None) };
        let length: i64 = row.try_get("", "length_ms")?;
        Ok(Some(LeaseRow {
            token: row.try_get("", "token")?,
            holder: Holder::read(&row)?,
            expires_at: row.try_get("", "expires")?,
            length: Duration::from_millis(length.unsigned_abs()),
            ended: u64::try_from(row.try_get::<i64>("", "overdue")?).ok().map(Duration::from_micros),
        }))
    }

    /// Creates the table of the lease, if it is missing. Several runs may do so at the same time, on several servers.
    pub(crate) async fn make_lease_table(
        &self,
        connection: &DatabaseConnection,
        backend: &dyn Backend,
    ) -> Result<(), DbErr> {
        let leases = self.leases();
        let create = table_text(&leases.lease_definition(backend), backend.sql_dialect());
        connection.execute_unprepared(&create).await.map(drop)
    }

    /// Takes the lease if its row is still the one that was read. Returns whether that succeeded.
    pub(crate) async fn take_lease(
        &self,
        connection: &DatabaseConnection,
        seen: Option<&LeaseRow>,
        (token, length): (&str, Duration),
        holder: &Holder,
    ) -> Result<bool, DbErr> {
        let table = self.leases().quoted(SqlDialect::MySql);
        let new = [
            token.into(),
            holder.host.clone().into(),
            holder.process.into(),
            holder.program.clone().into(),
            milliseconds(length).into(),
            (milliseconds(length) * 1000).into(),
        ];
        let (sql, values): (String, Vec<Value>) = match seen {
            None => {
                let sql = format!(
                    "INSERT INTO {table} (id, token, host, process, program, since, length_ms, expires_at)
                    VALUES (1, ?, ?, ?, ?, UTC_TIMESTAMP(3), ?, UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND)"
                );
                (sql, new.into())
            }
            Some(seen) => {
                let sql = format!(
                    "UPDATE {table} SET token = ?, host = ?, process = ?, program = ?, since = UTC_TIMESTAMP(3),
                        length_ms = ?, expires_at = UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND
                    WHERE id = 1 AND token = ? AND expires_at = ?"
                );
                (sql, new.into_iter().chain([seen.token.clone().into(), seen.expires_at.clone().into()]).collect())
            }
        };
        changes_one(connection, sql, values).await
    }

    /// Renews the lease. Returns whether the run with this token still holds it.
    pub(crate) async fn renew_lease(
        &self,
        connection: &DatabaseConnection,
        token: &str,
        length: Duration,
    ) -> Result<bool, DbErr> {
        let sql = format!(
            "UPDATE {} SET expires_at = UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND WHERE id = 1 AND token = ?",
            self.leases().quoted(SqlDialect::MySql)
        );
        changes_one(connection, sql, vec![(milliseconds(length) * 1000).into(), token.into()]).await
    }

    /// Releases the lease, unless another run has taken it over.
    pub(crate) async fn release_lease(&self, connection: &DatabaseConnection, token: &str) -> Result<(), DbErr> {
        let sql = format!(
            "UPDATE {} SET token = '', expires_at = UTC_TIMESTAMP(3) WHERE id = 1 AND token = ?",
            self.leases().quoted(SqlDialect::MySql)
        );
        changes_one(connection, sql, vec![token.into()]).await.map(drop)
    }
}

/// Whether a statement changed the one row of the table.
async fn changes_one(connection: &DatabaseConnection, sql: String, values: Vec<Value>) -> Result<bool, DbErr> {
    let statement = Statement::from_sql_and_values(connection.get_database_backend(), sql, values);
    Ok(connection.execute_raw(statement).await?.rows_affected() == 1)
}

fn milliseconds(length: Duration) -> i64 {
    i64::try_from(length.as_millis()).unwrap_or(i64::MAX / 1000)
}
