//! Mails by SMTP: plain text, with the key of the message in its `Message-ID`.

use std::fmt::Debug;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::ConfigVerifierExt as _;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::config::{Mailing, ReceiverSecret, SmtpSecurity};
use crate::fetch::Poster;
use crate::model::Credential;

use super::text;
use super::undelivered::Undelivered;

/// Bytes that are read of a server in one dialogue, certificates among them: a few hundred a line, and a line for each command. The client
/// itself reads a line to its end, however long it is.
const READ_BYTES_MAX: usize = 64 * 1024;

/// Bytes of the answer to an address, the longest that RFC 5321 has.
const READ_BYTES_OF_ADDRESS: usize = 512;

/// For a server to answer QUIT.
const FAREWELL_TIME: Duration = Duration::from_secs(5);

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
    let dialogue = async {
        let mut connection = connect(mailing, &addresses, timeout).await.map_err(Undelivered::passing)?;
        if let ReceiverSecret::Login(Credential::Basic { user, password }) = secret {
            let credentials = Credentials::new(user.clone(), password.clone());
            let login = connection.auth(DEFAULT_MECHANISMS, &credentials).await;
            login.map_err(|error| Undelivered::told(&error.to_string()))?;
        }
        let taken = connection.send(mail.envelope(), &mail.formatted()).await;
        taken.map_err(|error| {
            let is_refusal = error.is_permanent();
            Undelivered { is_refusal, ..Undelivered::told(&error.to_string()) }
        })?;
        // It has taken the mail, however it says farewell, and however long that takes.
        tokio::spawn(async move { tokio::time::timeout(FAREWELL_TIME, connection.abort()).await });
        Ok(())
    };
    dialogue.await
}

/// A connection that is greeted, and protected as it is to be.
async fn connect(mailing: &Mailing, addresses: &[IpAddr], timeout: Duration) -> Result<AsyncSmtpConnection, String> {
    let addresses: Vec<SocketAddr> = addresses.iter().map(|address| SocketAddr::new(*address, mailing.port)).collect();
    // Those of a host are tried in turn.
    let connected = tokio::time::timeout(timeout, TcpStream::connect(addresses.as_slice())).await;
    let stream =
        connected.map_err(|_| format!("{} does not answer", mailing.host))?.map_err(|error| error.to_string())?;
    let address = stream.peer_addr().map_err(|error| error.to_string())?;
    let n_left = READ_BYTES_MAX + READ_BYTES_OF_ADDRESS * mailing.to.len();
    let stream = Bounded { stream, address, n_left };
    let stream: Box<dyn AsyncTokioStream> = match mailing.security {
        SmtpSecurity::Tls => Box::new(Bounded { stream: protected(&mailing.host, stream).await?, address, n_left }),
        SmtpSecurity::Starttls | SmtpSecurity::None => Box::new(stream),
    };
    let name = ClientId::default();
    let greeted = AsyncSmtpConnection::connect_with_transport(stream, &name).await;
    let mut connection = greeted.map_err(|error| error.to_string())?;
    if mailing.security == SmtpSecurity::Starttls {
        if !connection.can_starttls() {
            return Err(format!(
                "{} offers no STARTTLS at port {}: `security = \"tls\"`, mostly at port 465, is another way to be protected",
                mailing.host, mailing.port
            ));
        }
        let parameters = TlsParameters::new(mailing.host.clone()).map_err(|error| error.to_string())?;
        connection.starttls(parameters, &name).await.map_err(|error| error.to_string())?;
    }
    Ok(connection)
}

/// TLS from the first byte on, by the certificates of the system.
async fn protected<S: AsyncRead + AsyncWrite + Unpin>(host: &str, stream: S) -> Result<TlsStream<S>, String> {
    let config = ClientConfig::with_platform_verifier().map_err(|error| error.to_string())?;
    let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
    let connected = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    connected.map_err(|error| error.to_string())
}

/// A connection of which so much is read, and no more.
#[derive(Debug)]
struct Bounded<S> {
    stream: S,
    address: SocketAddr,
    n_left: usize,
}

impl<S: AsyncRead + Unpin> AsyncRead for Bounded<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let n_before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buf);
        match self.n_left.checked_sub(buf.filled().len() - n_before) {
            Some(n_left) => self.n_left = n_left,
            None => return Poll::Ready(Err(io::Error::other("the server says more than a mail server has to say"))),
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Bounded<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin + Debug> AsyncTokioStream for Bounded<S> {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
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
