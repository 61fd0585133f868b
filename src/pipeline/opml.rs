//! Lists of sources in OPML 2.0 (<http://opml.org/spec2.opml>), both ways.
//!
//! A feed is an outline of the type `rss`, as any reader of feeds writes and reads it. What else we follow is an
//! outline of the type `link`, which other readers leave alone. Folders are tags: the first tag of a source is the folder
//! it lies in, and `category` holds all of them. What OPML has no word for stands in attributes of our own namespace:
//!
//! | attribute | value |
//! |---|---|
//! | `newswire:slug` | the name of the source |
//! | `newswire:kind` | `feed`, `sitemap`, `page` or `article` |
//! | `newswire:state` | `paused`; absent otherwise |
//! | `newswire:fullText` | `feed` or `page`; absent otherwise |
//! | `newswire:links` | JSON list of the CSS selectors of a page's links |
//! | `newswire:proxy` | `direct`, or the address of a proxy without credentials; absent otherwise |
//! | `newswire:tags` | JSON list, in place of `category` where a tag has a comma or a slash in it |

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use url::Url;

use crate::charset;
use crate::config::{check_link_selector, check_slug, slug_for};
use crate::model::{FullText, ListedSource, Route, Source, SourceKind};

/// The namespace of our attributes: a name and not an address.
const NAMESPACE: &str = "urn:newswire:opml";

/// Folders within folders that become tags. Nobody nests deeper, and each source gets all of its folders.
const FOLDERS_MAX: usize = 16;

/// The sources that an OPML file lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpmlSources {
    /// Sources, each address once.
    pub sources: Vec<ListedSource>,
    /// Outlines that repeat an earlier one, and were left out.
    pub duplicates: Vec<String>,
    /// Outlines that could not be taken, or not as they are, each with its line.
    pub problems: Vec<String>,
}

/// Writes a list of sources, folders in alphabetical order, those without a folder last.
#[must_use]
pub fn write_opml(sources: &[ListedSource]) -> String {
    let mut opml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\" xmlns:newswire=\"{NAMESPACE}\">\n  <head>\n    \
         <title>newswire sources</title>\n    <docs>http://opml.org/spec2.opml</docs>\n  </head>\n  <body>\n"
    );
    let mut placed: Vec<(Option<String>, &ListedSource)> =
        sources.iter().map(|listed| (clean_tags(&listed.source.tags).into_iter().next(), listed)).collect();
    placed.sort_by(|(left_folder, left), (right_folder, right)| {
        let key = |folder: &Option<String>| (folder.is_none(), folder.clone());
        key(left_folder).cmp(&key(right_folder)).then_with(|| left.source.slug.cmp(&right.source.slug))
    });
    let mut open: Option<String> = None;
    for (folder, listed) in placed {
        if folder != open {
            if open.is_some() {
                opml.push_str("    </outline>\n");
            }
            if let Some(folder) = &folder {
                let _ = writeln!(opml, "    <outline text=\"{}\">", escape(folder));
            }
            open = folder;
        }
        let indent = if open.is_some() { "      " } else { "    " };
        opml.push_str(indent);
        write_outline(&mut opml, listed);
    }
    if open.is_some() {
        opml.push_str("    </outline>\n");
    }
    opml.push_str("  </body>\n</opml>\n");
    opml
}

fn write_outline(opml: &mut String, listed: &ListedSource) {
    let source = &listed.source;
    let text = source.title.as_deref().map(str::trim).filter(|title| !title.is_empty()).unwrap_or(&source.slug);
    let is_feed = matches!(source.kind, None | Some(SourceKind::Feed));
    let mut attributes: Vec<(&str, Cow<'_, str>)> = vec![("text", text.into())];
    if source.title.is_some() {
        attributes.push(("title", text.into()));
    }
    attributes.push(("type", if is_feed { "rss" } else { "link" }.into()));
    attributes.push((if is_feed { "xmlUrl" } else { "url" }, source.url.as_str().into()));
    if let Some(site) = &source.site_url {
        attributes.push(("htmlUrl", site.as_str().into()));
    }
    let tags = clean_tags(&source.tags);
    if tags.iter().any(|tag| tag.contains([',', '/'])) {
        attributes.push(("newswire:tags", json_list(&tags).into()));
    } else if !tags.is_empty() {
        attributes.push(("category", tags.join(",").into()));
    }
    attributes.push(("newswire:slug", source.slug.as_str().into()));
    if let Some(kind) = source.kind {
        attributes.push(("newswire:kind", kind.as_str().into()));
    }
    if listed.is_paused {
        attributes.push(("newswire:state", "paused".into()));
    }
    if source.full_text != FullText::default() {
        attributes.push(("newswire:fullText", source.full_text.as_str().into()));
    }
    if !source.link_selectors.is_empty() {
        attributes.push(("newswire:links", json_list(&source.link_selectors).into()));
    }
    if let Some(route) = &source.proxy {
        attributes.push(("newswire:proxy", route.without_credentials().to_string().into()));
    }
    opml.push_str("<outline");
    for (name, value) in attributes {
        let _ = write!(opml, " {name}=\"{}\"", escape(&value));
    }
    opml.push_str("/>\n");
}

/// Text as it may stand in an attribute. What XML 1.0 has no way to write is left out; breaks of lines, which a parser
/// would fold, are written as references.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in quick_xml::escape::escape(text).chars() {
        match c {
            '\t' | '\n' => {
                let _ = write!(escaped, "&#{};", u32::from(c));
            }
            '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_control() => {}
            c => escaped.push(c),
        }
    }
    escaped
}

fn json_list(texts: &[String]) -> String {
    serde_json::Value::from(texts).to_string()
}

/// Tags without white space at their ends and control characters, each once.
fn clean_tags(tags: &[String]) -> Vec<String> {
    let mut clean: Vec<String> = Vec::with_capacity(tags.len());
    for tag in tags {
        let text: String = tag.chars().filter(|c| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}')).collect();
        let text = text.trim();
        if !text.is_empty() && !clean.iter().any(|known| known == text) {
            clean.push(text.to_owned());
        }
    }
    clean
}

/// Reads the sources of an OPML file: every outline with an `xmlUrl`, and those of other types that we have written
/// ourselves. A file that is broken half-way gives what stands before.
///
/// # Errors
///
/// Why it is no OPML.
pub fn opml_sources(bytes: &[u8]) -> Result<OpmlSources, String> {
    let text = charset::decode(bytes, None);
    let mut reader = Reader::from_str(&text);
    reader.config_mut().check_end_names = false;
    let mut reading =
        Reading { text: &text, position: 0, line: 1, places: HashMap::new(), found: OpmlSources::default() };
    let mut folders: Vec<Option<String>> = Vec::new();
    let (mut is_opml, mut is_whole) = (false, false);
    loop {
        match reader.read_event() {
            Ok(Event::Start(element)) => {
                is_opml |= is_named(&element, "opml");
                if is_named(&element, "outline") {
                    reading.move_to(reader.buffer_position());
                    let outline = Outline::read(&element);
                    let is_source = reading.take(&outline, &folders, true);
                    // Some readers write the name of a folder as its title alone.
                    folders.push(outline.text.or(outline.title).filter(|_| !is_source));
                }
            }
            Ok(Event::Empty(element)) if is_named(&element, "outline") => {
                reading.move_to(reader.buffer_position());
                reading.take(&Outline::read(&element), &folders, false);
            }
            Ok(Event::End(element)) => {
                if element.local_name().as_ref().eq_ignore_ascii_case("outline") {
                    folders.pop();
                }
                is_whole |= element.local_name().as_ref().eq_ignore_ascii_case("opml");
            }
            Ok(Event::Eof) => {
                if is_opml && !is_whole {
                    reading.move_to(reader.buffer_position());
                    reading.problem("it ends here, before the end of its opml element: a part of it is missing");
                }
                break;
            }
            Ok(_) => {}
            Err(error) => {
                reading.move_to(reader.error_position());
                reading.problem(&format!("the XML is broken here, and what comes after is not read: {error}"));
                break;
            }
        }
    }
    if is_opml { Ok(reading.found) } else { Err("not OPML: there is no opml element".to_owned()) }
}

/// Whether an element has this name; in XML case counts, and some write as if it didn't.
fn is_named(element: &BytesStart<'_>, name: &str) -> bool {
    element.local_name().as_ref().eq_ignore_ascii_case(name)
}

/// The attributes of an outline that we know.
#[derive(Debug, Default)]
struct Outline {
    text: Option<String>,
    title: Option<String>,
    type_word: Option<String>,
    feed_url: Option<String>,
    url: Option<String>,
    site_url: Option<String>,
    category: Option<String>,
    slug: Option<String>,
    kind: Option<String>,
    state: Option<String>,
    full_text: Option<String>,
    links: Option<String>,
    proxy: Option<String>,
    tags: Option<String>,
}

impl Outline {
    fn read(element: &BytesStart<'_>) -> Outline {
        let mut outline = Outline::default();
        // Unchecked: to look for attributes that are given twice takes long where there are many.
        for attribute in element.attributes().with_checks(false).flatten() {
            let place = match attribute.key.as_ref().to_ascii_lowercase().as_str() {
                "text" => &mut outline.text,
                "title" => &mut outline.title,
                "type" => &mut outline.type_word,
                "xmlurl" => &mut outline.feed_url,
                "url" => &mut outline.url,
                "htmlurl" => &mut outline.site_url,
                "category" => &mut outline.category,
                "newswire:slug" => &mut outline.slug,
                "newswire:kind" => &mut outline.kind,
                "newswire:state" => &mut outline.state,
                "newswire:fulltext" => &mut outline.full_text,
                "newswire:links" => &mut outline.links,
                "newswire:proxy" => &mut outline.proxy,
                "newswire:tags" => &mut outline.tags,
                _ => continue,
            };
            let raw = attribute.value;
            let value = quick_xml::escape::unescape(&raw).map_or_else(|_| raw.to_string(), Cow::into_owned);
            *place = Some(value).filter(|value| !value.trim().is_empty());
        }
        outline
    }

    /// The address that is followed. What is no feed is ours only if it says so.
    fn address(&self) -> Option<&str> {
        self.feed_url.as_deref().or_else(|| self.url.as_deref().filter(|_| self.kind.is_some()))
    }

    fn own_tags(&self) -> Vec<String> {
        let listed = self.tags.as_deref().and_then(|tags| serde_json::from_str::<Vec<String>>(tags).ok());
        listed.unwrap_or_else(|| {
            let category = self.category.as_deref().unwrap_or_default();
            category.split([',', '/']).map(str::to_owned).collect()
        })
    }
}

struct Reading<'t> {
    text: &'t str,
    position: usize,
    line: usize,
    /// In which line each address was first seen.
    places: HashMap<Url, usize>,
    found: OpmlSources,
}

impl Reading<'_> {
    /// Counts lines up to a byte.
    fn move_to(&mut self, position: u64) {
        let position = usize::try_from(position).unwrap_or(usize::MAX).min(self.text.len());
        let passed = &self.text.as_bytes()[self.position.min(position)..position];
        self.line += memchr::memchr_iter(b'\n', passed).count();
        self.position = position.max(self.position);
    }

    fn problem(&mut self, text: &str) {
        self.found.problems.push(format!("line {}: {text}", self.line));
    }

    /// Takes the source of an outline; whether it is one, good or bad. The folders it lies in become its first tags.
    fn take(&mut self, outline: &Outline, folders: &[Option<String>], may_hold_others: bool) -> bool {
        let Some(address) = outline.address() else {
            let says_feed = outline.type_word.as_deref().is_some_and(|word| {
                ["rss", "atom", "feed"].iter().any(|known| word.trim().eq_ignore_ascii_case(known))
            });
            if says_feed && !may_hold_others {
                let name = outline.text.as_deref().or(outline.title.as_deref()).unwrap_or_default();
                self.problem(&format!("the outline {name:?} says that it is a feed and has no xmlUrl"));
            }
            return false;
        };
        let Some(url) = read_address(address) else {
            self.problem(&format!("{address:?} is no address that can be followed"));
            return true;
        };
        if let Some(first) = self.places.get(&url) {
            let duplicate = format!("line {}: {url} is listed twice, first in line {first}", self.line);
            self.found.duplicates.push(duplicate);
            return true;
        }
        self.places.insert(url.clone(), self.line);
        // Without its proxy it would be asked in a way that its user does not want.
        let proxy = match outline.proxy.as_deref().map(read_route).transpose() {
            Ok(proxy) => proxy,
            Err(rule) => {
                self.problem(&format!("newswire:proxy: {rule}; {url} is left out"));
                return true;
            }
        };
        let given = match outline.slug.as_deref().map(|slug| (slug, check_slug(slug))) {
            Some((slug, Err(rule))) => {
                self.problem(&format!("newswire:slug = {slug:?}: {rule}; another is made"));
                None
            }
            given => given.map(|(slug, _)| slug.to_owned()),
        };
        let is_named = given.is_some();
        let slug = given.unwrap_or_else(|| slug_for(&url));
        let kind = self.choice("newswire:kind", outline.kind.as_deref());
        let full_text = self.choice("newswire:fullText", outline.full_text.as_deref()).unwrap_or_default();
        let folders = folders.iter().take(FOLDERS_MAX).flatten().cloned();
        let tags: Vec<String> = folders.chain(outline.own_tags()).collect();
        let title = outline.title.as_ref().or(outline.text.as_ref()).map(|title| title.trim().to_owned());
        let source = Source {
            kind,
            tags: clean_tags(&tags),
            // A name that was put there for want of a title is none.
            title: title.filter(|title| *title != slug),
            site_url: outline.site_url.as_deref().and_then(read_address),
            full_text,
            link_selectors: self.link_selectors(outline.links.as_deref()),
            proxy,
            ..Source::new(slug, url)
        };
        let is_paused = outline.state.as_deref().is_some_and(|state| state.trim() == "paused");
        self.found.sources.push(ListedSource { source, is_paused, is_named });
        true
    }

    fn choice<T: std::str::FromStr<Err = String>>(&mut self, name: &str, word: Option<&str>) -> Option<T> {
        match word?.trim().parse() {
            Ok(choice) => Some(choice),
            Err(rule) => {
                self.problem(&format!("{name}: {rule}; it is left out"));
                None
            }
        }
    }

    fn link_selectors(&mut self, list: Option<&str>) -> Vec<String> {
        let Some(list) = list else { return Vec::new() };
        let Ok(selectors) = serde_json::from_str::<Vec<String>>(list) else {
            self.problem("newswire:links: must be a JSON list of texts; it is left out");
            return Vec::new();
        };
        let (good, bad): (Vec<String>, Vec<String>) =
            selectors.into_iter().partition(|selector| check_link_selector(selector).is_ok());
        for selector in bad {
            self.problem(&format!("newswire:links: {selector:?} is no CSS selector; it is left out"));
        }
        good
    }
}

/// The way of a source. Lists are handed on, and the database keeps no credentials.
fn read_route(text: &str) -> Result<Route, String> {
    let route: Route = text.trim().parse()?;
    if route.without_credentials() == route { Ok(route) } else { Err("must be without credentials".to_owned()) }
}

/// An address of the web, also in the form `feed://example.org/rss`, which readers once registered for.
fn read_address(text: &str) -> Option<Url> {
    let text = text.trim();
    let text = match text.strip_prefix("feed:") {
        Some(rest) if rest.starts_with("//") => Cow::Owned(format!("http:{rest}")),
        Some(rest) => Cow::Borrowed(rest),
        None => Cow::Borrowed(text),
    };
    let is_of_the_web =
        |url: &Url| matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(|host| !host.is_empty());
    Url::parse(&text).ok().filter(is_of_the_web)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(body: &str) -> OpmlSources {
        opml_sources(format!("<opml version=\"2.0\"><body>{body}</body></opml>").as_bytes()).unwrap()
    }

    #[test]
    fn outlines_with_an_address_are_sources_and_folders_are_tags() {
        let found = read(
            r#"<outline text="Ports"><outline text="Small &amp; old"><outline text="A" type="rss" title="The A"
            xmlUrl="https://a.example/feed?x=1&amp;y=2" htmlUrl="https://a.example/" category="/Boston/Weather,Ports"/>
            </outline></outline><outline text="B" xmlUrl="feed://b.example/rss"/>"#,
        );
        assert_eq!((found.problems, found.duplicates), (vec![], vec![]));
        let [a, b] = found.sources.as_slice() else { panic!("{:?}", found.sources) };
        assert_eq!(a.source.url.as_str(), "https://a.example/feed?x=1&y=2");
        assert_eq!(a.source.tags, ["Ports", "Small & old", "Boston", "Weather"]);
        assert_eq!((a.source.title.as_deref(), a.source.kind), (Some("The A"), None));
        assert_eq!(a.source.site_url.as_ref().unwrap().as_str(), "https://a.example/");
        assert_eq!((b.source.url.as_str(), b.source.tags.len()), ("http://b.example/rss", 0));
    }

    #[test]
    fn folders_may_be_named_by_their_title_and_elements_written_in_capitals() {
        let found = read(
            r#"<outline title="Ports"><outline title="Small" text=""><outline title="A" text="A" type="rss"
            xmlUrl="https://a.example/rss"/></outline></outline><outline text="By text" title="By title">
            <outline text="B" xmlUrl="https://b.example/rss"/></outline>"#,
        );
        let tags = |found: &OpmlSources, at: usize| found.sources[at].source.tags.join("/");
        assert_eq!((tags(&found, 0).as_str(), tags(&found, 1).as_str()), ("Ports/Small", "By text"));
        let capitals = r#"<?xml version="1.0"?><OPML VERSION="1.0"><BODY><OUTLINE TEXT="Ports"><OUTLINE TEXT="A" TYPE="rss"
            XMLURL="https://a.example/rss"/></OUTLINE><Outline text="B" xmlUrl="https://b.example/rss"></Outline></BODY></OPML>"#;
        let found = opml_sources(capitals.as_bytes()).unwrap();
        assert_eq!((found.sources.len(), found.problems.clone()), (2, vec![]));
        assert_eq!((tags(&found, 0).as_str(), tags(&found, 1).as_str()), ("Ports", ""));
    }

    #[test]
    fn what_cannot_be_taken_is_told_with_its_line() {
        let found = read(
            "\n<outline text=\"B\" xmlUrl=\"ftp://b.example/\"/>\n<outline text=\"C\" type=\"rss\"/>\n\
             <outline text=\"A\" xmlUrl=\"https://a.example/\"/>\n<outline text=\"A again\" xmlUrl=\"https://a.example\"/>\n\
             <outline text=\"D\" type=\"link\" url=\"https://d.example/\"/>\n\
             <outline text=\"E\" xmlUrl=\"https://e.example/\" newswire:kind=\"blog\" newswire:slug=\"Not One\" newswire:links=\"h2\"/>\n\
             <outline text=\"F\" xmlUrl=\"https://f.example/\" newswire:proxy=\"http://me:secret@proxy.example:1\"/>",
        );
        assert_eq!(
            found.problems,
            [
                "line 2: \"ftp://b.example/\" is no address that can be followed",
                "line 3: the outline \"C\" says that it is a feed and has no xmlUrl",
                "line 7: newswire:slug = \"Not One\": must be 1 to 64 of a-z, 0-9, '-', '_' and '.', beginning with a \
                 letter or a digit; another is made",
                "line 7: newswire:kind: unknown kind \"blog\", must be one of feed, sitemap, page, article; it is left out",
                "line 7: newswire:links: must be a JSON list of texts; it is left out",
                "line 8: newswire:proxy: must be without credentials; https://f.example/ is left out",
            ]
        );
        assert_eq!(found.duplicates, ["line 5: https://a.example/ is listed twice, first in line 4"]);
        let slugs: Vec<&str> = found.sources.iter().map(|listed| listed.source.slug.as_str()).collect();
        assert_eq!(slugs, ["a.example", "e.example"]);
        assert!(opml_sources(b"<rss/>").is_err());
        assert!(opml_sources(b"").is_err());
        let broken = opml_sources(b"<opml><body>\n<outline xmlUrl='https://a.example/'/>\n<outline <").unwrap();
        assert_eq!((broken.sources.len(), broken.problems.len()), (1, 1), "{broken:?}");
        assert!(broken.problems[0].starts_with("line 3: the XML is broken here"), "{broken:?}");
    }

    #[test]
    fn a_list_is_written_as_other_readers_write_it() {
        let url = |text: &str| Url::parse(text).unwrap();
        let feed = Source {
            kind: Some(SourceKind::Feed),
            tags: vec!["en".to_owned(), "daily".to_owned()],
            title: Some("The \"Post\" & more".to_owned()),
            site_url: Some(url("https://post.example/")),
            ..Source::new("post".to_owned(), url("https://post.example/feed?a=1&b=2"))
        };
        let page = Source {
            kind: Some(SourceKind::Page),
            tags: vec!["a, b".to_owned()],
            link_selectors: vec!["h2 > a".to_owned()],
            ..Source::new("page".to_owned(), url("https://page.example/news"))
        };
        let listed = |source: Source, is_paused| ListedSource { source, is_paused, is_named: true };
        let opml = write_opml(&[listed(page, true), listed(feed, false)]);
        let expected = r#"  <body>
    <outline text="a, b">
      <outline text="page" type="link" url="https://page.example/news" newswire:tags="[&quot;a, b&quot;]" newswire:slug="page" newswire:kind="page" newswire:state="paused" newswire:links="[&quot;h2 &gt; a&quot;]"/>
    </outline>
    <outline text="en">
      <outline text="The &quot;Post&quot; &amp; more" title="The &quot;Post&quot; &amp; more" type="rss" xmlUrl="https://post.example/feed?a=1&amp;b=2" htmlUrl="https://post.example/" category="en,daily" newswire:slug="post" newswire:kind="feed"/>
    </outline>
  </body>
</opml>
"#;
        assert!(opml.ends_with(expected), "{opml}");
    }

    fn any_source() -> impl Strategy<Value = ListedSource> {
        let kind = prop_oneof![
            Just(None),
            Just(Some(SourceKind::Feed)),
            Just(Some(SourceKind::Sitemap)),
            Just(Some(SourceKind::Page)),
            Just(Some(SourceKind::Article)),
        ];
        let full_text = prop_oneof![Just(FullText::Auto), Just(FullText::Feed), Just(FullText::Page)];
        let selectors = proptest::collection::vec(prop_oneof![Just("h2 > a"), Just("a[href^=\"/n\"]")], 0..3);
        let named = ("[a-z][a-z0-9.-]{0,9}", "[a-z0-9/?&=.]{0,12}", proptest::option::of("\\PC{1,12}"));
        let proxy = prop_oneof![Just(None), Just(Some("direct")), Just(Some("socks5h://proxy.example:1080"))];
        let choices = (kind, proptest::collection::vec("\\PC{0,6}", 0..4), full_text, selectors, proxy, any::<bool>());
        (named, choices).prop_map(|((slug, path, title), (kind, tags, full_text, selectors, proxy, is_paused))| {
            let url = Url::parse(&format!(
                "https://{}.example/{path}",
                slug.trim_matches(['.', '-']).replace(['.', '-'], "")
            ));
            let source = Source {
                kind,
                tags: clean_tags(&tags),
                title: title.map(|title| title.trim().to_owned()).filter(|title| !title.is_empty() && *title != slug),
                site_url: is_paused.then(|| Url::parse("https://site.example/?a=\"b\"").unwrap()),
                full_text,
                link_selectors: selectors.into_iter().map(str::to_owned).collect(),
                proxy: proxy.map(|proxy| proxy.parse().unwrap()),
                ..Source::new(slug, url.unwrap())
            };
            ListedSource { source, is_paused, is_named: true }
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_list_survives_being_written(listed in proptest::collection::vec(any_source(), 0..6)) {
            let mut listed = listed;
            listed.sort_by(|left, right| left.source.slug.cmp(&right.source.slug));
            listed.dedup_by(|left, right| left.source.slug == right.source.slug);
            listed.dedup_by(|left, right| left.source.url == right.source.url);
            let written = write_opml(&listed);
            let mut read = opml_sources(written.as_bytes()).unwrap();
            prop_assert_eq!(&read.problems, &Vec::<String>::new());
            prop_assert_eq!(&read.duplicates, &Vec::<String>::new());
            prop_assert_eq!(&write_opml(&read.sources), &written);
            read.sources.sort_by(|left, right| left.source.slug.cmp(&right.source.slug));
            prop_assert_eq!(read.sources, listed);
        }

        #[test]
        fn no_file_is_too_broken(body in "[\\PC<>&\"='/ \n]{0,200}") {
            let _ = opml_sources(body.as_bytes());
            let _ = opml_sources(format!("<opml><outline xmlUrl=\"http://a/\" {body}").as_bytes());
        }
    }

    #[test]
    fn folders_without_end_take_no_time() {
        let began = std::time::Instant::now();
        let nested = "<outline text=\"f\" xmlUrl=\"x\">".repeat(50_000) + &"<outline text=\"g\">".repeat(50_000);
        let _ = read(&nested);
        let many: String = (0..20_000).fold(String::new(), |many, n| many + &format!(" a{n}=\"\""));
        let _ = read(&format!("<outline {many} xmlUrl=\"http://a.example/\"/>"));
        assert!(began.elapsed() < std::time::Duration::from_secs(20), "{:?}", began.elapsed());
    }
}
