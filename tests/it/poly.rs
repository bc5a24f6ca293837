//! Who plays what: notes that come, voices that are taken, and what is heard when all are. What the words are told wrongly stands in `messages`.

use std::sync::Arc;

use aither::compile::BackEnd;
use aither::dsp::float::Float;
use aither::helpers::poly::{Note, Voices};
use aither::ir::{Bound, Builder, F, Place, Program, Type};

use crate::played::lowered;
use crate::stand::{Dice, Stand, play};

const RATE: f64 = 48_000.0;
/// Frames in which a voice that is taken fades and closes its gate, and those after which it counts as silent.
const FADE: usize = 242;
const HUSH: usize = 960;

/// The program of a script's only signal.
fn program(signal: &str) -> Program {
    let text = format!("register(\"x\", {signal});");
    lowered(&text).unwrap_or_else(|error| panic!("{signal}: {error:?}")).program
}

/// What a script's signal gives.
fn heard(signal: &str, frames: usize) -> Vec<Vec<f64>> {
    play(&program(signal), frames)
}

/// A note of a score: from a frame to another, at a frequency and a height.
#[derive(Clone, Copy)]
struct Given(usize, usize, f64, f64);

/// What each voice is told in each frame, where notes are given on one or several channels. A voice sounds as long as its
/// gate is open and `tail` frames longer.
fn told(count: usize, score: &[&[Given]], tail: usize, frames: usize) -> Vec<Vec<(f64, f64)>> {
    let length = frames.next_power_of_two();
    let builder = Builder::new(1 << 20);
    let table = |value: &dyn Fn(usize) -> f64| -> F<'_> {
        let table = builder.table(&(0..length).map(value).collect::<Vec<_>>());
        builder.real(builder.load_at(Type::Real, table, builder.frame(), Bound::Wrap))
    };
    let notes = score.iter().map(|notes| {
        let at = |frame: usize| notes.iter().find(|note| (note.0..note.1).contains(&frame));
        let gate = table(&|frame| at(frame).map_or(0.0, |note| note.3));
        Note { freq: table(&|frame| at(frame).map_or(1.0, |note| note.2)), gate: Some(gate) }
    });
    let notes = notes.collect::<Vec<_>>();
    let voices = Voices::new(&builder, RATE, count, &notes, Place::default());
    // How long each voice goes on sounding is counted in a memory of the test's.
    let sounds = voices.told.iter().map(|&(_, gate)| {
        let left = builder.claim_room(builder.instance("memory", 1, Place::default()), 1, true);
        let held = builder.real(builder.load(Type::Real, left, 0));
        let open = gate.gt(gate.lit(0.0));
        let now = F::select(open, held.lit(tail as f64 + 1.0), (held - 1.0).max(held.lit(0.0)));
        builder.store(left, 0, now.id());
        vec![now.gt(now.lit(0.0)).to_real()]
    });
    let sounds = sounds.collect::<Vec<_>>();
    voices.heard(&sounds);
    let channels = voices.told.iter().flat_map(|&(freq, gate)| [freq, gate]).collect::<Vec<_>>();
    let sound = play(&builder.finish(&channels), frames);
    (0..count).map(|voice| (0..frames).map(|at| (sound[2 * voice][at], sound[2 * voice + 1][at])).collect()).collect()
}

/// The notes that a voice is told, with the frames in which its gate opens and closes.
fn plays(voice: &[(f64, f64)]) -> Vec<(usize, usize, f64, f64)> {
    let mut all: Vec<(usize, usize, f64, f64)> = Vec::new();
    let mut open = false;
    for (frame, &(freq, gate)) in voice.iter().enumerate() {
        match (open, gate > 0.0) {
            (false, true) => all.push((frame, voice.len(), freq, gate)),
            (true, false) => all.last_mut().expect("it opened").1 = frame,
            (true, true) => assert_eq!((freq, gate), (all[all.len() - 1].2, all[all.len() - 1].3), "frame {frame}"),
            _ => {}
        }
        open = gate > 0.0;
    }
    all
}

#[test]
fn every_rise_of_the_gate_takes_a_voice_that_keeps_its_frequency_and_height() {
    let notes = [Given(0, 500, 100.0, 0.3), Given(700, 1200, 200.0, 0.9), Given(1201, 1202, 300.0, 0.5)];
    let voices = told(4, &[&notes], 0, 4096);
    assert_eq!(plays(&voices[0]), [(0, 500, 100.0, 0.3)]);
    assert_eq!(plays(&voices[1]), [(700, 1200, 200.0, 0.9)]);
    assert_eq!(plays(&voices[2]), [(1201, 1202, 300.0, 0.5)]);
    assert_eq!(plays(&voices[3]), []);
    // What frequency and gate do later is not heard.
    let sound = heard(
        "poly(2, |s| 100 + s.frame, |s| if s.frame < 300 { 0.2 + s.frame * 0.001 } else { 0 }, |f, g| [f, g])",
        512,
    );
    assert_eq!((sound[0][250], sound[1][250], sound[1][300]), (100.0, 0.2, 0.0));
}

#[test]
fn a_chord_takes_a_voice_for_each_of_its_notes() {
    let voices = told(4, &[&[Given(10, 90, 1.0, 0.1)], &[Given(10, 50, 2.0, 0.2)], &[Given(20, 80, 3.0, 0.3)]], 0, 128);
    assert_eq!(
        voices.iter().map(|voice| plays(voice)).collect::<Vec<_>>(),
        [vec![(10, 90, 1.0, 0.1)], vec![(10, 50, 2.0, 0.2)], vec![(20, 80, 3.0, 0.3)], vec![]]
    );
    let sound = heard("poly(4, [100, 200, 300], 1, |f, g| f * g)", 64);
    assert_eq!(sound, [vec![600.0; 64]]);
}

#[test]
fn what_rings_is_left_to_ring_while_a_voice_is_silent_and_the_longest_silent_one_goes_first() {
    // Each note rings for 5000 frames; the third one comes while the first two still ring.
    let notes = [
        Given(0, 100, 1.0, 1.0),
        Given(200, 3000, 2.0, 1.0),
        Given(3100, 3200, 3.0, 1.0),
        Given(8000, 8100, 4.0, 1.0),
        Given(20_000, 20_100, 5.0, 1.0),
        Given(20_200, 20_300, 6.0, 1.0),
        Given(20_400, 20_500, 7.0, 1.0),
    ];
    let voices = told(3, &[&notes], 5000, 32_768);
    let first = |voice: usize| plays(&voices[voice]).iter().map(|note| (note.0, note.2)).collect::<Vec<_>>();
    // The first is silent at 5100 + HUSH, the second at 8000 + HUSH, the third at 8200 + HUSH.
    const { assert!(5100 + HUSH < 8000) };
    assert_eq!(first(0), [(0, 1.0), (8000, 4.0), (20_400, 7.0)]);
    assert_eq!(first(1), [(200, 2.0), (20_000, 5.0)]);
    assert_eq!(first(2), [(3100, 3.0), (20_200, 6.0)]);
}

#[test]
fn where_all_ring_the_one_that_was_left_first_fades_and_begins_anew() {
    let notes = [Given(0, 900, 1.0, 1.0), Given(100, 700, 2.0, 1.0), Given(1000, 2000, 3.0, 1.0)];
    // Two notes at a time need two channels.
    let voices = told(2, &[&[notes[0], notes[2]], &[notes[1]]], 50_000, 4096);
    assert_eq!(plays(&voices[0]), [(0, 900, 1.0, 1.0)]);
    assert_eq!(plays(&voices[1]), [(100, 700, 2.0, 1.0), (1000 + FADE - 1, 2000, 3.0, 1.0)]);
}

#[test]
fn the_ninth_of_eight_takes_the_oldest_even_if_it_was_let_go_before_it_began() {
    let mut score = (0..9).map(|n| vec![Given(10 * n, 4000, n as f64 + 1.0, 1.0)]).collect::<Vec<_>>();
    score.push(vec![Given(1000, 1001, 10.0, 0.25)]);
    let voices = told(8, &score.iter().map(Vec::as_slice).collect::<Vec<_>>(), 0, 4096);
    // The ninth comes at 80, the tenth at 1000 for one frame.
    assert_eq!(plays(&voices[0]), [(0, 80 + FADE - 1, 1.0, 1.0), (80 + FADE, 4000, 9.0, 1.0)]);
    assert_eq!(plays(&voices[1]), [(10, 1000 + FADE - 1, 2.0, 1.0), (1000 + FADE, 1001 + FADE, 10.0, 0.25)]);
    for (voice, told) in voices.iter().enumerate().skip(2) {
        assert_eq!(plays(told), [(10 * voice, 4000, voice as f64 + 1.0, 1.0)]);
    }
}

#[test]
fn without_a_gate_a_change_of_the_frequency_is_a_note_and_zero_is_a_rest() {
    let sound = heard("poly(3, wave(480, [100, 200, 200, 0, 300]), |f, g| if g > 0 { f } else { 0 })", 128);
    assert_eq!(sound[0][..20], [100.0; 20]);
    assert_eq!(sound[0][20..60], [200.0; 40]);
    assert_eq!(sound[0][60..80], [0.0; 20]);
    assert_eq!(sound[0][80..100], [300.0; 20]);
}

#[test]
fn a_voice_that_is_taken_while_it_sounds_makes_no_step_and_comes_back_with_its_new_note() {
    for (freq, next) in [(220.0, 330.0), (55.0, 1000.0), (440.0, 441.0)] {
        let signal = format!("poly(1, |s| if s.frame < 3000 {{ {freq} }} else {{ {next} }}, |f, g| osc(f))");
        let sound = heard(&signal, 8192).remove(0);
        let slope = std::f64::consts::TAU * f64::max(freq, next) / RATE;
        // A fade may move by what it takes of the sound in one frame, the return is five times as fast.
        let step = |at: usize| (sound[at] - sound[at - 1]).abs();
        for at in 1..sound.len() {
            let fade = if at < 3000 + FADE { 1.0 / 240.0 } else { 1.0 / 48.0 };
            let fades = if (3000..3000 + FADE + 50).contains(&at) { fade } else { 0.0 };
            assert!(step(at) <= slope + fades + 1e-12, "{} at {at} from {freq} to {next}", step(at));
        }
        assert_eq!(sound[3000 + FADE - 2], 0.0);
        // Then it is the new note in full.
        let whole = &sound[3000 + FADE + 50..];
        let peak = whole.iter().fold(0.0f64, |peak, sample| peak.max(sample.abs()));
        assert!(peak > 0.99, "{peak}");
    }
}

#[test]
fn a_silent_voice_begins_in_the_frame_of_its_note_at_full_level() {
    let sound = heard("poly(2, |s| 100, |s| if s.frame % 4800 == 77 { 1 } else { 0 }, |f, g| g)", 40_000).remove(0);
    for (frame, sample) in sound.iter().enumerate() {
        assert_eq!(*sample, if frame % 4800 == 77 { 1.0 } else { 0.0 }, "frame {frame}");
    }
}

#[test]
fn voices_are_the_same_bits_however_they_are_rendered() {
    let signal = "poly(5, [wave(7, [110, 220, 0, 330]), wave(3, [440, 550])], [wave(11, [0, 1, 0.5]), 1], \
                  |f, g| { let x = saw(f).lpf(f * 4, 0.5); if g > 0 { [x * slew(g, 0.01), noise() * g] } else { [slew(x, 0.001), 0.0] } })";
    let program = Arc::new(program(signal));
    let whole = Stand::new(&program, BackEnd::Auto).render(20_000, &[64]);
    let mut dice = Dice::new(3);
    let splits = (0..31).map(|_| 1 + dice.below(64)).collect::<Vec<_>>();
    assert_eq!(Stand::new(&program, BackEnd::Auto).render(20_000, &splits), whole);
    assert_eq!(Stand::new(&program, BackEnd::Oracle).render(20_000, &[64]), whole);
    assert!(whole.iter().all(|channel| channel.iter().any(|sample| sample.abs() > 0.1)));
}

#[test]
fn in_a_closure_it_plays_the_same() {
    let voice = "|f, g| osc(f) * slew(g, 0.01)";
    let outside = heard(&format!("poly(3, wave(4, [220, 330, 440]), wave(8, [1, 0]), {voice})"), 30_000);
    let inside = heard(&format!("|s| poly(3, wave(4, [220, 330, 440]), wave(8, [1, 0]), {voice})"), 30_000);
    assert_eq!(outside, inside);
}
