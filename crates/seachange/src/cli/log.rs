//! Revisions drawn as a version-control log draws commits: a row each, the newest first, with lines between them.

mod glyphs;
mod painter;
mod rows;

use seachange_graph::draw::{GraphLayout, Node};

use super::terminal::{DIM, styled};
pub(crate) use glyphs::Glyphs;
use painter::LogRenderer;

/// What a log is drawn on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LogCanvas {
    pub(crate) glyphs: Glyphs,
    /// The columns of the terminal: longer lines are broken between words, beside the lines of the graph.
    pub(crate) width: Option<usize>,
}

/// Draws those revisions of a picture that are asked for; a line to any other ends in `~`.
///
/// `details` gives the lines that stand below the first line of a revision.
pub(crate) fn draw(
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
