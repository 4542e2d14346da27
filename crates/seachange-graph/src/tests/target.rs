//! Targets and ranges as text.

use expect::{place, refusal};

use crate::{Range, Target};

mod expect {
    //! A target and where its flaw is, as lines to compare.

    use crate::{ParseTargetError, Target};

    pub(super) fn place(text: &str) -> String {
        let target: Target = text.parse().unwrap();
        assert_eq!(target.to_string().parse(), Ok(target.clone()), "{text} and what it is printed as");
        format!("{:?} {:?} {}", target.branch().unwrap_or_default(), target.place(), target.steps())
    }

    pub(super) fn refusal(text: &str) -> String {
        let error: ParseTargetError = text.parse::<Target>().unwrap_err();
        let marks = "^".repeat(error.place.len().max(1));
        format!("{error}\n{text}\n{}{marks}", " ".repeat(error.place.start))
    }
}

#[test]
fn every_form_of_a_target_is_understood() {
    assert_eq!(place("head"), r#""" Some(Head) 0"#);
    assert_eq!(place("heads"), r#""" Some(Heads) 0"#);
    assert_eq!(place("base"), r#""" Some(Base) 0"#);
    assert_eq!(place("current"), r#""" Some(Current) 0"#);
    assert_eq!(place("ae10"), r#""" Some(Named("ae10")) 0"#);
    assert_eq!(place("m20220101_000001.x"), r#""" Some(Named("m20220101_000001.x")) 0"#);
    assert_eq!(place("+3"), r#""" None 3"#);
    assert_eq!(place("-3"), r#""" None -3"#);
    assert_eq!(place("-0"), r#""" None 0"#);
    assert_eq!(place("ae10+2"), r#""" Some(Named("ae10")) 2"#);
    assert_eq!(place("head-1"), r#""" Some(Head) -1"#);
    assert_eq!(place("billing@head"), r#""billing" Some(Head) 0"#);
    assert_eq!(place("billing@base"), r#""billing" Some(Base) 0"#);
    assert_eq!(place("billing@+1"), r#""billing" None 1"#);
    assert_eq!(place("ae10@heads"), r#""ae10" Some(Heads) 0"#);
    assert_eq!(place("billing@ae10-2"), r#""billing" Some(Named("ae10")) -2"#);
}

#[test]
fn a_refusal_points_at_the_place() {
    let texts = [
        "",
        "@",
        "@head",
        "a@",
        "a@b@c",
        "a0001+1garbage",
        "+",
        "a-",
        "++1",
        "a--1",
        "a b",
        "é",
        "head@base",
        "a:b",
        "a+99999999999999999999",
        "$1",
        "1+1+1",
    ];
    let refusals = texts.map(refusal).join("\n\n");
    insta::assert_snapshot!(refusals, @r"
    the target is empty

    ^

    invalid target `@`: expected a branch label or a revision before `@`
    @
    ^

    invalid target `@head`: expected a branch label or a revision before `@`
    @head
    ^

    invalid target `a@`: expected a place or a number of steps after `@`
    a@
      ^

    invalid target `a@b@c`: a second `@`
    a@b@c
       ^

    invalid target `a0001+1garbage`: expected digits after the sign, found 'g'
    a0001+1garbage
           ^

    invalid target `+`: expected digits after the sign, found nothing
    +
     ^

    invalid target `a-`: expected digits after the sign, found nothing
    a-
      ^

    invalid target `++1`: expected digits after the sign, found '+'
    ++1
     ^

    invalid target `a--1`: expected digits after the sign, found '-'
    a--1
      ^

    invalid target `a b`: it contains ' '; letters, digits, `_` and `.` are allowed
    a b
     ^

    invalid target `é`: it contains 'é'; letters, digits, `_` and `.` are allowed
    é
    ^^

    invalid target `head@base`: `head` is not a branch; expected a label or a revision before `@`
    head@base
    ^^^^

    invalid target `a:b`: it contains ':'; letters, digits, `_` and `.` are allowed
    a:b
     ^

    invalid target `a+99999999999999999999`: the number of steps is too large
    a+99999999999999999999
     ^^^^^^^^^^^^^^^^^^^^^

    invalid target `$1`: it contains '$'; letters, digits, `_` and `.` are allowed
    $1
    ^

    invalid target `1+1+1`: expected digits after the sign, found '+'
    1+1+1
       ^
    ");
    let long = "a".repeat(129);
    assert!(long.parse::<Target>().unwrap_err().to_string().ends_with("it has 129 bytes; the maximum is 128"));
}

#[test]
fn every_form_of_a_range_is_understood() {
    let ends = |text: &str| {
        let range: Range = text.parse().unwrap();
        assert_eq!(range.to_string(), text);
        [range.from, range.to].map(|end| end.map(|end| end.to_string()).unwrap_or_default())
    };
    assert_eq!(ends("a:b"), ["a", "b"]);
    assert_eq!(ends("a:"), ["a", ""]);
    assert_eq!(ends(":b"), ["", "b"]);
    assert_eq!(ends(":"), ["", ""]);
    assert_eq!(ends("-2:"), ["-2", ""]);
    assert_eq!(ends("x@base:current+1"), ["x@base", "current+1"]);
}

#[test]
fn a_text_that_is_no_range_is_refused() {
    let refusal = |text: &str| text.parse::<Range>().unwrap_err().to_string();
    assert_eq!(refusal("a"), "invalid range `a`: expected `A:B`, `A:` or `:B`");
    assert_eq!(refusal("a:b:c"), "invalid range `a:b:c`: a second `:`");
    assert_eq!(refusal("a:b+"), "invalid target `b+`: expected digits after the sign, found nothing");
}
