//! Whatever renders is watched by the counting heap, whether or not a test says so.

use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};

use aither::engine::{SlotId, Tap};
use aither::heap;
use aither::ir::call::QUANTUM;

use super::stage::*;

/// A way to have an engine rendered.
type Way = fn(&mut Stage);

/// Every way.
const WAYS: [Way; 4] = [
    |stage| _ = stage.renderer.render_quantum(),
    |stage| _ = stage.renderer.render_tapped(&mut ()),
    |stage| stage.renderer.render(&mut [0.0; 7], 1),
    |stage| stage.renderer.render_f64(&mut [0.0; 7]),
];

fn complaint(stage: &mut Stage, way: impl FnOnce(&mut Stage)) -> Option<String> {
    let fault = catch_unwind(AssertUnwindSafe(|| way(stage))).err()?;
    Some(*fault.downcast::<String>().unwrap())
}

#[test]
fn a_program_that_calls_the_heap_fails_the_test_that_plays_it_however_it_is_rendered() {
    for way in WAYS {
        let mut stage = Stage::new(1);
        stage.start(machine(|frame| frame.put(0, *black_box(Box::new(0.1))), &[], Vec::new(), 1));
        let found = complaint(&mut stage, way);
        assert_eq!(found.as_deref(), Some("heap calls where none may be: 64 allocations, 64 frees, 0 moves"));
        let mut quiet = Stage::new(1);
        quiet.start(level(&[0.1]));
        assert_eq!(complaint(&mut quiet, way), None);
    }
}

#[test]
fn a_tap_calls_the_heap_with_leave_only() {
    struct Writer(Vec<f64>, bool);
    impl Tap for Writer {
        fn hear(&mut self, _: SlotId, voice: &[f64], _: &[f64; QUANTUM]) {
            if self.1 { heap::allowed(|| self.0.extend(voice)) } else { self.0.extend(voice) }
        }
    }
    for leave in [false, true] {
        let mut stage = Stage::new(1);
        stage.start(level(&[0.1]));
        let found = complaint(&mut stage, |stage| _ = stage.renderer.render_tapped(&mut Writer(Vec::new(), leave)));
        assert_eq!(found.is_none(), leave, "{found:?}");
    }
}
