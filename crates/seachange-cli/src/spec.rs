//! The command line of the programs of migration crates, as data.
//!
//! `commands.json` beside this file is written by a test of the engine, which defines these commands. So this program
//! prints their help, completes them in a shell and rejects a wrong option without the engine.

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, ArgAction, ArgGroup, Command};
use serde::{Deserialize, Serialize};

/// The command line that this version of the program knows.
pub const COMMANDS: &str = include_str!("commands.json");

/// A command, or a program with its commands.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandSpec {
    name: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    aliases: Vec<String>,
    about: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    long_about: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after_help: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    args: Vec<ArgSpec>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    groups: Vec<GroupSpec>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    commands: Vec<CommandSpec>,
    /// Whether one of the commands has to follow.
    #[serde(default, skip_serializing_if = "is_false")]
    requires_command: bool,
}

/// A group of which one argument has to be given.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct GroupSpec {
    id: String,
    args: Vec<String>,
}

/// An argument.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct ArgSpec {
    id: String,
    long: Option<String>,
    short: Option<char>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    aliases: Vec<String>,
    help: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    long_help: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    heading: Option<String>,
    /// The names of its values; empty for a flag.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    values: Vec<String>,
    /// The values that it can have, each with its help.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    possible: Vec<(String, Option<String>)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    default: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    env: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delimiter: Option<char>,
    #[serde(skip_serializing_if = "is_false")]
    is_repeated: bool,
    #[serde(skip_serializing_if = "is_false")]
    is_many: bool,
    #[serde(skip_serializing_if = "is_false")]
    is_required: bool,
    #[serde(skip_serializing_if = "is_false")]
    is_global: bool,
    #[serde(skip_serializing_if = "is_false")]
    is_optional_value: bool,
    #[serde(skip_serializing_if = "is_false")]
    allows_hyphens: bool,
    #[serde(skip_serializing_if = "is_false")]
    allows_negative: bool,
    #[serde(skip_serializing_if = "is_false")]
    is_hidden: bool,
    #[serde(skip_serializing_if = "is_false")]
    is_in_long_help: bool,
    #[serde(skip_serializing_if = "is_false")]
    hides_env_value: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde takes")]
fn is_false(value: &bool) -> bool {
    !value
}

impl CommandSpec {
    /// Describes a command line.
    pub fn of(command: &Command) -> Self {
        let text = |text: Option<&clap::builder::StyledStr>| text.map(ToString::to_string);
        let own = |arg: &&Arg| !matches!(arg.get_id().as_str(), "help" | "version");
        let args = command.get_arguments().filter(own).map(ArgSpec::of).collect();
        let groups = command.get_groups().filter(|group| group.is_required_set()).map(|group| GroupSpec {
            id: group.get_id().to_string(),
            args: group.get_args().map(ToString::to_string).collect(),
        });
        Self {
            name: command.get_name().to_owned(),
            aliases: command.get_visible_aliases().map(str::to_owned).collect(),
            about: text(command.get_about()),
            long_about: text(command.get_long_about()),
            after_help: text(command.get_after_help()),
            args,
            groups: groups.collect(),
            commands: command.get_subcommands().map(Self::of).collect(),
            requires_command: command.is_subcommand_required_set(),
        }
    }

    /// The command line that is described; `typed` adds the arguments that a type defines, which are left out here.
    pub fn command(&self, typed: &dyn Fn(&str, Command) -> Command) -> Command {
        let mut command = typed(&self.name, Command::new(self.name.clone())).visible_aliases(self.aliases.clone());
        command = self.about.iter().fold(command, |command, about| command.about(about));
        command = self.long_about.iter().fold(command, |command, about| command.long_about(about));
        command = self.after_help.iter().fold(command, |command, help| command.after_help(help));
        let is_new = |command: &Command, id: &str| !command.get_arguments().any(|arg| arg.get_id().as_str() == id);
        let args: Vec<Arg> = self.args.iter().filter(|arg| is_new(&command, &arg.id)).map(ArgSpec::arg).collect();
        let groups = self.groups.iter().filter(|group| !command.get_groups().any(|known| known.get_id() == &*group.id));
        let groups: Vec<ArgGroup> =
            groups.map(|group| ArgGroup::new(group.id.clone()).args(group.args.clone()).required(true)).collect();
        command = command.args(args).groups(groups);
        command = command.subcommands(self.commands.iter().map(|spec| spec.command(typed)));
        if self.requires_command {
            command = command.subcommand_required(true).arg_required_else_help(true);
        }
        command
    }
}

impl ArgSpec {
    fn of(arg: &Arg) -> Self {
        let has_values = arg.get_action().takes_values();
        let possible = if has_values { arg.get_possible_values() } else { Vec::new() };
        let range = arg.get_num_args();
        let names = || {
            arg.get_value_names()
                .map_or_else(|| vec![arg.get_id().to_string()], |names| names.iter().map(ToString::to_string).collect())
        };
        Self {
            id: arg.get_id().to_string(),
            long: arg.get_long().map(str::to_owned),
            short: arg.get_short(),
            aliases: arg.get_visible_aliases().unwrap_or_default().into_iter().map(str::to_owned).collect(),
            help: arg.get_help().map(ToString::to_string),
            long_help: arg.get_long_help().map(ToString::to_string),
            heading: arg.get_help_heading().map(str::to_owned),
            values: if has_values { names() } else { Vec::new() },
            possible: possible
                .iter()
                .map(|value| (value.get_name().to_owned(), value.get_help().map(ToString::to_string)))
                .collect(),
            default: if has_values {
                arg.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect()
            } else {
                Vec::new()
            },
            env: arg.get_env().map(|name| name.to_string_lossy().into_owned()),
            delimiter: arg.get_value_delimiter(),
            is_repeated: matches!(arg.get_action(), ArgAction::Append | ArgAction::Count),
            is_many: range.is_some_and(|range| range.max_values() > 1),
            is_optional_value: range.is_some_and(|range| range.min_values() == 0) && has_values,
            is_required: arg.is_required_set(),
            is_global: arg.is_global_set(),
            allows_hyphens: arg.is_allow_hyphen_values_set(),
            allows_negative: arg.is_allow_negative_numbers_set(),
            is_hidden: arg.is_hide_set(),
            is_in_long_help: arg.is_hide_short_help_set(),
            hides_env_value: arg.is_hide_env_values_set(),
        }
    }

    fn arg(&self) -> Arg {
        let mut arg = Arg::new(self.id.clone());
        arg = self.long.iter().fold(arg, |arg, long| arg.long(long));
        arg = self.short.iter().fold(arg, |arg, short| arg.short(*short));
        arg = arg.visible_aliases(self.aliases.clone());
        arg = self.help.iter().fold(arg, |arg, help| arg.help(help));
        arg = self.long_help.iter().fold(arg, |arg, help| arg.long_help(help));
        arg = self.heading.iter().fold(arg, |arg, heading| arg.help_heading(heading.clone()));
        arg = self.env.iter().fold(arg, |arg, env| arg.env(env));
        arg = arg
            .required(self.is_required)
            .global(self.is_global)
            .hide(self.is_hidden)
            .hide_short_help(self.is_in_long_help)
            .hide_env_values(self.hides_env_value);
        if self.values.is_empty() {
            return arg.action(if self.is_repeated { ArgAction::Count } else { ArgAction::SetTrue });
        }
        if !self.possible.is_empty() {
            let value = |(name, help): &(String, Option<String>)| {
                help.iter().fold(PossibleValue::new(name.clone()), |value, help| value.help(help))
            };
            arg = arg.value_parser(PossibleValuesParser::new(self.possible.iter().map(value)));
        }
        arg = self.delimiter.iter().fold(arg, |arg, delimiter| arg.value_delimiter(*delimiter));
        arg = match (self.is_optional_value, self.is_many) {
            (true, true) => arg.num_args(0..),
            (false, true) => arg.num_args(1..),
            (true, false) => arg.num_args(0..=1),
            (false, false) => arg,
        };
        arg.value_names(self.values.clone())
            .default_values(self.default.clone())
            .allow_hyphen_values(self.allows_hyphens)
            .allow_negative_numbers(self.allows_negative)
            .action(if self.is_repeated { ArgAction::Append } else { ArgAction::Set })
    }
}
