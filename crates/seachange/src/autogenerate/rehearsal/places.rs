//! Schemas that stand for those of the database.

use std::collections::BTreeMap;

use sea_orm::DbBackend;

use crate::alter::clause::quoted;
use crate::autogenerate::tokens::{name, tokens};

/// A statement of PostgreSQL's, with other schemas instead of those that it names.
pub(super) fn moved(sql: &str, places: &BTreeMap<String, String>) -> String {
    let tokens: Vec<&str> = tokens(sql).collect();
    let is_block = tokens.first().is_some_and(|first| first.eq_ignore_ascii_case("do"));
    let moved = tokens.iter().enumerate().map(|(at, token)| {
        let place = name(token).and_then(|name| places.get(&name));
        match place.filter(|_| names_schema(&tokens, at)) {
            Some(place) => quoted(DbBackend::Postgres, place),
            None if is_block || names_sequence(&tokens, at) => moved_inside(token, places),
            None => (*token).to_owned(),
        }
    });
    moved.collect()
}

/// The token, with what it says moved if it is a string.
fn moved_inside(token: &str, places: &BTreeMap<String, String>) -> String {
    match token.split_once('\'') {
        Some((prefix @ ("" | "E"), text)) => format!("{prefix}'{}", moved(text, places)),
        _ => token.to_owned(),
    }
}

/// Whether a token stands before a dot, or behind `SCHEMA`.
fn names_schema(tokens: &[&str], at: usize) -> bool {
    let is_schema = |token: &&str| token.eq_ignore_ascii_case("schema");
    let mut before = tokens[..at].iter().rev().filter(|token| !token.trim().is_empty());
    tokens.get(at + 1) == Some(&".") || before.next().is_some_and(is_schema)
}

/// Whether a token is the string in `nextval('…')`.
fn names_sequence(tokens: &[&str], at: usize) -> bool {
    tokens[at].ends_with('\'') && matches!(tokens[..at], [.., "nextval", "("])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::moved;

    #[test]
    fn only_schemas_move() {
        let places = BTreeMap::from([("billing".to_owned(), "copy".to_owned())]);
        let check = |sql: &str, expected: &str| assert_eq!(moved(sql, &places), expected);
        check(
            r#"ALTER TABLE "billing"."billing" ADD FOREIGN KEY ("billing") REFERENCES "billing"."t" ("id")"#,
            r#"ALTER TABLE "copy"."billing" ADD FOREIGN KEY ("billing") REFERENCES "copy"."t" ("id")"#,
        );
        check("DEFAULT 'a'::billing.mood", r#"DEFAULT 'a'::"copy".mood"#);
        check("COMMENT ON TABLE t IS 'see billing.t'", "COMMENT ON TABLE t IS 'see billing.t'");
        check("DEFAULT nextval('billing.s'::regclass)", r#"DEFAULT nextval('"copy".s'::regclass)"#);
        check(r#"DEFAULT nextval('"billing"."s"'::regclass)"#, r#"DEFAULT nextval('"copy"."s"'::regclass)"#);
        check(
            r#"DO 'BEGIN EXECUTE format(''ALTER TABLE "billing"."t" SET SCHEMA %I'', current_schema()); END'"#,
            r#"DO 'BEGIN EXECUTE format(''ALTER TABLE "copy"."t" SET SCHEMA %I'', current_schema()); END'"#,
        );
        check(
            r#"DO $$ BEGIN EXECUTE 'DROP TABLE "billing".t'; END $$"#,
            r#"DO $$ BEGIN EXECUTE 'DROP TABLE "copy".t'; END $$"#,
        );
        check("ALTER TABLE t SET SCHEMA \"billing\"", "ALTER TABLE t SET SCHEMA \"copy\"");
    }
}
