//! Which validators are worth sending.
//!
//! A conditional request that is answered in full, with what we had, was conditional in vain. Some servers give an `ETag`
//! to every answer and never know it again, and since it outranks the date it hides a date that would do. So after a
//! number of vain requests in a row the `ETag` is left out, and after as many more the date. Both are still written down.

use crate::model::Validators;

/// Vain requests in a row before a validator is left out: more than a server's caches need to agree with each other.
pub const VAIN_MAX: u32 = 8;

/// How a conditional request was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Earned {
    /// With 304.
    NotModified,
    /// In full, with nothing that is new.
    InVain,
    /// In full, and rightly so; or the request was not conditional.
    Nothing,
}

/// The validators to send after `n_vain` vain requests in a row.
#[must_use]
pub fn worth_sending(stored: Validators, n_vain: u32) -> Validators {
    let Validators { etag, last_modified } = stored;
    // The date's turn comes second, where there is an `ETag` before it.
    let date_limit = if etag.is_some() { 2 * VAIN_MAX } else { VAIN_MAX };
    Validators {
        etag: etag.filter(|_| n_vain < VAIN_MAX),
        last_modified: last_modified.filter(|_| n_vain < date_limit),
    }
}

/// The number of vain requests in a row after one more answer. What has been left out stays out.
#[must_use]
pub fn after(n_vain: u32, earned: Earned) -> u32 {
    match earned {
        Earned::NotModified => n_vain / VAIN_MAX * VAIN_MAX,
        Earned::InVain => (n_vain + 1).min(2 * VAIN_MAX),
        Earned::Nothing => n_vain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_earns_a_304_is_left_out_one_after_the_other() {
        let stored = || Validators { etag: Some("\"x\"".to_owned()), last_modified: Some("then".to_owned()) };
        let sent = |n_vain: u32| {
            let sent = worth_sending(stored(), n_vain);
            (sent.etag.is_some(), sent.last_modified.is_some())
        };
        assert_eq!(sent(0), (true, true));
        assert_eq!(sent(VAIN_MAX - 1), (true, true));
        assert_eq!(sent(VAIN_MAX), (false, true));
        assert_eq!(sent(2 * VAIN_MAX), (false, false));
        let alone = Validators { etag: None, ..stored() };
        assert!(worth_sending(alone.clone(), VAIN_MAX).is_empty());
        assert!(!worth_sending(alone, VAIN_MAX - 1).is_empty());
    }

    #[test]
    fn a_304_forgives_what_was_in_vain_before() {
        let run = |answers: &[Earned]| answers.iter().fold(0, |n_vain, earned| after(n_vain, *earned));
        assert_eq!(run(&[Earned::InVain; 7]), 7);
        assert_eq!(run(&[Earned::InVain, Earned::InVain, Earned::NotModified, Earned::InVain]), 1);
        assert_eq!(run(&[Earned::InVain, Earned::Nothing, Earned::InVain]), 2);
        // The date alone earned it: the ETag stays out.
        assert_eq!(after(VAIN_MAX + 3, Earned::NotModified), VAIN_MAX);
        assert_eq!(run(&[Earned::InVain; 99]), 2 * VAIN_MAX);
    }
}
