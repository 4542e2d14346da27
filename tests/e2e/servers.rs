//! The servers and databases on which all other tests rely.

use std::{fmt::Display, net::TcpStream};

use seachange_tests::{
    Backend, TestDatabase,
    harness::{Case, TestResult, each_backend},
    pool_options,
    servers::{
        Address, MariaDbServer, MySqlServer, PostgresServer, SPECIAL_PASSWORD, SPECIAL_USER, ServerSoftware,
        TemporaryServer,
    },
};

pub(crate) fn trials() -> Vec<Case> {
    let mut cases = each_backend("servers::database_is_fresh", database_is_fresh);
    cases.extend(each_backend("servers::version_is_known", version_is_known));
    for backend in Backend::SERVERS {
        cases.push(Case::on(backend, "servers::wrong_password_is_refused", wrong_password_is_refused));
        cases.push(Case::on(backend, "servers::special_password_is_accepted", special_password_is_accepted));
    }
    cases.push(Case::owning(Backend::Postgres, "servers::killed_server_comes_back", || {
        killed_server_comes_back(PostgresServer::start())
    }));
    cases.push(Case::owning(Backend::MariaDb, "servers::killed_server_comes_back", || {
        killed_server_comes_back(MariaDbServer::start())
    }));
    cases.push(Case::owning(Backend::MySql, "servers::killed_server_comes_back", || {
        killed_server_comes_back(MySqlServer::start())
    }));
    cases
}

fn database_is_fresh(database: &TestDatabase) -> TestResult {
    assert!(database.tables()?.is_empty());
    database.execute("CREATE TABLE posts (id INT PRIMARY KEY); INSERT INTO posts VALUES (1)")?;
    assert_eq!(database.values::<i32>("SELECT id FROM posts")?, [1]);
    Ok(())
}

fn version_is_known(database: &TestDatabase) -> TestResult {
    let (statement, product) = match database.backend() {
        Backend::Sqlite => ("SELECT sqlite_version()", "3."),
        Backend::Postgres => ("SELECT version()", "PostgreSQL"),
        Backend::MariaDb => ("SELECT version()", "MariaDB"),
        // The version of MariaDB contains its name.
        Backend::MySql => ("SELECT version()", "9."),
    };
    let version: String = database.value(statement)?;
    assert!(version.contains(product), "{version}");
    assert_eq!(version.contains("MariaDB"), database.backend() == Backend::MariaDb, "{version}");
    Ok(())
}

fn wrong_password_is_refused(database: &TestDatabase) -> TestResult {
    let url = database.url_for(SPECIAL_USER, "wrong");
    assert!(login(&url).is_err());
    Ok(())
}

fn special_password_is_accepted(database: &TestDatabase) -> TestResult {
    login(&database.url_for(SPECIAL_USER, SPECIAL_PASSWORD))
}

fn login(url: &str) -> TestResult {
    seachange_tests::block_on(async {
        let connection = sea_orm::Database::connect(pool_options(url)).await?;
        connection.ping().await?;
        connection.close().await?;
        Ok(())
    })
}

fn listener(address: &Address) -> std::io::Result<TcpStream> {
    TcpStream::connect((address.host(), address.port().unwrap_or_default()))
}

fn killed_server_comes_back<E: ServerSoftware>(server: Result<TemporaryServer<E>, impl Display>) -> TestResult {
    let mut server = server?;
    let database = TestDatabase::at(E::BACKEND, Some(server.address()))?;
    database.execute("CREATE TABLE posts (id INT PRIMARY KEY); INSERT INTO posts VALUES (1)")?;
    let first = server.id();

    server.kill()?;
    assert!(listener(&server.address()).is_err());

    server.restart()?;
    assert_ne!(server.id(), first);
    assert_eq!(database.values::<i32>("SELECT id FROM posts")?, [1]);
    Ok(())
}
