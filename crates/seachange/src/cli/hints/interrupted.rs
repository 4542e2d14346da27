//! An interrupted revision: what it has done, what is unknown, and how to continue.

use seachange_cli::{Diagnostic, Exit, printable};
use seachange_graph::Direction;

use crate::error::InterruptedRevision;
use crate::journal::StatementOutcome;

/// The maximum number of finished statements in the list, and the maximum length of each.
const LISTED: usize = 12;
const WIDTH: usize = 100;

const ALL_OR_NONE: &str = "check the database, then `repair --resume --ran` if all of them took effect; otherwise revert by hand \
     what they did, then `repair --resume --not-run`";

/// An interrupted revision that stops a command.
pub(super) fn interrupted(
    problem: Diagnostic,
    direction: Direction,
    known: Option<&InterruptedRevision>,
) -> Diagnostic {
    match known {
        Some(known) => hints(known).into_iter().fold(facts(problem, known), Diagnostic::hint),
        None => problem.hint("`repair` shows what it has done").hint(by_hand(direction)),
    }
}

/// The error for a statement of which the user must say whether it took effect.
pub(super) fn in_doubt(known: &InterruptedRevision) -> Diagnostic {
    let message = format!("it is unknown whether {} of `{}` took effect", known.doubtful(), known.revision);
    facts(Diagnostic::new(Exit::Mismatch, message), known).hint(match known.in_doubt.len() {
        1 => "check the database, then `repair --resume --ran` if it did, or `repair --resume --not-run` if it did not",
        _ => ALL_OR_NONE,
    })
}

/// A revision that a script has begun, which only the user can finish or revert.
pub(super) fn unjournalled(problem: Diagnostic, known: &InterruptedRevision) -> Diagnostic {
    hints(known).into_iter().fold(problem, Diagnostic::hint)
}

/// The known facts about the revision, one line each.
fn facts(problem: Diagnostic, known: &InterruptedRevision) -> Diagnostic {
    lines(known).into_iter().fold(problem, Diagnostic::detail)
}

/// What an interrupted revision has done, and which statement is in doubt.
pub(crate) fn lines(known: &InterruptedRevision) -> Vec<String> {
    let mut lines = vec![match known.finished.len() {
        _ if known.is_of_script() => {
            "a script began it; scripts keep no journal, so it is unknown which statements took effect".to_owned()
        }
        0 => "no statement of it is known to have taken effect".to_owned(),
        1 => "1 statement of it took effect:".to_owned(),
        count => format!("{count} statements of it took effect:"),
    }];
    let hidden = known.finished.len().saturating_sub(LISTED);
    if hidden > 0 {
        lines.push(format!("   … {hidden} before these"));
    }
    lines.extend(
        known
            .finished
            .iter()
            .skip(hidden)
            .map(|entry| format!("   {}. {}", entry.number, printable::one_line(&entry.sql, WIDTH))),
    );
    for entry in &known.refused {
        lines.push(format!(
            "the database refused statement {}: {}",
            entry.number,
            printable::one_line(&entry.sql, WIDTH)
        ));
    }
    let words = if known.in_doubt.len() == 1 { "was running" } else { "is in doubt" };
    for (entry, verdict) in &known.in_doubt {
        lines.push(format!("statement {} {words}: {}", entry.number, printable::one_line(&entry.sql, WIDTH)));
        lines.push(format!("   {verdict}"));
    }
    lines
}

/// The ways to continue.
pub(crate) fn hints(known: &InterruptedRevision) -> [&'static str; 2] {
    let rest = match known.in_doubt.as_slice() {
        _ if known.is_of_script() => "the output of the script shows at which statement it stopped",
        [(_, StatementOutcome::Half(_))] => "revert by hand what that statement did, then `repair --resume --not-run`",
        [(_, StatementOutcome::Unknown)] => {
            "check the database, then `repair --resume --ran` if it took effect, or `repair --resume --not-run`"
        }
        [(_, StatementOutcome::NotRun(_))] => "`repair --resume` runs that statement again, and the rest",
        [_, _, ..] => ALL_OR_NONE,
        _ if known.finished.is_empty() => "`repair --resume` runs it",
        _ => "`repair --resume` runs the rest of it",
    };
    [rest, by_hand(known.direction)]
}

pub(super) fn by_hand(direction: Direction) -> &'static str {
    match direction {
        Direction::Upgrade => {
            "or revert by hand what it did, then `repair --rolled-back`; or finish it by hand, then `repair --applied`"
        }
        Direction::Downgrade => {
            "or finish it by hand, then `repair --rolled-back`; or revert by hand what it did, then `repair --applied`"
        }
    }
}
