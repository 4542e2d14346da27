//! The text of a `CREATE TABLE` statement, split into the items of its body.
//!
//! Editing the text, rather than building the table again from catalogue queries, preserves its content verbatim:
//! checks, collations, generated columns, conflict clauses, comments, `STRICT`, `WITHOUT ROWID`.

use super::column_text::ColumnText;
use super::constraint_text::ConstraintText;
use super::tokens;
use crate::sql::{Token, TokenKind as Kind, joined};

/// A `CREATE TABLE` statement. `head`, the items with their commas, and `tail`, joined, give the statement again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableText {
    head: String,
    pub(crate) items: Vec<TableItem>,
    tail: String,
}

/// A column definition or a table constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableItem {
    /// Whether a comma precedes the item. SQLite does not require commas between table constraints.
    comma: bool,
    pub(crate) text: String,
    pub(crate) kind: TableItemKind,
}

/// The kind of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TableItemKind {
    Column,
    Constraint,
}

impl TableText {
    /// Parses a statement as SQLite stores it. Returns nothing when it has no body.
    pub(crate) fn parse(sql: &str) -> Option<Self> {
        let all = tokens(sql);
        let open = all.iter().position(|token| token.kind == Kind::Open)?;
        let (commas, close) = body(&all, open)?;
        let starts = [open].into_iter().chain(commas.iter().copied());
        let ends = commas.iter().copied().chain([close]);
        let items = starts.zip(ends).flat_map(|(start, end)| items(&all[start + 1..end], start != open)).collect();
        Some(Self { head: joined(&all[..=open]), items, tail: joined(&all[close..]) })
    }

    /// Returns the statement.
    pub(crate) fn text(&self) -> String {
        let mut text = self.head.clone();
        for item in &self.items {
            if item.comma {
                text.push(',');
            }
            text.push_str(&item.text);
        }
        text + &self.tail
    }

    /// Returns the columns, in order.
    pub(crate) fn columns(&self) -> impl Iterator<Item = ColumnText> + '_ {
        self.items
            .iter()
            .filter(|item| item.kind == TableItemKind::Column)
            .filter_map(|item| ColumnText::parse(&item.text))
    }

    /// Returns the constraints of the table, each with its position among the items.
    pub(crate) fn constraints(&self) -> impl Iterator<Item = (usize, ConstraintText)> + '_ {
        self.items
            .iter()
            .enumerate()
            .filter(|(_, item)| item.kind == TableItemKind::Constraint)
            .map(|(at, item)| (at, ConstraintText::parse(&item.text)))
    }

    /// Returns a column and its position among the items.
    pub(crate) fn column(&self, name: &str) -> Option<(usize, ColumnText)> {
        self.items.iter().enumerate().find_map(|(at, item)| {
            let column = (item.kind == TableItemKind::Column).then(|| ColumnText::parse(&item.text))??;
            column.name.eq_ignore_ascii_case(name).then_some((at, column))
        })
    }

    /// Returns whether the text after the body contains a word, such as `STRICT`.
    pub(crate) fn says(&self, keyword: &str) -> bool {
        tokens(&self.tail).iter().any(|token| token.is_word(keyword))
    }

    /// Returns whether a column is qualified with the name of the table.
    pub(crate) fn names_itself(&self, table: &str) -> bool {
        self.items.iter().any(|item| {
            let mut all = tokens(&item.text);
            all.retain(|token| !token.is_trivia());
            all.windows(2).any(|pair| pair[0].is_name(table) && pair[1].text == ".")
        })
    }

    /// Adds a column after the last one.
    pub(crate) fn push_column(&mut self, definition: &str) {
        let columns = self.items.iter().take_while(|item| item.kind == TableItemKind::Column);
        self.insert(columns.count(), TableItemKind::Column, definition);
    }

    /// Adds a constraint at the end.
    pub(crate) fn push_constraint(&mut self, definition: &str) {
        self.insert(self.items.len(), TableItemKind::Constraint, definition);
    }

    /// Inserts an item with the spacing of its neighbours: it gets the white space that follows the previous item.
    fn insert(&mut self, at: usize, kind: TableItemKind, definition: &str) {
        let (leading, trailing) = match at.checked_sub(1).map(|before| &mut self.items[before]) {
            Some(before) => (leading_space(&before.text), take_trailing_space(&mut before.text)),
            None => (String::new(), String::new()),
        };
        let leading = if leading.is_empty() { " ".to_owned() } else { leading };
        let item = TableItem { comma: at > 0, text: format!("{leading}{definition}{trailing}"), kind };
        self.items.insert(at, item);
    }

    /// Removes an item. Comments before it stay, because they may belong to the item before.
    pub(crate) fn remove(&mut self, at: usize) {
        let removed = self.items.remove(at);
        let mut comments = leading_comments(&removed.text);
        if let Some(next) = self.items.get_mut(at) {
            next.comma = at > 0 && (next.comma || removed.comma);
            next.text.insert_str(0, &comments);
            comments.clear();
        }
        if let Some(before) = at.checked_sub(1).map(|before| &mut self.items[before]) {
            take_trailing_space(&mut before.text);
            before.text.push_str(&comments);
            before.text.push_str(trailing_space(&removed.text));
        }
    }
}

/// Finds the commas of the body that begins at `open`, and the parenthesis that closes it.
fn body(all: &[Token<'_>], open: usize) -> Option<(Vec<usize>, usize)> {
    let mut depth = 0_usize;
    let mut commas = Vec::new();
    for (at, token) in all.iter().enumerate().skip(open) {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close if depth == 1 => return Some((commas, at)),
            Kind::Close => depth -= 1,
            Kind::Comma if depth == 1 => commas.push(at),
            _ => {}
        }
    }
    None
}

/// Parses the text between two commas: a column, or one or several constraints.
fn items(tokens: &[Token<'_>], comma: bool) -> Vec<TableItem> {
    let starts = constraint_starts(tokens);
    let Some((_, rest)) = starts.split_first() else {
        return vec![TableItem { comma, text: joined(tokens), kind: TableItemKind::Column }];
    };
    let bounds: Vec<usize> = [0].into_iter().chain(rest.iter().copied()).chain([tokens.len()]).collect();
    bounds
        .windows(2)
        .enumerate()
        .map(|(index, bound)| TableItem {
            comma: comma && index == 0,
            text: joined(&tokens[bound[0]..bound[1]]),
            kind: TableItemKind::Constraint,
        })
        .collect()
}

/// Finds where table constraints begin. The result is empty when the first word does not begin a constraint.
fn constraint_starts(tokens: &[Token<'_>]) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut depth = 0_usize;
    let mut before: [Option<&Token<'_>>; 2] = [None, None];
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Space | Kind::Comment => continue,
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            _ if depth == 0 && begins_constraint(token) && !is_named(before) => starts.push(at),
            _ if starts.is_empty() => return starts,
            _ => {}
        }
        before = [before[1], Some(token)];
    }
    starts
}

fn begins_constraint(token: &Token<'_>) -> bool {
    ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"].iter().any(|keyword| token.is_word(keyword))
}

/// Returns whether the two previous tokens are `CONSTRAINT name`, so that a constraint has already begun.
fn is_named(before: [Option<&Token<'_>>; 2]) -> bool {
    before.into_iter().flatten().any(|token| token.is_word("CONSTRAINT"))
}

fn leading_space(text: &str) -> String {
    tokens(text)
        .first()
        .filter(|token| token.kind == Kind::Space)
        .map_or_else(String::new, |token| token.text.to_owned())
}

fn trailing_space(text: &str) -> &str {
    tokens(text).last().filter(|token| token.kind == Kind::Space).map_or("", |token| token.text)
}

/// Removes and returns the white space at the end, but keeps it where it ends a comment.
fn take_trailing_space(text: &mut String) -> String {
    let all = tokens(text);
    if all.iter().rev().nth(1).is_some_and(Token::is_comment) {
        return String::new();
    }
    let space = trailing_space(text).to_owned();
    text.truncate(text.len() - space.len());
    space
}

/// Returns the comments at the beginning, with the white space before each and the line end after the last.
fn leading_comments(text: &str) -> String {
    let all = tokens(text);
    let trivia = all.iter().take_while(|token| token.is_trivia()).count();
    let last = all[..trivia].iter().rposition(Token::is_comment);
    let Some(last) = last else { return String::new() };
    let end = if all[last].text.starts_with("--") { "\n" } else { "" };
    format!("{}{end}", joined(&all[..=last]))
}
