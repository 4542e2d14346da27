//! A lossless lexer of SQL: for any input, the texts of the tokens, joined, give the input again.
//!
//! It follows the lexers of the servers in where strings, quoted names, comments, placeholders and numbers begin and
//! end. It knows no grammar.

use std::borrow::Cow;

use super::{SqlDialect, Syntax};

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// White space.
    Space,
    /// A comment, without the end of its line.
    Comment,
    /// A name without quotes, or a keyword.
    Word,
    /// A quoted name, with its quotes.
    QuotedName,
    /// A string, with its prefix and its quotes; on PostgreSQL also one between dollar tags.
    Text,
    /// A number.
    Number,
    /// A placeholder: `?`, `?1`, `$1`, and on SQLite `:name`, `@name`, `$name`.
    Placeholder,
    /// A variable of MySQL or MariaDB: `@name`, `@@name`.
    Variable,
    /// An operator, which may have several characters.
    Operator,
    /// `(`
    Open,
    /// `)`
    Close,
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// `.`
    Dot,
    /// `/*!`, `/*!40101` or `/*M!`: MySQL and MariaDB read the text up to the next [`Self::HintEnd`] as SQL.
    HintBegin,
    /// The `*/` that ends a [`Self::HintBegin`].
    HintEnd,
    /// Any other character.
    Other,
}

/// A piece of SQL text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    /// The kind of the token.
    pub(crate) kind: TokenKind,
    /// The text as it is written.
    pub(crate) text: &'a str,
}

impl<'a> Token<'a> {
    /// Whether the token is white space or a comment.
    pub(crate) fn is_trivia(&self) -> bool {
        matches!(self.kind, TokenKind::Space | TokenKind::Comment)
    }

    /// Whether the token is the word `keyword` without quotes, in any case.
    pub(crate) fn is_word(&self, keyword: &str) -> bool {
        self.kind == TokenKind::Word && self.text.eq_ignore_ascii_case(keyword)
    }

    /// Whether the token is a comment.
    pub(crate) fn is_comment(&self) -> bool {
        self.kind == TokenKind::Comment
    }

    /// Whether the token is this name, compared as SQLite compares names.
    pub(crate) fn is_name(&self, name: &str) -> bool {
        self.name().is_some_and(|own| own.eq_ignore_ascii_case(name))
    }

    /// The text of the token without its quotes. SQLite accepts a string as a name where only a name is allowed.
    pub(crate) fn spelled(&self) -> Option<Cow<'a, str>> {
        match self.kind {
            TokenKind::Number => Some(Cow::Borrowed(self.text)),
            TokenKind::Text => Some(unquoted(self.text)),
            _ => self.name(),
        }
    }

    /// The name of the token without its quotes.
    pub(crate) fn name(&self) -> Option<Cow<'a, str>> {
        match self.kind {
            TokenKind::Word => Some(Cow::Borrowed(self.text)),
            TokenKind::QuotedName => Some(unquoted(self.text)),
            _ => None,
        }
    }
}

/// Splits a text into tokens.
pub(crate) fn tokens(text: &str, syntax: impl Into<Syntax>) -> Vec<Token<'_>> {
    lex(text, syntax.into()).collect()
}

/// The tokens of a text, each read when the caller asks for it.
pub(super) fn lex(text: &str, syntax: Syntax) -> impl Iterator<Item = Token<'_>> {
    let mut lexer = Lexer { text, place: 0, syntax, is_in_hint: false };
    std::iter::from_fn(move || lexer.token())
}

/// Removes white space and comments.
pub(crate) fn significant<'a>(tokens: &[Token<'a>]) -> Vec<Token<'a>> {
    tokens.iter().copied().filter(|token| !token.is_trivia()).collect()
}

/// Joins tokens to text.
pub(crate) fn joined(tokens: &[Token<'_>]) -> String {
    tokens.iter().map(|token| token.text).collect()
}

/// The words and numbers of a text outside of quotes and comments, in capitals.
pub(crate) fn words(text: &str, syntax: impl Into<Syntax>) -> Vec<String> {
    let words =
        tokens(text, syntax).into_iter().filter(|token| matches!(token.kind, TokenKind::Word | TokenKind::Number));
    words.map(|token| token.text.to_uppercase()).collect()
}

/// The content of a quoted text, without its quotes. A doubled quote in it means one quote.
pub(crate) fn unquoted(text: &str) -> Cow<'_, str> {
    let Some(quote) = text.chars().next() else { return Cow::Borrowed(text) };
    let end = if quote == '[' { ']' } else { quote };
    let inner = &text[quote.len_utf8()..];
    let inner = inner.strip_suffix(end).unwrap_or(inner);
    if quote != '[' && inner.contains(quote) {
        Cow::Owned(inner.replace(&format!("{quote}{quote}"), &quote.to_string()))
    } else {
        Cow::Borrowed(inner)
    }
}

/// Reads a text from the left.
struct Lexer<'a> {
    /// The whole text.
    text: &'a str,
    /// Where the next token begins.
    place: usize,
    /// How the text is read.
    syntax: Syntax,
    /// Whether the position is in an executable comment of MySQL.
    is_in_hint: bool,
}

impl<'a> Lexer<'a> {
    /// The next token.
    fn token(&mut self) -> Option<Token<'a>> {
        let rest = &self.text[self.place..];
        let first = rest.chars().next()?;
        let (kind, length) = self.common(rest, first).unwrap_or_else(|| match self.syntax.dialect {
            SqlDialect::Sqlite => sqlite(rest, first),
            SqlDialect::Postgres => postgres(rest, first, self.syntax),
            SqlDialect::MySql => mysql(rest, first, self.syntax),
        });
        match kind {
            TokenKind::HintBegin => self.is_in_hint = true,
            TokenKind::HintEnd => self.is_in_hint = false,
            _ => {}
        }
        self.place += length;
        Some(Token { kind, text: &rest[..length] })
    }

    /// Reads a token that every dialect has, or the start or end of an executable comment.
    fn common(&self, rest: &str, first: char) -> Option<(TokenKind, usize)> {
        let dialect = self.syntax.dialect;
        let found = match first {
            '(' => (TokenKind::Open, 1),
            ')' => (TokenKind::Close, 1),
            ',' => (TokenKind::Comma, 1),
            ';' => (TokenKind::Semicolon, 1),
            '.' if !rest[1..].starts_with(|next: char| next.is_ascii_digit() || next == '.') => (TokenKind::Dot, 1),
            '*' if self.is_in_hint && rest.starts_with("*/") => (TokenKind::HintEnd, 2),
            '/' if rest.starts_with("/*") && self.hint(rest).is_some() => (TokenKind::HintBegin, self.hint(rest)?),
            '/' if rest.starts_with("/*") => (TokenKind::Comment, block(rest, dialect == SqlDialect::Postgres)),
            '-' if begins_line_comment(rest, dialect) => (TokenKind::Comment, line(rest, dialect)),
            '#' if dialect == SqlDialect::MySql => (TokenKind::Comment, line(rest, dialect)),
            first if is_space(first, dialect) => {
                (TokenKind::Space, rest.find(|next| !is_space(next, dialect)).unwrap_or(rest.len()))
            }
            _ => return None,
        };
        Some(found)
    }

    /// The length of the start of an executable comment: `/*!` or `/*M!`, with the version after it.
    fn hint(&self, rest: &str) -> Option<usize> {
        if self.is_in_hint || self.syntax.dialect != SqlDialect::MySql {
            return None;
        }
        let sign = ["/*!", "/*M!"].into_iter().find(|sign| rest.starts_with(sign))?;
        let digits = rest[sign.len()..].bytes().take(6).take_while(u8::is_ascii_digit).count();
        // Both servers read a version of five or six digits, and read fewer digits as content.
        Some(sign.len() + if digits >= 5 { digits } else { 0 })
    }
}

/// Whether `--` begins a comment. MySQL and MariaDB read two signs, unless white space, a control character or the end
/// follows.
fn begins_line_comment(rest: &str, dialect: SqlDialect) -> bool {
    let behind = rest.strip_prefix("--");
    behind.is_some_and(|behind| {
        dialect != SqlDialect::MySql || behind.chars().next().is_none_or(|next| next == ' ' || next.is_ascii_control())
    })
}

/// The length of a comment that ends with its line, without the line end.
fn line(rest: &str, dialect: SqlDialect) -> usize {
    let is_end = |character: char| character == '\n' || character == '\r' && dialect == SqlDialect::Postgres;
    rest.find(is_end).unwrap_or(rest.len())
}

/// The length of a comment between `/*` and `*/`.
fn block(rest: &str, nests: bool) -> usize {
    let (mut place, mut depth) = (2, 1_usize);
    while depth > 0 {
        let behind = &rest[place..];
        let Some(end) = behind.find("*/") else { return rest.len() };
        match behind[..end].find("/*").filter(|_| nests) {
            Some(begin) => {
                depth += 1;
                place += begin + 2;
            }
            None => {
                depth -= 1;
                place += end + 2;
            }
        }
    }
    place
}

/// Whether a character is white space. Each system accepts fewer characters than Unicode.
fn is_space(character: char, dialect: SqlDialect) -> bool {
    match character {
        ' ' | '\t' | '\n' | '\r' | '\x0c' => true,
        '\x0b' => dialect == SqlDialect::MySql,
        // SQLite reads a byte order mark as white space.
        '\u{feff}' => dialect == SqlDialect::Sqlite,
        _ => false,
    }
}

/// Whether a character can be part of a name without quotes. Every system accepts all characters beyond ASCII.
fn is_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '$') || !character.is_ascii()
}

/// The length of the characters of names at the start.
fn name_length(rest: &str) -> usize {
    rest.find(|next| !is_name(next)).unwrap_or(rest.len())
}

/// The length of a quoted text; a doubled quote does not end it.
fn quoted(rest: &str, quote: char, has_escapes: bool) -> usize {
    let mut characters = rest.char_indices().skip(1).peekable();
    while let Some((place, character)) = characters.next() {
        if has_escapes && character == '\\' {
            characters.next();
        } else if character == quote && characters.next_if(|&(_, next)| next == quote).is_none() {
            return place + quote.len_utf8();
        }
    }
    rest.len()
}

/// The length up to and including `end`, or of the whole text.
fn until(rest: &str, end: &str) -> usize {
    rest.find(end).map_or(rest.len(), |place| place + end.len())
}

/// A token of SQLite.
fn sqlite(rest: &str, first: char) -> (TokenKind, usize) {
    match first {
        '\'' => (TokenKind::Text, quoted(rest, '\'', false)),
        '"' | '`' => (TokenKind::QuotedName, quoted(rest, first, false)),
        '[' => (TokenKind::QuotedName, until(rest, "]")),
        'x' | 'X' if rest[1..].starts_with('\'') => (TokenKind::Text, 1 + quoted(&rest[1..], '\'', false)),
        '?' => (TokenKind::Placeholder, 1 + digits(&rest[1..])),
        '$' | ':' | '@' | '#' => sqlite_variable(rest),
        '0'..='9' | '.' if first != '.' || starts_with_digit(&rest[1..]) => (TokenKind::Number, number(rest, true)),
        first if is_name(first) => (TokenKind::Word, name_length(rest)),
        _ => operator(rest, &["->>", "->", "<=", "<>", "<<", ">=", ">>", "==", "!=", "||"]),
    }
}

/// A placeholder with a name. SQLite accepts `::` and a suffix in parentheses as parts of the name.
fn sqlite_variable(rest: &str) -> (TokenKind, usize) {
    let mut length = 1;
    loop {
        length += name_length(&rest[length..]);
        if length > 1 && rest[length..].starts_with("::") {
            length += 2;
        } else {
            break;
        }
    }
    if length > 1 && rest[length..].starts_with('(') {
        let is_end = |next: char| next == ')' || next.is_ascii_whitespace();
        match rest[length..].find(is_end) {
            Some(end) if rest[length + end..].starts_with(')') => length += end + 1,
            _ => {}
        }
    }
    if length > 1 { (TokenKind::Placeholder, length) } else { (TokenKind::Other, 1) }
}

/// A token of PostgreSQL.
fn postgres(rest: &str, first: char, syntax: Syntax) -> (TokenKind, usize) {
    let second = rest[first.len_utf8()..].chars().next();
    match (first, second) {
        ('\'', _) => (TokenKind::Text, continued(rest, syntax.has_backslash_escapes, syntax)),
        ('"', _) => (TokenKind::QuotedName, quoted(rest, '"', false)),
        ('e' | 'E', Some('\'')) => (TokenKind::Text, 1 + continued(&rest[1..], true, syntax)),
        ('b' | 'B' | 'x' | 'X', Some('\'')) => (TokenKind::Text, 1 + continued(&rest[1..], false, syntax)),
        ('n' | 'N', Some('\'')) => (TokenKind::Text, 1 + continued(&rest[1..], syntax.has_backslash_escapes, syntax)),
        ('u' | 'U', Some('&')) if rest[2..].starts_with('\'') => {
            (TokenKind::Text, 2 + continued(&rest[2..], false, syntax))
        }
        ('u' | 'U', Some('&')) if rest[2..].starts_with('"') => {
            (TokenKind::QuotedName, 2 + quoted(&rest[2..], '"', false))
        }
        ('$', Some('0'..='9')) => (TokenKind::Placeholder, 1 + digits(&rest[1..])),
        ('$', _) => match dollar_tag(rest) {
            Some(tag) => (TokenKind::Text, tag.len() + until(&rest[tag.len()..], tag)),
            None => (TokenKind::Other, 1),
        },
        ('0'..='9', _) | ('.', Some('0'..='9')) => (TokenKind::Number, number(rest, false)),
        (first, _) if is_name(first) => (TokenKind::Word, name_length(rest)),
        _ => postgres_operator(rest),
    }
}

/// The length of a string and of the strings that continue it after a line end. All are read by the same rules.
fn continued(rest: &str, has_escapes: bool, syntax: Syntax) -> usize {
    let mut length = quoted(rest, '\'', has_escapes);
    while let Some(gap) = continuation(&rest[length..]).filter(|_| syntax.continues_strings) {
        length += gap;
        length += quoted(&rest[length..], '\'', has_escapes);
    }
    length
}

/// The length of the white space and of the comments between a string and its continuation, if there is one.
fn continuation(rest: &str) -> Option<usize> {
    let (mut place, mut has_newline) = (0, false);
    loop {
        let behind = &rest[place..];
        let first = behind.chars().next()?;
        match first {
            '\'' if has_newline => return Some(place),
            '\n' | '\r' => has_newline = true,
            // A comment is allowed only after the first line end.
            '-' if has_newline && behind.starts_with("--") => {
                place += line(behind, SqlDialect::Postgres);
                continue;
            }
            first if is_space(first, SqlDialect::Postgres) => {}
            _ => return None,
        }
        place += first.len_utf8();
    }
}

/// The tag `$name$` at the start of a text.
fn dollar_tag(rest: &str) -> Option<&str> {
    let end = rest[1..].find('$')?;
    let name = &rest[1..=end];
    let is_tag = !starts_with_digit(name) && name.chars().all(is_name);
    is_tag.then(|| &rest[..end + 2])
}

/// An operator of PostgreSQL. It is as long as possible, ends where a comment begins, and ends with `+` or `-` only if
/// it has a character that no standard operator has.
fn postgres_operator(rest: &str) -> (TokenKind, usize) {
    const CHARACTERS: &str = "~!@#^&|`?+-*/%<>=";
    let run = rest.find(|next: char| !CHARACTERS.contains(next)).unwrap_or(rest.len());
    if run == 0 {
        return operator(rest, &["::", ":=", ".."]);
    }
    let comment = ["--", "/*"].iter().filter_map(|begin| rest[..run].find(begin)).min();
    let mut text = &rest[..comment.unwrap_or(run)];
    while text.len() > 1
        && text.ends_with(['+', '-'])
        && !text.contains(['~', '!', '@', '#', '^', '&', '|', '`', '?', '%'])
    {
        text = &text[..text.len() - 1];
    }
    (TokenKind::Operator, text.len())
}

/// A token of MySQL or MariaDB.
fn mysql(rest: &str, first: char, syntax: Syntax) -> (TokenKind, usize) {
    let second = rest[first.len_utf8()..].chars().next();
    match (first, second) {
        ('\'', _) => (TokenKind::Text, quoted(rest, '\'', syntax.has_backslash_escapes)),
        ('"', _) if syntax.has_ansi_quotes => (TokenKind::QuotedName, quoted(rest, '"', false)),
        ('"', _) => (TokenKind::Text, quoted(rest, '"', syntax.has_backslash_escapes)),
        ('`', _) => (TokenKind::QuotedName, quoted(rest, '`', false)),
        ('b' | 'B' | 'x' | 'X', Some('\'')) => (TokenKind::Text, 1 + quoted(&rest[1..], '\'', false)),
        ('n' | 'N', Some('\'')) => (TokenKind::Text, 1 + quoted(&rest[1..], '\'', syntax.has_backslash_escapes)),
        ('?', _) => (TokenKind::Placeholder, 1),
        ('@', _) => mysql_variable(rest, syntax),
        ('\\', Some('N')) => (TokenKind::Word, 2),
        ('.', Some('0'..='9')) => (TokenKind::Number, number(rest, false)),
        ('0'..='9', _) => mysql_number(rest),
        (first, _) if is_name(first) => (TokenKind::Word, name_length(rest)),
        _ => operator(rest, &["<=>", "->>", "->", "<=", "<>", "<<", ">=", ">>", "!=", "||", "&&", ":="]),
    }
}

/// A number, or a name, which may begin with digits.
fn mysql_number(rest: &str) -> (TokenKind, usize) {
    let (length, name) = (number(rest, false), name_length(rest));
    if length < name && !rest[..length].contains('.') { (TokenKind::Word, name) } else { (TokenKind::Number, length) }
}

/// `@name`, `@'name'`, `@@name`. The part after a dot is a token of its own.
fn mysql_variable(rest: &str, syntax: Syntax) -> (TokenKind, usize) {
    if let Some(name) = rest.strip_prefix("@@") {
        let length = if name.starts_with('`') { quoted(name, '`', false) } else { name_length(name) };
        return (TokenKind::Variable, 2 + length);
    }
    let name = &rest[1..];
    let length = match name.chars().next() {
        Some(quote @ ('\'' | '"')) => quoted(name, quote, syntax.has_backslash_escapes),
        Some('`') => quoted(name, '`', false),
        _ => name.find(|next| !is_name(next) && next != '.').unwrap_or(name.len()),
    };
    (TokenKind::Variable, 1 + length)
}

/// The number of digits at the start of a text.
fn digits(rest: &str) -> usize {
    rest.bytes().take_while(u8::is_ascii_digit).count()
}

/// Whether a text begins with a digit.
fn starts_with_digit(rest: &str) -> bool {
    rest.starts_with(|next: char| next.is_ascii_digit())
}

/// The length of a number. With `takes_names`, letters that follow directly belong to it.
fn number(rest: &str, takes_names: bool) -> usize {
    let mut length = match rest.get(..2) {
        Some("0x" | "0X" | "0b" | "0B" | "0o" | "0O") => {
            let behind = rest[2..].bytes().take_while(|next| next.is_ascii_hexdigit() || *next == b'_').count();
            if behind > 0 { 2 + behind } else { 1 }
        }
        _ => decimal(rest),
    };
    if takes_names {
        length += name_length(&rest[length..]);
    }
    length
}

/// The length of a number of digits, with a point and an exponent.
fn decimal(rest: &str) -> usize {
    let grouped = |rest: &str| rest.bytes().take_while(|next| next.is_ascii_digit() || *next == b'_').count();
    let mut length = if rest.starts_with('.') { 0 } else { grouped(rest) };
    // Two points are an operator of PostgreSQL.
    if rest[length..].starts_with('.') && !rest[length..].starts_with("..") {
        length += 1;
        length += grouped(&rest[length..]);
    }
    let exponent = rest[length..].strip_prefix(['e', 'E']);
    let sign = exponent.map_or(0, |exponent| usize::from(exponent.starts_with(['+', '-'])));
    match exponent.map_or(0, |exponent| digits(&exponent[sign..])) {
        0 => length,
        digits => length + 1 + sign + digits,
    }
}

/// The first of the `known` operators that the text begins with, or its first character.
fn operator(rest: &str, known: &[&str]) -> (TokenKind, usize) {
    if let Some(found) = known.iter().find(|known| rest.starts_with(**known)) {
        return (TokenKind::Operator, found.len());
    }
    let first = rest.chars().next();
    let is_operator = first.is_some_and(|first| "+-*/%<>=!~&|^:[]".contains(first));
    (if is_operator { TokenKind::Operator } else { TokenKind::Other }, first.map_or(0, char::len_utf8))
}
