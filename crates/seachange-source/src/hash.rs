//! The source hash: tells whether the code of a revision was edited.
//!
//! Two texts have the same hash when the same tokens remain after leaving out what does not change a program:
//!
//! - comments and documentation (`//`, `/* */`, `///`, `//!`, `#[doc ..]`);
//! - white space, line endings, and a byte order mark;
//! - the comma behind the last element of a list, call, struct or enum (but not the one that makes a tuple of one).
//!
//! Everything else counts: names, literals, the revision's own metadata, the order of items, and braces. When rustfmt
//! reorders imports or unwraps a block, the hash therefore changes.

use std::fmt::Write;

use proc_macro2::{Delimiter, Punct, Spacing, TokenStream, TokenTree};
use sha2::{Digest, Sha256};

/// Operators of several characters, as a lexer reads them; `=-` is two, so `a=-1` and `a = -1` are the same.
const OPERATORS: [&str; 25] = [
    "<<=", ">>=", "...", "..=", "&&", "||", "==", "!=", "<=", ">=", "+=", "-=", "*=", "/=", "%=", "^=", "&=", "|=",
    "<<", ">>", "->", "=>", "..", "::", "<-",
];

/// Keywords before which a parenthesis is a tuple or a grouping, and not a call.
const NOT_CALLED: [&str; 10] = ["as", "break", "else", "if", "in", "let", "match", "mut", "return", "while"];

/// Returns the SHA-256 of the tokens as 64 lower-case hexadecimal digits.
pub(crate) fn source_hash(tokens: &TokenStream) -> String {
    let mut hasher = Sha256::new();
    feed(&mut hasher, &tokens.clone().into_iter().collect::<Vec<_>>());
    hasher.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn feed(hasher: &mut Sha256, tokens: &[TokenTree]) {
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let skipped = documentation(&tokens[at..]);
        if skipped > 0 {
            at += skipped;
            continue;
        }
        at += match token {
            TokenTree::Punct(_) => feed_operator(hasher, &tokens[at..]),
            TokenTree::Group(group) => {
                let (open, close) = delimiters(group.delimiter());
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                let called = at > 0 && is_called(&tokens[at - 1]);
                feed_token(hasher, open);
                feed(hasher, without_last_comma(group.delimiter(), called, &inner));
                feed_token(hasher, close);
                1
            }
            TokenTree::Ident(_) | TokenTree::Literal(_) => {
                feed_token(hasher, &token.to_string());
                1
            }
        };
    }
}

/// Feeds one token; its length in front keeps `ab c` and `a bc` apart.
fn feed_token(hasher: &mut Sha256, text: &str) {
    hasher.update((text.len() as u64).to_le_bytes());
    hasher.update(text);
}

/// The number of tokens at the start that are a `#[doc ..]` or `#![doc ..]`, which is also what a doc comment lexes to.
fn documentation(tokens: &[TokenTree]) -> usize {
    let is = |at: usize, expected: char| matches!(tokens.get(at), Some(TokenTree::Punct(p)) if p.as_char() == expected);
    if !is(0, '#') {
        return 0;
    }
    let bracket = if is(1, '!') { 2 } else { 1 };
    let Some(TokenTree::Group(group)) = tokens.get(bracket) else { return 0 };
    match group.stream().into_iter().next() {
        Some(TokenTree::Ident(name)) if group.delimiter() == Delimiter::Bracket && name == "doc" => bracket + 1,
        _ => 0,
    }
}

/// Feeds the operator at the start, the longest that the characters make, and returns how many tokens it took.
fn feed_operator(hasher: &mut Sha256, tokens: &[TokenTree]) -> usize {
    let joined = joined_characters(tokens);
    let operator = OPERATORS.iter().find(|operator| joined.starts_with(**operator));
    let length = operator.map_or(1, |operator| operator.len());
    feed_token(hasher, &joined.chars().take(length).collect::<String>());
    length
}

/// Up to three punctuation characters that stand together.
fn joined_characters(tokens: &[TokenTree]) -> String {
    let mut joined = String::new();
    for token in tokens.iter().take(3) {
        let TokenTree::Punct(punct) = token else { break };
        joined.push(punct.as_char());
        if punct.spacing() == Spacing::Alone {
            break;
        }
    }
    joined
}

fn delimiters(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    }
}

/// Whether a parenthesis behind `token` holds arguments: behind a name, a macro's `!`, or the end of a turbofish.
fn is_called(token: &TokenTree) -> bool {
    match token {
        TokenTree::Ident(name) => !NOT_CALLED.iter().any(|keyword| name == keyword),
        TokenTree::Punct(punct) => matches!(punct.as_char(), '!' | '>'),
        TokenTree::Group(_) => true,
        TokenTree::Literal(_) => false,
    }
}

/// Leaves out the last comma, except the one that makes a tuple of one.
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
        source_hash(&text.parse().unwrap())
    }

    #[test]
    fn the_hash_is_stable() {
        // Databases hold these values: a change of the rules must be a decision.
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
        differ("(a) b", "(a b)");
        differ("{ a }", "( a )");
        differ("a; b", "b; a");
        differ("#[cfg(x)] fn f() {}", "fn f() {}");
        differ("f(1)", "f(1u8)");
        differ("'a", "'a'");
    }
}
