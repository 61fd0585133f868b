//! What the page declares about itself outside its text: `meta` and `link` elements, the language of its root.

use url::Url;

use super::super::page::Page;
use super::super::text::{fold, key};
use super::json_ld::StructuredArticle;
use crate::model::{Evidence, FetchedDocument, Origin};

/// Keywords kept; pages that list more list everything.
const TAGS_MAX: usize = 50;

/// Keywords looked at, repeated ones included.
const TAGS_READ_MAX: usize = 500;

/// The declarations of a page, in its order.
#[derive(Debug)]
pub(in super::super) struct Declared<'a> {
    /// Name in lower case, and content.
    metas: Vec<(String, &'a str)>,
    /// Value of `rel` in lower case, and address.
    links: Vec<(String, &'a str)>,
    language: Option<&'a str>,
    /// What the page says its relative addresses are relative to.
    base: Option<&'a str>,
}

impl<'a> Declared<'a> {
    pub(in super::super) fn read(page: &Page<'a>) -> Declared<'a> {
        let name_of = |meta: usize| {
            ["property", "name", "itemprop", "http-equiv"].iter().find_map(|name| page.attribute(meta, name))
        };
        let metas = page
            .metas
            .iter()
            .filter_map(|meta| Some((name_of(*meta)?.to_ascii_lowercase(), page.attribute(*meta, "content")?)))
            .collect();
        let links = page
            .link_relations
            .iter()
            .filter_map(|link| {
                Some((page.attribute(*link, "rel")?.to_ascii_lowercase(), page.attribute(*link, "href")?))
            })
            .collect();
        let language = (!page.elements.is_empty()).then(|| page.attribute(0, "lang").or(page.attribute(0, "xml:lang")));
        let name = |element: &usize| page.elements[*element].node.name();
        let head = (0..page.elements.len()).take_while(|element| name(element) != "body");
        let base = head.filter(|element| name(element) == "base").find_map(|element| page.attribute(element, "href"));
        Declared { metas, links, language: language.flatten(), base }
    }

    /// The content of the first of the names that the page has, in the order of the names.
    pub(in super::super) fn first(&self, names: &[&str]) -> Option<&'a str> {
        names.iter().find_map(|name| self.metas.iter().find(|(known, _)| known == name)).map(|(_, content)| *content)
    }

    /// The contents of all elements with that name.
    pub(in super::super) fn all<'b>(&'b self, name: &'b str) -> impl Iterator<Item = &'a str> + 'b {
        self.metas.iter().filter(move |(known, _)| known == name).map(|(_, content)| *content)
    }

    /// The contents of all elements whose names have one of the parts in them, and none of the others.
    pub(in super::super) fn with_name_parts<'b>(
        &'b self,
        parts: &'b [&str],
        others: &'b [&str],
    ) -> impl Iterator<Item = &'a str> + 'b {
        let has = |name: &str, parts: &[&str]| parts.iter().any(|part| name.contains(part));
        let is_it = move |name: &str| has(name, parts) && !has(name, others);
        self.metas.iter().filter(move |(name, _)| is_it(name)).map(|(_, content)| *content)
    }

    /// Whether the page says that it is an article.
    pub(in super::super) fn is_article(&self) -> bool {
        self.first(&["og:type"]).is_some_and(|kind| kind.eq_ignore_ascii_case("article"))
    }

    /// What relative addresses are relative to, on a page with this address of its own.
    pub(in super::super) fn base(&self, page_url: &Url) -> Url {
        let base = self.base.and_then(|base| page_url.join(base).ok());
        base.filter(|base| matches!(base.scheme(), "http" | "https")).unwrap_or_else(|| page_url.clone())
    }

    /// `rel=canonical` and `og:url` as absolute addresses.
    pub(in super::super) fn canonical_urls(&self, page_url: &Url) -> Vec<Evidence<String>> {
        let base = self.base(page_url);
        let link =
            self.links.iter().find(|(relation, _)| relation == "canonical").map(|(_, href)| (*href, Origin::Link));
        let meta = self.first(&["og:url"]).map(|content| (content, Origin::Meta));
        let mut urls: Vec<Evidence<String>> = Vec::new();
        for (address, origin) in link.into_iter().chain(meta) {
            if let Some(url) = absolute(&base, address)
                && !urls.iter().any(|known| known.value == url)
            {
                urls.push(Evidence::new(url, origin));
            }
        }
        urls
    }

    /// The language tag: of the root, of a `meta`, of structured data, of the transport. Where the first of them names no
    /// country, another may that is of the same language: by the country dates are read. `en_US` is what software says
    /// that was never told, and names none.
    pub(in super::super) fn language(
        &self,
        structured: &StructuredArticle,
        document: &FetchedDocument,
    ) -> Option<Evidence<String>> {
        let meta = self.first(&["content-language", "language", "dc.language"]);
        let found = [
            (self.language, Origin::Heading),
            (meta, Origin::Meta),
            (self.first(&["og:locale"]), Origin::Meta),
            (structured.language.as_deref(), Origin::JsonLd),
            (document.content_language.as_deref(), Origin::Meta),
        ];
        let mut tags = found.into_iter().filter_map(|(tag, origin)| {
            let tag = tag?.split([',', ';']).next()?.trim();
            (tag.len() >= 2 && tag.len() <= 35).then_some((tag, origin))
        });
        let (tag, origin) = tags.next()?;
        let names_country = |other: &str| {
            let (same, country) = other.split_at_checked(tag.len()).unwrap_or_default();
            same.eq_ignore_ascii_case(tag) && country.starts_with(['-', '_']) && !other.eq_ignore_ascii_case("en_US")
        };
        let exact = tags.map(|(other, _)| other).find(|other| names_country(other)).unwrap_or(tag);
        Some(Evidence::new(exact.to_owned(), origin))
    }

    pub(in super::super) fn site_name(&self, structured: &StructuredArticle) -> Option<Evidence<String>> {
        let meta = self.first(&["og:site_name", "application-name", "apple-mobile-web-app-title"]).map(fold);
        meta.map(|name| Evidence::new(name, Origin::Meta))
            .or_else(|| structured.publisher.clone().map(|name| Evidence::new(name, Origin::JsonLd)))
    }

    pub(in super::super) fn section(&self, structured: &StructuredArticle) -> Option<Evidence<String>> {
        let named = structured.section.clone().map(|name| Evidence::new(name, Origin::JsonLd));
        named.or_else(|| {
            self.first(&["article:section", "parsely-section", "section"])
                .map(|name| Evidence::new(fold(name), Origin::Meta))
        })
    }

    /// Keywords, each once, in the order in which the page gives them.
    pub(in super::super) fn tags(&self, structured: &StructuredArticle) -> Vec<String> {
        let listed = self.first(&["news_keywords", "keywords", "parsely-tags"]).unwrap_or_default();
        let named = self.all("article:tag").map(fold).chain(structured.keywords.iter().cloned());
        let mut tags: Vec<String> = Vec::new();
        for tag in named.chain(listed.split([',', ';', '、', '،']).map(fold)).take(TAGS_READ_MAX) {
            if tags.len() < TAGS_MAX && !tag.is_empty() && !tags.iter().any(|known| key(known) == key(&tag)) {
                tags.push(tag);
            }
        }
        tags
    }

    pub(in super::super) fn image(&self, structured: &StructuredArticle, page_url: &Url) -> Option<Evidence<String>> {
        let base = &self.base(page_url);
        let meta =
            self.first(&["og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src"]);
        let meta = meta.and_then(|address| absolute(base, address)).map(|url| Evidence::new(url, Origin::Meta));
        meta.or_else(|| absolute(base, structured.image.as_deref()?).map(|url| Evidence::new(url, Origin::JsonLd)))
    }

    pub(in super::super) fn descriptions(&self) -> impl Iterator<Item = &'a str> + '_ {
        ["og:description", "description", "twitter:description"].into_iter().filter_map(|name| self.first(&[name]))
    }
}

/// An address as an absolute one; absent where it is none that could be followed.
fn absolute(base: &Url, address: &str) -> Option<String> {
    let url = base.join(address.trim()).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.to_string())
}
