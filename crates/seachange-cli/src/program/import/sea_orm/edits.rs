//! Changes of a text, by ranges of bytes.

use std::ops::Range;

/// Changes that are made together. Their ranges do not overlap.
#[derive(Debug, Default)]
pub(super) struct Edits(Vec<(Range<usize>, String)>);

impl Edits {
    /// Replaces a range; an empty range is an insertion.
    pub(super) fn replace(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.0.push((range, text.into()));
    }

    /// Inserts a text.
    pub(super) fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.replace(at..at, text);
    }

    /// The text with the changes. A change inside of another one is left out.
    pub(super) fn apply(mut self, text: &str) -> String {
        self.0.sort_by_key(|(range, _)| (range.start, range.end));
        let (mut changed, mut end) = (String::with_capacity(text.len()), 0);
        for (range, new) in self.0 {
            if range.start >= end {
                changed.push_str(&text[end..range.start]);
                changed.push_str(&new);
                end = range.end;
            }
        }
        changed + &text[end..]
    }
}

/// Extends the range of an item over the comments directly above it, and the line break after it.
pub(super) fn with_its_lines(text: &str, item: Range<usize>) -> Range<usize> {
    let mut start = line_start(text, item.start);
    if !text[start..item.start].trim().is_empty() {
        start = item.start;
    } else {
        start = above_comments(text, start);
    }
    let rest = &text[item.end..];
    let line = rest.find('\n').map_or(rest.len(), |end| end + 1);
    let end = if rest[..line].trim().is_empty() { item.end + line } else { item.end };
    start..end
}

/// The start of the comments that stand directly above a line.
pub(super) fn above_comments(text: &str, line: usize) -> usize {
    let mut start = line;
    while start > 0 {
        let above = line_start(text, start - 1);
        let content = text[above..start].trim();
        if !content.starts_with("//") || content.starts_with("//!") {
            break;
        }
        start = above;
    }
    start
}

/// The start of the line that a byte is in.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |end| end + 1)
}

#[cfg(test)]
mod tests {
    use super::{Edits, with_its_lines};

    #[test]
    fn changes_are_made_in_their_order() {
        let mut edits = Edits::default();
        edits.insert(5, " wide");
        edits.replace(0..5, "Hello");
        edits.replace(6..11, "World");
        assert_eq!(edits.apply("hello world"), "Hello wide World");
    }

    #[test]
    fn an_item_has_the_comments_above_it_and_its_line_break() {
        let text = "//! crate\n\n// about b\nmod b;\nmod c; // c\n";
        let of = |name: &str| text.find(name).map(|at| with_its_lines(text, at..at + name.len()));
        assert_eq!(of("mod b;").map(|range| &text[range]), Some("// about b\nmod b;\n"));
        assert_eq!(of("mod c;").map(|range| &text[range]), Some("mod c;"));
    }
}
