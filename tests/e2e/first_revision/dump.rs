//! The schema of a database as its own tools print it.

use std::error::Error;

use sea_orm::{ConnectionTrait, DbErr, Statement};
use seachange_tests::{Backend, TestDatabase, block_on, pg_dump};

/// The statements that create the database, without the engine's tables, numbers that depend on rows, and comments.
pub(super) fn dump(database: &TestDatabase) -> Result<String, Box<dyn Error>> {
    match database.backend() {
        Backend::Sqlite => sqlite(database),
        Backend::Postgres => postgres(database),
        Backend::MariaDb | Backend::MySql => mysql(database),
    }
}

fn sqlite(database: &TestDatabase) -> Result<String, Box<dyn Error>> {
    if !database.file().exists() {
        return Ok(String::new());
    }
    const SCHEMA: &str = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND tbl_name NOT LIKE 'seachange_%'
        AND name <> 'sqlite_sequence' ORDER BY type, name";
    let statements: Vec<String> = database.values(SCHEMA)?;
    // SeaORM quotes names and puts spaces inside of parentheses.
    let plain = |text: &String| text.replace(['"', '[', ']'], "").replace("( ", "(").replace(" )", ")");
    Ok(statements.iter().map(plain).collect::<Vec<_>>().join(";\n"))
}

/// `pg_dump -s`
fn postgres(database: &TestDatabase) -> Result<String, Box<dyn Error>> {
    let arguments = ["--schema-only", "--exclude-table=seachange_revision*"];
    let output = pg_dump(database).args(arguments).run()?.succeeded()?.stdout;
    let is_schema = |line: &&str| {
        !line.is_empty() && !["--", "\\", "SET ", "SELECT pg_catalog"].iter().any(|start| line.starts_with(start))
    };
    Ok(output.lines().filter(is_schema).collect::<Vec<_>>().join("\n"))
}

/// What `mariadb-dump -d` prints, as the server prints it.
fn mysql(database: &TestDatabase) -> Result<String, Box<dyn Error>> {
    const OBJECTS: &str = "SELECT CONCAT('TABLE ', TABLE_NAME) FROM information_schema.TABLES
            WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME NOT LIKE 'seachange\\_%'
        UNION ALL SELECT CONCAT('TRIGGER ', TRIGGER_NAME) FROM information_schema.TRIGGERS
            WHERE TRIGGER_SCHEMA = DATABASE()
        UNION ALL SELECT CONCAT(ROUTINE_TYPE, ' ', ROUTINE_NAME) FROM information_schema.ROUTINES
            WHERE ROUTINE_SCHEMA = DATABASE()
        UNION ALL SELECT CONCAT('EVENT ', EVENT_NAME) FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE()
        ORDER BY 1";
    let mut dump = Vec::new();
    for object in database.values::<String>(OBJECTS)? {
        let text = show(database, &object)?;
        let words = text.split(' ').filter(|word| !word.starts_with("AUTO_INCREMENT="));
        let text = words.collect::<Vec<_>>().join(" ");
        dump.push(text.replace(&format!("`{}`.", database.name()), ""));
    }
    Ok(dump.join("\n"))
}

/// The statement that creates an object: the column that begins with `CREATE`.
fn show(database: &TestDatabase, object: &str) -> Result<String, DbErr> {
    block_on(async {
        let connection = database.connect().await?;
        let (kind, name) = object.split_once(' ').unwrap_or((object, ""));
        let sql = format!("SHOW CREATE {kind} `{name}`");
        let row = connection.query_one_raw(Statement::from_string(connection.get_database_backend(), sql)).await?;
        connection.close().await?;
        let row = row.ok_or_else(|| DbErr::RecordNotFound(object.to_owned()))?;
        let texts = (0..4).filter_map(|at| row.try_get_by_index::<String>(at).ok());
        texts
            .into_iter()
            .find(|text| text.starts_with("CREATE"))
            .ok_or_else(|| DbErr::RecordNotFound(object.to_owned()))
    })
}
