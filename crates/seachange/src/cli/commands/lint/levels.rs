//! The levels of the rules: what the options and the migration crate set.

use clap::Args;
use seachange_cli::{Diagnostic, crate_config::CrateConfig, printable};

use crate::cli::context::Context;
use crate::impact::{Level, Levels, RULES, Rule, RuleOptions};

/// The arguments that set levels.
#[derive(Debug, Default, Args)]
pub(in crate::cli::commands) struct RuleArgs {
    /// Leave out what a rule finds; may be repeated
    #[arg(long, value_name = "RULE", help_heading = "Rules")]
    allow: Vec<String>,
    /// Report what a rule finds as a warning; may be repeated
    #[arg(long, value_name = "RULE", help_heading = "Rules")]
    warn: Vec<String>,
    /// Report what a rule finds as an error; may be repeated
    #[arg(long, value_name = "RULE", help_heading = "Rules")]
    deny: Vec<String>,
}

impl RuleArgs {
    /// The levels that the options and the migration crate set, and the other settings of the rules.
    pub(in crate::cli::commands) fn settings(&self, context: &Context) -> Result<(Levels, RuleOptions), Diagnostic> {
        let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let mut levels = Levels::new();
        let mut options = RuleOptions::of_runs(is_set("MIGRATE_LOCK_TIMEOUT"), is_set("MIGRATE_STATEMENT_TIMEOUT"));
        let place = "`[package.metadata.seachange.lint]`";
        let config = CrateConfig::read(&context.project.manifest_dir)?;
        options.small_table_rows = config.small_table_rows;
        for (id, config) in config.lint {
            let rule = named(&id, place)?;
            for (name, value) in &config.options {
                options.set(rule, name, value).map_err(|expected| {
                    let shown = printable::name(name);
                    Diagnostic::usage(format!("`{id}` in {place} has a wrong option `{shown}`")).hint(expected)
                })?;
            }
            let Some(word) = config.level else { continue };
            let level = Level::read(&word).ok_or_else(|| {
                Diagnostic::usage(format!("{place} has no level `{}`", printable::name(&word)))
                    .hint("the levels are `allow`, `warn` and `deny`")
            })?;
            levels.insert(rule.id, level);
        }
        for (option, ids, level) in [
            ("--allow", &self.allow, Level::Allow),
            ("--warn", &self.warn, Level::Warn),
            ("--deny", &self.deny, Level::Deny),
        ] {
            for id in ids {
                levels.insert(named(id, &format!("`{option}`"))?.id, level);
            }
        }
        Ok((levels, options))
    }
}

/// The rule that a user names; `place` is where.
pub(super) fn named(id: &str, place: &str) -> Result<&'static Rule, Diagnostic> {
    Rule::find(id).ok_or_else(|| {
        let rules: Vec<String> = RULES.iter().map(|rule| format!("`{}`", rule.id)).collect();
        let message = format!("{place} names no rule: `{}`", printable::name(id));
        Diagnostic::usage(message).hint(format!("the rules are {}", rules.join(", ")))
    })
}
