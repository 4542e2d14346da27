//! Measures a statement on MySQL and MariaDB: the best algorithm and lock that the server accepts.
//!
//! The server refuses an algorithm or a lock that it cannot use (errors 1845 and 1846) before it changes anything. So the
//! first clause that it accepts is what it uses without a clause. The number of a table in InnoDB's catalogue changes when
//! the table is written anew, and a new index has a new number.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};

use super::measure::DEPENDS_ON_ROWS;
use super::measured::{StatementImpact, TableCost, TableImpact};
use super::sending::Sending;
use crate::database_error::mysql_number;
use crate::session::DirectSession;
use crate::sql::{SqlDialect, StatementFacts, StatementKind, Token, significant, tokens, words};

/// Clauses of `ALTER TABLE`, without `LOCK` where the algorithm takes none.
type Clause = (&'static str, Option<&'static str>);

/// The clauses of MySQL, best first.
const MYSQL: [Clause; 4] =
    [("INSTANT", None), ("INPLACE", Some("NONE")), ("INPLACE", Some("SHARED")), ("COPY", Some("SHARED"))];

/// The clauses of MariaDB, best first. `NOCOPY` reads each row at most, for an index.
const MARIADB: [Clause; 7] = [
    ("INSTANT", None),
    ("NOCOPY", Some("NONE")),
    ("NOCOPY", Some("SHARED")),
    ("INPLACE", Some("NONE")),
    ("INPLACE", Some("SHARED")),
    ("COPY", Some("NONE")),
    ("COPY", Some("SHARED")),
];

/// `LOCK` is not permitted with this algorithm; unknown algorithm or lock; an algorithm or lock that is not supported,
/// without and with a reason.
const REFUSALS: [u16; 5] = [1221, 1800, 1801, 1845, 1846];

/// The text is not understood: the clauses may have another place.
const SYNTAX: u16 = 1064;

/// Sends a statement, and records the algorithm and the lock.
pub(super) async fn send<S: Sending>(
    live: &mut DirectSession,
    connection: &DatabaseConnection,
    is_mariadb: bool,
    statement: Statement,
    facts: &[StatementFacts],
    known: &[String],
    impact: &mut StatementImpact,
) -> Result<S::Answer, DbErr> {
    let [facts] = facts else {
        impact.unknown = Some("a text of several statements is not measured".to_owned());
        return S::send(live, statement).await;
    };
    if impact.changes_rows || !facts.may_write {
        return S::send(live, statement).await;
    }
    let words = words(&facts.text, SqlDialect::MySql);
    let word = |index: usize| words.get(index).map_or("", String::as_str);
    let is_alteration = word(0) == "ALTER" && words.iter().take(4).any(|word| word == "TABLE");
    let index = words.iter().take(5).position(|word| word == "INDEX");
    let is_index = matches!(word(0), "CREATE" | "DROP")
        && index.is_some_and(|index| !words[..index].iter().any(|word| word == "TABLE"));
    let tables = tables(facts, known);
    if !(is_alteration || is_index) || statement.values.is_some() {
        without_clauses(facts, &words, &tables, impact);
        return S::send(live, statement).await;
    }
    if tables.is_empty() {
        return S::send(live, statement).await;
    }
    if words.iter().any(|word| word == "EXCHANGE") {
        // The server accepts each clause, and holds an exclusive lock on the metadata nevertheless.
        impact.unknown = Some("the server does not say how it changes partitions".to_owned());
        return S::send(live, statement).await;
    }
    let (algorithm, lock) = (said(&words, "ALGORITHM"), said(&words, "LOCK"));
    let before = InnoDb::read(connection, is_mariadb).await;
    if let (Some(lock), None, Some(before), false) = (lock, algorithm, &before, is_mariadb) {
        // With a lock, MySQL uses `ALGORITHM=INSTANT` where it can, and refuses it by name.
        let answer = S::send(live, statement).await?;
        let cost = InnoDb::cost(Some(before), connection, is_mariadb, "DEFAULT").await;
        record(impact, &tables, &format!("LOCK={lock}"), lock == "EXCLUSIVE", lock == "SHARED", cost);
        return Ok(answer);
    }
    let clauses: &[Clause] = if is_mariadb { &MARIADB } else { &MYSQL };
    let text = statement.sql.trim_end().trim_end_matches(';');
    'clauses: for (own, weakest) in clauses {
        if algorithm.is_some_and(|said| said != *own) || weakest.is_some_and(|own| !admits(lock, own)) {
            continue;
        }
        let mut added = Vec::new();
        added.extend(algorithm.is_none().then(|| format!("ALGORITHM={own}")));
        added.extend(weakest.filter(|_| lock.is_none()).map(|own| format!("LOCK={own}")));
        for text in with_clauses(text, &added, is_alteration) {
            match S::send(live, Statement::from_string(DbBackend::MySql, text)).await {
                Ok(answer) if is_mariadb && ignores_algorithm(&words, own) => {
                    copied(impact, &tables, &words);
                    return Ok(answer);
                }
                Ok(answer) => {
                    let cost = InnoDb::cost(before.as_ref(), connection, is_mariadb, own).await;
                    let lock = lock.or(*weakest);
                    let words =
                        format!("ALGORITHM={own}{}", lock.map_or_else(String::new, |lock| format!(", LOCK={lock}")));
                    record(impact, &tables, &words, lock == Some("EXCLUSIVE"), lock == Some("SHARED"), cost);
                    return Ok(answer);
                }
                Err(error) if mysql_number(&error) == Some(SYNTAX) => {}
                Err(error) if mysql_number(&error).is_some_and(|number| REFUSALS.contains(&number)) => break,
                // What the statement itself does is refused.
                Err(_) => break 'clauses,
            }
        }
    }
    let answer = S::send(live, statement).await?;
    impact.unknown = Some("the server accepts no algorithm for this statement by name".to_owned());
    Ok(answer)
}

/// Whether MariaDB accepts an algorithm for a statement and copies the table nevertheless: another order of the rows;
/// with `ALGORITHM=INSTANT`, for another engine, and for partitions.
fn ignores_algorithm(words: &[String], algorithm: &str) -> bool {
    let is_ignored = |word: &str| matches!(word, "ENGINE" | "PARTITION" | "PARTITIONS" | "PARTITIONING");
    follow(words, "ORDER", "BY") || algorithm == "INSTANT" && words.iter().any(|word| is_ignored(word))
}

/// Whether two words follow each other.
fn follow(words: &[String], first: &str, second: &str) -> bool {
    words.windows(2).any(|pair| pair[0] == first && pair[1] == second)
}

/// Records a statement of which the server ignores the algorithm.
fn copied(impact: &mut StatementImpact, tables: &[String], words: &[String]) {
    let is_copied = [("ORDER", "BY"), ("PARTITION", "BY"), ("REMOVE", "PARTITIONING")];
    let is_copied = is_copied.iter().any(|(first, second)| follow(words, first, second));
    if is_copied || words.iter().any(|word| word == "ENGINE") {
        record(impact, tables, "ALGORITHM=COPY, LOCK=SHARED", false, true, Some(TableCost::Rewrite));
    } else {
        impact.unknown = Some("the server does not say how it changes partitions".to_owned());
    }
}

/// Describes a statement that takes no clauses.
fn without_clauses(facts: &StatementFacts, words: &[String], tables: &[String], impact: &mut StatementImpact) {
    let has = |word: &str| words.iter().any(|own| own == word);
    match words.first().map_or("", String::as_str) {
        // It locks the rows that it reads.
        "CREATE" if has("TABLE") && has("SELECT") && !tables.is_empty() => {
            impact.unknown = Some(DEPENDS_ON_ROWS.to_owned());
        }
        // Each changes the catalogue under an exclusive lock on the table's metadata.
        "DROP" | "RENAME" | "TRUNCATE" | "CREATE" => {
            record(impact, tables, "exclusive metadata lock", true, true, Some(TableCost::Catalogue));
        }
        "GRANT" | "REVOKE" => {}
        _ if facts.kind == StatementKind::Session && facts.is_understood => {}
        _ if tables.is_empty() && facts.is_understood => {}
        _ => impact.unknown = Some("the locks of this statement are not measured".to_owned()),
    }
}

/// The value of a clause that the statement itself has; `None` for the default.
fn said<'a>(words: &'a [String], clause: &str) -> Option<&'a str> {
    let place = words.iter().rposition(|word| word == clause)?;
    let value = words.get(place + 1)?.as_str();
    let is_value = matches!(value, "INSTANT" | "NOCOPY" | "INPLACE" | "COPY" | "NONE" | "SHARED" | "EXCLUSIVE");
    is_value.then_some(value)
}

/// Whether a statement with this lock may have taken the weakest lock of an algorithm.
fn admits(said: Option<&str>, weakest: &str) -> bool {
    match said {
        None | Some("EXCLUSIVE") => true,
        Some("SHARED") => weakest != "NONE",
        Some(said) => said == weakest,
    }
}

/// The text with clauses where they may be: at the end; after the name of the table, before operations on partitions; or
/// there without a comma, before `PARTITION BY`.
fn with_clauses(text: &str, added: &[String], is_alteration: bool) -> Vec<String> {
    if added.is_empty() {
        return vec![text.to_owned()];
    }
    if !is_alteration {
        let as_alteration = alteration(text).map(|own| format!("{own}, {}", added.join(", ")));
        return std::iter::once(format!("{text} {}", added.join(" "))).chain(as_alteration).collect();
    }
    let added = added.join(", ");
    let mut texts = vec![format!("{text}, {added}")];
    if let Some(end) = end_of_name(text) {
        let (name, rest) = text.split_at(end);
        texts.push(format!("{name} {added},{rest}"));
        texts.push(format!("{name} {added}{rest}"));
    }
    texts
}

/// `DROP INDEX` as `ALTER TABLE`, because it takes no clauses on MariaDB.
fn alteration(text: &str) -> Option<String> {
    let tokens = significant(&tokens(text, SqlDialect::MySql));
    let on = tokens.iter().position(|token| token.is_word("ON"))?;
    let texts: Vec<&str> = tokens.iter().map(|token| token.text).collect();
    let (index, table) = (texts[1..on].join(" "), texts[on + 1..].concat());
    tokens[0].is_word("DROP").then(|| format!("ALTER TABLE {table} DROP {index}"))
}

/// The place after the name of the table in `ALTER TABLE`, in bytes.
fn end_of_name(text: &str) -> Option<usize> {
    let tokens = tokens(text, SqlDialect::MySql);
    let mut ends = Vec::new();
    let mut end = 0;
    for token in &tokens {
        end += token.text.len();
        if !token.is_trivia() {
            ends.push((token, end));
        }
    }
    let mut place = ends.iter().position(|(token, _)| token.is_word("TABLE"))? + 1;
    if ends.get(place)?.0.is_word("IF") {
        place += 2;
    }
    while ends.get(place + 1)?.0.text == "." {
        place += 2;
    }
    ends.get(place).map(|(_, end)| *end)
}

/// The numbers of tables and indexes in InnoDB's catalogue.
struct InnoDb {
    tables: BTreeSet<u64>,
    indexes: BTreeSet<u64>,
}

impl InnoDb {
    /// Reads the numbers of this database; `None` if the account lacks the right to (`PROCESS`), or the database has no table of InnoDB.
    async fn read(connection: &DatabaseConnection, is_mariadb: bool) -> Option<Self> {
        let kind = if is_mariadb { "INNODB_SYS" } else { "INNODB" };
        let own = format!(
            "SELECT TABLE_ID FROM information_schema.{kind}_TABLES
             WHERE SUBSTRING_INDEX(NAME, '/', 1) = DATABASE() AND NAME NOT REGEXP '/fts_[0-9a-f]{{16}}'"
        );
        let indexes = format!("SELECT INDEX_ID FROM information_schema.{kind}_INDEXES WHERE TABLE_ID IN ({own})");
        let read = async |text: &str| {
            let rows = connection.query_all_raw(Statement::from_string(DbBackend::MySql, text)).await.ok()?;
            rows.iter().map(|row| row.try_get_by_index::<u64>(0).ok()).collect::<Option<BTreeSet<u64>>>()
        };
        let tables = read(&own).await.filter(|tables| !tables.is_empty())?;
        Some(Self { tables, indexes: read(&indexes).await? })
    }

    /// What a statement did that used an algorithm.
    async fn cost(
        before: Option<&Self>,
        connection: &DatabaseConnection,
        is_mariadb: bool,
        algorithm: &str,
    ) -> Option<TableCost> {
        match algorithm {
            "INSTANT" => return Some(TableCost::Catalogue),
            "COPY" => return Some(TableCost::Rewrite),
            _ => {}
        }
        let (before, after) = (before?, Self::read(connection, is_mariadb).await?);
        Some(match (after.tables.is_subset(&before.tables), after.indexes.is_subset(&before.indexes)) {
            (false, _) => TableCost::Rewrite,
            (true, false) => TableCost::Scan,
            (true, true) => TableCost::Catalogue,
        })
    }
}

fn record(
    impact: &mut StatementImpact,
    tables: &[String],
    lock: &str,
    blocks_reads: bool,
    blocks_writes: bool,
    cost: Option<TableCost>,
) {
    impact.tables.extend(tables.iter().map(|table| TableImpact {
        table: table.clone(),
        lock: lock.to_owned(),
        blocks_reads,
        blocks_writes: blocks_reads || blocks_writes,
        cost,
    }));
}

/// The known tables that a statement names.
fn tables(facts: &StatementFacts, known: &[String]) -> Vec<String> {
    let tokens = tokens(&facts.text, SqlDialect::MySql);
    let named: Vec<_> = tokens.iter().filter_map(Token::name).collect();
    known.iter().filter(|table| named.iter().any(|name| name == *table)).cloned().collect()
}
