//! Who imports whom in `src`: what src/lib.rs says under "Who may know whom" is read off the files.
//!
//! * A module of the crate imports those that [`MAY_IMPORT`] gives it: no stage another stage, nobody `cli`.
//! * SQL stands in `src/store`: nobody else names `rusqlite`, nobody else writes a statement.
//! * No file imports what is defined in a file above it, that of a folder in which it stands: what both need stands in a
//!   file below both.
//! * No files import one another in a circle.
//!
//! An import is a path in a `use` line, or one that begins with `crate`, `super` or `self` anywhere else, the arguments
//! of macros included. It counts for the file in which the name is defined, whatever re-exports lie between, and a file
//! imports the modules that it declares. What is compiled for tests alone counts for nothing.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::path::Path;

use proc_macro2::{Delimiter, Ident, Literal, TokenStream, TokenTree};

/// What all stages may know, and some of it one another.
const FOUNDATIONS: &[&str] = &["model", "config", "charset", "dates", "scripts", "revision"];

/// The stages, none of which knows another.
const STAGES: &[&str] =
    &["schedule", "fetch", "feed", "discover", "extract", "normalize", "encode", "dedup", "bundle", "warc"];

/// The modules of the crate, and those that each may import.
const MAY_IMPORT: &[(&str, &[&[&str]])] = &[
    ("model", &[]),
    ("access", &[]),
    ("config", &[&["model", "access"]]),
    ("charset", &[]),
    ("dates", &[&["model"]]),
    ("scripts", &[]),
    ("revision", &[&["dates", "scripts"]]),
    ("schedule", &[FOUNDATIONS]),
    ("fetch", &[FOUNDATIONS]),
    ("feed", &[FOUNDATIONS]),
    ("discover", &[FOUNDATIONS]),
    ("extract", &[FOUNDATIONS]),
    ("normalize", &[FOUNDATIONS]),
    ("encode", &[FOUNDATIONS]),
    ("dedup", &[FOUNDATIONS]),
    ("bundle", &[FOUNDATIONS]),
    ("alarm", &[]),
    ("queue", &[FOUNDATIONS, &["fetch"]]),
    ("warc", &[]),
    // Three questions are only sound inside a transaction.
    ("store", &[FOUNDATIONS, &["access", "schedule", "dedup", "bundle"]]),
    ("forms", &[&["model", "config", "revision", "schedule", "normalize", "store"]]),
    ("pipeline", &[FOUNDATIONS, STAGES]),
    ("app", &[&["config", "store", "pipeline"]]),
    ("daemon", &[FOUNDATIONS, &["store", "pipeline", "app", "alarm", "queue"]]),
    ("serve", &[FOUNDATIONS, &["fetch", "store", "forms", "daemon"]]),
    ("mcp", &[&["model", "config", "store", "forms"]]),
    ("tell", &[&["model", "config", "fetch", "store", "forms"]]),
    ("publish", &[&["queue", "store", "forms"]]),
    (
        "cli",
        &[
            FOUNDATIONS,
            STAGES,
            &["store", "forms", "pipeline", "app", "daemon", "serve", "tell", "publish", "mcp", "demo"],
        ],
    ),
    ("demo", &[]),
];

/// Files outside of the store that may show a statement, by how their paths begin and end.
const MAY_SHOW_SQL: &[(&str, &str)] = &[
    // Examples in the help of `newswire sql`, `newswire schema` and `newswire receivers retry`: what a user may ask.
    ("cli/", "/sql.rs"),
    ("cli/", "/schema.rs"),
    ("cli/", "/receivers.rs"),
    // What `newswire demo` proposes at its end, to be pasted into a terminal.
    ("cli/", "/demo/report.rs"),
];

/// What a statement has in it, in this order. Keywords are written in capitals.
const STATEMENTS: [[&str; 2]; 7] = [
    ["SELECT", "FROM"],
    ["INSERT", "INTO"],
    ["UPDATE", "SET"],
    ["DELETE", "FROM"],
    ["CREATE", "TABLE"],
    ["CREATE", "INDEX"],
    ["PRAGMA", ""],
];

#[test]
fn imports_go_in_one_direction() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let faults = Crate::read(&|path| std::fs::read_to_string(src.join(path)).ok()).faults();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// A path without the colons; behind `crate` where nothing else is said.
type Names = Vec<String>;

/// The files of a crate.
#[derive(Default)]
struct Crate {
    files: Vec<File>,
    /// The file of each module.
    modules: HashMap<Names, usize>,
}

/// A file, and what it imports.
struct File {
    /// Its path in `src`.
    path: String,
    module: Names,
    /// Paths with their lines, in the order of the file.
    imports: Vec<(usize, Names)>,
    /// What the names stand for that its `use` lines bring in.
    names: BTreeMap<String, Names>,
    /// Where it names `rusqlite`, and its statements.
    driver: Vec<(usize, String)>,
    statements: Vec<(usize, String)>,
}

impl Crate {
    /// Reads `lib.rs` and the files of all modules below it. `read` gives the text of a file, if there is one.
    fn read(read: &dyn Fn(&str) -> Option<String>) -> Crate {
        let mut all = Crate::default();
        all.read_module("lib.rs", &[], read);
        all
    }

    fn read_module(&mut self, path: &str, module: &[String], read: &dyn Fn(&str) -> Option<String>) {
        let text = read(path).unwrap_or_else(|| panic!("src/{path} cannot be read"));
        let tokens: TokenStream = text.parse().unwrap_or_else(|error| panic!("src/{path}: {error}"));
        let mut reader = FileReader::default();
        reader.read(tokens, true);
        let children: Vec<String> = reader.children.iter().map(|(_, name)| name.clone()).collect();
        let folder = match path.strip_suffix("mod.rs").or(path.strip_suffix("lib.rs")) {
            Some(folder) => folder.to_owned(),
            None => format!("{}/", path.trim_end_matches(".rs")),
        };
        self.modules.insert(module.to_vec(), self.files.len());
        self.files.push(reader.into_file(path, module));
        for child in children {
            let path = format!("{folder}{child}.rs");
            let path = if read(&path).is_some() { path } else { format!("{folder}{child}/mod.rs") };
            self.read_module(&path, &joined(module, &[child]), read);
        }
    }

    /// The file in which a name is defined; nothing where that is not in the crate.
    fn definition(&self, path: &[String]) -> Option<usize> {
        let mut module = Names::new();
        for (position, name) in path.iter().enumerate() {
            let child = joined(&module, std::slice::from_ref(name));
            if self.modules.contains_key(&child) {
                module = child;
                continue;
            }
            let file = self.modules[&module];
            return match self.files[file].names.get(name) {
                Some(known) => self.definition(&joined(known, &path[position + 1..])),
                None => Some(file),
            };
        }
        Some(self.modules[&module])
    }

    /// What breaks a rule: file, line and rule.
    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut imported: Vec<BTreeMap<usize, usize>> = vec![BTreeMap::new(); self.files.len()];
        for (position, file) in self.files.iter().enumerate() {
            let mut fault = |line: usize, what: String| faults.push(format!("src/{}:{line}: {what}", file.path));
            if let [name] = file.module.as_slice()
                && !MAY_IMPORT.iter().any(|(module, _)| module == name)
            {
                fault(1, format!("MAY_IMPORT does not say whom `{name}` may import"));
            }
            for (line, path) in &file.imports {
                let Some(other_position) = self.definition(path).filter(|other| *other != position) else { continue };
                let other = &self.files[other_position];
                imported[position].entry(other_position).or_insert(*line);
                if let Some(rule) = rule_between(file, other) {
                    fault(*line, rule);
                }
                if file.module.starts_with(&other.module) {
                    let path = path.join("::");
                    fault(
                        *line,
                        format!("{path} is defined above, in src/{}; what both need stands below both", other.path),
                    );
                }
            }
            let shows_sql =
                MAY_SHOW_SQL.iter().any(|(start, end)| file.path.starts_with(start) && file.path.ends_with(end));
            let statements = file.statements.iter().filter(|_| !shows_sql);
            if file.module.first().is_none_or(|module| module != "store") {
                for (line, text) in file.driver.iter().chain(statements) {
                    fault(*line, format!("SQL stands in src/store alone: {}", text.lines().next().unwrap_or_default()));
                }
            }
        }
        faults.extend(circles(&imported).into_iter().map(|circle| {
            let shown = circle.iter().zip(circle.iter().cycle().skip(1)).map(|(file, next)| {
                let line = imported[*file][next];
                format!("src/{}:{line} imports src/{}", self.files[*file].path, self.files[*next].path)
            });
            format!("a circle: {}", shown.collect::<Vec<_>>().join(", "))
        }));
        faults
    }
}

/// The rule between two modules of the crate that an import breaks.
fn rule_between(file: &File, other: &File) -> Option<String> {
    let (module, imported) = (file.module.first()?, other.module.first()?);
    let (_, allowed) = MAY_IMPORT.iter().find(|(name, _)| name == module)?;
    if module == imported || allowed.iter().any(|names| names.contains(&imported.as_str())) {
        return None;
    }
    Some(match imported.as_str() {
        "cli" => format!("`{module}` imports `cli`, which nobody but main knows"),
        stage if STAGES.contains(&stage) && STAGES.contains(&module.as_str()) => {
            format!("the stage `{module}` imports the stage `{stage}`")
        }
        _ => format!("`{module}` imports `{imported}`, against \"Who may know whom\" in src/lib.rs"),
    })
}

/// Circles of files, by what each imports: of those that share a file the shortest.
fn circles(imported: &[BTreeMap<usize, usize>]) -> Vec<Vec<usize>> {
    let mut circles: Vec<Vec<usize>> = Vec::new();
    let mut told = HashSet::new();
    for start in 0..imported.len() {
        if let Some(circle) =
            circle_through(start, imported).filter(|circle| !circle.iter().any(|file| told.contains(file)))
        {
            told.extend(circle.iter().copied());
            circles.push(circle);
        }
    }
    circles
}

/// The shortest way from a file back to it.
fn circle_through(start: usize, imported: &[BTreeMap<usize, usize>]) -> Option<Vec<usize>> {
    let mut came_from: HashMap<usize, usize> = HashMap::new();
    let mut waiting = VecDeque::from([start]);
    while let Some(file) = waiting.pop_front() {
        for &next in imported[file].keys() {
            if next == start {
                let mut circle: Vec<usize> =
                    std::iter::successors(Some(file), |file| came_from.get(file).copied()).collect();
                circle.reverse();
                return Some(circle);
            }
            came_from.entry(next).or_insert_with(|| {
                waiting.push_back(next);
                file
            });
        }
    }
    None
}

fn joined(one: &[String], other: &[String]) -> Names {
    [one, other].concat()
}

/// What is read off the tokens of a file. Paths are as they are written there.
#[derive(Default)]
struct FileReader {
    /// The modules that it declares.
    children: Vec<(usize, String)>,
    paths: Vec<(usize, Names)>,
    names: BTreeMap<String, Names>,
    driver: Vec<(usize, String)>,
    statements: Vec<(usize, String)>,
}

impl FileReader {
    fn into_file(self, path: &str, module: &[String]) -> File {
        let absolute = |path: &[String]| self.absolute(path, module);
        let declared = self.children.iter().map(|(line, name)| (*line, joined(module, std::slice::from_ref(name))));
        let paths = self.paths.iter().filter_map(|(line, path)| Some((*line, absolute(path)?)));
        let imports = declared.chain(paths).collect();
        let names = self.names.iter().filter_map(|(name, path)| Some((name.clone(), absolute(path)?))).collect();
        File {
            path: path.to_owned(),
            module: module.to_vec(),
            imports,
            names,
            driver: self.driver,
            statements: self.statements,
        }
    }

    /// A path from the root of the crate; nothing where it leads elsewhere.
    fn absolute(&self, path: &[String], module: &[String]) -> Option<Names> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => Some(rest.to_vec()),
            "self" => self.absolute(rest, module).or_else(|| Some(joined(module, rest))),
            "super" => {
                let (_, above) = module.split_last()?;
                if rest.first().is_some_and(|next| next == "super") {
                    self.absolute(rest, above)
                } else {
                    Some(joined(above, rest))
                }
            }
            name if self.children.iter().any(|(_, child)| child == name) => Some(joined(module, path)),
            name => {
                let known = self.names.get(name).filter(|known| known[0] != *name)?;
                self.absolute(&joined(known, rest), module)
            }
        }
    }

    fn read(&mut self, tokens: TokenStream, is_top: bool) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut rest = tokens.as_slice();
        while let [token, behind @ ..] = rest {
            rest = match token {
                TokenTree::Punct(punct) if punct.as_char() == '#' => self.read_attribute(behind),
                TokenTree::Punct(_) => behind,
                TokenTree::Group(group) => {
                    self.read(group.stream(), false);
                    behind
                }
                TokenTree::Literal(literal) => {
                    self.read_literal(literal);
                    behind
                }
                TokenTree::Ident(ident) => self.read_word(ident, behind, is_top),
            };
        }
    }

    /// Reads an attribute, and passes over what is for tests alone. Returns what is behind.
    fn read_attribute<'t>(&mut self, behind: &'t [TokenTree]) -> &'t [TokenTree] {
        let behind = if let [first, rest @ ..] = behind
            && is(first, '!')
        {
            rest
        } else {
            behind
        };
        let [TokenTree::Group(attribute), behind @ ..] = behind else { return behind };
        let written: String = attribute.stream().to_string().split_whitespace().collect();
        if written == "cfg(test)" {
            let is_block =
                |token: &TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
            let end = behind.iter().position(|token| is(token, ';') || is_block(token));
            return end.map_or(&[], |end| &behind[end + 1..]);
        }
        // Comments are attributes too.
        if !written.starts_with("doc=") {
            self.read(attribute.stream(), false);
        }
        behind
    }

    /// Reads what begins with a word. Returns what is behind.
    fn read_word<'t>(&mut self, word: &Ident, behind: &'t [TokenTree], is_top: bool) -> &'t [TokenTree] {
        let line = word.span().start().line;
        match word.to_string().as_str() {
            // `pub(super)` imports nothing.
            "pub" if let [TokenTree::Group(_), rest @ ..] = behind => rest,
            "mod" if let [TokenTree::Ident(name), end, rest @ ..] = behind => {
                assert!(is_top && is(end, ';'), "line {line}: only modules in files of their own are read");
                self.children.push((line, name.to_string()));
                rest
            }
            "use" => {
                let end = behind.iter().position(|token| is(token, ';')).unwrap_or(behind.len());
                if !behind.first().is_some_and(|first| is(first, ':')) {
                    self.read_use(&behind[..end], &[], is_top);
                }
                &behind[end..]
            }
            "crate" | "super" | "self" if behind.first().is_some_and(|next| is(next, ':')) => {
                let (mut path, mut rest) = (vec![word.to_string()], behind);
                while let [first, second, TokenTree::Ident(name), further @ ..] = rest
                    && is(first, ':')
                    && is(second, ':')
                {
                    path.push(name.to_string());
                    rest = further;
                }
                self.paths.push((line, path));
                rest
            }
            other => {
                if other.starts_with("rusqlite") {
                    self.driver.push((line, other.to_owned()));
                }
                behind
            }
        }
    }

    /// Reads the branches of a `use` tree; `stem` is what stands before them.
    fn read_use(&mut self, branches: &[TokenTree], stem: &[String], is_top: bool) {
        for branch in branches.split(|token| is(token, ',')).filter(|branch| !branch.is_empty()) {
            let (mut path, mut line, mut names_all) = (stem.to_vec(), 0, false);
            let mut tokens = branch.iter();
            let mut name = None;
            while let Some(token) = tokens.next() {
                match token {
                    TokenTree::Ident(word) if word == "as" => name = tokens.next().map(ToString::to_string),
                    TokenTree::Ident(word) => {
                        line = word.span().start().line;
                        if word.to_string().starts_with("rusqlite") {
                            self.driver.push((line, word.to_string()));
                        }
                        // That of `{self}` is the stem.
                        if word != "self" || path.is_empty() {
                            path.push(word.to_string());
                        }
                    }
                    TokenTree::Group(group) => {
                        let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                        self.read_use(&inner, &path, is_top);
                        path.clear();
                    }
                    other => names_all |= is(other, '*'),
                }
            }
            let Some(last) = path.last() else { continue };
            if is_top && !names_all {
                self.names.insert(name.unwrap_or_else(|| last.clone()), path.clone());
            }
            self.paths.push((line, path));
        }
    }

    fn read_literal(&mut self, literal: &Literal) {
        let text = literal.to_string();
        let words: Vec<&str> = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
        let holds = |[first, second]: &[&str; 2]| {
            let at = words.iter().position(|word| word == first);
            at.is_some_and(|at| second.is_empty() || words[at..].contains(second))
        };
        if STATEMENTS.iter().any(holds) {
            self.statements.push((literal.span().start().line, text));
        }
    }
}

fn is(token: &TokenTree, wanted: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == wanted)
}

/// Checks invented files, each a path and a text. Fault by fault, what is expected is what it begins with.
fn check(files: &[(&str, &str)], expected: &[&str]) {
    let files: HashMap<&str, &str> = files.iter().copied().collect();
    let faults = Crate::read(&|path| files.get(path).map(|text| (*text).to_owned())).faults();
    let is_as_expected =
        faults.len() == expected.len() && faults.iter().zip(expected).all(|(fault, start)| fault.starts_with(start));
    assert!(is_as_expected, "{faults:#?}");
}

#[test]
fn a_stage_that_imports_another_is_told() {
    let root = "pub mod feed; pub mod extract; pub mod model; pub mod store; pub mod cli;";
    let check = |extract: &str, expected: &[&str]| {
        let files = [
            ("lib.rs", root),
            ("feed/mod.rs", "mod text; pub use text::plain; pub struct Listing;"),
            ("feed/text.rs", "pub fn plain() {}"),
            ("extract.rs", extract),
            ("model.rs", "pub struct Link;"),
            ("store.rs", "use crate::model::Link;"),
            ("cli.rs", "use crate::{extract, feed::Listing, store};"),
        ];
        check(&files, expected);
    };
    check("use crate::model::Link; use feed_rs::model::Feed;", &[]);
    check(
        "use crate::{\n    model::{self, Link},\n    feed::{Listing},\n};",
        &["src/extract.rs:3: the stage `extract` imports the stage `feed`"],
    );
    check(
        "fn f() { g(vec![crate::feed::plain()]) }",
        &["src/extract.rs:1: the stage `extract` imports the stage `feed`"],
    );
    check("fn f() {\n    use super::feed::*;\n}", &["src/extract.rs:2: the stage `extract` imports the stage `feed`"]);
    check("use crate::store;", &["src/extract.rs:1: `extract` imports `store`, against"]);
    check(
        "use crate::cli::main as f;",
        &["src/extract.rs:1: `extract` imports `cli`, which nobody but main knows", "a circle"],
    );
}

#[test]
fn a_module_without_rules_is_told() {
    check(&[("lib.rs", "pub mod ferry;"), ("ferry/mod.rs", "")], &["src/ferry/mod.rs:1: MAY_IMPORT does not say"]);
}

#[test]
fn sql_outside_of_the_store_is_told() {
    let check = |model: &str, expected: &[&str]| {
        let files = [
            ("lib.rs", "mod model; mod store; mod cli;"),
            ("model.rs", model),
            ("store/mod.rs", "mod rows;"),
            ("store/rows.rs", "use rusqlite::Row; const ALL: &str = \"SELECT * FROM articles\";"),
            ("cli/mod.rs", "mod read;"),
            ("cli/read/mod.rs", "mod sql;"),
            ("cli/read/sql.rs", "#[command(after_help = \"newswire sql 'SELECT 1 FROM articles'\")] struct Arguments;"),
        ];
        check(&files, expected);
    };
    check("/// As `SELECT 1 FROM a` does.\nstruct Link; // PRAGMA", &[]);
    check("const WORDS: [&str; 2] = [\"SELECT\", \"Set apart FROM the rest\"];", &[]);
    check("use rusqlite::{Connection};", &["src/model.rs:1: SQL stands in src/store alone: rusqlite"]);
    check("\nfn f(row: &rusqlite::Row) {}", &["src/model.rs:2: SQL stands in src/store alone: rusqlite"]);
    check("#[cfg(test)]\nmod tests { use rusqlite::Row; const A: &str = \"PRAGMA b\"; }", &[]);
    for statement in
        ["SELECT a\n FROM b", "INSERT OR IGNORE INTO a", "UPDATE a SET b = 1", "DELETE FROM a", "PRAGMA user_version"]
    {
        check(&format!("const A: &str = r#\"{statement}\"#;"), &["src/model.rs:1: SQL stands in src/store alone: r#"]);
    }
}

#[test]
fn an_import_from_above_is_told() {
    let check = |inner: &str, expected: &[&str]| {
        let files = [
            ("lib.rs", "mod feed;"),
            ("feed/mod.rs", "mod entry;\npub use entry::text::Text;\npub struct Listing;"),
            ("feed/entry.rs", "mod kind;\nmod text;\npub struct Entry;"),
            ("feed/entry/text.rs", "pub struct Text;"),
            ("feed/entry/kind.rs", inner),
        ];
        check(&files, expected);
    };
    check("use super::text::Text; pub(in super::super) struct A;", &[]);
    // What the file above only passes on is not its own.
    check("use super::super::Text;", &[]);
    let above = "src/feed/entry/kind.rs:1: feed::Listing is defined above, in src/feed/mod.rs";
    let circle =
        "a circle: src/feed/mod.rs:1 imports src/feed/entry.rs, src/feed/entry.rs:1 imports src/feed/entry/kind.rs";
    check("fn f() -> crate::feed::Listing {}", &[above, circle]);
    check("use super::super::{Listing};", &[above, circle]);
    let above = "src/feed/entry/kind.rs:2: feed::entry::Entry is defined above, in src/feed/entry.rs";
    check("use super::text;\nuse super::{Entry as E,};", &[above, "a circle: src/feed/entry.rs:1 imports"]);
    check("#[cfg(test)]\nmod tests { use super::super::Entry; }\n#[cfg(test)] use super::Entry;", &[]);
}

#[test]
fn a_circle_is_told() {
    let check = |a: &str, b: &str, c: &str, expected: &[&str]| {
        let files = [
            ("lib.rs", "mod feed;"),
            ("feed/mod.rs", "mod a; mod b; mod c; pub use c::C;"),
            ("feed/a.rs", a),
            ("feed/b.rs", b),
            ("feed/c.rs", c),
        ];
        check(&files, expected);
    };
    check("use super::b::B; use super::C;", "use super::c;", "pub struct C;", &[]);
    check(
        "use super::b::B;",
        "use super::C;",
        "\nuse crate::feed::a::A;",
        &[
            "a circle: src/feed/a.rs:1 imports src/feed/b.rs, src/feed/b.rs:1 imports src/feed/c.rs, src/feed/c.rs:2 imports \
           src/feed/a.rs",
        ],
    );
    // By way of a name that was imported, and within a macro.
    check("use super::b; use b::B;", "", "", &[]);
    check("use super::b::B;", "fn f() { println!(\"{}\", super::a::A) }", "", &["a circle: src/feed/a.rs:1"]);
}
