//! An SVG document: a row for each revision, lanes on the left as in a log, the text on the right.
//!
//! The widths of texts are not known here. Where something follows a text, the document sets the width of the text
//! (`textLength`) and uses a monospaced font; only the end of a message is estimated.

mod line;
mod row;
mod style;

use std::fmt::Write;

use super::lanes::Lanes;
use super::{EdgeKind, GraphLayout};
use row::SvgRow;

/// The height of a row, in pixels.
const ROW: usize = 28;

/// The width of a lane, in pixels.
const LANE: usize = 18;

/// The empty margin around the picture, in pixels.
const MARGIN: usize = 16;

/// The number of colours, which the lanes use in turn.
const COLORS: usize = 7;

/// Writes the document.
pub(super) fn write(picture: &GraphLayout<'_>) -> String {
    let lanes = Lanes::new(picture);
    let text_start = 2 * MARGIN + LANE * lanes.count.saturating_sub(1) + LANE / 2;
    let rows: Vec<SvgRow> = picture.nodes.iter().map(|node| SvgRow::new(node, text_start)).collect();
    let legend = legend(picture, text_start);
    let mut width = legend.as_ref().map_or(0, |(_, end)| *end);
    width = rows.iter().map(|row| row.end).fold(width, usize::max) + MARGIN;
    let height = 2 * MARGIN + ROW * (rows.len() + usize::from(legend.is_some()));
    let mut text = start(picture, width, height);
    lines(&mut text, picture, &lanes);
    for (number, row) in rows.iter().enumerate() {
        row.write(&mut text, lanes.nodes[number], number);
    }
    text.extend(legend.map(|(legend, _)| legend));
    text.push_str("</svg>\n");
    text
}

/// The middle of a lane, in pixels.
fn x(lane: usize) -> usize {
    MARGIN + LANE / 2 + LANE * lane
}

/// The middle of a row, in pixels.
fn y(row: usize) -> usize {
    MARGIN + ROW / 2 + ROW * row
}

fn start(picture: &GraphLayout<'_>, width: usize, height: usize) -> String {
    let heads = picture.nodes.iter().filter(|node| node.is_head).count();
    let bases = picture.nodes.iter().filter(|node| node.is_base()).count();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"seachange-title seachange-desc\">\n\
         <title id=\"seachange-title\">Revision graph</title>\n\
         <desc id=\"seachange-desc\">{}, {}, {}; the newest is on top</desc>\n\
         <style>\n{}</style>\n\
         <rect class=\"page\" width=\"{width}\" height=\"{height}\" rx=\"8\"/>\n",
        counted(picture.nodes.len(), "revision"),
        counted(heads, "head"),
        counted(bases, "base"),
        style::sheet(),
    )
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// Lines come first, so that revisions are drawn on top of them.
fn lines(text: &mut String, picture: &GraphLayout<'_>, lanes: &Lanes) {
    for (edge, &lane) in picture.edges.iter().zip(&lanes.edges) {
        let path = line::path(edge, lane, lanes);
        let _ = match edge.kind {
            EdgeKind::Parent => writeln!(text, "<path class=\"c{}\" d=\"{path}\"/>", lane % COLORS),
            EdgeKind::Dependency => writeln!(text, "<path class=\"needs\" d=\"{path}\"/>"),
        };
    }
}

/// Explains dashes and circles, if the picture has any, and returns where the explanation ends.
fn legend(picture: &GraphLayout<'_>, start: usize) -> Option<(String, usize)> {
    let has_states = picture.nodes.iter().any(|node| node.state.is_some());
    let parts = [
        (picture.has_dependencies(), "dashed line: a dependency"),
        (has_states, "full circle: applied, empty: pending, ringed: current"),
    ];
    let parts: Vec<&str> = parts.into_iter().filter(|(is_there, _)| *is_there).map(|(_, part)| part).collect();
    if parts.is_empty() {
        return None;
    }
    let words = parts.join("; ");
    let baseline = y(picture.nodes.len()) + row::BASELINE;
    let text = format!("<text class=\"legend\" x=\"{start}\" y=\"{baseline}\">{words}</text>\n");
    Some((text, start + row::message_width(&words)))
}
