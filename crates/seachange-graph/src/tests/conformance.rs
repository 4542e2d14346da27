//! The answers of Alembic 1.20.1 to 2,923 questions about 150 graphs, compared with the answers of this crate.
//!
//! The order of steps is compared if only one order is valid. Otherwise the sets are compared, and each step must
//! come after the revisions it needs. The current revisions are compared as the set of applied revisions, because
//! Alembic's table may keep a head that another one depends on.

mod answer;
mod cases;
mod departures;

use std::collections::{BTreeMap, BTreeSet};

use crate::Graph;
use answer::{Answer, Failure, ask};
use cases::{Case, Question, Suite};
use departures::Departure;

/// The result of comparing two answers.
enum Verdict {
    Agreed,
    Departed(Departure),
    Failed(String),
}

/// The number of times each verdict occurred.
#[derive(Default)]
struct Tally {
    agreed: usize,
    departed: BTreeMap<&'static str, usize>,
    failed: Vec<String>,
}

impl Tally {
    fn count(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Agreed => self.agreed += 1,
            Verdict::Departed(departure) => *self.departed.entry(departure.reason()).or_default() += 1,
            Verdict::Failed(text) => self.failed.push(text),
        }
    }

    fn table(&self) -> String {
        let departed: usize = self.departed.values().sum();
        let mut lines = vec![
            format!("{:>5} agreed", self.agreed),
            format!("{departed:>5} departed, because"),
            format!("{:>5} failed", self.failed.len()),
        ];
        lines.splice(2..2, self.departed.iter().map(|(reason, count)| format!("{count:>11} {reason}")));
        lines.join("\n")
    }
}

#[test]
fn every_question_is_answered_as_alembic_does_or_departs_for_a_reason() {
    let suite: Suite = serde_json::from_str(include_str!("conformance/graph-cases.json")).unwrap();
    let mut tally = Tally::default();
    for case in &suite.graphs {
        match Graph::new(case.revisions.iter().map(cases::Node::revision)) {
            Ok(graph) => case.questions.iter().for_each(|question| tally.count(compare(case, &graph, question))),
            Err(_) => case.questions.iter().for_each(|_| tally.count(Verdict::Departed(Departure::RefusedAtLoading))),
        }
    }
    print(&tally.table());
    assert_eq!(tally.failed, Vec::<String>::new());
    insta::assert_snapshot!(tally.table(), @r"
    2467 agreed
     456 departed, because
             3 `heads` means every head, also one that another depends on
             4 a branch that is named by a revision includes what is above it
            60 a graph with duplicate ids or reserved words is refused as a whole
             5 a range may begin so many steps below each of several heads
            39 a revision that is not on the branch is refused on the way down as on the way up
            42 a stamp records all that it is asked for, and forgets only what is above
             6 a target with nothing above it is nothing to do, and no error
            11 both refuse; the refusal names another of two things that are wrong
             9 no steps are nothing to do, and no error
            16 one step below a merge point are all of its parents
           165 steps are counted from one revision, never from the first of several
            10 steps down undo the line they follow, and no other
            61 steps may be counted from a revision in a range, as elsewhere
             3 the beginning of an id counts however short the id is
            22 what branches share is not undone in the name of one that is not applied
       0 failed
    ");
}

#[test]
fn the_shape_of_every_graph_is_what_alembic_finds() {
    let suite: Suite = serde_json::from_str(include_str!("conformance/graph-cases.json")).unwrap();
    let mut refused = Vec::new();
    for case in &suite.graphs {
        match Graph::new(case.revisions.iter().map(cases::Node::revision)) {
            Ok(graph) => check_facts(case, &graph),
            Err(faults) => refused.push(format!("{}: {faults}", case.name)),
        }
    }
    insta::assert_snapshot!(refused.join("\n"), @r"
    self_loop: revision `a` points at itself
    self_loop_in_merge: revision `c` points at itself
    dep_self_loop_tail: revision `c` points at itself
    cycle2: revisions form a cycle: `a` -> `b` -> `a`
    cycle3_plus_tail: revisions form a cycle: `a` -> `c` -> `b` -> `a`
    dep_cycle: revisions form a cycle: `a` -> `c` -> `b` -> `a`
    dep_cycle_tail: revisions form a cycle: `a` -> `c` -> `b` -> `a`
    dep_cycle_two_branches: revisions form a cycle: `a1` -> `b2` -> `b1` -> `a1`
    missing_dep: revision `b` depends on `gone`, which no revision defines
    duplicate_id: more than one revision has the id `b`
    duplicate_label: the branch label `xy1` is used more than once: `c`, `e`
    label_equals_own_id: the branch label `a` of revision `a` is the id of a revision
    illegal_char_-: `b-1` cannot be a revision id: it contains '-'; letters, digits, `_` and `.` are allowed
    illegal_char_:: `b:1` cannot be a revision id: it contains ':'; letters, digits, `_` and `.` are allowed
    id_head: `head` cannot be a revision id: the word is reserved
    label_head: `head` of revision `a` cannot be a branch label: the word is reserved
    ");
}

#[expect(clippy::print_stdout, reason = "the table is what this test is read for: `cargo test -- --nocapture`")]
fn print(table: &str) {
    println!("{table}");
}

fn check_facts(case: &Case, graph: &Graph) {
    let (name, facts) = (&case.name, &case.facts);
    assert!(facts.load_error.is_none(), "{name} is to be refused");
    let check = |what: &str, ours: Vec<&crate::Revision>, theirs: &[String]| {
        let ours: BTreeSet<&String> = ours.iter().map(|revision| &revision.id).collect();
        assert_eq!(ours, theirs.iter().collect(), "{what} of {name}");
    };
    check("heads", graph.heads(), &facts.heads);
    check("effective heads", graph.unreferenced(), &facts.effective_heads);
    check("bases", graph.bases(), &facts.bases);
    check("branch points", graph.branch_points(), &facts.branch_points);
    check("merge points", graph.merge_points(), &facts.merge_points);
    for revision in graph.iter() {
        let labels = facts.member_labels.get(&revision.id).cloned().unwrap_or_default();
        assert_eq!(graph.labels(&revision.id), labels, "labels of {} in {name}", revision.id);
    }
}

fn compare(case: &Case, graph: &Graph, question: &Question) -> Verdict {
    let ours = ask(graph, question);
    let agrees = match (&ours, &question.expected_error) {
        // Alembic crashes here: any consistent plan and any error are accepted.
        (_, Some(error)) if error.internal => true,
        (Ok(answer), None) => answer.agrees(graph, question),
        (Err(failure), Some(error)) => failure.is_like(error),
        _ => false,
    };
    if agrees {
        return Verdict::Agreed;
    }
    match Departure::of(graph, question, &ours) {
        Some(departure) => Verdict::Departed(departure),
        None => Verdict::Failed(describe(case, question, &ours)),
    }
}

fn describe(case: &Case, question: &Question, ours: &Result<Answer, Failure>) -> String {
    format!("{}: {question:?}\nours: {ours:?}", case.name)
}
