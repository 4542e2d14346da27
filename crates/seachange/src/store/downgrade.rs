//! Stored downgrades: the statements that revert an applied revision, for a program that does not have its code.
//!
//! | column | holds |
//! | --- | --- |
//! | `revision` | the id |
//! | `message` | the first line of its documentation |
//! | `source_hash` | the hash of its file when the downgrade was captured |
//! | `database_system` | the system for which it was captured |
//! | `captured_at` | when, in UTC |
//! | `use_transaction` | what the revision says about a transaction: 1, 0, or nothing |
//! | `foreign_keys_off` | 1 if it rebuilds tables of SQLite with foreign keys off, else 0 |
//! | `schema_hash` | on SQLite, the hash of the tables that the statements name, where they depend on it |
//! | `statement_hash` | the SHA-256 of the statements as JSON |
//! | `encoding` | `json`, or `deflate` for compressed JSON |
//! | `statements` | the statements |
//! | `obstacle` | why there are no statements |

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{
    Asterisk, ColumnDef, DeleteStatement, Expr, ExprTrait, Index, OnConflict, Query, TableCreateStatement,
};
use sea_orm::{ConnectionTrait, DbErr, DeriveIden, QueryResult};
use seachange_graph::MAX_ID_LENGTH;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{RevisionStore, hexadecimal};
use crate::backend::Backend;
use crate::sql::SqlDialect;

/// From this length on, in bytes, the statements are compressed.
const COMPRESSED_FROM: usize = 1024;

/// The most that the texts of the statements may have, in bytes.
pub(crate) const LARGEST: usize = 4 << 20;

/// The most that compressed statements have as JSON, in bytes: each character may be written as an escape of six.
const LARGEST_JSON: usize = 8 * LARGEST;

/// The level of compression: most of what a higher level saves, in a fraction of its time.
const LEVEL: u8 = 3;

#[derive(DeriveIden, Clone, Copy)]
enum DowngradeColumn {
    Revision,
    Message,
    SourceHash,
    DatabaseSystem,
    CapturedAt,
    UseTransaction,
    ForeignKeysOff,
    SchemaHash,
    StatementHash,
    Encoding,
    Statements,
    Obstacle,
}

const COLUMNS: [DowngradeColumn; 12] = [
    DowngradeColumn::Revision,
    DowngradeColumn::Message,
    DowngradeColumn::SourceHash,
    DowngradeColumn::DatabaseSystem,
    DowngradeColumn::CapturedAt,
    DowngradeColumn::UseTransaction,
    DowngradeColumn::ForeignKeysOff,
    DowngradeColumn::SchemaHash,
    DowngradeColumn::StatementHash,
    DowngradeColumn::Encoding,
    DowngradeColumn::Statements,
    DowngradeColumn::Obstacle,
];

/// The downgrade of an applied revision, captured when the revision was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredDowngrade {
    /// The id of the revision.
    pub revision: String,
    /// The first line of the documentation of the revision.
    pub message: String,
    /// The hash of the file of the revision.
    pub source_hash: String,
    /// The database system for which it was captured.
    pub system: String,
    /// When it was captured.
    pub captured_at: DateTime<Utc>,
    /// The statements, or why they are missing.
    pub capture: Result<DowngradeScript, DowngradeObstacle>,
}

/// The statements of a downgrade, and how they run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DowngradeScript {
    /// The statements in order, with their values written out.
    pub statements: Vec<DowngradeStatement>,
    /// What the revision says about a transaction, as
    /// [`use_transaction`](sea_orm_migration::MigrationTrait::use_transaction).
    pub use_transaction: Option<bool>,
    /// Whether it rebuilds tables of SQLite, for which the engine switches foreign keys off.
    pub foreign_keys_off: bool,
    /// On SQLite, a hash of the definitions of the tables that the statements name, if the statements were made from
    /// them. They are then refused on other definitions.
    pub schema_hash: Option<String>,
}

/// A statement of a downgrade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum DowngradeStatement {
    /// A text that is sent to the database.
    Sql(String),
    /// The code begins a transaction, inside of the open one if there is one.
    Begin,
    /// The code commits the innermost transaction.
    Commit,
    /// The code rolls back the innermost transaction.
    Rollback,
}

/// Why no statements are stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DowngradeObstacle {
    /// They could not be captured, for this reason.
    #[error("it could not be captured: {0}")]
    NotCaptured(String),
    /// The stored text is not the text that was captured: its hash differs, or it cannot be read.
    #[error("the stored statements were changed: {0}")]
    Changed(&'static str),
}

impl DowngradeScript {
    /// The statements as texts, one each.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.statements.iter().map(|statement| match statement {
            DowngradeStatement::Sql(text) => text.as_str(),
            DowngradeStatement::Begin => "BEGIN",
            DowngradeStatement::Commit => "COMMIT",
            DowngradeStatement::Rollback => "ROLLBACK",
        })
    }
}

impl RevisionStore {
    /// The table of stored downgrades: the name of the record's table with `_downgrade` appended.
    pub(super) fn downgrades(&self) -> Self {
        self.beside("downgrade")
    }

    /// Reads the stored downgrades of all applied revisions; empty when the table does not exist.
    pub(crate) async fn stored_downgrades(
        &self,
        connection: &impl ConnectionTrait,
        backend: &dyn Backend,
    ) -> Result<Vec<StoredDowngrade>, DbErr> {
        let select = Query::select().column(Asterisk).from(self.downgrades().table()).take();
        match connection.query_all(&select).await {
            Ok(rows) => rows.iter().map(read).collect(),
            Err(error) if backend.is_missing_table(&error) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Writes a downgrade, in the place of one that a program of an earlier version left, as plain SQL.
    pub(crate) fn downgrade_text(&self, backend: &dyn Backend, downgrade: &StoredDowngrade) -> String {
        let dialect = backend.sql_dialect();
        let text = |text: &str| Expr::cust(backend.text_literal(text));
        let nothing = || Expr::cust("NULL");
        let (script, obstacle) = match &downgrade.capture {
            Ok(script) => (Some(script), None),
            Err(DowngradeObstacle::NotCaptured(reason)) => (None, Some(reason.clone())),
            Err(DowngradeObstacle::Changed(reason)) => (None, Some((*reason).to_owned())),
        };
        let json = script.map(|script| json(&script.statements));
        let stored = json.as_deref().map(encode);
        let insert = Query::insert()
            .into_table(self.downgrades().table())
            .columns(COLUMNS)
            .values_panic([
                downgrade.revision.clone().into(),
                text(&downgrade.message),
                downgrade.source_hash.clone().into(),
                downgrade.system.clone().into(),
                super::moment(dialect, downgrade.captured_at).into(),
                script.and_then(|script| script.use_transaction).map(i64::from).into(),
                i64::from(script.is_some_and(|script| script.foreign_keys_off)).into(),
                script.and_then(|script| script.schema_hash.clone()).into(),
                json.as_deref().map_or_else(nothing, |json| hash(json).into()),
                stored.as_ref().map_or_else(nothing, |(encoding, _)| (*encoding).into()),
                stored.map_or_else(nothing, |(_, bytes)| Expr::cust(bytes_literal(dialect, &bytes))),
                obstacle.as_deref().map_or_else(nothing, text),
            ])
            .on_conflict(
                OnConflict::column(DowngradeColumn::Revision).update_columns(COLUMNS.into_iter().skip(1)).to_owned(),
            )
            .take();
        super::text(&insert, dialect)
    }

    /// The deletion of what the tables beside the record hold of a revision, its downgrade and its backfills, as plain
    /// SQL.
    pub(crate) fn details_deletion_text(&self, dialect: SqlDialect, revision: &str) -> String {
        let [downgrade, backfills] = [self.downgrade_deletion(revision), self.backfill_deletion(revision)];
        format!("{}; {}", super::text(&downgrade, dialect), super::text(&backfills, dialect))
    }

    pub(super) fn downgrade_deletion(&self, revision: &str) -> DeleteStatement {
        let table = self.downgrades().table();
        Query::delete().from_table(table).and_where(Expr::col(DowngradeColumn::Revision).eq(revision)).take()
    }

    pub(super) fn downgrade_definition(&self, backend: &dyn Backend) -> TableCreateStatement {
        let id_length = u32::try_from(MAX_ID_LENGTH).unwrap_or(u32::MAX);
        let mut bytes = ColumnDef::new(DowngradeColumn::Statements);
        match backend.sql_dialect() {
            SqlDialect::MySql => bytes.custom("longblob"),
            SqlDialect::Postgres | SqlDialect::Sqlite => bytes.blob(),
        };
        self.new_table(backend)
            .col(ColumnDef::new(DowngradeColumn::Revision).string_len(id_length).not_null())
            .col(backend.long_text(&mut ColumnDef::new(DowngradeColumn::Message)).not_null())
            .col(ColumnDef::new(DowngradeColumn::SourceHash).string_len(64).not_null())
            .col(ColumnDef::new(DowngradeColumn::DatabaseSystem).string_len(32).not_null())
            .col(backend.timestamp_column(&mut ColumnDef::new(DowngradeColumn::CapturedAt)).not_null())
            .col(ColumnDef::new(DowngradeColumn::UseTransaction).big_integer())
            .col(ColumnDef::new(DowngradeColumn::ForeignKeysOff).big_integer().not_null())
            .col(ColumnDef::new(DowngradeColumn::SchemaHash).string_len(64))
            .col(ColumnDef::new(DowngradeColumn::StatementHash).string_len(64))
            .col(ColumnDef::new(DowngradeColumn::Encoding).string_len(16))
            .col(&mut bytes)
            .col(backend.long_text(&mut ColumnDef::new(DowngradeColumn::Obstacle)))
            .primary_key(Index::create().col(DowngradeColumn::Revision))
            .take()
    }
}

/// The statements as the text that is hashed and stored.
fn json(statements: &[DowngradeStatement]) -> String {
    // Strings in a list can always be written as JSON.
    serde_json::to_string(statements).unwrap_or_default()
}

fn hash(json: &str) -> String {
    hexadecimal(&Sha256::digest(json.as_bytes()))
}

/// The name of the encoding, and the bytes.
fn encode(json: &str) -> (&'static str, Vec<u8>) {
    if json.len() < COMPRESSED_FROM {
        return ("json", json.as_bytes().to_vec());
    }
    ("deflate", miniz_oxide::deflate::compress_to_vec(json.as_bytes(), LEVEL))
}

fn decode(encoding: &str, bytes: Vec<u8>) -> Option<String> {
    let bytes = match encoding {
        "json" => bytes,
        "deflate" => miniz_oxide::inflate::decompress_to_vec_with_limit(&bytes, LARGEST_JSON).ok()?,
        _ => return None,
    };
    String::from_utf8(bytes).ok()
}

/// Bytes as a literal that does not depend on the settings of the session.
fn bytes_literal(dialect: SqlDialect, bytes: &[u8]) -> String {
    let digits = hexadecimal(bytes);
    match dialect {
        SqlDialect::Postgres => format!("pg_catalog.decode('{digits}', 'hex')"),
        SqlDialect::MySql | SqlDialect::Sqlite => format!("X'{digits}'"),
    }
}

fn read(result: &QueryResult) -> Result<StoredDowngrade, DbErr> {
    let obstacle: Option<String> = result.try_get("", "obstacle")?;
    let capture = match obstacle {
        Some(reason) => Err(DowngradeObstacle::NotCaptured(reason)),
        None => read_script(result)?,
    };
    Ok(StoredDowngrade {
        revision: result.try_get("", "revision")?,
        message: result.try_get("", "message")?,
        source_hash: result.try_get("", "source_hash")?,
        system: result.try_get("", "database_system")?,
        captured_at: result.try_get("", "captured_at")?,
        capture,
    })
}

fn read_script(result: &QueryResult) -> Result<Result<DowngradeScript, DowngradeObstacle>, DbErr> {
    let encoding: Option<String> = result.try_get("", "encoding")?;
    let bytes: Option<Vec<u8>> = result.try_get("", "statements")?;
    let recorded: Option<String> = result.try_get("", "statement_hash")?;
    let use_transaction: Option<i64> = result.try_get("", "use_transaction")?;
    let schema_hash: Option<String> = result.try_get("", "schema_hash")?;
    let foreign_keys_off: i64 = result.try_get("", "foreign_keys_off")?;
    let Some(text) = encoding.zip(bytes).and_then(|(encoding, bytes)| decode(&encoding, bytes)) else {
        return Ok(Err(DowngradeObstacle::Changed("they cannot be read")));
    };
    if recorded != Some(hash(&text)) {
        return Ok(Err(DowngradeObstacle::Changed("their hash is another one")));
    }
    Ok(match serde_json::from_str(&text) {
        Ok(statements) => Ok(DowngradeScript {
            statements,
            use_transaction: use_transaction.map(|value| value != 0),
            foreign_keys_off: foreign_keys_off != 0,
            schema_hash,
        }),
        Err(_) => Err(DowngradeObstacle::Changed("a newer version of seachange wrote them in another form")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_compressed_from_a_kilobyte_on() {
        for (length, expected) in [(10, "json"), (900, "json"), (5000, "deflate")] {
            let statements = vec![DowngradeStatement::Begin, DowngradeStatement::Sql("ä".repeat(length / 2))];
            let text = json(&statements);
            let (encoding, bytes) = encode(&text);
            assert_eq!(encoding, expected, "{length}");
            assert!(encoding == "json" || bytes.len() < length / 10, "{} bytes", bytes.len());
            assert_eq!(decode(encoding, bytes).as_deref(), Some(text.as_str()));
            assert_eq!(serde_json::from_str::<Vec<DowngradeStatement>>(&text).ok(), Some(statements));
        }
        assert_eq!(decode("deflate", b"no stream".to_vec()), None);
        assert_eq!(decode("zstd", Vec::new()), None);
    }
}
