//! A question with the way of its answer, and a report with the way to say that it is committed.

use tokio::sync::oneshot;

/// Why something did not go over the bus.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BusError {
    /// Nobody is there who would answer.
    #[error("nobody answers there")]
    Nobody,
    /// No answer in time, or no connection. Whether it was heard is not known.
    #[error("{0}")]
    Away(String),
    /// What was sent, or came, is not as it has to be.
    #[error("{0}")]
    Wrong(String),
}

/// A question that was asked of this process.
#[derive(Debug)]
pub struct Question {
    /// What was asked.
    pub message: Vec<u8>,
    answer: oneshot::Sender<Vec<u8>>,
}

impl Question {
    /// One, and where its answer comes.
    #[must_use]
    pub fn new(message: Vec<u8>) -> (Question, oneshot::Receiver<Vec<u8>>) {
        let (answer, answered) = oneshot::channel();
        (Question { message, answer }, answered)
    }

    /// Answers. Whether it arrives nobody tells.
    pub fn answer(self, answer: Vec<u8>) {
        let _ = self.answer.send(answer);
    }

    /// Whether nobody waits for the answer any more.
    #[must_use]
    pub fn is_forgotten(&self) -> bool {
        self.answer.is_closed()
    }
}

/// A report, whole.
#[derive(Debug)]
pub struct Delivery {
    /// What was reported.
    pub message: Vec<u8>,
    /// By which it is said that it is kept elsewhere now.
    pub receipt: Receipt,
}

/// Where it is heard that a report is committed, and answered when that is known there.
pub type Committed = oneshot::Receiver<oneshot::Sender<Result<(), BusError>>>;

/// Says that a report is committed. Where that is not said, it comes again.
#[derive(Debug)]
pub struct Receipt(oneshot::Sender<oneshot::Sender<Result<(), BusError>>>);

impl Receipt {
    /// One, and where it is heard what it says. Nothing comes there where it was dropped.
    #[must_use]
    pub fn new() -> (Receipt, Committed) {
        let (send, heard) = oneshot::channel();
        (Receipt(send), heard)
    }

    /// Says it, and waits until that is known there.
    ///
    /// # Errors
    ///
    /// When it is not known there in time: the report comes again.
    pub async fn done(self) -> Result<(), BusError> {
        let (send, known) = oneshot::channel();
        self.0.send(send).map_err(|_| BusError::Nobody)?;
        known.await.map_err(|_| BusError::Nobody)?
    }
}
