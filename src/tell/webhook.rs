//! Webhooks, signed as the Standard Webhooks specification says (version 1.0): the key of the message is its `webhook-id`, and the signature
//! an HMAC-SHA256 over it, the time and the body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use ring::hmac;
use serde_json::Value;
use url::Url;

use crate::fetch::{PostAnswer, Poster};

/// What a key in base64 begins with.
const KEY_START: &str = "whsec_";

pub(super) async fn post(
    poster: &Poster,
    url: &Url,
    secret: &str,
    key: &str,
    payload: &Value,
) -> Result<PostAnswer, String> {
    let body = payload.to_string();
    let now = Timestamp::now().as_second();
    let lines = [
        ("content-type", "application/json".to_owned()),
        ("webhook-id", key.to_owned()),
        ("webhook-timestamp", now.to_string()),
        ("webhook-signature", signature(secret, key, now, &body)?),
    ];
    poster.post(url, &lines, body).await
}

/// `v1,` and the signature in base64.
fn signature(secret: &str, key: &str, at_s: i64, body: &str) -> Result<String, String> {
    let bytes = match secret.strip_prefix(KEY_START) {
        Some(encoded) => STANDARD.decode(encoded).map_err(|_| format!("behind {KEY_START} the key is no base64"))?,
        None => secret.as_bytes().to_vec(),
    };
    let signed = format!("{key}.{at_s}.{body}");
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &bytes), signed.as_bytes());
    Ok(format!("v1,{}", STANDARD.encode(tag)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that the specification and its libraries give.
    #[test]
    fn signatures_are_those_of_the_specification() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let signed = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signed.unwrap(), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert!(signature("whsec_ü", "a", 0, "").is_err());
    }
}
