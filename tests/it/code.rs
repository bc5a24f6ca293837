//! Memory for machine code: pieces never overlap, all of it comes back, and a refusal says why.

use std::sync::Arc;

use aither::compile::code::{Arena, Code, Refusal};
use proptest::collection::vec;
use proptest::prelude::*;

const CAPACITY: usize = 1 << 20;

fn bytes(code: &Code) -> &[u8] {
    // SAFETY: the piece is readable as long as it is held.
    unsafe { std::slice::from_raw_parts(code.address(), code.bytes()) }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pieces_never_overlap_and_all_memory_comes_back(steps in vec((any::<bool>(), 1usize..200_000, any::<u8>()), 1..60)) {
        let arena = Arena::new(CAPACITY).unwrap();
        let mut held: Vec<(Arc<Code>, Vec<u8>)> = Vec::new();
        let mut most = 0;
        for (places, size, seed) in steps {
            let content = (0..size).map(|index| seed.wrapping_add(index as u8)).collect::<Vec<_>>();
            match arena.place(&content) {
                Ok(code) if places => held.push((code, content)),
                Ok(code) => {
                    // Placed for a moment, and another one goes with it.
                    most = most.max(arena.occupancy().used);
                    drop(code);
                    if !held.is_empty() {
                        held.swap_remove(size % held.len());
                    }
                }
                Err(Refusal::Full(full)) => {
                    prop_assert!(full.requested >= size as u64 && full.requested > full.largest);
                    prop_assert!(full.used + full.largest <= full.capacity);
                    prop_assert_eq!(full.capacity, CAPACITY as u64);
                    held.clear();
                }
                Err(Refusal::System(error)) => prop_assert!(false, "{}", error),
            }
            let occupancy = arena.occupancy();
            most = most.max(occupancy.used);
            prop_assert_eq!(occupancy.used, held.iter().map(|(code, _)| code.room()).sum::<usize>());
            prop_assert!(held.iter().all(|(code, content)| bytes(code) == content), "a piece was overwritten");
        }
        held.clear();
        let occupancy = arena.occupancy();
        prop_assert_eq!((occupancy.used, occupancy.free_pieces, occupancy.largest_free), (0, 1, CAPACITY));
        prop_assert!(occupancy.high_water >= most);
    }
}

#[test]
fn code_outlives_the_arena_that_placed_it() {
    let arena = Arena::new(CAPACITY).unwrap();
    let code = arena.place(&[1, 2, 3]).unwrap();
    drop(arena);
    assert_eq!(bytes(&code), [1, 2, 3]);
}

#[cfg(target_os = "linux")]
#[test]
fn no_page_is_writable_and_executable() {
    let arena = Arena::new(CAPACITY).unwrap();
    let code = arena.place(&[0xc3]).unwrap();
    let next = arena.place(&[0xc3]).unwrap();
    drop(next);
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let address = code.address() as usize;
    let access = maps.lines().find_map(|line| {
        let (range, rest) = line.split_once(' ')?;
        let (start, end) = range.split_once('-')?;
        let bound = |text| usize::from_str_radix(text, 16).ok();
        (bound(start)? <= address && address < bound(end)?).then(|| rest[..4].to_string())
    });
    assert_eq!(access.as_deref(), Some("r-xp"));
    assert!(!maps.lines().any(|line| line.contains(" rwx")), "{maps}");
}
