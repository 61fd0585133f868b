//! Characters folded as the encoder's makers did: Unicode's NFKC with rules of their own, as a table in the file.
//!
//! The table is a trie over the bytes of characters, a double array as the library Darts-clone lays it out: a number for
//! each node, in which the lowest byte is the byte that leads to the node, bit 8 says that a replacement ends here, and
//! the higher bits tell how far the children are. A replacement's place stands where a child for byte 0 would.

/// White space within a text, as the pieces have it.
const SPACE: char = '\u{2581}';

/// Folds characters.
#[derive(Debug)]
pub(super) struct Folding {
    nodes: Vec<u32>,
    /// All replacements, each with a zero behind it.
    replacements: Vec<u8>,
}

impl Folding {
    /// From the table: its first four bytes say how many bytes of nodes follow, then come the replacements. An empty table
    /// folds nothing but white space.
    pub(super) fn of(table: &[u8]) -> Folding {
        let parts = table
            .split_first_chunk()
            .and_then(|(length, rest)| rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?));
        let (nodes, replacements) = parts.unwrap_or_default();
        let nodes = nodes.as_chunks().0.iter().map(|node| u32::from_le_bytes(*node)).collect();
        Folding { nodes, replacements: replacements.to_vec() }
    }

    /// A text folded: a mark for white space before it and instead of each run of white space in it, none at its end.
    /// Empty where the text is.
    pub(super) fn fold(&self, text: &str) -> String {
        let mut folded = String::with_capacity(text.len() + 8);
        let mut at = 0;
        // A blank is due before the first character, and once for each run of them.
        let mut is_due = true;
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let (replacement, length) = self.replaced(rest);
            for character in replacement.chars() {
                if character == ' ' {
                    is_due = true;
                    continue;
                }
                if std::mem::take(&mut is_due) {
                    folded.push(SPACE);
                }
                folded.push(character);
            }
            at += length;
        }
        folded
    }

    /// What the start of a text is replaced by, and how many bytes that is: the longest start that the table has, else the
    /// first character, which stays.
    fn replaced<'a>(&'a self, text: &'a str) -> (&'a str, usize) {
        let first = text.chars().next().map_or(text.len(), char::len_utf8);
        let found = self.longest(text.as_bytes());
        // What the table says of half a character is nothing.
        let found = found.filter(|(_, length)| text.is_char_boundary(*length));
        found.and_then(|(at, length)| Some((self.replacement(at)?, length))).unwrap_or((&text[..first], first))
    }

    fn replacement(&self, at: usize) -> Option<&str> {
        let rest = self.replacements.get(at..)?;
        std::str::from_utf8(rest.split(|byte| *byte == 0).next()?).ok()
    }

    /// The longest start of a text that the table has: where its replacement stands, and its length.
    fn longest(&self, text: &[u8]) -> Option<(usize, usize)> {
        let mut at = children_of(*self.nodes.first()?);
        let mut longest = None;
        for (position, byte) in text.iter().enumerate() {
            at ^= usize::from(*byte);
            let Some(node) = self.nodes.get(at).filter(|node| leads_here(**node, *byte)) else { break };
            at ^= children_of(*node);
            if node & 0x100 != 0 {
                let value = self.nodes.get(at).and_then(|value| usize::try_from(value & 0x7fff_ffff).ok());
                longest = value.map(|value| (value, position + 1)).or(longest);
            }
        }
        longest
    }
}

/// How far from a node its children are.
fn children_of(node: u32) -> usize {
    let distance = (node >> 10) << ((node & 0x200) >> 6);
    usize::try_from(distance).unwrap_or(usize::MAX)
}

/// Whether a node is the child for this byte, and no value.
fn leads_here(node: u32, byte: u8) -> bool {
    node & 0x8000_00ff == u32::from(byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table that replaces one character of two bytes.
    fn table(from: [u8; 2], to: &str) -> Vec<u8> {
        let (mut nodes, children) = (vec![0_u32; 1024], |distance: u32| distance << 10);
        let of = usize::from;
        // The root's children are 256 from 0, those of its child 512 away, the value of the last at 768.
        nodes[0] = children(256);
        let first = 256 ^ of(from[0]);
        nodes[first] = u32::from(from[0]) | children(512);
        let second = first ^ 512 ^ of(from[1]);
        nodes[second] = u32::from(from[1]) | 0x100 | children(256);
        nodes[second ^ 256] = 0x8000_0000;
        let nodes: Vec<u8> = nodes.into_iter().flat_map(u32::to_le_bytes).collect();
        let length = u32::try_from(nodes.len()).unwrap();
        [&length.to_le_bytes(), nodes.as_slice(), to.as_bytes(), &[0]].concat()
    }

    fn check(folding: &Folding, text: &str, folded: &str) {
        assert_eq!(folding.fold(text), folded, "{text:?}");
    }

    #[test]
    fn white_space_is_marked() {
        let folding = Folding::of(&[]);
        check(&folding, "", "");
        check(&folding, "   ", "");
        check(&folding, "snow", "▁snow");
        check(&folding, "  snow  in\u{20}May ", "▁snow▁in▁May");
    }

    #[test]
    fn characters_are_replaced_by_the_table() {
        let folding = Folding::of(&table([0xc3, 0x84], "Ae"));
        check(&folding, "Ära Öl", "▁Aera▁Öl");
        // A replacement may be a blank, or nothing.
        check(&Folding::of(&table([0xc2, 0xa0], " ")), "snow\u{a0}\u{a0}fell\u{a0}", "▁snow▁fell");
        check(&Folding::of(&table([0xc2, 0xad], "")), "snow\u{ad}fall", "▁snowfall");
    }

    #[test]
    fn a_damaged_table_replaces_nothing() {
        let whole = table([0xc3, 0x84], "Ae");
        for length in [0, 3, 4, 100, whole.len() - 3] {
            Folding::of(&whole[..length]).fold("Ära");
        }
        let far = [4_u32.to_le_bytes(), u32::MAX.to_le_bytes()].concat();
        check(&Folding::of(&far), "Ära", "▁Ära");
    }
}
