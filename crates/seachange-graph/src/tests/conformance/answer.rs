//! The same questions, answered by this crate.

use std::collections::BTreeSet;

use super::cases::{Operation, Question, Refusal};
use crate::revision_set::RevisionSet;
use crate::{
    AppliedError, AppliedSet, Graph, HistoryError, LookupError, ParseTargetError, PlanError, Range, RangeError,
    ResolveError, Revision, Target,
};

/// The revisions that an operation runs or lists, in order, and what is applied afterwards.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) steps: Vec<String>,
    pub(super) applied: BTreeSet<String>,
}

/// An error.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Applied(#[from] AppliedError),
    #[error(transparent)]
    Target(#[from] ParseTargetError),
    #[error(transparent)]
    Range(#[from] RangeError),
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    History(#[from] HistoryError),
}

impl Failure {
    /// The innermost error, without those that only wrap it.
    pub(super) fn resolving(&self) -> Option<&ResolveError> {
        match self {
            Self::Resolve(error)
            | Self::Plan(PlanError::Resolve(error))
            | Self::History(HistoryError::Resolve(error)) => Some(error),
            _ => None,
        }
    }

    /// Whether the error has the same class as Alembic's error.
    pub(super) fn is_like(&self, theirs: &Refusal) -> bool {
        match theirs.cause() {
            "MultipleHeads" => matches!(self.resolving(), Some(ResolveError::SeveralHeads { .. })),
            "RangeNotAncestorError" => {
                matches!(self, Self::Plan(PlanError::NotApplied { .. }) | Self::History(HistoryError::NotBelow { .. }))
            }
            "ResolutionError" => {
                matches!(self, Self::Applied(_) | Self::Target(_))
                    || matches!(self.resolving(), Some(ResolveError::Find(_)))
            }
            "RevisionError" if theirs.message.starts_with("Ambiguous") => {
                matches!(self.resolving(), Some(ResolveError::SeveralWays { .. } | ResolveError::SeveralStarts { .. }))
            }
            "RevisionError" => {
                matches!(self.resolving(), Some(ResolveError::TooFar { .. }))
                    || matches!(self, Self::Plan(PlanError::WrongWay { .. }))
            }
            _ => false,
        }
    }

    pub(super) fn is_off_branch(&self) -> bool {
        matches!(self.resolving(), Some(ResolveError::Find(LookupError::NotOnBranch { .. })))
    }
}

impl Answer {
    pub(super) fn agrees(&self, graph: &Graph, question: &Question) -> bool {
        let expected = match question.operation {
            Operation::Resolve => &question.expected_revisions,
            _ => &question.expected_steps,
        };
        let steps_agree = match question.operation {
            // Alembic reports changes in its table of heads; the rows of this crate are compared below.
            Operation::Stamp => true,
            _ if question.order.as_deref() == Some("forced") => self.steps == *expected,
            _ => set(&self.steps) == set(expected),
        };
        let is_read = matches!(question.operation, Operation::Resolve | Operation::History);
        steps_agree && (is_read || self.applied == closure(graph, &question.final_heads))
    }
}

fn set(names: &[String]) -> BTreeSet<&String> {
    names.iter().collect()
}

/// Everything applied on a database whose current revisions are these heads.
pub(super) fn closure(graph: &Graph, heads: &[String]) -> BTreeSet<String> {
    let below = graph.closure_below(heads.iter().filter_map(|head| graph.position(head)));
    graph.names(below.iter()).into_iter().collect()
}

/// Asks this crate a question.
pub(super) fn ask(graph: &Graph, question: &Question) -> Result<Answer, Failure> {
    let applied = standing_at(graph, &question.from)?;
    if question.operation == Operation::History {
        let range: Range = question.targets()[0].parse()?;
        return Ok(listed(graph.history(&applied, &range)?.into_iter().rev()));
    }
    let targets: Vec<Target> =
        question.targets().iter().map(|target| target.parse()).collect::<Result<_, ParseTargetError>>()?;
    match question.operation {
        Operation::Upgrade => Ok(run(graph, &applied, graph.upgrade(&applied, &targets)?)),
        Operation::Downgrade => Ok(run(graph, &applied, graph.downgrade(&applied, &targets)?)),
        Operation::Stamp => {
            let plan = graph.stamp(&applied, &targets)?;
            let mut rows = applied_ids(graph, &applied);
            rows.retain(|id| !plan.remove.contains(id));
            rows.extend(plan.add.iter().cloned());
            Ok(Answer { steps: plan.add, applied: rows })
        }
        _ => Ok(listed(graph.resolve(&graph.all_applied(), &targets[0])?.into_iter())),
    }
}

fn listed<'a>(revisions: impl Iterator<Item = &'a Revision>) -> Answer {
    Answer { steps: revisions.map(|revision| revision.id.clone()).collect(), applied: BTreeSet::new() }
}

/// The effect of a plan on a database. Each step is checked: no revision without the revisions it needs.
fn run(graph: &Graph, applied: &AppliedSet, plan: crate::Plan) -> Answer {
    let mut rows = applied_ids(graph, applied);
    for step in &plan.steps {
        let position = graph.position(&step.revision).unwrap();
        let names = |positions: &[usize]| graph.names(positions.iter().copied());
        if step.direction == crate::Direction::Upgrade {
            assert!(names(graph.below(position)).iter().all(|below| rows.contains(below)), "{plan}");
            assert!(rows.insert(step.revision.clone()), "{plan}");
        } else {
            assert!(!names(graph.above(position)).iter().any(|above| rows.contains(above)), "{plan}");
            assert!(rows.remove(&step.revision), "{plan}");
        }
    }
    Answer { steps: plan.steps.into_iter().map(|step| step.revision).collect(), applied: rows }
}

fn applied_ids(graph: &Graph, applied: &AppliedSet) -> BTreeSet<String> {
    graph.names(applied.members().iter()).into_iter().collect()
}

/// The applied set of a database with these heads, some of which the graph may not know.
fn standing_at(graph: &Graph, heads: &[String]) -> Result<AppliedSet, AppliedError> {
    let known: RevisionSet = graph.closure_below(heads.iter().filter_map(|head| graph.position(head)));
    let known = known.iter().map(|position| graph.revision(position).id.as_str());
    let unknown = heads.iter().map(String::as_str).filter(|head| graph.get(head).is_none());
    graph.applied(known.chain(unknown).map(|id| (id, vec![])))
}
