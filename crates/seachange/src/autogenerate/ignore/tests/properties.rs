//! Between random schemas: what is left out needs no operation, and what remains is possible.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::subsequence;

use super::{IgnoreRule, accepting, comparison, found, ignoring, steps};
use crate::autogenerate::comparison::Comparison;
use crate::autogenerate::diff::tests::properties::{schemas, walk};
use crate::autogenerate::difference::{Difference, DifferenceKind};
use crate::autogenerate::operation::reversed;

/// Checks that the remaining operations lead to the target, and back.
fn check_possible(left: &Comparison) -> Result<(), TestCaseError> {
    let operations = left.operations(&left.renames());
    let there = walk(&left.from, &operations).map_err(TestCaseError::fail)?;
    prop_assert_eq!(steps(&comparison(there.clone(), left.to.clone())), Vec::<String>::new());
    let back = walk(&there, &reversed(&operations)).map_err(TestCaseError::fail)?;
    prop_assert_eq!(steps(&comparison(back, left.from.clone())), Vec::<String>::new());
    Ok(())
}

fn kinds(differences: &[Difference]) -> Vec<DifferenceKind> {
    let kinds: BTreeSet<_> = differences.iter().map(|difference| difference.kind).collect();
    kinds.into_iter().collect()
}

fn of_kinds(kinds: &[DifferenceKind]) -> Vec<IgnoreRule> {
    kinds.iter().map(|kind| IgnoreRule::new(*kind)).collect()
}

/// The numbers of some of the first 24 items.
fn some() -> impl Strategy<Value = Vec<usize>> {
    subsequence((0..24_usize).collect::<Vec<_>>(), 0..24)
}

fn chosen<T: Clone>(items: &[T], numbers: &[usize]) -> Vec<T> {
    items.iter().enumerate().filter(|(at, _)| numbers.contains(&(at % 24))).map(|(_, item)| item.clone()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn no_operation_remains_when_all_kinds_are_ignored(from in schemas(), to in schemas()) {
        let whole = comparison(from, to);
        let left = ignoring(whole.clone(), &of_kinds(&kinds(&found(&whole))));
        prop_assert_eq!(steps(&left), Vec::<String>::new());
    }

    #[test]
    fn no_operation_remains_when_everything_is_accepted(from in schemas(), to in schemas()) {
        let whole = comparison(from, to);
        let left = accepting(whole.clone(), &found(&whole));
        prop_assert_eq!(steps(&left), Vec::<String>::new());
    }

    #[test]
    fn what_remains_beside_ignored_kinds_is_possible(from in schemas(), to in schemas(), numbers in some()) {
        let whole = comparison(from, to);
        let all: Vec<_> = DifferenceKind::all().collect();
        check_possible(&ignoring(whole, &of_kinds(&chosen(&all, &numbers))))?;
    }

    #[test]
    fn what_remains_beside_accepted_differences_is_possible(from in schemas(), to in schemas(), numbers in some()) {
        let whole = comparison(from, to);
        let all = found(&whole);
        let accepted = chosen(&all, &numbers);
        let left = accepting(whole, &accepted);
        check_possible(&left)?;
        let remaining = found(&left);
        let is_whole = |own: &&Difference| own.kind == DifferenceKind::Table;
        let tables: Vec<_> = all.iter().filter(is_whole).map(|own| own.table.clone()).collect();
        let is_new = |own: &&Difference| {
            // A type stays with a column of it; the foreign keys of a new or dropped table may go with the table. A foreign
            // key that is dropped and added again may stay.
            let other = |other: &Difference| (&other.database, &other.entities) == (&own.entities, &own.database);
            let comes_back = all.iter().any(|two| two.table == own.table && two.kind == own.kind && other(two));
            let is_type = own.kind == DifferenceKind::Enumeration && own.entities.is_none();
            let stays = is_type || comes_back || !is_whole(own) && tables.contains(&own.table);
            !accepted.contains(own) && !stays
        };
        for new in all.iter().filter(is_new) {
            prop_assert!(remaining.contains(new), "{new:?} is hidden");
        }
    }
}
