//! Any bytes as a robots.txt, and any address asked of it: an answer.

#![no_main]

use libfuzzer_sys::fuzz_target;
use newswire::fetch::RobotsRules;

fuzz_target!(|input: (&[u8], &str)| {
    let (bytes, path) = input;
    let robots = RobotsRules::parse(bytes, "newswire");
    let _ = robots.crawl_delay();
    if let Ok(address) = url::Url::parse("https://news.example/").and_then(|base| base.join(path)) {
        let _ = robots.allows(&address);
    }
});
