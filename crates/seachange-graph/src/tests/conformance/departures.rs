//! The intended differences between the answers of this crate and Alembic's.

use super::answer::{Answer, Failure, closure};
use super::cases::{Operation, Question};
use crate::{Graph, LookupError, PlanError, ResolveError};

/// A kind of question with an intended difference, and its reason.
#[derive(Debug, Clone, Copy)]
pub(super) enum Departure {
    RefusedAtLoading,
    ZeroSteps,
    BelowMerge,
    StepsInRange,
    StepsFromEachHead,
    ShortPrefix,
    SeveralStarts,
    OffBranch,
    NothingAbove,
    AboveNamedRevision,
    HeadsAreHeads,
    StampKeepsAll,
    OwnLine,
    UnappliedBranch,
    OtherReason,
}

impl Departure {
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::RefusedAtLoading => "a graph with duplicate ids or reserved words is refused as a whole",
            Self::ZeroSteps => "no steps are nothing to do, and no error",
            Self::BelowMerge => "one step below a merge point are all of its parents",
            Self::StepsInRange => "steps may be counted from a revision in a range, as elsewhere",
            Self::StepsFromEachHead => "a range may begin so many steps below each of several heads",
            Self::ShortPrefix => "the beginning of an id counts however short the id is",
            Self::SeveralStarts => "steps are counted from one revision, never from the first of several",
            Self::OffBranch => "a revision that is not on the branch is refused on the way down as on the way up",
            Self::NothingAbove => "a target with nothing above it is nothing to do, and no error",
            Self::AboveNamedRevision => "a branch that is named by a revision includes what is above it",
            Self::HeadsAreHeads => "`heads` means every head, also one that another depends on",
            Self::StampKeepsAll => "a stamp records all that it is asked for, and forgets only what is above",
            Self::OwnLine => "steps down undo the line they follow, and no other",
            Self::UnappliedBranch => "what branches share is not undone in the name of one that is not applied",
            Self::OtherReason => "both refuse; the refusal names another of two things that are wrong",
        }
    }

    /// The departure that explains a difference, if there is one.
    pub(super) fn of(graph: &Graph, question: &Question, ours: &Result<Answer, Failure>) -> Option<Self> {
        let target = question.targets()[0].as_str();
        let theirs = question.expected_error.as_ref().map(|error| (error.cause(), error.message.as_str()));
        let warned = question.warnings.iter().any(|warning| warning.contains("multiple heads is ambiguous"));
        match (question.operation, ours, theirs) {
            (Operation::Stamp, Ok(ours), None) => {
                let theirs = closure(graph, &question.final_heads);
                (ours.applied.is_superset(&theirs)).then_some(Self::StampKeepsAll)
            }
            (Operation::Downgrade, Ok(ours), None) if target.contains('-') => {
                ours.steps.iter().all(|id| question.expected_steps.contains(id)).then_some(Self::OwnLine)
            }
            (Operation::History, Ok(_), Some(("ResolutionError", message))) if message.contains("-1'") => {
                Some(Self::StepsInRange)
            }
            (Operation::History, _, Some(_)) if target.starts_with('-') => Some(Self::StepsFromEachHead),
            (Operation::Resolve, Ok(ours), None) if target == "heads" => {
                let theirs = &question.expected_revisions;
                theirs.iter().all(|head| ours.steps.contains(head)).then_some(Self::HeadsAreHeads)
            }
            (Operation::Resolve, Ok(ours), Some(("ResolutionError", _))) => {
                ours.steps.iter().all(|id| id.starts_with(target)).then_some(Self::ShortPrefix)
            }
            (Operation::Resolve, Err(failure), None)
                if matches!(failure.resolving(), Some(ResolveError::Find(LookupError::Ambiguous { .. }))) =>
            {
                Some(Self::ShortPrefix)
            }
            (_, Ok(ours), Some(("RevisionError", message))) if ours.steps.is_empty() && message.contains(" 0 ") => {
                Some(Self::ZeroSteps)
            }
            (_, Ok(_), Some(("RevisionError", "Ambiguous walk"))) if target.contains('-') => Some(Self::BelowMerge),
            (_, Ok(_), Some(("RevisionError", message))) if message.starts_with("Not a valid downgrade") => {
                Some(Self::AboveNamedRevision)
            }
            (Operation::Downgrade, Ok(ours), Some(("RangeNotAncestorError" | "MultipleHeads", _)))
                if ours.steps.is_empty() =>
            {
                Some(Self::NothingAbove)
            }
            (_, Err(failure), theirs) => Self::of_refusal(failure, theirs, warned),
            _ => None,
        }
    }

    fn of_refusal(failure: &Failure, theirs: Option<(&str, &str)>, warned: bool) -> Option<Self> {
        let is_several_starts = matches!(failure.resolving(), Some(ResolveError::SeveralStarts { .. }));
        match theirs {
            _ if is_several_starts => Some(Self::SeveralStarts),
            _ if warned => None,
            None | Some(("RangeNotAncestorError", _)) if failure.is_off_branch() => Some(Self::OffBranch),
            None if matches!(failure, Failure::Plan(PlanError::NotApplied { .. })) => Some(Self::UnappliedBranch),
            Some(_) if matches!(failure, Failure::Plan(PlanError::NotApplied { .. })) => Some(Self::OtherReason),
            Some(_) if failure.is_off_branch() => Some(Self::OtherReason),
            _ => None,
        }
    }
}
