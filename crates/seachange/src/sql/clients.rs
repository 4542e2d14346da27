//! Splits a script as the command-line clients do: `psql`, `mariadb` and `mysql`, `sqlite3`.
//!
//! The clients know less of SQL than their servers, and have commands of their own.

use super::lexer::lex;
use super::{SqlDialect, Syntax, TokenKind, statements};

/// The statements that the client of a system sends for a script, each without surrounding white space.
pub(crate) fn client_statements(script: &str, dialect: SqlDialect) -> Vec<String> {
    let mut sent = match dialect {
        SqlDialect::Sqlite => sqlite3(script),
        SqlDialect::Postgres => psql(script),
        SqlDialect::MySql => mariadb(script),
    };
    sent.iter_mut().for_each(|text| *text = text.trim().to_owned());
    sent.retain(|text| lex(text, dialect.into()).any(|token| !token.is_trivia()));
    sent
}

/// The first command of the client in a script, with its line, counted from 1. Commands that only concern the client
/// (`\restrict`, which `pg_dump` writes) and the `DELIMITER` of `mysql` do not count.
pub(crate) fn first_client_command(script: &str, dialect: SqlDialect) -> Option<(usize, &str)> {
    let place = match dialect {
        SqlDialect::Sqlite => first_dot_command(script),
        SqlDialect::Postgres => first_backslash_command(script),
        // `mysql` reads its commands as statements, which the server refuses.
        SqlDialect::MySql => None,
    }?;
    let command = script[place..].lines().next().unwrap_or_default().trim_end();
    Some((script[..place].matches('\n').count() + 1, command))
}

fn first_backslash_command(script: &str) -> Option<usize> {
    let syntax = Syntax { continues_strings: false, ..Syntax::from(SqlDialect::Postgres) };
    let mut place = 0;
    'text: loop {
        for token in lex(&script[place..], syntax) {
            if token.text == "\\" {
                let command = &script[place + 1..];
                if !["restrict", "unrestrict"].iter().any(|word| starts_with_word(command, word)) {
                    return Some(place);
                }
                place += 1 + command.find('\n').unwrap_or(command.len());
                continue 'text;
            }
            place += token.text.len();
        }
        return None;
    }
}

/// A line that begins with a dot, outside of a statement.
fn first_dot_command(script: &str) -> Option<usize> {
    let mut chunk = String::new();
    let mut place = 0;
    for line in script.split_inclusive('\n') {
        let is_between = !lex(&chunk, SqlDialect::Sqlite.into()).any(|token| !token.is_trivia());
        if is_between && line.starts_with('.') {
            return Some(place);
        }
        place += line.len();
        chunk.push_str(line);
        if is_complete(&chunk) {
            chunk.clear();
        }
    }
    None
}

/// `psql`: a semicolon in parentheses or between `BEGIN` and `END` of a routine ends no statement. A backslash begins a
/// command, which ends with its line.
fn psql(script: &str) -> Vec<String> {
    let mut sent = Vec::new();
    let mut scan = PsqlScan::default();
    let mut place = 0;
    let syntax = Syntax { continues_strings: false, ..Syntax::from(SqlDialect::Postgres) };
    'text: loop {
        for token in lex(&script[place..], syntax) {
            place += token.text.len();
            if token.text != "\\" {
                scan.add(token.kind, token.text, &mut sent);
                continue;
            }
            let command = &script[place..];
            if command.starts_with(';') {
                scan.buffer.push(';');
                place += 1;
            } else {
                if command.starts_with('g') {
                    scan.send(&mut sent);
                }
                place += command.find('\n').unwrap_or(command.len());
            }
            continue 'text;
        }
        break;
    }
    scan.send(&mut sent);
    sent
}

/// The state of `psql` while it reads a statement.
#[derive(Debug, Default)]
struct PsqlScan {
    /// The statement so far.
    buffer: String,
    /// How many parentheses are open.
    parentheses: usize,
    /// How many blocks of a routine are open.
    blocks: usize,
    /// The first words, while they can still create a routine.
    words: Vec<String>,
}

impl PsqlScan {
    /// Adds a token, or sends the statement that it ends.
    fn add(&mut self, kind: TokenKind, text: &str, sent: &mut Vec<String>) {
        match kind {
            TokenKind::Open => self.parentheses += 1,
            TokenKind::Close => self.parentheses = self.parentheses.saturating_sub(1),
            TokenKind::Semicolon if self.parentheses == 0 && self.blocks == 0 => return self.send(sent),
            TokenKind::Word => self.word(text),
            _ => {}
        }
        self.buffer.push_str(text);
    }

    /// Records a word.
    fn word(&mut self, word: &str) {
        let word = word.to_ascii_uppercase();
        if self.words.len() < 4 {
            self.words.push(word.clone());
        }
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        let is_routine = matches!(
            words.as_slice(),
            ["CREATE", "FUNCTION" | "PROCEDURE", ..] | ["CREATE", "OR", "REPLACE", "FUNCTION" | "PROCEDURE", ..]
        );
        match word.as_str() {
            _ if !is_routine || self.parentheses > 0 => {}
            "BEGIN" => self.blocks += 1,
            "CASE" if self.blocks > 0 => self.blocks += 1,
            "END" => self.blocks = self.blocks.saturating_sub(1),
            _ => {}
        }
    }

    /// Sends the statement.
    fn send(&mut self, sent: &mut Vec<String>) {
        sent.push(std::mem::take(self).buffer);
    }
}

/// `sqlite3` reads lines until they make a complete statement, and SQLite splits them. Before a statement has begun, a
/// line that begins with a dot is a command, and a line that begins with `#` is a comment.
fn sqlite3(script: &str) -> Vec<String> {
    let mut sent = Vec::new();
    let mut chunk = String::new();
    for line in script.split_inclusive('\n') {
        if chunk.trim().is_empty() && line.starts_with(['.', '#']) {
            continue;
        }
        let is_end = ["/", "GO"].contains(&line.trim().to_ascii_uppercase().as_str());
        if is_end && is_complete(&format!("{chunk};")) {
            chunk.push(';');
        } else {
            chunk.push_str(line);
        }
        if is_complete(&chunk) {
            sent.extend(statements(&chunk, SqlDialect::Sqlite).iter().map(|statement| statement.text.to_owned()));
            chunk.clear();
        }
    }
    sent.extend(statements(&chunk, SqlDialect::Sqlite).iter().map(|statement| statement.text.to_owned()));
    sent
}

/// Whether a text ends with the semicolon of a statement, as `sqlite3_complete` decides it.
fn is_complete(text: &str) -> bool {
    let found = statements(text, SqlDialect::Sqlite);
    let is_terminated = found.last().map_or_else(|| text.contains(';'), |last| last.is_terminated);
    let last = lex(text, SqlDialect::Sqlite.into()).last();
    let is_open =
        last.is_some_and(|last| last.text.starts_with("/*") && !(last.text.len() > 3 && last.text.ends_with("*/")));
    is_terminated && !is_open
}

/// `mariadb` and `mysql`: the delimiter ends a statement anywhere outside of strings and comments.
fn mariadb(script: &str) -> Vec<String> {
    let mut scan = MariadbScan { delimiter: ";".to_owned(), ..MariadbScan::default() };
    for line in script.lines() {
        scan.line(line);
    }
    scan.send();
    scan.sent
}

/// The state of `mariadb` while it reads a statement.
#[derive(Debug, Default)]
struct MariadbScan {
    /// The text that ends a statement.
    delimiter: String,
    /// The statement so far.
    buffer: String,
    /// The quote of the string that is open.
    quote: Option<char>,
    /// Whether a comment is open that the client does not send.
    is_in_comment: bool,
    /// Whether a comment is open that the server reads.
    is_in_hint: bool,
    /// The statements that were sent.
    sent: Vec<String>,
}

impl MariadbScan {
    /// Reads a line.
    fn line(&mut self, line: &str) {
        let is_free = self.buffer.trim().is_empty() && self.quote.is_none() && !self.is_in_comment;
        let mut place = 0;
        while let Some(next) = line[place..].chars().next() {
            let rest = &line[place..];
            let is_outside = self.quote.is_none() && !self.is_in_comment;
            if is_outside && starts_with_word(rest, "delimiter ") && (is_free || place > 0) {
                self.send();
                self.delimiter = rest["delimiter ".len()..].split_whitespace().next().unwrap_or(";").to_owned();
                return;
            }
            place += match next {
                '\\' if self.quote.is_some_and(|quote| quote != '`') => {
                    let escaped = rest.chars().take(2).map(char::len_utf8).sum();
                    self.buffer.push_str(&rest[..escaped]);
                    escaped
                }
                _ if is_outside && rest.starts_with(&self.delimiter) => {
                    self.send();
                    self.delimiter.len()
                }
                '#' if is_outside => return self.end_line(),
                '-' if is_outside && is_comment(rest) => return self.end_line(),
                '/' if is_outside && rest.starts_with("/*") => self.begin_comment(rest),
                '*' if self.quote.is_none() && rest.starts_with("*/") => self.end_comment(),
                _ => {
                    self.character(next);
                    next.len_utf8()
                }
            };
        }
        self.end_line();
    }

    /// Adds a character, which may be a quote.
    fn character(&mut self, next: char) {
        if self.is_in_comment {
            return;
        }
        self.buffer.push(next);
        match self.quote {
            Some(quote) if quote == next => self.quote = None,
            None if matches!(next, '\'' | '"' | '`') => self.quote = Some(next),
            _ => {}
        }
    }

    /// Begins a comment. The client sends it if the server reads it.
    fn begin_comment(&mut self, rest: &str) -> usize {
        if ["/*!", "/*+", "/*M!"].iter().any(|sign| rest.starts_with(sign)) {
            self.is_in_hint = true;
            self.buffer.push_str("/*");
        } else {
            self.is_in_comment = true;
        }
        2
    }

    /// Ends a comment.
    fn end_comment(&mut self) -> usize {
        if !std::mem::take(&mut self.is_in_comment) {
            self.is_in_hint = false;
            self.buffer.push_str("*/");
        }
        2
    }

    /// Ends a line.
    fn end_line(&mut self) {
        self.buffer.push('\n');
    }

    /// Sends the statement.
    fn send(&mut self) {
        self.sent.push(std::mem::take(&mut self.buffer));
    }
}

/// Whether a text begins with a word, in any case.
fn starts_with_word(text: &str, word: &str) -> bool {
    text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// Whether `--` begins a comment here.
fn is_comment(rest: &str) -> bool {
    rest.strip_prefix("--").is_some_and(|behind| behind.chars().next().is_none_or(char::is_whitespace))
}
