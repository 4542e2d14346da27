//! Properties that are kept, and not compared.

/// Clauses in the words of the database that follow a definition, such as `WITH (fillfactor = 70)` or `INVISIBLE`; empty
/// without any. They are kept where the definition is written again, and not compared: any two are equal.
#[derive(Debug, Clone, Default)]
pub struct KeptOptions(pub String);

impl KeptOptions {
    /// Whether the text is empty.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The clauses with a space before them; empty without any.
    pub(crate) fn clause(&self) -> String {
        if self.is_empty() { String::new() } else { format!(" {}", self.0) }
    }
}

impl PartialEq for KeptOptions {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for KeptOptions {}
