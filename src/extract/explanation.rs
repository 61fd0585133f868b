//! Why a page reads as it does, as it is told: titles with what speaks for them, lines with what became of each.

use super::verdict::no_article::NoArticle;
use crate::model::{Evidence, ExtractedArticle};

/// What was made of a page, and why.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The article as [`Extractor::extract`](super::Extractor::extract) gives it. Where `refusal` says that it is
    /// none: what would have been it, and what the page says of itself. Its dates of publication are all the
    /// candidates there are.
    pub article: ExtractedArticle,
    /// Why the page holds no article.
    pub refusal: Option<NoArticle>,
    /// Where the article's paragraphs come from.
    pub text_from: TextSource,
    /// All that may be the title, best first; the first is the article's.
    pub titles: Vec<Evidence<String>>,
    /// What speaks for each of the titles; nothing is needed to speak for that of a rule for the site.
    pub title_votes: Vec<Option<TitleVotes>>,
    /// Path of the element in which the article was looked for; absent on a page without likely lines.
    pub place: Option<String>,
    /// The lines of the page, in its order.
    pub lines: Vec<ExplainedLine>,
}

/// How much speaks for a title.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TitleVotes {
    /// How far the place is trusted where it stands, by how often such a place was right: `og:title` without a wording
    /// for Twitter 17, structured data 14, a wording for social networks 10, headings and the page's head less.
    pub trust: u32,
    /// Other places where it stands, each of which counts as much as one point of trust.
    pub n_agreeing: u32,
    /// Whether one of those is a heading that readers see, which counts as much as four more.
    pub is_seen: bool,
}

/// Where the paragraphs of an article come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TextSource {
    /// The lines of the page.
    Page,
    /// Structured data, which has far more than the page shows.
    StructuredData,
    /// Scripts, or `noscript` elements, of a page that shows none.
    Script,
    /// The feed's entry, since the page holds no article.
    Feed,
}

impl TextSource {
    /// A word for it, the same as for origins of values.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            TextSource::Page => "page",
            TextSource::StructuredData => "json-ld",
            TextSource::Script => "script",
            TextSource::Feed => "feed",
        }
    }
}

/// A line of the page, what became of it, and why.
#[derive(Clone, Debug)]
pub struct ExplainedLine {
    /// Its text, white space folded. Other control characters are the page's own.
    pub text: String,
    /// The elements in which it stands, the innermost last, by tag and telling names: `article > div.story-body > p`.
    /// Elements that say nothing are left out.
    pub path: String,
    /// What became of it.
    pub verdict: Verdict,
    /// How likely it is part of the article, all things considered.
    pub probability: f32,
    /// The same by the first pass: from the line alone and what stands above it.
    pub first_pass: f32,
    /// What weighs most in `probability`, the strongest first.
    pub contributions: Vec<Contribution>,
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Part of the article.
    Kept,
    /// Less likely part of it than not.
    Unlikely,
    /// Unlikely, and yet kept by a rule.
    RuledIn(Rule),
    /// Likely, and yet left out by a rule.
    Ruled(Rule),
}

impl Verdict {
    /// A word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Kept => "kept",
            Verdict::RuledIn(_) => "ruled in",
            Verdict::Unlikely => "dropped",
            Verdict::Ruled(_) => "ruled out",
        }
    }

    /// Whether it is part of the article.
    #[must_use]
    pub fn is_kept(self) -> bool {
        matches!(self, Verdict::Kept | Verdict::RuledIn(_))
    }

    /// The rule, where one decided.
    #[must_use]
    pub fn rule(self) -> Option<Rule> {
        match self {
            Verdict::RuledIn(rule) | Verdict::Ruled(rule) => Some(rule),
            Verdict::Kept | Verdict::Unlikely => None,
        }
    }
}

/// A rule by which a likely line is left out, or an unlikely one kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rule {
    /// The title is no part of the body.
    RepeatsTitle,
    /// A longer line stands once in an article.
    RepeatsLine,
    /// An article begins neither with a link elsewhere nor with its byline.
    Opening,
    /// A heading at the end of an article heads something else.
    HeadsNothing,
    /// A few words under a picture say what it shows.
    Caption,
    /// The pictures of a gallery within the text stand for themselves.
    Slide,
    /// A box that is not shown is not read.
    Unshown,
    /// An article does not end with a demand to pay for the rest.
    Demand,
    /// A list that says who published the article, and when, is no part of it.
    Details,
    /// A page without end goes on with other articles.
    NextArticle,
    /// What readers answer to one another is no part of the article.
    Comment,
    /// An article is told in one language.
    Translation,
    /// Appeals to readers and notices of the desk stand behind an article.
    Closing,
    /// An article has so many paragraphs at most, by the setting `extract.paragraphs_max`.
    TooMany,
    /// A list or table is part of the article as a whole.
    Whole,
    /// The entries of a live blog are told with their times.
    LiveTime,
    /// The text was taken from elsewhere, [`Explanation::text_from`].
    OtherText,
    /// A rule for the site chooses other lines.
    SiteRule,
}

impl Rule {
    /// The rule in plain words, as what is said of a line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Rule::RepeatsTitle => "repeats the title",
            Rule::RepeatsLine => "repeats an earlier line",
            Rule::Opening => "a link or byline before the text",
            Rule::HeadsNothing => "a heading with no text under it",
            Rule::Caption => "a few words under a picture",
            Rule::Slide => "a slide of a gallery",
            Rule::Unshown => "not shown",
            Rule::Demand => "a demand to pay or to sign in",
            Rule::Details => "details about the article",
            Rule::NextArticle => "part of the next article",
            Rule::Comment => "a comment of a reader",
            Rule::Translation => "part of a translation",
            Rule::Closing => "an appeal or notice behind the text",
            Rule::TooMany => "beyond extract.paragraphs_max",
            Rule::SiteRule => "not chosen by the rule for the site",
            Rule::Whole => "part of a list or table of the article",
            Rule::LiveTime => "the time of a live blog's entry",
            Rule::OtherText => "given up for a longer text from elsewhere",
        }
    }
}

/// What a property of a line adds to its logit: the probability is half at 0, 73 % at 1, 95 % at 3, 27 % at -1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contribution {
    /// Name of the property.
    pub feature: &'static str,
    /// What the name means, in plain words.
    pub meaning: &'static str,
    /// Whether it is what the line is not that counts.
    pub is_absent: bool,
    /// What is said of the line by it, in a few words, such as "no links".
    pub words: &'static str,
    /// What it adds, directly and by way of the first pass; negative where it speaks against the line.
    pub logit: f32,
}
