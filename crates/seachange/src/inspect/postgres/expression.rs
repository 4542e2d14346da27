//! Expressions: the form that is compared, and the form that a person would write.
//!
//! PostgreSQL returns an expression in two forms. The full form has all parentheses and is the same for every spelling,
//! with one exception, which [`normal`] handles. The readable form has no unnecessary parentheses.

use crate::schema::Expression;
use crate::sql::SqlDialect;
use crate::sql::text::{closing, is_literal, items, on_one_line, pieces, without_parentheses};

/// The default of a column of the type `bare_type`.
pub(super) fn default(full: &str, pretty: &str, bare_type: &str) -> Expression {
    let text = match literal_and_cast(pretty) {
        Some((literal, "integer" | "numeric")) if is_negative_number(literal) => {
            literal[1..literal.len() - 1].to_owned()
        }
        // With a cast to another type, the bare literal would be read differently.
        Some((literal, cast)) if cast == bare_type => literal.to_owned(),
        _ => readable(full, pretty),
    };
    // <https://www.postgresql.org/docs/current/functions-datetime.html#FUNCTIONS-DATETIME-CURRENT>
    let normal = match full {
        "now()" | "transaction_timestamp()" => "CURRENT_TIMESTAMP".to_owned(),
        full => normal(full),
    };
    Expression { text, normal }
}

/// A check, a predicate, the expression of a generated column, or a part of an index.
pub(super) fn condition(full: &str, pretty: &str) -> Expression {
    Expression { text: readable(full, pretty), normal: normal(full) }
}

/// Whether the text is only `nextval('…'::regclass)`.
pub(super) fn is_nextval(text: &str) -> bool {
    let sequence = text.strip_prefix("nextval(").and_then(|text| text.strip_suffix("::regclass)"));
    sequence.is_some_and(|name| is_literal(name, SqlDialect::Postgres))
}

/// Whether the default is an explicit `NULL`, which means no default.
pub(super) fn is_null(text: &str, bare_type: &str) -> bool {
    text.strip_prefix("NULL").is_some_and(|cast| cast.is_empty() || cast.strip_prefix("::") == Some(bare_type))
}

/// Splits `'-1'::integer` into `'-1'` and the type.
fn literal_and_cast(text: &str) -> Option<(&str, &str)> {
    let (literal, cast) = text.rsplit_once("::")?;
    is_literal(literal, SqlDialect::Postgres).then_some((literal, cast))
}

/// Whether a literal is a negative number, which digits after a minus sign also express.
fn is_negative_number(literal: &str) -> bool {
    let number = literal.strip_prefix("'-").and_then(|text| text.strip_suffix('\'')).unwrap_or_default();
    number.starts_with(|first: char| first.is_ascii_digit())
        && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        // This is one more than the greatest integer, so it is not an integer before the minus sign applies.
        && number != "2147483648"
}

fn readable(full: &str, pretty: &str) -> String {
    let pretty = on_one_line(pretty, SqlDialect::Postgres);
    // Without a readable form, the full form is used. PostgreSQL promises to read it as the same expression.
    let text = if pretty.is_empty() { full } else { &pretty };
    with_lists(without_parentheses(text, SqlDialect::Postgres))
}

/// Writes a cast of an array as casts of its elements, as PostgreSQL does when it reads its own text. Also removes
/// parentheses that change nothing.
fn normal(full: &str) -> String {
    const START: &str = "(ARRAY[";
    let full = on_one_line(full, SqlDialect::Postgres);
    let mut normal = String::new();
    let mut done = 0;
    for (position, _) in pieces(&full, SqlDialect::Postgres) {
        if position >= done
            && let Some((elements, end)) =
                full[position..].strip_prefix(START).and_then(|_| cast_array(&full, position))
        {
            normal.push_str(&full[done..position]);
            normal.push_str(&elements);
            done = end;
        }
    }
    normal.push_str(&full[done..]);
    flat(&normal)
}

/// Returns `ARRAY[(a)::t, (b)::t]` for `(ARRAY[a, b])::t[]` at `start`, and the end of the latter.
fn cast_array(text: &str, start: usize) -> Option<(String, usize)> {
    let close = start + closing(&text[start..], SqlDialect::Postgres)?;
    let elements = text[start..close].strip_prefix("(ARRAY[")?.strip_suffix(']')?;
    let cast = text[close + 1..].strip_prefix("::")?;
    let cast = &cast[..cast.find("[]")?];
    let is_type = cast.chars().all(|character| character.is_alphanumeric() || " _.\"(),".contains(character));
    let casts: Vec<String> =
        items(elements, SqlDialect::Postgres).iter().map(|item| format!("({item})::{cast}")).collect();
    let end = close + 1 + "::".len() + cast.len() + "[]".len();
    is_type.then(|| (format!("ARRAY[{}]", casts.join(", ")), end))
}

/// Writes lists in the usual form: `kind IN ('a', 'b')` for `kind::text = ANY (ARRAY['a'::character varying,
/// …]::text[])`.
fn with_lists(pretty: &str) -> String {
    let mut text = pretty.to_owned();
    for (operator, word) in [(" = ANY (ARRAY[", " IN ("), (" <> ALL (ARRAY[", " NOT IN (")] {
        let mut from = 0;
        while let Some(position) = text[from..].find(operator).map(|found| from + found) {
            from = position + operator.len();
            if let Some(list) = list(&text, position, position + operator.len() - 1) {
                text.replace_range(list.start..list.end, &format!("{}{word}{})", list.operand, list.values.join(", ")));
                from = list.start;
            }
        }
    }
    text
}

/// A comparison with an array of literals.
struct ArrayComparison {
    start: usize,
    end: usize,
    operand: String,
    values: Vec<String>,
}

/// Returns the comparison whose operator is at `operator`, and whose array opens at `bracket`.
fn list(text: &str, operator: usize, bracket: usize) -> Option<ArrayComparison> {
    if !is_outside_of_quotes(text, operator) {
        return None;
    }
    let close = bracket + closing(&text[bracket..], SqlDialect::Postgres)?;
    let (cast, rest) = text[close + 1..].split_once(')')?;
    let operand = operand(&text[..operator])?;
    let elements = items(&text[bracket + 1..close], SqlDialect::Postgres);
    // A column of the type `character varying` is compared as text, and so is the list.
    let (name, is_varying) = match operand.strip_suffix("::text") {
        Some(name) => (name, true),
        None => (operand, false),
    };
    let suffixes: &[&str] = match (is_varying, cast) {
        (true, "::text[]") => &["::character varying"],
        (true, "") => &["::character varying::text"],
        (false, "") => &["::text", "::bpchar", ""],
        _ => return None,
    };
    let values = suffixes.iter().find_map(|suffix| literals(&elements, suffix))?;
    let start = operator - operand.len();
    Some(ArrayComparison { start, end: text.len() - rest.len(), operand: name.to_owned(), values })
}

/// The literals, if all elements are literals with this cast. Without a cast they have to be numbers.
fn literals(elements: &[&str], suffix: &str) -> Option<Vec<String>> {
    let literal = |element: &&str| {
        let literal = element.strip_suffix(suffix)?;
        let is_number = suffix.is_empty() && !literal.is_empty() && literal.bytes().all(|byte| byte.is_ascii_digit());
        (is_number || !suffix.is_empty() && is_literal(literal, SqlDialect::Postgres)).then(|| literal.to_owned())
    };
    elements.iter().map(literal).collect()
}

/// The name at the end of a text, with its cast, if no operator before it binds as strongly.
fn operand(text: &str) -> Option<&str> {
    let is_part = |character: char| character.is_alphanumeric() || "_:".contains(character);
    let name = &text[text.trim_end_matches(is_part).len()..];
    let before = text[..text.len() - name.len()].trim_end_matches(' ');
    let stands_alone = ["(", " AND", " OR"].iter().any(|word| before.ends_with(word)) || before.is_empty();
    (stands_alone && !name.is_empty() && !name.starts_with(':')).then_some(name)
}

fn is_outside_of_quotes(text: &str, position: usize) -> bool {
    pieces(text, SqlDialect::Postgres).any(|(start, _)| start == position)
}

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
    use super::*;

    #[test]
    fn a_literal_loses_the_cast_to_the_type_of_its_column() {
        for (told, bare_type, expected) in [
            ("'draft'::character varying", "character varying", "'draft'"),
            ("'it''s'::text", "text", "'it''s'"),
            ("'x'::text", "character varying", "'x'::text"),
            ("'-1'::integer", "bigint", "-1"),
            ("'-1.5'::numeric", "double precision", "-1.5"),
            ("'-2147483648'::integer", "integer", "'-2147483648'"),
            ("'a'::text || '::b'::text", "text", "'a'::text || '::b'::text"),
            ("now()", "timestamp with time zone", "now()"),
        ] {
            assert_eq!(default(told, told, bare_type).text, expected);
        }
    }

    #[test]
    fn lists_read_as_they_are_written() {
        for (pretty, expected) in [
            ("a::text = ANY (ARRAY['x'::character varying, 'y'::character varying]::text[])", "a IN ('x', 'y')"),
            ("a::text = ANY (ARRAY['x'::character varying::text, 'y'::character varying::text])", "a IN ('x', 'y')"),
            (
                "b > 0 AND a = ANY (ARRAY['x]'::text, 'y'::text]) OR c <> ALL (ARRAY[1, 2])",
                "b > 0 AND a IN ('x]', 'y') OR c NOT IN (1, 2)",
            ),
            ("a::text = ANY (ARRAY['x'::text, 'y'::text])", "a::text = ANY (ARRAY['x'::text, 'y'::text])"),
            ("x || a = ANY (ARRAY['x'::text])", "x || a = ANY (ARRAY['x'::text])"),
            ("a = ' = ANY (ARRAY['::text", "a = ' = ANY (ARRAY['::text"),
        ] {
            assert_eq!(with_lists(pretty), expected);
        }
    }

    #[test]
    fn the_cast_of_an_array_is_that_of_its_elements() {
        let cast = "((a)::text = ANY ((ARRAY['x,)'::character varying, 'y'::character varying])::text[]))";
        let casts = "((a)::text = ANY (ARRAY[('x,)'::character varying)::text, ('y'::character varying)::text]))";
        assert_eq!(normal(cast), casts);
        assert_eq!(normal(casts), casts);
    }

    #[test]
    fn null_is_no_default() {
        assert!(is_null("NULL::character varying", "character varying"));
        assert!(!is_null("NULL::text", "character varying"));
        assert!(!is_null("NULLIF(1, 2)", "integer"));
    }

    #[test]
    fn only_a_plain_nextval_is_one() {
        assert!(is_nextval("nextval('app.\"It''s_id_seq\"'::regclass)"));
        assert!(!is_nextval("(nextval('a'::regclass) + nextval('b'::regclass))"));
        assert!(!is_nextval("nextval('a'::regclass) + nextval('b'::regclass)"));
    }
}

#[cfg(test)]
mod tests_of_parentheses {
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
