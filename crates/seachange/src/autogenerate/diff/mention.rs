//! Names of columns in expressions.

/// The expression with another name for a column. Strings stay as they are.
pub(super) fn renamed(expression: &str, old: &str, new: &str) -> String {
    let mut result = String::with_capacity(expression.len());
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        let (token, after) = rest.split_at(token_length(rest, first));
        result.push_str(&token_renamed(token, first, old, new));
        rest = after;
    }
    result
}

/// Whether an expression names a column.
pub(super) fn mentions(expression: &str, column: &str) -> bool {
    renamed(expression, column, "") != expression
}

fn token_renamed(token: &str, first: char, old: &str, new: &str) -> String {
    match first {
        '"' | '`' if unquoted(token, first) == old => {
            format!("{first}{}{first}", new.replace(first, &format!("{first}{first}")))
        }
        first if is_word(first) && token == old => new.to_owned(),
        _ => token.to_owned(),
    }
}

fn unquoted(token: &str, quote: char) -> String {
    let inner = token.strip_prefix(quote).and_then(|token| token.strip_suffix(quote)).unwrap_or(token);
    inner.replace(&format!("{quote}{quote}"), &quote.to_string())
}

/// The length of the first token: something in quotes, a word, or one character.
fn token_length(text: &str, first: char) -> usize {
    match first {
        '\'' | '"' | '`' => quoted_length(text, first),
        first if is_word(first) => text.find(|next| !is_word(next)).unwrap_or(text.len()),
        first => first.len_utf8(),
    }
}

fn quoted_length(text: &str, quote: char) -> usize {
    let mut end = 1;
    while let Some(at) = text[end..].find(quote) {
        end += at + 1;
        if !text[end..].starts_with(quote) {
            return end;
        }
        end += 1;
    }
    text.len()
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '$'
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
