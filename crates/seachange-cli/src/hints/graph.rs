//! Hints for targets, plans and the applied set.

use seachange_graph::error::quoted;
use seachange_graph::{
    AppliedError, Direction, HistoryError, LookupError, ParseTargetError, PlanError, RESERVED, RangeError,
    ResolveError, Target,
};

use crate::diagnostic::{Diagnostic, SPELLED_OUT};
use crate::exit::Exit;
use crate::printable;

fn target(error: &ParseTargetError) -> Diagnostic {
    let problem = Diagnostic::usage(error.to_string());
    let problem = if error.text.is_empty() {
        problem
    } else {
        let before = error.text.get(..error.place.start).unwrap_or_default().chars().count();
        let marked = error.text.get(error.place.clone()).unwrap_or_default().chars().count();
        problem.detail(&error.text).detail(format!("{}{}", " ".repeat(before), "^".repeat(marked.max(1))))
    };
    if error.text.contains(':') {
        return problem.hint("`history -r` and `--sql` take a range such as `A:B`; here, name one end");
    }
    problem
        .hint("a target is `head`, `heads`, `base`, `+N`, `-N`, a label, or a revision id or the beginning of one")
        .hint("it can count from a place, such as `ae10+2`, and be limited to a branch, such as `label@head`")
}

fn range(error: &RangeError) -> Diagnostic {
    match error {
        RangeError::Target(error) => target(error),
        _ => Diagnostic::usage(error.to_string()).hint("for example `base:current`, `ae10:`, `:head`, or `-3:`"),
    }
}

fn history(error: &HistoryError) -> Diagnostic {
    match error {
        HistoryError::Resolve(error) => resolve(error),
        HistoryError::NotBelow { range, is_reversed, .. } => {
            let problem = Diagnostic::usage(error.to_string());
            match (&range.from, &range.to) {
                (Some(from), Some(to)) if *is_reversed => {
                    problem.hint(format!("the lower end comes first: `{to}:{from}`"))
                }
                _ => problem.hint("`history --graph` shows which lines there are"),
            }
        }
        _ => Diagnostic::usage(error.to_string()),
    }
}

fn plan(error: &PlanError) -> Diagnostic {
    let problem = Diagnostic::usage(error.to_string());
    match error {
        PlanError::Resolve(error) => resolve(error),
        PlanError::NotApplied { .. } => problem.hint("`status` shows what is applied"),
        PlanError::ReplacedMissing { squash, .. } => Diagnostic::new(Exit::Mismatch, error.to_string())
            .hint(format!("upgrade the database past `{squash}` with a program that still contains these revisions"))
            .hint("or restore their files, and run `up`: they may stand beside the new revision"),
        PlanError::BelowSquash { squash, .. } => problem
            .hint(format!("a backup from before `{squash}` is the way back; `down {squash}` reverts what is above it")),
        PlanError::InsideSquash { squash } => {
            problem.hint(format!("`up {squash}` applies the others that it replaces"))
        }
        PlanError::Replaced { squash, .. } => problem.hint(format!("name `{squash}` instead")),
        PlanError::WrongWay { direction: Direction::Upgrade, .. } => problem.hint("`down` reverts revisions"),
        PlanError::WrongWay { direction: Direction::Downgrade, .. } => problem.hint("`up` applies revisions"),
        _ => problem,
    }
}

fn resolve(error: &ResolveError) -> Diagnostic {
    let problem = Diagnostic::usage(error.to_string());
    match error {
        ResolveError::Find(error) => find(error),
        ResolveError::SeveralHeads { .. } => {
            problem.hint("say `heads` for all of them, or name one").hint("`heads` shows what each of them does")
        }
        ResolveError::SeveralStarts { target, starts } => problem.hint(several_starts(target, starts)),
        ResolveError::TooFar { target, .. } if target.is_relative() => {
            problem.hint("`status` shows the current revisions")
        }
        ResolveError::TooFar { .. } => problem.hint("`history` shows what comes before and after it"),
        ResolveError::SeveralWays { target, candidates, made, .. } if target.steps() < 0 => problem.hint(format!(
            "the first {made} lead to {}; choose the one to follow, for example `{}@-1`",
            quoted(candidates),
            candidates.first().map_or("ID", String::as_str)
        )),
        ResolveError::SeveralWays { candidates, .. } => {
            problem.hint(format!("name the one to go to: {}", either(candidates)))
        }
        _ => problem,
    }
}

fn either(ids: &[String]) -> String {
    ids.iter().take(SPELLED_OUT).map(|id| format!("`{id}`")).collect::<Vec<_>>().join(" or ")
}

/// Lists the targets with the revisions that the steps can be counted from, limited to the branch. One step below a
/// revision would revert everything above the lower revision.
fn several_starts(target: &Target, starts: &[String]) -> String {
    let steps = target.steps();
    let place = |start: &String| if target.is_relative() { String::new() } else { start.clone() };
    let spelled: Vec<String> = starts.iter().map(|start| format!("{start}@{}{steps:+}", place(start))).collect();
    format!("name the revision to count from: {}", either(&spelled))
}

/// The reserved word that a text spells in another case: `HEAD`.
fn reserved(text: &str) -> Option<&'static str> {
    RESERVED.into_iter().find(|word| word.eq_ignore_ascii_case(text))
}

fn find(error: &LookupError) -> Diagnostic {
    let problem = Diagnostic::usage(error.to_string());
    match error {
        LookupError::Unknown { text, similar, .. } if !similar.is_empty() && reserved(text).is_none() => {
            problem.hint(format!("did you mean {}?", either(similar)))
        }
        LookupError::Unknown { text, .. } => match reserved(text) {
            Some(word) => problem.hint(format!("did you mean `{word}`? Words are written in lower case")),
            None => problem.hint("`history` lists the revisions"),
        },
        LookupError::Ambiguous { .. } => problem.hint("write more of the id"),
        LookupError::NotOnBranch { branch, .. } => {
            problem.hint(format!("`history -r {branch}@base:` lists the branch, and what it depends on"))
        }
        _ => problem,
    }
}

/// A database that a newer program has migrated, for a command that has no `--ahead allow`.
pub fn ahead(unknown: &[String], hint: &str) -> Diagnostic {
    let error = AppliedError::Ahead { unknown: unknown.to_vec() };
    Diagnostic::new(Exit::Mismatch, printable::name(&error.to_string())).hint(hint)
}

fn applied(error: &AppliedError) -> Diagnostic {
    let problem = Diagnostic::new(Exit::Mismatch, printable::name(&error.to_string()));
    match error {
        AppliedError::Ahead { .. } => problem
            .hint("a newer program migrated it: run that one, or rebuild this one")
            .hint("`up --ahead allow` ignores the unknown revisions, and applies the rest"),
        AppliedError::Diverged { .. } => problem
            .hint("the files of these revisions are not part of this program: restore them, or use another database")
            .hint("if the database is correct and its record is wrong, `stamp --purge REVISION` rewrites the record"),
        AppliedError::Missing { missing, current, .. } => problem
            .hint("they were inserted below applied revisions; `up --include-missing` applies them now")
            .hint(format!("or make the changes of {} by hand, then `stamp {}`", quoted(missing), current.join(" "))),
        _ => problem,
    }
}

/// Converts errors of the graph to the form that a command line prints.
macro_rules! diagnostics {
    ($($error:ty => $convert:path),* $(,)?) => {
        $(impl From<$error> for Diagnostic {
            fn from(error: $error) -> Self {
                $convert(&error)
            }
        })*
    };
}

diagnostics! {
    ParseTargetError => target,
    RangeError => range,
    HistoryError => history,
    PlanError => plan,
    ResolveError => resolve,
    AppliedError => applied,
}
