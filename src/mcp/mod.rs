//! Answers for agents: a server of the Model Context Protocol over a pair of streams, which only reads.
//!
//! What publishers wrote is told to a program that does what texts say, and any of them may have been written for it. So an answer
//! parts what this program says of itself from what stands in documents of the web: the latter is found below keys named `untrusted` alone,
//! and neither in descriptions of tools nor in what is said of errors. Answers are bounded in size and time, and say how to get the rest.
//!
//! * `server`: who is asked what. `tools`: a file for each kind of question.
//! * `definition`: what a tool is. `arguments`: what it is given, and what is wrong with it.
//! * `answer`: what it says, in how many bytes. `trust`: which of that is of this program.
//! * `asking`: the connections by which it reads, on threads that may wait, and for how long.

mod trust;

mod answer;

mod arguments;

mod definition;

mod asking;

mod tools;

mod server;

use std::sync::Arc;

use rmcp::ServiceExt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

use crate::config::Config;

use server::Server;

/// Answers what comes in about the database of the settings, until nothing more comes or `stop` becomes true. What was asked before the end
/// is answered.
///
/// # Errors
///
/// When what comes in is not the protocol, or nobody takes the answers.
pub async fn serve(
    config: Arc<Config>,
    input: impl AsyncRead + Unpin + Send + 'static,
    output: impl AsyncWrite + Unpin + Send + 'static,
    mut stop: watch::Receiver<bool>,
) -> Result<(), ServeError> {
    let serving = async {
        match Server::new(config).serve((input, output)).await {
            Ok(running) => running.waiting().await.map(|_| ()).map_err(|_| ServeError::Lost),
            // Whoever says nothing and goes has asked for nothing.
            Err(rmcp::service::ServerInitializeError::ConnectionClosed(_)) => Ok(()),
            Err(_) => Err(ServeError::Protocol),
        }
    };
    tokio::select! {
        ended = serving => ended,
        _ = stop.wait_for(|is_stopped| *is_stopped) => Ok(()),
    }
}

/// Why there are no more answers.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// What comes in is something else.
    #[error(
        "what comes in on standard input is not the Model Context Protocol; `newswire mcp` is started by a client of it"
    )]
    Protocol,
    /// The server has ended early.
    #[error("the server has ended early; the log says more")]
    Lost,
}
