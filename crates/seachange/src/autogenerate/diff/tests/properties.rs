//! Between random schemas, every operation and every reverse is possible.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::super::{Renames, diff};
use super::simulate::take;
use super::text::{describe, schema};
use super::{OrderingRules, RULES, SchemaOperation};
use crate::autogenerate::hints::EntityHints;
use crate::autogenerate::operation::reversed;
use crate::schema::Schema;

/// A table with the column `id`, some of the columns `a`, `b`, `c`, and keys, constraints and indexes on them.
fn table() -> impl Strategy<Value = Vec<String>> {
    let column = |name: &'static str| {
        proptest::option::weighted(
            0.7,
            prop_oneof![Just("int"), Just("int!"), Just("text"), Just("mood"), Just("mood =x")],
        )
        .prop_map(move |of| of.map(|of| format!("{name} {of}")))
    };
    let computed = prop_oneof![Just("int"), Just("bigint"), Just("int @b"), Just("int @b+1"), Just("int @b+id")];
    (column("a"), column("b"), column("c"), computed, any::<[bool; 9]>(), 0..4_usize).prop_map(|parts| {
        let (a, b, c, computed, has, parent) = parts;
        let mut items = vec!["id int!".to_owned()];
        let mut columns = vec![("a", a), ("b", b.clone()), ("c", c)];
        let has_read = b.is_some() || !computed.contains('@');
        let d = Some(format!("d {computed}")).filter(|_| has[6] && has_read);
        // A generated column may come before the column that it reads.
        columns.insert(if parent == 0 { 0 } else { columns.len() }, ("d", d));
        columns.retain(|(_, column)| column.is_some());
        let exists = |name: &str| columns.iter().any(|(own, _)| *own == name);
        let more = [
            (has[0], "pk(id)".to_owned()),
            (!has[0], "unique k(id)".to_owned()),
            (has[1] && exists("a"), "unique u(a)".to_owned()),
            (has[2] && exists("b"), "index i(b)".to_owned()),
            (has[3] && exists("c"), "uindex j(c)".to_owned()),
            (has[4] && exists("a"), format!("fk f(a -> t{parent}.id)")),
            (has[5] && exists("b"), "check c(b > 0)".to_owned()),
            (has[7] && exists("d"), "index n(d)".to_owned()),
            (has[8] && exists("d"), "unique m(d)".to_owned()),
        ];
        items.extend(columns.iter().filter_map(|(_, column)| column.clone()));
        items.extend(more.into_iter().filter(|(holds, _)| *holds).map(|(_, item)| item));
        items
    })
}

/// Up to four tables, with foreign keys to any of them, and a type.
pub(in crate::autogenerate) fn schemas() -> impl Strategy<Value = Schema> {
    let values = vec(prop_oneof![Just("x"), Just("y"), Just("z")], 0..2);
    (btree_map(0..4_usize, table(), 0..5), values).prop_map(|(tables, values)| {
        let lines = tables.iter().map(|(number, items)| {
            let is_possible = |item: &&String| {
                let parent = item.split_once("-> t").and_then(|(_, rest)| rest.split('.').next()?.parse().ok());
                parent.is_none_or(|parent: usize| tables.contains_key(&parent))
            };
            let items: Vec<_> = items.iter().filter(is_possible).cloned().collect();
            format!("t{number}: {}\n", items.join(", "))
        });
        let mut values: Vec<_> = ["x"].into_iter().chain(values).collect();
        values.dedup();
        values.sort_unstable();
        values.dedup();
        schema(&format!("enum mood: {}\n{}", values.join(" "), lines.collect::<String>()))
    })
}

/// Applies operations to a schema, or says why a database would refuse one of them.
pub(in crate::autogenerate) fn walk(start: &Schema, steps: &[SchemaOperation]) -> Result<Schema, String> {
    let mut schema = start.clone();
    for (at, step) in steps.iter().enumerate() {
        let taken = take(&mut schema, step);
        taken.map_err(|error| {
            let steps: Vec<_> = steps.iter().map(describe).collect();
            format!("step {at}: {error}\n{steps:#?}")
        })?;
    }
    Ok(schema)
}

fn no_difference(left: &Schema, right: &Schema) -> Vec<String> {
    diff(left, right, &EntityHints::default(), &Renames::default(), RULES).iter().map(describe).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn the_steps_lead_there_and_back(from in schemas(), to in schemas()) {
        let rules = OrderingRules { generated_columns_hold: true, ..RULES };
        let steps = diff(&from, &to, &EntityHints::default(), &Renames::default(), rules);
        let there = walk(&from, &steps).map_err(TestCaseError::fail)?;
        prop_assert_eq!(no_difference(&there, &to), Vec::<String>::new());
        let back = reversed(&steps);
        let again = walk(&there, &back).map_err(TestCaseError::fail)?;
        prop_assert_eq!(no_difference(&again, &from), Vec::<String>::new());
    }
}
