//! Articles that are spread over several pages, in all the ways in which that goes right and wrong.

use newswire::demo::web::{Refusal, Resource, Site};

/// The host of them all.
pub(crate) const HOST: &str = "long.example";

/// The lead, which every page repeats.
pub(crate) const LEAD: &str =
    "For the first time in nine years the old lock at Weir Lane stands dry, and half the town comes to look.";

/// The paragraphs that only page `number` of a story has.
pub(crate) fn paragraphs(story: &str, number: usize) -> Vec<String> {
    let part = |part: usize| {
        format!(
            "In the {story}'s chamber {number}, at mark {part}, divers found a bicycle, an anchor and a bell that nobody \
             claims to have missed; they carried all of it up to the square in front of the town hall before noon."
        )
    };
    (1..=3).map(part).collect()
}

/// All of a story up to a page, as it must be stored.
pub(crate) fn body(story: &str, n_pages: usize) -> String {
    let rest = (1..=n_pages).flat_map(|number| paragraphs(story, number));
    std::iter::once(LEAD.to_owned()).chain(rest).collect::<Vec<_>>().join("\n")
}

/// A page of a story, with what it gives as the next one.
pub(crate) fn page(story: &str, number: usize, next: Option<&str>) -> Resource {
    let title = format!("The {story} is emptied");
    let next = next.map(|next| format!("<link rel=\"next\" href=\"{next}\">")).unwrap_or_default();
    let text =
        paragraphs(story, number).iter().map(|paragraph| format!("<p>{paragraph}</p>\n")).collect::<Vec<_>>().concat();
    Resource::html(format!(
        "<!doctype html><html lang=\"en\"><head><title>{title}</title>{next}<link rel=\"canonical\" href=\"/{story}\">\
         <meta property=\"article:published_time\" content=\"2026-03-02T08:00:00Z\"></head><body>\
         <article><h1>{title}</h1>\n<p>{LEAD}</p>\n{text}</article></body></html>\n"
    ))
}

/// * `/lock`: three pages, the second and third below the first.
/// * `/sluice`: two pages by a parameter; the second fails at first.
/// * `/wheel`: the second page says that the first comes next.
/// * `/canal`: every page names a next one, and page 3 and all later ones show page 3.
/// * `/bridge`: as many pages as one likes.
/// * `/weir`: the second page leads elsewhere.
/// * `/pond`: another article comes next.
/// * `/hidden`: robots.txt disallows the second page.
pub(crate) fn site() -> Site {
    let refused_once = Refusal { status: 500, retry_after: None, n_times: 1 };
    let mut site = Site::new(HOST)
        .with("/robots.txt", Resource::new("text/plain", "User-agent: *\nDisallow: /hidden/\n"))
        .with("/lock", page("lock", 1, Some("/lock/2")))
        .with("/lock/2", page("lock", 2, Some("http://long.example/lock/3")))
        .with("/lock/3", page("lock", 3, None))
        .with("/sluice", page("sluice", 1, Some("?page=2")))
        .with("/sluice?page=2", page("sluice", 2, None).refusal(refused_once))
        .with("/wheel", page("wheel", 1, Some("/wheel/seite-2")))
        .with("/wheel/seite-2", page("wheel", 2, Some("/wheel")))
        .with("/canal", page("canal", 1, Some("/canal/2")))
        .with("/canal/2", page("canal", 2, Some("/canal/3")))
        .with("/canal/3", page("canal", 3, Some("/canal/4")))
        .with("/canal/4", page("canal", 3, Some("/canal/5")))
        .with("/canal/5", page("canal", 3, Some("/canal/6")))
        .with("/weir", page("weir", 1, Some("/weir/2")))
        .with("/weir/2", Resource::redirect(302, "/lock/3"))
        .with("/pond", page("pond", 1, Some("/pike")))
        .with("/pike", page("pike", 1, None))
        .with("/hidden", page("hidden", 1, Some("/hidden/2")))
        .with("/hidden/2", page("hidden", 2, None))
        .with("/bridge", page("bridge", 1, Some("/bridge/2")));
    for number in 2..=12 {
        site.insert(&format!("/bridge/{number}"), page("bridge", number, Some(&format!("/bridge/{}", number + 1))));
    }
    site
}
