//! Objects in a copy do not act by themselves.

use crate::sql::{SqlDialect, TokenKind, joined, tokens};

/// The end of a statement that creates an empty materialized view.
pub(in crate::autogenerate) const WITH_NO_DATA: &str = " WITH NO DATA";

/// Returns a statement of an object that would act by itself, so that it does not: a view that stores rows stays empty,
/// and an event is disabled.
pub(in crate::autogenerate) fn inert(sql: String) -> String {
    if sql.starts_with("CREATE MATERIALIZED VIEW") && !sql.ends_with(WITH_NO_DATA) {
        return format!("{sql}{WITH_NO_DATA}");
    }
    let tokens = tokens(&sql, SqlDialect::MySql);
    let mut words = tokens.iter().filter(|token| token.kind == TokenKind::Word);
    let is_event = words.next().is_some_and(|first| first.is_word("create")) && words.any(|word| word.is_word("event"));
    // The state comes before the body.
    let state = tokens.iter().position(|token| token.is_word("enable") || token.is_word("do"));
    match state.filter(|at| is_event && tokens[*at].is_word("enable")) {
        Some(at) => format!("{}DISABLE{}", joined(&tokens[..at]), joined(&tokens[at + 1..])),
        None => sql,
    }
}

#[cfg(test)]
mod tests {
    use super::inert;

    #[test]
    fn nothing_acts_by_itself_in_a_copy() {
        let check = |sql: &str, expected: &str| assert_eq!(inert(sql.to_owned()), expected);
        check("CREATE MATERIALIZED VIEW v AS SELECT 1", "CREATE MATERIALIZED VIEW v AS SELECT 1 WITH NO DATA");
        check(
            "CREATE MATERIALIZED VIEW v AS SELECT 1 WITH NO DATA",
            "CREATE MATERIALIZED VIEW v AS SELECT 1 WITH NO DATA",
        );
        check(
            "CREATE DEFINER=`a`@`%` EVENT `enable` ON SCHEDULE EVERY 1 DAY ENABLE DO SET @enable = 1",
            "CREATE DEFINER=`a`@`%` EVENT `enable` ON SCHEDULE EVERY 1 DAY DISABLE DO SET @enable = 1",
        );
        check("CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO enable", "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO enable");
        check("ALTER TABLE t ENABLE TRIGGER x", "ALTER TABLE t ENABLE TRIGGER x");
    }
}
