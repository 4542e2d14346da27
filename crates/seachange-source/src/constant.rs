//! The `REVISION` constant of a file, read without compiling it.
//!
//! Only literals are accepted, so that people and programs can read the values without compiling the file.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use seachange_graph::Revision;
use syn::parse::{ParseStream, Parser};
use syn::{LitStr, Token, bracketed};

use crate::error::FileErrorKind;
use crate::tokens::{declarations, is_ident, is_public, is_punct, line};

/// A flaw and its line.
type Spanned = (usize, FileErrorKind);

/// The contents of a constant.
#[derive(Debug, Default)]
pub(crate) struct ParsedConstant {
    pub(crate) revision: Revision,
    pub(crate) created: Option<String>,
    /// The line of the constant.
    pub(crate) line: usize,
}

/// Reads the constant from the tokens of a file.
///
/// # Errors
///
/// All flaws of the constant, each with its line.
pub(crate) fn read(tokens: &[TokenTree]) -> Result<ParsedConstant, Vec<Spanned>> {
    let found: Vec<usize> = declarations(tokens, "const", "REVISION").collect();
    let [at] = found[..] else {
        return Err(vec![match found.get(1) {
            Some(second) => (line(&tokens[*second]), FileErrorKind::SecondConstant),
            None => (1, FileErrorKind::MissingConstant),
        }]);
    };
    let start = line(&tokens[at]);
    if !is_public(tokens, at) {
        return Err(vec![(start, FileErrorKind::Private { name: "REVISION" })]);
    }
    let Some(fields) = struct_fields(&tokens[at..]) else { return Err(vec![(start, FileErrorKind::NotAStruct)]) };
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

fn read_fields(fields: &[TokenTree], start: usize) -> Result<ParsedConstant, Vec<Spanned>> {
    let mut reader = ConstantParser {
        constant: ParsedConstant { line: start, ..ParsedConstant::default() },
        ..ConstantParser::default()
    };
    for part in fields.split(|token| is_punct(token, ',')).filter(|part| !part.is_empty()) {
        if let Err(flaw) = reader.part(part) {
            reader.flaws.push((line(&part[0]), flaw));
        }
    }
    if !reader.seen.iter().any(|field| field == "id") {
        reader.flaws.push((start, FileErrorKind::MissingId));
    }
    if reader.flaws.is_empty() { Ok(reader.constant) } else { Err(reader.flaws) }
}

#[derive(Default)]
struct ConstantParser {
    constant: ParsedConstant,
    seen: Vec<String>,
    flaws: Vec<Spanned>,
}

impl ConstantParser {
    /// Reads `field: value` or `..Revision::ROOT`.
    fn part(&mut self, tokens: &[TokenTree]) -> Result<(), FileErrorKind> {
        match tokens {
            [first, second, base @ ..] if is_punct(first, '.') && is_punct(second, '.') => rest(base),
            [TokenTree::Ident(field), colon, value @ ..] if is_punct(colon, ':') => {
                let field = field.to_string();
                if self.seen.contains(&field) {
                    return Err(FileErrorKind::SecondField { field });
                }
                self.seen.push(field.clone());
                self.field(field, value.iter().cloned().collect())
            }
            _ => Err(FileErrorKind::NotAField),
        }
    }

    fn field(&mut self, field: String, value: TokenStream) -> Result<(), FileErrorKind> {
        let revision = &mut self.constant.revision;
        match field.as_str() {
            "id" => revision.id = text(field, "a string such as `\"ae1027a6acf4\"`", value)?,
            "created" => {
                self.constant.created = Some(text(field, "a string such as `\"2026-11-21T09:03:11Z\"`", value)?)
            }
            "down_revision" => revision.down_revision = list(field, value)?,
            "depends_on" => revision.depends_on = list(field, value)?,
            "replaces" => revision.replaces = list(field, value)?,
            // Only `lint` reads it, from the compiled constant.
            "allow" => drop(list(field, value)?),
            // Only a run reads these, from the compiled constant.
            "after_backfills" => drop(list(field, value)?),
            "not_before" => {
                let expected = "a time in UTC such as `\"2026-11-21T09:03:11Z\"`";
                let time = text(field.clone(), expected, value)?;
                if !is_moment(&time) {
                    return Err(FileErrorKind::NotALiteral { field, expected });
                }
            }
            "lock_timeout" => {
                let expected = "a time such as `\"20ms\"` or `\"1s\"`";
                if !is_short_time(&text(field.clone(), expected, value)?) {
                    return Err(FileErrorKind::NotALiteral { field, expected });
                }
            }
            "branch_labels" => revision.branch_labels = list(field, value)?,
            _ => return Err(FileErrorKind::UnknownField { field }),
        }
        Ok(())
    }
}

/// Whether a text is a number of milliseconds or seconds of at most six digits: `20ms`, `1s`.
fn is_short_time(text: &str) -> bool {
    let number = text.strip_suffix("ms").or_else(|| text.strip_suffix('s')).unwrap_or_default();
    (1..=6).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text is a time in UTC to the second, as RFC 3339 writes it: `2026-11-21T09:03:11Z`.
fn is_moment(text: &str) -> bool {
    const FORM: &[u8] = b"0000-00-00T00:00:00Z";
    let fits = |(byte, form): (u8, &u8)| if *form == b'0' { byte.is_ascii_digit() } else { byte == *form };
    let number = |range: std::ops::Range<usize>| text.get(range).and_then(|digits| digits.parse::<u8>().ok());
    let within = |range, least: u8, most: u8| number(range).is_some_and(|number| (least..=most).contains(&number));
    text.len() == FORM.len()
        && text.bytes().zip(FORM).all(fits)
        && within(5..7, 1, 12)
        && within(8..10, 1, 31)
        && within(11..13, 0, 23)
        && within(14..16, 0, 59)
        && within(17..19, 0, 59)
}

/// Accepts a path that ends in `ROOT`.
fn rest(base: &[TokenTree]) -> Result<(), FileErrorKind> {
    match base.split_last() {
        Some((last, path)) if is_ident(last, "ROOT") && path.iter().all(|t| is_punct(t, ':') || is_name(t)) => Ok(()),
        _ => Err(FileErrorKind::Rest),
    }
}

fn text(field: String, expected: &'static str, value: TokenStream) -> Result<String, FileErrorKind> {
    let literal = |input: ParseStream<'_>| input.parse::<LitStr>();
    literal.parse2(value).map(|text| text.value()).map_err(|_| FileErrorKind::NotALiteral { field, expected })
}

fn list(field: String, value: TokenStream) -> Result<Vec<String>, FileErrorKind> {
    let expected = "a list of strings such as `&[\"1975ea83b712\"]`";
    string_list.parse2(value).map_err(|_| FileErrorKind::NotALiteral { field, expected })
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
