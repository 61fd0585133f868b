//! Features in a few words, for people who ask why a line was kept or dropped.
//!
//! Each has words for a line that has the property, and for one that has it not: "no link" says more than that it is
//! not the case that all of it is a link.

use super::features::Feature;

/// What is said of a line that has the property, and of one that has it not.
pub(super) fn of(feature: Feature, is_absent: bool) -> &'static str {
    let (has, has_not) = pair(feature);
    if is_absent { has_not } else { has }
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn pair(feature: Feature) -> (&'static str, &'static str) {
    match feature {
        Feature::Always => ("as any line", "as any line"),
        Feature::Tiny => ("three words at most", "more than three words"),
        Feature::Short => ("4 to 9 words", "not 4 to 9 words"),
        Feature::Medium => ("10 to 19 words", "not 10 to 19 words"),
        Feature::Long => ("20 to 49 words", "not 20 to 49 words"),
        Feature::VeryLong => ("50 words or more", "under 50 words"),
        Feature::Sentence => ("ends like a sentence", "no end of a sentence"),
        Feature::ShortSentence => ("a short sentence", "no short sentence"),
        Feature::Ellipsis => ("breaks off with dots", "does not break off"),
        Feature::Colon => ("ends with a colon", "no colon at its end"),
        Feature::LinkShare => ("links in it", "no links"),
        Feature::AllLink => ("all link", "not all link"),
        Feature::LinkInText => ("a link within text", "no link within text"),
        Feature::AllEmphasis => ("all bold or italic", "not all bold or italic"),
        Feature::Uppercase => ("all capitals", "not all capitals"),
        Feature::Digits => ("digits", "no digits"),
        Feature::Separators => ("bars, arrows or bullets", "no bars, arrows or bullets"),
        Feature::Address => ("an address", "no address"),
        Feature::Question => ("a question", "no question"),
        Feature::Begins => ("begins small", "no small beginning"),
        Feature::Paragraph => ("a paragraph by its tag", "no paragraph by its tag"),
        Feature::TopHeading => ("a first-level heading", "no first-level heading"),
        Feature::Heading => ("a heading", "no heading"),
        Feature::LowHeading => ("a low heading", "no low heading"),
        Feature::Item => ("a list item", "no list item"),
        Feature::Row => ("a table row", "no table row"),
        Feature::Bare => ("bare text in a container", "in an element of its own"),
        Feature::AtBreak => ("ends at a break", "ends at no break"),
        Feature::InlineOwner => ("in an inline element", "in no inline element"),
        Feature::Navigation => ("in a navigation", "in no navigation"),
        Feature::Footer => ("in a foot", "in no foot"),
        Feature::Header => ("in a head", "in no head"),
        Feature::Aside => ("in a side bar", "in no side bar"),
        Feature::Caption => ("in a caption", "in no caption"),
        Feature::Control => ("in a form or control", "in no form or control"),
        Feature::Comments => ("in comments", "not in comments"),
        Feature::Related => ("in links to other articles", "not in links to other articles"),
        Feature::Share => ("in share buttons", "not in share buttons"),
        Feature::Advertising => ("in advertising", "not in advertising"),
        Feature::Subscribe => ("in a subscription box", "in no subscription box"),
        Feature::Hidden => ("hidden", "not hidden"),
        Feature::Author => ("in a byline", "in no byline"),
        Feature::LongAuthor => ("long, in an author box", "not long in an author box"),
        Feature::Date => ("in a date", "in no date"),
        Feature::Tags => ("among keywords", "not among keywords"),
        Feature::Article => ("in an article element", "in no article element"),
        Feature::Body => ("in a text element", "in no text element"),
        Feature::Lead => ("in a lead element", "in no lead element"),
        Feature::Title => ("in a headline element", "in no headline element"),
        Feature::Consent => ("in a cookie notice", "in no cookie notice"),
        Feature::Embed => ("in an embed", "in no embed"),
        Feature::Media => ("in a gallery or player", "in no gallery or player"),
        Feature::Teaser => ("in a teaser", "in no teaser"),
        Feature::Details => ("in details about the article", "not in details about the article"),
        Feature::Notice => ("in a notice", "in no notice"),
        Feature::Main => ("in the main part", "not in a main part"),
        Feature::Facts => ("in a box of facts", "in no box of facts"),
        Feature::Quote => ("in a quotation", "in no quotation"),
        Feature::Against => ("marks against it", "no marks against it"),
        Feature::InStructured => ("in the structured text", "not in the structured text"),
        Feature::NotInStructured => ("missing in the structured text", "not missing in a structured text"),
        Feature::IsTitle => ("repeats the title", "does not repeat the title"),
        Feature::LikeTitle => ("like the title", "not like the title"),
        Feature::IsDescription => ("the page's description", "not the page's description"),
        Feature::BeforeHeading => ("above the first heading", "not above the first heading"),
        Feature::Invites => ("invites to read or subscribe", "no invitation"),
        Feature::Credits => ("a credit", "no credit"),
        Feature::Legal => ("a legal line", "no legal line"),
        Feature::Dated => ("a date", "no date"),
        Feature::Byline => ("begins as a byline", "no byline"),
        Feature::Repeated => ("stands twice", "stands once"),
        Feature::WithImage => ("alone with a picture", "not alone with a picture"),
        Feature::AfterImage => ("behind a picture", "not behind a picture"),
        Feature::BeforeImage => ("before a picture", "not before a picture"),
        Feature::WithInput => ("beside a button or field", "no button or field beside it"),
        Feature::OutsideStructured => ("beyond the structured text", "not beyond a structured text"),
        Feature::StructuredShare => ("share of structured text", "no structured text on the page"),
        Feature::UnderTitle => ("right under the title", "not right under the title"),
        Feature::Inside => ("in the article's place", "outside the article's place"),
        Feature::JustBefore => ("just before the place", "not just before the place"),
        Feature::FarBefore => ("far before the place", "not far before the place"),
        Feature::After => ("after the place", "not after the place"),
        Feature::Previous => ("the line before", "a bad line before"),
        Feature::Next => ("the line after", "a bad line after"),
        Feature::Around => ("the lines around", "bad lines around"),
        Feature::PathShare => ("text of the same make", "no text of the same make"),
        Feature::PathGoodness => ("lines of the same make", "bad lines of the same make"),
        Feature::SameParent => ("text beside it", "no text beside it"),
        Feature::BeforeFirst => ("before the text", "not before the text"),
        Feature::AfterLast => ("after the text", "not after the text"),
        Feature::HeadingOfGood => ("heads text", "heads no text"),
        Feature::HeadingOfBad => ("heads no text", "no heading without text"),
        Feature::ListOfLinks => ("in a list of links", "in no list of links"),
        Feature::MarkedInside => ("marks against it in the place", "no marks against it in the place"),
        Feature::SiblingOfSure => ("beside sure text", "not beside sure text"),
        Feature::CousinOfSure => ("near sure text", "not near sure text"),
        Feature::Surrounded => ("between sure text", "not between sure text"),
        Feature::HeadingSurrounded => ("a heading between sure text", "no heading between sure text"),
        Feature::ShortSurrounded => ("short between sure text", "not short between sure text"),
        Feature::InCard => ("in a card with a linked headline", "in no card"),
        Feature::InNestedArticle => ("in an article within the place", "in no article within the place"),
        Feature::Deeper => ("deeper than the text", "as deep as the text"),
        Feature::GapBefore => ("how far from text before", "right behind text"),
        Feature::GapBehind => ("how far from text behind", "right before text"),
        Feature::LikePrevious => ("made like the line before", "made unlike the line before"),
        Feature::LikeNext => ("made like the line after", "made unlike the line after"),
        Feature::NextLinks => ("links in the line after", "no links in the line after"),
        Feature::Progress => ("how much text stands before", "no text before"),
        Feature::ParentGoodness => ("what stands beside it", "nothing good beside it"),
        Feature::GrandparentGoodness => ("what stands around it", "nothing good around it"),
        Feature::HeadingAbove => ("the heading above", "a bad heading above"),
        Feature::UnderInvitation => ("under an invitation", "under no invitation"),
        Feature::PathLines => ("lines made alike", "no lines made alike"),
        Feature::PageLinks => ("links on the page", "no links on the page"),
        Feature::PageWords => ("text on the page", "no text on the page"),
        Feature::FirstLook => ("the first look", "the first look"),
        Feature::LookBefore => ("the look before", "the look before"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Longest words for a feature: three of them stand in one line of a terminal.
    const CHARACTERS_MAX: usize = 36;

    #[test]
    fn words_are_few() {
        for feature in Feature::ALL {
            for words in [of(feature, false), of(feature, true)] {
                assert!((1..=CHARACTERS_MAX).contains(&words.chars().count()), "{feature:?}: {words}");
                assert!(!words.ends_with('.') && !words.starts_with(char::is_uppercase), "{feature:?}: {words}");
            }
        }
    }
}
