//! The search path of PostgreSQL in a URL: `search_path=app`, `options=-c search_path=app`.

/// Returns the schema of a search path that names exactly one, as PostgreSQL reads it: an unquoted name is converted
/// to lowercase. `None` for a list, and for `$user`, which stands for a different schema for each user.
pub(super) fn only_schema(path: &str) -> Option<String> {
    let path = path.trim();
    let schema = match path.strip_prefix('"') {
        Some(quoted) => unquote(quoted)?,
        None if path.contains([',', '"', ' ']) => return None,
        None => path.to_lowercase(),
    };
    (!schema.is_empty() && schema != "$user").then_some(schema)
}

/// Returns the name before a closing quote, if nothing follows the quote.
fn unquote(quoted: &str) -> Option<String> {
    let name = quoted.strip_suffix('"')?;
    let is_one = name.replace("\"\"", "").find('"').is_none();
    is_one.then(|| name.replace("\"\"", "\""))
}

/// Splits the options of a server process into the last search path among them and all others.
///
/// An option is `-c name=value`, `-cname=value` or `--name=value`. White space that no backslash precedes separates
/// them (<https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-OPTIONS>).
pub(super) fn split_options(options: &str) -> (Option<String>, String) {
    let mut path = None;
    let mut others = Vec::new();
    let mut words = words(options).into_iter();
    while let Some(word) = words.next() {
        let (option, assignment) = match word.as_str() {
            "-c" => {
                let assignment = words.next().unwrap_or_default();
                (format!("{word} {assignment}"), assignment)
            }
            _ => (word.clone(), word.strip_prefix("--").or(word.strip_prefix("-c")).unwrap_or(&word).to_owned()),
        };
        match assignment.split_once('=') {
            Some((name, value)) if name.eq_ignore_ascii_case("search_path") => path = Some(unescape(value)),
            _ => others.push(option),
        }
    }
    (path, others.join(" "))
}

/// Splits at white space that no backslash precedes. Backslashes stay.
fn words(options: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_escaped = false;
    for character in options.chars() {
        match words.last_mut() {
            Some(word) if is_escaped || !character.is_ascii_whitespace() => word.push(character),
            _ => words.push(String::new()),
        }
        is_escaped = character == '\\' && !is_escaped;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Removes the backslashes that precede other characters.
fn unescape(value: &str) -> String {
    let mut characters = value.chars();
    let mut text = String::new();
    while let Some(character) = characters.next() {
        text.extend(if character == '\\' { characters.next() } else { Some(character) });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{only_schema, split_options};

    #[test]
    fn a_path_of_one_schema_is_a_schema() {
        let check = |path: &str, expect: Option<&str>| assert_eq!(only_schema(path).as_deref(), expect, "{path}");
        check("app", Some("app"));
        check(" App ", Some("app"));
        check("\"App\"", Some("App"));
        check("\"a\"\"b, c\"", Some("a\"b, c"));
        check("app,public", None);
        check("\"app\", public", None);
        check("\"a\",\"b\"", None);
        check("$user", None);
        check("\"$user\"", None);
        check("", None);
        check("\"app", None);
    }

    #[test]
    fn a_search_path_is_found_among_options() {
        let check = |options: &str, path: Option<&str>, others: &str| {
            assert_eq!(split_options(options), (path.map(str::to_owned), others.to_owned()), "{options}");
        };
        check("-c search_path=app", Some("app"), "");
        check("-csearch_path=app", Some("app"), "");
        check("--search_path=app -c statement_timeout=5s", Some("app"), "-c statement_timeout=5s");
        check("-c geqo=off  -c SEARCH_PATH=\"$user\",\\ public", Some("\"$user\", public"), "-c geqo=off");
        check("-c application_name=a\\ b", None, "-c application_name=a\\ b");
        check("-c", None, "-c ");
        check("", None, "");
    }
}
