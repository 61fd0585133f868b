//! What an index is made of, from the statement that makes it.

/// The parts of a `CREATE INDEX`.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::store) struct IndexParts<'a> {
    /// Its columns, each a name or an expression.
    pub(in crate::store) columns: Vec<&'a str>,
    /// Which rows it has, where it is a partial index.
    pub(in crate::store) condition: Option<&'a str>,
}

impl<'a> IndexParts<'a> {
    /// Takes a statement apart; nothing where it is another one.
    pub(in crate::store) fn of(sql: &'a str) -> Option<IndexParts<'a>> {
        let (mut columns, mut depth, mut begin) = (Vec::new(), 0_u32, 0);
        let mut quote = None;
        for (position, byte) in sql.bytes().enumerate() {
            match (quote, byte) {
                (Some(open), byte) => quote = Some(open).filter(|open| *open != byte),
                (None, b'"' | b'\'' | b'`') => quote = Some(byte),
                (None, b'[') => quote = Some(b']'),
                (None, b'(') => {
                    depth += 1;
                    if depth == 1 {
                        begin = position + 1;
                    }
                }
                (None, b',' | b')') if depth == 1 => {
                    columns.push(sql[begin..position].trim());
                    begin = position + 1;
                    if byte == b')' {
                        break;
                    }
                }
                (None, b')') => depth = depth.checked_sub(1)?,
                _ => {}
            }
        }
        let rest = sql.get(begin..).filter(|_| !columns.is_empty())?.trim();
        let (word, condition) = rest.split_at_checked("WHERE".len()).unwrap_or((rest, ""));
        match word {
            "" => Some(IndexParts { columns, condition: None }),
            word if word.eq_ignore_ascii_case("WHERE") => {
                Some(IndexParts { columns, condition: Some(condition.trim()) })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_taken_apart() {
        let check = |sql: &str, columns: &[&str], condition: Option<&str>| {
            assert_eq!(IndexParts::of(sql), Some(IndexParts { columns: columns.to_vec(), condition }), "{sql}");
        };
        check("CREATE INDEX a ON b (c)", &["c"], None);
        check("CREATE INDEX a ON b (c, d) WHERE c IS NOT NULL", &["c", "d"], Some("c IS NOT NULL"));
        check(
            "CREATE UNIQUE INDEX \"a (1)\" ON [b)](coalesce(c, '),'), d)\nwhere (c > 1)",
            &["coalesce(c, '),')", "d"],
            Some("(c > 1)"),
        );
        for sql in ["CREATE TABLE a (b) STRICT", "CREATE INDEX a ON b (c", ""] {
            assert_eq!(IndexParts::of(sql), None, "{sql}");
        }
    }
}
