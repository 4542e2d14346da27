//! What holds for every graph.

use proptest::prelude::*;

use crate::{Graph, Plan, Revision, Target};

/// A random graph: each revision points at up to two earlier ones.
fn any_revisions() -> impl Strategy<Value = Vec<Revision>> {
    prop::collection::vec(prop::collection::vec(any::<prop::sample::Index>(), 0..3), 0..20).prop_map(|pointers| {
        let revision = |(n, below): (usize, Vec<prop::sample::Index>)| {
            let mut revision = Revision::new(format!("r{n}"));
            if n > 0 {
                revision.down_revision = below.iter().map(|index| format!("r{}", index.index(n))).collect();
                revision.down_revision.sort();
                revision.down_revision.dedup();
            }
            revision
        };
        pointers.into_iter().enumerate().map(revision).collect()
    })
}

fn ids(plan: &Plan) -> Vec<String> {
    plan.steps.iter().map(|step| step.revision.clone()).collect()
}

proptest! {
    #[test]
    fn a_target_parses_or_is_refused(text in ".{0,12}") {
        if let Ok(target) = text.parse::<Target>() {
            prop_assert_eq!(target.to_string().parse::<Target>(), Ok(target));
        }
    }

    #[test]
    fn an_upgrade_comes_after_its_parents_and_does_not_depend_on_the_order_of_files(
        (revisions, shuffled) in any_revisions().prop_flat_map(|r| (Just(r.clone()), Just(r).prop_shuffle()))
    ) {
        let graph = Graph::new(revisions).unwrap();
        let plan = graph.upgrade(&graph.applied([]).unwrap(), &Target::Heads).unwrap();
        let order = ids(&plan);
        prop_assert_eq!(order.len(), graph.len());
        for (place, step) in plan.steps.iter().enumerate() {
            prop_assert!(step.down_revision.iter().all(|parent| order[..place].contains(parent)));
        }
        let other = Graph::new(shuffled).unwrap();
        prop_assert_eq!(order, ids(&other.upgrade(&other.applied([]).unwrap(), &Target::Heads).unwrap()));
    }

    #[test]
    fn down_and_up_again_comes_back(
        (revisions, at) in any_revisions().prop_filter("not empty", |r| !r.is_empty()).prop_flat_map(|r| (Just(r), any::<prop::sample::Index>()))
    ) {
        let target = Target::Revision(format!("r{}", at.index(revisions.len())));
        let graph = Graph::new(revisions).unwrap();
        let all = ids(&graph.upgrade(&graph.applied([]).unwrap(), &Target::Heads).unwrap());
        let applied = graph.applied(all.iter().map(|id| (id.as_str(), vec![]))).unwrap();
        let undone = ids(&graph.downgrade(&applied, &target).unwrap());
        let rest = all.iter().filter(|id| !undone.contains(id)).map(|id| (id.as_str(), vec![]));
        let rest = graph.applied(rest).unwrap();
        let redone = ids(&graph.upgrade(&rest, &Target::Heads).unwrap());
        prop_assert_eq!(redone.len(), undone.len());
        prop_assert!(redone.iter().all(|id| undone.contains(id)));
    }
}
