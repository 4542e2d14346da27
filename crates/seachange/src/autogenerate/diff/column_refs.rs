//! Names of columns in expressions.

use crate::autogenerate::expression::tokens;
use crate::sql::Token;

/// Returns the expression with a column renamed. Strings stay as they are.
pub(super) fn renamed(expression: &str, old: &str, new: &str) -> String {
    tokens(expression).iter().map(|token| token_renamed(token, old, new)).collect()
}

/// Whether an expression names a column.
pub(super) fn mentions(expression: &str, column: &str) -> bool {
    tokens(expression).iter().any(|token| token.name().is_some_and(|name| name == column))
}

fn token_renamed(token: &Token<'_>, old: &str, new: &str) -> String {
    match token.text.chars().next() {
        _ if token.name().is_none_or(|name| name != old) => token.text.to_owned(),
        Some(quote @ ('"' | '`')) => format!("{quote}{}{quote}", new.replace(quote, &format!("{quote}{quote}"))),
        Some('[') => format!("[{new}]"),
        _ => new.to_owned(),
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
