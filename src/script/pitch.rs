//! The words of music: notes, scales and chords by name become numbers while a script loads. What they sound like is up to helpers.

use rhai::{Array, Dynamic, Engine, ImmutableString};

use super::Error;
use super::engine::{Shared, node, place, thrown};
use super::explain::signature_of;
use super::graph::What;
use super::words::{native, operands};
use crate::dsp::math::Math;
use crate::ir::Place;
use crate::music::{Unknown, chord, frequency, note, scale, transposed};

/// The words.
pub(super) const WORDS: [&str; 3] = ["hz", "scale", "chord"];

/// Natives are there for wrong counts, too, so that the message can show the signature.
const MOST_ARGUMENTS: usize = 5;

pub(super) fn teach(engine: &mut Engine, run: &Shared) {
    for word in WORDS {
        for count in 0..=MOST_ARGUMENTS {
            let run = run.clone();
            native(engine, word, count, move |ctx, args| {
                let given = args.iter().map(|arg| (**arg).clone().flatten()).collect::<Vec<_>>();
                if let Some(math) = of_signal(word, count)
                    && !is_named(&given[0])
                {
                    let operands = operands(&run, &ctx, args)?;
                    return Ok(Dynamic::from(node(&run, &ctx, What::Math(math, operands))));
                }
                value(word, &given, place(&run, &ctx)).map_err(|error| thrown(error, ctx.call_position()))
            });
        }
    }
}

/// What a word means for signals: `hz` counts semitones there, too.
pub(super) fn of_signal(word: &str, arguments: usize) -> Option<Math> {
    (word == "hz" && arguments == 1).then_some(Math::Midi)
}

/// Whether notes are given by name or number, or arrays of them: what is known while the script loads.
fn is_named(value: &Dynamic) -> bool {
    match value.read_lock::<Array>() {
        Some(array) => array.iter().all(is_named),
        None => value.is_string() || number(value).is_some(),
    }
}

/// What a word gives.
///
/// # Errors
/// When nobody knows such a note, scale or chord, or it is called in another way.
pub(super) fn value(word: &str, given: &[Dynamic], place: Place) -> Result<Dynamic, Error> {
    let found = match (word, given) {
        ("hz", [notes]) => hertz(notes),
        ("scale", [name]) => named_scale(name).map(|scale| steps(scale.steps)),
        ("scale", [name, root]) => named_scale(name).and_then(|scale| Ok(above(pitch(root)?, scale.steps))),
        ("scale", [name, root, degrees]) => {
            named_scale(name).and_then(|scale| degrees_of(scale, pitch(root)?, degrees))
        }
        ("chord", [name]) => text(name).and_then(|name| {
            let (root, chord) = chord::rooted(&name)?;
            Ok(above(frequency(root), chord.steps))
        }),
        ("chord", [name, root]) => text(name).and_then(|name| Ok(above(pitch(root)?, chord::named(&name)?.steps))),
        _ => {
            let message = format!("`{word}` cannot be called with {} arguments", given.len());
            Err(Unknown { message, help: signature_of(word).unwrap_or_default() })
        }
    };
    found.map_err(|Unknown { message, help }| Error::at(place, message).help(help))
}

/// Something that must be known is not.
pub(super) fn not_known(word: &str, place: Place) -> Error {
    let message = format!("what `{word}` is given must be known when the script loads");
    Error::at(place, message).help(signature_of(word).unwrap_or_default())
}

/// Frequencies of notes: of one, of several in one text, of an array.
fn hertz(notes: &Dynamic) -> Result<Dynamic, Unknown> {
    if let Some(array) = notes.read_lock::<Array>() {
        return array.iter().map(hertz).collect::<Result<Array, _>>().map(Dynamic::from_array);
    }
    if let Some(number) = number(notes) {
        return Ok(frequency(number).into());
    }
    let text = text(notes)?;
    let mut names = text.split_whitespace().map(|name| Ok(frequency(note::number(name)?).into()));
    if text.trim().contains(char::is_whitespace) {
        return names.collect::<Result<Array, _>>().map(Dynamic::from_array);
    }
    names.next().unwrap_or_else(|| note::number(&text).map(Dynamic::from))
}

/// The frequency that is meant by the name of a note, or is given in hertz.
fn pitch(root: &Dynamic) -> Result<f64, Unknown> {
    match number(root) {
        Some(hertz) => Ok(hertz),
        None => Ok(frequency(note::number(&text(root)?)?)),
    }
}

fn named_scale(name: &Dynamic) -> Result<&'static scale::Scale, Unknown> {
    scale::named(&text(name)?)
}

fn degrees_of(scale: &scale::Scale, root: f64, degrees: &Dynamic) -> Result<Dynamic, Unknown> {
    if let Some(array) = degrees.read_lock::<Array>() {
        let all = array.iter().map(|degree| degrees_of(scale, root, degree));
        return all.collect::<Result<Array, _>>().map(Dynamic::from_array);
    }
    let degree = number(degrees).filter(|degree| degree.abs() <= 1000.0).ok_or_else(|| Unknown {
        message: "a degree of a scale is a number from -1000 to 1000, 0 the root".to_owned(),
        help: "scale(\"minor\", \"a2\", [0, 2, 4, 7])".to_owned(),
    })?;
    Ok(transposed(root, scale.semitones(degree)).into())
}

fn above(root: f64, steps: &[u8]) -> Dynamic {
    Dynamic::from_array(steps.iter().map(|step| transposed(root, f64::from(*step)).into()).collect())
}

fn steps(steps: &[u8]) -> Dynamic {
    Dynamic::from_array(steps.iter().map(|step| i64::from(*step).into()).collect())
}

fn text(value: &Dynamic) -> Result<ImmutableString, Unknown> {
    value.clone().into_immutable_string().map_err(|kind| Unknown {
        message: format!("a name is a text, not {}", super::explain::friendly(kind)),
        help: "in quotation marks: hz(\"c#3\"), scale(\"minor\", \"a2\"), chord(\"c minor 7\")".to_owned(),
    })
}

fn number(value: &Dynamic) -> Option<f64> {
    value.as_float().ok().or_else(|| value.as_int().ok().map(|int| int as f64))
}
