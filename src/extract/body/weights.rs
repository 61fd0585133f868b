features! {
    /// Holds for every line: what an average line is.
    Always: 0.19, -0.20;
    /// Up to three words.
    Tiny: -1.23, -0.79;
    /// Four to nine words.
    Short: -0.35, -0.24;
    /// Ten to nineteen words.
    Medium: -0.53, -0.25;
    /// Twenty to forty-nine words.
    Long: 0.36, 0.15;
    /// Fifty words and more.
    VeryLong: 1.34, 0.48;
    /// Ends with a full stop or its like.
    Sentence: 0.77, 0.39;
    /// Fewer than ten words that end with a full stop.
    ShortSentence: -0.57, -0.17;
    /// Breaks off with dots.
    Ellipsis: -2.14, -0.69;
    /// Ends with a colon.
    Colon: 0.08, 0.17;
    /// Share of the text that stands in links.
    LinkShare: -2.38, -1.62;
    /// All of it is a link.
    AllLink: 0.24, 0.94;
    /// A link within text that is no link.
    LinkInText: -0.10, -0.24;
    /// All of it is bold or italic.
    AllEmphasis: -0.39, -0.73;
    /// All of it is in capitals.
    Uppercase: -0.83, -1.51;
    /// Share of digits in the text.
    Digits: -1.23, -0.02;
    /// Holds `|`, `·`, `»`, `›` or a bullet, as lists of links and data about an article do.
    Separators: -1.22, -0.95;
    /// Holds an e-mail or web address.
    Address: 0.36, 0.59;
    /// Ends with a question mark.
    Question: -0.28, -0.44;
    /// Begins with a small letter or punctuation, as the rest of something does.
    Begins: -0.14, -0.11;
    /// A `p`.
    Paragraph: 0.35, -0.35;
    /// The first level of headings.
    TopHeading: -2.32, -1.26;
    /// A heading of level 2 or 3.
    Heading: 0.18, 0.84;
    /// A heading of level 4 to 6.
    LowHeading: -0.09, 0.56;
    /// A list item.
    Item: 0.45, 0.33;
    /// A table row.
    Row: 2.41, 0.96;
    /// Text right in a `div` or another container.
    Bare: -1.19, -0.41;
    /// Ended by an empty line of `br`.
    AtBreak: 1.24, -0.24;
    /// All of it in one inline element with a class of its own.
    InlineOwner: 0.21, -0.26;
    /// Under a navigation.
    Navigation: -1.52, -1.18;
    /// Under a foot.
    Footer: -2.53, -0.56;
    /// Under a head.
    Header: -0.10, -0.23;
    /// Under a side bar or widget.
    Aside: -1.62, -0.10;
    /// Under a picture's caption or credit.
    Caption: -0.54, -1.11;
    /// Under a form or control.
    Control: -0.17, -0.35;
    /// Under readers' comments.
    Comments: -4.08, 0.23;
    /// Under links to other articles.
    Related: -1.62, -0.33;
    /// Under share buttons.
    Share: -0.54, -0.53;
    /// Under advertising.
    Advertising: 0.05, -0.29;
    /// Under a newsletter or subscription box.
    Subscribe: -1.38, -0.62;
    /// Under an element that is not shown.
    Hidden: 0.28, -0.03;
    /// Under a byline or author box.
    Author: -4.03, -2.49;
    /// The same, twenty words and more: a biography, or an article wrapped in its author's class.
    LongAuthor: -3.04, -2.72;
    /// Under a date.
    Date: 0.52, -0.74;
    /// Under keywords.
    Tags: 0.66, 0.15;
    /// Under an `article` or its like.
    Article: 0.37, -0.32;
    /// Under an element named as running text.
    Body: 1.08, -0.27;
    /// Under an element named as the lead.
    Lead: -0.53, 0.31;
    /// Under an element named as a headline.
    Title: -1.52, -0.43;
    /// Under a cookie notice.
    Consent: -1.76, 0.05;
    /// Under foreign matter set into the text.
    Embed: 1.16, -0.04;
    /// Under a gallery or player.
    Media: 0.74, -0.31;
    /// Under a teaser or card.
    Teaser: -0.15, 0.05;
    /// Under details about the article.
    Details: -0.22, 0.24;
    /// Under a legal or house notice.
    Notice: -0.04, 0.09;
    /// Under the main part.
    Main: 0.46, -0.32;
    /// Under a box of facts or summary.
    Facts: -0.29, 0.14;
    /// Under a quotation.
    Quote: 0.99, 0.47;
    /// How many of the marks that speak against it hold.
    Against: -1.16, 0.29;
    /// Stands in the text that structured data gives.
    InStructured: 1.72, 0.48;
    /// Does not, though there is such a text.
    NotInStructured: -1.18, -0.24;
    /// Repeats the title.
    IsTitle: 0.13, 0.47;
    /// Begins like the title, or the title like it.
    LikeTitle: 0.01, 0.34;
    /// Is the page's description.
    IsDescription: 1.78, 1.52;
    /// Stands before the page's first heading.
    BeforeHeading: -1.57, -1.03;
    /// Invites to read, watch, follow or subscribe.
    Invites: -2.18, -1.38;
    /// Says whose picture or text it is.
    Credits: -1.52, -1.05;
    /// Copyright and terms.
    Legal: -1.55, -0.30;
    /// A date, and little else.
    Dated: -0.02, -0.16;
    /// Begins as a byline does.
    Byline: -1.71, -1.08;
    /// Stands on the page more than once.
    Repeated: 0.35, 0.37;
    /// In the article's place.
    Inside: 0.00, 0.49;
    /// Before the place, a few lines away.
    JustBefore: 0.00, -0.20;
    /// Before the place, further away.
    FarBefore: 0.00, -0.34;
    /// After the place.
    After: 0.00, -2.13;
    /// How good the line before is.
    Previous: 0.00, 0.65;
    /// How good the line after is.
    Next: 0.00, 1.05;
    /// How good three lines on either side are.
    Around: 0.00, 1.02;
    /// Share of the article's text in lines with the same tags above and the same class.
    PathShare: 0.00, 1.82;
    /// How good lines with the same tags above and the same class are.
    PathGoodness: 0.00, 0.14;
    /// Share of the article's text right under the same parent.
    SameParent: 0.00, 0.09;
    /// Nothing in the place before it is surely text.
    BeforeFirst: 0.00, -0.35;
    /// Nothing in the place after it is surely text.
    AfterLast: 0.00, -1.21;
    /// A heading or short bold line before a good line.
    HeadingOfGood: 0.00, 0.06;
    /// One before a bad line.
    HeadingOfBad: 0.00, -0.78;
    /// An item in a list that is mostly links.
    ListOfLinks: 0.00, -0.53;
    /// Marks that speak against it, within the place.
    MarkedInside: 0.00, -0.82;
    /// What the first look said, as a logit over four.
    FirstLook: 0.00, 1.12;
}
