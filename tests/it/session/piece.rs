//! Files of random signals, and random edits of them: what is written, and what of it an edit leaves alone. It plays nothing.

use std::fmt::Write;

use proptest::collection::vec;
use proptest::prelude::*;

/// What every file begins with: helpers of the performer's own.
const OWN: &str = "fn ramp(hz) { let m = memory(2); |s| { m[1] = (m[1] + hz / s.sr) % 1.0; m[1] - 0.5 } }
fn dark(x, k) { let m = memory(3); pipe(x, |x| { m[0] += k * (x - m[0]); m[2] += k * (m[0] - m[2]); m[2] }) }
";

/// Kinds of sources, and the names of their keys.
const SOURCES: [(&str, Option<&str>); 7] = [
    ("osc", Some("osc")),
    ("saw", Some("saw")),
    ("tri", Some("tri")),
    ("phasor", Some("phasor")),
    ("noise", Some("noise")),
    ("ramp", Some("memory")),
    ("state", None),
];
/// Kinds of effects, and the names of their keys.
const EFFECTS: [(&str, Option<&str>); 9] = [
    ("lowpass", Some("lowpass")),
    ("highpass", Some("highpass")),
    ("lpf", Some("lpf")),
    ("slew", Some("slew")),
    ("delay", Some("delay")),
    ("feedback", Some("feedback")),
    ("tremolo", Some("tremolo")),
    ("dark", Some("memory")),
    ("gain", None),
];
/// Ways to write one and the same voice.
const STYLES: usize = 4;
/// The most voices of a signal, and the most steps of a voice: together they fit into the master's channels.
const VOICES: usize = 4;
const LINKS: usize = 4;
/// The master's channels.
pub const WIDTH: usize = VOICES * LINKS;

/// One helper of a voice. Numbers are drawn once, so a number tells it from all others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    kind: &'static str,
    /// The name in its key, where it has memory.
    pub helper: Option<&'static str>,
    number: u32,
    /// Milliseconds of a line.
    size: u32,
    labelled: bool,
}

/// A source and what it goes through.
#[derive(Clone, Debug)]
pub struct Voice {
    links: Vec<Link>,
    style: usize,
}

/// How a signal is made of its voices.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Form {
    /// Each voice is a channel.
    Channels,
    /// Each step of each voice is a channel.
    Steps,
    /// They are added up.
    Sum,
    /// The sources are channels that go through the effects of the first voice together.
    Wide,
}

#[derive(Clone, Debug)]
pub struct Signal {
    name: u32,
    pub form: Form,
    voices: Vec<Voice>,
    /// How often all of it is halved.
    pub halved: i32,
    fade: &'static str,
    /// In which of two files it is.
    file: usize,
}

/// Two files of signals, and a supply of numbers.
#[derive(Clone, Debug)]
pub struct Piece {
    pub signals: Vec<Signal>,
    drawn: u32,
}

#[derive(Clone, Debug)]
pub enum Edit {
    InsertVoice,
    InsertLink,
    DeleteVoice,
    DeleteLink,
    Duplicate,
    SwapVoices,
    SwapLinks,
    Number,
    Kind,
    Halve,
    Restyle,
    Label,
    Resize,
    Rename,
    AddSignal,
    DeleteSignal,
    SwapSignals,
    MoveToOtherFile,
}

const EDITS: [Edit; 18] = [
    Edit::InsertVoice,
    Edit::InsertLink,
    Edit::DeleteVoice,
    Edit::DeleteLink,
    Edit::Duplicate,
    Edit::SwapVoices,
    Edit::SwapLinks,
    Edit::Number,
    Edit::Kind,
    Edit::Halve,
    Edit::Restyle,
    Edit::Label,
    Edit::Resize,
    Edit::Rename,
    Edit::AddSignal,
    Edit::DeleteSignal,
    Edit::SwapSignals,
    Edit::MoveToOtherFile,
];

/// What is edited where: the signal, the voice, the step, and a choice among kinds.
pub type Place = [usize; 4];

pub fn any_edit() -> impl Strategy<Value = (Edit, Place)> {
    (prop::sample::select(EDITS.to_vec()), [0..60_usize, 0..60, 0..60, 0..63])
}

pub fn any_piece() -> impl Strategy<Value = Piece> {
    let voice = (0..SOURCES.len(), vec(0..EFFECTS.len(), 0..LINKS), 0..STYLES);
    let form = prop::sample::select(vec![Form::Channels, Form::Steps, Form::Steps, Form::Sum, Form::Wide]);
    let fade = prop::sample::select(vec!["", "", ", #{fade: 0}", ", #{fade: 0.007}"]);
    let signal = (form, vec(voice, 1..=VOICES), fade, 0..2_usize);
    vec(signal, 1..=3).prop_map(|signals| {
        let mut piece = Piece { signals: Vec::new(), drawn: 0 };
        for (form, voices, fade, file) in signals {
            let name = piece.draw();
            let voices = voices.into_iter().map(|(source, effects, style)| {
                let first = piece.link(SOURCES[source]);
                let rest = effects.into_iter().map(|effect| piece.link(EFFECTS[effect])).collect::<Vec<_>>();
                Voice { links: [vec![first], rest].concat(), style }
            });
            let voices = voices.collect();
            piece.signals.push(Signal { name, form, voices, halved: 0, fade, file });
        }
        piece
    })
}

impl Link {
    fn is_source(&self) -> bool {
        SOURCES.iter().any(|(kind, _)| *kind == self.kind)
    }

    /// What it does to its input.
    fn text(&self, input: &str) -> String {
        let Link { kind, number, size, .. } = self;
        let (hz, share, seconds) = (100 + number, f64::from(*number) / 400.0, f64::from(*size) / 1000.0);
        let text = match *kind {
            "noise" => "noise()".to_owned(),
            "state" => {
                format!("|s| {{ s.state[{number}] = (s.state[{number}] + {hz} / s.sr) % 1.0; s.state[{number}] }}")
            }
            _ if self.is_source() => format!("{kind}({hz})"),
            "lpf" => format!("lpf({input}, {hz}, 0.3)"),
            "slew" => format!("slew({input}, {})", share / 100.0),
            "delay" => format!("delay({input}, {seconds}, {})", share / 50.0),
            "feedback" => format!("feedback({input}, {seconds}, {}, 0.5)", 0.001 + share / 50.0),
            "tremolo" => format!("tremolo({input}, {number}, 0.5)"),
            "dark" | "gain" => format!("{kind}({input}, {share})"),
            _ => format!("{kind}({input}, {hz})"),
        };
        // What a function of the performer's gives is no helper that could be named.
        let named = self.labelled && self.helper.is_some_and(|helper| helper == *kind);
        if named { format!("label({text}, \"l{number}\")") } else { text }
    }

    /// What tells it from others; equal ones are copies.
    pub fn id(&self) -> (&'static str, u32) {
        (self.kind, self.number)
    }

    /// The same without what is not heard: a name, and room that is not used.
    fn heard(&self) -> Link {
        Link { labelled: false, size: 20, ..self.clone() }
    }
}

impl Voice {
    fn nested(&self, steps: usize) -> String {
        self.links[..=steps].iter().fold(String::new(), |input, link| link.text(&input))
    }

    /// What defines it before the signal, and the expression.
    fn written(&self, name: &str) -> [String; 2] {
        let whole = self.nested(self.links.len() - 1);
        match self.style {
            1 => [format!("let {name} = {whole};\n"), name.to_owned()],
            2 => [format!("fn {name}() {{ {whole} }}\n"), format!("{name}()")],
            3 if self.links.len() > 1 => {
                let steps = self.links[1..].iter().map(|link| format!(", |x| {}", link.text("x"))).collect::<String>();
                [String::new(), format!("pipe({}{steps})", self.links[0].text(""))]
            }
            _ => [String::new(), whole],
        }
    }

    /// From which step on a step can be heard by itself: a closure that is heard twice would run twice.
    fn first_heard(&self) -> usize {
        usize::from(["state", "ramp"].contains(&self.links[0].kind) && self.links.len() > 1)
    }
}

impl Signal {
    pub fn name(&self) -> String {
        format!("s{}", self.name)
    }

    /// The effects of all channels together; functions of the performer's take one channel.
    fn shared(&self) -> impl Iterator<Item = &Link> {
        self.voices[0].links[1..].iter().filter(|link| link.kind != "dark")
    }

    /// The helpers with memory, in the order of their instances.
    pub fn helpers(&self) -> Vec<Link> {
        let links = self.voices.iter().flat_map(|voice| &voice.links);
        let sources = self.voices.iter().map(|voice| &voice.links[0]).chain(self.shared());
        let links = if self.form == Form::Wide { sources.collect::<Vec<_>>() } else { links.collect() };
        links.into_iter().filter(|link| link.helper.is_some()).map(Link::heard).collect()
    }

    /// What each channel is, but for the halving: channels of one text are fed alike and go through the same.
    pub fn channels(&self) -> Vec<String> {
        let plain = |voice: &Voice| Voice { links: voice.links.iter().map(Link::heard).collect(), style: 0 };
        let voices = self.voices.iter().map(plain).collect::<Vec<_>>();
        let whole = |voice: &Voice| voice.nested(voice.links.len() - 1);
        match self.form {
            Form::Channels => voices.iter().map(whole).collect(),
            Form::Wide => {
                let through = |source: &Voice| {
                    let links = [&source.links[0]].into_iter().chain(self.shared()).map(Link::heard).collect();
                    whole(&Voice { links, style: 0 })
                };
                voices.iter().map(through).collect()
            }
            Form::Sum => vec![voices.iter().map(whole).collect::<Vec<_>>().join(" and ")],
            Form::Steps => {
                let steps = |voice: &Voice| {
                    (voice.first_heard()..voice.links.len()).map(|step| voice.nested(step)).collect::<Vec<_>>()
                };
                voices.iter().flat_map(steps).collect()
            }
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        let name = |voice: usize| format!("v{}_{voice}", self.name);
        let expression = if self.form == Form::Steps {
            let mut all = Vec::new();
            for (nth, voice) in self.voices.iter().enumerate() {
                let (first, mut input) = (voice.first_heard(), String::new());
                for (step, link) in voice.links.iter().enumerate() {
                    input = link.text(&input);
                    if step >= first {
                        writeln!(text, "let {}_{step} = {input};", name(nth)).expect("a string takes all");
                        input = format!("{}_{step}", name(nth));
                        all.push(input.clone());
                    }
                }
            }
            format!("[{}]", all.join(", "))
        } else if self.form == Form::Wide {
            let sources = self.voices.iter().map(|voice| voice.links[0].text("")).collect::<Vec<_>>().join(", ");
            self.shared().fold(format!("[{sources}]"), |input, link| link.text(&input))
        } else {
            let written = self.voices.iter().enumerate().map(|(nth, voice)| voice.written(&name(nth)));
            let written = written.collect::<Vec<_>>();
            written.iter().for_each(|[before, _]| text.push_str(before));
            let all = written.iter().map(|[_, expression]| expression.as_str()).collect::<Vec<_>>().join(", ");
            if self.form == Form::Sum { format!("sum([{all}])") } else { format!("[{all}]") }
        };
        let halved = (0..self.halved).fold(expression, |inner, _| format!("gain({inner}, 0.5)"));
        writeln!(text, "register(\"{}\", {halved}{});", self.name(), self.fade).expect("a string takes all");
        text
    }
}

impl Piece {
    fn draw(&mut self) -> u32 {
        self.drawn += 1;
        self.drawn
    }

    fn link(&mut self, (kind, helper): (&'static str, Option<&'static str>)) -> Link {
        // One noise is written like any other.
        let number = if kind == "noise" { 0 } else { self.draw() };
        Link { kind, helper, number, size: 20, labelled: false }
    }

    /// The texts of its two files.
    pub fn files(&self) -> [String; 2] {
        [0, 1].map(|file| {
            let signals = self.signals.iter().filter(|signal| signal.file == file);
            signals.fold(OWN.to_owned(), |text, signal| text + signal.text().as_str())
        })
    }

    /// Edits one place, where that is possible there.
    pub fn edit(&mut self, edit: &Edit, [signal, voice, step, choice]: Place) {
        let signals = self.signals.len();
        let at = signal % signals;
        let count = self.signals[at].voices.len();
        let wide = self.signals[at].form == Form::Wide;
        // Channels of one helper go on in their order, so they come and go at the end.
        let at_end = wide && matches!(edit, Edit::InsertVoice | Edit::DeleteVoice | Edit::Duplicate);
        let voice_at = if at_end { count - 1 } else { voice % count };
        let length = self.signals[at].voices[voice_at].links.len();
        let fresh = [self.link(SOURCES[choice % SOURCES.len()]), self.link(EFFECTS[choice % EFFECTS.len()])];
        let again = self.drawn + 1;
        self.drawn += LINKS as u32;
        let signal = &mut self.signals[at];
        let place = if at_end { count } else { step % (count + 1) };
        let voice = &mut signal.voices[voice_at];
        match edit {
            Edit::InsertVoice if count < VOICES => {
                signal.voices.insert(place, Voice { links: fresh.to_vec(), style: choice % STYLES });
            }
            Edit::InsertLink if length < LINKS => voice.links.insert(1 + step % length, fresh[1].clone()),
            Edit::DeleteVoice if count > 1 => drop(signal.voices.remove(voice_at)),
            Edit::DeleteLink if length > 1 => drop(voice.links.remove(1 + step % (length - 1))),
            Edit::Duplicate if count < VOICES => {
                let mut copy = voice.clone();
                for link in &mut copy.links {
                    link.labelled = false;
                    // Two that write one slot of the sandbox are no copies.
                    link.number = if link.kind == "state" { again } else { link.number };
                }
                signal.voices.insert(voice_at + 1, copy);
            }
            Edit::SwapVoices if !wide => signal.voices.swap(voice_at, step % count),
            // Neighbours: two further apart that change places cannot be told from two numbers that do.
            Edit::SwapLinks if length > 2 => {
                let first = 1 + step % (length - 2);
                voice.links.swap(first, first + 1);
            }
            Edit::Number if voice.links[step % length].kind != "noise" => voice.links[step % length].number = again,
            Edit::Kind => voice.links[step % length] = fresh[usize::from(step % length > 0)].clone(),
            Edit::Halve => signal.halved += 1,
            Edit::Restyle => voice.style = choice % STYLES,
            Edit::Label => {
                let link = &mut voice.links[step % length];
                link.labelled = link.number > 0 && !link.labelled;
            }
            Edit::Resize => {
                let links = signal.voices.iter_mut().flat_map(|voice| &mut voice.links);
                links.for_each(|link| link.size = 10 + choice as u32);
            }
            Edit::Rename => signal.name = again,
            Edit::AddSignal if signals < 4 => {
                let mut copy = signal.clone();
                copy.name = again;
                self.signals.insert(choice % (signals + 1), copy);
            }
            Edit::DeleteSignal if signals > 1 => drop(self.signals.remove(at)),
            Edit::SwapSignals => self.signals.swap(at, choice % signals),
            Edit::MoveToOtherFile => signal.file = 1 - signal.file,
            _ => {}
        }
    }
}
