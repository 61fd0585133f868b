//! The same event in other words: which story an article belongs to.
//!
//! A story is an event, told by one article or more. An article joins the story that it is most like, or opens one, as
//! it arrives and in one pass. Reports of an event share its names and its rare words, so
//! * [`terms`] weighs the words of an article: more in the headline and the first sentences, more for names, more for
//!   words that few articles have,
//! * [`frequencies`] knows how many articles have a word, and
//! * [`active`] keeps the stories that are still being told and compares an article with them.
//!
//! Reports in other languages share no words. Where the user has a sentence encoder, [`translated`] finds them by what they
//! mean.
//!
//! The weighing is the classic one of topic detection (Allan, Papka, Lavrenko: On-line new event detection and
//! tracking, SIGIR 1998), names apart from words as in Miranda et al.: Multilingual clustering of streaming news, EMNLP
//! 2018.

mod age;

mod function_words;

mod language;

pub mod active;

pub mod frequencies;

pub mod terms;

pub mod translated;
