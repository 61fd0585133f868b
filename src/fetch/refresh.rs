//! Pages that send their reader on by a refresh: `<meta http-equiv="refresh" content="0; url=/there">`, or a header of that
//! name. Gates, consent pages and old addresses do so in place of a redirect.

use std::ops::ControlFlow;

use ego_tree::NodeRef;
use reqwest::header::HeaderMap;
use scraper::{Html, Node};
use url::Url;

/// A refresh is followed that comes within this; what comes later is for a reader who has read.
const DELAY_MAX_S: u32 = 5;

/// Pages beyond this are no gates. Markup that is made to be slow takes the parser some milliseconds up to here.
const PAGE_BYTES_MAX: usize = 256 * 1024;

/// Smaller pages are parsed where they are.
const BLOCKING_BYTES_MIN: usize = 16 * 1024;

/// Characters of running text, blanks not counted, from which on a page is worth more than where it leads: some eighty words.
/// Gates say less, and articles of fewer words are rare.
const TEXT_CHARS_MIN: usize = 450;

/// Elements whose text nobody reads as the page's own: what is not shown, and what stands around.
const NOT_TEXT: [&str; 12] =
    ["a", "button", "footer", "form", "head", "header", "iframe", "nav", "noscript", "script", "style", "template"];

/// Where an answer sends its reader on to, if it is one that does so in place of a text. The address itself is nowhere, but
/// where a cookie comes along: with that it may answer otherwise.
pub(super) async fn target(headers: &HeaderMap, content_type: Option<&str>, body: &[u8], url: &Url) -> Option<Url> {
    let by_header = headers.get("refresh").and_then(|value| std::str::from_utf8(value.as_bytes()).ok()).and_then(place);
    let is_page = body.len() <= PAGE_BYTES_MAX && may_be_html(content_type);
    if !is_page || by_header.is_none() && !may_hold_refresh(body) {
        return None;
    }
    // The markup is ASCII in every encoding but UTF-16, in which nobody writes gates.
    let page = String::from_utf8_lossy(body).into_owned();
    let brings_cookie = headers.contains_key("set-cookie");
    if page.len() < BLOCKING_BYTES_MIN {
        return target_of(&page, by_header, url, brings_cookie);
    }
    let url = url.clone();
    // A page that the parser cannot read leads nowhere.
    tokio::task::spawn_blocking(move || target_of(&page, by_header, &url, brings_cookie)).await.ok().flatten()
}

fn target_of(page: &str, by_header: Option<String>, url: &Url, brings_cookie: bool) -> Option<Url> {
    let html = Html::parse_document(page);
    let mut declared = Declared::default();
    read_head(&html, &mut declared);
    let to = by_header.or(declared.refresh)?;
    let base = declared.base.and_then(|base| url.join(&base).ok()).unwrap_or_else(|| url.clone());
    let to = base.join(&to).ok().filter(|to| matches!(to.scheme(), "http" | "https"))?;
    let leads_on = brings_cookie || without_fragment(&to) != without_fragment(url);
    (leads_on && !holds_text(&html)).then_some(to)
}

fn may_be_html(content_type: Option<&str>) -> bool {
    content_type.is_none_or(|content_type| {
        let content_type = content_type.to_ascii_lowercase();
        ["html", "text/plain", "octet-stream", "unknown"].iter().any(|name| content_type.contains(name))
            || !content_type.contains('/')
    })
}

fn without_fragment(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_fragment(None);
    url
}

/// Whether a page may declare a refresh. Most do not, and are not parsed for it.
fn may_hold_refresh(body: &[u8]) -> bool {
    let is_followed_by_refresh = |at: usize| {
        let value = body[at + b"http-equiv".len()..].trim_ascii_start();
        let value = value.strip_prefix(b"=").map(<[u8]>::trim_ascii_start).unwrap_or_default();
        let value = value.strip_prefix(b"\"").or_else(|| value.strip_prefix(b"'")).unwrap_or(value).trim_ascii_start();
        value.get(..b"refresh".len()).is_some_and(|word| word.eq_ignore_ascii_case(b"refresh"))
    };
    // The rarest of its characters.
    memchr::memchr2_iter(b'q', b'Q', body).filter_map(|at| at.checked_sub(b"http-e".len())).any(|at| {
        body[at..].get(..b"http-equiv".len()).is_some_and(|word| word.eq_ignore_ascii_case(b"http-equiv"))
            && is_followed_by_refresh(at)
    })
}

/// What a page's head says of where to go.
#[derive(Default)]
struct Declared {
    refresh: Option<String>,
    base: Option<String>,
}

/// Reads the elements of the head. The parser takes scripts to be on, so what stands in a `noscript` is text to it; a reader
/// without scripts, as this one, sees elements there.
fn read_head(html: &Html, declared: &mut Declared) {
    let head = html.root_element().children().find(|node| is_element(*node, "head"));
    for node in head.into_iter().flat_map(|head| head.children()) {
        let Node::Element(element) = node.value() else { continue };
        match element.name() {
            "meta" if element.attr("http-equiv").is_some_and(|name| name.trim().eq_ignore_ascii_case("refresh")) => {
                declared.refresh = declared.refresh.take().or_else(|| element.attr("content").and_then(place));
            }
            "base" => declared.base = declared.base.take().or_else(|| element.attr("href").map(str::to_owned)),
            "noscript" => {
                let inner: String = node.children().filter_map(|child| Some(&**child.value().as_text()?)).collect();
                let inner = Html::parse_document(&inner);
                // One within another is not HTML.
                if !inner.tree.nodes().any(|node| is_element(node, "noscript")) {
                    read_head(&inner, declared);
                }
            }
            _ => {}
        }
    }
}

fn is_element(node: NodeRef<'_, Node>, name: &str) -> bool {
    node.value().as_element().is_some_and(|element| element.name() == name)
}

/// The address in a refresh that comes soon, read as the HTML standard has it ("shared declarative refresh steps").
fn place(content: &str) -> Option<String> {
    let content = content.trim_start();
    let n_digits = content.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = content.split_at(n_digits);
    if digits.is_empty() && !rest.starts_with('.') {
        return None;
    }
    let delay_s: u32 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let is_parted = rest.starts_with(|c: char| c.is_ascii_whitespace() || c == ';' || c == ',');
    if delay_s > DELAY_MAX_S || !is_parted {
        return None;
    }
    let rest = rest.trim_start();
    let rest = rest.strip_prefix([';', ',']).unwrap_or(rest).trim_start();
    let place = match rest.get(..3).filter(|word| word.eq_ignore_ascii_case("url")) {
        Some(_) => rest[3..].trim_start().strip_prefix('=').map_or(rest, str::trim_start),
        None => rest,
    };
    let place = match place.chars().next() {
        Some(quote @ ('"' | '\'')) => place[1..].split(quote).next().unwrap_or_default(),
        _ => place,
    };
    Some(place.trim().to_owned()).filter(|place| !place.is_empty())
}

/// Whether a page has an article's worth of text.
fn holds_text(html: &Html) -> bool {
    let mut n_chars = 0;
    let flow = html.root_element().children().try_for_each(|node| count_text(node, &mut n_chars));
    flow.is_break()
}

/// Counts text until it is enough. Deep trees are walked with a stack of one's own, since hostile pages nest without end.
fn count_text(node: NodeRef<'_, Node>, n_chars: &mut usize) -> ControlFlow<()> {
    let mut waiting = vec![node];
    while let Some(node) = waiting.pop() {
        match node.value() {
            Node::Element(element) if NOT_TEXT.contains(&element.name()) => {}
            Node::Element(_) => waiting.extend(node.children()),
            Node::Text(text) => {
                // A character of Chinese or Japanese is half a word.
                let weight = |c: char| if c >= '\u{2e80}' { 3 } else { 1 };
                *n_chars += text.chars().filter(|c| !c.is_whitespace()).map(weight).sum::<usize>();
                if *n_chars >= TEXT_CHARS_MIN {
                    return ControlFlow::Break(());
                }
            }
            _ => {}
        }
    }
    ControlFlow::Continue(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(headers: &HeaderMap, content_type: &str, html: &str, url: &Url) -> Option<Url> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(target(headers, Some(content_type), html.as_bytes(), url))
    }

    fn leads(html: &str) -> Option<String> {
        let url = Url::parse("http://paper.example/news/a").unwrap();
        found(&HeaderMap::new(), "text/html", html, &url).map(|to| to.to_string())
    }

    fn declaring(content: &str) -> String {
        format!(
            "<!doctype html><html><head><meta http-equiv=\"refresh\" content=\"{content}\"></head><body>Moved</body></html>"
        )
    }

    #[test]
    fn a_refresh_is_read_as_browsers_read_it() {
        let there = Some("http://paper.example/there".to_owned());
        for content in [
            "0; url=/there",
            "0;URL=/there",
            "5,url = '/there'",
            " 3 /there",
            "0;/there",
            "0.5; url='/there' and more",
            ".9;url=/there",
            "1;\nurl=\t/there  ",
            "0; Url=../there",
            "0;url=http:/there",
        ] {
            assert_eq!(leads(&declaring(content)), there, "{content}");
        }
        assert_eq!(leads(&declaring("0; url=&quot;/there&quot;")), there);
        assert_eq!(leads(&declaring("0; url=//other.example/?a=1&amp;b=2")).unwrap(), "http://other.example/?a=1&b=2");
        for content in
            ["", "url=/there", "6; url=/there", "300;url=/there", "0", "0;", "0; url=", "0x/there", "-1; url=/there"]
        {
            assert_eq!(leads(&declaring(content)), None, "{content}");
        }
        for to in ["/news/a", "", "#top", "http://paper.example/news/a#b", "javascript:go()", "file:///etc/passwd"] {
            assert_eq!(leads(&declaring(&format!("0; url={to}"))), None, "{to}");
        }
    }

    #[test]
    fn a_refresh_counts_in_the_head_and_in_force() {
        let there = Some("http://paper.example/there".to_owned());
        let meta = "<META content='0;url=/there' HTTP-EQUIV = Refresh>";
        assert_eq!(leads(meta), there, "a page of nothing else");
        assert_eq!(
            leads(&format!("<html><head><noscript>{meta}</noscript><script>go()</script></head><body></body>")),
            there
        );
        assert_eq!(leads(&format!("<head><base href='/b/'>{}</head>", meta.replace("=/there", "=../there"))), there);
        for page in [
            format!("<head><!-- {meta} --></head>"),
            format!("<head><!--[if lt IE 9]>{meta}<![endif]--></head>"),
            format!("<head><script>var x = \"{meta}\";</script></head>"),
            format!("<head><template>{meta}</template></head>"),
            format!("<head><title>a {meta}</title></head>"),
            format!("<head><noscript><!-- {meta} --></noscript></head>"),
            format!("<head></head><body><textarea>{meta}</textarea></body>"),
            format!("<head></head><body><p>In the text: {meta}</p></body>"),
            format!("<rss><channel><item><description><![CDATA[{meta}]]></description></item></channel></rss>"),
        ] {
            assert_eq!(leads(&page), None, "{page}");
        }
        let url = Url::parse("http://paper.example/news/a").unwrap();
        assert_eq!(found(&HeaderMap::new(), "application/rss+xml", meta, &url), None);
        let headers = HeaderMap::from_iter([("refresh".parse().unwrap(), "0; url=/there".parse().unwrap())]);
        let by_header = found(&headers, "text/html", "<p>Moved</p>", &url).map(|to| to.to_string());
        assert_eq!(by_header, there);
    }

    #[test]
    fn a_page_with_a_text_of_its_own_is_not_left() {
        let sentence = "The committee met in the afternoon and agreed to meet again in spring. ";
        let with =
            |inner: &str| format!("<head><meta http-equiv=refresh content='3; url=/there'></head><body>{inner}</body>");
        assert_eq!(leads(&with(&format!("<article><p>{}</p></article>", sentence.repeat(9)))), None);
        assert_eq!(leads(&with(&"会議は午後に開かれ、春に再び集まることで合意した。".repeat(8))), None);
        let around =
            format!("<nav>{0}</nav><script>'{0}'</script><a href=/b>{0}</a><p>{sentence}</p>", sentence.repeat(9));
        assert!(leads(&with(&around)).is_some());
        assert!(leads(&with(&format!("{}{sentence}", "<div>".repeat(100_000)))).is_none(), "too large for a gate");
        assert!(leads(&with(&format!("{}{sentence}", "<div>".repeat(20_000)))).is_some());
    }
}
