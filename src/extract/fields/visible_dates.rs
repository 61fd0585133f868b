//! The dates that a page shows for its article: in `time` elements, in elements whose names say that they hold dates or
//! authors, and in the lines around the headline and behind the text.
//!
//! A page shows dates of much else. Of those that are not known to be of something else the ones count that stand
//! nearest to the headline, and those of a change only where there is no other.

use super::super::page::class_names::Marks;
use super::super::page::tags::Tag;
use super::super::page::{Line, Page};
use super::super::text::{count_words, ends_like_sentence};
use super::bylines::opens_byline;
use super::date_labels::{Label, labelled_dates};
use super::layout::{Layout, Standing, glued_pieces, glued_pieces_of_line};
use crate::dates;
use crate::model::{Evidence, Origin};
use crate::scripts::is_han_or_kana;

/// Elements of one kind looked at.
const ELEMENTS_MAX: usize = 50;

/// Longest line without a mark that is looked through for a date, in bytes.
const LINE_BYTES_MAX: usize = 200;

/// Longest line that announces the date in the line below it: `Published`.
const ANNOUNCEMENT_BYTES_MAX: usize = 40;

/// How much longer than the date the text of a link is that leads to another article.
const LINK_BYTES_SPARE: usize = 20;

/// Fewest words of the headline of another article behind the text.
const OTHER_HEADLINE_WORDS_MIN: usize = 3;

/// What stands between a date and the time, the author or the minutes that it takes to read, in a line about an article.
const SEPARATORS: [char; 8] = ['|', '·', '•', ',', '/', '–', '—', '-'];

/// Attributes in which scripts keep the date of an element, as text or as a number.
const DATE_ATTRIBUTES: [&str; 13] = [
    "data-timestamp",
    "data-datetime",
    "data-date",
    "data-time",
    "data-published",
    "data-published-at",
    "data-pubdate",
    "data-epoch",
    "data-utime",
    "data-utc",
    "data-seconds",
    "content",
    "title",
];

/// A date that the page shows.
#[derive(Debug)]
struct VisibleDate {
    value: String,
    origin: Origin,
    label: Label,
    standing: Standing,
}

impl VisibleDate {
    /// What speaks for it, the best first.
    fn rank(&self) -> (bool, Standing, Label) {
        (self.label == Label::Changed, self.standing, self.label)
    }

    fn into_evidence(self) -> Evidence<String> {
        Evidence::new(self.value, self.origin)
    }

    fn day(&self) -> Option<String> {
        dates::read(&self.value).map(|date| date.to_rfc3339()[.."2026-11-24".len()].to_owned())
    }
}

/// The dates in elements that are made for them, the best first: those that rank as the first does, and others of the
/// same day. Where all are of changes, or stand in the text, that of the publication may stand in a line that nothing
/// marks.
pub(super) fn in_elements(page: &Page<'_>, layout: &Layout) -> Vec<Evidence<String>> {
    let mut found = dates_of_elements(page, layout, |element| is_own(page, layout, element));
    let is_sure = |date: &VisibleDate| match date.label {
        Label::Published => true,
        Label::None => date.standing <= Standing::AboveHead,
        Label::Changed | Label::Other => false,
    };
    if !found.is_empty() && !found.iter().any(is_sure) {
        let beside = dates_of_lines(page, layout, layout.head(), |_| true);
        let is_in_head = |date: &VisibleDate| date.label != Label::Changed && date.standing <= Standing::AboveHead;
        found.extend(beside.into_iter().filter(is_in_head));
    }
    best(found)
}

/// What the `time` elements of the article say to machines, for a page that has told the instant already: its offset
/// from UTC may be in them.
pub(super) fn instants(page: &Page<'_>, layout: &Layout) -> Vec<Evidence<String>> {
    let times = page.times.iter().copied().take(ELEMENTS_MAX);
    let told = times.filter(|time| is_own(page, layout, *time)).filter_map(|time| page.attribute(time, "datetime"));
    told.map(|value| Evidence::new(value.to_owned(), Origin::Time)).collect()
}

/// The dates in such elements where names of elements, or their place, speak against them: those in the head of the
/// article or else on the whole page, if they are all of one day. A page that shows other articles shows their dates.
pub(super) fn anywhere(page: &Page<'_>, layout: &Layout) -> Vec<Evidence<String>> {
    let is_taken = |element: usize| {
        !is_of_others(page, element)
            && !is_of_frame(page, layout, element)
            && !layout.is_of_other_article(page, element)
    };
    let mut found = dates_of_elements(page, layout, is_taken);
    if found.iter().any(|date| date.standing <= Standing::AboveHead) {
        found.retain(|date| date.standing <= Standing::AboveHead);
    }
    let is_announced = |date: &VisibleDate| date.label == Label::Published;
    if found.iter().any(is_announced) {
        found.retain(is_announced);
    }
    if are_of_one_day(&found) { found.into_iter().map(VisibleDate::into_evidence).collect() } else { Vec::new() }
}

/// The dates in the head of the article that are not said to be those of a change, and behind its text those that are
/// said to be of the publication: in elements that are made for them, or else in lines.
pub(super) fn in_head(page: &Page<'_>, layout: &Layout) -> Vec<Evidence<String>> {
    let mut found = dates_of_elements(page, layout, |element| is_own(page, layout, element));
    if found.is_empty() {
        found = dates_of_lines(page, layout, layout.head(), |_| false);
    }
    found.retain(|date| match date.label {
        Label::Published => date.standing <= Standing::Foot,
        Label::None => date.standing <= Standing::AboveHead,
        Label::Changed | Label::Other => false,
    });
    if are_of_one_day(&found) { best(found) } else { Vec::new() }
}

/// The date that an element shows which microdata calls that of the publication. Names of templates do not speak against
/// it, only what it stands in.
pub(super) fn of_microdata(page: &Page<'_>, layout: &Layout, element: usize) -> Option<String> {
    let is_near = layout.standing(page.elements[element].lines_start) != Standing::Away;
    let text = page.text_of(element);
    (is_near && !is_of_others(page, element) && dates::read(&text).is_some()).then_some(text)
}

fn are_of_one_day(found: &[VisibleDate]) -> bool {
    let Some(first) = found.first() else { return false };
    let day = first.day();
    found.iter().all(|date| date.value == first.value || day.is_some() && date.day() == day)
}

fn dates_of_elements(page: &Page<'_>, layout: &Layout, is_taken: impl Fn(usize) -> bool) -> Vec<VisibleDate> {
    let mut found: Vec<VisibleDate> = Vec::new();
    for time in page.times.iter().copied().take(ELEMENTS_MAX) {
        if is_taken(time) {
            add_time(&mut found, page, layout, time);
        }
    }
    let is_time = |element: &usize| page.times.contains(element);
    for byline in page.bylines.iter().copied().filter(|element| !is_time(element)).take(ELEMENTS_MAX) {
        if is_taken(byline) {
            add_byline(&mut found, page, layout, byline);
        }
    }
    found
}

/// Whether an element is a part of comments, of what is quoted or of a link to another article.
fn is_of_others(page: &Page<'_>, element: usize) -> bool {
    const OTHERS: Marks = Marks::any(&[Marks::COMMENTS, Marks::RELATED, Marks::EMBED, Marks::QUOTE]);
    page.path_up(element, 0).any(|above| page.elements[above].marks.has(OTHERS)) || is_in_long_link(page, element)
}

/// Whether an element is about the article, and no part of a link to another one.
fn is_own(page: &Page<'_>, layout: &Layout, element: usize) -> bool {
    !layout.is_elsewhere(page, element) && !is_of_frame(page, layout, element) && !is_in_long_link(page, element)
}

/// Whether an element stands above the article as a part of the page around it, and no names tell otherwise.
fn is_of_frame(page: &Page<'_>, layout: &Layout, element: usize) -> bool {
    const OF_ARTICLE: [&str; 8] = ["publish", "post", "entry", "article", "author", "byline", "story", "single"];
    const LEVELS: usize = 2;
    let names_article = |above: usize| {
        let class = page.attribute(above, "class").unwrap_or_default().to_ascii_lowercase();
        OF_ARTICLE.iter().any(|name| class.contains(name))
    };
    layout.is_above_article(page, element) && !page.path_up(element, 0).take(LEVELS).any(names_article)
}

/// Whether an element stands in a link that says much more.
fn is_in_long_link(page: &Page<'_>, element: usize) -> bool {
    let link = page.path_up(element, 0).find(|above| page.elements[*above].tag == Tag::Link);
    link.is_some_and(|link| page.text_of(link).len() > page.text_of(element).len() + LINK_BYTES_SPARE)
}

fn add_time(found: &mut Vec<VisibleDate>, page: &Page<'_>, layout: &Layout, time: usize) {
    let text = page.text_of(time);
    if is_told(page, layout, time, &text) {
        return;
    }
    let shown = labelled_dates(&words_before(page, time, &text), &text);
    let label = match shown.first() {
        Some((label, _)) if *label != Label::None => *label,
        _ => label_of_element(page, time),
    };
    let at = page.elements[time].lines_start;
    let standing = layout.standing(at);
    if label == Label::None && is_below_headline(page, layout, at) {
        return;
    }
    let attribute = page.attribute(time, "datetime").or_else(|| attribute_date(page, time));
    let mut add = |value: &str| {
        found.push(VisibleDate { value: value.to_owned(), origin: Origin::Time, label, standing });
    };
    if let Some(value) = attribute {
        add(value);
    }
    match shown.first() {
        Some((_, date)) => add(date),
        None if dates::read(&text).is_some() => add(&text),
        None => {}
    }
}

/// Whether a date is a part of a sentence of the text, or of what a line of it tells besides: of an event.
fn is_told(page: &Page<'_>, layout: &Layout, time: usize, text: &str) -> bool {
    let at = page.elements[time].lines_start;
    let Some(line) = page.lines.get(at).filter(|_| matches!(layout.standing(at), Standing::Text | Standing::Foot))
    else {
        return false;
    };
    let rest =
        line.text.split_once(text).map_or("", |(before, behind)| if before.is_empty() { behind } else { before });
    let is_apart = rest.trim().ends_with(SEPARATORS) || rest.trim().starts_with(SEPARATORS) || has_few_letters(rest);
    !is_apart && Label::of(rest) != Label::Published && !opens_byline(&line.text)
}

fn add_byline(found: &mut Vec<VisibleDate>, page: &Page<'_>, layout: &Layout, byline: usize) {
    let standing = layout.standing(page.elements[byline].lines_start);
    let is_date = page.elements[byline].marks.has(Marks::DATE);
    if is_date && let Some(value) = attribute_date(page, byline) {
        let label = label_of_element(page, byline);
        found.push(VisibleDate { value: value.to_owned(), origin: Origin::Time, label, standing });
    }
    let text = page.text_of(byline);
    let before = words_before(page, byline, &text);
    let shown = match glued_pieces(page, byline, &text) {
        Some(pieces) => dates_of_pieces(&before, &pieces),
        None => owned(labelled_dates(&before, &text)),
    };
    if shown.is_empty() && is_date && dates::read(&text).is_some() {
        let label = label_of_element(page, byline);
        found.push(VisibleDate { value: text, origin: Origin::Text, label, standing });
        return;
    }
    for (label, value) in shown {
        let label = if label == Label::None && is_date { label_of_element(page, byline) } else { label };
        found.push(VisibleDate { value, origin: Origin::Text, label, standing });
    }
}

fn owned(dates: Vec<(Label, &str)>) -> Vec<(Label, String)> {
    dates.into_iter().map(|(label, date)| (label, date.to_owned())).collect()
}

/// The dates in pieces of a text that only a style sheet keeps apart, each with what the pieces before say of it.
/// `before` is what stands in front of all.
fn dates_of_pieces(before: &str, pieces: &[String]) -> Vec<(Label, String)> {
    let mut found = Vec::new();
    let mut before = before.to_owned();
    for piece in pieces {
        found.extend(owned(labelled_dates(&before, piece)));
        before.push(' ');
        before.push_str(piece);
    }
    found
}

/// The date in an attribute that is made for something else, where it is one.
fn attribute_date<'a>(page: &Page<'a>, element: usize) -> Option<&'a str> {
    let mut values = DATE_ATTRIBUTES.iter().filter_map(|name| page.attribute(element, name));
    values.find(|value| dates::read(value).is_some())
}

/// What the names of an element, and of the one that it stands in, say of its date.
fn label_of_element(page: &Page<'_>, element: usize) -> Label {
    let names = |element: usize| {
        let of = |name: &str| page.attribute(element, name).map_or(Label::None, Label::of_names);
        [of("class"), of("itemprop"), of("id")].into_iter().find(|label| *label != Label::None)
    };
    names(element).or_else(|| names(page.elements[element].parent)).unwrap_or(Label::None)
}

/// What stands before the text of an element in its line, or the line above where that announces it.
fn words_before(page: &Page<'_>, element: usize, text: &str) -> String {
    let start = page.elements[element].lines_start;
    let Some(line) = page.lines.get(start) else { return String::new() };
    match line.text.find(text) {
        Some(0) | None => {
            let above = start.checked_sub(1).map(|above| &page.lines[above].text);
            let announces = |above: &&String| {
                above.len() <= ANNOUNCEMENT_BYTES_MAX && !above.chars().any(|c| dates::digit(c).is_some())
            };
            above.filter(announces).cloned().unwrap_or_default()
        }
        Some(at) => line.text[..at].to_owned(),
    }
}

/// The dates in lines that nothing marks, around the headline, at the end of the text and behind it, for pages that say it nowhere else.
/// `is_text` tells the lines of the text: what is told there is no date of the article, unless it is all that a line
/// says.
pub(super) fn in_lines(page: &Page<'_>, layout: &Layout, is_text: impl Fn(usize) -> bool) -> Vec<Evidence<String>> {
    let lines = layout.head().chain(layout.last_lines().filter(|at| !is_below_link(page, layout, *at)));
    best(dates_of_lines(page, layout, lines, is_text))
}

/// Whether a line behind the text stands below a heading that may be the headline of another article, or below a link
/// to one.
fn is_below_headline(page: &Page<'_>, layout: &Layout, at: usize) -> bool {
    let is_headline = |line: usize| {
        let Line { block, text, .. } = &page.lines[line];
        matches!(page.elements[*block].tag, Tag::Heading(_)) && count_words(text) >= OTHER_HEADLINE_WORDS_MIN
    };
    layout.standing(at) == Standing::Foot && at.checked_sub(1).is_some_and(is_headline)
        || is_below_link(page, layout, at)
}

/// Whether a line behind the text is a link of several words, or stands below one: it is about another article then.
fn is_below_link(page: &Page<'_>, layout: &Layout, at: usize) -> bool {
    let is_link = |line: &usize| {
        page.lines
            .get(*line)
            .is_some_and(|line| line.link_bytes * 10 >= line.text.len() * 9 && line.n_words >= OTHER_HEADLINE_WORDS_MIN)
    };
    layout.standing(at) == Standing::Foot && (at.saturating_sub(1)..=at).any(|line| is_link(&line))
}

fn dates_of_lines(
    page: &Page<'_>,
    layout: &Layout,
    lines: impl Iterator<Item = usize>,
    is_text: impl Fn(usize) -> bool,
) -> Vec<VisibleDate> {
    let mut found = Vec::new();
    for at in lines {
        let Some(line) = page.lines.get(at) else { break };
        let is_of_others = || layout.is_elsewhere(page, line.owner) || is_of_frame(page, layout, line.owner);
        if line.text.len() > LINE_BYTES_MAX || is_of_others() {
            continue;
        }
        let standing = layout.standing(at);
        let is_whole = is_text(at) || standing == Standing::Foot;
        let glued = glued_pieces_of_line(page, line);
        let dates = match glued.map(|pieces| dates_of_pieces("", &pieces)).filter(|dates| !dates.is_empty()) {
            Some(dates) => dates,
            None => owned(dates_of_line(&line.text, is_whole)),
        };
        for (label, value) in dates {
            if label != Label::None || !is_below_headline(page, layout, at) {
                found.push(VisibleDate { value, origin: Origin::Text, label, standing });
            }
        }
    }
    found
}

/// The dates of a line. `is_whole` asks for one that is all of the line or of a part of it, or that is announced; so
/// does a line that is a sentence.
fn dates_of_line(text: &str, is_whole: bool) -> Vec<(Label, &str)> {
    let mut found = labelled_dates("", text);
    let is_sentence = ends_like_sentence(text);
    if is_whole || is_sentence {
        // Where words are not parted by blanks, parts of a line are.
        let is_spaced = !text.contains(is_han_or_kana);
        let parts = |c: char| SEPARATORS.contains(&c) || !is_spaced && c.is_whitespace();
        let is_byline = !is_sentence && opens_byline(text);
        let is_part = |date: &str| {
            let (before, behind) = text.split_once(date).unwrap_or_default();
            let before = if is_spaced { before.trim_end() } else { before };
            let behind = if is_spaced { behind.trim_start() } else { behind };
            let is_separated = before.ends_with(parts) || before.is_empty() || is_byline;
            let is_ended = behind.starts_with(parts) || has_few_letters(behind);
            is_separated && is_ended
        };
        found.retain(|(label, date)| *label != Label::None || is_part(date));
    }
    if found.is_empty() && dates::find(text).is_none() && dates::read(text).is_some() {
        found.push((Label::of(text), text));
    }
    found
}

/// Whether a text has no more letters than what is written behind a year in some languages.
fn has_few_letters(text: &str) -> bool {
    const LETTERS_MAX: usize = 4;
    text.chars().filter(|c| c.is_alphanumeric()).nth(LETTERS_MAX).is_none()
}

/// The dates that rank as the best does, and others of its day. Within the text or behind it those of several days are
/// of other articles.
fn best(mut found: Vec<VisibleDate>) -> Vec<Evidence<String>> {
    found.retain(|date| date.standing != Standing::Away);
    found.sort_by_key(VisibleDate::rank);
    let Some(first) = found.first() else { return Vec::new() };
    let (rank, day) = (first.rank(), first.day());
    let n_alike = found.iter().take_while(|date| date.rank() == rank).count();
    if first.standing >= Standing::Text && first.label == Label::None && !are_of_one_day(&found[..n_alike]) {
        return Vec::new();
    }
    // The time of a change of the same day is not that of the publication.
    let label = first.label;
    let may_add = |date: &VisibleDate| label == Label::Changed || date.label != Label::Changed;
    found.retain(|date| date.rank() == rank || day.is_some() && date.day() == day && may_add(date));
    found.into_iter().map(VisibleDate::into_evidence).collect()
}

#[cfg(test)]
mod tests {
    use crate::extract::tests::extract;
    use crate::model::LinkHints;

    const TEXT: &str = "<p>The old mill on the Linde has a new owner. A cooperative of forty families paid for it.</p>\
        <p>They mean to grind again from next autumn, said Ada Quist, who leads them, and to bake on Saturdays.</p>\
        <p>The wheel has stood still since the flood, and nobody in the valley remembers how the stones were set.</p>\
        <p>A miller from the coast is to teach them, for a winter and a share of the first sacks of flour.</p>\
        <p>The council gave the building away for nothing, on the condition that the roof is mended by spring.</p>";

    /// The first date of a page with these parts before the headline, before the text, within it and behind it.
    fn check(parts: [&str; 4], expected: Option<&str>) {
        let [before, head, inside, behind] = parts;
        let page = format!(
            "<html><head><title>Old mill sold</title></head><body>{before}<main><article><h1>Old mill sold</h1>{head}<div>{TEXT}{inside}{TEXT}</div></article></main>{behind}</body></html>"
        );
        let page = page.replacen(&format!("{inside}{TEXT}"), inside, 1);
        let article = extract(page, &LinkHints::default()).expect("an article");
        let first = article.published.first().map(|date| date.value.as_str());
        assert_eq!(first, expected, "{parts:?}");
    }

    #[test]
    fn the_date_in_the_head_goes_before_those_of_other_things() {
        let shown = "<div class='meta'><span class='date'>May 3, 2026 | 6:30 a.m.</span></div>";
        let expected = Some("May 3, 2026 | 6:30 a.m");
        let time = "<time datetime='2026-05-04T10:00:00Z'>4 May</time>";
        check([&format!("<div class='masthead-date'>Monday, May 4, 2026</div>{time}"), shown, "", ""], expected);
        check(["<p>Monday, May 4, 2026</p><ul><li>Home<li>News<li>Sport<li>Culture</ul>", shown, "", ""], expected);
        check(["", shown, &format!("<blockquote><p>A post of the new owners. {time}</p></blockquote>"), ""], expected);
        check(
            ["", shown, "", &format!("<section><article><a href='/b'><h3>Another</h3></a>{time}</article></section>")],
            expected,
        );
        check(
            ["", shown, "", &format!("<aside><ul><li class='card'><a href='/b'>Another {time}</a></ul></aside>")],
            expected,
        );
        check(["", shown, "", &format!("<div id='comments'><p>Good news! {time}</p></div>")], expected);
    }

    #[test]
    fn dates_of_other_things_are_none_of_the_article() {
        let latest = "<section><h2>Latest</h2><div><h3><a href='/a'>Ferry late again today</a></h3><span>4 May 2026</span></div></section>";
        check(["", "", "", latest], None);
        let time = |day: u32| format!("<time datetime='2026-05-0{day}T10:00:00Z'>{day} May</time>");
        for line in [
            "June 3, 1938 - November 14, 2026",
            "Exhibition: 3 June 2025 – 14 September 2025",
            "3 June 2025 – 14 September 2025",
            "Serving the county since March 4, 2006",
            "Est. 12 May 2001",
            "12 May 1931",
        ] {
            check([&format!("<p class='line'>{line}</p>"), "", "", ""], None);
        }
        check(["", "", "", &format!("<div id='comments'><p>Good news! {}</p></div>", time(4))], None);
        check(["", "", "", &format!("<ul><li>Another {}<li>A third {}</ul>", time(4), time(5))], None);
        check(["", "", "", &format!("<a href='/b'><h3>Another headline of the day</h3>{}</a>", time(4))], None);
    }

    #[test]
    fn the_publication_goes_before_the_change() {
        check(
            ["", "<p class='dates'>Last updated: 4 May 2026 | First published: 3 May 2026</p>", "", ""],
            Some("3 May 2026"),
        );
        check(
            ["", "<span class='date'>Stand: 4.5.2026, 9:12 Uhr | Veröffentlicht: 3.5.2026</span>", "", ""],
            Some("3.5.2026"),
        );
        let times = "<time class='updated' datetime='2026-05-04'>x</time><time class='published' datetime='2026-05-03'>x</time>";
        check(["", times, "", ""], Some("2026-05-03"));
        check(
            [
                "",
                "<div>Page updated:</div><div class='date'>4 May 2026</div><div class='date'>3 May 2026</div>",
                "",
                "",
            ],
            Some("3 May 2026"),
        );
        check(["", "<div class='modified'>Last updated May 4, 2026</div>", "", ""], Some("May 4, 2026"));
        let same_day =
            "<div class='date'>May 3, 2026</div><time class='modified' datetime='2026-05-03T21:57:44Z'>x</time>";
        assert_eq!(first_date("", same_day).as_deref(), Some("May 3, 2026"));
        // The one in an element that is made for dates, the other beside it in none.
        check(
            ["", "<p class='date'>Updated: May 4, 2026</p><p>Published: May 3, 2026</p>", "", ""],
            Some("May 3, 2026"),
        );
        check(
            ["", "<p class='date'>Ultima modifica: 4 maggio 2026</p><p>3 maggio 2026</p>", "", ""],
            Some("3 maggio 2026"),
        );
    }

    #[test]
    fn what_the_text_tells_of_gives_way_to_an_unmarked_line_of_the_head() {
        let told = "<p>The fair is on <time datetime='2026-06-03'>3 June</time>, she said.</p>";
        let event = "<div><time datetime='2026-06-03'>3 June 2026</time> Summer fair</div>";
        for inside in
            [told, event, "<aside><a href='/a'>Ferry late</a> <time datetime='2026-06-03'>3 June</time></aside>"]
        {
            check(["", "<p>By Ada Quill | May 3, 2026</p>", inside, ""], Some("May 3, 2026"));
        }
        for inside in [told, event, "<p>When: 3 June 2026</p>", "<p>Valid until 3 June 2026</p>"] {
            check(["", "", inside, ""], None);
        }
    }

    #[test]
    fn the_day_in_the_masthead_is_no_date_of_the_article() {
        let day = "Tuesday, May 5, 2026";
        for masthead in [
            format!("<header><div class='date'>{day}</div></header>"),
            format!("<div class='topbar'><span class='current-date'>{day}</span></div>"),
            format!("<div><p>{day}</p><p>12°C</p></div>"),
            "<div><time datetime='2026-05-05T10:00Z'>10:00</time> <a href='/a'>Ferry late</a></div>".to_owned(),
        ] {
            check([&masthead, "", "", ""], None);
        }
        let own = "<div><div class='post-info'><span class='date'>May 3, 2026</span></div></div>";
        check([own, "", "", ""], Some("May 3, 2026"));
    }

    #[test]
    fn dates_may_stand_at_the_end_of_the_text() {
        let check = |line: &str, expected: Option<&str>| check(["", "", &format!("<p>{line}</p>"), ""], expected);
        check("3 May 2026", Some("3 May 2026"));
        check("03/05/2026", Some("03/05/2026"));
        check("By Ada Quill, on 3 May 2026", Some("3 May 2026"));
        check("Par Ada Quill, le 3 mai 2026", Some("3 mai 2026"));
        check("2026-05-03 06:30 来源：河谷日报 作者：林海生", Some("2026-05-03 06:30"));
        check("The mill was last sold on 3 May 1926, to a man from the coast.", None);
        check("Sold again: Saturday, 3 May 2026 in the town hall of Ellery", None);
    }

    #[test]
    fn dates_are_found_where_no_name_tells_of_them() {
        check(["", "<div><span>6 min read</span> · <span>May 3, 2026</span></div>", "", ""], Some("May 3, 2026"));
        check(["", "<p>Entered on 3 May 2026 by the parish clerk</p>", "", ""], Some("3 May 2026"));
        check(["", "", "", "<p>Published 3 May 2026</p>"], Some("3 May 2026"));
        check(["", "<p>Quist Ada | 2026. május 3.</p>", "", ""], Some("2026. május 3"));
        check(["", "<p>Ада Квист, 3 мая 2026 г.</p>", "", ""], Some("3 мая 2026"));
        // Korea's short forms, which stand alone; what they mean its language tells.
        for date in ["26. 5. 3.", "26.5.3", "2026. 5. 3. 오전 6:30", "26. 5. 3. 오후 2:05"] {
            check(["", &format!("<p>{date}</p>"), "", ""], Some(date.trim_end_matches('.')));
        }
        check(["", "<p>The mill was last sold on 3 May 1926, to a man from the coast.</p>", "", ""], None);
    }

    #[test]
    fn attributes_hold_dates_too() {
        check(["", "<span class='date' data-timestamp='1777809600'>yesterday</span>", "", ""], Some("1777809600"));
        check(
            ["", "<abbr class='published' title='2026-05-03T12:00:00Z'>two days ago</abbr>", "", ""],
            Some("2026-05-03T12:00:00Z"),
        );
        check(["", "<span class='date' title='Share this'>3 May 2026</span>", "", ""], Some("3 May 2026"));
        for attribute in ["content", "data-published-at", "data-pubdate", "data-utc"] {
            let element = format!("<span class='date' {attribute}='2026-05-03T12:00:00Z'>two days ago</span>");
            check(["", &element, "", ""], Some("2026-05-03T12:00:00Z"));
        }
    }

    #[test]
    fn elements_may_be_parted_by_nothing_but_their_style() {
        check(
            ["", "<div class='info'><i>Culture</i><i>May 3, 2026</i><i>5 mins</i></div>", "", ""],
            Some("May 3, 2026"),
        );
        check(
            [
                "",
                "<div class='dateline'><a>Culture</a><i>DECEMBER 22, 2022</i><i>Updated: JANUARY 02, 2026</i></div>",
                "",
                "",
            ],
            Some("DECEMBER 22, 2022"),
        );
    }

    #[test]
    fn names_of_templates_say_little_in_the_head() {
        let above = |date: &str, behind: &str| {
            let page = format!(
                "<html><head><title>Old mill sold</title></head><body><div><div class='hero'>{date}\
                 <h1>Old mill sold</h1></div><div>{TEXT}</div></div>{behind}</body></html>"
            );
            let article = extract(page, &LinkHints::default()).expect("an article");
            article.published.first().map(|date| date.value.clone())
        };
        let expected = Some("3 May 2026".to_owned());
        assert_eq!(
            above("<div class='widget widget-date'><time>3 May 2026</time></div>", "<time>2 May 2026</time>"),
            expected
        );
        assert_eq!(above("<div class='article__header__meta'><span>3 May 2026</span></div>", ""), expected);
        let embedded = "<div class='post_meta w-embed'>Published <span>3 May 2026</span></div>";
        check(["", embedded, "", ""], Some("3 May 2026"));
        let wrapped = "<div class='date-comments-wrapper'><div class='date'>3 May 2026</div><p>47</p></div>";
        check(["", wrapped, "", ""], Some("3 May 2026"));
        let item = "<ul><li class='list-item' itemprop='datePublished'><time>3 May 2026</time></li></ul>";
        check(["", "", "", &format!("{item}<ul><li>Another <time>2 May 2026</time></ul>")], Some("3 May 2026"));
    }

    /// The first date of a page with this in its head, and this between its headline and its text.
    fn first_date(head: &str, shown: &str) -> Option<String> {
        let page = format!(
            "<html><head><title>Old mill sold</title>{head}</head><body><h1>Old mill sold</h1>{shown}{TEXT}</body></html>"
        );
        extract(page, &LinkHints::default()).expect("an article").published.into_iter().next().map(|date| date.value)
    }

    #[test]
    fn a_publication_that_is_declared_at_the_time_of_the_change_gives_way_to_the_one_shown() {
        let head = |published: &str, modified: &str| {
            format!(
                "<meta property='article:published_time' content='{published}'>\
                 <meta property='article:modified_time' content='{modified}'>"
            )
        };
        let same = head("2026-05-14T08:00:05Z", "2026-05-14T08:00:00Z");
        let (shown, changed) = ("<p class='date'>May 3, 2026</p>", "<p class='date'>Updated May 3, 2026</p>");
        assert_eq!(first_date(&same, shown).as_deref(), Some("May 3, 2026"));
        assert_eq!(first_date(&same, changed).as_deref(), Some("2026-05-14T08:00:05Z"));
        assert_eq!(first_date(&same, "<p class='date'>May 13, 2026</p>").as_deref(), Some("2026-05-14T08:00:05Z"));
        let apart = head("2026-05-14T08:00:05Z", "2026-05-14T09:10:00Z");
        assert_eq!(first_date(&apart, shown).as_deref(), Some("2026-05-14T08:00:05Z"));
    }

    #[test]
    fn a_declared_date_that_has_not_come_gives_way_to_the_one_shown() {
        let head = "<meta property='article:published_time' content='2090-05-14T08:00:00Z'>";
        assert_eq!(first_date(head, "<p class='date'>May 3, 2026</p>").as_deref(), Some("May 3, 2026"));
        assert_eq!(first_date(head, "<p class='date'>May 3, 2089</p>").as_deref(), Some("2090-05-14T08:00:00Z"));
        assert_eq!(first_date(head, "").as_deref(), Some("2090-05-14T08:00:00Z"));
    }

    #[test]
    fn a_date_of_another_article_behind_the_text_is_none_of_this_one() {
        let time = "<time datetime='2023-04-05T10:00:00Z'>5 April 2023</time>";
        let heading = "<h4>Ferry strike ends at last</h4>";
        check(["", "", "", &format!("<div><h3>More</h3><article>{heading}{time}</article></div>")], None);
        check(["", "", "", &format!("<div><h3>More</h3><div>{heading}{time}</div></div>")], None);
        check(["", "", "", &format!("<div><h3>Published</h3>{time}</div>")], Some("2023-04-05T10:00:00Z"));
    }

    #[test]
    fn a_name_that_says_both_is_asked_last() {
        let head =
            "<meta name='last-modified-date' content='2026-05-14'><meta name='published_update' content='2026-05-15'>";
        assert_eq!(first_date(head, "<p class='date'>May 3, 2026</p>").as_deref(), Some("May 3, 2026"));
        assert_eq!(first_date(head, "").as_deref(), Some("2026-05-14"));
    }

    #[test]
    fn a_declared_date_that_is_none_gives_way_to_the_one_shown() {
        let page = format!(
            "<html><head><title>Old mill sold</title><meta property='article:published_time' content='0001-01-01T00:00:00Z'></head>\
             <body><h1>Old mill sold</h1><p>March 5, 2026</p>{TEXT}</body></html>"
        );
        let article = extract(page, &LinkHints::default()).expect("an article");
        assert_eq!(article.published.last().map(|date| date.value.as_str()), Some("March 5, 2026"));
    }

    #[test]
    fn a_declared_date_that_may_be_several_days_is_read_beside_the_one_shown() {
        let page = format!(
            "<html><head><title>Old mill sold</title><meta property='article:published_time' content='03-05-2026'></head>\
             <body><h1>Old mill sold</h1><div>Published March 5, 2026</div>{TEXT}</body></html>"
        );
        let dates = extract(page, &LinkHints::default()).expect("an article").published;
        assert_eq!(dates.iter().map(|date| date.value.as_str()).collect::<Vec<_>>(), ["03-05-2026", "March 5, 2026"]);
    }
}
