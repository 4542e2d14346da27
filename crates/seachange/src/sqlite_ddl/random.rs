//! Random tables, with rows and with all kinds of dependent objects.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::fmt::Write;

use proptest::prelude::*;

/// The name of the table, in SQL.
pub(crate) const TABLE: &str = "\"t \"\"x\"";
/// The columns except the key and those that refer to something, in SQL. Nothing else uses the last one.
const COLUMNS: [&str; 5] = ["plain", "\"select\"", "[two words]", "`q\"uote`", "spare"];
/// Types outside and inside of a `STRICT` table.
const TYPES: [[&str; 2]; 6] = [
    ["integer", "INTEGER"],
    ["varchar( 20 )", "TEXT"],
    ["real(10, 2)", "REAL"],
    ["blob", "BLOB"],
    ["", "ANY"],
    ["BOOLEAN", "INT"],
];
const INDEXES: [&str; 4] = [
    "CREATE INDEX \"i \"\"1\" ON T (plain DESC, \"select\" COLLATE NOCASE)",
    "CREATE UNIQUE INDEX i2 ON T (id, plain) WHERE \"select\" IS NOT NULL AND plain <> 'WHERE ('",
    "CREATE INDEX i3 ON T (lower(plain), \"owner\" + 1 DESC) -- why",
    "CREATE INDEX i4 ON T (`two words`)",
];
const CONSTRAINTS: [&str; 5] = [
    "UNIQUE (plain, \"select\" DESC)",
    "CONSTRAINT u1 UNIQUE (id, owner) ON CONFLICT REPLACE",
    "CHECK (plain IS NULL OR \"select\" IS NULL OR plain IS NOT \"select\") -- , UNIQUE (plain)\n",
    "CONSTRAINT 'c 1' CHECK (([two words] IS NULL) OR (\"two words\" <> 'CHECK ()'))",
    "/* , */ CONSTRAINT c2 CHECK (owner > 0 AND owner != 5)",
];

/// How rows are identified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    None,
    Rowid,
    Autoincrement,
    Text,
    TextWithoutRowid,
    NamedRowid,
    Composite,
}

/// A column.
#[derive(Debug, Clone)]
pub(crate) struct RandomColumn {
    kind: usize,
    not_null: bool,
    default: bool,
    collation: usize,
    check: usize,
    unique: usize,
}

/// A table with its dependent objects.
#[derive(Debug, Clone)]
pub(crate) struct RandomTable {
    pub(crate) key: Key,
    pub(crate) strict: bool,
    columns: Vec<RandomColumn>,
    generated: usize,
    pub(crate) refers_to_itself: bool,
    owner: usize,
    pub(crate) child: bool,
    constraints: Vec<bool>,
    indexes: Vec<bool>,
    pub(crate) rows: usize,
    pub(crate) foreign_keys: bool,
}

fn column() -> impl Strategy<Value = RandomColumn> {
    (0..TYPES.len(), any::<bool>(), any::<bool>(), 0..4_usize, 0..4_usize, 0..6_usize).prop_map(
        |(kind, not_null, default, collation, check, unique)| RandomColumn {
            kind,
            not_null,
            default,
            collation,
            check,
            unique,
        },
    )
}

/// Any table.
pub(crate) fn table() -> impl Strategy<Value = RandomTable> {
    use Key::{Autoincrement, Composite, NamedRowid, Rowid, Text, TextWithoutRowid};
    let key =
        prop::sample::select(vec![Key::None, Rowid, Autoincrement, Text, TextWithoutRowid, NamedRowid, Composite]);
    let hanging = (0..3_usize, any::<bool>(), 0..3_usize, any::<bool>());
    let lists = (
        prop::collection::vec(column(), COLUMNS.len()),
        prop::collection::vec(any::<bool>(), CONSTRAINTS.len()),
        prop::collection::vec(any::<bool>(), INDEXES.len()),
    );
    (key, any::<bool>(), hanging, lists, 0..4_usize, any::<bool>()).prop_map(
        |(key, strict, (generated, refers_to_itself, owner, child), (columns, constraints, indexes), rows, on)| {
            let has_single_key = !matches!(key, Key::None | Composite);
            RandomTable {
                key,
                strict,
                columns,
                generated,
                refers_to_itself: refers_to_itself && has_single_key,
                owner,
                child: child && has_single_key,
                constraints,
                indexes,
                rows,
                foreign_keys: on,
            }
        },
    )
}

impl RandomTable {
    /// The statements that create the table.
    pub(crate) fn script(&self) -> String {
        let mut script = format!(
            "PRAGMA foreign_keys = ON; CREATE TABLE parents (id integer PRIMARY KEY); INSERT INTO parents VALUES (1); \
             CREATE TABLE log (n); {};\n",
            self.create()
        );
        self.write_rows(&mut script);
        let chosen = INDEXES.iter().zip(&self.indexes).filter(|(_, is_chosen)| **is_chosen);
        script.extend(chosen.map(|(index, _)| format!("{}\n;", index.replacen(" T ", &format!(" {TABLE} "), 1))));
        write!(
            script,
            "CREATE VIEW v AS SELECT plain, \"select\" FROM {TABLE}; \
             CREATE TRIGGER changed AFTER UPDATE OF plain ON {TABLE} BEGIN INSERT INTO log VALUES (new.plain); END; \
             CREATE TRIGGER logged AFTER DELETE ON log BEGIN UPDATE {TABLE} SET \"select\" = \"select\" WHERE 0; END; \
             PRAGMA foreign_keys = {};",
            if self.foreign_keys { "ON" } else { "OFF" }
        )
        .unwrap();
        script
    }

    fn create(&self) -> String {
        let mut items = vec![self.key_column()];
        let columns = COLUMNS.iter().zip(&self.columns);
        items.extend(columns.enumerate().map(|(at, (name, column))| self.column(at, name, column)));
        let text = self.declared(1);
        match self.generated {
            1 => items.push(format!("g {text} AS (quote(plain) || ',x') STORED")),
            2 => items.push(format!("g {text} GENERATED ALWAYS AS (coalesce(quote(plain), '')) VIRTUAL")),
            _ => {}
        }
        let integer = self.declared(0);
        items.push(match self.owner {
            1 => format!("owner {integer} CONSTRAINT fo REFERENCES PARENTS ON DELETE SET NULL NOT NULL DEFAULT 1"),
            _ => format!("\"owner\" {integer}"),
        });
        if self.refers_to_itself {
            items.push(format!("parent {} REFERENCES {TABLE} (ID) ON DELETE CASCADE DEFERRABLE", self.key_type()));
        }
        let chosen = CONSTRAINTS.iter().zip(&self.constraints).filter(|(_, is_chosen)| **is_chosen);
        items.extend(chosen.map(|(constraint, _)| (*constraint).to_owned()));
        match self.key {
            Key::NamedRowid => items.push("CONSTRAINT \"the key\" PRIMARY KEY (ID DESC)".to_owned()),
            Key::Composite => items.push("PRIMARY KEY (plain, id)".to_owned()),
            _ => {}
        }
        if self.owner == 2 {
            items.push("FOREIGN KEY (owner) REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED".to_owned());
        }
        let options = match (self.strict, self.key == Key::TextWithoutRowid) {
            (true, true) => " STRICT, WITHOUT ROWID",
            (true, false) => " STRICT",
            (false, true) => " WITHOUT ROWID",
            (false, false) => "",
        };
        format!("CREATE TABLE {TABLE} ( -- a table\n    {}\n){options}", items.join(",\n    "))
    }

    fn declared(&self, kind: usize) -> &'static str {
        TYPES[kind][usize::from(self.strict)]
    }

    fn key_type(&self) -> &'static str {
        self.declared(if matches!(self.key, Key::Text | Key::TextWithoutRowid) { 1 } else { 0 })
    }

    fn key_column(&self) -> String {
        let constraint = match self.key {
            Key::None | Key::NamedRowid | Key::Composite => "",
            Key::Rowid => " NOT NULL CONSTRAINT pk PRIMARY KEY",
            Key::Autoincrement => " PRIMARY KEY AUTOINCREMENT",
            Key::Text | Key::TextWithoutRowid => " PRIMARY KEY",
        };
        format!("id {}{constraint} /* the key */", self.key_type())
    }

    fn column(&self, at: usize, name: &str, column: &RandomColumn) -> String {
        let mut text = format!("{name} {}", self.declared(column.kind));
        text += ["", " COLLATE NOCASE", " COLLATE rtrim", " COLLATE BINARY"][column.collation];
        text += if column.not_null { " NOT NULL" } else { "" };
        if column.default {
            write!(text, " DEFAULT {}", self.value(column.kind, 9, at)).unwrap();
        }
        let is_used = name != "spare";
        let check = format!("CHECK (({name} IS NULL) OR length({name}) < 100)");
        match column.check {
            1 if is_used => write!(text, " {check}").unwrap(),
            2 if is_used => write!(text, " CONSTRAINT \"check {at}\" {check}").unwrap(),
            _ => {}
        }
        match column.unique {
            1 if is_used => text += " UNIQUE",
            2 if is_used => write!(text, " CONSTRAINT unique{at} UNIQUE ON CONFLICT IGNORE").unwrap(),
            _ => {}
        }
        text
    }

    /// A value of a type, a different one in each row.
    fn value(&self, kind: usize, row: usize, column: usize) -> String {
        match kind {
            0 | 5 => format!("{row}{column}"),
            1 | 4 => format!("'it''s {row}, {column}'"),
            2 => format!("{row}.{column}5"),
            _ => format!("x'0{row}0{column}'"),
        }
    }

    fn key_value(&self, row: usize) -> String {
        let is_text = matches!(self.key, Key::Text | Key::TextWithoutRowid);
        if is_text { format!("'key {row}'") } else { row.to_string() }
    }

    fn write_rows(&self, script: &mut String) {
        let parent = if self.refers_to_itself { ", parent" } else { "" };
        for row in 1..=self.rows {
            let values = self.columns.iter().enumerate().map(|(at, column)| {
                let is_key = self.key == Key::Composite && at == 0;
                let is_null = row == 2 && !column.not_null && !is_key;
                if is_null { "NULL".to_owned() } else { self.value(column.kind, row, at) }
            });
            let values: Vec<_> = values.collect();
            let parent_value = if self.refers_to_itself { format!(", {}", self.key_value(1)) } else { String::new() };
            writeln!(
                script,
                "INSERT INTO {TABLE} (id, {}, owner{parent}) VALUES ({}, {}, 1{parent_value});",
                COLUMNS.join(", "),
                self.key_value(row),
                values.join(", ")
            )
            .unwrap();
        }
        if self.key == Key::Autoincrement {
            writeln!(script, "UPDATE sqlite_sequence SET seq = 100;").unwrap();
        }
        if self.child {
            writeln!(
                script,
                "CREATE TABLE child (id integer PRIMARY KEY, of REFERENCES {TABLE} ON DELETE CASCADE ON UPDATE CASCADE); \
                 INSERT INTO child (of) SELECT id FROM {TABLE};"
            )
            .unwrap();
        }
    }
}
