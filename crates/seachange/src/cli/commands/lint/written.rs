//! What the rules say of a revision that was just written, and is not compiled yet.

use seachange_cli::{Diagnostic, printable};

use super::figures::Figures;
use super::levels::RuleArgs;
use super::report;
use crate::autogenerate::{GeneratedMigration, registered};
use crate::cli::context::Context;
use crate::impact::measure;
use crate::settings::DatabaseSettings;

/// Measures the generated code after the code of a copy of the tables that it concerns, and prints the findings as
/// warnings. That it cannot be measured is a line of its own: the file is written.
///
/// # Errors
///
/// The levels of the migration crate cannot be read.
pub(in crate::cli::commands) async fn warn_of_findings(
    context: &Context,
    copy: GeneratedMigration,
    migration: GeneratedMigration,
    scratch: &DatabaseSettings,
) -> Result<(), Diagnostic> {
    let (levels, options) = RuleArgs::default().settings(context)?;
    let measured = match measure(&[registered(copy)], &[registered(migration)], scratch).await {
        Ok(measured) => measured,
        Err(error) => {
            let text = format!("what the revision locks is not known: {error}");
            context.terminal.status(printable::name(&text));
            return Ok(());
        }
    };
    for report in report::reports(&measured, &levels, &options, vec![Vec::new()], None, None, &Figures::unread()) {
        report.warn(context);
    }
    Ok(())
}
