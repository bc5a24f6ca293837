//! Chords by name: which semitones stand above the root. Inversions are made by whoever plays them.

use super::{Unknown, note, plain};
use crate::diagnostic::nearest;

/// Notes that sound together.
#[derive(Debug, PartialEq)]
pub struct Chord {
    /// Its name, and others for the same. What is written `M` for major has no small letters.
    pub names: &'static [&'static str],
    /// Semitones above the root, rising, the first one 0.
    pub steps: &'static [u8],
}

/// Every chord.
#[rustfmt::skip]
pub const CHORDS: &[Chord] = &[
    Chord { names: &["major", "maj", "M", ""], steps: &[0, 4, 7] },
    Chord { names: &["minor", "min", "m"], steps: &[0, 3, 7] },
    Chord { names: &["diminished", "dim"], steps: &[0, 3, 6] },
    Chord { names: &["augmented", "aug", "+"], steps: &[0, 4, 8] },
    Chord { names: &["sus2"], steps: &[0, 2, 7] },
    Chord { names: &["sus4", "sus"], steps: &[0, 5, 7] },
    Chord { names: &["5", "power"], steps: &[0, 7] },
    Chord { names: &["6", "major 6", "maj6"], steps: &[0, 4, 7, 9] },
    Chord { names: &["minor 6", "min6", "m6"], steps: &[0, 3, 7, 9] },
    Chord { names: &["7", "dominant 7", "dom7"], steps: &[0, 4, 7, 10] },
    Chord { names: &["major 7", "maj7", "M7"], steps: &[0, 4, 7, 11] },
    Chord { names: &["minor 7", "min7", "m7"], steps: &[0, 3, 7, 10] },
    Chord { names: &["minor major 7", "mmaj7", "mM7"], steps: &[0, 3, 7, 11] },
    Chord { names: &["diminished 7", "dim7"], steps: &[0, 3, 6, 9] },
    Chord { names: &["half diminished", "m7b5"], steps: &[0, 3, 6, 10] },
    Chord { names: &["augmented 7", "aug7"], steps: &[0, 4, 8, 10] },
    Chord { names: &["7sus4", "7sus"], steps: &[0, 5, 7, 10] },
    Chord { names: &["7b5"], steps: &[0, 4, 6, 10] },
    Chord { names: &["7b9"], steps: &[0, 4, 7, 10, 13] },
    Chord { names: &["7#9"], steps: &[0, 4, 7, 10, 15] },
    Chord { names: &["add9", "add2"], steps: &[0, 4, 7, 14] },
    Chord { names: &["minor add9", "madd9"], steps: &[0, 3, 7, 14] },
    Chord { names: &["6 9", "69"], steps: &[0, 4, 7, 9, 14] },
    Chord { names: &["9", "dominant 9"], steps: &[0, 4, 7, 10, 14] },
    Chord { names: &["major 9", "maj9", "M9"], steps: &[0, 4, 7, 11, 14] },
    Chord { names: &["minor 9", "min9", "m9"], steps: &[0, 3, 7, 10, 14] },
    Chord { names: &["11", "dominant 11"], steps: &[0, 4, 7, 10, 14, 17] },
    Chord { names: &["minor 11", "min11", "m11"], steps: &[0, 3, 7, 10, 14, 17] },
    Chord { names: &["13", "dominant 13"], steps: &[0, 4, 7, 10, 14, 21] },
    Chord { names: &["major 13", "maj13", "M13"], steps: &[0, 4, 7, 11, 14, 21] },
    Chord { names: &["minor 13", "min13", "m13"], steps: &[0, 3, 7, 10, 14, 21] },
];

/// The chord of a name without its root; capitals, dashes and underscores make no difference, but `M` is major and `m` minor.
///
/// # Errors
/// When there is none.
pub fn named(name: &str) -> Result<&'static Chord, Unknown> {
    let wanted = plain(name);
    let exact = |chord: &&Chord| chord.names.contains(&name.trim());
    let alike = |chord: &&Chord| chord.names.iter().any(|known| *known == wanted);
    if let Some(chord) = CHORDS.iter().find(exact).or_else(|| CHORDS.iter().find(alike)) {
        return Ok(chord);
    }
    let names = CHORDS.iter().flat_map(|chord| chord.names).copied();
    let help = match nearest(&wanted, names) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("there are {}", list().join(", ")),
    };
    Err(Unknown { message: format!("there is no chord `{name}`"), help })
}

/// The number of the root and the chord of a text such as `c minor 7`, `c3 minor 7`, `cm7` or `f#`: an octave is followed
/// by a space, so that `a7` is a seventh.
///
/// # Errors
/// When it begins with no note, or there is no such chord.
pub fn rooted(text: &str) -> Result<(f64, &'static Chord), Unknown> {
    let text = text.trim();
    if let Some((root, name)) = text.split_once(char::is_whitespace) {
        return Ok((note::number(root)?, named(name)?));
    }
    let Some((_, name)) = note::pitch(text) else {
        let help = "a chord begins with its root: \"c minor 7\", \"f#m7\", \"a3 sus4\"; or chord(\"minor 7\", \"c3\")";
        return Err(Unknown { message: format!("`{text}` is no chord"), help: help.to_owned() });
    };
    let chord = named(name).map_err(|unknown| match note::number(text) {
        Ok(_) => Unknown { help: format!("write what chord it is behind the octave: \"{text} major\""), ..unknown },
        Err(_) => unknown,
    })?;
    Ok((note::number(&text[..text.len() - name.len()])?, chord))
}

/// The first name of each chord.
pub fn list() -> Vec<&'static str> {
    CHORDS.iter().map(|chord| chord.names[0]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chord_rises_from_its_root_and_is_found_by_all_its_names() {
        let mut names = Vec::new();
        for chord in CHORDS {
            assert!(chord.steps[0] == 0 && chord.steps.windows(2).all(|pair| pair[0] < pair[1]), "{chord:?}");
            for name in chord.names {
                assert_eq!(named(name), Ok(chord), "{name}");
                names.push(name);
            }
        }
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    #[test]
    fn a_root_stands_before_its_chord() {
        let steps = |text: &str| rooted(text).map(|(root, chord)| (root, chord.names[0]));
        for (text, wanted) in [
            ("c minor 7", (60.0, "minor 7")),
            ("c3 Minor-7", (48.0, "minor 7")),
            ("cm7", (60.0, "minor 7")),
            ("CM7", (60.0, "major 7")),
            ("c", (60.0, "major")),
            ("Bb", (70.0, "major")),
            ("bbm7b5", (70.0, "half diminished")),
            ("a7", (69.0, "7")),
            ("a7 7", (105.0, "7")),
            ("f#sus4", (66.0, "sus4")),
            ("eb2 7#9", (39.0, "7#9")),
        ] {
            assert_eq!(steps(text), Ok(wanted), "{text}");
        }
        let help = |text: &str| steps(text).unwrap_err().help;
        assert_eq!(help("c3"), "write what chord it is behind the octave: \"c3 major\"");
        assert_eq!(help("c minr"), "did you mean \"minor\"?");
        assert!(help("minor").contains("a chord begins with its root"));
    }
}
