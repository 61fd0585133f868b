//! The pages of the papers that are not made by `WordPress`. Each says differently who wrote an article and when:
//! the Harbour Post in JSON-LD, the Gazette in a `time` element, the Asagiri Shimbun and the Meridian Wire in `meta`.

use std::fmt::Write;

use quick_xml::escape::escape;
use serde_json::json;

use super::boilerplate;
use super::markup;
use super::story::{Paper, Story};

/// Characters of a page's description.
const DESCRIPTION_CHARS: usize = 180;

/// Bytes of style sheet and script on each paper's pages; together with the text they make pages of 20 to 60 KB.
const HARBOUR_STYLE_BYTES: usize = 30_000;
const HARBOUR_SCRIPT_BYTES: usize = 14_000;
const GAZETTE_STYLE_BYTES: usize = 18_000;
const GAZETTE_SCRIPT_BYTES: usize = 6_000;
const ASAGIRI_STYLE_BYTES: usize = 14_000;
const ASAGIRI_SCRIPT_BYTES: usize = 5_000;
const WIRE_STYLE_BYTES: usize = 12_000;
const WIRE_SCRIPT_BYTES: usize = 5_000;

/// An English daily: JSON-LD, a related-stories box and a newsletter box in the middle of the text.
pub(super) fn harbour_post(paper: &Paper, story: &Story, others: &[Story]) -> String {
    let url = paper.canonical_url(&story.path);
    let graph = json!({"@context": "https://schema.org", "@type": "NewsArticle", "headline": story.title,
        "datePublished": paper.rfc3339(story.published), "dateModified": paper.rfc3339(story.modified),
        "author": story.authors.iter().map(|name| json!({"@type": "Person", "name": name})).collect::<Vec<_>>(),
        "publisher": {"@type": "NewsMediaOrganization", "name": paper.name,
            "logo": {"@type": "ImageObject", "url": paper.canonical_url("/static/logo.png")}},
        "articleSection": story.section, "inLanguage": story.language, "isAccessibleForFree": true,
        "image": [paper.canonical_url(&format!("/images/{}/wide.jpg", story.id))],
        "mainEntityOfPage": {"@type": "WebPage", "@id": url}});
    let mut html = format!(
        "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title} | {name}</title>\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <link rel=\"canonical\" href=\"{url}\">\n<meta name=\"description\" content=\"{description}\">\n\
         <meta property=\"og:type\" content=\"article\">\n<meta property=\"og:site_name\" content=\"{name}\">\n\
         <meta property=\"og:title\" content=\"{title}\">\n<meta property=\"og:url\" content=\"{url}\">\n\
         <link rel=\"alternate\" type=\"application/rss+xml\" title=\"Latest\" href=\"/rss/latest.xml\">\n\
         <script type=\"application/ld+json\">{graph}</script>\n<style>{style}</style>\n</head>\n<body class=\"hp hp-article\">\n\
         <a class=\"hp-skip\" href=\"#story\">Skip to the story</a>\n<header class=\"hp-masthead\">\
         <a class=\"hp-masthead__title\" href=\"/\">{name}</a><p class=\"hp-masthead__lead\">{tagline}</p></header>\n",
        language = story.language,
        title = escape(&story.title),
        name = escape(&paper.name),
        tagline = escape(&paper.tagline),
        description = escape(story.summary(DESCRIPTION_CHARS)),
        graph = graph.to_string().replace("</", "<\\/"),
        style = boilerplate::style_sheet("hp", HARBOUR_STYLE_BYTES),
    );
    html.push_str(&boilerplate::menu("hp-nav", &HARBOUR_SECTIONS));
    let _ = write!(
        html,
        "<main id=\"story\" class=\"hp-grid\"><article class=\"hp-story\">\n<p class=\"hp-story__kicker\">{section}</p>\n\
         <h1 class=\"hp-story__headline\">{title}</h1>\n<div class=\"hp-byline\">By <span class=\"hp-byline__name\">{byline}\
         </span> · <span class=\"hp-byline__date\">{day}</span></div>\n{share}\
         <figure class=\"hp-figure\"><img src=\"/images/{id}/wide.jpg\" alt=\"\" width=\"1280\" height=\"720\">\
         <figcaption class=\"hp-figure__caption\">Photograph: {name}</figcaption></figure>\n<div class=\"hp-story__body\">\n",
        section = escape(&story.section),
        title = escape(&story.title),
        byline = escape(story.byline(" and ")),
        day = paper.formatted(story.published, "%-d %B %Y, %H:%M"),
        share = boilerplate::share_bar("hp-share", "Share", &url),
        id = story.id,
        name = escape(&paper.name),
    );
    for (i, paragraph) in story.paragraphs.iter().enumerate() {
        if i == 2 {
            let links = boilerplate::links_to_others("hp-related", story, others, 3);
            let _ = writeln!(
                html,
                "<aside class=\"hp-related\"><h3 class=\"hp-related__title\">Related</h3>{links}</aside>"
            );
        }
        if i == 4 {
            html.push_str(HARBOUR_NEWSLETTER);
        }
        let _ = writeln!(html, "<p>{}</p>", markup::html(paragraph));
    }
    let _ = write!(
        html,
        "</div>\n<div class=\"hp-comments\"><h3 class=\"hp-comments__title\">Comments</h3><p class=\"hp-comments__lead\">Sign in \
         to join the conversation.</p></div>\n</article>\n<aside class=\"hp-sidebar\"><h2>Most read</h2>\n{most_read}</aside></main>\n\
         <footer class=\"hp-footer\">{menu}<p class=\"hp-footer__meta\">© {name}, 14 Capstan Row, Port Ellery. \
         Corrections: desk@harbour-post.example</p></footer>\n{consent}<script>{script}</script>\n</body>\n</html>\n",
        most_read = boilerplate::links_to_others("hp-ticker", story, others, 5),
        menu = boilerplate::menu(
            "hp-footer__menu",
            &[("/about", "About"), ("/contact", "Contact"), ("/terms", "Terms of use"), ("/jobs", "Work with us")],
        ),
        name = escape(&paper.name),
        consent = boilerplate::consent_box(
            "We and our 214 partners store and read information on your device, such as cookies, to show you advertising \
             and to count readers.",
            "Accept all",
            "Manage choices",
        ),
        script = boilerplate::script("hpConsent", HARBOUR_SCRIPT_BYTES),
    );
    html
}

const HARBOUR_SECTIONS: [(&str, &str); 9] = [
    ("/", "Front page"),
    ("/city", "City"),
    ("/business", "Business"),
    ("/environment", "Environment"),
    ("/education", "Education"),
    ("/sport", "Sport"),
    ("/life", "Life"),
    ("/opinion", "Opinion"),
    ("/tides", "Tides & weather"),
];

const HARBOUR_NEWSLETTER: &str = "<div class=\"hp-newsletter newsletter-signup\"><h3 class=\"hp-newsletter__title\">The Morning \
    Tide</h3><p class=\"hp-newsletter__lead\">Five stories from the harbour, every weekday at seven.</p>\
    <form action=\"/newsletter\"><input type=\"email\" name=\"email\"><button>Subscribe</button></form></div>\n";

/// The page of a daily's article of which only the beginning is for everybody: with what is said in place of the rest.
pub(super) fn for_subscribers(html: &str) -> String {
    const COMMENTS: &str = "<div class=\"hp-comments\">";
    const WALL: &str = "<div class=\"hp-paywall paywall\"><h3>Subscribe now to continue reading</h3><p>The rest of this article is \
        for subscribers. Already a subscriber? Log in to your account.</p><a href=\"/account\">Log in</a></div>\n";
    html.replacen(COMMENTS, &format!("{WALL}{COMMENTS}"), 1)
}

/// What a paper shows in place of every article until somebody has agreed to something.
pub(super) fn consent(paper: &Paper) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n<title>Before you continue - {name}</title>\n\
         </head>\n<body>\n<main class=\"consent-wall\"><h1>Before you continue to {name}</h1>\n\
         <p>We and our 611 partners store cookies on your device and read them, to show you advertising that suits you and to count \
         our readers. We need your consent before you can read on.</p>\n<p>You can change your mind at any time under Privacy \
         settings at the foot of every page. Some partners process your data on the ground of their legitimate interest.</p>\n\
         <form><button>Accept all</button><button>Reject all</button><button>Manage settings</button></form></main>\n</body>\n\
         </html>\n",
        language = paper.language,
        name = escape(&paper.name),
    )
}

/// A French daily: a `time` element, its text in windows-1252 with fixed spaces, links at the end.
pub(super) fn gazette(paper: &Paper, story: &Story, others: &[Story]) -> String {
    let url = paper.canonical_url(&story.path);
    let title = escape(markup::french_spaces(&story.title));
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"{language}\">\n<head>\n\
         <meta http-equiv=\"Content-Type\" content=\"text/html; charset=windows-1252\">\n<title>{title} - {name}</title>\n\
         <link rel=\"canonical\" href=\"{url}\">\n<meta name=\"description\" content=\"{description}\">\n\
         <meta property=\"og:title\" content=\"{title}\">\n<meta property=\"og:site_name\" content=\"{name}\">\n\
         <link rel=\"alternate\" type=\"application/atom+xml\" title=\"{name}\" href=\"/atom.xml\">\n<style>{style}</style>\n\
         </head>\n<body>\n<div id=\"entete\"><a href=\"/\" class=\"logo\">{name}</a><p>{tagline}</p>\n{menu}</div>\n\
         <div id=\"colonne-principale\">\n<p class=\"fil-ariane\"><a href=\"/\">Accueil</a> &gt; <a href=\"/rubrique/{rubric}\">\
         {section}</a></p>\n<div class=\"article\">\n<h1>{title}</h1>\n<p class=\"signature\">Par <a rel=\"author\" \
         href=\"/auteurs/{nicename}\">{byline}</a>, publié le <time datetime=\"{published}\" pubdate>{day}</time></p>\n\
         <div class=\"texte\">\n",
        language = story.language,
        name = escape(&paper.name),
        tagline = escape(&paper.tagline),
        description = escape(markup::french_spaces(&story.summary(DESCRIPTION_CHARS))),
        style = boilerplate::style_sheet("gdr", GAZETTE_STYLE_BYTES),
        menu = boilerplate::menu(
            "menu-principal",
            &[
                ("/", "À la une"),
                ("/rubrique/societe", "Société"),
                ("/rubrique/economie", "Économie"),
                ("/rubrique/culture", "Culture"),
                ("/rubrique/environnement", "Environnement"),
                ("/rubrique/sante", "Santé"),
                ("/abonnement", "S’abonner"),
            ],
        ),
        rubric = story.id % 7,
        section = escape(&story.section),
        nicename = story.id,
        byline = escape(story.byline(" et ")),
        published = paper.rfc3339(story.published),
        day = french_day(paper, story),
    );
    for paragraph in &story.paragraphs {
        let _ = writeln!(html, "<p>{}</p>", markup::html(&markup::french_spaces(paragraph)));
    }
    let _ = write!(
        html,
        "</div>\n{share}<div class=\"abonnement encart\"><p>Soutenez une presse indépendante : abonnez-vous dès 1 € le premier \
         mois.</p><a class=\"bouton\" href=\"/abonnement\">Je m’abonne</a></div>\n</div>\n\
         <div class=\"a-lire-aussi\"><h2>À lire aussi</h2>\n{others}</div>\n</div>\n\
         <div id=\"pied\"><p>© {name} — <a href=\"/mentions-legales\">Mentions légales</a> — \
         <a href=\"/contact\">Nous écrire</a></p></div>\n{consent}<script>{script}</script>\n</body>\n</html>\n",
        share = boilerplate::share_bar("partage", "Partager", &url),
        others = boilerplate::links_to_others("a-lire-aussi", story, others, 5),
        name = escape(&paper.name),
        consent = boilerplate::consent_box(
            "Avec votre accord, nous utilisons des cookies pour mesurer notre audience.",
            "Tout accepter",
            "Continuer sans accepter",
        ),
        script = boilerplate::script("gdrConsent", GAZETTE_SCRIPT_BYTES),
    );
    html
}

fn french_day(paper: &Paper, story: &Story) -> String {
    const MONTHS: [&str; 12] = [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ];
    let date = paper.offset.to_datetime(story.published);
    let month = usize::try_from(date.month()).ok().and_then(|month| MONTHS.get(month.saturating_sub(1)));
    format!("{} {} {} à {}h{:02}", date.day(), month.unwrap_or(&""), date.year(), date.hour(), date.minute())
}

/// A Japanese paper: `meta` only, and headings that are no headings.
pub(super) fn asagiri(paper: &Paper, story: &Story, others: &[Story]) -> String {
    let url = paper.canonical_url(&story.path);
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"{language}\">\n<head prefix=\"og: https://ogp.me/ns# article: https://ogp.me/ns/article#\">\n\
         <meta charset=\"UTF-8\">\n<title>{title}：{name}</title>\n<meta name=\"description\" content=\"{description}\">\n\
         <meta name=\"author\" content=\"{byline}\">\n<meta property=\"og:type\" content=\"article\">\n\
         <meta property=\"og:title\" content=\"{title}\">\n<meta property=\"og:url\" content=\"{url}\">\n\
         <meta property=\"og:site_name\" content=\"{name}\">\n<meta property=\"article:section\" content=\"{section}\">\n\
         <meta property=\"article:published_time\" content=\"{published}\">\n<link rel=\"canonical\" href=\"{url}\">\n\
         <style>{style}</style>\n</head>\n<body>\n<div class=\"Header\"><a href=\"/\">{name}</a><p>{tagline}</p></div>\n{menu}\
         <div class=\"Contents\"><div class=\"Main\">\n<div class=\"ArticleTitle\"><h1>{title}</h1>\
         <p class=\"LastUpdated\">{day}</p><p class=\"Reporter\">{byline}</p></div>\n{share}<div class=\"ArticleText\">\n",
        language = story.language,
        title = escape(&story.title),
        name = escape(&paper.name),
        tagline = escape(&paper.tagline),
        description = escape(story.summary(DESCRIPTION_CHARS / 2)),
        byline = escape(story.byline("、")),
        section = escape(&story.section),
        published = paper.rfc3339(story.published),
        style = boilerplate::style_sheet("asg", ASAGIRI_STYLE_BYTES),
        menu = boilerplate::menu(
            "GlobalNav",
            &[
                ("/", "トップ"),
                ("/area/", "地域"),
                ("/national/", "社会"),
                ("/business/", "経済"),
                ("/eco/", "環境"),
                ("/life/", "暮らし"),
                ("/login/", "ログイン"),
                ("/subscribe/", "購読のご案内"),
            ],
        ),
        day = paper.formatted(story.published, "%Y年%-m月%-d日 %-H時%M分"),
        share = boilerplate::share_bar("SnsUtil", "共有", &url),
    );
    for paragraph in &story.paragraphs {
        // The indent that Japanese typesetting puts before a paragraph.
        let _ = writeln!(html, "<p>\u{3000}{}</p>", markup::html(paragraph));
    }
    let _ = write!(
        html,
        "</div>\n<div class=\"Pr\"><p>朝霧新聞デジタルは、初月無料でお試しいただけます。</p><a href=\"/subscribe/\">くわしくはこちら</a>\
         </div>\n<div class=\"RelatedLink\"><h2>関連ニュース</h2>\n{related}</div>\n</div>\n\
         <div class=\"Side\"><h2>アクセスランキング</h2>\n{ranking}</div></div>\n\
         <div class=\"Footer\"><p>掲載の記事・写真の無断転載を禁じます。</p><p>© {name}</p></div>\n{consent}\
         <script>{script}</script>\n</body>\n</html>\n",
        related = boilerplate::links_to_others("Related", story, others, 4),
        ranking = boilerplate::links_to_others("Ranking", story, others, 5),
        name = escape(&paper.name),
        consent = boilerplate::consent_box("当サイトではCookieを使用しています。", "同意する", "設定"),
        script = boilerplate::script("asgConsent", ASAGIRI_SCRIPT_BYTES),
    );
    html
}

/// An agency: plain pages, `meta` only, in several languages and both directions of script.
pub(super) fn meridian_wire(paper: &Paper, story: &Story, others: &[Story]) -> String {
    let url = paper.canonical_url(&story.path);
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"{language}\" dir=\"{direction}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <title>{title} – {name}</title>\n<meta name=\"description\" content=\"{description}\">\n\
         <meta name=\"author\" content=\"{byline}\">\n<meta property=\"og:type\" content=\"article\">\n\
         <meta property=\"og:title\" content=\"{title}\">\n<meta property=\"og:url\" content=\"{url}\">\n\
         <meta property=\"og:site_name\" content=\"{name}\">\n\
         <meta property=\"article:published_time\" content=\"{published}\">\n\
         <meta property=\"article:modified_time\" content=\"{modified}\">\n<link rel=\"canonical\" href=\"{url}\">\n\
         <link rel=\"alternate\" type=\"application/feed+json\" title=\"{name}\" href=\"/feed.json\">\n<style>{style}</style>\n\
         </head>\n<body>\n<div class=\"wire-masthead\"><a href=\"/\">{name}</a><p>{tagline}</p></div>\n{menu}\
         <section class=\"report\">\n<h1>{title}</h1>\n<p class=\"report-meta\">{byline} | {day}</p>\n<div class=\"report-text\">\n",
        language = story.language,
        direction = story.direction(),
        title = escape(&story.title),
        name = escape(&paper.name),
        tagline = escape(&paper.tagline),
        description = escape(story.summary(DESCRIPTION_CHARS)),
        byline = escape(story.byline(", ")),
        published = paper.rfc3339(story.published),
        modified = paper.rfc3339(story.modified),
        style = boilerplate::style_sheet("mw", WIRE_STYLE_BYTES),
        menu = boilerplate::menu(
            "wire-nav",
            &[("/", "Latest"), ("/en", "English"), ("/es", "Español"), ("/ar", "العربية"), ("/clients", "For clients")],
        ),
        day = paper.formatted(story.published, "%Y-%m-%d %H:%M UTC"),
    );
    for paragraph in &story.paragraphs {
        let _ = writeln!(html, "<p>{}</p>", markup::html(paragraph));
    }
    let _ = write!(
        html,
        "</div>\n{share}</section>\n<section class=\"wire-more\"><h2>More from the wire</h2>\n{others}</section>\n\
         <footer><p>© {name}. Text may be reprinted by subscribers, unchanged.</p><p><a href=\"/clients\">Become a client</a> \
         <a href=\"/ethics\">Our rules</a> <a href=\"/imprint\">Imprint</a></p></footer>\n{consent}<script>{script}</script>\n\
         </body>\n</html>\n",
        share = boilerplate::share_bar("wire-share", "Send", &url),
        others = boilerplate::links_to_others("wire-more", story, others, 8),
        name = escape(&paper.name),
        consent = boilerplate::consent_box("This site sets one cookie, to remember your language.", "Fine", "Details"),
        script = boilerplate::script("mwConsent", WIRE_SCRIPT_BYTES),
    );
    html
}

/// A front page: links to all stories, and to the feeds given as type, title and address.
pub(super) fn front_page(paper: &Paper, stories: &[Story], feeds: &[(&str, &str, &str)]) -> String {
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n<title>{}</title>\n",
        paper.language,
        escape(&paper.name)
    );
    for (media_type, title, address) in feeds {
        let _ = writeln!(html, "<link rel=\"alternate\" type=\"{media_type}\" title=\"{title}\" href=\"{address}\">");
    }
    let _ = write!(
        html,
        "<style>{}</style>\n</head>\n<body>\n<h1>{}</h1>\n<p>{}</p>\n",
        boilerplate::style_sheet("front", WIRE_STYLE_BYTES),
        escape(&paper.name),
        escape(&paper.tagline),
    );
    for story in stories {
        let _ = writeln!(
            html,
            "<article><h2><a href=\"{}\">{}</a></h2><p>{}</p></article>",
            escape(&story.path),
            escape(&story.title),
            escape(story.summary(DESCRIPTION_CHARS)),
        );
    }
    html.push_str("</body>\n</html>\n");
    html
}
