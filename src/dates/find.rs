//! Finds a date among other words.

use super::choice::choose;
use super::context::Context;
use super::names::{self, Meaning, Name};
use super::reader;
use super::tokens::{self, Piece, Token};
use super::zones;

/// Longest line that is searched, in characters.
const LONGEST_LINE: usize = 300;

/// Most tokens of a date with words between its parts.
const TOKENS_OF_DATE_MAX: usize = 24;

/// The first date in a line of other words: `Written by Mara Lind on 24 November 2026 at 08:34. 51 comments`. As long as
/// it can be, and without words that mean nothing in dates. In prose it may be any date that is told of.
#[must_use]
pub fn find(line: &str) -> Option<&str> {
    if line.len() > 4 * LONGEST_LINE || line.chars().count() > LONGEST_LINE || !tokens::has_digit(line) {
        return None;
    }
    let pieces = tokens::cut(line);
    let end_of = |n_pieces: usize| pieces.get(n_pieces).map_or(line.len(), |next| next.start);
    (0..pieces.len()).filter(|first| may_begin(&pieces[*first]) && !is_of_issue(&pieces, *first)).find_map(|first| {
        let ends = first + 1..=pieces.len().min(first + TOKENS_OF_DATE_MAX);
        ends.rev().filter(|end| may_end(&pieces[..*end]) && !cuts_date(&pieces, first, *end)).find_map(|end| {
            let text = line[pieces[first].start..end_of(end)].trim_end();
            is_date(text).then_some(text)
        })
    })
}

fn is_date(text: &str) -> bool {
    let parts = reader::parts(text, &tokens::cut(text)).filter(|parts| parts.n_unknown_words == 0);
    parts.is_some_and(|parts| choose(&parts, Context::default()).is_some())
}

/// Whether a date can begin with a token: a number, or a word that means something.
fn may_begin(piece: &Piece<'_>) -> bool {
    match piece.token {
        Token::Number(_) => true,
        Token::Word(word) => !names_of(word).is_empty() && !names_of(word).iter().any(is_filler),
        Token::Mark(_) => false,
    }
}

/// Whether a number is one of `112/2026`: a release, a case or an issue, in its year.
fn is_of_issue(pieces: &[Piece<'_>], at: usize) -> bool {
    let is_year = |number: tokens::Number| number.digits == 4 && (1900..2100).contains(&number.value);
    let number = |at: usize| match pieces.get(at).map(|piece| piece.token) {
        Some(Token::Number(number)) => Some(number),
        _ => None,
    };
    let is_joint = |at: usize| {
        let joint = pieces.get(at..at + 2).filter(|joint| joint[0].token == Token::Mark('/'));
        joint.is_some_and(|joint| joint.iter().all(|piece| piece.is_glued))
    };
    let begins_at = |first: usize| {
        let is_issue = number(first).is_some_and(|number| number.digits <= 3) && number(first + 2).is_some_and(is_year);
        is_issue && is_joint(first + 1) && !is_joint(first + 3) && (first == 0 || !is_joint(first - 1))
    };
    begins_at(at) || at >= 2 && begins_at(at - 2)
}

/// Whether one can end with the last of these: a number, a word that means something, one that the table does not know, a zone, or the
/// last letter of `p.m.`
fn may_end(pieces: &[Piece<'_>]) -> bool {
    let [before @ .., last] = pieces else { return false };
    let is_behind_stop = before.last().is_some_and(|piece| piece.token == Token::Mark('.'));
    match last.token {
        Token::Number(_) => true,
        Token::Word(word) => {
            let names = names_of(word);
            names.is_empty()
                || !names.iter().all(is_filler)
                || zones::abbreviated(word).is_some()
                || is_behind_stop && word.chars().nth(1).is_none()
        }
        Token::Mark(_) => false,
    }
}

/// Whether an end would take the beginning of the next date for a part of this one: a month whose day follows, a day whose
/// year follows, or the first numbers of several with the same mark between them.
fn cuts_date(pieces: &[Piece<'_>], start: usize, end: usize) -> bool {
    let token = |at: usize| pieces.get(at).map(|piece| piece.token);
    let is_number = |at: usize| matches!(token(at), Some(Token::Number(_)));
    // The mark that stands here without blanks between two numbers.
    let joint = |at: usize| match token(at) {
        Some(Token::Mark(mark @ ('.' | '-' | '/'))) if at > 0 && is_number(at - 1) && is_number(at + 1) => {
            (pieces[at].is_glued && pieces[at + 1].is_glued).then_some(mark)
        }
        _ => None,
    };
    match token(end - 1) {
        Some(Token::Word(word)) => {
            let is_month = |name: &Name| matches!(name.meaning, Meaning::Month(..));
            is_number(end) && names_of(word).iter().any(is_month)
        }
        Some(Token::Number(_)) => {
            let is_year = |piece: &Piece<'_>| matches!(piece.token, Token::Number(number) if number.digits == 4);
            let behind = if token(end) == Some(Token::Mark(',')) { end + 1 } else { end };
            if pieces.get(behind).is_some_and(is_year) && !pieces[start..end].iter().any(is_year) {
                return true;
            }
            let next = joint(end);
            let before = if end >= 2 { joint(end - 2) } else { None };
            next.is_some() && (next == before || next == joint(end + 2))
        }
        _ => false,
    }
}

fn names_of(word: &str) -> &'static [Name] {
    names::find(&names::key(word)).names
}

fn is_filler(name: &Name) -> bool {
    name.meaning == Meaning::Filler
}
