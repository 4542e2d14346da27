//! Revisions drawn as a version-control log draws commits: a row each, the newest first, with lines between them.

mod glyphs;
mod painter;
mod rows;

use seachange_graph::draw::{Node, Picture};

use super::terminal::{DIM, styled};
pub(crate) use glyphs::Glyphs;
use painter::Painter;

/// Draws those revisions of a picture that are asked for; a line to any other ends in `~`.
///
/// `details` gives the lines that stand below the first line of a revision.
pub(crate) fn draw(
    picture: &Picture<'_>,
    glyphs: Glyphs,
    is_drawn: impl Fn(&str) -> bool,
    details: impl Fn(&Node<'_>) -> Vec<String>,
) -> String {
    let mut painter = Painter::new(glyphs);
    let mut has_dependencies = false;
    for row in rows::rows(picture, is_drawn) {
        has_dependencies |= row.has_dependencies();
        let node = &picture.nodes()[row.number];
        let words = [vec![rows::line(picture, row.number)], details(node)].concat().join("\n");
        painter.paint(row, node.state, &words);
    }
    let mut text = painter.text;
    if has_dependencies {
        text.push_str(&format!("\n{}\n", styled(DIM, glyphs.legend())));
    }
    text
}

#[cfg(test)]
mod tests;
