//! Ten revisions of which eight become one: every database arrives, with the same tables and rows.

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use seachange_tests::{
    Backend, Program, TestDatabase,
    harness::{Case, TestResult, each_backend},
    snapshot,
};

use crate::new_crate::NewCrate;

pub(crate) fn trials() -> Vec<Case> {
    let mut cases = each_backend("squash::every_database_arrives", every_database_arrives);
    cases.push(Case::on(Backend::Sqlite, "squash::what_cannot_be_squashed", what_cannot_be_squashed));
    cases
}

/// The revisions: a name, and the bodies of `up` and `down`.
const REVISIONS: [(&str, &str, &str); 10] = [
    (
        "create accounts",
        r#"let accounts = Table::create()
            .table("accounts")
            .col(pk_auto("id"))
            .col(string_len("name", 100))
            .to_owned();
        manager.create_table(accounts).await"#,
        r#"manager.drop_table(Table::drop().table("accounts").to_owned()).await"#,
    ),
    (
        "two accounts",
        r#"for name in ["Ada", "Bob's"] {
            let insert = Query::insert().into_table("accounts").columns(["name"]).values_panic([name.into()]).to_owned();
            manager.execute(insert).await?;
        }
        Ok(())"#,
        r#"manager.get_connection().execute_unprepared("DELETE FROM accounts").await.map(drop)"#,
    ),
    (
        "create entries",
        r#"let entries = Table::create()
            .table("entries")
            .col(pk_auto("id"))
            .col(integer("account_id"))
            .col(integer("amount"))
            .foreign_key(ForeignKey::create().name("fk_entries").from("entries", "account_id").to("accounts", "id"))
            .to_owned();
        manager.create_table(entries).await"#,
        r#"manager.drop_table(Table::drop().table("entries").to_owned()).await"#,
    ),
    (
        "add currency",
        r#"alter(manager, "accounts").add_column(string_len("currency", 3).default("EUR")).apply().await?;
        Ok(())"#,
        r#"alter(manager, "accounts").drop_column("currency").apply().await?;
        Ok(())"#,
    ),
    (
        "the currency of Ada",
        r#"let sql = "UPDATE accounts SET currency = 'GBP' WHERE name = 'Ada'";
        manager.get_connection().execute_unprepared(sql).await.map(drop)"#,
        "let _ = manager;\n        Ok(())",
    ),
    (
        "index entries",
        r#"let index = Index::create().name("idx_entries").table("entries").col("amount").to_owned();
        manager.create_index(index).await"#,
        r#"manager.drop_index(Index::drop().name("idx_entries").table("entries").to_owned()).await"#,
    ),
    (
        "a wider name, and a note",
        r#"alter(manager, "accounts")
            .modify_column(string_len("name", 200))
            .add_column(text_null("note"))
            .apply()
            .await?;
        Ok(())"#,
        r#"alter(manager, "accounts").drop_column("note").apply().await?;
        Ok(())"#,
    ),
    (
        "a view of accounts",
        r#"let sql = "CREATE VIEW account_names AS SELECT name FROM accounts";
        manager.get_connection().execute_unprepared(sql).await.map(drop)"#,
        r#"manager.get_connection().execute_unprepared("DROP VIEW account_names").await.map(drop)"#,
    ),
    (
        "an entry",
        r#"let sql = "INSERT INTO entries (account_id, amount) SELECT id, 5 FROM accounts WHERE name = 'Ada'";
        manager.get_connection().execute_unprepared(sql).await.map(drop)"#,
        r#"manager.get_connection().execute_unprepared("DELETE FROM entries").await.map(drop)"#,
    ),
    (
        "create notes",
        r#"manager.create_table(Table::create().table("notes").col(pk_auto("id")).to_owned()).await"#,
        r#"manager.drop_table(Table::drop().table("notes").to_owned()).await"#,
    ),
];

fn id(number: usize) -> String {
    format!("r{number:02}")
}

/// The name of the file of a revision.
fn file(number: usize) -> String {
    format!("m20261121_{number:02}.rs")
}

/// The text of the file of a revision.
fn text(number: usize, (message, up, down): (&str, &str, &str)) -> String {
    let parent = if number == 1 { String::new() } else { format!("    down_revision: &[\"{}\"],\n", id(number - 1)) };
    format!(
        "//! {message}\n\nuse seachange::prelude::*;\n\npub const REVISION: Revision = Revision {{\n    id: \"{}\",\n{parent}    \
         ..Revision::ROOT\n}};\n\n#[derive(DeriveMigrationName)]\npub struct Migration;\n\n#[async_trait::async_trait]\n\
         impl MigrationTrait for Migration {{\n    \
         async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {{\n        {up}\n    }}\n\n    \
         async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {{\n        {down}\n    }}\n}}\n",
        id(number)
    )
}

/// A crate, its program, and the program before the squash.
struct Squashed<'a> {
    new: NewCrate,
    older: PathBuf,
    database: &'a TestDatabase,
    transcript: String,
}

impl<'a> Squashed<'a> {
    fn build(name: &'static str, database: &'a TestDatabase) -> Result<Self, Box<dyn Error>> {
        let new = NewCrate::init(name)?;
        for (number, revision) in (1..).zip(REVISIONS) {
            new.write(&file(number), &text(number, revision))?;
        }
        new.build()?;
        let older = new.folder().join("older");
        let built = new.binary();
        fs::copy(built.executable()?, &older)?;
        Ok(Self { new, older, database, transcript: String::new() })
    }

    /// Brings the database to a revision with the program before the squash, from nothing.
    fn begin_at(&self, number: usize) -> TestResult {
        let older = || Program::at(&self.older).database(self.database).folder(self.new.folder());
        older().args(["fresh", "--yes"]).run()?.succeeded()?;
        let target = if number == 0 { "base".to_owned() } else { id(number) };
        if number < REVISIONS.len() {
            older().args(["down", &target]).run()?.succeeded()?;
        }
        Ok(())
    }

    /// Runs a command, and records its output and exit code.
    fn run(&mut self, command: &str) -> TestResult {
        let output = self.new.program(self.database)?.args(shell_words::split(command)?).run()?;
        writeln!(self.transcript, "$ migration {command}\n{}{}", output.stdout, output.stderr)?;
        if let Some(code @ 1..) = output.code {
            writeln!(self.transcript, "(exit code {code})")?;
        }
        Ok(())
    }

    fn succeed(&self, command: &str) -> TestResult {
        self.new.program(self.database)?.args(shell_words::split(command)?).run()?.succeeded()?;
        Ok(())
    }

    /// The tables, and all values of the rows.
    fn contents(&self) -> Result<Vec<String>, Box<dyn Error>> {
        let mut contents = self.database.tables()?;
        contents.retain(|table| !table.starts_with("seachange_"));
        for column in ["name", "currency"] {
            contents.extend(self.database.values::<String>(&format!("SELECT {column} FROM accounts ORDER BY id"))?);
        }
        let amounts = self.database.values::<i32>("SELECT amount FROM entries ORDER BY id")?;
        contents.extend(amounts.iter().map(ToString::to_string));
        contents.extend(self.database.values::<String>("SELECT name FROM account_names ORDER BY name")?);
        Ok(contents)
    }
}

fn every_database_arrives(database: &TestDatabase) -> TestResult {
    let name = match database.backend() {
        Backend::Sqlite => "squash_sqlite",
        Backend::Postgres => "squash_postgres",
        Backend::MariaDb => "squash_mariadb",
        Backend::MySql => "squash_mysql",
    };
    let mut squashed = Squashed::build(name, database)?;
    squashed.begin_at(REVISIONS.len())?;
    let expected = squashed.contents()?;
    squashed.run("squash :r08 -m \"the first eight\" --rev-id 5ee0")?;
    squashed.new.build()?;
    for number in 0..=REVISIONS.len() {
        squashed.begin_at(number)?;
        if number == 4 {
            for command in ["current", "status", "check --revisions", "down base", "squash --prune"] {
                squashed.run(command)?;
            }
        }
        squashed.succeed("up")?;
        assert_eq!(squashed.contents()?, expected, "from {}", id(number));
        squashed.succeed("current --check-heads")?;
    }
    for command in ["up", "down 5ee0", "down", "heads", "history", "show r03", "up", "squash --prune --dry-run"] {
        squashed.run(command)?;
    }
    squashed.run("squash --prune")?;
    (1..=8).try_for_each(|number| squashed.new.remove(&file(number)))?;
    squashed.new.build()?;
    squashed.run("up")?;
    squashed.begin_at(8)?;
    squashed.run("up")?;
    squashed.begin_at(4)?;
    squashed.run("up")?;
    squashed.begin_at(0)?;
    squashed.run("up")?;
    assert_eq!(squashed.contents()?, expected);
    let versions = squashed.new.versions().display().to_string();
    let transcript = squashed.transcript.replace(&format!("{versions}/"), "");
    if database.backend() == Backend::Sqlite {
        let (_, text) = squashed.new.holding("\"5ee0\"")?;
        snapshot::settings(database).bind(|| insta::assert_snapshot!("squash", format!("{transcript}\n{text}")));
    }
    Ok(())
}

fn what_cannot_be_squashed(database: &TestDatabase) -> TestResult {
    let mut squashed = Squashed::build("squash_refused", database)?;
    for command in [
        "squash",
        "squash r03:r01",
        "squash r03:r03",
        "squash nope:",
        "squash --prune",
        "squash :r02 --rev-id r05",
        "squash :r02 --also sqlite:data/other.db",
    ] {
        squashed.run(command)?;
    }
    // The statement of the second revision names no columns, of which there are more later.
    let (message, _, down) = REVISIONS[1];
    let up = r#"let sql = "INSERT INTO accounts VALUES (1, 'Ada')";
        manager.get_connection().execute_unprepared(sql).await.map(drop)"#;
    squashed.new.write(&file(2), &text(2, (message, up, down)))?;
    // The rows of the fifth depend on the schema that it finds.
    let (message, _, down) = REVISIONS[4];
    let up = r#"let sql = "INSERT INTO accounts (name, currency) SELECT name, 'USD' FROM pragma_table_info('accounts')";
        manager.get_connection().execute_unprepared(sql).await.map(drop)"#;
    squashed.new.write(&file(5), &text(5, (message, up, down)))?;
    squashed.new.build()?;
    for command in ["squash :r08", "squash r03:r08", "squash :r03"] {
        squashed.run(&format!("{command} --rev-id 5ee0 --dry-run"))?;
    }
    assert!(squashed.new.holding("\"5ee0\"").is_err(), "nothing was written");
    let versions = squashed.new.versions().display().to_string();
    let transcript = squashed.transcript.replace(&format!("{versions}/"), "");
    snapshot::settings(database).bind(|| insta::assert_snapshot!("squash_refused", transcript));
    Ok(())
}
