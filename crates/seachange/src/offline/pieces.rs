//! A text of SQL, cut where quotes and comments begin and end. Knows nothing of grammar.

use crate::backend::dialect::Quoting;

/// A stretch of SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Neither quoted nor a comment.
    Code(&'a str),
    /// A string, or a quoted name, with its quotes.
    Quoted(&'a str),
    /// A comment; one that ends with its line is without the line's end.
    Comment(&'a str),
}

impl<'a> Piece<'a> {
    pub(super) fn text(self) -> &'a str {
        match self {
            Self::Code(text) | Self::Quoted(text) | Self::Comment(text) => text,
        }
    }
}

/// Cuts a text. Put together again, the pieces are the text.
pub(super) fn pieces(text: &str, quoting: Quoting) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let (mut start, mut place) = (0, 0);
    while let Some(next) = text[place..].chars().next() {
        let Some(piece) = opening(&text[start..place], &text[place..], quoting) else {
            place += next.len_utf8();
            continue;
        };
        if start < place {
            found.push(Piece::Code(&text[start..place]));
        }
        place += piece.text().len();
        start = place;
        found.push(piece);
    }
    if start < text.len() {
        found.push(Piece::Code(&text[start..]));
    }
    found
}

/// The quoted text or the comment that begins where `rest` does, if one does; `before` is the code in front of it.
fn opening<'a>(before: &str, rest: &'a str, quoting: Quoting) -> Option<Piece<'a>> {
    let first = rest.chars().next()?;
    match first {
        '\'' => {
            let takes_backslashes = quoting.backslashes || (quoting.dollars && ends_with_e(before));
            Some(Piece::Quoted(&rest[..quoted(rest, '\'', takes_backslashes)]))
        }
        '"' => Some(Piece::Quoted(&rest[..quoted(rest, '"', quoting.backslashes)])),
        '`' if quoting.backticks => Some(Piece::Quoted(&rest[..quoted(rest, '`', false)])),
        '[' if quoting.brackets => Some(Piece::Quoted(&rest[..after(rest, "]")])),
        '$' if quoting.dollars && !before.ends_with(is_name) => dollar_tag(rest).map(|tag| {
            let body = after(&rest[tag.len()..], tag);
            Piece::Quoted(&rest[..tag.len() + body])
        }),
        '#' if quoting.hashes => Some(Piece::Comment(line(rest))),
        '-' if begins_comment(rest, quoting) => Some(Piece::Comment(line(rest))),
        '/' if rest.starts_with("/*") => Some(Piece::Comment(&rest[..block(rest, quoting.dollars)])),
        _ => None,
    }
}

fn is_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '$'
}

fn ends_with_e(before: &str) -> bool {
    let prefix = before.strip_suffix(['e', 'E']);
    prefix.is_some_and(|before| !before.ends_with(is_name))
}

/// MySQL takes `--` for two signs unless a space follows.
fn begins_comment(rest: &str, quoting: Quoting) -> bool {
    let behind = rest.strip_prefix("--");
    behind.is_some_and(|rest| !quoting.hashes || rest.chars().next().is_none_or(|next| next.is_whitespace()))
}

fn line(rest: &str) -> &str {
    rest.lines().next().unwrap_or(rest)
}

/// The length up to and with `end`; all of it where there is none.
fn after(rest: &str, end: &str) -> usize {
    rest.find(end).map_or(rest.len(), |place| place + end.len())
}

/// The length of a quoted text: a doubled quote does not end it.
fn quoted(rest: &str, quote: char, takes_backslashes: bool) -> usize {
    let mut characters = rest.char_indices().skip(1).peekable();
    while let Some((place, character)) = characters.next() {
        if takes_backslashes && character == '\\' {
            characters.next();
        } else if character == quote && characters.next_if(|&(_, next)| next == quote).is_none() {
            return place + quote.len_utf8();
        }
    }
    rest.len()
}

/// The length of a comment between `/*` and `*/`, which PostgreSQL nests.
fn block(rest: &str, nests: bool) -> usize {
    let (mut place, mut depth) = (2, 1);
    while depth > 0 {
        let end = after(&rest[place..], "*/");
        let inner = rest[place..place + end].matches("/*").count();
        depth += if nests { inner } else { 0 };
        depth -= 1;
        place += end;
        if place >= rest.len() {
            break;
        }
    }
    place
}

/// The tag `$name$` that a text begins with.
fn dollar_tag(rest: &str) -> Option<&str> {
    let end = rest[1..].find('$')?;
    let name = &rest[1..=end];
    let is_tag = !name.starts_with(|first: char| first.is_ascii_digit())
        && name.chars().all(|character| character.is_alphanumeric() || character == '_');
    is_tag.then(|| &rest[..end + 2])
}

#[cfg(test)]
mod tests;
