//! The folders of revisions that a build script names.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::path::PathBuf;

use crate::tokens::{is_ident, is_punct, tokenise};

/// Returns the folders that the text of a `build.rs` passes to [`build::revisions`](crate::build::revisions) or
/// [`build::revisions_in`](crate::build::revisions_in), relative to its crate.
///
/// `None` if there is no such call, if there are several, or if a folder is not a string literal: then only the build
/// itself knows the folders.
///
/// ```
/// let text = r#"fn main() { seachange_source::build::revisions("src/versions"); }"#;
/// assert_eq!(seachange_source::declared_folders(text), Some(vec!["src/versions".into()]));
/// ```
pub fn declared_folders(text: &str) -> Option<Vec<PathBuf>> {
    let mut calls = Vec::new();
    find_calls(&tokenise(text).ok()?, &mut calls);
    match calls.as_slice() {
        [(is_list, arguments)] => folders(arguments.clone(), *is_list),
        _ => None,
    }
}

/// Finds the calls at any depth: whether each takes a list, and its arguments.
fn find_calls(stream: &TokenStream, calls: &mut Vec<(bool, TokenStream)>) {
    let tokens: Vec<TokenTree> = stream.clone().into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        let name = at.checked_sub(1).map(|before| &tokens[before]);
        match name {
            Some(name) if group.delimiter() == Delimiter::Parenthesis && is_ident(name, "revisions") => {
                calls.push((false, group.stream()));
            }
            Some(name) if group.delimiter() == Delimiter::Parenthesis && is_ident(name, "revisions_in") => {
                calls.push((true, group.stream()));
            }
            _ => find_calls(&group.stream(), calls),
        }
    }
}

fn folders(arguments: TokenStream, is_list: bool) -> Option<Vec<PathBuf>> {
    let tokens: Vec<TokenTree> = arguments.into_iter().collect();
    if !is_list {
        return match tokens.as_slice() {
            [token] => Some(vec![literal(token)?]),
            _ => None,
        };
    }
    let list = match tokens.as_slice() {
        [TokenTree::Group(list)] => list,
        [reference, TokenTree::Group(list)] if is_punct(reference, '&') => list,
        _ => return None,
    };
    if list.delimiter() != Delimiter::Bracket {
        return None;
    }
    let items: Vec<TokenTree> = list.stream().into_iter().collect();
    items
        .split(|token| is_punct(token, ','))
        .filter(|item| !item.is_empty())
        .map(|item| match item {
            [token] => literal(token),
            _ => None,
        })
        .collect()
}

fn literal(token: &TokenTree) -> Option<PathBuf> {
    let TokenTree::Literal(literal) = token else { return None };
    let text = syn::parse_str::<syn::LitStr>(&literal.to_string()).ok()?;
    Some(PathBuf::from(text.value()))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::declared_folders;

    fn check(text: &str, expected: Option<&[&str]>) {
        let expected = expected.map(|folders| folders.iter().map(PathBuf::from).collect::<Vec<_>>());
        assert_eq!(declared_folders(text), expected, "{text}");
    }

    #[test]
    fn literal_folders_are_read() {
        check(r#"fn main() { seachange_source::build::revisions("src/versions"); }"#, Some(&["src/versions"]));
        check(r#"use seachange_source::build; fn main() { build::revisions(r"v"); }"#, Some(&["v"]));
        check(r#"fn main() { if true { revisions_in(["a", "b/c",]) } }"#, Some(&["a", "b/c"]));
        check(r#"fn main() { build::revisions_in(&["a"]) } // revisions("b")"#, Some(&["a"]));
    }

    #[test]
    fn other_folders_are_left_to_the_build() {
        check("fn main() {}", None);
        check("fn main() { build::revisions(DIR); }", None);
        check(r#"fn main() { build::revisions(concat!("a", "b")); }"#, None);
        check(r#"fn main() { build::revisions_in(["a", OTHER]); }"#, None);
        check(r#"fn main() { build::revisions_in(folders()); }"#, None);
        check(r#"fn main() { build::revisions("a"); build::revisions("b"); }"#, None);
        check(r#"fn main() { build::revisions("a" "#, None);
    }
}
