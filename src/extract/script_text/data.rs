//! Data in scripts: JSON, and JavaScript as far as it is literals.

/// Deepest nesting that is kept: state of real pages nests some thirty deep.
const DEPTH_MAX: usize = 100;

/// Longest key that names anything.
const KEY_BYTES_MAX: usize = 60;

/// A value of a script: of scalars only strings are kept.
#[derive(Debug, PartialEq)]
pub(super) enum Data {
    Map(Vec<(String, Data)>),
    List(Vec<Data>),
    Text(String),
}

impl Data {
    /// All literals of a script, in a list. Code around them is passed over: it holds no prose.
    pub(super) fn read(script: &str) -> Data {
        Reader { script, at: 0, open: vec![(String::new(), Data::List(Vec::new()))], n_too_deep: 0, key: None }.read()
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Data> {
        match self {
            Data::Map(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Data::Text(text) => Some(text),
            _ => None,
        }
    }
}

struct Reader<'a> {
    script: &'a str,
    at: usize,
    /// Containers that are open, each with its key in the one before.
    open: Vec<(String, Data)>,
    /// Containers open beyond the deepest that is kept.
    n_too_deep: usize,
    /// The key that the next value is for.
    key: Option<String>,
}

impl Reader<'_> {
    fn read(mut self) -> Data {
        while let Some(byte) = self.script.as_bytes().get(self.at).copied() {
            match byte {
                b'"' | b'\'' | b'`' => {
                    let text = string(self.script, &mut self.at);
                    self.take_text(text);
                }
                b'{' => self.begin(Data::Map(Vec::new())),
                b'[' => self.begin(Data::List(Vec::new())),
                b'}' | b']' => self.end(),
                b'/' => self.pass_comment(),
                b',' | b';' => {
                    self.key = None;
                    self.at += 1;
                }
                byte if byte.is_ascii_alphabetic() || byte == b'_' || byte == b'$' => self.take_word(),
                _ => self.at += 1,
            }
        }
        while self.open.len() > 1 {
            self.n_too_deep = 0;
            self.end();
        }
        self.open.pop().map_or(Data::List(Vec::new()), |(_, data)| data)
    }

    fn begin(&mut self, container: Data) {
        self.at += 1;
        if self.open.len() < DEPTH_MAX {
            self.open.push((self.key.take().unwrap_or_default(), container));
        } else {
            self.n_too_deep += 1;
        }
    }

    fn end(&mut self) {
        self.at += 1;
        self.key = None;
        if self.n_too_deep > 0 {
            self.n_too_deep -= 1;
        } else if self.open.len() > 1
            && let Some((key, container)) = self.open.pop()
        {
            self.put(key, container);
        }
    }

    fn put(&mut self, key: String, data: Data) {
        match self.open.last_mut().map(|(_, container)| container) {
            Some(Data::Map(entries)) => entries.push((key, data)),
            Some(Data::List(items)) => items.push(data),
            _ => {}
        }
    }

    fn take_text(&mut self, text: String) {
        if text.len() <= KEY_BYTES_MAX && self.is_before_colon() {
            self.key = Some(text);
            return;
        }
        let key = self.key.take().unwrap_or_default();
        let is_data = text.len() > KEY_BYTES_MAX && text.starts_with(['{', '[']) && text.ends_with(['}', ']']);
        // Data within a string is read once: each level of it doubles the escapes, and real pages have one.
        let data = if is_data && self.open.len() < DEPTH_MAX / 2 { Data::read(&text) } else { Data::Text(text) };
        self.put(key, data);
    }

    /// A name in code, which is a key where a colon follows.
    fn take_word(&mut self) {
        let rest = &self.script[self.at..];
        let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '$').unwrap_or(rest.len());
        self.at += length;
        if length <= KEY_BYTES_MAX && self.is_before_colon() {
            self.key = Some(rest[..length].to_owned());
        }
    }

    fn is_before_colon(&self) -> bool {
        matches!(self.open.last(), Some((_, Data::Map(_)))) && self.script[self.at..].trim_start().starts_with(':')
    }

    fn pass_comment(&mut self) {
        let rest = &self.script[self.at..];
        self.at += if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else {
            1
        };
    }
}

/// The string literal that begins at `at`, which is then behind it. One in single quotes ends with its line: most that
/// do not are apostrophes.
pub(super) fn string(script: &str, at: &mut usize) -> String {
    let mut text = String::new();
    let mut characters = script[*at..].char_indices();
    let quote = characters.next().map_or('"', |(_, quote)| quote);
    let start = *at;
    while let Some((offset, c)) = characters.next() {
        *at = start + offset + c.len_utf8();
        match c {
            c if c == quote => return text,
            '\n' if quote == '\'' => return text,
            '\\' => {
                let Some((offset, escaped)) = characters.next() else { break };
                *at = start + offset + escaped.len_utf8();
                match escaped {
                    'n' | 'r' => text.push('\n'),
                    't' | 'b' | 'f' => text.push(' '),
                    'u' | 'x' => {
                        let digits = if escaped == 'u' { 4 } else { 2 };
                        if let Some(unit) = hexadecimal(&script[*at..], digits) {
                            push_unit(&mut text, unit, &script[*at + digits..], &mut characters);
                            characters.nth(digits - 1);
                        }
                    }
                    other => text.push(other),
                }
            }
            c => text.push(c),
        }
    }
    *at = script.len();
    text
}

fn hexadecimal(text: &str, digits: usize) -> Option<u32> {
    let digits = text.get(..digits).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
    u32::from_str_radix(digits, 16).ok()
}

/// Adds a UTF-16 unit. The first of a pair is followed by the second, which is then passed over.
fn push_unit(text: &mut String, unit: u32, rest: &str, characters: &mut std::str::CharIndices<'_>) {
    if let Some(c) = char::from_u32(unit) {
        text.push(c);
    } else if (0xd800..0xdc00).contains(&unit)
        && let Some(low) = rest.strip_prefix("\\u").and_then(|rest| hexadecimal(rest, 4))
        && (0xdc00..0xe000).contains(&low)
    {
        text.extend(char::from_u32(0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00)));
        characters.nth("\\uXXXX".len() - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Data {
        Data::Text(text.to_owned())
    }

    #[test]
    fn literals_are_read_out_of_code() {
        let read = Data::read("window.x={a:1,'b':[\"c\\n\\u00e9\\ud83d\\ude00\\\"\",d('e')],// f:{\n\"g\":{h:\"i\"}};");
        let inner = Data::Map(vec![("h".to_owned(), text("i"))]);
        let list = Data::List(vec![text("c\né😀\""), text("e")]);
        let expected = Data::List(vec![Data::Map(vec![("b".to_owned(), list), ("g".to_owned(), inner)])]);
        assert_eq!(read, expected);
    }

    #[test]
    fn any_script_is_read_to_its_end() {
        for script in
            ["", "\"", "'\\", "{[", "}]", "\"\\u12", "\"\\ud83d\\u", "/*", "/", "é\"é\\é", "\"\\ud83d\\ud83d\""]
        {
            Data::read(script);
        }
        Data::read(&"[".repeat(100_000));
        Data::read(&"{\"a\":[".repeat(100_000));
    }
}
