//! Replaces a table with a new one, and keeps its rows and all objects that belong to it.
//!
//! The old table is renamed. The new table is created under the old name from the edited text, and filled. Then the old
//! table is dropped. `legacy_alter_table` keeps SQLite from changing the name in views, triggers and foreign keys of
//! other tables, which continue to name the table. Foreign keys must be off: dropping a table deletes its rows first,
//! and with foreign keys on these deletions cascade.

use sea_orm::sea_query::{QueryBuilder, SqliteQueryBuilder};
use sea_orm::{ConnectionTrait, DbBackend, DbErr};

use super::copy_columns::{COPY_COLUMNS, CopyColumns};
use super::plan::RebuiltTable;
use super::row_counts::RowCounts;
use super::script_guard::stop_if_unknown;
use super::snapshot::{Snapshot, statement};
use crate::alter::clause::quoted;
use crate::alter::error::AlterError;
use crate::alter::foreign_keys::json_value;
use crate::alter::offline_scope::{check, is_written_down, precondition};
use crate::alter::rebuild_scope;
use crate::database_error::reason;
use crate::sqlite_ddl::same;
use crate::sqlite_ddl::table_text::TableText;

/// Rebuilds the table as `new`. If this fails, the caller undoes everything.
pub(super) async fn rebuild(
    connection: &impl ConnectionTrait,
    snapshot: &Snapshot,
    new: &RebuiltTable,
    counts_losses: bool,
) -> Result<(), AlterError> {
    let facts = RebuildFacts::read(connection, &snapshot.table).await?;
    require_foreign_keys_off(facts.foreign_keys, snapshot)?;
    require_bare_columns(snapshot, &new.text)?;
    let has_others = require_nothing_temporary(&facts, snapshot)? || snapshot.has_triggers_or_views();
    let before = check(RowCounts::take(connection, &snapshot.family())).await?;
    require_values(snapshot, &new.unfilled, before.rows())?;
    check(require_key(connection, snapshot, &new.keyed)).await?;
    if counts_losses {
        require_values_kept(connection, snapshot, &facts.columns, new).await?;
    }
    if is_written_down() {
        for statement in stop_if_unknown(snapshot) {
            run(connection, &statement).await?;
        }
    }
    // Only triggers and views can break: whatever else names a column of the table is created again with it.
    let broken = async || if has_others { check(broken_object(connection, &facts.free_name)).await } else { Ok(None) };
    let was_broken = broken().await?.is_some();
    rebuild_scope::restored(run(connection, "PRAGMA legacy_alter_table = ON")).await?;
    let replaced = replace(connection, snapshot, &facts, new).await;
    if !facts.legacy_alter_table {
        rebuild_scope::restored(run(connection, "PRAGMA legacy_alter_table = OFF")).await?;
    }
    replaced?;
    check(before.require_same(connection, &snapshot.table)).await?;
    match broken().await? {
        Some(reason) if !was_broken => Err(AlterError::BrokenObject { table: snapshot.table.clone(), reason }),
        _ => Ok(()),
    }
}

async fn replace(
    connection: &impl ConnectionTrait,
    snapshot: &Snapshot,
    facts: &RebuildFacts,
    new_table: &RebuiltTable,
) -> Result<(), AlterError> {
    let text = &new_table.text;
    let old_name = &facts.free_name;
    let [table, aside] = [&snapshot.table, old_name].map(|name| quoted(DbBackend::Sqlite, name));
    run(connection, &format!("ALTER TABLE \"main\".{table} RENAME TO {aside}")).await?;
    run(connection, &text.text()).await?;
    let new = CopyColumns::read(connection, &snapshot.table).await?;
    run(connection, &facts.columns.copy_to(&new, new_table, &aside, &table)).await?;
    if text.all_constraints().iter().any(|(_, constraint)| constraint.autoincrement)
        && has_sequences(connection).await?
    {
        move_sequence(connection, old_name, &snapshot.table).await?;
    }
    run(connection, &format!("DROP TABLE \"main\".{aside}")).await?;
    for object in snapshot.indexes.iter().chain(&snapshot.triggers) {
        run(connection, &object.sql).await?;
    }
    Ok(())
}

/// What a rebuild has to know of the session and the table, apart from the rows.
struct RebuildFacts {
    /// Whether SQLite enforces foreign keys.
    foreign_keys: bool,
    legacy_alter_table: bool,
    /// A temporary object of the table, or another temporary trigger or view.
    temporary: Option<TemporaryObject>,
    /// A name that no object has yet, for the old table.
    free_name: String,
    columns: CopyColumns,
}

/// A temporary object, and whether it belongs to the table.
type TemporaryObject = (String, bool);

impl RebuildFacts {
    /// Reads them in one statement.
    async fn read(connection: &impl ConnectionTrait, table: &str) -> Result<Self, DbErr> {
        let free_name = format!("seachange_old_{table}");
        let question = statement(&rebuild_facts(), [table.into(), free_name.as_str().into()]);
        let row = connection.query_one_raw(question).await?;
        let row = row.ok_or_else(|| DbErr::RecordNotFound("the settings of the session".to_owned()))?;
        let temporary: Option<(String, i32)> = json_value(&row, 2)?;
        Ok(Self {
            foreign_keys: row.try_get_by_index(0)?,
            legacy_alter_table: row.try_get_by_index(1)?,
            temporary: temporary.map(|(object, is_own)| (object, is_own == 1)),
            free_name: beside(free_name, &json_value::<Vec<String>>(&row, 3)?),
            columns: CopyColumns::from_row(&row, 4)?,
        })
    }
}

/// The query for [`RebuildFacts`] of table `?1`, whose old table gets the name `?2`.
pub(super) fn rebuild_facts() -> String {
    format!(
        "SELECT (SELECT foreign_keys FROM pragma_foreign_keys), \
         (SELECT legacy_alter_table FROM pragma_legacy_alter_table), {TEMPORARY_OBJECT}, {NAMES}, {COPY_COLUMNS}"
    )
}

/// The first temporary object of table `?1`; otherwise a temporary trigger or view.
const TEMPORARY_OBJECT: &str = "ifnull((SELECT json_array(object, is_own) FROM (\
     SELECT type || ' `' || name || '`' AS object, tbl_name = ?1 COLLATE NOCASE OR name = ?1 COLLATE NOCASE AS is_own \
     FROM sqlite_temp_schema WHERE is_own OR type IN ('trigger', 'view') ORDER BY is_own DESC LIMIT 1)), 'null')";

/// The names of all objects that begin with `?2`.
const NAMES: &str = "(SELECT json_group_array(name) FROM main.sqlite_schema \
     WHERE substr(name, 1, length(?2)) = ?2 COLLATE NOCASE)";

fn require_foreign_keys_off(foreign_keys: bool, snapshot: &Snapshot) -> Result<(), AlterError> {
    if foreign_keys {
        rebuild_scope::report();
        return Err(AlterError::ForeignKeysOn { table: snapshot.table.clone() });
    }
    Ok(())
}

/// Refuses a definition that qualifies its own columns, such as a check with `posts.title` instead of `title`. SQLite
/// does not change the name there when the old table is renamed, and then treats the table as broken.
fn require_bare_columns(snapshot: &Snapshot, new: &TableText) -> Result<(), AlterError> {
    let table = &snapshot.table;
    if !snapshot.text.names_itself(table) && !new.names_itself(table) {
        return Ok(());
    }
    Err(AlterError::Uneditable {
        table: table.clone(),
        reason: format!("it qualifies its own columns with `{table}.`"),
    })
}

/// Refuses temporary objects. A temporary trigger would be dropped with the old table; a temporary table would receive
/// the statements for the new one. Returns whether there are other temporary triggers or views.
fn require_nothing_temporary(facts: &RebuildFacts, snapshot: &Snapshot) -> Result<bool, AlterError> {
    match &facts.temporary {
        Some((object, true)) => {
            Err(AlterError::TemporaryObject { table: snapshot.table.clone(), object: object.clone() })
        }
        other => Ok(other.is_some()),
    }
}

fn require_values(snapshot: &Snapshot, unfilled: &[String], rows: i64) -> Result<(), AlterError> {
    match unfilled.first() {
        Some(column) if rows > 0 => {
            Err(AlterError::NotNullWithoutDefault { table: snapshot.table.clone(), column: column.clone(), rows })
        }
        _ => Ok(()),
    }
}

/// Refuses rows without a value in the new key. If the key is one `integer` column, SQLite would generate numbers for
/// them.
async fn require_key(
    connection: &impl ConnectionTrait,
    snapshot: &Snapshot,
    columns: &[String],
) -> Result<(), AlterError> {
    let table = quoted(DbBackend::Sqlite, &snapshot.table);
    for column in columns {
        let quoted = quoted(DbBackend::Sqlite, column);
        let sql = format!("SELECT count(*) FROM \"main\".{table} WHERE {quoted} IS NULL AND ?1 IS NOT NULL");
        let rows = count(connection, &sql, &snapshot.table).await?;
        if rows > 0 {
            return Err(AlterError::NullsInPrimaryKey { table: snapshot.table.clone(), column: column.clone(), rows });
        }
    }
    Ok(())
}

/// Refuses values that the copy would change. An offline script gets statements that do this when it runs.
async fn require_values_kept(
    connection: &impl ConnectionTrait,
    snapshot: &Snapshot,
    columns: &CopyColumns,
    new: &RebuiltTable,
) -> Result<(), AlterError> {
    let table = &snapshot.table;
    if is_written_down() {
        for statement in new.conversions.iter().flat_map(|conversion| conversion.guard(table)) {
            run(connection, &statement).await?;
        }
    } else if !new.conversions.is_empty() {
        let kept = async {
            for conversion in &new.conversions {
                conversion.require_kept(connection, table, columns).await?;
            }
            Ok::<(), AlterError>(())
        };
        precondition(kept).await?;
    }
    Ok(())
}

/// Makes SQLite resolve every view and trigger of the database, and returns its message about the first that does not
/// work. Renaming a table has this effect, so a table of a free name is created for the purpose, renamed, and rolled back.
async fn broken_object(connection: &impl ConnectionTrait, free_name: &str) -> Result<Option<String>, AlterError> {
    let name = quoted(DbBackend::Sqlite, free_name);
    run(connection, "SAVEPOINT seachange_probe").await?;
    run(connection, &format!("CREATE TABLE \"main\".{name} (x)")).await?;
    let renamed = run(connection, &format!("ALTER TABLE \"main\".{name} RENAME TO \"seachange probe renamed\"")).await;
    run(connection, "ROLLBACK TO seachange_probe").await?;
    run(connection, "RELEASE seachange_probe").await?;
    Ok(renamed.err().map(|error| reason(&error)))
}

/// Returns a name that begins with `name`, and differs from all of the `taken` ones.
fn beside(mut name: String, taken: &[String]) -> String {
    while taken.iter().any(|other| same(other, &name)) {
        name.push('_');
    }
    name
}

/// Returns whether any table has ever had an `AUTOINCREMENT` column.
async fn has_sequences(connection: &impl ConnectionTrait) -> Result<bool, DbErr> {
    let sql = "SELECT count(*) FROM main.sqlite_schema WHERE name = ?1";
    Ok(count(connection, sql, "sqlite_sequence").await? > 0)
}

/// Gives the table the last key that `AUTOINCREMENT` generated for the old one, which may be higher than any existing
/// key. The key is not read, because the statements may go to an offline script for a database with another key.
async fn move_sequence(connection: &impl ConnectionTrait, from: &str, to: &str) -> Result<(), DbErr> {
    let [from, to] = [from, to].map(|name| SqliteQueryBuilder.value_to_string(&name.into()));
    let old = format!("FROM \"main\".\"sqlite_sequence\" WHERE \"name\" = {from}");
    run(
        connection,
        &format!("DELETE FROM \"main\".\"sqlite_sequence\" WHERE \"name\" = {to} AND EXISTS (SELECT 1 {old})"),
    )
    .await?;
    run(connection, &format!("INSERT INTO \"main\".\"sqlite_sequence\" (\"name\", \"seq\") SELECT {to}, \"seq\" {old}"))
        .await
}

async fn count(connection: &impl ConnectionTrait, sql: &str, name: &str) -> Result<i64, DbErr> {
    let row = connection.query_one_raw(statement(sql, [name.into()])).await?;
    row.map_or(Ok(0), |row| row.try_get_by_index(0))
}

pub(super) async fn run(connection: &impl ConnectionTrait, sql: &str) -> Result<(), DbErr> {
    connection.execute_unprepared(sql).await.map(|_| ())
}
