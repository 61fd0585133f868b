//! Notifications by ntfy, published as JSON. An ntfy server knows no keys: what is sent again is shown again.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use url::Url;

use crate::config::ReceiverSecret;
use crate::fetch::{PostAnswer, Poster};
use crate::model::Credential;

use super::text;

/// Bytes of a message: of one that has more than 4096 a server makes an attachment.
const MESSAGE_BYTES_MAX: usize = 3800;

pub(super) async fn publish(
    poster: &Poster,
    url: &Url,
    topic: &str,
    secret: &ReceiverSecret,
    payload: &Value,
) -> Result<PostAnswer, String> {
    let message = cut(text::body(payload));
    let mut notification = json!({ "topic": topic, "title": text::subject(payload), "message": message });
    if let Some(link) = text::link(payload) {
        notification["click"] = json!(link);
    }
    let mut lines = vec![("content-type", "application/json".to_owned())];
    match secret {
        ReceiverSecret::Login(Credential::Basic { user, password }) => {
            lines.push(("authorization", format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))));
        }
        ReceiverSecret::Login(Credential::Header { name, value }) => lines.push((name, value.clone())),
        _ => {}
    }
    poster.post(url, &lines, notification.to_string()).await
}

fn cut(mut text: String) -> String {
    if text.len() > MESSAGE_BYTES_MAX {
        text.truncate(text.floor_char_boundary(MESSAGE_BYTES_MAX));
        text.push('…');
    }
    text
}
