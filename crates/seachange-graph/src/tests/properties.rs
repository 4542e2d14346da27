//! Properties of every graph.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::Index;

use crate::{AppliedSet, Direction, Graph, Plan, Range, Revision, Target};

/// A random graph: each revision points at up to two earlier ones as a parent, depends on up to one, and may be
/// labelled.
fn any_revisions() -> impl Strategy<Value = Vec<Revision>> {
    let node = (prop::collection::vec(any::<Index>(), 0..3), prop::option::weighted(0.3, any::<Index>()), any::<u8>());
    prop::collection::vec(node, 1..16).prop_map(|nodes| {
        let revision = |(n, (parents, dependency, dice)): (usize, (Vec<Index>, Option<Index>, u8))| {
            let mut revision = Revision::new(format!("r{n:02}"));
            if n > 0 {
                let earlier = |index: &Index| format!("r{:02}", index.index(n));
                let parents: BTreeSet<String> = parents.iter().map(earlier).collect();
                revision.down_revision = parents.into_iter().collect();
                revision.depends_on = dependency.iter().map(earlier).collect();
            }
            if dice < 40 {
                revision.branch_labels.push(format!("label{n}"));
            }
            revision
        };
        nodes.into_iter().enumerate().map(revision).collect()
    })
}

/// A target of any form, about the revisions of [`any_revisions`].
fn any_target() -> impl Strategy<Value = Target> {
    let name = "r[01][0-9]|r|label[0-9]";
    (prop::option::of(name), prop_oneof!["head", "heads", "base", "current", "", name], -3i64..4).prop_map(
        |(branch, place, steps)| {
            let branch = branch.map(|branch| format!("{branch}@")).unwrap_or_default();
            let steps = if place.is_empty() || steps != 0 { format!("{steps:+}") } else { String::new() };
            format!("{branch}{place}{steps}").parse().unwrap()
        },
    )
}

fn ids(plan: &Plan) -> Vec<String> {
    plan.steps.iter().map(|step| step.revision.clone()).collect()
}

fn applied(graph: &Graph, ids: &BTreeSet<String>) -> AppliedSet {
    graph.applied(ids.iter().map(|id| (id.as_str(), vec![]))).unwrap()
}

/// Everything at or below these revisions: a set that a database may have.
fn closed(graph: &Graph, picks: &[Index]) -> BTreeSet<String> {
    let picks = picks.iter().map(|pick| pick.index(graph.len()));
    graph.names(graph.closure_below(picks).iter()).into_iter().collect()
}

/// Runs a plan on a set. Each step is checked: no revision without the revisions it needs.
fn run(graph: &Graph, start: &BTreeSet<String>, plan: &Plan) -> BTreeSet<String> {
    let mut rows = start.clone();
    for step in &plan.steps {
        let revision = graph.get(&step.revision).unwrap();
        let mut needed = revision.down_revision.iter().chain(&revision.depends_on);
        if step.direction == Direction::Upgrade {
            assert!(needed.all(|id| rows.contains(id)), "{} before what it needs in\n{plan}", revision.id);
            assert!(rows.insert(revision.id.clone()), "{} twice in\n{plan}", revision.id);
        } else {
            let mut above = graph.children(&revision.id).chain(graph.dependants(&revision.id));
            assert!(above.all(|above| !rows.contains(&above.id)), "{} below what needs it in\n{plan}", revision.id);
            assert!(rows.remove(&revision.id), "{} undone twice in\n{plan}", revision.id);
        }
    }
    rows
}

proptest! {
    #[test]
    fn any_text_is_a_target_or_refused(text in "\\PC{0,12}|[a-c@+:0-9-]{0,8}|(head|base|r1)?[@+-]{0,2}(heads|r2|7)?[+-]?[0-9]{0,2}") {
        match text.parse::<Target>() {
            Ok(target) => prop_assert_eq!(target.to_string().parse::<Target>(), Ok(target)),
            Err(error) => {
                prop_assert!(text.get(error.place.clone()).is_some(), "{:?} is no part of {text:?}", error.place);
            }
        }
        if let Ok(range) = text.parse::<Range>() {
            prop_assert_eq!(range.to_string().parse::<Range>(), Ok(range));
        }
    }

    #[test]
    fn plans_respect_parents_and_dependencies(
        revisions in any_revisions(),
        picks in prop::collection::vec(any::<Index>(), 0..3),
        targets in prop::collection::vec(any_target(), 0..3),
    ) {
        let graph = Graph::new(revisions).unwrap();
        let start = closed(&graph, &picks);
        let from = applied(&graph, &start);
        if let Ok(plan) = graph.upgrade(&from, &targets) {
            let end = run(&graph, &start, &plan);
            for target in targets.iter().filter(|target| !target.is_relative()) {
                let wanted = graph.resolve(&from, target).unwrap();
                prop_assert!(wanted.iter().all(|revision| end.contains(&revision.id)));
            }
        }
        if let Ok(plan) = graph.downgrade(&from, &targets) {
            applied(&graph, &run(&graph, &start, &plan));
        }
        if let Ok(plan) = graph.stamp(&from, &targets) {
            let mut end: BTreeSet<String> = start.iter().filter(|id| !plan.remove.contains(id)).cloned().collect();
            end.extend(plan.add);
            applied(&graph, &end);
        }
    }

    #[test]
    fn the_order_does_not_depend_on_the_order_of_the_files(
        (revisions, shuffled) in any_revisions().prop_flat_map(|r| (Just(r.clone()), Just(r).prop_shuffle()))
    ) {
        let [one, other] = [revisions, shuffled].map(|revisions| {
            let graph = Graph::new(revisions).unwrap();
            ids(&graph.upgrade(&graph.applied([]).unwrap(), &[Target::HEADS]).unwrap())
        });
        prop_assert_eq!(one, other);
    }

    #[test]
    fn planning_to_where_one_is_is_empty(revisions in any_revisions(), picks in prop::collection::vec(any::<Index>(), 0..4)) {
        let graph = Graph::new(revisions).unwrap();
        let from = applied(&graph, &closed(&graph, &picks));
        prop_assert!(graph.upgrade(&from, &[Target::CURRENT]).unwrap().is_empty());
        prop_assert!(graph.downgrade(&from, &[Target::CURRENT]).unwrap().is_empty());
        prop_assert!(graph.stamp(&from, &[Target::CURRENT]).unwrap().is_empty());
        let current: Vec<Target> = graph.current(&from).iter().map(|top| top.id.parse().unwrap()).collect();
        prop_assert!(graph.upgrade(&from, &current).unwrap().is_empty());
        prop_assert!(graph.downgrade(&from, &current).unwrap().is_empty());
    }

    #[test]
    fn up_and_down_again_comes_back(revisions in any_revisions()) {
        let graph = Graph::new(revisions).unwrap();
        let nothing = BTreeSet::new();
        let everything: BTreeSet<String> = graph.iter().map(|revision| revision.id.clone()).collect();
        prop_assert_eq!(&run(&graph, &nothing, &graph.upgrade(&applied(&graph, &nothing), &[Target::HEADS]).unwrap()), &everything);
        let down = graph.downgrade(&applied(&graph, &everything), &[Target::BASE]).unwrap();
        prop_assert_eq!(run(&graph, &everything, &down), nothing);
        for low in 0..graph.len() {
            for high in low..graph.len() {
                there_and_back(&graph, low, high);
            }
        }
    }

    #[test]
    fn down_and_up_again_comes_back(revisions in any_revisions(), at in any::<Index>()) {
        let graph = Graph::new(revisions).unwrap();
        let target: Target = graph.revision(at.index(graph.len())).id.parse().unwrap();
        let everything: BTreeSet<String> = graph.iter().map(|revision| revision.id.clone()).collect();
        let down = graph.downgrade(&applied(&graph, &everything), &[target]).unwrap();
        let rest = run(&graph, &everything, &down);
        let up = graph.upgrade(&applied(&graph, &rest), &[Target::HEADS]).unwrap();
        prop_assert_eq!(ids(&up).into_iter().rev().collect::<BTreeSet<_>>(), ids(&down).into_iter().collect());
        prop_assert_eq!(run(&graph, &rest, &up), everything);
    }

    #[test]
    fn a_range_lies_between_its_ends(revisions in any_revisions(), from in any_target(), to in any_target()) {
        let graph = Graph::new(revisions).unwrap();
        let range = Range { from: Some(from), to: Some(to.clone()) };
        if let Ok(found) = graph.history(&graph.all_applied(), &range) {
            let places: Vec<usize> = found.iter().map(|revision| graph.position(&revision.id).unwrap()).collect();
            prop_assert!(places.is_sorted());
        }
    }
}

/// An upgrade from one revision to another and a downgrade back revert the same revisions in the reverse order. This
/// holds only if all of them descend from the first; revisions that another branch gains in the upgrade stay.
fn there_and_back(graph: &Graph, low: usize, high: usize) {
    let target = |position: usize| -> Target { graph.revision(position).id.parse().unwrap() };
    let start: BTreeSet<String> = graph.names(graph.closure_below([low]).iter()).into_iter().collect();
    let up = graph.upgrade(&applied(graph, &start), &[target(high)]).unwrap();
    let descends = crate::revision_set::RevisionSet::reached(graph, [low], |position| graph.child_positions(position));
    if up.steps.iter().all(|step| descends.contains(graph.position(&step.revision).unwrap())) {
        let end = run(graph, &start, &up);
        let down = graph.downgrade(&applied(graph, &end), &[target(low)]).unwrap();
        assert_eq!(run(graph, &end, &down), start);
        assert_eq!(ids(&down), ids(&up).into_iter().rev().collect::<Vec<_>>());
    }
}
