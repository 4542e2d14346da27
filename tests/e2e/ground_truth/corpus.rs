//! The statements: those of the files beside this one, and those that are generated from types and options.
//!
//! A case of a file is a block of lines. `-- since 12` and `-- before 12` restrict it to versions of the server, `-- always`
//! marks a statement of which the report was wrong before, `-- query` one that is sent as a query, and `-- watch NAME`
//! names a further object that the sessions read. Lines that begin with `prepare:` are statements that run before it. In
//! all of them `$t` is the large table and `$o` the table to which its column `o_id` refers.

use std::fs;

use seachange_tests::{Backend, workspace};

/// A statement, and what it needs.
#[derive(Debug, Clone)]
pub(super) struct TruthCase {
    pub(super) statement: String,
    pub(super) preparation: Vec<String>,
    pub(super) watched: Vec<String>,
    pub(super) is_query: bool,
    /// Whether the report of the statement was wrong before, so that each run has it.
    always: bool,
    since: u32,
    before: u32,
}

impl TruthCase {
    fn generated(statement: String) -> Self {
        Self {
            statement,
            preparation: Vec::new(),
            watched: Vec::new(),
            is_query: false,
            always: false,
            since: 0,
            before: u32::MAX,
        }
    }

    /// Whether a text of the case names the other table.
    pub(super) fn has_other(&self) -> bool {
        self.preparation.iter().chain([&self.statement]).any(|text| text.contains("$o"))
    }

    /// The objects that the sessions read and write.
    pub(super) fn objects(&self) -> Vec<String> {
        let other = self.has_other().then(|| "$o".to_owned());
        ["$t".to_owned()].into_iter().chain(other).chain(self.watched.iter().cloned()).collect()
    }
}

/// A text with the names of the tables.
pub(super) fn named(text: &str, number: &str) -> String {
    text.replace("$t", &format!("t{number}")).replace("$o", &format!("o{number}"))
}

/// The tables of a case, as statements; `$t` has an index on `n`.
pub(super) fn tables(backend: Backend) -> [String; 3] {
    let (text, blob, time, double, flag) = match backend {
        Backend::Postgres => ("TEXT", "BYTEA", "TIMESTAMP", "DOUBLE PRECISION", "BOOLEAN"),
        Backend::Sqlite => ("TEXT", "BLOB", "TEXT", "REAL", "BOOLEAN"),
        Backend::MariaDb | Backend::MySql => ("TEXT", "BLOB", "DATETIME", "DOUBLE", "BOOLEAN"),
    };
    [
        "CREATE TABLE $o (id INT PRIMARY KEY, n INT, m INT, s VARCHAR(100))".to_owned(),
        format!(
            "CREATE TABLE $t (id INT PRIMARY KEY, o_id INT NOT NULL, n INT NOT NULL, m INT, u INT NOT NULL, \
             s VARCHAR(100), w {text}, d NUMERIC(10, 2), at {time}, x {double}, f {flag}, c CHAR(10), v {blob})"
        ),
        "CREATE INDEX $t_n ON $t (n)".to_owned(),
    ]
}

/// Statements that fill the tables.
pub(super) fn rows(backend: Backend, rows: usize) -> [String; 2] {
    let others = rows / 10;
    let numbers = |count: usize| match backend {
        Backend::Postgres => format!("SELECT g AS g FROM generate_series(1, {count}) AS g"),
        Backend::MariaDb => format!("SELECT seq AS g FROM seq_1_to_{count}"),
        Backend::MySql => format!(
            "SELECT a.g * 1000 + b.g + 1 AS g FROM \
             (WITH RECURSIVE k (g) AS (SELECT 0 UNION ALL SELECT g + 1 FROM k WHERE g < 999) SELECT g FROM k) AS a, \
             (WITH RECURSIVE k (g) AS (SELECT 0 UNION ALL SELECT g + 1 FROM k WHERE g < 999) SELECT g FROM k) AS b \
             WHERE a.g * 1000 + b.g < {count}"
        ),
        Backend::Sqlite => {
            format!(
                "WITH RECURSIVE k (g) AS (SELECT 1 UNION ALL SELECT g + 1 FROM k WHERE g < {count}) SELECT g FROM k"
            )
        }
    };
    let join = if backend.is_like_mysql() { "CONCAT('text ', g)" } else { "'text ' || g" };
    let bytes = if backend == Backend::Postgres { "'\\x00'::bytea" } else { "'0'" };
    let time = if backend == Backend::Postgres { "TIMESTAMP '2026-01-02 03:04:05'" } else { "'2026-01-02 03:04:05'" };
    let flag = if backend == Backend::Postgres { "g % 2 = 0" } else { "g % 2" };
    [
        format!("INSERT INTO $o SELECT g, g, g, {join} FROM ({}) AS q", numbers(others)),
        format!(
            "INSERT INTO $t SELECT g, g % {others} + 1, g % 1000, g % 100, g, {join}, 'a text', g % 1000, {time}, g, \
             {flag}, 'abc', {bytes} FROM ({}) AS q",
            numbers(rows)
        ),
    ]
}

/// The cases for a version of a database system.
pub(super) fn cases(backend: Backend, version: u32) -> Result<Vec<TruthCase>, std::io::Error> {
    let files: &[&str] = match backend {
        Backend::Postgres => &["postgres"],
        Backend::MariaDb => &["mysql_and_mariadb", "mariadb"],
        Backend::MySql => &["mysql_and_mariadb", "mysql"],
        Backend::Sqlite => &["sqlite"],
    };
    let mut cases = Vec::new();
    for file in files {
        let text = fs::read_to_string(workspace().join(format!("tests/e2e/ground_truth/{file}.sql")))?;
        cases.extend(text.split("\n\n").filter_map(read));
    }
    cases.extend(generated(backend).into_iter().map(TruthCase::generated));
    cases.retain(|case| case.since <= version && version < case.before);
    Ok(cases)
}

/// Cases that each run has, and others up to a number, drawn by a fixed rule.
pub(super) fn few(cases: Vec<TruthCase>, count: usize) -> Vec<TruthCase> {
    let (mut chosen, mut others): (Vec<_>, Vec<_>) = cases.into_iter().partition(|case| case.always);
    let rank = |text: &str| text.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    others.sort_by_key(|case| rank(&case.statement).wrapping_mul(2_654_435_761));
    chosen.extend(others.into_iter().take(count.saturating_sub(chosen.len())));
    chosen
}

/// Reads a block; `None` for one without a statement.
fn read(block: &str) -> Option<TruthCase> {
    let mut case = TruthCase::generated(String::new());
    let mut statement = Vec::new();
    for line in block.lines() {
        if let Some(prepared) = line.strip_prefix("prepare: ") {
            case.preparation.push(prepared.to_owned());
        } else if let Some(note) = line.strip_prefix("-- ") {
            match note.split_once(' ').unwrap_or((note, "")) {
                ("always", _) => case.always = true,
                ("query", _) => case.is_query = true,
                ("watch", name) => case.watched.push(name.to_owned()),
                ("since", version) => case.since = version.parse().unwrap_or(u32::MAX),
                ("before", version) => case.before = version.parse().unwrap_or(0),
                _ => {}
            }
        } else if !line.trim().is_empty() {
            statement.push(line);
        }
    }
    case.statement = statement.join("\n");
    (!case.statement.is_empty()).then_some(case)
}

/// Statements made from types and options.
fn generated(backend: Backend) -> Vec<String> {
    type Pairs = &'static [(&'static str, &'static str)];
    let mut statements = Vec::new();
    let (types, conversions): (Pairs, Pairs) = match backend {
        Backend::Postgres => (&POSTGRES_TYPES, &POSTGRES_CONVERSIONS),
        Backend::MariaDb | Backend::MySql => (&MYSQL_TYPES, &MYSQL_CONVERSIONS),
        Backend::Sqlite => (&SQLITE_TYPES, &[]),
    };
    for (kind, default) in types {
        statements.push(format!("ALTER TABLE $t ADD COLUMN new_one {kind}"));
        if !default.is_empty() {
            statements.push(format!("ALTER TABLE $t ADD COLUMN new_one {kind} NOT NULL DEFAULT {default}"));
        }
    }
    for (column, kind) in conversions {
        let change = if backend.is_like_mysql() { "MODIFY" } else { "ALTER COLUMN" };
        let to = if backend.is_like_mysql() { "" } else { "TYPE " };
        statements.push(format!("ALTER TABLE $t {change} {column} {to}{kind}"));
    }
    if backend == Backend::Sqlite {
        for columns in ["m", "u", "s", "w", "d", "x", "m, u", "lower(s)", "u DESC", "n, m, u", "s COLLATE NOCASE"] {
            statements.push(format!("CREATE INDEX $t_i ON $t ({columns})"));
            statements.push(format!("CREATE INDEX $t_i ON $t ({columns}) WHERE m > 50"));
        }
        for column in ["m", "u", "s", "w", "d", "at", "x", "f", "c", "v", "o_id"] {
            statements.push(format!("ALTER TABLE $t DROP COLUMN {column}"));
            statements.push(format!("ALTER TABLE $t RENAME COLUMN {column} TO other_one"));
            statements.push(format!("UPDATE $t SET {column} = 3"));
        }
    }
    statements
}

/// Types, each with a constant of it.
const POSTGRES_TYPES: [(&str, &str); 16] = [
    ("SMALLINT", "3"),
    ("BIGINT", "3"),
    ("NUMERIC(12, 3)", "1.5"),
    ("REAL", "1.5"),
    ("VARCHAR(20)", "'a'"),
    ("CHAR(4)", "'a'"),
    ("TEXT", "'a'"),
    ("BOOLEAN", "true"),
    ("DATE", "CURRENT_DATE"),
    ("TIMESTAMPTZ", "now()"),
    ("UUID", "'00000000-0000-4000-8000-000000000001'"),
    ("JSONB", "'{}'"),
    ("INT[]", "'{}'"),
    ("BYTEA", "'a'"),
    ("INTERVAL", "'1 day'"),
    ("INET", "'192.0.2.1'"),
];

/// Columns of the table, each with another type.
const POSTGRES_CONVERSIONS: [(&str, &str); 26] = [
    ("n", "BIGINT"),
    ("n", "SMALLINT"),
    ("n", "NUMERIC"),
    ("n", "TEXT"),
    ("m", "BIGINT"),
    ("m", "REAL"),
    ("u", "VARCHAR(20)"),
    ("s", "TEXT"),
    ("s", "VARCHAR(200)"),
    ("s", "VARCHAR"),
    ("s", "VARCHAR(50)"),
    ("s", "CHAR(100)"),
    ("w", "VARCHAR(100)"),
    ("w", "VARCHAR"),
    ("d", "NUMERIC(12, 2)"),
    ("d", "NUMERIC"),
    ("d", "NUMERIC(12, 4)"),
    ("d", "NUMERIC(8, 2)"),
    ("at", "TIMESTAMP(3)"),
    ("at", "TIMESTAMPTZ"),
    ("at", "DATE"),
    ("x", "REAL"),
    ("f", "INT USING f::int"),
    ("f", "TEXT"),
    ("c", "VARCHAR(10)"),
    ("c", "TEXT"),
];

const MYSQL_TYPES: [(&str, &str); 18] = [
    ("TINYINT", "3"),
    ("SMALLINT UNSIGNED", "3"),
    ("BIGINT", "3"),
    ("DECIMAL(12, 3)", "1.5"),
    ("FLOAT", "1.5"),
    ("VARCHAR(20)", "'a'"),
    ("VARCHAR(300) CHARACTER SET latin1", "'a'"),
    ("CHAR(4)", "'a'"),
    ("TEXT", ""),
    ("MEDIUMTEXT", ""),
    ("DATE", "'2026-01-02'"),
    ("DATETIME(3)", "'2026-01-02 00:00:00'"),
    ("TIMESTAMP", "'2026-01-02 00:00:00'"),
    ("ENUM('a', 'b')", "'a'"),
    ("SET('a', 'b')", "'a'"),
    ("JSON", ""),
    ("VARBINARY(20)", "'a'"),
    ("BIT(3)", "b'1'"),
];

const MYSQL_CONVERSIONS: [(&str, &str); 26] = [
    ("n", "BIGINT NOT NULL"),
    ("n", "SMALLINT NOT NULL"),
    ("n", "INT UNSIGNED NOT NULL"),
    ("n", "DECIMAL(12, 0) NOT NULL"),
    ("m", "INT NOT NULL"),
    ("m", "BIGINT"),
    ("m", "INT DEFAULT 7"),
    ("m", "VARCHAR(20)"),
    ("u", "INT"),
    ("s", "VARCHAR(50)"),
    ("s", "VARCHAR(60)"),
    ("s", "VARCHAR(255)"),
    ("s", "VARCHAR(300)"),
    ("s", "VARCHAR(100) NOT NULL"),
    ("s", "VARCHAR(100) CHARACTER SET latin1"),
    ("s", "VARCHAR(100) COLLATE utf8mb4_bin"),
    ("s", "CHAR(100)"),
    ("s", "TEXT"),
    ("w", "MEDIUMTEXT"),
    ("w", "VARCHAR(500)"),
    ("d", "DECIMAL(12, 2)"),
    ("d", "DECIMAL(10, 3)"),
    ("at", "DATETIME(3)"),
    ("at", "DATE"),
    ("x", "FLOAT"),
    ("c", "VARCHAR(10)"),
];

const SQLITE_TYPES: [(&str, &str); 10] = [
    ("INTEGER", "3"),
    ("BIGINT", "3"),
    ("REAL", "1.5"),
    ("NUMERIC(12, 3)", "1.5"),
    ("VARCHAR(20)", "'a'"),
    ("TEXT", "'a'"),
    ("TEXT COLLATE NOCASE", "'a'"),
    ("BLOB", "x'00'"),
    ("BOOLEAN", "TRUE"),
    ("DATE", "'2026-01-02'"),
];
