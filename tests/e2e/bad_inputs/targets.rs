//! Invalid targets. Each is tried on every database, with the same output.

use seachange_tests::harness::{Case, each_backend};

use super::{apply_three, case, check, migration, unset};

/// A name, and the arguments. Three of six revisions are applied, the last of them `78b9f16a65fd`.
const TARGETS: [(&str, &[&str]); 20] = [
    ("unknown_id", &["up", "ffffffffffff"]),
    ("similar_id", &["up", "d08a87fae5b1"]),
    ("empty_target", &["upgrade", ""]),
    ("up_too_far", &["up", "+99"]),
    ("down_too_far", &["down", "99"]),
    ("up_goes_down", &["up", "-1"]),
    ("downgrade_goes_up", &["downgrade", "+1"]),
    ("down_to_head", &["down", "head"]),
    ("number_with_letter", &["up", "1x"]),
    ("sign_with_letter", &["up", "+1x"]),
    ("number_too_large", &["up", "99999999999999999999999"]),
    ("steps_behind_head", &["up", "head+1"]),
    ("garbage_after_steps", &["up", "d08a+1garbage"]),
    ("unknown_branch", &["up", "billing@head"]),
    ("branch_alone", &["up", "billing@"]),
    ("unknown_id_among_several", &["up", "heads", "ffffffffffff"]),
    ("colons", &["up", "a:b:c"]),
    ("not_applied", &["downgrade", "d08a87fea5b1"]),
    ("number_or_id", &["down", "376"]),
    ("stamp_unknown_id", &["stamp", "ffffffffffff"]),
];

pub(super) fn trials() -> Vec<Case> {
    let on_each = TARGETS.iter().flat_map(|&(name, arguments)| {
        each_backend(&format!("bad_inputs::{name}"), move |database| {
            apply_three(database)?;
            check(name, database, &migration(database).args(arguments))
        })
    });
    let mut cases: Vec<Case> = on_each.collect();
    cases.push(case("show_unknown_id", |database| {
        check("show_unknown_id", database, &migration(database).args(["show", "ffffffffffff"]))
    }));
    cases.push(case("show_steps", |database| check("show_steps", database, &migration(database).args(["show", "-1"]))));
    // The target is checked before a database is made for it.
    cases.push(case("target_makes_no_file", |database| {
        check("target_makes_no_file", database, &unset(database).args(["up", "d08a87fae5b1"]))
    }));
    cases
}
