//! Where NATS is and who we are there: what is wrong for good is found before anybody connects.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use async_nats::{ConnectOptions, ServerAddr};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::super::question::BusError;
use crate::config::QueueSettings;

/// Messages that wait for one of us at most. What is more is dropped, as if it had got lost on the way: whoever asked asks again.
const WAITING_MAX: usize = 1024;

/// How often the server is asked whether it is still there. A connection that is dead without a word is found after twice that.
const PING_EVERY: Duration = Duration::from_secs(10);

/// The addresses of the servers.
pub(super) fn addresses(settings: &QueueSettings) -> Result<Vec<ServerAddr>, BusError> {
    if settings.servers.is_empty() {
        return Err(BusError::Wrong("no address of a NATS server is given: name one, as nats://host:4222".to_owned()));
    }
    settings.servers.iter().map(|server| address(server)).collect()
}

/// How to connect.
pub(super) fn options(settings: &QueueSettings) -> Result<ConnectOptions, BusError> {
    let options = ConnectOptions::new()
        .retry_on_initial_connect()
        .max_reconnects(None)
        .ping_interval(PING_EVERY)
        .subscription_capacity(WAITING_MAX);
    let mut options = match &settings.credentials_file {
        Some(file) => with_credentials(options, file)?,
        None => options,
    };
    if let Some(file) = &settings.ca_file {
        certificates_in(file)?;
        options = options.add_root_certificates(file.clone());
    }
    if let Some((certificate, key)) = &settings.certificate {
        certificates_in(certificate)?;
        PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(key, "a private key in PEM", &error))?;
        options = options.add_client_certificate(certificate.clone(), key.clone());
    }
    // Who names certificates wants no server without.
    Ok(options.require_tls(settings.ca_file.is_some() || settings.certificate.is_some()))
}

/// Whether nothing goes in the clear.
pub(super) fn is_tls(settings: &QueueSettings) -> bool {
    let is_named = settings.servers.iter().any(|server| server.starts_with("tls://"));
    is_named || settings.ca_file.is_some() || settings.certificate.is_some()
}

fn address(server: &str) -> Result<ServerAddr, BusError> {
    let wrong = |fault: &str| {
        // A password may stand in it.
        let shown = server.rsplit('@').next().unwrap_or_default();
        BusError::Wrong(format!("the address {shown:?} of a NATS server: {fault}; it must be like nats://host:4222"))
    };
    let address = ServerAddr::from_str(server).map_err(|error| wrong(&error.to_string()))?;
    if !matches!(address.scheme(), "nats" | "tls") {
        return Err(wrong("its scheme is neither nats nor tls"));
    }
    if address.host().is_empty() {
        return Err(wrong("it names no host"));
    }
    Ok(address)
}

/// An address without who goes there.
pub(super) fn shown(address: &ServerAddr) -> String {
    format!("{}:{}", address.host(), address.port())
}

fn with_credentials(options: ConnectOptions, file: &Path) -> Result<ConnectOptions, BusError> {
    let wanted = "credentials of NATS (as `nsc` makes them, or the seed of an NKey, SU…, on a line)";
    let text = std::fs::read_to_string(file).map_err(|error| unusable(file, wanted, &error))?;
    if text.contains("-----BEGIN") {
        return options.credentials(&text).map_err(|error| unusable(file, wanted, &error));
    }
    let seed = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or_default();
    // The client looks at a seed as late as when it signs with it, and at that of credentials at once.
    let as_credentials =
        format!("-----BEGIN-----\nno-token\n-----END-----\n\n-----BEGIN-----\n{seed}\n-----END-----\n");
    match ConnectOptions::new().credentials(&as_credentials) {
        Ok(_) if seed.starts_with("SU") => Ok(options.nkey(seed.to_owned())),
        Ok(_) => Err(unusable(file, wanted, &"its seed is not that of a user")),
        Err(error) => Err(unusable(file, wanted, &error)),
    }
}

fn certificates_in(file: &Path) -> Result<(), BusError> {
    let wanted = "certificates in PEM";
    let mut certificates = CertificateDer::pem_file_iter(file).map_err(|error| unusable(file, wanted, &error))?;
    match certificates.next() {
        Some(Ok(_)) => Ok(()),
        Some(Err(error)) => Err(unusable(file, wanted, &error)),
        None => Err(unusable(file, wanted, &"there is none in it")),
    }
}

fn unusable(file: &Path, wanted: &str, fault: &dyn std::fmt::Display) -> BusError {
    BusError::Wrong(format!("{}: {fault}; the file must be readable and hold {wanted}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::{BusError, QueueSettings, addresses, options};

    fn settings(server: &str, credentials: Option<&str>) -> (QueueSettings, Option<tempfile::NamedTempFile>) {
        let file = credentials.map(|text| {
            let file = tempfile::NamedTempFile::new().expect("a file");
            std::fs::write(file.path(), text).expect("it can be written");
            file
        });
        let settings = QueueSettings {
            servers: vec![server.to_owned()],
            credentials_file: file.as_ref().map(|file| file.path().to_owned()),
            ca_file: None,
            certificate: None,
            prefix: "newswire".to_owned(),
            replicas: 1,
            embedded: 0,
        };
        (settings, file)
    }

    #[test]
    fn addresses_without_sense_are_refused_and_passwords_in_them_not_shown() {
        for server in ["", "http://a", "nats://", "ws://a", "nats://me:secret@a b"] {
            let refused = addresses(&settings(server, None).0);
            assert!(
                matches!(&refused, Err(BusError::Wrong(text)) if !text.contains("secret")),
                "{server:?}: {refused:?}"
            );
        }
        for server in ["localhost", "nats://[::1]:4222", "tls://nats.example:4443"] {
            assert!(addresses(&settings(server, None).0).is_ok(), "{server:?}");
        }
    }

    #[test]
    fn a_seed_or_credentials_are_told_apart_and_what_is_neither_is_refused() {
        let seed = "SUAIO3FHUX5PNV2LQIIP7TZ3N4L7TX3W53MQGEIVYFIGA635OZCKEYHFLM";
        let credentials = format!(
            "-----BEGIN NATS USER JWT-----\ne30.e30.e30\n------END NATS USER JWT------\n\n\
             -----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
        );
        let cut_off = &seed[..50];
        for (text, is_good) in [
            (seed, true),
            (&*format!("# worker\n{seed}\n"), true),
            (&*credentials, true),
            (cut_off, false),
            ("", false),
            ("user:password", false),
            (&*credentials.replace(seed, cut_off), false),
        ] {
            let (settings, _file) = settings("a", Some(text));
            let options = options(&settings);
            assert_eq!(options.is_ok(), is_good, "{text:?}: {:?}", options.err());
        }
    }
}
