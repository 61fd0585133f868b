//! How articles, stories, sources and times are told to programs: by the same names in every command and under every address.
//!
//! * [`words`]: numbers in words.
//! * [`times`]: times as people give and read them, and as programs do.
//! * [`articles`], [`stories`], [`gaps`], [`sources`]: each as JSON.
//! * [`lineage`]: whose text an article is.
//! * [`revisions`]: how it read before, and what changed.
//! * [`alarms`]: what of the intake is wrong.
//! * [`queue`]: how the queue of the workers is.
//! * [`changes`]: articles as they came in or changed.
//! * [`messages`]: what watches have to tell.
//! * [`addresses`]: addresses as people give them.
//! * [`why`]: what has become of one.

pub(crate) mod words;

pub(crate) mod times;

pub(crate) mod articles;

pub(crate) mod stories;

pub(crate) mod gaps;

pub(crate) mod sources;

pub(crate) mod lineage;

pub(crate) mod revisions;

pub(crate) mod alarms;

pub(crate) mod queue;

pub(crate) mod changes;

pub(crate) mod messages;

pub(crate) mod addresses;

pub(crate) mod why;
