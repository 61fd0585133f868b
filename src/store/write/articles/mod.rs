//! An article on its way into the database, and the later visits to its page.

pub(in crate::store) mod commit;

pub(in crate::store) mod copies;

pub(in crate::store) mod shingles;

pub(in crate::store) mod full_text;

pub(in crate::store) mod revisits;
