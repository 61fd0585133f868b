//! Several messages as one: before each stands its length, four bytes, the highest first.

use super::error::WireError;

const LENGTH_BYTES: usize = 4;

/// What a bundle takes of so many messages with so many bytes in all.
#[must_use]
pub fn bundle_len(n_messages: usize, n_bytes: usize) -> usize {
    n_messages * LENGTH_BYTES + n_bytes
}

/// Makes one message of several.
///
/// # Errors
///
/// When one of them has 4 GiB or more.
pub fn bundle<'a>(messages: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<u8>, WireError> {
    let mut whole = Vec::new();
    for message in messages {
        let length = u32::try_from(message.len()).map_err(|_| fault("one of them is too long"))?;
        whole.extend_from_slice(&length.to_be_bytes());
        whole.extend_from_slice(message);
    }
    Ok(whole)
}

/// The messages of which one was made.
///
/// # Errors
///
/// When it is none that was made of several, or of none.
pub fn unbundle(whole: &[u8]) -> Result<Vec<Vec<u8>>, WireError> {
    let mut messages = Vec::new();
    let mut rest = whole;
    while !rest.is_empty() {
        let (length, after) = rest.split_first_chunk().ok_or_else(|| fault("it ends within a length"))?;
        let length = u32::from_be_bytes(*length);
        let end = usize::try_from(length).ok().filter(|end| *end <= after.len());
        let (message, after) = after.split_at(end.ok_or_else(|| fault("it ends within a message"))?);
        messages.push(message.to_vec());
        rest = after;
    }
    if messages.is_empty() {
        return Err(fault("there is none in it"));
    }
    Ok(messages)
}

fn fault(reason: &str) -> WireError {
    WireError::unreadable("several messages in one", reason)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn messages_come_back_as_they_were(messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..9)) {
            let whole = bundle(messages.iter().map(Vec::as_slice)).unwrap();
            prop_assert_eq!(whole.len(), bundle_len(messages.len(), messages.iter().map(Vec::len).sum()));
            prop_assert_eq!(unbundle(&whole), Ok(messages));
        }

        #[test]
        fn whatever_comes_is_read_or_refused(whole in prop::collection::vec(any::<u8>(), 0..60)) {
            if let Ok(messages) = unbundle(&whole) {
                prop_assert_eq!(bundle(messages.iter().map(Vec::as_slice)), Ok(whole));
            }
        }
    }

    #[test]
    fn what_is_cut_off_is_refused() {
        let whole = bundle([&b"one"[..], b"", b"three"]).unwrap();
        assert_eq!(unbundle(&whole).unwrap(), [&b"one"[..], b"", b"three"]);
        for end in [0, 1, 3, 5, 12, whole.len() - 1] {
            assert!(unbundle(&whole[..end]).is_err(), "{end}");
        }
    }
}
