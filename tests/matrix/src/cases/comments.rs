//! Comments. SQLite stores none.

use super::build::{Name, SERVERS, id, integer, people, string};
use crate::Case;

pub(super) fn cases() -> Vec<Case> {
    let plain = || people([string("name")]);
    let said = |text: &str| plain().column_comment(Name("name"), text);
    vec![
        Case::new("table comment", [plain()], [plain().comment("Who we know")]),
        Case::new(
            "table comment changed",
            [plain().comment("Who we know")],
            [plain().comment("It's \"who\" we \\ knew")],
        ),
        Case::new("table comment removed", [plain().comment("Who we know")], [plain()]),
        Case::new("column comment", [plain()], [said("As on the passport")]),
        Case::new("column comment changed", [said("As on the passport")], [said("What's \"on\" the \\ door")]),
        Case::new("column comment removed", [said("As on the passport")], [plain()]),
        Case::new("comments of a new table", [], [said("As on the passport").comment("Who we know")]).on(SERVERS),
        Case::new(
            "column with a comment added",
            [people([])],
            [people([integer("age").default(1).comment("In years").to_owned()])],
        ),
        Case::new("comment of a numbered key", [plain()], [plain().column_comment(Name("id"), "A number")]),
    ]
    .into_iter()
    .inspect(|_| drop(id()))
    .collect()
}
