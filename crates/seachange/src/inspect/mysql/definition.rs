//! The text of a table (`SHOW CREATE TABLE`), for facts that the catalogue does not contain.

use sea_orm::{ConnectionTrait, DbBackend, DbErr};

use crate::alter::clause::quoted;
use crate::inspect::cells::rows;
use crate::sql::SqlDialect;
use crate::sql::text::{closing, pieces};

/// Reads the text of a table.
pub(super) async fn read(connection: &impl ConnectionTrait, database: &str, table: &str) -> Result<String, DbErr> {
    let quoted = |name| quoted(DbBackend::MySql, name);
    let sql = format!("SHOW CREATE TABLE {}.{}", quoted(database), quoted(table));
    let found = rows(connection, &sql, []).await?;
    found.first().map_or_else(|| Ok(String::new()), |row| row.try_get_by_index(1))
}

/// The expression in parentheses that is the default of a column.
pub(super) fn default_of<'d>(definition: &'d str, column: &str) -> Option<&'d str> {
    let name = format!("{} ", quoted(DbBackend::MySql, column));
    let line = definition.lines().find_map(|line| line.trim_start().strip_prefix(&name))?;
    let mut depth = 0_usize;
    let start = pieces(line, SqlDialect::MySql).find_map(|(position, piece)| {
        match piece {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        let is_here = depth == 0 && line[position..].starts_with(" DEFAULT (");
        is_here.then_some(position + " DEFAULT ".len())
    })?;
    let text = &line[start..];
    text.get(1..closing(text, SqlDialect::MySql)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_is_found_in_the_line_of_its_column() {
        let definition = "CREATE TABLE `t` (
  `DEFAULT (1)` int DEFAULT '1',
  `a``b` enum('x DEFAULT (2)') DEFAULT (concat(_utf8mb4'it\\'s)',`c`)) COMMENT 'DEFAULT (3)',
  `c` varchar(9) COMMENT ' DEFAULT (4)'
) ENGINE=InnoDB";
        assert_eq!(default_of(definition, "DEFAULT (1)"), None);
        assert_eq!(default_of(definition, "a`b"), Some(r"concat(_utf8mb4'it\'s)',`c`)"));
        assert_eq!(default_of(definition, "c"), None);
        assert_eq!(default_of(definition, "d"), None);
    }
}
