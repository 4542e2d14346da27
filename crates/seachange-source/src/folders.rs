//! The folders of revisions that a build script names.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::path::PathBuf;

use crate::tokens::{is_ident, is_punct, tokenise};

/// Returns the folders that the text of a `build.rs` passes to [`build::revisions`](crate::build::revisions),
/// [`build::revisions_in`](crate::build::revisions_in) or
/// [`build::revisions_with_crates`](crate::build::revisions_with_crates), relative to its crate.
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
    let [(call, arguments)] = calls.as_slice() else { return None };
    let arguments: Vec<TokenTree> = arguments.clone().into_iter().collect();
    let mut arguments = arguments.split(|token| is_punct(token, ',')).filter(|argument| !argument.is_empty());
    let folders = match call {
        Call::One => literal(arguments.next()?).map(|folder| vec![folder]),
        Call::List => list(arguments.next()?, literal),
        Call::WithCrates => {
            let own = list(arguments.next()?, literal)?;
            Some([own, list(arguments.next()?, folder_of_crate)?].concat())
        }
    };
    folders.filter(|_| arguments.next().is_none())
}

/// The function that a build script calls.
#[derive(Clone, Copy)]
enum Call {
    One,
    List,
    WithCrates,
}

impl Call {
    fn of(name: &TokenTree) -> Option<Self> {
        let calls =
            [("revisions", Self::One), ("revisions_in", Self::List), ("revisions_with_crates", Self::WithCrates)];
        calls.into_iter().find(|(function, _)| is_ident(name, function)).map(|(_, call)| call)
    }
}

/// Finds the calls at any depth, with their arguments.
fn find_calls(stream: &TokenStream, calls: &mut Vec<(Call, TokenStream)>) {
    let tokens: Vec<TokenTree> = stream.clone().into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        let call = at.checked_sub(1).and_then(|before| Call::of(&tokens[before]));
        match call {
            Some(call) if group.delimiter() == Delimiter::Parenthesis => calls.push((call, group.stream())),
            _ => find_calls(&group.stream(), calls),
        }
    }
}

/// The items of a list, which may be borrowed.
fn list(argument: &[TokenTree], item: impl Fn(&[TokenTree]) -> Option<PathBuf>) -> Option<Vec<PathBuf>> {
    let list = match argument {
        [TokenTree::Group(list)] => list,
        [reference, TokenTree::Group(list)] if is_punct(reference, '&') => list,
        _ => return None,
    };
    if list.delimiter() != Delimiter::Bracket {
        return None;
    }
    let items: Vec<TokenTree> = list.stream().into_iter().collect();
    items.split(|token| is_punct(token, ',')).filter(|tokens| !tokens.is_empty()).map(item).collect()
}

/// The folder of a pair `("crate", "folder")`.
fn folder_of_crate(item: &[TokenTree]) -> Option<PathBuf> {
    let [TokenTree::Group(pair)] = item else { return None };
    let tokens: Vec<TokenTree> = pair.stream().into_iter().collect();
    match tokens.as_slice() {
        [_, comma, folder] if is_punct(comma, ',') => literal(std::slice::from_ref(folder)),
        _ => None,
    }
}

fn literal(tokens: &[TokenTree]) -> Option<PathBuf> {
    let [TokenTree::Literal(literal)] = tokens else { return None };
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
    fn folders_of_other_crates_are_read() {
        let call = |arguments: &str| format!("fn main() {{ build::revisions_with_crates({arguments}); }}");
        check(
            &call(r#"["v"], [("old", "../old/v"), ("older", "../older/v")]"#),
            Some(&["v", "../old/v", "../older/v"]),
        );
        check(&call(r#"&["v"], &[]"#), Some(&["v"]));
        check(&call(r#"["v"], [("old", OLD)]"#), None);
        check(&call(r#"["v"], [("old")]"#), None);
        check(&call(r#"["v"]"#), None);
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
