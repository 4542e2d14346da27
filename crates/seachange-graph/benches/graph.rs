//! What the graph costs, for 1,000 to 100,000 revisions: in one line, and in a hundred branches with merge points.
//!
//! Ids are random and the revisions come in no order, as files do.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on has failed")]

use std::hint::black_box;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BatchSize, BenchmarkGroup, BenchmarkId, Criterion, criterion_group, criterion_main};
use seachange_graph::draw::{GraphLayout, NodeLabel};
use seachange_graph::{AppliedSet, Graph, Revision, Target};

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];

/// The number of branches that go on side by side.
const BRANCHES: usize = 100;

/// A set of revisions, and what is asked of it.
struct Sample {
    name: String,
    revisions: Vec<Revision>,
    graph: Graph,
    /// A head, and everything but that head.
    head: Target,
    all_but_head: AppliedSet,
    /// The parent of the head.
    below_head: Target,
    /// A beginning of an id that no other id has.
    beginning: Target,
}

impl Sample {
    fn line(count: usize) -> Self {
        Self::new(format!("line/{count}"), count, |place| place.checked_sub(1).into_iter().collect())
    }

    /// Each revision comes after the one of its branch; every tenth time round, one after that of another branch too.
    fn branches(count: usize) -> Self {
        Self::new(format!("branches/{count}"), count, |place| {
            let is_merge_point = place > BRANCHES && (place / BRANCHES).is_multiple_of(10) && place % BRANCHES == 1;
            let other = is_merge_point.then(|| place - BRANCHES + 1);
            place.checked_sub(BRANCHES).into_iter().chain(other).collect()
        })
    }

    fn new(name: String, count: usize, parents: impl Fn(usize) -> Vec<usize>) -> Self {
        let revision =
            |place: usize| parents(place).into_iter().map(id).fold(Revision::new(id(place)), Revision::after);
        let mut revisions: Vec<Revision> = (0..count).map(revision).collect();
        let head = revisions[count - 1].clone();
        revisions.sort_by_key(|revision| revision.id.chars().rev().collect::<String>());
        let graph = Graph::new(revisions.clone()).unwrap();
        let rows =
            graph.iter().filter(|revision| revision.id != head.id).map(|revision| (revision.id.as_str(), vec![]));
        let all_but_head = graph.applied(rows).unwrap();
        let below_head = Target::revision(graph.get(&head.down_revision[0]).unwrap());
        let beginning = (4..=12).map(|length| &head.id[..length]).find(|beginning| graph.find(beginning).is_ok());
        let beginning = beginning.unwrap().parse().unwrap();
        Self { name, revisions, head: Target::revision(&head), all_but_head, below_head, beginning, graph }
    }
}

/// Twelve digits that look random and are not.
fn id(place: usize) -> String {
    let mut bits = (place as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    format!("{:012x}", (bits ^ (bits >> 31)) >> 16)
}

fn measure(criterion: &mut Criterion) {
    let samples: Vec<Sample> = SIZES.iter().flat_map(|&count| [Sample::line(count), Sample::branches(count)]).collect();
    let mut each = |name: &str, run: fn(&mut BenchmarkGroup<'_, WallTime>, BenchmarkId, &Sample)| {
        let mut group = criterion.benchmark_group(name);
        group.sample_size(10).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
        for sample in &samples {
            run(&mut group, BenchmarkId::from_parameter(&sample.name), sample);
        }
        group.finish();
    };
    each("load", |group, id, sample| {
        group.bench_function(id, |bencher| {
            bencher.iter_batched(|| sample.revisions.clone(), |set| Graph::new(set).unwrap(), BatchSize::PerIteration);
        });
    });
    each("load and plan from base to heads", |group, id, sample| {
        let run = |set| {
            let graph = Graph::new(set).unwrap();
            let plan = graph.upgrade(&graph.none_applied(), &[Target::HEADS]).unwrap();
            (graph, plan)
        };
        group.bench_function(id, |bencher| {
            bencher.iter_batched(|| sample.revisions.clone(), run, BatchSize::PerIteration);
        });
    });
    each("heads", |group, id, Sample { graph, .. }| {
        group.bench_function(id, |bencher| bencher.iter(|| black_box(graph.heads())));
    });
    each("resolve the beginning of an id", |group, id, Sample { graph, beginning, all_but_head, .. }| {
        group.bench_function(id, |bencher| bencher.iter(|| black_box(graph.resolve(all_but_head, beginning).unwrap())));
    });
    each("plan from base to heads", |group, id, Sample { graph, .. }| {
        let (nothing, heads) = (graph.none_applied(), [Target::HEADS]);
        group.bench_function(id, |bencher| bencher.iter(|| black_box(graph.upgrade(&nothing, &heads).unwrap())));
    });
    each("plan one step up", |group, id, Sample { graph, all_but_head, head, .. }| {
        let target = std::slice::from_ref(head);
        assert_eq!(graph.upgrade(all_but_head, target).unwrap().len(), 1);
        group.bench_function(id, |bencher| bencher.iter(|| black_box(graph.upgrade(all_but_head, target).unwrap())));
    });
    each("plan to heads where one is pending", |group, id, Sample { graph, all_but_head, .. }| {
        let target = [Target::HEADS];
        assert_eq!(graph.upgrade(all_but_head, &target).unwrap().len(), 1);
        group.bench_function(id, |bencher| bencher.iter(|| black_box(graph.upgrade(all_but_head, &target).unwrap())));
    });
    each("plan one step down", |group, id, Sample { graph, below_head, .. }| {
        let (everything, target) = (graph.all_applied(), std::slice::from_ref(below_head));
        assert_eq!(graph.downgrade(&everything, target).unwrap().len(), 1);
        group.bench_function(id, |bencher| bencher.iter(|| black_box(graph.downgrade(&everything, target).unwrap())));
    });
    each("draw as SVG", |group, id, Sample { graph, .. }| {
        let draw = || GraphLayout::new(graph, |_| NodeLabel::new("add a column")).svg();
        group.bench_function(id, |bencher| bencher.iter(|| black_box(draw())));
    });
}

criterion_group!(benches, measure);
criterion_main!(benches);
