//! How much of a page is parsed.
//!
//! The HTML standard's algorithm is quadratic on some inputs, and its implementation follows it: every start and end tag
//! may look through the stack of open elements, formatting elements left open are opened again in every later paragraph,
//! each attribute is compared with those before it in its tag, and those of a second `<body>` are put in order among the
//! first's. Nesting a hundred thousand elements, or leaving a thousand `<b id=N>` open, takes minutes and gigabytes; and
//! eight megabytes of nothing but `<p>` take seconds. So what the tags will cost is added up while they are read, and
//! where the sum passes the budget the page is cut off. No honest page comes near.

use html5ever::LocalName;

use super::scan::Markup;

/// The budget where no settings are at hand: for pieces of HTML inside of feeds and of structured data.
pub(in super::super) const STEPS_MAX: usize = 64 << 20;

// What the parts of a page cost, in steps. A step is what passing one open element takes, some four nanoseconds. The
// others are measured in it, together with what the later stages do with them.

/// A tag: a node begins or ends, and with it perhaps a line. Comments are nodes too.
pub(super) const TAG_STEPS: usize = 256;

/// An attribute: its name is looked up among all known ones, its value kept.
const ATTRIBUTE_STEPS: usize = 48;

/// A `<` that begins no tag, or an `&`: each is looked at on its own.
pub(super) const CHARACTER_STEPS: usize = 192;

/// Reopening one formatting element: a node is made.
const REOPENING_STEPS: usize = 64;

/// Each attribute of it: copied, and sorted to be compared.
const REOPENING_ATTRIBUTE_STEPS: usize = 16;

/// Attributes of the first `html` or `body` that make room for one of a second in one step.
const ROOM_PER_STEP: usize = 4;

/// What the tags so far have left of the budget, and what is open.
pub(super) struct Budget {
    n_steps_left: usize,
    names: Names,
    n_open: usize,
    /// The attributes of each formatting element that is open.
    formatting: Vec<usize>,
    n_formatting_attributes: usize,
    n_root_attributes: usize,
}

impl Budget {
    pub(super) fn new(steps_max: usize) -> Budget {
        Budget {
            n_steps_left: steps_max,
            names: Names::default(),
            n_open: 0,
            formatting: Vec::new(),
            n_formatting_attributes: 0,
            n_root_attributes: 0,
        }
    }

    /// Takes steps out of the budget; nothing where it does not hold so many.
    pub(super) fn spend(&mut self, n_steps: usize) -> Option<()> {
        self.n_steps_left = self.n_steps_left.checked_sub(n_steps)?;
        Some(())
    }

    /// Pays for a tag; its name as the parser knows it, and what the element is by it.
    pub(super) fn take(
        &mut self,
        name: &str,
        tag: &Markup,
        n_attributes: usize,
        is_foreign: bool,
    ) -> Option<(LocalName, Kind)> {
        self.spend(TAG_STEPS + self.n_open)?;
        self.spend(self.formatting.len() * REOPENING_STEPS + self.n_formatting_attributes * REOPENING_ATTRIBUTE_STEPS)?;
        self.spend(n_attributes * ATTRIBUTE_STEPS + n_attributes.saturating_mul(n_attributes) / 2)?;
        let Name { local, kind, n_open } = self.names.find(name);
        let (local, kind) = (local.clone(), *kind);
        if tag.is_end {
            if *n_open > 0 {
                *n_open -= 1;
                self.n_open -= 1;
                if kind == Kind::Formatting {
                    self.n_formatting_attributes -= self.formatting.pop().unwrap_or_default();
                }
            }
            return Some((local, kind));
        }
        let closes_itself = tag.closes_itself && (is_foreign || kind == Kind::Foreign);
        if !closes_itself && (is_foreign || !matches!(kind, Kind::ClosedByOthers | Kind::Root)) {
            *n_open += 1;
            self.n_open += 1;
            if kind == Kind::Formatting {
                self.formatting.push(n_attributes);
                self.n_formatting_attributes += n_attributes;
            }
        }
        if kind == Kind::Root {
            self.spend(n_attributes * (self.n_root_attributes / ROOM_PER_STEP))?;
            self.n_root_attributes += n_attributes;
        }
        Some((local, kind))
    }
}

/// What an element costs by its name, and whether its text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Void, or its end tag is implied by the next of its kind: they do not pile up.
    ClosedByOthers,
    /// `html` and `body`, which there is one of.
    Root,
    /// Opened again where it was left open. `a` is not: it is closed by the next `a`.
    Formatting,
    /// `svg` and `math`.
    Foreign,
    /// `script`.
    Script,
    /// Its text is for nobody.
    Silent,
    Other,
}

const KINDS: [(Kind, &str); 6] = [
    (
        Kind::ClosedByOthers,
        "p li dt dd tr td th tbody thead tfoot caption colgroup option optgroup br img hr input meta link area base \
         col embed param source track wbr head",
    ),
    (Kind::Root, "html body"),
    (Kind::Formatting, "b big code em font i s small strike strong tt u"),
    (Kind::Foreign, "svg math"),
    (Kind::Script, "script"),
    (Kind::Silent, "style noscript textarea iframe noembed noframes"),
];

impl Kind {
    fn of(name: &str) -> Kind {
        let is_listed = |names: &str| names.split_ascii_whitespace().any(|listed| listed == name);
        KINDS.iter().find(|(_, names)| is_listed(names)).map_or(Kind::Other, |(kind, _)| *kind)
    }
}

/// A name, and how many elements of it are open.
struct Name {
    local: LocalName,
    kind: Kind,
    n_open: usize,
}

impl Name {
    fn of(name: &str) -> Name {
        let local = local_name(name);
        Name { kind: Kind::of(&local), local, n_open: 0 }
    }

    fn is_named(&self, name: &str) -> bool {
        let local: &str = &self.local;
        local.eq_ignore_ascii_case(name)
    }
}

/// The name of a tag or an attribute as the parser knows it.
pub(super) fn local_name(name: &str) -> LocalName {
    if name.bytes().any(|byte| byte.is_ascii_uppercase() || byte == 0) {
        LocalName::from(name.to_ascii_lowercase().replace('\0', "\u{fffd}"))
    } else {
        LocalName::from(name)
    }
}

/// The names on a page, each looked at once.
struct Names {
    slots: [Option<Name>; SLOTS],
    n_known: usize,
    /// Shared by the names beyond the first [`NAMES_MAX`].
    other: Name,
}

/// Names counted one by one; real pages use some forty.
const NAMES_MAX: usize = 128;

/// A power of two, twice the names.
const SLOTS: usize = 256;

impl Default for Names {
    fn default() -> Names {
        Names { slots: [const { None }; SLOTS], n_known: 0, other: Name::of("") }
    }
}

impl Names {
    fn find(&mut self, name: &str) -> &mut Name {
        // The upper bits of such a hash are mixed better than the lower.
        let mut slot = (hash_of(name) >> 32) as usize % SLOTS;
        while self.slots[slot].as_ref().is_some_and(|known| !known.is_named(name)) {
            slot = (slot + 1) % SLOTS;
        }
        if self.slots[slot].is_none() && self.n_known == NAMES_MAX {
            let n_open = self.other.n_open;
            self.other = Name { n_open, ..Name::of(name) };
            return &mut self.other;
        }
        self.slots[slot].get_or_insert_with(|| {
            self.n_known += 1;
            Name::of(name)
        })
    }
}

/// FNV-1a over the name in lower case.
fn hash_of(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01b3)
    })
}
