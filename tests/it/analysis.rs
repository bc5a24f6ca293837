//! Measures of sounds that are known: each figure against what it must be by arithmetic.

use std::f64::consts::TAU;

use aither::analysis::{FULL, Figures, Listener};

const RATE: f64 = 48_000.0;

/// Three seconds of a function of time in seconds.
fn sound(shape: impl Fn(f64) -> f64) -> Vec<f64> {
    (0..144_000).map(|frame| shape(f64::from(frame) / RATE)).collect()
}

fn sine(hertz: f64, amplitude: f64) -> Vec<f64> {
    sound(|time| amplitude * (TAU * hertz * time).sin())
}

/// White noise between -1 and 1, the same each time.
fn noise() -> Vec<f64> {
    let mut dice = fastrand::Rng::with_seed(7);
    (0..144_000).map(|_| 2.0 * dice.f64() - 1.0).collect()
}

/// What is heard of some channels, in pieces of so many frames.
fn in_pieces(channels: &[&[f64]], piece: usize) -> Figures {
    let total = channels[0].len();
    let mut listener = Listener::new(RATE, channels.len(), total as u64);
    for start in (0..total).step_by(piece) {
        let block = channels.iter().map(|channel| &channel[start..(start + piece).min(total)]).collect::<Vec<_>>();
        listener.hear(&block);
    }
    listener.figures()
}

fn heard(channels: &[&[f64]]) -> Figures {
    in_pieces(channels, 1000)
}

#[track_caller]
fn near(what: &str, found: Option<f64>, wanted: f64, within: f64) {
    let found = found.unwrap_or_else(|| panic!("{what}: nothing, expected {wanted}"));
    assert!((found - wanted).abs() <= within, "{what}: found {found}, expected {wanted} within {within}");
}

#[test]
fn a_sine_has_the_level_the_loudness_the_pitch_and_the_only_peak_that_it_must_have() {
    let tone = sine(997.0, 0.5);
    let figures = heard(&[&tone, &tone]);
    near("peak", figures.level.peak, -6.0206, 0.001);
    near("true peak", figures.level.true_peak, -6.0206, 0.05);
    near("rms", figures.level.rms, -9.0309, 0.001);
    // EBU Tech 3341, case 1: a stereo sine of 1 kHz is as loud in LUFS as its peak in decibels.
    near("loudness", figures.level.loudness, -6.0206, 0.1);
    near("pitch", figures.pitch.map(|pitch| pitch.hertz), 997.0, 0.005);
    near("clarity", figures.pitch.map(|pitch| pitch.clarity), 1.0, 1e-3);
    near("centroid", figures.centroid, 997.0, 0.5);
    assert_eq!((figures.peaks.len(), figures.level.clipped, figures.level.clips), (1, 0, 0), "{:?}", figures.peaks);
    near("frequency of the peak", Some(figures.peaks[0].hertz), 997.0, 0.05);
    near("level of the peak", Some(figures.peaks[0].level), -6.0206, 0.05);
    assert!(figures.level.dc.iter().all(|dc| dc.abs() < 1e-6) && figures.pitched == 1.0, "{figures:?}");
}

#[test]
fn a_pitch_is_found_from_the_deepest_to_the_highest_key_within_a_cent() {
    for hertz in [27.5, 41.2, 55.0, 110.3, 440.0, 1046.5, 2500.7, 4186.0] {
        let pitch = heard(&[&sine(hertz, 0.3)]).pitch.expect("a sine has a pitch").hertz;
        let cents = 1200.0 * (pitch / hertz).log2();
        assert!(cents.abs() < 1.0, "{hertz} Hz is found as {pitch}, {cents} cents off");
    }
}

#[test]
fn the_fundamental_of_a_tone_is_its_period_even_where_it_is_missing() {
    let missing = sound(|time| (2..=6).map(|nth| 0.1 * (TAU * 110.0 * f64::from(nth) * time).sin()).sum());
    near("pitch", heard(&[&missing]).pitch.map(|pitch| pitch.hertz), 110.0, 0.02);
    let buzz = sound(|time| 2.0 * (82.4 * time).fract() - 1.0);
    near("pitch", heard(&[&buzz]).pitch.map(|pitch| pitch.hertz), 82.4, 0.02);
    // Loud overtones do not make it an octave higher.
    let bright = sound(|time| 0.2 * (TAU * 220.0 * time).sin() + 0.5 * (TAU * 440.0 * time).sin());
    near("pitch", heard(&[&bright]).pitch.map(|pitch| pitch.hertz), 220.0, 0.05);
}

#[test]
fn noise_has_no_pitch_and_no_peaks_and_its_centre_is_a_quarter_of_the_rate() {
    let figures = heard(&[&noise()]);
    assert_eq!((figures.pitch, figures.peaks.len()), (None, 0), "{:?}", figures.peaks);
    assert_eq!(figures.pitched, 0.0);
    near("centroid", figures.centroid, RATE / 4.0, 150.0);
    // Evenly spread between -1 and 1.
    near("rms", figures.level.rms, -4.7712, 0.03);
}

#[test]
fn a_clipped_sine_tells_how_often_and_for_how_long() {
    let clipped = sound(|time| (2.0 * (TAU * 100.0 * time).sin()).clamp(-1.0, 1.0));
    let figures = heard(&[&clipped, &sine(100.0, 0.9)]);
    let full = clipped.iter().filter(|sample| sample.abs() >= FULL).count();
    assert_eq!((figures.level.clipped, figures.level.clips), (full as u64, 600), "twice in each of 300 periods");
    near("peak", figures.level.peak, 0.0, 0.0);
    // Which side it is does not matter, nor that both clip one after the other without a pause.
    let square = sound(|time| if (50.0 * time).fract() < 0.5 { 1.5 } else { -1.5 });
    let figures = heard(&[&square]);
    assert_eq!((figures.level.clipped, figures.level.clips), (144_000, 1));
    near("peak", figures.level.peak, 3.5218, 1e-3);
}

#[test]
fn what_lies_between_samples_is_in_the_true_peak() {
    // Samples at 45, 135 … degrees: never at the top.
    let quarter = sound(|time| (TAU * (12_000.0 * time + 0.125)).sin());
    let figures = heard(&[&quarter]);
    near("peak", figures.level.peak, -3.0103, 0.001);
    near("true peak", figures.level.true_peak, 0.0, 0.3);
}

#[test]
fn an_offset_is_told_for_each_channel_and_is_no_tone() {
    let figures = heard(&[&sound(|_| 0.25), &sound(|_| -0.1)]);
    near("left", figures.level.dc.first().copied(), 0.25, 1e-12);
    near("right", figures.level.dc.get(1).copied(), -0.1, 1e-12);
    assert_eq!((figures.pitch, figures.peaks.len(), figures.centroid), (None, 0, None));
    near("rms", figures.level.rms, 10.0 * ((0.0625 + 0.01) / 2.0_f64).log10(), 1e-6);
    let both = sound(|time| 0.25 + 0.25 * (TAU * 330.0 * time).sin());
    near("pitch", heard(&[&both]).pitch.map(|pitch| pitch.hertz), 330.0, 0.01);
}

#[test]
fn silence_has_no_figures() {
    let figures = heard(&[&sound(|_| 0.0), &sound(|_| 0.0)]);
    let level = &figures.level;
    assert_eq!((level.peak, level.true_peak, level.rms, level.loudness), (None, None, None, None));
    assert_eq!((figures.pitch, figures.centroid, figures.peaks.len(), figures.pitched), (None, None, 0, 0.0));
}

#[test]
fn tones_that_stand_out_are_told_with_their_levels_the_strongest_first() {
    let tones = [(523.25, 0.05), (196.0, 0.4), (3136.0, 0.005)];
    let chord = sound(|time| tones.iter().map(|(hertz, strong)| strong * (TAU * hertz * time).sin()).sum());
    let peaks = heard(&[&chord]).peaks;
    assert_eq!(peaks.len(), 3, "{peaks:?}");
    for (peak, (hertz, strong)) in peaks.iter().zip([tones[1], tones[0], tones[2]]) {
        near("frequency", Some(peak.hertz), hertz, 0.1);
        near("level", Some(peak.level), 20.0 * f64::log10(strong), 0.1);
    }
    // A hum at -30 dB in noise at -40: the hum alone.
    let hum = noise().iter().zip(sine(50.0, 0.0316)).map(|(noise, hum)| 0.01 * noise + hum).collect::<Vec<_>>();
    let peaks = heard(&[&hum]).peaks;
    assert_eq!(peaks.len(), 1, "{peaks:?}");
    near("frequency", Some(peaks[0].hertz), 50.0, 0.2);
}

#[test]
fn the_centre_of_two_equal_tones_lies_between_them() {
    let pair = sound(|time| 0.2 * ((TAU * 1000.0 * time).sin() + (TAU * 3000.0 * time).sin()));
    near("centroid", heard(&[&pair]).centroid, 2000.0, 1.0);
}

#[test]
fn in_which_pieces_a_sound_comes_makes_no_difference() {
    let (left, right) = (sine(331.0, 0.4), noise());
    let whole = in_pieces(&[&left, &right], left.len());
    for piece in [1, 64, 4801] {
        let parts = in_pieces(&[&left, &right], piece);
        assert_eq!((&parts.level.peak, &parts.level.dc), (&whole.level.peak, &whole.level.dc), "{piece}");
        assert_eq!((&parts.wave, &parts.power, parts.pitch), (&whole.wave, &whole.power, whole.pitch), "{piece}");
        near("loudness", parts.level.loudness, whole.level.loudness.unwrap(), 1e-9);
    }
}

#[test]
fn a_tenth_of_a_second_is_enough_for_all_but_the_loudness() {
    let figures = heard(&[&sine(440.0, 0.5)[..4800]]);
    near("pitch", figures.pitch.map(|pitch| pitch.hertz), 440.0, 0.1);
    near("frequency of the peak", Some(figures.peaks[0].hertz), 440.0, 1.0);
    near("level of the peak", Some(figures.peaks[0].level), -6.02, 0.2);
    assert_eq!(figures.level.loudness, None);
}

#[test]
fn the_pitch_of_a_melody_is_its_median_and_of_what_is_mostly_noise_nothing() {
    let note = |time: f64| if time < 2.0 { 220.0 } else { 330.0 };
    let melody = sound(|time| 0.5 * (TAU * note(time) * time).sin());
    near("pitch", heard(&[&melody]).pitch.map(|pitch| pitch.hertz), 220.0, 0.1);
    let (tone, noise) = (sine(220.0, 0.5), noise());
    let mostly = tone[..40_000].iter().chain(&noise[40_000..]).copied().collect::<Vec<_>>();
    let figures = heard(&[&mostly]);
    assert!(figures.pitch.is_none() && (0.05..0.5).contains(&figures.pitched), "{:?}", figures.pitched);
}

#[test]
fn an_outline_holds_the_least_and_the_largest_sample_of_each_piece() {
    let ramp = (0..560).map(|at| f64::from(at) / 560.0).collect::<Vec<_>>();
    let falling = ramp.iter().map(|sample| -sample).collect::<Vec<_>>();
    let wave = heard(&[&ramp, &falling]).wave;
    let pieces = wave.pieces(4);
    let wanted = [139.0, 279.0, 419.0, 559.0].map(|last| [-last / 560.0, last / 560.0]);
    assert_eq!(pieces, wanted);
    // More pieces than frames.
    assert_eq!(heard(&[&[0.5, -0.5]]).wave.pieces(4), [[0.5, 0.5], [0.5, 0.5], [-0.5, -0.5], [-0.5, -0.5]]);
}
