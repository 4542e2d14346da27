//! `completions`.

use clap::{Args, Command};
use clap_complete::Shell;

use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::terminal::Terminal;

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    shell: Shell,
    /// The name of the program, if it is not the usual one
    #[arg(long)]
    program: Option<String>,
}

impl CompletionsArgs {
    /// Prints the script that completes the commands of `command`, whose program is called `name`.
    pub fn run(self, terminal: Terminal, mut command: Command, name: &str) -> Result<Exit, Diagnostic> {
        // The script is buffered, because clap panics when the reader closes the pipe.
        let mut script = Vec::new();
        let name = self.program.unwrap_or_else(|| name.to_owned());
        clap_complete::generate(self.shell, &mut command, name, &mut script);
        terminal.answer_raw(String::from_utf8_lossy(&script).trim_end());
        Ok(Exit::Success)
    }
}
