//! Any messages, with any values in all fields.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::Offset;
use proptest::collection::vec;
use proptest::option::of as maybe;
use proptest::prelude::*;
use proptest::sample::select;
use url::Url;

use crate::model::{
    Absence, Alias, Article, ArticleResult, BodyKind, Candidate, CanonicalUrl, ChildSitemap, ClaimId, DatePrecision,
    DueSource, EntryMark, ErrorClass, Exchange, Failure, FeedText, Fingerprint, FullText, HostHold, HostMemory,
    KnownRobots, LinkHints, LinkId, ListedLink, LoginName, Meaning, Obstruction, Origin, PageRole, PageSigns,
    PollHints, PollResult, Published, Purpose, Quality, ReadPage, Route, SourceId, SourceKind, TimeSpan, Validators,
};
use crate::queue::wire::{
    Answer, ArticleDone, Ask, HostWord, Job, Outcome, PollDone, Report, Room, Share, Slots, Task, TurnAnswer, TurnAsk,
};

/// One strategy of any number of them.
macro_rules! all {
    () => { Just(()) };
    ($first:expr, $($rest:expr,)*) => { ($first, all!($($rest,)*)) };
}

/// The names of what [`all`] gives.
macro_rules! names {
    () => { () };
    ($first:ident, $($rest:ident,)*) => { ($first, names!($($rest,)*)) };
}

/// A struct, or a variant with fields, of a strategy for each field.
macro_rules! any_of {
    ($($type:ident)::+ { $($field:ident: $strategy:expr),* $(,)? }) => {
        all!($($strategy,)*).prop_map(|names!($($field,)*)| $($type)::+ { $($field,)* }).boxed()
    };
}

pub(super) fn ask() -> BoxedStrategy<Ask> {
    let share = || any_of!(Share { sound: any::<u32>(), probes: any::<u32>() });
    any_of!(Ask {
        version: Just(super::VERSION),
        worker: text(),
        machine: text(),
        program: text(),
        settings: text(),
        slots: any_of!(Slots { polls: any::<u32>(), articles: any::<u32>() }),
        room: any_of!(Room { polls: share(), articles: share() }),
        shards: vec(any::<(u8, u64)>(), 0..4),
        number: any::<u64>(),
        heard: maybe(any::<u64>()),
        n_in_work: any::<u32>(),
        run: maybe(text()),
    })
}

pub(super) fn answer() -> BoxedStrategy<Answer> {
    let work = any_of!(Answer::Work { run: text(), lasts: lapse(), jobs: vec(job(), 0..3), sole: any::<bool>() });
    // Read whatever its version.
    let refused = any_of!(Answer::Refused { version: any::<u32>(), reason: text() });
    prop_oneof![3 => work, 1 => refused].boxed()
}

fn job() -> BoxedStrategy<Job> {
    let any_task = prop_oneof![
        due_source().prop_map(|source| Task::Poll(Box::new(source))),
        candidate().prop_map(|candidate| Task::Article(Box::new(candidate))),
    ];
    any_of!(Job { ticket: text(), shard: any::<u8>(), epoch: any::<u64>(), hosts: host_memory(), task: any_task })
}

pub(super) fn report() -> BoxedStrategy<Report> {
    let polled = any_of!(PollDone {
        exchanges: vec(exchange(), 0..3),
        finished_at: clock_time(),
        result: poll_result(),
        healing: maybe(vec(listed_link(), 0..2)),
    });
    let fetched = any_of!(ArticleDone {
        exchanges: vec(exchange(), 0..3),
        finished_at: clock_time(),
        host_ready_at: clock_time(),
        result: article_result(),
    });
    let any_outcome = prop_oneof![
        4 => polled.prop_map(Outcome::Poll),
        5 => fetched.prop_map(Outcome::Article),
        1 => Just(Outcome::Dropped),
    ];
    any_of!(Report {
        version: Just(super::VERSION),
        run: text(),
        ticket: text(),
        worker: text(),
        epoch: any::<u64>(),
        hosts: host_memory(),
        outcome: any_outcome,
    })
}

pub(super) fn turn_ask() -> BoxedStrategy<TurnAsk> {
    let any_word =
        any_of!(HostWord { complaint: maybe(maybe(lapse())), hold: maybe(lapse()), is_content: any::<bool>() });
    prop_oneof![
        any_of!(TurnAsk::Begin {
            loan: text(),
            publisher: text(),
            pause: lapse(),
            n_at_once: any::<usize>(),
            patience: lapse(),
        }),
        any_of!(TurnAsk::Extend { loan: text() }),
        any_of!(TurnAsk::End { loan: text(), word: any_word }),
    ]
    .boxed()
}

pub(super) fn turn_answer() -> BoxedStrategy<TurnAnswer> {
    prop_oneof![
        any_of!(TurnAnswer::Granted { lasts: lapse() }),
        any_of!(TurnAnswer::Busy { wait: lapse() }),
        select(vec![TurnAnswer::NotMine, TurnAnswer::Unknown, TurnAnswer::Ended]),
    ]
    .boxed()
}

fn due_source() -> BoxedStrategy<DueSource> {
    any_of!(DueSource {
        id: any::<i64>().prop_map(SourceId),
        claim: any::<i64>().prop_map(ClaimId),
        slug: text(),
        url: url(),
        kind: maybe(source_kind()),
        validators: validators(),
        body_sha256: maybe(any::<[u8; 32]>()),
        failures_in_a_row: any::<u32>(),
        interval_s: maybe(any::<u32>()),
        full_text: full_text(),
        link_selectors: texts(),
        proxy: maybe(route()),
        login: maybe(login()),
        children: vec(child_sitemap(), 0..2),
        gap: maybe(any_of!(TimeSpan { from: moment(), until: moment() })),
        is_probe: any::<bool>(),
    })
}

fn candidate() -> BoxedStrategy<Candidate> {
    any_of!(Candidate {
        link: any::<i64>().prop_map(LinkId),
        claim: any::<i64>().prop_map(ClaimId),
        url: canonical_url(),
        other_form: maybe(canonical_url()),
        publisher: text(),
        source: maybe(any::<i64>().prop_map(SourceId)),
        source_slug: maybe(text()),
        proxy: maybe(route()),
        login: maybe(login()),
        hints: hints(),
        validators: validators(),
        failures_in_a_row: any::<u32>(),
        first_seen_at: clock_time(),
        is_probe: any::<bool>(),
    })
}

fn host_memory() -> BoxedStrategy<HostMemory> {
    let robots = any_of!(KnownRobots {
        origin: text(),
        text: prop_oneof![vec(any::<u8>(), 0..20).prop_map(Ok), failure().prop_map(Err)],
        expires_at: moment(),
    });
    let hold = any_of!(HostHold {
        publisher: text(),
        until: moment(),
        n_complaints: any::<u32>(),
        complained_until: maybe(moment()),
        is_borrowed: any::<bool>(),
    });
    any_of!(HostMemory { robots: vec(robots, 0..2), holds: vec(hold, 0..2) })
}

fn exchange() -> BoxedStrategy<Exchange> {
    any_of!(Exchange {
        url: text(),
        purpose: select(vec![Purpose::Poll, Purpose::Article, Purpose::Robots, Purpose::Discovery]),
        started_at: clock_time(),
        elapsed: lapse(),
        status: maybe(any::<u16>()),
        bytes: any::<u64>(),
        failure: maybe(failure()),
        redirected_to: maybe(text()),
    })
}

fn failure() -> BoxedStrategy<Failure> {
    let classes = vec![
        ErrorClass::Dns,
        ErrorClass::Tls,
        ErrorClass::Connect,
        ErrorClass::Header,
        ErrorClass::ShortBody,
        ErrorClass::Coding,
        ErrorClass::Timeout,
        ErrorClass::Http4xx,
        ErrorClass::Http5xx,
        ErrorClass::TooLarge,
        ErrorClass::Redirect,
        ErrorClass::Robots,
        ErrorClass::Address,
        ErrorClass::Parse,
        ErrorClass::Empty,
        ErrorClass::NotArticle,
        ErrorClass::OtherPage,
        ErrorClass::Internal,
    ];
    any_of!(Failure { class: select(classes), reason: text() })
}

fn poll_result() -> BoxedStrategy<PollResult> {
    prop_oneof![
        any_of!(PollResult::Listed {
            kind: source_kind(),
            title: maybe(text()),
            links: vec(listed_link(), 0..3),
            problems: texts(),
            validators: validators(),
            body_sha256: maybe(any::<[u8; 32]>()),
            hints: poll_hints(),
            children: vec(child_sitemap(), 0..2),
            moved_to: maybe(url()),
        }),
        any_of!(PollResult::Unchanged { validators: maybe(validators()), hints: poll_hints(), moved_to: maybe(url()) }),
        any_of!(PollResult::Postponed { until: clock_time() }),
        any_of!(PollResult::Failed { failure: failure(), retry_at: clock_time(), gone: any::<bool>() }),
    ]
    .boxed()
}

fn article_result() -> BoxedStrategy<ArticleResult> {
    prop_oneof![
        read_page().prop_map(ArticleResult::Article),
        obstruction().prop_map(|seen| ArticleResult::Obstructed(Box::new(seen))),
        obstruction().prop_map(|seen| ArticleResult::Unvouched(Box::new(seen))),
        Just(ArticleResult::Unchanged),
        any_of!(ArticleResult::Postponed { until: clock_time() }),
        any_of!(ArticleResult::Failed { failure: failure(), retry_at: maybe(clock_time()), absence: absence() }),
    ]
    .boxed()
}

fn obstruction() -> BoxedStrategy<Obstruction> {
    any_of!(Obstruction {
        failure: failure(),
        retry_at: maybe(clock_time()),
        absence: absence(),
        signs: any_of!(PageSigns {
            place: text(),
            address: maybe(text()),
            text: maybe(text()),
            parts: texts(),
            links_min: any::<u32>(),
            text_links_min: any::<u32>(),
            is_above: any::<bool>(),
        }),
        page: maybe(read_page()),
        entry: maybe(read_page()),
    })
}

fn read_page() -> BoxedStrategy<ReadPage> {
    let any_role = prop_oneof![
        Just(PageRole::Own),
        Just(PageRole::Later),
        alias().prop_map(|first| PageRole::WithoutFirst(Box::new(first))),
    ];
    any_of!(ReadPage {
        article: article().prop_map(Box::new),
        answered: alias(),
        publisher: text(),
        validators: validators(),
        role: any_role,
        further_pages: vec(alias(), 0..2),
    })
}

pub(super) fn article() -> BoxedStrategy<Article> {
    let body_kinds = vec![BodyKind::Full, BodyKind::Partial, BodyKind::Teaser, BodyKind::Wall, BodyKind::Feed];
    any_of!(Article {
        url: maybe(canonical_url()),
        title: maybe(text()),
        published: maybe(published()),
        modified_at: maybe(moment()),
        language: maybe(text()),
        authors: texts(),
        site_name: maybe(text()),
        section: maybe(text()),
        tags: texts(),
        image_url: maybe(text()),
        body: text(),
        words: any::<u32>(),
        body_kind: select(body_kinds),
        quality: any_of!(Quality { score: 0..=100_u8, reasons: vec(text().prop_map(Into::into), 0..3) }),
        fingerprint: any::<[u8; 32]>().prop_map(Fingerprint),
        meaning: maybe(vec(any::<u8>(), 0..20).prop_map(|bytes| Meaning::from_bytes(&bytes))),
        reservations: texts(),
    })
}

fn published() -> BoxedStrategy<Published> {
    let origins = vec![
        Origin::SiteRule,
        Origin::JsonLd,
        Origin::Meta,
        Origin::Time,
        Origin::Feed,
        Origin::Sitemap,
        Origin::Url,
        Origin::Byline,
        Origin::Text,
        Origin::Heading,
        Origin::Link,
        Origin::File,
        Origin::Detected,
    ];
    any_of!(Published {
        instant: moment(),
        offset: (Offset::MIN.seconds()..=Offset::MAX.seconds())
            .prop_map(|seconds| Offset::from_seconds(seconds).unwrap()),
        precision: select(vec![DatePrecision::Day, DatePrecision::Instant]),
        origin: select(origins),
    })
}

fn listed_link() -> BoxedStrategy<ListedLink> {
    any_of!(ListedLink {
        url: canonical_url(),
        publisher: text(),
        updated_at: maybe(moment()),
        is_refetch: any::<bool>(),
        url_as_given: text(),
        hints: hints(),
        entry: maybe(any_of!(EntryMark {
            identity: maybe(any::<i64>()),
            text: any::<i64>(),
            shares_address: any::<bool>(),
        })),
    })
}

fn hints() -> BoxedStrategy<LinkHints> {
    any_of!(LinkHints {
        guid: maybe(text()),
        title: maybe(text()),
        published: maybe(text()),
        authors: texts(),
        language: maybe(text()),
        from_sitemap: any::<bool>(),
        text: any_of!(FeedText { content: maybe(text()), summary: maybe(text()), is_cut: any::<bool>() }),
        full_text: full_text(),
    })
}

fn poll_hints() -> BoxedStrategy<PollHints> {
    any_of!(PollHints {
        ttl_s: maybe(any::<u32>()),
        max_age_s: maybe(any::<u32>()),
        skip_hours: any::<u32>(),
        skip_days: any::<u8>(),
    })
}

fn child_sitemap() -> BoxedStrategy<ChildSitemap> {
    any_of!(ChildSitemap { url: url(), validators: validators(), body_sha256: any::<[u8; 32]>() })
}

fn alias() -> BoxedStrategy<Alias> {
    any_of!(Alias { url: canonical_url(), publisher: text() })
}

fn validators() -> BoxedStrategy<Validators> {
    any_of!(Validators { etag: maybe(text()), last_modified: maybe(text()) })
}

fn source_kind() -> impl Strategy<Value = SourceKind> {
    select(vec![SourceKind::Feed, SourceKind::Sitemap, SourceKind::Page, SourceKind::Article])
}

fn full_text() -> impl Strategy<Value = FullText> {
    select(vec![FullText::Auto, FullText::Feed, FullText::Page])
}

fn absence() -> impl Strategy<Value = Absence> {
    select(vec![Absence::Unknown, Absence::Likely, Absence::Certain])
}

fn route() -> impl Strategy<Value = Route> {
    let via = ("(https?|socks5h?)", "[a-z]{1,9}", 1..=u16::MAX)
        .prop_map(|(scheme, host, port)| format!("{scheme}://{host}.example:{port}").parse().unwrap());
    prop_oneof![Just(Route::Direct), via]
}

fn login() -> impl Strategy<Value = LoginName> {
    ("[A-Za-z0-9][-A-Za-z0-9_.]{0,20}", url()).prop_map(|(name, url)| LoginName::of(&name, &url))
}

fn canonical_url() -> impl Strategy<Value = CanonicalUrl> {
    url().prop_map(CanonicalUrl::from_canonical)
}

fn url() -> impl Strategy<Value = Url> {
    let host = prop_oneof!["[a-z]{1,9}\\.example", Just("[2001:db8::7]".to_owned()), Just("192.0.2.7".to_owned())];
    ("https?", host, maybe(any::<u16>()), text(), maybe(text())).prop_map(|(scheme, host, port, path, query)| {
        let mut url = Url::parse(&format!("{scheme}://{host}/")).unwrap();
        url.set_port(port).unwrap();
        url.set_path(&path);
        url.set_query(query.as_deref());
        url
    })
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    vec(text(), 0..3)
}

fn text() -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..9).prop_map(String::from_iter)
}

fn lapse() -> impl Strategy<Value = Duration> {
    let max_s = super::super::scalar::LAPSE_MAX.as_secs();
    (0..max_s, 0..1_000_000_000_u32).prop_map(|(seconds, nanoseconds)| Duration::new(seconds, nanoseconds))
}

fn moment() -> impl Strategy<Value = Timestamp> {
    between(Timestamp::MIN, Timestamp::MAX)
}

fn clock_time() -> impl Strategy<Value = Timestamp> {
    between(Timestamp::UNIX_EPOCH, super::super::scalar::CLOCK_MAX)
}

fn between(first: Timestamp, last: Timestamp) -> impl Strategy<Value = Timestamp> {
    (first.as_nanosecond()..=last.as_nanosecond()).prop_map(|at| Timestamp::from_nanosecond(at).unwrap())
}
