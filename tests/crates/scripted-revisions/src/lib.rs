//! Six revisions in a line, `l1` to `l6`, which read what they do from a file. A test of an ill-behaved revision writes
//! such a file and compiles nothing.
//!
//! # The file
//!
//! `SCRIPTED_ACTIONS` is the path of a JSON file. A revision that the file does not name does nothing.
//!
//! ```json
//! {
//!   "l1": {
//!     "use_transaction": false,
//!     "up": [
//!       {"text": "CREATE TABLE a (id INT PRIMARY KEY, name TEXT)"},
//!       {"execute": {"sql": "INSERT INTO a VALUES (?, ?)", "values": [1, "Ada"]}},
//!       {"each": {"sql": "SELECT id FROM a", "actions": [{"text": "UPDATE a SET name = 'x' WHERE id = {id}"}]}}
//!     ],
//!     "down": [{"text": "DROP TABLE a"}]
//!   }
//! }
//! ```
//!
//! `use_transaction` is `true`, `false` or absent, as in [`MigrationTrait::use_transaction`]. `up` and `down` are lists of
//! actions; [`Action`] documents each of them and its fields.
//!
//! # Variables
//!
//! A read stores values under names. In any SQL text and any printed text, `{name}` stands for the value of the
//! variable (`NULL` for a null); a brace that holds the name of no variable stays as it is. Among the `values` of a
//! statement, the string `"$name"` is the value of the variable, with its type.
//!
//! Bound values are written as `?` on every database; on PostgreSQL they become `$1`, `$2` and so on, except inside of
//! single quotes. Integers are bound as 64-bit integers, other numbers as 64-bit floats.
//!
//! # The environment
//!
//! - `SCRIPTED_OUTPUT=PATH`: a file to which `print` and everything with `"print": true` appends lines.
//! - `SCRIPTED_AT="7: kill"`: the process kills itself with SIGKILL at the seventh moment. Moments are counted from 1 in
//!   each process: there is one before each action, in the order in which actions run, and one at the end of each `up`
//!   and `down`.
//! - `SCRIPTED_AT="7: wait"`: at the seventh moment the process writes the file `reached` into its working directory and
//!   waits for a file `go`.
//! - `SCRIPTED_AT="7: fail"`: the code returns an error at the seventh moment.
//! - `SCRIPTED_LOG=PATH`: each moment appends a line `NUMBER REVISION ACTION` to a file.
//!
//! - `SCRIPTED_KNOWS=2`: the program has the first two revisions only, as one that was built before the others were written.
//!
//! An upgrade records each downgrade, to store it. Moments, prints, and actions outside the database do not happen then.
//!
//! # The programs
//!
//! - `scripted-migration` is the command line of the engine.
//! - `scripted-seaql` runs the same revisions with sea-orm-migration's own `Migrator`, on one connection.
//! - `scripted-embedded` is a service that embeds the engine and lends it a pool; its own documentation says how.

mod action;
mod cell;
mod moment;
mod player;
mod schema;
mod variables;

use std::collections::BTreeMap;
use std::{env, fs};

use seachange::prelude::*;
use seachange::{Migrations, RegisteredRevision};
use serde::Deserialize;

pub use action::Action;
use player::Player;

seachange::include_revisions!();

/// The revisions of the program: all of them, or the first ones, as the environment says.
pub fn migrations() -> &'static Migrations {
    let known = env::var("SCRIPTED_KNOWS").ok();
    let Some(known) = known.and_then(|known| known.parse().ok()) else {
        return &MIGRATIONS;
    };
    let mut scripts: Vec<&RegisteredRevision> = MIGRATIONS.scripts().iter().collect();
    scripts.sort_by_key(|script| script.revision.id);
    let first = scripts.into_iter().take(known);
    let copies = first.map(|script| RegisteredRevision {
        migration: script.migration,
        ..*script
    });
    let copies: Vec<RegisteredRevision> = copies.collect();
    Box::leak(Box::new(
        Migrations::new(MIGRATIONS.program(), copies.leak()).in_crate(env!("CARGO_MANIFEST_DIR")),
    ))
}

/// What one revision does.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What [`MigrationTrait::use_transaction`] answers.
    #[serde(default)]
    pub use_transaction: Option<bool>,
    /// The actions of the upgrade.
    #[serde(default)]
    pub up: Vec<Action>,
    /// The actions of the downgrade.
    #[serde(default)]
    pub down: Vec<Action>,
}

/// What the file says of a revision; nothing where there is no file, or no entry.
fn entry(id: &str) -> Result<Entry, DbErr> {
    let Some(path) = env::var_os("SCRIPTED_ACTIONS") else {
        return Ok(Entry::default());
    };
    let text = fs::read_to_string(path).map_err(custom)?;
    let mut entries: BTreeMap<String, Entry> = serde_json::from_str(&text).map_err(custom)?;
    Ok(entries.remove(id).unwrap_or_default())
}

/// What `use_transaction` of a revision is. A file that cannot be read is reported by `up` and `down`.
pub(crate) fn use_transaction(id: &str) -> Option<bool> {
    entry(id).ok().and_then(|entry| entry.use_transaction)
}

pub(crate) async fn up(id: &str, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    play(id, &entry(id)?.up, manager).await
}

pub(crate) async fn down(id: &str, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    play(id, &entry(id)?.down, manager).await
}

async fn play(id: &str, actions: &[Action], manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut player = Player::new(id, manager.get_connection());
    player.perform_all(actions).await?;
    moment::pass(id, "end")
}

/// The values of a row, with spaces in between.
pub fn values(row: &sea_orm::QueryResult) -> String {
    cell::values(row)
}

pub(crate) fn custom(error: impl ToString) -> DbErr {
    DbErr::Custom(error.to_string())
}
