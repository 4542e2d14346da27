//! Actions of revisions that are neither plain DDL nor plain DML.

use seachange_tests::Backend;
use serde_json::{Value, json};

use super::plain::{Grammar, text};

impl Grammar {
    /// Actions of one kind. `is_outside` says whether the revision runs outside of a transaction.
    pub(super) fn unusual(&mut self, is_outside: bool) -> Vec<Value> {
        match self.random.below(100) {
            0..20 => self.reads(),
            20..32 => self.settings(is_outside),
            32..44 => self.transactions_by_call(is_outside),
            44..52 => self.transactions_by_text(is_outside),
            52..62 => self.locks(is_outside),
            62..72 => self.temporary_objects(),
            72..78 => self.several_statements(is_outside),
            78..86 => self.session_functions(),
            86..90 => self.savepoints(),
            90..96 => self.swallowed_errors(),
            _ => self.tasks(is_outside),
        }
    }

    fn insert_value(&mut self, value: &str) -> Value {
        let (table, fresh) = (self.table(), self.fresh());
        text(format!("INSERT INTO {table} (id, n) VALUES ({fresh}, {value})"))
    }

    /// Reads whose result decides which rows are written.
    fn reads(&mut self) -> Vec<Value> {
        let (table, fresh) = (self.table(), self.fresh());
        match self.random.below(9) {
            0 => vec![
                json!({"query": {"sql": format!("SELECT count(*) AS c FROM {table}"), "into": "v"}}),
                self.insert_value("{v}"),
            ],
            1 => vec![
                json!({"query_one": {"sql": format!("SELECT max(n) AS m FROM {table} WHERE id > ?"), "values": [0], "into": "v"}}),
                json!({"execute": {"sql": "UPDATE t1 SET n = ? WHERE id > 0", "values": ["$v"]}}),
            ],
            2 => vec![json!({"each": {
                "sql": format!("SELECT id FROM {table} WHERE id < 1000 ORDER BY id"),
                "actions": [text(format!("UPDATE {table} SET n = (n + 11) % 1000 WHERE id = {{id}}"))]
            }})],
            3 => vec![json!({"while_rows": {
                "sql": format!("SELECT id FROM {table} WHERE s IS NULL ORDER BY id"),
                "actions": [text(format!("UPDATE {table} SET s = 'filled' WHERE id = {{id}}"))]
            }})],
            4 => {
                let insert = format!("INSERT INTO {table} (id, n) SELECT {fresh}000 + count(*), 1 FROM {table}");
                vec![
                    json!({"query": {"sql": "SELECT count(*) AS c FROM t0", "into": "times"}}),
                    json!({"repeat": {"times": "$times", "actions": [text(insert)]}}),
                ]
            }
            5 => {
                let (then, otherwise) = (self.insert_value("1"), self.insert_value("2"));
                vec![
                    json!({"has_table": {"table": table, "into": "v"}}),
                    json!({"if": {"variable": "v", "then": [then], "else": [otherwise]}}),
                ]
            }
            6 => {
                let (then, otherwise) = (self.insert_value("3"), self.insert_value("4"));
                vec![
                    json!({"has_column": {"table": table, "column": "s", "into": "v"}}),
                    json!({"if": {"variable": "v", "then": [then], "else": [otherwise]}}),
                ]
            }
            7 => vec![
                json!({"query": {
                    "sql": format!("INSERT INTO {table} (id, n) VALUES ({fresh}, 5) RETURNING id"), "into": "v"
                }}),
                self.insert_value("{v}"),
            ],
            _ => vec![
                json!({"stream": {"sql": format!("SELECT n FROM {table} ORDER BY id"), "into": "v", "count_into": "c"}}),
                self.insert_value("{c}"),
            ],
        }
    }

    /// Changes of the session, which the session would keep.
    fn settings(&mut self, is_outside: bool) -> Vec<Value> {
        let everywhere: &[&str] = match self.backend {
            Backend::Sqlite => &[
                "PRAGMA foreign_keys = OFF",
                "PRAGMA foreign_keys = ON",
                "PRAGMA recursive_triggers = ON",
                "PRAGMA cache_size = 100",
                "PRAGMA case_sensitive_like = ON",
                "PRAGMA defer_foreign_keys = ON",
                "PRAGMA user_version = 7",
                "PRAGMA ignore_check_constraints = ON",
            ],
            Backend::Postgres => &[
                "SET TIME ZONE 'Asia/Tokyo'",
                "SET search_path = public, pg_catalog",
                "SELECT pg_catalog.set_config('search_path', 'public', false)",
                "SET LOCAL work_mem = '2MB'",
                "SET session_replication_role = replica",
                "SET statement_timeout = '50s'",
                "SET standard_conforming_strings = on",
                "SET CONSTRAINTS ALL DEFERRED",
                "RESET ALL",
                "DEALLOCATE ALL",
                "SET default_transaction_isolation = 'serializable'",
            ],
            Backend::MariaDb | Backend::MySql => &[
                "SET sql_mode = 'PIPES_AS_CONCAT'",
                "SET FOREIGN_KEY_CHECKS = 0",
                "SET NAMES latin1",
                "SET time_zone = '+09:00'",
                "SET autocommit = 0",
                "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
                "SET unique_checks = 0",
                "SET sql_safe_updates = 1",
                "/*!40101 SET @saved = @@sql_mode */",
                "SET lock_wait_timeout = 20",
            ],
        };
        let outside: &[&str] = match self.backend {
            Backend::Sqlite => {
                &["ATTACH ':memory:' AS beside", "PRAGMA journal_mode = WAL", "PRAGMA synchronous = OFF"]
            }
            Backend::Postgres => &["DISCARD ALL", "DISCARD PLANS"],
            Backend::MariaDb | Backend::MySql => &["SET autocommit = 1"],
        };
        let choices = if is_outside { [everywhere, outside].concat() } else { everywhere.to_vec() };
        vec![text(self.random.pick(&choices)), self.dml()]
    }

    /// Transactions that the code begins with SeaORM's calls.
    fn transactions_by_call(&mut self, is_outside: bool) -> Vec<Value> {
        let begin = if is_outside && self.random.chance(30) {
            json!({"begin": {"isolation": self.random.pick(&["serializable", "repeatable read", "read committed"])}})
        } else {
            json!({"begin": {}})
        };
        let mut actions = vec![begin, self.dml()];
        if self.random.chance(40) {
            actions.extend([json!({"begin": {}}), self.dml(), json!(self.random.pick(&["commit", "rollback"]))]);
        }
        if self.random.chance(50) {
            actions.push(self.dml());
        }
        actions.push(json!(self.random.pick(&["commit", "commit", "commit", "rollback", "drop"])));
        actions
    }

    /// Transactions that the code begins and ends as text.
    fn transactions_by_text(&mut self, is_outside: bool) -> Vec<Value> {
        if !is_outside && self.random.chance(60) {
            // This is mostly refused; in the other cases plain statements take its place.
            return vec![self.plain(), self.plain()];
        }
        let begin = self.random.pick(match self.backend {
            Backend::Sqlite => &["BEGIN", "BEGIN IMMEDIATE", "begin transaction"],
            Backend::Postgres => &["BEGIN", "START TRANSACTION", "BEGIN ISOLATION LEVEL SERIALIZABLE"],
            Backend::MariaDb | Backend::MySql => {
                &["BEGIN", "START TRANSACTION", "START TRANSACTION WITH CONSISTENT SNAPSHOT"]
            }
        });
        let end = self.random.pick(&["COMMIT", "COMMIT", "/* the end */ commit", "ROLLBACK"]);
        match self.random.below(5) {
            0 => vec![text(format!("{begin}; {}; {}; {end};", self.dml_text(), self.dml_text()))],
            1 => vec![self.dml(), text(end), self.dml()],
            _ => vec![text(begin), self.dml(), self.dml(), text(end)],
        }
    }

    fn locks(&mut self, is_outside: bool) -> Vec<Value> {
        let (table, key) = (self.table(), self.fresh());
        match self.backend {
            Backend::Sqlite if is_outside => vec![text("BEGIN EXCLUSIVE"), self.dml(), text("COMMIT")],
            Backend::Sqlite => vec![self.dml()],
            Backend::Postgres => match self.random.below(4) {
                0 if is_outside => {
                    let lock = text(format!("LOCK TABLE {table} IN EXCLUSIVE MODE"));
                    vec![json!({"begin": {}}), lock, text(self.dml_on(&table)), json!("commit")]
                }
                0 => vec![text(format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")), text(self.dml_on(&table))],
                1 => vec![
                    text(format!("SELECT pg_advisory_lock({key})")),
                    self.dml(),
                    text(format!("SELECT pg_advisory_unlock({key})")),
                ],
                2 => vec![text(format!("SELECT pg_advisory_lock({key})")), self.dml()],
                _ => self.locked_rows(&table),
            },
            Backend::MariaDb | Backend::MySql => match self.random.below(4) {
                0 => vec![
                    text(format!("LOCK TABLES {table} WRITE")),
                    text(self.update_of(&table)),
                    text("UNLOCK TABLES"),
                ],
                1 => {
                    let name = format!("CONCAT('mine{key}', DATABASE())");
                    vec![
                        text(format!("SELECT GET_LOCK({name}, 5)")),
                        self.dml(),
                        text(format!("SELECT RELEASE_LOCK({name})")),
                    ]
                }
                2 => vec![text(format!("SELECT GET_LOCK(CONCAT('mine{key}', DATABASE()), 5)")), self.dml()],
                _ => self.locked_rows(&table),
            },
        }
    }

    fn update_of(&mut self, table: &str) -> String {
        format!("UPDATE {table} SET n = (n + {}) % 1000", self.random.below(50))
    }

    fn locked_rows(&mut self, table: &str) -> Vec<Value> {
        let read = json!({"query": {"sql": format!("SELECT n FROM {table} ORDER BY id FOR UPDATE"), "into": "v"}});
        vec![json!({"begin": {}}), read, text(self.update_of(table)), json!("commit")]
    }

    /// Temporary tables, some with the name of an existing table.
    fn temporary_objects(&mut self) -> Vec<Value> {
        let (table, fresh) = (self.table(), self.fresh());
        let word = if self.random.chance(50) { "TEMPORARY" } else { "TEMP" };
        let word = if self.backend.is_like_mysql() { "TEMPORARY" } else { word };
        if self.random.chance(25) {
            return vec![
                text(format!("CREATE {word} TABLE {table} AS SELECT id, n, s FROM t0")),
                text(self.dml_on(&table)),
                text(self.update_of(&table)),
            ];
        }
        let name = format!("tmp{fresh}");
        let mut actions = vec![
            text(format!("CREATE {word} TABLE {name} AS SELECT id, n, s FROM t0")),
            text(format!("UPDATE {name} SET n = n + 1")),
            text(format!("INSERT INTO {table} (id, n, s) SELECT id + {fresh}000, n, s FROM {name}")),
        ];
        if self.random.chance(50) {
            actions.push(text(format!("DROP TABLE {name}")));
        }
        actions
    }

    fn several_statements(&mut self, is_outside: bool) -> Vec<Value> {
        let mut statements: Vec<String> = (0..2 + self.random.below(3)).map(|_| self.dml_text()).collect();
        if is_outside && self.random.chance(30) {
            statements.push("INSERT INTO nosuch VALUES (1)".to_owned());
            return vec![json!({"swallow": [text(statements.join("; "))]})];
        }
        let end = self.random.pick(&["", ";", "; -- the end", ";\n/* the end; */"]);
        vec![text(statements.join(";\n") + end)]
    }

    /// Queries that only the session of the previous statement can answer.
    fn session_functions(&mut self) -> Vec<Value> {
        let (table, fresh) = (self.table(), self.fresh());
        let update = text(format!("UPDATE {table} SET n = (n + 1) % 1000"));
        match self.backend {
            Backend::Sqlite => match self.random.below(2) {
                0 => vec![
                    text(format!("INSERT INTO {table} (id, n) VALUES ({fresh}, 1)")),
                    self.insert_value("last_insert_rowid() % 1000"),
                ],
                _ => vec![update, self.insert_value("changes()")],
            },
            Backend::Postgres => vec![
                text(format!("SET app.x{fresh} = '{fresh}'")),
                self.dml(),
                self.insert_value(&format!("coalesce(nullif(current_setting('app.x{fresh}', true), ''), '0')::int")),
            ],
            Backend::MariaDb | Backend::MySql => match self.random.below(4) {
                0 => vec![update, self.insert_value("ROW_COUNT()")],
                1 => vec![text(format!("SET @x = {fresh}")), self.dml(), self.insert_value("@x")],
                2 => vec![text("SELECT count(*) INTO @y FROM t0"), self.dml(), self.insert_value("@y")],
                _ => vec![text("UPDATE t1 SET n = LAST_INSERT_ID(n + 1)"), self.insert_value("LAST_INSERT_ID()")],
            },
        }
    }

    fn savepoints(&mut self) -> Vec<Value> {
        let name = format!("sp{}", self.fresh());
        let mut actions = vec![text(format!("SAVEPOINT {name}")), self.dml()];
        if self.random.chance(50) {
            actions.push(text(format!("ROLLBACK TO SAVEPOINT {name}")));
        }
        actions.push(text(format!("RELEASE SAVEPOINT {name}")));
        actions
    }

    /// Errors that the code ignores. On PostgreSQL they abort the transaction, unless the code begins a nested one.
    fn swallowed_errors(&mut self) -> Vec<Value> {
        let table = self.table();
        let duplicate = format!("INSERT INTO {table} (id, n) SELECT id, 1 FROM {table}");
        let statement = match self.random.below(4) {
            0 => "INSERT INTO nosuch VALUES (1)".to_owned(),
            1 => "SELECT * FROM nosuch".to_owned(),
            2 if self.backend == Backend::Sqlite => duplicate.replace("INSERT", "INSERT OR ROLLBACK"),
            _ => duplicate,
        };
        let swallowed = json!({"swallow": [text(statement)]});
        if self.backend == Backend::Postgres && self.random.chance(80) {
            return vec![json!({"begin": {}}), swallowed, json!("rollback"), self.dml()];
        }
        vec![swallowed, self.dml()]
    }

    /// Several statements at the same time.
    fn tasks(&mut self, is_outside: bool) -> Vec<Value> {
        let lists: Vec<Value> = (0..2).map(|task| json!([self.insert_value(&task.to_string())])).collect();
        match self.random.below(3) {
            0 if is_outside => vec![json!({ "spawn": lists })],
            1 => vec![json!({"timeout": {"milliseconds": 15_000, "actions": [self.dml()]}})],
            _ => vec![json!({ "together": lists })],
        }
    }
}
