//! Settings that name no database.

use std::fs;

use seachange_tests::{
    TestDatabase,
    harness::{Case, TestResult},
};

use super::{SECRET, case, check, tells_no_secret, unset};

/// A name, and the environment. `!` stands for the secret.
const ENVIRONMENTS: [(&str, &[(&str, &str)]); 20] = [
    ("unknown_driver", &[("DATABASE_DRIVER", "oracle")]),
    ("unknown_scheme", &[("DATABASE_URL", "oracle://blog:!@db.example.com/blog")]),
    ("no_scheme", &[("DATABASE_URL", "blog:!@db.example.com/blog")]),
    ("bad_port", &[("DATABASE_DRIVER", "postgres"), ("DATABASE_NAME", "blog"), ("DATABASE_PORT", "54x32")]),
    ("bad_port_in_url", &[("DATABASE_URL", "postgres://blog:!@db.example.com:99999/blog")]),
    ("raw_slash_in_password", &[("DATABASE_URL", "postgres://blog:!/2@db.example.com/blog")]),
    ("raw_at_in_password", &[("DATABASE_URL", "postgres://blog:P@ss/!@db.example.com/blog")]),
    ("bad_percent_in_password", &[("DATABASE_URL", "mysql://blog:!%zz@db.example.com/blog")]),
    ("no_name_in_url", &[("DATABASE_URL", "mysql://blog:!@db.example.com")]),
    ("no_name", &[("DATABASE_DRIVER", "mysql"), ("DATABASE_PASSWORD", "!")]),
    ("no_driver", &[("DATABASE_HOSTNAME", "db.example.com"), ("DATABASE_PASSWORD", "!")]),
    (
        "url_in_hostname",
        &[
            ("DATABASE_DRIVER", "postgres"),
            ("DATABASE_NAME", "blog"),
            ("DATABASE_HOSTNAME", "postgres://blog:!@db.example.com"),
        ],
    ),
    ("hostname_for_sqlite", &[("DATABASE_URL", "sqlite:app.db"), ("DATABASE_HOSTNAME", "db.example.com")]),
    (
        "url_and_other_hostname",
        &[("DATABASE_URL", "postgres://blog:!@db.example.com/blog"), ("DATABASE_HOSTNAME", "replica.example.com")],
    ),
    (
        "url_and_other_password",
        &[("DATABASE_URL", "postgres://blog:!@db.example.com/blog"), ("DATABASE_PASSWORD", "other-!")],
    ),
    (
        "url_and_other_driver",
        &[("DATABASE_URL", "postgres://blog:!@db.example.com/blog"), ("DATABASE_DRIVER", "mysql")],
    ),
    (
        "password_twice",
        &[
            ("DATABASE_URL", "postgres://blog@db.example.com/blog"),
            ("DATABASE_PASSWORD", "!"),
            ("DATABASE_PASSWORD_FILE", "/run/secrets/password"),
        ],
    ),
    (
        "password_file_missing",
        &[("DATABASE_URL", "postgres://blog@db.example.com/blog"), ("DATABASE_PASSWORD_FILE", "no/such/file")],
    ),
    ("bad_tls_mode", &[("DATABASE_URL", "postgres://blog:!@db.example.com/blog"), ("DATABASE_TLS_MODE", "perhaps")]),
    ("bad_tls_mode_in_url", &[("DATABASE_URL", "postgres://blog:!@db.example.com/blog?sslmode=perhaps")]),
];

pub(super) fn trials() -> Vec<Case> {
    let environments = ENVIRONMENTS.map(|(name, variables)| {
        case(name, move |database| {
            let program = variables
                .iter()
                .fold(unset(database), |program, (variable, value)| program.env(variable, value.replace('!', SECRET)));
            check(name, database, &program.arg("up"))
        })
    });
    let mut cases: Vec<Case> = environments.into();
    cases.push(case("url_argument_stands_alone", url_argument_stands_alone));
    cases.push(case("ambiguous_path", ambiguous_path));
    cases
}

/// `--database-url` makes what the environment says of the database irrelevant, however wrong it is.
fn url_argument_stands_alone(database: &TestDatabase) -> TestResult {
    let url = format!("sqlite:{}", database.file().display());
    let program = unset(database)
        .env("DATABASE_URL", "nonsense")
        .env("DATABASE_DRIVER", "oracle")
        .env("DATABASE_PORT", "many")
        .env("DATABASE_PASSWORD", SECRET)
        .env("DATABASE_PASSWORD_FILE", "no/such/file")
        .args(["up", "2", "--database-url", &url]);
    let output = program.run()?.succeeded()?;
    tells_no_secret(&output);
    assert_eq!(database.tables()?, ["posts", "seachange_revision"]);
    Ok(())
}

/// SQLAlchemy and SQLx read three slashes differently; the program reports it where only the file of the other reading
/// exists.
fn ambiguous_path(database: &TestDatabase) -> TestResult {
    fs::write(database.file(), "")?;
    let url = format!("sqlite://{}", database.file().display());
    check("ambiguous_path", database, &unset(database).env("DATABASE_URL", url).arg("up"))
}
