//! With which words something is asked.

use std::ops::RangeInclusive;

use url::form_urlencoded;

use crate::serve::miss::Miss;

/// What stands behind the question mark and in the form, whichever a reader prefers.
#[derive(Clone, Debug)]
pub(super) struct Question {
    parameters: Vec<(String, String)>,
    /// Where this server was reached, such as `http://localhost:8008`.
    pub(super) base: String,
}

impl Question {
    pub(super) fn new(query: &str, fields: Vec<(String, String)>, base: String) -> Question {
        let mut parameters: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        parameters.extend(fields);
        Question { parameters, base }
    }

    /// The values of a parameter that may be there several times.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let found = self.parameters.iter().filter(move |(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.trim().is_empty())
    }

    /// The value of a parameter, which must not say two things.
    pub(super) fn one(&self, name: &str) -> Result<Option<&str>, Miss> {
        let mut all = self.all(name);
        let first = all.next();
        match all.find(|other| Some(*other) != first) {
            Some(_) => Err(Miss::Wrong(format!("{name} says several things; ask for one at a time"))),
            None => Ok(first),
        }
    }

    /// Whether what came in first is told first (`r`), and not last. Some readers name the usual order, by one of several letters.
    pub(super) fn is_oldest_first(&self) -> Result<bool, Miss> {
        match self.one("r")? {
            Some("o") => Ok(true),
            None | Some("n" | "d" | "a") => Ok(false),
            Some(other) => Err(Miss::Wrong(format!("r={other}: must be n, newest first, or o, oldest first"))),
        }
    }

    /// The first value of a parameter, as it stands.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A number. Some readers write times with a fraction, which counts for nothing.
    pub(super) fn number(&self, name: &str) -> Result<Option<i64>, Miss> {
        let Some(text) = self.one(name)? else { return Ok(None) };
        let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
        let number = whole.parse().ok().filter(|_| fraction.bytes().all(|byte| byte.is_ascii_digit()));
        number.map(Some).ok_or_else(|| Miss::Wrong(format!("{name}={text}: must be a number")))
    }
}

/// From here on a number is a time in milliseconds, in microseconds, in nanoseconds: readers do not agree.
const MILLISECONDS_FROM: i64 = 100_000_000_000;
const MICROSECONDS_FROM: i64 = 100_000_000_000_000;
const NANOSECONDS_FROM: i64 = 100_000_000_000_000_000;

/// What a time says in whatever unit it is: its first microsecond and its last. A second that is meant has a million of them.
pub(super) fn time_of(time: i64) -> RangeInclusive<i64> {
    let (start, length) = match time {
        NANOSECONDS_FROM.. => (time / 1000, 1),
        MICROSECONDS_FROM.. => (time, 1),
        MILLISECONDS_FROM.. => (time * 1000, 1000),
        _ => (time.saturating_mul(1_000_000), 1_000_000),
    };
    start..=start.saturating_add(length - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_any_unit() {
        let second = 1_790_000_000;
        for (time, length) in
            [(second, 1_000_000), (second * 1000, 1000), (second * 1_000_000, 1), (second * 1_000_000_000, 1)]
        {
            let of = time_of(time);
            assert_eq!((*of.start(), *of.end()), (second * 1_000_000, second * 1_000_000 + length - 1), "{time}");
        }
    }

    #[test]
    fn a_question_says_one_thing() {
        let fields = vec![("n".to_owned(), "20".to_owned()), ("ot".to_owned(), "1790000000.25".to_owned())];
        let question = Question::new("n=20&c=&i=1&i=2&r=o&r=n&nt=1e9", fields, String::new());
        assert_eq!((question.number("n").unwrap(), question.number("ot").unwrap()), (Some(20), Some(1_790_000_000)));
        assert_eq!((question.number("c").unwrap(), question.one("xt").unwrap()), (None, None));
        assert_eq!(question.all("i").collect::<Vec<_>>(), ["1", "2"]);
        assert!(question.one("r").is_err() && question.number("nt").is_err());
        let order = |query: &str| Question::new(query, Vec::new(), String::new()).is_oldest_first().ok();
        assert_eq!(
            ["", "r=n", "r=d", "r=o", "r=up"].map(order),
            [Some(false), Some(false), Some(false), Some(true), None]
        );
    }
}
