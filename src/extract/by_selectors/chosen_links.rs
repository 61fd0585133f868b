//! The links that CSS selectors choose on a page, for pages whose article links do not tell by their shape.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use ego_tree::NodeId;
use ego_tree::iter::Edge;
use scraper::{ElementRef, Html};
use url::Url;

use super::super::extractor::Extractor;
use super::super::source::{decode, document};
use super::super::text::fold;
use super::selectors::{STEPS_MAX, elements, n_steps};
use crate::config::ElementSelector;
use crate::model::FetchedDocument;

/// Longest text of a link in bytes that is kept; what is longer is a teaser within the link.
const TEXT_BYTES_MAX: usize = 300;

/// Nodes of a link that are looked at: more is no link but a page, and links within links would be read many times.
const NODES_MAX: usize = 500;

/// A link that was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChosenLink {
    /// Its address, absolute, without a fragment.
    pub url: Url,
    /// Its heading, or its text, or that of its picture.
    pub text: Option<String>,
}

impl Extractor {
    /// The links that selectors choose, or that lie in elements that they choose: in the order of the page, each address
    /// once, with the longest of its texts. The page itself is not among them.
    ///
    /// # Errors
    ///
    /// A sentence, when the document is no page, or too large for the selectors.
    pub fn chosen_links(
        &self,
        document: &FetchedDocument,
        selectors: &[ElementSelector],
        links_max: usize,
    ) -> Result<Vec<ChosenLink>, String> {
        let text = decode::text_of(document).map_err(|error| error.to_string())?;
        let tree = document::parse_whole(&text, self.settings.parse_steps_max);
        if n_steps(&tree, selectors.iter()) > STEPS_MAX {
            return Err("the page is too large for its selectors".to_owned());
        }
        let chosen: HashSet<NodeId> = selectors.iter().flat_map(|selector| elements(&tree, selector)).collect();
        Ok(links_in(&tree, &chosen, &document.final_url, links_max))
    }
}

fn links_in(tree: &Html, chosen: &HashSet<NodeId>, page: &Url, links_max: usize) -> Vec<ChosenLink> {
    let mut base = Cow::Borrowed(page);
    let mut links: Vec<ChosenLink> = Vec::new();
    let mut places: HashMap<Url, usize> = HashMap::new();
    let mut n_chosen_open = 0_usize;
    for edge in tree.tree.root().traverse() {
        match edge {
            Edge::Open(node) => {
                n_chosen_open += usize::from(chosen.contains(&node.id()));
                let Some(element) = ElementRef::wrap(node) else { continue };
                let Some(href) = element.attr("href") else { continue };
                if element.value().name() == "base" {
                    base = page.join(href.trim()).map_or(base, Cow::Owned);
                }
                if n_chosen_open == 0 || element.value().name() != "a" {
                    continue;
                }
                let Some(url) = address(href, &base, page) else { continue };
                let text = text_of(element);
                match places.get(&url) {
                    Some(place) if length(text.as_deref()) > length(links[*place].text.as_deref()) => {
                        links[*place].text = text;
                    }
                    None if links.len() < links_max => {
                        places.insert(url.clone(), links.len());
                        links.push(ChosenLink { url, text });
                    }
                    _ => {}
                }
            }
            Edge::Close(node) => n_chosen_open -= usize::from(chosen.contains(&node.id())),
        }
    }
    links
}

fn length(text: Option<&str>) -> usize {
    text.map_or(0, str::len)
}

/// An address of the web other than the page's own.
fn address(href: &str, base: &Url, page: &Url) -> Option<Url> {
    let mut url = base.join(href.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    url.set_fragment(None);
    let mut page = page.clone();
    page.set_fragment(None);
    (url != page).then_some(url)
}

fn text_of(link: ElementRef<'_>) -> Option<String> {
    let elements = || link.descendants().take(NODES_MAX).filter_map(ElementRef::wrap);
    let heading = elements().find(|element| matches!(element.value().name(), "h1" | "h2" | "h3" | "h4" | "h5" | "h6"));
    let texts = heading.map(words_of).into_iter().chain([words_of(link)]);
    let pictures = elements().filter_map(|element| element.attr("alt").map(fold));
    let mut text = texts.chain(pictures).find(|text| !text.is_empty())?;
    text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
    Some(text)
}

fn words_of(element: ElementRef<'_>) -> String {
    let texts = element.descendants().take(NODES_MAX).filter_map(|node| node.value().as_text().map(|text| &**text));
    fold(&texts.collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn chosen(page: &str, selectors: &[&str]) -> Result<Vec<(String, String)>, String> {
        let document = FetchedDocument::from_file(page.into(), Url::parse("https://town.example/news/").unwrap());
        let selectors: Vec<ElementSelector> =
            selectors.iter().map(|selector| ElementSelector::parse(selector).unwrap()).collect();
        let links = Extractor::new(&crate::config::defaults().extract).chosen_links(&document, &selectors, 100)?;
        Ok(links.into_iter().map(|link| (link.url.to_string(), link.text.unwrap_or_default())).collect())
    }

    #[test]
    fn links_and_elements_that_hold_links_are_chosen() {
        let page = "<html><head><base href='https://town.example/n/'></head><body><nav class=x><a href=/about>About</a></nav>\
            <main><ul><li class=t><a href=17><img src=a alt='A picture'></a><a href='17#comments'>3</a>\
            <a href='/n/17'><h3>Bridge <b>closed</b></h3>The bridge is closed.</a>\
            <li class=t><p>Baths open</p><a href='18?x=1&amp;y=2'>More</a><a href='mailto:a@town.example'>Write</a>\
            <li class=u><a href='https://other.example/19'>Elsewhere</a></ul><a href=/news/#top>Top</a><a>None</a></main>";
        let bridge = ("https://town.example/n/17".to_owned(), "Bridge closed".to_owned());
        let baths = ("https://town.example/n/18?x=1&y=2".to_owned(), "More".to_owned());
        let other = ("https://other.example/19".to_owned(), "Elsewhere".to_owned());
        assert_eq!(chosen(page, &["li.t a"]).unwrap(), [bridge.clone(), baths.clone()]);
        assert_eq!(chosen(page, &["li.t"]).unwrap(), [bridge.clone(), baths.clone()]);
        assert_eq!(chosen(page, &["main", "li"]).unwrap(), [bridge.clone(), baths, other.clone()]);
        assert_eq!(chosen(page, &["li.u", "a:has(h3)"]).unwrap(), [bridge, other]);
        assert_eq!(chosen(page, &["table a"]).unwrap(), []);
        let picture = chosen("<p><a href=/x><img alt='A ship'></a><a href=/y></a>", &["a"]).unwrap();
        assert_eq!(picture.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(), ["A ship", ""]);
        assert!(chosen("%PDF-1.7", &["a"]).is_err());
    }

    #[test]
    fn pages_made_to_take_long_do_not() {
        let selectors = ["div", "a ~ a", "div div a"];
        for page in ["<div>".repeat(50_000), "<a href=x>".repeat(20_000), "<div><a href=y>z".repeat(10_000)] {
            let began = Instant::now();
            let _ = chosen(&page, &selectors);
            // Debug builds are some twenty times slower than what is promised for release builds.
            assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
        }
    }
}
