//! What goes from an old block into a new one while its writer goes on: every slot of it, and not a slot around it. Who is whose successor is decided elsewhere.

use std::sync::Arc;

use aither::engine::{Change, Command, Event, Install, LineCopy, Machine, Move, Settings};
use aither::ir::call::QUANTUM;
use aither::ir::{Instance, Line};
use aither::memory::{Arena, Content, Layout, carry};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

use super::stage::*;

/// What stands in every slot that is nobody's.
const GUARD: u64 = 0xDEAD_BEEF_DEAD_BEEF;

/// An instance whose channels all have so many cells and these rings: length and the cell that counts.
fn instance(channels: u32, cells: u32, rings: &[(u32, u32)]) -> Instance {
    let ring = |channel: u32| {
        let line =
            move |&(slots, head): &(u32, u32)| Line { slots, reach: slots / 2, head: Some(channel * cells + head) };
        rings.iter().map(line)
    };
    let lines = (0..channels).flat_map(ring).collect();
    let (label, phases, structure, place) = Default::default();
    let cells = cells * channels;
    Instance { helper: "delay", label, channels, cells, lines, phases, room: false, seeds: 0, structure, place }
}

/// The sample that a ring is given as its `number`th.
fn sample(ring: usize, number: u64) -> u64 {
    (((ring as u64 + 1) << 40) ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15)) | 1
}

/// Where the rings of an instance begin in its block, and their lengths.
fn rings(instance: &Instance) -> Vec<(usize, usize)> {
    let mut at = instance.cells as usize;
    let place = |line: &Line| {
        at += line.slots as usize;
        (at - line.slots as usize, line.slots as usize)
    };
    instance.lines.iter().map(place).collect()
}

fn slots(instance: &Instance) -> usize {
    Layout::of(instance).slots() as usize
}

/// What a block holds after its rings were written up to sample `written`; cells that count nothing hold their number.
fn block(instance: &Instance, written: u64) -> Vec<u64> {
    let mut block: Vec<u64> = (0..slots(instance) as u64).map(|slot| slot + 7).collect();
    for (ring, (line, (at, slots))) in instance.lines.iter().zip(rings(instance)).enumerate() {
        block[line.head.unwrap() as usize] = written;
        for number in (1..=slots as u64).map(|age| written.wrapping_sub(age)) {
            block[at + (number & (slots as u64 - 1)) as usize] = sample(ring, number);
        }
    }
    block
}

/// Writes a sample to every ring in every frame, and counts.
fn writer(old: &Instance, arena: &Arc<Arena>, start: usize) -> Box<Machine> {
    let (old, places) = (old.clone(), rings(old));
    let run = move |frame: &Frame| {
        let base = frame.span(0).base;
        // SAFETY: the span is the whole arena, and the block lies in it.
        unsafe {
            for (ring, (line, (at, slots))) in old.lines.iter().zip(&places).enumerate() {
                let head = base.add(start + line.head.unwrap() as usize);
                // Rings of one channel may share a head, which then counts once.
                let first = old.lines[..ring].iter().all(|other| other.head != line.head);
                let number = if first { *head } else { (*head).wrapping_sub(1) };
                *base.add(start + at + (number & (*slots as u64 - 1)) as usize) = sample(ring, number);
                *head = number.wrapping_add(1);
            }
        }
        frame.put(0, 0.25);
    };
    let (base, last) = (arena.at(0), arena.slots() as u64 - 1);
    let span = aither::ir::call::Span { base, last, write_base: base, write_last: last };
    machine(run, &[0.0], vec![(span, arena.clone())], 1)
}

fn work(arena: &Arena, content: &Content, old: usize, new: usize) -> (Vec<Move>, Vec<LineCopy>) {
    // SAFETY: the arena lives in the machines; nothing but the renderer touches it until the test looks.
    unsafe {
        let moves = content.runs.iter();
        let moves = moves.map(|run| Move::new(arena.at(old + run.from), arena.at(new + run.to), run.slots));
        let copies = content.rings.iter().map(|ring| {
            let [from_last, to_last] = [ring.from_slots, ring.to_slots].map(|slots| slots as u64 - 1);
            let (from, to) = (arena.at(old + ring.from), arena.at(new + ring.to));
            LineCopy::new(from, from_last, to, to_last, arena.at(old + ring.head))
        });
        (moves.collect(), copies.collect())
    }
}

/// What a new block holds after the swap: computed channel by channel, age by age.
fn expected(old: &Instance, new: &Instance, written: u64) -> Vec<u64> {
    let (before, mut after) = (block(old, written), vec![0; slots(new)]);
    let [cells, each] = [(old.cells / old.channels) as usize, old.lines.len() / old.channels as usize];
    let (sources, targets) = (rings(old), rings(new));
    for channel in 0..new.channels as usize {
        let source = if old.channels == 1 { 0 } else { channel };
        if source >= old.channels as usize {
            continue;
        }
        after[channel * cells..][..cells].copy_from_slice(&before[source * cells..][..cells]);
        for ring in 0..each {
            let ((from, from_slots), (to, to_slots)) = (sources[source * each + ring], targets[channel * each + ring]);
            for age in 1..=from_slots.min(to_slots) as u64 {
                let number = written.wrapping_sub(age) as usize;
                after[to + (number & (to_slots - 1))] = before[from + (number & (from_slots - 1))];
            }
        }
    }
    after
}

/// Fills a block.
fn fill(arena: &Arena, start: usize, values: impl IntoIterator<Item = u64>) {
    // SAFETY: nothing renders.
    values.into_iter().enumerate().for_each(|(slot, value)| unsafe { *arena.at(start + slot) = value });
}

fn all(arena: &Arena) -> Vec<u64> {
    // SAFETY: as above.
    (0..arena.slots()).map(|slot| unsafe { *arena.at(slot) }).collect()
}

fn any_rings() -> impl Strategy<Value = (u32, Vec<(u32, u32)>, Vec<u32>)> {
    (1..4_u32).prop_flat_map(|cells| {
        let ring = (prop_oneof![0..4_u32, 4..10_u32], 0..cells);
        let shorter_and_longer = vec((ring, 0..10_u32), 0..3);
        (Just(cells), shorter_and_longer).prop_map(|(cells, both)| {
            let old = both.iter().map(|&((size, head), _)| (1 << size, head)).collect();
            (cells, old, both.iter().map(|&(_, size)| 1 << size).collect())
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_new_block_holds_what_both_have_room_for_and_nobody_elses_slot_is_touched(
        (cells, old_rings, new_sizes) in any_rings(),
        channels in (1..5_u32, 1..5_u32),
        slice in prop_oneof![Just(usize::MAX), 0..4_usize, 1..300_usize],
        gaps in (0..4_usize, 0..4_usize, 0..4_usize),
        swapped in any::<bool>(),
        written in prop_oneof![Just(0), 1..5_u64, 1000..5000_u64, Just(u64::MAX - 100)],
        quanta in 1..4_usize,
    ) {
        let new_rings = old_rings.iter().zip(new_sizes).map(|(&(_, head), slots)| (slots, head)).collect::<Vec<_>>();
        let (old, new) = (instance(channels.0, cells, &old_rings), instance(channels.1, cells, &new_rings));
        let content = carry(&old, &new).unwrap();
        let (first, second) = if swapped { (slots(&new), slots(&old)) } else { (slots(&old), slots(&new)) };
        let one = gaps.0;
        let other = one + first + gaps.1;
        let arena = Arena::reserve(other + second + gaps.2).unwrap();
        let (old_at, new_at) = if swapped { (other, one) } else { (one, other) };
        fill(&arena, 0, vec![GUARD; arena.slots()]);
        // What is older than the first sample is silence, but a ring can hold anything there.
        fill(&arena, old_at, block(&old, written));
        fill(&arena, new_at, vec![0; slots(&new)]);

        let mut stage = Stage::with(Settings { channels: 1, max_signals: 2, envelopes: 4, slice, ..Settings::default() });
        let slot = stage.start(writer(&old, &arena, old_at));
        stage.mono(quanta);
        stage.events();
        let (moves, copies) = work(&arena, &content, old_at, new_at);
        let ticket = stage.send(vec![Change::Install(Install::new(slot, level(&[0.5])).moves(moves).copies(copies))]);
        let mut swapped_at = None;
        // Every quantum copies one slot more than is written, at least.
        for _ in 0..64 + content.rings.iter().map(|ring| ring.from_slots).sum::<usize>() {
            let sound = stage.mono(1);
            for event in stage.events() {
                let Event::Applied { ticket: of, frame, .. } = event else { panic!("{event:?}") };
                prop_assert_eq!(of, ticket);
                swapped_at = Some(frame);
            }
            let heard = if swapped_at.is_some() { 0.5 } else { 0.25 };
            prop_assert!(sound.iter().all(|sample| *sample == heard));
            if swapped_at.is_some() {
                break;
            }
        }
        let frame = swapped_at.expect("it takes effect some time");
        prop_assert!(slice < usize::MAX || frame == (quanta * QUANTUM) as u64, "all at once is at once");

        let frames = if old.lines.is_empty() { 0 } else { frame };
        let head = written.wrapping_add(frames);
        let found = all(&arena);
        let mut wanted = vec![GUARD; arena.slots()];
        wanted[old_at..][..slots(&old)].copy_from_slice(&block(&old, head));
        wanted[new_at..][..slots(&new)].copy_from_slice(&expected(&old, &new, head));
        let differs = found.iter().zip(&wanted).position(|(found, wanted)| found != wanted);
        prop_assert!(differs.is_none(), "slot {:?}: old at {old_at}, new at {new_at}", differs);
    }

    #[test]
    fn whatever_the_shapes_are_nothing_lies_outside_a_block(
        old in any_instance(),
        new in any_instance(),
    ) {
        let [from, to] = [&old, &new].map(slots);
        let contents = [carry(&old, &new), Some(aither::memory::carry::phases(&old, &new))];
        for content in contents.into_iter().flatten() {
            for run in &content.runs {
                prop_assert!(run.from + run.slots <= from && run.to + run.slots <= to, "{:?}", run);
            }
            for ring in &content.rings {
                let inside = ring.from + ring.from_slots <= from && ring.to + ring.to_slots <= to;
                prop_assert!(inside && ring.head < old.cells as usize, "{:?}", ring);
                prop_assert!(ring.from_slots.is_power_of_two() && ring.to_slots.is_power_of_two());
            }
            let to_run = |run: &aither::memory::carry::Run| (run.to, run.slots);
            let mut written = content.runs.iter().map(to_run).collect::<Vec<_>>();
            written.extend(content.rings.iter().map(|ring| (ring.to, ring.to_slots)));
            written.sort_unstable();
            prop_assert!(written.windows(2).all(|pair| pair[0].0 + pair[0].1 <= pair[1].0), "written twice: {:?}", written);
        }
    }
}

/// Anything that passes the verifier, and then some: uneven channels, rooms, heads and phases anywhere.
fn any_instance() -> impl Strategy<Value = Instance> {
    let line = (0..70_u32, prop::option::of(0..6_u32)).prop_map(|(slots, head)| Line { slots, reach: slots, head });
    let round = (0..7_u32, 0..6_u32).prop_map(|(size, head)| Line { slots: 1 << size, reach: 1, head: Some(head) });
    let lines = vec(prop_oneof![1 => line, 3 => round], 0..5);
    (0..4_u32, 0..7_u32, lines, btree_set(0..7_u32, 0..5), any::<bool>()).prop_map(
        |(channels, cells, lines, phases, room)| {
            let phases = phases.into_iter().filter(|cell| *cell < cells).collect();
            Instance { channels, cells, lines, phases, room, ..instance(1, 0, &[]) }
        },
    )
}

#[test]
fn messages_behind_a_transaction_that_still_copies_keep_their_order() {
    let (old, new) = (instance(1, 1, &[(1024, 0)]), instance(1, 1, &[(2048, 0)]));
    let arena = Arena::reserve(4096).unwrap();
    fill(&arena, 0, block(&old, 5));
    let mut stage =
        Stage::with(Settings { channels: 1, max_signals: 4, envelopes: 4, slice: 128, ..Settings::default() });
    let slot = stage.start(writer(&old, &arena, 0));
    let other = stage.start(level(&[0.125]));
    stage.mono(1);
    stage.events();
    let (moves, copies) = work(&arena, &carry(&old, &new).unwrap(), 0, 2000);
    let first = stage.send(vec![Change::Install(Install::new(slot, level(&[0.3])).moves(moves).copies(copies))]);
    let second = stage.replace(other, level(&[0.25]), aither::engine::Join::Stop, Vec::new(), 0);
    // A new program brings its own gain, so that this one counts for nothing if it comes first.
    let third = stage.control.command(Command::Gain { slot: other, linear: 0.5, seconds: 0.0 }).unwrap();
    let sound = stage.mono(20);
    // 128 of 1024 in each quantum, the first at once.
    let at = 64 + 7 * 64;
    let told = stage.events();
    let frame = |ticket| {
        told.iter().find_map(|event| match event {
            Event::Applied { ticket: of, frame, .. } if *of == ticket => Some(*frame),
            _ => None,
        })
    };
    assert_eq!([frame(first), frame(second), frame(third)], [Some(at); 3]);
    assert!(sound[..7 * 64].iter().all(|sample| *sample == 0.25 + 0.125), "the old sound goes on");
    assert!(sound[7 * 64..].iter().all(|sample| *sample == 0.3 + 0.125));
    assert!(stage.control.collect().settled.contains(&first));
}

#[test]
fn a_renderer_that_goes_while_it_copies_takes_everything_along() {
    let (old, new) = (instance(1, 1, &[(1024, 0)]), instance(1, 1, &[(2048, 0)]));
    let arena = Arena::reserve(4096).unwrap();
    let mut stage =
        Stage::with(Settings { channels: 1, max_signals: 4, envelopes: 4, slice: 1, ..Settings::default() });
    let slot = stage.start(writer(&old, &arena, 0));
    let (moves, copies) = work(&arena, &carry(&old, &new).unwrap(), 0, 2000);
    stage.send(vec![Change::Install(Install::new(slot, level(&[0.5])).moves(moves).copies(copies))]);
    stage.mono(3);
    drop(stage);
    assert_eq!(Arc::strong_count(&arena), 1, "the machines that kept the arena are gone");
}
