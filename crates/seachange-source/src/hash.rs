//! The source hash: shows whether the code of a revision was edited.
//!
//! Two texts have the same hash if they have the same tokens after everything that does not change a program is
//! removed:
//!
//! - comments and documentation (`//`, `/* */`, `///`, `//!`, `#[doc ..]`);
//! - white space, line endings, and a byte order mark;
//! - the comma after the last element of a list, call, struct or enum (but not the one that makes a one-element
//!   tuple).
//!
//! Everything else counts: names, literals, the revision's own metadata, the order of items, and braces. So the hash
//! changes when rustfmt reorders imports or unwraps a block. Files read by `include_str!`, `include_bytes!` and
//! `include!` also count: a text with `\r\n` read as `\n`, bytes unchanged, code as above.

use std::fmt::Display;
use std::io::Write;

use proc_macro2::{Delimiter, Group, Punct, Spacing, TokenStream, TokenTree};
use sha2::{Digest, Sha256};

/// Operators of several characters, as a lexer reads them; `=-` is two operators, so `a=-1` and `a = -1` are the
/// same.
const OPERATORS: [&str; 25] = [
    "<<=", ">>=", "...", "..=", "&&", "||", "==", "!=", "<=", ">=", "+=", "-=", "*=", "/=", "%=", "^=", "&=", "|=",
    "<<", ">>", "->", "=>", "..", "::", "<-",
];

/// Keywords that make a following parenthesis a tuple or a grouping instead of a call.
const NOT_CALLED: [&str; 16] = [
    "as", "break", "dyn", "else", "for", "if", "impl", "in", "let", "match", "move", "mut", "return", "unsafe",
    "where", "while",
];

/// The byte after each token. No UTF-8 text contains it, so `ab c` and `a bc` differ.
const END_OF_TOKEN: u8 = 0xff;

/// Returns the SHA-256 of the tokens and of the included files, as 64 lower-case hexadecimal digits.
pub(crate) fn source_hash(tokens: &TokenStream, included: &[u8]) -> String {
    let mut canonical = canonical(tokens);
    canonical.extend_from_slice(included);
    Sha256::digest(&canonical).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the tokens as bytes, without the parts that do not count.
pub(crate) fn canonical(tokens: &TokenStream) -> Vec<u8> {
    let mut canonical = Vec::new();
    feed(&mut canonical, &tokens.clone().into_iter().collect::<Vec<_>>());
    canonical
}

fn feed(canonical: &mut Vec<u8>, tokens: &[TokenTree]) {
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += match token {
            TokenTree::Punct(punct) => {
                let skipped = if punct.as_char() == '#' { documentation(&tokens[at..]) } else { 0 };
                if skipped > 0 { skipped } else { feed_operator(canonical, &tokens[at..]) }
            }
            TokenTree::Group(group) => {
                feed_group(canonical, group, is_called(&tokens[..at]));
                1
            }
            TokenTree::Ident(name) => feed_token(canonical, name),
            TokenTree::Literal(value) => feed_token(canonical, value),
        };
    }
}

/// Appends one token, and returns the number of tokens: one.
fn feed_token(canonical: &mut Vec<u8>, token: impl Display) -> usize {
    // Writing to memory cannot fail.
    let _ = write!(canonical, "{token}");
    canonical.push(END_OF_TOKEN);
    1
}

/// Appends a group with its brackets.
fn feed_group(canonical: &mut Vec<u8>, group: &Group, called: bool) {
    let (open, close) = delimiters(group.delimiter());
    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
    feed_token(canonical, open);
    feed(canonical, without_last_comma(group.delimiter(), called, &inner));
    feed_token(canonical, close);
}

/// The number of tokens of the documentation that begins with the `#` at the start: `#[doc ..]` or `#![doc ..]`. A
/// doc comment produces the same tokens. Zero for any other attribute.
pub(crate) fn documentation(tokens: &[TokenTree]) -> usize {
    let inner = matches!(tokens.get(1), Some(TokenTree::Punct(punct)) if punct.as_char() == '!');
    let bracket = if inner { 2 } else { 1 };
    let Some(TokenTree::Group(group)) = tokens.get(bracket) else { return 0 };
    match group.stream().into_iter().next() {
        Some(TokenTree::Ident(name)) if group.delimiter() == Delimiter::Bracket && name == "doc" => bracket + 1,
        _ => 0,
    }
}

/// Appends the longest operator at the start, and returns its number of tokens.
fn feed_operator(canonical: &mut Vec<u8>, tokens: &[TokenTree]) -> usize {
    let (characters, count) = joined_characters(tokens);
    let joined = &characters[..count];
    let operator = OPERATORS.iter().find(|operator| joined.starts_with(operator.as_bytes()));
    let length = operator.map_or(1, |operator| operator.len());
    canonical.extend_from_slice(&joined[..length]);
    canonical.push(END_OF_TOKEN);
    length
}

/// Up to three punctuation characters that follow each other without a space, and their number.
fn joined_characters(tokens: &[TokenTree]) -> ([u8; 3], usize) {
    let mut characters = [0; 3];
    let mut count = 0;
    for (slot, token) in characters.iter_mut().zip(tokens) {
        let TokenTree::Punct(punct) = token else { break };
        // Rust has no punctuation beyond ASCII.
        *slot = punct.as_char() as u8;
        count += 1;
        if punct.spacing() == Spacing::Alone {
            break;
        }
    }
    (characters, count)
}

fn delimiters(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    }
}

/// Whether a parenthesis after these tokens holds arguments: after a name, a macro's `!`, or the end of a turbofish.
fn is_called(before: &[TokenTree]) -> bool {
    match before {
        [.., TokenTree::Ident(name)] => !NOT_CALLED.iter().any(|keyword| name == keyword),
        [.., TokenTree::Punct(first), TokenTree::Punct(last)] if last.as_char() == '>' => {
            !(first.spacing() == Spacing::Joint && matches!(first.as_char(), '-' | '='))
        }
        [.., TokenTree::Punct(last)] => matches!(last.as_char(), '!' | '>'),
        [.., TokenTree::Group(_)] => true,
        _ => false,
    }
}

/// Removes the last comma, except the one that makes a one-element tuple.
fn without_last_comma(delimiter: Delimiter, called: bool, tokens: &[TokenTree]) -> &[TokenTree] {
    let Some((TokenTree::Punct(last), rest)) = tokens.split_last() else { return tokens };
    let makes_tuple = delimiter == Delimiter::Parenthesis && !called && !rest.iter().any(is_comma);
    if is_comma_punct(last) && !makes_tuple { rest } else { tokens }
}

fn is_comma(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if is_comma_punct(punct))
}

fn is_comma_punct(punct: &Punct) -> bool {
    punct.as_char() == ','
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::source_hash;

    fn hash(text: &str) -> String {
        source_hash(&text.parse().unwrap(), &[])
    }

    #[test]
    fn the_hash_is_stable() {
        // Databases hold these values: changing the rules must be a deliberate decision.
        assert_eq!(hash("").len(), 64);
        assert_eq!(hash(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(hash("fn up() { a::b(&[1, 2]); }"), hash("fn up(){a::b(&[1,2,]);}"));
    }

    #[test]
    fn comments_and_formatting_do_not_count() {
        let same = |a: &str, b: &str| assert_eq!(hash(a), hash(b), "{a} <> {b}");
        same("fn f() {}", "//! doc\n\n/// doc\nfn f() { /* c */ } // end");
        same("struct A { b: u8 }", "#[doc = \"x\"] struct A { #[doc(hidden)] b: u8, }");
        same("fn f() {\n    g()\n}\n", "fn f() {\r\n\tg()\r\n}\r\n");
        same("let x=-1;", "let x = -1;");
        same("f(a)", "f(\n    a,\n)");
        same("f::<T>(a)", "f::<T>(a,)");
        same("f()(a)", "f()(a,)");
        same("&[a, b]", "&[a, b,]");
        same("(a, b)", "(a, b,)");
        same("m!(a)", "m!(a,)");
    }

    #[test]
    fn code_counts() {
        let differ = |a: &str, b: &str| assert_ne!(hash(a), hash(b), "{a} == {b}");
        differ("fn f() {}", "fn g() {}");
        differ("f(\"a\")", "f(\"b\")");
        differ("f(\"a b\")", "f(\"a  b\")");
        differ("ab c", "a bc");
        differ("a && b", "a & &b");
        differ("x = (a,);", "x = (a);");
        differ("return (a,)", "return (a)");
        differ("x => (a,)", "x => (a)");
        differ("fn f() -> (A,)", "fn f() -> (A)");
        differ("impl T for (A,)", "impl T for (A)");
        differ("(a) b", "(a b)");
        differ("{ a }", "( a )");
        differ("a; b", "b; a");
        differ("#[cfg(x)] fn f() {}", "fn f() {}");
        differ("f(1)", "f(1u8)");
        differ("'a", "'a'");
    }
}
