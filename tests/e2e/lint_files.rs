//! The rules of `lint` about the files of revisions and their graph: each finds something in a bad revision, and nothing
//! in good ones.
//!
//! One crate, which uses a crate of entities, holds all revisions, and is built once for all databases.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::sync::OnceLock;
use std::time::Duration;

use seachange_tests::harness::{Case, TestResult, each_backend};
use seachange_tests::{Output, TestDatabase};
use serde_json::Value;

use crate::new_crate::NewCrate;

pub(crate) fn trials() -> Vec<Case> {
    each_backend("lint_files::rules_about_files", rules_about_files)
}

/// The rules under test.
const RULES: [&str; 4] = ["several-heads", "entity-in-revision", "no-downgrade", "irreversible-down"];

/// A revision.
struct FileCase {
    id: &'static str,
    parent: Option<&'static str>,
    label: Option<&'static str>,
    /// The code before the migration.
    items: &'static str,
    /// The code of `up`, where `RUN` sends a statement.
    up: &'static str,
    /// The code of `down`; `None` if there is no such method.
    down: Option<&'static str>,
    found: &'static [&'static str],
}

impl FileCase {
    const fn new(
        id: &'static str,
        parent: &'static str,
        up: &'static str,
        down: Option<&'static str>,
        found: &'static [&'static str],
    ) -> Self {
        Self { id, parent: Some(parent), label: None, items: "", up, down, found }
    }

    const fn base(id: &'static str, up: &'static str, down: &'static str) -> Self {
        Self { parent: None, ..Self::new(id, "", up, Some(down), &[]) }
    }

    /// The text of the file.
    fn text(&self) -> String {
        let Self { id, items, .. } = self;
        let list = |own: Option<&str>| own.map_or_else(String::new, |own| format!("{own:?}"));
        let (parent, label) = (list(self.parent), list(self.label));
        let method = |name: &str, body: &str| {
            let body = body.replace("RUN(", "manager.get_connection().execute_unprepared(");
            let body = body.replace("$;", ".await?;");
            format!("    async fn {name}(&self, manager: &SchemaManager) -> Result<(), DbErr> {{\n{body}\n    }}\n")
        };
        let up = method("up", &format!("{} Ok(())", self.up));
        let down = self.down.map_or_else(String::new, |body| method("down", body));
        format!(
            "//! {id}\n\nuse seachange::prelude::*;\n\npub const REVISION: Revision = Revision {{\n    id: \"{id}\",\n    \
             down_revision: &[{parent}],\n    branch_labels: &[{label}],\n    ..Revision::ROOT\n}};\n\n{items}\n\n\
             #[derive(DeriveMigrationName)]\npub struct Migration;\n\n#[async_trait::async_trait]\n\
             impl MigrationTrait for Migration {{\n{up}\n{down}}}\n"
        )
    }
}

/// What most revisions do.
const ADD: &str = r#"RUN("ALTER TABLE posts ADD COLUMN note INT")$;"#;

const CASES: &[FileCase] = &[
    FileCase::base(
        "tables",
        r#"RUN("CREATE TABLE posts (id INT PRIMARY KEY, title VARCHAR(100), author INT)")$;
           RUN("CREATE TABLE users (id INT PRIMARY KEY)")$;"#,
        r#"RUN("DROP TABLE posts")$; RUN("DROP TABLE users")$; Ok(())"#,
    ),
    // `entity-in-revision`
    FileCase {
        items: "use entity::posts;",
        ..FileCase::new(
            "imports_entity",
            "tables",
            r#"RUN(&format!("ALTER TABLE {} ADD COLUMN one INT", posts::TABLE))$;"#,
            Some(r#"RUN("ALTER TABLE posts DROP COLUMN one")$; Ok(())"#),
            &["entity-in-revision"],
        )
    },
    FileCase::new(
        "names_entity",
        "imports_entity",
        r#"RUN(&format!("ALTER TABLE {} ADD COLUMN two INT", ::entity::posts::TABLE))$;"#,
        Some(r#"RUN("ALTER TABLE posts DROP COLUMN two")$; Ok(())"#),
        &["entity-in-revision"],
    ),
    FileCase {
        items: "// As entity::posts has it.\nmod entity {\n    pub const TABLE: &str = \"posts\";\n}\nconst TABLE: &str = self::entity::TABLE;",
        ..FileCase::new(
            "has_own_names",
            "names_entity",
            r#"RUN(&format!("ALTER TABLE {} ADD COLUMN three INT", TABLE))$;"#,
            Some(r#"RUN("ALTER TABLE posts DROP COLUMN three")$; Ok(())"#),
            &[],
        )
    },
    // `no-downgrade`
    FileCase::new(
        "has_no_down",
        "has_own_names",
        r#"RUN("ALTER TABLE posts ADD COLUMN four INT")$;"#,
        None,
        &["no-downgrade"],
    ),
    FileCase::new(
        "does_nothing_down",
        "has_no_down",
        r#"RUN("ALTER TABLE posts ADD COLUMN five INT")$;"#,
        Some("let _ = manager; Ok(())"),
        &["no-downgrade"],
    ),
    FileCase::new(
        "returns_nothing_down",
        "does_nothing_down",
        r#"RUN("ALTER TABLE posts ADD COLUMN six INT")$;"#,
        Some("let _ = manager; return Ok(());"),
        &["no-downgrade"],
    ),
    FileCase::new(
        "fails_down",
        "returns_nothing_down",
        r#"RUN("ALTER TABLE posts ADD COLUMN seven INT")$;"#,
        Some(r#"Err(DbErr::Custom("no way back".to_owned()))"#),
        &["no-downgrade"],
    ),
    FileCase::new(
        "returns_error_down",
        "fails_down",
        r#"RUN("ALTER TABLE posts ADD COLUMN eight INT")$;"#,
        Some(r#"let _ = manager; return Err(DbErr::Custom("no way back".to_owned()));"#),
        &["no-downgrade"],
    ),
    FileCase::new(
        "panics_down",
        "returns_error_down",
        r#"RUN("ALTER TABLE posts ADD COLUMN nine INT")$;"#,
        Some("let _ = manager; unimplemented!()"),
        &["no-downgrade"],
    ),
    FileCase::new(
        "checks_down",
        "panics_down",
        r#"RUN("ALTER TABLE posts ADD COLUMN ten INT")$;"#,
        Some(
            r#"if !manager.has_column("posts", "ten").await? { return Err(DbErr::Custom("it is gone".to_owned())); }
               RUN("ALTER TABLE posts DROP COLUMN ten")$; Ok(())"#,
        ),
        &[],
    ),
    // It changes no schema.
    FileCase::new("changes_rows", "checks_down", r#"RUN("INSERT INTO users (id) VALUES (7)")$;"#, None, &[]),
    // `irreversible-down`
    FileCase::new(
        "loses_column",
        "changes_rows",
        r#"RUN("ALTER TABLE posts DROP COLUMN author")$;"#,
        Some(r#"RUN("ALTER TABLE posts ADD COLUMN author INT")$; Ok(())"#),
        &["irreversible-down"],
    ),
    FileCase::new(
        "loses_table",
        "loses_column",
        r#"RUN("DROP TABLE users")$;"#,
        Some(r#"RUN("CREATE TABLE users (id INT PRIMARY KEY)")$; Ok(())"#),
        &["irreversible-down"],
    ),
    FileCase::new(
        "loses_what_it_made",
        "loses_table",
        r#"RUN("CREATE TABLE fresh (id INT)")$; RUN("DROP TABLE fresh")$; RUN("CREATE TABLE other (id INT)")$;"#,
        Some(r#"RUN("DROP TABLE other")$; Ok(())"#),
        &[],
    ),
    // `several-heads`
    FileCase::new(
        "left",
        "loses_what_it_made",
        ADD,
        Some(r#"RUN("ALTER TABLE posts DROP COLUMN note")$; Ok(())"#),
        &["several-heads"],
    ),
    FileCase::new(
        "right",
        "tables",
        r#"RUN("CREATE TABLE rights (id INT)")$;"#,
        Some(r#"RUN("DROP TABLE rights")$; Ok(())"#),
        &["several-heads"],
    ),
    FileCase {
        label: Some("billing_branch"),
        ..FileCase::base(
            "billing",
            r#"RUN("CREATE TABLE invoices (id INT)")$;"#,
            r#"RUN("DROP TABLE invoices")$; Ok(())"#,
        )
    },
    FileCase {
        label: Some("shop_branch"),
        ..FileCase::base("shop", r#"RUN("CREATE TABLE orders (id INT)")$;"#, r#"RUN("DROP TABLE orders")$; Ok(())"#)
    },
];

/// The built crate, or the reason why it cannot be built.
fn crate_of_cases() -> Result<&'static NewCrate, &'static str> {
    static BUILT: OnceLock<Result<NewCrate, String>> = OnceLock::new();
    let build = || -> Result<NewCrate, Box<dyn Error>> {
        let new = NewCrate::init("lint_files")?;
        new.clear()?;
        let entity = new.folder().join("entity");
        fs::create_dir_all(entity.join("src"))?;
        fs::write(entity.join("Cargo.toml"), "[package]\nname = \"entity\"\nedition = \"2024\"\n")?;
        fs::write(entity.join("src/lib.rs"), "pub mod posts {\n    pub const TABLE: &str = \"posts\";\n}\n")?;
        let manifest = new.folder().join("Cargo.toml");
        let text = fs::read_to_string(&manifest)?;
        fs::write(&manifest, text.replacen("[dependencies]\n", "[dependencies]\nentity = { path = \"entity\" }\n", 1))?;
        for case in CASES {
            new.write(&format!("m20261128_{}.rs", case.id), &case.text())?;
        }
        let said = new.build()?;
        if let Some(refusal) = said.iter().find(|line| line.starts_with("error")) {
            return Err(refusal.clone().into());
        }
        Ok(new)
    };
    BUILT.get_or_init(|| build().map_err(|error| error.to_string())).as_ref().map_err(String::as_str)
}

fn rules_about_files(database: &TestDatabase) -> TestResult {
    let new = crate_of_cases()?;
    let run = |arguments: &str| -> Result<Output, Box<dyn Error>> {
        Ok(new.program(database)?.args(arguments.split(' ')).limit(Duration::from_secs(120)).run()?)
    };
    // `irreversible-down` is off by default.
    let output = run("lint --warn irreversible-down --format json")?;
    let measured: Value = serde_json::from_str(&output.stdout).map_err(|_| output.to_string())?;
    let mut found = BTreeMap::new();
    for revision in measured.as_array().into_iter().flatten() {
        assert!(revision["unknown"].is_null(), "{revision}");
        let findings = revision["findings"].as_array().into_iter().flatten();
        let rules = findings.filter_map(|finding| finding["rule"].as_str()).filter(|rule| RULES.contains(rule));
        found.insert(revision["revision"].as_str().unwrap_or_default(), rules.collect::<Vec<_>>());
    }
    let expected: BTreeMap<_, _> = CASES.iter().map(|case| (case.id, case.found.to_vec())).collect();
    assert_eq!(found, expected);
    let output = run("lint")?;
    assert!(!output.stdout.contains("irreversible-down"), "{output}");
    for says in [
        "warning[several-heads]: `left` is a head, and so is `right`",
        "warning[entity-in-revision]: it uses `entity::posts`",
        "warning[no-downgrade]: it changes the schema, and `down` does nothing",
        "warning[no-downgrade]: it changes the schema, and `down` returns an error",
        "warning[no-downgrade]: it changes the schema, and `down` panics",
        "warning[no-downgrade]: it changes the schema, and it has no `down`",
    ] {
        assert!(output.stdout.contains(says), "{says}: {output}");
    }
    Ok(())
}
