//! The safe statements of MySQL and MariaDB.
//!
//! Both build most indexes and make most changes beside writers without being asked to; what they cannot do so, no
//! statement can. A statement that says `ALGORITHM` and `LOCK` fails where the server would block.

use sea_orm::DbBackend;
use seachange_source::StepCode;

use super::alter_table::{AlterTable, alter_table};
use super::{FixedStatement, Part, PlannedDown, PlannedStep, is_about_blocking};
use crate::alter::clause::{quoted, quoted_name};
use crate::autogenerate::{SchemaOperation, TableChange};
use crate::impact::StatementImpact;
use crate::schema::{Column, TableName};
use crate::sql::{SqlDialect, Token, joined, significant, tokens, words};

const GRAMMAR: SqlDialect = SqlDialect::MySql;

/// How many rows a batch fills.
const BATCH: u32 = 10_000;

/// What a statement becomes.
///
/// # Errors
///
/// Why there are no safe statements.
pub(super) fn parts(statement: &FixedStatement<'_>) -> Result<Vec<Part>, String> {
    let text = statement.impact.text.trim().trim_end_matches(';').trim_end();
    if statement.rules.contains("add-required-column") {
        return required_column(statement, text);
    }
    match statement.rules.iter().find(|rule| is_about_blocking(rule)) {
        Some(rule) => Err(no_way(statement, rule)),
        None => Ok(vec![Part::Kept(stated(statement.impact))]),
    }
}

fn no_way(statement: &FixedStatement<'_>, rule: &str) -> String {
    let best: Vec<&str> = statement.impact.tables.iter().map(|table| table.lock.as_str()).collect();
    let instead = match rule {
        "add-foreign-key-blocks" => ". Without `foreign_key_checks` it would, and would not check the rows",
        "change-type-blocks" => ". Add a column of the new type, fill it, and change the service to it",
        _ => "",
    };
    format!("no online way: the best that the server accepts is {}{instead}", best.join(" and "))
}

/// The statement with the measured algorithm and lock, so that a server that cannot keep to them refuses it.
pub(super) fn stated(statement: &StatementImpact) -> String {
    let text = statement.text.trim().trim_end_matches(';').trim_end();
    let words = words(text, GRAMMAR);
    let is_stated = words.iter().any(|word| word == "ALGORITHM" || word == "LOCK");
    let [table] = statement.tables.as_slice() else { return text.to_owned() };
    let clause = if table.lock == "ALGORITHM=INSTANT" {
        [INSTANT].as_slice()
    } else if table.lock.ends_with("LOCK=NONE") {
        &BESIDE_WRITERS
    } else {
        return text.to_owned();
    };
    // MariaDB knows no such clause of `DROP INDEX`.
    let dropped = dropped_index(text);
    let text = dropped.as_deref().unwrap_or(text);
    let is_index = words.iter().take(3).any(|word| word == "INDEX");
    match alter_table(text, GRAMMAR) {
        Some(_) if !is_stated => format!("{text}, {}", clause.join(", ")),
        None if !is_stated && is_index => format!("{text} {}", clause.join(" ")),
        _ => text.to_owned(),
    }
}

/// `DROP INDEX` as a change of its table.
fn dropped_index(text: &str) -> Option<String> {
    let all = tokens(text, GRAMMAR);
    let found = significant(&all);
    let is_word = |at: usize, word: &str| found.get(at).is_some_and(|token: &Token<'_>| token.is_word(word));
    if !is_word(0, "DROP") || !is_word(1, "INDEX") || !is_word(3, "ON") {
        return None;
    }
    let on = all.iter().position(|token| token.is_word("ON"))?;
    Some(format!("ALTER TABLE {} DROP INDEX {}", joined(&all[on + 1..]).trim(), found.get(2)?.text))
}

/// What MySQL and MariaDB both read. `NOCOPY`, which MariaDB alone knows, is one way of `INPLACE`.
const INSTANT: &str = "ALGORITHM=INSTANT";
const BESIDE_WRITERS: [&str; 2] = ["ALGORITHM=INPLACE", "LOCK=NONE"];

/// A nullable column, the values of the rows that are there, and `NOT NULL`.
fn required_column(statement: &FixedStatement<'_>, text: &str) -> Result<Vec<Part>, String> {
    let other = || "the statement has a form that is not understood".to_owned();
    let AlterTable { head, actions } = alter_table(text, GRAMMAR).ok_or_else(other)?;
    let mut parts = Vec::new();
    for action in actions {
        let Some((table, column)) = required(statement).find(|(_, column)| adds(action, &column.name)) else {
            parts.push(Part::Kept(format!("{head} {action}")));
            continue;
        };
        let key = format!("{table}.{}", column.name);
        let value = statement.fills.get(&key).ok_or_else(|| {
            format!("the value for the rows that are there is not known: `--fill {key}=EXPRESSION` says it")
        })?;
        let definition = definition(action, &column.name).ok_or_else(other)?;
        let nullable = nullable(definition).ok_or_else(other)?;
        let (own, table_name) = (quoted(DbBackend::MySql, &column.name), quoted_name(DbBackend::MySql, table));
        let [inplace, none] = BESIDE_WRITERS;
        parts.push(step(
            format!("add {key}"),
            StepCode::Statements(vec![format!("{head} ADD COLUMN {own} {nullable}, {INSTANT}")]),
            vec![format!("{head} DROP COLUMN {own}, {inplace}, {none}")],
        ));
        let rest = format!("UPDATE {table_name} SET {own} = {value} WHERE {own} IS NULL AND ({value}) IS NOT NULL");
        let filled = StepCode::Batches { batch: format!("{rest} LIMIT {BATCH}"), size: BATCH, rest };
        parts.push(step(format!("fill {key}"), filled, Vec::new()));
        let mut setting = step(
            format!("set NOT NULL for {key}"),
            StepCode::Statements(vec![format!("{head} MODIFY COLUMN {own} {definition}, {inplace}, {none}")]),
            vec![format!("{head} MODIFY COLUMN {own} {nullable}, {inplace}, {none}")],
        );
        if let Part::Step(step) = &mut setting {
            step.harmless = vec![("set-not-null-on-rows", "the revision before it has filled the rows")];
        }
        parts.push(setting);
    }
    match parts.iter().any(|part| matches!(part, Part::Step(_))) {
        true => Ok(parts),
        false => Err(other()),
    }
}

fn step(message: String, up: StepCode, down: Vec<String>) -> Part {
    Part::Step(Box::new(PlannedStep {
        message,
        up,
        down: PlannedDown::Statements(down),
        outside_transaction: false,
        harmless: Vec::new(),
    }))
}

/// The columns that the statement adds and that have to get a value.
fn required<'a>(statement: &FixedStatement<'a>) -> impl Iterator<Item = (&'a TableName, &'a Column)> {
    statement.operations.iter().filter_map(|operation| match operation {
        SchemaOperation::Change { table, change: TableChange::AddColumn(column) } if column.is_required() => {
            Some((table, &**column))
        }
        _ => None,
    })
}

fn adds(action: &str, column: &str) -> bool {
    definition(action, column).is_some()
}

/// What follows the name in `ADD COLUMN name INT NOT NULL`.
fn definition<'a>(action: &'a str, column: &str) -> Option<&'a str> {
    let all = tokens(action, GRAMMAR);
    let mut places = (0..all.len()).filter(|place| !all[*place].is_trivia());
    places.next().filter(|place| all[*place].is_word("ADD"))?;
    let mut name = places.next()?;
    if all[name].is_word("COLUMN") {
        name = places.next()?;
    }
    if !all[name].is_name(column) {
        return None;
    }
    let start = joined(&all[..=name]).len();
    action.get(start..).map(str::trim)
}

/// The definition of a column with `NULL` in the place of `NOT NULL`.
fn nullable(definition: &str) -> Option<String> {
    let all = tokens(definition, GRAMMAR);
    let at = all.iter().position(|token| token.is_word("NOT"))?;
    let rest = &all[at + 1..];
    let is_null = rest.iter().find(|token| !token.is_trivia()).is_some_and(|token| token.is_word("NULL"));
    is_null.then(|| format!("{}{}", joined(&all[..at]), joined(rest).trim_start()))
}

#[cfg(test)]
mod tests {
    use super::{definition, dropped_index, nullable};

    #[test]
    fn an_index_is_dropped_by_a_change_of_its_table() {
        let found = dropped_index("DROP INDEX `on` ON `a`.`b`");
        assert_eq!(found.as_deref(), Some("ALTER TABLE `a`.`b` DROP INDEX `on`"));
        assert_eq!(dropped_index("DROP INDEX IF EXISTS a ON b"), None);
        assert_eq!(dropped_index("DROP TABLE a"), None);
    }

    #[test]
    fn a_column_becomes_nullable() {
        let action = "ADD COLUMN `a` INT /* x */ NOT NULL COMMENT 'NOT NULL' AFTER b";
        let own = definition(action, "a").unwrap_or_default();
        assert_eq!(own, "INT /* x */ NOT NULL COMMENT 'NOT NULL' AFTER b");
        assert_eq!(nullable(own).unwrap_or_default(), "INT /* x */ NULL COMMENT 'NOT NULL' AFTER b");
        assert_eq!(definition("ADD a INT", "b"), None);
        assert_eq!(definition("DROP COLUMN a", "a"), None);
        assert_eq!(nullable("INT"), None);
    }
}
