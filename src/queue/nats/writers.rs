//! Whether another writer answers at this prefix, and which of the two goes on.
//!
//! A writer does not begin where another answers. Two that began while the queue was away cannot see each other then. Once they can, the elder
//! goes on and the younger ends, as it would have at its start. Each says with its answer since when it is a writer, so that both go by the same
//! order.
//!
//! Who may end a writer by such an answer? Answers go to inboxes, where workers may write too. So whoever looks sends a challenge along, to the
//! subject that writers alone may hear, and an elder is believed that has hashed it with what it says. Others are told of, and end nobody.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::str::FromStr;
use std::time::{Duration, Instant, SystemTime};

use async_nats::{HeaderMap, Message};
use futures_util::StreamExt;
use sha2::{Digest as _, Sha256};

use super::super::question::BusError;
use super::connection::Connection;
use super::questions::{PROBE_PATIENCE, is_here, probe, subscribe};

const ANOTHER: &str =
    "another writer answers at this prefix: give each database a prefix of its own, and have one writer for each";

const AN_ELDER: &str = "another writer answers at this prefix, and was there before this one, by the clocks of both: this one ends. Give each \
                        database a prefix of its own, and have one writer for each";

/// The header in which an answer says since when there is who answers.
const SINCE: &str = "Newswire-Writer-Since";

/// The header in which whoever looks sends something that nobody can guess.
const CHALLENGE: &str = "Newswire-Challenge";

/// The header in which an answer shows that who sent it has heard the challenge.
const PROOF: &str = "Newswire-Proof";

/// Between two looks whether there is another.
const LOOKED_EVERY: Duration = Duration::from_secs(30);

/// The same while a connection is new: another that waited for the queue comes to it within seconds.
const LOOKED_AT_FIRST_EVERY: Duration = Duration::from_secs(5);

/// So long a connection is new.
const NEW_FOR: Duration = Duration::from_mins(1);

/// Since when a writer is one. The lesser is the elder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Seniority {
    /// In ms since 1970, by the clock of its machine. Clocks may differ: it is an order, and not who is right.
    began_ms: u64,
    /// Without meaning, and another one for each.
    tie_break: u64,
}

impl Seniority {
    /// That of a writer that begins now.
    pub(super) fn now() -> Seniority {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let began_ms = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        // Keys of hash tables come from the operating system's random numbers.
        Seniority { began_ms, tie_break: RandomState::new().hash_one(began_ms) }
    }

    /// With which an answer says it, and shows that it is the answer to this question.
    pub(super) fn headers_for(self, question: &Message) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(SINCE, self.to_string());
        if let Some(challenge) = header(question, CHALLENGE) {
            headers.insert(PROOF, self.proof_for(challenge));
        }
        headers
    }

    /// That of who answered, where it has heard the challenge.
    fn of(answer: &Message, challenge: &str) -> Option<Seniority> {
        let seniority: Seniority = header(answer, SINCE)?.parse().ok()?;
        (header(answer, PROOF)? == seniority.proof_for(challenge)).then_some(seniority)
    }

    /// What only those can say who have heard the challenge, and of themselves alone: others see the answers that were given.
    fn proof_for(self, challenge: &str) -> String {
        let hash = Sha256::digest(format!("{challenge} {self}"));
        hash.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
    }
}

fn header<'a>(message: &'a Message, name: &str) -> Option<&'a str> {
    message.headers.as_ref()?.get(name).map(async_nats::HeaderValue::as_str)
}

impl fmt::Display for Seniority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:016x}", self.began_ms, self.tie_break)
    }
}

impl FromStr for Seniority {
    type Err = ();

    fn from_str(text: &str) -> Result<Seniority, ()> {
        let (began_ms, tie_break) = text.split_once('-').ok_or(())?;
        let tie_break = u64::from_str_radix(tie_break, 16).map_err(|_| ())?;
        Ok(Seniority { began_ms: began_ms.parse().map_err(|_| ())?, tie_break })
    }
}

/// Who answers beside a writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Others {
    None,
    /// Or one of which nothing is known.
    Younger,
    Elder,
}

impl Others {
    /// By what each says that answers, the writer itself included.
    fn beside(me: Seniority, answers: &[Option<Seniority>]) -> Others {
        let is_elder = |answer: &Option<Seniority>| answer.is_some_and(|other| other < me);
        let is_other = |answer: &Option<Seniority>| *answer != Some(me);
        if answers.iter().any(is_elder) {
            return Others::Elder;
        }
        if answers.iter().any(is_other) { Others::Younger } else { Others::None }
    }
}

/// Fails where another writer answers already.
pub(super) async fn be_alone(connection: &Connection) -> Result<(), BusError> {
    if connection.check().is_err() {
        return Ok(());
    }
    match probe(connection, connection.names.work()).await {
        Ok(()) => Err(BusError::Wrong(ANOTHER.to_owned())),
        Err(_) => Ok(()),
    }
}

/// Looks, again and again, whether another writer answers beside this one. One that is younger, or does not prove its age, is told of as long
/// as it does. Comes back where one is elder, with a sentence.
pub(super) async fn wait_for_an_elder(connection: &Connection, me: Seniority) -> String {
    loop {
        connection.wait().await;
        match answering(connection).await.map(|answers| Others::beside(me, &answers)) {
            Ok(Others::None) => connection.board.no_longer_refused(ANOTHER),
            Ok(Others::Younger) => connection.board.refused(ANOTHER),
            Ok(Others::Elder) => return AN_ELDER.to_owned(),
            Err(_) => {}
        }
        let is_new = connection.board.subscribe().borrow().since().elapsed() < NEW_FOR;
        tokio::time::sleep(if is_new { LOOKED_AT_FIRST_EVERY } else { LOOKED_EVERY }).await;
    }
}

/// What each says that answers, also this process itself.
async fn answering(connection: &Connection) -> Result<Vec<Option<Seniority>>, BusError> {
    let inbox = connection.client.new_inbox();
    let mut heard = subscribe(connection, inbox.clone()).await?;
    let challenge = challenge();
    let mut headers = HeaderMap::new();
    headers.insert(CHALLENGE, challenge.as_str());
    let work = connection.names.work();
    let asked = connection.client.publish_with_reply_and_headers(work, inbox, headers, "".into()).await;
    asked.map_err(|error| BusError::Away(error.to_string()))?;
    let mut answers = Vec::new();
    let _ = tokio::time::timeout(PROBE_PATIENCE, async {
        while let Some(answer) = heard.next().await {
            if is_here(&answer) {
                answers.push(Seniority::of(&answer, &challenge));
            }
        }
    })
    .await;
    Ok(answers)
}

/// Something that nobody can guess.
fn challenge() -> String {
    // Each is keyed by random numbers of the operating system, as are those of hash tables, and tells nothing of its key.
    let secret = || RandomState::new().hash_one(Instant::now());
    format!("{:016x}{:016x}", secret(), secret())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn since(began_ms: u64, tie_break: u64) -> Seniority {
        Seniority { began_ms, tie_break }
    }

    #[test]
    fn of_several_writers_all_but_the_eldest_end() {
        let writers = [since(5, 9), since(5, u64::MAX), since(7, 0)];
        let all: Vec<_> = writers.into_iter().map(Some).collect();
        let told = writers.map(|me| Others::beside(me, &all));
        assert_eq!(told, [Others::Younger, Others::Elder, Others::Elder]);
        assert_eq!(Others::beside(writers[2], &[Some(writers[2])]), Others::None, "it hears itself");
        assert_eq!(Others::beside(writers[2], &[]), Others::None, "not even that");
        assert_eq!(
            Others::beside(writers[2], &[Some(writers[2]), None]),
            Others::Younger,
            "whoever proves nothing ends nobody"
        );
    }

    #[test]
    fn who_has_not_heard_the_challenge_is_not_believed() {
        let message = |headers: HeaderMap| Message {
            subject: "newswire.work".into(),
            reply: None,
            payload: "".into(),
            headers: Some(headers),
            status: None,
            description: None,
            length: 0,
        };
        let asking =
            |challenge: &str| message(HeaderMap::from_iter([(CHALLENGE.parse().unwrap(), challenge.parse().unwrap())]));
        let (elder, me) = (since(5, 1), since(7, 1));
        let (first, second) = (challenge(), challenge());
        assert!(first != second && first.len() == 32, "{first} {second}");
        let answer = message(elder.headers_for(&asking(&first)));
        assert_eq!(Seniority::of(&answer, &first), Some(elder));
        assert_eq!(Seniority::of(&answer, &second), None, "an answer of before");
        // The writer itself answers, and others see that.
        let mut headers = me.headers_for(&asking(&second));
        headers.insert(SINCE, elder.to_string());
        assert_eq!(Seniority::of(&message(headers), &second), None);
        assert_eq!(Seniority::of(&message(elder.headers_for(&message(HeaderMap::new()))), &second), None);
    }

    #[test]
    fn what_an_answer_says_is_read_as_it_was_meant() {
        for seniority in [since(0, 0), since(u64::MAX, u64::MAX), Seniority::now()] {
            assert_eq!(seniority.to_string().parse(), Ok(seniority), "{seniority}");
        }
        assert_eq!(since(1_700_000_000_000, 255).to_string(), "1700000000000-00000000000000ff");
        for wrong in ["", "-", "5", "5-", "-5", "5-g", "a-5", "5-5-5"] {
            assert_eq!(wrong.parse::<Seniority>(), Err(()), "{wrong:?}");
        }
        assert_ne!(Seniority::now(), Seniority::now());
    }
}
