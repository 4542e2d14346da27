//! Edge cases of the comparison: named schemas, tables that are excluded, columns of unusual kinds.

use std::error::Error;

use sea_orm::sea_query::{Alias, ColumnDef, Expr, ForeignKey, Table, TableCreateStatement};
use sea_orm::{ConnectionTrait, DbBackend, TransactionTrait};
use seachange::DatabaseSettings;
use seachange::autogenerate::{
    Comparison, Entities, EntityTable, Extension, SchemaOperation, SqlFile, TableFilter, Verification,
};
use seachange::schema::ObjectKind;
use seachange_matrix::{CASE, CIRCLE, FOLDER};
use seachange_tests::{
    Backend, OnError, Program, TestDatabase, block_on, client,
    harness::{Case, TestResult, each_backend},
    named,
};

pub(crate) fn trials() -> Vec<Case> {
    let everywhere = named![
        a_table_that_is_left_alone_is_referred_to,
        columns_of_any_width_are_compared,
        relations_without_a_key_are_named,
        renames_that_lose_values_are_refused
    ];
    let mut cases: Vec<Case> =
        everywhere.into_iter().flat_map(|(name, test)| each_backend(&format!("comparison::{name}"), test)).collect();
    let postgres = named![
        the_schema_of_the_connection_may_be_named,
        other_schemas_are_somebody_elses,
        other_schemas_are_tried_out_too,
        a_view_holds_what_it_reads,
        names_that_the_server_cuts_are_refused,
        failed_build_of_an_index_is_mended,
        tables_of_the_database_are_not_locked,
        what_postgres_takes_for_the_same_is_the_same,
        extensions_are_compared_by_name,
        a_refused_file_is_named
    ];
    cases.extend(
        named![relations_in_a_circle_are_named, script_keeps_triggers]
            .map(|(name, test)| Case::on(Backend::Sqlite, &format!("comparison::{name}"), test)),
    );
    cases.extend(postgres.map(|(name, test)| Case::on(Backend::Postgres, &format!("comparison::{name}"), test)));
    cases
}

fn compare(database: &TestDatabase, entities: &Entities) -> Result<Comparison, Box<dyn Error>> {
    block_on(async {
        let connection = database.connect().await?;
        let settings: DatabaseSettings = database.url().parse()?;
        let comparison = Comparison::compare(&connection, &settings, entities, &TableFilter::default()).await?;
        connection.close().await?;
        Ok(comparison)
    })
}

fn operations(database: &TestDatabase, entities: &Entities) -> Result<Vec<SchemaOperation>, Box<dyn Error>> {
    let comparison = compare(database, entities)?;
    Ok(comparison.operations(&comparison.renames()))
}

fn rehearse(database: &TestDatabase, entities: &Entities) -> Result<Verification, Box<dyn Error>> {
    let comparison = compare(database, entities)?;
    let steps = comparison.operations(&comparison.renames());
    assert!(!steps.is_empty());
    let settings: DatabaseSettings = database.url().parse()?;
    Ok(block_on(comparison.verify_plan(&steps, &settings))?)
}

/// A table with a key.
fn table(name: &str) -> TableCreateStatement {
    let key = ColumnDef::new("id").integer().not_null().primary_key().to_owned();
    Table::create().table(Alias::new(name)).col(key).to_owned()
}

/// A table that refers to another one.
fn child(name: &str, parent: &str) -> TableCreateStatement {
    let mut key = ForeignKey::create()
        .name(format!("fk-{name}-parent_id"))
        .from(Alias::new(name), "parent_id")
        .to(Alias::new(parent), "id")
        .to_owned();
    table(name).col(ColumnDef::new("parent_id").integer()).foreign_key(&mut key).to_owned()
}

fn a_table_that_is_left_alone_is_referred_to(database: &TestDatabase) -> TestResult {
    database.execute("CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY)")?;
    let entities = Entities::new().with(EntityTable::stated(&child("posts", "users"))).leave_alone("users");
    assert_eq!(rehearse(database, &entities)?, Verification::Proven);
    Ok(())
}

fn columns_of_any_width_are_compared(database: &TestDatabase) -> TestResult {
    let wide = |name: &str, lengths: &[u32]| {
        let mut wide = table(name);
        for length in lengths {
            wide.col(ColumnDef::new(Alias::new(format!("c{length}"))).string_len(*length).not_null());
        }
        let values = ["it's", "plain"].map(Alias::new);
        EntityTable::stated(wide.col(ColumnDef::new("mood").enumeration(Alias::new("mood"), values)))
    };
    let entities =
        Entities::new().with(wide("a", &[8000, 7000])).with(wide("b", &[6000, 5000])).with(wide("c", &[4000, 3000]));
    assert_eq!(rehearse(database, &entities)?, Verification::Proven);
    Ok(())
}

fn the_schema_of_the_connection_may_be_named(database: &TestDatabase) -> TestResult {
    database.execute("CREATE TABLE cake (id INTEGER NOT NULL PRIMARY KEY)")?;
    let mut named = table("cake");
    let entities = Entities::new().with(EntityTable::stated(named.table(("public", "cake"))));
    assert_eq!(operations(database, &entities)?, []);
    Ok(())
}

fn other_schemas_are_somebody_elses(database: &TestDatabase) -> TestResult {
    database.execute("CREATE SCHEMA auth; CREATE TABLE auth.users (id INTEGER NOT NULL PRIMARY KEY)")?;
    database.execute("CREATE TABLE auth.secrets (id INTEGER NOT NULL PRIMARY KEY)")?;
    let mut users = table("users");
    let entities = Entities::new().with(EntityTable::stated(users.table(("auth", "users"))));
    assert_eq!(operations(database, &entities)?, []);
    Ok(())
}

fn other_schemas_are_tried_out_too(database: &TestDatabase) -> TestResult {
    database.execute(
        "CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY);
        CREATE SCHEMA billing; CREATE TABLE billing.bills (id SERIAL NOT NULL PRIMARY KEY)",
    )?;
    let mut bills = Table::create();
    bills.table(("billing", "bills"));
    bills.col(ColumnDef::new("id").integer().not_null().auto_increment().primary_key());
    bills.col(ColumnDef::new("state").string_len(20).not_null().default("open"));
    bills.col(ColumnDef::new("user_id").integer());
    let key = |name: &str, column: &'static str| ForeignKey::create().name(name).from_col(column).to_owned();
    bills.foreign_key(key("fk-bills-user_id", "user_id").from_tbl(("billing", "bills")).to("users", "id"));
    let mut lines = table("lines");
    lines.table(("billing", "lines")).col(ColumnDef::new("bill_id").integer());
    lines.foreign_key(key("fk-lines-bill_id", "bill_id").from_tbl(("billing", "lines")).to(("billing", "bills"), "id"));
    let lines = EntityTable::stated(&lines).check("positive", "id > 0");
    let entities = [EntityTable::stated(&table("users")), EntityTable::stated(&bills), lines];
    let entities = entities.into_iter().fold(Entities::new(), Entities::with);
    assert_eq!(rehearse(database, &entities)?, Verification::Proven);
    let comparison = compare(database, &entities)?;
    let steps = comparison.operations(&comparison.renames());
    let settings: DatabaseSettings = database.url().parse()?;
    let statements = block_on(comparison.statements(&steps, &settings))?;
    database.execute(&statements.join(";\n"))?;
    assert_eq!(operations(database, &entities)?, []);
    Ok(())
}

/// A concurrent build that fails leaves an index that serves no query.
fn failed_build_of_an_index_is_mended(database: &TestDatabase) -> TestResult {
    database.execute("CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50) NOT NULL)")?;
    database.execute("INSERT INTO users VALUES (1, 'Ada'), (2, 'Ada')")?;
    let users = || {
        let mut users = table("users");
        EntityTable::stated(users.col(ColumnDef::new("name").string_len(50).not_null()))
    };
    let indexes = [
        sea_orm::sea_query::Index::create().name("names").col("name").unique().to_owned(),
        sea_orm::sea_query::Index::create().name("first").col("name").to_owned(),
    ];
    for index in indexes {
        let unique = if index.is_unique_key() { "UNIQUE " } else { "" };
        let name = index.get_index_spec().get_name().unwrap_or_default().to_owned();
        let entities = Entities::new().with(users().index(index));
        let build = format!("CREATE {unique}INDEX CONCURRENTLY {name} ON users (name)");
        if unique.is_empty() {
            // A build without rows that contradict it fails when its session ends.
            database.execute(&build)?;
            let mark = format!("UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{name}'::regclass");
            database.execute(&mark)?;
        } else {
            assert!(database.execute(&build).is_err());
        }
        let steps = operations(database, &entities)?;
        assert!(matches!(&steps[..], [SchemaOperation::DropIndex { .. }, _]), "{steps:?}");
        let told = seachange::autogenerate::differences(&steps);
        let invalid = told.iter().filter_map(|told| told.database.as_deref()).collect::<String>();
        assert!(invalid.contains("invalid"), "{told:?}");
        assert_eq!(rehearse(database, &entities)?, Verification::Proven);

        database.execute("DELETE FROM users WHERE id = 2")?;
        let settings: DatabaseSettings = database.url().parse()?;
        let statements = block_on(compare(database, &entities)?.statements(&steps, &settings))?;
        database.execute(&statements.join(";\n"))?;
        assert_eq!(operations(database, &entities)?, []);
        database.execute(&format!("DROP INDEX {name}"))?;
    }
    Ok(())
}

/// The reason why entities cannot be compared with a database.
fn refusal(database: &TestDatabase, entities: &Entities) -> String {
    compare(database, entities).map_or_else(|error| error.to_string(), |_| "compared".to_owned())
}

/// Relations that only join have no key on the other side. All of them are named at once.
fn relations_without_a_key_are_named(database: &TestDatabase) -> TestResult {
    let column = |name: &'static str| ColumnDef::new(name).integer().not_null().to_owned();
    let key = |name: &str, column: &'static str, to: &'static str| {
        let mut key = ForeignKey::create();
        key.name(name).from("orders", column).to("products", to).to_owned()
    };
    let mut products = table("products");
    products.col(column("shelf")).col(column("weight"));
    let mut orders = table("orders");
    orders.col(column("product")).col(column("shelf")).col(column("weight"));
    orders.foreign_key(&mut key("fk-product", "product", "id")).foreign_key(&mut key("fk-shelf", "shelf", "shelf"));
    orders.foreign_key(&mut key("fk-weight", "weight", "weight"));
    let entities = Entities::new().with(EntityTable::stated(&products)).with(EntityTable::stated(&orders));
    assert_eq!(
        refusal(database, &entities),
        "relations refer to columns that are no key: `orders` (shelf) -> `products` (shelf), \
         `orders` (weight) -> `products` (weight)"
    );
    Ok(())
}

/// SeaORM overflows the stack where two entities have `has_many` at each other. The last words of the process name an
/// entity of the circle and its relation.
fn relations_in_a_circle_are_named(database: &TestDatabase) -> TestResult {
    let folder = tempfile::tempdir()?;
    let output = Program::named("matrix")
        .env(CASE, CIRCLE)
        .env(FOLDER, folder.path())
        .env("DATABASE_URL", database.url())
        .args(["check"])
        .folder(folder.path())
        .run()?;
    let said = "relation Groups of entity `seachange_matrix::cases::entities::models::friends::Entity` \
                (table `friends`), where `has_many` or `has_one` needs a `belongs_to` on the other side";
    assert!(!output.success() && output.stderr.contains(said), "{output}");
    Ok(())
}

/// A rename whose new name is taken would lose the values of one of the columns.
fn renames_that_lose_values_are_refused(database: &TestDatabase) -> TestResult {
    let user = |columns: &[&'static str], renames: &[(&'static str, &'static str)]| {
        let mut users = table("users");
        for name in columns {
            let mut column = ColumnDef::new(*name).integer().not_null().to_owned();
            if let Some((_, old)) = renames.iter().find(|(new, _)| new == name) {
                column.comment(format!("renamed_from \"{old}\""));
            }
            users.col(column);
        }
        EntityTable::stated(&users)
    };
    database.execute(
        "CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, a INTEGER NOT NULL, b INTEGER NOT NULL);
        CREATE TABLE people (id INTEGER NOT NULL PRIMARY KEY)",
    )?;
    let entities = |table: EntityTable| Entities::new().with(table).leave_alone("people");
    assert_eq!(
        refusal(database, &entities(user(&["b"], &[("b", "a")]))),
        "column `b` of table `users` is declared as renamed from `a`, and the database has both"
    );
    assert_eq!(
        refusal(database, &entities(user(&["a", "b"], &[("a", "b"), ("b", "a")]))),
        "column `users.a` is declared as renamed from column `users.b`, and the other way round: the database is the \
         same before and after"
    );
    let renamed = user(&["a", "b"], &[]).renamed_from("people");
    assert_eq!(
        refusal(database, &Entities::new().with(renamed)),
        "table `users` is declared as renamed from `people`, and the database has both"
    );
    assert_eq!(refusal(database, &entities(user(&["a", "b"], &[("b", "a")]))), "compared", "an old declaration");
    Ok(())
}

/// The server would cut the names, and an entity would not find its table.
fn names_that_the_server_cuts_are_refused(database: &TestDatabase) -> TestResult {
    let long = |letter: &str| letter.repeat(64 / letter.len());
    let fits = table(&"t".repeat(63));
    assert_eq!(refusal(database, &Entities::new().with(EntityTable::stated(&fits))), "compared");
    let message = |name: &str| format!("the name `{name}` has 64 bytes, and PostgreSQL has room for 63");
    let name = long("é");
    assert_eq!(refusal(database, &Entities::new().with(EntityTable::stated(&table(&name)))), message(&name));
    let name = long("c");
    let mut users = table("users");
    users.col(ColumnDef::new(Alias::new(&name)).integer());
    assert_eq!(refusal(database, &Entities::new().with(EntityTable::stated(&users))), message(&name));
    Ok(())
}

/// A script that is run by the client of the database keeps the triggers and the full-text index of a table.
fn script_keeps_triggers(database: &TestDatabase) -> TestResult {
    database.execute(
        "CREATE TABLE users (id integer NOT NULL PRIMARY KEY AUTOINCREMENT, name varchar(50) NOT NULL);
        CREATE VIRTUAL TABLE found USING fts5 (name, content='users', content_rowid='id');
        CREATE TRIGGER \"Find\" AFTER INSERT ON users BEGIN
            INSERT INTO found (rowid, name) VALUES (new.id, new.name);
        END",
    )?;
    let mut users = Table::create().table(Alias::new("users")).to_owned();
    users.col(ColumnDef::new("id").integer().not_null().primary_key().auto_increment());
    users.col(ColumnDef::new("name").string_len(50).null());
    let entities = Entities::new().with(EntityTable::stated(&users));
    let steps = operations(database, &entities)?;
    let settings: DatabaseSettings = database.url().parse()?;
    let statements = block_on(compare(database, &entities)?.statements(&steps, &settings))?;
    client(database, &format!("{};", statements.join(";\n")), OnError::Stops).run()?.succeeded()?;
    assert_eq!(operations(database, &entities)?, []);
    database.execute("INSERT INTO users (name) VALUES ('Ada')")?;
    assert_eq!(database.values::<String>("SELECT name FROM found WHERE found MATCH 'ada'")?, ["Ada"]);
    Ok(())
}

fn a_view_holds_what_it_reads(database: &TestDatabase) -> TestResult {
    database.execute(
        "CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50) NOT NULL);
        CREATE SCHEMA reports; CREATE VIEW reports.names AS SELECT upper(u.name) AS n FROM users u",
    )?;
    let users = |name: &mut ColumnDef| Entities::new().with(EntityTable::stated(table("users").col(name.not_null())));
    let blocked = |verification: Verification| match verification {
        Verification::Blocked { obstacles } => obstacles.iter().map(ToString::to_string).collect(),
        other => vec![format!("{other:?}")],
    };
    let text = users(ColumnDef::new("name").text());
    assert_eq!(rehearse(database, &text)?, Verification::Proven);
    let settings: DatabaseSettings = database.url().parse()?;
    let kept = compare(database, &text)?.keep_dependents();
    assert_eq!(
        blocked(block_on(kept.verify_plan(&kept.operations(&kept.renames()), &settings))?),
        ["view `reports.names` needs `users.name`, which changes"]
    );
    assert_eq!(
        blocked(rehearse(database, &Entities::new().with(EntityTable::stated(&table("users"))))?),
        ["view `reports.names` needs `users.name`, which is dropped"]
    );
    let defaulting = users(ColumnDef::new("name").string_len(50).default("nobody"));
    assert_eq!(rehearse(database, &defaulting)?, Verification::Proven);
    Ok(())
}

fn tables_of_the_database_are_not_locked(database: &TestDatabase) -> TestResult {
    database.execute("CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY)")?;
    database
        .execute("CREATE TABLE posts (id INTEGER NOT NULL PRIMARY KEY, parent_id INTEGER REFERENCES users (id))")?;
    let posts = EntityTable::stated(&child("posts", "users"))
        .sql(DbBackend::Postgres, "ALTER TABLE posts ALTER COLUMN id SET STATISTICS 5");
    let entities = Entities::new().with(posts).leave_alone("users");
    let found = block_on(async {
        let connection = database.connect().await?;
        // A session that writes, for which a new foreign key would have to wait.
        let writer = connection.begin().await?;
        writer.execute_unprepared("LOCK TABLE users, posts IN ROW EXCLUSIVE MODE").await?;
        let found = tokio::task::block_in_place(|| operations(database, &entities).map_err(|error| error.to_string()));
        writer.rollback().await?;
        Ok::<_, sea_orm::DbErr>(found)
    })?;
    assert_eq!(found, Ok(Vec::new()));
    Ok(())
}

fn what_postgres_takes_for_the_same_is_the_same(database: &TestDatabase) -> TestResult {
    database.execute(
        "CREATE TABLE logs (id INTEGER GENERATED ALWAYS AS IDENTITY (START 100) PRIMARY KEY,
         at TIMESTAMPTZ NOT NULL DEFAULT now())",
    )?;
    let logs = Table::create()
        .table("logs")
        .col(ColumnDef::new("id").integer().not_null().auto_increment().primary_key())
        .col(ColumnDef::new("at").timestamp_with_time_zone().not_null().default(Expr::current_timestamp()))
        .to_owned();
    assert_eq!(operations(database, &Entities::new().with(EntityTable::stated(&logs)))?, []);
    Ok(())
}

/// An extension that a column uses comes before the table. It is compared with the catalogue, and a copy does not drop it.
fn extensions_are_compared_by_name(database: &TestDatabase) -> TestResult {
    let mut people = table("people");
    people.col(ColumnDef::new("mail").custom("citext").not_null());
    let entities = Entities::new().with(EntityTable::stated(&people)).object(Extension::new("citext"));
    let comparison = compare(database, &entities)?;
    let steps = comparison.operations(&comparison.renames());
    let is_extension = |step: &SchemaOperation| matches!(step, SchemaOperation::CreateObject(_));
    assert_eq!(steps.iter().position(is_extension), Some(0), "{steps:?}");
    let settings: DatabaseSettings = database.url().parse()?;
    assert_eq!(block_on(comparison.verify_plan(&steps, &settings))?, Verification::Proven);
    database.execute("CREATE EXTENSION citext; CREATE TABLE people (id integer PRIMARY KEY, mail citext NOT NULL)")?;
    assert_eq!(operations(database, &entities)?, []);
    // Extensions that are not declared are left alone.
    assert_eq!(operations(database, &Entities::new().with(EntityTable::stated(&people)))?, []);
    let none = Entities::new().with(EntityTable::stated(&table("people"))).all_objects(ObjectKind::Extension);
    let steps = operations(database, &none)?;
    assert_eq!(steps.len(), 2, "the column and the extension: {steps:?}");
    assert_eq!(rehearse(database, &none)?, Verification::Proven);
    Ok(())
}

/// The database's message about a declaration comes with its file.
fn a_refused_file_is_named(database: &TestDatabase) -> TestResult {
    let file = SqlFile { path: "sql/broken.postgres.sql", text: "CREATE VIEW broken AS SELECT nothing FROM nowhere" };
    let entities = Entities::new().with(EntityTable::stated(&table("people"))).sql_files([file]);
    let refused = compare(database, &entities).err().ok_or("it is refused")?.to_string();
    let expected = "the database refuses `sql/broken.postgres.sql`: relation \"nowhere\" does not exist";
    assert!(refused.starts_with(expected), "{refused}");
    Ok(())
}
