//! Settings by name: several databases in one environment, of which an argument chooses one.

use std::env;
use std::ffi::OsString;

use thiserror::Error;

/// The beginning of the names of the variables that name a database.
const VARIABLES: &str = "DATABASE_";

/// The variables that name a database, without [`VARIABLES`].
const SETTINGS: [&str; 11] = [
    "URL",
    "DRIVER",
    "HOSTNAME",
    "PORT",
    "USERNAME",
    "PASSWORD",
    "PASSWORD_FILE",
    "NAME",
    "SCHEMA",
    "TLS_MODE",
    "TLS_CA_FILE",
];

/// Names whose variables mean something else: `TEST_DATABASE_URL`, `SCRATCH_DATABASE_URL`.
const RESERVED: [&str; 2] = ["TEST_", "SCRATCH_"];

/// Settings of a name that cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NamedSettingsError {
    /// No variable with this beginning is set.
    #[error("there are no settings called `{name}`: no variable such as `{variable}` is set")]
    Unknown {
        /// The name.
        name: String,
        /// The variable that could be set.
        variable: String,
    },
    /// The variables of this name mean something else.
    #[error("settings cannot be called `{name}`: `{variable}` names the server of test or scratch databases")]
    Reserved {
        /// The name.
        name: String,
        /// The variable.
        variable: String,
    },
    /// A value cannot be used.
    #[error("the variable `{variable}` is not valid UTF-8")]
    NotUnicode {
        /// The variable.
        variable: String,
    },
}

/// Puts the settings that the arguments name in the place of the others: with `-n billing` (`--settings billing`),
/// `BILLING_DATABASE_URL` is read as `DATABASE_URL`, and so on. Variables such as `DATABASE_URL` itself have no effect
/// then, so that a command never reaches a database of another name. Returns the name, if there is one.
///
/// Takes the raw arguments of the process, and sets environment variables: call it after
/// [`env_file::load`](super::env_file::load), before any thread is started.
///
/// # Errors
///
/// No such variable is set.
pub fn select(arguments: impl IntoIterator<Item = OsString>) -> Result<Option<String>, NamedSettingsError> {
    let Some(name) = named_in(arguments) else { return Ok(None) };
    let prefix = prefix(&name);
    if RESERVED.contains(&&*prefix) {
        return Err(NamedSettingsError::Reserved { variable: format!("{prefix}{VARIABLES}URL"), name });
    }
    let mut lines = String::new();
    let mut is_known = false;
    for setting in SETTINGS {
        let variable = format!("{prefix}{VARIABLES}{setting}");
        let value = match env::var(&variable) {
            Ok(value) => value,
            Err(env::VarError::NotPresent) => String::new(),
            Err(env::VarError::NotUnicode(_)) => return Err(NamedSettingsError::NotUnicode { variable }),
        };
        is_known |= !value.is_empty();
        lines.push_str(&format!("{VARIABLES}{setting}={}\n", quoted(&value)));
    }
    if !is_known {
        return Err(NamedSettingsError::Unknown { variable: format!("{prefix}{VARIABLES}URL"), name });
    }
    // The text is in the format that is read here.
    let _ = dotenvy::from_read_override(lines.as_bytes());
    Ok(Some(name))
}

/// `billing-eu` is `BILLING_EU_` in the names of variables.
fn prefix(name: &str) -> String {
    let character =
        |character: char| if character.is_ascii_alphanumeric() { character.to_ascii_uppercase() } else { '_' };
    name.chars().map(character).collect::<String>() + "_"
}

/// Finds `-n NAME`, `-nNAME`, `--settings NAME` or `--settings=NAME` before a `--`.
fn named_in(arguments: impl IntoIterator<Item = OsString>) -> Option<String> {
    let words = arguments.into_iter().skip(1).map(|word| word.to_string_lossy().into_owned());
    let mut words = words.take_while(|word| word != "--");
    while let Some(word) = words.next() {
        // If the name is missing, clap reports a better message.
        if word == "-n" || word == "--settings" {
            return words.next().filter(|name| !name.is_empty());
        }
        let attached = word.strip_prefix("--settings=").or_else(|| word.strip_prefix("-n"));
        if let Some(name) = attached.map(|name| name.trim_start_matches('=')) {
            return Some(name.to_owned()).filter(|name| !name.is_empty());
        }
    }
    None
}

/// A value as dotenvy reads it.
fn quoted(value: &str) -> String {
    let escaped = value.chars().flat_map(|character| match character {
        '\\' | '"' | '$' => vec!['\\', character],
        '\n' => vec!['\\', 'n'],
        character => vec![character],
    });
    format!("\"{}\"", escaped.collect::<String>())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::ffi::OsString;

    use proptest::prelude::{prop_assert_eq, proptest};

    use super::{named_in, prefix, quoted};

    #[test]
    fn the_name_is_found_where_clap_finds_it() {
        let check = |line: &str, expected: Option<&str>| {
            assert_eq!(named_in(line.split(' ').map(OsString::from)).as_deref(), expected, "{line}");
        };
        check("migration up", None);
        check("migration -n billing up", Some("billing"));
        check("migration up -nbilling", Some("billing"));
        check("migration up --settings=eu-1 -v", Some("eu-1"));
        check("migration up --settings eu", Some("eu"));
        check("migration revision -- -n x", None);
        check("migration up -n", None);
        assert_eq!(prefix("eu-1"), "EU_1_");
    }

    proptest! {
        #[test]
        fn a_value_is_read_as_it_was(value in r#"[ -~é
    ]*"#) {
            let line = format!("A={}\n", quoted(&value));
            let read = dotenvy::from_read_iter(line.as_bytes()).next().unwrap().unwrap();
            prop_assert_eq!(read.1, value);
        }
    }
}
