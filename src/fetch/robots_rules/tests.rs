use std::time::Instant;

use super::*;

/// Which of some paths a file allows us.
fn check(robots: &str, expected: &[(&str, bool)]) {
    let rules = RobotsRules::parse(robots.as_bytes(), "newswire");
    for (path, is_allowed) in expected {
        assert_eq!(rules.allows_path(path), *is_allowed, "{path} in {robots:?}");
    }
}

#[test]
fn a_group_for_us_stands_alone_and_all_of_them_count() {
    check("User-agent: *\nDisallow: /", &[("/", false), ("", false), ("/a?b", false), ("/robots.txt", true)]);
    check("User-agent: *\nDisallow: /\n\nUser-agent: newswire\nDisallow: /x", &[("/a", true), ("/x", false)]);
    check("User-agent: newswire\n\nUser-agent: *\nDisallow: /", &[("/a", false)]);
    check("User-agent: newswire\nDisallow:\n\nUser-agent: *\nDisallow: /", &[("/a", true)]);
    check(
        "User-agent: newswire\nDisallow: /a\nUser-agent: b\nDisallow: /b\nUser-agent: newswire\nDisallow: /c",
        &[("/a", false), ("/b", true), ("/c", false)],
    );
    check("User-agent: a\nUser-agent: newswire\nUser-agent: b\nDisallow: /", &[("/", false)]);
    // Neither an unknown line nor a pause ends a list of names.
    check("User-agent: newswire\nSitemap: /s.xml\nCrawl-delay: 5\nUser-agent: b\nDisallow: /", &[("/", false)]);
    // Rules before any name are nobody's.
    check("Disallow: /\nUser-agent: b\nDisallow: /", &[("/", true)]);
}

#[test]
fn a_name_is_known_by_its_token() {
    for name in ["newswire", "NewsWire", "newswire/1.0", "newswire (+https://us.example)", "newswire bot", " newswire "]
    {
        check(&format!("User-agent: {name}\nDisallow: /"), &[("/", false)]);
    }
    for name in ["news", "newswires", "newswire-images", "mynewswire", "x newswire", ""] {
        check(&format!("User-agent: {name}\nDisallow: /"), &[("/", true)]);
    }
    for name in ["*", "* ", "* # everyone", "*\t(all)"] {
        check(&format!("User-agent: {name}\nDisallow: /"), &[("/", false)]);
    }
    check("User-agent: *bot\nDisallow: /", &[("/", true)]);
}

#[test]
fn lines_are_read_however_they_are_written() {
    for robots in [
        "User-agent: *\r\nDisallow: /a\r\n",
        "User-agent: *\rDisallow: /a",
        "\u{feff}User-agent: *\nDisallow: /a",
        "USER-AGENT:*\nDISALLOW:/a",
        "  user-agent  :  *  \n\t disallow :\t/a  # as agreed",
        "user-agent *\ndisallow /a",
        "useragent: *\ndissallow: /a",
        "# a comment\n\n\nUser-agent: *\n\n\nDisallow: /a",
        "User-agent: *\nDisallow: /a\0b\nDisallow: /a",
    ] {
        check(robots, &[("/a", false), ("/b", true)]);
    }
    for robots in
        ["", "<!doctype html><p>Disallow: no", "Disallow: /a", "User-agent: *\ndisallow /a and /b", ":::\n: /"]
    {
        check(robots, &[("/a", true)]);
    }
}

#[test]
fn the_longest_pattern_decides() {
    let rules = |lines: &str| format!("User-agent: *\n{lines}");
    check(&rules("Disallow: /a\nAllow: /a/b"), &[("/a", false), ("/a/b", true), ("/a/bc", true), ("/a/c", false)]);
    check(&rules("Allow: /a\nDisallow: /a"), &[("/a", true)]);
    check(&rules("Disallow: /*.html\nAllow: /news"), &[("/news", true), ("/news.html", false), ("/a.html", false)]);
    check(&rules("Disallow: /*?"), &[("/a", true), ("/a?", false), ("/a/b?c=d", false)]);
    check(&rules("Disallow: /*.pdf$"), &[("/a.pdf", false), ("/a.pdf?x", true), ("/a.pdf.pdf", false), ("/.pd", true)]);
    check(&rules("Disallow: /a$b"), &[("/a$b", false), ("/a", true)]);
    check(&rules("Disallow: /a**b"), &[("/ab", false), ("/axxb", false), ("/a", true)]);
    check(&rules("Disallow: /a*a$"), &[("/a", true), ("/aa", false), ("/aba", false), ("/abab", true)]);
    check(&rules("Disallow: *"), &[("/a", false)]);
    check(&rules("Disallow: a"), &[("/a", true)]);
    check(&rules("Disallow: /\nAllow: /$"), &[("/", true), ("/a", false)]);
    check(&rules("Disallow: /\nAllow: /x/index.html"), &[("/x/", true), ("/x/index.html", true), ("/x/a", false)]);
}

#[test]
fn addresses_are_compared_as_they_travel() {
    let rules = |line: &str| format!("User-agent: *\n{line}");
    for line in ["Disallow: /é", "Disallow: /%C3%A9", "Disallow: /%c3%a9"] {
        check(&rules(line), &[("/%C3%A9", false), ("/%c3%a9t", false), ("/e", true)]);
    }
    // A rule that disallows is meant however it is spelt.
    check(&rules("Disallow: /%61b"), &[("/ab", false), ("/%61%62", false)]);
    check(&rules("Disallow: /ab"), &[("/%61b", false)]);
    check(&rules("Disallow: /\nAllow: /%61b"), &[("/%61b", true), ("/ab", false)]);
    // A slash that is written as an escape is another one.
    check(&rules("Disallow: /a/b"), &[("/a%2Fb", true)]);
    check(&rules("Disallow: /%"), &[("/%zz", false), ("/%", false), ("/%e", false)]);
    let url = Url::parse("https://news.example/caf\u{e9}?q=\u{e9}").unwrap();
    assert!(!RobotsRules::parse("User-agent: *\nDisallow: /café?q=é".as_bytes(), "newswire").allows(&url));
}

#[test]
fn pauses_and_sitemaps_are_read() {
    let read = |text: &str| RobotsRules::parse(text.as_bytes(), "newswire");
    let delay = |text: &str| read(text).crawl_delay().map(|delay| delay.as_millis());
    assert_eq!(delay("User-agent: *\nCrawl-delay: 2.5\nDisallow: /x"), Some(2500));
    assert_eq!(delay("User-agent: *\nCrawl-delay: 9\n\nUser-agent: newswire\nDisallow: /x"), None);
    assert_eq!(delay("User-agent: a\nCrawl-delay: 9\nUser-agent: newswire\nDisallow: /x"), None);
    for value in ["-1", "NaN", "soon", ""] {
        assert_eq!(delay(&format!("User-agent: *\nCrawl-delay: {value}")), None, "{value}");
    }
    assert_eq!(delay("User-agent: *\nCrawl-delay: inf"), Some(86_400_000));
    let file = "Sitemap: https://a.example/news.xml\nUser-agent: b\nDisallow: /\nsitemap: /other.xml # new\n";
    assert_eq!(read(file).sitemaps(), ["https://a.example/news.xml", "/other.xml"]);
}

#[test]
fn hostile_files_take_no_longer_than_others() {
    let long_path = format!("/{}", "a".repeat(100_000));
    let long_line = format!("Disallow: /{}/x", "a".repeat(20_000));
    for rules in [
        format!("Disallow: /{}b", "a*".repeat(8000)),
        format!("Disallow: /{}b$", "*a".repeat(8000)),
        "Disallow: /*b\n".repeat(20_000),
        "Disallow: /\n".repeat(80_000),
        "%".repeat(400_000),
        "User-agent: newswire\n".repeat(40_000),
        long_line,
    ] {
        let began = Instant::now();
        let robots = format!("User-agent: *\n{rules}");
        let _ = RobotsRules::parse(robots.as_bytes(), "newswire").allows_path(&long_path);
        assert!(began.elapsed().as_secs() < 5, "{:?} for {:.40}", began.elapsed(), robots);
    }
    // What is beyond the limit is as if it were not there.
    let padded = format!("User-agent: *\n#{}\nDisallow: /", "x".repeat(ROBOTS_BYTES_MAX));
    check(&padded, &[("/", true)]);
}

/// The project's cases, where they are beside the checkout: what other parsers and the RFC say.
#[test]
fn others_read_the_same() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/robots/cases.jsonl");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: {} is absent", path.display());
        return;
    };
    let (mut n_cases, mut missed, mut slowest) = (0, Vec::new(), Duration::ZERO);
    for line in text.lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let field = |name: &str| case[name].as_str().unwrap_or_default();
        // Some addresses are not in the form in which they travel, on purpose: the path is cut out as it stands.
        let url = field("url");
        let after_scheme = url.split_once("//").map_or(url, |(_, rest)| rest);
        let path = after_scheme.find('/').map_or("", |at| &after_scheme[at..]);
        let path = path.split('#').next().unwrap_or_default();
        let began = Instant::now();
        let is_allowed = RobotsRules::parse(field("robots").as_bytes(), field("agent")).allows_path(path);
        slowest = slowest.max(began.elapsed());
        n_cases += 1;
        if case["allowed"].as_bool() != Some(is_allowed) {
            missed.push(field("id").to_owned());
        }
    }
    println!("robots.txt: {} of {n_cases} cases, slowest {slowest:?}, missed {missed:?}", n_cases - missed.len());
    assert!(missed.len() * 100 <= 3 * n_cases, "{missed:?}");
    assert!(slowest < Duration::from_millis(50), "{slowest:?}");
}
