//! MySQL and MariaDB: `mysql.sql` and `mariadb.sql` have one of everything.

use seachange::inspect::InspectScope;
use seachange_tests::{
    Backend, TestDatabase,
    harness::{Case, DatabaseTest, TestResult},
    snapshot,
};

use super::describe::describe;
use super::{queries, read, read_at, table};

/// Each has its own syntax: expressions as defaults, sequences, constraints that are not enforced.
fn everything(database: &TestDatabase) -> &'static str {
    match database.backend() {
        Backend::MariaDb => include_str!("mariadb.sql"),
        _ => include_str!("mysql.sql"),
    }
}

pub(super) fn trials() -> Vec<Case> {
    let tests: [(&str, DatabaseTest); 5] = [
        ("inspect::everything_is_told", everything_is_told),
        ("inspect::key_words_stay_quoted", key_words_stay_quoted),
        ("inspect::another_user_reads_the_same", another_user_reads_the_same),
        ("inspect::other_databases_have_names", other_databases_have_names),
        ("inspect::many_tables_take_as_many_queries", many_tables_take_as_many_queries),
    ];
    let on = |backend| tests.map(|(name, test)| Case::on(backend, name, test));
    Backend::LIKE_MYSQL.into_iter().flat_map(on).collect()
}

fn everything_is_told(database: &TestDatabase) -> TestResult {
    database.execute(everything(database))?;
    let text = describe(&read(database)?);
    snapshot::settings(database)
        .bind(|| insta::assert_snapshot!(format!("inspect_{}", database.backend().name()), text));
    Ok(())
}

/// A column for each word that the server knows, in a check.
fn key_words_stay_quoted(database: &TestDatabase) -> TestResult {
    let mut words: Vec<String> = database.values("SELECT CAST(WORD AS CHAR) FROM information_schema.KEYWORDS")?;
    words.retain(|word| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
    assert!(words.len() > 600, "{}", words.len());
    let columns: Vec<String> = words.iter().map(|word| format!("`{}` int", word.to_lowercase())).collect();
    database.execute(&format!("CREATE TABLE words ({})", columns.join(", ")))?;
    let checks = words.iter().map(|word| format!("ADD CHECK (`{}` in (1, 2))", word.to_lowercase()));
    database.execute(&format!("ALTER TABLE words {}", checks.collect::<Vec<_>>().join(", ")))?;
    let schema = read(database)?;
    let texts: Vec<&str> = table(&schema, "words").checks.iter().map(|check| check.expression.text.as_str()).collect();
    let again = texts.iter().map(|text| format!("CHECK ({text})"));
    let definitions = columns.into_iter().chain(again).collect::<Vec<_>>().join(", ");
    database.execute(&format!("CREATE TABLE again ({definitions})"))?;
    let quoted = texts.iter().filter(|text| text.starts_with('`')).count();
    assert!(quoted < words.len(), "{quoted}");
    Ok(())
}

fn another_user_reads_the_same(database: &TestDatabase) -> TestResult {
    database.execute(everything(database))?;
    let (user, name) = (format!("{}_r", database.name()), database.name());
    database.execute(&format!(
        "CREATE USER '{user}'@'%' IDENTIFIED BY 'reader'; GRANT SELECT ON {name}.* TO '{user}'@'%'"
    ))?;
    let theirs = read_at(&database.url_for(&user, "reader"), "", &InspectScope::default());
    database.execute(&format!("DROP USER '{user}'@'%'"))?;
    assert_eq!(describe(&theirs?), describe(&read(database)?));
    Ok(())
}

fn other_databases_have_names(database: &TestDatabase) -> TestResult {
    let other = format!("{}_billing", database.name());
    database.execute(&format!(
        "CREATE DATABASE {other}; CREATE TABLE {other}.accounts (id int PRIMARY KEY);
        CREATE TABLE posts (account int, CONSTRAINT k FOREIGN KEY (account) REFERENCES {other}.accounts (id))"
    ))?;
    let scope = InspectScope { schema: None, others: vec![(other.clone(), "billing".to_owned())] };
    let (alone, both) = (read(database), read_at(&database.url(), "", &scope));
    database.execute(&format!("DROP TABLE posts; DROP DATABASE {other}"))?;
    let (alone, both) = (alone?, both?);
    assert_eq!(table(&alone, "posts").foreign_keys[0].referenced_table.schema, Some(other));
    assert_eq!(table(&both, "posts").foreign_keys[0].referenced_table.to_string(), "billing.accounts");
    assert_eq!(both.tables.keys().map(ToString::to_string).collect::<Vec<_>>(), ["posts", "billing.accounts"]);
    Ok(())
}

fn many_tables_take_as_many_queries(database: &TestDatabase) -> TestResult {
    let empty = queries(database)?;
    database.execute(everything(database))?;
    // The catalogue does not tell partitions, versions of rows and other options: the text of such a table is one more.
    const WITH_OPTIONS: &str = "SELECT count(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()
        AND (TABLE_TYPE = 'BASE TABLE' AND CREATE_OPTIONS <> '' OR TABLE_TYPE = 'SYSTEM VERSIONED')";
    let texts = usize::try_from(database.value::<i64>(WITH_OPTIONS)?)?;
    assert_eq!((empty, queries(database)?), (7, 7 + texts));
    Ok(())
}
