//! `lint --fix`: the safe revisions make the same schema, lead back, and have no findings.
//!
//! A crate for each database holds all cases, each with tables of its own, so that there are two builds for all of them.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use seachange_tests::harness::{Case, TestResult};
use seachange_tests::{Backend, Output, Program, TestDatabase, workspace};
use serde_json::Value;

use crate::new_crate::NewCrate;
use crate::readme::transcript::{Block, Redaction, blocks_of};

pub(crate) fn trials() -> Vec<Case> {
    vec![
        Case::on(Backend::Postgres, "lint_fix::revisions_become_safe", on_postgres),
        Case::on(Backend::MariaDb, "lint_fix::revisions_become_safe", on_mariadb),
        Case::on(Backend::MySql, "lint_fix::revisions_become_safe", on_mysql),
        Case::on(Backend::Sqlite, "lint_fix::revisions_become_safe", on_sqlite),
        Case::on(Backend::Postgres, "lint_fix::what_is_not_rewritten", what_is_not_rewritten),
        Case::on(Backend::Postgres, "lint_fix::the_chapter_is_true", the_chapter_is_true),
    ]
}

type Outcome<T> = Result<T, Box<dyn Error>>;

/// A revision, and what becomes of it.
struct FixCase {
    /// Its id, and the prefix of its tables.
    name: &'static str,
    /// The statements of the revision before it.
    tables: &'static [&'static str],
    up: &'static [&'static str],
    down: &'static [&'static str],
    /// What `lint` finds in it.
    found: &'static [&'static str],
    /// What is left for people.
    left: &'static [&'static str],
    /// How many revisions there are in its place; 1 if it stays.
    revisions: usize,
}

/// The tables of most cases.
const TABLES: &[&str] = &[
    "CREATE TABLE NAME_users (id INT PRIMARY KEY, email VARCHAR(100), age INT NOT NULL DEFAULT 0)",
    "CREATE TABLE NAME_posts (id INT PRIMARY KEY, author INT NOT NULL, title VARCHAR(100) NOT NULL)",
];

/// A table without a key.
const LOOSE: &[&str] = &["CREATE TABLE NAME_posts (id INT)", "CREATE TABLE NAME_users (id INT NOT NULL)"];

const POSTGRES: &[FixCase] = &[
    FixCase {
        name: "index",
        tables: TABLES,
        up: &["CREATE INDEX index_by_email ON index_users (email)"],
        down: &["DROP INDEX index_by_email"],
        found: &["index-blocks-writes"],
        left: &[],
        revisions: 2,
    },
    FixCase {
        name: "unnamed",
        tables: TABLES,
        up: &["CREATE INDEX ON unnamed_users (lower(email)) WHERE age > 1"],
        down: &["DROP INDEX unnamed_users_lower_idx"],
        found: &["index-blocks-writes"],
        left: &[],
        revisions: 2,
    },
    FixCase {
        name: "unique",
        tables: TABLES,
        up: &["ALTER TABLE unique_users ADD CONSTRAINT unique_email UNIQUE (email) DEFERRABLE"],
        down: &["ALTER TABLE unique_users DROP CONSTRAINT unique_email"],
        found: &["add-unique-blocks", "add-unique-on-rows"],
        // Whether rows have the same key is not known by building the index in another way.
        left: &["add-unique-on-rows"],
        revisions: 3,
    },
    FixCase {
        name: "keyed",
        tables: LOOSE,
        up: &["ALTER TABLE keyed_users ADD PRIMARY KEY (id)"],
        down: &["ALTER TABLE keyed_users DROP CONSTRAINT keyed_users_pkey"],
        found: &["add-primary-key-blocks"],
        left: &["add-unique-on-rows"],
        revisions: 3,
    },
    FixCase {
        name: "required",
        tables: LOOSE,
        up: &["ALTER TABLE required_posts ADD PRIMARY KEY (id)"],
        down: &[
            "ALTER TABLE required_posts DROP CONSTRAINT required_posts_pkey",
            "ALTER TABLE required_posts ALTER COLUMN id DROP NOT NULL",
        ],
        found: &["set-not-null-blocks", "set-not-null-on-rows"],
        left: &["add-unique-on-rows"],
        revisions: 6,
    },
    FixCase {
        name: "refers",
        tables: TABLES,
        up: &[
            "ALTER TABLE refers_posts ADD CONSTRAINT refers_author FOREIGN KEY (author) REFERENCES refers_users (id)",
        ],
        down: &["ALTER TABLE refers_posts DROP CONSTRAINT refers_author"],
        found: &["add-foreign-key-blocks", "add-foreign-key-blocks"],
        left: &[],
        revisions: 2,
    },
    FixCase {
        name: "checked",
        tables: TABLES,
        up: &["ALTER TABLE checked_users ADD CHECK (age >= 0), ADD COLUMN note TEXT"],
        down: &[
            "ALTER TABLE checked_users DROP COLUMN note",
            "ALTER TABLE checked_users DROP CONSTRAINT checked_users_age_check",
        ],
        found: &["add-column-blocks"],
        left: &[],
        revisions: 3,
    },
    FixCase {
        name: "filled",
        tables: TABLES,
        up: &["ALTER TABLE filled_users ALTER COLUMN email SET NOT NULL"],
        down: &["ALTER TABLE filled_users ALTER COLUMN email DROP NOT NULL"],
        found: &["set-not-null-blocks", "set-not-null-on-rows"],
        left: &[],
        revisions: 3,
    },
    FixCase {
        name: "volatile",
        tables: TABLES,
        up: &["ALTER TABLE volatile_users ADD COLUMN seen TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()"],
        down: &["ALTER TABLE volatile_users DROP COLUMN seen"],
        found: &["add-column-blocks"],
        left: &[],
        revisions: 5,
    },
    FixCase {
        name: "added",
        tables: TABLES,
        up: &["ALTER TABLE added_users ADD COLUMN team INT NOT NULL"],
        down: &["ALTER TABLE added_users DROP COLUMN team"],
        found: &["add-column-blocks", "add-required-column"],
        left: &[],
        revisions: 5,
    },
    FixCase {
        name: "held",
        tables: TABLES,
        up: &[
            "ALTER TABLE held_users ADD COLUMN note TEXT",
            "INSERT INTO held_posts SELECT id, id, 'x' FROM held_users",
            "CREATE INDEX held_by_title ON held_posts (title)",
        ],
        down: &[
            "DROP INDEX held_by_title",
            "DELETE FROM held_posts WHERE title = 'x'",
            "ALTER TABLE held_users DROP COLUMN note",
        ],
        found: &["rows-and-schema", "index-blocks-writes", "lock-held"],
        left: &[],
        revisions: 4,
    },
    FixCase {
        name: "retyped",
        tables: TABLES,
        up: &["ALTER TABLE retyped_posts ALTER COLUMN author TYPE BIGINT"],
        down: &["ALTER TABLE retyped_posts ALTER COLUMN author TYPE INT"],
        found: &["change-type-blocks"],
        left: &["change-type-blocks"],
        revisions: 1,
    },
];

const MYSQL: &[FixCase] = &[
    FixCase {
        name: "added",
        tables: TABLES,
        up: &["ALTER TABLE added_users ADD COLUMN team INT NOT NULL AFTER id"],
        down: &["ALTER TABLE added_users DROP COLUMN team"],
        found: &["add-required-column"],
        left: &[],
        revisions: 3,
    },
    FixCase {
        name: "retyped",
        tables: TABLES,
        up: &["ALTER TABLE retyped_posts MODIFY author BIGINT NOT NULL"],
        down: &["ALTER TABLE retyped_posts MODIFY author INT NOT NULL"],
        found: &["change-type-blocks"],
        left: &["change-type-blocks"],
        revisions: 1,
    },
];

const SQLITE: &[FixCase] = &[FixCase {
    name: "index",
    tables: TABLES,
    up: &["CREATE INDEX index_by_email ON index_users (email)"],
    down: &["DROP INDEX index_by_email"],
    found: &["index-blocks-writes"],
    left: &["index-blocks-writes"],
    revisions: 1,
}];

/// A gate in the constant of each revision.
const GATE: &str = "    not_before: \"2026-11-02T00:00:00Z\",\n";

/// The text of a revision file.
fn text(id: &str, parent: Option<&str>, [up, down]: [&[&str]; 2], name: &str) -> String {
    let code = |statements: &[&str]| -> String {
        let call = |sql: &&str| {
            let sql = sql.replace("NAME", name);
            format!("        manager.get_connection().execute_unprepared({sql:?}).await?;\n")
        };
        format!("{}        let _ = manager;\n        Ok(())\n", statements.iter().map(call).collect::<String>())
    };
    let parent = parent.map_or_else(String::new, |parent| format!("    down_revision: &[\"{parent}\"],\n"));
    format!(
        "//! {id}\n\nuse seachange::prelude::*;\n\npub const REVISION: Revision = Revision {{\n    id: \"{id}\",\n{parent}    \
         ..Revision::ROOT\n}};\n\n#[derive(DeriveMigrationName)]\npub struct Migration;\n\n#[async_trait::async_trait]\n\
         impl MigrationTrait for Migration {{\n    \
         async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {{\n{}    }}\n\n    \
         async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {{\n{}    }}\n}}\n",
        code(up),
        code(down)
    )
}

/// A crate with cases, its program, and the program before the revisions were rewritten.
struct Fixed<'d> {
    new: NewCrate,
    older: PathBuf,
    database: &'d TestDatabase,
}

impl<'d> Fixed<'d> {
    fn build(name: &'static str, database: &'d TestDatabase, cases: &[FixCase]) -> Outcome<Self> {
        let new = NewCrate::init(name)?;
        new.clear()?;
        for case in cases {
            let base = format!("{}_tables", case.name);
            new.write(&format!("m20261121_{base}.rs"), &text(&base, None, [case.tables, DROP_TABLES], case.name))?;
            let own = text(case.name, Some(&base), [case.up, case.down], case.name);
            // What a revision waits for, the first one in its place waits for.
            let own = own.replacen("    ..Revision::ROOT", &format!("{GATE}    ..Revision::ROOT"), 1);
            new.write(&format!("m20261121_{}.rs", case.name), &own)?;
        }
        new.build()?;
        let older = new.folder().join("older");
        fs::copy(new.binary().executable()?, &older)?;
        Ok(Self { new, older, database })
    }

    fn run(&self, command: &str) -> Outcome<Output> {
        Ok(self.new.program(self.database)?.args(shell_words::split(command)?).limit(Duration::from_secs(300)).run()?)
    }

    fn older(&self, command: &str) -> Outcome<Output> {
        let program = Program::at(&self.older).database(self.database).folder(self.new.folder());
        Ok(program.args(shell_words::split(command)?).run()?)
    }

    /// The rules that find something, by revision.
    fn findings(&self) -> Outcome<BTreeMap<String, Vec<String>>> {
        // Each case is a head of its own.
        let output = self.run("lint --allow several-heads --format json")?;
        let measured: Value = serde_json::from_str(&output.stdout).map_err(|_| output.to_string())?;
        let mut all = BTreeMap::new();
        for revision in measured.as_array().into_iter().flatten() {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let rules = revision["findings"].as_array().into_iter().flatten().map(|finding| text(&finding["rule"]));
            if !revision["unknown"].is_null() {
                return Err(revision.to_string().into());
            }
            all.insert(text(&revision["revision"]), rules.collect());
        }
        Ok(all)
    }

    /// The revisions from a case down to its tables.
    fn chain(&self, case: &FixCase) -> Outcome<Vec<String>> {
        let base = format!("{}_tables", case.name);
        let mut chain = vec![case.name.to_owned()];
        loop {
            let last = chain.last().cloned().unwrap_or_default();
            let (_, text) = self.new.holding(&format!("\"{last}\""))?;
            let (_, parent) = text.split_once("down_revision: &[\"").ok_or_else(|| format!("no parent: {text}"))?;
            let parent = parent.split('"').next().unwrap_or_default();
            if parent == base {
                return Ok(chain);
            }
            chain.push(parent.to_owned());
        }
    }
}

/// Drops the tables of a case.
const DROP_TABLES: &[&str] = &["DROP TABLE NAME_posts", "DROP TABLE NAME_users"];

fn check(name: &'static str, database: &TestDatabase, cases: &[FixCase]) -> TestResult {
    let fixed = Fixed::build(name, database, cases)?;
    let mut wrong = Vec::new();
    for case in cases {
        fixed.run(&format!("up {}_tables", case.name))?.succeeded()?;
    }
    let before = fixed.findings()?;
    for case in cases {
        let found = before.get(case.name).cloned().unwrap_or_default();
        if found != case.found {
            wrong.push(format!("{}: found {found:?}, expected {:?}", case.name, case.found));
        }
    }
    if database.backend() == Backend::Postgres {
        small_tables(&fixed, &before)?;
    }
    let output = fixed.run("lint --fix --yes --fill added_users.team=1")?;
    if !matches!(output.code, Some(0 | 9)) {
        return Err(output.to_string().into());
    }
    fixed.new.build()?;
    let after = fixed.findings()?;
    for case in cases {
        let chain = fixed.chain(case)?;
        let found: Vec<&String> = chain.iter().rev().filter_map(|id| after.get(id)).flatten().collect();
        if found != case.left || chain.len() != case.revisions {
            wrong.push(format!("{}: {chain:?} has {found:?}, expected {:?}", case.name, case.left));
        }
        for id in &chain {
            let (_, text) = fixed.new.holding(&format!("{id:?}"))?;
            if text.contains(GATE) != (Some(id) == chain.last()) {
                wrong.push(format!("{}: {id} has a wrong gate:\n{text}", case.name));
            }
        }
    }
    if !wrong.is_empty() {
        return Err(format!("{}\n{output}", wrong.join("\n")).into());
    }
    // The loops over batches end in a script, which knows no numbers of rows.
    fixed.run("up --sql")?.succeeded()?;
    fixed.run("up")?.succeeded()?;
    fixed.run("check --revisions")?.succeeded()?;
    // The revisions as they were make the same schema.
    fixed.older("check --revisions")?.succeeded()?;
    fixed.run("down base")?.succeeded()?;
    let tables = database.tables()?;
    assert!(tables.iter().all(|table| table.starts_with("seachange_")), "{tables:?}");
    fixed.run("test --several-heads --no-entities")?.succeeded()?;
    Ok(())
}

fn on_postgres(database: &TestDatabase) -> TestResult {
    check("fix_postgres", database, POSTGRES)
}

/// What takes as long as a table has rows is no finding where the statistics say that it has few; a table without
/// statistics may be large.
fn small_tables(fixed: &Fixed<'_>, before: &BTreeMap<String, Vec<String>>) -> TestResult {
    let manifest = fixed.new.folder().join("Cargo.toml");
    let text = fs::read_to_string(&manifest)?;
    let limit = "\n[package.metadata.seachange.lint]\nsmall-table-rows = 100\n";
    fs::write(&manifest, text.clone() + limit)?;
    fixed.database.execute("INSERT INTO unique_users (id) SELECT generate_series(1, 200)")?;
    assert_eq!(fixed.findings()?.get("unique"), before.get("unique"), "without statistics");
    fixed.database.execute("ANALYZE unique_users")?;
    let small = fixed.findings()?;
    assert_eq!(small.get("unique"), before.get("unique"), "200 rows");
    // A table without a page has no row.
    assert_eq!(small.get("index"), Some(&Vec::new()), "{small:?}");
    assert!(!fixed.run("up index --lint warn --dry-run")?.stderr.contains("index-blocks-writes"));
    fixed.database.execute("DELETE FROM unique_users WHERE id > 100")?;
    fixed.database.execute("ANALYZE unique_users")?;
    let small = fixed.findings()?;
    assert_eq!(small.get("unique").map(Vec::as_slice), Some(&["add-unique-on-rows".to_owned()][..]), "{small:?}");
    fixed.database.execute("DELETE FROM unique_users")?;
    fs::write(&manifest, text)?;
    Ok(())
}

fn on_mariadb(database: &TestDatabase) -> TestResult {
    check("fix_mariadb", database, MYSQL)
}

fn on_mysql(database: &TestDatabase) -> TestResult {
    check("fix_mysql", database, MYSQL)
}

fn on_sqlite(database: &TestDatabase) -> TestResult {
    check("fix_sqlite", database, SQLITE)
}

/// A query, which the test makes of the first statement of the case of that name.
const QUERY: &str = "SELECT id FROM reads_users";

const REFUSED: &[FixCase] = &[
    FixCase {
        name: "index",
        tables: TABLES,
        up: &["CREATE INDEX index_by_email ON index_users (email)"],
        down: &["DROP INDEX index_by_email"],
        found: &[],
        left: &[],
        revisions: 1,
    },
    FixCase {
        name: "reads",
        tables: TABLES,
        up: &[QUERY, "CREATE INDEX reads_by_email ON reads_users (email)"],
        down: &["DROP INDEX reads_by_email"],
        found: &[],
        left: &[],
        revisions: 1,
    },
    FixCase {
        name: "kept",
        tables: TABLES,
        up: &["CREATE INDEX kept_by_email ON kept_users (email)"],
        down: &[],
        found: &[],
        left: &[],
        revisions: 1,
    },
    FixCase {
        name: "valued",
        tables: TABLES,
        up: &["ALTER TABLE valued_users ADD COLUMN team INT NOT NULL"],
        down: &["ALTER TABLE valued_users DROP COLUMN team"],
        found: &[],
        left: &[],
        revisions: 1,
    },
];

/// Each refusal says why, and changes no file.
fn what_is_not_rewritten(database: &TestDatabase) -> TestResult {
    let fixed = Fixed::build("fix_refused", database, REFUSED)?;
    let (file, text) = fixed.new.holding("\"reads\"")?;
    let call = format!("execute_unprepared({QUERY:?})");
    let query = format!("query_all_raw(sea_orm::Statement::from_string(sea_orm::DbBackend::Postgres, {QUERY:?}))");
    fixed.new.write(&file, &text.replace(&call, &query))?;
    fixed.new.build()?;
    let files = fixed.new.files()?;
    let refused = |command: &str, code: i32, says: &str| -> TestResult {
        let output = fixed.run(command)?;
        match output.code == Some(code) && output.stderr.contains(says) && fixed.new.files()? == files {
            true => Ok(()),
            false => Err(format!("{command}: {output}").into()),
        }
    };
    refused("lint --fix index:index", 2, "confirmation needs a terminal")?;
    refused("lint --fix --yes reads:reads", 9, "what it does is not known: it reads rows")?;
    refused("lint --fix --yes kept:kept", 9, "its `down` does not revert its `up`")?;
    refused("lint --fix --yes valued:valued", 9, "`--fill valued_users.team=EXPRESSION` says it")?;
    refused("lint --fix --yes --fill team=1 valued:valued", 2, "expected `TABLE.COLUMN=EXPRESSION`")?;
    refused("lint --fix --yes --published git:absent index:index", 2, "git")?;
    // The branch `main` has the revision.
    let folder = fixed.new.folder();
    git(folder, "init --quiet -b main")?;
    git(folder, "add Cargo.toml")?;
    git(folder, "commit --quiet -m one")?;
    git(folder, "tag before")?;
    git(folder, "add src")?;
    git(folder, "commit --quiet -m two")?;
    refused("lint --fix --yes index:index", 2, "`main` has it")?;
    // It has another state there.
    let (file, text) = fixed.new.holding("\"index\"")?;
    fixed.new.write(&file, &format!("{text}\n// A remark.\n"))?;
    let output = fixed.run("lint --fix --yes --published git:before index:index")?;
    assert!(output.code == Some(2) && output.stderr.contains("not committed"), "{output}");
    fixed.new.write(&file, &text)?;
    fixed.run("up index")?.succeeded()?;
    refused("lint --fix --yes --published git:before index:index", 2, "has it")?;
    fixed.run("down index_tables")?.succeeded()?;
    fixed.new.write(&file, &format!("{text}\n// A remark.\n"))?;
    let output = fixed.run("lint --fix --yes --allow-dirty --published git:before index:index")?.succeeded()?;
    assert_eq!(fixed.new.files()?.len(), files.len() + 1, "{output}");
    assert!(fixed.new.files()?[&file].ends_with("// A remark.\n"), "the rest of the file stays");
    // Of all pending ones, each that is not rewritten is reported, and the others are rewritten.
    for name in fixed.new.files()?.keys().filter(|name| !files.contains_key(*name)) {
        fixed.new.remove(name)?;
    }
    fixed.new.write(&file, &text)?;
    for name in ["reads", "kept", "valued"] {
        fixed.run(&format!("up {name}_tables"))?.succeeded()?;
    }
    let output = fixed.run("lint --fix --yes --published git:before")?;
    let says = [
        "`reads` cannot be rewritten: what it does is not known: it reads rows",
        "`kept` cannot be rewritten: its `down` does not revert its `up`",
        "`--fill valued_users.team=EXPRESSION` says it",
    ];
    assert!(output.code == Some(9) && says.iter().all(|part| output.stderr.contains(part)), "{output}");
    assert_eq!(fixed.new.files()?.len(), files.len() + 1, "{output}");
    for (name, is_kept) in [("reads", true), ("kept", true), ("valued", true), ("index", false)] {
        let (own, text) = fixed.new.holding(&format!("\"{name}\""))?;
        assert_eq!(files.get(&own) == Some(&text), is_kept, "{name}: {output}");
    }
    Ok(())
}

fn git(folder: &Path, arguments: &str) -> TestResult {
    let settings = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
    let output = Command::new("git").args(settings).args(arguments.split(' ')).current_dir(folder).output()?;
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// The chapter of the book: its revision, what `lint` says of it, and what is written.
fn the_chapter_is_true(database: &TestDatabase) -> TestResult {
    let place = workspace().join("docs/src/dangerous-changes.md");
    let chapter = fs::read_to_string(&place)?;
    let new = NewCrate::init("fix_book")?;
    new.clear()?;
    let accounts = "CREATE TABLE accounts (id INT PRIMARY KEY, email VARCHAR(100))";
    new.write(
        "m20261127_create_accounts.rs",
        &text("376e48470d72", None, [&[accounts], &["DROP TABLE accounts"]], ""),
    )?;
    git(new.folder(), "init --quiet -b main")?;
    git(new.folder(), "add src")?;
    git(new.folder(), "commit --quiet -m accounts")?;
    let (mut commands, mut shown) = (0, chapter.clone());
    for block in blocks_of(&chapter) {
        match block {
            Block::Rust(code) => {
                new.write("m20261127_index_emails.rs", &code)?;
                new.build()?;
                new.program(database)?.args(["up", "376e48470d72"]).run()?.succeeded()?;
            }
            Block::Console(steps) => {
                for step in steps {
                    commands += 1;
                    new.build()?;
                    let call = step.command.replacen("seachange", &new.binary().executable()?.to_string_lossy(), 1);
                    let program = Program::at("sh").args(["-c", &format!("{call} 2>&1")]).folder(new.folder());
                    let output = program.database(database).run()?;
                    let mut printed = output.stdout.clone();
                    for (name, text) in new.files()? {
                        let id =
                            text.split("id: \"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
                        if !chapter.contains(id) {
                            printed = printed.replace(id, "5ee0a1b2c3d4").replace(&name[..9], "m20261127");
                        }
                    }
                    let redaction = Redaction::default();
                    if redaction.apply(&printed) != redaction.apply(&step.output) {
                        let text = printed;
                        let own = format!("$ {}\n{}", step.command, step.output);
                        shown = shown.replacen(&own, &format!("$ {}\n{text}", step.command), 1);
                    }
                }
            }
            Block::Diff(_) => {}
        }
    }
    assert!(commands >= 3, "the commands of the chapter are found: {commands}");
    if shown != chapter {
        if std::env::var_os("UPDATE_BOOK").is_some() {
            fs::write(&place, &shown)?;
        }
        return Err(format!("the chapter is not what the program prints:\n{shown}").into());
    }
    Ok(())
}
