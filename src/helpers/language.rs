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
        name: "poly",
        arguments: &["voices", "freq", "gate", "voice"],
        signature: "poly(voices, freq, gate, |freq, gate| ...)",
        about: "Plays a sequence on 1 to 64 voices, each of which is the function with a state of its own, and adds them up. \
                A note begins where `gate` rises from 0 and ends where it falls back; arrays of `freq` and `gate` are \
                chords. Without `gate` a note begins where `freq` changes and ends with the next one, or where `freq` is 0. \
                A voice keeps the frequency and the height of the gate that its note began with. The voice that has been \
                silent longest is taken first, then one that still rings; where all play, the oldest fades in 5 ms and \
                begins anew.",
        example: "register(\"keys\", poly(4, wave(0.5, [220, 330, 277, 440]), |freq, gate| tri(freq) * slew(gate, 0.3) * 0.1));",
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
