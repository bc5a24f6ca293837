//! Notes, scales, chords and decibels in scripts: numbers while a script loads, signals where signals are given, the same in closures.

use crate::played::{lowered, render};

/// The channels of the first frame of a signal.
fn first(signal: &str) -> Vec<f64> {
    let lowered = lowered(&format!("register(\"a\", {signal});")).unwrap_or_else(|error| panic!("{signal}: {error:?}"));
    render(lowered.program, 1).frames.remove(0)
}

/// What is told of a script that is wrong: the message and what would work.
fn refused(signal: &str) -> (String, String) {
    let error = lowered(&format!("register(\"a\", {signal});")).expect_err(signal);
    (error.message, error.help.unwrap_or_default())
}

#[test]
fn notes_are_frequencies_by_name_and_by_number_in_scripts_and_closures() {
    let c = 440.0 * (-0.75f64).exp2();
    for (signal, wanted) in [
        ("hz(\"a4\")", vec![440.0]),
        ("hz(\"A\") + midi(81) + hz(57)", vec![440.0 + 880.0 + 220.0]),
        ("hz([\"a3\", 69, \"a5\"])", vec![220.0, 440.0, 880.0]),
        ("hz(\"a3 a4  a5\")", vec![220.0, 440.0, 880.0]),
        ("midi([45, 33])", vec![110.0, 55.0]),
        ("midi(osc(0) * 3 + 69)", vec![440.0]),
        ("hz(osc(0) + 81)", vec![880.0]),
        ("hz([osc(0) + 81, 69])", vec![880.0, 440.0]),
        ("hz(|s| s.frame + 57)", vec![220.0]),
        ("db(0) + db(-20) * 10", vec![2.0]),
        ("db([0, 20])", vec![1.0, 10.0]),
        ("db(osc(0) - 40)", vec![0.01]),
        ("|s| hz(\"a2\") + midi(s.frame + 69) + db(s.frame)", vec![551.0]),
        ("|s| hz(\"a1 a2\")", vec![55.0, 110.0]),
        ("|s| chord(\"a\")[0] + scale(\"minor\", \"a2\")[0]", vec![550.0]),
        ("midi(60)", vec![c]),
    ] {
        let found = first(signal);
        let near = |(found, wanted): (&f64, &f64)| (found - wanted).abs() <= 1e-12 * wanted.abs();
        assert!(found.len() == wanted.len() && found.iter().zip(&wanted).all(near), "{signal}: {found:?}");
    }
}

#[test]
fn scales_and_chords_are_arrays_of_frequencies_above_their_root() {
    let semitones = |signal: &str, root: f64| {
        first(signal).iter().map(|hertz| (12.0 * (hertz / root).log2() * 1e6).round() / 1e6).collect::<Vec<_>>()
    };
    assert_eq!(first("scale(\"minor\")"), [0.0, 2.0, 3.0, 5.0, 7.0, 8.0, 10.0]);
    assert_eq!(semitones("scale(\"Minor-Pentatonic\", \"a3\")", 220.0), [0.0, 3.0, 5.0, 7.0, 10.0]);
    assert_eq!(semitones("scale(\"major\", 100, [0, 7, -1, 4.7, -7])", 100.0), [0.0, 12.0, -1.0, 7.0, -12.0]);
    assert_eq!(semitones("scale(\"blues\", hz(\"a3\"), 6)", 220.0), [12.0]);
    assert_eq!(semitones("chord(\"am7\")", 440.0), [0.0, 3.0, 7.0, 10.0]);
    assert_eq!(semitones("chord(\"a3 minor major 7\")", 220.0), [0.0, 3.0, 7.0, 11.0]);
    assert_eq!(semitones("chord(\"sus4\", \"a3\")", 220.0), [0.0, 5.0, 7.0]);
    assert_eq!(semitones("chord(\"power\", 50)", 50.0), [0.0, 7.0]);
    // A table takes them, and an oscillator has a channel for each.
    assert_eq!(first("seq(scale(\"dorian\", 100, [7, 0]), 0.5)"), [200.0]);
    assert_eq!(first("osc(chord(\"c maj9\"))").len(), 5);
}

#[test]
fn what_is_no_note_scale_or_chord_is_told_with_what_would_work() {
    for (signal, message, help) in [
        (
            "osc(hz(\"h3\"))",
            "there is no note `h3`",
            "a note is a letter from a to g, then # or b, then an octave from -1 to 12: c#3, bb2, a4 = 440 Hz",
        ),
        (
            "hz(\"c3 x\")",
            "there is no note `x`",
            "a note is a letter from a to g, then # or b, then an octave from -1 to 12: c#3, bb2, a4 = 440 Hz",
        ),
        ("scale(\"mixolidian\", 100)", "there is no scale `mixolidian`", "did you mean \"mixolydian\"?"),
        ("|s| scale(\"minr\", 100)[0]", "there is no scale `minr`", "did you mean \"minor\"?"),
        ("chord(\"c minor 77\")", "there is no chord `minor 77`", "did you mean \"minor 7\"?"),
        ("chord(\"c3\")", "there is no chord `3`", "write what chord it is behind the octave: \"c3 major\""),
        (
            "chord(7)",
            "a name is a text, not a whole number",
            "in quotation marks: hz(\"c#3\"), scale(\"minor\", \"a2\"), chord(\"c minor 7\")",
        ),
        (
            "scale(\"minor\", 100, true)",
            "a degree of a scale is a number from -1000 to 1000, 0 the root",
            "scale(\"minor\", \"a2\", [0, 2, 4, 7])",
        ),
        ("scale()", "`scale` cannot be called with 0 arguments", "scale(name, root, degrees)"),
        (
            "|s| scale(\"minor\", s.t)[0]",
            "what `scale` is given must be known when the script loads",
            "scale(name, root, degrees)",
        ),
        (
            "|s| tempo(120)",
            "`tempo` cannot be used in a closure, which runs for every sample",
            "call it outside of the closure",
        ),
    ] {
        assert_eq!(refused(signal), (message.to_owned(), help.to_owned()), "{signal}");
    }
    let (message, help) = refused("scale(\"klezmer\")");
    assert!(message == "there is no scale `klezmer`" && help.starts_with("there are major, dorian, "), "{help}");
    let tempo = |text: &str| lowered(text).expect_err(text);
    for (text, said) in [("tempo(0)", "0"), ("tempo(osc(1))", "a signal"), ("tempo(\"fast\")", "a text")] {
        assert_eq!(tempo(text).message, format!("`tempo` takes beats per minute, 1 to 1000, not {said}"));
        assert_eq!(tempo(text).help.as_deref(), Some("tempo(128);"));
    }
}
