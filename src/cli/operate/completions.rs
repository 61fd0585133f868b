//! `newswire completions`: what a shell needs to complete our command line.

use clap::{Args, Command};
use clap_complete::Shell;

use crate::cli::context::Context;
use crate::cli::failure::Failure;

#[derive(Debug, Args)]
#[command(after_help = "\
Where the script goes:
  bash  newswire completions bash > ~/.local/share/bash-completion/completions/newswire
        (needs the package bash-completion; for all users: /etc/bash_completion.d/newswire)
  zsh   newswire completions zsh > ~/.zfunc/_newswire
        (with `fpath=(~/.zfunc $fpath)` in ~/.zshrc, before compinit; for all users: /usr/local/share/zsh/site-functions)
  fish  newswire completions fish > ~/.config/fish/completions/newswire.fish")]
pub(crate) struct CompletionsCommand {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// Prints the script for the command line that it is handed.
pub(crate) fn run(context: &mut Context, command: &CompletionsCommand, mut program: Command) -> Result<(), Failure> {
    // Into memory, where nothing can fail: the generator panics when it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(command.shell, &mut program, "newswire", &mut script);
    context.output.raw(&String::from_utf8_lossy(&script))?;
    Ok(())
}
