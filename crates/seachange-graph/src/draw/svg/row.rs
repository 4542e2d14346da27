//! A revision: its circle, its id, its badges, and its message.

use std::fmt::Write;

use super::{COLORS, ROW, x, y};
use crate::draw::{Node, NodeState, text};

/// The distance of a text below the middle of its row, in pixels.
pub(super) const BASELINE: usize = 4;

/// The maximum length of the message that is shown, in characters; the title of the row has the full message.
const MESSAGE: usize = 100;

/// The width of a letter of an id, in tenths of a pixel.
const ID_LETTER: usize = 78;

/// The width of a letter in a badge, in tenths of a pixel.
const BADGE_LETTER: usize = 66;

/// The empty space at each end of a badge, in pixels.
const BADGE_PADDING: usize = 7;

/// The height of a badge, in pixels.
const BADGE: usize = 18;

/// The empty space between two things in a row, in pixels.
const GAP: usize = 8;

/// A revision, laid out.
pub(super) struct SvgRow<'a> {
    node: &'a Node<'a>,
    start: usize,
    badges: Vec<Badge<'a>>,
    message: String,
    message_start: usize,
    /// The right end of the row, in pixels.
    pub(super) end: usize,
}

/// A word on a rounded background.
struct Badge<'a> {
    class: &'static str,
    word: &'a str,
    start: usize,
}

/// The approximate width of a message, in pixels.
pub(super) fn message_width(message: &str) -> usize {
    text::width(message) * 15 / 2
}

impl<'a> SvgRow<'a> {
    pub(super) fn new(node: &'a Node<'a>, start: usize) -> Self {
        let marks = node.labels().map(|mark| (class(mark), mark));
        let labels = node.revision.branch_labels.iter().map(|label| ("label", label.as_str()));
        let mut next = start + letters(&node.revision.id, ID_LETTER) + GAP;
        let mut badges = Vec::new();
        for (class, word) in marks.chain(labels) {
            let badge = Badge { class, word, start: next };
            next += badge.width() + GAP;
            badges.push(badge);
        }
        let message = text::cut(&node.message, MESSAGE);
        Self { node, start, badges, message_start: next, end: next + message_width(&message), message }
    }

    /// Writes the row with everything in it.
    pub(super) fn write(&self, text: &mut String, lane: usize, row: usize) {
        let id = &self.node.revision.id;
        let [middle, baseline] = [y(row), y(row) + BASELINE];
        let _ = writeln!(text, "<g><title>{}</title>", escaped(&self.title()));
        circle(text, self.node.state, lane, middle);
        let width = letters(id, ID_LETTER);
        let _ = writeln!(
            text,
            "<text class=\"id\" x=\"{}\" y=\"{baseline}\" textLength=\"{width}\">{}</text>",
            self.start,
            escaped(id)
        );
        for badge in &self.badges {
            badge.write(text, middle);
        }
        if !self.message.is_empty() {
            let start = self.message_start;
            let _ = writeln!(text, "<text x=\"{start}\" y=\"{baseline}\">{}</text>", escaped(&self.message));
        }
        text.push_str("</g>\n");
    }

    /// The id, the state as a word, and the full message.
    fn title(&self) -> String {
        let state = match self.node.state {
            None => "",
            Some(NodeState::Pending) => ", pending",
            Some(NodeState::Applied) => ", applied",
            Some(NodeState::Current) => ", applied, current",
        };
        let colon = if self.node.message.is_empty() { "" } else { ": " };
        format!("{}{state}{colon}{}", self.node.revision.id, self.node.message)
    }
}

impl Badge<'_> {
    fn width(&self) -> usize {
        letters(self.word, BADGE_LETTER) + 2 * BADGE_PADDING
    }

    fn write(&self, text: &mut String, middle: usize) {
        let Self { class, word, start } = self;
        let width = self.width();
        let _ = writeln!(
            text,
            "<g class=\"badge {class}\"><rect x=\"{start}\" y=\"{}\" width=\"{width}\" height=\"{BADGE}\" rx=\"9\"/>\
             <text x=\"{}\" y=\"{}\" textLength=\"{}\">{}</text></g>",
            middle - BADGE / 2,
            start + BADGE_PADDING,
            middle + BASELINE,
            letters(word, BADGE_LETTER),
            escaped(word),
        );
    }
}

fn circle(text: &mut String, state: Option<NodeState>, lane: usize, middle: usize) {
    let (x, color) = (x(lane), lane % COLORS);
    let _ = match state {
        Some(NodeState::Pending) => {
            writeln!(text, "<circle class=\"empty c{color}\" cx=\"{x}\" cy=\"{middle}\" r=\"5\"/>")
        }
        _ => writeln!(text, "<circle class=\"f{color}\" cx=\"{x}\" cy=\"{middle}\" r=\"5\"/>"),
    };
    if state == Some(NodeState::Current) {
        let _ = writeln!(text, "<circle class=\"c{color}\" cx=\"{x}\" cy=\"{middle}\" r=\"{}\"/>", ROW / 3);
    }
}

/// The width of a word in a monospaced font, in pixels.
fn letters(word: &str, tenths: usize) -> usize {
    (text::width(word) * tenths).div_ceil(10)
}

fn class(mark: &str) -> &'static str {
    match mark {
        "head" => "head",
        "current" => "current",
        _ => "mark",
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
