//! The options of this program: which crate is meant, and how cargo builds it.

use std::ffi::{OsStr, OsString};

use clap::{Arg, ArgAction, Command};

/// The options, as arguments of cargo.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct BuildOptions {
    /// The package, from `-p`.
    pub(super) package: Option<String>,
    /// The other options, as `cargo build` takes them.
    pub(super) cargo: Vec<OsString>,
}

/// An option of cargo that is passed on.
struct CargoOption {
    long: &'static str,
    short: Option<char>,
    value: Option<&'static str>,
    help: &'static str,
}

const OPTIONS: [CargoOption; 10] = [
    CargoOption {
        long: "package",
        short: Some('p'),
        value: Some("NAME"),
        help: "The migration crate, if there are several",
    },
    CargoOption { long: "release", short: Some('r'), value: None, help: "Build it with the profile `release`" },
    CargoOption { long: "profile", short: None, value: Some("PROFILE"), help: "Build it with this profile" },
    CargoOption { long: "features", short: Some('F'), value: Some("FEATURES"), help: "Build it with these features" },
    CargoOption { long: "all-features", short: None, value: None, help: "Build it with all features" },
    CargoOption {
        long: "no-default-features",
        short: None,
        value: None,
        help: "Build it without its default features",
    },
    CargoOption { long: "target", short: None, value: Some("TRIPLE"), help: "Build it for this platform" },
    CargoOption { long: "locked", short: None, value: None, help: "Build it with `Cargo.lock` as it is" },
    CargoOption { long: "offline", short: None, value: None, help: "Build it without the network" },
    CargoOption { long: "frozen", short: None, value: None, help: "The same as `--locked` and `--offline`" },
];

impl BuildOptions {
    /// Takes the options out of the words before the command; `is_command` tells its name.
    ///
    /// The rest is for the command line of the migration crate. An option without its value stays, for clap to refuse.
    pub(super) fn take(raw: &[OsString], is_command: impl Fn(&str) -> bool) -> (Self, Vec<OsString>) {
        let mut options = Self::default();
        let mut rest: Vec<OsString> = raw.iter().take(1).cloned().collect();
        let mut words = raw.iter().skip(1);
        while let Some(word) = words.next() {
            let text = word.to_string_lossy();
            if is_command(&text) || text == "--" {
                rest.push(word.clone());
                break;
            }
            match OPTIONS.iter().find_map(|option| option.attached(&text).map(|value| (option, value))) {
                None => rest.push(word.clone()),
                Some((option, Some(value))) => options.add(option, Some(OsStr::new(&value))),
                Some((option, None)) if option.value.is_none() => options.add(option, None),
                Some((option, None)) => match words.next() {
                    Some(value) => options.add(option, Some(value)),
                    None => rest.push(word.clone()),
                },
            }
        }
        rest.extend(words.cloned());
        (options, rest)
    }

    fn add(&mut self, option: &CargoOption, value: Option<&OsStr>) {
        if option.long == "package" {
            self.package = value.map(|value| value.to_string_lossy().into_owned());
            return;
        }
        self.cargo.push(format!("--{}", option.long).into());
        self.cargo.extend(value.map(OsStr::to_owned));
    }

    /// Adds the options to the help of the program.
    pub(super) fn augment(command: Command) -> Command {
        command.args(OPTIONS.iter().map(|option| {
            let arg = Arg::new(option.long).long(option.long).help(option.help).help_heading("Migration crate");
            let arg = option.short.map_or(arg.clone(), |short| arg.short(short));
            match option.value {
                Some(name) => arg.value_name(name),
                None => arg.action(ArgAction::SetTrue),
            }
        }))
    }
}

impl CargoOption {
    /// Whether a word is this option, and the value that is attached to it.
    fn attached(&self, word: &str) -> Option<Option<String>> {
        if let Some(after) = word.strip_prefix("--").and_then(|word| word.strip_prefix(self.long)) {
            return match after.strip_prefix('=') {
                Some(value) if self.value.is_some() => Some(Some(value.to_owned())),
                _ => after.is_empty().then_some(None),
            };
        }
        let after = word.strip_prefix('-')?.strip_prefix(self.short?)?;
        match after {
            "" => Some(None),
            value => self.value.map(|_| Some(value.strip_prefix('=').unwrap_or(value).to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::BuildOptions;

    fn check(line: &str, package: Option<&str>, cargo: &[&str], rest: &str) {
        let raw: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let (options, left) = BuildOptions::take(&raw, |word| word == "up" || word == "heads");
        assert_eq!(options.package.as_deref(), package, "{line}");
        assert_eq!(options.cargo, cargo, "{line}");
        assert_eq!(left, rest.split(' ').map(OsString::from).collect::<Vec<_>>(), "{line}");
    }

    #[test]
    fn options_before_the_command_are_for_cargo() {
        check("seachange up", None, &[], "seachange up");
        check("seachange -p shop up -p 3", Some("shop"), &[], "seachange up -p 3");
        check("seachange -pshop --release up", Some("shop"), &["--release"], "seachange up");
        check("seachange --package=shop -q -r up", Some("shop"), &["--release"], "seachange -q up");
        check(
            "seachange -F a,b --profile=dist heads",
            None,
            &["--features", "a,b", "--profile", "dist"],
            "seachange heads",
        );
        check(
            "seachange --database-url x --offline up --locked",
            None,
            &["--offline"],
            "seachange --database-url x up --locked",
        );
        check("seachange -p", None, &[], "seachange -p");
        check("seachange --releases up", None, &[], "seachange --releases up");
    }
}
