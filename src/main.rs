//! The `newswire` program: parses the command line, runs the command, owns the exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    newswire::cli::main()
}
