//! Mails by SMTP: plain text, with the key of the message in its `Message-ID`.

use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use serde_json::Value;

use crate::config::{Mailing, ReceiverSecret, SmtpSecurity};
use crate::fetch::Poster;
use crate::model::Credential;

use super::text;
use super::undelivered::Undelivered;

pub(super) async fn send(
    poster: &Poster,
    mailing: &Mailing,
    secret: &ReceiverSecret,
    (key, payload): (&str, &Value),
    timeout: Duration,
) -> Result<(), Undelivered> {
    let mail = mail(mailing, key, payload).map_err(Undelivered::passing)?;
    // The connection goes to the very address that was checked.
    let addresses = poster.addresses_of(&mailing.host).await.map_err(Undelivered::passing)?;
    let Some(address) = addresses.first() else {
        return Err(Undelivered::passing(format!("{} has no address", mailing.host)));
    };
    let tls = || TlsParameters::new(mailing.host.clone()).map_err(|error| Undelivered::passing(error.to_string()));
    let security = match mailing.security {
        SmtpSecurity::Tls => Tls::Wrapper(tls()?),
        SmtpSecurity::Starttls => Tls::Required(tls()?),
        SmtpSecurity::None => Tls::None,
    };
    let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(address.to_string())
        .port(mailing.port)
        .tls(security)
        .timeout(Some(timeout));
    if let ReceiverSecret::Login(Credential::Basic { user, password }) = secret {
        transport = transport.credentials(Credentials::new(user.clone(), password.clone()));
    }
    let sent = transport.build().send(mail).await;
    sent.map(|_| ()).map_err(|error| Undelivered::passing(told(&error)))
}

fn mail(mailing: &Mailing, key: &str, payload: &Value) -> Result<Message, String> {
    let mailbox = |text: &String| text.parse::<Mailbox>().map_err(|error| format!("{text}: {error}"));
    let from = mailbox(&mailing.from)?;
    let id = format!("<{key}@{}>", from.email.domain());
    let mut builder = Message::builder().from(from).subject(text::subject(payload)).message_id(Some(id));
    for to in &mailing.to {
        builder = builder.to(mailbox(to)?);
    }
    let mail = builder.header(ContentType::TEXT_PLAIN).body(text::body(payload));
    mail.map_err(|error| error.to_string())
}

/// An error with its causes.
fn told(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
