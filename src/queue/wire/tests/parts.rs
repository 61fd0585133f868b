//! Parts in any order, again, damaged, and far too many.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::queue::wire::{Assembly, WireError, parts};

const MESSAGE_MAX: usize = 1 << 20;

fn assembly() -> Assembly {
    Assembly::new(MESSAGE_MAX, 4)
}

/// A message that packs well.
fn words(n_bytes: usize) -> Vec<u8> {
    b"the ferry went back to its old place ".iter().copied().cycle().take(n_bytes).collect()
}

/// One that does not.
fn noise(n_bytes: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(n_bytes).collect()
}

proptest! {
    #[test]
    fn parts_in_any_order_make_the_message(
        message in prop_oneof![
            vec(any::<u8>(), 0..300),
            (0..60_000_usize).prop_map(words),
            (0..60_000_usize, any::<u64>()).prop_map(|(n_bytes, seed)| noise(n_bytes, seed)),
        ],
        part_max in prop_oneof![0..80_usize, 80..70_000_usize],
        order in vec(any::<prop::sample::Index>(), 0..40),
    ) {
        let part_max = if message.len() > 3000 { part_max.max(200) } else { part_max };
        let all = parts(message.clone(), part_max);
        prop_assert!(all.iter().all(|part| part.len() <= part_max.max(23)));
        // Some of them first, with repetitions and between parts of another message, and then the others.
        let other = parts(noise(90, 7), 40);
        let mut assembly = assembly();
        let mut came = vec![false; all.len()];
        let (mut n_whole, mut n_missing) = (0, all.len());
        let order = order.iter().map(|at| at.index(all.len())).chain((0..all.len()).rev());
        for (turn, at) in order.enumerate() {
            if n_whole > 0 {
                break;
            }
            n_missing -= usize::from(!std::mem::replace(&mut came[at], true));
            let taken = assembly.take("it", &all[at]).unwrap();
            prop_assert_eq!(taken.is_some(), n_missing == 0);
            if let Some(whole) = taken {
                n_whole += 1;
                prop_assert!(whole == message);
            }
            if turn + 1 < other.len() {
                prop_assert_eq!(assembly.take("other", &other[turn]), Ok(None));
            }
        }
        prop_assert_eq!(n_whole, 1);
    }

    #[test]
    fn what_is_no_part_is_refused_or_harmless(
        message in vec(any::<u8>(), 0..200),
        bytes in vec(any::<u8>(), 0..60),
        changes in vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut all = parts(message.clone(), 60);
        for (part, at, byte) in changes {
            let part = part.index(all.len());
            let at = at.index(all[part].len());
            all[part][at] = byte;
        }
        let mut assembly = assembly();
        let _ = assembly.take("bytes", &bytes);
        for part in &all {
            if let Ok(Some(whole)) = assembly.take("it", part) {
                prop_assert!(whole == message);
            }
        }
        prop_assert!(assembly.n_open() <= 4);
    }
}

#[test]
fn long_messages_are_packed_and_short_ones_are_not() {
    let n_bytes = |message: Vec<u8>| parts(message, 1 << 20).concat().len();
    assert_eq!(n_bytes(words(128 * 1024)), 128 * 1024 + 22);
    assert!(n_bytes(words(128 * 1024 + 1)) < 2000);
    // Nothing is longer for being packed.
    assert_eq!(n_bytes(noise(200_000, 3)), 200_000 + 22);
}

fn told(taken: Result<Option<Vec<u8>>, WireError>) -> String {
    taken.unwrap_err().to_string()
}

#[test]
fn what_unpacks_to_more_than_is_taken_is_refused() {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![0; 64 << 20]).unwrap();
    let bomb = encoder.finish().unwrap();
    let honest = parts(vec![0; 64 << 20], usize::MAX).remove(0);
    assert!(bomb.len() < MESSAGE_MAX && honest.len() < MESSAGE_MAX);
    assert!(told(assembly().take("bomb", &honest)).contains("1048577 bytes or more, and 1048576 are taken"));
    // Right up to the limit it is taken.
    let longest = words(MESSAGE_MAX);
    assert_eq!(assembly().take("longest", &parts(longest.clone(), usize::MAX)[0]), Ok(Some(longest)));
}

#[test]
fn what_was_not_packed_is_not_unpacked() {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(b"the ferry").unwrap();
    let mut part = parts(encoder.finish().unwrap(), 200).remove(0);
    part[1] = 1;
    assert!(told(assembly().take("it", &part)).contains("damaged"));
    part[1] = 2;
    assert!(told(assembly().take("it", &part)).contains("in a way that nobody knows"));
}

#[test]
fn a_head_that_promises_too_much_costs_nothing() {
    let head = |length: u64, number: u32, count: u32| {
        let mut part = vec![1, 0, 0, 0, 0, 0];
        part.extend_from_slice(&length.to_be_bytes());
        part.extend_from_slice(&number.to_be_bytes());
        part.extend_from_slice(&count.to_be_bytes());
        part.push(b'x');
        part
    };
    let mut assembly = assembly();
    for (length, number, count) in [
        (u64::MAX, 0, u32::MAX),
        (MESSAGE_MAX as u64 + 1, 0, 2),
        (2, 0, u32::MAX),
        (2, 2, 2),
        (9, 0, 2),
        (0, 0, 0),
        (1, u32::MAX, u32::MAX),
        // Its last parts would have nothing in them.
        (10, 6, 7),
    ] {
        assert!(assembly.take("it", &head(length, number, count)).is_err(), "{length} {number} {count}");
    }
    assert_eq!(assembly.n_open(), 0);
    assert_eq!(assembly.take("it", &head(2, 1, 2)), Ok(None));
    assert!(told(assembly.take("it", &[2, 0])).contains("version 2"));
    assert!(told(assembly.take("it", &[1, 0])).contains("cut off"));
    assert_eq!(assembly.n_open(), 1);
}

#[test]
fn what_was_begun_first_is_forgotten_first() {
    let message = |n: u8| parts(vec![n; 30], 40);
    let mut assembly = Assembly::new(MESSAGE_MAX, 2);
    for n in 0..3 {
        assert_eq!(assembly.take(&n.to_string(), &message(n)[0]), Ok(None));
    }
    assert_eq!(assembly.n_open(), 2);
    assert_eq!(assembly.take("2", &message(2)[1]), Ok(Some(vec![2; 30])));
    assert_eq!(assembly.take("1", &message(1)[1]), Ok(Some(vec![1; 30])));
    assert_eq!(assembly.take("0", &message(0)[1]), Ok(None));
    // Its first part once more, and it is whole.
    assert_eq!(assembly.take("0", &message(0)[0]), Ok(Some(vec![0; 30])));
    assert_eq!(assembly.n_open(), 0);
}

#[test]
fn a_message_that_was_written_anew_is_not_mixed_with_the_old_one() {
    let (old, new) = (parts(vec![b'o'; 30], 40), parts(vec![b'n'; 30], 40));
    let mut assembly = assembly();
    assert_eq!(assembly.take("it", &old[0]), Ok(None));
    assert_eq!(assembly.take("it", &new[1]), Ok(None));
    assert_eq!(assembly.take("it", &new[0]), Ok(Some(vec![b'n'; 30])));
}
