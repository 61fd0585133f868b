//! Reads a page as the tokens that the parser builds its tree from, within a budget.
//!
//! **What nobody reads is left out.** Half of a news page is the text of its scripts and style sheets, and half of the
//! rest are attributes that say nothing of its text. The tree is otherwise the one that the whole page would have given:
//! elements stay, though empty.
//!
//! By the states of the HTML standard (<https://html.spec.whatwg.org/#tokenization>), but tag by tag and text by text
//! rather than character by character, and without copies: tokens are pieces of the page.

use std::ops::Range;

use html5ever::interface::TreeSink;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult};
use html5ever::tree_builder::TreeBuilder;
use html5ever::{Attribute, QualName, ns};
use memchr::{memchr, memchr_iter, memchr2, memchr2_iter, memmem};

use super::super::page::read_name;
use super::bounds::{Budget, CHARACTER_STEPS, Kind, TAG_STEPS, local_name};
use super::doctype;
use super::references::{self, Place};
use super::scan::{self, Markup, end_of_raw_text, end_of_script, read_markup};

/// What of the page within the budget is parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Keep {
    /// What is read by anybody.
    Read,
    /// Everything, for those who look for what nobody else does.
    All,
}

/// Hands a page to the parser; how much of it, which is all where the budget holds so long. Its line breaks are those of
/// Unix.
pub(super) fn feed<S: TreeSink>(
    builder: &TreeBuilder<S::Handle, S>,
    page: &StrTendril,
    steps_max: usize,
    keep: Keep,
) -> usize {
    let mut reader = Reader {
        builder,
        page,
        budget: Budget::new(steps_max),
        keep,
        holds_nulls: memchr(0, page.as_bytes()).is_some(),
        attributes: Vec::new(),
    };
    let n_read = reader.read();
    let _ = reader.emit(Token::EOFToken);
    builder.end();
    n_read
}

struct Reader<'r, S: TreeSink> {
    builder: &'r TreeBuilder<S::Handle, S>,
    page: &'r StrTendril,
    budget: Budget,
    keep: Keep,
    /// Whether there is a character somewhere that every state of the standard has a rule of its own for.
    holds_nulls: bool,
    /// Those of the current tag.
    attributes: Vec<scan::Attribute>,
}

/// Where to go on, or, as an error, where the budget ends.
type Read = Result<usize, usize>;

impl<S: TreeSink> Reader<'_, S> {
    /// Reads all that the budget is enough for; how much that is.
    fn read(&mut self) -> usize {
        let bytes = self.page.as_bytes();
        // The text before the next tag.
        let (mut text_start, mut has_references) = (0, false);
        let mut at = 0;
        while let Some(start) = memchr2(b'<', b'&', &bytes[at..]).map(|position| at + position) {
            let is_reference = bytes[start] == b'&';
            let markup = if is_reference { None } else { read_markup(bytes, start, &mut self.attributes) };
            let Some(markup) = markup else {
                has_references |= is_reference;
                if self.budget.spend(CHARACTER_STEPS).is_none() {
                    self.emit_text(text_start..start, has_references);
                    return start;
                }
                at = start + 1;
                continue;
            };
            self.emit_text(text_start..start, has_references);
            let read =
                if markup.name.is_empty() { self.read_other(start, &markup) } else { self.read_tag(start, &markup) };
            match read {
                Ok(end) => (at, text_start, has_references) = (end, end, false),
                Err(end) => return end,
            }
        }
        self.emit_text(text_start..bytes.len(), has_references);
        bytes.len()
    }

    fn emit(&self, token: Token) -> TokenSinkResult<S::Handle> {
        self.builder.process_token(token, 1)
    }

    /// A part of the page as a string of its own, which shares its memory.
    fn piece(&self, range: Range<usize>) -> StrTendril {
        // Pages of gigabytes do not get here.
        let number = |count: usize| u32::try_from(count).unwrap_or_default();
        self.page.subtendril(number(range.start), number(range.len()))
    }

    fn emit_text(&self, range: Range<usize>, has_references: bool) {
        if !self.holds_nulls {
            self.emit_characters(range, has_references);
            return;
        }
        let mut start = range.start;
        for null in memchr_iter(0, &self.page.as_bytes()[range.clone()]) {
            self.emit_characters(start..range.start + null, has_references);
            let _ = self.emit(Token::NullCharacterToken);
            start = range.start + null + 1;
        }
        self.emit_characters(start..range.end, has_references);
    }

    fn emit_characters(&self, range: Range<usize>, has_references: bool) {
        if range.is_empty() {
            return;
        }
        let text = if has_references { references::resolve(&self.page[range], Place::Text) } else { self.piece(range) };
        let _ = self.emit(Token::CharacterTokens(text));
    }

    /// A comment, a declaration, or what is taken for one.
    fn read_other(&mut self, start: usize, markup: &Markup) -> Read {
        const CDATA: &str = "<![CDATA[";
        const DOCTYPE: &str = "<!doctype";
        self.budget.spend(TAG_STEPS).ok_or(start)?;
        let page = self.page;
        let text = &page[start..];
        if text.starts_with(CDATA) && self.builder.adjusted_current_node_present_but_not_in_html_namespace() {
            let inside = start + CDATA.len();
            let length = memmem::find(&page.as_bytes()[inside..], b"]]>");
            let end = length.map_or(page.len(), |length| inside + length);
            self.emit_text(inside..end, false);
            return Ok(page.len().min(end + "]]>".len()));
        }
        if text.get(..DOCTYPE.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(DOCTYPE)) {
            let declared = &page[start + DOCTYPE.len()..markup.end];
            let (declared, is_cut) = declared.strip_suffix('>').map_or((declared, true), |declared| (declared, false));
            let _ = self.emit(Token::DoctypeToken(doctype::read(declared, is_cut)));
        } else if !text.starts_with("</>") {
            let _ = self.emit(Token::CommentToken(StrTendril::new()));
        }
        Ok(markup.end)
    }

    fn read_tag(&mut self, start: usize, markup: &Markup) -> Read {
        let n_attributes = self.attributes.len();
        if n_attributes > 0 {
            let n_references = memchr_iter(b'&', &self.page.as_bytes()[start..markup.end]).count();
            self.budget.spend(n_references * CHARACTER_STEPS).ok_or(start)?;
        }
        let is_foreign = self.builder.adjusted_current_node_present_but_not_in_html_namespace();
        let page = self.page;
        let name = &page[markup.name.clone()];
        let (name, kind) = self.budget.take(name, markup, n_attributes, is_foreign).ok_or(start)?;
        if markup.is_cut {
            return Ok(self.page.len());
        }
        let tag = Tag {
            kind: if markup.is_end { TagKind::EndTag } else { TagKind::StartTag },
            name,
            self_closing: markup.closes_itself,
            attrs: if markup.is_end { Vec::new() } else { self.attributes_of(kind) },
            had_duplicate_attributes: false,
        };
        match self.emit(Token::TagToken(tag)) {
            TokenSinkResult::RawData(raw) => self.read_raw(raw, start, markup, kind),
            TokenSinkResult::Plaintext => {
                self.emit_raw(markup.end..self.page.len(), false);
                Ok(self.page.len())
            }
            _ => Ok(markup.end),
        }
    }

    /// The attributes of the current tag that are read.
    fn attributes_of(&self, kind: Kind) -> Vec<Attribute> {
        // Formatting elements are told apart by all of their attributes.
        let keeps_all = self.keep == Keep::All || kind == Kind::Formatting;
        let mut attributes: Vec<Attribute> = Vec::new();
        for attribute in &self.attributes {
            let name = &self.page[attribute.name.clone()];
            let local = read_name(name).or_else(|| keeps_all.then(|| local_name(name)));
            let Some(local) = local else { continue };
            if attributes.iter().all(|known| known.name.local != local) {
                let value = self.value(attribute.value.clone());
                attributes.push(Attribute { name: QualName::new(None, ns!(), local), value });
            }
        }
        attributes
    }

    fn value(&self, range: Range<usize>) -> StrTendril {
        let value = &self.page[range.clone()];
        let has_references = memchr(b'&', value.as_bytes()).is_some();
        if !has_references && !self.holds_nulls {
            return self.piece(range);
        }
        let value = if has_references { references::resolve(value, Place::Attribute) } else { value.into() };
        without_nulls(value)
    }

    /// The text of an element in which no tags are, from the end of its start tag on.
    fn read_raw(&mut self, raw: RawKind, start: usize, markup: &Markup, kind: Kind) -> Read {
        let bytes = self.page.as_bytes();
        let end = match raw {
            RawKind::ScriptData | RawKind::ScriptDataEscaped(_) => end_of_script(bytes, markup.end),
            RawKind::Rcdata | RawKind::Rawtext => end_of_raw_text(bytes, markup.end, &bytes[markup.name.clone()]),
        };
        let is_read = match kind {
            Kind::Silent => false,
            Kind::Script => may_hold_data(&bytes[start..markup.end]),
            _ => true,
        };
        if !is_read && self.keep == Keep::Read {
            return Ok(end);
        }
        let has_references = raw == RawKind::Rcdata;
        for position in memchr2_iter(b'<', b'&', &bytes[markup.end..end]) {
            if self.budget.spend(CHARACTER_STEPS).is_none() {
                self.emit_raw(markup.end..markup.end + position, has_references);
                return Err(markup.end + position);
            }
        }
        self.emit_raw(markup.end..end, has_references);
        Ok(end)
    }

    fn emit_raw(&self, range: Range<usize>, has_references: bool) {
        if !self.holds_nulls {
            self.emit_characters(range, has_references);
            return;
        }
        let text = &self.page[range];
        let text = if has_references { references::resolve(text, Place::Text) } else { text.into() };
        let _ = self.emit(Token::CharacterTokens(without_nulls(text)));
    }
}

fn without_nulls(text: StrTendril) -> StrTendril {
    if memchr(0, text.as_bytes()).is_some() { text.replace('\0', "\u{fffd}").as_str().into() } else { text }
}

/// Whether a script's tag may say that it holds structured data; where a character reference is in it, it may.
fn may_hold_data(tag: &[u8]) -> bool {
    const KIND: &[u8] = b"ld+json";
    memchr(b'&', tag).is_some() || tag.windows(KIND.len()).any(|part| part.eq_ignore_ascii_case(KIND))
}
