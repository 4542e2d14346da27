//! The safe statements of PostgreSQL.
//!
//! The manual, "Building Indexes Concurrently" and the notes on `ALTER TABLE`: an index is built beside writers outside of
//! a transaction; a constraint is added without reading the rows, and validated under a lock that stops neither readers
//! nor writers; since version 12, `SET NOT NULL` reads no rows where a valid check says that none is missing.

use sea_orm::DbBackend;
use seachange_source::StepCode;

use super::alter_table::{AlterTable, alter_table};
use super::{FixedStatement, Part, PlannedDown, PlannedStep};
use crate::alter::clause::{quoted, quoted_name};
use crate::autogenerate::{SchemaOperation, TableChange};
use crate::schema::{Column, TableName};
use crate::sql::{SqlDialect, Token, TokenKind, joined, significant, tokens};

const GRAMMAR: SqlDialect = SqlDialect::Postgres;

/// The first version in which `SET NOT NULL` uses a check.
const CHECK_FOR_NOT_NULL: i32 = 120_000;

/// How many rows a batch fills. A batch of short rows then takes a fraction of a second.
const BATCH: u32 = 10_000;

/// The rules that this module answers.
const ANSWERED: [&str; 8] = [
    "index-blocks-writes",
    "add-unique-blocks",
    "add-primary-key-blocks",
    "add-foreign-key-blocks",
    "add-check-blocks",
    "set-not-null-blocks",
    "add-required-column",
    "add-column-blocks",
];

/// What a statement becomes.
///
/// # Errors
///
/// Why there are no safe statements.
pub(super) fn parts(statement: &FixedStatement<'_>) -> Result<Vec<Part>, String> {
    let is_answered = statement.rules.iter().any(|rule| ANSWERED.contains(rule));
    if !is_answered {
        return match statement.rules.iter().find(|rule| super::is_about_blocking(rule)) {
            Some(rule) => Err(no_way(rule)),
            None => Ok(vec![Part::Kept(statement.impact.text.clone())]),
        };
    }
    let text = statement.impact.text.trim().trim_end_matches(';').trim_end();
    if let Some(alteration) = alter_table(text, GRAMMAR) {
        return of_alteration(statement, &alteration);
    }
    index(statement, text).ok_or_else(|| "the statement has a form that is not understood".to_owned())
}

fn no_way(rule: &str) -> String {
    match rule {
        "change-type-blocks" => {
            "no online way: the values are converted under a lock. Add a column of the new type, fill it, and change the \
             service to it"
        }
        "add-exclusion-blocks" => "no online way: PostgreSQL builds the index of an exclusion constraint under a lock only",
        _ => "no online way is known for this statement",
    }
    .to_owned()
}

/// A step in a transaction.
fn step(message: String, up: Vec<String>, down: Vec<String>) -> PlannedStep {
    PlannedStep {
        message,
        up: StepCode::Statements(up),
        down: PlannedDown::Statements(down),
        outside_transaction: false,
        harmless: Vec::new(),
    }
}

fn outside(step: PlannedStep) -> PlannedStep {
    PlannedStep { outside_transaction: true, ..step }
}

fn part(step: PlannedStep) -> Part {
    Part::Step(Box::new(step))
}

fn name(name: &str) -> String {
    quoted(DbBackend::Postgres, name)
}

fn table_name(table: &TableName) -> String {
    quoted_name(DbBackend::Postgres, table)
}

/// The name of an index, which is in the schema of its table.
fn index_name(table: &TableName, index: &str) -> String {
    quoted_name(DbBackend::Postgres, &TableName { name: index.to_owned(), ..table.clone() })
}

/// Drops an index that an interrupted build has left. An index that can be used stays, and the statement after it fails.
fn drop_left_over(index: &str) -> String {
    let text = index.replace('\'', "''");
    format!(
        "DO $$ BEGIN
    -- An interrupted build leaves an index that cannot be used.
    IF EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('{text}') AND NOT indisvalid) THEN
        DROP INDEX {index};
    END IF;
END $$"
    )
}

/// `CREATE INDEX`, built beside writers.
fn index(statement: &FixedStatement<'_>, text: &str) -> Option<Vec<Part>> {
    let (table, index) = statement.operations.iter().find_map(|operation| match operation {
        SchemaOperation::CreateIndex { table, index } => Some((table, index)),
        _ => None,
    })?;
    let create = concurrent(text, &name(&index.name))?;
    let own = index_name(table, &index.name);
    let step = step(
        format!("build the index {} of {table}", index.name),
        vec![drop_left_over(&own), create],
        vec![format!("DROP INDEX CONCURRENTLY IF EXISTS {own}")],
    );
    Some(vec![part(outside(step))])
}

/// `CREATE INDEX` with `CONCURRENTLY` and a name.
fn concurrent(text: &str, index: &str) -> Option<String> {
    let all = tokens(text, GRAMMAR);
    let found: Vec<Token<'_>> = significant(&all);
    let is_word = |at: usize, word: &str| found.get(at).is_some_and(|token| token.is_word(word));
    let is_unique = is_word(1, "UNIQUE");
    let at = 1 + usize::from(is_unique);
    if !is_word(0, "CREATE") || !is_word(at, "INDEX") || is_word(at + 1, "CONCURRENTLY") {
        return None;
    }
    let on = all.iter().position(|token| token.is_word("ON"))?;
    let unique = if is_unique { "UNIQUE " } else { "" };
    Some(format!("CREATE {unique}INDEX CONCURRENTLY {index} {}", joined(&all[on..])))
}

fn of_alteration(statement: &FixedStatement<'_>, alteration: &AlterTable<'_>) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    for action in &alteration.actions {
        parts.extend(of_action(statement, alteration, action)?);
    }
    if parts.iter().all(|part| matches!(part, Part::Kept(_))) {
        return Err("the statement has a form that is not understood".to_owned());
    }
    Ok(parts)
}

/// The constraints, by the word with which their definition begins.
const CONSTRAINTS: [&str; 4] = ["FOREIGN", "CHECK", "UNIQUE", "PRIMARY"];

fn of_action(statement: &FixedStatement<'_>, alteration: &AlterTable<'_>, action: &str) -> Result<Vec<Part>, String> {
    let kept = || vec![Part::Kept(format!("{} {action}", alteration.head))];
    let found = significant(&tokens(action, GRAMMAR));
    let is_word = |at: usize, word: &str| found.get(at).is_some_and(|token| token.is_word(word));
    if is_word(0, "ADD") {
        let is_named = is_word(1, "CONSTRAINT");
        let at = if is_named { 3 } else { 1 };
        if let Some(kind) = CONSTRAINTS.into_iter().find(|kind| is_word(at, kind)) {
            let named = is_named.then(|| found[2].name()).flatten().map(|name| name.into_owned());
            let definition = after(action, at).ok_or("the constraint is not understood")?;
            return constraint(statement, alteration, kind, named, definition);
        }
        let at = 1 + usize::from(is_word(1, "COLUMN"));
        let at = if is_word(at, "IF") { at + 3 } else { at };
        let column = found.get(at).and_then(Token::name).unwrap_or_default();
        return match added(statement, &column) {
            Some(column) if needs_steps(statement, column) => column_steps(statement, alteration, column),
            _ => Ok(kept()),
        };
    }
    let at = 1 + usize::from(is_word(1, "COLUMN"));
    if is_word(0, "ALTER") && is_word(at + 1, "SET") && is_word(at + 2, "NOT") && is_word(at + 3, "NULL") {
        let column = found.get(at).and_then(Token::name).unwrap_or_default();
        let table = table(statement).ok_or("the change of the column is not understood")?;
        return Ok(not_null(statement, &alteration.head, table, &column)?.into_iter().map(part).collect());
    }
    Ok(kept())
}

/// The text of an action from its significant token of a number on.
fn after(action: &str, number: usize) -> Option<&str> {
    let mut place = 0;
    let mut left = number;
    for token in tokens(action, GRAMMAR) {
        if !token.is_trivia() {
            if left == 0 {
                return action.get(place..);
            }
            left -= 1;
        }
        place += token.text.len();
    }
    None
}

/// The changed table.
fn table<'a>(statement: &FixedStatement<'a>) -> Option<&'a TableName> {
    statement.operations.iter().find_map(|operation| match operation {
        SchemaOperation::Change { table, .. } | SchemaOperation::CreateIndex { table, .. } => Some(table),
        _ => None,
    })
}

fn changes<'a>(statement: &FixedStatement<'a>) -> impl Iterator<Item = (&'a TableName, &'a TableChange)> {
    statement.operations.iter().filter_map(|operation| match operation {
        SchemaOperation::Change { table, change } => Some((table, change)),
        _ => None,
    })
}

/// The name of a constraint: as the statement says, or, if there is one of its kind, as the database says.
fn constraint_name(statement: &FixedStatement<'_>, kind: &str, named: Option<String>) -> Option<(TableName, String)> {
    let mut found = changes(statement).filter_map(|(table, change)| {
        let own = match (kind, change) {
            ("FOREIGN", TableChange::AddForeignKey(key)) => key.name.clone(),
            ("CHECK", TableChange::AddCheck(check)) => check.name.clone(),
            ("UNIQUE", TableChange::AddUnique(unique)) => unique.name.clone(),
            ("PRIMARY", TableChange::AddPrimaryKey(key)) => key.name.clone(),
            _ => return None,
        };
        Some((table.clone(), own?))
    });
    match named {
        Some(named) => {
            let table = table(statement)?.clone();
            let known = found.find(|(_, own)| own.eq_ignore_ascii_case(&named));
            Some(known.unwrap_or((table, named)))
        }
        None => found.next().filter(|_| found.next().is_none()),
    }
}

fn constraint(
    statement: &FixedStatement<'_>,
    alteration: &AlterTable<'_>,
    kind: &str,
    named: Option<String>,
    definition: &str,
) -> Result<Vec<Part>, String> {
    let (table, constraint) =
        constraint_name(statement, kind, named).ok_or("the name of the constraint is not known")?;
    let head = &alteration.head;
    let own = name(&constraint);
    let drop = format!("{head} DROP CONSTRAINT {own}");
    if matches!(kind, "FOREIGN" | "CHECK") {
        let words = significant(&tokens(definition, GRAMMAR));
        if words.windows(2).any(|pair| pair[0].is_word("NOT") && pair[1].is_word("VALID")) {
            return Ok(vec![Part::Kept(format!("{head} ADD CONSTRAINT {own} {definition}"))]);
        }
        let add = format!("{head} ADD CONSTRAINT {own} {definition} NOT VALID");
        let adding = step(format!("add {constraint} to {table} for new rows"), vec![add.clone()], vec![drop.clone()]);
        let validate = format!("{head} VALIDATE CONSTRAINT {own}");
        let validating = step(format!("validate {constraint} of {table}"), vec![validate], vec![drop, add]);
        return Ok(vec![part(adding), part(validating)]);
    }
    let key = KeyDefinition::read(definition).ok_or("the constraint has a form that is not understood")?;
    let mut parts = Vec::new();
    for (_, change) in changes(statement) {
        // A primary key makes its columns required, and would read each row for that.
        if let TableChange::ModifyColumn { from, to } = change
            && kind == "PRIMARY"
            && from.nullable
            && !to.nullable
        {
            parts.extend(not_null(statement, head, &table, &from.name)?.into_iter().map(part));
        }
    }
    let index = index_name(&table, &constraint);
    let create = format!("CREATE UNIQUE INDEX CONCURRENTLY {own} ON {} {}", table_name(&table), key.index);
    let building = step(
        format!("build the index {constraint} of {table}"),
        vec![drop_left_over(&index), create.clone()],
        vec![format!("DROP INDEX CONCURRENTLY IF EXISTS {index}")],
    );
    let word = if kind == "PRIMARY" { "PRIMARY KEY" } else { "UNIQUE" };
    let add = format!("{head} ADD CONSTRAINT {own} {word} USING INDEX {own}{}", key.rest);
    // Outside of a transaction, so that the downgrade can build the index again beside writers.
    let mut adding = step(format!("add {constraint} to {table}"), vec![add], vec![drop, create]);
    adding.harmless = vec![("add-unique-on-rows", "the index, built before, has no equal keys")];
    parts.extend([part(outside(building)), part(outside(adding))]);
    Ok(parts)
}

/// `UNIQUE (a, b) INCLUDE (c) DEFERRABLE` in parts.
struct KeyDefinition {
    /// What an index has of it: `(a, b) INCLUDE (c)`.
    index: String,
    /// What the constraint keeps: ` DEFERRABLE`.
    rest: String,
}

impl KeyDefinition {
    fn read(definition: &str) -> Option<Self> {
        let all = tokens(definition, GRAMMAR);
        let places: Vec<usize> = (0..all.len()).filter(|place| !all[*place].is_trivia()).collect();
        let is_word = |at: usize, word: &str| places.get(at).is_some_and(|place| all[*place].is_word(word));
        let mut at = if is_word(0, "PRIMARY") { 2 } else { 1 };
        let mut distinct = "";
        if is_word(at, "NULLS") {
            let is_not = is_word(at + 1, "NOT");
            distinct = if is_not { " NULLS NOT DISTINCT" } else { "" };
            at += if is_not { 3 } else { 2 };
        }
        let (columns, mut at) = parenthesised(&all, &places, at)?;
        let mut include = String::new();
        if is_word(at, "INCLUDE") {
            let (columns, after) = parenthesised(&all, &places, at + 1)?;
            include = format!(" INCLUDE {columns}");
            at = after;
        }
        let rest = places.get(at).map_or_else(String::new, |place| format!(" {}", joined(&all[*place..]).trim()));
        let is_known = ["", "DEFERRABLE", "NOT", "INITIALLY"]
            .contains(&places.get(at).map_or(String::new(), |place| all[*place].text.to_uppercase()).as_str());
        is_known.then(|| Self { index: format!("{columns}{include}{distinct}"), rest })
    }
}

/// The text in parentheses that begins with the significant token of a number, and the number of the token after it.
fn parenthesised(all: &[Token<'_>], places: &[usize], at: usize) -> Option<(String, usize)> {
    let mut depth = 0_usize;
    for (number, place) in places.iter().enumerate().skip(at) {
        match all[*place].kind {
            TokenKind::Open => depth += 1,
            TokenKind::Close => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            let is_closed = all[*place].kind == TokenKind::Close;
            return is_closed.then(|| (joined(&all[places[at]..=*place]), number + 1));
        }
    }
    None
}

/// The steps to `SET NOT NULL`.
fn not_null(
    statement: &FixedStatement<'_>,
    head: &str,
    table: &TableName,
    column: &str,
) -> Result<Vec<PlannedStep>, String> {
    if statement.version.number < CHECK_FOR_NOT_NULL {
        return Err(
            "no online way before PostgreSQL 12: SET NOT NULL reads each row under a lock. A validated check `column \
                    IS NOT NULL` can stand in its place"
                .to_owned(),
        );
    }
    let check = check_name(table, column);
    let (own, quoted) = (name(&check), name(column));
    let add = format!("{head} ADD CONSTRAINT {own} CHECK ({quoted} IS NOT NULL) NOT VALID");
    let validate = format!("{head} VALIDATE CONSTRAINT {own}");
    let drop = format!("{head} DROP CONSTRAINT {own}");
    let adding = step(format!("refuse NULL in new rows of {table}.{column}"), vec![add.clone()], vec![drop.clone()]);
    let validating = step(
        format!("validate that {table}.{column} is not NULL"),
        vec![validate.clone()],
        vec![drop.clone(), add.clone()],
    );
    let mut setting = step(
        format!("set NOT NULL for {table}.{column}"),
        vec![format!("{head} ALTER COLUMN {quoted} SET NOT NULL"), drop],
        vec![add, validate, format!("{head} ALTER COLUMN {quoted} DROP NOT NULL")],
    );
    setting.harmless = vec![
        ("set-not-null-on-rows", "the revision before it has validated a check that no row has NULL"),
        ("drop-constraint", "NOT NULL stands in the place of the check"),
    ];
    Ok(vec![adding, validating, setting])
}

/// The longest name that PostgreSQL keeps whole, in bytes.
const LONGEST_NAME: usize = 63;

/// The name of the check that stands in the place of NOT NULL for a time.
fn check_name(table: &TableName, column: &str) -> String {
    let suffix = "_not_null";
    let mut name = format!("{}_{column}", table.name);
    while name.len() + suffix.len() > LONGEST_NAME {
        name.pop();
    }
    name + suffix
}

/// The added column of a name.
fn added<'a>(statement: &FixedStatement<'a>, column: &str) -> Option<&'a Column> {
    changes(statement).find_map(|(_, change)| match change {
        TableChange::AddColumn(added) if added.name.eq_ignore_ascii_case(column) => Some(&**added),
        _ => None,
    })
}

/// Whether an added column is what blocks, or what is required.
fn needs_steps(statement: &FixedStatement<'_>, column: &Column) -> bool {
    column.is_required() || statement.rules.contains("add-column-blocks") && column.default.is_some()
}

/// A nullable column, its default for new rows, the values of the rows that are there, and NOT NULL.
fn column_steps(
    statement: &FixedStatement<'_>,
    alteration: &AlterTable<'_>,
    column: &Column,
) -> Result<Vec<Part>, String> {
    let table = table(statement).ok_or("the table is not known")?;
    if column.generated.is_some() || column.auto_increment.is_some() {
        return Err("no online way: the values are computed while the column is added".to_owned());
    }
    let key = format!("{table}.{}", column.name);
    let given = statement.fills.get(&key).cloned();
    let default = column.default.as_ref().map(|default| default.text.clone());
    let Some(value) = given.or_else(|| default.clone()) else {
        return Err(format!("the value for the rows that are there is not known: `--fill {key}=EXPRESSION` says it"));
    };
    let head = &alteration.head;
    let (own, table_name) = (name(&column.name), table_name(table));
    let collation = column.collation.as_ref().map_or_else(String::new, |own| format!(" COLLATE {}", name(own)));
    let mut up = vec![format!("{head} ADD COLUMN {own} {}{collation}", column.column_type.text)];
    up.extend(default.map(|default| format!("{head} ALTER COLUMN {own} SET DEFAULT {default}")));
    let adding = step(format!("add {key}"), up, vec![format!("{head} DROP COLUMN {own}")]);
    let left = format!("{own} IS NULL AND ({value}) IS NOT NULL");
    let update = format!("UPDATE {table_name} SET {own} = {value} WHERE");
    let batch = format!("{update} ctid IN (SELECT ctid FROM {table_name} WHERE {left} LIMIT {BATCH})");
    let filled = StepCode::Batches { batch, size: BATCH, rest: format!("{update} {left}") };
    let filling = PlannedStep { up: filled, ..outside(step(format!("fill {key}"), Vec::new(), Vec::new())) };
    let mut steps = vec![adding, filling];
    if !column.nullable {
        steps.extend(not_null(statement, head, table, &column.name)?);
    }
    Ok(steps.into_iter().map(part).collect())
}

#[cfg(test)]
mod tests {
    use super::{KeyDefinition, check_name, concurrent};
    use crate::schema::TableName;

    #[test]
    fn an_index_gets_its_name_and_is_built_beside_writers() {
        let found = |text| concurrent(text, "\"i\"").unwrap_or_default();
        assert_eq!(found("CREATE INDEX ON a (b)"), "CREATE INDEX CONCURRENTLY \"i\" ON a (b)");
        assert_eq!(
            found("create unique index if not exists i on only a using gin (b) where c"),
            "CREATE UNIQUE INDEX CONCURRENTLY \"i\" on only a using gin (b) where c"
        );
        assert_eq!(found("CREATE INDEX CONCURRENTLY i ON a (b)"), "");
        assert_eq!(found("DROP INDEX i"), "");
    }

    #[test]
    fn a_key_is_divided_into_its_index_and_the_rest() {
        let found = |text| KeyDefinition::read(text).map(|own| (own.index, own.rest));
        let said = |index: &str, rest: &str| Some((index.to_owned(), rest.to_owned()));
        assert_eq!(found("PRIMARY KEY (a, \"b)\")"), said("(a, \"b)\")", ""));
        assert_eq!(
            found("UNIQUE NULLS NOT DISTINCT (a) INCLUDE (b) DEFERRABLE INITIALLY DEFERRED"),
            said("(a) INCLUDE (b) NULLS NOT DISTINCT", " DEFERRABLE INITIALLY DEFERRED")
        );
        assert_eq!(found("UNIQUE USING INDEX i"), None);
        assert_eq!(found("UNIQUE (a) WITH (fillfactor = 70)"), None);
    }

    #[test]
    fn the_name_of_a_check_is_kept_whole() {
        assert_eq!(check_name(&TableName::new("users"), "email"), "users_email_not_null");
        assert_eq!(check_name(&TableName::new("é".repeat(40)), "email").len(), 63);
    }
}
