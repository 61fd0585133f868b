//! What is told to receivers: a message, and what came of sending it.

use jiff::Timestamp;

/// A message that has been made and is to be kept until it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    /// The same however often it is sent.
    pub key: String,
    /// Row id of the watch that it is of.
    pub watch_id: Option<i64>,
    /// Row id of the alarm that it is of.
    pub alarm_id: Option<i64>,
    /// What is told.
    pub kind: String,
    /// What it is about: of one watch no two messages of a kind are about the same.
    pub subject: String,
    /// Row id of the story.
    pub story_id: Option<i64>,
    /// Row id of the article by which it came about.
    pub article_id: Option<i64>,
    /// The receiver, by its name in the settings.
    pub receiver: String,
    /// What is told, as JSON.
    pub payload: String,
    /// When it is to be sent at the earliest; at once when absent.
    pub not_before: Option<Timestamp>,
}

/// What came of judging changes: it is written in one transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JudgedChanges {
    /// The last change that was judged.
    pub up_to: i64,
    /// What is told.
    pub messages: Vec<NewMessage>,
    /// Articles of stories that watches were told of: article and watch.
    pub told: Vec<(i64, i64)>,
}

/// What came of sending a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sending {
    /// The receiver has it.
    Sent,
    /// It does not have it, or it is not known whether it does.
    Failed {
        /// Why.
        error: String,
        /// When it is tried again.
        next_try_at: Timestamp,
        /// Whether the receiver is paused for it, unless it is the message that is set aside.
        is_paused: bool,
        /// Whether it says that it will not take it, whenever it is sent.
        is_refusal: bool,
    },
}

/// How a receiver is after messages were sent to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SendingEffect {
    /// Since when it has failed; nothing where it has not.
    pub failing_since: Option<String>,
    /// Messages that are set aside, since it refuses them and takes others, or took others before.
    pub n_set_aside: u32,
    /// Whether it is paused for what it did not take.
    pub is_paused: bool,
}
