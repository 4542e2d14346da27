//! The checks of a set of revisions before it becomes a graph, and the order that they produce.
//!
//! Every check runs even if an earlier one fails, so that all errors are reported together. All checks are linear in
//! the number of revisions and pointers, except for one sort by id. No check is recursive: a chain of any length
//! loads.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::GraphError;
use crate::index::IdIndex;
use crate::links::Adjacency;
use crate::name::{check_id, check_label};
use crate::revision::Revision;
use crate::squash::Squashes;

/// The position of the revision that carries each label.
pub(crate) type Labels = BTreeMap<String, usize>;

/// Checks ids, and maps each id to its position.
pub(crate) fn index(revisions: &[Revision], faults: &mut Vec<GraphError>) -> IdIndex {
    let illegal = revisions.iter().filter_map(|Revision { id, .. }| {
        let reason = check_id(id).err()?;
        Some(GraphError::IllegalId { id: id.clone(), reason })
    });
    faults.extend(illegal);
    let mut repeated = BTreeSet::new();
    let index =
        IdIndex::new(revisions, |position, known| _ = repeated.insert((&revisions[position].id, &revisions[known].id)));
    faults.extend(repeated.into_iter().map(|(id, other)| match id == other {
        true => GraphError::DuplicateId { id: id.clone() },
        false => GraphError::CaseClash { id: other.clone(), other: id.clone() },
    }));
    index
}

/// Checks that labels are valid and unique among labels and ids, and maps each label to its revision.
pub(crate) fn labels(revisions: &[Revision], index: &IdIndex, faults: &mut Vec<GraphError>) -> Labels {
    let mut carriers: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (position, Revision { id, branch_labels, .. }) in revisions.iter().enumerate() {
        for label in branch_labels {
            if let Err(reason) = check_label(label) {
                faults.push(GraphError::IllegalLabel { revision: id.clone(), label: label.clone(), reason });
            }
            carriers.entry(label).or_default().push(position);
        }
    }
    for (&label, carriers) in &carriers {
        let carrier = |&carrier: &usize| revisions[carrier].id.clone();
        if index.get(revisions, label).is_some() {
            faults.extend(
                carriers
                    .iter()
                    .map(carrier)
                    .map(|revision| GraphError::LabelIsId { label: label.to_owned(), revision }),
            );
        } else if carriers.len() > 1 {
            let revisions = carriers.iter().map(carrier).collect();
            faults.push(GraphError::LabelClash { label: label.to_owned(), revisions });
        }
    }
    carriers.into_iter().map(|(label, carriers)| (label.to_owned(), carriers[0])).collect()
}

/// Resolves parents and dependencies to positions, as the two groups of links. A replaced revision stands for the
/// squash revision. A dependency may be a label: it stands
/// for the revision that carries the label.
pub(crate) fn links(
    revisions: &[Revision],
    index: &IdIndex,
    labels: &Labels,
    squashes: &Squashes,
    faults: &mut Vec<GraphError>,
) -> Adjacency {
    let mut links = Adjacency::with_capacity(revisions.len());
    // For each position the revision that pointed at it last; a second link from the same revision is left out.
    let mut pointed_at_by = vec![usize::MAX; revisions.len()];
    let mut is_new = |below: usize, position: usize| std::mem::replace(&mut pointed_at_by[below], position) != position;
    for (position, Revision { id, down_revision, depends_on, .. }) in revisions.iter().enumerate() {
        links.begin();
        for parent in down_revision {
            match squashes.resolve(revisions, index, parent) {
                Some(below) if below == position => faults.push(GraphError::SelfReference { revision: id.clone() }),
                Some(below) if is_new(below, position) => links.push(below),
                Some(_) => {}
                None => faults.push(GraphError::MissingParent { revision: id.clone(), parent: parent.clone() }),
            }
        }
        links.split();
        for dependency in depends_on {
            match squashes.resolve(revisions, index, dependency).or_else(|| labels.get(dependency).copied()) {
                Some(below) if below == position => faults.push(GraphError::SelfReference { revision: id.clone() }),
                Some(below) if is_new(below, position) => links.push(below),
                Some(_) => {}
                None => {
                    faults.push(GraphError::MissingDependency { revision: id.clone(), dependency: dependency.clone() });
                }
            }
        }
    }
    links
}

/// Sorts positions by id. Compares the first bytes of the ids, and the complete ids only if these are equal, because
/// reading complete ids for each comparison is slow.
pub(crate) fn sorted_ids(revisions: &[Revision]) -> Vec<usize> {
    let prefix = |id: &str| {
        let mut bytes = [0; 8];
        bytes.iter_mut().zip(id.bytes()).for_each(|(byte, found)| *byte = found);
        u64::from_be_bytes(bytes)
    };
    let mut keys: Vec<(u64, usize)> =
        revisions.iter().enumerate().map(|(position, revision)| (prefix(&revision.id), position)).collect();
    keys.sort_unstable_by(|a, b| {
        a.0.cmp(&b.0).then_with(|| revisions[a.1].id.cmp(&revisions[b.1].id)).then(a.1.cmp(&b.1))
    });
    keys.into_iter().map(|(_, position)| position).collect()
}

/// The maximum number of cycles that are reported: a few links can close very many, each as long as the graph.
const MOST_CIRCLES: usize = 20;

/// The progress of the walk of [`order`] with a revision.
#[derive(Clone, Copy, PartialEq)]
enum VisitState {
    Unseen,
    /// On the current path of the walk.
    Open,
    Done,
}

/// Orders the revisions so that each comes after all it points at, and finds cycles.
///
/// The order does not depend on the order of the input: the walk starts at the ids in sorted order and follows
/// parents as they are declared, then dependencies, so the revisions of a branch stay together.
pub(crate) fn order(
    revisions: &[Revision],
    sorted_ids: &[usize],
    links: &Adjacency,
    faults: &mut Vec<GraphError>,
) -> Vec<usize> {
    let mut marks = vec![VisitState::Unseen; revisions.len()];
    let mut circles = 0;
    let mut order = Vec::with_capacity(revisions.len());
    for &start in sorted_ids {
        if marks[start] == VisitState::Unseen {
            walk(start, links, &mut marks, &mut order, |path| {
                circles += 1;
                if circles <= MOST_CIRCLES {
                    let circle = path.iter().map(|&(open, _)| open).collect();
                    faults.push(GraphError::Cycle { revisions: named(revisions, circle) });
                }
            });
        }
    }
    order
}

/// Walks depth first from `start`, closing a revision once all below it are closed.
fn walk(
    start: usize,
    links: &Adjacency,
    marks: &mut [VisitState],
    order: &mut Vec<usize>,
    mut on_circle: impl FnMut(&[(usize, usize)]),
) {
    let mut path = vec![(start, 0)];
    marks[start] = VisitState::Open;
    while let Some((position, next)) = path.last_mut() {
        let Some(&below) = links.all(*position).get(*next) else {
            marks[*position] = VisitState::Done;
            order.push(*position);
            path.pop();
            continue;
        };
        *next += 1;
        match marks[below] {
            VisitState::Unseen => {
                marks[below] = VisitState::Open;
                path.push((below, 0));
            }
            VisitState::Open => {
                let from = path.iter().position(|&(open, _)| open == below).unwrap_or_default();
                on_circle(&path[from..]);
            }
            VisitState::Done => {}
        }
    }
}

/// Names the revisions of a cycle, starting at the smallest id.
fn named(revisions: &[Revision], circle: Vec<usize>) -> Vec<String> {
    let mut names: Vec<String> = circle.into_iter().map(|position| revisions[position].id.clone()).collect();
    let smallest = (0..names.len()).min_by(|&a, &b| names[a].cmp(&names[b])).unwrap_or_default();
    names.rotate_left(smallest);
    names
}
