//! The checks that a set of revisions passes before it is a graph, and the order they give it.
//!
//! Every check runs whatever the others found, so that all faults are reported together. All are linear in the
//! number of revisions and pointers, apart from one sort by id, and none recurses: a chain of any length loads.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::fault::Fault;
use crate::name::{check_id, check_label};
use crate::revision::Revision;

/// The position of each name among the revisions; the first wins where a name occurs twice.
pub(crate) type Index = HashMap<String, usize>;

/// What each revision points at, as positions without repetition.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pointers {
    /// The parents.
    pub(crate) parents: Vec<Vec<usize>>,
    /// The dependencies that are no parents.
    pub(crate) dependencies: Vec<Vec<usize>>,
}

/// Checks ids, and maps each to its position.
pub(crate) fn index(revisions: &[Revision], faults: &mut Vec<Fault>) -> Index {
    let mut index = Index::with_capacity(revisions.len());
    let mut repeated = HashSet::new();
    for (position, Revision { id, .. }) in revisions.iter().enumerate() {
        if let Err(reason) = check_id(id) {
            faults.push(Fault::IllegalId { id: id.clone(), reason });
        }
        if !index.contains_key(id) {
            index.insert(id.clone(), position);
        } else if repeated.insert(id) {
            faults.push(Fault::DuplicateId { id: id.clone() });
        }
    }
    index
}

/// Checks that labels are legal and that each is unique among labels and ids, and maps each to its revision.
pub(crate) fn labels(revisions: &[Revision], index: &Index, faults: &mut Vec<Fault>) -> Index {
    let mut carriers: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (position, Revision { id, branch_labels, .. }) in revisions.iter().enumerate() {
        for label in branch_labels {
            if let Err(reason) = check_label(label) {
                faults.push(Fault::IllegalLabel { revision: id.clone(), label: label.clone(), reason });
            }
            carriers.entry(label).or_default().push(position);
        }
    }
    for (&label, carriers) in &carriers {
        if carriers.len() > 1 || index.contains_key(label) {
            let mut revisions: Vec<String> = carriers.iter().map(|&carrier| revisions[carrier].id.clone()).collect();
            if index.contains_key(label) && !revisions.iter().any(|id| id == label) {
                revisions.push(label.to_owned());
            }
            faults.push(Fault::LabelClash { label: label.to_owned(), revisions });
        }
    }
    carriers.into_iter().map(|(label, carriers)| (label.to_owned(), carriers[0])).collect()
}

/// Resolves parents and dependencies to positions. A dependency may be a label: it means the revision that carries it.
pub(crate) fn pointers(revisions: &[Revision], index: &Index, labels: &Index, faults: &mut Vec<Fault>) -> Pointers {
    let mut pointers = Pointers::default();
    for (position, revision) in revisions.iter().enumerate() {
        let mut seen = Vec::new();
        let mut follow = |names: &[String], find: &dyn Fn(&str) -> Option<usize>, missing: &dyn Fn(&str) -> Fault| {
            let mut found = Vec::with_capacity(names.len());
            for name in names {
                match find(name) {
                    Some(below) if below == position => {
                        faults.push(Fault::SelfReference { revision: revision.id.clone() });
                    }
                    Some(below) if seen.contains(&below) => {}
                    Some(below) => {
                        seen.push(below);
                        found.push(below);
                    }
                    None => faults.push(missing(name)),
                }
            }
            found
        };
        let parent = |name: &str| index.get(name).copied();
        pointers.parents.push(follow(&revision.down_revision, &parent, &|parent| Fault::MissingParent {
            revision: revision.id.clone(),
            parent: parent.to_owned(),
        }));
        let dependency = |name: &str| index.get(name).or_else(|| labels.get(name)).copied();
        pointers.dependencies.push(follow(&revision.depends_on, &dependency, &|dependency| Fault::MissingDependency {
            revision: revision.id.clone(),
            dependency: dependency.to_owned(),
        }));
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
/// parents as they are declared, then dependencies, so the revisions of a branch stay together.
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
        let Some(below) = pointers.get(*position, *next) else {
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

impl Pointers {
    /// The parent or dependency at `place`: parents first.
    fn get(&self, position: usize, place: usize) -> Option<usize> {
        let parents = &self.parents[position];
        parents.get(place).or_else(|| self.dependencies[position].get(place - parents.len())).copied()
    }
}

/// Names a circle so that it starts at its smallest id.
fn named(revisions: &[Revision], circle: Vec<usize>) -> Vec<String> {
    let mut names: Vec<String> = circle.into_iter().map(|position| revisions[position].id.clone()).collect();
    let smallest = (0..names.len()).min_by(|&a, &b| names[a].cmp(&names[b])).unwrap_or_default();
    names.rotate_left(smallest);
    names
}
