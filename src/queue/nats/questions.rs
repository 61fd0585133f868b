//! Questions and their answers: requests of NATS.
//!
//! A message is packed where it is long, and has to fit into one message of NATS (1 MB, where the server has no other limit).

use std::time::Duration;

use async_nats::{Client, HeaderMap, Message, Request, Subject, Subscriber};
use futures_util::StreamExt;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tracing::{debug, warn};

use super::super::question::{BusError, Question};
use super::super::seldom::Seldom;
use super::super::wire;
use super::connection::{Connection, unanswered};

/// Longest message, unpacked.
pub(super) const MESSAGE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Questions that wait for who answers them. More wait at the client, and then get lost.
const QUESTIONS_MAX: usize = 64;

/// The header in which it is said how long, in ms, whoever asks waits.
const PATIENCE: &str = "Newswire-Patience-Ms";

/// How long an answer is of use, where nobody says it.
const PATIENCE_MAX: Duration = Duration::from_mins(1);

/// How long it is waited for who answers nothing at all, which takes a round trip.
pub(super) const PROBE_PATIENCE: Duration = Duration::from_secs(2);

/// How long it is waited for the last questions after a subscription was given up.
const DRAIN_PATIENCE: Duration = Duration::from_secs(2);

/// What is answered to nothing: whoever asks knows that somebody is there.
const HERE: &str = "here";

/// What is answered for whoever will not answer.
const NOBODY: &str = "";

/// Asks, and waits for the answer so long.
pub(super) async fn ask(
    connection: &Connection,
    subject: String,
    question: Vec<u8>,
    patience: Duration,
) -> Result<Vec<u8>, BusError> {
    connection.check()?;
    let mut headers = HeaderMap::new();
    headers.insert(PATIENCE, patience.as_millis().to_string());
    let request = Request::new().payload(packed(question).into()).headers(headers).timeout(Some(patience));
    // The client's own patience begins when it has taken the question.
    let answer = tokio::time::timeout(patience, connection.client.send_request(subject, request)).await;
    let answer = answer.map_err(|_| BusError::Away(format!("no answer within {} s", patience.as_secs_f32())))?;
    let answer = answer.map_err(|error| unanswered(&error, patience))?;
    if answer.payload.is_empty() {
        return Err(BusError::Nobody);
    }
    unpacked(&answer.payload).map_err(BusError::Wrong)
}

/// Waits until the server knows that questions at a subject are heard here, where there is a connection. To be called while they are.
pub(super) async fn be_known(connection: &Connection, subject: String) {
    if connection.check().is_ok() {
        // It is asked over the same connection as the subscription, and after it. Who may not ask goes on without knowing.
        let _ = probe(connection, subject).await;
    }
}

/// Asks nothing.
pub(super) async fn probe(connection: &Connection, subject: String) -> Result<(), BusError> {
    let request = Request::new().timeout(Some(PROBE_PATIENCE));
    let answer = connection.client.send_request(subject, request).await;
    answer.map(|_| ()).map_err(|error| unanswered(&error, PROBE_PATIENCE))
}

/// Whether that is what somebody answered to nothing.
pub(super) fn is_here(answer: &Message) -> bool {
    answer.payload == HERE
}

/// What is asked at a subject, and what is to be polled for as long as it is, or until `end`. `headers_for` makes the headers that go with the
/// answer to nothing.
pub(super) async fn hear<H: Fn(&Message) -> HeaderMap, E: Future<Output = ()>>(
    connection: &Connection,
    subject: String,
    headers_for: H,
    end: E,
) -> Result<(mpsc::Receiver<Question>, impl Future<Output = ()> + use<H, E>), BusError> {
    let subscriber = subscribe(connection, subject).await?;
    let (send, heard) = mpsc::channel(QUESTIONS_MAX);
    let ear = Ear { client: connection.client.clone(), inboxes: connection.names.inboxes(), headers_for };
    Ok((heard, ear.serve(subscriber, send, end)))
}

/// Texts that come at a subject, likewise.
pub(super) async fn listen(
    connection: &Connection,
    subject: String,
) -> Result<(mpsc::Receiver<String>, impl Future<Output = ()> + use<>), BusError> {
    let mut subscriber = subscribe(connection, subject).await?;
    let (send, heard) = mpsc::channel(QUESTIONS_MAX);
    let serve = async move {
        while let Some(message) = next(&mut subscriber, &send).await {
            let Ok(text) = String::from_utf8(message.payload.to_vec()) else { continue };
            if send.send(text).await.is_err() {
                return;
            }
        }
    };
    Ok((heard, serve))
}

pub(super) async fn subscribe(connection: &Connection, subject: String) -> Result<Subscriber, BusError> {
    connection.client.subscribe(subject).await.map_err(|error| BusError::Away(error.to_string()))
}

/// The next message, while somebody wants it. Who drops the subscriber ends it.
async fn next<T>(subscriber: &mut Subscriber, wanted: &mpsc::Sender<T>) -> Option<Message> {
    tokio::select! {
        message = subscriber.next() => message,
        () = wanted.closed() => None,
    }
}

/// Who hears questions and answers them.
struct Ear<H> {
    client: Client,
    /// Answers go there alone: with the rights of this process nobody is to have something sent to where it may not send itself.
    inboxes: String,
    /// Of the answer to nothing, by what came.
    headers_for: H,
}

impl<H: Fn(&Message) -> HeaderMap> Ear<H> {
    async fn serve(self, mut subscriber: Subscriber, questions: mpsc::Sender<Question>, end: impl Future<Output = ()>) {
        let (mut answers, thrown_away) = (JoinSet::new(), Seldom::default());
        let mut end = std::pin::pin!(end);
        loop {
            let message = tokio::select! {
                message = next(&mut subscriber, &questions) => message,
                () = &mut end => None,
            };
            let Some(message) = message else { break };
            while answers.try_join_next().is_some() {}
            let Some(reply) = self.answered_at(&message) else { continue };
            if message.payload.is_empty() {
                let _ = self.client.publish_with_headers(reply, (self.headers_for)(&message), HERE.into()).await;
                continue;
            }
            let question = match unpacked(&message.payload) {
                Ok(question) => question,
                Err(fault) => {
                    if let Some(others) = thrown_away.happened(1) {
                        warn!("nats: a question at {} is thrown away: {fault}{others}", message.subject);
                    }
                    continue;
                }
            };
            let (question, answer) = Question::new(question);
            answers.spawn(answer_when_known(self.client.clone(), reply, answer, patience_of(&message)));
            if questions.send(question).await.is_err() {
                break;
            }
        }
        // Nobody takes them any more, nor waits for others.
        drop(questions);
        // What the server has sent in the meantime is not waited for in vain. It ends by itself, but where the connection is lost just then.
        let _ = tokio::time::timeout(DRAIN_PATIENCE, async {
            let _ = subscriber.drain().await;
            while let Some(message) = subscriber.next().await {
                let Some(reply) = self.answered_at(&message) else { continue };
                let _ = self.client.publish(reply, NOBODY.into()).await;
            }
        })
        .await;
        drop(subscriber);
        // Whoever has taken a question may still answer it.
        while answers.join_next().await.is_some() {}
    }

    fn answered_at(&self, message: &Message) -> Option<Subject> {
        message.reply.clone().filter(|reply| reply.starts_with(&self.inboxes))
    }
}

async fn answer_when_known(client: Client, reply: Subject, answer: oneshot::Receiver<Vec<u8>>, patience: Duration) {
    match tokio::time::timeout(patience, answer).await {
        Ok(Ok(answer)) => send_answer(&client, reply, answer).await,
        Ok(Err(_)) => {
            let _ = client.publish(reply, NOBODY.into()).await;
        }
        // The question is forgotten.
        Err(_) => {}
    }
}

async fn send_answer(client: &Client, reply: Subject, answer: Vec<u8>) {
    let answer = packed(answer);
    let (n_bytes, bytes_max) = (answer.len(), client.max_payload());
    if n_bytes > bytes_max {
        warn!(
            "nats: an answer of {n_bytes} bytes is not sent: the server takes {bytes_max}; set its max_payload higher, or have less asked for \
             at once"
        );
        return;
    }
    if let Err(error) = client.publish(reply, answer.into()).await {
        debug!("nats: an answer is not sent: {error}");
    }
}

fn patience_of(message: &Message) -> Duration {
    let header = message.headers.as_ref().and_then(|headers| headers.get(PATIENCE));
    let said = header.and_then(|header| header.as_str().parse().ok()).map(Duration::from_millis);
    said.unwrap_or(PATIENCE_MAX).min(PATIENCE_MAX)
}

fn packed(message: Vec<u8>) -> Vec<u8> {
    wire::parts(message, usize::MAX).pop().unwrap_or_default()
}

fn unpacked(part: &[u8]) -> Result<Vec<u8>, String> {
    let message = wire::Assembly::new(MESSAGE_BYTES_MAX, 1).take("", part).map_err(|error| error.to_string())?;
    message.ok_or_else(|| "it is a part, where it has to be whole".to_owned())
}
