//! Where a source is asked, when its server says that it has moved for good (301 and 308).
//!
//! One such answer may be a mistake, a wall for visitors or somebody who took over a domain. So the source moves only
//! after several in a row, all to the same place, that brought items we know. Its listed address is never rewritten:
//! where the new one fails or leads on, it is asked at the listed one again.

use url::Url;

/// Answers in a row after which a source is asked at its new address.
pub const CONSISTENT_ANSWERS: u32 = 5;

/// What is remembered of a move.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Move {
    /// Where the server says that the source is now.
    pub to: Option<String>,
    /// How often in a row it has said so.
    pub n_answers: u32,
}

/// What an answer says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer<'a> {
    /// The address that answered, where every redirect on the way to it was permanent; absent where there was none, and
    /// where one was not.
    pub moved_to: Option<&'a Url>,
    /// Whether it brought something that the source had brought before.
    pub is_known: bool,
}

impl Move {
    /// The address at which the source is asked instead of its listed one.
    #[must_use]
    pub fn in_force(&self) -> Option<&str> {
        self.to.as_deref().filter(|_| self.n_answers >= CONSISTENT_ANSWERS)
    }

    /// What is to be remembered after an answer; nothing of it stays after a failure.
    #[must_use]
    pub fn after(self, answer: Answer<'_>) -> Move {
        let is_in_force = self.in_force().is_some();
        match answer {
            // Asked at the new address, it answers there.
            Answer { moved_to: None, is_known: true } if is_in_force => self,
            // Or leads on: the way from the listed address is counted anew.
            _ if is_in_force => Move::default(),
            Answer { moved_to: Some(to), is_known: true } => {
                let is_same = self.to.as_deref() == Some(to.as_str());
                Move { to: Some(to.as_str().to_owned()), n_answers: if is_same { self.n_answers + 1 } else { 1 } }
            }
            _ => Move::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the source is asked after each of some answers: `+` for known items, `-` for none.
    fn check(answers: &[(&str, char)], expected: &[&str]) {
        let mut state = Move::default();
        let mut asked_at = Vec::new();
        for (to, known) in answers {
            let to = (!to.is_empty()).then(|| Url::parse(&format!("https://{to}.example/feed")).unwrap());
            state = state.after(Answer { moved_to: to.as_ref(), is_known: *known == '+' });
            let host = state.in_force().and_then(|url| url.strip_prefix("https://")?.strip_suffix(".example/feed"));
            asked_at.push(host.unwrap_or("").to_owned());
        }
        assert_eq!(asked_at, expected, "{answers:?}");
    }

    #[test]
    fn a_source_moves_after_five_answers_that_agree() {
        check(&[("b", '+'); 5], &["", "", "", "", "b"]);
        check(&[("b", '+'), ("b", '+'), ("b", '+'), ("b", '+'), ("b", '+'), ("", '+')], &["", "", "", "", "b", "b"]);
        check(&[("b", '+'), ("b", '+'), ("b", '+'), ("b", '+'), ("c", '+'), ("b", '+')], &[""; 6]);
        check(&[("b", '-'); 9], &[""; 9]);
        check(&[("b", '+'), ("b", '+'), ("b", '+'), ("b", '+'), ("", '+'), ("b", '+')], &[""; 6]);
    }

    #[test]
    fn it_comes_back_when_the_new_address_is_not_what_it_was() {
        let moved = [("b", '+'); 5];
        for last in [("", '-'), ("c", '+'), ("b", '+')] {
            let answers: Vec<_> = moved.iter().copied().chain([last]).collect();
            check(&answers, &["", "", "", "", "b", ""]);
        }
    }
}
