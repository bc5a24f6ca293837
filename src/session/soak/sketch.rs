//! A set that is edited at random, all of it drawn from a seed: what its files hold and what a performer says. It plays nothing.

use std::fmt::Write;

use fastrand::Rng;

use crate::dsp::math::pow;
use crate::helpers::{Argument, HELPERS, Helper, Kind, Unit};
use crate::session::Instruction;
use crate::watch::{Change, What};

/// The files of signals.
const FILES: [&str; 4] = ["air.rhai", "bass.rhai", "drums.rhai", "lead.rhai"];
/// The file that they import.
const LIBRARY: &str = "lib/own.rhai";
/// The file that gives back what is parked, when all of it is to go.
const BROOM: &str = "broom.rhai";
/// The most signals of a file.
const SIGNALS: usize = 2;
/// The most effects of a signal.
const EFFECTS: usize = 4;
/// The longest time that is drawn for an argument, in seconds, and the highest frequency, in Hz.
const LONGEST: f64 = 1.0;
const HIGHEST: f64 = 8000.0;

/// What a performer does next.
#[derive(Debug)]
pub enum Turn {
    /// Saves files.
    Save(Vec<Change>),
    /// Says something.
    Tell(Instruction),
}

/// A signal of a file.
#[derive(Clone, Debug)]
struct Voice {
    name: String,
    source: String,
    /// Helpers that it goes through; `{}` stands for what goes in.
    effects: Vec<String>,
    level: f64,
    place: Place,
}

/// How a file speaks of a signal.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    /// It registers it.
    Heard,
    /// Its line is gone and may come back.
    Away,
    /// It unregisters it.
    Given,
}

/// A set and where it goes.
#[derive(Debug)]
pub struct Sketch {
    rng: Rng,
    /// For each file, its signals; `None` where the file is gone.
    files: [Option<Vec<Voice>>; FILES.len()],
    /// What the first file makes of the sum of all signals, if anything.
    master: Option<String>,
    /// A number of the library, and one that makes names.
    shade: f64,
    drawn: u32,
}

impl Sketch {
    /// The set of a seed.
    pub fn new(seed: u64) -> Sketch {
        let (files, master) = Default::default();
        let mut sketch = Sketch { rng: Rng::with_seed(seed), files, master, shade: 0.2, drawn: 0 };
        sketch.files = std::array::from_fn(|_| Some(vec![sketch.voice()]));
        sketch
    }

    /// All files, as they are to be heard.
    pub fn whole(&self) -> Vec<Change> {
        let files = (0..FILES.len()).map(|file| self.change(file));
        std::iter::once(saved(LIBRARY, self.library())).chain(files).collect()
    }

    /// A number of quanta until the next turn, `mean` of them in the long run: short enough now and then for fades to meet.
    pub fn pause(&mut self, mean: u64) -> u64 {
        self.rng.u64(1..2 * mean.max(1))
    }

    /// The next thing that happens.
    pub fn turn(&mut self) -> Turn {
        match self.rng.u32(0..100) {
            0..3 => Turn::Save(vec![self.broken()]),
            3..8 => Turn::Save(vec![self.unsound()]),
            8..11 => self.tell(|file| format!("undo {file}")),
            11..13 => self.tell(|file| format!("undo {file} --state then")),
            13..16 => self.tell(|file| format!("redo {file}")),
            16..19 => self.tell_signal("unregister", ""),
            19..22 => self.tell_signal("mute", ""),
            22..24 => self.tell_signal("unmute", " 0.1"),
            24..26 => self.tell_signal("gain", " 0.5"),
            26 => Turn::Tell(Instruction::Tempo { bpm: f64::from(self.rng.u32(30..300)) }),
            27..30 => {
                self.shade = f64::from(self.rng.u32(1..90)) / 100.0;
                Turn::Save(vec![saved(LIBRARY, self.library())])
            }
            30..34 => {
                let [one, other] = [self.edit(), self.edit()];
                let files = if one == other { vec![one] } else { vec![one, other] };
                Turn::Save(files.into_iter().map(|file| self.change(file)).collect())
            }
            34 => self.tell_signal("solo", " 0.1"),
            35 => Turn::Tell(Instruction::Unsolo { name: None, seconds: None }),
            36..38 => self.tell_signal("stop", ""),
            38 => self.tell(|file| format!("reload {file}")),
            39 => Turn::Tell(match self.rng.u32(0..6) {
                0 => Instruction::Clear { seconds: Some(0.1) },
                1 => Instruction::Reload { file: None },
                2 => Instruction::Fade { level: 0.5, seconds: Some(0.1) },
                _ => Instruction::Fade { level: 1.0, seconds: None },
            }),
            _ => {
                let file = self.edit();
                Turn::Save(vec![self.change(file)])
            }
        }
    }

    /// What takes everything away, save by save, and leaves the same behind whatever there was: `parked` are the names that
    /// keep memory, and `texts` is how many texts of each file are remembered.
    pub fn sweep(parked: &[String], texts: usize) -> Vec<Vec<Change>> {
        let all = || FILES.into_iter().chain([LIBRARY, BROOM]);
        let given = parked.iter().map(|name| format!("unregister(\"{name}\");\n")).collect::<String>();
        let mut saves = vec![vec![saved(BROOM, given)]];
        saves.extend((0..=texts).map(|n| all().map(|file| saved(file, format!("// {n}\n"))).collect()));
        saves.push(all().map(gone).collect());
        saves
    }

    /// What takes every signal's line away.
    pub fn clear() -> Vec<Change> {
        FILES.into_iter().chain([LIBRARY]).map(gone).collect()
    }

    /// Edits a file and says which.
    fn edit(&mut self) -> usize {
        let at = self.rng.usize(0..FILES.len());
        let mut file = self.files[at].take();
        if at == 0 && self.rng.u32(0..4) == 0 {
            self.master = if self.master.is_none() { Some(self.effect()) } else { None };
        }
        match &mut file {
            None => file = Some(vec![self.voice()]),
            Some(_) if self.rng.u32(0..40) == 0 => file = None,
            Some(voices) if voices.is_empty() => voices.push(self.voice()),
            Some(voices) => self.edit_voices(voices),
        }
        self.files[at] = file;
        at
    }

    fn edit_voices(&mut self, voices: &mut Vec<Voice>) {
        let nth = self.rng.usize(0..voices.len());
        let kind = self.rng.u32(0..20);
        match kind {
            0..2 if voices.len() < SIGNALS => return voices.push(self.voice()),
            0..2 if voices.len() > 1 => return drop(voices.swap_remove(nth)),
            _ => {}
        }
        let voice = &mut voices[nth];
        let effects = voice.effects.len();
        match kind {
            2..4 => voice.place = if voice.place == Place::Away { Place::Heard } else { Place::Away },
            4 => voice.place = if voice.place == Place::Given { Place::Heard } else { Place::Given },
            5 => voice.source = self.source(),
            6..9 if effects < EFFECTS => {
                let place = self.rng.usize(0..=effects);
                let effect = self.effect();
                voice.effects.insert(place, effect);
            }
            6..10 if effects > 0 => drop(voice.effects.remove(self.rng.usize(0..effects))),
            10 if effects > 1 => voice.effects.swap(0, effects - 1),
            11 => {
                let copy = voice.source.clone();
                voice.source = format!("mix({copy}, {copy})");
                if voice.source.len() > 400 {
                    voice.source = self.source();
                }
            }
            12..14 if effects > 0 => voice.effects[self.rng.usize(0..effects)] = self.effect(),
            14..17 => voice.source = self.turned(&voice.source.clone()),
            17..19 if effects > 0 => {
                let at = self.rng.usize(0..effects);
                voice.effects[at] = self.turned(&voice.effects[at].clone());
            }
            _ => voice.level = f64::from(self.rng.u32(1..20)) / 400.0,
        }
    }

    fn voice(&mut self) -> Voice {
        self.drawn += 1;
        let effects = (0..self.rng.usize(0..3)).map(|_| self.effect()).collect();
        Voice { name: format!("v{}", self.drawn), source: self.source(), effects, level: 0.05, place: Place::Heard }
    }

    /// A source: one of the table, or something of the performer's own.
    fn source(&mut self) -> String {
        let hz = self.number(Unit::Hertz, 20.0, HIGHEST);
        match self.rng.u32(0..10) {
            0 => format!("|s| {{ s.state[0] = (s.state[0] + {hz} / s.sr) % 1.0; s.state[0] - 0.5 }}"),
            1 => format!("own::ramp({hz})"),
            2 => format!("[osc({hz}), osc({hz} + 0.5)]"),
            3 => format!("own::dark(saw({hz}))"),
            // One that is there, perhaps, or comes, or itself.
            4 => format!("signal(\"v{}\")", self.rng.u32(1..=self.drawn + 1)),
            _ => {
                let sources = HELPERS.iter().filter(|helper| !takes_sound(helper)).collect::<Vec<_>>();
                let nth = self.rng.usize(0..sources.len());
                self.call(sources[nth], "")
            }
        }
    }

    /// An effect: one of the table, around `{}`.
    fn effect(&mut self) -> String {
        let effects = HELPERS.iter().filter(|helper| takes_sound(helper)).collect::<Vec<_>>();
        let nth = self.rng.usize(0..effects.len());
        self.call(effects[nth], "{}")
    }

    /// A call of a helper, its arguments drawn from their ranges.
    fn call(&mut self, helper: &Helper, input: &str) -> String {
        let mut first = true;
        let arguments = helper.arguments.iter().map(|argument| match argument.kind {
            Kind::Signal if std::mem::take(&mut first) => input.to_owned(),
            Kind::Signal => format!("osc({})", self.number(Unit::Hertz, 1.0, HIGHEST)),
            Kind::Numbers => self.row(argument),
            Kind::Rows => format!("[{}, {}]", self.row(argument), self.row(argument)),
            Kind::Choice(words) => format!("\"{}\"", words[self.rng.usize(0..words.len())]),
            Kind::Constant => self.argument(argument),
            Kind::Number if self.rng.u32(0..5) == 0 => format!("{} * osc(0.7)", self.argument(argument)),
            Kind::Number => self.argument(argument),
        });
        let arguments = arguments.collect::<Vec<_>>().join(", ");
        format!("{}({arguments})", helper.name)
    }

    /// Four numbers for an array.
    fn row(&mut self, argument: &Argument) -> String {
        let unbounded = !argument.range.end().is_finite();
        let number = |sketch: &mut Self| match unbounded {
            true => sketch.number(Unit::Hertz, 40.0, 400.0),
            false => sketch.argument(argument),
        };
        let count = 4.clamp(*argument.columns.start(), *argument.columns.end());
        let numbers = (0..count).map(|_| number(self)).collect::<Vec<_>>();
        format!("[{}]", numbers.join(", "))
    }

    fn argument(&mut self, argument: &Argument) -> String {
        self.number(argument.unit, *argument.range.start(), *argument.range.end())
    }

    /// A number between two others, as it is heard: frequencies and times by ratios.
    fn number(&mut self, unit: Unit, low: f64, high: f64) -> String {
        let (low, high) = match unit {
            Unit::Hertz => (low.max(20.0), high.min(HIGHEST)),
            Unit::Seconds => (low.max(0.001), high.min(LONGEST)),
            _ => (low.max(-4.0), high.min(4.0)),
        };
        let part = self.rng.f64();
        let ratio = matches!(unit, Unit::Hertz | Unit::Seconds) && low > 0.0;
        let number = if ratio { low * pow(high / low, part) } else { low + (high - low) * part };
        format!("{number:.4}")
    }

    /// A text with one of its numbers a little larger.
    fn turned(&mut self, text: &str) -> String {
        let digits =
            |start: usize| text[start..].find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text[start..].len());
        let begins = |(start, c): &(usize, char)| {
            let before = text[..*start].chars().next_back();
            c.is_ascii_digit() && !before.is_some_and(|c| c.is_alphanumeric() || "._[".contains(c))
        };
        let starts = text.char_indices().filter(begins).map(|(start, _)| start).collect::<Vec<_>>();
        let Some(&start) = starts.get(self.rng.usize(0..starts.len().max(1))) else { return text.to_owned() };
        let end = start + digits(start);
        let Ok(number) = text[start..end].parse::<f64>() else { return text.to_owned() };
        let mut turned = text[..start].to_owned();
        // Longer than any number that was drawn, and always another one.
        write!(turned, "{:.4}", number * (0.7 + 0.6 * self.rng.f64())).expect("a text takes all");
        turned + &text[end..]
    }

    fn change(&self, file: usize) -> Change {
        let Some(voices) = &self.files[file] else { return gone(FILES[file]) };
        let mut text = "import \"lib/own\" as own;\n".to_owned();
        voices.iter().for_each(|voice| text.push_str(&voice.text()));
        if let Some(effect) = self.master.as_ref().filter(|_| file == 0) {
            writeln!(text, "master(|x| {});", effect.replace("{}", "x")).expect("a text takes all");
        }
        saved(FILES[file], text)
    }

    /// A file that cannot be read as a script, or asks for what there is not.
    fn broken(&mut self) -> Change {
        let texts = [
            "register(\"x\", osc(440",
            "register(\"x\", ocs(440));",
            "let a = [1]; register(\"x\", osc(a[3]));",
            "loop { }",
            "fn f(n) { f(n + 1) } f(0);",
            "register(\"x\", |s| s.state[500]);",
            "let s = \"x\"; loop { s += s; }",
            "register(\"x\", osc(1)); register(\"x\", osc(2));",
        ];
        let file = FILES[self.rng.usize(0..FILES.len())];
        saved(file, texts[self.rng.usize(0..texts.len())].to_owned())
    }

    /// A file that is a script and still not to be heard, or not for long.
    fn unsound(&mut self) -> Change {
        let texts = [
            "register(\"x\", osc(100) * 1e9);",
            "register(\"x\", |s| s.t / 0.0 - s.t / 0.0);",
            "register(\"x\", delay(osc(100), 60, 50));",
            "register(\"x\", |s| { s.state[0] += 1.0; if s.state[0] > 9000.0 { sqrt(-1.0) } else { 0.0 } });",
        ];
        let file = FILES[self.rng.usize(0..FILES.len())];
        saved(file, texts[self.rng.usize(0..texts.len())].to_owned())
    }

    fn library(&self) -> String {
        let own = "fn ramp(hz) { let m = memory(2); |s| { m[1] = (m[1] + hz / s.sr) % 1.0; m[1] - 0.5 } }\n";
        let dark = format!(
            "fn dark(x) {{ let m = memory(1); pipe(x, |x| {{ m[0] += {:?} * (x - m[0]); m[0] }}) }}\n",
            self.shade
        );
        own.to_owned() + dark.as_str()
    }

    fn tell(&mut self, words: impl Fn(&str) -> String) -> Turn {
        let file = FILES[self.rng.usize(0..FILES.len())];
        Turn::Tell(words(file).parse().expect("these words are known"))
    }

    /// Something about a signal, which may not be there.
    fn tell_signal(&mut self, word: &str, rest: &str) -> Turn {
        let voices = self.files.iter().flatten().flatten().map(|voice| voice.name.clone()).collect::<Vec<_>>();
        let name = voices.get(self.rng.usize(0..voices.len().max(1))).map_or("nobody", String::as_str);
        Turn::Tell(format!("{word} {name}{rest}").parse().expect("these words are known"))
    }
}

impl Voice {
    fn text(&self) -> String {
        let sound = self.effects.iter().fold(self.source.clone(), |input, effect| effect.replace("{}", &input));
        match self.place {
            Place::Heard => format!("register(\"{}\", gain({sound}, {:?}));\n", self.name, self.level),
            Place::Away => "// not now\n".to_owned(),
            Place::Given => format!("unregister(\"{}\");\n", self.name),
        }
    }
}

fn takes_sound(helper: &Helper) -> bool {
    helper.arguments.first().is_some_and(|argument| argument.kind == Kind::Signal)
}

fn saved(path: &str, text: String) -> Change {
    Change { path: path.to_owned(), what: What::Text(text) }
}

fn gone(path: &str) -> Change {
    Change { path: path.to_owned(), what: What::Removed }
}
