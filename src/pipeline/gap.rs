//! What a source missed between two polls, out of its site's news sitemap: that one goes back two days by the protocol,
//! where a feed goes back some hours. Asked for once for each gap, in few requests.

use url::Url;

use crate::dates;
use crate::fetch::FetchRequest;
use crate::model::{Exchange, Fetched, ListedLink, Purpose, TimeSpan, Validators, publisher_of};

use super::listing::{Reading, read_with};
use super::stages::Stages;

/// Sitemaps asked for one gap, those of an index included. A site has one for news, seldom one for each section.
const SITEMAPS_MAX: usize = 3;

/// The links of a site's news sitemaps that were published within a gap. Empty where the site has none.
pub(super) async fn links_within(
    stages: &Stages,
    site: &Url,
    gap: TimeSpan,
    exchanges: &mut Vec<Exchange>,
) -> Vec<ListedLink> {
    let publisher = publisher_of(site);
    let named = stages.fetcher.sitemaps(site, exchanges).await;
    let is_of_news = |url: &Url| url.as_str().to_ascii_lowercase().contains("news") && publisher_of(url) == publisher;
    let mut waiting: Vec<Url> = named.iter().filter_map(|text| site.join(text).ok()).filter(is_of_news).collect();
    // Taken from the end: what an index leads to comes before the next that robots.txt names.
    waiting.reverse();
    let mut links = Vec::new();
    for _ in 0..SITEMAPS_MAX {
        let Some(url) = waiting.pop() else { break };
        let request = FetchRequest { url: &url, purpose: Purpose::Poll, validators: &Validators::default() };
        let report = stages.fetcher.fetch(request).await;
        exchanges.extend(report.exchanges);
        // That there is nothing to heal with is no failure of the source.
        let Ok(Fetched::Document(document)) = report.result else { continue };
        let Ok(listed) = read_with(stages, document, Reading::of_sitemap(&publisher)).await else { continue };
        waiting.extend(listed.children.into_iter().rev().filter(|child| publisher_of(child) == publisher));
        links.extend(listed.links.into_iter().filter(|link| link.publisher == publisher && is_within(link, gap)));
    }
    links
}

fn is_within(link: &ListedLink, gap: TimeSpan) -> bool {
    let published = link.hints.published.as_deref().and_then(dates::read).map(|date| date.instant);
    published.or(link.updated_at).is_some_and(|instant| gap.from <= instant && instant <= gap.until)
}
