//! The list of migrations in an old `Migrator`.

use std::ops::Range;

use proc_macro2::{Delimiter, TokenTree};

use crate::program::modules::{
    RustFile, attributes_before, inside, is, is_punct, line, range_of, string, visibility_before,
};

/// `impl MigratorTrait for …` in a file.
#[derive(Debug)]
pub(super) struct MigratorList {
    /// The name of the type, such as `Migrator`.
    pub(super) migrator: String,
    /// The migrations, in their order.
    pub(super) entries: Vec<ListEntry>,
    /// The name of the record's table, if the type names one.
    pub(super) table: Option<String>,
    /// The bytes of the type and of the implementation.
    pub(super) items: Vec<Range<usize>>,
}

/// One migration of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ListEntry {
    /// The expression in `Box::new(…)`.
    pub(super) expression: String,
    /// The segments of the path to the type.
    pub(super) path: Vec<String>,
    /// Whether the expression is the type alone, without values.
    pub(super) is_plain: bool,
    /// The line, counted from 1.
    pub(super) line: usize,
}

/// What prevents the list from being read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ListError {
    /// The line, counted from 1.
    pub(super) line: usize,
    pub(super) reason: String,
}

/// Reads the list of a file; `None` if no `Migrator` is implemented in it.
///
/// # Errors
///
/// The implementation is not one list of migrations.
pub(super) fn read(file: &RustFile) -> Option<Result<MigratorList, ListError>> {
    let tokens = &file.tokens;
    let at = (0..tokens.len()).find(|at| is_implementation(&tokens[*at..]))?;
    let brace = (at..tokens.len()).find(|at| inside(&tokens[*at], Delimiter::Brace).is_some())?;
    let before = |position: usize| position.checked_sub(1).and_then(|at| tokens.get(at));
    let migrator = before(brace).map(ToString::to_string).unwrap_or_default();
    let body = inside(&tokens[brace], Delimiter::Brace)?;
    let first = attributes_before(tokens, at);
    let mut items = vec![range_of(&tokens[first..=brace])];
    items.extend(definition(tokens, &migrator));
    let table = table_name(&body);
    Some(entries(file, &body, line(&tokens[at])).map(|entries| MigratorList { migrator, entries, table, items }))
}

fn is_implementation(tokens: &[TokenTree]) -> bool {
    if !is(&tokens[0], "impl") {
        return false;
    }
    let head: Vec<&TokenTree> = tokens.iter().take_while(|token| inside(token, Delimiter::Brace).is_none()).collect();
    head.windows(2).any(|pair| is(pair[0], "MigratorTrait") && is(pair[1], "for"))
}

/// `pub struct Migrator;` with its attributes.
fn definition(tokens: &[TokenTree], name: &str) -> Option<Range<usize>> {
    let at = tokens.windows(2).position(|pair| is(&pair[0], "struct") && is(&pair[1], name))?;
    let end = (at + 2..tokens.len())
        .find(|at| is_punct(&tokens[*at], ';') || inside(&tokens[*at], Delimiter::Brace).is_some())?;
    let first = attributes_before(tokens, visibility_before(tokens, at));
    Some(range_of(&tokens[first..=end]))
}

/// The body of a function of the implementation.
fn function(body: &[TokenTree], name: &str) -> Option<Vec<TokenTree>> {
    let at = body.windows(2).position(|pair| is(&pair[0], "fn") && is(&pair[1], name))?;
    body[at..].iter().find_map(|token| inside(token, Delimiter::Brace))
}

/// The string in `migration_table_name`, if it is one.
fn table_name(body: &[TokenTree]) -> Option<String> {
    let literals = crate::program::modules::flat(&function(body, "migration_table_name")?);
    literals.iter().find_map(|token| match token {
        TokenTree::Literal(literal) => string(literal),
        _ => None,
    })
}

fn entries(file: &RustFile, body: &[TokenTree], start: usize) -> Result<Vec<ListEntry>, ListError> {
    let missing = || ListError { line: start, reason: "there is no `fn migrations` with a body".to_owned() };
    let list = function(body, "migrations").ok_or_else(missing)?;
    let items = match list.as_slice() {
        [name, bang, items] if is(name, "vec") && is_punct(bang, '!') => {
            [Delimiter::Bracket, Delimiter::Parenthesis, Delimiter::Brace]
                .into_iter()
                .find_map(|own| inside(items, own))
        }
        _ => None,
    };
    let items = items.ok_or_else(|| ListError {
        line: list.first().map_or(start, line),
        reason: "`migrations()` is not one list `vec![Box::new(…), …]`".to_owned(),
    })?;
    let split = items.split(|token| is_punct(token, ','));
    split.filter(|item| !item.is_empty()).map(|item| entry(file, item)).collect()
}

fn entry(file: &RustFile, item: &[TokenTree]) -> Result<ListEntry, ListError> {
    let line = line(&item[0]);
    let shown = |tokens: &[TokenTree]| file.text[range_of(tokens)].split_whitespace().collect::<Vec<_>>().join(" ");
    let other = || ListError { line, reason: format!("`{}` is not `Box::new(…)`", shown(item)) };
    let [name, one, two, new, value] = item else { return Err(other()) };
    if !(is(name, "Box") && is_punct(one, ':') && is_punct(two, ':') && is(new, "new")) {
        return Err(other());
    }
    let value: Vec<TokenTree> = inside(value, Delimiter::Parenthesis).ok_or_else(other)?;
    let value = match value.split_last() {
        Some((comma, before)) if is_punct(comma, ',') => before,
        _ => &value,
    };
    let (path, is_plain) = path(value);
    Ok(ListEntry { expression: shown(value), path, is_plain, line })
}

/// The segments of the path that an expression begins with, as in `a::b::C::new(1)` without the function, and whether it
/// is the whole expression; the braces of `a::C {}` say nothing.
fn path(tokens: &[TokenTree]) -> (Vec<String>, bool) {
    let mut segments = Vec::new();
    let mut rest = tokens;
    while let [TokenTree::Ident(name), after @ ..] = rest {
        segments.push(name.to_string());
        rest = after;
        match after {
            [one, two, after @ ..] if is_punct(one, ':') && is_punct(two, ':') => rest = after,
            _ => break,
        }
    }
    let is_whole = match rest {
        [] => true,
        [braces] => inside(braces, Delimiter::Brace).is_some_and(|fields| fields.is_empty()),
        _ => false,
    };
    let is_call = rest.first().is_some_and(|token| inside(token, Delimiter::Parenthesis).is_some());
    let is_function = |name: &String| name.starts_with(|first: char| first.is_lowercase());
    if is_call && segments.last().is_some_and(is_function) {
        segments.pop();
    }
    (segments, is_whole)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::path::Path;

    use super::{ListError, MigratorList, read};
    use crate::program::modules::RustFile;

    fn list(body: &str) -> Result<MigratorList, ListError> {
        let text = format!(
            "/// The list.\npub struct Migrator;\n\n#[async_trait::async_trait]\nimpl MigratorTrait for Migrator {{\n{body}\n}}\n"
        );
        read(&RustFile::parse(Path::new("src/lib.rs"), &text).unwrap()).unwrap()
    }

    #[test]
    fn the_order_is_that_of_the_list() {
        let found = list(
            "fn migrations() -> Vec<Box<dyn MigrationTrait>> {
                vec![
                    Box::new(m2::Migration),
                    // Box::new(m3::Migration),
                    Box::new(tables::m1::Migration {}), /* last */ Box::new(a::M::new(1),),
                ]
            }
            fn migration_table_name() -> DynIden { Alias::new(\"versions\").into_iden() }",
        );
        let found = found.unwrap();
        assert_eq!((found.migrator.as_str(), found.table.as_deref()), ("Migrator", Some("versions")));
        let entries: Vec<_> = found
            .entries
            .iter()
            .map(|own| (own.expression.as_str(), own.path.join("/"), own.is_plain, own.line))
            .collect();
        let expected = [
            ("m2::Migration", "m2/Migration".to_owned(), true, 8),
            ("tables::m1::Migration {}", "tables/m1/Migration".to_owned(), true, 10),
            ("a::M::new(1)", "a/M".to_owned(), false, 10),
        ];
        assert_eq!(entries, expected);
        assert_eq!(found.items.len(), 2);
    }

    fn check_error(body: &str, line: usize, reason: &str) {
        let expected = ListError { line, reason: reason.to_owned() };
        assert_eq!(list(body).err(), Some(expected), "{body}");
    }

    #[test]
    fn other_lists_are_named_with_their_line() {
        check_error(
            "fn migrations() -> X {\nlet mut all = vec![];\nall.push(1);\nall }",
            7,
            "`migrations()` is not one list `vec![Box::new(…), …]`",
        );
        check_error(
            "fn migrations() -> X {\nvec![\n#[cfg(feature = \"a\")]\nBox::new(m1::Migration)] }",
            8,
            "`#[cfg(feature = \"a\")] Box::new(m1::Migration)` is not `Box::new(…)`",
        );
        check_error("fn migrations() -> X;", 5, "there is no `fn migrations` with a body");
    }
}
