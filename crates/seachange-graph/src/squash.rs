//! Squash revisions: one revision in the place of several.
//!
//! A revision that names others in `replaces` stands in their place: they are not part of the graph, and what points
//! at one of them points at the squash revision. Their files may still exist. They are needed only for a database that
//! has applied some of them: it applies the others one by one, and then counts as having applied the squash revision.

use std::collections::HashMap;

use crate::applied::AppliedSet;
use crate::error::GraphError;
use crate::graph::Graph;
use crate::index::IdIndex;
use crate::links::Adjacency;
use crate::name::check_id;
use crate::revision::Revision;
use crate::validate::Labels;

/// The squash revisions of a graph, and the revisions that they replace.
#[derive(Debug, Clone, Default)]
pub(crate) struct Squashes {
    list: Vec<Squash>,
    /// Where each replaced revision is: the index in `list`, and in the replaced revisions there.
    places: HashMap<String, (usize, usize)>,
    /// The revisions that point at replaced ones, as they are written: with ids of replaced revisions.
    written: HashMap<String, Revision>,
    /// Whether each replaced revision has one squash revision, so that pointers can be checked.
    is_clear: bool,
}

/// A squash revision, and the revisions that it replaces.
#[derive(Debug, Clone)]
pub(crate) struct Squash {
    /// The id of the squash revision.
    id: String,
    /// The position of the squash revision; known when the revisions are in order.
    pub(crate) position: usize,
    /// The replaced revisions, in the order in which they run.
    pub(crate) replaced: Vec<Replaced>,
}

/// A revision that another one replaces.
#[derive(Debug, Clone)]
pub(crate) struct Replaced {
    /// The id.
    pub(crate) id: String,
    /// The revision, if its file still exists.
    pub(crate) revision: Option<Revision>,
}

impl Squashes {
    /// Takes the replaced revisions out of a set; each squash revision gets their labels.
    pub(crate) fn take(revisions: &mut Vec<Revision>, faults: &mut Vec<GraphError>) -> Self {
        let mut squashes = Self::default();
        let before = faults.len();
        for revision in revisions.iter().filter(|revision| !revision.replaces.is_empty()) {
            squashes.add(revision, faults);
        }
        if squashes.list.is_empty() {
            return squashes;
        }
        let mut labels = vec![Vec::new(); squashes.list.len()];
        let mut replaced = vec![Vec::new(); squashes.list.len()];
        revisions.retain_mut(|revision| match squashes.places.get(&revision.id) {
            Some(&(squash, place)) if revision.id != squashes.list[squash].id => {
                if !revision.replaces.is_empty() {
                    let squash = squashes.list[squash].id.clone();
                    faults.push(GraphError::NestedSquash { squash, revision: revision.id.clone() });
                }
                labels[squash].extend_from_slice(&revision.branch_labels);
                replaced[squash].push((place, std::mem::take(revision)));
                false
            }
            _ => true,
        });
        for (squash, (place, revision)) in
            replaced.into_iter().enumerate().flat_map(|(at, list)| list.into_iter().map(move |item| (at, item)))
        {
            let entry = &mut squashes.list[squash].replaced[place];
            if entry.revision.is_some() {
                faults.push(GraphError::DuplicateId { id: entry.id.clone() });
            }
            entry.revision = Some(revision);
        }
        for revision in revisions.iter_mut().filter(|revision| !revision.replaces.is_empty()) {
            let at = squashes.list.iter().position(|squash| squash.id == revision.id);
            for label in at.map(|at| std::mem::take(&mut labels[at])).unwrap_or_default() {
                if !revision.branch_labels.contains(&label) {
                    revision.branch_labels.push(label);
                }
            }
        }
        squashes.is_clear = faults.len() == before;
        squashes
    }

    fn add(&mut self, revision: &Revision, faults: &mut Vec<GraphError>) {
        let (at, id) = (self.list.len(), &revision.id);
        let mut replaced = Vec::new();
        for name in &revision.replaces {
            if let Err(reason) = check_id(name) {
                faults.push(GraphError::IllegalId { id: name.clone(), reason });
            }
            if name == id {
                faults.push(GraphError::SelfReference { revision: id.clone() });
                continue;
            }
            match self.places.insert(name.clone(), (at, replaced.len())) {
                Some((other, _)) if other == at => {
                    faults.push(GraphError::ReplacedTwice { revision: name.clone(), squashes: vec![id.clone()] });
                }
                Some((other, _)) => {
                    let squashes = vec![self.list[other].id.clone(), id.clone()];
                    faults.push(GraphError::ReplacedTwice { revision: name.clone(), squashes });
                }
                None => {}
            }
            replaced.push(Replaced { id: name.clone(), revision: None });
        }
        self.list.push(Squash { id: id.clone(), position: 0, replaced });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The squash revisions, in the order of their positions.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Squash> {
        self.list.iter()
    }

    pub(crate) fn get(&self, squash: usize) -> &Squash {
        &self.list[squash]
    }

    /// The index of the squash revision at a position.
    pub(crate) fn at(&self, position: usize) -> Option<usize> {
        self.list.iter().position(|squash| squash.position == position)
    }

    /// The index of the squash revision that replaces a revision, and the place of that revision in it.
    pub(crate) fn place(&self, id: &str) -> Option<(usize, usize)> {
        if self.places.is_empty() { None } else { self.places.get(id).copied() }
    }

    /// The id of the squash revision that replaces a revision.
    pub(crate) fn squash_of(&self, id: &str) -> Option<&str> {
        self.place(id).map(|(squash, _)| self.list[squash].id.as_str())
    }

    /// The position of the revision with an id, or of the squash revision that replaces it.
    pub(crate) fn resolve(&self, revisions: &[Revision], index: &IdIndex, id: &str) -> Option<usize> {
        index.get(revisions, id).or_else(|| index.get(revisions, self.squash_of(id)?))
    }

    /// Sets the positions of the squash revisions, and sorts them.
    pub(crate) fn set_positions(&mut self, revisions: &[Revision], index: &IdIndex) {
        for squash in &mut self.list {
            squash.position = index.get(revisions, &squash.id).unwrap_or_default();
        }
        let mut order: Vec<usize> = (0..self.list.len()).collect();
        order.sort_by_key(|&at| self.list[at].position);
        let mut new = vec![0; order.len()];
        order.iter().enumerate().for_each(|(at, &old)| new[old] = at);
        self.places.values_mut().for_each(|(squash, _)| *squash = new[*squash]);
        self.list.sort_by_key(|squash| squash.position);
    }

    /// Checks the pointers of replaced revisions: each leads to a revision that is replaced before, or to one at which
    /// the squash revision points as well. Replaces labels in their dependencies by ids.
    pub(crate) fn check(
        &mut self,
        revisions: &[Revision],
        index: &IdIndex,
        labels: &Labels,
        links: &Adjacency,
        faults: &mut Vec<GraphError>,
    ) {
        if !self.is_clear {
            return;
        }
        let carriers = self.carriers();
        for at in 0..self.list.len() {
            let Some(position) = index.get(revisions, &self.list[at].id) else { continue };
            for place in 0..self.list[at].replaced.len() {
                let Some(mut revision) = self.list[at].replaced[place].revision.take() else { continue };
                for dependency in &mut revision.depends_on {
                    if let Some(id) = carriers.get(dependency) {
                        dependency.clone_from(id);
                    } else if let Some(&carrier) = labels.get(dependency.as_str()) {
                        dependency.clone_from(&revisions[carrier].id);
                    }
                }
                for pointer in revision.down_revision.iter().chain(&revision.depends_on) {
                    let is_below = |below| links.all(position).contains(&below);
                    let fault = match (self.place(pointer), self.resolve(revisions, index, pointer)) {
                        (Some((squash, before)), _) if squash == at && before < place => continue,
                        (_, Some(below)) if is_below(below) => continue,
                        (None, None) => {
                            GraphError::MissingParent { revision: revision.id.clone(), parent: pointer.clone() }
                        }
                        (place, _) => GraphError::ReplacedPointer {
                            revision: revision.id.clone(),
                            squash: self.list[at].id.clone(),
                            pointer: pointer.clone(),
                            is_replaced: place.is_some_and(|(squash, _)| squash == at),
                        },
                    };
                    faults.push(fault);
                }
                self.list[at].replaced[place].revision = Some(revision);
            }
        }
    }

    /// The replaced revision that carries each label.
    fn carriers(&self) -> HashMap<String, String> {
        let revisions = self.list.iter().flat_map(|squash| &squash.replaced).filter_map(|one| one.revision.as_ref());
        revisions.flat_map(|one| one.branch_labels.iter().map(|label| (label.clone(), one.id.clone()))).collect()
    }

    /// Keeps the form of a revision in which it names replaced revisions.
    pub(crate) fn keep_written(&mut self, revision: &Revision, pointers: [Vec<String>; 2]) {
        let [down_revision, depends_on] = pointers;
        let written = Revision { down_revision, depends_on, ..revision.clone() };
        self.written.insert(revision.id.clone(), written);
    }

    /// Whether a revision names replaced ones.
    pub(crate) fn is_pointer_replaced(&self, revision: &Revision) -> bool {
        !self.is_empty() && revision.down_revision.iter().chain(&revision.depends_on).any(|id| self.place(id).is_some())
    }
}

impl Graph {
    /// The squash revision that replaces the revision with this id.
    pub fn squash_of(&self, id: &str) -> Option<&Revision> {
        self.squashes().place(id).map(|(squash, _)| self.revision(self.squashes().get(squash).position))
    }

    /// The squash revisions, in the order of [`iter`](Self::iter).
    pub fn squash_revisions(&self) -> Vec<&Revision> {
        self.squashes().iter().map(|squash| self.revision(squash.position)).collect()
    }

    /// Whether a revision is applied, or the squash revision that replaces it is; `is_applied` says it of one id.
    pub fn is_reached(&self, id: &str, is_applied: impl Fn(&str) -> bool) -> bool {
        is_applied(id) || self.squash_of(id).is_some_and(|squash| is_applied(&squash.id))
    }

    /// Whether a row with this id belongs to the graph: the revision is part of it, or is replaced by one of its
    /// revisions.
    pub fn knows(&self, id: &str) -> bool {
        self.position(id).is_some() || self.squashes().place(id).is_some()
    }

    /// The revision of a step or a row: one of the graph, or a replaced one whose file still exists.
    pub fn find_step(&self, id: &str) -> Option<&Revision> {
        self.get(id).or_else(|| {
            let (squash, place) = self.squashes().place(id)?;
            self.squashes().get(squash).replaced[place].revision.as_ref()
        })
    }

    /// The revision as it is recorded: with the ids that its file names, which may be those of replaced revisions, so
    /// that a program without the squash revision understands the row.
    pub fn as_recorded<'a>(&'a self, revision: &'a Revision) -> &'a Revision {
        self.squashes().written.get(&revision.id).unwrap_or(revision)
    }

    /// The replaced revisions that are applied, with nothing applied above them, where not all of them are. A revision
    /// without a file is left out.
    pub(crate) fn current_replaced(&self, applied: &AppliedSet) -> Vec<&Revision> {
        let outside = || {
            let written = self.squashes().written.values();
            written.filter(|revision| self.is_applied(applied, &revision.id))
        };
        applied
            .partial()
            .iter()
            .flat_map(|partial| {
                let squash = self.squashes().get(partial.squash);
                let present = |place: &usize| partial.applied[*place];
                let applied = (0..squash.replaced.len()).filter(present);
                let applied: Vec<&Revision> =
                    applied.filter_map(|place| squash.replaced[place].revision.as_ref()).collect();
                let is_below = |id: &String| {
                    let mut above = applied.iter().copied().chain(outside());
                    above.any(|above| above.down_revision.iter().chain(&above.depends_on).any(|at| at == id))
                };
                let tops: Vec<&Revision> = applied.iter().copied().filter(|one| !is_below(&one.id)).collect();
                tops
            })
            .collect()
    }

    /// The squash revisions of which a database has applied some replaced revisions and not all: each with their ids,
    /// and those that are not applied.
    pub fn partly_applied(&self, applied: &AppliedSet) -> Vec<PartlyApplied<'_>> {
        let describe = |partial: &PartialSquash| {
            let squash = self.squashes().get(partial.squash);
            let (done, left): (Vec<_>, Vec<_>) =
                squash.replaced.iter().zip(&partial.applied).partition(|(_, is_applied)| **is_applied);
            let ids = |list: Vec<(&'_ Replaced, &bool)>| list.into_iter().map(|(one, _)| one.id.clone()).collect();
            PartlyApplied { squash: self.revision(squash.position), applied: ids(done), left: ids(left) }
        };
        applied.partial().iter().map(describe).collect()
    }

    /// The squash revisions without a row whose replaced revisions are all applied: they count as applied.
    pub fn unrecorded_squashes(&self, applied: &AppliedSet) -> Vec<&Revision> {
        applied.unrecorded().iter().map(|&position| self.revision(position)).collect()
    }
}

/// A squash revision of which a database has applied some replaced revisions and not all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartlyApplied<'a> {
    /// The squash revision.
    pub squash: &'a Revision,
    /// The replaced revisions that are applied, in the order in which they run.
    pub applied: Vec<String>,
    /// The replaced revisions that are not applied, in the order in which they run.
    pub left: Vec<String>,
}

/// The replaced revisions that a database has applied of a squash revision that it has not applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartialSquash {
    /// The index of the squash revision among those of the graph.
    pub(crate) squash: usize,
    pub(crate) position: usize,
    /// Whether each replaced revision is applied.
    pub(crate) applied: Vec<bool>,
    /// The positions outside of the squash revision at which the applied ones point.
    pub(crate) below: Vec<usize>,
    /// Whether a revision above the squash revision is applied.
    pub(crate) is_needed: bool,
}
