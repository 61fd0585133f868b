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

        #[cfg(test)]
        impl Feature {
            /// All of them, in the order of the table.
            pub(super) const ALL: [Feature; COUNT] = [$(Feature::$name,)*];
        }

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
    Always: 0.10, -0.16;
    /// Up to three words.
    Tiny: -1.28, -0.92;
    /// Four to nine words.
    Short: -0.42, -0.27;
    /// Ten to nineteen words.
    Medium: -0.62, -0.10;
    /// Twenty to forty-nine words.
    Long: 0.31, 0.29;
    /// Fifty words and more.
    VeryLong: 1.37, 0.51;
    /// Ends with a full stop or its like.
    Sentence: 0.80, 0.38;
    /// Fewer than ten words that end with a full stop.
    ShortSentence: -0.62, -0.14;
    /// Breaks off with dots.
    Ellipsis: -2.24, -0.74;
    /// Ends with a colon.
    Colon: 0.16, 0.21;
    /// Share of the text that stands in links.
    LinkShare: -2.46, -1.67;
    /// All of it is a link.
    AllLink: 0.37, 1.17;
    /// A link within text that is no link.
    LinkInText: -0.11, -0.37;
    /// All of it is bold or italic.
    AllEmphasis: -0.36, -0.96;
    /// All of it is in capitals.
    Uppercase: -0.81, -1.46;
    /// Share of digits in the text.
    Digits: -1.13, -0.08;
    /// Holds `|`, `·`, `»`, `›` or a bullet, as lists of links and data about an article do.
    Separators: -1.19, -0.97;
    /// Holds an e-mail or web address.
    Address: 0.17, 0.35;
    /// Ends with a question mark.
    Question: -0.25, -0.40;
    /// Begins with a small letter or punctuation, as the rest of something does.
    Begins: 0.04, 0.14;
    /// A `p`.
    Paragraph: 0.42, -0.50;
    /// The first level of headings.
    TopHeading: -2.21, -1.12;
    /// A heading of level 2 or 3.
    Heading: 0.16, 0.60;
    /// A heading of level 4 to 6.
    LowHeading: -0.20, 0.19;
    /// A list item.
    Item: 0.37, 0.35;
    /// A table row.
    Row: 2.35, 0.94;
    /// Text right in a `div` or another container.
    Bare: -1.11, -0.37;
    /// Ended by an empty line of `br`.
    AtBreak: 1.32, -0.20;
    /// All of it in one inline element with a class of its own.
    InlineOwner: 0.19, -0.32;
    /// Under a navigation.
    Navigation: -1.59, -1.62;
    /// Under a foot.
    Footer: -2.53, -0.71;
    /// Under a head.
    Header: -0.08, -0.15;
    /// Under a side bar or widget.
    Aside: -1.60, -0.24;
    /// Under a picture's caption or credit.
    Caption: -0.56, -1.23;
    /// Under a form or control.
    Control: -0.63, -0.50;
    /// Under readers' comments.
    Comments: -4.25, 0.46;
    /// Under links to other articles.
    Related: -1.48, -0.21;
    /// Under share buttons.
    Share: -0.43, -0.60;
    /// Under advertising.
    Advertising: -0.05, -0.25;
    /// Under a newsletter or subscription box.
    Subscribe: -1.20, -1.22;
    /// Under an element that is not shown.
    Hidden: 0.16, -0.05;
    /// Under a byline or author box.
    Author: -3.64, -2.06;
    /// Twenty words and more under a byline or author box: a biography, or an article wrapped in its author's class.
    LongAuthor: -3.33, -2.91;
    /// Under a date.
    Date: 0.60, -1.20;
    /// Under keywords.
    Tags: 0.66, 0.01;
    /// Under an `article` or its like.
    Article: 0.49, -0.26;
    /// Under an element named as running text.
    Body: 1.09, -0.12;
    /// Under an element named as the lead.
    Lead: -0.45, 0.53;
    /// Under an element named as a headline.
    Title: -1.19, -0.22;
    /// Under a cookie notice.
    Consent: -1.79, 0.28;
    /// Under foreign matter set into the text.
    Embed: 0.49, -0.32;
    /// Under a gallery or player.
    Media: 0.70, -0.36;
    /// Under a teaser or card.
    Teaser: -0.23, 0.15;
    /// Under details about the article.
    Details: -0.58, 0.04;
    /// Under a legal or house notice.
    Notice: -0.47, -0.47;
    /// Under the main part.
    Main: 0.37, -0.19;
    /// Under a box of facts or summary.
    Facts: -0.50, 0.04;
    /// Under a quotation.
    Quote: 0.92, 0.83;
    /// How many of the marks that speak against it hold.
    Against: -1.16, 0.51;
    /// Stands in the text that structured data gives.
    InStructured: 1.93, 0.28;
    /// Does not stand in the text that structured data gives.
    NotInStructured: -1.27, -0.34;
    /// Repeats the title.
    IsTitle: -0.03, 0.20;
    /// Begins like the title, or the title like it.
    LikeTitle: -0.19, 0.08;
    /// Is the page's description.
    IsDescription: 1.97, 1.34;
    /// Stands before the page's first heading.
    BeforeHeading: -1.46, -1.19;
    /// Invites to read, watch, follow or subscribe.
    Invites: -2.10, -1.38;
    /// Says whose picture or text it is.
    Credits: -1.72, -1.02;
    /// Copyright and terms.
    Legal: -1.90, -0.62;
    /// A date, and little else.
    Dated: -0.24, -0.13;
    /// Begins as a byline does.
    Byline: -1.78, -1.09;
    /// Stands on the page more than once.
    Repeated: 0.26, 0.53;
    /// In the article's place.
    Inside: 0.00, 0.48;
    /// Before the place, a few lines away.
    JustBefore: 0.00, 0.04;
    /// Before the place, further away.
    FarBefore: 0.00, 0.21;
    /// After the place.
    After: 0.00, -1.93;
    /// How good the line before is.
    Previous: 0.00, 0.56;
    /// How good the line after is.
    Next: 0.00, 1.08;
    /// How good three lines on either side are.
    Around: 0.00, 0.95;
    /// Share of the article's text in lines with the same tags above and the same class.
    PathShare: 0.00, 1.89;
    /// How good lines with the same tags above and the same class are.
    PathGoodness: 0.00, 0.10;
    /// Share of the article's text right under the same parent.
    SameParent: 0.00, 0.06;
    /// Nothing in the place before it is surely text.
    BeforeFirst: 0.00, -0.40;
    /// Nothing in the place after it is surely text.
    AfterLast: 0.00, -0.91;
    /// A heading or short bold line before a good line.
    HeadingOfGood: 0.00, -0.47;
    /// A heading or short bold line before a bad line.
    HeadingOfBad: 0.00, -0.82;
    /// An item in a list that is mostly links.
    ListOfLinks: 0.00, -0.53;
    /// Marks that speak against it, within the place.
    MarkedInside: 0.00, -0.50;
    /// Stands under the same parent as the nearest line that is surely text.
    SiblingOfSure: 0.00, 0.29;
    /// Stands under the same grandparent as the nearest line that is surely text.
    CousinOfSure: 0.00, -0.08;
    /// Lines that are surely text stand close before and close behind.
    Surrounded: 0.00, -0.39;
    /// A heading or short bold line with lines that are surely text close before and close behind.
    HeadingSurrounded: 0.00, 1.34;
    /// Any other line of under ten words with lines that are surely text close before and close behind.
    ShortSurrounded: 0.00, 0.11;
    /// In a small element together with a linked headline, as teasers are.
    InCard: 0.00, -0.27;
    /// In an `article` within the place.
    InNestedArticle: 0.00, -0.52;
    /// Levels that it stands deeper than most of the text, up to six.
    Deeper: 0.00, -0.35;
    /// What the first look said, as a logit over four.
    FirstLook: 0.00, 0.62;
    /// What the look before said, likewise.
    LookBefore: 0.00, 0.62;
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
