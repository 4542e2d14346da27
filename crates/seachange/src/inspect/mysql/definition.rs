//! The text of a table (`SHOW CREATE TABLE`), for facts that the catalogue does not contain.

use sea_orm::{ConnectionTrait, DbBackend, DbErr};

use crate::alter::clause::quoted;
use crate::inspect::cells::rows;
use crate::sql::SqlDialect;
use crate::sql::text::{closing, pieces};
use crate::sql::{Token, joined, tokens};

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

/// What follows the columns of a table, without the options of the given names.
pub(super) fn options(definition: &str, without: &[&str]) -> String {
    let Some(start) = pieces(definition, SqlDialect::MySql).find_map(|(at, piece)| (piece == "(").then_some(at)) else {
        return String::new();
    };
    let columns = &definition[start..];
    let Some(end) = closing(columns, SqlDialect::MySql) else { return String::new() };
    let tail = columns[end..].trim_start_matches(')');
    let (plain, partitions) = tail.split_at(partitions(tail));
    let kept = without_options(plain, without);
    format!("{} {}", kept.trim(), partitions.trim()).trim().to_owned()
}

/// Where the clause of the partitions begins. MySQL writes it in an executable comment.
fn partitions(tail: &str) -> usize {
    let mut starts = pieces(tail, SqlDialect::MySql).filter_map(|(at, piece)| {
        let is_start = piece.starts_with("/*!") || piece.eq_ignore_ascii_case("PARTITION");
        is_start.then_some(at)
    });
    starts.next().unwrap_or(tail.len())
}

/// The options without those of the given names, as the server writes them: `NAME=value`.
fn without_options(options: &str, names: &[&str]) -> String {
    let tokens = tokens(options, SqlDialect::MySql);
    let is_next = |at: usize, text: &str| tokens.get(at).is_some_and(|token| token.text == text);
    let is_named = |token: &Token<'_>| names.iter().any(|name| token.is_word(name));
    let mut kept = String::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        // `DEFAULT CHARSET=utf8mb4`
        let is_default = token.is_word("DEFAULT") && is_next(at + 3, "=") && is_named(&tokens[at + 2]);
        let length = match (is_default, is_named(token) && is_next(at + 1, "=")) {
            (true, _) => 5,
            (false, true) => 3,
            (false, false) => {
                kept.push_str(token.text);
                1
            }
        };
        at += length;
    }
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a table has periods of time, such as the validity of its rows.
pub(super) fn has_periods(definition: &str) -> bool {
    definition.lines().any(|line| line.trim_start().starts_with("PERIOD FOR "))
}

/// The text without the number of the next row.
pub(super) fn without_counter(definition: &str) -> String {
    let tokens = tokens(definition, SqlDialect::MySql);
    let start = tokens.windows(2).position(|pair| pair[0].is_word("AUTO_INCREMENT") && pair[1].text == "=");
    match start {
        Some(at) => format!("{}{}", joined(&tokens[..at]), joined(&tokens[at + 4..])),
        None => definition.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_follow_the_columns() {
        let definition = "CREATE TABLE `t (` (
  `a` varchar(9) COMMENT ') ENGINE=x'
) ENGINE=InnoDB AUTO_INCREMENT=4 DEFAULT CHARSET=latin1 COLLATE=latin1_swedish_ci ROW_FORMAT=COMPRESSED COMMENT='a  b' WITH SYSTEM VERSIONING
 PARTITION BY LIST (`a`)
(PARTITION `p` VALUES IN (1) ENGINE = InnoDB)";
        assert_eq!(
            options(definition, &["AUTO_INCREMENT", "COMMENT", "ENGINE"]),
            "DEFAULT CHARSET=latin1 COLLATE=latin1_swedish_ci ROW_FORMAT=COMPRESSED WITH SYSTEM VERSIONING \
             PARTITION BY LIST (`a`)\n(PARTITION `p` VALUES IN (1) ENGINE = InnoDB)"
        );
        let defaults = ["AUTO_INCREMENT", "COMMENT", "ENGINE", "CHARSET", "COLLATE"];
        let plain = "CREATE TABLE `t` (\n  `a` int\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci";
        assert_eq!(options(plain, &defaults), "");
        let hidden = format!("{plain}\n/*!50100 PARTITION BY HASH (`a`)\nPARTITIONS 4 */");
        assert_eq!(options(&hidden, &defaults), "/*!50100 PARTITION BY HASH (`a`)\nPARTITIONS 4 */");
        assert_eq!(without_counter(") ENGINE=InnoDB AUTO_INCREMENT=4 COMMENT='x'"), ") ENGINE=InnoDB COMMENT='x'");
        assert!(!has_periods(definition));
    }

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
