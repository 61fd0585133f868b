//! Chunks of React's "flight": calls such as `self.__next_f.push([1,"…"])`, whose strings are one stream of rows, each
//! with its number: `12:["$","p",null,{"children":"…"}]`, and `13:T4f,` with a text of that many bytes in hexadecimal.

use super::data::{self, Data};

const CALL: &str = "__next_f.push(";

/// Whether a script is a chunk, or several.
pub(super) fn is_chunk(script: &str) -> bool {
    script.trim_start().get(..40).unwrap_or(script).contains(CALL)
}

/// Adds what the chunks of a script hold to the stream.
pub(super) fn collect(script: &str, stream: &mut String) {
    let mut from = 0;
    while let Some(call) = script[from..].find(CALL) {
        from += call + CALL.len();
        let Some(quote) = script[from..].find('"') else { return };
        if script[from..from + quote].contains(CALL) {
            continue;
        }
        from += quote;
        stream.push_str(&data::string(script, &mut from));
    }
}

/// The rows of the stream.
pub(super) fn rows(stream: &str) -> Vec<Data> {
    let mut rows = Vec::new();
    let mut rest = stream;
    while !rest.is_empty() {
        let end = rest.find('\n').unwrap_or(rest.len());
        let row = rest[..end].split_once(':').map_or(&rest[..end], |(_, row)| row);
        if let Some((length, start)) = text_length(row) {
            let start = end - row.len() + start;
            let length = rest.len().min(start.saturating_add(length));
            // The length counts bytes; one that does not end with a character is not what it says.
            let Some(text) = rest.get(start..length) else { return rows };
            rows.push(Data::Text(text.to_owned()));
            rest = &rest[length..];
        } else {
            rows.push(Data::read(row));
            rest = rest.get(end + 1..).unwrap_or_default();
        }
    }
    rows
}

/// Bytes of a text row, and where the text begins in the row.
fn text_length(row: &str) -> Option<(usize, usize)> {
    let (length, _) = row.strip_prefix('T')?.split_once(',')?;
    Some((usize::from_str_radix(length, 16).ok()?, length.len() + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_across_chunks() {
        let script = "self.__next_f.push([0]);self.__next_f.push([1,\"1:{\\\"a\\\":\\\"b\\\"}\\n2:T6,<p>\"]);\
                      self.__next_f.push([1,\"é\\n3:\"]);self.__next_f.push([1,\"[\\\"c\\\"]\\n\"])";
        assert!(is_chunk(script));
        let mut stream = String::new();
        collect(script, &mut stream);
        let text = |text: &str| Data::Text(text.to_owned());
        let map = Data::Map(vec![("a".to_owned(), text("b"))]);
        let list = Data::List(vec![Data::List(vec![text("c")])]);
        assert_eq!(rows(&stream), [Data::List(vec![map]), text("<p>é\n"), list]);
        assert_eq!(rows("1:Tffffffffffffffff,x"), [text("x")]);
    }
}
