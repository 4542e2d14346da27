//! `import` of crates of sea-orm-migration: fixtures/import/sea-orm-migration is a shop with 21 migrations, in an order
//! that is not that of the files, with macros, helpers, folders and names of their own.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use seachange_tests::harness::{Case, TestResult};
use seachange_tests::{Backend, Output, Program, TestDatabase, snapshot, target, workspace};
use tempfile::TempDir;

use crate::installed_program::with_cargo;
use crate::new_crate::SHARED;

pub(crate) fn trials() -> Vec<Case> {
    vec![
        Case::on(Backend::Postgres, "sea_orm_import::a_whole_project", a_whole_project),
        Case::new("sea_orm_import::what_does_not_compile_is_listed", what_does_not_compile_is_listed),
        Case::new("sea_orm_import::refusals_leave_the_project_as_it_was", refusals_leave_the_project_as_it_was),
    ]
}

/// Compiles two crates and runs them: more than the usual time.
const LIMIT: Duration = Duration::from_secs(600);

/// The imported project, in a repository.
struct Shop {
    _temporary: TempDir,
    folder: PathBuf,
}

impl Shop {
    /// Copies the fixture, with a migration crate of this name, for tests that run at once compile into one folder. Its
    /// dependencies have the features of this workspace, so that nothing is compiled again.
    fn new(package: &str) -> Result<Self, Box<dyn Error>> {
        let temporary = TempDir::new()?;
        let folder = temporary.path().join("shop");
        copy(&workspace().join("tests/fixtures/import/sea-orm-migration"), &folder)?;
        fs::copy(workspace().join("Cargo.lock"), folder.join("Cargo.lock"))?;
        let shared = folder.join("shared");
        fs::create_dir_all(shared.join("src"))?;
        fs::write(shared.join("src/lib.rs"), "")?;
        let engine = workspace().join("crates/seachange");
        fs::write(
            shared.join("Cargo.toml"),
            format!(
                "[package]\nname = \"shared\"\nedition = \"2024\"\n{SHARED}\n[dependencies.seachange]\npath = {:?}\n\
                 default-features = false\nfeatures = [\"cli\", \"testing\", \"sqlite\", \"postgres\", \"mysql\"]\n",
                engine.display().to_string()
            ),
        )?;
        let shop = Self { _temporary: temporary, folder };
        for file in ["migration/Cargo.toml", "migration/src/main.rs", "service/Cargo.toml", "service/src/lib.rs"] {
            let text = fs::read_to_string(shop.folder.join(file))?;
            let text = text.replace("shop-migration", package).replace("shop_migration", &package.replace('-', "_"));
            fs::write(shop.folder.join(file), text)?;
        }
        let declared = fs::read_to_string(workspace().join("Cargo.toml"))?;
        let profiles = declared.find("[profile.dev]").and_then(|at| declared.get(at..)).ok_or("a profile")?;
        shop.edit("Cargo.toml", "\"service\"]", &format!("\"service\", \"shared\"]\n\n{profiles}"))?;
        shop.edit("migration/Cargo.toml", "version = \"2.0.4\"\n", "version = \"2.0.4\"\ndefault-features = false\n")?;
        shop.edit("migration/Cargo.toml", "[dependencies]\n", "[dependencies]\nshared = { path = \"../shared\" }\n")?;
        shop.git(&["init", "-q"])?;
        shop.commit()?;
        Ok(shop)
    }

    fn edit(&self, file: &str, from: &str, to: &str) -> Result<(), Box<dyn Error>> {
        let path = self.folder.join(file);
        let text = fs::read_to_string(&path)?;
        assert!(text.contains(from), "{file}: {text}");
        Ok(fs::write(path, text.replacen(from, to, 1))?)
    }

    fn git(&self, arguments: &[&str]) -> Result<String, Box<dyn Error>> {
        let identity = ["-c", "user.name=shop", "-c", "user.email=shop@example.org"];
        let git =
            std::process::Command::new("git").args(identity).args(arguments).current_dir(&self.folder).output()?;
        assert!(git.status.success(), "{}", String::from_utf8_lossy(&git.stderr));
        Ok(String::from_utf8(git.stdout)?)
    }

    fn commit(&self) -> Result<(), Box<dyn Error>> {
        self.git(&["add", "-A"])?;
        self.git(&["commit", "-q", "-m", "shop"])?;
        Ok(())
    }

    fn import(&self, arguments: &[&str]) -> Result<Output, Box<dyn Error>> {
        let engine = workspace().join("crates").display().to_string();
        let program = Program::named("seachange").folder(&self.folder).limit(LIMIT);
        let program = with_cargo(program).env("CARGO_TARGET_DIR", target()).env("CARGO_NET_OFFLINE", "true");
        Ok(program.args(["import", "--engine-path", &engine]).args(arguments).run()?)
    }

    /// Commands of the converted crate.
    fn run(&self, database: &TestDatabase, arguments: &[&str]) -> Result<Output, Box<dyn Error>> {
        let program = Program::named("seachange").folder(&self.folder).limit(LIMIT).database(database);
        let program = with_cargo(program).env("CARGO_TARGET_DIR", target()).env("CARGO_NET_OFFLINE", "true");
        Ok(program.args(arguments).run()?.succeeded()?)
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name()))?;
        match path.is_dir() {
            true => copy(&path, &to.join(name))?,
            false => _ = fs::copy(&path, to.join(name))?,
        }
    }
    Ok(())
}

/// One command; then a database of the old tool goes on with the new one.
fn a_whole_project(database: &TestDatabase) -> TestResult {
    let shop = Shop::new("shop-migration")?;
    let url = database.url();
    let output = shop.import(&["--source", "migration", "--scratch-url", &url])?;
    assert_eq!(output.code, Some(0), "{output}");
    snapshot::settings(database).bind(|| insta::assert_snapshot!("sea_orm_import_of_a_project", output));
    let changed = shop.git(&["status", "--porcelain", "--untracked-files=all"])?;
    assert!(changed.lines().all(|line| line.contains(" migration/")), "{changed}");
    shop.commit()?;

    // The program of the trial runs the old migrations.
    let old = Program::at(target().join("debug/seachange-import-old")).env("SEACHANGE_IMPORT_URL", &url);
    old.run()?.succeeded()?;
    let history = shop.run(database, &["history"])?.stdout;
    insta::assert_snapshot!(history, @"
    m20220301_000001_add_address_city -> m20220210_000001_fill_city (head), fill the city of old addresses
    m20220207_120000_create_deliveries -> m20220301_000001_add_address_city, add address city
    m20220206_120000_create_suppliers -> m20220207_120000_create_deliveries, create deliveries
    m20220205_120000_create_refunds -> m20220206_120000_create_suppliers, create suppliers
    m20220204_120000_create_payments -> m20220205_120000_create_refunds, create refunds
    m20220202_120000_create_coupons -> m20220204_120000_create_payments, create payments
    m20220201_120000_create_reviews -> m20220202_120000_create_coupons, create coupons
    m20220203_120000_create_addresses -> m20220201_120000_create_reviews, create reviews
    m20220112_000001_no_transaction -> m20220203_120000_create_addresses, create addresses
    m20220111_000001_seed_products -> m20220112_000001_no_transaction, no transaction
    create_carts__2022_ -> m20220111_000001_seed_products, seed products
    create_stock -> create_carts__2022_, create carts
    m20220109_000001_create_colors -> create_stock, create stock
    m20220108_000001_create_labels -> m20220109_000001_create_colors, create colors
    m20220107_000001_index_emails -> m20220108_000001_create_labels, create labels
    m20220105_000001_views -> m20220107_000001_index_emails, index emails
    m20220104_000001_create_order_lines -> m20220105_000001_views, views
    m20220103_000001_create_orders -> m20220104_000001_create_order_lines, create order lines
    m20220102_000001_create_products -> m20220103_000001_create_orders, create orders
    m20220101_000001_create_customers -> m20220102_000001_create_products, create products
    base -> m20220101_000001_create_customers (base), create customers
    ");
    let adopted = shop.run(database, &["adopt", "--from", "seaql", "--yes"])?.stdout;
    assert!(adopted.contains("-> create_carts__2022_, create carts"), "{adopted}");
    assert_eq!(adopted.lines().filter(|line| line.contains(" -> ")).count(), 21, "{adopted}");
    shop.run(database, &["check", "--revisions", "--exclude-table", "seaql_migrations"])?;
    assert!(shop.run(database, &["up"])?.stderr.contains("nothing to do"));
    shop.run(database, &["down", "-1"])?;
    shop.run(database, &["up"])?;
    assert_eq!(database.value::<i64>("SELECT count(*) FROM products")?, 2);

    // There is nothing left to import.
    let again = shop.import(&["--source", "migration", "--scratch-url", &url])?;
    assert_eq!(again.code, Some(2), "{again}");
    Ok(())
}

/// Sources for SeaORM 1 are rewritten as far as the rewrites are known; rustc names the rest.
fn what_does_not_compile_is_listed() -> TestResult {
    let shop = Shop::new("shop-migration-of-1")?;
    shop.edit("migration/Cargo.toml", "version = \"2.0.4\"", "version = \"1.1\"")?;
    shop.edit("service/Cargo.toml", "[dependencies]\n", "[dependencies]\n#")?;
    shop.edit("service/Cargo.toml", "sea-orm-migration", "#sea-orm-migration")?;
    fs::write(shop.folder.join("service/src/lib.rs"), "//! Empty.\n")?;
    shop.edit(
        "migration/src/m20220105_000001_views.rs",
        "        connection.execute_unprepared(",
        "        let backend = manager.get_database_backend();
        connection.execute(sea_orm::Statement::from_string(backend, \"SELECT 1\")).await?;
        let _ = sea_orm::Value::String(Some(Box::new(String::new())));
        connection.gone_in_seaorm_2().await?;
        connection.execute_unprepared(",
    )?;
    shop.edit(
        "migration/src/m20220105_000001_views.rs",
        "prelude::*;",
        "prelude::*;\nuse sea_orm_migration::sea_orm;",
    )?;
    shop.commit()?;
    let output = shop.import(&["--source", "migration"])?;
    assert_eq!(output.code, Some(1), "{output}");
    insta::assert_snapshot!(output.stderr, @"
    warning: `legacy::stock::CreateStock { shelves: 2 }` stays where it is: the revision `create_stock` calls it
    warning: `m20220111_000001_seed_products::Migration` stays where it is: the revision `m20220111_000001_seed_products` calls it
    warning: `m20220106_000001_half_done` is not in the list: it stays where it is, and is no revision
    for SeaORM 2: `execute`, `query_one`, `query_all` and `stream` of a statement are `execute_raw` and so on (1)
    for SeaORM 2: values are no longer boxed (1)
    compiling the converted crate, on a copy
    error: the crate does not compile: one error
      migration/src/versions/m20220105_000001_views.rs:21: no method named `gone_in_seaorm_2` found for reference `&DatabaseExecutor<'_>` in the current scope
      nothing was written
    hint: `--no-build` writes the files as they are, to be corrected by hand
    ");
    assert_eq!(shop.git(&["status", "--porcelain"])?, "");
    Ok(())
}

fn refusals_leave_the_project_as_it_was() -> TestResult {
    let shop = Shop::new("shop-migration")?;
    let refused = |arguments: &[&str], code: i32| -> Result<String, Box<dyn Error>> {
        let output = shop.import(arguments)?;
        assert_eq!(output.code, Some(code), "{output}");
        Ok(output.stderr)
    };
    let mut said = Vec::new();
    let library = fs::read_to_string(shop.folder.join("migration/src/lib.rs"))?;
    for (from, to) in [
        ("        vec![\n", "        let mut all: Vec<Box<dyn MigrationTrait>> = vec![\n"),
        ("Box::new(m20220105_000001_views::Migration)", "views()"),
        ("Box::new(m20220105_000001_views::Migration)", "Box::new(m20220104_000001_create_order_lines::Migration)"),
        ("impl MigratorTrait for", "impl Other for"),
        ("pub struct Migrator;", "pub struct Migrator; }"),
    ] {
        shop.edit("migration/src/lib.rs", from, to)?;
        said.push(refused(&["--source", "migration", "--allow-dirty"], if to.ends_with('}') { 1 } else { 2 })?);
        fs::write(shop.folder.join("migration/src/lib.rs"), &library)?;
    }
    // Another crate on SeaORM 1 with SQLite.
    shop.edit("service/Cargo.toml", "version = \"2.0.4\"", "version = \"1.1\"")?;
    said.push(refused(&["--source", "migration", "--allow-dirty"], 2)?);
    shop.git(&["checkout", "-q", "."])?;
    // What git does not have yet, a file in the way, and another folder.
    shop.edit("migration/src/main.rs", "#[tokio::main]", "// dirty\n#[tokio::main]")?;
    said.push(refused(&["--source", "migration"], 2)?);
    shop.git(&["checkout", "-q", "."])?;
    fs::create_dir_all(shop.folder.join("migration/src/versions"))?;
    fs::write(shop.folder.join("migration/src/versions/m20220105_000001_views.rs"), "mine")?;
    said.push(refused(&["--source", "migration"], 2)?);
    fs::remove_dir_all(shop.folder.join("migration/src/versions"))?;
    said.push(refused(&["--source", "service", "--from", "sea-orm-migration"], 2)?);
    insta::assert_snapshot!(said.join("--\n"), @r#"
    error: `migration/src/lib.rs`, line 38: `migrations()` is not one list `vec![Box::new(…), …]`
      nothing was written
    hint: write `migrations()` as one list `vec![Box::new(module::Migration), …]` in the order of the migrations, and try again
    --
    error: `migration/src/lib.rs`, line 43: `views()` is not `Box::new(…)`
      nothing was written
    hint: write `migrations()` as one list `vec![Box::new(module::Migration), …]` in the order of the migrations, and try again
    --
    error: `migration/src/lib.rs`, line 43: `m20220104_000001_create_order_lines` is in the list twice
      two migrations have one name, or one migration is listed twice
    hint: give each a name of its own by `impl MigrationName`, and correct the list
    --
    error: `migration` has no `impl MigratorTrait for …`
    hint: name the folder of the migration crate: `--source DIR`
    --
    error: `migration/src/lib.rs`, line 33: not Rust
      a bracket, a string or a comment is not closed, or a character is out of place
      nothing was written
    --
    error: this workspace uses SeaORM 1 with SQLite; the engine needs SeaORM 2
      cargo allows only one crate with `links = "sqlite3"`, so both cannot be in one workspace
    hint: upgrade the workspace to SeaORM 2, or write the migration crate outside of it
    --
    error: git does not have the present text of migration/src/main.rs
      nothing was written
    hint: commit or stash it, or say `--allow-dirty` to change it nevertheless
    --
    error: files are in the way; nothing was written
      migration/src/versions/m20220105_000001_views.rs
    --
    error: `service` has no `impl MigratorTrait for …`
    hint: name the folder of the migration crate: `--source DIR`
    "#);
    assert_eq!(shop.git(&["status", "--porcelain"])?, "");
    Ok(())
}
