//! Questions for consent, sign-in forms and bot checks where articles should be: they are none, the feed's text stands in for
//! what is behind them, and when they open all of it comes.

use std::time::Duration;

use newswire::demo::web::{NewsWeb, Resource, Site};

use crate::harness::{Newsroom, web_of};

/// Longest wait for something that takes a second or two.
const PATIENCE: Duration = Duration::from_mins(1);

/// Headline, summary and text of three stories that have nothing in common.
const STORIES: [(&str, &str, &str); 3] = [
    (
        "Ferry returns after winter repairs",
        "The old ferry carries passengers across the river again, with new engines, a fresh coat of paint and the same crew \
         that has sailed her for twenty years.",
        "The old ferry carries passengers across the river again since Monday. She has new engines and a fresh coat of paint. \
         The crew is the one that has sailed her for twenty years, and the fare has not been raised.",
    ),
    (
        "Bakery wins national bread award",
        "A small bakery at the market won the first prize for its rye loaf, baked by three sisters who learned the recipe from \
         their grandmother in the hills.",
        "A small bakery at the market won the first prize of the guild for its rye loaf. Three sisters bake it by a recipe \
         that they learned from their grandmother. There was a queue on the morning after.",
    ),
    (
        "Library opens reading garden",
        "Behind the municipal library a garden with forty chairs opens on Sunday, planted by volunteers who have collected \
         books and shrubs for more than a year.",
        "Behind the municipal library a garden with forty chairs opens on Sunday. Volunteers planted it, and they have \
         collected books and shrubs for more than a year. It stays open until the lamps are lit.",
    ),
];

/// Wordings of gates, some of which read like articles.
const GATES: [(&str, &str); 3] = [
    (
        "Before you continue",
        "We and our 812 partners store and access information on your device, such as unique identifiers, to process personal \
         data for advertising and measurement. You may accept or manage your choices at any time by clicking below or in \
         the privacy policy. Your preferences will apply to this website only.",
    ),
    (
        "Checking your connection",
        "Please wait while we verify that you are human. This process is automatic, and your request will be forwarded to \
         the requested content shortly. Please allow up to five seconds, and make sure that scripts and cookies are enabled.",
    ),
    (
        "Welcome back",
        "Sign in with your account to keep reading. Subscribers have unlimited access to every issue, to the archive since \
         1987 and to all newsletters. New here? Create your account within a minute, the first month is free of charge and \
         you can cancel whenever you like.",
    ),
];

/// Gates in eight languages that read like articles.
const LANGUAGES: [(&str, &str); 8] = [
    (
        "A word before you read on",
        "Good journalism is free on our site because advertising pays for it. Published on 20 November 2026 by the editors. For \
         that we need your consent: our 214 partners and we keep small files on your device and look at how you use these pages. \
         If you agree, nothing changes for you. If you do not, you can have the same articles without advertising for the price \
         of a coffee a month. You can change your mind whenever you like.",
    ),
    (
        "Bevor es weitergeht",
        "Guter Journalismus kostet Geld, und bei uns bezahlt ihn die Werbung. Stand: 20. November 2026. Dazu bitten wir Sie um \
         Ihre Einwilligung: Wir und unsere 214 Partner legen kleine Dateien auf Ihrem Gerät ab und sehen uns an, wie Sie diese \
         Seiten nutzen. Stimmen Sie zu, so ändert sich für Sie nichts. Andernfalls lesen Sie dieselben Beiträge ohne Werbung \
         für den Preis eines Kaffees im Monat. Sie können es sich jederzeit anders überlegen.",
    ),
    (
        "Avant de poursuivre votre lecture",
        "Un bon journal coûte cher, et le nôtre vit de la publicité. Mis à jour le 20 novembre 2026. Pour cela nous avons besoin \
         de votre consentement : nos 214 partenaires et nous déposons de petits fichiers sur votre appareil et observons votre \
         usage de ces pages. Si vous acceptez, rien ne change pour vous. Sinon vous pouvez lire les mêmes articles sans \
         publicité pour le prix d'un café par mois. Vous pouvez changer d'avis à tout moment.",
    ),
    (
        "Antes de seguir leyendo",
        "El buen periodismo cuesta dinero, y el nuestro lo paga la publicidad. Actualizado el 20 de noviembre de 2026. Para ello \
         necesitamos su consentimiento: nuestros 214 socios y nosotros guardamos pequeños archivos en su dispositivo y vemos cómo \
         usa estas páginas. Si acepta, nada cambia para usted. Si no, puede leer los mismos artículos sin publicidad por el \
         precio de un café al mes. Puede cambiar de opinión en cualquier momento.",
    ),
    (
        "Prima di proseguire",
        "Il buon giornalismo costa, e il nostro vive di pubblicità. Aggiornato il 20 novembre 2026. Per questo ci serve il suo \
         consenso: noi e i nostri partner conserviamo piccoli file sul suo dispositivo e guardiamo come usa queste pagine. Se \
         accetta, per lei non cambia nulla. Altrimenti può leggere gli stessi articoli senza pubblicità al prezzo di un caffè al \
         mese. Può cambiare idea quando vuole.",
    ),
    (
        "Zanim przejdziesz dalej",
        "Dobre dziennikarstwo kosztuje, a nasze utrzymuje się z reklam. Stan na 20 listopada 2026. Potrzebujemy do tego Twojej \
         zgody: my i nasi partnerzy zapisujemy małe pliki na Twoim urządzeniu i sprawdzamy, jak korzystasz z tych stron. Jeśli \
         się zgodzisz, nic się dla Ciebie nie zmieni. Jeśli nie, możesz czytać te same artykuły bez reklam w cenie kawy \
         miesięcznie. Zdanie możesz zmienić w każdej chwili.",
    ),
    (
        "Прежде чем продолжить",
        "Хорошая журналистика стоит денег, и наша живёт за счёт рекламы. Обновлено 20 ноября 2026 года. Для этого нам нужно ваше \
         согласие: мы и наши партнёры храним небольшие файлы на вашем устройстве и смотрим, как вы пользуетесь этими страницами. \
         Если вы согласны, для вас ничего не изменится. Если нет, вы можете читать те же статьи без рекламы по цене чашки кофе в \
         месяц. Передумать можно в любое время.",
    ),
    (
        "続きをお読みになる前に",
        "良い報道には費用がかかり、当サイトは広告で支えられています。二〇二六年十一月二十日更新。そのために皆様の同意が必要です。\
         当社と提携するパートナーは、お使いの端末に小さなファイルを保存し、ページのご利用状況を拝見します。同意いただいても、\
         閲覧に変わりはありません。同意されない場合は、月にコーヒー一杯分の料金で、同じ記事を広告なしでお読みいただけます。\
         お考えはいつでも変更できます。",
    ),
];

fn story_page(story: (&str, &str, &str)) -> Resource {
    with_head("</head>", story)
}

/// The page of a story that has more in its head.
fn with_head(head: &str, (title, _, text): (&str, &str, &str)) -> Resource {
    let paragraphs = text.replace(". ", ".</p><p>");
    Resource::html(format!(
        "<!doctype html><html lang=\"en\"><head><title>{title}</title>{head}<body><article><h1>{title}</h1>\
         <p>{paragraphs}</p></article></body></html>"
    ))
}

fn gate_page((title, text): (&str, &str)) -> Resource {
    let paragraphs = text.replace(". ", ".</p><p>");
    Resource::html(format!(
        "<!doctype html><html lang=\"en\"><head><title>{title}</title></head><body><main><h1>{title}</h1>\
         <p>{paragraphs}</p></main></body></html>"
    ))
}

fn feed_of_stories() -> Resource {
    let items = STORIES.iter().enumerate().fold(String::new(), |items, (n, (title, summary, _))| {
        items
            + &format!(
                "<item><title>{title}</title><link>http://gated.example/story-{n}</link>\
                 <description>{summary}</description></item>"
            )
    });
    Resource::new(
        "application/rss+xml",
        format!("<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Gated</title>{items}</channel></rss>"),
    )
}

/// The site with a gate before its stories: at their own addresses, or at one that they send to.
fn gated(gate: (&str, &str), is_elsewhere: bool) -> NewsWeb {
    let site = Site::new("gated.example").with("/feed", feed_of_stories()).with("/gate", gate_page(gate));
    let site = (0..STORIES.len()).fold(site, |site, n| {
        let there =
            if is_elsewhere { Resource::redirect(302, &format!("/gate?back=story-{n}")) } else { gate_page(gate) };
        site.with(&format!("/story-{n}"), there)
    });
    let site = (0..STORIES.len()).fold(site, |site, n| site.with(&format!("/gate?back=story-{n}"), gate_page(gate)));
    web_of(vec![site])
}

/// How the stories are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Listing {
    Titles,
    Summaries,
    FullTexts,
    NewsSitemap,
    BareSitemap,
    IndexPage,
}

/// How visitors are stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Means {
    /// The gate stands at each story's own address.
    InPlace,
    /// They are sent to one address of the site, which is told where they wanted to go.
    Redirect,
    /// They are sent to another host.
    OtherHost,
    /// The page at the story's address sends them on.
    Refresh,
}

/// Addresses of the stories, with their headlines in them or with numbers only.
fn path_of(n: usize, is_worded: bool) -> String {
    if is_worded {
        format!("/news/{}", STORIES[n].0.to_lowercase().replace(' ', "-"))
    } else {
        format!("/news/{}", 70_412 + 31 * n)
    }
}

fn listing(listing: Listing, is_worded: bool) -> Resource {
    let item = |n: usize| {
        let (title, summary, text) = STORIES[n];
        let url = format!("http://gated.example{}", path_of(n, is_worded));
        match listing {
            Listing::Titles => format!("<item><title>{title}</title><link>{url}</link></item>"),
            Listing::Summaries => {
                format!("<item><title>{title}</title><link>{url}</link><description>{summary}</description></item>")
            }
            Listing::FullTexts => format!(
                "<item><title>{title}</title><link>{url}</link>\
                 <content:encoded><![CDATA[<p>{text}</p>]]></content:encoded></item>"
            ),
            Listing::NewsSitemap => format!(
                "<url><loc>{url}</loc><news:news><news:publication><news:name>Gated</news:name>\
                 <news:language>en</news:language></news:publication>\
                 <news:publication_date>2026-11-20</news:publication_date><news:title>{title}</news:title></news:news></url>"
            ),
            Listing::BareSitemap => format!("<url><loc>{url}</loc></url>"),
            Listing::IndexPage => format!("<p><a href=\"{url}\"><img src=\"/{n}.jpg\" alt=\"\"></a></p>"),
        }
    };
    let items: String = (0..STORIES.len()).map(item).collect::<Vec<_>>().concat();
    match listing {
        Listing::Titles | Listing::Summaries | Listing::FullTexts => Resource::new(
            "application/rss+xml",
            format!(
                "<?xml version=\"1.0\"?><rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\">\
                 <channel><title>Gated</title>{items}</channel></rss>"
            ),
        ),
        Listing::NewsSitemap | Listing::BareSitemap => Resource::new(
            "application/xml",
            format!(
                "<?xml version=\"1.0\"?><urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" \
                 xmlns:news=\"http://www.google.com/schemas/sitemap-news/0.9\">{items}</urlset>"
            ),
        ),
        Listing::IndexPage => {
            Resource::html(format!("<!doctype html><html><head><title>Gated</title></head><body>{items}</body></html>"))
        }
    }
}

/// Puts the gate before the stories, or takes it away.
fn set_gate(web: &NewsWeb, means: Means, gate: Option<(&str, &str)>, is_worded: bool) {
    for (n, story) in STORIES.into_iter().enumerate() {
        let path = path_of(n, is_worded);
        let there = match (gate, means) {
            (None, _) => story_page(story),
            (Some(gate), Means::InPlace) => gate_page(gate),
            (Some(_), Means::Redirect) => Resource::redirect(302, &format!("/welcome?back={path}")),
            (Some(_), Means::OtherHost) => {
                Resource::redirect(302, &format!("http://hello.visits.example/first?to=http://gated.example{path}"))
            }
            (Some(_), Means::Refresh) => Resource::html(format!(
                "<!doctype html><html><head><meta http-equiv=\"refresh\" content=\"0; url=/welcome?back={path}\"></head>\
                 <body></body></html>"
            )),
        };
        assert!(web.put("gated.example", &path, there));
        let gate = gate_page(gate.unwrap_or(GATES[0]));
        assert!(web.put("gated.example", "/welcome", gate.clone()) && web.put("hello.visits.example", "/first", gate));
    }
}

fn web_with(kind: Listing, is_worded: bool) -> NewsWeb {
    let site = Site::new("gated.example").with("/list", listing(kind, is_worded));
    web_of(vec![site, Site::new("hello.visits.example")])
}

/// A room that follows the list.
fn room_with(web: &NewsWeb, kind: Listing) -> Newsroom {
    let mut room = Newsroom::reading(web);
    room.hurry();
    let (kind, links) = match kind {
        Listing::Titles | Listing::Summaries | Listing::FullTexts => ("feed", ""),
        Listing::NewsSitemap | Listing::BareSitemap => ("sitemap", ""),
        Listing::IndexPage => ("page", "links = [\"p a\"]\n"),
    };
    room.write_sources(&format!(
        "[[source]]\nslug = \"gated\"\nurl = \"http://gated.example/list\"\nkind = \"{kind}\"\n{links}"
    ));
    room
}

fn titles(room: &Newsroom) -> Vec<String> {
    room.column("SELECT title FROM articles ORDER BY title")
}

fn story_titles() -> Vec<String> {
    let mut titles: Vec<String> = STORIES.iter().map(|(title, _, _)| (*title).to_owned()).collect();
    titles.sort();
    titles
}

/// Lets a daemon run until the stories are there, now that the gate is open.
#[track_caller]
fn assert_all_come_back(room: &Newsroom) {
    let daemon = room.start();
    room.wait_for(PATIENCE, "SELECT count(*) FROM articles WHERE body_kind = 'full'", "3");
    daemon.stop().exits(0);
    assert_all_are_there(room);
}

/// Whether the stories are stored, each once, with their own text.
#[track_caller]
fn assert_all_are_there(room: &Newsroom) {
    assert_eq!(titles(room), story_titles());
    assert_eq!(room.column("SELECT DISTINCT body_kind FROM articles"), ["full"]);
    assert_eq!(room.column("SELECT title FROM articles WHERE removed_at IS NOT NULL"), Vec::<String>::new());
    assert_eq!(room.column("SELECT error FROM source_health"), ["NULL"]);
    room.assert_sound();
}

#[test]
fn no_gate_becomes_an_article_however_the_stories_are_listed() {
    let (listings, means) = (
        [
            Listing::BareSitemap,
            Listing::IndexPage,
            Listing::BareSitemap,
            Listing::NewsSitemap,
            Listing::BareSitemap,
            Listing::Titles,
            Listing::Summaries,
            Listing::FullTexts,
        ],
        [Means::InPlace, Means::Redirect, Means::OtherHost, Means::Refresh],
    );
    for (round, kind) in listings.into_iter().enumerate() {
        let (means, gate, is_worded) = (means[(round + round / 4) % 4], LANGUAGES[round], round % 3 == 2);
        let context = format!("{kind:?} {means:?} {is_worded} {gate:?}");
        let web = web_with(kind, is_worded);
        set_gate(&web, means, Some(gate), is_worded);
        let room = room_with(&web, kind);
        let outcome = room.run(&["fetch", "--all"]).exits(3);
        assert_eq!(outcome.stderr.matches("stand behind a gate").count(), 1, "{context}: {}", outcome.stderr);
        let stored = titles(&room);
        assert!(stored.is_empty() || stored == story_titles(), "{context}: {stored:?}");
        assert_eq!(room.column("SELECT error_class FROM source_health"), ["gate"], "{context}");

        set_gate(&web, means, None, is_worded);
        assert_all_come_back(&room);
    }
}

#[test]
fn what_stands_before_articles_is_none_and_all_of_them_come_when_it_opens() {
    for gate in GATES {
        for is_elsewhere in [true, false] {
            let web = gated(gate, is_elsewhere);
            let mut room = Newsroom::reading(&web);
            room.hurry();
            room.follow("gated", "http://gated.example/feed", Some("feed"));
            let outcome = room.run(&["fetch", "--all"]);
            let told = outcome.stderr.matches("stand behind a gate").count();
            assert_eq!(told, 1, "{gate:?} {is_elsewhere}: {}", outcome.stderr);

            // The feed's words stand in for the stories, and nothing for the gate.
            let titles = room.column("SELECT title FROM articles ORDER BY title");
            let expected = [
                "Bakery wins national bread award",
                "Ferry returns after winter repairs",
                "Library opens reading garden",
            ];
            assert_eq!(titles, expected, "{gate:?} {is_elsewhere}");
            assert_eq!(room.column("SELECT DISTINCT body_kind FROM articles"), ["teaser"]);
            let health = room.table("SELECT error_class, error FROM source_health");
            assert_eq!(health[0][0], "gate");
            assert!(health[0][1].contains("gated.example stand behind a gate"), "{health:?}");

            for (n, story) in STORIES.into_iter().enumerate() {
                assert!(web.put("gated.example", &format!("/story-{n}"), story_page(story)));
            }
            let daemon = room.start();
            room.wait_for(PATIENCE, "SELECT count(*) FROM articles WHERE body_kind = 'full'", "3");
            daemon.stop().exits(0);
            assert_eq!(room.number("SELECT count(*) FROM articles"), 3);
            assert_eq!(room.number("SELECT count(*) FROM articles WHERE removed_at IS NOT NULL"), 0);
            assert_eq!(room.column("SELECT error FROM source_health"), ["NULL"]);
            room.assert_sound();
        }
    }
}

#[test]
fn a_gate_that_comes_later_takes_nothing_away() {
    let site = (0..STORIES.len()).fold(Site::new("gated.example").with("/feed", feed_of_stories()), |site, n| {
        site.with(&format!("/story-{n}"), story_page(STORIES[n]))
    });
    let web = web_of(vec![site]);
    let mut room = Newsroom::reading(&web);
    room.hurry();
    room.set(&[("schedule.look_again_after_s", "[1, 2, 3, 4, 5, 6, 7, 8]")]);
    room.follow("gated", "http://gated.example/feed", Some("feed"));
    room.run(&["fetch", "--all"]).exits(0);
    let before = room.table("SELECT title, body, revision, removed_at FROM articles ORDER BY id");
    assert_eq!(before.len(), 3);

    for n in 0..STORIES.len() {
        assert!(web.put("gated.example", &format!("/story-{n}"), gate_page(GATES[0])));
    }
    let daemon = room.start();
    let is_seen = "SELECT count(*) >= 6 FROM fetches WHERE url LIKE '%/story-%' AND error IS NOT NULL";
    room.wait_for(PATIENCE, is_seen, "1");
    daemon.stop().exits(0);
    assert_eq!(room.table("SELECT title, body, revision, removed_at FROM articles ORDER BY id"), before);
}

/// What a bot check says to one visitor: a number of the visit, and another sentence each time.
fn bot_check(n: usize) -> (&'static str, String) {
    let sentence =
        ["A moment, please.", "This takes some seconds at most.", "Nothing needs to be done on your side."][n % 3];
    let text = format!(
        "Please wait while we verify that you are human before we let you through to the page. This happens by itself, and \
         your browser will be sent on to what it asked for as soon as the check is done. {sentence} Cookies and scripts have to \
         be enabled for that. If this page stays, load it anew or write to the keeper of the site with the number of this \
         visit: ray {}c{}f{}b.",
        n + 4,
        n * 7,
        n + 11
    );
    ("One moment", text)
}

#[test]
fn bot_checks_whose_words_differ_each_time_are_one_gate() {
    for is_elsewhere in [true, false] {
        let web = web_with(Listing::BareSitemap, false);
        for n in 0..STORIES.len() {
            let (title, text) = bot_check(n);
            let page = gate_page((title, &text));
            let check = format!("/visits/{}e{n}a/{}", n + 7, 1_000 + n);
            let there = if is_elsewhere { Resource::redirect(302, &check) } else { page.clone() };
            assert!(web.put("gated.example", &path_of(n, false), there) && web.put("gated.example", &check, page));
        }
        let room = room_with(&web, Listing::BareSitemap);
        room.run(&["fetch", "--all"]).exits(3).says("stand behind a gate");
        assert_eq!(titles(&room), Vec::<String>::new(), "{is_elsewhere}");
        set_gate(&web, Means::InPlace, None, false);
        assert_all_come_back(&room);
    }
}

#[test]
fn addresses_given_by_hand_lead_to_no_gate_and_files_hold_none() {
    let web = web_with(Listing::BareSitemap, false);
    set_gate(&web, Means::Redirect, Some(LANGUAGES[0]), false);
    let urls: Vec<String> = (0..3).map(|n| format!("http://gated.example{}", path_of(n, false))).collect();
    let mut arguments = vec!["fetch"];
    arguments.extend(urls.iter().map(String::as_str));

    let room = Newsroom::reading(&web);
    let outcome = room.run(&arguments).exits(1);
    assert_eq!(outcome.stdout, "");
    assert_eq!(titles(&room), Vec::<String>::new());
    assert_eq!(room.number("SELECT count(*) FROM sources"), 0, "a gate is read as a list of nothing");
    set_gate(&web, Means::Redirect, None, false);
    room.run(&arguments).exits(0);
    assert_eq!(titles(&room), story_titles());

    set_gate(&web, Means::InPlace, Some(LANGUAGES[1]), false);
    let room = Newsroom::reading(&web);
    let folder = room.path("bundle").display().to_string();
    let outcome = room.run(&["fetch", "http://gated.example/list", "--out", &folder]);
    outcome.exits(3).says("stand behind a gate").says("0 documents in");
    assert!(!room.database().exists());
}

/// A page of a gate, as it stands at its own address: with a way home, and a feed in its head.
fn gate_with_links((title, text): (&str, &str)) -> Resource {
    let paragraphs = text.replace(". ", ".</p><p>");
    Resource::html(format!(
        "<!doctype html><html lang=\"en\"><head><title>{title}</title>\
         <link rel=\"alternate\" type=\"application/rss+xml\" href=\"/list\"></head><body><main><h1>{title}</h1>\
         <p>{paragraphs}</p></main><a href=\"/\">Home</a><a href=\"/help/how-we-look-after-your-data\">How we look after \
         your data</a></body></html>"
    ))
}

#[test]
fn a_gate_given_by_hand_is_told_and_is_no_list() {
    let web = web_with(Listing::BareSitemap, false);
    set_gate(&web, Means::InPlace, None, false);
    let consent = (
        "Your choice",
        "We and our partners use cookies on this site. Accept all or open the cookie settings. You may withdraw consent later.",
    );
    let check = (
        "One moment",
        "Checking your browser. Please verify you are human before you go on. Enable javascript and cookies.",
    );
    let sign_in =
        ("Sign in", "Please sign in to your account. Already have an account? Create a free account in a minute.");
    let nothing = ("Please hold on", "One moment.");
    for (place, page, what) in [
        ("/consent", gate_with_links(consent), "a consent wall"),
        ("/account/sign-in", gate_with_links(sign_in), "a login wall"),
        ("/check", gate_with_links(check), "a bot wall"),
        ("/hold", gate_page(nothing), "neither an article nor links to articles"),
    ] {
        assert!(web.put("gated.example", place, page));
        let room = Newsroom::reading(&web);
        let url = format!("http://gated.example{place}");
        let outcome = room.run(&["fetch", &url]).exits(1).says(what).says("1 failed");
        assert!(!outcome.stderr.contains("as a list of articles"), "{}", outcome.stderr);
        assert_eq!(room.number("SELECT count(*) FROM sources"), 0, "{place}");
        // Beside something that is there it is one of two.
        let story = format!("http://gated.example{}", path_of(0, false));
        room.run(&["fetch", &url, &story]).exits(3).says(what);
        assert_eq!(titles(&room), [STORIES[0].0]);
        if what.ends_with("wall") {
            let outcome = room.run(&["sources", "add", &url]).exits(3);
            outcome.says(what).says("is not followed").says("--force");
        }
    }
}

#[test]
fn a_page_of_another_article_than_its_address_promises_is_not_stored() {
    let web = web_with(Listing::BareSitemap, true);
    set_gate(&web, Means::InPlace, None, true);
    let path = path_of(0, true);
    assert!(web.put("gated.example", &path, gate_page(GATES[2])));
    let room = room_with(&web, Listing::BareSitemap);
    room.run(&["fetch", "--all"]).exits(3).says("nothing of the words in its address");
    assert_eq!(titles(&room), [STORIES[1].0, STORIES[2].0]);
    assert_eq!(room.column("SELECT DISTINCT error_class FROM fetches WHERE error IS NOT NULL"), ["other-page"]);
    // One link that leads astray is no gate.
    assert_eq!(room.column("SELECT error FROM source_health"), ["NULL"]);
}

#[test]
fn a_page_that_declares_itself_the_article_is_it_though_its_feed_speaks_another_language() {
    let item = "<item><title>Fähre fährt nach der Überholung erneut</title><link>http://gated.example/news/70412</link>\
        <description>Mit neuen Maschinen und frischem Anstrich.</description></item>";
    let list =
        format!("<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Gated</title>{item}</channel></rss>");
    let head = |path: &str| {
        format!(
            "<meta property=\"og:type\" content=\"article\"><link rel=\"canonical\" href=\"http://gated.example{path}\">\
             <meta property=\"article:published_time\" content=\"2026-11-20T08:00:00Z\"></head>"
        )
    };
    // Declared as the article that was asked for, and as another one.
    for (own, is_believed) in [("/news/70412", true), ("/news/1", false)] {
        let web = web_of(vec![
            Site::new("gated.example")
                .with("/list", Resource::new("application/rss+xml", list.clone()))
                .with("/news/70412", with_head(&head(own), STORIES[0])),
        ]);
        let room = room_with(&web, Listing::Titles);
        room.run(&["fetch", "--all"]);
        let n_refused = room.number("SELECT count(*) FROM fetches WHERE error_class = 'other-page'");
        assert_eq!(n_refused == 0, is_believed, "{own}");
    }
}

#[test]
fn a_gate_for_some_visitors_takes_nothing_and_lets_the_others_through() {
    let web = web_with(Listing::BareSitemap, false);
    set_gate(&web, Means::Redirect, Some(LANGUAGES[0]), false);
    assert!(web.put("gated.example", &path_of(1, false), story_page(STORIES[1])));
    let room = room_with(&web, Listing::BareSitemap);
    room.run(&["fetch", "--all"]).exits(3);
    assert_eq!(titles(&room), [STORIES[1].0]);
    set_gate(&web, Means::Redirect, None, false);
    assert_all_come_back(&room);
}

#[test]
fn a_gate_that_comes_before_stories_without_a_word_of_their_source_takes_nothing_away() {
    for means in [Means::InPlace, Means::Redirect] {
        let web = web_with(Listing::BareSitemap, false);
        set_gate(&web, means, None, false);
        let mut room = room_with(&web, Listing::BareSitemap);
        room.set(&[("schedule.look_again_after_s", "[1, 2, 3, 4, 5, 6, 7, 8]")]);
        room.run(&["fetch", "--all"]).exits(0);
        let before = room.table("SELECT title, body, revision, removed_at FROM articles ORDER BY id");
        assert_eq!(before.len(), 3);
        set_gate(&web, means, Some(LANGUAGES[0]), false);
        let daemon = room.start();
        room.wait_for(
            PATIENCE,
            "SELECT count(*) >= 6 FROM fetches WHERE purpose = 'article' AND error IS NOT NULL",
            "1",
        );
        daemon.stop().exits(0);
        let after = room.table("SELECT title, body, revision, removed_at FROM articles ORDER BY id");
        assert_eq!(after, before, "{means:?}");
    }
}

#[test]
fn what_is_one_article_under_several_addresses_is_no_gate() {
    let own = |path: &str| {
        let (title, _, text) = STORIES[0];
        Resource::html(format!(
            "<!doctype html><html lang=\"en\"><head><title>{title}</title>\
             <link rel=\"canonical\" href=\"http://gated.example{path}\"><meta property=\"og:type\" content=\"article\"></head>\
             <body><article><h1>{title}</h1><p>{}</p></article></body></html>",
            text.replace(". ", ".</p><p>")
        ))
    };
    let check = |pages: &[(&str, Resource)], listed: &[&str], n_articles: i64| {
        let urls: Vec<String> =
            listed.iter().map(|path| format!("<url><loc>http://gated.example{path}</loc></url>")).collect();
        let list = format!(
            "<?xml version=\"1.0\"?><urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">{}</urlset>",
            urls.concat()
        );
        let site = Site::new("gated.example").with("/list", Resource::new("application/xml", list));
        let web = web_of(vec![pages.iter().fold(site, |site, (path, page)| site.with(path, page.clone()))]);
        let room = room_with(&web, Listing::BareSitemap);
        room.run(&["fetch", "--all"]).exits(0);
        assert_eq!(room.number("SELECT count(*) FROM articles"), n_articles, "{listed:?}");
        assert_eq!(room.column("SELECT error FROM source_health"), ["NULL"], "{listed:?}");
    };
    // Old addresses of one article, and its own.
    let moved = Resource::redirect(301, "/news/71001");
    let pages = [("/old/4", moved.clone()), ("/older/9", moved), ("/news/71001", own("/news/71001"))];
    check(&pages, &["/old/4", "/older/9"], 1);
    check(&pages, &["/old/4", "/news/71001", "/older/9"], 1);
    // Copies in two sections, each with an address of its own.
    check(
        &[("/sport/71001", own("/sport/71001")), ("/local/71001", own("/local/71001"))],
        &["/sport/71001", "/local/71001"],
        2,
    );
    // A page without any mark of an article, and its form for small screens.
    check(
        &[("/news/71001", story_page(STORIES[0])), ("/news/71001/amp", story_page(STORIES[0]))],
        &["/news/71001", "/news/71001/amp"],
        1,
    );
    // The same text at two addresses, without any mark: it does not speak to its visitors.
    check(
        &[("/sport/71001", story_page(STORIES[0])), ("/local/71001", story_page(STORIES[0]))],
        &["/sport/71001", "/local/71001"],
        2,
    );
}

#[test]
fn removed_articles_that_lead_to_the_front_page_or_a_section_are_none_and_no_gate() {
    for target in ["/", "/news/"] {
        let web = web_with(Listing::BareSitemap, false);
        set_gate(&web, Means::InPlace, None, false);
        assert!(web.put("gated.example", target, gate_page(("All the news of the town", STORIES[0].1))));
        for n in [0, 1] {
            assert!(web.put("gated.example", &path_of(n, false), Resource::redirect(302, target)));
        }
        let room = room_with(&web, Listing::BareSitemap);
        room.run(&["fetch", "--all"]).exits(3);
        assert_eq!(titles(&room), [STORIES[2].0], "{target}");
        assert_eq!(room.column("SELECT error FROM source_health"), ["NULL"], "{target}");
    }
}

#[test]
fn a_wall_with_the_headline_and_the_first_sentence_of_the_story_is_a_teaser() {
    let web = web_with(Listing::BareSitemap, true);
    for (n, (title, _, text)) in STORIES.into_iter().enumerate() {
        let first = text.rsplit_once(". ").map_or(text, |(first, _)| first);
        let page = Resource::html(format!(
            "<!doctype html><html lang=\"en\"><head><title>{title}</title></head><body><article><h1>{title}</h1><p>{first}.</p>\
             </article><div><p>Subscribe now to continue reading. Already a subscriber? Log in to your account.</p></div>\
             </body></html>"
        ));
        assert!(web.put("gated.example", &path_of(n, true), page));
    }
    let room = room_with(&web, Listing::BareSitemap);
    room.run(&["fetch", "--all"]);
    let kinds = room.table("SELECT title, body_kind FROM articles ORDER BY title");
    let expected: Vec<Vec<String>> = story_titles().into_iter().map(|title| vec![title, "teaser".to_owned()]).collect();
    assert_eq!(kinds, expected);
}

#[test]
fn readers_of_changes_hear_that_an_article_was_none() {
    let web = web_with(Listing::BareSitemap, false);
    set_gate(&web, Means::Redirect, Some(LANGUAGES[0]), false);
    let only_first = format!("http://gated.example{}", path_of(0, false));
    let room = room_with(&web, Listing::BareSitemap);
    // One link tells nothing: its page may be an article.
    room.run(&["fetch", &only_first]).exits(0);
    let tail = |room: &Newsroom| {
        let cursor = room.path("place").display().to_string();
        let outcome = room.run(&["--json", "tail", "--cursor", &cursor]).exits(0);
        outcome.json_lines().iter().map(|row| format!("{} {}", row["id"], row["change"])).collect::<Vec<_>>()
    };
    assert_eq!(tail(&room), ["1 \"new\""]);
    let second = format!("http://gated.example{}", path_of(1, false));
    room.run(&["fetch", &second]).exits(1).says("stand behind a gate");
    assert_eq!(tail(&room), ["1 \"removed\""]);
    assert_eq!(titles(&room), Vec::<String>::new());
    assert_eq!(room.number("SELECT count(*) FROM stories WHERE n_articles > 0"), 0);
    assert_eq!(room.number("SELECT count(*) FROM _wordings"), 0);
    set_gate(&web, Means::Redirect, None, false);
    room.run(&["fetch", &only_first, &second]).exits(0);
    assert_eq!(tail(&room), ["2 \"new\"", "3 \"new\""]);
    assert_eq!(titles(&room), [STORIES[1].0, STORIES[0].0]);
    room.assert_sound();
}

/// Pages that stand where articles should, at any address, with a status of 200.
const NOTICES: [(&str, &str); 6] = [
    (
        "Page not found",
        "The page that you are looking for could not be found. It may have been moved or removed, or its address was copied \
         with a letter missing. Use the search above, or begin at the front page, where the news of the day are listed.",
    ),
    (
        "Access denied",
        "You don't have permission to view this page on this server. Your request was blocked by the rules of the owner of the \
         site. If you think that this is a mistake, write to the owner and say what you did when this page came up.",
    ),
    (
        "Please complete the captcha",
        "To go on, please tick the box below and choose all pictures with a bridge. This helps us to keep out programs that \
         read our pages too fast. Once you have shown that you are human, you will not be asked again today.",
    ),
    (
        "We are sorry",
        "This content is not available in your country. We have taken note of the rules on data protection where you are, and \
         look for ways to offer our pages to readers in your region again. Until then, thank you for your patience.",
    ),
    (
        "gated.example",
        "This domain may be for sale. The owner has parked it here, free of charge. Ask for a price today, or look through the \
         links to other offers on this page. Whoever buys a domain with us is protected by a guarantee of thirty days.",
    ),
    (
        "Dieser Artikel ist für Mitglieder",
        "Melden Sie sich an, um weiterzulesen. Mit einem Konto haben Sie Zugriff auf alle Beiträge, auf das Archiv und auf die \
         Ausgabe von morgen schon heute Abend. Der erste Monat kostet nichts, und Sie können jederzeit wieder gehen.",
    ),
];

#[test]
fn notices_in_place_of_articles_are_none_with_and_without_the_dress_of_an_article() {
    for notice in NOTICES {
        let web = web_with(Listing::BareSitemap, false);
        set_gate(&web, Means::InPlace, Some(notice), false);
        let room = room_with(&web, Listing::BareSitemap);
        room.run(&["fetch", "--all"]).exits(3);
        assert_eq!(titles(&room), Vec::<String>::new(), "{notice:?}");
        assert_eq!(room.column("SELECT error_class FROM source_health"), ["gate"], "{notice:?}");
    }
    // A template that dates all its pages and names their addresses.
    let web = web_with(Listing::BareSitemap, false);
    let (title, text) = LANGUAGES[0];
    let page = Resource::html(format!(
        "<!doctype html><html lang=\"en\"><head><title>{title}</title>\
         <link rel=\"canonical\" href=\"http://gated.example/hello\"></head><body><article><h1>{title}</h1>\
         <time datetime=\"2026-11-20T08:00:00Z\">today</time><p>{}</p></article></body></html>",
        text.replace(". ", ".</p><p>")
    ));
    assert!(web.put("gated.example", "/hello", page));
    for n in 0..STORIES.len() {
        assert!(web.put("gated.example", &path_of(n, false), Resource::redirect(302, "/hello")));
    }
    let room = room_with(&web, Listing::BareSitemap);
    room.run(&["fetch", "--all"]).exits(3).says("stand behind a gate");
    assert_eq!(titles(&room), Vec::<String>::new());
    set_gate(&web, Means::InPlace, None, false);
    assert_all_come_back(&room);
}

#[test]
fn one_link_that_is_sent_to_the_door_or_to_the_front_page_has_not_led_to_its_article() {
    for target in ["/account/sign-in", "http://consent.visits.example/", "/cookie-consent/3f81ab", "/"] {
        let web = web_of(vec![
            Site::new("gated.example").with("/list", listing(Listing::BareSitemap, false)),
            Site::new("consent.visits.example").with("/", gate_page(LANGUAGES[0])),
            Site::new("hello.visits.example"),
        ]);
        set_gate(&web, Means::InPlace, None, false);
        assert!(target.starts_with("http") || web.put("gated.example", target, gate_page(LANGUAGES[0])));
        assert!(web.put("gated.example", &path_of(0, false), Resource::redirect(302, target)));
        let room = room_with(&web, Listing::BareSitemap);
        room.run(&["fetch", "--all"]).exits(3);
        assert_eq!(titles(&room), [STORIES[1].0, STORIES[2].0], "{target}");
        assert!(web.put("gated.example", &path_of(0, false), story_page(STORIES[0])));
        assert_all_come_back(&room);
    }
}

#[test]
fn something_else_in_place_of_a_story_with_a_short_headline_is_believed_when_it_is_seen_twice() {
    let story = ("Ferry back", STORIES[0].1, STORIES[0].2);
    let web = web_with(Listing::BareSitemap, false);
    set_gate(&web, Means::InPlace, None, false);
    let path = path_of(0, false);
    assert!(web.put("gated.example", &path, story_page(story)));
    let room = Newsroom::reading(&web);
    let url = format!("http://gated.example{path}");
    room.run(&["fetch", &url]).exits(0);
    let stored = || room.table("SELECT title, revision, removed_at FROM articles ORDER BY id");
    let before = stored();
    assert!(web.put("gated.example", &path, gate_page(LANGUAGES[0])));
    room.run(&["fetch", &url]).exits(1).says("other-page");
    assert_eq!(stored(), before);
    // The story is there again, in other words.
    assert!(web.put("gated.example", &path, story_page(("Ferry back", "", STORIES[0].1))));
    room.run(&["fetch", &url]).exits(0);
    assert_eq!(stored(), [["Ferry back", "2", "NULL"]]);
}

/// Notices without a word by which gates are known.
const UNSPOKEN: [(&str, &str); 2] = [
    (
        "Back soon",
        "We are moving to a new house and have packed our machines for the night. All will stand in its place again before you \
         have had your coffee. Thank you for waiting with us, and for the many kind letters.",
    ),
    (
        "It is quiet here",
        "Our pages are read in Norland and the islands only, since that is what the owners of the pictures have asked for. We are \
         sorry to turn away readers from everywhere else, and hope to find another way before the summer.",
    ),
];

#[test]
fn a_notice_without_a_word_of_gates_becomes_no_article_where_three_links_lead_to_it() {
    for (notice, kind) in UNSPOKEN.into_iter().zip([Listing::BareSitemap, Listing::IndexPage]) {
        let web = web_with(kind, false);
        set_gate(&web, Means::InPlace, Some(notice), false);
        let room = room_with(&web, kind);
        room.run(&["fetch", "--all"]).exits(3).says("stand behind a gate");
        assert_eq!(titles(&room), Vec::<String>::new());
        set_gate(&web, Means::InPlace, None, false);
        assert_all_come_back(&room);
        assert_eq!(room.number("SELECT count(DISTINCT story_id) FROM articles"), 3);
    }
}

#[test]
fn articles_that_were_first_read_as_one_notice_are_no_copies_and_each_its_own_story_when_they_are_there() {
    let web = web_with(Listing::BareSitemap, false);
    set_gate(&web, Means::InPlace, None, false);
    for n in [0, 1] {
        assert!(web.put("gated.example", &path_of(n, false), gate_page(UNSPOKEN[0])));
    }
    let mut room = room_with(&web, Listing::BareSitemap);
    room.set(&[("schedule.look_again_after_s", "[1, 2, 3, 4, 5, 6, 7, 8]")]);
    room.run(&["fetch", "--all"]).exits(0);
    assert_eq!(room.number("SELECT count(*) FROM articles WHERE title = 'Back soon'"), 2);
    set_gate(&web, Means::InPlace, None, false);
    let daemon = room.start();
    room.wait_for(PATIENCE, "SELECT count(*) FROM articles WHERE title = 'Back soon'", "0");
    daemon.stop().exits(0);
    assert_all_are_there(&room);
    assert_eq!(room.number("SELECT count(*) FROM articles WHERE duplicate_of IS NOT NULL"), 0);
    assert_eq!(room.number("SELECT count(DISTINCT story_id) FROM articles"), 3);
    assert_eq!(room.column("SELECT sum(n_articles) FROM stories"), ["3"]);
}

/// A site whose sitemap lists these pages, and a room that follows it.
fn site_of(pages: &[(String, Resource)]) -> (Newsroom, NewsWeb) {
    let site = pages.iter().fold(Site::new("gated.example"), |site, (path, page)| site.with(path, page.clone()));
    let web = web_of(vec![site.with("/list", sitemap_of(pages.iter().map(|(path, _)| path.as_str())))]);
    let room = room_with(&web, Listing::BareSitemap);
    (room, web)
}

fn sitemap_of<'a>(paths: impl Iterator<Item = &'a str>) -> Resource {
    let urls: Vec<String> = paths.map(|path| format!("<url><loc>http://gated.example{path}</loc></url>")).collect();
    Resource::new(
        "application/xml",
        format!(
            "<?xml version=\"1.0\"?><urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">{}</urlset>",
            urls.concat()
        ),
    )
}

#[test]
fn a_brief_at_three_addresses_among_other_articles_is_kept() {
    let brief = || story_page(STORIES[0]);
    let mut pages: Vec<(String, Resource)> =
        ["/sport/4711", "/local/4711", "/region/4711"].map(|path| (path.to_owned(), brief())).to_vec();
    pages.push(("/local/4712".to_owned(), story_page(STORIES[1])));
    let (room, _web) = site_of(&pages);
    let daemon = room.start();
    room.wait_for(PATIENCE, "SELECT count(*) FROM articles", "4");
    daemon.stop().exits(0);
    assert_eq!(room.number("SELECT count(*) FROM articles WHERE duplicate_of IS NULL"), 2);
    assert_eq!(room.column("SELECT error FROM source_health"), ["NULL"]);
}

#[test]
fn reports_of_one_make_that_declare_themselves_are_no_gate() {
    let pages: Vec<(String, Resource)> = ["Orrin", "Aske", "Lorn", "Vessa"]
        .iter()
        .enumerate()
        .map(|(n, town)| {
            let path = format!("/t/{n}");
            let head = format!(
                "<link rel=\"canonical\" href=\"http://gated.example{path}\"><meta property=\"og:type\" content=\"article\">\
                 <meta property=\"article:published_time\" content=\"2026-11-2{n}T08:00:00Z\"></head>"
            );
            let text = format!(
                "The court of {town} has denied the request of a man of {town} who had blocked the road to the mill. He may \
                 appeal within a month. The costs are to be paid by him, and the road has to be cleared by the end of the week."
            );
            (path, with_head(&head, ("From the courts", "", &text)))
        })
        .collect();
    let (room, _web) = site_of(&pages);
    room.run(&["fetch", "--all"]).exits(0);
    assert_eq!(room.number("SELECT count(*) FROM articles"), 4);
    assert_eq!(room.column("SELECT error FROM source_health"), ["NULL"]);
}

#[test]
fn a_gate_before_a_part_of_a_site_is_not_opened_by_the_rest_of_it() {
    let gate = gate_page(LANGUAGES[0]);
    let blocked: Vec<String> = (0..4).map(|n| format!("/video/{}", 500 + n)).collect();
    let pages: Vec<(String, Resource)> = blocked.iter().map(|path| (path.clone(), gate.clone())).collect();
    let (mut room, web) = site_of(&pages);
    // As seldom as it is by default.
    room.set(&[("schedule.backoff_min_s", "300"), ("schedule.backoff_max_s", "21600")]);
    room.run(&["fetch", "--all"]).exits(3);
    let n_asked = || blocked.iter().map(|path| web.stats("gated.example").count(path)).sum::<usize>();
    let mut asked = vec![n_asked()];
    for (n, story) in STORIES.into_iter().enumerate() {
        let path = format!("/news/{n}");
        assert!(web.put("gated.example", &path, story_page(story)));
        let listed: Vec<String> = (0..=n).map(|n| format!("/news/{n}")).chain(blocked.iter().cloned()).collect();
        assert!(web.put("gated.example", "/list", sitemap_of(listed.iter().map(String::as_str))));
        room.run(&["fetch", "gated"]);
        // What comes in beside it shows that the publisher need not wait.
        let connection = rusqlite::Connection::open(room.database()).expect("the database opens");
        connection.execute("UPDATE _hosts SET ready_at = 1", []).expect("the table is there");
        drop(connection);
        room.run(&["fetch", "--due"]);
        asked.push(n_asked());
    }
    assert_eq!(room.number("SELECT count(*) FROM articles"), 3);
    // Each that was not tried since the gate was found is tried once, and then nothing before its time.
    assert!(asked[1] - asked[0] <= blocked.len() && asked[2..].iter().all(|n| *n == asked[1]), "{asked:?}");
    assert_eq!(room.column("SELECT error_class FROM source_health"), ["gate"]);
}
