//! Any password reaches the driver unchanged, and is shown nowhere else.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};
use sea_orm::sqlx::mysql::MySqlConnectOptions;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgSslMode};
use sea_orm::sqlx::sqlite::SqliteConnectOptions;

use super::super::options::{mysql_fields, postgres_url};
use super::super::{DatabaseLocation, DatabaseSettings, DatabaseVariables, ServerLocation};

fn text() -> impl Strategy<Value = String> {
    proptest::prop_oneof![any::<String>(), "[ -~é]{1,24}"].prop_filter("empty is unset", |text| !text.is_empty())
}

/// Passwords that do not occur by accident in another field or in a word of a message.
fn password() -> impl Strategy<Value = String> {
    "[ -~é]{0,16}\\PC{0,4}".prop_map(|text| format!("ZQ{text}ZQ"))
}

fn parts(driver: &str, username: &str, password: &str, name: &str) -> DatabaseVariables {
    DatabaseVariables {
        driver: Some(driver.to_owned()),
        hostname: Some("db".to_owned()),
        username: Some(username.to_owned()),
        password: Some(password.to_owned()),
        name: Some(name.to_owned()),
        ..DatabaseVariables::default()
    }
}

fn server(settings: &DatabaseSettings) -> &ServerLocation {
    match settings.target() {
        DatabaseLocation::Server(server) => server,
        DatabaseLocation::Sqlite(_) => panic!("{settings} is no server"),
    }
}

proptest! {
    #[test]
    fn parts_reach_postgres(username in text(), password in text(), name in text()) {
        let settings = DatabaseSettings::resolve(&parts("postgres", &username, &password, &name)).unwrap();
        let url = postgres_url(server(&settings));
        let options: PgConnectOptions = url.parse().unwrap();
        prop_assert_eq!(options.get_host(), "db");
        prop_assert_eq!(options.get_username(), &*username);
        prop_assert_eq!(options.get_database(), Some(&*name));
        prop_assert_eq!(server(&settings).password.as_ref().unwrap().reveal(), &*password);
    }

    #[test]
    fn parts_reach_mysql(username in text(), password in text(), name in text()) {
        let settings = DatabaseSettings::resolve(&parts("mysql", &username, &password, &name)).unwrap();
        let options = mysql_fields(MySqlConnectOptions::new(), server(&settings));
        prop_assert_eq!(options.get_host(), "db");
        prop_assert_eq!(options.get_username(), &*username);
        prop_assert_eq!(options.get_database(), Some(&*name));
    }

    #[test]
    fn an_encoded_url_is_the_same_as_parts(username in text(), password in text(), name in text()) {
        let name = name.trim_start_matches('/');
        proptest::prop_assume!(!name.is_empty());
        let [u, p, n] = [&*username, &*password, name].map(|text| utf8_percent_encode(text, NON_ALPHANUMERIC));
        for driver in ["postgres", "mysql"] {
            let url: DatabaseSettings = format!("{driver}://{u}:{p}@db/{n}").parse().unwrap();
            let parts = DatabaseSettings::resolve(&parts(driver, &username, &password, name)).unwrap();
            prop_assert_eq!(url, parts);
        }
    }

    #[test]
    fn a_path_reaches_sqlite(path in text()) {
        proptest::prop_assume!(path != ":memory:");
        let variables = DatabaseVariables { driver: Some("sqlite".into()), name: Some(path.clone()), ..DatabaseVariables::default() };
        let settings = DatabaseSettings::resolve(&variables).unwrap();
        let options: SqliteConnectOptions = settings.connect_options().get_url().parse().unwrap();
        prop_assert_eq!(options.get_filename(), std::path::Path::new(&path));
        prop_assert!(url::Url::parse(settings.connect_options().get_url()).is_ok());
    }

    #[test]
    fn a_password_is_never_shown(password in password()) {
        for driver in ["postgres", "mysql"] {
            let variables = parts(driver, "user", &password, "app");
            let settings = DatabaseSettings::resolve(&variables).unwrap();
            let options = settings.pinned_options();
            let shown = format!("{variables:?}{settings}{settings:?}{options:?}{:?}", settings.connect_options());
            prop_assert!(!shown.contains(&password), "{shown}");
            prop_assert!(!shown.contains("ZQ"), "{shown}");
        }
    }

    #[test]
    fn no_error_shows_a_password(password in password(), scheme in "(postgres|mysql|oracle)", tail in "(db|d b|db:x|db:0|db/|db/app|db/app[?]ssl=x|::1/app)") {
        let url = format!("{scheme}://user:{password}@{tail}");
        if let Err(error) = url.parse::<DatabaseSettings>() {
            let shown = format!("{error}{error:?}");
            prop_assert!(!shown.contains("ZQ"), "{shown}");
        }
    }
}

#[test]
fn every_field_reaches_the_driver() {
    let mut variables = parts("postgres", "u", "pw", "app");
    variables.hostname = Some("::1".into());
    variables.port = Some("5433".into());
    variables.schema = Some("s".into());
    variables.tls_ca_file = Some("ca.pem".into());
    let settings = DatabaseSettings::resolve(&variables).unwrap();
    let options: PgConnectOptions = settings.connect_options().get_url().parse().unwrap();
    assert_eq!(options.get_host(), "::1");
    assert_eq!(options.get_port(), 5433);
    assert!(matches!(options.get_ssl_mode(), PgSslMode::VerifyFull));
    assert_eq!(settings.schema(), Some("s"));
}
