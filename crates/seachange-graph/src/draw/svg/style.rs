//! Colours, for light screens and for dark ones.
//!
//! Colours are written out for both, because programs other than browsers do not support CSS variables.

use std::fmt::Write;

use super::COLORS;

const SHAPES: &str = "text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; }
.id, .badge text { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.badge text, .legend { font-size: 11px; }
path, circle { fill: none; stroke-width: 2; }
.needs { stroke-dasharray: 4 4; }
";

struct ColorScheme {
    page: &'static str,
    text: &'static str,
    dim: &'static str,
    badge: &'static str,
    /// Background and text colour of the badges for a head, for the current revision, and for a label.
    badges: [(&'static str, &'static str, &'static str); 3],
    lanes: [&'static str; COLORS],
}

const LIGHT: ColorScheme = ColorScheme {
    page: "#ffffff",
    text: "#1f2328",
    dim: "#59636e",
    badge: "#eaeef2",
    badges: [("head", "#ddf4ff", "#0550ae"), ("current", "#dafbe1", "#116329"), ("label", "#fbefff", "#6639ba")],
    lanes: ["#0969da", "#1a7f37", "#8250df", "#bc4c00", "#bf3989", "#1b7c83", "#9a6700"],
};

const DARK: ColorScheme = ColorScheme {
    page: "#0d1117",
    text: "#e6edf3",
    dim: "#9198a1",
    badge: "#21262d",
    badges: [("head", "#0c2d6b", "#79c0ff"), ("current", "#033a16", "#7ee787"), ("label", "#3c1e70", "#d2a8ff")],
    lanes: ["#4493f8", "#3fb950", "#ab7df8", "#f0883e", "#f778ba", "#39c5cf", "#d29922"],
};

/// The complete style sheet.
pub(super) fn sheet() -> String {
    let mut sheet = SHAPES.to_owned();
    LIGHT.write(&mut sheet);
    sheet.push_str("@media (prefers-color-scheme: dark) {\n");
    DARK.write(&mut sheet);
    sheet.push_str("}\n");
    sheet
}

impl ColorScheme {
    fn write(&self, sheet: &mut String) {
        let Self { page, text, dim, badge, badges, lanes } = self;
        let _ = writeln!(sheet, ".page {{ fill: {page}; }} text {{ fill: {text}; }}");
        let _ = writeln!(sheet, ".legend, .badge text {{ fill: {dim}; }} .badge rect {{ fill: {badge}; }}");
        for (class, ground, text) in badges {
            let _ = writeln!(sheet, ".{class} rect {{ fill: {ground}; }} .{class} text {{ fill: {text}; }}");
        }
        for (number, color) in lanes.iter().enumerate() {
            let _ = writeln!(sheet, ".c{number} {{ stroke: {color}; }} .f{number} {{ fill: {color}; }}");
        }
        let _ = writeln!(sheet, ".needs {{ stroke: {dim}; }} .empty {{ fill: {page}; }}");
    }
}
