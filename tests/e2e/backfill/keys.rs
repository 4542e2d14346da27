//! Keys of every kind, with values that are hard to write: each row is passed once, in the order of the database.

use seachange_tests::harness::{Case, TestResult};
use seachange_tests::{Backend, TestDatabase};
use serde_json::json;

use super::{states, times};
use crate::guarantees::script::Script;

/// The columns of a key, and rows as SQL.
type KeyCase = (&'static str, &'static str, Vec<String>);

pub(super) fn trials() -> Vec<Case> {
    let mut cases = Vec::new();
    for backend in Backend::ALL {
        for (name, columns, rows) in kinds(backend) {
            let name = format!("backfill::key_of_{name}");
            cases.push(Case::on(backend, &name, move |database| key(database, columns, &rows)));
        }
    }
    cases
}

/// Texts that a literal, a pattern or a collation may treat in a special way. No two are equal in a collation that
/// ignores case, accents or spaces at the end.
const TEXTS: [&str; 16] = [
    "",
    "a",
    "b",
    "ab",
    "a b",
    "it's",
    "back\\slash",
    "\\'",
    "\"quoted\"",
    "`back`",
    "100%",
    "under_score",
    "new\nline",
    "?",
    "$1",
    "\u{1F40C} ü",
];

fn texts(backend: Backend) -> Vec<String> {
    let literal = |text: &&str| match backend {
        Backend::MariaDb | Backend::MySql => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''")),
        Backend::Sqlite | Backend::Postgres => format!("'{}'", text.replace('\'', "''")),
    };
    TEXTS.iter().map(literal).collect()
}

fn strings(rows: &[&str]) -> Vec<String> {
    rows.iter().map(|row| (*row).to_owned()).collect()
}

fn kinds(backend: Backend) -> Vec<KeyCase> {
    let large = ["-9223372036854775808", "-1", "0", "9007199254740992", "9007199254740993", "9223372036854775807"];
    let pairs = |texts: &[String]| {
        let pair = |text: &String| ["1", "-2", "3"].map(|number| format!("{text}, {number}"));
        texts.iter().flat_map(pair).collect::<Vec<_>>()
    };
    let text = texts(backend);
    let mut cases: Vec<KeyCase> = vec![
        ("bigint", "k BIGINT NOT NULL PRIMARY KEY", strings(&large)),
        ("text", "k VARCHAR(60) NOT NULL PRIMARY KEY", text.clone()),
        ("text_and_number", "a VARCHAR(60) NOT NULL, b INT NOT NULL, PRIMARY KEY (a, b)", pairs(&text)),
        ("number_and_text_unique", "b INT, k VARCHAR(60) NOT NULL, UNIQUE (k)", {
            text.iter().enumerate().map(|(index, text)| format!("{index}, {text}")).collect()
        }),
    ];
    cases.extend(match backend {
        Backend::Sqlite => vec![
            ("integer", "k INTEGER PRIMARY KEY", strings(&large)),
            (
                "mixed_storage",
                "k PRIMARY KEY",
                strings(&[
                    "1",
                    "1.5",
                    "-0.1",
                    "1e300",
                    "9e999",
                    "'1'",
                    "'ä'",
                    "''",
                    "X'00ff'",
                    "X''",
                    "'a' || char(0) || 'b'",
                ]),
            ),
            ("no_case", "k TEXT COLLATE NOCASE PRIMARY KEY", strings(&["'a'", "'B'", "'c'", "'D'", "'_'"])),
            ("without_row_id", "a TEXT, b REAL, PRIMARY KEY (b DESC, a)) WITHOUT ROWID --", {
                strings(&["'x', 0.1", "'y', 0.1", "'x', 0.30000000000000004", "'x', 0.3"])
            }),
        ],
        Backend::Postgres => vec![
            ("uuid", "k UUID PRIMARY KEY", (0..20).map(|n| format!("md5('{n}')::uuid")).collect()),
            ("bytes", "k BYTEA PRIMARY KEY", strings(&["'\\x'", "'\\x00'", "'\\xff00'", "'\\x5c27'"])),
            ("numeric", "k NUMERIC PRIMARY KEY", {
                strings(&["0.1", "0.10000000000000000001", "-1e30", "123456789012345678901234567890", "'NaN'", "1"])
            }),
            (
                "time",
                "k TIMESTAMPTZ PRIMARY KEY",
                strings(&[
                    "'2026-01-02 03:04:05.000001+02'",
                    "'-infinity'",
                    "'infinity'",
                    "'2026-01-02 03:04:05+02'",
                    "'0044-03-15 12:00 BC'",
                ]),
            ),
            ("date_and_enumeration", "a DATE, b mood, PRIMARY KEY (a, b)", {
                strings(&["'2026-11-28', 'sad'", "'2026-11-28', 'ok'", "'2026-11-28', 'happy'", "'1999-01-01', 'ok'"])
            }),
            ("char", "k CHAR(5) PRIMARY KEY", strings(&["'a'", "'a b'", "'b    '", "''"])),
            ("domain", "k positive PRIMARY KEY", strings(&["1", "2", "30"])),
            ("array", "k INT[] PRIMARY KEY", strings(&["'{}'", "'{1,2}'", "'{1}'", "'{NULL}'"])),
            ("boolean", "k BOOLEAN PRIMARY KEY", strings(&["true", "false"])),
            ("address", "k INET PRIMARY KEY", strings(&["'10.0.0.1'", "'10.0.0.0/8'", "'::1'"])),
        ],
        Backend::MariaDb | Backend::MySql => vec![
            (
                "unsigned",
                "k BIGINT UNSIGNED PRIMARY KEY",
                strings(&["0", "18446744073709551615", "18446744073709551614", "5"]),
            ),
            (
                "decimal",
                "k DECIMAL(40, 20) PRIMARY KEY",
                strings(&["0.1", "0.10000000000000000001", "-12345678901234567890", "3"]),
            ),
            ("bytes", "k VARBINARY(20) PRIMARY KEY", strings(&["X'00'", "X'FF00'", "X'5C27'", "X'61'", "''"])),
            ("binary_text", "k VARCHAR(40) COLLATE utf8mb4_bin PRIMARY KEY", strings(&["'a'", "'A'", "'ä'", "'b'"])),
            (
                "latin_text",
                "k VARCHAR(40) CHARACTER SET latin1 PRIMARY KEY",
                strings(&["'a'", "'zebra'", "'\u{fc}ber'", "'\u{20ac}'"]),
            ),
            (
                "moment",
                "k DATETIME(6) PRIMARY KEY",
                strings(&["'2026-01-02 03:04:05.000001'", "'2026-01-02 03:04:05'", "'1000-01-01'"]),
            ),
            (
                "timestamp",
                "k TIMESTAMP(3) NOT NULL PRIMARY KEY",
                strings(&["'2026-01-02 03:04:05.001'", "'2026-10-25 02:30:00'"]),
            ),
            ("time", "k TIME PRIMARY KEY", strings(&["'-838:59:59'", "'00:00:01'", "'100:00:00'"])),
            ("three_columns", "a INT, b VARCHAR(9), c DATE, PRIMARY KEY (a, b, c)", {
                strings(&[
                    "1, 'a', '2026-01-01'",
                    "1, 'a', '2026-01-02'",
                    "1, 'b', '2025-01-01'",
                    "2, '', '2020-01-01'",
                    "1, 'b', '2025-01-02'",
                ])
            }),
        ],
    });
    cases
}

fn key(database: &TestDatabase, columns: &str, rows: &[String]) -> TestResult {
    if database.backend() == Backend::Postgres {
        database.execute(
            "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy'); CREATE DOMAIN positive AS INT CHECK (VALUE > 0)",
        )?;
    }
    let open = "CREATE TABLE t (times INT NOT NULL DEFAULT 0";
    database.execute(&match columns.strip_suffix("--") {
        Some(columns) => format!("{open}, {columns}"),
        None => format!("{open}, {columns})"),
    })?;
    // A definition of a column has a name of one letter, and a type or `PRIMARY KEY` after it.
    let is_column = |text: &&str| text.as_bytes().get(1) == Some(&b' ');
    let names: Vec<&str> = columns.split(", ").filter(is_column).map(|column| &column[..1]).collect();
    for row in rows {
        database.execute(&format!("INSERT INTO t ({}) VALUES ({row})", names.join(", ")))?;
    }
    let count = rows.len();
    // A batch of one row for each row, from the first one on.
    let set = json!({"table": "t", "set": [["times", "times + 1"]], "target": 0});
    let script = Script::new(database)
        .outside("l1", json!([{"backfill": set.clone()}]))
        .outside("l2", json!([{"backfill": set}]));
    script.succeed("up 1 --register-backfills")?;
    database.execute("UPDATE seachange_revision_backfill SET batch_rows = 1")?;
    script.succeed("backfill run --rows-per-second 10")?;
    assert_eq!(times(database, "t")?, [format!("1: {count}")]);
    script.succeed("up 1")?;
    assert_eq!(times(database, "t")?, [format!("2: {count}")]);
    assert_eq!(states(database)?, ["l1", "l2"].map(|name| format!("{name} complete {count} {count}")));
    Ok(())
}
