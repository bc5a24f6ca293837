//! Which voice plays which note: from the notes that come to what each voice of `poly` is told. What a voice sounds like is not here.
//!
//! A voice that is taken while it can be heard fades first, so nothing is cut; one that is silent begins in that very frame.

use super::Site;
use super::site::{Cell, Counter, Known};
use crate::dsp::float::{Float, Int};
use crate::ir::structure::Call;
use crate::ir::{B, Builder, End, F, I, InstanceId, Place, ValueId};

/// The most voices of one `poly`.
pub const MOST_VOICES: usize = 64;

/// Seconds in which a voice fades that is taken away from its note.
const FADE: f64 = 0.005;
/// Seconds in which it comes back with the new one.
const RETURN: f64 = 0.001;
/// Below this a voice is not heard: -100 dB.
const FAINT: f64 = 1e-5;
/// Seconds below it after which a voice counts as silent: longer than half a wave of any note.
const HUSH: f64 = 0.02;
/// What is added to the frame of voices that still ring, and of those that play a note: silent ones are taken before them.
const RINGS: i64 = 1 << 60;
const PLAYS: i64 = 1 << 61;
/// Frames after which voices are looked at although nothing happened, a power of two.
const REVIEW: i64 = 64;

/// What is played: one of the notes that may sound together.
#[derive(Clone, Copy)]
pub struct Note<'b> {
    /// Hertz; a voice keeps what it is when its note begins.
    pub freq: F<'b>,
    /// Above 0 while the note lasts; a voice keeps the height that it begins with. Where there is none, a note begins when
    /// `freq` changes, and lasts until the next one or until `freq` is 0.
    pub gate: Option<F<'b>>,
}

/// Voices that know what to play in this frame.
pub struct Voices<'b> {
    /// Frequency and gate of each voice.
    pub told: Vec<(F<'b>, F<'b>)>,
    instance: InstanceId,
    builder: &'b Builder,
    /// Of each voice the instance that listens to it, and what that remembers.
    ears: Vec<(InstanceId, Counter<'b>)>,
    /// How loud each voice is let through.
    levels: Vec<F<'b>>,
    /// The frame from which on a voice is silent that is heard now.
    silent: I<'b>,
}

impl<'b> Voices<'b> {
    /// Gives the notes to `count` voices, 1 to [`MOST_VOICES`]; `rate` in frames per second.
    pub fn new(builder: &'b Builder, rate: f64, count: usize, notes: &[Note<'b>], place: Place) -> Voices<'b> {
        let notes = played(builder, rate, notes, place);
        let id = |value: fn(&Played<'b>) -> F<'b>| notes.iter().map(|note| value(note).id()).collect::<Vec<_>>();
        let arguments = vec![id(|note| note.freq), id(|note| note.gate), id(|note| note.begins)];
        let now = builder.int(builder.frame());
        let now = now + now.lit(1);
        // The state of a voice is a channel of the block, so with another count the first voices go on. Of a block of one
        // channel a wider one would make many of the same, so there are never less than two.
        let channels = count.max(2);
        // Who listens to a voice is an instance of its own, so that voices are not told apart by how many there are.
        let ears = (0..count).map(|_| {
            let ear = builder.instance("voice", 1, place);
            (ear, Site::new(builder, ear, rate, Known::default()).counter())
        });
        let ears = ears.collect::<Vec<_>>();
        let (instance, cells) = call(builder, "poly", rate, channels, place, arguments, |site| {
            let silent = ears.iter().map(|(_, silent)| *silent).chain(ears.first().map(|(_, silent)| *silent));
            let cells = silent.take(channels).map(|silent| Cells::claim(site, silent)).collect::<Vec<_>>();
            // As long as nothing begins, ends or fades, all stays as it is, and nothing is computed. Now and then it is,
            // because an edit may have taken a note away.
            let happens = notes.iter().fold(cells[0].moves.get().gt(site.lit(0.0)), |any, note| any | note.changes);
            let now_and_then = (now & now.lit(REVIEW - 1)).same(now.lit(0));
            let (some, _) = builder.block(&[]);
            let (on, _) = builder.block(&[]);
            let ways = ((some, Vec::new()), (on, Vec::new()));
            builder.end(End::Branch((happens | now_and_then).id(), ways.0, ways.1));
            builder.enter(some);
            tell(&cells[..count], &notes, now, rate);
            builder.end(End::Jump(on, Vec::new()));
            builder.enter(on);
            let told = cells[..count].iter().map(|cells| (cells.freq.get(), cells.gate.get())).collect::<Vec<_>>();
            let outputs = told.iter().flat_map(|(freq, gate)| [freq.id(), gate.id()]).collect();
            ((cells, told), outputs)
        });
        let (cells, told) = cells;
        let levels = cells.iter().map(|cells| -cells.faded.get() + 1.0).collect();
        let silent = now + now.lit((HUSH * rate).ceil() as i64);
        Voices { told, instance, builder, ears, levels, silent }
    }

    /// What the voices give, one list of channels for each, as it is to be heard.
    pub fn heard(&self, voices: &[Vec<F<'b>>]) -> Vec<Vec<F<'b>>> {
        let each = voices.iter().zip(&self.ears).zip(&self.levels).map(|((voice, (ear, silent)), &level)| {
            let first = self.builder.values();
            let loud = voice.iter().map(|channel| channel.abs().gt(channel.lit(FAINT)));
            if let Some(loud) = loud.reduce(|one, other| one | other) {
                silent.set(I::select(loud, self.silent, silent.get()));
            }
            let heard = voice.iter().map(|&channel| channel * level).collect::<Vec<_>>();
            let ids = |channels: &[F<'b>]| channels.iter().map(|channel| channel.id()).collect::<Vec<_>>();
            let (arguments, outputs) = (vec![ids(voice)], ids(&heard));
            self.builder.called(Call { instance: *ear, first, arguments, numbers: Vec::new(), outputs });
            heard
        });
        each.collect()
    }

    /// Gives the voices a name that edits find them by.
    pub fn label(&self, label: &str) {
        self.builder.name(self.instance, label);
    }

    /// Notes that these channels are made of them, so that a script can name them.
    pub fn give(&self, channels: &[F<'b>]) {
        channels.iter().for_each(|channel| self.builder.gives(channel.id(), Some(self.instance)));
    }
}

/// Runs the kernel of an instance, and notes the call.
fn call<'b, T>(
    builder: &'b Builder,
    name: &'static str,
    rate: f64,
    channels: usize,
    place: Place,
    arguments: Vec<Vec<ValueId>>,
    kernel: impl FnOnce(&Site<'b>) -> (T, Vec<ValueId>),
) -> (InstanceId, T) {
    let instance = builder.instance(name, channels as u32, place);
    let first = builder.values();
    let (result, outputs) = kernel(&Site::new(builder, instance, rate, Known::default()));
    builder.called(Call { instance, first, arguments, numbers: Vec::new(), outputs });
    (instance, result)
}

/// A note in this frame.
struct Played<'b> {
    /// 1 for the first; 0 is none.
    number: i64,
    freq: F<'b>,
    gate: F<'b>,
    /// 1 in the frame in which it begins.
    begins: F<'b>,
    /// Whether it begins or ends in this frame.
    changes: B<'b>,
}

/// Finds out where notes begin: each has a channel that remembers what was before.
fn played<'b>(builder: &'b Builder, rate: f64, notes: &[Note<'b>], place: Place) -> Vec<Played<'b>> {
    let decides = |note: &Note<'b>| vec![note.gate.unwrap_or(note.freq).id()];
    let arguments = vec![notes.iter().flat_map(decides).collect()];
    let kernel = |site: &Site<'b>| {
        let each = notes.iter().map(|Note { freq, gate }| {
            let (held, none) = (site.cell(), site.lit(0.0));
            let decides = gate.unwrap_or(*freq);
            let (before, open) = (held.get(), decides.gt(none));
            let fresh = if gate.is_some() { before.le(none) } else { !decides.same(before) };
            held.set(decides);
            // A frequency that is no number is no note.
            let begins = open & fresh & freq.abs().le(site.lit(f64::MAX));
            (begins.to_real(), begins | (before.gt(none) & !open))
        });
        let each = each.collect::<Vec<_>>();
        let outputs = each.iter().map(|(begins, _)| begins.id()).collect();
        (each, outputs)
    };
    let (_, found) = call(builder, "note", rate, notes.len(), place, arguments, kernel);
    let each = notes.iter().zip(found).enumerate().map(|(number, (note, (begins, changes)))| {
        let Note { freq, gate } = *note;
        let gate = gate.unwrap_or_else(|| freq.gt(freq.lit(0.0)).to_real());
        Played { number: number as i64 + 1, freq, gate, begins, changes }
    });
    each.collect()
}

/// What is remembered of a voice.
#[derive(Clone, Copy)]
struct Cells<'b> {
    /// What the voice is told.
    freq: Cell<'b>,
    gate: Cell<'b>,
    /// What it will be told when it has faded: a gate of 0 is nothing.
    next_freq: Cell<'b>,
    next_gate: Cell<'b>,
    /// The note that it plays or will play while that one lasts, else 0.
    note: Counter<'b>,
    /// The frame, counted from 1, in which that changed.
    since: Counter<'b>,
    /// The frame, counted from 1, from which on it is silent.
    silent: Counter<'b>,
    /// How much of it is faded.
    faded: Cell<'b>,
    /// Of the first voice: 1 where any of them is on its way from one note to another.
    moves: Cell<'b>,
}

impl<'b> Cells<'b> {
    fn claim(site: &Site<'b>, silent: Counter<'b>) -> Cells<'b> {
        Cells {
            freq: site.cell(),
            gate: site.cell(),
            next_freq: site.cell(),
            next_gate: site.cell(),
            note: site.counter(),
            since: site.counter(),
            silent,
            faded: site.cell(),
            moves: site.cell(),
        }
    }
}

/// A voice while the notes of this frame are given out.
struct Choice<'b> {
    note: I<'b>,
    since: I<'b>,
    silent: I<'b>,
    is_silent: B<'b>,
    next_freq: F<'b>,
    next_gate: F<'b>,
}

impl<'b> Choice<'b> {
    /// What came of the voice's note since the last frame: it may have ended.
    fn begin(cells: &Cells<'b>, notes: &[Played<'b>], now: I<'b>) -> Choice<'b> {
        let (held, silent) = (cells.note.get(), cells.silent.get());
        let lasts = |note: &Played<'b>| {
            let open = note.gate.gt(note.gate.lit(0.0)) & note.begins.le(note.gate.lit(0.0));
            held.same(held.lit(note.number)) & open
        };
        let none = held.lit(0);
        let lasts = notes.iter().map(lasts).reduce(|one, other| one | other).expect("there is a note");
        let ended = !lasts & !held.same(none);
        Choice {
            note: I::select(lasts, held, none),
            since: I::select(ended, now, cells.since.get()),
            silent,
            is_silent: silent.le(now),
            next_freq: cells.next_freq.get(),
            next_gate: cells.next_gate.get(),
        }
    }

    /// The smallest is taken first: silent voices, the longest silent one before all; then those whose note has ended, and
    /// then all others, in the order of time.
    fn rank(&self) -> I<'b> {
        let free = self.note.same(self.note.lit(0)) & self.next_gate.le(self.next_gate.lit(0.0));
        let rests = I::select(self.is_silent, self.silent, self.since + self.since.lit(RINGS));
        I::select(free, rests, self.since + self.since.lit(PLAYS))
    }

    fn take(&mut self, takes: B<'b>, note: &Played<'b>, now: I<'b>) {
        self.next_freq = F::select(takes, note.freq, self.next_freq);
        self.next_gate = F::select(takes, note.gate, self.next_gate);
        self.note = I::select(takes, self.note.lit(note.number), self.note);
        self.since = I::select(takes, now, self.since);
    }

    /// Tells the voice, and says whether it is on its way from one note to another.
    fn settle(self, cells: &Cells<'b>, rate: f64) -> B<'b> {
        let (gate, faded) = (cells.gate.get(), cells.faded.get());
        let (none, one) = (gate.lit(0.0), gate.lit(1.0));
        let waits = self.next_gate.gt(none);
        let over = self.is_silent | one.le(faded);
        // Between two notes the gate is closed for a frame, or nobody would see it open.
        let begins = waits & gate.le(none) & over;
        let fades = waits & !begins;
        let lasting = F::select(self.note.same(self.note.lit(0)), none, gate);
        let gate = F::select(begins, self.next_gate, F::select(fades, F::select(over, none, gate), lasting));
        let freq = F::select(begins, self.next_freq, cells.freq.get());
        let (down, up) = (1.0 / (FADE * rate), -1.0 / (RETURN * rate));
        let faded = F::select(fades, (faded + down).min(one), (faded + up).max(none));
        cells.freq.set(freq);
        cells.gate.set(gate);
        cells.next_freq.set(self.next_freq);
        cells.next_gate.set(F::select(begins, none, self.next_gate));
        cells.note.set(self.note);
        cells.since.set(self.since);
        cells.faded.set(faded);
        waits | faded.gt(none)
    }
}

/// Gives out the notes of this frame, and tells each voice.
fn tell<'b>(cells: &[Cells<'b>], notes: &[Played<'b>], now: I<'b>, rate: f64) {
    let mut voices = cells.iter().map(|cells| Choice::begin(cells, notes, now)).collect::<Vec<_>>();
    for note in notes {
        let ranks = voices.iter().map(Choice::rank).enumerate();
        let ranks = ranks.map(|(index, rank)| (now.lit(index as i64), rank));
        let better = |(best, least): (I<'b>, I<'b>), (index, rank): (I<'b>, I<'b>)| {
            let less = rank.lt(least);
            (I::select(less, index, best), I::select(less, rank, least))
        };
        let (taken, _) = ranks.reduce(better).expect("there is a voice");
        let begins = note.begins.gt(note.begins.lit(0.0));
        for (index, voice) in voices.iter_mut().enumerate() {
            voice.take(begins & taken.same(now.lit(index as i64)), note, now);
        }
    }
    let moves = voices.into_iter().zip(cells).map(|(voice, cells)| voice.settle(cells, rate));
    let moves = moves.reduce(|one, other| one | other).expect("there is a voice");
    cells[0].moves.set(moves.to_real());
}
