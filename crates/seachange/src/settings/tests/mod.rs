//! Tables of given values and their results, and tests that passwords are not shown.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it does not expect")]

mod errors;
mod properties;
mod spellings;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use super::resolve::{FileSystem, resolve};
use super::{DatabaseLocation, DatabaseSettings, DatabaseVariables, SettingsError};

/// A file system with a few files.
#[derive(Default)]
struct Files(BTreeMap<&'static str, &'static str>);

impl FileSystem for Files {
    fn read(&self, path: &Path) -> io::Result<String> {
        let text = path.to_str().and_then(|path| self.0.get(path));
        text.map(|text| (*text).to_owned()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn is_file(&self, path: &Path) -> bool {
        self.read(path).is_ok()
    }
}

fn files() -> Files {
    Files(BTreeMap::from([
        ("/run/secrets/password", "P@ss w%rd/:?#é\n"),
        ("/run/secrets/windows", "pw\r\n"),
        ("/var/lib/app.db", ""),
        ("here.db", ""),
        ("both.db", ""),
        ("/both.db", ""),
    ]))
}

/// Reads `NAME=value` pairs, one a line, the names without `DATABASE_`.
fn variables(text: &str) -> DatabaseVariables {
    let mut variables = DatabaseVariables::default();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let (name, value) = line.trim_start().split_once('=').unwrap();
        let slot = match name {
            "URL" => &mut variables.url,
            "DRIVER" => &mut variables.driver,
            "HOSTNAME" => &mut variables.hostname,
            "PORT" => &mut variables.port,
            "USERNAME" => &mut variables.username,
            "PASSWORD" => &mut variables.password,
            "PASSWORD_FILE" => &mut variables.password_file,
            "NAME" => &mut variables.name,
            "SCHEMA" => &mut variables.schema,
            "TLS_MODE" => &mut variables.tls_mode,
            "TLS_CA_FILE" => &mut variables.tls_ca_file,
            other => panic!("no variable {other}"),
        };
        *slot = Some(value.to_owned());
    }
    variables
}

fn settle(text: &str) -> Result<DatabaseSettings, SettingsError> {
    resolve(&variables(text), &files())
}

/// Shows all resolved values, including the password.
fn reveal(settings: &DatabaseSettings) -> String {
    let server = match settings.target() {
        DatabaseLocation::Sqlite(sqlite) => return sqlite.url(),
        DatabaseLocation::Server(server) => server,
    };
    let mut text = format!("{:?}", server.driver);
    let port = server.port.map(|port| port.to_string());
    let tls = server.tls.map(|tls| format!("{tls:?}"));
    let fields = [
        ("user", server.username.as_deref()),
        ("password", server.password.as_ref().map(|it| it.reveal())),
        ("host", server.host.as_deref()),
        ("port", port.as_deref()),
        ("name", Some(&*server.name)),
        ("schema", server.schema.as_deref()),
        ("tls", tls.as_deref()),
        ("ca", server.tls_ca.as_deref()),
    ];
    let parameters = server.parameters.iter().map(|(key, value)| (&**key, Some(&**value)));
    for (key, value) in fields.into_iter().chain(parameters) {
        if let Some(value) = value {
            text.push_str(&format!(" {key}={value}"));
        }
    }
    text
}
