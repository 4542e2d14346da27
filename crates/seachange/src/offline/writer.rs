//! The text of a script.

/// Puts a script together: paragraphs of comments and statements, with an empty line between two.
#[derive(Debug, Default)]
pub(super) struct ScriptText {
    text: String,
    follows_comment: bool,
}

impl ScriptText {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Adds a line of comment, which stays on one line; it belongs to what comes next.
    pub(super) fn comment(&mut self, line: &str) {
        if !self.follows_comment {
            self.separate();
        }
        let line = line.replace(['\r', '\n'], " ");
        self.text.push_str(&format!("-- {line}\n"));
        self.follows_comment = true;
    }

    /// Lets a comment stand alone.
    pub(super) fn pause(&mut self) {
        self.follows_comment = false;
    }

    /// Adds a statement that has no end yet.
    pub(super) fn statement(&mut self, sql: &str) {
        self.text(&format!("{sql};"));
    }

    /// Adds a statement as it is.
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
