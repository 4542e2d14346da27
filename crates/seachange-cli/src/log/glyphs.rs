//! The characters that a log is drawn with.

use anstyle::{AnsiColor, Style};
use renderdag::pipeline::types::{GraphRowShape, PrefixLine, PrefixLinePart};
use renderdag::pipeline::{Ascii, BoxDrawing, PrefixLineRenderer};
use seachange_graph::draw::NodeState;

use crate::terminal::{VERB, styled};

const PENDING: Style = AnsiColor::Yellow.on_default();
const APPLIED: Style = AnsiColor::Green.on_default();

/// The set of characters that a terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glyphs {
    /// `●`, `○`, `◉`, `┆`.
    Unicode,
    /// `x`, `o`, `@`, `.`.
    Ascii,
}

impl Glyphs {
    /// Chooses by the locale in the environment; its variables take precedence over each other in the standard order.
    ///
    /// If none is set, the locale is `C`, which is ASCII. Windows has no such variables; its terminals support
    /// Unicode.
    pub fn of_locale(variable: impl Fn(&str) -> Option<String>) -> Self {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(variable).find(|value| !value.is_empty());
        let locale = locale.unwrap_or_default().to_ascii_lowercase();
        let is_utf8 = locale.contains("utf-8") || locale.contains("utf8");
        if is_utf8 || (cfg!(windows) && locale.is_empty()) { Self::Unicode } else { Self::Ascii }
    }

    /// The character for a revision.
    pub(super) fn node(self, state: Option<NodeState>) -> String {
        let (unicode, ascii, style) = match state {
            None => ("•", "*", Style::new()),
            Some(NodeState::Pending) => ("○", "o", PENDING),
            Some(NodeState::Applied) => ("●", "x", APPLIED),
            Some(NodeState::Current) => ("◉", "@", VERB),
        };
        styled(style, if self == Self::Unicode { unicode } else { ascii })
    }

    /// The explanation of dashed lines.
    pub(super) fn legend(self) -> &'static str {
        match self {
            Self::Unicode => "┆ leads to a dependency",
            Self::Ascii => ". leads to a dependency",
        }
    }

    /// The renderer for the lines.
    pub(super) fn lines(self) -> Box<dyn PrefixLineRenderer<usize>> {
        match self {
            Self::Unicode => Box::new(Dashed::default()),
            Self::Ascii => Box::new(Ascii),
        }
    }
}

/// Draws dashes where sapling draws half a line.
#[derive(Default)]
struct Dashed(BoxDrawing);

impl PrefixLineRenderer<usize> for Dashed {
    fn next_prefix_lines(&mut self, row_shape: &GraphRowShape<usize>) -> Vec<PrefixLine> {
        let mut lines = self.0.next_prefix_lines(row_shape);
        for part in lines.iter_mut().flat_map(|line| &mut line.parts) {
            if let PrefixLinePart::Text(text) = part {
                *text = text.replace('╷', "┆");
            }
        }
        lines
    }
}
