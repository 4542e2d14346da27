//! Reads schema changes from their tokens: the objects that change, and whether the system undoes the statement as a
//! whole.
//!
//! A schema change does what its first words say, and nothing else unless it contains a query or calls a function.
//! Without either, it is understood without a tree.

use super::cursor::Cursor;
use super::facts::{SessionState, StatementFacts, StatementKind};
use super::{SqlDialect, TokenKind, leading};

/// The objects that a statement changes.
#[derive(Debug, Default)]
pub(super) struct ChangedObjects {
    /// Their names.
    pub(super) names: Vec<String>,
    /// Whether the system undoes the whole statement when it fails.
    pub(super) is_atomic: bool,
}

/// Reads a schema change without a tree. `doubt` has the facts that its first words prove.
pub(super) fn read(cursor: Cursor<'_, '_>, doubt: &StatementFacts) -> Option<StatementFacts> {
    if !matches!(doubt.kind, StatementKind::Schema | StatementKind::Session) || leading::runs_code(cursor) {
        return None;
    }
    let target = target(cursor)?;
    let is_session = doubt.kind == StatementKind::Session;
    Some(StatementFacts {
        is_understood: true,
        may_write: !is_session,
        reads: references(cursor),
        writes: if is_session { Vec::new() } else { target.names },
        session_writes: temporaries(doubt),
        is_atomic: target.is_atomic,
        ..doubt.clone()
    })
}

/// The temporary objects that the first words name.
pub(super) fn temporaries(doubt: &StatementFacts) -> Vec<SessionState> {
    doubt.session_writes.iter().filter(|state| **state != SessionState::Other).cloned().collect()
}

/// The objects that a statement changes; nothing if its first words are unknown.
pub(super) fn target(mut cursor: Cursor<'_, '_>) -> Option<ChangedObjects> {
    let is_atomic = !leading::has_word(cursor, &["CONCURRENTLY"]);
    let whole = |names: Vec<String>| Some(ChangedObjects { names, is_atomic });
    let is_mysql = cursor.dialect == SqlDialect::MySql;
    let first = cursor.word(0);
    cursor.skip(1);
    match first.as_str() {
        "CREATE" => created(cursor, is_atomic),
        "ALTER" => altered(cursor, is_atomic),
        "DROP" => dropped(cursor, is_atomic),
        "TRUNCATE" => {
            cursor.eats(&["TABLE"]);
            whole(names(cursor))
        }
        "COMMENT" if cursor.eats(&["ON"]) => {
            let is_part = cursor.eats(&["COLUMN"]);
            if !is_part {
                cursor.eats_any(&["MATERIALIZED", "FOREIGN", "EVENT", "ACCESS"]);
                cursor.skip(1);
            }
            let name = cursor.qualified()?;
            let table = name.rsplit_once('.').filter(|_| is_part).map_or(name.clone(), |(table, _)| table.to_owned());
            whole(vec![table])
        }
        "GRANT" | "REVOKE" => {
            let has_several = cursor.rest().iter().any(|token| token.kind == TokenKind::Comma);
            Some(ChangedObjects { names: Vec::new(), is_atomic: !is_mysql || !has_several })
        }
        "RENAME" if cursor.eats_any(&["TABLE", "TABLES"]) || cursor.eats(&["USER"]) => {
            let items = cursor.items();
            let is_atomic = items.len() == 1;
            Some(ChangedObjects { names: items.into_iter().flat_map(renamed).collect(), is_atomic })
        }
        "REINDEX" => reindexed(cursor, is_atomic),
        "CLUSTER" => Some(ChangedObjects { is_atomic: !cursor.is_end(), names: names(cursor) }),
        "ANALYZE" | "ANALYSE" if !is_mysql => whole(Vec::new()),
        "ANALYZE" | "OPTIMIZE" | "REPAIR" | "CHECK" => {
            cursor.eats_any(&["NO_WRITE_TO_BINLOG", "LOCAL"]);
            cursor.eats_any(&["TABLE", "TABLES"]);
            let names = names(cursor);
            Some(ChangedObjects { is_atomic: names.len() == 1, names })
        }
        "SECURITY" | "REASSIGN" => whole(Vec::new()),
        _ => None,
    }
}

/// The objects that `CREATE` creates.
fn created(mut cursor: Cursor<'_, '_>, is_atomic: bool) -> Option<ChangedObjects> {
    const BEFORE: [&str; 12] = [
        "TEMP",
        "TEMPORARY",
        "UNLOGGED",
        "UNIQUE",
        "FULLTEXT",
        "SPATIAL",
        "VIRTUAL",
        "GLOBAL",
        "LOCAL",
        "FOREIGN",
        "DEFAULT",
        "PROCEDURAL",
    ];
    cursor.eats(&["OR", "REPLACE"]);
    while cursor.eats_any(&BEFORE) {}
    if cursor.eats(&["INDEX"]) {
        cursor.eats(&["CONCURRENTLY"]);
        let at = cursor.find_word("ON")?;
        cursor.skip(at + 1);
        cursor.eats(&["ONLY"]);
        return Some(ChangedObjects { names: vec![cursor.qualified()?], is_atomic });
    }
    let is_whole = is_atomic && !["DATABASE", "TABLESPACE"].contains(&cursor.word(0).as_str());
    let is_known = cursor.eats_any(&OBJECTS) || cursor.eats_any(&["TABLESPACE", "WRAPPER"]);
    // `CREATE TABLE ... AS TABLE` reads another table.
    if !is_known || leading::has_word(cursor, &["TABLE", "VALUES"]) && !leading::has_word(cursor, &["PARTITION"]) {
        return None;
    }
    cursor.eats(&["IF", "NOT", "EXISTS"]);
    Some(ChangedObjects { names: cursor.qualified().into_iter().collect(), is_atomic: is_whole })
}

/// Objects that `CREATE` and `ALTER` name in the same way.
const OBJECTS: [&str; 16] = [
    "TABLE",
    "SEQUENCE",
    "TYPE",
    "DOMAIN",
    "SCHEMA",
    "DATABASE",
    "ROLE",
    "USER",
    "GROUP",
    "POLICY",
    "COLLATION",
    "STATISTICS",
    "PUBLICATION",
    "SERVER",
    "AGGREGATE",
    "CONVERSION",
];

/// The objects that `ALTER` alters.
fn altered(mut cursor: Cursor<'_, '_>, is_atomic: bool) -> Option<ChangedObjects> {
    cursor.eats_any(&["ONLINE", "IGNORE", "MATERIALIZED", "FOREIGN"]);
    if cursor.eats(&["DEFAULT", "PRIVILEGES"]) {
        return Some(ChangedObjects { names: Vec::new(), is_atomic });
    }
    let is_known = cursor.eats_any(&OBJECTS)
        || cursor.eats_any(&["INDEX", "VIEW", "FUNCTION", "PROCEDURE", "ROUTINE", "TRIGGER", "RULE", "EVENT"]);
    if !is_known {
        return None;
    }
    cursor.eats(&["IF", "EXISTS"]);
    cursor.eats(&["ONLY"]);
    let name = cursor.qualified();
    let new = (cursor.eats(&["RENAME", "TO"]) || cursor.eats(&["RENAME", "AS"])).then(|| cursor.qualified()).flatten();
    Some(ChangedObjects { names: name.into_iter().chain(new).collect(), is_atomic })
}

/// The objects that `DROP` drops.
fn dropped(mut cursor: Cursor<'_, '_>, is_atomic: bool) -> Option<ChangedObjects> {
    cursor.eats_any(&["TEMPORARY", "MATERIALIZED", "FOREIGN", "ACCESS", "EVENT", "TEXT", "OWNED"]);
    let object = cursor.word(0);
    if object == "SUBSCRIPTION" || !cursor.skip(1) {
        return None;
    }
    cursor.eats(&["CONCURRENTLY"]);
    cursor.eats(&["IF", "EXISTS"]);
    let names = names(cursor);
    let is_whole = is_atomic
        && !["DATABASE", "TABLESPACE"].contains(&object.as_str())
        && (cursor.dialect != SqlDialect::MySql || names.len() == 1);
    Some(ChangedObjects { names, is_atomic: is_whole })
}

/// The objects that `REINDEX` rebuilds.
fn reindexed(mut cursor: Cursor<'_, '_>, is_atomic: bool) -> Option<ChangedObjects> {
    if cursor.dialect == SqlDialect::Sqlite {
        return Some(ChangedObjects { names: cursor.qualified().into_iter().collect(), is_atomic });
    }
    if cursor.is_at(TokenKind::Open) {
        let end = cursor.rest().iter().position(|token| token.kind == TokenKind::Close)?;
        cursor.skip(end + 1);
    }
    let is_one = cursor.eats_any(&["TABLE", "INDEX"]);
    if !is_one {
        cursor.skip(1);
    }
    cursor.eats(&["CONCURRENTLY"]);
    Some(ChangedObjects { names: cursor.qualified().into_iter().collect(), is_atomic: is_atomic && is_one })
}

/// The names of a list.
fn names(cursor: Cursor<'_, '_>) -> Vec<String> {
    let name = |mut item: Cursor<'_, '_>| {
        item.eats(&["ONLY"]);
        item.qualified()
    };
    cursor.items().into_iter().filter_map(name).collect()
}

/// Both names of `a TO b`.
fn renamed(mut cursor: Cursor<'_, '_>) -> Vec<String> {
    let old = cursor.qualified();
    cursor.eats(&["TO"]);
    old.into_iter().chain(cursor.qualified()).collect()
}

/// The tables that a definition refers to: after `REFERENCES`, and after `LIKE` if it copies a table.
pub(super) fn references(cursor: Cursor<'_, '_>) -> Vec<String> {
    let is_create = cursor.word(0) == "CREATE";
    let tokens = cursor.rest();
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| tokens.get(before));
        let is_copied = is_create
            && token.is_word("LIKE")
            && match cursor.dialect {
                SqlDialect::Sqlite => false,
                SqlDialect::Postgres => {
                    before.is_some_and(|before| matches!(before.kind, TokenKind::Open | TokenKind::Comma))
                }
                SqlDialect::MySql => at <= 6 && !before.is_some_and(|before| before.is_word("NOT")),
            };
        let is_inherited =
            is_create && token.kind == TokenKind::Open && before.is_some_and(|before| before.is_word("INHERITS"));
        if token.is_word("REFERENCES") || is_copied || is_inherited {
            found.extend(super::names::qualified(&tokens[at + 1..], cursor.dialect).map(|(name, _)| name));
        }
    }
    found.sort();
    found.dedup();
    found
}
