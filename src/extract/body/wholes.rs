//! Lists and tables that belong to the article as a whole. Their lines are judged one by one, and short ones, numbers
//! and the names of columns, look like nothing on their own.

use std::collections::BTreeSet;

use super::super::page::Page;
use super::super::page::tags::Tag;
use super::features::Feature;
use super::line_features::LineProfile;

/// Fewest rows of a table that is no layout.
const ROWS_MIN: usize = 3;

/// Most words of a row: a longer one is text that was set in columns.
const ROW_WORDS_MAX: usize = 40;

/// Most tables within a text of which no row looks like anything: guides have one for each thing that they compare, and
/// tell the same in words.
const TABLES_MAX: usize = 3;

/// Lines around a table among which those of the text stand.
const NEAR_LINES: usize = 2;

/// What speaks against a line beside what it looks like: it is no part of a list or table of the text.
const AGAINST: [Feature; 9] = [
    Feature::AllLink,
    Feature::Invites,
    Feature::Credits,
    Feature::Legal,
    Feature::Related,
    Feature::Share,
    Feature::Navigation,
    Feature::Consent,
    Feature::Address,
];

/// The lines that lists and tables of the article have beside those of `chosen`, which is in page order.
pub(super) fn rest_of(page: &Page<'_>, profiles: &[LineProfile], chosen: &[usize]) -> BTreeSet<usize> {
    let is_chosen = |line: usize| chosen.binary_search(&line).is_ok();
    let speaks_against = |line: usize| AGAINST.iter().any(|mark| profiles[line].features.0[*mark as usize] > 0.0);
    let (mut begun, mut within_text) = (Vec::new(), Vec::new());
    for (index, element) in page.elements.iter().enumerate() {
        if !matches!(element.tag, Tag::List | Tag::Table) {
            continue;
        }
        let lines = element.lines_start..element.lines_end;
        let n_chosen = lines.clone().filter(|line| is_chosen(*line)).count();
        if n_chosen == lines.len() || lines.clone().any(speaks_against) {
            continue;
        }
        let is_begun = n_chosen * 2 >= lines.len() && n_chosen > 1;
        if is_begun && (is_list(page, index) || is_table(page, profiles, index)) {
            begun.push(lines);
        } else if is_table(page, profiles, index) && is_within_text(page, chosen, index) {
            within_text.push(lines);
        }
    }
    if within_text.len() > TABLES_MAX {
        within_text.clear();
    }
    begun.into_iter().chain(within_text).flatten().filter(|line| !is_chosen(*line)).collect()
}

/// Whether an element is a list with a line for each item.
fn is_list(page: &Page<'_>, list: usize) -> bool {
    let lines = page.elements[list].lines_start..page.elements[list].lines_end;
    page.elements[list].tag == Tag::List
        && lines.clone().all(|line| page.elements[page.lines[line].block].tag == Tag::Item)
}

/// Whether an element is a table of short rows.
fn is_table(page: &Page<'_>, profiles: &[LineProfile], table: usize) -> bool {
    let lines = page.elements[table].lines_start..page.elements[table].lines_end;
    let is_row =
        |line: usize| page.elements[page.lines[line].block].tag == Tag::Row && profiles[line].n_words <= ROW_WORDS_MAX;
    page.elements[table].tag == Tag::Table && lines.len() >= ROWS_MIN && lines.clone().all(is_row)
}

/// Whether lines that were chosen stand right before and behind an element, within the one that it stands in or the one
/// above.
fn is_within_text(page: &Page<'_>, chosen: &[usize], element: usize) -> bool {
    let parent = page.elements[element].parent;
    let holder = &page.elements[page.elements[parent].parent];
    let lines = page.elements[element].lines_start..page.elements[element].lines_end;
    let behind = chosen.partition_point(|line| *line < lines.end);
    let before = chosen.partition_point(|line| *line < lines.start).checked_sub(1).map(|before| chosen[before]);
    let is_before = before.is_some_and(|line| line >= holder.lines_start && line + NEAR_LINES >= lines.start);
    let is_behind = chosen.get(behind).is_some_and(|line| *line < holder.lines_end && *line < lines.end + NEAR_LINES);
    is_before && is_behind
}

#[cfg(test)]
mod tests {
    use crate::extract::tests::extract;
    use crate::model::LinkHints;

    const TEXT: [&str; 5] = [
        "The last ferry between Mell and Orrey left on Sunday evening with eleven people on board, and rests until April.",
        "The company that runs the line said on Monday that the hull, built in 1961, has to be mended before the ice.",
        "Until spring, people from Orrey who work in Mell have to take the bus over Harn Bridge, which needs longer.",
        "The council has promised a second bus in the morning, and says that pupils may come late when roads are icy.",
        "A decision on a new boat is to be taken in February, when the province says how much it is willing to pay.",
    ];

    fn check(html: &str, expected: &[&str]) {
        let page = format!("<title>Ferry stops</title><main><article><h1>Ferry stops</h1>{html}</article></main>");
        assert_eq!(extract(page, &LinkHints::default()).unwrap().paragraphs, expected, "{html}");
    }

    fn paragraphs(text: &[&str]) -> String {
        format!("<p>{}</p>", text.join("</p><p>"))
    }

    fn rows(rows: &[&str]) -> String {
        let cells: Vec<String> = rows.iter().map(|row| row.replace(' ', "</td><td>")).collect();
        format!("<tr><td>{}</td></tr>", cells.join("</td></tr><tr><td>"))
    }

    #[test]
    fn the_last_items_of_a_list_are_kept() {
        let items =
            ["Bus 7 from the market", "Bus 9 from Harn Bridge", "The road along the lock", "A friend with a boat"];
        let list = items.map(|item| format!("<li>{item}</li>")).concat();
        let intro = "There are four ways across until spring:";
        let expected: Vec<&str> = TEXT.iter().copied().chain([intro]).chain(items).collect();
        check(&format!("{}<p>{intro}</p><ul>{list}</ul>", paragraphs(&TEXT)), &expected);
    }

    #[test]
    fn a_table_within_the_text_is_kept_with_its_head_and_its_last_row() {
        let table = ["Way Minutes Price", "Ferry 9 2", "Bus 40 3", "Road 55 0"];
        let html = |table: &str| format!("{}{table}{}", paragraphs(&TEXT[..3]), paragraphs(&TEXT[3..]));
        let expected: Vec<&str> = TEXT[..3].iter().copied().chain(table).chain(TEXT[3..].iter().copied()).collect();
        check(&html(&format!("<table>{}</table>", rows(&table))), &expected);
        let headed = format!("<figure class=wp-block-table><table>{}</table></figure>", rows(&table));
        check(&html(&headed), &expected);
    }

    #[test]
    fn tables_of_other_things_are_left_out() {
        let links = "<table><tr><td><a href=/a>Home</a></td></tr><tr><td><a href=/b>News</a></td></tr><tr><td><a \
                     href=/c>Sport</a></td></tr></table>";
        check(&format!("{}{links}{}", paragraphs(&TEXT[..3]), paragraphs(&TEXT[3..])), &TEXT);
        let weather = format!("<table>{}</table>", rows(&["Mell 3 rain", "Orrey 4 rain", "Quell 2 snow"]));
        check(&format!("{}<aside>{weather}</aside>", paragraphs(&TEXT)), &TEXT);
    }
}
