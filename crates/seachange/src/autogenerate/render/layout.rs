//! Lays expressions out as rustfmt does by default, in the edition of 2024.
//!
//! The rules are rustfmt's: a chain stays in one line up to 60 columns, arguments up to 60 columns, and the last
//! argument of a call may begin in the line of the call. This module follows them step by step, because rustfmt must
//! not change the result.

use super::rust::{ChainLink, DelimitedList, RustExpr};

/// rustfmt's `fn_call_width`, `array_width` and `chain_width`.
const SHORT: usize = 60;
/// Literals up to this length are packed into lines, if the list does not fit into one line.
const PACKED: usize = 10;
const TAB: usize = 4;

/// The space that an expression may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct LineBudget {
    /// Columns left of the lines of the block.
    pub(super) indent: usize,
    /// Columns in use, from the indentation on, where the expression begins.
    pub(super) offset: usize,
    /// Columns that may be used.
    pub(super) width: usize,
    /// The last column of a line.
    pub(super) edge: usize,
    /// Whether a chain has to stay in one line.
    pub(super) one_line_chain: bool,
}

impl LineBudget {
    /// A new line.
    pub(super) fn line(indent: usize, edge: usize) -> Self {
        Self { indent, offset: 0, width: edge.saturating_sub(indent), edge, one_line_chain: false }
    }

    fn right(self, columns: usize) -> Option<Self> {
        let width = self.width.checked_sub(columns)?;
        Some(Self { offset: self.offset + columns, width, ..self })
    }

    pub(super) fn less(self, columns: usize) -> Option<Self> {
        Some(Self { width: self.width.checked_sub(columns)?, ..self })
    }

    /// The columns that the text after the expression takes.
    fn taken_after(self) -> usize {
        self.edge.saturating_sub(self.indent + self.offset + self.width)
    }

    fn indented(self) -> Self {
        Self { one_line_chain: self.one_line_chain, ..Self::line(self.indent + TAB, self.edge) }
    }

    fn same_block(self) -> Self {
        Self { one_line_chain: self.one_line_chain, ..Self::line(self.indent, self.edge) }
    }

    fn new_line(self) -> String {
        format!("\n{}", " ".repeat(self.indent))
    }
}

/// Lays an expression out. Returns `None` if it does not fit.
pub(super) fn expression(expression: &RustExpr, place: LineBudget) -> Option<String> {
    match expression {
        // A literal is left alone, however long it is.
        RustExpr::Word(word) => Some(word.clone()),
        RustExpr::List(items) => list(items, place),
        RustExpr::Chain { root, links } => chain(root, links, place),
    }
}

/// Lays out what follows `let name =`, with the white space before it.
pub(super) fn right_hand_side(value: &RustExpr, before: usize, indent: usize, edge: usize) -> Option<String> {
    let line = LineBudget::line(indent, edge).less(1)?;
    let here = line.right(before + 1).and_then(|place| Some((expression(value, place)?, place)));
    if let Some((text, place)) = &here
        && !text.contains('\n')
        && columns(text) <= place.width
    {
        return Some(format!(" {text}"));
    }
    let below = LineBudget::line(indent + TAB, edge).less(1)?;
    let text_below = expression(value, below);
    match (here, text_below) {
        (Some((here, _)), Some(text)) if !fits(&text, below) => Some(format!(" {here}")),
        (Some((here, _)), Some(text)) if prefer_below(&here, &text) => Some(format!("{}{text}", below.new_line())),
        (None, Some(text)) => Some(format!("{}{text}", below.new_line())),
        (here, _) => here.map(|(here, _)| format!(" {here}")),
    }
}

fn prefer_below(here: &str, below: &str) -> bool {
    let opens = |text: &str, bracket: char| first_line(text).ends_with(bracket);
    !below.contains('\n')
        || here.matches('\n').count() > below.matches('\n').count() + 1
        || ['(', '[', '{'].iter().any(|&bracket| opens(here, bracket) && !opens(below, bracket))
}

/// Says whether a text fits into the space.
fn fits(text: &str, place: LineBudget) -> bool {
    columns(first_line(text)) <= place.width
        && text.lines().skip(1).all(|line| columns(line) <= place.edge)
        && (!text.contains('\n') || columns(last_line(text)) <= place.indent + place.offset + place.width)
}

/// Lays out what is between brackets, with the callee before them.
fn list(list: &DelimitedList, place: LineBudget) -> Option<String> {
    let callee = columns(&list.callee);
    let one_line = place.width.saturating_sub(callee + 2);
    let inner = LineBudget { width: place.indented().width.saturating_sub(1), ..place.indented() };
    let items: Vec<Option<String>> = list.items.iter().map(|item| expression(item, inner)).collect();
    let nothing = LineBudget { width: 0, ..place };
    let after = place.right(callee + 1).and_then(|place| place.less(1)).unwrap_or(nothing);
    let (text, horizontal) = match overflowing(list, after, &items, one_line) {
        Some(text) => (text, true),
        None => stacked(list, items.into_iter().collect::<Option<Vec<_>>>()?, inner, one_line),
    };
    let opened = format!("{}{}", list.callee, list.open);
    if horizontal && columns(first_line(&text)) < place.width.saturating_sub(callee).max(1) {
        return Some(format!("{opened}{text}{}", list.close));
    }
    if text.is_empty() {
        return Some(format!("{opened}{}{}", place.same_block().new_line(), list.close));
    }
    Some(format!("{opened}{}{text}{}{}", inner.new_line(), place.same_block().new_line(), list.close))
}

/// Lays out a single item that may begin in the line of the call and continue below.
fn overflowing(list: &DelimitedList, after: LineBudget, items: &[Option<String>], one_line: usize) -> Option<String> {
    let [only] = list.items.as_slice() else { return None };
    let short_callee = columns(&list.callee) < TAB;
    if matches!(only, RustExpr::Word(_)) && !short_callee {
        return None;
    }
    let place = match only {
        RustExpr::List(DelimitedList { callee, .. }) if !callee.is_empty() => {
            LineBudget { width: after.width.min(SHORT), ..after }
        }
        RustExpr::Chain { .. } if !short_callee => LineBudget { one_line_chain: true, ..after },
        _ => after,
    };
    let text = expression(only, place)?;
    if columns(first_line(&text)) > one_line.min(SHORT) {
        return None;
    }
    if text.matches('\n').count() == 1
        && let Some(Some(below)) = items.first()
        && !below.contains('\n')
    {
        return Some(below.clone());
    }
    Some(text)
}

/// Joins items into one line, or puts each in its own; says whether it is one line.
fn stacked(list: &DelimitedList, items: Vec<String>, inner: LineBudget, one_line: usize) -> (String, bool) {
    let total: usize = items.iter().map(|item| columns(item) + 2).sum::<usize>().saturating_sub(2);
    let broken = items.iter().any(|item| item.contains('\n'));
    let limit = if items.len() == 1 { one_line } else { one_line.min(SHORT) };
    if !broken && total <= limit {
        return (items.join(", "), true);
    }
    let words = list.items.iter().all(|item| matches!(item, RustExpr::Word(_)));
    if words && items.iter().all(|item| columns(item) <= PACKED) {
        return (packed(&items, inner), false);
    }
    let separator = format!(",{}", inner.new_line());
    (format!("{},", items.join(&separator)), false)
}

fn packed(items: &[String], inner: LineBudget) -> String {
    let mut lines: Vec<String> = Vec::new();
    for item in items {
        match lines.last_mut() {
            Some(line) if columns(line) + 2 + columns(item) <= inner.width + 1 => *line += &format!(" {item},"),
            _ => lines.push(format!("{item},")),
        }
    }
    lines.join(&inner.new_line())
}

fn link(link: &ChainLink, place: LineBudget) -> Option<String> {
    match link {
        ChainLink::Method(items) => list(items, place),
        ChainLink::Await { question } => Some(if *question { ".await?" } else { ".await" }.to_owned()),
    }
}

/// Lays a chain out: in one line, with one call a line, or in one line up to the last call, which continues below.
fn chain(root: &RustExpr, links: &[ChainLink], place: LineBudget) -> Option<String> {
    let count = links.len();
    let tab = TAB.saturating_sub(place.offset);
    let (mut text, mut links) = (expression(root, place)?, links);
    while text.len() <= tab && !text.contains('\n') && !links.is_empty() {
        let Some(next) = link(&links[0], place.right(columns(&text))?) else { break };
        text += &next;
        links = &links[1..];
    }
    let Some((last, others)) = links.split_last() else { return fits(&text, place).then_some(text) };
    let extendable = text.contains('\n') && is_closing(last_line(&text));
    let below = if extendable { place.same_block() } else { place.indented() };
    let mut texts = vec![text];
    for other in others {
        texts.push(link(other, below)?);
    }
    let (last, one_line) = last_link(last, &texts, count, extendable, place, below)?;
    texts.push(last);
    if !one_line && place.one_line_chain {
        return None;
    }
    let separator = if one_line { String::new() } else { below.new_line() };
    let text = texts.join(&separator);
    fits(&text, place).then_some(text)
}

fn is_closing(line: &str) -> bool {
    line.trim_start().chars().all(|character| ")]}?".contains(character))
}

/// Lays the last call of a chain out, and says whether the chain up to this call is in one line.
fn last_link(
    last: &ChainLink,
    before: &[String],
    count: usize,
    extendable: bool,
    place: LineBudget,
    below: LineBudget,
) -> Option<(String, bool)> {
    let question = usize::from(matches!(last, ChainLink::Await { question: true }));
    let width = if extendable {
        before.last().map_or(0, |text| columns(last_line(text)))
    } else {
        before.iter().map(|text| columns(text)).sum()
    };
    let almost = width + question;
    let budget = if count == 1 { place.width } else { place.width.min(SHORT) }.saturating_sub(almost);
    let all_in_one_line = before.iter().all(|text| !text.contains('\n')) && budget > 0;
    let own_line = link(last, below.less(place.taken_after() + question)?);
    if !all_in_one_line && !extendable {
        return Some((own_line?, false));
    }
    let here = place.less(question).and_then(|place| place.right(almost)).and_then(|place| link(last, place));
    let Some(here) = here else { return Some((own_line?, false)) };
    let lines = here.lines().count();
    let fits_here = columns(first_line(&here)) <= budget;
    match own_line {
        _ if fits_here && lines >= 5 => Some((here, all_in_one_line)),
        Some(own_line) if !fits_here || own_line.lines().count() < lines => Some((own_line, false)),
        _ => Some((here, fits_here && all_in_one_line)),
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn last_line(text: &str) -> &str {
    text.lines().next_back().unwrap_or_default()
}

/// Counts columns as rustfmt does: a wide character takes two.
pub(super) fn columns(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}
