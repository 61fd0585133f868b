//! A server whose answer depends on the whole request: on cookies, on what was asked before.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Of `paper.example`, until the end of 2125, signed by itself.
pub(crate) const CERTIFICATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tls/certificate.pem");

/// What a connection with TLS begins with (RFC 8446, section 5.1).
const TLS_HANDSHAKE: u8 = 22;

/// Answers each request by its head with the bytes that a test wants, and ends the connection.
pub(crate) fn scripted(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    let address = listener.local_addr().expect("an address");
    let answer = Arc::new(answer);
    // Ends with the process: nothing waits for it.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let answer = Arc::clone(&answer);
            std::thread::spawn(move || {
                let head = head_of(&mut stream);
                let _ = stream.write_all(&answer(&head));
            });
        }
    });
    address
}

/// The head of a request or an answer, its empty line included.
pub(crate) fn head_of(stream: &mut impl Read) -> String {
    let mut head = Vec::new();
    let mut byte = [0; 1];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => break,
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// The path that a request is for.
pub(crate) fn path_of(head: &str) -> &str {
    head.split(' ').nth(1).unwrap_or_default()
}

/// A header of a request, as it was sent.
pub(crate) fn header_of<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// An answer: status line and headers without line ends, then a body.
pub(crate) fn answer(head: &[&str], body: &[u8]) -> Vec<u8> {
    let head = format!("{}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", head.join("\r\n"), body.len());
    [head.as_bytes(), body].concat()
}

/// What is said where nothing is.
pub(crate) fn not_found() -> Vec<u8> {
    answer(&["HTTP/1.1 404 Not Found"], b"")
}

/// As [`scripted`], with TLS for `paper.example`, which is ended by closing the connection and without a word. Clients trust
/// it that trust [`CERTIFICATE`] alone. Who speaks no TLS is answered without.
pub(crate) fn scripted_over_rude_tls(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> SocketAddr {
    scripted_over_tls_of(CERTIFICATE, answer)
}

/// How a server speaks TLS with a certificate of the fixtures.
pub(crate) fn server_config(certificate: &str) -> ServerConfig {
    let folder = Path::new(CERTIFICATE).parent().expect("a folder");
    let certificate = CertificateDer::from_pem_file(certificate).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(folder.join("key.pem")).expect("a key");
    ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a certificate with its key")
}

/// The same with another certificate of the fixtures.
pub(crate) fn scripted_over_tls_of(
    certificate: &str,
    answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static,
) -> SocketAddr {
    let config = Arc::new(server_config(certificate));
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    let address = listener.local_addr().expect("an address");
    // Ends with the process: nothing waits for it.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let mut first = [0];
            if !matches!(stream.peek(&mut first), Ok(1) if first[0] == TLS_HANDSHAKE) {
                let head = head_of(&mut stream);
                let _ = stream.write_all(&answer(&head));
                continue;
            }
            let connection = ServerConnection::new(config.clone()).expect("a connection");
            let mut stream = StreamOwned::new(connection, stream);
            let head = head_of(&mut stream);
            let _ = stream.write_all(&answer(&head));
        }
    });
    address
}
