//! Any bytes as what `newswire import` takes: a bundle document, a list of sources, lines of JSON, a web archive.

#![no_main]

use libfuzzer_sys::fuzz_target;
use newswire::bundle;
use newswire::config;
use newswire::pipeline;
use newswire::warc::WarcReader;

fuzz_target!(|bytes: &[u8]| {
    if bundle::read(bytes).is_ok() {
        let _ = pipeline::bundle_document(bytes, "000_0123456789abcdef.txt");
    }
    let _ = pipeline::opml_sources(bytes);
    if let Ok(list) = pipeline::read_source_list(bytes.to_vec(), "the list") {
        assert!(list.sources.iter().all(|listed| config::check_slug(&listed.source.slug).is_ok()));
    }
    if let Ok(mut reader) = WarcReader::new(std::io::Cursor::new(bytes)) {
        while reader.next(|_| true).is_some() {}
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = bundle::hash_in_name(text);
        for line in text.lines() {
            let _ = pipeline::json_line(line);
        }
    }
});
