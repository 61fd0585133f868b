//! Pages and feeds as a `WordPress` site with a search-engine plug-in makes them: numeric references for typographic
//! signs, the whole text in `content:encoded`, a `guid` that is not the address, and a graph of JSON-LD nodes.

use std::fmt::Write;

use jiff::Timestamp;
use quick_xml::escape::escape;
use serde_json::json;

use super::boilerplate;
use super::markup;
use super::story::{Paper, Story};

/// Characters of an excerpt; `WordPress` counts 55 words.
const EXCERPT_CHARS: usize = 330;

/// Bytes of style sheet and script on every page, as a theme with a block editor carries them.
const STYLE_BYTES: usize = 21_000;
const SCRIPT_BYTES: usize = 9_000;

/// The page of a post. `others` are listed as recent posts.
#[must_use]
pub fn page(paper: &Paper, story: &Story, others: &[Story]) -> String {
    let mut html = head(paper, story);
    let _ = write!(
        html,
        "<body class=\"post-template-default single single-post postid-{id} single-format-standard\">\n\
         <div id=\"page\" class=\"site\"><a class=\"skip-link screen-reader-text\" href=\"#content\">Skip to content</a>\n\
         <header id=\"masthead\" class=\"site-header\"><p class=\"site-title\"><a href=\"/\" rel=\"home\">{name}</a></p>\
         <p class=\"site-description\">{tagline}</p>\n",
        id = story.id,
        name = escape(&paper.name),
        tagline = escape(&paper.tagline),
    );
    html.push_str(&boilerplate::menu(
        "main-navigation",
        &[
            ("/", "Home"),
            ("/category/community/", "Community"),
            ("/category/business/", "Business"),
            ("/category/culture/", "Culture"),
            ("/category/world/", "World"),
            ("/about/", "About us"),
            ("/subscribe/", "Subscribe"),
        ],
    ));
    let _ = write!(
        html,
        "</header>\n<div id=\"content\" class=\"site-content\"><main id=\"primary\" class=\"site-main\">\n\
         <article id=\"post-{id}\" class=\"post-{id} post type-post status-publish format-standard has-post-thumbnail hentry \
         category-{category}\">\n<header class=\"entry-header\"><h1 class=\"entry-title\">{title}</h1>\n\
         <div class=\"entry-meta\"><span class=\"posted-on\">Posted on <a href=\"{path}\" rel=\"bookmark\">{day}</a></span> \
         <span class=\"byline\">by <span class=\"author vcard\"><a class=\"url fn n\" href=\"/author/{nicename}/\">{byline}\
         </a></span></span></div></header>\n\
         <figure class=\"post-thumbnail\"><img width=\"1200\" height=\"675\" src=\"{image}\" alt=\"\" decoding=\"async\" />\
         </figure>\n<div class=\"entry-content\">\n",
        id = story.id,
        category = slug(&story.section),
        title = texturized(&story.title),
        path = story.path,
        day = paper.formatted(story.published, "%B %-d, %Y"),
        nicename = slug(&story.byline("-")),
        byline = escape(story.byline(" and ")),
        image = image_url(paper, story),
    );
    html.push_str(&content(story));
    let _ = write!(
        html,
        "<div class=\"sharedaddy sd-sharing-enabled\"><div class=\"robots-nocontent sd-block sd-social\">\
         <h3 class=\"sd-title\">Share this:</h3>{share}</div></div>\n</div><!-- .entry-content -->\n\
         <footer class=\"entry-footer\"><span class=\"cat-links\">Posted in <a href=\"/category/{category}/\" \
         rel=\"category tag\">{section}</a></span></footer>\n</article>\n\
         <nav class=\"navigation post-navigation\"><h2 class=\"screen-reader-text\">Post navigation</h2></nav>\n\
         <div id=\"comments\" class=\"comments-area\"><div id=\"respond\" class=\"comment-respond\">\
         <h3 id=\"reply-title\" class=\"comment-reply-title\">Leave a Reply</h3><form action=\"/wp-comments-post.php\" \
         method=\"post\" id=\"commentform\"><p class=\"comment-notes\"><span id=\"email-notes\">Your email address will not \
         be published.</span> <span class=\"required-field-message\">Required fields are marked *</span></p>\
         <textarea id=\"comment\" name=\"comment\"></textarea></form></div></div>\n</main>\n\
         <aside id=\"secondary\" class=\"widget-area\"><section class=\"widget widget_recent_entries\">\
         <h2 class=\"widget-title\">Recent Posts</h2>\n{recent}</section>\n\
         <section class=\"widget widget_newsletter\"><h2 class=\"widget-title\">The Friday letter</h2><p>The best of the week in \
         your inbox, and nothing else.</p><form><input type=\"email\" placeholder=\"you@home.example\"><button>Sign up\
         </button></form></section></aside></div>\n\
         <footer id=\"colophon\" class=\"site-footer\"><div class=\"site-info\">&copy; {name}. All rights reserved. \
         <a href=\"/privacy/\">Privacy</a> <span class=\"sep\"> | </span> Proudly powered by WordPress</div></footer></div>\n",
        share = boilerplate::share_bar("sd-content", "Share this", &paper.canonical_url(&story.path)),
        category = slug(&story.section),
        section = escape(&story.section),
        recent = boilerplate::links_to_others("recent", story, others, 6),
        name = escape(&paper.name),
    );
    html.push_str(&boilerplate::consent_box(
        "We use cookies to keep you signed in and to count visits. You can change your mind at any time.",
        "Accept",
        "No, thanks",
    ));
    let _ = write!(html, "<script>{}</script>\n</body>\n</html>\n", boilerplate::script("wpConsent", SCRIPT_BYTES));
    html
}

fn head(paper: &Paper, story: &Story) -> String {
    let title = texturized(&story.title);
    let summary = texturized(&story.summary(EXCERPT_CHARS / 2));
    let url = paper.canonical_url(&story.path);
    let name = escape(&paper.name);
    format!(
        "<!DOCTYPE html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"UTF-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <link rel=\"profile\" href=\"https://gmpg.org/xfn/11\">\n\
         <meta name='robots' content='index, follow, max-image-preview:large, max-snippet:-1' />\n\
         <title>{title} - {name}</title>\n<meta name=\"description\" content=\"{summary}\" />\n\
         <link rel=\"canonical\" href=\"{url}\" />\n<meta property=\"og:locale\" content=\"{locale}\" />\n\
         <meta property=\"og:type\" content=\"article\" />\n<meta property=\"og:title\" content=\"{title} - {name}\" />\n\
         <meta property=\"og:description\" content=\"{summary}\" />\n<meta property=\"og:url\" content=\"{url}\" />\n\
         <meta property=\"og:site_name\" content=\"{name}\" />\n\
         <meta property=\"article:published_time\" content=\"{published}\" />\n\
         <meta property=\"article:modified_time\" content=\"{modified}\" />\n\
         <meta property=\"og:image\" content=\"{image}\" />\n<meta property=\"og:image:width\" content=\"1200\" />\n\
         <meta name=\"author\" content=\"{byline}\" />\n<meta name=\"twitter:card\" content=\"summary_large_image\" />\n\
         <meta name=\"twitter:label1\" content=\"Written by\" />\n<meta name=\"twitter:data1\" content=\"{byline}\" />\n\
         <meta name=\"twitter:label2\" content=\"Est. reading time\" />\n<meta name=\"twitter:data2\" content=\"2 minutes\" />\n\
         <script type=\"application/ld+json\" class=\"yoast-schema-graph\">{graph}</script>\n\
         <link rel=\"alternate\" type=\"application/rss+xml\" title=\"{name} &raquo; Feed\" href=\"{feed}\" />\n\
         <link rel='shortlink' href='{short}' />\n<style id='theme-inline-css'>{style}</style>\n</head>\n",
        language = paper.language,
        locale = paper.language.replace('-', "_"),
        published = paper.rfc3339(story.published),
        modified = paper.rfc3339(story.modified),
        image = image_url(paper, story),
        byline = escape(story.byline(", ")),
        graph = graph(paper, story),
        feed = paper.url("/feed/"),
        short = paper.url(&format!("/?p={}", story.id)),
        style = boilerplate::style_sheet("wp", STYLE_BYTES),
    )
}

/// The plug-in's graph of everything a page is about.
fn graph(paper: &Paper, story: &Story) -> String {
    let url = paper.canonical_url(&story.path);
    let home = paper.canonical_url("/");
    let n_words: usize = story.paragraphs.iter().map(|paragraph| paragraph.split_whitespace().count()).sum();
    let person = |name: &String| {
        json!({"@type": "Person", "@id": format!("{home}#/schema/person/{}", slug(name)), "name": name,
            "url": paper.canonical_url(&format!("/author/{}/", slug(name)))})
    };
    let author_of = |name: &String| json!({"name": name, "@id": format!("{home}#/schema/person/{}", slug(name))});
    let mut nodes = vec![
        json!({"@type": "Article", "@id": format!("{url}#article"), "isPartOf": {"@id": url},
            "author": story.authors.iter().map(author_of).collect::<Vec<_>>(), "headline": story.title,
            "datePublished": paper.rfc3339(story.published), "dateModified": paper.rfc3339(story.modified),
            "mainEntityOfPage": {"@id": url}, "wordCount": n_words, "commentCount": 0,
            "publisher": {"@id": format!("{home}#organization")},
            "image": {"@id": format!("{url}#primaryimage")}, "thumbnailUrl": image_url(paper, story),
            "articleSection": [story.section], "inLanguage": paper.language}),
        json!({"@type": "WebPage", "@id": url, "url": url, "name": format!("{} - {}", story.title, paper.name),
            "isPartOf": {"@id": format!("{home}#website")}, "primaryImageOfPage": {"@id": format!("{url}#primaryimage")},
            "datePublished": paper.rfc3339(story.published), "dateModified": paper.rfc3339(story.modified),
            "inLanguage": paper.language, "potentialAction": [{"@type": "ReadAction", "target": [url]}]}),
        json!({"@type": "ImageObject", "@id": format!("{url}#primaryimage"), "url": image_url(paper, story),
            "width": 1200, "height": 675}),
        json!({"@type": "BreadcrumbList", "@id": format!("{url}#breadcrumb"), "itemListElement": [
            {"@type": "ListItem", "position": 1, "name": "Home", "item": home},
            {"@type": "ListItem", "position": 2, "name": story.title}]}),
        json!({"@type": "WebSite", "@id": format!("{home}#website"), "url": home, "name": paper.name,
            "description": paper.tagline, "publisher": {"@id": format!("{home}#organization")},
            "inLanguage": paper.language}),
        json!({"@type": "Organization", "@id": format!("{home}#organization"), "name": paper.name, "url": home,
            "logo": {"@type": "ImageObject", "url": paper.canonical_url("/wp-content/uploads/logo.png")}}),
    ];
    nodes.extend(story.authors.iter().map(person));
    // A slash behind `<` would end the script element.
    json!({"@context": "https://schema.org", "@graph": nodes}).to_string().replace("</", "<\\/")
}

/// The feed of the newest posts, given newest first.
#[must_use]
pub fn feed(paper: &Paper, stories: &[Story], built_at: Timestamp) -> String {
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><rss version=\"2.0\"\n\
         \txmlns:content=\"http://purl.org/rss/1.0/modules/content/\"\n\
         \txmlns:wfw=\"http://wellformedweb.org/CommentAPI/\"\n\txmlns:dc=\"http://purl.org/dc/elements/1.1/\"\n\
         \txmlns:atom=\"http://www.w3.org/2005/Atom\"\n\txmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\"\n\
         \txmlns:slash=\"http://purl.org/rss/1.0/modules/slash/\"\n\t>\n\n<channel>\n\t<title>{name}</title>\n\
         \t<atom:link href=\"{feed}\" rel=\"self\" type=\"application/rss+xml\" />\n\t<link>{home}</link>\n\
         \t<description>{tagline}</description>\n\t<lastBuildDate>{built}</lastBuildDate>\n\t<language>{language}</language>\n\
         \t<sy:updatePeriod>\n\thourly\t</sy:updatePeriod>\n\t<sy:updateFrequency>\n\t1\t</sy:updateFrequency>\n\
         \t<generator>https://wordpress.org/?v=6.7.1</generator>\n",
        name = texturized(&paper.name),
        feed = paper.url("/feed/"),
        home = paper.url(""),
        tagline = texturized(&paper.tagline),
        built = paper.rfc822(built_at),
        language = paper.language,
    );
    for story in stories {
        let link = paper.url(&story.path);
        let title = texturized(&story.title);
        let appeared = format!(
            "<p>The post <a rel=\"nofollow\" href=\"{link}\">{title}</a> appeared first on <a rel=\"nofollow\" \
             href=\"{}\">{}</a>.</p>\n",
            paper.url(""),
            escape(&paper.name),
        );
        let _ = write!(
            xml,
            "\t<item>\n\t\t<title>{title}</title>\n\t\t<link>{link}</link>\n\t\t\n\
             \t\t<dc:creator><![CDATA[{byline}]]></dc:creator>\n\t\t<pubDate>{published}</pubDate>\n\
             \t\t\t\t<category><![CDATA[{section}]]></category>\n\
             \t\t<guid isPermaLink=\"false\">{guid}</guid>\n\n\
             \t\t\t\t\t<description><![CDATA[<p>{excerpt}</p>\n{appeared}]]></description>\n\
             \t\t\t\t\t\t\t\t\t\t<content:encoded><![CDATA[{content}{appeared}]]></content:encoded>\n\
             \t\t\t\t\t\n\t\t<slash:comments>0</slash:comments>\n\t\t\t</item>\n",
            byline = story.byline(", "),
            published = paper.rfc822(story.published),
            section = story.section,
            guid = paper.url(&format!("/?p={}", story.id)),
            excerpt = texturized(&story.summary(EXCERPT_CHARS)).replace("&#8230;", " [&#8230;]"),
            content = content(story),
        );
    }
    xml.push_str("\t</channel>\n</rss>\n");
    xml
}

/// The post's paragraphs, as the editor stores them.
fn content(story: &Story) -> String {
    let mut html = String::new();
    for paragraph in &story.paragraphs {
        let _ = writeln!(html, "<p>{}</p>\n", markup::numeric_references(&markup::html(paragraph)));
    }
    html
}

fn texturized(text: &str) -> String {
    markup::numeric_references(&escape(text))
}

fn image_url(paper: &Paper, story: &Story) -> String {
    paper.canonical_url(&format!("/wp-content/uploads/{}.jpg", story.id))
}

/// The form of a name that stands in addresses.
pub(super) fn slug(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}
