//! Names of variables.

/// Names that a variable must not have: keywords of Rust, and functions that the same statement may call.
const TAKEN: &[&str] = &[
    "abstract",
    "alter",
    "array",
    "as",
    "async",
    "await",
    "become",
    "big_integer",
    "big_pk_auto",
    "big_unsigned",
    "binary",
    "binary_len",
    "bit",
    "blob",
    "boolean",
    "box",
    "break",
    "char",
    "char_len",
    "const",
    "continue",
    "crate",
    "custom",
    "date",
    "date_time",
    "decimal",
    "decimal_len",
    "do",
    "double",
    "dyn",
    "else",
    "enum",
    "enumeration",
    "extern",
    "false",
    "final",
    "float",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "index",
    "integer",
    "interval",
    "json",
    "json_binary",
    "let",
    "loop",
    "macro",
    "manager",
    "match",
    "mod",
    "money",
    "money_len",
    "move",
    "mut",
    "name",
    "other",
    "override",
    "pk_auto",
    "pk_uuid",
    "priv",
    "pub",
    "ref",
    "return",
    "self",
    "small_integer",
    "small_unsigned",
    "sql",
    "static",
    "string",
    "string_len",
    "struct",
    "super",
    "text",
    "time",
    "timestamp",
    "timestamp_with_time_zone",
    "tiny_integer",
    "tiny_unsigned",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsigned",
    "unsized",
    "use",
    "uuid",
    "var_binary",
    "varbit",
    "virtual",
    "where",
    "while",
    "year",
    "yield",
];

/// Returns a variable name for an object of this name and kind: `posts`, or `text_table` if `text` is not available.
pub(super) fn variable(name: &str, kind: &str) -> String {
    let words: Vec<String> = snake_case(name).split('_').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let variable = words.join("_");
    let is_helper = ["_null", "_uniq", "_default_now"]
        .iter()
        .any(|end| variable.strip_suffix(end).is_some_and(|start| TAKEN.contains(&start)));
    match variable.chars().next() {
        None => format!("new_{kind}"),
        Some(first) if first.is_ascii_digit() => format!("{kind}_{variable}"),
        Some(_) if is_helper || TAKEN.contains(&variable.as_str()) => format!("{variable}_{kind}"),
        Some(_) => variable,
    }
}

fn snake_case(name: &str) -> String {
    let mut text = String::new();
    let mut was_small = false;
    for character in name.chars() {
        if character.is_ascii_uppercase() && was_small {
            text.push('_');
        }
        was_small = character.is_ascii_lowercase() || character.is_ascii_digit();
        text.push(if character.is_ascii_alphanumeric() { character.to_ascii_lowercase() } else { '_' });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::variable;

    #[test]
    fn a_variable_is_called_like_its_table() {
        let tables = ["posts", "UserRoles", "text", "string_len_null", "2fa", "naïve \"x\"", "日本", "HTTPLog", "self"];
        let variables: Vec<_> = tables.iter().map(|table| variable(table, "table")).collect();
        let expected = [
            "posts",
            "user_roles",
            "text_table",
            "string_len_null_table",
            "table_2fa",
            "na_ve_x",
            "new_table",
            "httplog",
            "self_table",
        ];
        assert_eq!(variables, expected);
    }
}
