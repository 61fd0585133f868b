//! Index pages as they stand on the net, and the articles that they list: `links.txt` holds the page's address, then an
//! address and a title a line.

use std::path::Path;

use url::Url;

use super::read_page;
use crate::model::FetchedDocument;

#[test]
fn the_articles_of_a_page_are_told_by_their_shape() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/index_pages");
    let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    assert!(!names.is_empty());
    let mut faults = Vec::new();
    for path in names {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let listed = std::fs::read_to_string(path.join("links.txt")).unwrap();
        let (address, expected) = listed.split_once('\n').unwrap();
        let document =
            FetchedDocument::from_file(std::fs::read(path.join("page.html")).unwrap(), Url::parse(address).unwrap());
        let listing = read_page(&document, &crate::config::defaults().feed);
        let mut found: Vec<String> = listing
            .links
            .iter()
            .map(|link| {
                let url = link.url.as_ref().unwrap();
                let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
                format!("{}{query}\t{}", url.path(), link.title.as_deref().unwrap_or_default())
            })
            .collect();
        for line in expected.lines() {
            match found.iter().position(|shown| shown == line) {
                Some(place) => drop(found.remove(place)),
                None => faults.push(format!("{name}: missed {line}")),
            }
        }
        faults.extend(found.iter().map(|shown| format!("{name}: wrong {shown}")));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
