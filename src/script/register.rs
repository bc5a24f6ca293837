//! The words that ask for something to happen: `register`, `unregister` and `tempo`. They only note it down.

use rhai::{Dynamic, Engine, EvalAltResult, Map, NativeCallContext};

use super::engine::{Shared, place, thrown};
use super::explain::friendly;
use super::words::operand;
use super::{Error, Options, Registration, Request};
use crate::diagnostic::nearest;
use crate::ir::Place;
use crate::ir::call::TEMPI;

/// Bytes of a signal's name.
pub(super) const MAX_NAME: usize = 256;
/// The longest fade, in seconds.
const MAX_FADE: f64 = 600.0;
/// The options of `register`.
const OPTIONS: [&str; 3] = ["fade_in", "fade", "fade_out"];

pub(super) type Answer = Result<(), Box<EvalAltResult>>;

pub(super) fn teach(engine: &mut Engine, run: &Shared) {
    let shared = run.clone();
    engine.register_fn("register", move |ctx: NativeCallContext<'_>, name: Dynamic, signal: Dynamic| -> Answer {
        ask(&shared, &ctx, name, signal, Map::new())
    });
    let shared = run.clone();
    let with_options = move |ctx: NativeCallContext<'_>, name: Dynamic, signal: Dynamic, options: Map| -> Answer {
        ask(&shared, &ctx, name, signal, options)
    };
    engine.register_fn("register", with_options);
    let shared = run.clone();
    engine.register_fn("unregister", move |ctx: NativeCallContext<'_>, name: Dynamic| -> Answer {
        let place = place(&shared, &ctx);
        let done = name_of(name, place).and_then(|name| {
            outside_imports(&shared, place, "unregister")?;
            let mut run = shared.borrow_mut();
            // It may be registered again.
            run.registered.remove(&name);
            run.requests.push(Request::Unregister { name, place });
            Ok(())
        });
        done.map_err(|error| thrown(error, ctx.call_position()))
    });
    let shared = run.clone();
    engine.register_fn("tempo", move |ctx: NativeCallContext<'_>, bpm: Dynamic| -> Answer {
        let place = place(&shared, &ctx);
        let done = outside_imports(&shared, place, "tempo").and_then(|()| tempo(&shared, &bpm, place));
        done.map_err(|error| thrown(error, ctx.call_position()))
    });
}

/// Notes the tempo, which is the same wherever a file says it.
fn tempo(run: &Shared, bpm: &Dynamic, place: Place) -> Result<(), Error> {
    let number = bpm.as_float().or_else(|_| bpm.as_int().map(|int| int as f64));
    let Some(bpm) = number.ok().filter(|bpm| TEMPI.contains(bpm)) else {
        let (least, most) = (TEMPI.start(), TEMPI.end());
        let message = format!("`tempo` takes beats per minute, {least} to {most}, not {}", said(bpm));
        return Err(Error::at(place, message).help("tempo(128);"));
    };
    let requests = &mut run.borrow_mut().requests;
    let before = requests.iter().find_map(|request| match request {
        Request::Tempo { bpm, place } => Some((*bpm, *place)),
        _ => None,
    });
    match before {
        None => requests.push(Request::Tempo { bpm, place }),
        Some((other, first)) if other != bpm => {
            let error = Error::at(place, format!("the tempo cannot be {bpm} and {other}"));
            return Err(error
                .also(first, "set here first")
                .help("there is one tempo for all signals: keep one of the two"));
        }
        Some(_) => {}
    }
    Ok(())
}

fn ask(run: &Shared, ctx: &NativeCallContext<'_>, name: Dynamic, signal: Dynamic, options: Map) -> Answer {
    let place = place(run, ctx);
    let done = name_of(name, place).and_then(|name| {
        let (signal, options) = (operand(signal, place)?, options_of(options, place)?);
        note(run, Registration { name, master: false, signal, options, place })
    });
    done.map_err(|error| thrown(error, ctx.call_position()))
}

/// Notes a registration down.
pub(super) fn note(run: &Shared, registration: Registration) -> Result<(), Error> {
    outside_imports(run, registration.place, if registration.master { "master" } else { "register" })?;
    once(run, &registration)?;
    let mut run = run.borrow_mut();
    run.graph.weigh(&registration.signal);
    run.registered.insert(registration.name.clone(), (registration.place, registration.master));
    run.requests.push(Request::Register(registration));
    Ok(())
}

pub(super) fn name_of(name: Dynamic, place: Place) -> Result<String, Error> {
    let kind = name.type_name();
    let name = name.into_string().map_err(|_| {
        Error::at(place, format!("a signal's name is a text, not {}", friendly(kind)))
            .help("register(\"bass\", saw(55))")
    })?;
    let wrong = if name.is_empty() {
        Some("a signal needs a name; this one is empty".to_owned())
    } else if name.len() > MAX_NAME {
        Some(format!("this signal's name has {} bytes; {MAX_NAME} are the most", name.len()))
    } else if name.chars().any(char::is_control) {
        Some("a signal's name is one line of text; this one has a line break or a control character".to_owned())
    } else {
        None
    };
    match wrong {
        Some(message) => Err(Error::at(place, message).help("register(\"bass\", saw(55))")),
        None => Ok(name),
    }
}

fn outside_imports(run: &Shared, place: Place, word: &str) -> Result<(), Error> {
    if run.borrow().importing.is_empty() {
        return Ok(());
    }
    let error = Error::at(place, format!("`{word}` cannot stand in a file that another one imports"));
    Err(error.help("keep functions in the imported file and register signals in the file that imports it"))
}

fn once(run: &Shared, new: &Registration) -> Result<(), Error> {
    let run = run.borrow();
    match run.registered.get(&new.name).copied() {
        Some((first, true)) if new.master => Err(Error::at(new.place, "the master is set twice")
            .also(first, "set here first")
            .help("one function makes the master: master(|x| ...)")),
        Some((first, _)) => Err(Error::at(new.place, format!("the signal `{}` is registered twice", new.name))
            .also(first, "registered here first")
            .help("give one of them another name, or add them up with mix(a, b)")),
        None => Ok(()),
    }
}

pub(super) fn options_of(map: Map, place: Place) -> Result<Options, Error> {
    let mut options = Options::default();
    for (name, value) in map {
        let field = match name.as_str() {
            "fade_in" => &mut options.fade_in,
            "fade" => &mut options.fade,
            "fade_out" => &mut options.fade_out,
            unknown => {
                let help = match nearest(unknown, OPTIONS) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "options are fade_in, fade and fade_out, in seconds".to_owned(),
                };
                return Err(Error::at(place, format!("`register` has no option `{unknown}`")).help(help));
            }
        };
        let seconds = value.as_float().or_else(|_| value.as_int().map(|int| int as f64));
        *field = match seconds {
            Ok(seconds) if (0.0..=MAX_FADE).contains(&seconds) => seconds,
            _ => {
                let message = format!("{name} is a number of seconds from 0 to {MAX_FADE}, not {}", said(&value));
                return Err(Error::at(place, message).help(format!("#{{{name}: 0.5}}")));
            }
        };
    }
    Ok(options)
}

/// A number as it is, anything else by its kind.
fn said(value: &Dynamic) -> String {
    if value.is_int() || value.is_float() { value.to_string() } else { friendly(value.type_name()) }
}
