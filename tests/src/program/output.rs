//! The exit code and output of a program, and their text form.

use std::fmt::{self, Write};

/// The exit code and output of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The standard output.
    pub stdout: String,
    /// The standard error.
    pub stderr: String,
    /// The exit code. `None` if a signal ended the program.
    pub code: Option<i32>,
}

impl Output {
    /// Whether the exit code is 0.
    pub fn success(&self) -> bool {
        self.code == Some(0)
    }

    /// The output of a program that must have succeeded.
    ///
    /// # Errors
    ///
    /// The whole output, if it did not.
    pub fn succeeded(self) -> Result<Self, String> {
        if self.success() {
            return Ok(self);
        }
        Err(self.to_string())
    }
}

/// Shows exit code and streams, as snapshots contain them. Empty streams are omitted.
impl fmt::Display for Output {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => writeln!(formatter, "exit code {code}")?,
            None => writeln!(formatter, "ended by a signal")?,
        }
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                writeln!(formatter, "--- {name}")?;
                formatter.write_str(text)?;
                if !text.ends_with('\n') {
                    formatter.write_char('\n')?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_shows_what_there_is() {
        let output = Output { stdout: String::new(), stderr: "error: no such revision".to_owned(), code: Some(1) };
        assert_eq!(output.to_string(), "exit code 1\n--- stderr\nerror: no such revision\n");
        assert!(output.succeeded().is_err());
    }
}
