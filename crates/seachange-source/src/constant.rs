//! The `REVISION` constant of a file, read without compiling it.
//!
//! Only literals are understood: whoever reads the file, a person or a program, sees the values at once.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use seachange_graph::Revision;
use syn::parse::{ParseStream, Parser};
use syn::{LitStr, Token, bracketed};

use crate::error::Flaw;
use crate::tokens::{declarations, is_ident, is_public, is_punct, line};

/// A flaw and its line.
type Located = (usize, Flaw);

/// What a constant says.
#[derive(Debug, Default)]
pub(crate) struct Constant {
    pub(crate) revision: Revision,
    pub(crate) created: Option<String>,
    /// The line of the constant.
    pub(crate) line: usize,
}

/// Reads the constant among the tokens of a file.
///
/// # Errors
///
/// All flaws of the constant, each with its line.
pub(crate) fn read(tokens: &[TokenTree]) -> Result<Constant, Vec<Located>> {
    let found: Vec<usize> = declarations(tokens, "const", "REVISION").collect();
    let [at] = found[..] else {
        return Err(vec![match found.get(1) {
            Some(second) => (line(&tokens[*second]), Flaw::SecondConstant),
            None => (1, Flaw::MissingConstant),
        }]);
    };
    let start = line(&tokens[at]);
    if !is_public(tokens, at) {
        return Err(vec![(start, Flaw::Private { name: "REVISION" })]);
    }
    let Some(fields) = struct_fields(&tokens[at..]) else { return Err(vec![(start, Flaw::NotAStruct)]) };
    let fields: Vec<TokenTree> = fields.stream().into_iter().collect();
    read_fields(&fields, start)
}

/// Returns the braces of `const REVISION: Type = path::to::Revision { .. };`.
fn struct_fields(tokens: &[TokenTree]) -> Option<&Group> {
    let end = tokens.iter().position(|token| is_punct(token, ';'))?;
    let value = tokens[..end].iter().position(|token| is_punct(token, '='))? + 1;
    let (last, path) = tokens[value..end].split_last()?;
    let is_path = !path.is_empty() && path.iter().all(|token| is_punct(token, ':') || is_name(token));
    match last {
        TokenTree::Group(group) if is_path && group.delimiter() == Delimiter::Brace => Some(group),
        _ => None,
    }
}

fn read_fields(fields: &[TokenTree], start: usize) -> Result<Constant, Vec<Located>> {
    let mut reader = Reader { constant: Constant { line: start, ..Constant::default() }, ..Reader::default() };
    for part in fields.split(|token| is_punct(token, ',')).filter(|part| !part.is_empty()) {
        if let Err(flaw) = reader.part(part) {
            reader.flaws.push((line(&part[0]), flaw));
        }
    }
    if !reader.seen.iter().any(|field| field == "id") {
        reader.flaws.push((start, Flaw::MissingId));
    }
    if reader.flaws.is_empty() { Ok(reader.constant) } else { Err(reader.flaws) }
}

#[derive(Default)]
struct Reader {
    constant: Constant,
    seen: Vec<String>,
    flaws: Vec<Located>,
}

impl Reader {
    /// Reads `field: value` or `..Revision::ROOT`.
    fn part(&mut self, tokens: &[TokenTree]) -> Result<(), Flaw> {
        match tokens {
            [first, second, base @ ..] if is_punct(first, '.') && is_punct(second, '.') => rest(base),
            [TokenTree::Ident(field), colon, value @ ..] if is_punct(colon, ':') => {
                let field = field.to_string();
                if self.seen.contains(&field) {
                    return Err(Flaw::SecondField { field });
                }
                self.seen.push(field.clone());
                self.field(field, value.iter().cloned().collect())
            }
            _ => Err(Flaw::NotAField),
        }
    }

    fn field(&mut self, field: String, value: TokenStream) -> Result<(), Flaw> {
        let revision = &mut self.constant.revision;
        match field.as_str() {
            "id" => revision.id = text(field, "a string such as `\"ae1027a6acf4\"`", value)?,
            "created" => {
                self.constant.created = Some(text(field, "a string such as `\"2026-11-21T09:03:11Z\"`", value)?)
            }
            "down_revision" => revision.down_revision = list(field, value)?,
            "depends_on" => revision.depends_on = list(field, value)?,
            "branch_labels" => revision.branch_labels = list(field, value)?,
            _ => return Err(Flaw::UnknownField { field }),
        }
        Ok(())
    }
}

/// Accepts a path that ends in `ROOT`.
fn rest(base: &[TokenTree]) -> Result<(), Flaw> {
    match base.split_last() {
        Some((last, path)) if is_ident(last, "ROOT") && path.iter().all(|t| is_punct(t, ':') || is_name(t)) => Ok(()),
        _ => Err(Flaw::Rest),
    }
}

fn text(field: String, expected: &'static str, value: TokenStream) -> Result<String, Flaw> {
    let literal = |input: ParseStream<'_>| input.parse::<LitStr>();
    literal.parse2(value).map(|text| text.value()).map_err(|_| Flaw::NotALiteral { field, expected })
}

fn list(field: String, value: TokenStream) -> Result<Vec<String>, Flaw> {
    let expected = "a list of strings such as `&[\"1975ea83b712\"]`";
    string_list.parse2(value).map_err(|_| Flaw::NotALiteral { field, expected })
}

/// Parses `&["..", ".."]`.
fn string_list(input: ParseStream<'_>) -> syn::Result<Vec<String>> {
    input.parse::<Token![&]>()?;
    let content;
    bracketed!(content in input);
    let items = content.parse_terminated(|item| item.parse::<LitStr>(), Token![,])?;
    Ok(items.iter().map(LitStr::value).collect())
}

fn is_name(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Ident(_))
}
