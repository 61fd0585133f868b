//! An article on its way into the database, and the later visits to its page.
//!
//! * `commit`, `import`: the fetch of an article and an article from a file, each in one transaction. `arrival` is what
//!   both tell of how it came in.
//! * `fetch` writes what came of a fetch. Above it, `page` asks whether the page holds the article that its link has led to
//!   before, and `vouched` what speaks for it and whether it is a gate.
//! * `restore`: an article from an export, as it was where it was exported.
//! * `upsert`: stores it. `lookalikes` finds the articles that it may be, `copies` those that it copies, by `shingles`, reading them by
//!   `texts`; `versions` puts several versions from files in order, `text_pages` knows the page that each text is from.
//! * `take_back`: deletes what was none; `elsewhere` is for what other programs changed, and `replaced` for what they put in the place
//!   of others.
//! * `row`: its row; `full_text`: the full-text index.
//! * `revisits`: when its page is fetched again, and what it means that the page is missing.

pub(in crate::store) mod commit;

pub(in crate::store) mod fetch;

mod page;

mod vouched;

pub(in crate::store) mod import;

pub(in crate::store) mod restore;

mod arrival;

mod upsert;

mod lookalikes;

mod versions;

mod text_pages;

pub(in crate::store) mod texts;

pub(in crate::store) mod take_back;

mod replaced;

pub(in crate::store) mod elsewhere;

pub(in crate::store) mod copies;

pub(in crate::store) mod shingles;

mod row;

pub(in crate::store) mod full_text;

mod revisits;
