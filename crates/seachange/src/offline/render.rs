//! Statements as they stand in a script: values written out, ended by one semicolon.

use sea_orm::{Statement, Value};

use super::pieces::{Piece, pieces};
use crate::backend::dialect::{Dialect, Quoting};

/// Writes a statement with its values, as it was sent otherwise.
///
/// # Errors
///
/// What keeps it from being written, for people.
pub(super) fn render(dialect: &dyn Dialect, statement: &Statement) -> Result<String, &'static str> {
    let sql = match &statement.values {
        Some(values) => inline(dialect, &statement.sql, &values.0)?,
        None => statement.sql.clone(),
    };
    Ok(terminated(dialect, &sql))
}

/// Puts values in the place of their placeholders.
fn inline(dialect: &dyn Dialect, sql: &str, values: &[Value]) -> Result<String, &'static str> {
    let literals: Vec<String> = values.iter().map(|value| dialect.literal(value)).collect::<Result<_, _>>()?;
    let quoting = dialect.quoting();
    let mut filled = Filled { text: String::new(), used: vec![false; literals.len()], next: 0 };
    for piece in pieces(sql, quoting) {
        match piece {
            Piece::Code(code) => filled.fill(code, quoting, &literals)?,
            other => filled.text.push_str(other.text()),
        }
    }
    if filled.used.contains(&false) { Err("a value has no placeholder") } else { Ok(filled.text) }
}

/// A text in which placeholders are filled from the left.
struct Filled {
    text: String,
    used: Vec<bool>,
    next: usize,
}

impl Filled {
    fn fill(&mut self, code: &str, quoting: Quoting, literals: &[String]) -> Result<(), &'static str> {
        let sign = if quoting.numbered { '$' } else { '?' };
        let mut rest = code;
        while let Some(place) = rest.find(sign) {
            self.text.push_str(&rest[..place]);
            let behind = &rest[place + 1..];
            let digits = behind.find(|next: char| !next.is_ascii_digit()).unwrap_or(behind.len());
            rest = &behind[digits..];
            let index = match behind[..digits].parse::<usize>() {
                Ok(number) => number.wrapping_sub(1),
                Err(_) if quoting.numbered => {
                    self.text.push(sign);
                    continue;
                }
                Err(_) => self.next,
            };
            self.text.push_str(literals.get(index).ok_or("a placeholder has no value")?);
            self.used[index] = true;
            self.next = index + 1;
        }
        self.text.push_str(rest);
        Ok(())
    }
}

/// Ends a text with one semicolon, which stands before comments at its end: behind one of a line it would be part of it.
fn terminated(dialect: &dyn Dialect, sql: &str) -> String {
    let all = pieces(sql, dialect.quoting());
    let is_end = |piece: &Piece<'_>| match piece {
        Piece::Code(code) => code.chars().all(|character| character.is_whitespace() || character == ';'),
        Piece::Quoted(_) => false,
        Piece::Comment(_) => true,
    };
    let Some(last) = all.iter().rposition(|piece| !is_end(piece)) else { return sql.trim().to_owned() };
    let mut head: String = all[..=last].iter().map(|piece| piece.text()).collect();
    if let Piece::Code(_) = all[last] {
        head.truncate(head.trim_end_matches(|end: char| end.is_whitespace() || end == ';').len());
    }
    let comments = all[last + 1..].iter().filter(|piece| matches!(piece, Piece::Comment(_)));
    let comments: String = comments.map(|piece| format!(" {}", piece.text().trim())).collect();
    let has_inner_end = all[..=last].iter().any(|piece| matches!(piece, Piece::Code(code) if code.contains(';')))
        && statements(&head, dialect.quoting()).len() > 1;
    dialect.wrap(format!("{};{comments}", head.trim_start()), has_inner_end)
}

/// Cuts a text at its semicolons; empty statements are left out.
pub(super) fn statements(sql: &str, quoting: Quoting) -> Vec<String> {
    let mut found = vec![String::new()];
    for piece in pieces(sql, quoting) {
        let Piece::Code(code) = piece else {
            found.last_mut().into_iter().for_each(|last| last.push_str(piece.text()));
            continue;
        };
        for (number, part) in code.split(';').enumerate() {
            if number > 0 {
                found.push(String::new());
            }
            found.last_mut().into_iter().for_each(|last| last.push_str(part));
        }
    }
    found.retain(|statement| !words(statement, quoting).is_empty());
    found
}

/// The words of a statement outside of quotes and comments, in capitals.
pub(super) fn words(sql: &str, quoting: Quoting) -> Vec<String> {
    let code = pieces(sql, quoting).into_iter().filter_map(|piece| match piece {
        Piece::Code(code) => Some(code),
        _ => None,
    });
    let is_between = |character: char| !character.is_alphanumeric() && character != '_';
    code.flat_map(|code| code.split(is_between)).filter(|word| !word.is_empty()).map(str::to_uppercase).collect()
}

#[cfg(test)]
mod tests;
