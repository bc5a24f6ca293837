//! Scales by name: which semitones of the octave they have. What is played of one is for whoever asks.

use super::{Unknown, plain};
use crate::diagnostic::nearest;

/// The notes of an octave.
#[derive(Debug, PartialEq)]
pub struct Scale {
    /// Its name, and others for the same.
    pub names: &'static [&'static str],
    /// Semitones above the root, rising, the first one 0.
    pub steps: &'static [u8],
}

/// Every scale: the modes, then what has five notes or six, then seven others, then more.
#[rustfmt::skip]
pub const SCALES: &[Scale] = &[
    Scale { names: &["major", "ionian"], steps: &[0, 2, 4, 5, 7, 9, 11] },
    Scale { names: &["dorian"], steps: &[0, 2, 3, 5, 7, 9, 10] },
    Scale { names: &["phrygian"], steps: &[0, 1, 3, 5, 7, 8, 10] },
    Scale { names: &["lydian"], steps: &[0, 2, 4, 6, 7, 9, 11] },
    Scale { names: &["mixolydian"], steps: &[0, 2, 4, 5, 7, 9, 10] },
    Scale { names: &["minor", "aeolian", "natural minor"], steps: &[0, 2, 3, 5, 7, 8, 10] },
    Scale { names: &["locrian"], steps: &[0, 1, 3, 5, 6, 8, 10] },
    Scale { names: &["harmonic minor"], steps: &[0, 2, 3, 5, 7, 8, 11] },
    Scale { names: &["melodic minor", "jazz minor"], steps: &[0, 2, 3, 5, 7, 9, 11] },
    Scale { names: &["pentatonic", "major pentatonic"], steps: &[0, 2, 4, 7, 9] },
    Scale { names: &["minor pentatonic"], steps: &[0, 3, 5, 7, 10] },
    Scale { names: &["egyptian", "suspended pentatonic"], steps: &[0, 2, 5, 7, 10] },
    Scale { names: &["hirajoshi"], steps: &[0, 2, 3, 7, 8] },
    Scale { names: &["in sen", "insen"], steps: &[0, 1, 5, 7, 10] },
    Scale { names: &["iwato"], steps: &[0, 1, 5, 6, 10] },
    Scale { names: &["kumoi"], steps: &[0, 2, 3, 7, 9] },
    Scale { names: &["pelog"], steps: &[0, 1, 3, 7, 8] },
    Scale { names: &["blues", "minor blues"], steps: &[0, 3, 5, 6, 7, 10] },
    Scale { names: &["major blues"], steps: &[0, 2, 3, 4, 7, 9] },
    Scale { names: &["whole tone"], steps: &[0, 2, 4, 6, 8, 10] },
    Scale { names: &["augmented"], steps: &[0, 3, 4, 7, 8, 11] },
    Scale { names: &["prometheus"], steps: &[0, 2, 4, 6, 9, 10] },
    Scale { names: &["phrygian dominant", "spanish"], steps: &[0, 1, 4, 5, 7, 8, 10] },
    Scale { names: &["double harmonic", "byzantine", "bhairav"], steps: &[0, 1, 4, 5, 7, 8, 11] },
    Scale { names: &["hungarian minor"], steps: &[0, 2, 3, 6, 7, 8, 11] },
    Scale { names: &["lydian dominant", "acoustic"], steps: &[0, 2, 4, 6, 7, 9, 10] },
    Scale { names: &["harmonic major"], steps: &[0, 2, 4, 5, 7, 8, 11] },
    Scale { names: &["ukrainian dorian", "romanian"], steps: &[0, 2, 3, 6, 7, 9, 10] },
    Scale { names: &["altered", "super locrian"], steps: &[0, 1, 3, 4, 6, 8, 10] },
    Scale { names: &["neapolitan minor"], steps: &[0, 1, 3, 5, 7, 8, 11] },
    Scale { names: &["neapolitan major"], steps: &[0, 1, 3, 5, 7, 9, 11] },
    Scale { names: &["enigmatic"], steps: &[0, 1, 4, 6, 8, 10, 11] },
    Scale { names: &["todi"], steps: &[0, 1, 3, 6, 7, 8, 11] },
    Scale { names: &["bebop"], steps: &[0, 2, 4, 5, 7, 9, 10, 11] },
    Scale { names: &["diminished", "octatonic", "whole half"], steps: &[0, 2, 3, 5, 6, 8, 9, 11] },
    Scale { names: &["half whole"], steps: &[0, 1, 3, 4, 6, 7, 9, 10] },
    Scale { names: &["chromatic"], steps: &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] },
];

/// The scale of a name; capitals, dashes and underscores make no difference.
///
/// # Errors
/// When there is none.
pub fn named(name: &str) -> Result<&'static Scale, Unknown> {
    let wanted = plain(name);
    if let Some(scale) = SCALES.iter().find(|scale| scale.names.contains(&wanted.as_str())) {
        return Ok(scale);
    }
    let names = SCALES.iter().flat_map(|scale| scale.names).copied();
    let help = match nearest(&wanted, names) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("there are {}", list().join(", ")),
    };
    Err(Unknown { message: format!("there is no scale `{name}`"), help })
}

/// The first name of each scale.
pub fn list() -> Vec<&'static str> {
    SCALES.iter().map(|scale| scale.names[0]).collect()
}

impl Scale {
    /// Semitones above the root of a degree: 0 is the root, the number of notes is an octave, below 0 lies below the root.
    /// Between two degrees it is the lower one.
    pub fn semitones(&self, degree: f64) -> f64 {
        let notes = self.steps.len() as f64;
        let octave = (degree.floor() / notes).floor();
        let step = degree.floor() - octave * notes;
        12.0 * octave + f64::from(self.steps[step as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scale_rises_from_its_root_and_is_found_by_all_its_names() {
        let mut names = Vec::new();
        for scale in SCALES {
            assert!(scale.steps[0] == 0 && scale.steps.windows(2).all(|pair| pair[0] < pair[1]), "{scale:?}");
            assert!(*scale.steps.last().unwrap() < 12, "{scale:?}");
            for name in scale.names {
                assert_eq!(named(&name.to_uppercase().replace(' ', "-")), Ok(scale));
                assert_eq!(plain(name), *name);
                names.push(name);
            }
        }
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all);
        assert_eq!(named("mino").unwrap_err().help, "did you mean \"minor\"?");
    }

    #[test]
    fn degrees_go_on_over_and_under_the_octave() {
        let minor = named("minor").unwrap();
        let semitones = [-8.0, -7.0, -1.0, 0.0, 2.9, 6.0, 7.0, 9.0].map(|degree| minor.semitones(degree));
        assert_eq!(semitones, [-14.0, -12.0, -2.0, 0.0, 3.0, 10.0, 12.0, 15.0]);
    }
}
