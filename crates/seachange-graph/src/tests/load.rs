//! The errors that a set of revisions is rejected for.

use super::{graph, revisions};
use crate::{Graph, Revision};

fn check_faults(revisions: Vec<Revision>, expected: &[&str]) {
    let faults = Graph::new(revisions).unwrap_err();
    let found: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(found, expected);
}

#[test]
fn an_empty_graph_is_a_graph() {
    let graph = graph("");
    assert!(graph.is_empty());
    assert_eq!(graph.heads(), Vec::<&Revision>::new());
}

#[test]
fn every_fault_is_reported_at_once() {
    check_faults(
        vec![
            Revision::new("a"),
            Revision::new("a"),
            Revision::new("b").after("gone"),
            Revision::new("c").depending_on("lost"),
            Revision::new("d").after("d"),
            Revision::new("x-1"),
            Revision::new("head"),
        ],
        &[
            "`x-1` cannot be a revision id: it contains '-'; letters, digits, `_` and `.` are allowed",
            "`head` cannot be a revision id: the word is reserved",
            "more than one revision has the id `a`",
            "revision `b` comes after `gone`, which no revision defines",
            "revision `c` depends on `lost`, which no revision defines",
            "revision `d` points at itself",
        ],
    );
}

#[test]
fn a_circle_is_named_from_its_smallest_id() {
    check_faults(revisions("c -> a, a -> b, b -> c, c -> d"), &["revisions form a cycle: `a` -> `c` -> `b` -> `a`"]);
}

#[test]
fn a_circle_through_a_dependency_is_found() {
    check_faults(
        vec![Revision::new("a").depending_on("b"), Revision::new("b").after("a")],
        &["revisions form a cycle: `a` -> `b` -> `a`"],
    );
}

#[test]
fn labels_are_unique_among_labels_and_ids() {
    check_faults(
        vec![
            Revision::new("a").labelled("blog"),
            Revision::new("b").labelled("blog"),
            Revision::new("c").labelled("a"),
            Revision::new("d").labelled("d"),
            Revision::new("e").labelled("no space"),
        ],
        &[
            "`no space` of revision `e` cannot be a branch label: it contains ' '; letters, digits, `_` and `.` are allowed",
            "the branch label `a` of revision `c` is the id of a revision",
            "the branch label `blog` is used more than once: `a`, `b`",
            "the branch label `d` of revision `d` is the id of a revision",
        ],
    );
}

#[test]
fn ids_are_limited_in_length() {
    let longest = "a".repeat(128);
    assert!(Graph::new([Revision::new(longest.as_str())]).is_ok());
    let faults = Graph::new([Revision::new(format!("{longest}a"))]).unwrap_err();
    assert!(faults.to_string().ends_with("it has 129 bytes; the maximum is 128"), "{faults}");
}

#[test]
fn heads_and_bases_follow_the_parents() {
    let graph = graph("a -> b, a -> c, b c -> d, a -> e, f");
    let ids = |revisions: Vec<&Revision>| revisions.iter().map(|r| r.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(graph.heads()), ["d", "e", "f"]);
    assert_eq!(ids(graph.bases()), ["a", "f"]);
    assert_eq!(graph.children("a").map(|r| r.id.as_str()).collect::<Vec<_>>(), ["b", "c", "e"]);
}

#[test]
fn a_long_chain_is_no_deep_recursion() {
    let chain = (0..100_000).map(|n| {
        let revision = Revision::new(format!("r{n}"));
        if n == 0 { revision.labelled("all") } else { revision.after(format!("r{}", n - 1)) }
    });
    let graph = Graph::new(chain).unwrap();
    let (nothing, everything) = (graph.none_applied(), graph.all_applied());
    let target = |text: &str| [text.parse().unwrap()];
    assert_eq!(graph.upgrade(&nothing, &target("heads")).unwrap().len(), 100_000);
    assert_eq!(graph.upgrade(&nothing, &target("all@+70000")).unwrap().len(), 70_000);
    assert_eq!(graph.downgrade(&everything, &target("base")).unwrap().len(), 100_000);
    assert_eq!(graph.downgrade(&everything, &target("-70000")).unwrap().len(), 70_000);
    assert_eq!(graph.stamp(&nothing, &target("head-1")).unwrap().add.len(), 99_999);
    assert_eq!(graph.history(&nothing, &"-9:".parse().unwrap()).unwrap().len(), 10);
    assert_eq!(graph.labels("r99999"), ["all"]);
}

#[test]
fn a_dependency_may_be_a_label() {
    let nodes = [Revision::new("a").labelled("billing"), Revision::new("b").depending_on("billing")];
    let graph = Graph::new(nodes).unwrap();
    assert_eq!(graph.get("b").unwrap().depends_on, ["a"]);
    assert_eq!(graph.dependants("a").map(|revision| revision.id.as_str()).collect::<Vec<_>>(), ["b"]);
    assert_eq!(graph.unreferenced().len(), 1);
    let own = [Revision::new("a").labelled("own").depending_on("own")];
    assert_eq!(Graph::new(own).unwrap_err().to_string(), "revision `a` points at itself");
}

#[test]
fn ids_that_differ_only_in_case_are_refused() {
    check_faults(
        vec![Revision::new("k1"), Revision::new("K1").after("k1"), Revision::new("k1")],
        &[
            "the ids `k1` and `K1` differ only in upper and lower case, which some databases do not distinguish",
            "more than one revision has the id `k1`",
        ],
    );
}

#[test]
fn what_is_named_twice_counts_once() {
    let twice = Revision::new("b").after("a").after("a").depending_on("a").depending_on("c").depending_on("c");
    let graph = Graph::new([Revision::new("a"), Revision::new("c"), twice]).unwrap();
    let b = graph.get("b").unwrap();
    assert_eq!((b.down_revision.as_slice(), b.depends_on.as_slice()), (&["a".to_owned()][..], &["c".to_owned()][..]));
    assert_eq!(graph.merge_points().len(), 0);
}

#[test]
fn wide_graphs_load_without_a_list_that_nobody_reads() {
    let id = |n: usize| format!("r{n}");
    let parents = (0..50_000).map(|n| Revision::new(id(n)));
    let merge = (0..50_000).fold(Revision::new("merge"), |merge, n| merge.after(id(n)));
    let graph = Graph::new(parents.chain([merge])).unwrap();
    assert_eq!(graph.bases().len(), 50_000);
    assert_eq!(graph.stamp(&graph.all_applied(), &[crate::Target::BASE]).unwrap().remove.len(), 50_001);
    let error = graph.upgrade(&graph.none_applied(), &["+1".parse().unwrap()]).unwrap_err().to_string();
    assert!(error.len() < 300 && error.ends_with(", 49990 more"), "{error}");
    let circles = (0..3_000).map(|n| Revision::new(id(n)).after(id((n + 1) % 3_000)).depending_on(id(2_999)));
    let faults = Graph::new(circles).unwrap_err();
    assert!((1..=22).contains(&faults.len()) && faults.to_string().len() < 20_000, "{}", faults.len());
}
