//! What speaks for and against a line being part of the article, as numbers with a name, two weights and a meaning.
//!
//! The weights add up to a logit. The first is used for the first look, which sees the line and what stands above it
//! and serves to find the article's place; the second for the second look, which also sees the line's neighbours and
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

        /// Weights of the first look.
        pub(super) const FIRST: [f32; COUNT] = [$($first,)*];

        /// Weights of the second look.
        pub(super) const SECOND: [f32; COUNT] = [$($second,)*];

        /// How many features there are.
        pub(super) const COUNT: usize = [$(stringify!($name),)*].len();
    };
}

// The table. Kept by hand: to learn anew, run `learn_weights` and put its numbers here.
features! {
    /// Holds for every line: what an average line is.
    Always: 0.19, -0.05;
    /// Up to three words.
    Tiny: -1.23, -0.90;
    /// Four to nine words.
    Short: -0.35, -0.28;
    /// Ten to nineteen words.
    Medium: -0.52, -0.12;
    /// Twenty to forty-nine words.
    Long: 0.36, 0.29;
    /// Fifty words and more.
    VeryLong: 1.34, 0.53;
    /// Ends with a full stop or its like.
    Sentence: 0.77, 0.36;
    /// Fewer than ten words that end with a full stop.
    ShortSentence: -0.57, -0.08;
    /// Breaks off with dots.
    Ellipsis: -2.14, -0.73;
    /// Ends with a colon.
    Colon: 0.08, 0.08;
    /// Share of the text that stands in links.
    LinkShare: -2.39, -1.64;
    /// All of it is a link.
    AllLink: 0.25, 1.02;
    /// A link within text that is no link.
    LinkInText: -0.10, -0.33;
    /// All of it is bold or italic.
    AllEmphasis: -0.40, -0.93;
    /// All of it is in capitals.
    Uppercase: -0.84, -1.58;
    /// Share of digits in the text.
    Digits: -1.23, 0.10;
    /// Holds `|`, `·`, `»`, `›` or a bullet, as lists of links and data about an article do.
    Separators: -1.22, -1.02;
    /// Holds an e-mail or web address.
    Address: 0.36, 0.46;
    /// Ends with a question mark.
    Question: -0.28, -0.52;
    /// Begins with a small letter or punctuation, as the rest of something does.
    Begins: -0.14, -0.06;
    /// A `p`.
    Paragraph: 0.35, -0.32;
    /// The first level of headings.
    TopHeading: -2.26, -1.03;
    /// A heading of level 2 or 3.
    Heading: 0.17, 0.79;
    /// A heading of level 4 to 6.
    LowHeading: -0.10, 0.53;
    /// A list item.
    Item: 0.44, 0.41;
    /// A table row.
    Row: 2.41, 1.23;
    /// Text right in a `div` or another container.
    Bare: -1.19, -0.27;
    /// Ended by an empty line of `br`.
    AtBreak: 1.24, -0.26;
    /// All of it in one inline element with a class of its own.
    InlineOwner: 0.21, -0.39;
    /// Under a navigation.
    Navigation: -1.52, -1.17;
    /// Under a foot.
    Footer: -2.53, -0.76;
    /// Under a head.
    Header: -0.10, -0.16;
    /// Under a side bar or widget.
    Aside: -1.62, -0.16;
    /// Under a picture's caption or credit.
    Caption: -0.52, -1.18;
    /// Under a form or control.
    Control: -0.15, -0.34;
    /// Under readers' comments.
    Comments: -4.08, 0.31;
    /// Under links to other articles.
    Related: -1.61, -0.33;
    /// Under share buttons.
    Share: -0.54, -0.63;
    /// Under advertising.
    Advertising: 0.05, -0.25;
    /// Under a newsletter or subscription box.
    Subscribe: -1.39, -1.20;
    /// Under an element that is not shown.
    Hidden: 0.28, -0.13;
    /// Under a byline or author box.
    Author: -4.03, -2.52;
    /// Twenty words and more under a byline or author box: a biography, or an article wrapped in its author's class.
    LongAuthor: -3.04, -2.61;
    /// Under a date.
    Date: 0.51, -1.14;
    /// Under keywords.
    Tags: 0.65, 0.14;
    /// Under an `article` or its like.
    Article: 0.37, -0.23;
    /// Under an element named as running text.
    Body: 1.09, -0.22;
    /// Under an element named as the lead.
    Lead: -0.54, 0.43;
    /// Under an element named as a headline.
    Title: -1.51, -0.29;
    /// Under a cookie notice.
    Consent: -1.75, 0.23;
    /// Under foreign matter set into the text.
    Embed: 1.15, -0.09;
    /// Under a gallery or player.
    Media: 0.73, -0.26;
    /// Under a teaser or card.
    Teaser: -0.15, 0.19;
    /// Under details about the article.
    Details: -0.22, 0.19;
    /// Under a legal or house notice.
    Notice: -0.04, -0.24;
    /// Under the main part.
    Main: 0.45, -0.25;
    /// Under a box of facts or summary.
    Facts: -0.29, 0.14;
    /// Under a quotation.
    Quote: 0.99, 0.63;
    /// How many of the marks that speak against it hold.
    Against: -1.16, 0.43;
    /// Stands in the text that structured data gives.
    InStructured: 1.73, 0.33;
    /// Does not stand in the text that structured data gives.
    NotInStructured: -1.18, -0.26;
    /// Repeats the title.
    IsTitle: 0.10, 0.31;
    /// Begins like the title, or the title like it.
    LikeTitle: -0.06, 0.21;
    /// Is the page's description.
    IsDescription: 1.80, 1.24;
    /// Stands before the page's first heading.
    BeforeHeading: -1.58, -1.11;
    /// Invites to read, watch, follow or subscribe.
    Invites: -2.18, -1.42;
    /// Says whose picture or text it is.
    Credits: -1.55, -1.06;
    /// Copyright and terms.
    Legal: -1.87, -0.63;
    /// A date, and little else.
    Dated: -0.01, -0.09;
    /// Begins as a byline does.
    Byline: -1.72, -1.07;
    /// Stands on the page more than once.
    Repeated: 0.36, 0.48;
    /// In the article's place.
    Inside: 0.00, 0.60;
    /// Before the place, a few lines away.
    JustBefore: 0.00, -0.30;
    /// Before the place, further away.
    FarBefore: 0.00, -0.19;
    /// After the place.
    After: 0.00, -2.08;
    /// How good the line before is.
    Previous: 0.00, 0.61;
    /// How good the line after is.
    Next: 0.00, 1.12;
    /// How good three lines on either side are.
    Around: 0.00, 1.11;
    /// Share of the article's text in lines with the same tags above and the same class.
    PathShare: 0.00, 1.67;
    /// How good lines with the same tags above and the same class are.
    PathGoodness: 0.00, 0.09;
    /// Share of the article's text right under the same parent.
    SameParent: 0.00, -0.19;
    /// Nothing in the place before it is surely text.
    BeforeFirst: 0.00, -0.66;
    /// Nothing in the place after it is surely text.
    AfterLast: 0.00, -1.21;
    /// A heading or short bold line before a good line.
    HeadingOfGood: 0.00, -0.41;
    /// A heading or short bold line before a bad line.
    HeadingOfBad: 0.00, -0.84;
    /// An item in a list that is mostly links.
    ListOfLinks: 0.00, -0.45;
    /// Marks that speak against it, within the place.
    MarkedInside: 0.00, -0.72;
    /// Stands under the same parent as the nearest line that is surely text.
    SiblingOfSure: 0.00, 0.38;
    /// Stands under the same grandparent as the nearest line that is surely text.
    CousinOfSure: 0.00, -0.16;
    /// Lines that are surely text stand close before and close behind.
    Surrounded: 0.00, -0.48;
    /// A heading or short bold line with lines that are surely text close before and close behind.
    HeadingSurrounded: 0.00, 1.23;
    /// Any other line of under ten words with lines that are surely text close before and close behind.
    ShortSurrounded: 0.00, 0.24;
    /// In a small element together with a linked headline, as teasers are.
    InCard: 0.00, -0.26;
    /// In an `article` within the place.
    InNestedArticle: 0.00, -0.77;
    /// Levels that it stands deeper than most of the text, up to six.
    Deeper: 0.00, -0.31;
    /// What the first look said, as a logit over four.
    FirstLook: 0.00, 1.20;
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

    /// The probability that the line is part of the article.
    pub(super) fn probability(&self, weights: &[f32; COUNT]) -> f32 {
        let logit: f32 = self.weighed(weights).sum();
        1.0 / (1.0 + (-logit).exp())
    }
}
