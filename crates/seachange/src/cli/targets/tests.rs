//! Bare numbers as steps or names.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use seachange_graph::Direction;

use super::{KnownNames, with_sign};

/// The names of a graph; a label is found only by its full name.
fn names() -> KnownNames {
    KnownNames { ids: vec!["0003", "1", "376e48470d72", "ae1027"], labels: vec!["2026"] }
}

/// The reading of a text for `up`.
fn read(text: &str) -> String {
    with_sign(&names(), text, Direction::Upgrade).unwrap()
}

/// The error for a text.
fn refuse(text: &str, direction: Direction) -> String {
    let problem = with_sign(&names(), text, direction).unwrap_err();
    format!("{}\n{}", problem.message, problem.hints.join("\n"))
}

#[test]
fn a_number_is_one_of_steps() {
    assert_eq!(["0", "2", "3", "37", "999"].map(read), ["+0", "+2", "+3", "+37", "+999"]);
    assert_eq!(with_sign(&names(), "2", Direction::Downgrade).unwrap(), "-2");
}

#[test]
fn a_zero_in_front_makes_a_name() {
    assert_eq!(["0003", "0001", "00", "ae10", "+1", ""].map(read), ["0003", "0001", "00", "ae10", "+1", ""]);
}

#[test]
fn an_id_that_is_a_larger_number_than_there_are_revisions_is_the_id() {
    let names = KnownNames { ids: vec!["757383446733", "20220101", "3"], labels: vec![] };
    for direction in [Direction::Upgrade, Direction::Downgrade] {
        for id in ["757383446733", "20220101"] {
            assert_eq!(with_sign(&names, id, direction).unwrap(), id);
        }
        assert!(with_sign(&names, "3", direction).is_err(), "it may be a number of steps");
    }
    assert_eq!(with_sign(&names, "2", Direction::Upgrade).unwrap(), "+2");
    assert_eq!(with_sign(&names, "99999999999999999999999", Direction::Upgrade).unwrap(), "+99999999999999999999999");
}

#[test]
fn a_number_that_is_a_name_is_refused() {
    insta::assert_snapshot!(refuse("1", Direction::Upgrade), @r"
    `1` may be a number of revisions, or the revision of that name
    write `+1` for the number, or `upgrade 1` for the revision
    ");
    insta::assert_snapshot!(refuse("2026", Direction::Downgrade), @r"
    `2026` may be a number of revisions, or the revision of that name
    write `-2026` for the number, or `downgrade 2026` for the revision
    ");
}

#[test]
fn a_number_that_names_begin_with_is_refused() {
    insta::assert_snapshot!(refuse("376", Direction::Downgrade), @r"
    `376` may be a number of revisions, or the revision `376e48470d72`
    write `-376` for the number, or more of the id
    ");
    assert_eq!(read("202"), "+202", "a label has no beginnings");
}
