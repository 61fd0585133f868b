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
    Always: 0.38, 0.10;
    /// Up to three words.
    Tiny: -1.28, -0.80;
    /// Four to nine words.
    Short: -0.42, -0.19;
    /// Ten to nineteen words.
    Medium: -0.39, -0.02;
    /// Twenty to forty-nine words.
    Long: 0.57, 0.40;
    /// Fifty words and more.
    VeryLong: 1.47, 0.54;
    /// Ends with a full stop or its like.
    Sentence: 0.61, 0.33;
    /// Fewer than ten words that end with a full stop.
    ShortSentence: -0.35, -0.02;
    /// Breaks off with dots.
    Ellipsis: -2.16, -0.90;
    /// Ends with a colon.
    Colon: -0.06, 0.20;
    /// Share of the text that stands in links.
    LinkShare: -2.55, -1.71;
    /// All of it is a link.
    AllLink: 0.44, 1.16;
    /// A link within text that is no link.
    LinkInText: -0.08, -0.36;
    /// All of it is bold or italic.
    AllEmphasis: -0.44, -1.02;
    /// All of it is in capitals.
    Uppercase: -0.87, -1.59;
    /// Share of digits in the text.
    Digits: -0.91, -0.07;
    /// Holds `|`, `·`, `»`, `›` or a bullet, as lists of links and data about an article do.
    Separators: -1.25, -0.89;
    /// Holds an e-mail or web address.
    Address: 0.10, 0.49;
    /// Ends with a question mark.
    Question: -0.27, -0.43;
    /// Begins with a small letter or punctuation, as the rest of something does.
    Begins: -0.26, 0.02;
    /// A `p`.
    Paragraph: 0.52, -0.41;
    /// The first level of headings.
    TopHeading: -2.35, -1.09;
    /// A heading of level 2 or 3.
    Heading: 0.34, 0.82;
    /// A heading of level 4 to 6.
    LowHeading: -0.04, 0.51;
    /// A list item.
    Item: 0.46, 0.06;
    /// A table row.
    Row: 2.20, 0.57;
    /// Text right in a `div` or another container.
    Bare: -0.79, -0.23;
    /// Ended by an empty line of `br`.
    AtBreak: 1.06, -0.62;
    /// All of it in one inline element with a class of its own.
    InlineOwner: 0.16, -0.37;
    /// Under a navigation.
    Navigation: -1.76, -1.52;
    /// Under a foot.
    Footer: -2.72, -0.70;
    /// Under a head.
    Header: -0.14, -0.15;
    /// Under a side bar or widget.
    Aside: -1.58, -0.19;
    /// Under a picture's caption or credit.
    Caption: -0.22, -1.08;
    /// Under a form or control.
    Control: -0.33, -0.45;
    /// Under readers' comments.
    Comments: -4.41, 0.10;
    /// Under links to other articles.
    Related: -1.45, -0.30;
    /// Under share buttons.
    Share: -0.49, -0.53;
    /// Under advertising.
    Advertising: -0.18, -0.35;
    /// Under a newsletter or subscription box.
    Subscribe: -1.13, -1.34;
    /// Under an element that is not shown.
    Hidden: 0.05, -0.10;
    /// Under a byline or author box.
    Author: -3.66, -1.97;
    /// Twenty words and more under a byline or author box: a biography, or an article wrapped in its author's class.
    LongAuthor: -3.21, -3.08;
    /// Under a date.
    Date: 0.55, -1.08;
    /// Under keywords.
    Tags: 0.63, 0.12;
    /// Under an `article` or its like.
    Article: 0.26, -0.17;
    /// Under an element named as running text.
    Body: 1.01, -0.05;
    /// Under an element named as the lead.
    Lead: -0.42, 0.43;
    /// Under an element named as a headline.
    Title: -0.99, -0.22;
    /// Under a cookie notice.
    Consent: -1.95, 0.33;
    /// Under foreign matter set into the text.
    Embed: 0.25, -0.36;
    /// Under a gallery or player.
    Media: 0.86, -0.32;
    /// Under a teaser or card.
    Teaser: -0.21, 0.10;
    /// Under details about the article.
    Details: -0.66, 0.05;
    /// Under a legal or house notice.
    Notice: -0.22, -0.42;
    /// Under the main part.
    Main: 0.39, -0.15;
    /// Under a box of facts or summary.
    Facts: -0.33, -0.00;
    /// Under a quotation.
    Quote: 0.79, 0.78;
    /// How many of the marks that speak against it hold.
    Against: -1.09, 0.47;
    /// Stands in the text that structured data gives.
    InStructured: 2.42, 0.83;
    /// Does not stand in the text that structured data gives.
    NotInStructured: -0.36, -0.35;
    /// Repeats the title.
    IsTitle: -0.08, 0.11;
    /// Begins like the title, or the title like it.
    LikeTitle: -0.18, 0.13;
    /// Is the page's description.
    IsDescription: 1.95, 1.40;
    /// Stands before the page's first heading.
    BeforeHeading: -1.47, -1.16;
    /// Invites to read, watch, follow or subscribe.
    Invites: -2.09, -1.46;
    /// Says whose picture or text it is.
    Credits: -1.57, -0.86;
    /// Copyright and terms.
    Legal: -1.67, -0.60;
    /// A date, and little else.
    Dated: -0.32, -0.09;
    /// Begins as a byline does.
    Byline: -2.22, -1.41;
    /// Stands on the page more than once.
    Repeated: 0.28, 0.53;
    /// Alone with a picture in a small element.
    WithImage: -1.50, -0.15;
    /// Behind a picture.
    AfterImage: 0.10, -0.32;
    /// Before a picture.
    BeforeImage: -0.39, 0.62;
    /// In a small element with a button or field.
    WithInput: -1.53, -0.08;
    /// Beyond the last line that stands in the text that structured data gives, or before the first.
    OutsideStructured: -0.63, 0.37;
    /// How much of the page's prose stands in the text that structured data gives.
    StructuredShare: -0.72, -0.42;
    /// Right under the title.
    UnderTitle: 0.25, -0.27;
    /// In the article's place.
    Inside: 0.00, 0.47;
    /// Before the place, a few lines away.
    JustBefore: 0.00, -0.75;
    /// Before the place, further away.
    FarBefore: 0.00, -0.66;
    /// After the place.
    After: 0.00, -1.28;
    /// How good the line before is.
    Previous: 0.00, 0.74;
    /// How good the line after is.
    Next: 0.00, 0.52;
    /// How good three lines on either side are.
    Around: 0.00, 1.26;
    /// Share of the article's text in lines with the same tags above and the same class.
    PathShare: 0.00, 1.65;
    /// How good lines with the same tags above and the same class are.
    PathGoodness: 0.00, 0.02;
    /// Share of the article's text right under the same parent.
    SameParent: 0.00, 0.01;
    /// Nothing in the place before it is surely text.
    BeforeFirst: 0.00, -0.79;
    /// Nothing in the place after it is surely text.
    AfterLast: 0.00, -0.51;
    /// A heading or short bold line before a good line.
    HeadingOfGood: 0.00, -0.20;
    /// A heading or short bold line before a bad line.
    HeadingOfBad: 0.00, -1.08;
    /// An item in a list that is mostly links.
    ListOfLinks: 0.00, -0.41;
    /// Marks that speak against it, within the place.
    MarkedInside: 0.00, -0.49;
    /// Stands under the same parent as the nearest line that is surely text.
    SiblingOfSure: 0.00, -0.08;
    /// Stands under the same grandparent as the nearest line that is surely text.
    CousinOfSure: 0.00, 0.23;
    /// Lines that are surely text stand close before and close behind.
    Surrounded: 0.00, -0.30;
    /// A heading or short bold line with lines that are surely text close before and close behind.
    HeadingSurrounded: 0.00, 1.20;
    /// Any other line of under ten words with lines that are surely text close before and close behind.
    ShortSurrounded: 0.00, 0.10;
    /// In a small element together with a linked headline, as teasers are.
    InCard: 0.00, -0.22;
    /// In an `article` within the place.
    InNestedArticle: 0.00, -0.66;
    /// Levels that it stands deeper than most of the text, up to six.
    Deeper: 0.00, -0.33;
    /// Lines up to the nearest before it that is surely text.
    GapBefore: 0.00, 0.02;
    /// Lines up to the nearest behind it that is surely text.
    GapBehind: 0.00, 0.04;
    /// The same tags above and the same class as the line before.
    LikePrevious: 0.00, 0.21;
    /// The same tags above and the same class as the line after.
    LikeNext: 0.00, 0.52;
    /// Share of the text after it that stands in links.
    NextLinks: 0.00, -0.40;
    /// How much of what is surely text stands before it.
    Progress: 0.00, -1.49;
    /// What the first look said, as a logit over four.
    FirstLook: 0.00, 0.60;
    /// What the look before said, likewise.
    LookBefore: 0.00, 0.60;
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
