//! One message to one receiver.

use std::time::Duration;

use serde_json::Value;

use crate::config::{Config, Receiver, ReceiverKind, ReceiverSecret};
use crate::fetch::{PostAnswer, Poster};

use super::undelivered::Undelivered;
use super::{command, email, ntfy, webhook};

/// Time beyond that of the receiver after which a message is given up, whatever keeps it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Answers of a client's fault that speak of now: it waited too long, came too early, or asks too much.
const PASSING: [u16; 3] = [408, 425, 429];

/// How a receiver is told.
#[derive(Clone)]
pub struct Delivery {
    receiver: Receiver,
    secret: ReceiverSecret,
    poster: Poster,
}

impl Delivery {
    /// Makes ready to tell a receiver.
    ///
    /// # Errors
    ///
    /// A sentence, when what is secret is not at hand, or TLS cannot be set up.
    pub fn new(config: &Config, receiver: &Receiver) -> Result<Delivery, String> {
        let secret = receiver.secret(&config.fetch.keyring)?;
        let poster = Poster::new(&config.fetch.user_agent, &receiver.private_networks, receiver.timeout)?;
        Ok(Delivery { receiver: receiver.clone(), secret, poster })
    }

    /// Tells it.
    ///
    /// # Errors
    ///
    /// Why it was not told, or perhaps was not.
    pub async fn deliver(&self, key: &str, payload: &Value) -> Result<(), Undelivered> {
        let time_max = self.receiver.timeout + PATIENCE;
        let told = async {
            match &self.receiver.kind {
                ReceiverKind::Command { command } => command::run(command, payload, self.receiver.timeout).await,
                ReceiverKind::Webhook { url } => {
                    let ReceiverSecret::Key(secret) = &self.secret else {
                        return Err(Undelivered::passing("there is no key to sign with".to_owned()));
                    };
                    judged(webhook::post(&self.poster, url, secret, key, payload).await)
                }
                ReceiverKind::Ntfy { url, topic } => {
                    judged(ntfy::publish(&self.poster, url, topic, &self.secret, payload).await)
                }
                ReceiverKind::Email(mailing) => {
                    email::send(&self.poster, mailing, &self.secret, (key, payload), self.receiver.timeout).await
                }
            }
        };
        let late = || Err(Undelivered::passing(format!("no answer within {} s", time_max.as_secs())));
        tokio::time::timeout(time_max, told).await.unwrap_or_else(|_| late())
    }
}

/// What an answer over HTTP comes to.
fn judged(answer: Result<PostAnswer, String>) -> Result<(), Undelivered> {
    let PostAnswer { status, retry_after, text } = answer.map_err(Undelivered::passing)?;
    if (200..300).contains(&status) {
        return Ok(());
    }
    let said = text.trim();
    let reason = if said.is_empty() { format!("HTTP {status}") } else { format!("HTTP {status}: {said}") };
    let is_gone = status == 410;
    let is_refusal = (400..500).contains(&status) && !is_gone && !PASSING.contains(&status);
    Err(Undelivered { retry_after, is_gone, is_refusal, ..Undelivered::told(&reason) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_will_not_take_whenever_it_is_sent_is_refused() {
        for (status, is_refusal) in [
            (400, true),
            (403, true),
            (422, true),
            (408, false),
            (425, false),
            (429, false),
            (410, false),
            (307, false),
            (500, false),
        ] {
            let answer = PostAnswer { status, retry_after: None, text: String::new() };
            assert_eq!(judged(Ok(answer)).map_err(|error| error.is_refusal), Err(is_refusal), "{status}");
        }
    }
}
