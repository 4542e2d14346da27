//! Replaces schemas of the database with scratch schemas in SQL text.

use std::collections::BTreeMap;

use sea_orm::DbBackend;

use crate::alter::clause::quoted;
use crate::sql::{SqlDialect, Token, TokenKind, tokens};

/// Returns a statement of PostgreSQL with the schemas of `places` replaced.
pub(super) fn rewrite_schema_names(sql: &str, places: &BTreeMap<String, String>) -> String {
    let tokens = tokens(sql, SqlDialect::Postgres);
    let is_block = tokens.first().is_some_and(|first| first.is_word("do"));
    moved_tokens(&tokens, places, is_block)
}

/// Returns the text of the tokens with the schemas replaced. In a block, the schemas in strings are replaced too.
fn moved_tokens(tokens: &[Token<'_>], places: &BTreeMap<String, String>, is_block: bool) -> String {
    let moved = tokens.iter().enumerate().map(|(at, token)| {
        let place = token.name().and_then(|name| places.get(&*name));
        match place.filter(|_| names_schema(tokens, at)) {
            Some(place) => quoted(DbBackend::Postgres, place),
            None if is_block || names_sequence(tokens, at) => moved_inside(token, places),
            None => token.text.to_owned(),
        }
    });
    moved.collect()
}

/// Returns the text of a token. In a string, the schemas are replaced.
fn moved_inside(token: &Token<'_>, places: &BTreeMap<String, String>) -> String {
    if token.kind != TokenKind::Text {
        return token.text.to_owned();
    }
    let inside = |text: &str, is_block: bool| moved_tokens(&tokens(text, SqlDialect::Postgres), places, is_block);
    if token.text.starts_with('$') {
        // A body between dollar tags. Its strings are statements too.
        let tag = token.text[1..].find('$').map_or(1, |end| end + 2);
        let body = token.text[tag..].strip_suffix(&token.text[..tag]);
        return match body {
            Some(body) => format!("{0}{1}{0}", &token.text[..tag], inside(body, true)),
            None => token.text.to_owned(),
        };
    }
    match token.text.split_once('\'') {
        Some((prefix @ ("" | "E"), text)) => format!("{prefix}'{}", inside(text, false)),
        _ => token.text.to_owned(),
    }
}

/// Whether a token names a schema: it is before a dot, or after `SCHEMA`.
fn names_schema(tokens: &[Token<'_>], at: usize) -> bool {
    let before = tokens[..at].iter().rev().find(|token| !token.is_trivia());
    tokens.get(at + 1).is_some_and(|next| next.kind == TokenKind::Dot)
        || before.is_some_and(|before| before.is_word("schema"))
}

/// Whether a token is the string in `nextval('…')`.
fn names_sequence(tokens: &[Token<'_>], at: usize) -> bool {
    let before = at.checked_sub(2).map(|first| &tokens[first..at]);
    tokens[at].kind == TokenKind::Text
        && matches!(before, Some([nextval, open]) if nextval.is_word("nextval") && open.kind == TokenKind::Open)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::rewrite_schema_names;

    #[test]
    fn only_schemas_move() {
        let places = BTreeMap::from([("billing".to_owned(), "copy".to_owned())]);
        let check = |sql: &str, expected: &str| assert_eq!(rewrite_schema_names(sql, &places), expected);
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
