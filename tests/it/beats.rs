//! What keeps to the beat: steps, ramps and ticks against exact fractions. What saves and commands do to the tempo is tested in `session`.

use aither::compile::BackEnd;
use aither::engine::Transport;
use aither::helpers::{Helper, Kind};
use aither::ir::call::QUANTUM;

use crate::claims::Kept;
use crate::stand::{Fed, Stand, helper, program};

/// Renders a helper at a tempo.
fn at_tempo(helper: &'static Helper, rate: u32, bpm: f64, fed: &[Fed], frames: usize) -> Vec<f64> {
    let mut stand = Stand::new(&program(helper, f64::from(rate), fed), BackEnd::Auto);
    stand.lent.transport = Transport::new(rate);
    stand.lent.transport.set(bpm);
    stand.render(frames, &[QUANTUM]).remove(0)
}

/// The first frame of a step: the smallest one that is not before so many steps of so many beats, a fraction.
fn first_frame(step: u64, (beats, of): (u64, u64), rate: u32, bpm: u64) -> u64 {
    (step * beats * 60 * u64::from(rate)).div_ceil(of * bpm)
}

/// Measures [`aither::helpers::Claim::OnTheBeat`]: tables go up and down, and each jump by half or more that follows on none
/// is a beginning.
pub fn on_the_beat(helper: &'static Helper, argument: &str) -> Kept {
    for (rate, bpm) in [(44_100, 120), (48_000, 130), (96_000, 93), (48_000, 1000)] {
        for (beats, of) in [(1, 1), (1, 3), (3, 8), (1, 10), (7, 5)] {
            let fed = helper.arguments.iter().map_while(|known| match (known.kind, known.default) {
                (Kind::Numbers, _) => Some(Fed::Numbers(vec![0.0, 1.0])),
                _ if known.name == argument => Some(Fed::Number(beats as f64 / of as f64)),
                (_, default) => default.map(Fed::Number),
            });
            let sound = at_tempo(helper, rate, bpm as f64, &fed.collect::<Vec<_>>(), 2 * rate as usize);
            let jumps = sound.windows(2).map(|pair| (pair[1] - pair[0]).abs() >= 0.5).collect::<Vec<_>>();
            let begins = |at: &usize| jumps[*at] && (*at == 0 || !jumps[at - 1]);
            let found = (0..jumps.len()).filter(begins).map(|at| at as u64 + 1).filter(|at| *at > 1);
            let wanted = (1..).map(|step| first_frame(step, (beats, of), rate, bpm));
            let wanted = wanted.take_while(|frame| *frame < sound.len() as u64);
            let (found, wanted) = (found.collect::<Vec<_>>(), wanted.collect::<Vec<_>>());
            if found != wanted {
                let differs = found.iter().zip(&wanted).position(|(found, wanted)| found != wanted);
                let at = differs.unwrap_or(found.len().min(wanted.len()));
                return Err(format!(
                    "{beats}/{of} beats, {bpm} bpm, {rate} Hz: beginning {at} in frame {:?}, expected {:?}",
                    found.get(at),
                    wanted.get(at)
                ));
            }
        }
    }
    Ok(())
}

#[test]
fn the_second_of_two_steps_swings_and_the_first_stays() {
    for (swing, of) in [(2_u64, 3_u64), (3, 5), (1, 2), (3, 4)] {
        let fed = [Fed::Number(0.25), Fed::Number(swing as f64 / of as f64)];
        let ticks = at_tempo(helper("every"), 48_000, 125.0, &fed, 96_000);
        let found = ticks.iter().enumerate().filter(|(_, tick)| **tick == 1.0).map(|(frame, _)| frame as u64);
        // A pair of sixteenths at 125 bpm takes 11520 frames.
        let wanted = (0..9).flat_map(|pair| [pair * 11_520, pair * 11_520 + (11_520 * swing).div_ceil(of)]);
        assert_eq!(
            found.collect::<Vec<_>>(),
            wanted.filter(|frame| *frame < 96_000).collect::<Vec<_>>(),
            "{swing}/{of}"
        );
        let ramp = at_tempo(helper("beat"), 48_000, 125.0, &fed, 96_000);
        let table = [vec![Fed::Numbers(vec![3.0, -1e-9, 7.5])], fed.to_vec()].concat();
        let steps = at_tempo(helper("seq"), 48_000, 125.0, &table, 96_000);
        let mut number = 0;
        for (frame, tick) in ticks.iter().enumerate() {
            number += usize::from(*tick == 1.0);
            assert_eq!(steps[frame], [3.0, -1e-9, 7.5][(number - 1) % 3], "frame {frame}");
            assert!(*tick == 0.0 || ramp[frame] < 1e-3, "frame {frame}: {}", ramp[frame]);
        }
    }
}

#[test]
fn a_bent_ramp_is_in_its_middle_where_the_swing_says() {
    let ramp = (0..4096).map(|n| f64::from(n) / 4096.0).collect::<Vec<_>>();
    let bent = crate::stand::mono("swing", &[Fed::Signal(ramp), Fed::Number(0.75)], 4096);
    assert_eq!((bent[0], bent[1536], bent[3072], bent[3584]), (0.0, 0.25, 0.5, 0.75));
    assert!(bent.windows(2).all(|pair| pair[0] < pair[1]));
}

#[test]
fn rhythms_strike_where_their_pattern_says_whether_hits_move_or_not() {
    let strikes = |hits: Fed, rotation: f64| {
        let fed = [hits, Fed::Number(8.0), Fed::Number(rotation)];
        let gate = at_tempo(helper("euclid"), 48_000, 120.0, &fed, 96_000);
        let step = |n: usize| &gate[n * 6000..][..6000];
        let struck = |n: usize| {
            let ones = step(n).iter().filter(|gate| **gate == 1.0).count();
            assert!(ones == 0 || ones == 3000 && step(n)[0] == 1.0, "step {n}: {ones}");
            if ones == 0 { '.' } else { 'x' }
        };
        (0..16).map(struck).collect::<String>()
    };
    assert_eq!(strikes(Fed::Number(3.0), 0.0), "x..x..x.x..x..x.");
    assert_eq!(strikes(Fed::Number(5.0), 0.0), "x.xx.xx.x.xx.xx.");
    assert_eq!(strikes(Fed::Number(5.9), 1.0), ".xx.xx.x.xx.xx.x");
    assert_eq!(strikes(Fed::Number(3.0), -1.0), ".x..x..x.x..x..x");
    assert_eq!(strikes(Fed::Number(64.0), 64.0), "xxxxxxxxxxxxxxxx");
    assert_eq!(strikes(Fed::Number(0.0), 0.0), "................");
    let moving = (0..1 << 16).map(|frame| if frame < 48_000 { 3.0 } else { 5.2 }).collect();
    assert_eq!(strikes(Fed::Signal(moving), 0.0), "x..x..x.x.xx..x.", "the table goes round");
}

#[test]
fn degrees_go_on_over_the_octave_and_what_is_between_two_notes_goes_to_the_nearest() {
    let semitones = |name: &str, moving: Vec<f64>| {
        let count = moving.len();
        let scale = Fed::Numbers(vec![0.0, 3.0, 5.0, 7.0, 10.0]);
        let found = at_tempo(helper(name), 48_000, 120.0, &[Fed::Signal(moving), scale, Fed::Number(110.0)], count);
        found.iter().map(|hertz| (12.0 * (hertz / 110.0).log2() * 1e9).round() / 1e9).collect::<Vec<_>>()
    };
    let degrees = vec![0.0, 1.0, 2.9, 4.0, 5.0, -1.0, -5.0, -5.1];
    assert_eq!(semitones("degree", degrees), [0.0, 3.0, 5.0, 10.0, 12.0, -2.0, -12.0, -14.0]);
    let played = [0.0, 1.4, 1.6, 8.4, 8.6, 11.2, -1.1, -26.2].map(|semitones: f64| 110.0 * (semitones / 12.0).exp2());
    assert_eq!(semitones("quantize", played.to_vec()), [0.0, 0.0, 3.0, 7.0, 10.0, 12.0, -2.0, -26.0]);
}

#[test]
fn steps_of_a_length_that_moves_keep_to_the_transport() {
    // Between one beat and half of one there is no tick that is not a multiple of what holds.
    let lengths = (0..1 << 16).map(|frame| if frame % 40_000 < 20_000 { 1.0 } else { 0.5 }).collect::<Vec<_>>();
    let ticks = at_tempo(helper("every"), 48_000, 120.0, &[Fed::Signal(lengths)], 1 << 16);
    let found = ticks.iter().enumerate().filter(|(_, tick)| **tick == 1.0).map(|(frame, _)| frame);
    assert_eq!(found.collect::<Vec<_>>(), [0, 24_000, 36_000, 48_000, 60_000]);
}
