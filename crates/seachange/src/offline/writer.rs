//! The text of a script.

/// Assembles a script: paragraphs of comments and statements, separated by an empty line.
#[derive(Debug, Default)]
pub(super) struct ScriptText {
    text: String,
    follows_comment: bool,
}

impl ScriptText {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Adds a comment line, always on one line; it belongs to the next paragraph.
    pub(super) fn comment(&mut self, line: &str) {
        if !self.follows_comment {
            self.separate();
        }
        let line = line.replace(['\r', '\n'], " ");
        self.text.push_str(&format!("-- {line}\n"));
        self.follows_comment = true;
    }

    /// Ends a paragraph that consists only of comments.
    pub(super) fn pause(&mut self) {
        self.follows_comment = false;
    }

    /// Adds a statement without a final semicolon.
    pub(super) fn statement(&mut self, sql: &str) {
        self.text(&format!("{sql};"));
    }

    /// Adds a statement unchanged.
    pub(super) fn text(&mut self, sql: &str) {
        if !self.follows_comment {
            self.separate();
        }
        self.text.push_str(sql);
        self.text.push('\n');
        self.follows_comment = false;
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    fn separate(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }
}
