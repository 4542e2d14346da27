//! The checks that a set of revisions passes before it is a graph, and the order they give it.
//!
//! Every check runs whatever the others found, so that all faults are reported together. All are linear in the
//! number of revisions and pointers, apart from one sort by id, and none recurses: a chain of any length loads.

use std::collections::{BTreeMap, HashMap};

use crate::fault::Fault;
use crate::name::{check_id, check_label};
use crate::revision::Revision;

/// The position of each id among the revisions; the first wins where an id occurs twice.
pub(crate) type Index = HashMap<String, usize>;

/// Positions that each revision points at: parents first, then dependencies, without repetition.
pub(crate) type Pointers = Vec<Vec<usize>>;

/// Checks ids, and maps each to its position.
pub(crate) fn index(revisions: &[Revision], faults: &mut Vec<Fault>) -> Index {
    let mut index = Index::with_capacity(revisions.len());
    for (position, Revision { id, .. }) in revisions.iter().enumerate() {
        if let Err(reason) = check_id(id) {
            faults.push(Fault::IllegalId { id: id.clone(), reason });
        }
        if index.contains_key(id) {
            let fault = Fault::DuplicateId { id: id.clone() };
            if !faults.contains(&fault) {
                faults.push(fault);
            }
        } else {
            index.insert(id.clone(), position);
        }
    }
    index
}

/// Checks that labels are legal and that each is unique among labels and ids.
pub(crate) fn check_labels(revisions: &[Revision], index: &Index, faults: &mut Vec<Fault>) {
    let mut carriers: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for Revision { id, branch_labels, .. } in revisions {
        for label in branch_labels {
            if let Err(reason) = check_label(label) {
                faults.push(Fault::IllegalLabel { revision: id.clone(), label: label.clone(), reason });
            }
            carriers.entry(label).or_default().push(id.clone());
        }
    }
    for (label, mut revisions) in carriers {
        if index.contains_key(label) && !revisions.iter().any(|id| id == label) {
            revisions.push(label.to_owned());
        }
        if revisions.len() > 1 || index.contains_key(label) {
            faults.push(Fault::LabelClash { label: label.to_owned(), revisions });
        }
    }
}

/// Resolves parents and dependencies to positions.
pub(crate) fn pointers(revisions: &[Revision], index: &Index, faults: &mut Vec<Fault>) -> Pointers {
    revisions.iter().map(|revision| pointers_of(revision, index, faults)).collect()
}

fn pointers_of(revision: &Revision, index: &Index, faults: &mut Vec<Fault>) -> Vec<usize> {
    let mut pointers = Vec::with_capacity(revision.down_revision.len() + revision.depends_on.len());
    let parents = revision.down_revision.iter().map(|id| (id, true));
    let dependencies = revision.depends_on.iter().map(|id| (id, false));
    for (id, is_parent) in parents.chain(dependencies) {
        if *id == revision.id {
            faults.push(Fault::SelfReference { revision: id.clone() });
        } else if let Some(&position) = index.get(id) {
            if !pointers.contains(&position) {
                pointers.push(position);
            }
        } else if is_parent {
            faults.push(Fault::MissingParent { revision: revision.id.clone(), parent: id.clone() });
        } else {
            faults.push(Fault::MissingDependency { revision: revision.id.clone(), dependency: id.clone() });
        }
    }
    pointers
}

/// How far the walk of [`order`] has come with a revision.
#[derive(Clone, Copy, PartialEq)]
enum Mark {
    Unseen,
    /// On the path that is being walked.
    Open,
    Done,
}

/// Orders the revisions so that each comes after all it points at, and finds circles.
///
/// The order does not depend on the order of the input: the walk starts at the ids in their own order and follows
/// parents as they are declared, so the revisions of a branch stay together.
pub(crate) fn order(revisions: &[Revision], pointers: &Pointers, faults: &mut Vec<Fault>) -> Vec<usize> {
    let mut starts: Vec<usize> = (0..revisions.len()).collect();
    starts.sort_by(|&a, &b| revisions[a].id.cmp(&revisions[b].id));
    let mut marks = vec![Mark::Unseen; revisions.len()];
    let mut order = Vec::with_capacity(revisions.len());
    for start in starts {
        if marks[start] == Mark::Unseen {
            walk(start, pointers, &mut marks, &mut order, |circle| {
                faults.push(Fault::Cycle { revisions: named(revisions, circle) });
            });
        }
    }
    order
}

/// Walks depth first from `start`, closing a revision once all below it are closed.
fn walk(
    start: usize,
    pointers: &Pointers,
    marks: &mut [Mark],
    order: &mut Vec<usize>,
    mut on_circle: impl FnMut(Vec<usize>),
) {
    let mut path = vec![(start, 0)];
    marks[start] = Mark::Open;
    while let Some((position, next)) = path.last_mut() {
        let Some(&below) = pointers[*position].get(*next) else {
            marks[*position] = Mark::Done;
            order.push(*position);
            path.pop();
            continue;
        };
        *next += 1;
        match marks[below] {
            Mark::Unseen => {
                marks[below] = Mark::Open;
                path.push((below, 0));
            }
            Mark::Open => {
                let from = path.iter().position(|&(open, _)| open == below).unwrap_or_default();
                on_circle(path[from..].iter().map(|&(open, _)| open).collect());
            }
            Mark::Done => {}
        }
    }
}

/// Names a circle so that it starts at its smallest id.
fn named(revisions: &[Revision], circle: Vec<usize>) -> Vec<String> {
    let mut names: Vec<String> = circle.into_iter().map(|position| revisions[position].id.clone()).collect();
    let smallest = (0..names.len()).min_by(|&a, &b| names[a].cmp(&names[b])).unwrap_or_default();
    names.rotate_left(smallest);
    names
}
