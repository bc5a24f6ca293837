//! A bad night: whatever can happen to a set, at random, drawn from a seed and faster than real time, and what devices heard
//! of it. No sound is made; two hours of it are
//! `AITHER_NIGHT=7200 cargo test --test it night:: -- --nocapture`.
//!
//! The set is smooth by itself: sines and slow swings of them, and lines whose inputs nobody edits. So whatever bends sharply
//! in what a device heard is a fault. [`Judge`] says how sharp that is.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use aither::device::{Edge, Plan, Source};
use aither::ir::call::QUANTUM;
use aither::session::log::{Entry, Header, Verdict, Writer};
use aither::session::resume::{Opened, resume};
use aither::session::{Instruction, Notice, Obeyed, Performance, Settings};
use aither::watch::{Change, What};

use crate::stand::Dice;

/// Frames per second of the set.
const RATE: u32 = 48_000;
const PLAN: Plan = Plan { rate: RATE, channels: 2 };
/// Rates of the devices that come and go.
const RATES: [u32; 5] = [48_000, 44_100, 96_000, 88_200, 48_000];
/// The files that are edited.
const FILES: [&str; 4] = ["air.rhai", "bass.rhai", "lead.rhai", "pad.rhai"];
/// Lines, whose inputs nobody edits: what is fed to them at once comes back at once.
const SPACE: &str = "register(\"space\", osc(130).feedback(0.4, 0.3, 0.5) * 0.015);";
/// The loudest that a signal is, and how many there are of a file.
const LOUDEST: f64 = 0.04;
const SIGNALS: usize = 2;

/// Listens to one channel for faults: the fourth difference of its samples, in which what is smooth nearly vanishes and a step
/// of 1 is 3. A straight way makes a bend of the slope at its ends: nine signals that fall from their loudest in the 3 ms of a
/// panic make 0.005 of it, and the 5 ms in which a device comes up 0.003; a step of 0.004 (-48 dB) is told from them.
#[derive(Clone, Default)]
struct Judge {
    last: [f64; 5],
    /// The sharpest bend so far.
    sharpest: f64,
    heard: u64,
    faults: Vec<u64>,
}

impl Judge {
    const BEND: f64 = 0.01;

    fn hear(&mut self, sample: f32) {
        self.last.rotate_left(1);
        self.last[4] = f64::from(sample);
        let [a, b, c, d, e] = self.last;
        let bend = (a - 4.0 * b + 6.0 * c - 4.0 * d + e).abs();
        // What is no number is not smooth.
        let smooth = bend <= Judge::BEND && sample.abs() <= 1.0;
        if !smooth {
            self.faults.push(self.heard);
        }
        self.sharpest = self.sharpest.max(bend);
        self.heard += 1;
    }
}

#[test]
fn the_judge_hears_an_injected_click_and_no_fade() {
    let tone = |n: u64| 0.35 * (std::f64::consts::TAU * 300.0 * n as f64 / f64::from(RATE)).sin();
    let listen = |level: &dyn Fn(u64) -> f64, click: &dyn Fn(u64) -> f64| {
        let mut judge = Judge::default();
        let begin = |n: u64| (n as f64 / 240.0).min(1.0);
        (0..20_000).for_each(|n| judge.hear((begin(n) * level(n) * tone(n) + click(n)) as f32));
        judge.faults
    };
    let fade = |n: u64| 1.0 - (n.saturating_sub(10_000) as f64 / 144.0).min(1.0);
    assert_eq!(listen(&fade, &|_| 0.0), [0; 0], "a panic");
    assert_eq!(listen(&|_| 1.0, &|_| 0.0), [0; 0], "a device that comes");
    let step = |size: f64| move |n: u64| if n >= 7_777 { size } else { 0.0 };
    assert!(listen(&|_| 1.0, &step(0.004)).contains(&7_778), "a step");
    let click = |n: u64| if n == 7_777 { 0.002 } else { 0.0 };
    assert!(listen(&|_| 1.0, &click).contains(&7_779), "a single sample");
    assert!(!listen(&|n| if n < 10_000 { 1.0 } else { 0.0 }, &|_| 0.0).is_empty(), "an end without a fade");
    assert!(!listen(&|n| if n == 5_000 { f64::NAN } else { 1.0 }, &|_| 0.0).is_empty(), "no number");
}

/// A set that lives through the night.
struct Night {
    dice: Dice,
    settings: Settings,
    performance: Performance,
    /// What the present device pulls.
    edge: Option<Edge>,
    rate: u32,
    log: Writer,
    path: PathBuf,
    /// The texts of the files that are edited.
    texts: Vec<Option<Vec<String>>>,
    drawn: u32,
    judges: [Judge; 2],
    counts: Counts,
}

/// What happened.
#[derive(Debug, Default)]
struct Counts {
    seconds: f64,
    sets: u64,
    saves: u64,
    refused: u64,
    words: u64,
    losses: u64,
    kills: u64,
    takes: u64,
    silenced: u64,
    sharpest: f64,
    faults: Vec<String>,
}

impl Night {
    fn new(seed: u64, folder: &Path, counts: Counts) -> Night {
        let settings = Settings { real_time: true, record_memory: 1 << 20, ..Settings::default() };
        let (mut performance, player) = Performance::new(&settings, Path::new("")).unwrap();
        let path = folder.join(format!("night-{seed}.log"));
        let mut log = Writer::create(&path, Header::new(RATE, 2)).unwrap();
        let mut dice = Dice::new(seed);
        let mut drawn = 0;
        let texts = FILES.iter().map(|_| Some(signals(&mut dice, &mut drawn))).collect::<Vec<_>>();
        let mut files = FILES
            .iter()
            .zip(&texts)
            .map(|(file, text)| saved(file, &text.as_ref().unwrap().concat()))
            .collect::<Vec<_>>();
        files.push(saved("space.rhai", SPACE));
        let begun = performance.begin(files, None);
        assert!(begun.report.ok(), "{:?}", begun.report);
        log.expect(begun.ticket.unwrap(), begun.entries);
        let edge = Edge::of(Box::new(player), RATE, PLAN).ok();
        let (judges, counts) = (Default::default(), Counts { sets: counts.sets + 1, ..counts });
        Night { dice, settings, performance, edge, rate: RATE, log, path, texts, drawn, judges, counts }
    }

    /// Plays for so many seconds of the device, in blocks of any length, as `aither run` does between two saves.
    fn play(&mut self, seconds: f64) -> Vec<f32> {
        let mut left = (seconds * f64::from(self.rate)) as usize;
        let mut heard = Vec::new();
        while left > 0 {
            let frames = left.min(1 + self.dice.below(700));
            let mut block = vec![0.0; 2 * frames];
            self.edge.as_mut().expect("a device").pull(&mut block);
            heard.extend_from_slice(&block);
            left -= frames;
            self.tick();
        }
        self.counts.seconds += seconds;
        heard
    }

    /// Plays for a device that somebody listens to.
    fn sound(&mut self, seconds: f64) {
        for frame in self.play(seconds).chunks_exact(2) {
            self.judges.iter_mut().zip(frame).for_each(|(judge, sample)| judge.hear(*sample));
        }
    }

    fn tick(&mut self) {
        for notice in self.performance.tick() {
            match notice {
                Notice::OnAir { ticket, frame, .. } => self.log.on_air(ticket, frame),
                Notice::Silenced { frame } => {
                    let (words, verdict) = (Instruction::Panic.to_string(), Some(Verdict::Taken));
                    self.log.write(frame, &[Entry::Command { words, verdict }]);
                }
                Notice::Diagnostic(_) => self.counts.silenced += 1,
                _ => {}
            }
        }
        self.log.played(self.performance.frame(), u64::from(RATE));
    }

    /// Waits until everything has its frame, as the next save does.
    fn settle(&mut self) {
        while !self.log.is_complete() || !self.performance.snapshots().are_complete() {
            self.sound(0.002);
        }
    }

    fn save(&mut self, changes: Vec<Change>) {
        let saved = self.performance.save(changes);
        *(if saved.report.ok() { &mut self.counts.saves } else { &mut self.counts.refused }) += 1;
        self.log.expect(saved.ticket.expect("a ticket for each save"), saved.entries);
    }

    fn tell(&mut self, words: &str) {
        let instruction = words.parse::<Instruction>().unwrap_or_else(|why| panic!("{words}: {why}"));
        let Ok(Obeyed { ticket, entries, .. }) = self.performance.obey(&instruction) else { return };
        self.counts.words += 1;
        if let Some(ticket) = ticket {
            self.log.expect(ticket, entries);
        }
    }

    /// The device goes, and another one comes, of any rate; meanwhile time goes by unheard, or none does.
    fn lose_device(&mut self) {
        self.end_take();
        self.counts.losses += 1;
        let source = self.edge.take().and_then(Edge::home).expect("the source comes home");
        if self.dice.below(2) == 0 {
            self.plug(source, RATE);
            let unheard = 0.5 * self.dice.unit();
            self.play(unheard);
            let source = self.edge.take().and_then(Edge::home).expect("the source comes home");
            self.plug_any(source);
        } else {
            self.plug_any(source);
        }
    }

    fn plug_any(&mut self, source: Box<dyn Source>) {
        let rate = RATES[self.dice.below(RATES.len())];
        self.plug(source, rate);
    }

    fn plug(&mut self, source: Box<dyn Source>, rate: u32) {
        self.edge = Edge::of(source, rate, PLAN).ok();
        self.rate = rate;
    }

    /// What one device heard is over; how it ends is nobody's fault.
    fn end_take(&mut self) {
        self.counts.takes += 1;
        let (rate, Counts { takes, seconds, .. }) = (self.rate, &self.counts);
        let take = format!("take {takes} at {rate} Hz, until {seconds:.1} s");
        for (channel, judge) in std::mem::take(&mut self.judges).into_iter().enumerate() {
            self.counts.sharpest = self.counts.sharpest.max(judge.sharpest);
            let place = |at: &u64| format!("{take}: channel {channel}, sample {at} of {}", judge.heard);
            self.counts.faults.extend(judge.faults.iter().take(3).map(place));
        }
    }

    /// The process is killed and another one goes on. What the first would have played is what the second one plays.
    fn kill(&mut self) {
        self.settle();
        self.end_take();
        self.counts.kills += 1;
        let source = self.edge.take().and_then(Edge::home).expect("the source comes home");
        self.plug(source, RATE);
        self.log.write(self.performance.frame(), &[Entry::Played]);
        let text = fs::read(&self.path).unwrap();
        let wanted = self.play(0.3);
        self.edge = None;
        let torn: &[u8] = if self.dice.below(2) == 0 { b"{\"frame\":99999999,\"file\":\"air.rh" } else { b"" };
        fs::write(&self.path, [&text[..], torn].concat()).unwrap();
        let opened = resume(&self.path, None, &self.settings, Path::new("")).expect("a set that goes on");
        let Opened { performance, player, log, .. } = opened;
        (self.performance, self.log) = (performance, log.expect("a log that goes on"));
        self.plug(Box::new(player), RATE);
        let played = self.play(0.3);
        // The first had up to a quantum that was rendered and not heard; both come up in five milliseconds.
        let rise = 2 * RATE as usize / 200;
        let same = |late: usize| wanted[rise + 2 * late..].iter().zip(&played[rise..]).all(|(one, other)| one == other);
        if !(0..QUANTUM).any(same) {
            self.counts.faults.push(format!("after the kill at {:.1} s the set is another one", self.counts.seconds));
        }
        for frame in played.chunks_exact(2) {
            self.judges.iter_mut().zip(frame).for_each(|(judge, sample)| judge.hear(*sample));
        }
    }

    /// Something happens.
    fn turn(&mut self) {
        let file = self.dice.below(FILES.len());
        let name = self.name();
        match self.dice.below(40) {
            0..14 => self.edit(file),
            14 | 15 => self.break_file(file),
            16 => {
                self.texts[file] = None;
                self.save(vec![Change { path: FILES[file].to_owned(), what: What::Removed }]);
            }
            17..19 => self.tell(&format!("mute {name}")),
            19 | 20 => self.tell(&format!("unmute {name} 0.1")),
            21 => self.tell(&format!("solo {name}")),
            22 | 23 => self.tell("unsolo"),
            24 => self.tell(&format!("gain {name} 0.5")),
            25 => self.tell(&format!("gain {name} 1 0.3")),
            26 => self.tell(&format!("stop {name}")),
            27 => self.tell(&format!("unregister {name}")),
            28 => self.tell("reload"),
            29 => self.tell("undo"),
            30 => self.tell("redo"),
            31 => self.tell("undo --state then"),
            32 => {
                self.tell("panic");
                self.settle();
                self.sound(0.05);
                self.tell("fade 1 0.05");
            }
            33 => self.tell("fade 0.7 0.2"),
            34 => self.tell("fade 1 0.2"),
            35 => self.tell("tempo 150"),
            // Nobody empties the ring, as with a disk that takes nothing any more.
            36 => self.tell("record start full.wav --stems parts"),
            37 => self.tell("record stop"),
            _ => self.lose_device(),
        }
    }

    /// A signal that plays, or one that does not.
    fn name(&mut self) -> String {
        let names = self.performance.playing().map(|(name, ..)| name.to_owned()).collect::<Vec<_>>();
        if names.is_empty() { "nobody".to_owned() } else { names[self.dice.below(names.len())].clone() }
    }

    fn edit(&mut self, file: usize) {
        let text = match self.texts[file].take() {
            Some(mut voices) if self.dice.below(3) > 0 && !voices.is_empty() => {
                let nth = self.dice.below(voices.len());
                let name = voices[nth].split('"').nth(1).unwrap_or_default().to_owned();
                voices[nth] = signal(&mut self.dice, &name);
                voices
            }
            _ => signals(&mut self.dice, &mut self.drawn),
        };
        self.save(vec![saved(FILES[file], &text.concat())]);
        self.texts[file] = Some(text);
    }

    fn break_file(&mut self, file: usize) {
        let broken = [
            "register(\"air\", ocs(220));",
            "let x = ; register(",
            "loop { }",
            "register(\"much\", |s| s.state[0] / 0.0);",
            "register(\"loud\", |s| 1e9);",
        ];
        let text = broken[self.dice.below(broken.len())];
        self.save(vec![saved(FILES[file], text)]);
    }
}

fn saved(path: &str, text: &str) -> Change {
    Change { path: path.to_owned(), what: What::Text(text.to_owned()) }
}

fn signals(dice: &mut Dice, drawn: &mut u32) -> Vec<String> {
    let count = 1 + dice.below(SIGNALS);
    let names = (0..count).map(|_| {
        *drawn += 1;
        format!("v{drawn}")
    });
    names.collect::<Vec<_>>().iter().map(|name| signal(dice, name)).collect()
}

/// A signal without a corner in it.
fn signal(dice: &mut Dice, name: &str) -> String {
    let hz = dice.within(40.0, 300.0).round();
    let source = match dice.below(5) {
        0 => format!("osc({hz})"),
        1 => format!("osc({hz} + osc(3) * 10)"),
        2 => format!("(osc({hz}) * 0.5 + osc({}) * 0.5)", hz / 2.0),
        3 => format!("osc({hz}).lpf({}, 0.3)", dice.within(300.0, 3_000.0).round()),
        _ => format!("pipe(|s| sin(TAU * {hz} * s.t), |x| tremolo(x, 4, 0.7))"),
    };
    let effect = match dice.below(4) {
        0 => format!(".tremolo({}, 0.6)", dice.within(0.5, 8.0).round()),
        1 => format!(".lowpass({})", dice.within(200.0, 4_000.0).round()),
        2 => format!(".pan({:.2})", dice.unit() - 0.5),
        _ => String::new(),
    };
    let level = LOUDEST * (0.5 + 0.5 * dice.unit());
    format!("register(\"{name}\", {source}{effect} * {level:.4}, #{{ fade_in: 0.02 }});\n")
}

/// How a night goes.
struct Course {
    /// Seconds between two turns, in the middle.
    pause: f64,
    /// How many turns it is from kill to kill.
    kill: u64,
    /// How many seconds a set lasts, until another one begins: what goes on after a kill is rendered from its beginning.
    set: f64,
}

/// A night of so many seconds.
fn live_through(seed: u64, seconds: f64, course: &Course) -> Counts {
    let folder = tempfile::tempdir().unwrap();
    let mut counts = Counts::default();
    while counts.seconds < seconds {
        let end = seconds.min(counts.seconds + course.set);
        let mut night = Night::new(seed + counts.sets, folder.path(), counts);
        let mut turns = 0;
        while night.counts.seconds < end {
            let pause = 2.0 * course.pause * night.dice.unit();
            night.sound(pause);
            night.settle();
            turns += 1;
            if turns % course.kill == 0 {
                night.kill();
            } else {
                night.turn();
            }
        }
        night.end_take();
        counts = night.counts;
    }
    counts
}

/// Says, in seconds, how long the night shall be.
const LENGTH: &str = "AITHER_NIGHT";

#[test]
fn half_a_minute_of_a_bad_night_has_no_step_in_it() {
    let begun = Instant::now();
    let length = std::env::var(LENGTH).ok().map(|length| length.parse::<f64>().expect("seconds"));
    let counts = match length {
        Some(seconds) => live_through(1, seconds, &Course { pause: 1.0, kill: 150, set: 600.0 }),
        None => live_through(7, 30.0, &Course { pause: 0.15, kill: 60, set: f64::INFINITY }),
    };
    println!("{:.0} s, {counts:#?}", begun.elapsed().as_secs_f64());
    let Counts { saves, refused, words, losses, kills, faults, .. } = counts;
    assert!(faults.is_empty());
    assert!(saves > 30 && refused > 3 && words > 30 && losses > 2 && kills >= 2);
}
