//! Renders rows as text.

use renderdag::pipeline::types::{PrefixLine, PrefixLineKind, PrefixLinePart};
use renderdag::pipeline::{GraphRowShaper, PrefixLineRenderer, PrefixLinesToText};
use seachange_graph::draw::NodeState;

use super::LogCanvas;
use super::rows::LogRow;
use crate::wrap::{NARROWEST, columns, wrap};

/// The minimum number of lines for a revision.
const ROW_HEIGHT: usize = 1;

/// The columns for the character of a revision, and for the space before its text.
const GAP: usize = 3;

/// The text drawn so far, and the open lanes at its end.
pub(super) struct LogRenderer {
    canvas: LogCanvas,
    shapes: GraphRowShaper<usize>,
    lines: Box<dyn PrefixLineRenderer<usize>>,
    words: PrefixLinesToText,
    pub(super) text: String,
}

impl LogRenderer {
    pub(super) fn new(canvas: LogCanvas) -> Self {
        let mut shapes = GraphRowShaper::new();
        shapes.options_mut().min_row_height = ROW_HEIGHT;
        Self { canvas, shapes, lines: canvas.glyphs.lines(), words: PrefixLinesToText::new(), text: String::new() }
    }

    pub(super) fn paint(&mut self, row: LogRow, state: Option<NodeState>, words: &[String]) {
        let begins_dependency = row.has_dependencies();
        let shape = self.shapes.next_row_shape(row.number, row.below);
        let mut lines = self.lines.next_prefix_lines(&shape);
        let above = lines.iter().find(|line| line.kind == PrefixLineKind::PreNode).map(text).unwrap_or_default();
        // A line that consists only of lanes is drawn where one of them is dashed; it is needed only where the dashes
        // begin.
        lines.retain(|line| begins_dependency || line.kind != PrefixLineKind::Ancestry);
        let glyph = self.canvas.glyphs.node(state);
        let words = self.fitted(&lines, words);
        let drawn = self.words.next_text(lines, shape.separator_line, &glyph, &words, ROW_HEIGHT);
        match drawn.strip_prefix('\n') {
            // The separator line between two trees is empty, and would cut the lanes beside it.
            Some(rest) => self.text.extend([above.trim_end(), "\n", rest]),
            None => self.text.push_str(&drawn),
        }
    }
}

impl LogRenderer {
    /// The text in lines that fit beside those of the graph.
    fn fitted(&self, lines: &[PrefixLine], words: &[String]) -> String {
        let Some(width) = self.canvas.width else { return words.join("\n") };
        let taken = lines.iter().map(|line| columns(&text(line))).max().unwrap_or_default() + GAP;
        let left = width.saturating_sub(taken).max(NARROWEST);
        words.iter().flat_map(|line| wrap(line, left)).collect::<Vec<_>>().join("\n")
    }
}

fn text(line: &PrefixLine) -> String {
    let text = |part: &PrefixLinePart| match part {
        PrefixLinePart::Text(text) => text.clone(),
        PrefixLinePart::NodeGlyph => String::new(),
    };
    line.parts.iter().map(text).collect()
}
