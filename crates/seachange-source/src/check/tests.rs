use std::path::Path;

use super::check;
use crate::parse::parse;
use crate::scan::ScannedFolders;

/// Makes a folder of constants, and compares every problem and its solution with `expected`.
fn check_problems(files: &[(&str, &str)], expected: &[&str]) {
    let mut folder = ScannedFolders::default();
    for (name, fields) in files {
        let text = format!("pub const REVISION: R = R {{ {fields} }};\npub struct Migration;");
        match parse(Path::new(name), &text) {
            Ok(file) => folder.files.push(file),
            Err(errors) => folder.errors.extend(errors),
        }
    }
    let problems = check(&folder).err().unwrap_or_default();
    let found: Vec<String> = problems.iter().map(|problem| format!("{problem}\n  {}", problem.way_out())).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_sound_folder_has_no_problem() {
    check_problems(&[], &[]);
    check_problems(&[("b.rs", "id: \"b\", down_revision: &[\"a\"]"), ("a.rs", "id: \"a\"")], &[]);
}

#[test]
fn problems_name_files_revisions_and_a_way_out() {
    check_problems(
        &[("a.rs", "id: \"a\", down_revision: &[\"z\"], depends_on: &[\"y\"]")],
        &[
            "a.rs:1: revision `a` comes after `z`, which no revision defines\n  correct `down_revision`, or restore the file that defines `z`",
            "a.rs:1: revision `a` depends on `y`, which no revision defines\n  correct `depends_on`, or restore the file that defines `y`",
        ],
    );
    check_problems(
        &[("a.rs", "id: \"a\""), ("b.rs", "id: \"a\"")],
        &["a.rs:1: more than one revision has the id `a`; see also b.rs:1\n  give one of the files another `id`, and \
           correct the `down_revision` that means it"],
    );
    check_problems(
        &[("a.rs", "id: \"a\""), ("b.rs", "id: \"a\""), ("c.rs", "id: \"a\"")],
        &[
            "a.rs:1: more than one revision has the id `a`; see also b.rs:1, c.rs:1\n  give one of the files another `id`, \
           and correct the `down_revision` that means it",
        ],
    );
    check_problems(
        &[("a.rs", "id: \"a\", down_revision: &[\"b\"]"), ("b.rs", "id: \"b\", down_revision: &[\"a\"]")],
        &["a.rs:1: revisions form a cycle: `a` -> `b` -> `a`; see also b.rs:1\n  correct the \
           `down_revision` or `depends_on` of one of them"],
    );
    check_problems(
        &[("a.rs", "id: \"a\", down_revision: &[\"a\"]")],
        &["a.rs:1: revision `a` points at itself\n  remove the revision's own id from `down_revision` or `depends_on`"],
    );
    check_problems(
        &[("a.rs", "id: \"a b\", branch_labels: &[\"head\"]")],
        &[
            "a.rs:1: `a b` cannot be a revision id: it contains ' '; letters, digits, `_` and `.` are allowed\n  \
             choose another `id`, such as twelve hexadecimal digits",
            "a.rs:1: `head` of revision `a b` cannot be a branch label: the word is reserved\n  rename `head` in \
             `branch_labels`",
        ],
    );
    check_problems(
        &[("a.rs", "id: \"a\", branch_labels: &[\"x\"]"), ("b.rs", "id: \"b\", branch_labels: &[\"x\"]")],
        &["a.rs:1: the branch label `x` is used more than once: `a`, `b`; see also b.rs:1\n  keep `x` in one \
           `branch_labels`, and rename the others"],
    );
    check_problems(
        &[("a.rs", "id: \"a\""), ("b.rs", "id: \"b\", branch_labels: &[\"a\"]")],
        &[
            "b.rs:1: the branch label `a` of revision `b` is the id of a revision; see also a.rs:1\n  rename the branch \
           label `a`",
        ],
    );
    check_problems(
        &[("a.rs", "id: \"a\""), ("b.rs", "id: \"A\"")],
        &[
            "a.rs:1: the ids `a` and `A` differ only in upper and lower case, which some databases do not distinguish; see \
           also b.rs:1\n  choose another `id` for one of them",
        ],
    );
}

#[test]
fn a_pointer_into_a_broken_file_is_not_a_problem_of_its_own() {
    check_problems(&[("a.rs", "id: A"), ("b.rs", "id: \"b\", down_revision: &[\"a\"]")], &[]);
}
