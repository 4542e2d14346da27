//! Rows as text, one after the other.

use renderdag::pipeline::types::{PrefixLine, PrefixLineKind, PrefixLinePart};
use renderdag::pipeline::{GraphRowShaper, PrefixLineRenderer, PrefixLinesToText};
use seachange_graph::draw::State;

use super::glyphs::Glyphs;
use super::rows::Row;

/// The lines that a revision takes at least.
const ROW_HEIGHT: usize = 1;

/// What has been drawn, and what is open at its lower edge.
pub(super) struct Painter {
    glyphs: Glyphs,
    shapes: GraphRowShaper<usize>,
    lines: Box<dyn PrefixLineRenderer<usize>>,
    words: PrefixLinesToText,
    pub(super) text: String,
}

impl Painter {
    pub(super) fn new(glyphs: Glyphs) -> Self {
        let mut shapes = GraphRowShaper::new();
        shapes.options_mut().min_row_height = ROW_HEIGHT;
        Self { glyphs, shapes, lines: glyphs.lines(), words: PrefixLinesToText::new(), text: String::new() }
    }

    pub(super) fn paint(&mut self, row: Row, state: Option<State>, words: &str) {
        let begins_dependency = row.has_dependencies();
        let shape = self.shapes.next_row_shape(row.number, row.below);
        let mut lines = self.lines.next_prefix_lines(&shape);
        let above = lines.iter().find(|line| line.kind == PrefixLineKind::PreNode).map(text).unwrap_or_default();
        // A line of nothing but lanes, wherever one of them is dashed: needed only where the dashes begin.
        lines.retain(|line| begins_dependency || line.kind != PrefixLineKind::Ancestry);
        let glyph = self.glyphs.node(state);
        let drawn = self.words.next_text(lines, shape.separator_line, &glyph, words, ROW_HEIGHT);
        match drawn.strip_prefix('\n') {
            // The line that parts two trees is empty, and would cut the lanes beside them.
            Some(rest) => self.text.extend([above.trim_end(), "\n", rest]),
            None => self.text.push_str(&drawn),
        }
    }
}

fn text(line: &PrefixLine) -> String {
    let text = |part: &PrefixLinePart| match part {
        PrefixLinePart::Text(text) => text.clone(),
        PrefixLinePart::NodeGlyph => String::new(),
    };
    line.parts.iter().map(text).collect()
}
