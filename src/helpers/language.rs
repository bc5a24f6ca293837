//! The words of the language that are no helpers: how they are called and what they do. What they do is done in `script`.

/// A word that scripts use besides helpers and mathematics.
#[derive(Debug)]
pub struct Word {
    /// The word.
    pub name: &'static str,
    /// Names of its arguments; a last one of `...` means any number more.
    pub arguments: &'static [&'static str],
    /// How a call is written.
    pub signature: &'static str,
    /// What it does.
    pub about: &'static str,
    /// A line of a script that uses it.
    pub example: &'static str,
}

/// Every word, in the order of the reference.
pub const WORDS: &[Word] = &[
    Word {
        name: "register",
        arguments: &["name", "signal", "options"],
        signature: "register(name, signal, #{fade_in: 0.0, fade: 0.02, fade_out: 0.02})",
        about: "Makes a signal sound under a name, or changes the one that does. The options may be left out: \
                `fade_in` seconds for a new signal to come up, `fade` seconds to join old and new on an edit \
                and to come back, `fade_out` seconds to go when its line is gone.",
        example: "register(\"bass\", saw(55).lpf(400, 0.5).gain(0.2));",
    },
    Word {
        name: "unregister",
        arguments: &["name"],
        signature: "unregister(name)",
        about: "Stops a signal and gives its memory back, now.",
        example: "unregister(\"bass\");",
    },
    Word {
        name: "tempo",
        arguments: &["bpm"],
        signature: "tempo(bpm)",
        about: "Sets the tempo of all signals, in beats per minute, 1 to 1000: a number that is known when the script loads. \
                Without it the tempo is 120. The beat goes on from where it is, and when the line goes, the tempo stays. \
                Two files, or two lines, that want another one each are an error.",
        example: "tempo(128); register(\"kick\", osc(55).gain(decay(beat(1), 8) * 0.6));",
    },
    Word {
        name: "pipe",
        arguments: &["input", "..."],
        signature: "pipe(input, |x| ..., |x| ...)",
        about: "Sends a signal through functions of one signal, one after the other.",
        example: "register(\"a\", pipe(osc(440), |x| lowpass(x, 800), |x| gain(x, 0.4)));",
    },
    Word {
        name: "mix",
        arguments: &["a", "b", "..."],
        signature: "mix(a, b, ...)",
        about: "Adds signals up, channel by channel, without making them softer; mono goes to all channels.",
        example: "register(\"chord\", mix(osc(220), osc(275), osc(330)).gain(0.1));",
    },
    Word {
        name: "sum",
        arguments: &["channels"],
        signature: "sum([a, b, ...])",
        about: "Adds all channels of a signal up to one.",
        example: "register(\"mono\", sum([osc(220), osc(221)]).gain(0.1));",
    },
    Word {
        name: "memory",
        arguments: &["slots"],
        signature: "memory(slots)",
        about: "Claims a block of numbers that stay from frame to frame and over edits, zero at first: in a closure \
                `m[i]` reads and writes it. It belongs to one signal; a function that asks for its own is a helper \
                with state like any other.",
        example: "fn last(x) { let m = memory(1); pipe(x, |x| { let y = m[0]; m[0] = x; y }) }",
    },
    Word {
        name: "label",
        arguments: &["helper", "name"],
        signature: "label(helper, name)",
        about: "Names a helper of the signal, so that edits find it again and it goes on where it was, whatever changes \
                around it. Two of one kind in one signal cannot have the same name.",
        example: "register(\"lead\", osc(440).label(\"voice\").gain(0.2));",
    },
    Word {
        name: "hz",
        arguments: &["note"],
        signature: "hz(note)",
        about: "The frequency of a note in hertz, by its name (a letter, sharps `#` or flats `b`, an octave: `c#3`, `bb2`; without \
                an octave the one of middle c, 4) or by its number as in MIDI, which may be a signal. a4 is 440 Hz. An array of notes \
                gives an array of frequencies, and so do several names in one text.",
        example: "register(\"line\", saw(seq(hz(\"c3 eb3 g3 bb3\"), 0.5)).lpf(900, 0.4).gain(0.2));",
    },
    Word {
        name: "scale",
        arguments: &["name", "root", "degrees"],
        signature: "scale(name, root, degrees)",
        about: "The notes of a scale above a root, which is the name of a note or a frequency in hertz. Without degrees: those of one \
                octave, as an array. With degrees, a number or an array: 0 is the root, the number of notes an octave above, \
                below 0 lies below the root. Without a root, too: the semitones of the scale.",
        example: "register(\"melody\", tri(seq(scale(\"minor\", \"a3\", [0, 2, 4, 7, 6, 4, -1, 0]), 0.25)).gain(0.2));",
    },
    Word {
        name: "chord",
        arguments: &["name", "root"],
        signature: "chord(name, root)",
        about: "The notes of a chord as an array of frequencies in hertz, the root first, which is the name of a note or a \
                frequency. The root may stand in the name instead: `c minor 7`, `cm7`, `f#sus4`; an octave is followed by a space: \
                `a2 minor`. Given to a helper, it has a channel for each note.",
        example: "register(\"pad\", sum(saw(chord(\"a2 minor 7\"))).lpf(700, 0.3).gain(0.08));",
    },
];

/// The constants of every script: name, value in words.
pub const CONSTANTS: &[(&str, &str)] = &[
    ("TAU", "a full turn in radians, 6.283…"),
    ("PI", "half a turn in radians, 3.141…"),
    ("E", "the base of natural logarithms, 2.718…"),
    ("SR", "the engine's sample rate in frames per second"),
];

/// What a closure `|s|` can read of the world: name, meaning.
pub const WORLD: &[(&str, &str)] = &[
    ("s.t", "seconds since the engine started"),
    ("s.dt", "seconds per frame"),
    ("s.sr", "frames per second"),
    ("s.frame", "number of the frame since the engine started"),
    ("s.beat", "beats since the engine started, with their fractions: a sum over all tempi"),
    ("s.tempo", "beats per minute"),
    ("s.name", "the signal's name"),
    ("s.position", "the listener: `.x`, `.y`, `.z`"),
    (
        "s.state",
        "the signal's sandbox: 128 numbers that stay from frame to frame, zero at first, `s.state[0]` to `s.state[127]`",
    ),
];

/// The word of a name.
pub fn word(name: &str) -> Option<&'static Word> {
    WORDS.iter().find(|word| word.name == name)
}
