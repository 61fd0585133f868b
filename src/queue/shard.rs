//! Which shard a publisher is in.

/// Shards that publishers are parted into.
pub const N_SHARDS: usize = 256;

/// The shard of a publisher, by the key by which its turns are counted: the same on every machine and in every version, since two that differ in
/// it would both ask its hosts. FNV-1a of 64 bits (Fowler, Noll and Vo), folded to eight.
#[must_use]
pub fn shard_of(publisher: &str) -> u8 {
    const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let hash = publisher.bytes().fold(OFFSET_BASIS, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    hash.to_be_bytes().into_iter().fold(0, |folded, byte| folded ^ byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_publisher_is_in_the_same_shard_for_ever() {
        for (publisher, shard) in [("", 225), ("paper.example", 21), ("127.0.0.1:8080", 245)] {
            assert_eq!(shard_of(publisher), shard, "{publisher}");
        }
    }

    #[test]
    fn publishers_are_spread_evenly() {
        let mut counts = [0; N_SHARDS];
        for number in 0..100_000 {
            counts[usize::from(shard_of(&format!("site-{number}.example")))] += 1;
        }
        let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
        assert!(*least > 280 && *most < 510, "{least} to {most} of 390");
    }
}
