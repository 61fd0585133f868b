//! `dailytimes.com.pk` as a `WordPress` site. Its one real article is rendered from a document beside the checkout; what
//! surrounds it in the feed is invented.

use std::path::PathBuf;

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use newswire::demo::content::{Paper, Story, wordpress};
use newswire::demo::web::{Resource, Site};

/// The site's host.
pub(crate) const HOST: &str = "dailytimes.com.pk";

/// Address of its feed as the loopback web serves it, which speaks no TLS.
pub(crate) const FEED_URL: &str = "http://dailytimes.com.pk/feed/";

/// Day on which the article was published in the publisher's offset, `YYYYMMDD`.
pub(crate) const ARTICLE_DAY: &str = "20220103";

/// When: late enough in the evening UTC that the publisher's day is already the next.
const PUBLISHED: &str = "2022-01-02T21:30:00Z";

/// The site, and what must be read from its article.
pub(crate) struct DailyTimes {
    /// Ready to be served.
    pub(crate) site: Site,
    /// The canonical address, which the page declares with `https`.
    pub(crate) canonical_url: String,
    /// Path of the page.
    pub(crate) path: String,
    /// Headline.
    pub(crate) title: String,
    /// The body, white space folded.
    pub(crate) paragraphs: Vec<String>,
}

/// Where the document is.
pub(crate) fn document_path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/seeds/002_b0493dc1623e2b1d.txt")
}

/// The site, or nothing and a message where the document is not there.
pub(crate) fn site() -> Option<DailyTimes> {
    let path = document_path();
    match std::fs::read_to_string(&path) {
        Ok(document) => Some(site_of(&document)),
        Err(error) => {
            eprintln!("skipped: {} cannot be read: {error}", path.display());
            None
        }
    }
}

/// The site with the article of a document: title, date and address in the first three lines, then its paragraphs.
pub(crate) fn site_of(document: &str) -> DailyTimes {
    let mut lines = document.lines();
    let mut head_line = |what: &str| lines.next().unwrap_or_else(|| panic!("the document has no {what}")).to_owned();
    let title = head_line("title");
    let day = head_line("date");
    let canonical_url = head_line("address");
    assert_eq!(day, ARTICLE_DAY, "the document is another than expected");
    let paragraphs: Vec<String> = lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();

    let canonical_base_url = format!("https://{HOST}");
    let path = canonical_url.strip_prefix(&canonical_base_url).expect("an address of the site").to_owned();
    let paper = Paper {
        base_url: format!("http://{HOST}"),
        canonical_base_url,
        name: "Daily Times".to_owned(),
        tagline: "A new voice".to_owned(),
        language: "en-US".to_owned(),
        offset: Offset::constant(5),
    };
    let published: Timestamp = PUBLISHED.parse().expect("a timestamp");
    let mut stories: Vec<Story> = INVENTED.into_iter().map(|item| item.story(published)).collect();
    stories.insert(
        2,
        Story {
            id: 863_190,
            path: path.clone(),
            title: title.clone(),
            authors: vec!["Agencies Desk".to_owned()],
            section: "World".to_owned(),
            language: "en".to_owned(),
            published,
            modified: published,
            paragraphs: paragraphs.clone(),
        },
    );
    let mut site = Site::new(HOST);
    for story in &stories {
        site.insert(
            &story.path,
            Resource::html(wordpress::page(&paper, story, &stories)).last_modified(story.modified),
        );
    }
    let newest = stories.iter().map(|story| story.published).max().unwrap_or(published);
    let feed = Resource::new("application/rss+xml; charset=UTF-8", wordpress::feed(&paper, &stories, newest));
    let site = site.with("/feed/", feed.last_modified(newest));
    DailyTimes { site, canonical_url, path, title, paragraphs }
}

/// What else the paper had that day, newest first.
const INVENTED: [Item; 4] = [
    Item {
        id: 863_205,
        slug: "kite-makers-of-the-old-city-count-their-paper",
        title: "Kite makers of the old city count their paper",
        section: "Lifestyle",
        minutes_later: 95,
        paragraphs: [
            "In a lane so narrow that two bicycles cannot pass, the Haveli workshop has cut its forty-thousandth kite of the \
                 season, and its owner says that he has stopped counting in anything but bamboo.",
            "“A kite is nine parts patience and one part glue,” said Ustad Rafaqat, whose grandfather opened the shop with a \
                 borrowed pair of scissors. “My sons would like it to be the other way round.”",
            "Demand has doubled since the city marked out three open fields where flying is allowed. Prices have not: paper \
                 now costs a third more than it did last winter, and bamboo has to come from further away each year.",
            "The association of makers has asked for a shared store outside the walls, where stock would be safe from damp and \
                 sparks. The municipality says that it is looking for a building.",
        ],
    },
    Item {
        id: 863_198,
        slug: "canal-cleaning-brings-up-a-piano",
        title: "Canal cleaning brings up a piano",
        section: "City",
        minutes_later: 40,
        paragraphs: [
            "Workers who drain the eastern canal once in four years are used to finding bicycles. This week their crane brought \
                 up an upright piano, with its lid closed and most of its keys.",
            "Nobody has yet come forward to claim it. A retired music teacher who lives by the second bridge told the crew that \
                 she had heard it “once, very briefly, in the summer of the great flood”.",
            "The irrigation office took 214 tonnes of silt from the same stretch, together with eleven pumps, a shop sign and a \
                 quantity of wedding crockery. Water is to be let in again at the end of the month.",
            "The piano has been put under a roof behind the office. It is drying slowly, an engineer said, and has begun to \
                 make noises at night.",
        ],
    },
    Item {
        id: 863_181,
        slug: "mango-growers-turn-to-the-sun-to-pump-water",
        title: "Mango growers turn to the sun to pump water",
        section: "Business",
        minutes_later: -70,
        paragraphs: [
            "Four in ten mango orchards in the southern districts now lift their water with solar panels, a survey by the growers’ \
                 union has found, twice as many as two years ago.",
            "The panels pay for themselves in about three seasons, growers report, because diesel had been the largest of their \
                 costs after labour. What they do not do is pump at night, when trees were watered until now.",
            "“We had to learn to irrigate by day without boiling the roots,” said Shaista Baloch, who farms eleven hectares. She \
                 waters in the two hours after sunrise and covers the ground with straw.",
            "The union warns that water which costs nothing to lift is easily wasted. It wants meters on all new wells, and says \
                 that most of its members agree as long as their neighbours get one too.",
        ],
    },
    Item {
        id: 863_164,
        slug: "school-team-builds-weather-station-from-scrap",
        title: "School team builds weather station from scrap",
        section: "Education",
        minutes_later: -150,
        paragraphs: [
            "A ceiling fan, a tin of paint and the insides of an old printer: from these, seven pupils of a girls’ school in the \
                 hills have built a weather station that has not missed a reading in five months.",
            "Their rainfall figures differ by less than two per cent from those of the official gauge, forty kilometres away and \
                 six hundred metres lower down. Farmers have begun to call the school before they sow.",
            "“At first they rang to ask if it would rain,” said the team’s leader, Zarmina, who is fifteen. “Now they ring to tell \
                 us that it did, so that we can check.”",
            "The meteorological office has offered to lend the school a barometer. The pupils have sent back a list of three \
                 other schools that would like one first.",
        ],
    },
];

/// An invented item of the feed.
struct Item {
    id: u32,
    slug: &'static str,
    title: &'static str,
    section: &'static str,
    /// Publication, counted from that of the real article.
    minutes_later: i64,
    paragraphs: [&'static str; 4],
}

impl Item {
    fn story(self, around: Timestamp) -> Story {
        let published = around + SignedDuration::from_mins(self.minutes_later);
        Story {
            id: self.id,
            path: format!("/{}/{}/", self.id, self.slug),
            title: self.title.to_owned(),
            authors: vec!["Staff Report".to_owned()],
            section: self.section.to_owned(),
            language: "en".to_owned(),
            published,
            modified: published,
            paragraphs: self.paragraphs.map(str::to_owned).to_vec(),
        }
    }
}
