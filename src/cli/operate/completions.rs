//! `newswire completions`: what a shell needs to complete our command line.

use clap::{Args, Command};
use clap_complete::Shell;

use crate::cli::context::Context;
use crate::cli::failure::Failure;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire completions bash > ~/.local/share/bash-completion/completions/newswire
  newswire completions zsh > ~/.zfunc/_newswire
  newswire completions fish > ~/.config/fish/completions/newswire.fish

bash needs the package bash-completion. zsh needs `fpath=(~/.zfunc $fpath)` in ~/.zshrc, before compinit. For all users the script goes to \
/etc/bash_completion.d/newswire, /usr/local/share/zsh/site-functions/_newswire or /etc/fish/completions/newswire.fish.

In these three shells slugs, tags, names of fields, and the numbers of articles and stories with their headlines are completed too, from \
the database that the command line means.")]
pub(crate) struct CompletionsCommand {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// The scripts that ask the program itself, each time: it knows what is stored, and says what its commands and options are for.
const ASKING: [(Shell, &str); 3] = [
    (Shell::Bash, include_str!("completions/newswire.bash")),
    (Shell::Zsh, include_str!("completions/newswire.zsh")),
    (Shell::Fish, include_str!("completions/newswire.fish")),
];

/// Prints the script for the command line that it is handed.
pub(crate) fn run(context: &mut Context, command: &CompletionsCommand, mut program: Command) -> Result<(), Failure> {
    if let Some((_, script)) = ASKING.iter().find(|(shell, _)| *shell == command.shell) {
        context.output.raw(script)?;
        return Ok(());
    }
    // Into memory, where nothing can fail: the generator panics when it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(command.shell, &mut program, "newswire", &mut script);
    context.output.raw(&String::from_utf8_lossy(&script))?;
    Ok(())
}
