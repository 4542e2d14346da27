//! Hints for revisions that cannot be squashed.

use seachange_cli::{Diagnostic, Exit, printable};

use super::autogenerate;
use crate::autogenerate::squash::{DataStatement, SquashError};

/// How many statements are listed.
const LISTED: usize = 20;

pub(crate) fn problem(error: &SquashError) -> Diagnostic {
    let plain = |exit| Diagnostic::new(exit, printable::name(&error.to_string()));
    let nothing = "nothing was written";
    match error {
        SquashError::Autogenerate(error) => autogenerate::problem(error),
        SquashError::Revision { file, .. } => plain(Exit::Revision)
            .detail(printable::name(&format!("its file is `{file}`; {nothing}")))
            .hint("a range that begins above this revision, or ends below it, can be squashed"),
        SquashError::Omitted { objects } => lines(plain(Exit::Incomplete), objects)
            .hint("squash a range that ends before they are created, and leave their revision as it is"),
        SquashError::Schema(_) => plain(Exit::Failure).detail(nothing).hint("squash a shorter range"),
        SquashError::Statement { statement, .. } => plain(Exit::Differs)
            .detail(printable::name(&described(statement)))
            .detail(nothing)
            .hint(format!(
                "the statement needs the schema of its own revision: end the range before the revisions that change it, or \
                 begin it above `{}`",
                statement.revision
            )),
        SquashError::DependsOnRows { file, .. } => plain(Exit::Differs)
            .detail(printable::name(&format!("its file is `{file}`; {nothing}")))
            .hint("a range that begins at the base can contain it: there every database has the same rows"),
        SquashError::SchemaDiffers { differences } => {
            lines(plain(Exit::Differs), differences).detail(nothing).hint("squash a shorter range")
        }
        SquashError::RowsDiffer { places, data } => {
            let listed: Vec<String> = data.iter().map(described).collect();
            lines(lines(plain(Exit::Differs), places), &listed)
                .detail(nothing)
                .hint("the rows depend on changes of the schema between these statements: squash shorter ranges around them")
        }
    }
}

fn described(statement: &DataStatement) -> String {
    format!("{}, {}: {}", statement.revision, statement.file, statement.text)
}

/// Adds a line for each text, up to a number of them.
fn lines(problem: Diagnostic, texts: &[String]) -> Diagnostic {
    let shown = texts.iter().take(LISTED).fold(problem, |problem, text| problem.detail(printable::name(text)));
    match texts.len().checked_sub(LISTED).filter(|more| *more > 0) {
        Some(more) => shown.detail(format!("{more} more")),
        None => shown,
    }
}
