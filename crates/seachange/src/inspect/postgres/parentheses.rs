//! Removes the parentheses of `AND` and `OR` that change nothing.
//!
//! PostgreSQL stores the nesting of an expression as it was given (`BETWEEN` is a pair of its own), but omits it in the
//! readable form. An expression that is created again from the readable form therefore has another nesting, with the
//! same meaning.

use crate::sql::SqlDialect;
use crate::sql::text::{closing, pieces};

/// Writes `((a AND b) AND c)` as `(a AND b AND c)`, everywhere in an expression that is fully parenthesised.
pub(super) fn flat(text: &str) -> String {
    let mut flat = String::with_capacity(text.len());
    let mut done = 0;
    for (position, piece) in pieces(text, SqlDialect::Postgres) {
        let end = (piece == "(").then(|| closing(&text[position..], SqlDialect::Postgres)).flatten();
        match end.map(|length| position + length) {
            _ if position < done => {}
            Some(end) => {
                flat.push('(');
                flat.push_str(&spliced(&self::flat(&text[position + 1..end])));
                flat.push(')');
                done = end + 1;
            }
            None => flat.push_str(piece),
        }
    }
    flat
}

/// Removes the parentheses of operands that have the same operator.
fn spliced(text: &str) -> String {
    for operator in [" AND ", " OR "] {
        let operands = operands(text, operator);
        if operands.len() > 1 {
            let spliced = operands.iter().map(|operand| nested(operand, operator).unwrap_or(operand));
            return spliced.collect::<Vec<_>>().join(operator);
        }
    }
    text.to_owned()
}

/// The content of the parentheses of an operand that has the same operator.
fn nested<'t>(operand: &'t str, operator: &str) -> Option<&'t str> {
    let inside = operand.strip_prefix('(')?.strip_suffix(')')?;
    let is_whole = closing(operand, SqlDialect::Postgres) == Some(operand.len() - 1);
    (is_whole && operands(inside, operator).len() > 1).then_some(inside)
}

/// Splits at an operator outside of brackets and quotes.
fn operands<'t>(text: &'t str, operator: &str) -> Vec<&'t str> {
    let (mut found, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    for (position, piece) in pieces(text, SqlDialect::Postgres) {
        match piece {
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            " " if depth == 0 && text[position..].starts_with(operator) => {
                found.push(&text[start..position]);
                start = position + operator.len();
            }
            _ => {}
        }
    }
    found.push(&text[start..]);
    found
}

#[cfg(test)]
mod tests {
    use super::flat;

    #[test]
    fn only_parentheses_that_change_nothing_go() {
        for (text, expected) in [
            ("(((a >= 1) AND (a <= 30)) AND (b >= (0)::numeric))", "((a >= 1) AND (a <= 30) AND (b >= (0)::numeric))"),
            ("((a AND (b AND (c AND d))) OR ((e OR f) OR g))", "((a AND b AND c AND d) OR e OR f OR g)"),
            ("((a OR b) AND (c OR d))", "((a OR b) AND (c OR d))"),
            ("(NOT (a AND b))", "(NOT (a AND b))"),
            ("(a AND (b = '(x AND y) AND z'))", "(a AND (b = '(x AND y) AND z'))"),
            ("f((a AND b), ((c AND d) AND e))", "f((a AND b), (c AND d AND e))"),
            ("CASE WHEN ((a AND b) AND c) THEN 1 ELSE 2 END", "CASE WHEN (a AND b AND c) THEN 1 ELSE 2 END"),
            ("(a[(1 + 2)] AND b", "(a[(1 + 2)] AND b"),
        ] {
            assert_eq!(flat(text), expected);
        }
    }
}
