//! The levels of the rules: what the options and the migration crate set.

use clap::Args;
use seachange_cli::{Diagnostic, crate_config::CrateConfig, printable};

use crate::cli::context::Context;
use crate::impact::{Level, Levels, RULES, Rule};

/// The arguments that set levels.
#[derive(Debug, Default, Args)]
pub(super) struct RuleArgs {
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
    /// The levels that the options set, and those that the migration crate sets.
    pub(super) fn levels(&self, context: &Context) -> Result<Levels, Diagnostic> {
        let mut levels = Levels::new();
        let place = "`[package.metadata.seachange.lint]`";
        for (id, word) in CrateConfig::read(&context.project.manifest_dir)?.lint {
            let level = Level::read(&word).ok_or_else(|| {
                Diagnostic::usage(format!("{place} has no level `{}`", printable::name(&word)))
                    .hint("the levels are `allow`, `warn` and `deny`")
            })?;
            levels.insert(named(&id, place)?.id, level);
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
        Ok(levels)
    }
}

/// The rule that a user names; `place` is where.
fn named(id: &str, place: &str) -> Result<&'static Rule, Diagnostic> {
    Rule::find(id).ok_or_else(|| {
        let rules: Vec<String> = RULES.iter().map(|rule| format!("`{}`", rule.id)).collect();
        let message = format!("{place} names no rule: `{}`", printable::name(id));
        Diagnostic::usage(message).hint(format!("the rules are {}", rules.join(", ")))
    })
}
