//! What speaks for and against a line being part of the article, as numbers with a name, two weights and a meaning.
//!
//! The weights add up to a logit. The first is used for the first pass, which sees the line and what stands above it
//! and serves to find the article's place; the second for the second pass, which also sees the line's neighbours and
//! its place in relation to the article's. They were learned (`learn`) on pages whose article is known, and rounded.

/// Declares the features, so that name, weights and meaning stand in one line of one table.
macro_rules! features {
    ($($(#[doc = $meaning:literal])+ $name:ident: $first:expr, $second:expr;)*) => {
        /// A property of a line that is weighed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Feature {
            $($(#[doc = $meaning])+ $name,)*
        }

        /// Names, in the order of the table.
        pub(super) const NAMES: [&str; COUNT] = [$(stringify!($name),)*];

        /// Meanings, as the table's comments say them, with the blank that comments begin with.
        pub(super) const MEANINGS: [&str; COUNT] = [$(concat!($($meaning),+),)*];

        impl Feature {
            /// All of them, in the order of the table.
            pub(super) const ALL: [Feature; COUNT] = [$(Feature::$name,)*];
        }

        /// Weights of the first pass.
        pub(super) const FIRST: [f32; COUNT] = [$($first,)*];

        /// Weights of the second pass.
        pub(super) const SECOND: [f32; COUNT] = [$($second,)*];

        /// How many features there are.
        pub(super) const COUNT: usize = [$(stringify!($name),)*].len();
    };
}

// The table. Kept by hand: to learn it again, run `learn_weights` and put its numbers here. Names and meanings are printed;
// that is why the last two say "look" where all else says "pass".
features! {
    /// Holds for every line: what an average line is.
    Always: 0.26, 0.19;
    /// Up to three words.
    Tiny: -0.86, -0.47;
    /// Four to nine words.
    Short: 0.03, 0.14;
    /// Ten to nineteen words.
    Medium: -0.40, -0.10;
    /// Twenty to forty-nine words.
    Long: 0.34, 0.22;
    /// Fifty words and more.
    VeryLong: 1.01, 0.43;
    /// Ends with a full stop or its like.
    Sentence: 0.99, 0.49;
    /// Fewer than ten words that end with a full stop.
    ShortSentence: -0.83, -0.39;
    /// Breaks off with dots.
    Ellipsis: -2.12, -0.81;
    /// Ends with a colon.
    Colon: 0.80, 0.47;
    /// Share of the text that stands in links.
    LinkShare: -1.57, -1.06;
    /// All of it is a link.
    AllLink: -0.33, 0.59;
    /// A link within text that is no link.
    LinkInText: -0.23, -0.34;
    /// All of it is bold or italic.
    AllEmphasis: 0.01, -0.47;
    /// All of it is in capitals.
    Uppercase: -0.85, -0.97;
    /// Share of digits in the text.
    Digits: -0.25, 0.17;
    /// Holds `|`, `·`, `»`, `›` or a bullet, as lists of links and data about an article do.
    Separators: -0.50, -0.40;
    /// Holds an e-mail or web address.
    Address: -0.22, 0.19;
    /// Ends with a question mark.
    Question: 0.01, -0.02;
    /// Begins with a small letter or punctuation, as the rest of something does.
    Begins: -0.56, -0.23;
    /// A `p`.
    Paragraph: 0.42, -0.17;
    /// The first level of headings.
    TopHeading: -1.75, -0.35;
    /// A heading of level 2 or 3.
    Heading: 0.80, 1.25;
    /// A heading of level 4 to 6.
    LowHeading: 0.13, 0.66;
    /// A list item.
    Item: 0.68, 0.08;
    /// A table row.
    Row: 0.46, -0.27;
    /// Text right in a `div` or another container.
    Bare: -0.97, -0.21;
    /// Ended by an empty line of `br`.
    AtBreak: 0.73, -0.51;
    /// All of it in one inline element with a class of its own.
    InlineOwner: -0.01, -0.25;
    /// Under a navigation.
    Navigation: -0.06, 0.14;
    /// Under a foot.
    Footer: -3.41, -0.57;
    /// Under a head.
    Header: -0.28, -0.47;
    /// Under a side bar or widget.
    Aside: -0.60, 0.24;
    /// Under a picture's caption or credit.
    Caption: 0.53, -0.72;
    /// Under a form or control.
    Control: -1.57, -0.82;
    /// Under readers' comments.
    Comments: -5.50, 0.48;
    /// Under links to other articles.
    Related: -1.91, -0.13;
    /// Under share buttons.
    Share: -0.58, -0.06;
    /// Under advertising.
    Advertising: 0.27, -0.11;
    /// Under a newsletter or subscription box.
    Subscribe: -1.17, -0.60;
    /// Under an element that is not shown.
    Hidden: 0.30, -0.09;
    /// Under a byline or author box.
    Author: -2.37, -0.72;
    /// Twenty words and more under a byline or author box: a biography, or an article wrapped in its author's class.
    LongAuthor: -2.21, 0.05;
    /// Under a date.
    Date: 0.36, -0.50;
    /// Under keywords.
    Tags: 0.73, -0.03;
    /// Under an `article` or its like.
    Article: 0.13, -0.02;
    /// Under an element named as running text.
    Body: 0.77, -0.34;
    /// Under an element named as the lead.
    Lead: 0.02, 0.41;
    /// Under an element named as a headline.
    Title: -0.57, -0.09;
    /// Under a cookie notice.
    Consent: -0.83, -0.74;
    /// Under foreign matter set into the text.
    Embed: 0.37, -0.11;
    /// Under a gallery or player.
    Media: 0.29, -0.22;
    /// Under a teaser or card.
    Teaser: 0.17, 0.30;
    /// Under details about the article.
    Details: -0.28, 0.09;
    /// Under a legal or house notice.
    Notice: -0.55, -0.63;
    /// Under the main part.
    Main: 0.79, -0.01;
    /// Under a box of facts or summary.
    Facts: -0.15, 0.26;
    /// Under a quotation.
    Quote: 0.90, 0.59;
    /// How many of the marks that speak against it hold.
    Against: -1.14, 0.15;
    /// Stands in the text that structured data gives.
    InStructured: 2.55, 0.81;
    /// Does not stand in the text that structured data gives.
    NotInStructured: -0.32, -0.73;
    /// Repeats the title.
    IsTitle: -0.90, -0.20;
    /// Begins like the title, or the title like it.
    LikeTitle: -0.30, 0.27;
    /// Is the page's description.
    IsDescription: 1.17, 1.20;
    /// Stands before the page's first heading.
    BeforeHeading: -2.37, -1.61;
    /// Invites to read, watch, follow or subscribe.
    Invites: -1.98, -1.17;
    /// Says whose picture or text it is.
    Credits: -1.39, -0.96;
    /// Copyright and terms.
    Legal: -1.51, -0.36;
    /// A date, and little else.
    Dated: -0.03, -0.13;
    /// Begins as a byline does.
    Byline: -1.97, -1.12;
    /// Stands on the page more than once.
    Repeated: 0.44, 0.53;
    /// Alone with a picture in a small element.
    WithImage: -1.67, -0.11;
    /// Behind a picture.
    AfterImage: -0.01, -0.30;
    /// Before a picture.
    BeforeImage: -0.44, 0.33;
    /// In a small element with a button or field.
    WithInput: -1.32, 0.09;
    /// Beyond the last line that stands in the text that structured data gives, or before the first.
    OutsideStructured: -0.65, 0.82;
    /// How much of the page's prose stands in the text that structured data gives.
    StructuredShare: -1.18, -0.28;
    /// Right under the title.
    UnderTitle: -0.34, -0.13;
    /// In the article's place.
    Inside: 0.00, 1.07;
    /// Before the place, a few lines away.
    JustBefore: 0.00, -0.29;
    /// Before the place, further away.
    FarBefore: 0.00, -0.92;
    /// After the place.
    After: 0.00, -1.49;
    /// How good the line before is.
    Previous: 0.00, 0.40;
    /// How good the line after is.
    Next: 0.00, 0.24;
    /// How good three lines on either side are.
    Around: 0.00, 1.85;
    /// Share of the article's text in lines with the same tags above and the same class.
    PathShare: 0.00, 1.35;
    /// How good lines with the same tags above and the same class are.
    PathGoodness: 0.00, 0.19;
    /// Share of the article's text right under the same parent.
    SameParent: 0.00, -0.37;
    /// Nothing in the place before it is surely text.
    BeforeFirst: 0.00, -0.93;
    /// Nothing in the place after it is surely text.
    AfterLast: 0.00, -0.80;
    /// A heading or short bold line before a good line.
    HeadingOfGood: 0.00, -0.39;
    /// A heading or short bold line before a bad line.
    HeadingOfBad: 0.00, -1.23;
    /// An item in a list that is mostly links.
    ListOfLinks: 0.00, -0.06;
    /// Marks that speak against it, within the place.
    MarkedInside: 0.00, -0.31;
    /// Stands under the same parent as the nearest line that is surely text.
    SiblingOfSure: 0.00, -0.19;
    /// Stands under the same grandparent as the nearest line that is surely text.
    CousinOfSure: 0.00, 0.39;
    /// Lines that are surely text stand close before and close behind.
    Surrounded: 0.00, 0.06;
    /// A heading or short bold line with lines that are surely text close before and close behind.
    HeadingSurrounded: 0.00, 0.78;
    /// Any other line of under ten words with lines that are surely text close before and close behind.
    ShortSurrounded: 0.00, -0.33;
    /// In a small element together with a linked headline, as teasers are.
    InCard: 0.00, 0.44;
    /// In an `article` within the place.
    InNestedArticle: 0.00, -0.17;
    /// Levels that it stands deeper than most of the text, up to six.
    Deeper: 0.00, -0.08;
    /// Lines up to the nearest before it that is surely text.
    GapBefore: 0.00, 0.04;
    /// Lines up to the nearest behind it that is surely text.
    GapBehind: 0.00, 0.06;
    /// The same tags above and the same class as the line before.
    LikePrevious: 0.00, 0.04;
    /// The same tags above and the same class as the line after.
    LikeNext: 0.00, 0.27;
    /// Share of the text after it that stands in links.
    NextLinks: 0.00, -0.26;
    /// How much of what is surely text stands before it.
    Progress: 0.00, -1.45;
    /// How good the lines under the same parent are, of lists and rows under the whole list or table.
    ParentGoodness: 0.00, 0.77;
    /// How good the lines under the parent's parent are.
    GrandparentGoodness: 0.00, 0.06;
    /// How good the nearest heading above is, where there is one; the first-level heading is as good as any.
    HeadingAbove: 0.00, -0.05;
    /// The nearest heading above invites to read, watch, follow or subscribe.
    UnderInvitation: 0.00, -0.66;
    /// Lines of the page with the same tags above and the same class, as a logarithm over eight.
    PathLines: 0.00, 1.09;
    /// Share of the page's text that stands in links.
    PageLinks: 0.00, -1.29;
    /// Words of the page that are surely text, as a logarithm over eight.
    PageWords: 0.00, -1.88;
    /// What the first look said, as a logit over four.
    FirstLook: 0.00, 0.46;
    /// What the look before said, likewise.
    LookBefore: 0.00, 0.46;
}

/// The features of one line.
#[derive(Clone, Debug)]
pub(super) struct Features(pub(super) [f32; COUNT]);

impl Features {
    pub(super) fn new() -> Self {
        let mut features = Features([0.0; COUNT]);
        features.set(Feature::Always, 1.0);
        features
    }

    pub(super) fn set(&mut self, feature: Feature, value: f32) {
        self.0[feature as usize] = value;
    }

    pub(super) fn mark(&mut self, feature: Feature, holds: bool) {
        self.set(feature, f32::from(u8::from(holds)));
    }

    /// What each feature adds to the logit, in the order of the table.
    pub(super) fn weighed<'a>(&'a self, weights: &'a [f32; COUNT]) -> impl Iterator<Item = f32> + 'a {
        self.0.iter().zip(weights).map(|(value, weight)| value * weight)
    }

    /// How much speaks for the line, as a logit.
    pub(super) fn logit(&self, weights: &[f32; COUNT]) -> f32 {
        self.weighed(weights).sum()
    }

    /// The probability that the line is part of the article.
    pub(super) fn probability(&self, weights: &[f32; COUNT]) -> f32 {
        probability(self.logit(weights))
    }
}

/// The probability that a logit stands for.
pub(super) fn probability(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}
