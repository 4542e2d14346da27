//! Names of columns in expressions.

use crate::autogenerate::tokens::{is_word, name, tokens};

/// The expression with another name for a column. Strings stay as they are.
pub(super) fn renamed(expression: &str, old: &str, new: &str) -> String {
    tokens(expression).map(|token| token_renamed(token, old, new)).collect()
}

/// Whether an expression names a column.
pub(super) fn mentions(expression: &str, column: &str) -> bool {
    tokens(expression).any(|token| name(token).is_some_and(|name| name == column))
}

fn token_renamed(token: &str, old: &str, new: &str) -> String {
    match token.chars().next() {
        _ if name(token).is_none_or(|name| name != old) => token.to_owned(),
        Some(quote @ ('"' | '`')) => format!("{quote}{}{quote}", new.replace(quote, &format!("{quote}{quote}"))),
        _ if is_word(token) => new.to_owned(),
        _ => format!("[{new}]"),
    }
}

#[cfg(test)]
mod tests {
    use super::renamed;

    #[test]
    fn only_the_column_is_renamed() {
        let check = |expression: &str, expected: &str| assert_eq!(renamed(expression, "price", "cost"), expected);
        check("price > 0 AND price_net > 0", "cost > 0 AND price_net > 0");
        check("label <> 'price' OR price IS NULL", "label <> 'price' OR cost IS NULL");
        check("\"price\" > 0", "\"cost\" > 0");
        check("`price` > 0 and label <> 'it''s price'", "`cost` > 0 and label <> 'it''s price'");
        check("label = 'open", "label = 'open");
    }
}
