//! The times of a live blog's entries. Elsewhere a time beside the text is data about the article; between the entries
//! of a report that was written as things happened it is part of what is told.

use super::super::page::Page;
use super::super::page::tags::Tag;
use super::line_features::LineProfile;

/// Entries from which a page is a live blog: an article has a date of publication, and perhaps one of its last change.
const ENTRIES_MIN: usize = 3;

/// Most words of a time, such as "Today at 11.30 am CET".
const WORDS_MAX: usize = 6;

/// Lines after a time among which the first of its entry stands: a name or a label may come between.
const LINES_TO_ENTRY_MAX: usize = 3;

/// The lines that say when an entry was written, where the page is a live blog: times of day in `time` elements, each
/// followed by text of its own that was chosen. `chosen` is in page order.
pub(super) fn times(page: &Page<'_>, profiles: &[LineProfile], chosen: &[usize]) -> Vec<usize> {
    let mut times = Vec::new();
    let mut last_entry = None;
    for line in (0..page.lines.len()).filter(|line| is_time(page, profiles, *line)) {
        let next = chosen.get(chosen.partition_point(|one| *one <= line)).copied();
        let entry = next.filter(|next| *next <= line + LINES_TO_ENTRY_MAX && last_entry < Some(*next));
        if let Some(entry) = entry.filter(|_| chosen.binary_search(&line).is_err()) {
            times.push(line);
            last_entry = Some(entry);
        }
    }
    if times.len() >= ENTRIES_MIN { times } else { Vec::new() }
}

fn is_time(page: &Page<'_>, profiles: &[LineProfile], line: usize) -> bool {
    let element = &page.elements[page.lines[line].owner];
    let text = page.lines[line].text.as_str();
    (element.tag == Tag::Time || page.elements[page.lines[line].block].tag == Tag::Time)
        && profiles[line].n_words <= WORDS_MAX
        && has_time_of_day(text)
}

/// Whether a number of one or two digits stands with two digits behind a colon, a point, an `h` or their like, or with
/// the half of the day.
fn has_time_of_day(text: &str) -> bool {
    let lower = text.to_lowercase();
    let bytes = lower.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let has_pair = (1..bytes.len()).any(|at| {
        matches!(bytes[at], b':' | b'.' | b'h')
            && is_digit(at - 1)
            && is_digit(at + 1)
            && is_digit(at + 2)
            && !is_digit(at + 3)
            && !matches!(bytes.get(at + 3), Some(b'.' | b'/'))
    });
    let has_half = ["am", "pm", "a.m.", "p.m."]
        .iter()
        .any(|half| lower.match_indices(half).any(|(at, _)| is_digit(lower[..at].trim_end().len().wrapping_sub(1))));
    has_pair
        || has_half
        || ["時", "시"].iter().any(|hour| lower.contains(hour) && lower.contains(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day_are_told_from_days() {
        for text in ["11.30am", "9h00", "14:05", "Today at 8 pm", "10:02 Uhr", "午後3時20分", "13.45 CET"] {
            assert!(has_time_of_day(text), "{text}");
        }
        for text in ["12.04.2024", "3 May 2024", "2 hours ago", "", "May 2024", "ham 3"] {
            assert!(!has_time_of_day(text), "{text}");
        }
    }
}
