//! What the first words of a statement prove.

use super::control;
use super::cursor::Cursor;
use super::facts::{SessionState, StatementFacts, StatementKind};
use super::{SqlDialect, Token, TokenKind, pragma, session};

/// The result of reading the first words.
pub(super) enum LeadingWords {
    /// All facts are known, and no parser is needed.
    Facts(StatementFacts),
    /// A parser is needed. These facts apply if it fails.
    Parse(StatementFacts),
    /// The statement contains another one, which begins at a token.
    Inner {
        /// The index of the token.
        at: usize,
        /// How the inner statement runs.
        run: InnerStatement,
    },
}

/// How an inner statement runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InnerStatement {
    /// It runs.
    Whole,
    /// It runs, but the text before it is not understood.
    Doubted,
    /// It is planned, not run.
    Explained,
}

/// Reads the first of the significant tokens of a statement.
pub(super) fn judge(tokens: &[Token<'_>], dialect: SqlDialect) -> LeadingWords {
    let cursor = Cursor::new(tokens, dialect);
    if let Some(inner) = inner(cursor) {
        return inner;
    }
    let certain = control::read(cursor).or_else(|| pragma::read(cursor)).or_else(|| session::read(cursor));
    if let Some(facts) = certain {
        return LeadingWords::Facts(facts);
    }
    match cursor.word(0).as_str() {
        "TABLE" if dialect != SqlDialect::Sqlite && table(cursor).is_some() => {
            let reads = table(cursor).into_iter().collect();
            LeadingWords::Facts(StatementFacts { reads, ..StatementFacts::understood(StatementKind::Query) })
        }
        "COPY" if dialect == SqlDialect::Postgres => LeadingWords::Facts(copy(cursor)),
        _ => LeadingWords::Parse(unknown(cursor)),
    }
}

/// The table of `TABLE name`.
fn table(mut cursor: Cursor<'_, '_>) -> Option<String> {
    cursor.skip(1);
    cursor.last_name()
}

/// The statement after `EXPLAIN`, `ANALYZE` of MariaDB, or `SET STATEMENT ... FOR`.
fn inner(mut cursor: Cursor<'_, '_>) -> Option<LeadingWords> {
    let dialect = cursor.dialect;
    let start = cursor.len();
    let at = |cursor: Cursor<'_, '_>, run| Some(LeadingWords::Inner { at: start - cursor.len(), run });
    if dialect == SqlDialect::MySql && cursor.eats(&["SET", "STATEMENT"]) {
        let end = cursor.find_word("FOR")?;
        let is_plain = cursor.rest()[..end].iter().all(|token| token.kind != TokenKind::Open);
        return Some(LeadingWords::Inner {
            at: start - cursor.len() + end + 1,
            run: if is_plain { InnerStatement::Whole } else { InnerStatement::Doubted },
        });
    }
    let is_explain = cursor.eats(&["EXPLAIN"])
        || dialect == SqlDialect::MySql && (cursor.eats(&["DESCRIBE"]) || cursor.eats(&["DESC"]));
    if !is_explain {
        let is_analyze = dialect == SqlDialect::MySql && cursor.eats(&["ANALYZE"]);
        if !is_analyze || ["TABLE", "NO_WRITE_TO_BINLOG", "LOCAL"].contains(&cursor.word(0).as_str()) {
            return None;
        }
        return explain_format(&mut cursor).and_then(|()| at(cursor, InnerStatement::Whole));
    }
    match dialect {
        SqlDialect::Sqlite => {
            cursor.eats(&["QUERY", "PLAN"]);
            at(cursor, InnerStatement::Explained)
        }
        SqlDialect::Postgres => {
            let runs = if cursor.is_at(TokenKind::Open) {
                explain_options(&mut cursor)?
            } else {
                let runs = cursor.eats(&["ANALYZE"]) || cursor.eats(&["ANALYSE"]);
                cursor.eats(&["VERBOSE"]);
                runs
            };
            at(cursor, if runs { InnerStatement::Whole } else { InnerStatement::Explained })
        }
        SqlDialect::MySql => {
            let runs = cursor.eats(&["ANALYZE"]);
            cursor.eats(&["EXTENDED"]);
            cursor.eats(&["PARTITIONS"]);
            explain_format(&mut cursor)?;
            let is_statement = ["SELECT", "WITH", "INSERT", "REPLACE", "UPDATE", "DELETE", "TABLE", "VALUES", "("]
                .contains(&cursor.word(0).as_str());
            if !is_statement {
                return Some(LeadingWords::Facts(described(cursor)));
            }
            at(cursor, if runs { InnerStatement::Whole } else { InnerStatement::Explained })
        }
    }
}

/// Reads `FORMAT = word`.
fn explain_format(cursor: &mut Cursor<'_, '_>) -> Option<()> {
    if cursor.eats(&["FORMAT"]) { (cursor.eats(&["="]) && cursor.skip(1)).then_some(()) } else { Some(()) }
}

/// Reads the options of `EXPLAIN (...)`, and returns whether the statement runs. An option counts whatever its value.
fn explain_options(cursor: &mut Cursor<'_, '_>) -> Option<bool> {
    let end = cursor.rest().iter().position(|token| token.kind == TokenKind::Close)?;
    let runs = cursor.rest()[..end].iter().any(|token| token.is_word("ANALYZE") || token.is_word("ANALYSE"));
    cursor.skip(end + 1);
    Some(runs)
}

/// `DESCRIBE table [column]`
fn described(mut cursor: Cursor<'_, '_>) -> StatementFacts {
    let table = cursor.qualified();
    match table {
        Some(table) if cursor.len() <= 1 => {
            StatementFacts { reads: vec![table], ..StatementFacts::understood(StatementKind::Query) }
        }
        _ => StatementFacts {
            may_end_transaction: false,
            commits_implicitly: false,
            ..StatementFacts::unknown(cursor.dialect)
        },
    }
}

/// `COPY`. With `STDIN` or `STDOUT` the connection cannot serve it; with a file or a program it is a plain statement.
fn copy(cursor: Cursor<'_, '_>) -> StatementFacts {
    let mut depth = 0_usize;
    let mut last = None;
    let mut way = None;
    for token in cursor.rest() {
        match token.kind {
            TokenKind::Open => depth += 1,
            TokenKind::Close => depth = depth.saturating_sub(1),
            TokenKind::Word if depth == 0 && way.is_none() => {
                let is_client = token.is_word("STDIN") || token.is_word("STDOUT");
                match last {
                    Some(true) if is_client => way = Some(true),
                    Some(true) => way = Some(false),
                    _ => {}
                }
                last = Some(token.is_word("FROM") || token.is_word("TO"));
            }
            _ if depth == 0 && last == Some(true) && way.is_none() => way = Some(false),
            _ => {}
        }
    }
    let doubted = StatementFacts { may_end_transaction: false, ..StatementFacts::unknown(cursor.dialect) };
    match way {
        Some(true) => StatementFacts { kind: StatementKind::Copy, ..doubted },
        _ => doubted,
    }
}

/// The facts of a statement that does not parse.
fn unknown(cursor: Cursor<'_, '_>) -> StatementFacts {
    let dialect = cursor.dialect;
    let unknown = StatementFacts::unknown(dialect);
    let is_mysql = dialect == SqlDialect::MySql;
    let held = || StatementFacts {
        commits_implicitly: false,
        may_end_transaction: ends_transaction(cursor),
        ..StatementFacts::unknown(dialect)
    };
    match cursor.word(0).as_str() {
        "SELECT" | "VALUES" | "(" => StatementFacts { kind: StatementKind::Query, ..held() },
        "TABLE" if dialect != SqlDialect::Sqlite => StatementFacts { kind: StatementKind::Query, ..held() },
        "WITH" if has_word(cursor, &["INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE"]) => {
            StatementFacts { kind: StatementKind::Rows, ..held() }
        }
        "WITH" => StatementFacts { kind: StatementKind::Query, ..held() },
        "INSERT" | "UPDATE" | "DELETE" => StatementFacts { kind: StatementKind::Rows, ..held() },
        "REPLACE" if dialect != SqlDialect::Postgres => StatementFacts { kind: StatementKind::Rows, ..held() },
        "MERGE" if dialect == SqlDialect::Postgres => StatementFacts { kind: StatementKind::Rows, ..held() },
        "LOAD" if is_mysql && ["DATA", "XML"].contains(&cursor.word(1).as_str()) => held(),
        _ if is_schema(cursor) => schema(cursor),
        _ => unknown,
    }
}

/// Whether the first words show that the schema changes.
fn is_schema(cursor: Cursor<'_, '_>) -> bool {
    let (first, second) = (cursor.word(0), cursor.word(1));
    match (cursor.dialect, first.as_str()) {
        (_, "CREATE" | "ALTER" | "DROP") => true,
        (SqlDialect::Sqlite, "REINDEX" | "ANALYZE") => true,
        (SqlDialect::Postgres, "TRUNCATE" | "COMMENT" | "GRANT" | "REVOKE" | "REINDEX" | "CLUSTER") => true,
        (SqlDialect::Postgres, "ANALYZE" | "ANALYSE" | "REASSIGN") => true,
        (SqlDialect::Postgres, "REFRESH" | "SECURITY" | "IMPORT") => true,
        (SqlDialect::MySql, "TRUNCATE" | "RENAME" | "GRANT" | "REVOKE") => true,
        (SqlDialect::MySql, "ANALYZE" | "OPTIMIZE" | "REPAIR" | "CHECK") => {
            ["TABLE", "TABLES", "NO_WRITE_TO_BINLOG", "LOCAL"].contains(&second.as_str())
        }
        _ => false,
    }
}

/// The facts that the first words of a schema change prove.
fn schema(cursor: Cursor<'_, '_>) -> StatementFacts {
    let dialect = cursor.dialect;
    let mut facts = StatementFacts {
        kind: StatementKind::Schema,
        commits_implicitly: dialect == SqlDialect::MySql,
        may_end_transaction: ends_transaction(cursor),
        ..StatementFacts::unknown(dialect)
    };
    if let Some(name) = temporary(cursor) {
        facts.kind = StatementKind::Session;
        facts.commits_implicitly = false;
        facts.session_writes.push(SessionState::Temporary(name));
    } else if !runs_code(cursor) {
        facts.session_writes.clear();
    }
    facts
}

/// The name of a temporary object that is created or dropped. A keyword or the schema of its name shows that it is
/// temporary.
fn temporary(mut cursor: Cursor<'_, '_>) -> Option<String> {
    let is_create = cursor.eats(&["CREATE"]);
    if !is_create && !cursor.eats(&["DROP"]) {
        return None;
    }
    cursor.eats(&["OR", "REPLACE"]);
    let _ = cursor.eats(&["GLOBAL"]) || cursor.eats(&["LOCAL"]);
    let is_temporary = cursor.eats(&["TEMPORARY"]) || cursor.dialect != SqlDialect::MySql && cursor.eats(&["TEMP"]);
    cursor.eats(&["RECURSIVE"]);
    let _ = ["TABLE", "VIEW", "TRIGGER", "SEQUENCE"].iter().any(|word| cursor.eats(&[word]));
    let _ = cursor.eats(&["IF", "NOT", "EXISTS"]) || cursor.eats(&["IF", "EXISTS"]);
    let name = cursor.qualified()?;
    let schema = match cursor.dialect {
        SqlDialect::Sqlite => "temp.",
        SqlDialect::Postgres => "pg_temp.",
        SqlDialect::MySql => return is_temporary.then_some(name),
    };
    (is_temporary || name.starts_with(schema)).then_some(name)
}

/// Whether a schema change may run unknown code: it selects, or calls an unknown function.
pub(super) fn runs_code(cursor: Cursor<'_, '_>) -> bool {
    let mut head = cursor;
    if head.eats(&["DROP"]) {
        return false;
    }
    has_word(cursor, &["SELECT", "EXTENSION", "EXECUTE"]) && !is_stored(cursor) || calls_unknown(cursor)
}

/// Whether the content of the statement is stored, not run.
fn is_stored(mut cursor: Cursor<'_, '_>) -> bool {
    cursor.eats(&["CREATE"]) && {
        cursor.eats(&["OR", "REPLACE"]);
        ["VIEW", "TRIGGER", "FUNCTION", "PROCEDURE", "EVENT", "RULE", "POLICY"].contains(&cursor.word(0).as_str())
            || cursor.dialect == SqlDialect::MySql && ["DEFINER", "ALGORITHM", "SQL"].contains(&cursor.word(0).as_str())
    }
}

/// Words before parentheses that do not call a function: words of the grammar, and types.
const NO_CALLS: &[&str] = &[
    "ADD",
    "ALL",
    "AND",
    "AS",
    "BETWEEN",
    "BIT",
    "BINARY",
    "BLOB",
    "BPCHAR",
    "BY",
    "CHAR",
    "CHARACTER",
    "CHECK",
    "COLUMN",
    "COLUMNS",
    "DATETIME",
    "DEC",
    "DECIMAL",
    "DEFAULT",
    "DOUBLE",
    "ENUM",
    "FIXED",
    "FLOAT",
    "FLOAT4",
    "FLOAT8",
    "HASH",
    "IN",
    "INCLUDE",
    "INT",
    "INTEGER",
    "INTERVAL",
    "BIGINT",
    "SMALLINT",
    "TINYINT",
    "MEDIUMINT",
    "INT2",
    "INT4",
    "INT8",
    "KEY",
    "LESS",
    "LIST",
    "NOT",
    "NUMERIC",
    "NVARCHAR",
    "ON",
    "OR",
    "PARTITION",
    "RANGE",
    "REAL",
    "SET",
    "TEXT",
    "THAN",
    "TIME",
    "TIMESTAMP",
    "TIMESTAMPTZ",
    "TIMETZ",
    "UNIQUE",
    "USING",
    "VALUES",
    "VARBINARY",
    "VARBIT",
    "VARCHAR",
    "VARYING",
    "VECTOR",
    "WHEN",
    "WHERE",
    "WITH",
    "YEAR",
    "BTREE",
    "GIN",
    "GIST",
    "BRIN",
    "ALWAYS",
    "IDENTITY",
    "RETURNS",
    "STORAGE",
    "EXISTS",
    "CASE",
    "THEN",
    "ELSE",
    "RESET",
    "FULLTEXT",
    "SPATIAL",
    "FOREIGN",
    "PRIMARY",
    "INDEX",
    "TABLE",
    "REFERENCES",
    "EXCLUDE",
];

/// Whether a name before a parenthesis is neither a known function, nor a type, nor the name of an object.
fn calls_unknown(cursor: Cursor<'_, '_>) -> bool {
    const BEFORE_NAMES: [&str; 12] =
        ["TABLE", "EXISTS", "KEY", "INDEX", "ON", "REFERENCES", "UNIQUE", "CONSTRAINT", "INTO", "VIEW", "ONLY", "AS"];
    let tokens = cursor.rest();
    tokens.windows(2).enumerate().any(|(at, pair)| {
        let [name, open] = pair else { return false };
        let Some(called) = name.name().filter(|_| open.kind == TokenKind::Open) else { return false };
        if name.kind == TokenKind::Word && NO_CALLS.iter().any(|word| name.is_word(word)) {
            return false;
        }
        let mut first = at;
        while first >= 2 && tokens[first - 1].kind == TokenKind::Dot {
            first -= 2;
        }
        let before = first.checked_sub(1).map(|before| &tokens[before]);
        // `USING` of SQLite names the module of a virtual table.
        let is_module = cursor.dialect == SqlDialect::Sqlite && before.is_some_and(|before| before.is_word("USING"));
        let is_name = is_module || before.is_some_and(|before| BEFORE_NAMES.iter().any(|word| before.is_word(word)));
        let effect = super::functions::effect(&called.to_ascii_lowercase(), cursor.dialect);
        !is_name && (first != at || effect != super::functions::FunctionEffect::Pure)
    })
}

/// Whether SQLite may end the transaction because of the statement.
pub(super) fn ends_transaction(cursor: Cursor<'_, '_>) -> bool {
    cursor.dialect == SqlDialect::Sqlite && has_word(cursor, &["ROLLBACK"])
}

/// Whether the statement contains one of these words.
pub(super) fn has_word(cursor: Cursor<'_, '_>, words: &[&str]) -> bool {
    cursor.rest().iter().any(|token| words.iter().any(|word| token.is_word(word)))
}
