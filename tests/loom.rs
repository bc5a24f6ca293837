//! The hand-over between the control thread and the audio thread, under every order of events that the memory model allows.
//!
//! A block of memory is a cell that loom watches: a program on the audio side writes to it in every quantum, and the control
//! side as soon as the books say that it is free. If the two can meet, or the one can miss what the other wrote, loom finds
//! the order of events in which they do. A panic of a program is caught by the renderer and told, so each model looks for that.

use std::ptr;
use std::sync::Arc;

use aither::engine::{
    self, Change, Command, Control, Event, Extents, Ghost, Install, Join, Keepsake, LineCopy, Machine, Parts, Renderer,
    Settings, SlotId, Transaction, alarm,
};
use aither::ir::call::{Call, QUANTUM, Run};
use aither::memory::Arena;
use loom::cell::UnsafeCell;
use loom::thread;

/// Runs a model under all orders of events with at most so many turns where a thread is interrupted.
fn explore(turns: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(turns);
    builder.max_branches = 100_000;
    builder.check(model);
}

/// A block of memory that loom watches.
#[derive(Clone)]
struct Block(Arc<UnsafeCell<u64>>);

// SAFETY: whether two threads use it at once is what loom finds out.
unsafe impl Send for Block {}

impl Block {
    fn new() -> Block {
        Block(Arc::new(UnsafeCell::new(0)))
    }

    fn write(&self, value: u64) {
        // SAFETY: loom panics where somebody else uses it.
        self.0.with_mut(|place| unsafe { *place = value });
    }

    fn read(&self) -> u64 {
        // SAFETY: as above.
        self.0.with(|place| unsafe { *place })
    }
}

/// Counts in its block as many quanta as it is told, the last of which may give no number.
struct Program {
    block: Block,
    quanta: u64,
    poisoned: bool,
}

impl Run for Program {
    unsafe fn run(&mut self, call: &Call) {
        if self.quanta > 0 {
            self.block.write(self.block.read() + 1);
            self.quanta -= 1;
        }
        let sample = if self.quanta == 0 && self.poisoned { f64::NAN } else { 0.25 };
        for frame in 0..call.frames as usize {
            // SAFETY: the machine has one channel.
            unsafe { call.output.add(frame).write(sample) };
        }
    }

    fn code_bytes(&self) -> usize {
        0
    }
}

fn machine(block: &Block) -> Box<Machine> {
    machine_of(Program { block: block.clone(), quanta: u64::MAX, poisoned: false })
}

fn machine_of(program: Program) -> Box<Machine> {
    let extents = Extents { constants: 0, spans: 0, faults: 0, channels: 1, ears: 0 };
    let arena = Arena::reserve(extents.slots()).unwrap();
    let (run, room) = (Box::new(program), arena.at(0));
    let parts = Parts {
        run,
        constants: &[],
        spans: &[],
        faults: 0,
        channels: 1,
        shape: None,
        ears: 0,
        beats: false,
        room,
        keep: Box::new(arena),
    };
    // SAFETY: the program has neither constants nor spans, and the room is what its extents ask for.
    unsafe { Machine::new(parts) }
}

/// The control side and its books.
struct Desk {
    control: Control,
    events: Vec<Event>,
    settled: Vec<u64>,
    freed: Vec<SlotId>,
}

fn start(envelopes: usize, commands: usize, events: usize) -> (Desk, Renderer) {
    let settings =
        Settings { channels: 1, max_signals: 1, envelopes, commands, events, slice: 1, ..Settings::default() };
    let (renderer, control) = engine::new(settings);
    (Desk { control, events: Vec::new(), settled: Vec::new(), freed: Vec::new() }, renderer)
}

impl Desk {
    fn try_send(&mut self, changes: Vec<Change>, order: Vec<SlotId>) -> Option<u64> {
        self.control.send(Transaction { changes, order, ..Transaction::default() }).ok()
    }

    fn install(&mut self, slot: SlotId, machine: Box<Machine>, join: Join, frames: u32) -> u64 {
        self.try_send(vec![Change::Install(Install::new(slot, machine).join(join, frames))], vec![slot]).unwrap()
    }

    /// Takes home what is there, and says whether a transaction is settled.
    fn settles(&mut self, ticket: u64) -> bool {
        let home = self.control.collect();
        self.settled.extend(&home.settled);
        self.freed.extend(&home.freed);
        self.settled.contains(&ticket)
    }

    fn listen(&mut self) {
        self.events.extend(std::iter::from_fn(|| self.control.poll()));
    }

    /// Everybody is done: nothing went wrong, and nothing is left behind once some more quanta are over.
    fn close(mut self, mut renderer: Renderer) {
        for _ in 0..4 {
            renderer.render_quantum();
        }
        self.settles(0);
        self.listen();
        let wrong =
            self.events.iter().find(|event| matches!(event, Event::Panicked { .. } | Event::Interrupted { .. }));
        assert_eq!(wrong, None);
        assert_eq!(self.control.lent(), 0);
    }
}

/// The audio thread: so many quanta.
fn audio(mut renderer: Renderer, quanta: usize) -> thread::JoinHandle<Renderer> {
    thread::spawn(move || {
        for _ in 0..quanta {
            renderer.render_quantum();
        }
        renderer
    })
}

/// A program gives way to another in so many frames; its block is used again as soon as the books say so.
fn a_block_is_used_again(frames: u32, join: fn() -> Join, turns: usize) {
    explore(turns, move || {
        let (mut desk, mut renderer) = start(3, 1, 4);
        let (one, other) = (Block::new(), Block::new());
        let slot = desk.control.claim().unwrap();
        desk.install(slot, machine(&one), Join::Stop, 0);
        renderer.render_quantum();
        let playing = audio(renderer, 3);
        let ticket = desk.install(slot, machine(&other), join(), frames);
        for _ in 0..2 {
            if desk.settles(ticket) {
                one.write(0);
                desk.install(slot, machine(&one), Join::Stop, 0);
                break;
            }
            thread::yield_now();
        }
        desk.close(playing.join().unwrap());
    });
}

#[test]
fn a_block_that_is_settled_can_be_used_again_at_once() {
    a_block_is_used_again(0, || Join::Stop, 3);
}

#[test]
fn a_block_is_not_settled_while_its_program_fades_out_on_it() {
    a_block_is_used_again(QUANTUM as u32, || Join::Own, 3);
}

#[test]
fn a_block_is_not_settled_while_its_program_fades_out_on_a_copy() {
    // SAFETY: the programs have no spans.
    a_block_is_used_again(
        QUANTUM as u32,
        || Join::Copy(unsafe { Ghost::new(&[], ptr::dangling_mut(), Box::new(())) }),
        2,
    );
}

#[test]
fn a_program_that_gives_way_twice_holds_back_what_was_released_after_it() {
    explore(2, || {
        let (mut desk, mut renderer) = start(4, 1, 4);
        let (one, other) = (Block::new(), Block::new());
        let slot = desk.control.claim().unwrap();
        desk.install(slot, machine(&one), Join::Stop, 0);
        renderer.render_quantum();
        let playing = audio(renderer, 3);
        // The first program fades out on its block, which the second one shares and the third gives up.
        desk.install(slot, machine(&other), Join::Own, 2 * QUANTUM as u32);
        let ticket = desk.install(slot, machine(&other), Join::Stop, 0);
        for _ in 0..2 {
            if desk.settles(ticket) {
                one.write(0);
                break;
            }
            thread::yield_now();
        }
        desk.close(playing.join().unwrap());
    });
}

#[test]
fn a_slot_whose_signal_is_gone_is_free_with_its_block() {
    explore(3, || {
        let (mut desk, mut renderer) = start(3, 1, 4);
        let block = Block::new();
        let slot = desk.control.claim().unwrap();
        desk.install(slot, machine(&block), Join::Stop, 0);
        renderer.render_quantum();
        let playing = audio(renderer, 3);
        let ticket = desk.try_send(vec![Change::Remove { slot, frames: QUANTUM as u32 }], vec![]).unwrap();
        for _ in 0..2 {
            if desk.settles(ticket) {
                assert_eq!(desk.freed, [slot]);
                assert_eq!(desk.control.claim(), Some(slot));
                block.write(0);
                desk.install(slot, machine(&block), Join::Stop, 0);
                break;
            }
            thread::yield_now();
        }
        desk.close(playing.join().unwrap());
    });
}

#[test]
fn a_command_beside_a_swap_takes_effect_in_its_turn() {
    explore(3, || {
        let (mut desk, renderer) = start(2, 2, 4);
        let block = Block::new();
        let slot = desk.control.claim().unwrap();
        let playing = audio(renderer, 2);
        let first = desk.install(slot, machine(&block), Join::Stop, 0);
        let second = desk.control.command(Command::Mute { slot, on: true, seconds: 0.0 }).unwrap();
        desk.listen();
        let mut renderer = playing.join().unwrap();
        renderer.render_quantum();
        desk.listen();
        let taken = desk.events.iter().filter_map(|event| match event {
            Event::Applied { ticket, frame, .. } => Some((*ticket, *frame)),
            _ => None,
        });
        let taken = taken.collect::<Vec<_>>();
        assert_eq!(taken.iter().map(|(ticket, _)| *ticket).collect::<Vec<_>>(), [first, second]);
        assert!(taken[0].1 <= taken[1].1, "{taken:?}");
        assert!(renderer.render_quantum().iter().all(|sample| *sample == 0.0), "it is mute");
        desk.close(renderer);
    });
}

#[test]
fn whoever_sees_that_a_machine_has_stopped_sees_its_memory_as_it_left_it() {
    explore(3, || {
        let (mut desk, renderer) = start(2, 1, 4);
        let block = Block::new();
        let slot = desk.control.claim().unwrap();
        let machine = machine_of(Program { block: block.clone(), quanta: 2, poisoned: true });
        let frozen = machine.frozen();
        desk.install(slot, machine, Join::Stop, 0);
        let playing = audio(renderer, 3);
        for _ in 0..2 {
            if frozen.get() {
                assert_eq!(block.read(), 2);
                block.write(7);
                break;
            }
            thread::yield_now();
        }
        desk.close(playing.join().unwrap());
    });
}

#[test]
fn whoever_sees_that_a_keepsake_is_complete_sees_what_was_written_before() {
    explore(3, || {
        let (mut desk, renderer) = start(2, 1, 4);
        let block = Block::new();
        let slot = desk.control.claim().unwrap();
        // A ring that takes two quanta to copy, and a program that writes in the first of them.
        let mut rings = Box::new([[0_u64; 4 * QUANTUM]; 2]);
        let head = Box::new(4 * QUANTUM as u64);
        let [from, to] = rings.each_mut().map(|ring| ring.as_mut_ptr());
        let last = 4 * QUANTUM as u64 - 1;
        // SAFETY: the rings and the head live in the keepsake, and nobody else uses them.
        let copy = unsafe { LineCopy::new(from, last, to, last, &raw const *head) };
        let keepsake = Keepsake::new(vec![slot], Vec::new(), vec![copy], Box::new((rings, head)));
        let progress = keepsake.progress();
        let playing = audio(renderer, 3);
        let machine = machine_of(Program { block: block.clone(), quanta: 1, poisoned: false });
        let changes = vec![Change::Install(Install::new(slot, machine))];
        let sent = desk.control.send(Transaction {
            keepsakes: vec![keepsake],
            changes,
            order: vec![slot],
            ..Transaction::default()
        });
        assert!(sent.is_ok());
        for _ in 0..2 {
            if progress.is_done() {
                assert_eq!(block.read(), 1);
                break;
            }
            thread::yield_now();
        }
        desk.close(playing.join().unwrap());
    });
}

#[test]
fn a_full_ring_is_told_and_loses_nothing_that_must_come_home() {
    explore(2, || {
        let (mut desk, renderer) = start(1, 1, 1);
        let (one, other) = (Block::new(), Block::new());
        let slot = desk.control.claim().unwrap();
        let playing = audio(renderer, 2);
        desk.install(slot, machine(&one), Join::Stop, 0);
        let mut sent = 1;
        for _ in 0..2 {
            desk.settles(0);
            desk.listen();
            let change = Change::Install(Install::new(slot, machine(&other)));
            let free = desk.control.lent() == 0;
            let took = desk.try_send(vec![change], vec![slot]).is_some();
            assert_eq!(took, free, "one envelope can be lent");
            sent += usize::from(took);
            thread::yield_now();
        }
        let mut renderer = playing.join().unwrap();
        renderer.render_quantum();
        desk.listen();
        let applied = desk.events.iter().filter(|event| matches!(event, Event::Applied { .. })).count();
        assert_eq!(applied, sent);
        desk.close(renderer);
    });
}

/// A desk, and a renderer with one program that plays.
fn at_play() -> (Desk, Renderer) {
    let (mut desk, mut renderer) = start(1, 1, 4);
    let slot = desk.control.claim().unwrap();
    desk.install(slot, machine(&Block::new()), Join::Stop, 0);
    assert!(renderer.render_quantum().iter().any(|sample| *sample != 0.0), "it sounds");
    desk.settles(0);
    desk.listen();
    desk.events.clear();
    (desk, renderer)
}

/// Whether all is silent as soon as the master had its 3 ms.
fn falls_silent(renderer: &mut Renderer) -> bool {
    let hush = (alarm::HUSH * 48_000.0) as usize;
    (0..hush.div_ceil(QUANTUM)).for_each(|_| _ = renderer.render_quantum());
    renderer.render_quantum().iter().all(|sample| *sample == 0.0)
}

#[test]
fn an_alarm_is_obeyed_at_the_next_quantum_and_told_whoever_raises_it_and_when() {
    explore(3, || {
        let (mut desk, renderer) = at_play();
        let peers = [(); 2].map(|()| {
            let alarm = desk.control.alarm().clone();
            thread::spawn(move || alarm.raise())
        });
        let playing = audio(renderer, 2);
        desk.listen();
        peers.into_iter().for_each(|peer| peer.join().unwrap());
        let mut renderer = playing.join().unwrap();
        renderer.render_quantum();
        desk.listen();
        let told = desk.events.iter().filter(|event| matches!(event, Event::Silenced { .. })).count();
        assert!((1..=2).contains(&told), "told {told} times");
        assert!(falls_silent(&mut renderer));
        desk.listen();
        let again = desk.events.iter().filter(|event| matches!(event, Event::Silenced { .. })).count();
        assert_eq!(again, told, "what was obeyed is over");
        desk.close(renderer);
    });
}

#[test]
fn an_alarm_is_obeyed_before_whatever_is_sent_after_it() {
    explore(3, || {
        let (mut desk, renderer) = at_play();
        let playing = audio(renderer, 2);
        desk.control.alarm().raise();
        let ticket = desk.control.command(Command::Master { linear: 1.0, seconds: 0.0 }).unwrap();
        let mut renderer = playing.join().unwrap();
        renderer.render_quantum();
        desk.listen();
        let order = desk.events.iter().filter_map(|event| match event {
            Event::Silenced { .. } => Some(0),
            Event::Applied { ticket, .. } => Some(*ticket),
            _ => None,
        });
        assert_eq!(order.collect::<Vec<_>>(), [0, ticket]);
        assert!(!falls_silent(&mut renderer), "the level that was set afterwards holds");
        desk.close(renderer);
    });
}
