//! The tables that are read, and their columns.

use sea_orm::ConnectionTrait;

use super::{database, described, inspect, inspected};
use crate::inspect::InspectScope;
use crate::schema::{AutoIncrement, TableName};

#[tokio::test]
async fn only_ordinary_tables() {
    let schema = inspected(
        "CREATE TABLE t (id integer PRIMARY KEY AUTOINCREMENT); INSERT INTO t DEFAULT VALUES; ANALYZE; \
         CREATE VIEW v AS SELECT * FROM t; CREATE VIEW broken AS SELECT x FROM nowhere; \
         CREATE VIRTUAL TABLE f USING fts5 (a); CREATE TEMP TABLE u (a); CREATE TABLE sqlitex (a); \
         CREATE TABLE copied AS SELECT 1 AS a, 'x' AS \"b c\"",
    )
    .await;
    let names: Vec<_> = schema.tables.keys().map(ToString::to_string).collect();
    assert_eq!(names, ["copied", "sqlitex", "t"]);
    let columns: Vec<_> = schema.table(&"copied".into()).unwrap().columns.iter().map(|column| &column.name).collect();
    assert_eq!(columns, ["a", "b c"]);
}

#[tokio::test]
async fn another_database_file() {
    let script = "ATTACH ':memory:' AS \"o\"\"ther\"; CREATE TABLE t (a); CREATE TABLE \"o\"\"ther\".t (b REFERENCES p); \
                  CREATE TABLE \"o\"\"ther\".p (x text PRIMARY KEY); CREATE INDEX \"o\"\"ther\".i ON t (b); \
                  CREATE TEMP TABLE t (c)";
    let connection = database(script).await;
    let scope =
        InspectScope { schema: Some("o\"ther".to_owned()), others: vec![("main".to_owned(), "files".to_owned())] };
    let schema = inspect(&connection, &scope).await.unwrap();
    let names: Vec<_> = schema.tables.keys().map(ToString::to_string).collect();
    assert_eq!(names, ["p", "t", "files.t"]);
    let table = schema.table(&"t".into()).unwrap();
    assert_eq!((table.columns[0].name.as_str(), table.indexes.len()), ("b", 1));
    assert_eq!(table.foreign_keys[0].referenced_columns, ["x"]);
    assert_eq!(schema.table(&TableName::within("files", "t")).unwrap().columns[0].name, "a");
}

#[tokio::test]
async fn names_of_every_kind() {
    let script = "CREATE TABLE \"or\"\"der, (x\" (\"select\" int, [a`b] int, `c\"d` int, 'e''f' int, \"g[h]\" int, Été int, \
                  \"check\" int CHECK (\"check\" > 0), CONSTRAINT \"u'n\"\"i\" UNIQUE (\"SELECT\", [A`B]), \
                  CONSTRAINT 'f`k' FOREIGN KEY ('E''F') REFERENCES \"Us\"\"ers\" (\"ID\")); \
                  CREATE TABLE \"us\"\"ers\" (Id integer PRIMARY KEY, \"Mixed Case\" text); \
                  CREATE INDEX \"in dex\" ON \"OR\"\"DER, (X\" (\"select\", \"G[H]\"); CREATE TABLE \"table\" (\"primary\" int UNIQUE);";
    insta::assert_snapshot!(described(script).await, @r#"
    or"der, (x
      select int
      a`b int
      c"d int
      e'f int
      g[h] int
      Été int
      check int
      unique u'n"i: select, a`b
      check unnamed: "check" > 0
      foreign key f`k: e'f -> us"ers(Id) delete NoAction update NoAction None
      index in dex unique=false select, g[h]
    table
      primary int
      unique unnamed: primary
    us"ers
      Id integer not null numbered Rowid { autoincrement: false }
      Mixed Case text
      primary key unnamed: Id
    "#);
}

#[tokio::test]
async fn columns() {
    let script = "CREATE TABLE t (a, b text NOT NULL DEFAULT 'it''s' COLLATE nocase, c int DEFAULT (1 + 2) COLLATE BINARY, \
                  d text DEFAULT word, e text DEFAULT \"quoted\", f boolean DEFAULT TRUE, g int DEFAULT NULL, h real DEFAULT -1.5e3, \
                  i DEFAULT (datetime('now')), j text AS (b || 'x'), k int GENERATED ALWAYS AS (a * (2)) STORED NOT NULL, \
                  l \"my type\" DEFAULT x'00', m DEFAULT current_timestamp)";
    insta::assert_snapshot!(described(script).await, @"
    t
      a (no type)
      b text not null default 'it''s' collate NOCASE
      c int default 1 + 2
      d text default 'word'
      e text default 'quoted'
      f boolean default TRUE
      g int
      h real default -1.5e3
      i (no type) default datetime('now')
      j text generated b || 'x' stored=false
      k int not null generated a * (2) stored=true
      l my type default x'00'
      m (no type) default current_timestamp
    ");
}

#[tokio::test]
async fn comments_in_the_text() {
    let script = "CREATE TABLE t ( -- a, comment (\n a int /* CHECK (a > 1) */ NOT /* x */ NULL -- UNIQUE\n, b varchar /*,*/ ( 255 ) \
                  CHECK ( -- why\n b <> '' -- because\n ), /* UNIQUE (a) */ UNIQUE (b) -- end\n); \
                  CREATE INDEX i ON t (a /* x */ DESC, /* y */ b) -- z\n WHERE /* a */ a > 1 -- b\n";
    insta::assert_snapshot!(described(script).await, @"
    t
      a int not null
      b varchar(255)
      unique unnamed: b
      check unnamed: b <> ''
      index i unique=false a desc, b where a > 1
    ");
}

#[tokio::test]
async fn columns_that_were_added_renamed_and_dropped_later() {
    let script = "CREATE TABLE users (id integer PRIMARY KEY); CREATE TABLE t (a int); \
                  ALTER TABLE t ADD COLUMN b text DEFAULT 'x' COLLATE nocase; \
                  ALTER TABLE t ADD COLUMN c integer CONSTRAINT f REFERENCES users ON DELETE CASCADE CONSTRAINT n CHECK (c > 0); \
                  ALTER TABLE t RENAME COLUMN a TO \"new name\"; ALTER TABLE t ADD COLUMN d AS (b || c); \
                  ALTER TABLE t ADD COLUMN e; ALTER TABLE t DROP COLUMN e; ALTER TABLE users RENAME TO people";
    insta::assert_snapshot!(described(script).await, @"
    people
      id integer not null numbered Rowid { autoincrement: false }
      primary key unnamed: id
    t
      new name int
      b text default 'x' collate NOCASE
      c integer
      d (no type) generated b || c stored=false
      check n: c > 0
      foreign key f: c -> people(id) delete Cascade update NoAction None
    ");
}

#[tokio::test]
async fn which_key_is_the_row_number() {
    async fn check(table: &str, nullable: bool, expected: Option<bool>) {
        let schema = inspected(&format!("CREATE TABLE t {table}")).await;
        let column = &schema.table(&"t".into()).unwrap().columns[0];
        let expected = expected.map(|autoincrement| AutoIncrement::Rowid { autoincrement });
        assert_eq!((column.nullable, &column.auto_increment), (nullable, &expected), "{table}");
    }
    check("(a integer PRIMARY KEY, b)", false, Some(false)).await;
    check("(a INTEGER NOT NULL CONSTRAINT k PRIMARY KEY ASC AUTOINCREMENT)", false, Some(true)).await;
    check("(a \"INTEGER\" PRIMARY KEY)", false, Some(false)).await;
    check("(a integer, PRIMARY KEY (A DESC))", false, Some(false)).await;
    check("(a integer, PRIMARY KEY (a AUTOINCREMENT))", false, Some(true)).await;
    check("(a integer PRIMARY KEY DESC)", true, None).await;
    check("(a int PRIMARY KEY)", true, None).await;
    check("(a integer(4) PRIMARY KEY)", true, None).await;
    check("(a integer, b, PRIMARY KEY (a, b))", true, None).await;
    check("(a integer PRIMARY KEY) WITHOUT ROWID", false, None).await;
    check("(a text PRIMARY KEY) WITHOUT ROWID", false, None).await;
    check("(a text PRIMARY KEY) STRICT", false, None).await;
    check("(a integer PRIMARY KEY) STRICT", false, Some(false)).await;
}

#[tokio::test]
async fn the_definition_is_the_stored_text() {
    let connection = database("CREATE TABLE t (a int -- x\n)").await;
    connection.execute_unprepared("ALTER TABLE t ADD COLUMN b").await.unwrap();
    let schema = inspect(&connection, &InspectScope::default()).await.unwrap();
    let definition = schema.table(&"t".into()).unwrap().definition.clone().unwrap();
    assert_eq!(definition.text, "CREATE TABLE t (a int -- x\n, b)");
}
