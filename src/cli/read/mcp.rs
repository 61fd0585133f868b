//! `newswire mcp`: a server for agents, which reads only.

use clap::Args;

use crate::mcp;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::terminal::signals;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  newswire mcp                        a server on standard input and output, for a client to start
  newswire --db news.db mcp           about another database, or a snapshot
  claude mcp add newswire -- newswire mcp
  codex mcp add newswire -- newswire mcp

It speaks the Model Context Protocol, has tools to search and read articles, stories, sources and tables, and changes
nothing. What stands in articles is told apart from what newswire says of them. It ends with its input, and with
Ctrl-C.")]
pub(crate) struct McpCommand {}

pub(crate) fn run(context: &mut Context, _: &McpCommand) -> Result<(), Failure> {
    let config = context.configure_for_reading()?;
    // What cannot be read is told now, and not to an agent.
    drop(Context::reader(&config.store.path)?);
    // Input that nobody writes any more is read by a thread that does not end.
    Context::block_on(async {
        let signals = signals::listen(2, None)?;
        let served = mcp::serve(config, tokio::io::stdin(), tokio::io::stdout(), signals.stop).await;
        served.map_err(|error| Failure::Failed(error.to_string()))
    })?
}
