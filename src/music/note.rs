//! Notes by name: a letter, sharps or flats, an octave. Which of two names of one pitch is meant makes no difference.

use super::Unknown;

/// The octave of a name without one: that of middle c.
const OCTAVE: i32 = 4;

/// The octaves that can be named.
const OCTAVES: std::ops::RangeInclusive<i32> = -1..=12;

/// The number of a note by its name: `c4` is 60, `bb3` is 58, `f#` is 66.
///
/// # Errors
/// When it is no name of a note.
pub fn number(name: &str) -> Result<f64, Unknown> {
    let unknown = || Unknown {
        message: format!("there is no note `{name}`"),
        help: "a note is a letter from a to g, then # or b, then an octave from -1 to 12: c#3, bb2, a4 = 440 Hz"
            .to_owned(),
    };
    let (pitch, rest) = pitch(name.trim()).ok_or_else(unknown)?;
    let octave = if rest.is_empty() { Ok(OCTAVE) } else { rest.parse() };
    let octave = octave.ok().filter(|octave| OCTAVES.contains(octave)).ok_or_else(unknown)?;
    Ok(f64::from(pitch + 12 * (octave + 1)))
}

/// The name of the note that is nearest to a frequency, with sharps, and how many cents above it the frequency lies; `None`
/// outside the octaves that have names.
pub fn nearest(hertz: f64) -> Option<(String, f64)> {
    let number = Some(hertz).filter(|hertz| *hertz > 0.0).map(|hertz| 69.0 + 12.0 * (hertz / 440.0).log2())?;
    let nearest = number.round();
    let (octave, pitch) = ((nearest / 12.0).floor() as i32 - 1, nearest.rem_euclid(12.0) as usize);
    let name = ["c", "c#", "d", "d#", "e", "f", "f#", "g", "g#", "a", "a#", "b"][pitch];
    OCTAVES.contains(&octave).then(|| (format!("{name}{octave}"), 100.0 * (number - nearest)))
}

/// The semitones above c that a text begins with, and what follows: `c#m7` is 1 and `m7`.
pub(super) fn pitch(text: &str) -> Option<(i32, &str)> {
    let mut letters = text.char_indices();
    let (_, first) = letters.next()?;
    let mut pitch = match first.to_ascii_lowercase() {
        'c' => 0,
        'd' => 2,
        'e' => 4,
        'f' => 5,
        'g' => 7,
        'a' => 9,
        'b' => 11,
        _ => return None,
    };
    for (at, sign) in letters {
        match sign {
            '#' | '♯' => pitch += 1,
            'b' | '♭' => pitch -= 1,
            _ => return Some((pitch, &text[at..])),
        }
    }
    Some((pitch, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frequency_has_the_name_of_the_nearest_note() {
        let named = |hertz: f64| nearest(hertz).map(|(name, cents)| (name, (cents * 10.0).round() / 10.0));
        assert_eq!(named(440.0), Some(("a4".to_owned(), 0.0)));
        assert_eq!(named(442.0), Some(("a4".to_owned(), 7.9)));
        assert_eq!(named(55.0), Some(("a1".to_owned(), 0.0)));
        assert_eq!(named(261.0), Some(("c4".to_owned(), -4.2)));
        assert_eq!(named(466.2), Some(("a#4".to_owned(), 0.1)));
        assert_eq!(named(8.2), Some(("c-1".to_owned(), 5.1)));
        for nothing in [0.0, -1.0, 1.0, f64::NAN, f64::INFINITY, 1e6] {
            assert_eq!(named(nothing), None, "{nothing}");
        }
        for note in (0..=127).map(f64::from) {
            let (name, cents) = nearest(crate::music::frequency(note)).unwrap();
            assert_eq!((number(&name), cents.abs() < 1e-6), (Ok(note), true), "{name}");
        }
    }

    #[test]
    fn names_are_numbers() {
        for (name, wanted) in [
            ("c4", 60.0),
            ("a4", 69.0),
            ("A", 69.0),
            ("c#3", 49.0),
            ("Db3", 49.0),
            ("b3", 59.0),
            ("bb3", 58.0),
            ("bbb3", 57.0),
            ("B♭3", 58.0),
            ("f##2", 43.0),
            ("cb4", 59.0),
            ("c-1", 0.0),
            ("g9", 127.0),
        ] {
            assert_eq!(number(name), Ok(wanted), "{name}");
        }
        for name in ["", "h3", "c#x", "3", "c13", "c 3", "cis3", "c3.5", "é3"] {
            assert!(number(name).is_err(), "{name}");
        }
    }
}
