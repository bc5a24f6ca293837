//! Programs and listeners that panic, and a renderer that goes on.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aither::device::{self, Plan, Source};
use aither::engine::{Event, Join, Machine, Renderer, Settings, SlotId, Tap, witness};
use aither::heap;
use aither::ir::call::QUANTUM;

use super::stage::*;
use crate::heap::no_heap;

/// Panics without a word, so that the tests are not drowned in them.
fn fall<T: Send + 'static>(payload: T) -> ! {
    heap::allowed(|| resume_unwind(Box::new(payload)))
}

/// Gives its constant, counts frames in its cell if it has one, and panics at a frame.
fn fragile(value: f64, at: u64, memory: Option<&Memory>) -> Box<Machine> {
    let spans: Vec<_> = memory.iter().map(|memory| memory.span(0, 1)).collect();
    let counts = memory.is_some();
    let run = move |now: &Frame| {
        if now.number() == at {
            fall(at);
        }
        now.put(0, now.constant(0));
        if counts {
            now.cell(0).set(now.cell(0).get() + 1.0);
        }
    };
    machine(run, &[value], spans, 1)
}

/// What was told, but for what took effect.
fn told(stage: &mut Stage) -> Vec<Event> {
    stage.events().into_iter().filter(|event| !matches!(event, Event::Applied { .. })).collect()
}

#[test]
fn a_program_that_panics_falls_silent_without_a_step_and_its_next_one_plays() {
    for at in [0, 100, 127, 128] {
        let mut stage = Stage::new(1);
        let slot = stage.start(fragile(0.25, at, None));
        let sound = stage.mono(30);
        let from = at as usize / QUANTUM * QUANTUM;
        assert!(sound[..from].iter().all(|sample| *sample == 0.25));
        assert!(largest_step(&sound) <= 0.25 / 960.0 + 1e-15, "a step of {}", largest_step(&sound));
        assert!(sound[from + 960..].iter().all(|sample| *sample == 0.0), "silent after 20 ms");
        assert_eq!(told(&mut stage), [Event::Panicked { slot, frame: from as u64 }]);
        stage.replace(slot, level(&[0.125]), Join::Own, Vec::new(), 480);
        let sound = stage.mono(10);
        assert!(largest_step(&sound) < 0.13 / 480.0 && sound[479..].iter().all(|sample| *sample == 0.125));
        stage.control.collect();
        assert_eq!(stage.control.lent(), 0);
    }
}

#[test]
fn a_program_that_panics_changes_no_bit_of_the_others_and_its_memory_goes_on() {
    let (mut stage, mut alone) = (Stage::new(1), Stage::new(1));
    let (one, other, own) = (Memory::new(), Memory::new(), Memory::new());
    stage.start(sine(0.01, 0.2, &one));
    alone.start(sine(0.01, 0.2, &other));
    let slot = stage.start(fragile(0.0, 100, Some(&own)));
    let frozen = fragile(0.0, 0, None).frozen();
    assert!(!frozen.get());
    assert!(bits(&stage.mono(40)) == bits(&alone.mono(40)));
    assert_eq!(f64::from_bits(own.bits()[0]), 100.0, "the frames before it panicked");
    stage.replace(slot, fragile(0.0, u64::MAX, Some(&own)), Join::Own, Vec::new(), 0);
    assert!(bits(&stage.mono(40)) == bits(&alone.mono(40)));
    assert_eq!(f64::from_bits(own.bits()[0]), 100.0 + 40.0 * QUANTUM as f64);
}

#[test]
fn a_program_that_panics_while_it_fades_out_does_not_harm_its_successor() {
    let mut stage = Stage::new(1);
    let slot = stage.start(fragile(0.25, 300, None));
    let mut sound = stage.mono(2);
    stage.replace(slot, level(&[0.1]), Join::Own, Vec::new(), 960);
    sound.extend(stage.mono(20));
    assert!(largest_step(&sound) <= 0.16 / 960.0);
    assert_eq!(sound.last(), Some(&0.1));
    assert_eq!(told(&mut stage), []);
    stage.control.collect();
    assert_eq!(stage.control.lent(), 0);
}

/// Panics in the quanta from one to another.
struct Touchy(u64, std::ops::Range<u64>);

impl Tap for Touchy {
    fn hear(&mut self, _: SlotId, _: &[f64], _: &[f64; QUANTUM]) {
        self.0 += 1;
        if self.1.contains(&(self.0 - 1)) {
            fall(());
        }
    }
}

/// So many quanta of the first channel, with a listener.
fn tapped(stage: &mut Stage, quanta: usize, tap: &mut Touchy) -> Vec<f64> {
    let mut sound = Vec::with_capacity(quanta * QUANTUM);
    for _ in 0..quanta {
        sound.extend_from_slice(&no_heap(|| stage.renderer.render_tapped(tap))[..QUANTUM]);
    }
    sound
}

#[test]
fn a_panic_outside_the_programs_glides_to_rest_and_up_again_and_the_clock_goes_on() {
    for length in [1, 2, 3, 5, 40] {
        let mut stage = Stage::new(1);
        stage.start(level(&[0.4]));
        let sound = tapped(&mut stage, 100, &mut Touchy(0, 20..20 + length));
        assert!(sound[..20 * QUANTUM].iter().all(|sample| *sample == 0.4));
        // Two lines of 5 ms may run at a time, one up and one down.
        assert!(largest_step(&sound) <= 0.4 / 240.0 + 1e-12, "{length}: a step of {}", largest_step(&sound));
        let well = (20 + length as usize) * QUANTUM + 240;
        assert!(sound[well..].iter().all(|sample| *sample == 0.4), "{length}: it came up in 5 ms");
        if length == 40 {
            let silence = &sound[40 * QUANTUM..60 * QUANTUM];
            assert!(silence.iter().all(|sample| *sample == 0.0), "it came to rest");
        }
        assert_eq!(stage.renderer.frame(), 100 * QUANTUM as u64);
        assert_eq!(told(&mut stage), [Event::Interrupted { frame: 20 * QUANTUM as u64, times: 1 }]);
    }
}

#[test]
fn a_renderer_that_panics_for_ever_is_silent_obeys_and_says_so_once_a_second() {
    let mut stage = Stage::new(1);
    let slot = stage.start(level(&[0.4]));
    let sound = tapped(&mut stage, 1600, &mut Touchy(0, 0..u64::MAX));
    assert!(sound.iter().all(|sample| *sample == 0.0));
    let once = |quantum: u64, times| Event::Interrupted { frame: quantum * QUANTUM as u64, times };
    assert_eq!(told(&mut stage), [once(0, 1), once(750, 750), once(1500, 750)]);
    stage.replace(slot, level(&[0.2]), Join::Own, Vec::new(), 0);
    tapped(&mut stage, 1, &mut Touchy(0, 0..u64::MAX));
    stage.control.collect();
    assert_eq!(stage.control.lent(), 0, "old programs go home");
    assert_eq!(stage.mono(10).last(), Some(&0.2));
}

#[test]
fn what_a_panic_throws_is_freed_on_the_control_thread() {
    let token = Arc::new(());
    let held = || Arc::strong_count(&token) - 1;
    let mut stage = Stage::new(1);
    let thrown = token.clone();
    let run = move |_: &Frame| fall(Arc::clone(&thrown));
    let slot = stage.start(machine(run, &[], Vec::new(), 1));
    stage.mono(3);
    assert_eq!(held(), 2, "the program's own and what it threw");
    stage.remove(slot, 0);
    stage.mono(1);
    assert_eq!(held(), 2, "it is home and not opened yet");
    drop(stage.control.collect());
    assert_eq!(held(), 0);

    struct Thrower(Arc<()>);
    impl Tap for Thrower {
        fn hear(&mut self, _: SlotId, _: &[f64], _: &[f64; QUANTUM]) {
            fall(Arc::clone(&self.0));
        }
    }
    let slot = stage.start(level(&[0.1]));
    let mut tap = Thrower(token.clone());
    for _ in 0..5 {
        stage.renderer.render_tapped(&mut tap);
    }
    assert_eq!(held(), 6);
    stage.control.collect();
    assert_eq!(held(), 1);
    stage.remove(slot, 0);
    stage.mono(1);
    drop(stage.control.collect());
}

/// The renderer as a device plays it.
struct Played(Renderer);

impl Source for Played {
    fn render(&mut self, out: &mut [f32], channels: usize) {
        self.0.render(out, channels);
    }

    fn is_under_way(&self) -> bool {
        self.0.frame() > 0
    }
}

#[test]
fn a_playing_engine_survives_panics_and_its_next_program_plays() {
    let Stage { renderer, control, playing } = Stage::new(1);
    // Only to send with; the renderer plays elsewhere.
    let (spare, _) = aither::engine::new(aither::engine::Settings::default());
    let mut stage = Stage { renderer: spare, control, playing };
    let slot = stage.start(fragile(0.25, 5000, None));
    let settings = device::Settings { device: Some("no such device".to_owned()), ..device::Settings::default() };
    let (events, news) = crossbeam_channel::bounded(16);
    let plan = Plan { rate: 48_000, channels: 1 };
    let playback = device::start(settings, plan, Box::new(Played(renderer)), events).unwrap();
    let patience = Instant::now() + Duration::from_secs(60);
    let wait_for = |stage: &mut Stage, wanted: &dyn Fn(&Event) -> bool| {
        loop {
            if let Some(found) = stage.events().into_iter().find(wanted) {
                return found;
            }
            assert!(Instant::now() < patience, "it was never told");
            std::thread::sleep(Duration::from_millis(1));
        }
    };
    let panicked = wait_for(&mut stage, &|event| matches!(event, Event::Panicked { .. }));
    assert_eq!(panicked, Event::Panicked { slot, frame: 4992 });
    let ticket = stage.replace(slot, level(&[0.125]), Join::Own, Vec::new(), 64);
    wait_for(&mut stage, &|event| matches!(event, Event::Applied { ticket: this, .. } if *this == ticket));
    assert_eq!(playback.counters().read().panics, 0, "the source never panicked");
    drop(playback.stop());
    assert!(news.try_iter().all(|event| !matches!(event, device::Event::Panicked { .. })));
}

#[test]
fn a_panic_on_the_audio_thread_is_written_down_and_printed_by_nobody() {
    const ALONE: &str = "AITHER_TEST_ALONE";
    let name = "engine::panics::a_panic_on_the_audio_thread_is_written_down_and_printed_by_nobody";
    if std::env::var_os(ALONE).is_none() {
        // What listens to panics is one for the whole process.
        let this = std::env::current_exe().unwrap();
        let output =
            std::process::Command::new(this).args(["--exact", name, "--nocapture"]).env(ALONE, "1").output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(output.status.success() && said.contains("1 passed"), "{said}");
        assert!(!said.contains("as the test wants it") && said.contains("outside"), "{said}");
        return;
    }
    witness::listen();
    let mut stage =
        Stage::with(Settings { channels: 1, max_signals: 32, envelopes: 32, events: 32, ..Settings::default() });
    let run = |now: &Frame| assert!(now.number() != 100, "as the test wants it, at {}", now.number());
    stage.start(machine(run, &[], Vec::new(), 1));
    stage.mono(3);
    let (lines, more) = witness::read();
    assert!(lines.len() == 1 && more == 0, "{lines:?}");
    assert!(lines[0].starts_with(file!()) && lines[0].ends_with(": as the test wants it, at 100"), "{lines:?}");
    for _ in 0..20 {
        stage.start(machine(|_| panic!("and again"), &[], Vec::new(), 1));
        stage.mono(1);
    }
    let (lines, more) = witness::read();
    assert_eq!((lines.len(), lines.len() as u64 + more), (8, 20), "{lines:?}");
    assert_eq!(witness::read(), (Vec::new(), 0));
    assert!(std::panic::catch_unwind(|| panic!("outside")).is_err());
    assert_eq!(witness::read(), (Vec::new(), 0));
}
