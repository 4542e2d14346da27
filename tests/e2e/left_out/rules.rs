//! Rules and functions beside the entities.

use std::sync::{Arc, Mutex};

use sea_orm::sea_query::{
    Alias, ColumnDef, ColumnType, ForeignKey, ForeignKeyAction, Index, StringLen, Table, TableCreateStatement,
};
use seachange::autogenerate::{
    Comparison, DifferenceKind, Entities, EntityTable, IgnoreRule, IgnoredKind, Verification, View, differences,
};
use seachange::schema::ObjectKind;
use seachange_tests::{
    Backend, TestDatabase, block_on,
    harness::{Case, TestResult, each_backend},
    named,
};

use super::{compare, found, settings, short};

pub(super) fn trials() -> Vec<Case> {
    let tests = named![
        every_kind_is_left_out,
        every_difference_is_accepted,
        lengths_that_no_entity_states_are_left_out,
        names_are_left_out,
        what_needs_it_is_left_out_too,
        foreign_keys_without_a_key_are_left_out,
        a_function_decides,
        views_are_left_out,
        renames_are_left_out
    ];
    tests.into_iter().flat_map(|(name, test)| each_backend(&format!("left_out::{name}"), test)).collect()
}

/// A table with a key.
fn table(name: &str) -> TableCreateStatement {
    let key = ColumnDef::new("id").integer().not_null().primary_key().to_owned();
    Table::create().table(Alias::new(name)).col(key).to_owned()
}

fn key(
    table: &str,
    column: &str,
    parent: &str,
    action: ForeignKeyAction,
) -> sea_orm::sea_query::ForeignKeyCreateStatement {
    let mut key = ForeignKey::create();
    key.name(format!("fk-{table}-{column}")).from(Alias::new(table), Alias::new(column)).to(Alias::new(parent), "id");
    key.on_delete(action).to_owned()
}

/// Two lists of entities that differ in every kind that all databases have.
fn two_sides(backend: Backend) -> [Entities; 2] {
    let sized = |name: &str, length: u32| ColumnDef::new(Alias::new(name)).string_len(length).to_owned();
    let mut old = table("posts");
    old.col(sized("title", 100).not_null().default("none"))
        .col(sized("gone", 20))
        .col(ColumnDef::new("owner").integer());
    old.col(ColumnDef::new("amount").integer()).col(ColumnDef::new("slug").string_len(50).not_null());
    old.foreign_key(&mut key("posts", "owner", "users", ForeignKeyAction::Cascade));
    let old = EntityTable::stated(&old)
        .index(Index::create().name("posts_old").col("title").to_owned())
        .check("posts_check", "amount > 0")
        .comment("old");
    let mut new = table("posts");
    new.col(sized("title", 200)).col(sized("come", 20)).col(ColumnDef::new("owner").integer());
    new.col(ColumnDef::new("amount").integer().default(1)).col(ColumnDef::new("slug").string_len(50).not_null());
    new.foreign_key(&mut key("posts", "owner", "users", ForeignKeyAction::SetNull));
    new.index(Index::create().unique().name("posts_slug_key").col("slug"));
    let new = EntityTable::stated(&new)
        .index(Index::create().name("posts_new").col("title").col("amount").to_owned())
        .check("posts_check", "amount > 1")
        .comment("new");
    let users = || EntityTable::stated(&table("users"));
    let other_key = |columns: [&'static str; 2]| {
        let mut keyed = Table::create();
        keyed
            .table("keyed")
            .col(ColumnDef::new("a").integer().not_null())
            .col(ColumnDef::new("b").integer().not_null());
        let [first, second] = columns;
        EntityTable::stated(keyed.primary_key(Index::create().col(first).col(second)))
    };
    let mood = |values: &[&'static str]| {
        let values: Vec<_> = values.iter().map(|value| Alias::new(*value)).collect();
        let mut people = table("people");
        EntityTable::stated(people.col(ColumnDef::new("mood").enumeration(Alias::new("mood"), values)))
    };
    let (mut before, mut after) = (
        Entities::new().with(old).with(users()).with(EntityTable::stated(&table("left"))).with(other_key(["a", "b"])),
        Entities::new().with(new).with(users()).with(EntityTable::stated(&table("right"))).with(other_key(["b", "a"])),
    );
    if backend != Backend::Sqlite {
        (before, after) = (before.with(mood(&["fine", "bad"])), after.with(mood(&["fine", "good"])));
    }
    [before, after]
}

/// Makes the database match entities.
fn become_as(database: &TestDatabase, entities: &Entities) -> TestResult {
    let comparison = compare(database, entities)?;
    let operations = comparison.operations(&comparison.renames());
    let statements = block_on(comparison.statements(&operations, &settings(database)?))?;
    for statement in statements {
        database.execute(&statement)?;
    }
    Ok(())
}

fn verify(database: &TestDatabase, comparison: &Comparison) -> Result<Verification, Box<dyn std::error::Error>> {
    let operations = comparison.operations(&comparison.renames());
    Ok(block_on(comparison.verify_plan(&operations, &settings(database)?))?)
}

fn every_kind_is_left_out(database: &TestDatabase) -> TestResult {
    let [before, after] = two_sides(database.backend());
    become_as(database, &before)?;
    let whole = found(&compare(database, &after)?);
    let kinds: std::collections::BTreeSet<DifferenceKind> = whole.iter().map(|own| own.kind).collect();
    let words: Vec<&str> = kinds.iter().map(|kind| kind.word()).collect();
    let mut expected = vec![
        "table",
        "column",
        "type",
        "nullability",
        "default",
        "primary_key",
        "unique",
        "index",
        "foreign_key",
        "check",
    ];
    match database.backend() {
        Backend::Sqlite => {}
        Backend::Postgres => expected.extend(["comment", "enumeration"]),
        Backend::MariaDb | Backend::MySql => expected.push("comment"),
    }
    expected.sort_unstable();
    let mut sorted = words.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, expected);
    for kind in &kinds {
        let left = compare(database, &after.clone().ignore(IgnoreRule::new(*kind)))?;
        let remaining = found(&left);
        assert!(remaining.iter().all(|own| own.kind != *kind), "{kind}: {:?}", short(&remaining));
        assert_eq!(verify(database, &left)?, Verification::Proven, "without {kind}");
    }
    let all = kinds.iter().fold(after, |entities, kind| entities.ignore(IgnoreRule::new(*kind)));
    let left = compare(database, &all)?;
    assert_eq!(left.operations(&left.renames()), []);
    Ok(())
}

fn every_difference_is_accepted(database: &TestDatabase) -> TestResult {
    let [before, after] = two_sides(database.backend());
    become_as(database, &before)?;
    let whole = compare(database, &after)?;
    let all = found(&whole);
    let settings = settings(database)?;
    let left = block_on(whole.clone().accept(&all, &settings))?;
    assert_eq!(left.operations(&left.renames()), []);
    let kinds: std::collections::BTreeSet<DifferenceKind> = all.iter().map(|own| own.kind).collect();
    for kind in kinds {
        let (accepted, new): (Vec<_>, Vec<_>) = all.iter().cloned().partition(|own| own.kind == kind);
        let left = block_on(whole.clone().accept(&accepted, &settings))?;
        let remaining = found(&left);
        let hidden: Vec<_> = new.into_iter().filter(|own| !remaining.contains(own)).collect();
        assert_eq!(short(&hidden), Vec::<String>::new(), "{kind}");
        assert_eq!(verify(database, &left)?, Verification::Proven, "without {kind}");
    }
    Ok(())
}

fn lengths_that_no_entity_states_are_left_out(database: &TestDatabase) -> TestResult {
    let bytes = if database.backend() == Backend::Postgres { "BYTEA" } else { "BLOB" };
    let precise = match database.backend() {
        Backend::Sqlite => "datetime_text",
        Backend::Postgres => "TIMESTAMP(3)",
        Backend::MariaDb | Backend::MySql => "DATETIME(3)",
    };
    database.execute(&format!(
        "CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, a VARCHAR(100), b TEXT, c DECIMAL(8,3), d {bytes}, e {precise}, \
         f VARCHAR(100), g INTEGER)"
    ))?;
    let mut stated = table("t");
    for name in ["a", "b", "g"] {
        stated.col(ColumnDef::new(Alias::new(name)).string());
    }
    stated
        .col(ColumnDef::new("c").decimal())
        .col(ColumnDef::new("e").date_time())
        .col(ColumnDef::new("f").string_len(50));
    stated.col(ColumnDef::new_with_type("d", ColumnType::VarBinary(StringLen::None)));
    let entities = Entities::new().with(EntityTable::stated(&stated));
    assert!(short(&found(&compare(database, &entities)?)).contains(&"type t.a".to_owned()));
    let left = compare(database, &entities.clone().ignore(IgnoreRule::new(IgnoredKind::UnstatedType)))?;
    // SQLite stores decimals without a precision as real.
    let mut remaining = short(&found(&left));
    remaining.retain(|own| own != "type t.c" || database.backend() != Backend::Sqlite);
    assert_eq!(remaining, ["type t.g", "type t.f"]);
    let one = IgnoreRule::new(IgnoredKind::UnstatedType).at("t.a");
    let remaining = short(&found(&compare(database, &entities.ignore(one))?));
    assert!(!remaining.contains(&"type t.a".to_owned()) && remaining.contains(&"type t.b".to_owned()), "{remaining:?}");
    Ok(())
}

fn names_are_left_out(database: &TestDatabase) -> TestResult {
    let mut titled = table("posts");
    titled.col(ColumnDef::new("title").string_len(50).not_null());
    let named = |name: &str| {
        let index = Index::create().name(name).col("title").to_owned();
        Entities::new().with(EntityTable::stated(&titled).index(index))
    };
    become_as(database, &named("old"))?;
    assert_eq!(short(&found(&compare(database, &named("new"))?)), ["index posts.old", "index posts.new"]);
    let elsewhere = named("new").ignore(IgnoreRule::new(IgnoredKind::Name).at("users"));
    assert_eq!(found(&compare(database, &elsewhere)?).len(), 2);
    let ignored = named("new").ignore(IgnoreRule::new(IgnoredKind::Name).at("posts"));
    assert_eq!(found(&compare(database, &ignored)?), []);
    Ok(())
}

fn what_needs_it_is_left_out_too(database: &TestDatabase) -> TestResult {
    become_as(database, &Entities::new().with(EntityTable::stated(&table("posts"))))?;
    let mut wider = table("posts");
    wider.col(ColumnDef::new("title").string_len(50)).col(ColumnDef::new("user_id").integer());
    wider.foreign_key(&mut key("posts", "user_id", "users", ForeignKeyAction::Cascade));
    let posts = EntityTable::stated(&wider).index(Index::create().name("posts_title").col("title").to_owned());
    let entities = Entities::new().with(posts).with(EntityTable::stated(&table("users")));
    let without = |rule: IgnoreRule| -> Result<Vec<String>, Box<dyn std::error::Error>> {
        let left = compare(database, &entities.clone().ignore(rule))?;
        assert_eq!(verify(database, &left)?, Verification::Proven);
        Ok(short(&found(&left)))
    };
    let column = |name: &str| IgnoreRule::new(DifferenceKind::Column).at(name);
    assert_eq!(
        without(column("posts.title"))?,
        ["table users", "column posts.user_id", "foreign_key posts.fk-posts-user_id"]
    );
    assert_eq!(without(column("posts.*"))?, ["table users"]);
    let users = IgnoreRule::new(DifferenceKind::Table).at("users");
    assert_eq!(without(users)?, ["column posts.title", "column posts.user_id", "index posts.posts_title"]);
    Ok(())
}

fn foreign_keys_without_a_key_are_left_out(database: &TestDatabase) -> TestResult {
    let users = {
        let mut users = table("users");
        EntityTable::stated(users.col(ColumnDef::new("email").string_len(50).not_null()))
    };
    become_as(database, &Entities::new().with(users.clone()))?;
    let mut posts = table("posts");
    posts.col(ColumnDef::new("email").string_len(50));
    let mut relation = ForeignKey::create();
    posts.foreign_key(relation.name("fk-posts-email").from("posts", "email").to("users", "email"));
    become_as(
        database,
        &Entities::new().with(users.clone()).with({
            let mut plain = table("posts");
            EntityTable::stated(plain.col(ColumnDef::new("email").string_len(50)))
        }),
    )?;
    let entities = Entities::new().with(users).with(EntityTable::stated(&posts));
    let refused = compare(database, &entities).map(drop).map_err(|error| error.to_string());
    assert!(refused.is_err_and(|error| error.contains("that are no key")));
    let ignored = entities.ignore(IgnoreRule::new(DifferenceKind::ForeignKey).at("posts"));
    assert_eq!(found(&compare(database, &ignored)?), []);
    Ok(())
}

fn a_function_decides(database: &TestDatabase) -> TestResult {
    let [before, after] = two_sides(database.backend());
    become_as(database, &before)?;
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let deciding = after.clone().include_object(move |object| {
        let table = object.table.map(ToString::to_string).unwrap_or_default();
        let name = object.name.unwrap_or_default();
        if let Ok(mut seen) = seen.lock() {
            seen.push(format!("{} {table} {name} {} {}", object.kind.word(), object.in_database, object.in_entities));
        }
        true
    });
    let all = found(&compare(database, &deciding)?);
    assert_eq!(all, found(&compare(database, &after)?));
    let asked = asked.lock().map_err(|error| error.to_string())?.clone();
    for expected in [
        "table left  true false",
        "table right  false true",
        "table posts  true true",
        "column posts gone true false",
        "column posts come false true",
        "column posts title true true",
        "index posts posts_old true false",
        "index posts posts_new false true",
        "check posts posts_check true true",
        "unique posts posts_slug_key false true",
        "primary_key keyed  true true",
    ] {
        assert!(asked.iter().any(|own| own == expected), "{expected}: {asked:#?}");
    }
    // What only the database has is left alone.
    let left = compare(database, &after.clone().include_object(|object| object.in_entities))?;
    let gone: Vec<_> = short(&all).into_iter().filter(|own| !short(&found(&left)).contains(own)).collect();
    assert_eq!(gone, ["index posts.posts_old", "column posts.gone", "table left"]);
    assert_eq!(verify(database, &left)?, Verification::Proven);
    let left = compare(database, &after.include_object(|object| object.table != Some(&"posts".into())))?;
    assert!(found(&left).iter().all(|own| own.table != Some("posts".into())));
    assert_eq!(found(&left).len(), all.iter().filter(|own| own.table != Some("posts".into())).count());
    Ok(())
}

fn views_are_left_out(database: &TestDatabase) -> TestResult {
    let mut titled = table("posts");
    titled.col(ColumnDef::new("title").string_len(50));
    let posts = || Entities::new().with(EntityTable::stated(&titled));
    become_as(database, &posts())?;
    database.execute("CREATE VIEW changed AS SELECT id FROM posts")?;
    database.execute("CREATE VIEW gone AS SELECT id FROM posts")?;
    let declared = || {
        let entities = posts().all_objects(ObjectKind::View);
        let changed = View::new("changed", "SELECT id, title FROM posts");
        entities.object(changed).object(View::new("come", "SELECT title FROM posts"))
    };
    let mut all = short(&found(&compare(database, &declared())?));
    all.sort();
    assert_eq!(all, ["view changed", "view come", "view gone"]);
    let view = IgnoreRule::new(DifferenceKind::Object(ObjectKind::View));
    assert_eq!(found(&compare(database, &declared().ignore(view.clone()))?), []);
    let left = compare(database, &declared().ignore(view.at("c*")))?;
    assert_eq!(short(&found(&left)), ["view gone"]);
    assert_eq!(verify(database, &left)?, Verification::Proven);
    let left = compare(database, &declared().include_object(|object| object.name != Some("changed")))?;
    assert_eq!(found(&left).len(), 2);
    let whole = compare(database, &declared())?;
    let accepted = found(&whole);
    let left = block_on(whole.accept(&accepted, &settings(database)?))?;
    assert_eq!(found(&left), []);
    Ok(())
}

fn renames_are_left_out(database: &TestDatabase) -> TestResult {
    let titled = |name: &str, column: &str| {
        let mut titled = table(name);
        titled.col(ColumnDef::new(Alias::new(column)).string_len(50).not_null());
        EntityTable::stated(&titled).check("long", &format!("length({column}) > 0"))
    };
    become_as(database, &Entities::new().with(titled("posts", "title")))?;
    let entities = || Entities::new().with(titled("articles", "title").renamed_from("posts"));
    let whole = compare(database, &entities())?;
    let all = found(&whole);
    assert_eq!(short(&all), ["table articles"]);
    let left = block_on(whole.accept(&all, &settings(database)?))?;
    assert_eq!(left.operations(&left.renames()), []);
    let ignored = entities().ignore(IgnoreRule::new(DifferenceKind::Table).at("articles"));
    assert_eq!(found(&compare(database, &ignored)?), []);
    let excluded = entities().include_object(|object| object.table != Some(&"articles".into()));
    let left = compare(database, &excluded)?;
    assert_eq!(differences(&left.operations(&left.renames())), []);
    Ok(())
}
