//! Revisions of DDL and DML alone, as most revisions are.

use seachange_tests::Backend;
use serde_json::{Value, json};

use super::random::Random;

/// A table that earlier actions made.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) name: String,
    /// The columns other than `id`, `n` and `s`.
    added: Vec<String>,
    indexes: Vec<String>,
}

/// Makes actions, and tracks the tables that they leave.
#[derive(Clone, Debug)]
pub(super) struct Grammar {
    pub(super) random: Random,
    pub(super) backend: Backend,
    tables: Vec<Table>,
    count: usize,
}

impl Grammar {
    pub(super) const fn new(seed: u64, backend: Backend) -> Self {
        Self { random: Random::new(seed), backend, tables: Vec::new(), count: 0 }
    }

    /// A unique number for an object or row. All are below 1000.
    pub(super) fn fresh(&mut self) -> usize {
        self.count += 1;
        self.count
    }

    /// The tables with which every plan begins. Nothing changes the rows of `t0`, which is one of them.
    pub(super) fn foundation(&mut self) -> Vec<Value> {
        let mut actions = Vec::new();
        for name in ["t0", "t1", "t2"] {
            actions.push(text(create(name)));
            let rows: Vec<String> = (0..3)
                .map(|place| format!("({}, {}, {})", self.fresh(), place * 7, ["NULL", "'b'", "'c'"][place]))
                .collect();
            actions.push(text(format!("INSERT INTO {name} (id, n, s) VALUES {}", rows.join(", "))));
            if name != "t0" {
                self.tables.push(Table { name: name.to_owned(), added: Vec::new(), indexes: Vec::new() });
            }
        }
        actions
    }

    /// The index of a table that may be changed.
    fn place(&mut self) -> usize {
        self.random.below(self.tables.len())
    }

    /// The name of a table that may be changed.
    pub(super) fn table(&mut self) -> String {
        let place = self.place();
        self.tables[place].name.clone()
    }

    /// A statement that changes rows, or the schema.
    pub(super) fn plain(&mut self) -> Value {
        if self.random.chance(60) { self.dml() } else { self.ddl() }
    }

    /// A statement that changes rows.
    pub(super) fn dml(&mut self) -> Value {
        if self.random.chance(60) {
            return text(self.dml_text());
        }
        let (table, fresh, number) = (self.table(), self.fresh(), self.random.below(50));
        let bound = |sql: String, values: Value| json!({"execute": {"sql": sql, "values": values}});
        match self.random.below(3) {
            0 => {
                bound(format!("INSERT INTO {table} (id, n, s) VALUES (?, ?, ?)"), json!([fresh, number, "it's bound"]))
            }
            1 => bound(format!("UPDATE {table} SET n = (n + ?) % 1000 WHERE id > ?"), json!([number, fresh / 2])),
            _ => bound(format!("DELETE FROM {table} WHERE id = ?"), json!([1 + fresh / 2])),
        }
    }

    /// A statement that changes rows, as text.
    pub(super) fn dml_text(&mut self) -> String {
        let table = self.table();
        self.dml_on(&table)
    }

    /// A statement that changes rows of a table.
    pub(super) fn dml_on(&mut self, table: &str) -> String {
        let (fresh, number) = (self.fresh(), self.random.below(50));
        match self.random.below(7) {
            0 | 1 => format!("INSERT INTO {table} (id, n, s) VALUES ({fresh}, {number}, 'it''s; {fresh}')"),
            2 => format!("INSERT INTO {table} (id, n) VALUES ({fresh}, {number})"),
            3 => format!("INSERT INTO {table} (id, n, s) SELECT id + {fresh}000, n, s FROM t0"),
            4 => format!("UPDATE {table} SET n = (n + {number}) % 1000"),
            5 => format!("UPDATE {table} SET n = (n * 3 + 1) % 1000, s = 'u{fresh}' WHERE id % 2 = 0"),
            _ => format!("DELETE FROM {table} WHERE n > {} AND id % 3 = 0", 500 + number),
        }
    }

    fn ddl(&mut self) -> Value {
        let (place, fresh) = (self.place(), self.fresh());
        match self.random.below(8) {
            0 | 1 => self.create_table(),
            2 => {
                let (table, column) = (&mut self.tables[place], format!("c{fresh}"));
                table.added.push(column.clone());
                let kind = if self.random.chance(50) { "int DEFAULT 4" } else { "varchar(20)" };
                text(format!("ALTER TABLE {} ADD COLUMN {column} {kind}", table.name))
            }
            3 => match self.tables[place].added.pop() {
                Some(column) => text(format!("ALTER TABLE {} DROP COLUMN {column}", self.tables[place].name)),
                None => self.create_table(),
            },
            4 | 5 => self.create_index(place, fresh),
            6 => match self.tables[place].indexes.pop() {
                Some(index) => self.drop_index(&index, place),
                None => self.create_index(place, fresh),
            },
            _ if self.tables.len() > 2 => {
                let table = self.tables.remove(place).name;
                if self.random.chance(50) { json!({"drop_table": table}) } else { text(format!("DROP TABLE {table}")) }
            }
            _ => self.create_table(),
        }
    }

    fn create_table(&mut self) -> Value {
        let name = format!("t{}", self.fresh() + 100);
        self.tables.push(Table { name: name.clone(), added: Vec::new(), indexes: Vec::new() });
        if self.random.chance(50) {
            return json!({"create_table": {"table": name, "columns": [["id", "int"], ["n", "int"], ["s", "varchar(30)"]]}});
        }
        text(create(&name))
    }

    fn create_index(&mut self, place: usize, fresh: usize) -> Value {
        let (table, index) = (&mut self.tables[place], format!("ix{fresh}"));
        table.indexes.push(index.clone());
        if self.random.chance(50) {
            return json!({"create_index": {"index": index, "table": table.name, "columns": ["n"]}});
        }
        text(format!("CREATE INDEX {index} ON {} (n, id)", table.name))
    }

    fn drop_index(&mut self, index: &str, place: usize) -> Value {
        let table = &self.tables[place].name;
        match self.backend {
            Backend::MariaDb | Backend::MySql => text(format!("DROP INDEX {index} ON {table}")),
            _ => text(format!("DROP INDEX {index}")),
        }
    }
}

fn create(name: &str) -> String {
    format!("CREATE TABLE {name} (id int NOT NULL PRIMARY KEY, n int, s varchar(30))")
}

/// An action that sends a text.
pub(super) fn text(sql: impl Into<String>) -> Value {
    json!({ "text": sql.into() })
}
