//! Revisions drawn as the log of a version control system draws commits: one row each, the newest first, with lines
//! between them.

mod glyphs;
mod painter;
mod rows;

use seachange_graph::draw::{GraphLayout, Node};

use super::terminal::{DIM, styled};
pub use glyphs::Glyphs;
use painter::LogRenderer;

/// The properties of the output that a log is drawn for.
#[derive(Debug, Clone, Copy)]
pub struct LogCanvas {
    /// The characters of nodes and lines.
    pub glyphs: Glyphs,
    /// The width of the terminal in columns: longer lines are broken between words, beside the lines of the graph.
    pub width: Option<usize>,
}

/// Draws those revisions of a layout that `is_drawn` selects; a line to any other revision ends in `~`.
///
/// `details` returns the lines that follow the first line of a revision.
pub fn draw(
    picture: &GraphLayout<'_>,
    canvas: LogCanvas,
    is_drawn: impl Fn(&str) -> bool,
    details: impl Fn(&Node<'_>) -> Vec<String>,
) -> String {
    let mut painter = LogRenderer::new(canvas);
    let mut has_dependencies = false;
    for row in rows::rows(picture, is_drawn) {
        has_dependencies |= row.has_dependencies();
        let node = &picture.nodes()[row.number];
        let words = [vec![rows::line(picture, row.number)], details(node)].concat();
        painter.paint(row, node.state, &words);
    }
    let mut text = painter.text;
    if has_dependencies {
        text.push_str(&format!("\n{}\n", styled(DIM, canvas.glyphs.legend())));
    }
    text
}

#[cfg(test)]
mod tests;
