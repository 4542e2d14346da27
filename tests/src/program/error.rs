//! Errors of programs that did not run.

use std::io;

/// A program that could not be built or run.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// The workspace does not build.
    #[error("`cargo build` failed: {output}")]
    Build {
        /// The output of cargo.
        output: String,
    },
    /// No such binary was built.
    #[error("`cargo build` made no program `{name}`")]
    Unknown {
        /// The binary's name.
        name: String,
    },
    /// The program could not be run.
    #[error("cannot run `{name}`: {source}")]
    Run {
        /// The program.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// The program did not end in time, and was killed.
    #[error("`{name}` did not end within {seconds} s; it wrote:\n{output}")]
    Endless {
        /// The program.
        name: String,
        /// The limit.
        seconds: u64,
        /// The output until then.
        output: String,
    },
    /// The service ended, or never listened.
    #[error("`{name}` does not serve; it wrote:\n{output}")]
    Silent {
        /// The program.
        name: String,
        /// The output until then.
        output: String,
    },
}
