//! The arguments themselves, with their help texts.

use std::ffi::OsString;

use clap::Args;

use crate::settings::DatabaseVariables;

// The arguments that clap reads. Values stay text here: the settings check them, and name the variable. This struct
// has no doc comment, because clap would use it as the description of the program that flattens the struct.
#[derive(Args)]
pub(super) struct DatabaseFlags {
    /// Database to use, as a URL
    ///
    /// Accepts `sqlite:data/app.db`, `postgres://user:password@host:5432/name` and `mysql://...`, and SQLAlchemy's
    /// spellings such as `postgresql+psycopg2://...`. In a URL, reserved characters of the password are
    /// percent-encoded (`/` is `%2F`); in the separate settings below they are not. Without any setting, the database
    /// is the SQLite file `data/app.db`.
    #[arg(
        long,
        env = "DATABASE_URL",
        value_name = "URL",
        global = true,
        help_heading = "Database",
        hide_env_values = true
    )]
    database_url: Option<String>,

    /// Driver, instead of a URL: sqlite, postgres, mysql or mariadb
    ///
    /// The other settings then name the database in parts. Values in them are not percent-encoded.
    #[arg(
        long,
        env = "DATABASE_DRIVER",
        value_name = "DRIVER",
        global = true,
        help_heading = "Database",
        hide_env_values = true,
        hide_short_help = true
    )]
    database_driver: Option<String>,

    /// Server's host name, address, or the path of its Unix socket
    ///
    /// A path is the folder of the socket for PostgreSQL (`/var/run/postgresql`), and the socket itself for
    /// MySQL (`/run/mysqld/mysqld.sock`).
    #[arg(
        long,
        env = "DATABASE_HOSTNAME",
        value_name = "HOST",
        global = true,
        help_heading = "Database",
        hide_env_values = true,
        hide_short_help = true
    )]
    database_hostname: Option<String>,

    /// Server's port [default: that of the driver, 5432 or 3306]
    #[arg(
        long,
        env = "DATABASE_PORT",
        value_name = "PORT",
        global = true,
        help_heading = "Database",
        hide_env_values = true,
        hide_short_help = true
    )]
    database_port: Option<String>,

    /// User to connect as
    #[arg(
        long,
        env = "DATABASE_USERNAME",
        value_name = "USER",
        global = true,
        help_heading = "Database",
        hide_env_values = true,
        hide_short_help = true
    )]
    database_username: Option<String>,

    /// Password, not percent-encoded
    ///
    /// Other users of this computer can read a command line: prefer the variable, or a file.
    #[arg(
        long,
        env = "DATABASE_PASSWORD",
        value_name = "PASSWORD",
        global = true,
        help_heading = "Database",
        hide_env_values = true,
        hide_short_help = true
    )]
    database_password: Option<String>,

    /// File that holds the password, such as a mounted secret
    ///
    /// A line break at its end is removed. Cannot be combined with a password.
    #[arg(
        long,
        env = "DATABASE_PASSWORD_FILE",
        value_name = "PATH",
        global = true,
        help_heading = "Database",
        hide_env_values = true,
        hide_short_help = true
    )]
    database_password_file: Option<String>,

    /// Database on the server, or the path of a SQLite file (`:memory:` for a database in memory)
    #[arg(
        long,
        env = "DATABASE_NAME",
        value_name = "NAME",
        global = true,
        help_heading = "Database",
        hide_env_values = true,
        hide_short_help = true
    )]
    database_name: Option<String>,

    /// PostgreSQL schema to work in [default: the server's search path]
    ///
    /// It becomes the only entry of the search path.
    #[arg(
        long,
        env = "DATABASE_SCHEMA",
        value_name = "SCHEMA",
        global = true,
        help_heading = "Database",
        hide_env_values = true,
        hide_short_help = true
    )]
    database_schema: Option<String>,

    /// Encryption: disable, prefer, require, verify-ca or verify-full
    ///
    /// By default, the driver encrypts if the server can. Only verify-ca and verify-full check the server's
    /// certificate.
    #[arg(
        long,
        env = "DATABASE_TLS_MODE",
        value_name = "MODE",
        global = true,
        help_heading = "Database",
        hide_env_values = true,
        hide_short_help = true
    )]
    database_tls_mode: Option<String>,

    /// Certificates of the authorities to trust, as a PEM file
    ///
    /// Implies verify-full unless a mode is given.
    #[arg(
        long,
        env = "DATABASE_TLS_CA_FILE",
        value_name = "PATH",
        global = true,
        help_heading = "Database",
        hide_env_values = true,
        hide_short_help = true
    )]
    database_tls_ca_file: Option<String>,

    /// File with environment variables, instead of `.env` [it must exist]
    ///
    /// Without it, `.env` is searched in the working directory and those above it. A variable that is already set
    /// keeps its value.
    // `env_file::load` reads it from the raw arguments, before clap reads the environment.
    #[arg(long, env = super::env_file::VARIABLE, value_name = "PATH", global = true, help_heading = "Database")]
    env_file: Option<OsString>,
}

impl DatabaseFlags {
    /// Returns the values, without those whose argument `is_left_out` excludes.
    pub(super) fn into_variables(self, is_left_out: impl Fn(&str) -> bool) -> DatabaseVariables {
        let keep = |value: Option<String>, id| value.filter(|_| !is_left_out(id));
        DatabaseVariables {
            url: keep(self.database_url, "database_url"),
            driver: keep(self.database_driver, "database_driver"),
            hostname: keep(self.database_hostname, "database_hostname"),
            port: keep(self.database_port, "database_port"),
            username: keep(self.database_username, "database_username"),
            password: keep(self.database_password, "database_password"),
            password_file: keep(self.database_password_file, "database_password_file"),
            name: keep(self.database_name, "database_name"),
            schema: keep(self.database_schema, "database_schema"),
            tls_mode: keep(self.database_tls_mode, "database_tls_mode"),
            tls_ca_file: keep(self.database_tls_ca_file, "database_tls_ca_file"),
        }
    }
}
