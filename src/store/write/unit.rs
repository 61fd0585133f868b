//! A unit of work: what is done in a transaction, and the channel that takes its result to whoever waits for it.

use tokio::sync::oneshot;

use crate::store::file::error::StoreError;
use crate::store::write::transaction::WriteTransaction;

/// What becomes of a unit of work.
pub(super) type Outcome<T> = Result<T, StoreError>;

/// One unit of work, whatever the type of its result.
pub(super) trait Work: Send {
    /// Does the work inside a transaction. It is done again in another transaction if this one cannot be committed.
    fn run(&mut self, transaction: WriteTransaction<'_>) -> rusqlite::Result<()>;

    /// Sends the result once it is durable, or the reason why it is not.
    fn report(self: Box<Self>, committed: Outcome<()>);
}

/// Makes a unit of work of `act`. The receiver gets its result.
pub(super) fn unit<T: Send + 'static>(
    act: impl FnMut(&WriteTransaction<'_>) -> rusqlite::Result<T> + Send + 'static,
) -> (Box<dyn Work>, oneshot::Receiver<Outcome<T>>) {
    let (reply, answer) = oneshot::channel();
    (Box::new(Unit { act, result: None, reply }), answer)
}

struct Unit<T, F> {
    act: F,
    result: Option<T>,
    reply: oneshot::Sender<Outcome<T>>,
}

impl<T: Send, F: FnMut(&WriteTransaction<'_>) -> rusqlite::Result<T> + Send> Work for Unit<T, F> {
    fn run(&mut self, transaction: WriteTransaction<'_>) -> rusqlite::Result<()> {
        self.result = Some((self.act)(&transaction)?);
        Ok(())
    }

    fn report(self: Box<Self>, committed: Outcome<()>) {
        let Unit { result, reply, .. } = *self;
        let outcome = committed.and_then(|()| result.ok_or(StoreError::Closed));
        // The work is done even if nobody waits for the result any more.
        let _ = reply.send(outcome);
    }
}
