//! The text of a page to its tree.

use std::borrow::Cow;

use html5ever::interface::{TreeSink, create_element};
use html5ever::tendril::StrTendril;
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts};
use html5ever::{QualName, local_name, ns};
use memchr::memchr_iter;
use scraper::{Html, HtmlTreeSink};

use super::super::page::{PageSink, Tree};
use super::tokens::{Keep, feed};

/// The tree of a page, with what is read of it.
pub(in super::super) fn parse(html: &str, steps_max: usize) -> Tree {
    build(TreeBuilder::new(PageSink::new(), TreeBuilderOpts::default()), html, steps_max, Keep::Read).0
}

/// The tree of a piece of HTML that stands in the body of a page.
pub(in super::super) fn parse_fragment(html: &str, steps_max: usize) -> Tree {
    let sink = PageSink::new();
    let body = create_element(&sink, QualName::new(None, ns!(html), local_name!("body")), Vec::new());
    let builder = TreeBuilder::new_for_fragment(sink, body, None, TreeBuilderOpts::default());
    build(builder, html, steps_max, Keep::Read).0
}

/// The tree of a page with all that it says.
#[cfg(test)]
pub(in super::super) fn parse_all(html: &str) -> Tree {
    build(TreeBuilder::new(PageSink::new(), TreeBuilderOpts::default()), html, usize::MAX, Keep::All).0
}

/// The whole tree of a page, as selectors look through it: they may name any attribute.
pub(in super::super) fn parse_whole(html: &str, steps_max: usize) -> Html {
    let sink = HtmlTreeSink::new(Html::new_document());
    build(TreeBuilder::new(sink, TreeBuilderOpts::default()), html, steps_max, Keep::All).0
}

/// Has a tree built; also how many bytes of the page it is of.
fn build<S: TreeSink>(
    builder: TreeBuilder<S::Handle, S>,
    html: &str,
    steps_max: usize,
    keep: Keep,
) -> (S::Output, usize) {
    let n_read = feed(&builder, &normalized(html), steps_max, keep);
    (builder.sink.finish(), n_read)
}

/// A page without its byte order mark, and with line breaks as Unix has them: what the standard does before it reads.
fn normalized(html: &str) -> StrTendril {
    let html = html.strip_prefix('\u{feff}').unwrap_or(html);
    with_unix_lines(html).as_ref().into()
}

fn with_unix_lines(html: &str) -> Cow<'_, str> {
    let mut lines = String::new();
    let mut from = 0;
    for at in memchr_iter(b'\r', html.as_bytes()) {
        lines.push_str(&html[from..at]);
        from = at + 1;
        if !html[from..].starts_with('\n') {
            lines.push('\n');
        }
    }
    if from == 0 {
        return Cow::Borrowed(html);
    }
    lines.push_str(&html[from..]);
    Cow::Owned(lines)
}

#[cfg(test)]
mod tests {
    use super::super::bounds::STEPS_MAX;
    use super::*;

    /// How much of a page is parsed.
    fn kept(page: &str) -> &str {
        kept_of(page, Keep::Read)
    }

    fn kept_of(page: &str, keep: Keep) -> &str {
        let builder = TreeBuilder::new(PageSink::new(), TreeBuilderOpts::default());
        &page[..build(builder, page, STEPS_MAX, keep).1]
    }

    #[test]
    fn honest_pages_are_kept_whole() {
        let page = "<!doctype html><!-- <div> --><p class=\"a>b\">x<br>y &amp; z<ul><li>one<li>two</ul>".repeat(5000);
        assert_eq!(kept(&page).len(), page.len());
    }

    #[test]
    fn what_nobody_reads_is_left_out() {
        let check = |page: &str, expected: &str| {
            assert_eq!(parse(page, STEPS_MAX).outline(), parse_all(expected).outline(), "{page}");
        };
        check("<style>p{}</style><p>x", "<style></style><p>x");
        check("<script>if (a<b) '<div>'</script>x<script>y", "<script></script>x<script>");
        check("<SCRIPT src=x>y</SCRIPT x>z<noscript><img></noscript>", "<SCRIPT></SCRIPT>z<noscript></noscript>");
        check("<script><!--<script>a</script>b--></script>c", "<script></script>c");
        for whole in [
            "<script type=application/ld+json>{}</script>",
            "<script type='application/LD+JSON; x'>{}</script>",
            "<script type='application/ld&#43;json'>{}</script>",
            "<title>x</title><xmp>y</xmp>",
            "<!-- <script>x</script> --></ <script>x</script>",
            "<p class='<script>'>x</p><p class='</script>'>",
            "<svg><script>x</script></svg>",
            "<math><style>x</style></math>",
            "<svg><p><script type='application/ld+json'>'<b id=x><i onclick=y>'</script>",
            "<frameset><script>x</script>",
            "<plaintext><script>x</script>",
            "<r#ript>x</r#ript>",
        ] {
            check(whole, whole);
        }
        check("<svg><path/></svg><script>x</script>", "<svg><path/></svg><script></script>");
        check("<svg/><script>x</script>", "<svg/><script></script>");
    }

    #[test]
    fn attributes_that_nobody_reads_are_left_out() {
        let check = |page: &str, expected: &str| {
            assert_eq!(parse(page, STEPS_MAX).outline(), parse_all(expected).outline(), "{page}");
        };
        check("<p onclick=x class=y  data-z=\"<a>\" ID='i'\n>z", "<p class=y ID='i'\n>z");
        check("<br/data-x><img src=a/ alt=b />", "<br><img />");
        check("<a href=\"x\"target=y rel=z>", "<a href=\"x\" rel=z>");
        check("<a target=\"y\"href=x>", "<a href=x>");
        check("<svg viewBox='0 0 1 1'><path d='M0'/></svg>", "<svg><path/></svg>");
        for whole in ["<b onclick=x>y</b>", "<svg><font color=x>y", "<!-- <p onclick=x> -->", "<title><p x=y></title>"]
        {
            check(whole, whole);
        }
    }

    #[test]
    fn all_is_kept_where_that_is_asked_for() {
        let page = "<p onclick=x>y<script>z</script><style>p{}</style>";
        assert_eq!(parse_whole(page, STEPS_MAX).tree, Html::parse_document(page).tree);
        assert!(kept_of(&"<div>".repeat(100_000), Keep::All).len() < 100_000);
    }

    #[test]
    fn nesting_without_end_is_cut_off() {
        let page = "<div>".repeat(100_000);
        let n_kept = kept(&page).len() / "<div>".len();
        assert!((10_000..13_000).contains(&n_kept), "{n_kept}");
    }

    #[test]
    fn what_piles_up_is_cut_off() {
        let numbered = |count: usize, one: fn(usize) -> String| (0..count).map(one).collect::<Vec<_>>().concat();
        for page in [
            numbered(5000, |number| format!("<b id={number}><p>")),
            numbered(5000, |number| {
                let attributes: Vec<String> = (0..50).map(|n| format!("a{n}={number}")).collect();
                format!("<b {}><p>", attributes.join(" "))
            }),
            numbered(500_000, |number| format!("<body a{number}>")),
            numbered(500_000, |number| format!("<x-{number}>")),
            "<p>".repeat(1_000_000),
            "<".repeat(1_000_000),
            "<!-->".repeat(1_000_000),
            "&amp;".repeat(1_000_000),
            "<title>".to_owned() + &"</titl".repeat(1_000_000),
            "<p>".to_owned() + &"&#39;".repeat(1_000_000) + "<p>",
            "<div>ä".repeat(100_000),
        ] {
            assert!(kept(&page).len() < page.len() && kept(&page).len() > page.len() / 2000, "{}", &page[..20]);
        }
    }

    #[test]
    fn a_tag_of_a_hundred_thousand_attributes_is_cut_off() {
        let page = format!("<p>before<p {}>", (0..100_000).map(|n| format!("a{n} ")).collect::<Vec<_>>().concat());
        assert_eq!(kept(&page), "<p>before");
    }
}
