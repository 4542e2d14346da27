//! The given values of the settings, before they are resolved.

use std::fmt;

/// The values of the `DATABASE_*` variables. An empty value counts as not set.
///
/// The caller provides the values; `seachange::args` reads them from the command line and the environment.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct DatabaseVariables {
    /// `DATABASE_URL`.
    pub url: Option<String>,
    /// `DATABASE_DRIVER`.
    pub driver: Option<String>,
    /// `DATABASE_HOSTNAME`: a name, an address, or the path of a Unix socket.
    pub hostname: Option<String>,
    /// `DATABASE_PORT`.
    pub port: Option<String>,
    /// `DATABASE_USERNAME`.
    pub username: Option<String>,
    /// `DATABASE_PASSWORD`, not percent-encoded.
    pub password: Option<String>,
    /// `DATABASE_PASSWORD_FILE`: a file that holds the password.
    pub password_file: Option<String>,
    /// `DATABASE_NAME`: the database on a server, or the path of a SQLite file.
    pub name: Option<String>,
    /// `DATABASE_SCHEMA`: a schema of PostgreSQL.
    pub schema: Option<String>,
    /// `DATABASE_TLS_MODE`.
    pub tls_mode: Option<String>,
    /// `DATABASE_TLS_CA_FILE`: the certificates of the authorities to trust, as PEM.
    pub tls_ca_file: Option<String>,
}

impl DatabaseVariables {
    /// Returns the variables without the empty ones, and without leading and trailing white space where it can only
    /// be a mistake.
    pub(super) fn cleaned(&self) -> Self {
        Self {
            url: trimmed(&self.url),
            driver: trimmed(&self.driver),
            hostname: trimmed(&self.hostname),
            port: trimmed(&self.port),
            username: filled(&self.username),
            password: filled(&self.password),
            password_file: filled(&self.password_file),
            name: filled(&self.name),
            schema: filled(&self.schema),
            tls_mode: trimmed(&self.tls_mode),
            tls_ca_file: filled(&self.tls_ca_file),
        }
    }

    /// Returns whether no variable is set.
    #[must_use]
    pub fn is_unset(&self) -> bool {
        self.cleaned() == Self::default()
    }

    /// Returns the names of the server's variables that are set.
    pub(super) fn server_parts(&self) -> impl Iterator<Item = &'static str> {
        let parts = [
            ("DATABASE_HOSTNAME", self.hostname.is_some()),
            ("DATABASE_PORT", self.port.is_some()),
            ("DATABASE_USERNAME", self.username.is_some()),
            ("DATABASE_PASSWORD", self.password.is_some()),
            ("DATABASE_PASSWORD_FILE", self.password_file.is_some()),
            ("DATABASE_SCHEMA", self.schema.is_some()),
            ("DATABASE_TLS_MODE", self.tls_mode.is_some()),
            ("DATABASE_TLS_CA_FILE", self.tls_ca_file.is_some()),
        ];
        parts.into_iter().filter_map(|(name, is_set)| is_set.then_some(name))
    }
}

/// Shows the names of the variables that are set; values may be secrets.
impl fmt::Debug for DatabaseVariables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let others = [
            ("DATABASE_URL", self.url.is_some()),
            ("DATABASE_DRIVER", self.driver.is_some()),
            ("DATABASE_NAME", self.name.is_some()),
        ];
        let others = others.into_iter().filter_map(|(name, is_set)| is_set.then_some(name));
        f.debug_set().entries(others.chain(self.server_parts())).finish()
    }
}

fn filled(value: &Option<String>) -> Option<String> {
    value.clone().filter(|value| !value.is_empty())
}

fn trimmed(value: &Option<String>) -> Option<String> {
    let value = value.as_deref()?.trim();
    (!value.is_empty()).then(|| value.to_owned())
}
