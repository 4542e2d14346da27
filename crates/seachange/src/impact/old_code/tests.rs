#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use sea_orm::sea_query::ColumnType;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DbBackend};
use seachange_source::columns::{SourceColumn, read_entities};

use super::types::{Reading, reading};
use super::{DeploymentOrder, VersionEntities, deployment};
use crate::autogenerate::{DatabaseState, Renames, TableFilter};
use crate::impact::measured::{RevisionImpact, SchemaChange, WrittenTables};
use crate::impact::test_revision::test_revision;
use crate::revision::Revision;
use crate::schema::{Column, SqlType};

const TABLES: &str = "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, age INTEGER NOT NULL DEFAULT 0)";

/// A model of `users` with these fields below `id`.
fn users(fields: &str) -> String {
    format!(
        "#[derive(DeriveEntityModel)]\n#[sea_orm(table_name = \"users\")]\npub struct Model {{ #[sea_orm(primary_key)] \
         pub id: i32, {fields} }}"
    )
}

const EMAIL_AND_AGE: &str = "pub email: Option<String>, pub age: i32";

fn version(name: &str, text: &str) -> VersionEntities {
    let found = read_entities(text).unwrap();
    VersionEntities {
        name: name.to_owned(),
        entities: found.entities.into_iter().map(|entity| ("user.rs".to_owned(), entity)).collect(),
        unreadable: found.unreadable.into_iter().map(|(line, reason)| (format!("user.rs:{line}"), reason)).collect(),
    }
}

/// The impact of revisions, one after the other, on a database with the tables. Each names its id, the revisions that it
/// needs, and its statements.
fn impacts(revisions: &[(&'static str, &'static [&'static str], &[&str])]) -> Vec<RevisionImpact> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut options = ConnectOptions::new("sqlite::memory:");
        options.max_connections(1);
        let connection = Database::connect(options).await.unwrap();
        connection.execute_unprepared(TABLES).await.unwrap();
        let mut found = Vec::new();
        for (id, down_revision, statements) in revisions {
            let before = DatabaseState::read(&connection, &TableFilter::default()).await.unwrap();
            for statement in *statements {
                connection.execute_unprepared(statement).await.unwrap();
            }
            let after = DatabaseState::read(&connection, &TableFilter::default()).await.unwrap();
            let script = test_revision(Revision { id, down_revision, ..Revision::ROOT });
            let is_renamed = |from: &str, to: &str| {
                let text = statements.join(" ");
                text.contains("RENAME") && text.contains(from) && text.contains(to)
            };
            let operations = before.operations_to(&after, Renames::default(), &is_renamed);
            let written = WrittenTables::Unknown;
            let change = SchemaChange { statement: Some(0), operations, written, is_computed: false };
            found.push(RevisionImpact {
                changes: vec![change],
                states: Some(Box::new((before, after))),
                unknown: None,
                ..RevisionImpact::not_run(script, DbBackend::Sqlite, String::new())
            });
        }
        found
    })
}

/// The order of one revision with these statements, its reasons and what is unknown, for fields of the old and the new
/// model.
fn order(statements: &[&str], old: &str, new: &str) -> String {
    of_texts(statements, &users(old), &users(new))
}

fn of_texts(statements: &[&str], old: &str, new: &str) -> String {
    let impacts = impacts(&[("r1", &[], statements)]);
    let mut found = deployment(&impacts, &[version("v1", old)], &version("the new one", new));
    let own = found.remove(0);
    let rules = own.findings.iter().map(|finding| format!("  {}: {}", finding.rule.id, finding.message));
    let unknown = own.unknown.iter().map(|reason| format!("  unknown: {reason}"));
    let reasons = own.reasons.iter().filter(|reason| !own.findings.iter().any(|finding| finding.message == **reason));
    let reasons = reasons.filter(|reason| !own.unknown.contains(reason)).map(|reason| format!("  {reason}"));
    let lines = std::iter::once(format!("{:?}", own.order)).chain(rules).chain(unknown).chain(reasons);
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_an_entity_does_not_use_cannot_break_it() {
    for statement in [
        "CREATE TABLE posts (id INTEGER PRIMARY KEY)",
        "ALTER TABLE users ADD COLUMN note TEXT",
        "ALTER TABLE users ADD COLUMN note TEXT NOT NULL DEFAULT ''",
        "CREATE INDEX by_age ON users (age)",
    ] {
        assert_eq!(order(&[statement], EMAIL_AND_AGE, EMAIL_AND_AGE), "Any", "{statement}");
    }
    let dropped = ["ALTER TABLE users DROP COLUMN email"];
    assert_eq!(order(&dropped, "pub age: i32", "pub age: i32"), "Any");
    let other = users(EMAIL_AND_AGE).replace("\"users\"", "\"posts\"");
    assert_eq!(of_texts(&["DROP TABLE users"], &other, &other), "Any");
}

#[test]
fn the_order_follows_from_both_versions() {
    let without = "pub age: i32";
    let drop = ["ALTER TABLE users DROP COLUMN email"];
    insta::assert_snapshot!(order(&drop, EMAIL_AND_AGE, without), @r"
    After
      breaks-running-code: `v1` fails: the entity of `users` (user.rs:1) uses `email`, which does not exist
    ");
    insta::assert_snapshot!(order(&drop, EMAIL_AND_AGE, EMAIL_AND_AGE), @r"
    Neither
      breaks-running-code: `v1` fails: the entity of `users` (user.rs:1) uses `email`, which does not exist
      after it the new one fails: the entity of `users` (user.rs:1) uses `email`, which does not exist
    ");
    let add = ["ALTER TABLE users ADD COLUMN note TEXT"];
    insta::assert_snapshot!(order(&add, without, "pub age: i32, pub note: Option<String>"), @r"
    Before
      without it the new one fails: the entity of `users` (user.rs:1) uses `note`, which does not exist
    ");
    let rename = ["ALTER TABLE users RENAME COLUMN email TO mail"];
    insta::assert_snapshot!(order(&rename, EMAIL_AND_AGE, "pub mail: Option<String>, pub age: i32"), @r"
    Neither
      breaks-running-code: `v1` fails: the entity of `users` (user.rs:1) uses `email`, which is named `mail`
      without it the new one fails: the entity of `users` (user.rs:1) uses `mail`, which is named `email`
    ");
    let table = ["ALTER TABLE users RENAME TO people"];
    let people = users(EMAIL_AND_AGE).replace("\"users\"", "\"people\"");
    insta::assert_snapshot!(of_texts(&table, &users(EMAIL_AND_AGE), &people), @r"
    Neither
      breaks-running-code: `v1` fails: the entity of `users` (user.rs:1) uses the table, which is named `people`
      without it the new one fails: the entity of `people` (user.rs:1) uses the table, which is named `users`
    ");
}

#[test]
fn columns_that_an_insertion_has_to_name() {
    let rebuilt = |columns: &str| {
        let create = format!("CREATE TABLE users (id INTEGER PRIMARY KEY, {columns})");
        ["DROP TABLE users".to_owned(), create]
    };
    let run = |columns: &str, old: &str, new: &str| {
        let statements = rebuilt(columns);
        order(&statements.each_ref().map(String::as_str), old, new)
    };
    let unknown = run("email TEXT, age INTEGER NOT NULL DEFAULT 0, note TEXT NOT NULL", EMAIL_AND_AGE, EMAIL_AND_AGE);
    insta::assert_snapshot!(unknown, @r"
    Neither
      breaks-running-code: `v1` cannot insert: the entity of `users` (user.rs:1) does not know `note`, which is NOT NULL and has no default
      after it the new one cannot insert: the entity of `users` (user.rs:1) does not know `note`, which is NOT NULL and has no default
    ");
    let required = run("email TEXT NOT NULL, age INTEGER NOT NULL DEFAULT 0", EMAIL_AND_AGE, EMAIL_AND_AGE);
    insta::assert_snapshot!(required, @r"
    After
      may-break-running-code: `v1` may fail: the entity of `users` (user.rs:1) can leave out `email`, which is NOT NULL and has no default
    ");
    let with_default = run(
        "email TEXT NOT NULL DEFAULT '', age INTEGER NOT NULL DEFAULT 0",
        EMAIL_AND_AGE,
        "pub email: String, pub age: i32",
    );
    insta::assert_snapshot!(with_default, @r"
    Depends
      may-break-running-code: `v1` may fail: the entity of `users` (user.rs:1) can write NULL to `email`, which refuses it
      without it the new one may fail: the entity of `users` (user.rs:1) cannot read NULL, which `email` may be
    ");
    let nullable = run("email TEXT, age INTEGER", EMAIL_AND_AGE, "pub email: Option<String>, pub age: Option<i32>");
    insta::assert_snapshot!(nullable, @r"
    Depends
      may-break-running-code: `v1` may fail: the entity of `users` (user.rs:1) cannot read NULL, which `age` may be
      without it the new one may fail: the entity of `users` (user.rs:1) can write NULL to `age`, which refuses it
    ");
    let computed = run("email TEXT AS ('x'), age INTEGER NOT NULL DEFAULT 0", EMAIL_AND_AGE, "pub age: i32");
    insta::assert_snapshot!(computed, @r"
    After
      breaks-running-code: `v1` fails: the entity of `users` (user.rs:1) writes `email`, which the database computes
    ");
    let retyped =
        run("email TEXT, age TEXT NOT NULL DEFAULT 0", EMAIL_AND_AGE, "pub email: Option<String>, pub age: String");
    insta::assert_snapshot!(retyped, @r"
    Neither
      breaks-running-code: `v1` fails: the entity of `users` (user.rs:1) cannot read `age` as `i32`: it is text, and was integer
      without it the new one may fail: the entity of `users` (user.rs:1) uses `age` as `String`, and cannot read texts that look like numbers: it is integer, and was text
    ");
    let trigger = "CREATE TRIGGER fill AFTER INSERT ON users BEGIN SELECT 1; END";
    let [drop, create] = rebuilt("email TEXT, age INTEGER NOT NULL DEFAULT 0, note TEXT NOT NULL");
    insta::assert_snapshot!(order(&[&drop, &create, trigger], EMAIL_AND_AGE, EMAIL_AND_AGE), @r"
    Unknown
      may-break-running-code: `v1` may fail: the entity of `users` (user.rs:1) can write rows that `users` refuses or changes by the trigger `fill` of `users`
      unknown: whether `v1` works after it: the entity of `users` (user.rs:1) does not know `note`, which is NOT NULL and has no default; a trigger of the table may set it
      unknown: whether the new one works after it: the entity of `users` (user.rs:1) does not know `note`, which is NOT NULL and has no default; a trigger of the table may set it
    ");
}

#[test]
fn new_constraints_depend_on_the_rows() {
    let unique = ["CREATE UNIQUE INDEX by_email ON users (email)"];
    insta::assert_snapshot!(order(&unique, EMAIL_AND_AGE, EMAIL_AND_AGE), @r"
    After
      may-break-running-code: `v1` may fail: the entity of `users` (user.rs:1) can write rows that `users` refuses or changes by the unique index `by_email`
    ");
    let check = |condition: &str| {
        let columns = format!("id INTEGER PRIMARY KEY, email TEXT, age INTEGER NOT NULL DEFAULT 0 CHECK ({condition})");
        ["DROP TABLE users".to_owned(), format!("CREATE TABLE users ({columns})")]
    };
    let (first, second) = (check("age > 0"), check("age >= 0"));
    let impacts = impacts(&[
        ("r1", &[], &first.each_ref().map(String::as_str)),
        ("r2", &["r1"], &second.each_ref().map(String::as_str)),
    ]);
    let version = |name| version(name, &users(EMAIL_AND_AGE));
    let found = deployment(&impacts, &[version("v1")], &version("the new one"));
    let orders: Vec<_> = found.iter().map(|own| own.order).collect();
    assert_eq!(orders, [DeploymentOrder::After, DeploymentOrder::Depends]);
}

#[test]
fn views_are_tables_of_entities_too() {
    let view = users("pub email: Option<String>").replace("\"users\"", "\"mails\"");
    let create = "CREATE VIEW mails AS SELECT id, email FROM users";
    let both = |statements: &[&str]| {
        let impacts = impacts(&[("r1", &[], &[create]), ("r2", &["r1"], statements)]);
        let found = deployment(&impacts, &[version("v1", &view)], &version("the new one", &view));
        (found[1].order, found[1].findings.len(), found[1].unknown.len())
    };
    assert_eq!(both(&["DROP VIEW mails"]), (DeploymentOrder::Neither, 1, 0));
    assert_eq!(
        both(&["DROP VIEW mails", "CREATE VIEW mails AS SELECT id, 'x' AS email FROM users"]).0,
        DeploymentOrder::Unknown
    );
    assert_eq!(both(&["ALTER TABLE users RENAME TO people"]).0, DeploymentOrder::Unknown);
    assert_eq!(both(&["ALTER TABLE users DROP COLUMN age"]).0, DeploymentOrder::Any);
    let added = both(&["ALTER TABLE users ADD COLUMN note TEXT"]);
    assert_eq!(added, (DeploymentOrder::Any, 0, 0));
}

#[test]
fn what_cannot_be_read_is_unknown_and_never_safe() {
    let made = "macro_rules! table { () => { #[derive(DeriveEntityModel)] #[sea_orm(table_name = \"users\")] struct Model; } }";
    let drop = ["ALTER TABLE users DROP COLUMN email"];
    insta::assert_snapshot!(of_texts(&drop, made, &users("pub age: i32")), @r"
    Unknown
      unknown: whether `v1` works after it: user.rs:1: the macro `table!` makes entities
    ");
    let add = ["ALTER TABLE users ADD COLUMN note TEXT"];
    assert_eq!(of_texts(&add, made, &users("pub age: i32")), "Any");
    let conditional = "#[cfg(feature = \"mail\")] pub email: Option<String>, pub age: i32";
    insta::assert_snapshot!(order(&drop, conditional, "pub age: i32"), @r"
    Unknown
      unknown: whether `v1` works after it: the entity of `users` (user.rs:1): a condition of the compilation decides about its field `email`
    ");
    let own_type = "pub email: Option<String>, pub age: crate::Age";
    let retyped =
        ["DROP TABLE users", "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, age TEXT NOT NULL DEFAULT 0)"];
    insta::assert_snapshot!(order(&retyped, own_type, own_type), @r"
    Unknown
      unknown: whether `v1` works after it: the entity of `users` (user.rs:1) uses `age` as `crate::Age`: it is text, and was integer
      unknown: whether the new one can start before it: the entity of `users` (user.rs:1) uses `age` as `crate::Age`: it is integer, and was text
    ");
    let mut failed = impacts(&[("r1", &[], &drop)]);
    failed[0].states = None;
    failed[0].unknown = Some("it failed".to_owned());
    let version = |name| version(name, &users("pub age: i32"));
    assert_eq!(deployment(&failed, &[version("v1")], &version("new"))[0].order, DeploymentOrder::Unknown);
}

#[test]
fn a_revision_waits_for_those_below_it() {
    let drop = ["ALTER TABLE users DROP COLUMN email"];
    let add = ["ALTER TABLE users ADD COLUMN note TEXT"];
    let other = ["CREATE TABLE posts (id INTEGER PRIMARY KEY)"];
    let orders = |revisions: &[(&'static str, &'static [&'static str], &[&str])]| {
        let new = version("the new one", &users("pub age: i32, pub note: Option<String>"));
        let found = deployment(&impacts(revisions), &[version("v1", &users(EMAIL_AND_AGE))], &new);
        found.iter().map(|own| own.order).collect::<Vec<_>>()
    };
    let (after, before) = (DeploymentOrder::After, DeploymentOrder::Before);
    assert_eq!(orders(&[("r1", &[], &add), ("r2", &["r1"], &drop)]), [before, after]);
    assert_eq!(orders(&[("r1", &[], &drop), ("r2", &["r1"], &add)]), [after, DeploymentOrder::Neither]);
    assert_eq!(orders(&[("r1", &[], &drop), ("r2", &[], &add)]), [after, before]);
    assert_eq!(orders(&[("r1", &[], &drop), ("r2", &["r1"], &other), ("r3", &["r2"], &other[..0])]), [after; 3]);
}

#[test]
fn types_are_those_that_the_drivers_read() {
    let mut wrong = Vec::new();
    let mut check = |backend: DbBackend, rust_type: &str, from: &str, to: &str, expected: Reading| {
        let column = |text: &str| Column::new("c", SqlType { text: text.to_owned(), kind: ColumnType::Text });
        let text = users(&format!("pub c: {rust_type}"));
        let entities = read_entities(&text).unwrap();
        let field: &SourceColumn = &entities.entities[0].columns[1];
        let found = reading(field, &column(from), &column(to), backend);
        let is_expected = std::mem::discriminant(&found) == std::mem::discriminant(&expected);
        wrong.extend((!is_expected).then(|| format!("{backend:?} {rust_type}: {from} -> {to}: {found:?}")));
    };
    let part = Reading::InPart("");
    for (rust_type, from, to, expected) in [
        ("i32", "integer", "bigint", Reading::Refused),
        ("i64", "bigint", "integer", Reading::Refused),
        ("Option<i32>", "integer", "text", Reading::Refused),
        ("i32", "integer", "user_number", Reading::Unknown),
        ("u32", "integer", "bigint", Reading::Unknown),
        ("String", "character varying(100)", "text", Reading::Same),
        ("String", "character varying(100)", "character varying(200)", Reading::Same),
        ("String", "text", "uuid", Reading::Refused),
        ("String", "text", "rating", Reading::Unknown),
        ("Rating", "text", "rating", Reading::Unknown),
        ("Json", "json", "jsonb", Reading::Same),
        ("Json", "jsonb", "text", Reading::Refused),
        ("DateTime", "timestamp without time zone", "timestamp with time zone", Reading::Refused),
        ("DateTimeUtc", "timestamp with time zone", "timestamp(3) with time zone", part),
        ("f32", "real", "double precision", Reading::Refused),
        ("Decimal", "numeric(10,2)", "numeric(20,2)", Reading::Same),
        ("i32", "bigint", "integer", Reading::Unknown),
        ("Vec<i32>", "integer[]", "bigint[]", Reading::Unknown),
    ] {
        check(DbBackend::Postgres, rust_type, from, to, expected);
    }
    for (rust_type, from, to, expected) in [
        ("i32", "int", "bigint", part),
        ("i64", "int", "bigint", Reading::Same),
        ("i32", "int", "int unsigned", Reading::Refused),
        ("u32", "int unsigned", "int", Reading::Refused),
        ("u32", "int unsigned", "bigint unsigned", part),
        ("i32", "int(11)", "varchar(20)", Reading::Refused),
        ("String", "varchar(20)", "longtext", Reading::Same),
        ("String", "varchar(20)", "int", Reading::Refused),
        ("String", "varchar(20)", "varbinary(20)", Reading::Unknown),
        ("DateTime", "datetime", "timestamp", part),
        ("f64", "double", "decimal(10,2)", Reading::Refused),
        ("bool", "tinyint(1)", "int", Reading::Same),
        ("Uuid", "binary(16)", "char(36)", Reading::Unknown),
        ("Mood", "enum('a','b')", "enum('a','b','c')", part),
        ("String", "enum('a','b')", "enum('a','b','c')", Reading::Same),
    ] {
        check(DbBackend::MySql, rust_type, from, to, expected);
    }
    for (rust_type, from, to, expected) in [
        ("i32", "INTEGER", "BIGINT", Reading::Same),
        ("i32", "INTEGER", "TEXT", Reading::Refused),
        ("i32", "INTEGER", "REAL", Reading::Refused),
        ("i32", "INTEGER", "DECIMAL", Reading::Same),
        ("String", "TEXT", "VARCHAR(3)", Reading::Same),
        ("String", "TEXT", "INTEGER", part),
        ("f64", "REAL", "INTEGER", Reading::Unknown),
        ("Money", "TEXT", "VARCHAR(9)", Reading::Same),
        ("Money", "TEXT", "INTEGER", Reading::Unknown),
    ] {
        check(DbBackend::Sqlite, rust_type, from, to, expected);
    }
    assert_eq!(wrong, [""; 0]);
}
