//! Objects that no entity can declare, which are left unchanged.

use super::build::{
    MySql, POSTGRES, Postgres, SERVERS, SQLITE_AND_POSTGRES, Sqlite, integer, people, string, string_null,
};
use crate::Case;

pub(super) fn cases() -> Vec<Case> {
    const VIEW: &str = "CREATE VIEW names AS SELECT name FROM people";
    const FUNCTION: &str = "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; \
        CREATE TRIGGER watch BEFORE UPDATE ON people FOR EACH ROW EXECUTE PROCEDURE nothing()";
    let plain = || people([string("name")]);
    let same = |name: &'static str| Case::new(name, [plain()], [plain()]);
    let sequence = "CREATE SEQUENCE numbers";
    vec![
        same("view in DB not in model").beside(Sqlite, VIEW).beside(Postgres, VIEW).beside(MySql, VIEW),
        same("trigger in DB")
            .beside(Sqlite, "CREATE TRIGGER watch AFTER UPDATE ON people BEGIN DELETE FROM people WHERE id = -1; END")
            .beside(MySql, "CREATE TRIGGER watch BEFORE UPDATE ON people FOR EACH ROW SET NEW.name = NEW.name")
            .beside(Postgres, FUNCTION),
        same("sequence only in DB").beside(Postgres, sequence).on(POSTGRES),
        Case::new("sequence only in model", [plain()], [plain().sql(Postgres, sequence)]).on(POSTGRES),
        same("EXCLUDE constraint in DB")
            .beside(Postgres, "ALTER TABLE people ADD CONSTRAINT alone EXCLUDE USING btree (name WITH =)")
            .on(POSTGRES),
        same("orphan enum type in DB").beside(Postgres, "CREATE TYPE mood AS ENUM ('a', 'b')").on(POSTGRES),
        Case::new("change beside a view", [plain()], [people([string("name"), integer("age").default(1).to_owned()])])
            .beside(Sqlite, VIEW)
            .beside(Postgres, VIEW)
            .beside(MySql, VIEW),
        Case::new("default below a view", [plain()], [people([string("name").default("nobody").to_owned()])])
            .beside(Postgres, VIEW)
            .beside(MySql, VIEW)
            .on(SERVERS),
        Case::new("nullability below a view", [plain()], [people([string_null("name")])])
            .beside(Postgres, VIEW)
            .beside(MySql, VIEW)
            .on(SERVERS),
        Case::new(
            "change of a table with a trigger",
            [people([string("name"), integer("age")])],
            [people([string("name"), string("age")])],
        )
        .beside(Sqlite, "CREATE TRIGGER watch AFTER UPDATE ON people BEGIN DELETE FROM people WHERE id = -1; END")
        .beside(Postgres, FUNCTION)
        .on(SQLITE_AND_POSTGRES),
    ]
}
