//! The rejected settings, and their messages.

use super::settle;

fn check(given: &str, expect: &str) {
    match settle(given) {
        Ok(settings) => panic!("{given}: {settings}"),
        Err(error) => assert_eq!(error.to_string(), expect, "{given}"),
    }
}

fn check_url(url: &str, expect: &str) {
    check(&format!("URL={url}"), &format!("bad database URL {expect}"));
}

#[test]
fn a_url_says_which_part_is_wrong() {
    for (url, expect) in [
        ("app.db", "`***`: it does not start with a scheme such as `postgres://`"),
        ("u:pw@db/app", "`***`: it does not start with a scheme such as `postgres://`"),
        ("postgres:db/app", "`***`: it does not start with a scheme such as `postgres://`"),
        (
            "oracle://u:pw@db/app",
            "`oracle://u:***@db/app`: unknown scheme `oracle`, not one of sqlite, postgres, mysql, mariadb",
        ),
        ("postgres://u:pw@db:99999/app", "`postgres://u:***@db:99999/app`: the port is not a number from 1 to 65535"),
        ("postgres://u:pw@db:0/app", "`postgres://u:***@db:0/app`: the port is not a number from 1 to 65535"),
        ("postgres://u:pw@db:+1/app", "`postgres://u:***@db:+1/app`: the port is not a number from 1 to 65535"),
        ("postgres://u:pw/app", "`postgres://u:***`: the port is not a number from 1 to 65535"),
        ("postgres://u:pw@d b/app", "`postgres://u:***@d b/app`: the host is not a name or an address"),
        ("postgres://u@[::g]/app", "`postgres://u@[::g]/app`: the host is not a name or an address"),
        (
            "postgres://u:pw@a:5432,b:5433/app",
            "`postgres://u:***@a:5432,b:5433/app`: it names several hosts, and a connection is made to one",
        ),
        (
            "postgres:///app?host=a,b&password=pw",
            "`postgres:///app?***`: it names several hosts, and a connection is made to one",
        ),
        ("mysql://u:pw@a,b/app", "`mysql://u:***@a,b/app`: it names several hosts, and a connection is made to one"),
        ("postgres://db/app?search_path=a&schema=b", "`postgres://db/app?***`: bad value for the parameter `schema`"),
        ("postgres://u@::1/app", "`postgres://u@::1/app`: an IPv6 host is not enclosed in `[` and `]`"),
        ("postgres://u:pw@db", "`postgres://u:***@db`: the name of the database is missing"),
        ("mysql://u:pw@db/", "`mysql://u:***@db/`: the name of the database is missing"),
        ("postgres://u:100%@db/app", "`postgres://u:***@db/app`: bad percent-encoding in the password"),
        ("postgres://u:%ff@db/app", "`postgres://u:***@db/app`: bad percent-encoding in the password"),
        ("postgres://%zz@db/app", "`postgres://%zz@db/app`: bad percent-encoding in the user name"),
        ("postgres://db/50%", "`postgres://db/50%`: bad percent-encoding in the name of the database"),
        ("sqlite:50%.db", "`sqlite:50%.db`: bad percent-encoding in the path"),
        ("sqlite:", "`sqlite:`: the path of the file is missing"),
        ("sqlite:a.db?mode=x", "`sqlite:a.db?mode=x`: bad value for the parameter `mode`"),
        ("postgres://db/app?sslmode=x", "`postgres://db/app?***`: bad value for the parameter `sslmode`"),
        ("mysql://db/app?charset=a%27;", "`mysql://db/app?***`: bad value for the parameter `charset`"),
    ] {
        check_url(url, expect);
    }
}

#[test]
fn a_reserved_character_in_a_password_is_told() {
    for url in [
        "postgres://u:p/w@db/app",
        "postgres://u:p?w@db/app",
        "postgres://u:p#w@db/app",
        "postgres://u:1/2@db/app",
        "postgres://u:P@ss/w@db/app",
        "postgres://u:P@ss w%rd/:?#é@db/app",
    ] {
        let expect =
            "`postgres://u:***@db/app`: a `/`, `?`, `#` or `@` in the user name or password is not percent-encoded";
        check_url(url, expect);
    }
}

#[test]
fn parts_are_checked() {
    for (parts, expect) in [
        ("NAME=app", "`DATABASE_NAME` is set, but neither `DATABASE_DRIVER` nor `DATABASE_URL` is"),
        ("HOSTNAME=db\nNAME=app", "`DATABASE_HOSTNAME` is set, but neither `DATABASE_DRIVER` nor `DATABASE_URL` is"),
        ("DRIVER=oracle", "unknown driver `oracle` in `DATABASE_DRIVER`: not one of sqlite, postgres, mysql, mariadb"),
        (
            "DRIVER=postgres://u:pw@db/app",
            "unknown driver `postgres://u:***@db/app` in `DATABASE_DRIVER`: not one of sqlite, postgres, mysql, mariadb",
        ),
        ("DRIVER=postgres", "`DATABASE_NAME` is not set, and a PostgreSQL server holds many databases"),
        ("DRIVER=mysql\nPORT=x\nNAME=app", "`DATABASE_PORT` is `x`, which is not a number from 1 to 65535"),
        (
            "DRIVER=mysql\nHOSTNAME=a b\nNAME=app",
            "`DATABASE_HOSTNAME` is `a b`, which is not a host name, an address or the path of a socket",
        ),
        (
            "DRIVER=postgres\nHOSTNAME=a,b\nNAME=app",
            "`DATABASE_HOSTNAME` is `a,b`, which names several hosts, and a connection is made to one",
        ),
        (
            "DRIVER=mysql\nNAME=app\nTLS_MODE=yes",
            "`DATABASE_TLS_MODE` is `yes`, which is not one of disable, prefer, require, verify-ca, verify-full",
        ),
        ("DRIVER=sqlite\nPORT=1", "`DATABASE_PORT` is set, but does not apply to SQLite"),
        ("DRIVER=mysql\nNAME=app\nSCHEMA=s", "`DATABASE_SCHEMA` is set, but does not apply to MySQL"),
        (
            "DRIVER=mysql\nNAME=app\nPASSWORD=pw\nPASSWORD_FILE=/x",
            "both `DATABASE_PASSWORD` and `DATABASE_PASSWORD_FILE` are set",
        ),
        (
            "DRIVER=mysql\nNAME=app\nPASSWORD_FILE=/x",
            "cannot read `/x`, which `DATABASE_PASSWORD_FILE` names: no such file",
        ),
    ] {
        check(parts, expect);
    }
}

#[test]
fn parts_that_disagree_with_the_url() {
    for part in [
        "DRIVER=mysql",
        "HOSTNAME=other",
        "PORT=5432",
        "USERNAME=other",
        "PASSWORD=other",
        "PASSWORD_FILE=/run/secrets/windows",
        "NAME=other",
        "SCHEMA=other",
        "TLS_MODE=disable",
        "TLS_CA_FILE=other",
    ] {
        let url = "postgres://u:p@db/app?schema=s&sslmode=require&sslrootcert=ca.pem";
        let (name, _) = part.split_once('=').unwrap();
        check(&format!("URL={url}\n{part}"), &format!("`DATABASE_{name}` disagrees with the database URL"));
    }
    check("URL=sqlite:a.db\nNAME=b.db", "`DATABASE_NAME` disagrees with the database URL");
    check("URL=sqlite:a.db\nPASSWORD=pw", "`DATABASE_PASSWORD` is set, but does not apply to SQLite");
}

#[test]
fn three_slashes_before_the_only_file() {
    check(
        "URL=sqlite:///here.db?mode=rwc",
        "ambiguous database URL `sqlite:///here.db?***`: `/here.db` does not exist, but `here.db` does",
    );
    check(
        "URL=sqlite:///var/lib/app.db",
        "ambiguous database URL `sqlite:///var/lib/app.db`: `var/lib/app.db` does not exist, but `/var/lib/app.db` does",
    );
}
