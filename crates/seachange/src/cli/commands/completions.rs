//! `completions`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::cli::arguments::Arguments;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::problem::Diagnostic;

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
    /// The name of the program, if it is not `migration`
    #[arg(long, default_value = "migration")]
    program: String,
}

impl CompletionsArgs {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Diagnostic> {
        // The script is buffered, because clap panics when the reader closes the pipe.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), self.program, &mut script);
        context.terminal.answer_raw(String::from_utf8_lossy(&script).trim_end());
        Ok(Exit::Success)
    }
}
