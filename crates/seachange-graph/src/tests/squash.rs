//! Squash revisions: what points at replaced revisions, and databases that have applied some of them.

use super::{revisions, summary};
use crate::{AppliedSet, Graph, Revision, Target};

/// The graph `p -> a -> b -> c -> d`, with `s` in the place of `a b c`; files of the revisions in `deleted` are gone.
fn squashed(deleted: &str) -> Graph {
    let mut all = revisions("p -> a, a -> b, b -> c, c -> d");
    all.retain(|revision| !deleted.split_whitespace().any(|id| id == revision.id));
    all.push(squash());
    Graph::new(all).unwrap()
}

fn squash() -> Revision {
    ["a", "b", "c"].into_iter().fold(Revision::new("s").after("p"), Revision::replacing)
}

/// A database with these rows, each after the one before it.
fn applied(graph: &Graph, rows: &str) -> AppliedSet {
    let rows: Vec<&str> = rows.split_whitespace().collect();
    let below = |at: usize| rows[..at].last().copied().into_iter().collect();
    graph.applied(rows.iter().enumerate().map(|(at, &id)| (id, below(at)))).unwrap()
}

/// The steps of an upgrade to the heads; a step that only records is in brackets.
fn upgrade(graph: &Graph, rows: &str) -> String {
    match graph.upgrade(&applied(graph, rows), &[Target::HEADS]) {
        Ok(plan) => {
            let step = |step: &crate::Step| match step.records_only {
                true => format!("[{}]", step.revision),
                false => step.revision.clone(),
            };
            plan.steps.iter().map(step).collect::<Vec<_>>().join(" ")
        }
        Err(error) => format!("error: {error}"),
    }
}

#[test]
fn a_squash_revision_stands_in_the_place_of_those_it_replaces() {
    for graph in [squashed(""), squashed("a b c"), squashed("b")] {
        assert_eq!(graph.iter().map(|revision| revision.id.as_str()).collect::<Vec<_>>(), ["p", "s", "d"]);
        assert_eq!(graph.get("d").unwrap().down_revision, ["s"]);
        assert_eq!(graph.as_recorded(graph.get("d").unwrap()).down_revision, ["c"]);
        assert_eq!(graph.find("b").unwrap().id, "s");
        assert_eq!(graph.squash_of("b").unwrap().id, "s");
        assert!(graph.get("b").is_none() && graph.knows("b") && !graph.knows("z"));
    }
}

#[test]
fn a_database_runs_the_squash_revision_or_the_rest_of_the_others() {
    let graph = squashed("");
    assert_eq!(upgrade(&graph, ""), "p s d");
    assert_eq!(upgrade(&graph, "p"), "s d");
    assert_eq!(upgrade(&graph, "p a"), "b c [s] d");
    assert_eq!(upgrade(&graph, "p a b"), "c [s] d");
    assert_eq!(upgrade(&graph, "p a b c"), "[s] d");
    assert_eq!(upgrade(&graph, "p a b c d"), "[s]");
    assert_eq!(upgrade(&graph, "p a b c s d"), "");
    assert_eq!(upgrade(&graph, "p s d"), "");
}

#[test]
fn a_database_in_the_middle_needs_the_files() {
    let graph = squashed("a b c");
    assert_eq!(upgrade(&graph, "p"), "s d");
    assert_eq!(upgrade(&graph, "p a b c"), "[s] d");
    insta::assert_snapshot!(upgrade(&graph, "p a"), @"error: the database is in the middle of the revisions that `s` replaces, and the program does not contain 2 of them: `b`, `c`");
    assert_eq!(upgrade(&squashed("a b"), "p a b"), "c [s] d");
}

#[test]
fn a_branch_that_leaves_in_the_middle_stays_applied() {
    let mut all = revisions("p -> a, a -> b, b -> c, a -> side");
    all.push(squash());
    let graph = Graph::new(all).unwrap();
    let rows = [("p", vec![]), ("a", vec!["p"]), ("side", vec!["a"])];
    let applied = graph.applied(rows).unwrap();
    assert_eq!(summary(graph.upgrade(&applied, &[Target::HEADS])), "b c s");
    let current: Vec<&str> = graph.current(&applied).iter().map(|revision| revision.id.as_str()).collect();
    assert_eq!(current, ["side"]);
}

#[test]
fn a_database_in_the_middle_is_at_the_replaced_revision() {
    let graph = squashed("");
    let applied = applied(&graph, "p a b");
    let current: Vec<&str> = graph.current_replaced(&applied).iter().map(|revision| revision.id.as_str()).collect();
    assert_eq!(current, ["b"]);
    let parts = graph.partly_applied(&applied);
    let parts: Vec<_> =
        parts.iter().map(|part| (part.squash.id.as_str(), part.applied.join(" "), part.left.join(" "))).collect();
    assert_eq!(parts, [("s", "a b".to_owned(), "c".to_owned())]);
}

#[test]
fn no_squash_revision_is_reverted() {
    let graph = squashed("");
    let downgrade =
        |rows: &str, target: &str| summary(graph.downgrade(&applied(&graph, rows), &[target.parse().unwrap()]));
    assert_eq!(downgrade("p a b c s d", "s"), "d");
    assert_eq!(downgrade("p a b c d", "c"), "d");
    insta::assert_snapshot!(downgrade("p s d", "p"), @"error: a squash revision is not reverted: `s` stands in the place of 3 revisions");
    insta::assert_snapshot!(downgrade("p a b c", "base"), @"error: a squash revision is not reverted: `s` stands in the place of 3 revisions");
    insta::assert_snapshot!(downgrade("p a b", "base"), @"error: the database is in the middle of the revisions that `s` replaces, which are not reverted");
    insta::assert_snapshot!(downgrade("p a b", "p"), @"error: the database is in the middle of the revisions that `s` replaces, which are not reverted");
}

#[test]
fn a_stamp_removes_the_rows_of_replaced_revisions() {
    let graph = squashed("");
    let stamp = |rows: &str, target: &str| match graph.stamp(&applied(&graph, rows), &[target.parse().unwrap()]) {
        Ok(plan) => format!("+{} -{}", plan.add.join(" "), plan.remove.join(" ")),
        Err(error) => format!("error: {error}"),
    };
    assert_eq!(stamp("p a b c d", "heads"), "+s -");
    assert_eq!(stamp("p a b", "s"), "+s -");
    assert_eq!(stamp("p a b", "p"), "+ -b a");
    assert_eq!(stamp("p a b c s d", "p"), "+ -d s c b a");
    insta::assert_snapshot!(stamp("p", "b"), @"error: `b` is replaced by `s`, and cannot be recorded without it");
}

#[test]
fn an_older_program_sees_a_database_that_is_ahead() {
    let old = Graph::new(revisions("p -> a, a -> b, b -> c, c -> d")).unwrap();
    let rows =
        [("p", vec![]), ("a", vec!["p"]), ("b", vec!["a"]), ("c", vec!["b"]), ("s", vec!["p"]), ("d", vec!["c"])];
    insta::assert_snapshot!(old.applied(rows).unwrap_err(), @"the database is ahead of this program: `s` is applied and unknown here");
}

/// The errors of the graph of [`squashed`] after a change.
fn errors(change: impl FnOnce(&mut Vec<Revision>)) -> String {
    let mut all = revisions("p -> a, a -> b, b -> c, c -> d, x");
    all.push(squash());
    change(&mut all);
    Graph::new(all).unwrap_err().to_string()
}

#[test]
fn what_a_squash_revision_cannot_replace() {
    let of = |all: &mut Vec<Revision>, id: &str, change: &dyn Fn(&mut Revision)| {
        all.iter_mut().filter(|revision| revision.id == id).for_each(change);
    };
    let twice = errors(|all| all.push(Revision::new("t").replacing("b")));
    assert_eq!(twice, "`b` is replaced more than once: `s`, `t`");
    let nested = errors(|all| of(all, "b", &|b| b.replaces.push("old".into())));
    assert_eq!(nested, "`s` replaces `b`, which replaces other revisions itself");
    let outside = errors(|all| of(all, "b", &|b| b.depends_on.push("x".into())));
    assert_eq!(outside, "revision `b`, which `s` replaces, points at `x`, and the squash revision does not");
    let order = errors(|all| of(all, "s", &|s| s.replaces = ["b", "a", "c"].map(String::from).to_vec()));
    assert_eq!(order, "revision `b`, which `s` replaces, points at `a`, which `replaces` names after it");
    let between = errors(|all| {
        all.push(Revision::new("m").after("a"));
        of(all, "b", &|b| b.down_revision.push("m".into()));
        of(all, "s", &|s| s.down_revision.push("m".into()));
    });
    assert_eq!(between, "revisions form a cycle: `m` -> `s` -> `m`");
    let itself = errors(|all| of(all, "s", &|s| s.replaces.push("s".into())));
    assert_eq!(itself, "revision `s` points at itself");
}

#[test]
fn labels_and_dependencies_lead_to_the_squash_revision() {
    let mut all = revisions("p -> a, a -> b, b -> c");
    all[1].branch_labels.push("billing".to_owned());
    all.push(squash());
    all.push(Revision::new("e").depending_on("billing"));
    all.push(Revision::new("f").depending_on("b"));
    let graph = Graph::new(all).unwrap();
    assert_eq!(graph.find("billing").unwrap().id, "s");
    assert_eq!([&graph.get("e").unwrap().depends_on, &graph.get("f").unwrap().depends_on], [&["s"], &["s"]]);
}
