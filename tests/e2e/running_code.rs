//! `lint --running`: whether the entities of a version that runs work on the schema after each revision.
//!
//! The entities are compiled into the tests as well, and use the migrated database: the verdict has to be what they meet.

mod names;
mod posts;
mod users;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sea_orm::{
    ActiveModelTrait, DatabaseConnection, DbErr, EntityTrait, IdenStatic, IntoActiveModel, Iterable, PrimaryKeyTrait,
};
use seachange_source::columns::read_entities;
use seachange_tests::harness::{Case, TestResult, each_backend};
use seachange_tests::{Backend, Output, TestDatabase};
use serde_json::{Value, json};

use super::guarantees::script::{Outcome, Script};

pub(super) fn trials() -> Vec<Case> {
    let mut cases = each_backend("running_code::verdicts", verdicts);
    cases.extend(each_backend("running_code::rows_that_are_refused", rows_that_are_refused));
    cases.extend(each_backend("running_code::order_of_deployment", order_of_deployment));
    cases.push(Case::on(Backend::Sqlite, "running_code::the_example_of_the_book", the_example_of_the_book));
    cases.push(Case::on(Backend::Sqlite, "running_code::levels_and_allowances", levels_and_allowances));
    cases.push(Case::new("running_code::names_are_those_of_sea_orm", names_are_those_of_sea_orm));
    cases.push(Case::new("running_code::generated_entities_are_read", generated_entities_are_read));
    cases.push(Case::on(Backend::Sqlite, "running_code::bad_input", bad_input));
    cases.push(Case::on(Backend::Sqlite, "running_code::what_cannot_be_read", what_cannot_be_read));
    cases
}

const USERS: &str = include_str!("running_code/users.rs");
const POSTS: &str = include_str!("running_code/posts.rs");
const NAMES: &str = include_str!("running_code/names.rs");

const TABLES: [&str; 2] = [
    "CREATE TABLE users (id INT PRIMARY KEY, email VARCHAR(100), age INT NOT NULL DEFAULT 0)",
    "CREATE TABLE posts (id INT PRIMARY KEY, author INT NOT NULL, title VARCHAR(100) NOT NULL)",
];

/// A repository with a service, whose first version is tagged `v1`.
struct Service {
    folder: PathBuf,
}

impl Service {
    fn new(database: &TestDatabase) -> Outcome<Self> {
        let folder = database.folder().join("service");
        fs::create_dir_all(folder.join("src"))?;
        let service = Self { folder };
        service.write("Cargo.toml", "[package]\nname = \"service\"\n\n[dependencies]\nsea-orm = \"2\"\n")?;
        service.write("src/lib.rs", "pub mod posts;\npub mod users;\n")?;
        service.write("src/users.rs", USERS)?;
        service.write("src/posts.rs", POSTS)?;
        service.git(&["init", "--quiet"])?;
        service.commit("v1")?;
        Ok(service)
    }

    fn write(&self, path: &str, text: &str) -> Outcome<()> {
        Ok(fs::write(self.folder.join(path), text)?)
    }

    fn commit(&self, tag: &str) -> Outcome<()> {
        self.git(&["add", "."])?;
        self.git(&["commit", "--quiet", "-m", tag])?;
        self.git(&["tag", tag])
    }

    fn git(&self, arguments: &[&str]) -> Outcome<()> {
        git(&self.folder, arguments)
    }

    /// Runs `lint` for the second revision.
    fn lint(&self, script: &Script<'_>, arguments: &str) -> Outcome<Output> {
        script.run(&format!("lint l2:l2 --entities {} {arguments}", self.folder.display()))
    }

    fn json(&self, script: &Script<'_>, arguments: &str) -> Outcome<Value> {
        let output = self.lint(script, &format!("{arguments} --format json"))?;
        let found: Value = serde_json::from_str(&output.stdout).map_err(|_| output.to_string())?;
        Ok(found[0].clone())
    }
}

fn git(folder: &Path, arguments: &[&str]) -> Outcome<()> {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "protocol.file.allow=always"]);
    let output = git.args(arguments).current_dir(folder).output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(said.into()) }
}

/// The ids of the rules about running versions that have found something.
fn rules(found: &Value) -> Vec<&str> {
    let findings = found["findings"].as_array().into_iter().flatten();
    findings.filter_map(|own| own["rule"].as_str()).filter(|rule| rule.ends_with("-running-code")).collect()
}

/// What the version that runs does with each table: it reads all rows, and inserts one.
fn use_entities(database: &TestDatabase, id: i32) -> Outcome<Vec<DbErr>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let connection = database.connect().await?;
        let outcomes = [
            users::Entity::find().all(&connection).await.map(drop),
            insert_user(&connection, id, Some(format!("{id}@example.com"))).await,
            posts::Entity::find().all(&connection).await.map(drop),
            insert_post(&connection, id).await,
        ];
        connection.close().await?;
        Ok(outcomes.into_iter().filter_map(Result::err).collect())
    })
}

async fn insert_user(connection: &DatabaseConnection, id: i32, address: Option<String>) -> Result<(), DbErr> {
    let user = users::Model { id, address, age: 30, is_new: true };
    user.into_active_model().reset_all().insert(connection).await.map(drop)
}

async fn insert_post(connection: &DatabaseConnection, id: i32) -> Result<(), DbErr> {
    let post = posts::Model { id, author_id: 1, title: "a title".to_owned() };
    posts::Entity::insert(post.into_active_model().reset_all()).exec(connection).await.map(drop)
}

/// Makes the tables again, with a row that the version that runs has written.
fn start(database: &TestDatabase) -> TestResult {
    let mut tables = database.tables()?;
    // It refers to another one.
    tables.sort_by_key(|table| table != "tags");
    tables.iter().try_for_each(|table| database.execute(&format!("DROP TABLE {table}")))?;
    TABLES.iter().try_for_each(|table| database.execute(table))?;
    let failures = use_entities(database, 1)?;
    if failures.is_empty() { Ok(()) } else { Err(format!("before the change: {failures:?}").into()) }
}

const WORKS: &[&str] = &[];
const BREAKS: &[&str] = &["breaks-running-code"];
const MAY_BREAK: &[&str] = &["may-break-running-code"];

/// Changes that every database makes by the same statements.
const CHANGES: [(&str, &[&str]); 11] = [
    ("ALTER TABLE users ADD COLUMN note VARCHAR(10)", WORKS),
    ("ALTER TABLE users ADD COLUMN note INT NOT NULL DEFAULT 3", WORKS),
    ("CREATE TABLE tags (id INT PRIMARY KEY, post INT REFERENCES posts (id))", WORKS),
    ("CREATE INDEX by_title ON posts (title)", WORKS),
    ("ALTER TABLE users RENAME COLUMN email TO mail", BREAKS),
    ("ALTER TABLE posts RENAME COLUMN author TO author_id", BREAKS),
    ("ALTER TABLE users RENAME TO people", BREAKS),
    ("ALTER TABLE users DROP COLUMN age", BREAKS),
    ("DROP TABLE posts", BREAKS),
    ("CREATE UNIQUE INDEX by_email ON users (email)", MAY_BREAK),
    ("CREATE UNIQUE INDEX by_title ON posts (title, id)", MAY_BREAK),
];

const ON_POSTGRES: [(&str, &[&str]); 9] = [
    ("ALTER TABLE users ALTER COLUMN age TYPE BIGINT", BREAKS),
    ("ALTER TABLE users ALTER COLUMN email TYPE TEXT", WORKS),
    ("ALTER TABLE users ALTER COLUMN email TYPE VARCHAR(50)", MAY_BREAK),
    ("ALTER TABLE users ALTER COLUMN email TYPE BYTEA USING email::bytea", BREAKS),
    ("ALTER TABLE users ADD note INT NOT NULL DEFAULT 1; ALTER TABLE users ALTER COLUMN note DROP DEFAULT", BREAKS),
    ("ALTER TABLE users ALTER COLUMN email SET NOT NULL", MAY_BREAK),
    ("ALTER TABLE users ALTER COLUMN age DROP NOT NULL", MAY_BREAK),
    ("ALTER TABLE users ALTER COLUMN age DROP DEFAULT", MAY_BREAK),
    ("ALTER TABLE users DROP COLUMN age; ALTER TABLE users ADD COLUMN age INT GENERATED ALWAYS AS (1) STORED", BREAKS),
];

const ON_MYSQL_AND_MARIADB: [(&str, &[&str]); 7] = [
    ("ALTER TABLE users MODIFY age BIGINT NOT NULL DEFAULT 0", MAY_BREAK),
    ("ALTER TABLE users MODIFY age INT UNSIGNED NOT NULL DEFAULT 0", BREAKS),
    ("ALTER TABLE users MODIFY age VARCHAR(20) NOT NULL DEFAULT '0'", BREAKS),
    ("ALTER TABLE users MODIFY email LONGTEXT", WORKS),
    ("ALTER TABLE users MODIFY email VARCHAR(100) NOT NULL", MAY_BREAK),
    ("ALTER TABLE users CHANGE email mail VARCHAR(100)", BREAKS),
    ("ALTER TABLE users ADD note INT NOT NULL DEFAULT 1; ALTER TABLE users ALTER note DROP DEFAULT", BREAKS),
];

const ON_SQLITE: [(&str, &[&str]); 4] = [
    (
        "CREATE TABLE other (id INT PRIMARY KEY, email VARCHAR(100), age TEXT NOT NULL DEFAULT 0); \
         INSERT INTO other (id, email, age) SELECT id, email, age FROM users; DROP TABLE users; \
         ALTER TABLE other RENAME TO users",
        BREAKS,
    ),
    (
        "CREATE TABLE other (id INT PRIMARY KEY, email VARCHAR(100), age BIGINT NOT NULL DEFAULT 0); \
         INSERT INTO other (id, email, age) SELECT id, email, age FROM users; DROP TABLE users; \
         ALTER TABLE other RENAME TO users",
        WORKS,
    ),
    (
        "CREATE TABLE other (id INT PRIMARY KEY, email VARCHAR(100), age INT NOT NULL DEFAULT 0, note INT NOT NULL); \
         INSERT INTO other (id, email, age, note) SELECT id, email, age, 1 FROM users; DROP TABLE users; \
         ALTER TABLE other RENAME TO users",
        BREAKS,
    ),
    (
        "CREATE TABLE other (id INT PRIMARY KEY, email VARCHAR(100) NOT NULL, age INT NOT NULL DEFAULT 0); \
         INSERT INTO other (id, email, age) SELECT id, email, age FROM users; DROP TABLE users; \
         ALTER TABLE other RENAME TO users",
        MAY_BREAK,
    ),
];

/// The version that runs meets an error exactly where the verdict says that it fails.
fn verdicts(database: &TestDatabase) -> TestResult {
    let own: &[(&str, &[&str])] = match database.backend() {
        Backend::Postgres => &ON_POSTGRES,
        Backend::Sqlite => &ON_SQLITE,
        Backend::MariaDb | Backend::MySql => &ON_MYSQL_AND_MARIADB,
    };
    let service = Service::new(database)?;
    let mut wrong = Vec::new();
    for (statements, expected) in CHANGES.iter().chain(own) {
        let list: Vec<&str> = statements.split("; ").collect();
        let script = Script::new(database).up("l1", json!(TABLES)).up("l2", json!(list));
        let found = service.json(&script, "--running git:v1")?;
        start(database)?;
        list.iter().try_for_each(|statement| database.execute(statement))?;
        let failures = use_entities(database, 2)?;
        let found_rules = rules(&found);
        // One change may have several consequences.
        let is_expected =
            expected.iter().all(|rule| found_rules.contains(rule)) && expected.is_empty() == found_rules.is_empty();
        let fails = found_rules.contains(&BREAKS[0]);
        let unknown = found["deployment"]["unknown"].as_array().map_or(0, Vec::len);
        if !is_expected || fails == failures.is_empty() || unknown > 0 {
            wrong.push(format!("{statements}\n  found {found_rules:?}\n  the entities met {failures:?}\n  {found}"));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// Where the verdict depends on rows, there are rows that the version that runs cannot write.
fn rows_that_are_refused(database: &TestDatabase) -> TestResult {
    let not_null = match database.backend() {
        Backend::Postgres => "ALTER TABLE users ALTER COLUMN email SET NOT NULL",
        Backend::Sqlite => {
            "CREATE TRIGGER refuse BEFORE INSERT ON users WHEN NEW.email IS NULL BEGIN SELECT RAISE(ABORT, 'no'); END"
        }
        Backend::MariaDb | Backend::MySql => "ALTER TABLE users MODIFY email VARCHAR(100) NOT NULL",
    };
    let service = Service::new(database)?;
    for (statement, address) in
        [(not_null, None), ("CREATE UNIQUE INDEX u ON users (email)", Some("1@example.com".to_owned()))]
    {
        let script = Script::new(database).up("l1", json!(TABLES)).up("l2", json!([statement]));
        let found = service.json(&script, "--running git:v1")?;
        assert_eq!(rules(&found), MAY_BREAK, "{statement}: {found}");
        assert_eq!(found["deployment"]["order"], "after", "{statement}: {found}");
        start(database)?;
        database.execute(statement)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let outcome = runtime.block_on(async {
            let connection = database.connect().await?;
            let outcome = insert_user(&connection, 7, address).await;
            connection.close().await?;
            Ok::<_, DbErr>(outcome)
        })?;
        assert!(outcome.is_err(), "{statement}");
    }
    Ok(())
}

/// The order follows from the version that runs and from the new one, which is on disk.
fn order_of_deployment(database: &TestDatabase) -> TestResult {
    let service = Service::new(database)?;
    let order = |statement: &str, arguments: &str| -> Outcome<(String, Value)> {
        let script = Script::new(database).up("l1", json!(TABLES)).up("l2", json!([statement]));
        let found = service.json(&script, arguments)?;
        let deployment = &found["deployment"];
        Ok((deployment["order"].as_str().unwrap_or_default().to_owned(), deployment["reasons"].clone()))
    };
    let (add, drop) = ("ALTER TABLE users ADD COLUMN note VARCHAR(10)", "ALTER TABLE users DROP COLUMN age");
    assert_eq!(order(add, "--running git:v1")?.0, "any");
    let (found, reasons) = order(drop, "--running git:v1")?;
    assert_eq!(found, "neither", "{reasons}");
    assert!(reasons.to_string().contains("after it the new version (on disk) fails"), "{reasons}");
    // The second version has the new column, and not the old one.
    service.write("src/users.rs", &USERS.replace("pub(crate) age: i32", "pub(crate) note: Option<String>"))?;
    service.commit("v2")?;
    let (found, reasons) = order(add, "--running git:v1")?;
    assert_eq!(found, "before");
    let says = "without it the new version (on disk) fails: the entity of `users` (src/users.rs:5) uses `note`";
    assert!(reasons[0].as_str().is_some_and(|reason| reason.starts_with(says)), "{reasons}");
    let (found, reasons) = order(drop, "--running git:v1")?;
    assert_eq!(found, "after", "{reasons}");
    assert_eq!(order(drop, "--running git:v2")?.0, "any");
    assert_eq!(order(drop, "--running git:v2 --running git:v1")?.0, "after");
    assert_eq!(order("ALTER TABLE users RENAME COLUMN age TO note", "--running git:v1")?.0, "neither");
    // A folder instead of a commit.
    let copy = database.folder().join("copy");
    fs::create_dir_all(&copy)?;
    fs::write(copy.join("users.rs"), USERS)?;
    assert_eq!(order(drop, &format!("--running path:{}", copy.display()))?.0, "after");
    Ok(())
}

/// The book shows what is printed.
fn the_example_of_the_book(database: &TestDatabase) -> TestResult {
    const BOOK: &str = include_str!("../../docs/src/running.md");
    let service = Service::new(database)?;
    let new = USERS.replace("pub(crate) age: i32", "pub(crate) note: Option<String>");
    service.write("src/users.rs", &new.replace("column_name = \"email\"", "column_name = \"mail\""))?;
    let script = Script::new(database)
        .up("l1", json!(TABLES))
        .up("l2", json!(["ALTER TABLE users ADD COLUMN note VARCHAR(100)"]))
        .up("l3", json!(["ALTER TABLE users DROP COLUMN age"]))
        .up("l4", json!(["ALTER TABLE users RENAME COLUMN email TO mail"]));
    let output = script.run(&format!("lint l2:l4 --running git:v1 --entities {}", service.folder.display()))?;
    let (_, order) = output.stdout.split_once("\norder of deployment:\n").ok_or_else(|| output.to_string())?;
    match BOOK.contains(&format!("```text\norder of deployment:\n{order}```\n")) {
        true => Ok(()),
        false => Err(format!("the book does not have this:\n{order}").into()),
    }
}

fn levels_and_allowances(database: &TestDatabase) -> TestResult {
    let service = Service::new(database)?;
    let script =
        Script::new(database).up("l1", json!(TABLES)).up("l2", json!(["ALTER TABLE users RENAME COLUMN age TO years"]));
    let output = service.lint(&script, "--running git:v1 --allow rename-column")?;
    let line = "error[breaks-running-code]: `git:v1` fails: the entity of `users` (src/users.rs:5) uses `age`, which is named `years`";
    assert!(output.code == Some(9) && output.stdout.contains(line), "{output}");
    assert!(output.stdout.contains("  = statement: ALTER TABLE users RENAME COLUMN age TO years"), "{output}");
    assert!(output.stdout.contains("\norder of deployment:\n  l2 "), "{output}");
    let output = service.lint(&script, "--running git:v1 --allow rename-column --allow breaks-running-code")?;
    assert!(output.code == Some(0) && output.stdout.contains(": neither before nor after"), "{output}");
    Ok(())
}

fn bad_input(database: &TestDatabase) -> TestResult {
    let service = Service::new(database)?;
    let script = Script::new(database).up("l1", json!(TABLES)).up("l2", json!(["ALTER TABLE users RENAME TO people"]));
    let check = |output: Output, code: i32, says: &str| -> TestResult {
        match output.code == Some(code) && output.to_string().contains(says) {
            true => Ok(()),
            false => Err(format!("expected {code} and `{says}`: {output}").into()),
        }
    };
    check(service.lint(&script, "--running git:absent")?, 2, "git has no commit `absent`")?;
    check(service.lint(&script, "--running git:--all")?, 2, "git has no commit `--all`")?;
    check(service.lint(&script, "--running v1")?, 2, "`--running` cannot read `v1`")?;
    check(service.lint(&script, "--running path:absent")?, 1, "cannot read `absent`")?;
    check(script.run("lint l2:l2 --entities absent --running git:v1")?, 2, "`--entities` names no folder: `absent`")?;
    check(script.run("lint l2:l2 --entities .")?, 2, "--running <VERSION>")?;
    // There is no git, or no repository.
    let arguments = format!("lint l2:l2 --entities {} --running git:v1", service.folder.display());
    check(script.program(&arguments)?.env("PATH", "").run()?, 1, "cannot run `git`")?;
    let outside = database.folder().join("outside");
    fs::create_dir_all(&outside)?;
    let arguments = format!("lint l2:l2 --entities {} --running git:v1", outside.display());
    check(script.run(&arguments)?, 2, "not a git repository")?;
    // A shallow clone has the last commit only.
    service.write("src/users.rs", &USERS.replace("age", "years"))?;
    service.commit("v2")?;
    let source = format!("file://{}", service.folder.display());
    git(database.folder(), &["clone", "--quiet", "--depth", "1", &source, "shallow"])?;
    let shallow = database.folder().join("shallow");
    let arguments = format!("lint l2:l2 --entities {} --running git:v1", shallow.display());
    check(script.run(&arguments)?, 2, "a shallow clone has the last commit only")?;
    // A version without entities.
    git(&service.folder, &["rm", "--quiet", "src/users.rs", "src/posts.rs"])?;
    service.commit("v3")?;
    check(service.lint(&script, "--running git:v3")?, 2, "`git:v3` has no entities in")?;
    check(service.lint(&script, "--running git:v1")?, 2, "the new version (on disk)` has no entities in")
}

/// What may be an entity and cannot be read is named, and is never safe.
fn what_cannot_be_read(database: &TestDatabase) -> TestResult {
    let service = Service::new(database)?;
    let harmless = ["ALTER TABLE users ADD COLUMN note VARCHAR(10)"];
    let breaking = ["ALTER TABLE users DROP COLUMN age"];
    let new = USERS.replace("    pub(crate) age: i32,\n", "");
    for (file, text, says) in [
        (
            "src/broken.rs",
            "#[derive(DeriveEntityModel)]\nstruct Model {",
            "src/broken.rs:2: the file is not valid Rust",
        ),
        (
            "src/made.rs",
            "macro_rules! table { () => { #[derive(DeriveEntityModel)] struct Model; } }",
            "src/made.rs:1: the macro `table!` makes entities",
        ),
        ("src/made.rs", "generated::entities! { users }", "src/made.rs:1: the macro `entities!` may make entities"),
        ("src/made.rs", "include!(concat!(env!(\"OUT_DIR\"), \"/e.rs\"));", "the macro `include!` may make entities"),
        (".gitmodules", "[submodule \"x\"]", ".gitmodules: what is in submodules is not read"),
        (
            "src/users.rs",
            &USERS.replace("    pub(crate) age", "    #[cfg(feature = \"age\")]\n    pub(crate) age"),
            "a condition of the compilation decides about its field `age`",
        ),
    ] {
        service.write(file, text)?;
        service.git(&["add", "."])?;
        service.git(&["commit", "--quiet", "-m", "x"])?;
        service.git(&["tag", "--force", "odd"])?;
        // The new version can be read.
        service.git(&["rm", "--quiet", "-r", "."])?;
        fs::create_dir_all(service.folder.join("src"))?;
        service.write("src/users.rs", &new)?;
        for (statements, code) in [(harmless, 0), (breaking, 10)] {
            let script = Script::new(database).up("l1", json!(TABLES)).up("l2", json!(statements));
            let output = service.lint(&script, "--running git:odd --allow drop-column --allow rewrite-blocks")?;
            let code = if output.stdout.contains("[breaks-running-code]") { 9 } else { code };
            if output.code != Some(code) || (code != 0 && !output.stdout.contains(says)) {
                return Err(format!("{file}: {text}: {output}").into());
            }
        }
        service.git(&["reset", "--quiet", "--hard", "v1"])?;
    }
    Ok(())
}

/// The table, the columns, and whether the database numbers the rows.
type Names = (String, Vec<String>, bool);

fn of_sea_orm<E: EntityTrait>() -> Names {
    let columns = E::Column::iter().map(|column| column.as_str().to_owned()).collect();
    (E::default().table_name().to_owned(), columns, E::PrimaryKey::auto_increment())
}

/// The reader gives the names that SeaORM's macros have made of the same text.
fn names_are_those_of_sea_orm() -> TestResult {
    let expected: Vec<Names> = vec![
        of_sea_orm::<users::Entity>(),
        of_sea_orm::<posts::Entity>(),
        of_sea_orm::<names::plain::Entity>(),
        of_sea_orm::<names::camel::Entity>(),
        of_sea_orm::<names::screaming::Entity>(),
        of_sea_orm::<names::upper::Entity>(),
    ];
    let mut found: Vec<Names> = Vec::new();
    for text in [USERS, POSTS, NAMES] {
        let read = read_entities(text).map_err(|line| format!("line {line}"))?;
        assert_eq!(read.unreadable, []);
        for entity in read.entities {
            assert_eq!(entity.doubt, None);
            let is_numbered = entity.columns.iter().any(|column| column.is_numbered);
            let columns = entity.columns.into_iter().map(|column| column.name).collect();
            found.push((entity.table, columns, is_numbered));
        }
    }
    assert_eq!(found, expected);
    Ok(())
}

/// The entities that sea-orm-cli has generated, in each of its formats, have no doubts.
fn generated_entities_are_read() -> TestResult {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates");
    let mut count = 0;
    for name in ["film", "music", "trading"] {
        for entry in fs::read_dir(crates.join(name).join("src/entities"))? {
            let path = entry?.path();
            let text = fs::read_to_string(&path)?;
            let read = read_entities(&text).map_err(|line| format!("{}:{line}", path.display()))?;
            let is_clear = read.entities.iter().all(|own| own.doubt.is_none() && !own.columns.is_empty());
            let has_entity = text.contains("EntityName for Entity") || text.contains("DeriveEntityModel");
            if !is_clear || !read.unreadable.is_empty() || read.entities.len() != usize::from(has_entity) {
                return Err(format!("{}: {read:?}", path.display()).into());
            }
            count += read.entities.len();
        }
    }
    assert!(count >= 40, "{count}");
    Ok(())
}
