//! Splits a text into statements, as the server does: at semicolons, except those in a compound statement.

use super::{SqlDialect, Syntax, Token, TokenKind, tokens};

/// One statement of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StatementText<'a> {
    /// The statement from its first token to its last, without the semicolon after it, and without white space and
    /// comments around it.
    pub(crate) text: &'a str,
    /// Its position in the whole text.
    pub(crate) place: usize,
    /// Its tokens, with the white space and the comments within.
    pub(crate) tokens: Vec<Token<'a>>,
    /// Whether a semicolon follows it.
    pub(crate) is_terminated: bool,
    /// Whether every block in it is closed.
    pub(crate) is_complete: bool,
}

/// Splits a text into its statements, without empty ones.
pub(crate) fn statements(text: &str, syntax: impl Into<Syntax>) -> Vec<StatementText<'_>> {
    let syntax = syntax.into();
    let mut found = Vec::new();
    let mut splitter = Splitter::new(syntax.dialect);
    let mut current = Vec::new();
    let all = tokens(text, syntax);
    let mut place = 0;
    for (number, token) in all.iter().enumerate() {
        let is_end = splitter.ends_before(token, &all[number + 1..]);
        place += token.text.len();
        if is_end {
            found.extend(statement(
                text,
                place - token.text.len(),
                std::mem::take(&mut current),
                StatementEnd::Semicolon,
            ));
            splitter = Splitter::new(syntax.dialect);
        } else {
            current.push(*token);
        }
    }
    let end = if splitter.is_complete() { StatementEnd::Text } else { StatementEnd::OpenBlock };
    found.extend(statement(text, place, current, end));
    found
}

/// The end of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StatementEnd {
    /// A semicolon.
    Semicolon,
    /// The end of the text.
    Text,
    /// The end of the text, in a block or in parentheses.
    OpenBlock,
}

/// Builds the statement from the tokens before a position, if one of them is significant.
fn statement<'a>(
    text: &'a str,
    place: usize,
    mut tokens: Vec<Token<'a>>,
    end: StatementEnd,
) -> Option<StatementText<'a>> {
    let mut place = place;
    while let Some(last) = tokens.pop_if(|token| token.is_trivia()) {
        place -= last.text.len();
    }
    let first = tokens.iter().position(|token| !token.is_trivia())?;
    tokens.drain(..first);
    let length: usize = tokens.iter().map(|token| token.text.len()).sum();
    Some(StatementText {
        text: &text[place - length..place],
        place: place - length,
        tokens,
        is_terminated: end == StatementEnd::Semicolon,
        is_complete: end != StatementEnd::OpenBlock,
    })
}

/// Reads one statement, to find the semicolon that ends it.
struct Splitter<'a> {
    /// The grammar.
    dialect: SqlDialect,
    /// The first words, in capitals. They show whether it can be a compound statement.
    head: Vec<String>,
    /// How the statement can contain other statements.
    form: StatementForm,
    /// How many blocks are open.
    depth: usize,
    /// How many parentheses are open.
    parentheses: usize,
    /// The last significant token.
    last: Option<Token<'a>>,
}

/// How a statement can contain other statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StatementForm {
    /// It is not known yet.
    Open,
    /// It contains no other statement.
    Simple,
    /// A trigger of SQLite, which ends with `END` after a semicolon.
    SqliteTrigger,
    /// A routine of PostgreSQL, whose body may be enclosed in `BEGIN ATOMIC` and `END`.
    PostgresRoutine,
    /// A program of MySQL or MariaDB, whose blocks nest.
    MySqlProgram,
}

impl<'a> Splitter<'a> {
    /// Starts at the beginning of a statement.
    fn new(dialect: SqlDialect) -> Self {
        Self { dialect, head: Vec::new(), form: StatementForm::Open, depth: 0, parentheses: 0, last: None }
    }

    /// Whether a token is the semicolon that ends the statement. `rest` has the tokens after it.
    fn ends_before(&mut self, token: &Token<'a>, rest: &[Token<'a>]) -> bool {
        if token.is_trivia() {
            return false;
        }
        if token.kind == TokenKind::Semicolon && self.is_complete() {
            return true;
        }
        self.follow(token, rest);
        self.last = Some(*token);
        false
    }

    /// Whether no block is open and, on PostgreSQL, no parenthesis either.
    fn is_complete(&self) -> bool {
        self.depth == 0 && (self.dialect != SqlDialect::Postgres || self.parentheses == 0)
    }

    /// Records a token.
    fn follow(&mut self, token: &Token<'a>, rest: &[Token<'a>]) {
        match token.kind {
            TokenKind::Open => self.parentheses += 1,
            TokenKind::Close => self.parentheses = self.parentheses.saturating_sub(1),
            TokenKind::Word if self.last.is_none_or(|last| last.kind != TokenKind::Dot) => self.word(token, rest),
            TokenKind::HintBegin | TokenKind::HintEnd => {}
            _ if self.form == StatementForm::Open && self.head.is_empty() => self.form = StatementForm::Simple,
            _ => {}
        }
    }

    /// Records a word.
    fn word(&mut self, token: &Token<'a>, rest: &[Token<'a>]) {
        if self.form == StatementForm::Open {
            self.head.push(token.text.to_ascii_uppercase());
            self.form = form(&self.head, next(rest), self.dialect);
        }
        match self.form {
            StatementForm::SqliteTrigger if self.head.last().is_some_and(|word| word == "TRIGGER") => {
                self.depth = 1;
                self.head.clear();
            }
            StatementForm::SqliteTrigger if token.is_word("END") && self.is_behind(&[";"]) => self.depth = 0,
            StatementForm::PostgresRoutine if token.is_word("ATOMIC") && self.is_behind(&["BEGIN"]) => self.depth = 1,
            StatementForm::PostgresRoutine if token.is_word("END") && self.is_behind(&[";", "ATOMIC"]) => {
                self.depth = 0
            }
            StatementForm::MySqlProgram => self.program(token, rest),
            _ => {}
        }
    }

    /// Whether the last token is one of these words.
    fn is_behind(&self, words: &[&str]) -> bool {
        self.last.is_some_and(|last| words.iter().any(|word| last.text.eq_ignore_ascii_case(word)))
    }

    /// Records a word in a program of MySQL or MariaDB.
    fn program(&mut self, token: &Token<'a>, rest: &[Token<'a>]) {
        let is_word = |words: &[&str]| words.iter().any(|word| token.is_word(word));
        if self.is_behind(&["XA"]) {
            // `XA BEGIN` and `XA END` do not delimit a block.
        } else if token.is_word("END") {
            self.depth = self.depth.saturating_sub(1);
        } else if self.is_behind(&["END"]) && is_word(&["IF", "CASE", "LOOP", "REPEAT", "WHILE", "FOR"]) {
            // The word names the block that `END` has closed.
        } else if is_word(&["BEGIN", "CASE"])
            || self.is_at_start()
                && (is_word(&["LOOP", "WHILE", "FOR"]) || is_word(&["IF", "REPEAT"]) && !is_call(rest))
        {
            self.depth += 1;
        }
    }

    /// Whether a statement of a program may begin here.
    fn is_at_start(&self) -> bool {
        const HEADER: [&str; 6] = ["ROW", "DETERMINISTIC", "DATA", "SQL", "INVOKER", "DEFINER"];
        let Some(last) = self.last else { return true };
        // The body of a program follows its header.
        let is_behind_header =
            matches!(last.kind, TokenKind::Close | TokenKind::Text | TokenKind::HintBegin) || self.is_behind(&HEADER);
        self.depth == 0 && is_behind_header
            || last.kind == TokenKind::Semicolon
            || last.text == ":"
            || self.is_behind(&["BEGIN", "THEN", "ELSE", "DO", "LOOP", "REPEAT", "ATOMIC"])
    }
}

/// The next significant token.
fn next<'t, 'a>(rest: &'t [Token<'a>]) -> Option<&'t Token<'a>> {
    rest.iter().find(|token| !token.is_trivia())
}

/// Whether a list of arguments follows rather than a condition: it has a comma outside of inner parentheses.
fn is_call(rest: &[Token<'_>]) -> bool {
    let mut depth = 0_usize;
    for token in rest.iter().filter(|token| !token.is_trivia()) {
        match token.kind {
            TokenKind::Open => depth += 1,
            TokenKind::Close => depth = depth.saturating_sub(1),
            TokenKind::Comma if depth == 1 => return true,
            _ => {}
        }
        if depth == 0 {
            return false;
        }
    }
    false
}

/// The form of a statement, as its first words and the token after them show it.
fn form(head: &[String], next: Option<&Token<'_>>, dialect: SqlDialect) -> StatementForm {
    let words: Vec<&str> = head.iter().map(String::as_str).collect();
    match (dialect, words.as_slice()) {
        (SqlDialect::Sqlite, ["EXPLAIN", "QUERY", "PLAN", words @ ..] | ["EXPLAIN", words @ ..] | words) => match words
        {
            [] | ["QUERY"] | ["CREATE"] | ["CREATE", "TEMP" | "TEMPORARY"] => StatementForm::Open,
            ["CREATE", "TRIGGER"] | ["CREATE", "TEMP" | "TEMPORARY", "TRIGGER"] => StatementForm::SqliteTrigger,
            _ => StatementForm::Simple,
        },
        (SqlDialect::Postgres, ["CREATE"] | ["CREATE", "OR"] | ["CREATE", "OR", "REPLACE"]) => StatementForm::Open,
        (SqlDialect::Postgres, ["CREATE", "FUNCTION" | "PROCEDURE"]) => StatementForm::PostgresRoutine,
        (SqlDialect::Postgres, ["CREATE", "OR", "REPLACE", "FUNCTION" | "PROCEDURE"]) => StatementForm::PostgresRoutine,
        (SqlDialect::MySql, ["BEGIN"]) => match next {
            Some(next) if next.is_word("NOT") => StatementForm::MySqlProgram,
            _ => StatementForm::Simple,
        },
        (SqlDialect::MySql, ["IF" | "CASE" | "LOOP" | "REPEAT" | "WHILE" | "FOR"]) => StatementForm::MySqlProgram,
        (SqlDialect::MySql, ["CREATE" | "ALTER", .., last]) => match *last {
            "PROCEDURE" | "FUNCTION" | "TRIGGER" | "EVENT" | "PACKAGE" => StatementForm::MySqlProgram,
            "TABLE" | "VIEW" | "INDEX" | "DATABASE" | "SCHEMA" | "USER" | "ROLE" | "SERVER" | "SEQUENCE"
            | "TABLESPACE" => StatementForm::Simple,
            _ if words.len() < 12 => StatementForm::Open,
            _ => StatementForm::Simple,
        },
        (SqlDialect::MySql, ["CREATE" | "ALTER"]) => StatementForm::Open,
        _ => StatementForm::Simple,
    }
}
