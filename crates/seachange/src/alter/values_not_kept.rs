//! Rows whose values would not survive a change of their column's type.

use std::fmt;

use seachange_graph::error::quoted;

/// A column whose type cannot change because of the values in its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ValuesNotKept {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
    /// The current type of the column; empty if it has none.
    pub from: String,
    /// The requested type.
    pub to: String,
    /// The number of rows whose value would change or would not be of the new type.
    pub rows: i64,
    /// The columns of the primary key. If the table has no primary key, a name of the row number on SQLite (empty if
    /// there is no such name), and the column itself on the other systems.
    pub key: Vec<String>,
    /// The keys of the first of these rows, as SQL literals.
    pub keys: Vec<String>,
    /// Whether the change has `using`, which produces these values.
    pub is_converted: bool,
    /// The database system.
    pub database: &'static str,
}

/// The maximum number of rows that a message names.
pub(super) const NAMED: usize = 5;

/// The maximum length of a key in a message, in characters.
const SHOWN: usize = 60;

/// Returns a key as a message shows it: on one line, and with at most `SHOWN` characters.
pub(super) fn shortened(key: &str) -> String {
    let mut shown: String = key.chars().take(SHOWN).map(|one| if one.is_control() { ' ' } else { one }).collect();
    if key.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

impl fmt::Display for ValuesNotKept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, column, from, to, rows, is_converted, database, .. } = self;
        write!(f, "column `{column}` of table `{table}` cannot change")?;
        if !from.is_empty() {
            write!(f, " from `{from}`")?;
        }
        let noun = if *rows == 1 { "row" } else { "rows" };
        let changed = if *is_converted { "the result of `using`" } else { "the value" };
        write!(f, " to `{to}`: in {rows} {noun} {database} would change {changed}, or it would not be of that type")?;
        self.name_rows(f)?;
        f.write_str(if *is_converted {
            "; correct the expression, or accept this with `allow_loss()`"
        } else if self.can_say_using() {
            "; correct these rows, say how to convert them with `using` on the column, or accept this with `allow_loss()`"
        } else {
            "; correct these rows, or accept this with `allow_loss()`"
        })
    }
}

impl ValuesNotKept {
    /// Whether the database converts values by an expression of the change.
    fn can_say_using(&self) -> bool {
        matches!(self.database, "SQLite" | "PostgreSQL")
    }

    fn name_rows(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.keys.is_empty() {
            return Ok(());
        }
        let has_several = self.key.len() > 1;
        let shown = self.keys.iter().map(|key| if has_several { format!("({key})") } else { key.clone() });
        let more = if usize::try_from(self.rows).is_ok_and(|rows| rows > self.keys.len()) { ", …" } else { "" };
        write!(f, " ({}: {}{more})", quoted(&self.key), shown.collect::<Vec<_>>().join(", "))
    }
}
