//! The checks of what a database holds.

use super::{applied_at, graph};

fn check_error(text: &str, rows: &[(&str, &[&str])], expected: &str) {
    let rows = rows.iter().map(|(id, parents)| (*id, parents.to_vec()));
    assert_eq!(graph(text).applied(rows).unwrap_err().to_string(), expected);
}

#[test]
fn current_is_what_nothing_applied_descends_from() {
    let graph = graph("a -> b, a -> c, b c -> d");
    let current = |heads| graph.current(&applied_at(&graph, heads)).iter().map(|r| r.id.clone()).collect::<Vec<_>>();
    assert_eq!(current(""), Vec::<String>::new());
    assert_eq!(current("b c"), ["b", "c"]);
    assert_eq!(current("d"), ["d"]);
}

#[test]
fn a_database_ahead_is_told_from_one_that_diverged() {
    let ahead = "the database is ahead of this program: `c`, `d` are applied and unknown here";
    check_error("a -> b", &[("a", &[]), ("b", &["a"]), ("c", &["b"]), ("d", &["c"])], ahead);
    let diverged = "the database has diverged from this program: `z` is applied and unknown here";
    check_error("a -> b", &[("z", &[])], diverged);
    check_error("a -> b", &[("z", &["b"])], diverged);
    check_error("a -> b", &[("a", &["z"]), ("z", &[])], diverged);
    // An unknown base, if other revisions are shared, is a new branch.
    let ahead = "the database is ahead of this program: `z` is applied and unknown here";
    check_error("a -> b", &[("a", &[]), ("z", &[])], ahead);
}

#[test]
fn a_revision_below_an_applied_one_is_missed() {
    check_error(
        "a -> b, b -> c, c -> d",
        &[("a", &[]), ("d", &["c"])],
        "`b`, `c` are not applied, though a revision above is: `d`",
    );
}
