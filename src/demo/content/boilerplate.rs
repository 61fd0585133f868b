//! What surrounds an article on a page and gives it its weight: style sheets, scripts, menus, boxes, lists of links.

use std::fmt::Write;

use quick_xml::escape::escape;

use super::story::{Paper, Story};

/// The parts of a page for which a design system has rules.
const PARTS: [&str; 24] = [
    "masthead",
    "nav",
    "menu",
    "card",
    "teaser",
    "headline",
    "byline",
    "figure",
    "caption",
    "share",
    "related",
    "ticker",
    "promo",
    "newsletter",
    "comments",
    "footer",
    "modal",
    "consent",
    "gallery",
    "player",
    "weather",
    "search",
    "badge",
    "grid",
];

/// What a rule is about within a part.
const ELEMENTS: [&str; 12] =
    ["title", "inner", "item", "link", "icon", "media", "label", "meta", "button", "list", "lead", "wrap"];

/// A style sheet of about `n_bytes`, as a design system compiles to: every part, element and size class.
pub(super) fn style_sheet(prefix: &str, n_bytes: usize) -> String {
    let mut css = format!(
        ":root{{--{prefix}-ink:#16181d;--{prefix}-paper:#fffdf9;--{prefix}-accent:#0b5c74;--{prefix}-rule:#d8d4cb}}\
         *,*::before,*::after{{box-sizing:border-box}}body{{margin:0;font:17px/1.6 Georgia,serif;\
         color:var(--{prefix}-ink);background:var(--{prefix}-paper)}}\n"
    );
    for (round, size) in ["", "--s", "--m", "--l", "--xl", "--print"].into_iter().enumerate() {
        for (i, part) in PARTS.into_iter().enumerate() {
            for (j, element) in ELEMENTS.into_iter().enumerate() {
                if css.len() >= n_bytes {
                    return css;
                }
                let step = round + 1;
                let _ = writeln!(
                    css,
                    ".{prefix}-{part}{size}__{element}{{margin:{}px 0 {}px;padding:{}px {}px;font-size:{}px;\
                     letter-spacing:.0{}em;border-bottom:{}px solid var(--{prefix}-rule)}}",
                    (i * 3 + j) % 17 * step,
                    (i + j * 5) % 13 * step,
                    (i + j) % 7 * step,
                    (i * 2 + j) % 11 * step,
                    12 + (i + j * step) % 19,
                    (i + j) % 9,
                    (i * j) % 3,
                );
            }
        }
    }
    css
}

/// A script of about `n_bytes`, as a consent manager's list of vendors ships with every page.
pub(super) fn script(name: &str, n_bytes: usize) -> String {
    const WORDS: [&str; 16] = [
        "Axle", "Brisk", "Comet", "Delta", "Ember", "Flint", "Grove", "Helio", "Iris", "Juno", "Kite", "Lumen", "Mica",
        "Nova", "Orbit", "Pylon",
    ];
    const TRADES: [&str; 7] = ["Media", "Metrics", "Reach", "Signals", "Audience", "Insight", "Exchange"];
    let mut js = format!("window.{name}=window.{name}||[];(function(q){{var v=[\n");
    let mut i: usize = 0;
    while js.len() < n_bytes {
        let _ = writeln!(
            js,
            "{{id:{},name:\"{}{} {}\",purposes:[{},{},{}],legIntPurposes:[{}],features:[{}],retention:{}}},",
            i + 11,
            WORDS[i * 7 % WORDS.len()],
            WORDS[(i * 5 + i / 16) % WORDS.len()].to_lowercase(),
            TRADES[i % TRADES.len()],
            1 + i % 3,
            4 + i % 4,
            8 + i % 3,
            2 + i % 9,
            1 + i % 3,
            30 * (1 + i % 12),
        );
        i += 1;
    }
    let _ = write!(
        js,
        "];q.push(['vendors',v]);document.addEventListener('DOMContentLoaded',function(){{\
         var b=document.getElementById('consent');if(b&&document.cookie.indexOf('consent=')<0){{b.hidden=false;}}}});\
         }})(window.{name});"
    );
    js
}

/// A menu: `nav` with a list of links.
pub(super) fn menu(class: &str, items: &[(&str, &str)]) -> String {
    let mut html = format!("<nav class=\"{class}\"><ul>");
    for (href, label) in items {
        let _ = write!(html, "<li class=\"{class}__item\"><a href=\"{href}\">{}</a></li>", escape(*label));
    }
    html.push_str("</ul></nav>\n");
    html
}

/// A list of links to up to `n_max` other stories, as boxes of related and most read articles have it.
pub(super) fn links_to_others(class: &str, story: &Story, others: &[Story], n_max: usize) -> String {
    let mut html = format!("<ul class=\"{class}__list\">\n");
    for other in others.iter().filter(|other| other.path != story.path).take(n_max) {
        let _ = writeln!(
            html,
            "<li class=\"{class}__item\"><a href=\"{}\"><span class=\"{class}__kicker\">{}</span> {}</a></li>",
            escape(&other.path),
            escape(&other.section),
            escape(&other.title),
        );
    }
    html.push_str("</ul>\n");
    html
}

/// Cards of up to `n_max` other stories, as stand below an article and beside it: picture, headline, section and day.
pub(super) fn cards(class: &str, paper: &Paper, story: &Story, others: &[Story], n_max: usize) -> String {
    let mut html =
        format!("<section class=\"{class}\"><h2 class=\"{class}__title\">More from {}</h2>\n", escape(&paper.name));
    for other in others.iter().filter(|other| other.path != story.path).take(n_max) {
        let _ = writeln!(
            html,
            "<div class=\"{class}__card\"><a class=\"{class}__link\" href=\"{path}\"><span class=\"{class}__media\">\
             <img src=\"/media/{id}-320.jpg\" alt=\"\" loading=\"lazy\"></span><h3 class=\"{class}__headline\">{title}</h3></a>\
             <div class=\"{class}__meta\"><span class=\"{class}__section\">{section}</span><time datetime=\"{time}\">{day}</time>\
             </div></div>",
            path = escape(&other.path),
            id = other.id,
            title = escape(&other.title),
            section = escape(&other.section),
            time = paper.rfc3339(other.published),
            day = paper.formatted(other.published, "%B %-d"),
        );
    }
    html.push_str("</section>\n");
    html
}

/// The signs of a share bar.
pub(super) fn share_bar(class: &str, label: &str, url: &str) -> String {
    let mut html =
        format!("<div class=\"{class}\" aria-label=\"{label}\"><span class=\"{class}__label\">{label}</span>");
    for (network, address) in [
        ("Mail", "mailto:?body="),
        ("Chirp", "https://chirp.example/share?u="),
        ("Facade", "https://facade.example/sharer?u="),
        ("Relay", "https://relay.example/send?text="),
    ] {
        let _ = write!(
            html,
            "<a class=\"{class}__button\" rel=\"nofollow\" href=\"{address}{url}\" title=\"{network}\">\
             <svg width=\"20\" height=\"20\" viewBox=\"0 0 20 20\" aria-hidden=\"true\">\
             <path d=\"M3 10a7 7 0 1 0 14 0 7 7 0 0 0-14 0zm4-2h6v1.5H7zm0 3h4v1.5H7z\"/></svg>{network}</a>"
        );
    }
    html.push_str("</div>\n");
    html
}

/// The consent box at the foot of a page.
pub(super) fn consent_box(text: &str, accept: &str, refuse: &str) -> String {
    format!(
        "<div id=\"consent\" class=\"consent cookie-notice\" role=\"dialog\" aria-live=\"polite\"><div class=\"consent__inner\">\
         <p class=\"consent__text\">{text}</p><button class=\"consent__button\">{accept}</button>\
         <button class=\"consent__button consent__button--plain\">{refuse}</button></div></div>\n"
    )
}
