//! Why a handshake of TLS failed, in words, and what to do about it.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error};

/// What went wrong with a host, where the library's own words are those of protocols.
pub(super) fn in_words(error: &Error, host: &str) -> Option<String> {
    let told = match error {
        Error::InvalidCertificate(error) => return of_certificate(error, host),
        Error::InvalidMessage(_) => {
            "what answers there speaks no TLS; with http:// in the place of https:// the address may do".to_owned()
        }
        Error::PeerIncompatible(_) | Error::AlertReceived(AlertDescription::ProtocolVersion) => {
            "the server speaks no version of TLS from 1.2 on; its owner has to update it".to_owned()
        }
        Error::AlertReceived(AlertDescription::UnrecognisedName) => {
            format!("the server knows no host called {host}; look whether the name is right")
        }
        Error::AlertReceived(AlertDescription::HandshakeFailure) => {
            "the server refused the handshake: it and this program have no cipher in common".to_owned()
        }
        _ => return None,
    };
    Some(told)
}

fn of_certificate(error: &CertificateError, host: &str) -> Option<String> {
    let told = match error {
        CertificateError::NotValidForNameContext { presented, .. } if !presented.is_empty() => {
            let names: Vec<&str> = presented.iter().map(|name| name_in(name)).collect();
            format!("the certificate is for {}, not for {host}; look whether the name is right", names.join(", "))
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("the certificate is not for {host}; look whether the name is right")
        }
        CertificateError::ExpiredContext { time, not_after } => format!(
            "the certificate expired on {}, and this machine's clock says {}; the owner of the site has to renew it",
            day(*not_after)?,
            day(*time)?
        ),
        CertificateError::Expired => "the certificate has expired; the owner of the site has to renew it".to_owned(),
        CertificateError::NotValidYetContext { time, not_before } => format!(
            "the certificate is not valid before {}, and this machine's clock says {}; look whether that is right",
            day(*not_before)?,
            day(*time)?
        ),
        CertificateError::NotValidYet => {
            "the certificate is not valid yet; look whether this machine's clock is right".to_owned()
        }
        CertificateError::UnknownIssuer => {
            "the certificate is not signed by anyone whom this machine trusts; an authority of your own \
             is to be among those of the system, or in the file that SSL_CERT_FILE names"
                .to_owned()
        }
        CertificateError::Revoked => "the certificate was revoked by who signed it".to_owned(),
        // `openssl req -x509` makes such ones where nothing else is said.
        CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
            "the certificate is that of an authority, which has signed itself and is none for a server; one for a server \
             (basicConstraints=CA:FALSE) is to be among those of the system, or in the file that SSL_CERT_FILE names"
                .to_owned()
        }
        CertificateError::BadSignature => "the certificate names an authority that this machine trusts, and another key has signed it; \
             whoever made both has to bring the right one"
            .to_owned(),
        other => {
            // The library's names for what is wrong: UnhandledCriticalExtension.
            let name = other.to_string();
            let name = name.rsplit('(').next().unwrap_or_default().trim_end_matches(')');
            format!("the certificate is not in order ({name}); the owner of the site has to look at it")
        }
    };
    Some(told)
}

/// A name as the library has it, `DnsName("a.example")`, without its wrapping.
fn name_in(presented: &str) -> &str {
    presented.split('"').nth(1).unwrap_or(presented)
}

/// The day of an instant, in UTC.
fn day(time: UnixTime) -> Option<String> {
    let instant = Timestamp::from_second(i64::try_from(time.as_secs()).ok()?).ok()?;
    Some(instant.to_zoned(TimeZone::UTC).date().to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rustls::pki_types::ServerName;
    use rustls::{InvalidMessage, PeerIncompatible};

    use super::*;

    #[test]
    fn what_is_wrong_with_a_certificate_is_told_in_words() {
        let check = |error: CertificateError, expected: &str| {
            let told = in_words(&Error::InvalidCertificate(error), "b.example").unwrap_or_default();
            assert!(told.starts_with(expected), "{told}");
        };
        let at = |seconds: u64| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let names = |presented: &[&str]| CertificateError::NotValidForNameContext {
            expected: ServerName::try_from("b.example").unwrap(),
            presented: presented.iter().map(|name| (*name).to_owned()).collect(),
        };
        check(names(&["DnsName(\"a.example\")"]), "the certificate is for a.example, not for b.example; ");
        check(
            names(&["DnsName(\"a.example\")", "IpAddress(::1)"]),
            "the certificate is for a.example, IpAddress(::1), not for b.example; ",
        );
        check(names(&[]), "the certificate is not for b.example; ");
        check(
            CertificateError::ExpiredContext { time: at(1_764_201_600), not_after: at(1_609_459_199) },
            "the certificate expired on 2020-12-31, and this machine's clock says 2025-11-27; ",
        );
        check(
            CertificateError::NotValidYetContext { time: at(0), not_before: at(86_400) },
            "the certificate is not valid before 1970-01-02, and this machine's clock says 1970-01-01; ",
        );
        check(CertificateError::UnknownIssuer, "the certificate is not signed by anyone whom this machine trusts; ");
        check(CertificateError::Revoked, "the certificate was revoked");
        check(CertificateError::BadSignature, "the certificate names an authority");
        check(CertificateError::BadEncoding, "the certificate is not in order (");
    }

    #[test]
    fn other_ends_of_a_handshake_are_told_too() {
        let check = |error: Error, expected: &str| {
            let told = in_words(&error, "b.example").unwrap_or_default();
            assert!(told.contains(expected), "{told}");
        };
        check(Error::InvalidMessage(InvalidMessage::InvalidContentType), "speaks no TLS; with http://");
        check(Error::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon), "no version of TLS from 1.2 on");
        check(Error::AlertReceived(AlertDescription::UnrecognisedName), "knows no host called b.example");
        assert_eq!(in_words(&Error::DecryptError, "b.example"), None);
    }
}
