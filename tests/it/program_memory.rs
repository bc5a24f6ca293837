//! Program memory by itself: rooms are zeroed, begin lines of the cache, never overlap, and come back.

use aither::memory::Programs;

#[test]
fn a_room_is_zeroed_and_begins_a_line_of_the_cache_and_comes_back_when_it_is_dropped() {
    let programs = Programs::reserve(3 * 64 + 7).unwrap();
    assert_eq!(programs.counters().capacity, 24, "what is no line is dropped");
    let first = programs.claim("a", 9).unwrap();
    assert_eq!((first.slots(), first.first() as usize % 64), (16, 0));
    // SAFETY: the room is ours.
    unsafe { first.first().write_bytes(0xff, 16) };
    let second = programs.claim("b", 8).unwrap();
    assert_eq!(second.first(), first.first().wrapping_add(16), "the next line");
    let full = programs.claim("c", 1).unwrap_err();
    assert_eq!(
        full.to_string(),
        "program memory is full: `c` needs 8 B (1 slot); 192 B of 192 B are in use; start with --program-memory 1KiB"
    );
    let place = first.first();
    drop(first);
    let again = programs.claim("c", 16).unwrap();
    assert_eq!(again.first(), place);
    // SAFETY: as above.
    assert!((0..16).all(|slot| unsafe { again.first().add(slot).read() } == 0), "zeroed on claim");
    drop((again, second));
    let counters = programs.counters();
    assert_eq!((counters.used, counters.keys, counters.high_water), (0, 0, 24));
    assert_eq!((counters.claims, counters.releases, counters.refusals), (3, 3, 1));
    assert_eq!(programs.free(), (1, 24));
}

#[test]
fn a_room_outlives_the_memory_that_it_was_claimed_from() {
    let programs = Programs::reserve(64).unwrap();
    let room = programs.claim("a", 8).unwrap();
    drop(programs);
    // SAFETY: the room is ours.
    assert_eq!(unsafe { room.first().read() }, 0);
}

#[test]
fn no_room_at_all_is_valid() {
    let programs = Programs::reserve(0).unwrap();
    assert_eq!(programs.counters().capacity, 0);
    assert_eq!(programs.claim("a", 0).unwrap().slots(), 0);
    assert!(programs.claim("a", 1).is_err());
}

/// Bytes of the mapping around an address that the system has given pages for.
#[cfg(target_os = "linux")]
fn resident(address: usize) -> usize {
    let mappings = std::fs::read_to_string("/proc/self/smaps").unwrap();
    let mut lines = mappings.lines();
    let here = |line: &&str| {
        let range = line.split(' ').next().and_then(|range| range.split_once('-'));
        let number = |digits| usize::from_str_radix(digits, 16).ok();
        range.is_some_and(|(from, to)| {
            number(from).is_some_and(|from| from <= address) && number(to).is_some_and(|to| address < to)
        })
    };
    lines.find(here).expect("a mapping of the address");
    let line = lines.find_map(|line| line.strip_prefix("Rss:")).expect("its pages");
    1024 * line.trim().strip_suffix(" kB").unwrap().parse::<usize>().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_reserved_is_there_before_it_is_used() {
    const SLOTS: usize = 1 << 24;
    let arena = aither::memory::Arena::reserve(SLOTS).unwrap();
    let found = resident(arena.at(SLOTS / 2) as usize);
    // Its ends, where no large page fits, may lie in mappings of their own.
    assert!(found >= 8 * SLOTS * 9 / 10, "{found} bytes of {} have pages", 8 * SLOTS);
}
