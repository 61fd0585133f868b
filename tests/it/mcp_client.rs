//! A client of the Model Context Protocol: a few lines of JSON over the pipes of a child.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Newsroom, Outcome, end_of};

/// An answer that takes longer does not come: twice the time that a question has.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(40);

/// A version of the protocol that begins with `initialize`.
pub(crate) const VERSION: &str = "2025-11-25";

/// A client and its server.
pub(crate) struct Client {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    n_asked: u64,
}

impl Client {
    /// Starts a server about a newsroom's database, and greets it.
    pub(crate) fn of(room: &Newsroom) -> Client {
        let mut client = Client::silent(room, &["mcp"]);
        let told = client.ask(
            "initialize",
            json!({ "protocolVersion": VERSION, "capabilities": {}, "clientInfo": { "name": "test", "version": "1" } }),
        );
        assert_eq!(told["result"]["protocolVersion"], VERSION, "{told}");
        client.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        client
    }

    /// Starts a server, and says nothing yet.
    pub(crate) fn silent(room: &Newsroom, arguments: &[&str]) -> Client {
        let mut child = room
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        let (send, lines) = channel();
        std::thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        Client { input: child.stdin.take(), child, lines, n_asked: 0 }
    }

    pub(crate) fn send(&mut self, message: &Value) {
        let input = self.input.as_mut().expect("a pipe");
        writeln!(input, "{message}").and_then(|()| input.flush()).expect("the server reads");
    }

    /// The next message.
    pub(crate) fn next(&self) -> Value {
        let line = self.lines.recv_timeout(ANSWER_TIME_MAX).expect("an answer in time");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line}: {error}"))
    }

    /// Asks, and waits for the answer to it.
    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Value {
        self.n_asked += 1;
        let id = self.n_asked;
        let mut message = json!({ "jsonrpc": "2.0", "id": id, "method": method });
        message["params"] = params;
        self.send(&message);
        let answer = self.next();
        assert_eq!(answer["id"], id, "{answer}");
        answer
    }

    /// What a tool says, an error or not.
    fn result(&mut self, tool: &str, arguments: Value) -> Value {
        let mut call = json!({ "name": tool });
        call["arguments"] = arguments;
        let mut answer = self.ask("tools/call", call);
        let result = answer["result"].take();
        assert!(result.is_object(), "{tool}: {answer}");
        let text = result["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{result}"));
        let said: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(said, result["structuredContent"], "text and structure say the same");
        result
    }

    /// What a tool answers.
    pub(crate) fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let mut result = self.result(tool, arguments);
        assert_eq!(result["isError"], false, "{tool}: {result}");
        result["structuredContent"].take()
    }

    /// Why a tool does not answer.
    pub(crate) fn refusal(&mut self, tool: &str, arguments: Value) -> Value {
        let mut result = self.result(tool, arguments);
        assert_eq!(result["isError"], true, "{tool}: {result}");
        result["structuredContent"].take()
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Closes its input and waits for its end.
    pub(crate) fn end(mut self) -> Outcome {
        drop(self.input.take());
        self.wait()
    }

    /// Waits for its end, its input open.
    pub(crate) fn wait(self) -> Outcome {
        let Client { child, input, lines, .. } = self;
        let outcome = end_of(child, "newswire mcp");
        drop(input);
        Outcome { stdout: lines.iter().collect::<Vec<_>>().join("\n"), ..outcome }
    }
}
