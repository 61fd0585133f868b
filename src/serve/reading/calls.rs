//! What can be asked: paths.

/// What is asked for by a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// Whether anybody is there.
    Greeting,
    /// A token for a name and a password.
    Login,
    /// A token to mark articles with.
    Token,
    /// Who reads.
    User,
    /// What is subscribed to.
    Subscriptions,
    /// The labels of subscriptions.
    Labels,
    /// How much is unread.
    UnreadCounts,
    /// The numbers of the articles of a stream.
    Numbers,
    /// Articles by their numbers.
    Named,
    /// The articles of a stream.
    Contents(String),
    /// The same as a feed.
    Feed(String),
    /// To mark articles.
    Mark,
    /// To mark all of a stream as read.
    MarkAll,
    /// To subscribe to an address.
    QuickAdd,
    /// To subscribe, to change subscriptions and labels.
    Edit,
}

impl Call {
    /// Reads what stands behind the base.
    pub(super) fn read(path: &str) -> Option<Call> {
        let path = path.trim_matches('/');
        if path.is_empty() {
            return Some(Call::Greeting);
        }
        if let Some(stream) = path.strip_prefix("reader/atom/") {
            return Some(Call::Feed(unescaped(stream)));
        }
        let Some(asked) = path.strip_prefix("reader/api/0/") else {
            return (path == "accounts/ClientLogin").then_some(Call::Login);
        };
        if let Some(stream) = asked.strip_prefix("stream/contents") {
            let stream = unescaped(stream.trim_start_matches('/'));
            return Some(Call::Contents(stream));
        }
        Some(match asked {
            "token" => Call::Token,
            "user-info" => Call::User,
            "subscription/list" => Call::Subscriptions,
            "tag/list" => Call::Labels,
            "unread-count" => Call::UnreadCounts,
            "stream/items/ids" => Call::Numbers,
            "stream/items/contents" => Call::Named,
            "edit-tag" => Call::Mark,
            "mark-all-as-read" => Call::MarkAll,
            "subscription/quickadd" => Call::QuickAdd,
            "subscription/edit" | "subscription/import" | "rename-tag" | "disable-tag" => Call::Edit,
            _ => return None,
        })
    }

    /// Whether the answer is JSON, in which alone it is to be had.
    pub(super) fn is_answered_in_json(&self) -> bool {
        match self {
            Call::Greeting | Call::Login | Call::Token | Call::Feed(_) | Call::Mark | Call::MarkAll | Call::Edit => {
                false
            }
            Call::User
            | Call::Subscriptions
            | Call::Labels
            | Call::UnreadCounts
            | Call::Numbers
            | Call::Named
            | Call::Contents(_)
            | Call::QuickAdd => true,
        }
    }

    /// Whether it changes something, or has a password in it.
    pub(super) fn must_be_sent(&self) -> bool {
        matches!(self, Call::Login | Call::Mark | Call::MarkAll | Call::QuickAdd | Call::Edit)
    }
}

/// A part of a path without its escapes (RFC 3986, section 2.1). What is none stands for itself.
fn unescaped(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut read = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let escape = bytes.get(at + 1..at + 3).and_then(|two| std::str::from_utf8(two).ok());
        let escape = escape.filter(|two| two.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match escape.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(escaped) if *byte == b'%' => {
                read.push(escaped);
                at += 3;
            }
            _ => {
                read.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&read).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_what_is_asked_for() {
        for (path, call) in [
            ("", Some(Call::Greeting)),
            ("/", Some(Call::Greeting)),
            ("/accounts/ClientLogin", Some(Call::Login)),
            ("//accounts/ClientLogin", Some(Call::Login)),
            ("/reader/api/0/stream/items/ids", Some(Call::Numbers)),
            ("/reader/api/0/stream/contents", Some(Call::Contents(String::new()))),
            (
                "/reader/api/0/stream/contents/user/-/label/north%20sea%2Fports",
                Some(Call::Contents("user/-/label/north sea/ports".to_owned())),
            ),
            ("/reader/atom/feed%2F7", Some(Call::Feed("feed/7".to_owned()))),
            ("/reader/atom/feed/100%", Some(Call::Feed("feed/100%".to_owned()))),
            ("/reader/atom/%zz%c3%28%", Some(Call::Feed("%zz\u{fffd}(%".to_owned()))),
            ("/reader/api/1/token", None),
            ("/reader/api/0/friend/list", None),
            ("/accounts", None),
        ] {
            assert_eq!(Call::read(path), call, "{path}");
        }
    }
}
