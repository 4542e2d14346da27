//! All accepted ways to name a database.

use super::{reveal, settle};

fn check(given: &str, expect: &str) {
    match settle(given) {
        Ok(settings) => assert_eq!(reveal(&settings), expect, "{given}"),
        Err(error) => panic!("{given}: {error}"),
    }
}

fn check_shown(given: &str, expect: &str) {
    let settings = settle(given).unwrap();
    assert_eq!(settings.to_string(), expect, "{given}");
    assert_eq!(format!("{settings:?}"), format!("DatabaseSettings({expect:?})"));
}

#[test]
fn nothing_set_is_a_sqlite_file() {
    check("", "sqlite:data/app.db?mode=rwc");
    check("URL=\nPORT=\nPASSWORD=\nDRIVER= ", "sqlite:data/app.db?mode=rwc");
    check("DRIVER=sqlite3", "sqlite:data/app.db?mode=rwc");
}

#[test]
fn sqlite_urls() {
    for (url, expect) in [
        ("sqlite::memory:", "sqlite::memory:"),
        ("sqlite://:memory:", "sqlite::memory:"),
        ("sqlite:///:memory:", "sqlite::memory:"),
        ("sqlite://", "sqlite::memory:"),
        ("sqlite:///", "sqlite::memory:"),
        ("sqlite+aiosqlite://", "sqlite::memory:"),
        ("sqlite://?mode=memory&cache=private", "sqlite::memory:?cache=private"),
        ("sqlite:a.db", "sqlite:a.db?mode=rwc"),
        ("sqlite3:a.db", "sqlite:a.db?mode=rwc"),
        ("sqlite:./data/a.db", "sqlite:./data/a.db?mode=rwc"),
        ("sqlite:/data/a.db", "sqlite:/data/a.db?mode=rwc"),
        ("sqlite://a.db", "sqlite:a.db?mode=rwc"),
        ("sqlite://data/a.db", "sqlite:data/a.db?mode=rwc"),
        ("sqlite:///data/a.db", "sqlite:data/a.db?mode=rwc"),
        ("sqlite:////data/a.db", "sqlite:/data/a.db?mode=rwc"),
        ("sqlite+aiosqlite:///data/a.db", "sqlite:data/a.db?mode=rwc"),
        ("sqlite+aiosqlite:///var/lib/app.db", "sqlite:var/lib/app.db?mode=rwc"),
        ("sqlite:///both.db", "sqlite:both.db?mode=rwc"),
        ("sqlite:////var/lib/app.db", "sqlite:/var/lib/app.db?mode=rwc"),
        // SQLx's own parameters mark the URL as SQLx's spelling.
        ("sqlite:///var/lib/app.db?mode=rwc", "sqlite:/var/lib/app.db?mode=rwc"),
        ("sqlite:///data/a.db?mode=rwc", "sqlite:/data/a.db?mode=rwc"),
        ("sqlite:///data/a.db?mode=ro", "sqlite:/data/a.db?mode=ro"),
        ("sqlite:///data/a.db?cache=shared", "sqlite:/data/a.db?mode=rwc&cache=shared"),
        ("sqlite:///data/a.db?immutable=true", "sqlite:/data/a.db?mode=rwc&immutable=true"),
        ("sqlite:///data/a.db?vfs=unix", "sqlite:/data/a.db?mode=rwc&vfs=unix"),
        ("sqlite:///data/a.db?timeout=5", "sqlite:data/a.db?mode=rwc"),
        ("sqlite:///both.db?mode=rwc", "sqlite:/both.db?mode=rwc"),
        ("sqlite+aiosqlite:///data/a.db?mode=rwc", "sqlite:data/a.db?mode=rwc"),
        ("sqlite:////var/lib/app.db?mode=rwc", "sqlite:/var/lib/app.db?mode=rwc"),
        ("sqlite:///:memory:?mode=rwc", "sqlite::memory:"),
        ("sqlite:///C:/data/a.db", "sqlite:C%3A/data/a.db?mode=rwc"),
        ("sqlite:a.db?mode=ro", "sqlite:a.db?mode=ro"),
        ("sqlite:a.db?mode=rw&check_same_thread=no", "sqlite:a.db?mode=rw"),
        ("sqlite:my%20data/50%25%3F.db", "sqlite:my%20data/50%25%3F.db?mode=rwc"),
        ("sqlite:my data/é.db", "sqlite:my%20data/%C3%A9.db?mode=rwc"),
    ] {
        check(&format!("URL={url}"), expect);
    }
}

#[test]
fn sqlite_parts() {
    check("DRIVER=sqlite\nNAME=:memory:", "sqlite::memory:");
    check("DRIVER=sqlite\nNAME=50%.db", "sqlite:50%25.db?mode=rwc");
    check("DRIVER=sqlite\nNAME=//x/a.db", "sqlite:%2F/x/a.db?mode=rwc");
    check("URL=sqlite:a.db\nNAME=a.db\nDRIVER=sqlite", "sqlite:a.db?mode=rwc");
}

#[test]
fn postgres_urls() {
    for (url, expect) in [
        ("postgres://db/app", "Postgres host=db name=app"),
        ("postgresql://db:5433/app", "Postgres host=db port=5433 name=app"),
        ("POSTGRES://db/app", "Postgres host=db name=app"),
        ("postgresql+psycopg2://u:p@db/app", "Postgres user=u password=p host=db name=app"),
        ("postgresql+asyncpg://u@db/app?ssl=require", "Postgres user=u host=db name=app tls=Require"),
        ("postgres://u:P@ss w:rdé@db/app", "Postgres user=u password=P@ss w:rdé host=db name=app"),
        (
            "postgres://u%40x:P%40ss%20w%25rd%2F%3A%3F%23%C3%A9@db/a%2Fb",
            "Postgres user=u@x password=P@ss w%rd/:?#é host=db name=a/b",
        ),
        ("postgres:///app", "Postgres name=app"),
        ("postgres://u@/app", "Postgres user=u name=app"),
        ("postgres://[::1]:5432/app", "Postgres host=::1 port=5432 name=app"),
        ("postgres://%2Fvar%2Frun%2Fpostgresql/app", "Postgres host=/var/run/postgresql name=app"),
        (
            "postgresql:///?host=/var/run/postgresql&dbname=app&user=u&password=p&port=1",
            "Postgres user=u password=p host=/var/run/postgresql port=1 name=app",
        ),
        ("postgres://db/app?schema=audit&pgbouncer=true", "Postgres host=db name=app schema=audit"),
        (
            "postgres://db/app?sslmode=verify-full&sslrootcert=ca.pem&application_name=a%20b",
            "Postgres host=db name=app tls=VerifyFull ca=ca.pem application_name=a b",
        ),
        ("postgres://db/app?search_path=audit", "Postgres host=db name=app schema=audit"),
        ("postgres://db/app?search_path=%22Audit%22", "Postgres host=db name=app schema=Audit"),
        ("postgres://db/app?options=-c%20search_path%3Daudit", "Postgres host=db name=app schema=audit"),
        ("postgres://db/app?options=-csearch_path%3Daudit", "Postgres host=db name=app schema=audit"),
        ("postgres://db/app?options[search_path]=audit", "Postgres host=db name=app schema=audit"),
        ("postgres://db/app?currentSchema=audit", "Postgres host=db name=app schema=audit"),
        ("postgres://db/app?search_path=audit&schema=audit", "Postgres host=db name=app schema=audit"),
        (
            "postgres://db/app?options=-c%20geqo%3Doff%20-c%20search_path%3Daudit",
            "Postgres host=db name=app schema=audit options=-c geqo=off",
        ),
        // The server searches a path of several schemas.
        ("postgres://db/app?search_path=audit,public", "Postgres host=db name=app options[search_path]=audit,public"),
        ("postgres://db/app?options[statement_timeout]=1s", "Postgres host=db name=app options[statement_timeout]=1s"),
    ] {
        check(&format!("URL={url}"), expect);
    }
}

#[test]
fn mysql_urls() {
    for (url, expect) in [
        ("mysql://u:p@db:3307/app", "MySql user=u password=p host=db port=3307 name=app"),
        ("mysql+pymysql://db/app?charset=utf8mb4", "MySql host=db name=app charset=utf8mb4"),
        ("mariadb+mariadbconnector://db/app", "MySql host=db name=app"),
        ("mariadb://db/app", "MySql host=db name=app"),
        (
            "mysql+pymysql://u@localhost/app?unix_socket=/run/mysqld/mysqld.sock",
            "MySql user=u host=/run/mysqld/mysqld.sock name=app",
        ),
        ("mysql://db/app?ssl-mode=VERIFY_IDENTITY&ssl_ca=ca.pem", "MySql host=db name=app tls=VerifyFull ca=ca.pem"),
    ] {
        check(&format!("URL={url}"), expect);
    }
}

#[test]
fn server_parts() {
    for (parts, expect) in [
        ("DRIVER=postgresql\nNAME=app", "Postgres name=app"),
        (
            "DRIVER=PostgreSQL\nHOSTNAME=db\nPORT=5433\nUSERNAME=u\nPASSWORD=P@ss w%rd/:?#é\nNAME=app\nSCHEMA=s",
            "Postgres user=u password=P@ss w%rd/:?#é host=db port=5433 name=app schema=s",
        ),
        (
            "DRIVER=mariadb\nHOSTNAME=db\nUSERNAME=u\nPASSWORD_FILE=/run/secrets/password\nNAME=app",
            "MySql user=u password=P@ss w%rd/:?#é host=db name=app",
        ),
        ("DRIVER=mysql\nPASSWORD_FILE=/run/secrets/windows\nNAME=a", "MySql password=pw name=a"),
        ("DRIVER=mysql\nHOSTNAME=[::1]\nNAME=a", "MySql host=::1 name=a"),
        ("DRIVER=mysql\nHOSTNAME=::1\nNAME=a", "MySql host=::1 name=a"),
        ("DRIVER=postgres\nHOSTNAME=/var/run/postgresql\nNAME=a", "Postgres host=/var/run/postgresql name=a"),
        (
            "DRIVER=mysql\nHOSTNAME=db\nNAME=a\nTLS_MODE=verify-ca\nTLS_CA_FILE=ca.pem",
            "MySql host=db name=a tls=VerifyCa ca=ca.pem",
        ),
    ] {
        check(parts, expect);
    }
}

#[test]
fn parts_beside_a_url() {
    check(
        "URL=postgres://u@db:5433/app\nDRIVER=postgres\nHOSTNAME=db\nPORT=5433\nUSERNAME=u\nNAME=app",
        "Postgres user=u host=db port=5433 name=app",
    );
    check(
        "URL=postgres://u@db/app\nPASSWORD_FILE=/run/secrets/windows\nSCHEMA=s\nTLS_MODE=require",
        "Postgres user=u password=pw host=db name=app schema=s tls=Require",
    );
}

#[test]
fn shown_without_the_password() {
    check_shown("", "sqlite:data/app.db");
    check_shown("URL=sqlite::memory:", "sqlite::memory:");
    check_shown("URL=postgresql+psycopg2://u:p@db:1/app?sslmode=require", "postgres://u:***@db:1/app");
    check_shown("URL=postgres://u@[::1]/app", "postgres://u@[::1]/app");
    check_shown("URL=postgres://:p@db/app", "postgres://:***@db/app");
    check_shown("URL=mariadb:///app", "mysql:///app");
    check_shown(
        "DRIVER=postgres\nHOSTNAME=/run/pg\nUSERNAME=a b\nPASSWORD=x\nNAME=c/d",
        "postgres://a%20b:***@%2Frun%2Fpg/c%2Fd",
    );
}

#[test]
fn dropped_parameters_are_named() {
    let settings = settle("URL=mysql://db/app?charset=utf8&driver=x&connect_timeout=1").unwrap();
    assert_eq!(settings.dropped_parameters(), ["driver", "connect_timeout"]);
}
