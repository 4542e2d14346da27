//! Checks and exclusion constraints.

use sea_orm::sea_query::ColumnDef;
use seachange::autogenerate::EntityTable;

use super::build::{POSTGRES, Postgres, big_integer, integer, integer_null, people, string};
use crate::Case;

pub(super) fn cases() -> Vec<Case> {
    let grown = || plain().check("grown", "age > 0");
    let kinds = |list: &str| plain().check("kinds", &format!("kind IN ({list})"));
    vec![
        Case::new("named CHECK added", [plain()], [grown()]),
        Case::new("named CHECK removed", [grown()], [plain()]),
        Case::new("CHECK text changed", [grown()], [plain().check("grown", "age > -1")]),
        Case::new("CHECK renamed", [grown()], [plain().check("adult", "age > 0")]),
        Case::new("CHECK written in another way", [grown()], [plain().check("grown", "(age>0)")]),
        Case::new("CHECK with texts", [plain()], [plain().check("named", "kind <> 'it''s \"x\"' AND kind <> ''")]),
        Case::new(
            "CHECK with AND, OR and IN",
            [plain()],
            [plain().check("c", "age > 0 AND (kind <> 'x' OR age IN (1, 2, 3))")],
        ),
        Case::new(
            "CHECK on an added column",
            [people([integer("age")])],
            [people([integer("age"), string("kind").default("a").to_owned()]).check("c", "kind <> ''")],
        ),
        Case::new("type of a column with a CHECK of its own", [own(integer("age"))], [own(big_integer("age"))]),
        Case::new(
            "default of a column with a CHECK of its own",
            [own(integer("age"))],
            [own(integer("age").default(7))],
        ),
        Case::new("nullability of a column with a CHECK of its own", [own(integer("age"))], [own(integer_null("age"))]),
        Case::new("CHECK of a column removed", [own(integer("age"))], [people([integer("age")])]),
        Case::new("CHECK of a column added", [people([integer("age")])], [own(integer("age"))]),
        Case::new("column with a CHECK removed", [own(integer("age"))], [people([])]).without_rows(),
        Case::new("non-native enum value added (same length)", [kinds("'1', '2', '3'")], [kinds("'1', '2', '3', '4'")]),
        Case::new("EXCLUDE constraint added", [plain()], [exclusive()]).on(POSTGRES),
    ]
}

/// A table with a check in the definition of a column.
fn own(column: impl std::borrow::Borrow<ColumnDef>) -> EntityTable {
    people([column.borrow().clone().extra("CHECK (age > 0 AND age <> 77)").to_owned()])
}

fn plain() -> EntityTable {
    people([integer("age"), string("kind")])
}

fn exclusive() -> EntityTable {
    plain().sql(Postgres, "ALTER TABLE people ADD CONSTRAINT alone EXCLUDE USING btree (age WITH =)")
}
